"""Leases: no message is sent by two at once, and none is lost with a worker that died."""

import sqlite3
from collections.abc import Iterator

import pytest

from alerts.alert import AlertChange, Severity
from delivery.attempt import DONE, Attempt, Part
from delivery.outbox import LEASE_S, Share, enqueue, next_due_ns, take_due
from delivery.settlement import end_waits, settle
from tags.times import SECOND_NS
from tests.delivery.made import T0_NS, alert, change, state_db
from tests.delivery.test_outbox import RETRY, Most

LEASE_NS = round(LEASE_S * SECOND_NS)
ALL = Share(limit=99, others=99)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = state_db()
    yield connection
    connection.close()


def take(db: sqlite3.Connection, worker: str, now_ns: int = T0_NS, share: Share = ALL) -> list[str]:
    found = take_due(db, now_ns, share, channel="guards", worker=worker)
    return [one.alert for one in found]


def next_due(db: sqlite3.Connection, worker: str, now_ns: int = T0_NS) -> int | None:
    return next_due_ns(db, now_ns, channel="guards", worker=worker)


def of(id_: str, severity: Severity, transitions: int = 1) -> AlertChange:
    told = alert(id_, transitions, severity)
    return AlertChange("raised", told, T0_NS, notify=("guards",))


def test_a_second_worker_leaves_alone_what_the_first_one_has(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    enqueue(db, change("a1", 2), 1, T0_NS)
    assert take(db, "one") == ["a1"]
    assert take(db, "two") == []
    assert next_due(db, "two") == T0_NS + LEASE_NS


def test_what_a_dead_worker_had_comes_back_when_its_lease_is_over(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    assert take(db, "one") == ["a1"]
    assert take(db, "two", T0_NS + LEASE_NS - 1) == []
    assert take(db, "two", T0_NS + LEASE_NS) == ["a1"]
    assert take(db, "one", T0_NS + LEASE_NS) == []


def test_a_worker_that_comes_back_has_its_own_at_once(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    assert take(db, "one") == take(db, "one") == ["a1"]
    assert next_due(db, "one") is not None


def test_a_lease_of_a_clock_that_was_set_back_holds_nobody_up(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    assert take(db, "one", T0_NS) == ["a1"]
    assert take(db, "two", T0_NS - 3600 * SECOND_NS) == ["a1"]


def test_a_failure_of_one_that_lost_its_lease_changes_nothing(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    (sent,) = take_due(db, T0_NS, ALL, channel="guards", worker="one")
    take(db, "two", T0_NS + LEASE_NS)
    assert settle(db, sent.id, RETRY, T0_NS + LEASE_NS, Most(), "one") is None
    assert take(db, "one", T0_NS + LEASE_NS) == []
    done = settle(db, sent.id, DONE, T0_NS + LEASE_NS, Most(), "one")
    assert done is not None
    assert settle(db, sent.id, RETRY, T0_NS + LEASE_NS, Most(), "two") is None


def test_a_settled_message_is_nobodys(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    (sent,) = take_due(db, T0_NS, ALL, channel="guards", worker="one")
    settle(db, sent.id, RETRY, T0_NS, Most(), "one")
    assert take(db, "two", T0_NS + SECOND_NS) == ["a1"]


def test_critical_ones_go_first_and_others_within_what_is_left(db: sqlite3.Connection) -> None:
    for id_, severity in (("i", "info"), ("w", "warning"), ("c1", "critical"), ("c2", "critical")):
        enqueue(db, of(id_, severity), 1, T0_NS)  # type: ignore[arg-type] # one of three known words
    assert take(db, "one", share=Share(limit=4, others=4)) == ["c1", "c2", "w", "i"]
    assert take(db, "one", share=Share(limit=3, others=1)) == ["c1", "c2"]
    assert take(db, "one", share=Share(limit=9, others=3)) == ["c1", "c2", "w"]
    assert take(db, "one", share=Share(limit=0, others=0)) == []


def test_a_change_lends_its_urgency_to_those_that_must_go_before_it(
    db: sqlite3.Connection,
) -> None:
    enqueue(db, of("a", "info"), 1, T0_NS)
    enqueue(db, of("b", "warning"), 1, T0_NS)
    enqueue(db, of("a", "critical", 2), 1, T0_NS)
    assert take(db, "one", share=Share(limit=1, others=1)) == ["a"]


def test_a_probe_is_one_message_however_long_it_was_to_wait(db: sqlite3.Connection) -> None:
    enqueue(db, of("tried", "critical"), 1, T0_NS)
    (sent,) = take_due(db, T0_NS, ALL, channel="guards", worker="one")
    settle(db, sent.id, RETRY, T0_NS, Most(), "one")
    probe = Share(limit=1, others=1, probe=True)
    assert take(db, "one", share=ALL) == []
    assert take(db, "one", share=probe) == ["tried"]
    enqueue(db, of("fresh", "info"), 1, T0_NS)
    enqueue(db, of("urgent", "warning"), 1, T0_NS)
    assert take(db, "one", share=probe) == ["urgent"]


def test_a_receiver_that_asked_for_time_is_not_probed_with_that_message(
    db: sqlite3.Connection,
) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    enqueue(db, change("a2"), 1, T0_NS)
    for sent in take_due(db, T0_NS, ALL, channel="guards", worker="one"):
        wait_s = 60.0 if sent.alert == "a1" else 0.0
        settle(db, sent.id, Attempt("retry", "", wait_s), T0_NS, Most(), "one")
    end_waits(db, "guards", T0_NS)
    assert take(db, "one", T0_NS) == ["a2"]
    assert take(db, "one", T0_NS + 60 * SECOND_NS) == ["a2", "a1"]


def test_who_of_several_needs_it_no_more_is_known_at_the_next_try(db: sqlite3.Connection) -> None:
    parts = (Part("a@example.net"), Part("b@example.net", "550 no such user"))
    enqueue(db, change("a1"), 1, T0_NS)
    (sent,) = take_due(db, T0_NS, ALL, channel="guards", worker="one")
    assert sent.parts == ()
    settle(db, sent.id, Attempt("retry", "421", parts=parts), T0_NS, Most(), "one")
    (sent,) = take_due(db, T0_NS + SECOND_NS, ALL, channel="guards", worker="one")
    assert sent.parts == parts
