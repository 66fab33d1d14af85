"""Puts a backup in the place of what a data folder holds, wholly or not at all.

The steps, and what the next start makes of a crash between any two of them:

1. The backup is copied to `restore.new` in the data folder, brought to the disk and opened by a
   trial start. A crash up to here: `restore.new` is removed, the data is as it was.
2. `restore.json` is written. From here on the restore is decided: `settle` carries the rest out,
   now or at the next start, from wherever it stopped.
3. The plans of floors are added to those that are there: the same name is the same picture, and
   the site file, which a restore leaves as it is, may name any of them.
4. What else was there is moved to `before-restore-TIME`, and nothing of it deleted.
5. The files of `restore.new` are renamed into place, `state.db` last.
6. `restore.json` and the empty `restore.new` are removed.

Steps 2 to 6 are for who holds the lock of the data folder.
"""

import fcntl
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gateway.backup_files import PLANS, SIGHTINGS, STATE, BackupError, sync
from gateway.second_copy import NAMES as SECOND_COPY

STAGED = "restore.new"
DECIDED = "restore.json"
_LOCK = "restore.lock"

Step = Callable[[str], None]
"""Told what comes next, before each step; a test ends the process there."""


class Decided(msgspec.Struct, frozen=True):
    """What `restore.json` says: what is restored, and where what was there goes."""

    source: str
    made: str
    aside: str


def open_lock(folder: Path) -> int:
    """The file whose lock says that a restore is being prepared; the caller closes it."""
    return os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)


def locked(lock: int) -> bool:
    """Take the lock; whether nobody else has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def decided_now(folder: Path, source: str, made: str) -> Decided:
    """What to decide: the data goes to a folder that is named by the time, and is not there yet."""
    stem = f"before-restore-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    return Decided(source, made, next(name for name in names if not (folder / name).exists()))


def decide(folder: Path, decided: Decided) -> None:
    """Write `restore.json`: what is staged will be the data. Raises OSError, BackupError."""
    if os.path.ismount(folder / SIGHTINGS):
        raise BackupError(f"{folder / SIGHTINGS}: is a disk of its own, and can not be moved aside")
    path = folder / f"{DECIDED}.new"
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(decided))
    sync(path)
    path.replace(folder / DECIDED)
    sync(folder)


def settle(folder: Path, step: Step = lambda _what: None) -> str | None:
    """Carry out a restore that was decided, or remove one that was not; what was done, if anything.

    The caller holds the lock of the folder. Raises OSError, and can then be called again.
    """
    decided = _decided_in(folder)
    if decided is None:
        return _abandon(folder)
    staged, aside = folder / STAGED, folder / decided.aside
    _add_plans(folder, staged / PLANS, step)
    if (staged / SIGHTINGS).exists():
        _move_aside(folder, aside, step)
        step("move sightings in")
        (staged / SIGHTINGS).rename(folder / SIGHTINGS)
    if (staged / STATE).exists():
        step("move state.db in")
        (staged / STATE).rename(folder / STATE)
    step("sync")
    sync(folder)
    step("remove restore.new")
    if staged.exists():
        shutil.rmtree(staged)
    step("remove restore.json")
    (folder / DECIDED).unlink()
    sync(folder)
    step("end")
    kept = f"; what was there is in {aside}" if aside.exists() else ""
    return f"{folder}: restored from {decided.source}, made {decided.made}{kept}"


def _decided_in(folder: Path) -> Decided | None:
    try:
        return msgspec.json.decode((folder / DECIDED).read_bytes(), type=Decided)
    except FileNotFoundError:
        return None


def _move_aside(folder: Path, aside: Path, step: Step) -> None:
    """Move what is there; once nothing of it is left, the folder aside is on the disk."""
    for name in _old_in(folder):
        aside.mkdir(mode=0o700, exist_ok=True)
        step(f"move {name} aside")
        (folder / name).rename(aside / name)
    if aside.exists():
        sync(aside)


def _add_plans(folder: Path, staged: Path, step: Step) -> None:
    plans = sorted(staged.glob("plan-*"))
    if not plans:
        return
    (folder / PLANS).mkdir(mode=0o700, exist_ok=True)
    for plan in plans:
        step(f"move {plan.name} in")
        plan.replace(folder / PLANS / plan.name)
    sync(folder / PLANS)


def _old_in(folder: Path) -> list[str]:
    """What belongs to the data that goes: its logs, and what tells that it is damaged, first."""
    beside = sorted(path.name for path in folder.glob(f"{STATE}?*"))
    names = (*SECOND_COPY, *beside, STATE, SIGHTINGS)
    return [name for name in names if (folder / name).exists()]


def _abandon(folder: Path) -> str | None:
    """Remove what a restore that was killed had prepared, unless one is just preparing it."""
    staged = folder / STAGED
    if not staged.exists():
        return None
    lock = open_lock(folder)
    try:
        if not locked(lock):
            return None
        shutil.rmtree(staged)
    finally:
        os.close(lock)
    return f"{folder}: a restore was interrupted before it changed anything; the data is as it was"
