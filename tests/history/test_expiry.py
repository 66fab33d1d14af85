import sqlite3
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.answers import Answer, find_answer, store_answer
from history.expiry import Expired, Keep, expire, newest_checkpoint
from history.questions import EventsExpiredError, StateQuestions
from history.state import first_seq, journal_bytes, store_follower_position
from tests.history.made import Writer, at, movement, passing_state, removed

FOREVER = Keep(journal_since_ns=0, journal_bytes_max=1 << 40, events=1 << 40, answers_since_ns=0)
NOTHING = Keep(journal_since_ns=1 << 62, journal_bytes_max=0, events=0, answers_since_ns=1 << 62)


def journal(connection: sqlite3.Connection, *groups: tuple[int, int, int]) -> None:
    """Groups as position, time, size."""
    connection.executemany(
        "INSERT INTO journal VALUES (?, ?, zeroblob(?))",
        groups,
    )


def checkpoint(connection: sqlite3.Connection, position: int, *parts: int, of: int = 1) -> None:
    connection.executemany(
        "INSERT INTO checkpoints VALUES (?, ?, ?, 1, x'')",
        [(position, part, of) for part in parts],
    )


def positions(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT position FROM journal ORDER BY position")]


def test_what_is_wanted_stays(writer: Writer) -> None:
    journal(writer.connection, (1, 10, 5), (2, 20, 5))
    checkpoint(writer.connection, 2, 0)
    writer.commit(movement("aa", None, "hall", at(1)))
    assert expire(writer.connection, FOREVER) == Expired(0, 0, 0)


def test_old_groups_go_oldest_first_and_few_at_a_time(writer: Writer) -> None:
    journal(writer.connection, *((n, n, 5) for n in range(1, 8)))
    checkpoint(writer.connection, 7, 0)
    keep = Keep(journal_since_ns=6, journal_bytes_max=1 << 40, events=9, answers_since_ns=0)
    gone = [expire(writer.connection, keep).groups for _ in range(4)]
    assert gone == [2, 2, 1, 0]
    assert positions(writer.connection) == [6, 7]


def test_a_journal_that_is_too_large_loses_only_what_is_too_much(writer: Writer) -> None:
    journal(writer.connection, *((n, 100, 10) for n in range(1, 6)))
    checkpoint(writer.connection, 5, 0)
    keep = Keep(journal_since_ns=0, journal_bytes_max=25, events=9, answers_since_ns=0)
    gone = [expire(writer.connection, keep).groups for _ in range(3)]
    assert gone == [2, 1, 0]
    assert journal_bytes(writer.connection) == 20


def test_without_a_whole_checkpoint_no_group_goes(writer: Writer) -> None:
    journal(writer.connection, (1, 1, 5), (2, 2, 5))
    assert expire(writer.connection, NOTHING).groups == 0
    checkpoint(writer.connection, 2, 0, of=2)
    assert newest_checkpoint(writer.connection) is None
    assert expire(writer.connection, NOTHING).groups == 0
    checkpoint(writer.connection, 2, 1, of=2)
    assert newest_checkpoint(writer.connection) == 2
    assert expire(writer.connection, NOTHING).groups == 2


def test_a_half_written_checkpoint_does_not_count(writer: Writer) -> None:
    journal(writer.connection, (1, 1, 5), (2, 2, 5))
    checkpoint(writer.connection, 1, 0)
    checkpoint(writer.connection, 2, 0, of=3)
    assert expire(writer.connection, NOTHING).groups == 1
    assert positions(writer.connection) == [2]


def test_the_slowest_follower_keeps_its_groups(writer: Writer) -> None:
    journal(writer.connection, *((n, n, 5) for n in range(1, 6)))
    checkpoint(writer.connection, 5, 0)
    store_follower_position(writer.connection, "centre", 1)
    store_follower_position(writer.connection, "sightings", 4)
    assert expire(writer.connection, NOTHING, limit=9).groups == 1
    assert positions(writer.connection) == [2, 3, 4, 5]


def test_events_go_in_steps_and_the_stream_knows_from_where_it_is_whole(
    writer: Writer,
    questions: StateQuestions,
) -> None:
    writer.commit(*(movement(f"aa{n:04d}", None, "hall", at(n)) for n in range(2500)))
    keep = Keep(journal_since_ns=0, journal_bytes_max=1, events=300, answers_since_ns=0)
    assert first_seq(writer.connection) == 1
    gone = [expire(writer.connection, keep).events for _ in range(4)]
    assert gone == [1000, 1000, 200, 0]
    assert (questions.first_seq(), questions.last_seq()) == (2201, 2500)
    assert [event.seq for event in questions.events_after(2200, 2)] == [2201, 2202]
    with pytest.raises(EventsExpiredError):
        questions.events_after(2199, 2)


def test_numbers_without_an_event_do_not_hold_up_expiry(writer: Writer) -> None:
    writer.commit(*(removed("x") for _ in range(10)))
    assert expire(writer.connection, NOTHING).events == 0
    writer.commit(movement("aa", None, "hall", at(1)))
    assert expire(writer.connection, NOTHING).events == 1
    assert first_seq(writer.connection) == 12


def test_old_answers_go(writer: Writer) -> None:
    for n in range(3):
        store_answer(writer.connection, "key-1", f"k{n}", Answer("sha", 200, "{}"), n)
    keep = Keep(journal_since_ns=0, journal_bytes_max=1, events=9, answers_since_ns=2)
    assert expire(writer.connection, keep).answers == 2
    assert find_answer(writer.connection, "key-1", "k1") is None
    assert find_answer(writer.connection, "key-1", "k2") == Answer("sha", 200, "{}")


@dataclass(frozen=True)
class Step:
    size: int
    rolled_back: bool


@given(st.lists(st.builds(Step, st.integers(0, 99), st.booleans()), max_size=12))
def test_the_size_of_the_journal_is_counted_right_without_looking(steps: list[Step]) -> None:
    with passing_state() as (writer, _):
        connection = writer.connection
        for position, step in enumerate(steps, start=1):
            connection.execute("BEGIN IMMEDIATE")
            journal(connection, (position, position, step.size))
            checkpoint(connection, position, 0)
            expire(connection, NOTHING, limit=1)
            connection.execute("ROLLBACK" if step.rolled_back else "COMMIT")
            counted = connection.execute("SELECT total(length(entries)) FROM journal").fetchone()
            assert journal_bytes(connection) == counted[0]
