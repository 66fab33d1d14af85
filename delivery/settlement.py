"""What becomes of a message after a try: delivered, tried again later, or given up.

All functions work inside the caller's transaction and never commit.
"""

import json
import random
import sqlite3
from collections.abc import Collection
from typing import Any, Literal

import msgspec

from delivery.attempt import Attempt
from delivery.outbox import AT_ONCE_NS, RETRY_AFTER_S_MAX, URGENCIES
from tags.times import SECOND_NS

BACKOFF_S = (1.0, 5.0, 30.0, 120.0, 600.0, 3600.0)
GIVE_UP_AFTER_S = 24 * 3600
# A gateway that was switched off for a day still gives each message a fair number of tries.
TRIES_MIN = len(BACKOFF_S) + 1
REASON_LENGTH_MAX = 500
TRIES_KEPT = 20
"""So many of the newest tries of a message are remembered."""
REDELIVERED_MAX = 1000
"""So many dead letters are sent again at once, so that no commit stalls."""
_PRUNED_A_STEP = 20

# Of several receivers those that have the message are spared, those that refused it are not.
_REVIVE = """
    UPDATE outbox SET state = 'waiting', attempts = 0, begun_ns = :now_ns, due_ns = 0,
        asked_ns = 0, ended_ns = NULL, worker = NULL, locked_until_ns = NULL,
        tries = json_insert(tries, '$[#]', json(:note)),
        parts = (SELECT json_group_array(json(value)) FROM json_each(parts)
                 WHERE json_extract(value, '$.reason') = '')
"""


class Settlement(msgspec.Struct, frozen=True, gc=False):
    """What became of a row after a try; `due_ns` only while it waits."""

    state: Literal["delivered", "waiting", "dead"]
    due_ns: int | None = None


