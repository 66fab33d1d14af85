"""A backup of a data folder, of one moment, made beside a gateway that may be writing it.

The moment is that of `state.db`, which is copied last. Two things follow it by their own pace:
the day files, each of which knows the newest journal group that it has (its position) and skips
all up to there; and the mark in `state.db` up to which every day file has everything (the
follower's position), behind which the journal keeps its groups. So the copies are made in this
order:

1. every day file; again those that grew meanwhile, so that step 3 begins shortly before the end;
2. before each such round the follower's position F is read: every file, as it is copied after
   that, holds all groups up to F;
3. `state.db`. Its journal ends at or behind the position of every copied day file, since nothing
   gets into those that was not in the journal before. In the copy the mark is set back to F.

A gateway that starts on the copy follows its journal from F on, and each day file takes exactly
what it has not had: nothing is lost, nothing is doubled. The other order would do both: a day
file that is ahead of its journal skips the groups that come after a restore, because their
positions are the same as those that it has had.

The plans of floors come last: each is kept before a version of the site file names it, and none
is ever written again.

A database is copied by `VACUUM INTO`: it reads one moment of it and blocks no writer.
"""

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import msgspec

from gateway.backup_files import (
    FORMAT,
    MANIFEST,
    PLANS,
    SIGHTINGS,
    STATE,
    Backup,
    BackupError,
    BackupFile,
    LeftOut,
    Origin,
    checksum,
    in_megabytes,
    length_of,
    origin_of,
    position_in,
    read_manifest,
    sync,
    told,
    verify_backup,
)
from gateway.backup_plans import PlanLostError, copy_plan, plans_in
from gateway.data_folder import DataFolder
from gateway.followers import NAME
from gateway.site import SiteError, parse_site
from history.day_question import read_position
from history.salvage import is_damage
from history.state import open_reader, store_follower_position
from tags.times import format_time

ROUNDS_MAX = 3
SPARE_BYTES = 16 << 20
SYNC_EVERY_BYTES = 4 << 20
"""A copy goes to the disk in pieces: one large flush would hold up the commits of the gateway."""
_STEPS = 20_000
_BUSY_TIMEOUT_S = 10.0
MARK = ".tagwarden-backup"
"""Lies in a backup that is being made, and is locked meanwhile."""

Progress = Callable[[int, int], None]
"""Told how many bytes are done, of how many."""


