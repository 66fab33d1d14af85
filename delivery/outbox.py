"""The outbox: what is still to be told, written in the transaction that decided it.

All functions work inside the caller's transaction and never commit. A row that is taken is
leased: nobody else takes it until it is settled or the lease is over. A worker that comes back
under its name has its leases at once, so whatever a crash interrupts is sent again under the
same id and without delay.
"""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from alerts.alert import AlertChange, Notice, Severity
from alerts.shown import alert_json, notice_json
from delivery.attempt import Delivery, Part
from tags.times import SECOND_NS, format_time

RETRY_AFTER_S_MAX = 3600.0
LEASE_S = 180.0
"""Longer than any try may take."""
PRIORITIES: dict[Severity, int] = {"critical": 0, "warning": 1, "info": 2}
"""By severity; 0 goes first."""
LEAST_URGENT = 3
"""What is no alert goes after all that is one."""
URGENCIES = (*sorted(PRIORITIES.values()), LEAST_URGENT)
AT_ONCE_NS = 0

_parts_decoder = msgspec.json.Decoder(tuple[Part, ...])

# Left to itself, SQLite may walk a channel's whole queue to find the rows of one alert, hence
# INDEXED BY here and below. This finds the row that must go before all others of its alert on
# its channel.
_FIRST_OF_ITS_ALERT = """
    NOT EXISTS (
        SELECT 1 FROM outbox AS earlier INDEXED BY outbox_by_alert
        WHERE earlier.alert = outbox.alert AND earlier.channel = outbox.channel
          AND earlier.ordinal < outbox.ordinal AND earlier.state = 'waiting'
    )
"""
_OVERTAKEN = """
    EXISTS (
        SELECT 1 FROM outbox AS later INDEXED BY outbox_by_alert
        WHERE later.alert = outbox.alert AND later.channel = outbox.channel
          AND later.ordinal > outbox.ordinal AND later.state = 'delivered'
    )
"""
# A lease that ends later than any that is given now is of a clock that was set back since.
_FREE = """
    (worker IS NULL OR worker = :worker
     OR locked_until_ns <= :now_ns OR locked_until_ns > :lease_ns)
"""


