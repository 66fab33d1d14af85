"""One look at the outbox: tries are settled, what is due is leased, all in one transaction."""

import random
import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from delivery.attempt import Attempt, Delivery, Sender
from delivery.breaker import Room
from delivery.outbox import next_due_ns, take_due
from delivery.settlement import Retention, Settlement, bury_strays, end_waits, prune, settle
from delivery.signals import put_heartbeat


class Tried(NamedTuple):
    """A try that is over and not settled yet."""

    delivery: Delivery
    attempt: Attempt
    at_ns: int
    sender: Sender


class Plan(NamedTuple):
    """What one transaction is to do, by value, since it runs on another thread."""

    worker: str
    tried: tuple[Tried, ...]
    recovered: tuple[str, ...]  # channels whose messages need not wait any more
    beats: Mapping[str, int]  # channel to how often it gets a heartbeat (ns)
    flying: Mapping[str, str]  # id to channel
    channels: tuple[str, ...]
    rooms: Mapping[str, Room]
    keep: Retention
    now_ns: int


class Round(NamedTuple):
    """What it did: tries settled, strays buried, rows taken; and when to look again."""

    settled: list[tuple[Tried, Settlement | None]]
    buried: list[str]
    taken: list[Delivery]
    due_ns: int | None


def settle_and_take(connection: sqlite3.Connection, plan: Plan, rng: random.Random) -> Round:
    """All of a round in one transaction, so that a message costs one commit."""
    settled = [
        (one, settle(connection, one.delivery.id, one.attempt, one.at_ns, rng, plan.worker))
        for one in plan.tried
    ]
    for channel in plan.recovered:
        end_waits(connection, channel, plan.now_ns)
    for channel, interval_ns in plan.beats.items():
        put_heartbeat(connection, channel, interval_ns, plan.now_ns, plan.flying)
    buried = bury_strays(connection, plan.channels, plan.now_ns, plan.flying)
    prune(connection, plan.keep, plan.now_ns)
    taken: list[Delivery] = []
    dues: list[int] = []
    for channel, room in plan.rooms.items():
        batch, due_ns = _take(connection, plan, channel, room)
        taken += batch
        dues += [] if due_ns is None else [due_ns]
    return Round(settled, buried, taken, min(dues, default=None))


def _take(
    connection: sqlite3.Connection, plan: Plan, channel: str, room: Room
) -> tuple[list[Delivery], int | None]:
    """Rows of one channel, and when there may be more; None where a landing makes room."""
    now_ns, worker = plan.now_ns, plan.worker
    batch = take_due(
        connection, now_ns, room.share, channel=channel, worker=worker, in_flight=plan.flying
    )
    if len(batch) >= room.share.limit and room.wider_ns is None:
        return batch, None
    busy = [*plan.flying, *(delivery.id for delivery in batch)]
    due_ns = next_due_ns(connection, now_ns, channel=channel, worker=worker, in_flight=busy)
    if due_ns is None or room.wider_ns is None:
        return batch, due_ns
    return batch, room.wider_ns if due_ns <= now_ns else min(due_ns, room.wider_ns)
