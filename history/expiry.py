"""Forgets what is old, a little with each commit so that no commit stalls."""

import sqlite3

import msgspec

from history.ages import Ages, expire_ages
from history.state import first_seq, journal_bytes, last_seq

_EVENTS_A_STEP = 1000
_ANSWERS_A_STEP = 100


class Keep(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What has to stay. `events` counts numbers of the commit sequence."""

    journal_since_ns: int
    journal_bytes_max: int
    events: int
    answers_since_ns: int
    ages: Ages = Ages()


class Expired(msgspec.Struct, frozen=True, gc=False):
    """How many rows one step has removed, `rows` of them by their age.

    `unshipped` is how many of these each other store had not got yet.
    """

    groups: int
    events: int
    answers: int
    rows: int = 0
    unshipped: dict[str, int] = {}


def expire(connection: sqlite3.Connection, keep: Keep, limit: int = 2) -> Expired:
    """Remove a small step of what is past keeping, within the caller's transaction.

    At most `limit` journal groups go, oldest first: those written before
    `journal_since_ns`, and those by which the journal is too large. A group
    that the newest complete checkpoint or any follower still needs stays.
    """
    aged = expire_ages(connection, keep.ages, turns=max(1, limit // 2))
    return Expired(
        groups=_expire_journal(connection, keep, limit),
        events=_expire_events(connection, keep.events),
        answers=_expire_answers(connection, keep.answers_since_ns),
        rows=aged.rows,
        unshipped=aged.unshipped,
    )


def whole_checkpoints(connection: sqlite3.Connection) -> list[int]:
    """Find the positions of the checkpoints of which every slice is there, the newest first."""
    rows = connection.execute(
        "SELECT position FROM checkpoints GROUP BY position HAVING count(*) = max(parts)"
        " ORDER BY position DESC",
    )
    return [int(row[0]) for row in rows]


def newest_checkpoint(connection: sqlite3.Connection) -> int | None:
    """Find the position of the newest checkpoint of which every slice is there."""
    return next(iter(whole_checkpoints(connection)), None)


def _free_up_to(connection: sqlite3.Connection) -> int:
    """Find the newest journal position that nobody needs any more."""
    checkpoint = newest_checkpoint(connection) or 0
    slowest = connection.execute("SELECT min(position) FROM followers").fetchone()[0]
    return checkpoint if slowest is None else min(checkpoint, int(slowest))


def _expire_journal(connection: sqlite3.Connection, keep: Keep, limit: int) -> int:
    excess = journal_bytes(connection) - keep.journal_bytes_max
    oldest = connection.execute(
        "SELECT position, now_ns, length(entries) FROM journal WHERE position <= ?"
        " ORDER BY position LIMIT ?",
        (_free_up_to(connection), limit),
    ).fetchall()
    gone = 0
    for position, now_ns, size in oldest:
        if now_ns >= keep.journal_since_ns and excess <= 0:
            break
        connection.execute("DELETE FROM journal WHERE position = ?", (position,))
        excess -= size
        gone += 1
    return gone


def _expire_events(connection: sqlite3.Connection, events_keep: int) -> int:
    last_gone = last_seq(connection) - events_keep
    if last_gone < first_seq(connection):
        return 0
    row = connection.execute(
        "SELECT max(seq) FROM (SELECT seq FROM events WHERE seq <= ? ORDER BY seq LIMIT ?)",
        (last_gone, _EVENTS_A_STEP),
    ).fetchone()
    if row[0] is None:
        return 0
    gone = connection.execute("DELETE FROM events WHERE seq <= ?", row).rowcount
    connection.execute("UPDATE marks SET value = ? WHERE name = 'events_expired'", row)
    return gone


def _expire_answers(connection: sqlite3.Connection, since_ns: int) -> int:
    return connection.execute(
        "DELETE FROM answers WHERE rowid IN"
        " (SELECT rowid FROM answers WHERE answered_ns < ? ORDER BY answered_ns LIMIT ?)",
        (since_ns, _ANSWERS_A_STEP),
    ).rowcount
