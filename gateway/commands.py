"""The commands, but for the demo."""

import argparse
import asyncio
import json
import logging
import sqlite3
from pathlib import Path
from time import time_ns
from typing import Any

from gateway.blueprints import stored_blueprint
from gateway.collector import Collector
from gateway.command_files import (
    CommandError,
    assets_of,
    recorded_site,
    refuse_input,
    text_of,
    unreadable,
    until_ns_of,
    whole_file,
)
from gateway.compare import compare_command
from gateway.control import ControlError, ask
from gateway.data_folder import DataFolder, DataFolderBusyError
from gateway.entries import GatewayStarted, ReadGroup
from gateway.errands import Errands
from gateway.limits import LimitsSettings
from gateway.quality_report import events_file, quality_of, refuse_quality, tell_quality
from gateway.replay import (
    ReplayError,
    recorded_entries,
    replay,
    replay_pipeline,
    unused_reads,
)
from gateway.run import Gateway, Options
from gateway.server import PortTakenError
from gateway.site import Site, SiteError, load_site
from gateway.station import Station, open_journal
from gateway.terminal import say, show_progress, warn
from gateway.truth import TruthError
from history.state import StateRefusedError
from readers.wire.recording import RecordingError


def run_command(chosen: argparse.Namespace) -> int:
    """`tagwarden run`."""
    logging.getLogger("tagwarden").setLevel(logging.INFO)
    try:
        site = load_site(chosen.site)
        with DataFolder(chosen.data) as folder:
            return asyncio.run(_run(folder, site, chosen.site))
    except SiteError as error:
        return _refuse_site(error)
    except (DataFolderBusyError, PortTakenError, StateRefusedError, OSError) as error:
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
    """`tagwarden replay`, of one site file or of two that are compared."""
    try:
        if chosen.compare is None:
            return _replay(chosen)
        refuse_quality(chosen)
        return compare_command(chosen)
    except SiteError as error:
        return _refuse_site(error)
    except (RecordingError, ReplayError, CommandError, TruthError) as error:
        warn(str(error), "red")
        return 1
    except OSError as error:
        warn(unreadable(error, chosen.recording), "red")
        return 1


def _replay(chosen: argparse.Namespace) -> int:
    if chosen.truth is not None:
        raise CommandError("--truth: scores two site files; give them with --compare")
    until_ns = None if chosen.until is None else until_ns_of(chosen.until)
    if chosen.out is not None:
        refuse_input(chosen.out, (chosen.recording, chosen.site, chosen.assets, chosen.rules))
    site = recorded_site(chosen.site)
    rules = None if chosen.rules is None else recorded_site(chosen.rules)
    assets, problems = assets_of(chosen.assets)
    bad: list[str] = list(problems)
    entries = recorded_entries(chosen.recording, lambda error: bad.append(str(error)), until_ns)
    size = chosen.recording.stat().st_size
    reads = lines = 0
    pipeline = replay_pipeline(rules)
    quality = quality_of(chosen, site)
    if quality is not None:
        entries = quality.listen(entries)
    with whole_file(events_file(chosen)) as out:
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
    if quality is not None:
        tell_quality(chosen, quality.findings())
    return 1 if bad else 0


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
        text = text_of(chosen.file)
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
    except (ControlError, DataFolderBusyError, StateRefusedError, OSError) as error:
        return {"error": str(error)}
    except sqlite3.Error as error:
        return {"error": f"{data}: the state can not be used: {error}"}


async def _carry_out(folder: DataFolder, request: dict[str, Any]) -> dict[str, Any]:
    limits = LimitsSettings()
    journal = open_journal(folder.state)
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
