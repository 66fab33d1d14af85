"""What stays of messages: their tries, dead letters sent again, and what is forgotten."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from delivery.attempt import DONE, Attempt, Part, spared
from delivery.outbox import Share, enqueue, message_id, take_due
from delivery.settlement import (
    BACKOFF_S,
    GIVE_UP_AFTER_S,
    REDELIVERED_MAX,
    TRIES_KEPT,
    TRIES_MIN,
    Retention,
    bury_strays,
    prune,
    redeliver,
    redeliver_dead,
    settle,
)
from tags.times import SECOND_NS
from tests.delivery.made import SCHEMA, T0_NS, change, state_db
from tests.delivery.test_outbox import RETRY, Most

DAY_NS = 24 * 3600 * SECOND_NS
REFUSED = Attempt("refused", "answered 400")
ID = message_id("a1", 1, "guards")


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = state_db()
    yield connection
    connection.close()


def row(db: sqlite3.Connection, *names: str, id_: str = ID) -> tuple[Any, ...]:
    found = db.execute(f"SELECT {', '.join(names)} FROM outbox WHERE id = ?", (id_,))  # noqa: S608 - a test's own words
    return tuple(found.fetchone())


def ended(db: sqlite3.Connection, alert: str, attempt: Attempt, now_ns: int = T0_NS) -> None:
    enqueue(db, change(alert), 1, now_ns)
    settle(db, message_id(alert, 1, "guards"), attempt, now_ns, Most())


def test_the_newest_tries_are_remembered_with_time_and_reason(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    for n in range(TRIES_KEPT + 5):
        settle(db, ID, Attempt("retry", f"answered {500 + n}"), T0_NS + n, Most())
    tries = json.loads(row(db, "tries")[0])
    assert len(tries) == TRIES_KEPT
    assert tries[-1] == {"at_ns": T0_NS + 24, "outcome": "retry", "reason": "answered 524"}


def test_a_dead_letter_sent_again_has_a_day_of_its_own(db: sqlite3.Connection) -> None:
    ended(db, "a1", REFUSED)
    later_ns = T0_NS + 9 * DAY_NS
    assert redeliver(db, ID, later_ns, "ann") == "dead"
    for n in range(TRIES_MIN + 3):
        done = settle(db, ID, RETRY, later_ns + n, Most())
        assert done is not None
        assert done.state == "waiting"
        assert done.due_ns == later_ns + n + round(BACKOFF_S[min(n, 5)]) * SECOND_NS
    done = settle(db, ID, RETRY, later_ns + GIVE_UP_AFTER_S * SECOND_NS, Most())
    assert done is not None
    assert done.state == "dead"


def test_what_waits_and_is_asked_for_goes_at_once(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    settle(db, ID, Attempt("retry", "", 600.0), T0_NS, Most())
    assert redeliver(db, ID, T0_NS, "ann") == "waiting"
    share = Share(limit=1, others=1)
    assert take_due(db, T0_NS, share, channel="guards", worker="w")
    assert redeliver(db, "msg_none", T0_NS, "ann") is None


def test_those_who_have_a_message_do_not_get_it_again_those_who_refused_it_do(
    db: sqlite3.Connection,
) -> None:
    parts = (Part("a@example.net"), Part("b@example.net", "550"))
    ended(db, "a1", Attempt("refused", "550", parts=parts))
    redeliver(db, ID, T0_NS, "ann")
    assert json.loads(row(db, "parts")[0]) == [{"to": "a@example.net", "reason": ""}]


def test_no_more_than_a_thousand_dead_letters_go_at_once(db: sqlite3.Connection) -> None:
    for n in range(REDELIVERED_MAX + 2):
        ended(db, f"a{n}", REFUSED)
    first = redeliver_dead(db, T0_NS, "ann", channels=["guards", "night"])
    assert len(first) == REDELIVERED_MAX
    assert len(redeliver_dead(db, T0_NS, "ann", channels=["guards"])) == 2
    assert redeliver_dead(db, T0_NS, "ann", channels=["guards"]) == []


def test_redelivery_keeps_the_order_of_an_alert(db: sqlite3.Connection) -> None:
    for ordinal in (1, 2):
        enqueue(db, change("a1", ordinal), 1, T0_NS)
        settle(db, message_id("a1", ordinal, "guards"), REFUSED, T0_NS, Most())
    redeliver_dead(db, T0_NS, "ann", channels=["guards"])
    share = Share(limit=9, others=9)
    taken = take_due(db, T0_NS, share, channel="guards", worker="w")
    assert [one.ordinal for one in taken] == [1]


def test_strays_end_when_they_are_buried(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    bury_strays(db, ["night"], T0_NS + 5)
    assert row(db, "state", "ended_ns") == ("dead", T0_NS + 5)


def test_old_messages_are_forgotten_a_few_at_a_time(db: sqlite3.Connection) -> None:
    keep = Retention(delivered_days=30, dead_days=90)
    for n in range(25):
        ended(db, f"d{n}", DONE)
    ended(db, "dead", REFUSED)
    enqueue(db, change("waits"), 1, T0_NS)
    assert prune(db, keep, T0_NS + 30 * DAY_NS) == 0
    assert prune(db, keep, T0_NS + 31 * DAY_NS) == 20
    assert prune(db, keep, T0_NS + 31 * DAY_NS) == 5
    assert prune(db, keep, T0_NS + 91 * DAY_NS) == 1
    assert prune(db, keep, T0_NS + 9999 * DAY_NS) == 0
    assert [one[0] for one in db.execute("SELECT alert FROM outbox")] == ["waits"]


def test_the_channel_remembers_how_it_last_went(db: sqlite3.Connection) -> None:
    ended(db, "a1", DONE, T0_NS)
    ended(db, "a2", RETRY, T0_NS + 7)
    found = db.execute("SELECT * FROM channels").fetchall()
    assert found == [("guards", T0_NS, T0_NS + 7, "answered 503")]


def test_an_outbox_of_an_older_version_keeps_its_rows_and_their_order() -> None:
    connection = sqlite3.connect(":memory:")
    *before, deliveries = [
        script for script in sorted(SCHEMA.glob("*.sql")) if is_known(script.name)
    ]
    for script in before:
        connection.executescript(script.read_text(encoding="utf-8"))
    connection.executemany(
        "INSERT INTO outbox VALUES (?, ?, 1, 'guards', 'alert.raised', '{}', ?, 2, 5, 9, ?, 'why')",
        [("m2", "a2", "waiting", None), ("m1", "a1", "delivered", 8), ("m3", "a3", "dead", None)],
    )
    connection.executescript(deliveries.read_text(encoding="utf-8"))
    found = connection.execute(
        "SELECT id, state, attempts, begun_ns, ended_ns, tries FROM outbox ORDER BY number"
    ).fetchall()
    connection.close()
    assert found == [
        ("m2", "waiting", 2, 5, None, "[]"),
        ("m1", "delivered", 2, 5, 8, "[]"),
        ("m3", "dead", 2, 5, 9, "[]"),
    ]


def is_known(name: str) -> bool:
    return name <= "0004_deliveries.sql"


def test_what_is_sent_again_after_what_came_later_says_so(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1", 1), 1, T0_NS)
    enqueue(db, change("a1", 2), 2, T0_NS)
    first, second = message_id("a1", 1, "guards"), message_id("a1", 2, "guards")
    settle(db, first, Attempt("refused", "answered 400"), T0_NS, Most())
    room = Share(limit=9, others=9)
    (later,) = take_due(db, T0_NS, room, channel="guards", worker="w")
    assert (later.id, later.overtaken) == (second, False)
    settle(db, second, DONE, T0_NS, Most())
    redeliver(db, first, T0_NS, "ann")
    (again,) = take_due(db, T0_NS, room, channel="guards", worker="w")
    assert (again.id, again.overtaken) == (first, True)


def test_a_message_that_was_none_for_its_receiver_is_no_success_of_the_channel(
    db: sqlite3.Connection,
) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    settle(db, message_id("a1", 1, "guards"), spared("below critical"), T0_NS, Most())
    assert db.execute("SELECT state FROM outbox").fetchone() == ("delivered",)
    assert db.execute("SELECT count(*) FROM channels").fetchone() == (0,)
