"""Journal, day files and their follower at work on one folder, without network or clock."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from gateway.archive import open_archive
from gateway.data_folder import DataFolder
from gateway.entries import Entry, encode_entries
from gateway.followers import SightingsFollower
from gateway.journal import Group, SqliteJournal
from gateway.retelling import JournalRetelling
from gateway.station import Station
from history.sightings import Scope, Sighting
from history.sqlite_sightings import SqliteSightings
from tests.gateway.made import NOON_NS, Tables, station_on, tables
from zones.clock import EventClock

T = TypeVar("T")
GROUPS_A_CHECKPOINT = 25
GROUPS_A_CATCH_UP = 4
EVER = Scope(since_ns=0, until_ns=2 * NOON_NS)


class Writer:
    """The follower's way to the one connection that writes."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._journal.transact, work)


class Plant:
    """Takes groups in; `acknowledged` are those whose sources were told that they are safe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.acknowledged: list[bytes] = []
        folder.mkdir(exist_ok=True)
        self._journal, sightings = open_archive(DataFolder(folder))
        sightings.retell = JournalRetelling(folder / "state.db", lambda: EventClock({}))
        try:
            self.station: Station = station_on(self._journal)
            self._follower = SightingsFollower(
                folder / "state.db", sightings, Writer(self._journal), EventClock({})
            )
            self._mend = sightings.mend
        except BaseException:
            self._journal.close()
            raise

    def take(self, groups: Sequence[list[Entry]]) -> None:
        """Take groups in, whatever the disk says to it."""
        for number, group in enumerate(groups, 1):
            self._acknowledge(self.station.process(group).committed)
            if number % GROUPS_A_CATCH_UP == 0:
                self._follow()
            if number % GROUPS_A_CHECKPOINT == 0:
                self.station.checkpoint()

    def settle(self) -> None:
        """Write what still waits, now that the disk takes it."""
        self._acknowledge(self.station.commit())
        assert self.station.fault is None
        asyncio.run(self._follower.catch_up())
        self._mend()

    def close(self) -> None:
        """Let go of all files; what a dead disk does not take any more is not written."""
        with suppress(sqlite3.Error, OSError):
            self._follower.close()
        with suppress(sqlite3.Error):
            self._journal.close()

    def _follow(self) -> None:
        with suppress(sqlite3.Error, OSError):
            asyncio.run(self._follower.catch_up())

    def _acknowledge(self, committed: Sequence[Group]) -> None:
        self.acknowledged += [encode_entries(group.entries) for group in committed]


def open_when_it_lets(folder: Path, tries: int = 10) -> Plant:
    """A plant; a disk that refuses while it is opened is tried again, as a supervisor would."""
    for _ in range(tries - 1):
        with suppress(sqlite3.Error, OSError):
            return Plant(folder)
    return Plant(folder)


def journal_of(folder: Path) -> list[bytes]:
    """The groups in the journal, in order."""
    rows = sqlite3.connect(folder / "state.db").execute(
        "SELECT entries FROM journal ORDER BY position"
    )
    return [bytes(row[0]) for row in rows]


def heard(folder: Path) -> list[Sighting]:
    """All sightings, in an order of their own."""
    store = SqliteSightings(folder / "sightings")
    try:
        found = list(store.walk(EVER))
    finally:
        store.close()
    return sorted(found, key=lambda each: (each.slot_s, each.reader, each.antenna, each.tag))


def all_of(folder: Path) -> tuple[Tables, list[Sighting]]:
    """Everything that was decided, and everything that was heard."""
    return tables(folder / "state.db"), heard(folder)