class Retention(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How long delivered messages and dead letters stay."""

    delivered_days: int = 30
    dead_days: int = 90


def settle(  # noqa: PLR0913, PLR0917 - what was tried, how it ended, and by whom
    connection: sqlite3.Connection,
    delivery_id: str,
    attempt: Attempt,
    now_ns: int,
    rng: random.Random,
    worker: str | None = None,
) -> Settlement | None:
    """Write down how a try ended; None when the row no longer waits.

    A row that may be tried again waits with full jitter (a random part of 1 s, 5 s, 30 s, 2 min,
    10 min, then 1 h each time), or as long as the receiver asked for, at most 1 h. Its last try
    is 24 h after it was written; after that it is dead. A failure of a `worker` that has lost its
    lease to another one changes nothing either: the row is that one's now.
    """
    row = connection.execute(
        "SELECT alert, channel, ordinal, attempts, begun_ns, worker, tries FROM outbox"
        " WHERE id = ? AND state = 'waiting'",
        (delivery_id,),
    ).fetchone()
    if row is None:
        return None
    alert, channel, ordinal, tried, begun_ns, holder, tries = row
    if attempt.outcome != "done" and worker and holder not in {None, worker}:
        return None
    settlement = _decide(attempt, tried + 1, begun_ns, now_ns, rng)
    _write_down(connection, delivery_id, (tried + 1, tries), (settlement, attempt), now_ns)
    _note_channel(connection, channel, attempt, now_ns)
    if settlement.due_ns is not None:
        _hold_back_later(connection, alert, channel, ordinal, settlement.due_ns)
    return settlement


def _write_down(
    connection: sqlite3.Connection,
    delivery_id: str,
    tried: tuple[int, str],
    ended: tuple[Settlement, Attempt],
    now_ns: int,
) -> None:
    """Write a try into its row. `tried`: how many there are with it, and those before it."""
    (attempts, tries), (settlement, attempt) = tried, ended
    asked_s = _asked_s(attempt)
    connection.execute(
        """
        UPDATE outbox SET state = ?, attempts = ?, last_error = ?,
            due_ns = coalesce(?, due_ns), asked_ns = ?, delivered_ns = ?, ended_ns = ?,
            worker = NULL, locked_until_ns = NULL, tries = ?, parts = ?
        WHERE id = ?
        """,
        (
            settlement.state,
            attempts,
            attempt.reason[:REASON_LENGTH_MAX] or None,
            settlement.due_ns,
            now_ns + round(asked_s * SECOND_NS) if asked_s else 0,
            now_ns if settlement.state == "delivered" else None,
            now_ns if settlement.due_ns is None else None,
            _with_try(tries, attempt, now_ns),
            msgspec.json.encode(attempt.parts).decode(),
            delivery_id,
        ),
    )


def bury_strays(
    connection: sqlite3.Connection,
    channels: Collection[str],
    now_ns: int,
    in_flight: Collection[str] = (),
) -> list[str]:
    """Mark rows dead whose channel is none of `channels`; the channel of each such row."""
    strays = _owing_channels(connection) - set(channels)
    if not strays:
        return []
    rows = connection.execute(
        f"""
        UPDATE outbox SET state = 'dead', ended_ns = ?,
            worker = NULL, locked_until_ns = NULL,
            last_error = 'the site file has no channel ' || channel
        WHERE state = 'waiting' AND channel IN ({_marks(strays)})
          AND id NOT IN ({_marks(in_flight)})
        RETURNING channel
        """,  # noqa: S608 - made of constants and question marks
        (now_ns, *strays, *in_flight),
    )
    return [row[0] for row in rows.fetchall()]


def end_waits(connection: sqlite3.Connection, channel: str, now_ns: int) -> None:
    """Let what a channel owes go at once, except where the receiver asked for more time."""
    connection.executemany(
        """
        UPDATE outbox SET due_ns = max(asked_ns, 1)
        WHERE state = 'waiting' AND channel = ? AND priority = ? AND due_ns > ?
        """,
        [(channel, priority, now_ns) for priority in URGENCIES],
    )


def redeliver(connection: sqlite3.Connection, delivery_id: str, now_ns: int, by: str) -> str | None:
    """Have a message sent again from the first try on, under its id; None if it is not known.

    Gives the state that it was in. A dead letter waits again, and what waits already is due at
    once; what was delivered stays so, since receivers drop what they have had.
    """
    row = connection.execute("SELECT state FROM outbox WHERE id = ?", (delivery_id,)).fetchone()
    if row is None:
        return None
    state = str(row[0])
    if state == "waiting":
        connection.execute(
            "UPDATE outbox SET due_ns = ?, asked_ns = 0 WHERE id = ?", (AT_ONCE_NS, delivery_id)
        )
    elif state == "dead":
        asked = {"id": delivery_id, "now_ns": now_ns, "note": _redelivery_note(by, now_ns)}
        connection.execute(f"{_REVIVE} WHERE id = :id", asked)
    return state


def redeliver_dead(
    connection: sqlite3.Connection,
    now_ns: int,
    by: str,
    *,
    channels: Collection[str],
    since_ns: int | None = None,
) -> list[str]:
    """Have dead letters of `channels` sent again, those written since then; their ids.

    The oldest REDELIVERED_MAX of them.
    """
    rows = connection.execute(
        f"""
        {_REVIVE} WHERE number IN (
            SELECT number FROM outbox
            WHERE state = 'dead' AND channel IN (SELECT value FROM json_each(:channels))
              AND created_ns >= :since_ns
            ORDER BY number LIMIT :limit)
        RETURNING id
        """,  # noqa: S608 - made of constants
        {
            "now_ns": now_ns,
            "note": _redelivery_note(by, now_ns),
            "channels": json.dumps(sorted(channels)),
            "since_ns": 0 if since_ns is None else since_ns,
            "limit": REDELIVERED_MAX,
        },
    )
    return [row[0] for row in rows.fetchall()]


def prune(connection: sqlite3.Connection, keep: Retention, now_ns: int) -> int:
    """Forget a few messages that ended long ago; how many."""
    day_ns = 24 * 3600 * SECOND_NS
    gone = 0
    for state, days in (("delivered", keep.delivered_days), ("dead", keep.dead_days)):
        gone += connection.execute(
            """
            DELETE FROM outbox WHERE number IN (
                SELECT number FROM outbox INDEXED BY outbox_ended
                WHERE state = ? AND ended_ns < ? AND ended_ns IS NOT NULL
                ORDER BY ended_ns LIMIT ?)
            """,
            (state, now_ns - days * day_ns, _PRUNED_A_STEP),
        ).rowcount
    return gone


def _decide(
    attempt: Attempt,
    tries: int,
    begun_ns: int,
    now_ns: int,
    rng: random.Random,
) -> Settlement:
    if attempt.outcome == "done":
        return Settlement("delivered")
    give_up_ns = begun_ns + GIVE_UP_AFTER_S * SECOND_NS
    if attempt.outcome != "retry" or (now_ns >= give_up_ns and tries >= TRIES_MIN):
        return Settlement("dead")
    jitter_s = rng.uniform(0, BACKOFF_S[min(tries, len(BACKOFF_S)) - 1])
    due_ns = now_ns + round(max(jitter_s, _asked_s(attempt)) * SECOND_NS)
    return Settlement("waiting", min(due_ns, give_up_ns) if now_ns < give_up_ns else due_ns)


def _asked_s(attempt: Attempt) -> float:
    return min(attempt.retry_after_s, RETRY_AFTER_S_MAX) if attempt.outcome == "retry" else 0.0


def _with_try(tries: str, attempt: Attempt, now_ns: int) -> str:
    known: list[Any] = json.loads(tries)
    one = {
        "at_ns": now_ns,
        "outcome": attempt.outcome,
        "reason": attempt.reason[:REASON_LENGTH_MAX],
    }
    return json.dumps([*known, one][-TRIES_KEPT:])


def _redelivery_note(by: str, now_ns: int) -> str:
    return json.dumps({"at_ns": now_ns, "outcome": "redelivered", "reason": f"by {by}"})


def _note_channel(
    connection: sqlite3.Connection, channel: str, attempt: Attempt, now_ns: int
) -> None:
    done = attempt.outcome == "done"
    if done and not attempt.asked:
        return
    connection.execute(
        """
        INSERT INTO channels VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET
            succeeded_ns = coalesce(excluded.succeeded_ns, succeeded_ns),
            failed_ns = coalesce(excluded.failed_ns, failed_ns),
            failure = coalesce(excluded.failure, failure)
        """,
        (
            channel,
            now_ns if done else None,
            None if done else now_ns,
            None if done else attempt.reason[:REASON_LENGTH_MAX],
        ),
    )


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


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
