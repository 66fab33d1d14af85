import logging
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from history.outputs import Numbered
from history.record import record_outputs
from history.state import (
    StateTooNewError,
    first_seq,
    follower_position,
    last_position,
    last_seq,
    make_state,
    open_in_memory,
    open_reader,
    open_state,
    store_follower_position,
)
from tests.history.made import Writer, as_killed, at, movement, transaction

_VISIT = """
INSERT INTO visits (id, seq, tag, zone, from_ns, to_ns, ended) VALUES
    (?1, ?1, ?2, ?3, ?4, ?5, 'moved')
"""


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_commit_waits_for_the_disk(writer: Writer) -> None:
    assert pragma(writer.connection, "journal_mode") == "wal"
    assert pragma(writer.connection, "synchronous") == 2
    assert pragma(writer.connection, "foreign_keys") == 1


def test_nobody_else_may_read_the_files(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(1)))
    files = list(writer.path.parent.glob("state.db*"))
    assert {file.name for file in files} == {"state.db", "state.db-wal", "state.db-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_that_was_open_to_all_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch(mode=0o644)
    open_state(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_opening_again_changes_nothing(writer: Writer) -> None:
    writer.commit(movement("aa", None, "hall", at(1)))
    writer.close()
    again = open_state(writer.path)
    assert last_seq(again) == 1
    assert again.execute("SELECT tag FROM movements").fetchall() == [("aa",)]
    again.close()


def test_a_newer_file_is_refused_with_what_to_do_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = path.read_bytes()
    for open_it in (open_state, open_reader):
        with pytest.raises(StateTooNewError, match=r"format 999.*install the newer version"):
            open_it(path)
    assert path.read_bytes() == before


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE visits (mine TEXT)")
    connection.close()
    with pytest.raises(sqlite3.OperationalError, match="visits already exists"):
        open_state(path)
    connection = sqlite3.connect(path)
    assert pragma(connection, "user_version") == 0
    assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("visits",)]
    connection.close()


def test_where_tags_were_last_is_the_same_for_old_visits_as_for_new_ones(tmp_path: Path) -> None:
    # A tag moved, by event time, just before the binding that had cut its visit.
    visits = [(1, "aa", "hall", 0, 100), (2, "aa", "hall", 100, 100), (3, "aa", "gate", 90, 95)]
    with closing(make_state(tmp_path / "state.db", 5)) as old:
        old.executemany(_VISIT, visits)
    with closing(open_state(tmp_path / "state.db")) as migrated, closing(open_in_memory()) as new:
        new.executemany(_VISIT, visits)
        found = [db.execute("SELECT * FROM last_visits").fetchall() for db in (migrated, new)]
    assert found[0] == found[1] != []


def test_that_an_old_file_is_brought_up_to_date_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        make_state(tmp_path / "state.db", 5).close()
        assert caplog.text == ""
        open_state(tmp_path / "state.db").close()
    assert "state.db is brought to format 6 of" in caplog.text


def test_a_reader_can_not_write(writer: Writer) -> None:
    reader = open_reader(writer.path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM movements")
    reader.close()


def test_a_reader_needs_a_file_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        open_reader(tmp_path / "state.db")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_takes_any_path(tmp_path: Path) -> None:
    path = tmp_path / "50% of #1?.db"
    open_state(path).close()
    reader = open_reader(path)
    assert last_seq(reader) == 0
    reader.close()


def test_a_killed_writer_leaves_what_it_committed_and_nothing_of_the_rest(
    writer: Writer,
    tmp_path: Path,
) -> None:
    writer.commit(movement("aa", None, "hall", at(1)))
    writer.connection.execute("BEGIN IMMEDIATE")
    writer.connection.execute("PRAGMA cache_spill = 1")
    record_outputs(writer.connection, [Numbered(2, movement("aa", "hall", "gate", at(2)))])
    killed = open_state(as_killed(writer.path, tmp_path / "killed"))
    writer.connection.rollback()
    assert last_seq(killed) == 1
    assert killed.execute("SELECT zone, to_ns FROM visits").fetchall() == [("hall", None)]
    killed.close()


def test_a_reader_sees_what_a_killed_writer_left_before_anybody_repairs_it(
    writer: Writer,
    tmp_path: Path,
) -> None:
    writer.commit(movement("aa", None, "hall", at(1)))
    reader = open_reader(as_killed(writer.path, tmp_path / "killed"))
    assert last_seq(reader) == 1
    reader.close()


def test_a_new_file_has_no_numbers_yet(writer: Writer) -> None:
    numbers = (last_seq, first_seq, last_position)
    assert [number(writer.connection) for number in numbers] == [0, 1, 0]


def test_a_follower_begins_at_nothing_and_keeps_its_place(writer: Writer) -> None:
    assert follower_position(writer.connection, "sightings") == 0
    store_follower_position(writer.connection, "sightings", 7)
    store_follower_position(writer.connection, "sightings", 9)
    assert follower_position(writer.connection, "sightings") == 9
    assert follower_position(writer.connection, "centre") == 0


def test_the_newest_position_is_known_when_its_group_has_expired(writer: Writer) -> None:
    with transaction(writer.connection) as connection:
        connection.execute("INSERT INTO journal VALUES (41, 0, x'00'), (42, 0, x'00')")
        connection.execute("DELETE FROM journal")
    assert last_position(writer.connection) == 42
