"""The station: what it has decided is committed, or waits; nothing is lost, order is kept."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import station as module
from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, GatewayStarted, ReadGroup, Tick, encode_entries
from gateway.journal import SqliteJournal
from gateway.limits import LimitsSettings
from gateway.pipeline import FORMAT
from gateway.station import Station, open_journal, recover
from history.state import open_state
from tags.times import MILLISECOND_NS, SECOND_NS
from tests.gateway.made import (
    NOON_NS,
    TAGS,
    FailingJournal,
    Tables,
    day,
    read,
    start,
    station_on,
    tables,
    uninterrupted,
)

GROUPS = day(seed=4, seconds=8)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The tables of a day without trouble."""
    return uninterrupted(tmp_path_factory.mktemp("calm") / "state.db", GROUPS)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_state(tmp_path / "state.db")) as connection:
        yield connection


def state_of(station: Station) -> tuple[bool, str | None]:
    """Whether it is full, and what is wrong."""
    return station.full, station.fault


def positions(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT position FROM journal ORDER BY 1")]


def test_the_day_has_alerts_and_departures(calm: Tables) -> None:
    assert len(calm["alerts"]) >= 2
    assert any("departed" in row for row in calm["movements"])


@pytest.mark.parametrize("number", range(1, len(GROUPS) + 1))
def test_no_refused_append_loses_anything(
    number: int,
    calm: Tables,
    tmp_path: Path,
    db: sqlite3.Connection,
) -> None:
    station = station_on(FailingJournal(db, lambda append: append == number))
    committed = [group for entries in GROUPS for group in station.process(entries).committed]
    committed += station.commit()
    assert station.fault is None
    assert (
        [group.position for group in committed]
        == positions(db)
        == list(range(1, len(committed) + 1))
    )
    assert tables(tmp_path / "state.db") == calm


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(refused=st.sets(st.integers(1, 60)))
def test_any_pattern_of_refusals_gives_the_same_tables(
    refused: set[int],
    calm: Tables,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("refusing") / "state.db"
    with closing(open_state(path)) as connection:
        station = station_on(FailingJournal(connection, lambda append: append in refused))
        for entries in GROUPS:
            station.process(entries)
        for _ in refused:
            station.commit()
        assert station.fault is None
    assert tables(path) == calm


def test_a_full_disk_is_said_and_over_when_there_is_room_again(
    calm: Tables,
    tmp_path: Path,
    db: sqlite3.Connection,
) -> None:
    station = station_on(SqliteJournal(db))
    station.process(GROUPS[0])
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages + 3}")
    for entries in GROUPS[1:]:
        station.process(entries)
    assert state_of(station)[1] == "the journal can not be written: database or disk is full"
    assert station.committed_position < station.position
    db.execute("PRAGMA max_page_count = 1000000")
    assert station.commit()[-1].position == station.position
    assert state_of(station) == (False, None)
    assert tables(tmp_path / "state.db") == calm


def test_what_waits_for_the_disk_has_a_limit(db: sqlite3.Connection) -> None:
    journal = FailingJournal(db, lambda _append: True)
    station = station_on(journal, LimitsSettings(uncommitted_reads_max=1_000))
    station.process(start())
    for seq in range(1, 1_000, 100):
        assert not state_of(station)[0]
        station.process([ReadGroup("local", seq, [read(TAGS[0], NOON_NS)] * 100)])
    assert state_of(station)[0]
    journal.refuses = lambda _append: False
    station.commit()
    assert state_of(station) == (False, None)
    assert station.reads_uncommitted == 0


def test_time_that_passes_is_kept_only_if_it_decides_something(db: sqlite3.Connection) -> None:
    station = station_on(SqliteJournal(db))
    station.process(start())
    station.process([ReadGroup("local", 1, [read(TAGS[0], NOON_NS), read(TAGS[0], NOON_NS + 1)])])
    changes = db.total_changes
    assert station.process([Tick(NOON_NS + SECOND_NS)]).position is None
    assert db.total_changes == changes
    arrived = station.process([Tick(NOON_NS + 4 * SECOND_NS)])
    assert arrived.position == 3
    changes = db.total_changes
    for second in range(5, 25):
        assert station.process([Tick(NOON_NS + second * SECOND_NS)]).position is None
    assert db.total_changes == changes


def test_reads_that_arrived_before_an_idle_tick_are_replayed_at_the_same_time(
    db: sqlite3.Connection,
) -> None:
    # Drivers stamp arrivals, so a tick may be ahead of reads that are still on their way.
    station = station_on(SqliteJournal(db))
    station.process(start())
    for step in range(40):
        at_ns = NOON_NS + step * 130 * MILLISECOND_NS
        station.process([Tick(at_ns + 120 * MILLISECOND_NS)])
        late_ns = at_ns - 2_100 * MILLISECOND_NS
        reads = [
            msgspec.structs.replace(read(TAGS[0], at_ns, antenna=1 + step // 20), time_ns=late_ns),
            read(TAGS[1], at_ns, antenna=1 + step // 30),
        ]
        station.process([ReadGroup("local", step + 1, reads)])
    recovered, *_ = recover(SqliteJournal(db), stored_blueprint)
    encode = msgspec.msgpack.encode
    assert encode(recovered.state) == encode(station.pipeline.state)


@pytest.mark.parametrize("checkpointed", [False, True])
@pytest.mark.parametrize("cut", range(0, len(GROUPS), 3))
def test_a_crash_anywhere_changes_nothing_that_is_decided(
    cut: int,
    checkpointed: bool,  # noqa: FBT001 - a parameter of the test
    calm: Tables,
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.db"
    for part in (GROUPS[:cut], GROUPS[cut:]):
        with closing(open_state(path)) as connection:
            station = station_on(SqliteJournal(connection))
            for entries in part:
                station.process(entries)
            if checkpointed:
                station.checkpoint()
    assert tables(path) == calm


def test_a_checkpoint_waits_until_all_is_committed(db: sqlite3.Connection) -> None:
    journal = FailingJournal(db, lambda append: append == 1)
    station = station_on(journal)
    station.process(start())
    station.checkpoint()
    assert journal.load_checkpoint(1) is None
    station.commit()
    station.checkpoint()
    assert db.execute("SELECT position FROM checkpoints").fetchall() == [(1,)]


def test_a_refused_checkpoint_is_no_fault_of_the_journal(
    db: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    station = station_on(journal := SqliteJournal(db))
    station.process(start())

    def refuse(*_arguments: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(journal, "keep_checkpoint", refuse)
    with caplog.at_level(logging.WARNING):
        station.checkpoint()
    assert station.fault is None
    assert "the checkpoint can not be written: disk I/O error" in caplog.text


def old_state(path: Path, first_position: int) -> Path:
    """A state.db of the first version whose journal has two groups and no checkpoint of ours."""
    script = (files("history") / "migrations" / "0001_state.sql").read_text("utf-8")
    with closing(sqlite3.connect(path)) as old:
        old.executescript(f"{script}\nPRAGMA user_version = 1;")
        groups = [
            (position, NOON_NS + position, encode_entries([Tick(NOON_NS + position)]))
            for position in (first_position, first_position + 1)
        ]
        old.executemany("INSERT INTO journal (position, now_ns, entries) VALUES (?, ?, ?)", groups)
        old.execute("UPDATE marks SET value = ? WHERE name = 'journal_position'", groups[1][:1])
        old.execute("INSERT INTO checkpoints VALUES (?, 0, 1, 1, x'00')", groups[1][:1])
        old.commit()
    return path


def test_a_state_of_an_older_version_is_rebuilt_from_its_journal(tmp_path: Path) -> None:
    journal = open_journal(old_state(tmp_path / "state.db", first_position=1))
    with closing(journal.connection):
        pipeline, position, _ = recover(journal, stored_blueprint)
        assert (pipeline.state.now_ns, position) == (NOON_NS + 2, 2)


def test_an_older_state_without_the_beginning_of_its_journal_is_rebuilt_from_its_tables(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = open_journal(old_state(tmp_path / "state.db", first_position=5))
    with closing(journal.connection):
        pipeline, position, _ = recover(journal, stored_blueprint)
        assert (pipeline.state.now_ns, position) == (NOON_NS + 6, 6)
        assert journal.load_checkpoint(FORMAT) is not None
    assert "the state was rebuilt from the tables" in caplog.text


def test_a_restart_is_no_absence(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(open_state(path)) as connection:
        station = station_on(SqliteJournal(connection))
        station.process(start())
        seen: list[Entry] = [
            ReadGroup(
                "local", 1, [read(TAGS[0], NOON_NS + n * SECOND_NS // 10) for n in range(20)]
            ),
            Tick(NOON_NS + 6 * SECOND_NS),
        ]
        station.process(seen)
    with closing(open_state(path)) as connection:
        station = station_on(SqliteJournal(connection))
        later_ns = NOON_NS + 3600 * SECOND_NS
        station.process([GatewayStarted(later_ns, station.pipeline.state.now_ns)])
        station.process([Tick(later_ns + 3600 * SECOND_NS)])
    assert [row[6] for row in tables(path)["movements"]] == ["arrived"]


def test_an_open_alert_whose_row_a_salvage_could_not_read_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        for entries in GROUPS[:-1]:
            station.process(entries)
        station.checkpoint()
    before = tables(path)
    opened = [row for row in before["alerts"] if row[10]]
    assert opened
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM alerts WHERE open")
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        cases = station.pipeline.state.judged.cases.values()
        assert sorted(case.alert.id for case in cases if case.alert) == sorted(
            str(row[0]) for row in opened
        )
    assert sorted(tables(path)["alerts"]) == sorted(before["alerts"])


def test_an_alert_that_only_a_replay_raises_is_not_put_into_the_table(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(open_state(path)) as db:
        station = station_on(SqliteJournal(db))
        for entries in GROUPS[:-1]:
            station.process(entries)
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript("DROP TRIGGER audit_is_not_shortened; DELETE FROM alerts WHERE open")
        db.execute("DELETE FROM audit WHERE action GLOB 'alert.*'")
    with closing(open_state(path)) as db:
        station_on(SqliteJournal(db))
        assert db.execute("SELECT count(*) FROM alerts WHERE open").fetchone() == (0,)


def test_decisions_bring_a_checkpoint_nearer_than_reads_that_decide_nothing(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_READS", 30)
    monkeypatch.setattr(module, "OUTPUT_READS", 8)
    station = station_on(SqliteJournal(db))
    decided = station.process(start()).committed[0].outputs
    assert len(decided) * 8 >= 30
    assert station.checkpoint_due()
    assert Station(SqliteJournal(db), stored_blueprint).checkpoint_due()
    station.checkpoint()
    assert not station.checkpoint_due()
    reads = [read(TAGS[5], NOON_NS + n) for n in range(29)]
    station.process([ReadGroup("local", 1, reads)])
    assert not station.checkpoint_due()
    station.process([ReadGroup("local", 2, reads[:1])])
    assert station.checkpoint_due()


def test_a_station_that_was_not_told_for_how_long_forgets_nothing(db: sqlite3.Connection) -> None:
    station = station_on(SqliteJournal(db))
    station.process(start())
    century_ns = 100 * 365 * 86_400 * SECOND_NS
    db.execute(
        "INSERT INTO visits (seq, tag, zone, from_ns, to_ns) VALUES (1, 'aa', 'hall', ?, ?)",
        (NOON_NS + 10 * SECOND_NS - century_ns // 2, NOON_NS + 11 * SECOND_NS - century_ns // 2),
    )
    for n in range(1, 20):
        station.process([ReadGroup("local", n, [read(TAGS[5], NOON_NS + n)])])
    assert db.execute("SELECT count(*) FROM visits WHERE tag = 'aa'").fetchone() == (1,)
    assert len(positions(db)) == 20
