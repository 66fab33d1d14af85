"""The command line. Exit codes: 0 fine, 1 something is wrong with what was asked, 2 usage."""

import argparse
import logging
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from gateway.terminal import warn

ROLES = ("ingest", "viewer", "guard", "operator", "admin")
DATA = Path("data")
UNTIL = "ignore later rows (RFC 3339); without it the clock stops 2 s after the last row"
REBIND = "take tags from the assets that carry them now"


def parser() -> argparse.ArgumentParser:
    """All commands with their arguments."""
    top = argparse.ArgumentParser(
        prog="tagwarden",
        description="Which zone each tag is in, where each asset was, and which one has left.",
    )
    top.add_argument("--version", action="version", version=f"tagwarden {version('tagwarden')}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_running(commands)
    _add_checking(commands)
    _add_data(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry a command out; the exit code."""
    chosen = parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    try:
        return _command(chosen.command)(chosen)
    except KeyboardInterrupt:
        warn("stopped")
        return 1


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    """Imported only when it is asked for: a check needs no web server."""
    match name:
        case "demo":
            from gateway.demo import demo_command as command  # noqa: PLC0415 - see above
        case "run":
            from gateway.commands import run_command as command  # noqa: PLC0415 - see above
        case "check":
            from gateway.commands import check_command as command  # noqa: PLC0415 - see above
        case "replay":
            from gateway.commands import replay_command as command  # noqa: PLC0415 - see above
        case "keys":
            from gateway.commands import keys_command as command  # noqa: PLC0415 - see above
        case _:
            from gateway.commands import import_command as command  # noqa: PLC0415 - see above
    return command


class Commands(Protocol):
    """Where commands are added; argparse keeps the class of it to itself."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's name
        """Add one command."""
        ...


def _add_running(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="a simulated facility and the gateway, at once")
    demo.add_argument("--for", dest="for_s", type=float, metavar="SECONDS", help="then end")
    demo.add_argument("--port", type=int, help="of the HTTP API (8080, else a free one)")
    demo.add_argument("--seed", type=int, default=1, help="the same seed gives the same day")
    demo.add_argument("--data", type=Path, help="keep the data in this folder")
    run = commands.add_parser("run", help="the gateway")
    run.add_argument("site", type=Path, metavar="SITE.yaml")
    run.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")


def _add_checking(commands: Commands) -> None:
    check = commands.add_parser("check", help="say what is wrong with a site file, by line")
    check.add_argument("site", type=Path, metavar="SITE.yaml")
    replay = commands.add_parser("replay", help="a recording through the same pipeline")
    replay.add_argument("recording", type=Path, metavar="FILE", help=".csv of reads, or .jsonl")
    replay.add_argument("--site", type=Path, required=True, metavar="SITE.yaml")
    replay.add_argument("--out", type=Path, metavar="EVENTS.jsonl", help="else standard output")
    replay.add_argument("--assets", type=Path, metavar="ASSETS.csv")
    replay.add_argument("--rules", type=Path, metavar="OTHER.yaml", help="its rules hold instead")
    replay.add_argument("--until", metavar="TIME", help=UNTIL)


def _add_data(commands: Commands) -> None:
    keys = commands.add_parser("keys", help="API keys")
    create = keys.add_subparsers(dest="verb", required=True).add_parser("create", help="make one")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--role", choices=ROLES, required=True)
    create.add_argument("--data", type=Path, default=DATA)
    taken = commands.add_parser("import", help="assets from a CSV")
    taken.add_argument("kind", choices=("assets",), metavar="KIND", help="assets")
    taken.add_argument("file", type=Path, metavar="FILE.csv")
    taken.add_argument("--data", type=Path, default=DATA)
    taken.add_argument("--rebind", action="store_true", help=REBIND)
    taken.add_argument("--dry-run", action="store_true", help="say what is wrong, store nothing")
