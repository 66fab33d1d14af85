"""The store of sightings in a folder of SQLite files, one for each UTC day of event time."""

import logging
import re
import sqlite3
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext, suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from history.day_erasure import erase_in_day
from history.day_file import DayFile
from history.day_question import AT_READER, OF_TAG, Asked, ask_day, read_position
from history.day_salvage import REPORT, SIDES, Mended, Retell, end_mending, mend_day
from history.day_scope import first_without_room, room_left, walk_day
from history.day_series import fixes_of_day, measurements_of_day, steps_of_day
from history.salvage import Go, is_damage, open_damaged
from history.sightings import SLOT_S, Scope, Series, Sighting, SightingBatch, Step
from tags.reads import Fix, Measurement
from tags.times import SECOND_NS

_OPEN_FILES_MAX = 4
_DAY_S = 86_400
_DAY_NS = _DAY_S * SECOND_NS
_FILE_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.db(\.damaged-\d+)?")
PointT = TypeVar("PointT")
_Parts = tuple[list[Sighting], list[Fix], list[Measurement]]
log = logging.getLogger("tagwarden.history")


class SqliteSightings:
    """Fulfils SightingStore; retention is deleting a file.

    A file that turns out damaged while it is written is renamed to
    `….db.damaged-1`, and what can be read of it, with what `retell` still knows of that day,
    stands in a new one. One that can not be read for a question is left out of the answer,
    and mended by the next `mend`. `damaged_files` and `unread_files` count both.
    """

    def __init__(
        self,
        folder: Path,
        retell: Retell = lambda _day: nullcontext(),
        go: Go = lambda: True,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        end_mending(folder)
        self.retell = retell
        self.go = go
        self.mended: list[Mended] = []
        self._suspects: set[int] = set()
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

    def put(self, batches: Sequence[SightingBatch]) -> None:
        """Take slots as they are told, whole; see DayFile.put. Raises what the disk raises."""
        with self._lock:
            for day, of_day in sorted(_by_day(batches).items()):
                self._day_file(day).put(of_day)

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

    def steps_of(self, asked: Series, step_ns: int) -> list[Step]:
        """Return what a sensor measured step by step, counted from the epoch, newest first."""
        found: list[Step] = []
        first, last = asked.since_ns // _DAY_NS, (asked.until_ns - 1) // _DAY_NS
        for day in reversed(self._days()):
            # The last step may go on in the day before, until a further one was found.
            if first <= day <= last and len(found) <= asked.limit:
                ask = partial(steps_of_day, asked._replace(limit=asked.limit + 1), step_ns)
                older = self._unless_damaged(ask, day)
                if found and older and found[-1].begin_ns == older[0].begin_ns:
                    found[-1] = found[-1].with_older(older.pop(0))
                found += older
        return found[: asked.limit]

    def files(self) -> list[Path]:
        """Return the files of all days, the oldest first."""
        return [self._path(day) for day in self._days()]

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
            except sqlite3.DatabaseError as error:
                self._note_unread(error, day)
        return found

    def expire(self, keep_days: int, now_ns: int) -> int:
        """Delete the files of days that ended more than `keep_days` ago; how many went."""
        oldest_kept = now_ns // _DAY_NS - keep_days
        with self._lock:
            old = [(day, path) for day, path in self._files() if day < oldest_kept]
            for day, path in old:
                self._close_day(day)
                for side in (*SIDES, REPORT):
                    path.with_name(path.name + side).unlink(missing_ok=True)
        return len(old)

    def erase(self, names: Mapping[str, str], *, delete: bool) -> tuple[int, list[str]]:
        """Take tags out of all days; how many held one, and the files that can not be read.

        `names` are the new ones by former ones. Raises sqlite3.Error of a file that is whole.
        """
        held, unread = 0, []
        with self._lock:
            for day in list(self._open):
                self._close_day(day)
            for _, path in sorted(self._files()):
                try:
                    held += erase_in_day(path, names, delete=delete)
                except sqlite3.DatabaseError as error:
                    if path.suffix == ".db" and not is_damage(error):
                        raise
                    unread.append(path.name)
        return held, unread

    def expire_tags(self, names: Mapping[str, str], keep_days: int, now_ns: int) -> int:
        """Delete what was heard of some tags on days that ended so long ago; of how many days.

        `names` are what stands for them from then on. Files that can not be read wait.
        """
        oldest_kept, held = now_ns // _DAY_NS - keep_days, 0
        with self._lock:
            for day in self._days():
                if names and day < oldest_kept:
                    self._close_day(day)
                    with suppress(sqlite3.DatabaseError):
                        held += erase_in_day(self._path(day), names, delete=True)
        return held

    def suspect(self, day: str) -> None:
        """Somebody found the file of a day (`2026-01-31`) damaged. For any thread."""
        self._suspects.add(_day_number(day))

    def mend(self) -> list[Mended]:
        """Make days anew that were found damaged, in the thread that appends; those since.

        Meanwhile questions are answered by what can be read. Raises OSError, sqlite3.Error or
        SalvageStoppedError; then the same days wait for the next call.
        """
        with self._lock:
            for day in sorted(self._suspects):
                if self._path(day).exists():
                    self._mend(day)
                self._suspects.discard(day)
        mended, self.mended = self.mended, []
        return mended

    def close(self) -> None:
        """Sync and close all files; the next append opens them again."""
        with self._lock:
            for day in list(self._open):
                self._close_day(day)

    def _append_day(self, day: int, batches: Sequence[SightingBatch]) -> None:
        try:
            self._day_file(day).add(batches)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            self._mend(day)
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

    def _mend(self, day: int) -> None:
        path = self._path(day)
        with closing(open_damaged(path)):
            # While it is open, closing the other moves nothing into the damaged file.
            self._close_day(day)
        log.warning("%s is damaged; what can be read of it is salvaged", path)
        with self.retell(path.stem) as retold:
            mended = mend_day(path, retold, self.go)
        self.damaged_files += 1
        self.mended.append(mended)
        log.warning("%s", mended)

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
            self._note_unread(error, day)

    def _room_left(self, day: int, scope: Scope, slots: range, room: int) -> int | None:
        try:
            return room_left(self._path(day), scope, slots, room)
        except sqlite3.DatabaseError as error:
            self._note_unread(error, day)
            return room

    def _ask_day(self, day: int, statement: str, asked: Asked, slots: range) -> list[Sighting]:
        return self._unless_damaged(lambda path: ask_day(path, statement, asked, slots), day)

    def _unless_damaged(self, ask: Callable[[Path], list[PointT]], day: int) -> list[PointT]:
        try:
            return ask(self._path(day))
        except sqlite3.DatabaseError as error:
            self._note_unread(error, day)
            return []

    def _note_unread(self, error: sqlite3.DatabaseError, day: int) -> None:
        """Count a file that is damaged, and have it mended; any other error is raised again."""
        if not is_damage(error):
            raise error
        self._suspects.add(day)
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
