"""Tests of a channel, heartbeats, and what is told of channels that fail."""

import json
import sqlite3
from collections.abc import Iterator

import pytest

from delivery.attempt import DONE, Attempt
from delivery.faults import OUTAGE_TOLD_AFTER_S, ChannelFaults
from delivery.outbox import Share, enqueue, message_id, take_due
from delivery.settlement import settle
from delivery.signals import HEARTBEAT, TEST, beats_after, put_heartbeat, put_test
from tags.times import SECOND_NS
from tests.delivery.made import T0_NS, change, state_db
from tests.delivery.test_outbox import Most

MINUTE_NS = 60 * SECOND_NS


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = state_db()
    yield connection
    connection.close()


def rows(db: sqlite3.Connection) -> list[tuple[str, str]]:
    return db.execute("SELECT type, state FROM outbox ORDER BY number").fetchall()


def test_a_test_looks_like_an_alert_and_says_that_it_is_none(db: sqlite3.Connection) -> None:
    id_ = put_test(db, "guards", "ann", T0_NS)
    (sent,) = take_due(db, T0_NS, Share(limit=9, others=9), channel="guards", worker="w")
    body = json.loads(sent.body)
    assert (sent.id, sent.type, body["type"]) == (id_, TEST, TEST)
    assert (body["data"]["test"], body["data"]["rule"]) == (True, "test")
    assert body["data"]["detail"] == "test of channel guards, asked for by ann"


def test_a_test_is_what_a_channel_in_doubt_is_tried_with(db: sqlite3.Connection) -> None:
    enqueue(db, change("a1"), 1, T0_NS)
    id_ = put_test(db, "guards", "ann", T0_NS)
    probe = Share(limit=1, others=1, probe=True)
    (sent,) = take_due(db, T0_NS, probe, channel="guards", worker="w")
    assert sent.id == id_


def test_two_tests_are_two_messages(db: sqlite3.Connection) -> None:
    assert put_test(db, "guards", "ann", T0_NS) != put_test(db, "guards", "ann", T0_NS + 1)


def test_only_the_newest_heartbeat_waits(db: sqlite3.Connection) -> None:
    ids = [put_heartbeat(db, "guards", MINUTE_NS, T0_NS + n * MINUTE_NS) for n in range(5)]
    assert rows(db) == [(HEARTBEAT, "waiting")]
    (sent,) = take_due(db, T0_NS, Share(limit=9, others=9), channel="guards", worker="w")
    assert sent.id == ids[-1]
    assert json.loads(sent.body)["data"] == {"channel": "guards", "interval_s": 60.0}


def test_a_heartbeat_on_its_way_is_not_taken_back(db: sqlite3.Connection) -> None:
    flying = put_heartbeat(db, "guards", MINUTE_NS, T0_NS)
    put_heartbeat(db, "guards", MINUTE_NS, T0_NS + MINUTE_NS, [flying])
    assert rows(db) == [(HEARTBEAT, "waiting")] * 2
    settle(db, flying, DONE, T0_NS, Most())
    put_heartbeat(db, "guards", MINUTE_NS, T0_NS + 2 * MINUTE_NS)
    assert rows(db) == [(HEARTBEAT, "waiting")]


def test_a_restart_within_the_interval_is_the_same_heartbeat(db: sqlite3.Connection) -> None:
    one = put_heartbeat(db, "guards", MINUTE_NS, T0_NS)
    settle(db, one, DONE, T0_NS, Most())
    assert put_heartbeat(db, "guards", MINUTE_NS, T0_NS + 1) == one
    assert rows(db) == [(HEARTBEAT, "delivered")]
    assert beats_after(MINUTE_NS, T0_NS) % MINUTE_NS == 0


def test_a_refused_heartbeat_stays_to_be_looked_at(db: sqlite3.Connection) -> None:
    one = put_heartbeat(db, "guards", MINUTE_NS, T0_NS)
    settle(db, one, Attempt("refused", "answered 400"), T0_NS, Most())
    put_heartbeat(db, "guards", MINUTE_NS, T0_NS + MINUTE_NS)
    assert rows(db) == [(HEARTBEAT, "dead"), (HEARTBEAT, "waiting")]


def test_of_heartbeats_that_are_refused_for_days_only_the_newest_stays(
    db: sqlite3.Connection,
) -> None:
    for number in range(9):
        at_ns = T0_NS + number * MINUTE_NS
        one = put_heartbeat(db, "guards", MINUTE_NS, at_ns)
        settle(db, one, Attempt("refused", f"answered 40{number}"), at_ns, Most())
    put_heartbeat(db, "guards", MINUTE_NS, T0_NS + 9 * MINUTE_NS)
    assert rows(db) == [(HEARTBEAT, "dead"), (HEARTBEAT, "waiting")]
    assert db.execute("SELECT max(last_error) FROM outbox").fetchone() == ("answered 408",)


def test_alerts_of_other_channels_are_not_touched(db: sqlite3.Connection) -> None:
    put_heartbeat(db, "night", MINUTE_NS, T0_NS)
    put_heartbeat(db, "guards", MINUTE_NS, T0_NS + MINUTE_NS)
    assert len(rows(db)) == 2
    assert message_id("heartbeat:night", 1, "night") != message_id("heartbeat:night", 1, "guards")


class Told:
    """What was told of channels."""

    def __init__(self, *broken: str) -> None:
        self.seen: list[tuple[str, bool, str]] = []
        self.faults = ChannelFaults(self._note, broken)

    def _note(self, channel: str, broken: bool, detail: str) -> None:  # noqa: FBT001 - as TellFault is called
        self.seen.append((channel, broken, detail))


def test_a_channel_that_breaks_and_works_again_is_told_once_each() -> None:
    told = Told()
    told.faults.broken("guards", "answered 400")
    told.faults.broken("guards", "answered 400")
    told.faults.well("guards")
    told.faults.well("guards")
    assert told.seen == [("guards", True, "answered 400"), ("guards", False, "")]


def test_a_channel_that_was_broken_before_the_start_is_told_to_be_well() -> None:
    told = Told("guards")
    told.faults.well("night")
    told.faults.broken("guards", "still")
    told.faults.well("guards")
    assert told.seen == [("guards", False, "")]


def test_an_outage_is_told_once_it_lasts() -> None:
    told = Told()
    lasting_ns = OUTAGE_TOLD_AFTER_S * SECOND_NS
    told.faults.failing("guards", T0_NS, T0_NS + lasting_ns - 1, "no answer")
    told.faults.failing("guards", None, T0_NS + lasting_ns, "no answer")
    assert told.seen == []
    told.faults.failing("guards", T0_NS, T0_NS + lasting_ns, "no answer")
    (one,) = told.seen
    assert one == ("guards", True, "nothing delivered since 2026-09-21T14:13:20.000000Z: no answer")


def test_a_broken_channel_that_is_taken_out_of_the_site_file_is_no_fault_any_more() -> None:
    told = Told()
    told.faults.broken("guards", "answered 400")
    told.faults.well("night")
    told.faults.keep_only(["day"])
    assert told.seen[-1] == ("guards", False, "the site file does not name it any more")
    told.faults.broken("guards", "again")
    assert len(told.seen) == 3
