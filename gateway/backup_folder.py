"""The folder of backups: what lies in it, what is left over, what is too old. For threads."""

import fcntl
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from gateway.backup import MARK
from gateway.backup_files import MANIFEST, SIGHTINGS, Backup, BackupError, read_manifest

_OURS = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(-\d+)?", re.ASCII)
_SEEN_MAX = 1000
_GONE = ".gone"
"""Ends the name of one that is being removed."""


class Found(NamedTuple):
    """A backup that lies there: its name, and what it says of itself or why that is not known."""

    name: str
    backup: Backup | None
    fault: str = ""

    @property
    def made(self) -> str:
        """When it was made; the empty text where nobody knows."""
        return "" if self.backup is None else self.backup.made

    @property
    def site(self) -> str | None:
        """The name of the site that it is of."""
        return None if self.backup is None else self.backup.site

    @property
    def days(self) -> int | None:
        """How many days of history it has."""
        if self.backup is None:
            return None
        return sum(file.name.startswith(f"{SIGHTINGS}/") for file in self.backup.files)


class BackupFolder:
    """Backups side by side, each named by its time. A manifest is read once as it is."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, int], Found] = {}

    def found(self, folder: Path) -> list[Found]:
        """All backups in a folder, the oldest first; none where there is no folder."""
        found: dict[tuple[str, int], Found] = {}
        for path in sorted(folder.glob(f"*/{MANIFEST}"))[-_SEEN_MAX:]:
            # No backup of ours has a name that can not be told over HTTP.
            if path.parent.suffix in {".partial", _GONE} or not path.parent.name.isprintable():
                continue
            try:
                seen = (str(path), path.stat().st_mtime_ns)
            except OSError:
                continue
            found[seen] = self._read.get(seen) or _read(path.parent)
        self._read = found
        return sorted(found.values(), key=lambda each: (each.made, each.name))

    def newest_whole(self, folder: Path) -> Path | None:
        """The newest backup that lacks nothing, for the next one to link to."""
        whole = [each for each in self.found(folder) if each.backup and not each.backup.left_out]
        return folder / whole[-1].name if whole else None

    def thin_out(self, folder: Path, newest: str, keep: int) -> list[str]:
        """Remove the oldest backups beyond so many; which went.

        Only such of the same site as the `newest`, with names of ours: a folder may hold those
        of another gateway, too. One that is damaged is nobody's, and stays.
        """
        found = [each for each in self.found(folder) if each.backup is not None]
        last = next((each for each in found if each.name == newest), None)
        if last is None:
            return []
        ours = [each for each in found if each.site == last.site and _OURS.fullmatch(each.name)]
        # A time after that of the newest is of a clock that was set back since.
        ours.sort(key=lambda each: (each is last, each.made <= last.made))
        gone = [each.name for each in ours[:-keep]]
        for name in gone:
            # Half of a backup must not look like one.
            leaving = (folder / name).rename(folder / f"{name}{_GONE}")
            shutil.rmtree(leaving)
        return gone


def new_name(folder: Path, now_ns: int) -> str:
    """A name by the time that no backup has yet."""
    stem = f"{datetime.fromtimestamp(now_ns // 1_000_000_000, UTC):%Y-%m-%dT%H-%M-%SZ}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    return next(name for name in names if not (folder / name).exists())


def clear_left(folder: Path) -> None:
    """Remove what was left by who was killed; nothing of a backup that is being made."""
    for leaving in sorted(folder.glob(f"*{_GONE}")):
        if _OURS.fullmatch(leaving.stem):
            shutil.rmtree(leaving)
    for mark in sorted(folder.glob(f"*.partial/{MARK}")):
        lock = os.open(mark, os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(mark.parent)
        except BlockingIOError:
            continue
        finally:
            os.close(lock)


def _read(folder: Path) -> Found:
    try:
        return Found(folder.name, read_manifest(folder))
    except BackupError as error:
        return Found(folder.name, None, str(error))
