"""The command line. Exit codes: 0 fine, 1 something is wrong with what was asked, 2 usage."""

import argparse
import importlib
import math
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, cast

from gateway.log_settings import LogSettings
from gateway.logs import set_up_logs
from gateway.terminal import warn

ROLES = ("ingest", "viewer", "guard", "operator", "admin")
DATA = Path("data")
UNTIL = "ignore later rows (RFC 3339); without it the clock stops 2 s after the last row"
REPLAYED = ".csv of reads, .jsonl, or a data folder whose own history is replayed"
RULES = "its rules hold instead; says which alerts would have appeared or vanished"
FROM = "alerts of a data folder count from here on; without it all of its journal"
COMPARE = "what two site files decide differently"
SCORED = "where the tag really was; with --compare, scores both"
QUALITY = "report on antennas, cross-reads, ghosts and tags, in place of events without --out"
QUALITY_OUT = "the same report as JSON in a file"
KNOWN = "in which zone each was recorded; without it only antenna bias is fitted"
UNMATCHED = "say which rules are for none of them"
UNCHANGED = "link the days that have not changed since that backup"
KINDS = (
    "sightings",
    "positions",
    "measurements",
    "movements",
    "crossings",
    "visits",
    "alerts",
    "assets",
    "audit",
)
OUT = ".parquet, .csv or .jsonl; else CSV on standard output"
CLOSED = "sightings: one Parquet file for each day that is over, in the folder of --out"
KEPT_HEAD = "what `audit head` printed before; the log must still hold that line"
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
    _add_calibrating(commands)
    _add_sources(commands)
    _add_keys(commands)
    _add_setup(commands)
    _add_data(commands)
    _add_audit(commands)
    _add_verify(commands)
    _add_history(commands)
    _add_backups(commands)
    _add_support(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry a command out; the exit code."""
    top = parser()
    chosen = top.parse_args(arguments)
    if chosen.command == "replay" and not _names_a_site(chosen):
        top.error("replay: a recording needs --site SITE.yaml or --compare A.yaml B.yaml")
    set_up_logs(LogSettings(level="warning"))
    try:
        return _command(chosen.command)(chosen)
    except KeyboardInterrupt:
        warn("stopped")
        return 1


def _names_a_site(chosen: argparse.Namespace) -> bool:
    """Whether it is known under which site file to replay; a data folder has its own."""
    return bool(chosen.site or chosen.compare or chosen.recording.is_dir())


_COMMANDS = {
    "demo": "gateway.demo",
    "run": "gateway.commands",
    "check": "gateway.check_command",
    "replay": "gateway.replay_command",
    "calibrate": "gateway.calibrate_command",
    "keys": "gateway.keys_command",
    "setup-code": "gateway.setup_command",
    "import": "gateway.commands",
    "doctor": "gateway.source_commands",
    "listen": "gateway.source_commands",
    "record": "gateway.source_commands",
    "scan": "gateway.scan_command",
    "audit": "gateway.audit_command",
    "verify": "gateway.verify_command",
    "backup": "gateway.backup_command",
    "restore": "gateway.backup_command",
    "export": "gateway.export_command",
    "history": "gateway.history_command",
    "support-bundle": "gateway.support_command",
}
"""Where `NAME_command` of each command stands. It is imported only when it is asked for."""


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    module = importlib.import_module(_COMMANDS[name])
    function = f"{name.replace('-', '_')}_command"
    return cast("Callable[[argparse.Namespace], int]", getattr(module, function))


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
    demo.add_argument("--open", action="store_true", help="open the pages in a browser, too")
    run = commands.add_parser("run", help="the gateway")
    run.add_argument("site", type=Path, metavar="SITE.yaml")
    run.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")
    run.add_argument("--new", action="store_true", help="make the site file if there is none")
    run.add_argument("--listen", metavar="HOST:PORT", help="else as the site file says")
    run.add_argument("--log-format", choices=("console", "json"), help="else as the site file says")


def _add_checking(commands: Commands) -> None:
    check = commands.add_parser("check", help="say what is wrong with a site file, by line")
    check.add_argument("site", type=Path, metavar="SITE.yaml")
    register = check.add_mutually_exclusive_group()
    register.add_argument("--data", type=Path, metavar="DIR", help="its assets: " + UNMATCHED)
    register.add_argument("--assets", type=Path, metavar="ASSETS.csv", help=UNMATCHED)
    replay = commands.add_parser("replay", help="a recording through the same pipeline")
    replay.add_argument("recording", type=Path, metavar="FILE", help=REPLAYED)
    under = replay.add_mutually_exclusive_group()
    under.add_argument("--site", type=Path, metavar="SITE.yaml")
    under.add_argument("--compare", type=Path, nargs=2, metavar=("A.yaml", "B.yaml"), help=COMPARE)
    replay.add_argument("--out", type=Path, metavar="EVENTS.jsonl", help="else standard output")
    replay.add_argument("--assets", type=Path, metavar="ASSETS.csv")
    replay.add_argument("--rules", type=Path, metavar="OTHER.yaml", help=RULES)
    replay.add_argument("--from", dest="from_time", metavar="TIME", help=FROM)
    replay.add_argument("--until", "--to", metavar="TIME", help=UNTIL)
    replay.add_argument("--quality", action="store_true", help=QUALITY)
    replay.add_argument("--quality-out", type=Path, metavar="FILE.json", help=QUALITY_OUT)
    replay.add_argument("--truth", type=Path, metavar="TRUTH.json", help=SCORED)


def _add_calibrating(commands: Commands) -> None:
    calibrate = commands.add_parser("calibrate", help="fit antennas and estimator to recordings")
    calibrate.add_argument("files", type=Path, nargs="+", metavar="FILE", help="recordings")
    calibrate.add_argument("--site", type=Path, required=True, metavar="SITE.yaml")
    calibrate.add_argument("--truth", type=Path, metavar="TRUTH.json", help=KNOWN)
    calibrate.add_argument("--dry-run", action="store_true", help="say what would be written")


def _add_sources(commands: Commands) -> None:
    doctor = commands.add_parser("doctor", help="try every reader and the store, say what to do")
    doctor.add_argument("site", type=Path, metavar="SITE.yaml")
    doctor.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")
    patience = "wait so long for a first tag or message (5)"
    doctor.add_argument(
        "--wait", dest="patience_s", type=_seconds, default=5.0, metavar="SECONDS", help=patience
    )
    listen = commands.add_parser("listen", help="walk test: what one reader hears, live")
    listen.add_argument("reader", metavar="READER", help="a name in the site file")
    listen.add_argument("--site", type=Path, default=Path("site.yaml"), metavar="SITE.yaml")
    listen.add_argument("--for", dest="for_s", type=_seconds, metavar="SECONDS", help="then end")
    record = commands.add_parser("record", help="write what the readers say to a file")
    record.add_argument("site", type=Path, metavar="SITE.yaml")
    formats = ".csv has reads only, .jsonl everything"
    record.add_argument("--out", type=Path, required=True, metavar="FILE", help=formats)
    record.add_argument("--for", dest="for_s", type=_seconds, metavar="SECONDS", help="then end")
    record.add_argument("--force", action="store_true", help="write over a file that is there")
    scan = commands.add_parser("scan", help="find LLRP readers, print their site-file entries")
    scan.add_argument("network", metavar="CIDR", help="such as 10.0.0.0/24; at most 4096 addresses")
    scan.add_argument("--port", type=int, default=5084, help="TCP port (5084)")


def _seconds(text: str) -> float:
    """Raises ValueError, which argparse turns into a message."""
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise ValueError(text)
    return seconds


def _add_keys(commands: Commands) -> None:
    verbs = commands.add_parser("keys", help="API keys").add_subparsers(
        dest="verb", required=True, metavar="VERB"
    )
    create = verbs.add_parser("create", help="make one; it is printed once")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--role", choices=ROLES, required=True)
    create.add_argument("--zones", metavar="A,B", help="only these, with the zones inside of them")
    create.add_argument("--groups", metavar="A,B", help="only assets of these groups")
    create.add_argument("--rights", metavar="A,B", help="only these of the role")
    create.add_argument("--expires", metavar="90d|TIME", help="the end of it (never)")
    listed = verbs.add_parser("list", help="all of them, without their secrets")
    withdraw = verbs.add_parser("withdraw", help="take one away; it is unknown at once")
    withdraw.add_argument("name", metavar="NAME")
    for verb in (create, listed, withdraw):
        verb.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")


def _add_setup(commands: Commands) -> None:
    code = commands.add_parser("setup-code", help="a one-time code that lets somebody in")
    code.add_argument("--person", metavar="LOGIN", help="who chooses a password; else first admin")
    code.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")


def _add_data(commands: Commands) -> None:
    taken = commands.add_parser("import", help="assets from a CSV")
    taken.add_argument("kind", choices=("assets",), metavar="KIND", help="assets")
    taken.add_argument("file", type=Path, metavar="FILE.csv")
    taken.add_argument("--data", type=Path, default=DATA)
    taken.add_argument("--rebind", action="store_true", help=REBIND)
    taken.add_argument("--dry-run", action="store_true", help="say what is wrong, store nothing")


def _add_backups(commands: Commands) -> None:
    backup = commands.add_parser("backup", help="a verified copy, also while the gateway runs")
    backup.add_argument("destination", type=Path, metavar="DEST", help="a new folder")
    backup.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")
    backup.add_argument("--since", type=Path, metavar="PREVIOUS", help=UNCHANGED)
    restore = commands.add_parser("restore", help="go on from a backup, also while it runs")
    restore.add_argument("source", type=Path, metavar="SRC", help="what `backup` has made")
    restore.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")
    restore.add_argument("--yes", action="store_true", help="do not ask; what is there moves aside")
    export = commands.add_parser("export", help="what is kept, for other programs")
    export.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    export.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")
    export.add_argument("--out", type=Path, metavar="FILE", help=OUT)
    export.add_argument("--since", metavar="TIME", help="RFC 3339, belongs to the span")
    export.add_argument("--until", metavar="TIME", help="RFC 3339, does not belong to it")
    export.add_argument("--day", metavar="DAY", help="such as 2026-01-31 (UTC)")
    export.add_argument("--json", action="store_true", help="JSON lines on standard output")
    export.add_argument("--closed-days", action="store_true", help=CLOSED)


def _add_support(commands: Commands) -> None:
    bundle = commands.add_parser("support-bundle", help="what somebody needs who helps; no secrets")
    bundle.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")
    bundle.add_argument("--site", type=Path, metavar="SITE.yaml", help="else the last one in force")
    bundle.add_argument("--out", type=Path, default=Path("support.zip"), metavar="FILE")


def _add_verify(commands: Commands) -> None:
    verify = commands.add_parser("verify", help="whether what is stored is what was decided")
    verify.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")
    verify.add_argument("--json", action="store_true", help="one JSON object")


def _add_audit(commands: Commands) -> None:
    verbs = commands.add_parser("audit", help="who did what, when and why").add_subparsers(
        dest="verb", required=True, metavar="VERB"
    )
    verify = verbs.add_parser("verify", help="whether the log is as it was written")
    verify.add_argument("--head", metavar="LINES:HASH", help=KEPT_HEAD)
    show = verbs.add_parser("show", help="what it says, the oldest first")
    show.add_argument("--alert", metavar="ID", help="only of this alert")
    show.add_argument("--since", metavar="TIME", help="RFC 3339; half-open")
    show.add_argument("--until", metavar="TIME")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    head = verbs.add_parser("head", help="how many lines there are, and the hash of the last")
    for verb in (verify, show, head):
        verb.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")


def _add_history(commands: Commands) -> None:
    verbs = commands.add_parser("history", help="the copy of the history in another store")
    each = verbs.add_subparsers(dest="verb", required=True, metavar="VERB")
    status = each.add_parser("status", help="how far the other store is, and what is wrong")
    aside = each.add_parser("set-aside", help="the lines that it refused for good")
    retry = each.add_parser("retry", help="send these lines again")
    drop = each.add_parser("drop", help="forget some of them, or all")
    which = drop.add_mutually_exclusive_group()
    which.add_argument("ids", type=int, nargs="*", default=[], metavar="NUMBER", help="as listed")
    which.add_argument("--all", action="store_true", help="every line")
    for verb in (status, aside, retry, drop):
        verb.add_argument("--data", type=Path, default=DATA, help="data folder (./data)")
