import json
import random
import sqlite3
from collections.abc import Collection, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.attempt import DONE, Attempt, Delivery
from delivery.outbox import (
    Share,
    enqueue,
    message_id,
    next_due_ns,
    oldest_waiting_ns,
    take_due,
)
from delivery.settlement import (
    BACKOFF_S,
    REASON_LENGTH_MAX,
    TRIES_MIN,
    bury_strays,
    settle,
)
from tags.times import SECOND_NS
from tests.delivery.made import T0_NS, change, state_db

RETRY = Attempt("retry", "answered 503")
HOUR_NS = 3600 * SECOND_NS
DAY_NS = 24 * HOUR_NS


class Most(random.Random):
    """Full jitter at its longest."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = state_db()
    yield connection
    connection.close()


def take(
    db: sqlite3.Connection,
    now_ns: int = T0_NS,
    limit: int = 99,
    channel: str = "guards",
    in_flight: Collection[str] = (),
) -> list[str]:
    share = Share(limit=limit, others=limit)
    taken = take_due(db, now_ns, share, channel=channel, worker="w", in_flight=in_flight)
    return [f"{one.alert}/{one.ordinal}" for one in taken]


def first(db: sqlite3.Connection, now_ns: int = T0_NS) -> Delivery:
    share = Share(limit=1, others=1)
    return take_due(db, now_ns, share, channel="guards", worker="w")[0]


def next_due(db: sqlite3.Connection, in_flight: Collection[str] = ()) -> int | None:
    return next_due_ns(db, T0_NS, channel="guards", worker="w", in_flight=in_flight)


def column(db: sqlite3.Connection, name: str) -> list[Any]:
    return [row[0] for row in db.execute(f"SELECT {name} FROM outbox ORDER BY rowid")]  # noqa: S608 - a test's own word


def test_a_message_tells_type_time_and_the_alert(db: sqlite3.Connection) -> None:
    enqueue(db, change(), 42, T0_NS)
    sent = first(db)
    body = json.loads(sent.body)
    assert sent.type == body["type"] == "alert.raised"
    assert body["timestamp"] == "2026-09-21T14:13:20.000000001Z"
    assert (body["data"]["id"], body["data"]["seq"]) == ("a1", 42)
    assert body["data"]["state"] == "active_unacknowledged"


def test_each_channel_gets_its_own_message(db: sqlite3.Connection) -> None:
    enqueue(db, change(notify=("guards", "night", "guards")), 1, T0_NS)
    assert column(db, "channel") == ["guards", "night"]
    assert len(set(column(db, "id"))) == 2


def test_the_same_transition_is_written_once(db: sqlite3.Connection) -> None:
    enqueue(db, change(), 1, T0_NS)
    settle(db, first(db).id, Attempt("done"), T0_NS, Most())
    enqueue(db, change(), 1, T0_NS + 5)
    assert column(db, "state") == ["delivered"]


def test_a_message_id_stays_the_same_in_every_release() -> None:
    assert message_id("a1", 1, "guards") == "msg_b2651d2636b1e60b5b1413e930e249d4"


@given(
    st.tuples(st.text(), st.integers(1, 9), st.text()),
    st.tuples(st.text(), st.integers(1, 9), st.text()),
)
def test_different_messages_have_different_ids(
    one: tuple[str, int, str], other: tuple[str, int, str]
) -> None:
    assert (message_id(*one) == message_id(*other)) == (one == other)


def test_a_later_transition_waits_for_an_earlier_one(db: sqlite3.Connection) -> None:
    for ordinal in (1, 2):
        enqueue(db, change("a1", ordinal), 1, T0_NS)
        enqueue(db, change("a2", ordinal), 1, T0_NS)
    assert take(db) == ["a1/1", "a2/1"]
    settle(db, first(db).id, Attempt("done"), T0_NS, Most())
    assert take(db) == ["a2/1", "a1/2"]


def test_order_holds_where_transitions_are_written_in_the_wrong_order(
    db: sqlite3.Connection,
) -> None:
    enqueue(db, change("a1", 2), 1, T0_NS)
    enqueue(db, change("a1", 1), 1, T0_NS)
    assert take(db) == ["a1/1"]


def test_another_channel_does_not_wait(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1", 1, ("guards", "night")), 1, T0_NS)
    settle(db, first(db).id, RETRY, T0_NS, Most())
    enqueue(db, change("a1", 2, ("guards", "night")), 1, T0_NS)
    assert take(db) == []
    assert take(db, channel="night") == ["a1/1"]


def test_a_dead_transition_does_not_block_the_next(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1", 1), 1, T0_NS)
    enqueue(db, change("a1", 2), 1, T0_NS)
    settle(db, first(db).id, Attempt("refused", "answered 400"), T0_NS, Most())
    assert take(db) == ["a1/2"]
    assert column(db, "last_error") == ["answered 400", None]


def test_a_transition_behind_a_failed_one_is_due_no_sooner(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1", 1), 1, T0_NS)
    enqueue(db, change("a1", 2), 1, T0_NS)
    settle(db, first(db).id, RETRY, T0_NS, Most())
    enqueue(db, change("a1", 3), 1, T0_NS)
    assert column(db, "due_ns") == [T0_NS + SECOND_NS] * 3


def test_what_is_in_flight_is_not_taken_and_not_due(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1", 1), 1, T0_NS)
    flying = [first(db).id]
    enqueue(db, change("a1", 2), 1, T0_NS)
    assert take(db, in_flight=flying) == []
    assert next_due(db, flying) is None


def test_no_more_than_the_limit_is_taken(db: sqlite3.Connection) -> None:
    for n in range(5):
        enqueue(db, change(f"a{n}"), 1, T0_NS)
    assert take(db, limit=3) == ["a0/1", "a1/1", "a2/1"]


def test_a_fresh_message_goes_before_retries(db: sqlite3.Connection) -> None:
    enqueue(db, change("old"), 1, T0_NS)
    settle(db, first(db).id, RETRY, T0_NS, Most())
    enqueue(db, change("new"), 1, T0_NS)
    assert take(db, T0_NS + SECOND_NS) == ["new/1", "old/1"]


def test_waiting_grows_from_a_second_to_an_hour(db: sqlite3.Connection) -> None:
    enqueue(db, change(), 1, T0_NS)
    sent, now_ns, waits_s = first(db).id, T0_NS, list[float]()
    for _ in range(8):
        done = settle(db, sent, RETRY, now_ns, Most())
        assert done is not None
        assert done.due_ns == next_due(db)
        waits_s.append((done.due_ns or 0) / SECOND_NS - now_ns / SECOND_NS)
        now_ns = done.due_ns or 0
    assert waits_s == [*BACKOFF_S, 3600.0, 3600.0]


def test_jitter_is_full(db: sqlite3.Connection) -> None:
    enqueue(db, change(), 1, T0_NS)
    sent, rng, waits_s = first(db).id, random.Random(7), list[float]()
    for _ in range(400):
        db.execute("UPDATE outbox SET attempts = 2")
        done = settle(db, sent, RETRY, T0_NS, rng)
        assert done is not None
        waits_s.append(((done.due_ns or 0) - T0_NS) / SECOND_NS)
    assert 0 <= min(waits_s) < 1
    assert 29 < max(waits_s) <= 30


@pytest.mark.parametrize(("asked_s", "waits_s"), [(0, 1), (7, 7), (3600, 3600), (9e9, 3600)])
def test_a_receiver_may_ask_for_up_to_an_hour(
    db: sqlite3.Connection, asked_s: float, waits_s: float
) -> None:
    enqueue(db, change(), 1, T0_NS)
    done = settle(db, first(db).id, Attempt("retry", "", asked_s), T0_NS, Most())
    assert done is not None
    assert done.due_ns == T0_NS + waits_s * SECOND_NS


def test_the_last_try_is_after_a_day_and_then_the_message_is_dead(db: sqlite3.Connection) -> None:
    enqueue(db, change(), 1, T0_NS)
    sent, now_ns, states = first(db).id, T0_NS, list[str]()
    while take(db, now_ns):
        done = settle(db, sent, RETRY, now_ns, Most())
        assert done is not None
        states.append(done.state)
        now_ns = done.due_ns or now_ns
    assert now_ns == T0_NS + DAY_NS
    assert set(states[:-1]) == {"waiting"}
    assert states[-1] == "dead"
    assert column(db, "last_error") == ["answered 503"]


def test_a_day_without_power_leaves_a_fair_number_of_tries(db: sqlite3.Connection) -> None:
    enqueue(db, change(), 1, T0_NS)
    now_ns, sent = T0_NS + 3 * DAY_NS, first(db).id
    settled = [settle(db, sent, RETRY, now_ns, Most()) for _ in range(TRIES_MIN)]
    assert [one.state for one in settled if one] == ["waiting"] * (TRIES_MIN - 1) + ["dead"]


def test_settling_twice_changes_nothing(db: sqlite3.Connection) -> None:
    enqueue(db, change(), 1, T0_NS)
    sent = first(db).id
    settle(db, sent, Attempt("done"), T0_NS + 3, Most())
    assert settle(db, sent, RETRY, T0_NS, Most()) is None
    assert settle(db, "msg_unknown", RETRY, T0_NS, Most()) is None
    assert column(db, "delivered_ns") == [T0_NS + 3]
    assert column(db, "attempts") == [1]


def test_a_long_reason_is_cut(db: sqlite3.Connection) -> None:
    enqueue(db, change(), 1, T0_NS)
    settle(db, first(db).id, Attempt("refused", "x" * 9999), T0_NS, Most())
    assert column(db, "last_error") == ["x" * REASON_LENGTH_MAX]


def test_rows_of_a_channel_that_is_no_more_are_buried_with_the_reason(
    db: sqlite3.Connection,
) -> None:
    enqueue(db, change("a1", 1, ("guards", "gone")), 1, T0_NS)
    enqueue(db, change("a2", 1, ("gone",)), 1, T0_NS)
    flying = [message_id("a2", 1, "gone")]
    assert bury_strays(db, ["guards"], T0_NS, flying) == ["gone"]
    assert column(db, "state") == ["waiting", "dead", "waiting"]
    assert column(db, "last_error")[1] == "the site file has no channel gone"
    assert bury_strays(db, [], T0_NS, []) == ["guards", "gone"]


def test_the_age_of_a_channel_is_that_of_its_oldest_waiting_row(db: sqlite3.Connection) -> None:
    assert oldest_waiting_ns(db, "guards") is None
    assert next_due(db) is None
    for n in range(3):
        enqueue(db, change(f"a{n}"), 1, T0_NS + n)
    settle(db, first(db).id, Attempt("done"), T0_NS, Most())
    assert oldest_waiting_ns(db, "guards") == T0_NS + 1


def test_a_clock_set_back_delays_no_message(db: sqlite3.Connection) -> None:
    enqueue(db, change("tried"), 1, T0_NS)
    settle(db, first(db).id, Attempt("retry", "", 600), T0_NS, Most())
    enqueue(db, change("fresh"), 1, T0_NS)
    assert take(db, T0_NS - DAY_NS) == ["tried/1", "fresh/1"]


def test_looking_changes_nothing(db: sqlite3.Connection) -> None:
    enqueue(db, change(), 1, T0_NS)
    before = db.total_changes
    next_due(db)
    bury_strays(db, ["guards"], T0_NS)
    assert db.total_changes == before


def test_a_look_at_a_long_queue_uses_the_index(db: sqlite3.Connection) -> None:
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    take(db, in_flight=["x"])
    next_due(db)
    db.set_trace_callback(None)
    for statement in (one for one in statements if "SELECT id" in one or "SELECT due" in one):
        plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}"))
        assert "USING INDEX outbox_waiting (channel=? AND priority=?" in plan
        assert "INDEX outbox_by_alert (alert=? AND channel=? AND state=? AND ordinal<?" in plan
        assert "TEMP B-TREE" not in plan


def test_writing_costs_the_same_behind_a_long_queue(db: sqlite3.Connection) -> None:
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    def cost(name: str) -> int:
        steps[0] = 0
        db.set_progress_handler(count, 1)
        enqueue(db, change(name, 1), 1, T0_NS)
        settle(db, message_id(name, 1, "guards"), RETRY, T0_NS, Most())
        bury_strays(db, ["guards"], T0_NS)
        db.set_progress_handler(None, 1)
        return steps[0]

    enqueue(db, change("a0"), 1, T0_NS)
    short = cost("first")
    for n in range(1, 500):
        enqueue(db, change(f"a{n}"), 1, T0_NS)
    assert cost("last") <= short + 50


ATTEMPTS = st.sampled_from([Attempt("done"), RETRY, Attempt("refused"), Attempt("gone")])


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), max_size=12, unique=True),
    st.lists(ATTEMPTS, max_size=60),
    st.integers(),
)
def test_no_transition_is_sent_after_a_later_one(
    written: list[tuple[int, int]], attempts: list[Attempt], seed: int
) -> None:
    db, rng, now_ns = state_db(), random.Random(seed), T0_NS
    sent: list[tuple[str, int]] = []
    waiting = sorted(written, key=lambda one: one[1])
    while waiting or next_due(db) is not None:
        for alert, ordinal in waiting[:3]:
            enqueue(db, change(f"a{alert}", ordinal), 1, now_ns)
        del waiting[:3]
        share = Share(limit=rng.randint(1, 4), others=4)
        for one in take_due(db, now_ns, share, channel="guards", worker="w"):
            sent.append((one.alert, one.ordinal))
            settle(db, one.id, attempts.pop() if attempts else DONE, now_ns, rng)
        now_ns = max(now_ns, next_due(db) or 0)
    db.close()
    for name in {name for name, _ in sent}:
        ordinals = [ordinal for alert, ordinal in sent if alert == name]
        assert ordinals == sorted(ordinals)
    assert set(sent) == {(f"a{alert}", ordinal) for alert, ordinal in written}
