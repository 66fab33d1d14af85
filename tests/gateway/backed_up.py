"""A data folder with a history, for what is backed up and restored."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from gateway.archive import clock_of
from gateway.cli import main
from gateway.followers import SightingsFollower
from gateway.journal import SqliteJournal
from history.sqlite_sightings import SqliteSightings
from history.state import open_state
from tests.gateway.made import day, station_on

T = TypeVar("T")
READERS = ("dock", "desk")
GROUPS = day(seconds=60)


class Counter:
    """The writer of state.db, for the follower."""

    def __init__(self, journal: SqliteJournal, lock: threading.Lock) -> None:
        self._journal, self._lock = journal, lock

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._transact, work)

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            return self._journal.transact(work)


def follow(data: Path, counter: Counter) -> SightingsFollower:
    state = data / "state.db"
    located = station_on(SqliteJournal(open_state(state)))
    clock = clock_of(located.pipeline.state.located[0])
    located._journal.connection.close()
    return SightingsFollower(state, SqliteSightings(data / "sightings"), counter, clock)


def catch_up(data: Path) -> None:
    """What the gateway does after its start: the day files get what they have not had."""
    with closing(open_state(data / "state.db")) as connection:
        counter = Counter(SqliteJournal(connection), threading.Lock())
        follower = follow(data, counter)
        asyncio.run(follower.catch_up())
        follower.close()


def written(data: Path) -> Path:
    """A data folder of a gateway that has stopped."""
    data.mkdir()
    with closing(open_state(data / "state.db")) as connection:
        station = station_on(SqliteJournal(connection))
        for entries in GROUPS[:60]:
            station.process(entries)
    catch_up(data)
    return data


def restore(source: Path, data: Path) -> None:
    assert main(["restore", str(source), "--data", str(data), "--yes"]) == 0
