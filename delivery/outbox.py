"""The outbox: what is still to be told, written in the transaction that decided it.

All functions work inside the caller's transaction and never commit. One process delivers, so
what is in flight is known to its worker alone: a row stays `waiting` until its try is settled,
and whatever a crash interrupts is sent again under the same id.
"""

import hashlib
import json
import random
import sqlite3
from collections.abc import Collection
from typing import Any, Literal

import msgspec

from alerts.alert import AlertChange, Notice, alert_json, notice_json
from delivery.attempt import Attempt, Delivery
from tags.times import SECOND_NS, format_time

BACKOFF_S = (1.0, 5.0, 30.0, 120.0, 600.0, 3600.0)
RETRY_AFTER_S_MAX = 3600.0
GIVE_UP_AFTER_S = 24 * 3600
# A gateway that was switched off for a day still gives each message a fair number of tries.
TRIES_MIN = len(BACKOFF_S) + 1
REASON_LENGTH_MAX = 500

_AT_ONCE_NS = 0

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


class Settlement(msgspec.Struct, frozen=True, gc=False):
    """What became of a row after a try; `due_ns` only while it waits."""

    state: Literal["delivered", "waiting", "dead"]
    due_ns: int | None = None


def message_id(alert: str, ordinal: int, channel: str) -> str:
    """Name a message: the same on every machine and after any crash."""
    name = json.dumps([alert, ordinal, channel]).encode()
    return f"msg_{hashlib.sha256(name).hexdigest()[:32]}"


def enqueue(
    connection: sqlite3.Connection, told: AlertChange | Notice, seq: int, now_ns: int
) -> None:
    """Add one row for each channel that is to be told. Rows that exist stay as they are.

    A new row is due at once, whatever later happens to the clock, unless an earlier transition
    of its alert still waits on that channel: then it is due no sooner than that one.
    """
    if not told.notify:
        return
    subject, ordinal = _place_of(told)
    kind, message = _message(told, seq)
    body = msgspec.json.encode(message).decode()
    for channel in told.notify:
        connection.execute(
            """
            INSERT OR IGNORE INTO outbox
                (id, alert, ordinal, channel, type, body, state, created_ns, due_ns)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, (
                SELECT coalesce(max(due_ns), ?8) FROM outbox INDEXED BY outbox_by_alert
                WHERE alert = ?2 AND channel = ?4 AND state = 'waiting'))
            """,
            (
                message_id(subject, ordinal, channel),
                subject,
                ordinal,
                channel,
                kind,
                body,
                now_ns,
                _AT_ONCE_NS,
            ),
        )


def _place_of(told: AlertChange | Notice) -> tuple[str, int]:
    """What the messages are about that must stay in order, and which of them it is."""
    if isinstance(told, Notice):
        return told.id, 1
    return told.alert.id, told.alert.transitions


def _message(told: AlertChange | Notice, seq: int) -> tuple[str, dict[str, Any]]:
    """The type and the body of a message."""
    if isinstance(told, Notice):
        kind, data = f"alert.{told.kind}", notice_json(told)
    else:
        kind = f"alert.{told.announces or told.transition}"
        data = alert_json(told.alert, seq)
        if told.why:
            data["why"] = told.why
    return kind, {"type": kind, "timestamp": format_time(told.at_ns), "data": data}


def take_due(
    connection: sqlite3.Connection,
    now_ns: int,
    limit: int,
    *,
    channel: str,
    in_flight: Collection[str] = (),
) -> list[Delivery]:
    """At most `limit` rows of a channel to send now, none of which is in flight.

    Never two transitions of one alert, and never one before an earlier one that still waits.
    Rows that were not tried yet come first. Taking changes nothing: a row is taken again until
    it is settled or the caller names it in `in_flight`.
    """
    _forget_far_dues(connection, now_ns, channel)
    rows = connection.execute(
        f"""
        SELECT id, channel, alert, ordinal, type, body, attempts FROM outbox
        WHERE state = 'waiting' AND channel = ? AND due_ns <= ?
          AND id NOT IN ({_marks(in_flight)}) AND {_FIRST_OF_ITS_ALERT}
        ORDER BY due_ns, rowid LIMIT ?
        """,  # noqa: S608 - made of constants and question marks
        (channel, now_ns, *in_flight, limit),
    )
    return [
        Delivery(
            id=row[0],
            channel=row[1],
            alert=row[2],
            ordinal=row[3],
            type=row[4],
            body=row[5],
            attempts=row[6],
        )
        for row in rows
    ]


