"""Checks of the files of a data folder, and what is told of reports."""

import asyncio
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from alerts.changes import GatewayFault
from gateway.collector import Collector
from gateway.data_folder import DataFolder
from gateway.entries import ReadGroup
from gateway.file_watch import FileWatch
from gateway.journal import Group, SqliteJournal
from gateway.retelling import JournalRetelling
from history.expiry import Keep
from history.sightings import Sighting, SightingBatch, fold_sightings
from history.sqlite_sightings import SqliteSightings
from history.state import open_state
from tags.reads import Read
from tests.history.made import at
from zones.clock import EventClock

DAY = "2026-09-21"
PAGE = 4096
KEEP = Keep(journal_since_ns=0, journal_bytes_max=1 << 30, events=9, answers_since_ns=0)


def watch_of(folder: Path, told: list[GatewayFault], suspects: list[str]) -> FileWatch:
    state = SimpleNamespace(judged=SimpleNamespace(faults={}))
    station = SimpleNamespace(pipeline=SimpleNamespace(state=state))
    collector = SimpleNamespace(station=station, put=told.append)
    return FileWatch(DataFolder(folder), cast("Collector", collector), lambda: 7, suspects.append)


def read(number: int) -> Read:
    return Read("aa", "dock", 1, at(number), at(number), -60.0, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty groups in the journal, the day file of all of them torn, the first ten expired."""
    reads = [[read(number)] for number in range(1, 41)]
    with closing(open_state(tmp_path / "state.db")) as connection:
        groups = [
            Group(n, at(n), [ReadGroup("dock", n, batch)], [], 1)
            for n, batch in enumerate(reads, 1)
        ]
        SqliteJournal(connection).append(groups, KEEP)
        connection.execute("DELETE FROM journal WHERE position <= 10")
    with closing(SqliteSightings(tmp_path / "sightings")) as store:
        for number, batch in enumerate(reads, 1):
            sightings = fold_sightings(batch, lambda each: each.time_ns)
            store.append([SightingBatch(number, sightings)])
    return tmp_path


def heard(store: SqliteSightings) -> list[Sighting]:
    return store.of_tag("aa", 0, 1 << 62, 99)


def tear(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[PAGE:] = b"\xff" * (len(content) - PAGE)
    path.write_bytes(content)


def test_a_day_that_a_check_finds_torn_is_told_again_by_the_journal(folder: Path) -> None:
    told: list[GatewayFault] = []
    suspects: list[str] = []
    tear(folder / "sightings" / f"{DAY}.db")
    retell = JournalRetelling(folder / "state.db", EventClock)
    with closing(SqliteSightings(folder / "sightings", retell)) as store:
        watch = watch_of(folder, told, suspects)
        watch.check()
        assert suspects == [DAY]
        store.suspect(*suspects)
        store.mend()
        kept = sum(one.count for one in heard(store))
        assert 40 - 10 - 5 <= kept <= 40 - 10
        assert store.positions() == {DAY: 40}
        watch.check()
        assert suspects == [DAY]
        asyncio.run(watch.tell())
        assert [(one.kind, one.name, one.broken) for one in told] == [
            ("history", f"{DAY}.db.damaged-1", True)
        ]
        assert watch.damaged == {f"{DAY}.db": 1}
        (folder / "sightings" / f"{DAY}.db.damaged-1.report").unlink()
        asyncio.run(watch.tell())
        assert not told[-1].broken
        watch.close()


def test_a_torn_state_is_suspect_until_it_was_salvaged(folder: Path) -> None:
    told: list[GatewayFault] = []
    tear(folder / "state.db")
    watch = watch_of(folder, told, [])
    watch.check()
    asyncio.run(watch.tell())
    watch.close()
    assert [(one.kind, one.name) for one in told] == [("store", "state.db.suspect")]
