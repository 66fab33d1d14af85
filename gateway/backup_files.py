"""A backup as it lies in its folder: which files, how long, with which checksums; and its check.

`backup.json` is written last and says of every other file what it has to be.
"""

import errno
import hashlib
import os
import re
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import msgspec

from history.day_question import read_position
from history.salvage import is_damage
from history.state import StateRefusedError, last_position, last_seq, open_reader

FORMAT = 2
"""2 added the plans of floors."""
MANIFEST = "backup.json"
STATE = "state.db"
SIGHTINGS = "sightings"
PLANS = "plans"
_BLOCK_BYTES = 1 << 20
_NAME = re.compile(
    r"state\.db|sightings/\d{4}-\d\d-\d\d\.db|plans/plan-[0-9a-f]{32}\.png", re.ASCII
)

Note = Callable[[int], None]
"""Told how many bytes more are done."""


class BackupError(Exception):
    """A backup can not be made or used; the text says which file, and why."""


class Origin(msgspec.Struct, frozen=True):
    """The file that was copied, as it was then; it tells whether it has changed since."""

    bytes: int
    modified_ns: int
    inode: int


class BackupFile(msgspec.Struct, frozen=True):
    """One file: its name within the folder, its length, its SHA-256 in hex.

    `position` is the newest journal group in it, 0 for the plan of a floor.
    """

    name: str
    bytes: int
    sha256: str
    position: int
    origin: Origin | None = None

    @property
    def is_plan(self) -> bool:
        """Whether it is the plan of a floor, and no database."""
        return self.name.startswith(f"{PLANS}/")


class LeftOut(msgspec.Struct, frozen=True):
    """A file that could not be read, and why."""

    name: str
    reason: str


class Backup(msgspec.Struct, frozen=True):
    """What `backup.json` says. `position` and `seq` are those of the moment of `state.db`."""

    format: int
    version: str
    site: str
    made: str
    position: int
    seq: int
    files: tuple[BackupFile, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def bytes(self) -> int:
        """The length of all files together."""
        return sum(file.bytes for file in self.files)


class _Head(msgspec.Struct, frozen=True):
    format: int
    version: str = "?"


def read_manifest(folder: Path) -> Backup:
    """What a backup says of itself. Raises BackupError where it is none, or of a newer format."""
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BackupError(f"{folder}: is no backup: there is no {MANIFEST} in it") from error
    except OSError as error:
        raise BackupError(f"{path}: can not be read: {error.strerror}") from error
    try:
        head = msgspec.json.decode(text, type=_Head)
        if head.format > FORMAT:
            raise BackupError(
                f"{path}: is of format {head.format}, made by Tagwarden {head.version}; this"
                f" version knows formats up to {FORMAT}: restore it with that one",
            )
        backup = msgspec.json.decode(text, type=Backup)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupError(f"{path}: is damaged: {error}") from error
    _require_sound(backup, path)
    return backup


def _require_sound(backup: Backup, path: Path) -> None:
    names = [file.name for file in backup.files]
    odd = [name for name in names if not _NAME.fullmatch(name)]
    if odd or STATE not in names or len(set(names)) < len(names):
        raise BackupError(f"{path}: is damaged: it names no {STATE}, or files not ours")


def verify_backup(folder: Path, note: Note = lambda _bytes: None) -> Backup:
    """Read all of a backup and hold it against what it says. Raises BackupError naming the file."""
    backup = read_manifest(folder)
    _require_folders(folder)
    for file in backup.files:
        found = checksum(folder / file.name, note)
        if found != (file.bytes, file.sha256):
            raise BackupError(f"{folder / file.name}: is damaged: it is not as it was backed up")
        verify_file(folder, file)
    with _opened(folder / STATE) as state:
        if (last_position(state), last_seq(state)) != (backup.position, backup.seq):
            raise BackupError(f"{folder / STATE}: is of another moment than {MANIFEST} says")
    return backup


def _require_folders(folder: Path) -> None:
    for name in (SIGHTINGS, PLANS):
        if (folder / name).is_symlink():
            raise BackupError(f"{folder / name}: is a symbolic link; a backup holds files only")


def checksum(path: Path, note: Note = lambda _bytes: None) -> tuple[int, str]:
    """Length and SHA-256 of a file, read from the disk and not from memory where that can be told.

    Raises BackupError.
    """
    digest = hashlib.sha256()
    length = 0
    if path.is_symlink():
        raise BackupError(f"{path}: is a symbolic link; a backup holds files only")
    try:
        with path.open("rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
                length += len(block)
                note(len(block))
    except FileNotFoundError as error:
        raise BackupError(f"{path}: is missing") from error
    except OSError as error:
        raise BackupError(f"{path}: can not be read: {error.strerror}") from error
    return length, digest.hexdigest()


def verify_file(folder: Path, file: BackupFile) -> None:
    """Have SQLite check a file, and compare its position; a plan is named by its checksum.

    Raises BackupError.
    """
    path = folder / file.name
    if file.is_plan:
        if not path.stem.endswith(file.sha256[:32]):
            raise BackupError(f"{path}: is damaged: it is not the plan that its name says")
        return
    try:
        with _opened(path) as database:
            (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise BackupError(f"{path}: is damaged: {found}")
        position = position_in(path)
    except sqlite3.Error as error:
        raise BackupError(f"{path}: is damaged: {error}") from error
    if position != file.position:
        raise BackupError(f"{path}: ends at group {position}, and not at {file.position}")


def position_in(path: Path) -> int:
    """The newest journal group in `state.db` or a day file. Raises sqlite3.Error, BackupError."""
    if path.name != STATE:
        return read_position(path)
    try:
        state = open_reader(path)
    except StateRefusedError as error:
        raise BackupError(str(error)) from error
    try:
        return last_position(state)
    finally:
        state.close()


@contextmanager
def _opened(path: Path) -> Generator[sqlite3.Connection]:
    """A file that nobody writes."""
    address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True)
    try:
        yield connection
    finally:
        connection.close()


def origin_of(path: Path) -> Origin | None:
    """What tells whether a file has changed; None while a part of it is still in its log."""
    with suppress(FileNotFoundError):
        if path.with_name(f"{path.name}-wal").stat().st_size:
            return None
    status = path.stat()
    return Origin(status.st_size, status.st_mtime_ns, status.st_ino)


def length_of(path: Path) -> int:
    """What a copy of a file may take: the file and its log."""
    total = 0
    for each in (path, path.with_name(f"{path.name}-wal")):
        with suppress(FileNotFoundError):
            total += each.stat().st_size
    return total


def sync(path: Path) -> None:
    """Return once a file, or the names in a folder, outlive a power cut. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def told(error: OSError | sqlite3.Error) -> str:
    """What went wrong, in plain words."""
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return "the disk is full" if full else (error.strerror or str(error)).lower()
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
        return "the disk is full"
    return f"it is damaged: {error}" if is_damage(error) else str(error)


def in_megabytes(number: int) -> str:
    """A number of bytes for people."""
    return f"{number / 1e6:,.1f} MB"
