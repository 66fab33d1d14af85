"""The commands, but for the demo."""

import argparse
import asyncio
import json
import logging
import os
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from time import time_ns
from typing import Any, TextIO

from gateway.blueprints import stored_blueprint
from gateway.collector import Collector
from gateway.control import ControlError, ask
from gateway.data_folder import DataFolder, DataFolderBusyError
from gateway.entries import GatewayStarted, ReadGroup
from gateway.errands import Errands
from gateway.journal import SqliteJournal
from gateway.limits import LimitsSettings
from gateway.replay import (
    ReplayError,
    recorded_entries,
    replay,
    replay_pipeline,
    unused_reads,
)
from gateway.run import Gateway, Options
from gateway.server import PortTakenError
from gateway.site import Site, SiteError, load_site, parse_site
from gateway.station import Station
from gateway.terminal import say, show_progress, standard_output, warn
from history.state import StateTooNewError, open_state
from inventory.assets import Asset
from inventory.csv_assets import parse_assets_csv
from readers.wire.recording import RecordingError
from tags.times import parse_time


class CommandError(Exception):
    """What was asked can not be done; the text says why."""


def run_command(chosen: argparse.Namespace) -> int:
    """`tagwarden run`."""
    logging.getLogger("tagwarden").setLevel(logging.INFO)
    try:
        site = load_site(chosen.site)
        with DataFolder(chosen.data) as folder:
            return asyncio.run(_run(folder, site, chosen.site))
    except SiteError as error:
        return _refuse_site(error)
    except (DataFolderBusyError, PortTakenError, StateTooNewError, OSError) as error:
        warn(f"tagwarden: {error}", "red")
        return 1
    except sqlite3.Error as error:
        warn(f"tagwarden: {chosen.data}: the state can not be used: {error}", "red")
        return 1


async def _run(folder: DataFolder, site: Site, path: Path) -> int:
    for problem in site.warnings:
        warn(str(problem), "yellow")
    gateway = Gateway(folder, site, Options(site_path=path))
    gateway.stop_on_signals()
    say(f"{site.settings.site.name}: API on {gateway.address}, data in {folder.path}")
    say(f"make a key with: tagwarden keys create NAME --role viewer --data {folder.path}", "dim")
    await gateway.run()
    if gateway.station.fault is None:
        say("stopped; everything is committed")
    return 0


def check_command(chosen: argparse.Namespace) -> int:
    """`tagwarden check`."""
    try:
        site = load_site(chosen.site)
    except SiteError as error:
        return _refuse_site(error)
    for problem in site.warnings:
        say(str(problem), "yellow")
    settings = site.settings
    say(
        f"{chosen.site}: fine: {len(settings.zones)} zones, {len(settings.readers)} readers, "
        f"{len(settings.rules)} rules, version {site.version}",
        "green",
    )
    return 0


def replay_command(chosen: argparse.Namespace) -> int:
    """`tagwarden replay`."""
    try:
        return _replay(chosen)
    except SiteError as error:
        return _refuse_site(error)
    except (RecordingError, ReplayError, CommandError) as error:
        warn(str(error), "red")
        return 1
    except OSError as error:
        warn(_unreadable(error, chosen.recording), "red")
        return 1


def _replay(chosen: argparse.Namespace) -> int:
    until_ns = None if chosen.until is None else _until(chosen.until)
    if chosen.out is not None:
        _refuse_input(chosen.out, (chosen.recording, chosen.site, chosen.assets, chosen.rules))
    site = _recorded_site(chosen.site)
    rules = None if chosen.rules is None else _recorded_site(chosen.rules)
    assets, problems = _assets(chosen.assets)
    bad: list[str] = list(problems)
    entries = recorded_entries(chosen.recording, lambda error: bad.append(str(error)), until_ns)
    size = chosen.recording.stat().st_size
    reads = lines = 0
    pipeline = replay_pipeline(rules)
    with _out(chosen.out) as out:
        for entry, decided in replay(pipeline, entries, site, assets):
            reads += len(entry.reads) if isinstance(entry, ReadGroup) else 0
            for line in decided:
                lines += 1
                out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            show_progress(min(size - 1, reads * 80), size, "replay")
    show_progress(size, size, "replay")
    for problem in (*bad, *unused_reads(pipeline)):
        warn(problem, "yellow")
    warn(f"{chosen.recording}: {reads} reads, {lines} decisions, {len(bad)} bad rows")
    return 1 if bad else 0