def settle(
    connection: sqlite3.Connection,
    delivery_id: str,
    attempt: Attempt,
    now_ns: int,
    rng: random.Random,
) -> Settlement | None:
    """Write down how a try ended; None when the row no longer waits.

    A row that may be tried again waits with full jitter (a random part of 1 s, 5 s, 30 s, 2 min,
    10 min, then 1 h each time), or as long as the receiver asked for, at most 1 h. Its last try
    is 24 h after it was written; after that it is dead.
    """
    row = connection.execute(
        "SELECT alert, channel, ordinal, attempts, created_ns FROM outbox"
        " WHERE id = ? AND state = 'waiting'",
        (delivery_id,),
    ).fetchone()
    if row is None:
        return None
    alert, channel, ordinal, tried, created_ns = row
    settlement = _decide(attempt, tried + 1, created_ns, now_ns, rng)
    connection.execute(
        """
        UPDATE outbox SET state = ?, attempts = ?, last_error = ?,
            due_ns = coalesce(?, due_ns), delivered_ns = ?
        WHERE id = ?
        """,
        (
            settlement.state,
            tried + 1,
            attempt.reason[:REASON_LENGTH_MAX] or None,
            settlement.due_ns,
            now_ns if settlement.state == "delivered" else None,
            delivery_id,
        ),
    )
    if settlement.due_ns is not None:
        _hold_back_later(connection, alert, channel, ordinal, settlement.due_ns)
    return settlement


def bury_strays(
    connection: sqlite3.Connection,
    channels: Collection[str],
    in_flight: Collection[str] = (),
) -> list[str]:
    """Mark rows dead whose channel is none of `channels`; the channel of each such row."""
    strays = _owing_channels(connection) - set(channels)
    if not strays:
        return []
    rows = connection.execute(
        f"""
        UPDATE outbox SET state = 'dead',
            last_error = 'the site file has no channel ' || channel
        WHERE state = 'waiting' AND channel IN ({_marks(strays)})
          AND id NOT IN ({_marks(in_flight)})
        RETURNING channel
        """,  # noqa: S608 - made of constants and question marks
        (*strays, *in_flight),
    )
    return [row[0] for row in rows.fetchall()]


def next_due_ns(
    connection: sqlite3.Connection,
    *,
    channel: str,
    in_flight: Collection[str] = (),
) -> int | None:
    """When the next row of a channel may go, which can be long past; None when none waits."""
    row = connection.execute(
        f"""
        SELECT due_ns FROM outbox
        WHERE state = 'waiting' AND channel = ?
          AND id NOT IN ({_marks(in_flight)}) AND {_FIRST_OF_ITS_ALERT}
        ORDER BY due_ns LIMIT 1
        """,  # noqa: S608 - made of constants and question marks
        (channel, *in_flight),
    ).fetchone()
    return None if row is None else int(row[0])


def oldest_waiting_ns(connection: sqlite3.Connection, channel: str) -> int | None:
    """When the oldest row that a channel still owes was written; None when it owes none."""
    row = connection.execute(
        "SELECT min(created_ns) FROM outbox WHERE state = 'waiting' AND channel = ?",
        (channel,),
    ).fetchone()
    return None if row[0] is None else int(row[0])


def _decide(
    attempt: Attempt,
    tries: int,
    created_ns: int,
    now_ns: int,
    rng: random.Random,
) -> Settlement:
    if attempt.outcome == "done":
        return Settlement("delivered")
    give_up_ns = created_ns + GIVE_UP_AFTER_S * SECOND_NS
    if attempt.outcome != "retry" or (now_ns >= give_up_ns and tries >= TRIES_MIN):
        return Settlement("dead")
    jitter_s = rng.uniform(0, BACKOFF_S[min(tries, len(BACKOFF_S)) - 1])
    delay_s = max(jitter_s, min(attempt.retry_after_s, RETRY_AFTER_S_MAX))
    due_ns = now_ns + round(delay_s * SECOND_NS)
    return Settlement("waiting", min(due_ns, give_up_ns) if now_ns < give_up_ns else due_ns)


def _owing_channels(connection: sqlite3.Connection) -> set[str]:
    # Leaps from one name to the next in the index, however many rows each has.
    rows = connection.execute(
        """
        WITH RECURSIVE owing (name) AS (
            SELECT min(channel) FROM outbox WHERE state = 'waiting'
            UNION ALL
            SELECT (SELECT min(channel) FROM outbox WHERE state = 'waiting' AND channel > name)
            FROM owing WHERE name IS NOT NULL
        )
        SELECT name FROM owing WHERE name IS NOT NULL
        """
    )
    return {row[0] for row in rows}


def _hold_back_later(
    connection: sqlite3.Connection,
    alert: str,
    channel: str,
    ordinal: int,
    due_ns: int,
) -> None:
    # Order does not need this; it spares every look at the outbox from skipping such rows.
    connection.execute(
        """
        UPDATE outbox INDEXED BY outbox_by_alert SET due_ns = ?1
        WHERE alert = ?2 AND channel = ?3 AND ordinal > ?4
          AND state = 'waiting' AND due_ns < ?1
        """,
        (due_ns, alert, channel, ordinal),
    )


def _forget_far_dues(connection: sqlite3.Connection, now_ns: int, channel: str) -> None:
    # No row is ever put off by more than an hour, so the clock was set back since.
    connection.execute(
        "UPDATE outbox SET due_ns = ? WHERE state = 'waiting' AND channel = ? AND due_ns > ?",
        (_AT_ONCE_NS, channel, now_ns + round(RETRY_AFTER_S_MAX * SECOND_NS)),
    )


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
