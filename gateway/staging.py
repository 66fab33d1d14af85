"""Prepares a restore: copies a verified backup beside the data, and tries to start on the copy."""

import os
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.backup_files import (
    PLANS,
    SIGHTINGS,
    STATE,
    Backup,
    BackupError,
    BackupFile,
    Note,
    checksum,
    in_megabytes,
    sync,
    told,
)
from gateway.blueprints import stored_blueprint
from gateway.restoring import STAGED, locked, open_lock
from gateway.station import Station, open_journal
from history.state import StateRefusedError

_BLOCK_BYTES = 1 << 20


@contextmanager
def sole_restore(folder: Path) -> Generator[None]:
    """One restore at a time prepares its files. Raises BackupError where another one does."""
    lock = open_lock(folder)
    try:
        if not locked(lock):
            raise BackupError(f"{folder}: another restore is under way")
        yield
    finally:
        os.close(lock)


def require_room(folder: Path, backup: Backup) -> None:
    """Raise BackupError where the disk has no room for the backup beside what is there."""
    free = shutil.disk_usage(folder).free
    if free < backup.bytes:
        needed, there = in_megabytes(backup.bytes), in_megabytes(free)
        raise BackupError(f"{folder}: a restore needs {needed} there, and {there} are free")


def stage(folder: Path, source: Path, backup: Backup, note: Note = lambda _bytes: None) -> None:
    """Copy a verified backup beside the data, and try whether a gateway can start on it.

    The caller has `sole_restore`. Raises BackupError; the data is untouched in any case.
    """
    staged = folder / STAGED
    try:
        if staged.exists():
            shutil.rmtree(staged)
        (staged / SIGHTINGS).mkdir(mode=0o700, parents=True)
        staged.chmod(0o700)
        (staged / PLANS).mkdir(mode=0o700)
        for file in backup.files:
            _copy(source, staged, file, note)
        _try(staged / STATE)
        _sync_all(staged)
    except BaseException as error:
        with suppress(OSError):
            shutil.rmtree(staged)
        if isinstance(error, StateRefusedError):
            raise BackupError(f"{source}: {error}") from error
        if isinstance(error, (OSError, sqlite3.Error)):
            raise BackupError(f"{folder}: can not be written: {told(error)}") from error
        raise


def _copy(source: Path, staged: Path, file: BackupFile, note: Note) -> None:
    target = staged / file.name
    target.touch(mode=0o600)
    with (source / file.name).open("rb") as taken, target.open("wb") as given:
        while block := taken.read(_BLOCK_BYTES):
            given.write(block)
            note(len(block))
        given.flush()
        os.fsync(given.fileno())
    if checksum(target) != (file.bytes, file.sha256):
        raise BackupError(f"{source / file.name}: could not be copied as it is")


def _try(state: Path) -> None:
    """Start on a copy as a gateway does, without a site; a file of an older version is migrated."""
    journal = open_journal(state)
    try:
        Station(journal, stored_blueprint)
        journal.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        journal.connection.close()


def _sync_all(staged: Path) -> None:
    for path in (staged / STATE, staged / SIGHTINGS, staged / PLANS, staged, staged.parent):
        sync(path)