def make_backup(
    data: DataFolder,
    destination: Path,
    since: Path | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Backup:
    """Copy a data folder into a new folder and check the copy; what `backup.json` says of it.

    Day files that have not changed since the backup `since` are linked to those there where that
    is possible, else copied. Raises BackupError; then there is nothing at `destination`.
    """
    _require_place(data, destination)
    former = None if since is None else read_manifest(since)
    with _partial(destination) as partial_folder:
        copying = _Copying(data, partial_folder, progress, since, former)
        copying.require_room()
        copying.run()
        verify_backup(partial_folder, copying.note)
        copying.end()
        (partial_folder / MARK).unlink()
        sync(partial_folder)
        partial_folder.rename(destination)
        sync(destination.parent)
    return read_manifest(destination)


class _Copying:
    """A backup while it is made."""

    def __init__(
        self,
        data: DataFolder,
        into: Path,
        progress: Progress,
        since: Path | None,
        former: Backup | None,
    ) -> None:
        self._data, self._into, self._progress, self._since = data, into, progress, since
        self._former = {file.name: file for file in former.files} if former else {}
        self._copied: dict[str, BackupFile] = {}
        self._left_out: dict[str, str] = {}
        self._done = 0
        self._total = 2 * sum(map(length_of, [data.state, *self._days(), *plans_in(data.plans)]))

    def note(self, length: int) -> None:
        """So many bytes more are copied, or checked."""
        self._done += length
        self._progress(min(self._done, self._total - 1), self._total)

    def end(self) -> None:
        """All is done."""
        self._progress(self._total, self._total)

    def require_room(self) -> None:
        """Raise BackupError where the disk is too small."""
        paths = (self._data.state, *self._days(), *plans_in(self._data.plans))
        lengths = [length_of(path) for path in paths]
        # The newest of the day files is copied again before it replaces its first copy.
        needed = sum(lengths) + max(lengths, default=0) + SPARE_BYTES
        free = shutil.disk_usage(self._into).free
        if free < needed:
            raise BackupError(
                f"{self._into.parent}: a backup needs {in_megabytes(needed)} there, and"
                f" {in_megabytes(free)} are free",
            )

    def run(self) -> None:
        """All files, then `backup.json`."""
        (self._into / SIGHTINGS).mkdir(mode=0o700)
        for _ in range(ROUNDS_MAX):
            after = self._copy_days()
            if self._copy_state(after):
                break
        else:
            raise BackupError(
                f"{self._data.path}: its journal is forgotten faster than the day files can be"
                " copied; raise history.journal_keep_hours in the site file",
            )
        self._copy_plans()
        self._write_manifest()
        sync(self._into / SIGHTINGS)
        sync(self._into)

    def _copy_days(self) -> int | None:
        """Bring the copies of all day files up to date; up to where they are complete."""
        after = None
        for _ in range(2):
            after = self._followed()
            grown = False
            for path in self._days():
                grown |= self._copy_day(path)
            if not grown:
                break
        return after

    def _followed(self) -> int | None:
        with closing(_reader(self._data.state)) as state:
            row = state.execute("SELECT position FROM followers WHERE name = ?", (NAME,)).fetchone()
        return None if row is None else int(row[0])

    def _copy_day(self, path: Path) -> bool:
        """Copy a day file if it is not as it was copied last; whether it was."""
        name = f"{SIGHTINGS}/{path.name}"
        try:
            position = read_position(path)
            had = self._copied.get(name)
            if had is not None and had.position == position:
                return False
            origin = origin_of(path)
            if not self._link(name, position, origin):
                self._vacuum(path, name, origin)
        except FileNotFoundError:
            return False
        except sqlite3.DatabaseError as error:
            if path.exists() and not is_damage(error):
                raise
            if path.exists():
                self._left_out[name] = told(error)
            return False
        return True

    def _link(self, name: str, position: int, origin: Origin | None) -> bool:
        """Take the file of the former backup if the day file is as it was then."""
        former = self._former.get(name)
        if self._since is None or former is None or origin is None:
            return False
        if (former.origin, former.position) != (origin, position):
            return False
        source, target = self._since / name, self._into / name
        if checksum(source) != (former.bytes, former.sha256):
            return False
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
            target.chmod(0o600)
            sync(target)
        self._copied[name] = former
        self.note(former.bytes)
        return True

    def _vacuum(
        self,
        source: Path,
        name: str,
        origin: Origin | None = None,
        finish: Callable[[sqlite3.Connection], object] = lambda _copy: None,
    ) -> None:
        target = self._into / f"{name}.new"
        target.unlink(missing_ok=True)
        target.touch(mode=0o600)
        with closing(_reader(source)) as reader:
            flush = _Flush(target, self.note)
            reader.set_progress_handler(flush, _STEPS)
            reader.execute("VACUUM INTO ?", (str(target),))
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            finish(copy)
        sync(target)
        target.rename(self._into / name)
        length, sha256 = checksum(self._into / name)
        self.note(length - flush.synced)
        position = position_in(self._into / name)
        self._copied[name] = BackupFile(name, length, sha256, position, origin)

    def _copy_state(self, after: int | None) -> bool:
        """Copy `state.db`; whether its journal still has all that the day files lack."""
        whole = True

        def set_back(copy: sqlite3.Connection) -> None:
            nonlocal whole
            if after is None:
                return
            store_follower_position(copy, NAME, after)
            (first,) = copy.execute("SELECT min(position) FROM journal").fetchone()
            (last,) = copy.execute(
                "SELECT value FROM marks WHERE name = 'journal_position'"
            ).fetchone()
            whole = after >= last or (first is not None and first <= after + 1)

        self._vacuum(self._data.state, STATE, finish=set_back)
        return whole

    def _copy_plans(self) -> None:
        for path in plans_in(self._data.plans):
            (self._into / PLANS).mkdir(mode=0o700, exist_ok=True)
            name, origin = f"{PLANS}/{path.name}", origin_of(path)
            try:
                if not self._link(name, 0, origin):
                    self._copied[name] = copy_plan(path, self._into / name, origin)
                    self.note(self._copied[name].bytes)
            except PlanLostError as error:
                self._left_out[name] = str(error)
        if (self._into / PLANS).exists():
            sync(self._into / PLANS)

    def _write_manifest(self) -> None:
        with closing(open_reader(self._into / STATE)) as state:
            site = state.execute(
                "SELECT text FROM site_versions ORDER BY accepted_ns DESC LIMIT 1"
            ).fetchone()
            (seq,) = state.execute("SELECT value FROM marks WHERE name = 'last_seq'").fetchone()
        backup = Backup(
            format=FORMAT,
            version=version("tagwarden"),
            site="" if site is None else _site_name(site[0]),
            made=format_time(time.time_ns()),
            position=self._copied[STATE].position,
            seq=int(seq),
            files=tuple(self._copied[name] for name in sorted(self._copied)),
            left_out=tuple(LeftOut(name, why) for name, why in sorted(self._left_out.items())),
        )
        path = self._into / MANIFEST
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(backup), indent=2) + b"\n")
        sync(path)

    def _days(self) -> list[Path]:
        return sorted(self._data.sightings.glob("????-??-??.db"))


