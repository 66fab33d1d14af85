"""The day files in their folder, for one who ships them: which are there, and what is new."""

import re
import sqlite3
from collections import OrderedDict
from pathlib import Path
from time import time

from history.day_shipping import ShippedDay

OPEN_MAX = 4
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_RACY_S = 2.0
"""A file that was written just before it was looked at may be written again unseen: file times
are coarse."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

Stamp = tuple[tuple[int, int, int] | None, ...]


class DayShelf:
    """Day files by their day (`2026-01-31`), a few of them open at a time; for one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: OrderedDict[str, tuple[int, ShippedDay]] = OrderedDict()
        self._quiet: dict[str, Stamp] = {}

    def days(self) -> list[str]:
        """The days that have a file, in order."""
        return sorted(
            path.stem for path in self._folder.glob("*.db") if _DAY.fullmatch(path.stem) is not None
        )

    def stamp(self, day: str) -> Stamp:
        """What changes whenever its file does; take it before looking into the file."""
        return tuple(_stamp_of(self._folder / f"{day}{ending}") for ending in (".db", ".db-wal"))

    def is_quiet(self, day: str, stamp: Stamp) -> bool:
        """Whether nothing happened to it since somebody left it at rest."""
        return self._quiet.get(day) == stamp

    def rest(self, day: str, stamp: Stamp) -> None:
        """There is nothing to do about it until it changes."""
        newest_s = max((each[0] for each in stamp if each is not None), default=0) / 1e9
        if newest_s < time() - _RACY_S:
            self._quiet[day] = stamp

    def file(self, day: str) -> ShippedDay | None:
        """Its file, open; None where there is nothing in it yet, or any more.

        Raises sqlite3.Error for one that can not be read.
        """
        path = self._folder / f"{day}.db"
        stamp = _stamp_of(path)
        if stamp is None:
            self.forget(day)
            return None
        inode = stamp[2]
        held = self._open.get(day)
        if held is None or held[0] != inode or held[1].is_outdated:
            self.forget(day)
            while len(self._open) >= OPEN_MAX:
                self.forget(next(iter(self._open)))
            held = self._open[day] = inode, ShippedDay(path)
        self._open.move_to_end(day)
        if held[1].format == 0:
            self.forget(day)
            return None
        return held[1]

    def forget(self, day: str) -> None:
        """Close its file and look at it anew next time."""
        self._quiet.pop(day, None)
        if held := self._open.pop(day, None):
            held[1].close()

    def close(self) -> None:
        """Let go of all files."""
        for day in list(self._open):
            self.forget(day)


def is_damage(error: sqlite3.Error) -> bool:
    """Tell a file that can not be read from a disk that is full or busy."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGED


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
