"""The store of sightings in a folder of SQLite files, one for each UTC day of event time."""

import re
import sqlite3
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeVar

import msgspec

from history.day_file import DayFile
from history.day_question import AT_READER, OF_TAG, Asked, ask_day, read_position
from history.day_scope import first_without_room, room_left, walk_day
from history.day_series import Series, fixes_of_day, measurements_of_day
from history.sightings import SLOT_S, Scope, Sighting, SightingBatch
from tags.reads import Fix, Measurement
from tags.times import SECOND_NS

_OPEN_FILES_MAX = 4
_DAY_S = 86_400
_DAY_NS = _DAY_S * SECOND_NS
_FILE_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.db(\.damaged-\d+)?")
PointT = TypeVar("PointT")
_Parts = tuple[list[Sighting], list[Fix], list[Measurement]]
_SIDES = ("", "-wal", "-shm")
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class SqliteSightings:
    """Fulfils SightingStore; retention is deleting a file.

    A file that turns out damaged while it is written is renamed to
    `….db.damaged-1` and a new one begun; one that can not be read for a question
    is left out of the answer. `damaged_files` and `unread_files` count both.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._open: OrderedDict[int, DayFile] = OrderedDict()
        self.damaged_files = 0
        self.unread_files = 0

    def append(self, batches: Sequence[SightingBatch]) -> None:
        """Add batches in rising order of position; each file skips what it has had."""
        with self._lock:
            for day, of_day in sorted(_by_day(batches).items()):
                self._append_day(day, of_day)

    def sync(self) -> None:
        """Return once everything appended outlives a power cut."""
        with self._lock:
            for file in self._open.values():
                file.sync()

    def of_tag(self, tag: str, since_ns: int, until_ns: int, limit: int) -> list[Sighting]:
        """Return where a tag was heard, newest first."""
        asked = Asked(name=tag, since_ns=since_ns, until_ns=until_ns, limit=limit)
        return self._ask(OF_TAG, asked)

    def at_reader(self, reader: str, since_ns: int, until_ns: int, limit: int) -> list[Sighting]:
        """Return what a reader heard, newest first."""
        asked = Asked(name=reader, since_ns=since_ns, until_ns=until_ns, limit=limit)
        return self._ask(AT_READER, asked)

    def fixes_of(self, tag: str, since_ns: int, until_ns: int, limit: int) -> list[Fix]:
        """Return where a tracker was, newest first."""
        question = Series((tag,), since_ns, until_ns, limit)
        return self._walk(question, fixes_of_day)

    def series_of(
        self, sensor: str, quantity: str, since_ns: int, until_ns: int, limit: int
    ) -> list[Measurement]:
        """Return what a sensor measured, newest first."""
        question = Series((sensor, quantity), since_ns, until_ns, limit)
        return self._walk(question, measurements_of_day)

    def walk(self, scope: Scope) -> Iterator[Sighting]:
        """Give what was heard, oldest slot first; a file is open while its day is given."""
        for day in self._days():
            slots = _slots_of_day(scope.slots, day)
            if slots:
                yield from self._walk_day(day, scope, slots)

    def fitting_since_ns(self, scope: Scope, sightings_max: int) -> int:
        """Return from when on, at the earliest, the scope holds no more sightings than that."""
        room = sightings_max
        for day in reversed(self._days()):
            slots = _slots_of_day(scope.slots, day)
            left = self._room_left(day, scope, slots, room) if slots else room
            if left is None:
                full_s = first_without_room(self._path(day), scope, slots, room)
                return (full_s + SLOT_S) * SECOND_NS
            room = left
        return scope.since_ns

    def positions(self) -> dict[str, int]:
        """Return the newest batch in each file by its day (`2026-01-31`), damaged ones left out."""
        found: dict[str, int] = {}
        for day in self._days():
            path = self._path(day)
            try:
                found[path.stem] = read_position(path)
            except sqlite3.Error:
                self.unread_files += 1
        return found

    def expire(self, keep_days: int, now_ns: int) -> int:
        """Delete the files of days that ended more than `keep_days` ago; how many went."""
        oldest_kept = now_ns // _DAY_NS - keep_days
        with self._lock:
            old = [(day, path) for day, path in self._files() if day < oldest_kept]
            for day, path in old:
                self._close_day(day)
                for side in _SIDES:
                    path.with_name(path.name + side).unlink(missing_ok=True)
        return len(old)

    def close(self) -> None:
        """Sync and close all files; the next append opens them again."""
        with self._lock:
            for day in list(self._open):
                self._close_day(day)

    def _append_day(self, day: int, batches: Sequence[SightingBatch]) -> None:
        try:
            self._day_file(day).add(batches)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._set_aside(day)
            self._day_file(day).add(batches)

    def _day_file(self, day: int) -> DayFile:
        """Return the open file of a day; the one not used for longest makes room for it."""
        file = self._open.get(day)
        if file is None:
            while len(self._open) >= _OPEN_FILES_MAX:
                self._close_day(next(iter(self._open)))
            file = self._open[day] = DayFile(self._path(day))
        self._open.move_to_end(day)
        return file

    def _close_day(self, day: int) -> None:
        if file := self._open.pop(day, None):
            file.close()

    def _set_aside(self, day: int) -> None:
        """Rename a damaged file, with what belongs to it, so that somebody can look at it."""
        self._close_day(day)
        path = self._path(day)
        names = (path.with_name(f"{path.name}.damaged-{number}") for number in count(1))
        aside = next(name for name in names if not name.exists())
        for side in _SIDES:
            source = path.with_name(path.name + side)
            if source.exists():
                source.rename(aside.with_name(aside.name + side))
        self.damaged_files += 1

    def _ask(self, statement: str, asked: Asked) -> list[Sighting]:
        """Ask the days that the slots touch, the newest first, until there is enough."""
        found: list[Sighting] = []
        for day in reversed(self._days()):
            slots = _slots_of_day(asked.slots, day)
            if slots and len(found) < asked.limit:
                left = msgspec.structs.replace(asked, limit=asked.limit - len(found))
                found += self._ask_day(day, statement, left, slots)
        return found

    def _walk(self, asked: Series, ask: Callable[[Series, Path], list[PointT]]) -> list[PointT]:
        """Ask the days from the newest on, until there are points enough."""
        found: list[PointT] = []
        first, last = asked.since_ns // _DAY_NS, (asked.until_ns - 1) // _DAY_NS
        for day in reversed(self._days()):
            if first <= day <= last and len(found) < asked.limit:
                left = asked._replace(limit=asked.limit - len(found))
                found += self._unless_damaged(partial(ask, left), day)
        return found

    def _walk_day(self, day: int, scope: Scope, slots: range) -> Iterator[Sighting]:
        try:
            yield from walk_day(self._path(day), scope, slots)
        except sqlite3.DatabaseError as error:
            self._note_unread(error)

    def _room_left(self, day: int, scope: Scope, slots: range, room: int) -> int | None:
        try:
            return room_left(self._path(day), scope, slots, room)
        except sqlite3.DatabaseError as error:
            self._note_unread(error)
            return room

    def _ask_day(self, day: int, statement: str, asked: Asked, slots: range) -> list[Sighting]:
        return self._unless_damaged(lambda path: ask_day(path, statement, asked, slots), day)

    def _unless_damaged(self, ask: Callable[[Path], list[PointT]], day: int) -> list[PointT]:
        try:
            return ask(self._path(day))
        except sqlite3.DatabaseError as error:
            self._note_unread(error)
            return []

    def _note_unread(self, error: sqlite3.DatabaseError) -> None:
        """Count a file that is damaged; any other error is raised again."""
        if not _is_damage(error):
            raise error
        self.unread_files += 1

    def _path(self, day: int) -> Path:
        return self._folder / f"{datetime.fromtimestamp(day * _DAY_S, UTC):%Y-%m-%d}.db"

    def _days(self) -> list[int]:
        """Return the days that have a file, in order."""
        return sorted(day for day, path in self._files() if path.suffix == ".db")

    def _files(self) -> Iterator[tuple[int, Path]]:
        """Every file of sightings with its day, those set aside included."""
        for path in self._folder.iterdir():
            if match := _FILE_NAME.fullmatch(path.name):
                yield _day_number(match[1]), path


def _by_day(batches: Sequence[SightingBatch]) -> dict[int, list[SightingBatch]]:
    """Split each batch by the days of its sightings."""
    days: dict[int, list[SightingBatch]] = defaultdict(list)
    for batch in batches:
        of_day: dict[int, _Parts] = defaultdict(lambda: ([], [], []))
        for sighting in batch.sightings:
            of_day[sighting.slot_s // _DAY_S][0].append(sighting)
        for fix in batch.fixes:
            of_day[fix.time_ns // _DAY_NS][1].append(fix)
        for measurement in batch.measurements:
            of_day[measurement.time_ns // _DAY_NS][2].append(measurement)
        for day, parts in of_day.items():
            days[day].append(SightingBatch(batch.position, *parts))
    return days


def _slots_of_day(slots: range, day: int) -> range:
    """Cut slots down to those of one day."""
    return range(
        max(slots.start, day * _DAY_S),
        min(slots.stop, (day + 1) * _DAY_S),
        SLOT_S,
    )


def _day_number(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def _is_damage(error: sqlite3.Error) -> bool:
    """Tell a file that can not be read from a disk that is full or busy."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGED
