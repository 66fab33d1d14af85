"""The commands, but for the demo."""

import argparse
import asyncio
import gc
import sqlite3
from pathlib import Path
from time import time_ns
from typing import Any, Literal

from gateway.archive import open_archive
from gateway.backup_files import BackupError
from gateway.blueprints import stored_blueprint
from gateway.collector import Collector
from gateway.command_files import (
    CommandError,
    text_of,
)
from gateway.control import ControlError, ask
from gateway.data_folder import DataFolder, DataFolderBusyError
from gateway.entries import GatewayStarted
from gateway.errands import Errands
from gateway.first_site import make_first_site
from gateway.limits import LimitsSettings
from gateway.log_settings import LogSettings
from gateway.logs import UseLogs, log_uncaught, set_up_logs
from gateway.restoring import Decided, decide, settle
from gateway.run import Gateway, Options
from gateway.server import PortTakenError
from gateway.setup_errands import offer_setup
from gateway.site import Site, SiteError, load_site
from gateway.site_rules import unmatched_rules
from gateway.station import Station
from gateway.terminal import say, warn
from gateway.tls import TlsError
from history.state import StateRefusedError


def run_command(chosen: argparse.Namespace) -> int:
    """`tagwarden run`."""
    use_logs = _use_logs(chosen.log_format)
    use_logs(LogSettings())
    log_uncaught()
    try:
        if chosen.new:
            make_first_site(chosen.site)
        site = load_site(chosen.site)
        use_logs(site.settings.log)
        with DataFolder(chosen.data) as folder:
            return asyncio.run(_run(folder, site, chosen, use_logs))
    except SiteError as error:
        return _refuse_site(error)
    except (DataFolderBusyError, PortTakenError, TlsError, StateRefusedError, OSError) as error:
        warn(f"tagwarden: {error}", "red")
        return 1
    except sqlite3.Error as error:
        warn(f"tagwarden: {chosen.data}: the state can not be used: {error}", "red")
        return 1


def _use_logs(log_format: Literal["console", "json"] | None) -> UseLogs:
    """Sets the log up as a site file says, but for the format if the command line names one."""
    named = {} if log_format is None else {"format": log_format}
    return lambda settings: set_up_logs(settings.model_copy(update=named))


async def _run(
    folder: DataFolder, site: Site, chosen: argparse.Namespace, use_logs: UseLogs
) -> int:
    for problem in site.warnings:
        warn(str(problem), "yellow")
    ended = asyncio.Event()
    while True:
        options = Options(chosen.listen, chosen.site, restartable=True, use_logs=use_logs)
        gateway = _make_gateway(folder, site, options, ended)
        await offer_setup(gateway, time_ns())
        await gateway.run()
        if gateway.restore is None or ended.is_set():
            break
        await asyncio.to_thread(_put_in_place, folder.path, gateway.restore)
        site = gateway.site
    if gateway.station.fault is None:
        say("stopped; everything is committed")
    return 0


def _make_gateway(
    folder: DataFolder, site: Site, options: Options, ended: asyncio.Event
) -> Gateway:
    """A gateway that signals stop; the event says that one did."""
    gateway = Gateway(folder, site, options)
    _warn_of_unmatched(gateway, site, options.site_path)

    def stop() -> None:
        ended.set()
        gateway.stop.set()

    gateway.stop_on_signals(stop)
    if ended.is_set():
        gateway.stop.set()
    say(f"{site.settings.site.name}: API on {gateway.address}, data in {folder.path}")
    say(f"make a key with: tagwarden keys create NAME --role viewer --data {folder.path}", "dim")
    return gateway


def _put_in_place(folder: Path, decided: Decided) -> None:
    """Carry out a restore that is prepared; where that is refused, the data stays."""
    # The gateway that has stopped may be collected.
    gc.unfreeze()
    try:
        decide(folder, decided)
    except (BackupError, OSError) as error:
        warn(f"tagwarden: not restored: {error}", "red")
        return
    say(settle(folder) or "")


def _warn_of_unmatched(gateway: Gateway, site: Site, path: Path | None) -> None:
    """Say which rules are for nobody; an empty register is about to be filled."""
    assets = list(gateway.station.pipeline.judge.register.state.assets.values())
    for rule, key, message in unmatched_rules(site.settings.rules, assets) if assets else ():
        warn(f"{path}: rules[{rule}].{key}: warning: {message}", "yellow")


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
    answer = ask_gateway(chosen.data, request)
    if "error" in answer:
        warn(answer["error"], "red")
        return 1
    for problem in answer["problems"]:
        warn(problem, "yellow")
    done = f"{answer['good']} good" if chosen.dry_run else f"{answer['stored']} stored"
    say(f"{chosen.file}: {done}, {len(answer['problems'])} refused")
    return 1 if answer["problems"] else 0


def ask_gateway(data: Path, request: dict[str, Any]) -> dict[str, Any]:
    """By the socket of the running gateway; where none runs, with the lock of the folder."""
    if data.exists() and not data.is_dir():
        return {"error": f"{data}: is a file, not a folder"}
    try:
        answer = ask(DataFolder(data).socket, request)
        if answer is not None:
            return answer
        with DataFolder(data) as folder:
            return _carry_out(folder, request)
    except (ControlError, DataFolderBusyError, StateRefusedError, OSError) as error:
        return {"error": str(error)}
    except sqlite3.Error as error:
        return {"error": f"{data}: the state can not be used: {error}"}


def _carry_out(folder: DataFolder, request: dict[str, Any]) -> dict[str, Any]:
    """Answer as a gateway that starts, answers and stops."""
    journal, sightings = open_archive(folder)
    sightings.close()
    station = Station(journal, stored_blueprint)
    collector = Collector(station, journal, time_ns, LimitsSettings())
    try:
        return asyncio.run(_answered(collector, request))
    finally:
        collector.close()
        journal.close()


async def _answered(collector: Collector, request: dict[str, Any]) -> dict[str, Any]:
    state = collector.station.pipeline.state
    if state.site is not None:
        # Nobody listens now either, so the time since the stop is no absence.
        collector.put(GatewayStarted(time_ns(), state.now_ns))
    async with asyncio.TaskGroup() as group:
        group.create_task(collector.run(), name="collector")
        answer = await Errands(collector, time_ns).answer(request)
        collector.end()
    return answer


def _refuse_site(error: SiteError) -> int:
    for problem in error.problems:
        warn(str(problem), "red")
    return 1