class _Flush:
    """Called by SQLite every so many steps: brings what is written so far to the disk."""

    def __init__(self, path: Path, note: Callable[[int], None]) -> None:
        self._path, self._note, self.synced = path, note, 0

    def __call__(self) -> int:
        length = self._path.stat().st_size
        if length - self.synced >= SYNC_EVERY_BYTES:
            self._note(length - self.synced)
            self.synced = length
            sync(self._path)
        return 0


def _require_place(data: DataFolder, destination: Path) -> None:
    if not data.state.is_file():
        raise BackupError(f"{data.path}: no gateway has kept anything here")
    inside = destination.resolve().is_relative_to(data.path.resolve())
    if inside and destination.parent.resolve() != data.backups.resolve():
        raise BackupError(f"{destination}: lies in the data folder; name a place outside of it")
    if destination.exists() and not destination.is_dir():
        raise BackupError(f"{destination}: is a file")
    if destination.is_dir() and any(destination.iterdir()):
        raise BackupError(f"{destination}: is not empty; name a new folder")


@contextmanager
def _partial(destination: Path) -> Generator[Path]:
    """The folder in which a backup grows; it goes again unless it has been renamed."""
    folder = destination.with_name(f"{destination.name}.partial")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _sole(folder):
            yield folder
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            text = f"a file of the data folder is damaged: {error}; tagwarden verify says which"
            raise BackupError(text) from error
        raise BackupError(f"{destination}: can not be written: {told(error)}") from error


@contextmanager
def _sole(folder: Path) -> Generator[None]:
    """An empty folder that one backup at a time has; what one that was killed left in it goes."""
    marked = (folder / MARK).is_file()
    if folder.exists() and any(folder.iterdir()) and not marked:
        raise BackupError(f"{folder}: is not empty, and not left by a backup; remove it")
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder / MARK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BackupError(f"{folder}: another backup is being written there") from error
        _empty(folder)
        try:
            yield
        except BaseException:
            with suppress(OSError):
                shutil.rmtree(folder)
            raise
    finally:
        os.close(lock)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != MARK:
            path.unlink()


def _reader(path: Path) -> sqlite3.Connection:
    """Open a file for reading while it is written."""
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
    )


def _site_name(text: str) -> str:
    try:
        return parse_site(text, env=None).settings.site.name
    except SiteError:
        return ""