def _recorded_site(path: Path) -> Site:
    """A site file for replay: its secrets need not be set."""
    return parse_site(_text(path), str(path), env=None)


def _assets(path: Path | None) -> tuple[tuple[Asset, ...], list[str]]:
    if path is None:
        return (), []
    parsed = parse_assets_csv(_text(path), str(path))
    return parsed.assets, parsed.described()


def _until(text: str) -> int:
    try:
        return parse_time(text)
    except ValueError as error:
        raise CommandError(f"--until: {error}") from error


@contextmanager
def _out(path: Path | None) -> Generator[TextIO]:
    if path is None:
        yield standard_output()
        return
    path = path.resolve()
    # A device or a pipe is written as it is; a file appears once it is whole.
    whole = path.is_file() or not path.exists()
    target = path.with_name(f"{path.name}.{os.getpid()}.part") if whole else path
    try:
        out = target.open("w", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path}: can not be written: {_reason(error)}") from error
    try:
        with out:
            yield out
        if whole:
            target.replace(path)
    finally:
        if whole:
            target.unlink(missing_ok=True)


def _refuse_input(out: Path, inputs: Iterable[Path | None]) -> None:
    """Raise CommandError where `out` is one of the files to be read, whatever it is called."""
    for path in inputs:
        if path is not None and path.exists() and out.exists() and path.samefile(out):
            raise CommandError(f"--out {out}: is the file {path} that is read; name another one")


def keys_command(chosen: argparse.Namespace) -> int:
    """`tagwarden keys create`."""
    request = {"do": "create_key", "name": chosen.name, "role": chosen.role}
    answer = _ask(chosen.data, request)
    if "error" in answer:
        warn(answer["error"], "red")
        return 1
    say(answer["key"])
    return 0


def import_command(chosen: argparse.Namespace) -> int:
    """`tagwarden import assets`."""
    try:
        text = _text(chosen.file)
    except CommandError as error:
        warn(str(error), "red")
        return 1
    request = {
        "do": "import_assets",
        "csv": text,
        "file": str(chosen.file),
        "dry_run": chosen.dry_run,
        "rebind": chosen.rebind,
    }
    answer = _ask(chosen.data, request)
    if "error" in answer:
        warn(answer["error"], "red")
        return 1
    for problem in answer["problems"]:
        warn(problem, "yellow")
    done = f"{answer['good']} good" if chosen.dry_run else f"{answer['stored']} stored"
    say(f"{chosen.file}: {done}, {len(answer['problems'])} refused")
    return 1 if answer["problems"] else 0


def _text(path: Path) -> str:
    """The text of a file. Raises CommandError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: is not UTF-8 text") from error
    except OSError as error:
        raise CommandError(_unreadable(error, path)) from error


def _unreadable(error: OSError, path: Path) -> str:
    return f"{error.filename or path}: can not be read: {_reason(error)}"


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return (error.strerror or str(error)).lower()


def _ask(data: Path, request: dict[str, Any]) -> dict[str, Any]:
    """By the socket of the running gateway; where none runs, with the lock of the folder."""
    if data.exists() and not data.is_dir():
        return {"error": f"{data}: is a file, not a folder"}
    try:
        answer = ask(DataFolder(data).socket, request)
        if answer is not None:
            return answer
        with DataFolder(data) as folder:
            return asyncio.run(_carry_out(folder, request))
    except (ControlError, DataFolderBusyError, StateTooNewError, OSError) as error:
        return {"error": str(error)}
    except sqlite3.Error as error:
        return {"error": f"{data}: the state can not be used: {error}"}


async def _carry_out(folder: DataFolder, request: dict[str, Any]) -> dict[str, Any]:
    limits = LimitsSettings()
    journal = SqliteJournal(open_state(folder.state))
    station = Station(journal, stored_blueprint, limits)
    collector = Collector(station, journal, time_ns, limits)
    if station.pipeline.state.site is not None:
        # Nobody listens now either, so the time since the stop is no absence.
        collector.put(GatewayStarted(time_ns(), station.pipeline.state.now_ns))
    async with asyncio.TaskGroup() as group:
        group.create_task(collector.run(), name="collector")
        answer = await Errands(collector, time_ns).answer(request)
        collector.end()
    collector.close()
    journal.connection.close()
    return answer


def _refuse_site(error: SiteError) -> int:
    for problem in error.problems:
        warn(str(problem), "red")
    return 1
