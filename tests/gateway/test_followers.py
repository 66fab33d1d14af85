"""The follower of the journal: every read is counted once, wherever it is interrupted."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest

from gateway.entries import ClockOffset, ReadGroup
from gateway.followers import SightingsFollower
from gateway.journal import SqliteJournal
from history.sightings import SightingBatch
from history.sqlite_sightings import SqliteSightings
from history.state import follower_position, open_state
from tags.times import SECOND_NS
from tests.gateway.made import NOON_NS, TAGS, day, read, start, station_on, within
from zones.clock import EventClock

T = TypeVar("T")
DAY_NS = 86_400 * SECOND_NS
GROUPS = day(seconds=3)


class PowerCutError(Exception):
    """The process is gone."""


class Fuse:
    """Blows at the n-th step."""

    def __init__(self, steps: int | None = None) -> None:
        self.steps = steps

    def __call__(self) -> None:
        if self.steps is not None:
            self.steps -= 1
            if self.steps < 0:
                raise PowerCutError


class FusedSightings(SqliteSightings):
    """Dies before or after what it does."""

    def __init__(self, folder: Path, fuse: Fuse) -> None:
        super().__init__(folder)
        self.fuse = fuse

    def append(self, batches: Sequence[SightingBatch]) -> None:
        for batch in batches:
            self.fuse()
            super().append([batch])
        self.fuse()

    def sync(self) -> None:
        self.fuse()
        super().sync()
        self.fuse()


class Counter:
    """The writer of state.db."""

    def __init__(self, connection: sqlite3.Connection, fuse: Fuse) -> None:
        self.journal = SqliteJournal(connection)
        self.fuse = fuse

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self.fuse()
        done = await asyncio.to_thread(self.journal.transact, work)
        self.fuse()
        return done


class Site:
    """A journal that is full of reads, and the day files beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with closing(open_state(folder / "state.db")) as connection:
            station = station_on(SqliteJournal(connection))
            for entries in GROUPS:
                station.process(entries)
        entries = [entry for group in GROUPS for entry in group]
        groups = [entry for entry in entries if isinstance(entry, ReadGroup)]
        self.reads = sum(len(group.reads) for group in groups)

    def follow(self, fuse: Fuse) -> int:
        """Start, catch up and end as a process does; the position that is written down."""
        with closing(open_state(self.folder / "state.db")) as connection:
            follower = SightingsFollower(
                self.folder / "state.db",
                FusedSightings(self.folder / "sightings", fuse),
                Counter(connection, fuse),
                EventClock(),
            )
            try:
                asyncio.run(follower.catch_up())
            finally:
                fuse.steps = None
                follower.close()
            return follower_position(connection, "sightings")

    @property
    def counted(self) -> int:
        with closing(SqliteSightings(self.folder / "sightings")) as store:
            found = [store.at_reader(name, 0, NOON_NS + DAY_NS, 10**9) for name in ("dock", "desk")]
        return sum(sighting.count for each in found for sighting in each)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_all_reads_of_the_journal_are_counted(site: Site) -> None:
    with closing(open_state(site.folder / "state.db")) as connection:
        last = SqliteJournal(connection).last_position()
    assert site.follow(Fuse()) == last
    assert site.counted == site.reads > 0


@pytest.mark.parametrize("steps", range(25))
def test_a_crash_between_any_two_steps_counts_no_read_twice(
    steps: int,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.followers.GROUPS_A_ROUND", 4)
    for more in (0, 3):
        with suppress(PowerCutError):
            site.follow(Fuse(steps + more))
    site.follow(Fuse())
    assert site.counted == site.reads


def test_what_was_followed_is_not_read_again(site: Site) -> None:
    position = site.follow(Fuse())
    fuse = Fuse(0)
    assert site.follow(fuse) == position


def test_the_clock_of_a_reader_is_minded(tmp_path: Path) -> None:
    ahead_ns = 3600 * SECOND_NS
    with closing(open_state(tmp_path / "state.db")) as connection:
        station = station_on(SqliteJournal(connection))
        station.process([*start(), ClockOffset(NOON_NS, "dock", -ahead_ns)])
        wrong = read(TAGS[0], NOON_NS + ahead_ns)
        station.process([ReadGroup("local", 1, [wrong])])
    site = Site.__new__(Site)
    site.folder = tmp_path
    site.follow(Fuse())
    with closing(SqliteSightings(tmp_path / "sightings")) as store:
        (sighting,) = store.of_tag(TAGS[0], 0, NOON_NS + DAY_NS, 10)
    assert sighting.first_ns == NOON_NS


async def test_a_disk_that_refuses_is_said_and_tried_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("gateway.followers.REST_S", 0.001)
    site = await asyncio.to_thread(Site, tmp_path)
    calls = count(1)

    class Refusing(SqliteSightings):
        def append(self, batches: Sequence[SightingBatch]) -> None:
            if next(calls) <= 2:
                raise sqlite3.OperationalError("database or disk is full")
            super().append(batches)

    with closing(await asyncio.to_thread(open_state, tmp_path / "state.db")) as connection:
        store = await asyncio.to_thread(Refusing, tmp_path / "sightings")
        counter = Counter(connection, Fuse())
        follower = await asyncio.to_thread(
            SightingsFollower, tmp_path / "state.db", store, counter, EventClock()
        )
        with caplog.at_level(logging.WARNING):
            await follower.finish()
            task = asyncio.create_task(follower.run())
            await within(lambda: follower.newest_ns is not None and follower.fault is None)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await follower.finish()
        await asyncio.to_thread(follower.close)
    assert caplog.text.count("sightings can not be written: database or disk is full") == 2
    assert await asyncio.to_thread(lambda: site.counted) == site.reads


async def test_old_days_go_also_while_nothing_can_be_written(site: Site, tmp_path: Path) -> None:
    assert site.reads
    room = asyncio.Event()

    class Full(SqliteSightings):
        def append(self, batches: Sequence[SightingBatch]) -> None:
            del batches
            if not room.is_set():
                raise OSError(28, "no room")

    def expire(_store: object) -> int:
        room.set()
        return 1

    with closing(await asyncio.to_thread(open_state, tmp_path / "state.db")) as connection:
        store = await asyncio.to_thread(Full, tmp_path / "sightings")
        counter = Counter(connection, Fuse())
        follower = await asyncio.to_thread(
            SightingsFollower, tmp_path / "state.db", store, counter, EventClock(), expire
        )
        task = asyncio.create_task(follower.run())
        await within(lambda: follower.newest_ns is not None or task.done())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(follower.close)
    assert room.is_set()
    assert follower.fault is None
