"""Followers trail the journal at their own pace; what they do can wait and is never lost."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from delivery.worker import Transact
from gateway.entries import ClockOffset, Entry, Observed, ReadGroup, decode_entries
from history.day_salvage import Mended
from history.salvage import SalvageStoppedError
from history.sightings import Sighting, SightingBatch, SightingStore, fold_sightings
from history.state import (
    StateTooNewError,
    follower_position,
    open_reader,
    store_follower_position,
)
from readers.health import ReaderHealth
from tags.reads import Fix, Measurement, Read
from zones.clock import EventClock

GROUPS_A_ROUND = 250
REST_S = 1.0
EXPIRE_EVERY_S = 3600.0
NAME = "sightings"

T = TypeVar("T")
PointT = TypeVar("PointT", Fix, Measurement)
log = logging.getLogger("tagwarden.history")


class SightingsFollower:
    """Folds the journal's reads into the sighting store, in a thread of its own."""

    def __init__(
        self,
        state: Path,
        store: SightingStore,
        transact: Transact,
        event_clock: EventClock,
        expire: Callable[[SightingStore], int] = lambda _store: 0,
    ) -> None:
        self._connection = open_reader(state)
        self._store = store
        self._transact = transact
        self._event_clock = event_clock
        self._expire = expire
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=NAME)
        self.position = follower_position(self._connection, NAME)
        self.mend: Callable[[], Sequence[Mended]] = list
        """Makes damaged days anew, in the thread that appends; which these were."""
        self.note_mended: Callable[[Mended], None] = _forget
        self.newest_ns: int | None = None
        self.fault: str | None = None

    async def run(self) -> None:
        """Trail until cancelled. What the disk refuses is tried again."""
        loop = asyncio.get_running_loop()
        expire_at_s = loop.time()
        known = False
        while True:
            try:
                if loop.time() >= expire_at_s:
                    # First, since it is what makes room on a disk that is full.
                    expire_at_s += EXPIRE_EVERY_S
                    await self._in_thread(lambda: self._expire(self._store))
                if not known:
                    await self._note_position()
                    known = True
                await self.catch_up()
                for mended in await self._in_thread(self.mend):
                    self.note_mended(mended)
            except SalvageStoppedError:
                # The gateway stops; the day is mended after the next start.
                self.mend = list
            except (OSError, sqlite3.Error, StateTooNewError) as error:
                self.fault = f"sightings can not be written: {error}"
                log.warning(self.fault)
            else:
                self.fault = None
            await asyncio.sleep(REST_S)

    async def catch_up(self) -> None:
        """Follow to the end of the journal and write down how far that was."""
        before = self.position
        while await self._in_thread(self._one_round):
            pass
        if self.position == before:
            return
        await self._in_thread(self._store.sync)
        await self._note_position()

    async def finish(self) -> None:
        """Catch up once more; what the disk refuses now is caught up after the next start."""
        try:
            await self.catch_up()
        except (OSError, sqlite3.Error) as error:
            log.warning("sightings can not be written: %s", error)

    async def _note_position(self) -> None:
        """Hold back the journal that is not followed yet, and let go of the rest."""
        position = self.position
        await self._transact.transact(
            lambda connection: store_follower_position(connection, NAME, position),
        )

    def close(self) -> None:
        """Let go of the files."""
        self._thread.shutdown()
        self._connection.close()
        self._store.close()

    def _one_round(self) -> bool:
        rows = self._connection.execute(
            "SELECT position, now_ns, entries FROM journal WHERE position > ?"
            " ORDER BY position LIMIT ?",
            (self.position, GROUPS_A_ROUND),
        ).fetchall()
        if rows:
            batches = [
                batch_of(position, decode_entries(blob), self._event_clock)
                for position, _, blob in rows
            ]
            self._store.append(batches)
            self.position, self.newest_ns, _ = rows[-1]
        return len(rows) == GROUPS_A_ROUND

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def batch_of(position: int, entries: list[Entry], clock: EventClock) -> SightingBatch:
    """Fold what a group of the journal heard; the clock learns from it."""
    reads: list[Read] = []
    sightings: list[Sighting] = []
    fixes: list[Fix] = []
    measurements: list[Measurement] = []
    for entry in entries:
        if isinstance(entry, ReadGroup):
            reads += entry.reads
        elif isinstance(entry, Observed):
            fixes += (_dated(fix, clock) for fix in entry.fixes)
            measurements += (_dated(each, clock) for each in entry.measurements)
        elif isinstance(entry, ClockOffset | ReaderHealth):
            # What was read before is dated by what was known before.
            sightings += fold_sightings(reads, clock.event_ns)
            reads.clear()
            _note_clock(entry, clock)
    sightings += fold_sightings(reads, clock.event_ns)
    return SightingBatch(position, sightings, fixes, measurements)


def _note_clock(entry: ClockOffset | ReaderHealth, clock: EventClock) -> None:
    if isinstance(entry, ClockOffset):
        clock.set_offset(entry.reader, entry.offset_ns)
    elif entry.state != "online":
        clock.note_break(entry.reader)


def _dated(point: PointT, clock: EventClock) -> PointT:
    """A point at a time that can be, so that no clock that is off makes a file of its own."""
    time_ns = clock.plausible_ns(point.time_ns, point.arrival_ns)
    return msgspec.structs.replace(point, time_ns=time_ns)


def _forget(_mended: Mended) -> None:
    """Tell nobody."""