class Message(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is told about `subject`, whose messages stay in the order of `ordinal`.

    Its id is made of both, or of `fact` where `ordinal` might differ were it decided anew.
    """

    subject: str
    ordinal: int
    type: str
    body: str
    priority: int = PRIORITIES["info"]
    due_ns: int = AT_ONCE_NS
    fact: str = ""


class Share(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How much of a channel may be taken: `limit` in all, `others` of what is not critical.

    A `probe` is to find out whether the receiver is back, so it does not wait for its time:
    what was never tried goes first.
    """

    limit: int
    others: int
    probe: bool = False


def message_id(alert: str, ordinal: int, channel: str) -> str:
    """Name a message: the same on every machine and after any crash."""
    name = json.dumps([alert, ordinal, channel]).encode()
    return f"msg_{hashlib.sha256(name).hexdigest()[:32]}"


def enqueue(
    connection: sqlite3.Connection, told: AlertChange | Notice, seq: int, now_ns: int
) -> None:
    """Add one row for each channel that is to be told. Rows that exist stay as they are.

    A new row is due at once, whatever later happens to the clock, unless an earlier transition
    of its alert still waits on that channel: then it is due no sooner than that one, which in
    turn becomes as urgent as the new one.
    """
    if not told.notify:
        return
    message = alert_message(told, seq)
    for channel in told.notify:
        put_message(connection, message, channel, now_ns)


def put_message(connection: sqlite3.Connection, message: Message, channel: str, now_ns: int) -> str:
    """Add a row for one channel as `enqueue` does; its id."""
    named = (message.fact, 1) if message.fact else (message.subject, message.ordinal)
    id_ = message_id(*named, channel)
    connection.execute(
        """
        INSERT OR IGNORE INTO outbox
            (id, alert, ordinal, channel, type, body, state, priority, created_ns, begun_ns, due_ns)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?8, ?8, (
            SELECT coalesce(max(due_ns), ?9) FROM outbox INDEXED BY outbox_by_alert
            WHERE alert = ?2 AND channel = ?4 AND state = 'waiting'))
        """,
        (
            id_,
            message.subject,
            message.ordinal,
            channel,
            message.type,
            message.body,
            message.priority,
            now_ns,
            message.due_ns,
        ),
    )
    connection.execute(
        """
        UPDATE outbox INDEXED BY outbox_by_alert SET priority = ?1
        WHERE alert = ?2 AND channel = ?3 AND state = 'waiting' AND priority > ?1
        """,
        (message.priority, message.subject, channel),
    )
    return id_


def alert_message(told: AlertChange | Notice, seq: int) -> Message:
    """What a change or a notice says."""
    if isinstance(told, Notice):
        kind, data = f"alert.{told.kind}", notice_json(told)
        subject, ordinal, severity = told.id, 1, told.severity
    else:
        kind, data = f"alert.{told.announces or told.transition}", alert_json(told.alert, seq)
        if told.why:
            data["why"] = told.why
        subject, ordinal = told.alert.id, told.alert.transitions
        severity = told.alert.severity
    return Message(
        subject=subject,
        ordinal=ordinal,
        type=kind,
        body=body_of(kind, told.at_ns, data),
        priority=PRIORITIES[severity],
    )


def body_of(kind: str, at_ns: int, data: dict[str, Any]) -> str:
    """The JSON text of a message."""
    message = {"type": kind, "timestamp": format_time(at_ns), "data": data}
    return msgspec.json.encode(message).decode()


def take_due(  # noqa: PLR0913 - when, how much, of what and for whom
    connection: sqlite3.Connection,
    now_ns: int,
    share: Share,
    *,
    channel: str,
    worker: str,
    in_flight: Collection[str] = (),
) -> list[Delivery]:
    """Lease the rows of a channel that are to be sent now, none of which is in flight.

    Critical ones first, then those that were not tried yet. Never two transitions of one
    alert, and never one before an earlier one that still waits. What another worker has is
    left alone until its lease is over; what `worker` itself has is taken again, unless the
    caller names it in `in_flight`.
    """
    _forget_far_dues(connection, now_ns, channel)
    asked = {
        "channel": channel,
        "now_ns": now_ns,
        "due_ns": now_ns + round(RETRY_AFTER_S_MAX * SECOND_NS) if share.probe else now_ns,
        **_lease(worker, now_ns),
    }
    found = _probe(connection, asked, in_flight) if share.probe else []
    for priority in () if share.probe else URGENCIES:
        most = share.limit if not priority else min(share.limit, share.others)
        room = max(0, most - len(found))
        found += _due_rows(connection, asked | {"priority": priority, "room": room}, in_flight)
    connection.executemany(
        "UPDATE outbox SET worker = ?, locked_until_ns = ? WHERE id = ?",
        [(worker, asked["lease_ns"], row[0]) for row in found],
    )
    return [_delivery(row) for row in found]


def _probe(
    connection: sqlite3.Connection, asked: dict[str, Any], in_flight: Collection[str]
) -> list[tuple[Any, ...]]:
    """The one row that is due first; of those that are due at once the most urgent."""
    found = [
        row
        for priority in URGENCIES
        for row in _due_rows(connection, asked | {"priority": priority, "room": 1}, in_flight)
    ]
    return sorted(found, key=lambda row: int(row[-1]))[:1]


def _due_rows(
    connection: sqlite3.Connection, asked: dict[str, Any], in_flight: Collection[str]
) -> list[tuple[Any, ...]]:
    if not asked["room"]:
        return []
    return connection.execute(
        f"""
        SELECT id, channel, alert, ordinal, type, body, attempts, parts, {_OVERTAKEN}, due_ns
        FROM outbox
        WHERE state = 'waiting' AND channel = :channel AND priority = :priority
          AND due_ns <= :due_ns AND asked_ns <= :now_ns AND {_FREE}
          AND id NOT IN ({_names(in_flight)}) AND {_FIRST_OF_ITS_ALERT}
        ORDER BY due_ns, number LIMIT :room
        """,  # noqa: S608 - made of constants and names of parameters
        asked | _named(in_flight),
    ).fetchall()


def _delivery(row: Sequence[Any]) -> Delivery:
    return Delivery(
        id=row[0],
        channel=row[1],
        alert=row[2],
        ordinal=row[3],
        type=row[4],
        body=row[5],
        attempts=row[6],
        parts=_parts_decoder.decode(row[7]),
        overtaken=bool(row[8]),
    )


def next_due_ns(
    connection: sqlite3.Connection,
    now_ns: int,
    *,
    channel: str,
    worker: str,
    in_flight: Collection[str] = (),
) -> int | None:
    """When the next row of a channel may go, which can be long past; None when none waits.

    What another worker has may go once its lease is over.
    """
    asked = {"channel": channel, "now_ns": now_ns, **_lease(worker, now_ns)}
    query = f"""
        SELECT due_ns FROM outbox
        WHERE state = 'waiting' AND channel = :channel AND priority = :priority AND {_FREE}
          AND id NOT IN ({_names(in_flight)}) AND {_FIRST_OF_ITS_ALERT}
        ORDER BY due_ns LIMIT 1
        """  # noqa: S608 - made of constants and names of parameters
    found = [
        connection.execute(query, asked | {"priority": priority} | _named(in_flight)).fetchone()
        for priority in URGENCIES
    ]
    leases = connection.execute(
        """
        SELECT min(locked_until_ns) FROM outbox INDEXED BY outbox_leased
        WHERE worker IS NOT NULL AND worker <> :worker AND channel = :channel
          AND locked_until_ns > :now_ns
        """,
        asked,
    ).fetchone()
    return min(
        (int(row[0]) for row in (*found, leases) if row and row[0] is not None), default=None
    )


def oldest_waiting_ns(connection: sqlite3.Connection, channel: str) -> int | None:
    """When the oldest row that a channel still owes was written; None when it owes none."""
    row = connection.execute(
        "SELECT min(created_ns) FROM outbox WHERE state = 'waiting' AND channel = ?",
        (channel,),
    ).fetchone()
    return None if row[0] is None else int(row[0])


def _lease(worker: str, now_ns: int) -> dict[str, Any]:
    return {"worker": worker, "lease_ns": now_ns + round(LEASE_S * SECOND_NS)}


def _forget_far_dues(connection: sqlite3.Connection, now_ns: int, channel: str) -> None:
    # No row is ever put off by more than an hour, so the clock was set back since.
    far_ns = now_ns + round(RETRY_AFTER_S_MAX * SECOND_NS)
    connection.executemany(
        """
        UPDATE outbox SET due_ns = ?, asked_ns = 0
        WHERE state = 'waiting' AND channel = ? AND priority = ? AND due_ns > ?
        """,
        [(AT_ONCE_NS, channel, priority, far_ns) for priority in URGENCIES],
    )


def _names(values: Collection[str]) -> str:
    return ", ".join(f":id{at}" for at in range(len(values)))


def _named(values: Collection[str]) -> dict[str, str]:
    return {f"id{at}": value for at, value in enumerate(values)}
