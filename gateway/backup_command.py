"""`tagwarden backup` and `tagwarden restore`."""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from gateway.backup import make_backup
from gateway.backup_files import (
    SIGHTINGS,
    Backup,
    BackupError,
    in_megabytes,
    read_manifest,
    verify_backup,
)
from gateway.control import ControlError, ask
from gateway.data_folder import DataFolder, DataFolderBusyError
from gateway.restoring import DECIDED, STAGED, decide, decided_now, settle
from gateway.staging import require_room, sole_restore, stage
from gateway.terminal import confirmed, say, show_progress, warn

RESTART_S = 120.0
_LOOK_EVERY_S = 0.1


def backup_command(chosen: argparse.Namespace) -> int:
    """`tagwarden backup`. The exit code is 1 where a day had to be left out, too."""
    began_s = time.monotonic()
    try:
        backup = make_backup(
            DataFolder(chosen.data),
            chosen.destination,
            chosen.since,
            lambda done, total: show_progress(done, total, "backup"),
        )
    except (BackupError, OSError) as error:
        warn(f"tagwarden: {error}", "red")
        return 1
    took_s = time.monotonic() - began_s
    for left in backup.left_out:
        warn(f"{chosen.data / left.name}: left out: {left.reason}", "red")
    days = sum(file.name.startswith(f"{SIGHTINGS}/") for file in backup.files)
    whole = f"state.db and {days} {'day' if days == 1 else 'days'} of sightings"
    if plans := sum(file.is_plan for file in backup.files):
        whole += f", {plans} {'floor plan' if plans == 1 else 'floor plans'}"
    size = in_megabytes(backup.bytes)
    say(f"{chosen.destination}: {whole}, {size} in {took_s:.1f} s, verified", "green")
    return 1 if backup.left_out else 0


def restore_command(chosen: argparse.Namespace) -> int:
    """`tagwarden restore`."""
    try:
        return _restore(chosen.source, chosen.data, sure=chosen.yes)
    except (BackupError, ControlError, DataFolderBusyError, OSError) as error:
        warn(f"tagwarden: {error}", "red")
        return 1


def _restore(source: Path, data: Path, *, sure: bool) -> int:
    backup = read_manifest(source)
    if data.exists() and not data.is_dir():
        raise BackupError(f"{data}: is a file, not a folder; name another one with --data")
    say(f"{source}: {backup.site or 'no site'}, made {backup.made}, {in_megabytes(backup.bytes)}")
    if not (sure or not DataFolder(data).state.exists() or _is_wanted(data)):
        warn("nothing was restored")
        return 1
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    note = _progress(2 * backup.bytes)
    verify_backup(source, note)
    require_room(data, backup)
    with sole_restore(data):
        if ask(DataFolder(data).socket, {"do": "hello"}) is None:
            with DataFolder(data):
                stage(data, source, backup, note)
                decide(data, decided_now(data, str(source), backup.made))
                say(settle(data) or "", "green")
            return 0
        stage(data, source, backup, note)
        _have_it_restart(data, source, backup)
    say(f"{data}: restored; the gateway has started on it", "green")
    return 0


def _is_wanted(data: Path) -> bool:
    if not sys.stdin.isatty():
        raise BackupError(f"{data}: holds data; say --yes to have it moved aside")
    return confirmed(f"{data} holds data, which will be moved aside. Restore?")


def _progress(total: int) -> Callable[[int], None]:
    done = 0

    def note(length: int) -> None:
        nonlocal done
        done += length
        show_progress(done, total, "restore")

    return note


def _have_it_restart(data: Path, source: Path, backup: Backup) -> None:
    """Ask the running gateway to take over what is staged, and wait until it runs again."""
    request = {"do": "restore", "source": str(source.absolute()), "made": backup.made}
    answer = ask(DataFolder(data).socket, request)
    if answer is None or "error" in answer:
        why = "it has stopped meanwhile" if answer is None else answer["error"]
        raise BackupError(f"{data}: the gateway did not restore: {why}")
    _wait(partial(_taken_over, data), "the gateway has not stopped")
    _wait(partial(_answers, data), "restored, but the gateway has not started; see what it says")


def _taken_over(data: Path) -> bool:
    return not ((data / STAGED).exists() or (data / DECIDED).exists())


def _answers(data: Path) -> bool:
    try:
        return ask(DataFolder(data).socket, {"do": "hello"}) is not None
    except ControlError:
        return False


def _wait(is_so: Callable[[], bool], otherwise: str) -> None:
    end_s = time.monotonic() + RESTART_S
    while not is_so():
        if time.monotonic() > end_s:
            raise BackupError(otherwise)
        time.sleep(_LOOK_EVERY_S)
