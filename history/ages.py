"""Forgets decisions by their age: a few rows of one kind with each commit.

What goes on is never forgotten: open visits, alerts, check-outs and outages have no end yet,
and it is by their end that they are kept.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from history.audit import EXPIRED, GATEWAY, AuditEntry, append_audit, expired_of
from history.private_ages import PrivateAges, expire_private
from history.state import last_position
from history.store import KeepAges
from tags.times import SECOND_NS

ROWS_A_STEP = 200
DAY_NS = 86_400 * SECOND_NS
_AUDIT_LINES_LOOKED_AT = 2_000
DECISIONS = "decisions"
"""The part of a shipment that numbers of the commit sequence belong to."""


class Ages(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """From when on each kind is kept, in nanoseconds; what ended before may go."""

    movements_since_ns: int = 0
    alerts_since_ns: int = 0
    audit_since_ns: int = 0
    now_ns: int = 0
    private: PrivateAges = PrivateAges()


class Aged(NamedTuple):
    """How many rows went, and how many of them each other store had not got yet."""

    rows: int
    unshipped: dict[str, int]


Step = Callable[[sqlite3.Connection, Ages], Aged]
_NONE = Aged(0, {})
_NOTHING_PRIVATE = PrivateAges()


def ages_at(keep: KeepAges, now_ns: int, private: PrivateAges = _NOTHING_PRIVATE) -> Ages:
    """What is kept at a time."""
    return Ages(
        movements_since_ns=now_ns - keep.movements_days * DAY_NS,
        alerts_since_ns=now_ns - keep.alerts_days * DAY_NS,
        audit_since_ns=now_ns - keep.audit_days * DAY_NS,
        now_ns=now_ns,
        private=private,
    )


def expire_ages(connection: sqlite3.Connection, ages: Ages, turns: int = 1) -> Aged:
    """Remove at most 200 rows of `turns` kinds, within the caller's transaction.

    Each commit has its turn by its place in the journal, so that all kinds come up, and a
    commit at which nothing is due costs one seek in an index.
    """
    last, rows, unshipped = last_position(connection), 0, dict[str, int]()
    for turn in range(last, last + min(turns, len(_STEPS))):
        gone = _STEPS[turn % len(_STEPS)](connection, ages)
        rows += gone.rows
        for store, number in gone.unshipped.items():
            unshipped[store] = unshipped.get(store, 0) + number
    return Aged(rows, unshipped)


def _expire_movements(connection: sqlite3.Connection, ages: Ages) -> Aged:
    return _expire_timed(connection, "movements", ages.movements_since_ns)


def _expire_crossings(connection: sqlite3.Connection, ages: Ages) -> Aged:
    return _expire_timed(connection, "crossings", ages.movements_since_ns)


def _expire_timed(connection: sqlite3.Connection, table: str, since_ns: int) -> Aged:
    gone = connection.execute(
        f"DELETE FROM {table} WHERE seq IN"  # noqa: S608 - a constant
        f" (SELECT seq FROM {table} WHERE time_ns < ? ORDER BY time_ns LIMIT ?) RETURNING seq",
        (since_ns, ROWS_A_STEP),
    ).fetchall()
    return _aged(connection, [seq for (seq,) in gone])


def _expire_visits(connection: sqlite3.Connection, ages: Ages) -> Aged:
    """Visits that ended, their former names, and that a tag was last there.

    The newest one stays until another begins, so that the next is numbered behind it and no
    reader who follows the numbers misses it.
    """
    gone = connection.execute(
        "DELETE FROM visits WHERE id IN"
        " (SELECT id FROM visits WHERE to_ns < ? AND id < (SELECT max(id) FROM visits)"
        " ORDER BY to_ns LIMIT ?)"
        " RETURNING id, changed_seq",
        (ages.movements_since_ns, ROWS_A_STEP),
    ).fetchall()
    if not gone:
        return _NONE
    connection.executemany(
        "DELETE FROM renamed_visits WHERE visit = ?", [(visit,) for visit, _ in gone]
    )
    return _aged(connection, [seq for _, seq in gone])


def _expire_outages(connection: sqlite3.Connection, ages: Ages) -> Aged:
    return _expire_ended(connection, ("outages", "id", "to_ns"), ages.movements_since_ns)


def _expire_checkouts(connection: sqlite3.Connection, ages: Ages) -> Aged:
    return _expire_ended(connection, ("checkouts", "id", "closed_ns"), ages.alerts_since_ns)


def _expire_outings(connection: sqlite3.Connection, ages: Ages) -> Aged:
    return _expire_ended(connection, ("outings", "id", "ended_ns"), ages.alerts_since_ns)


def _expire_ended(
    connection: sqlite3.Connection, kind: tuple[str, str, str], since_ns: int
) -> Aged:
    table, key, end_ns = kind
    gone = connection.execute(
        f"DELETE FROM {table} WHERE {key} IN"  # noqa: S608 - constants
        f" (SELECT {key} FROM {table} WHERE {end_ns} < ? ORDER BY {end_ns} LIMIT ?)",
        (since_ns, ROWS_A_STEP),
    ).rowcount
    return Aged(gone, {})


def _expire_alerts(connection: sqlite3.Connection, ages: Ages) -> Aged:
    """Alerts that were cleared, and when they called people."""
    gone = connection.execute(
        "DELETE FROM alerts WHERE NOT open AND id IN"
        " (SELECT id FROM alerts WHERE closed_ns < ? ORDER BY closed_ns LIMIT ?)"
        " RETURNING id, seq",
        (ages.alerts_since_ns, ROWS_A_STEP),
    ).fetchall()
    connection.executemany(
        "DELETE FROM annunciations WHERE alert = ?", [(alert,) for alert, _ in gone]
    )
    return _aged(connection, [seq for _, seq in gone])


def _decide_audit(connection: sqlite3.Connection, ages: Ages) -> Aged:
    """Say, at most once a day, up to which line the log is past keeping; then these may go.

    The log is only ever shortened at its beginning, so a line that is too young keeps those
    behind it. That it was shortened is a line of the log itself.
    """
    expired = expired_of(connection)
    lines = connection.execute(
        "SELECT number, at_ns, seq, hash FROM audit WHERE number > ? ORDER BY number LIMIT ?",
        (expired.lines, 1),
    ).fetchall()
    if not lines or lines[0][1] >= ages.audit_since_ns - DAY_NS:
        return _NONE
    lines = connection.execute(
        "SELECT number, at_ns, max(coalesce(seq, 0)) OVER (ORDER BY number), hash FROM audit"
        " WHERE number > ? ORDER BY number LIMIT ?",
        (expired.lines, _AUDIT_LINES_LOOKED_AT),
    ).fetchall()
    young = next(
        (place for place, line in enumerate(lines) if line[1] >= ages.audit_since_ns), len(lines)
    )
    number, _, seq, digest = lines[young - 1]
    connection.executemany(
        "UPDATE marks SET value = ? WHERE name = ?",
        [(number, "audit_expired"), (digest, "audit_anchor")],
    )
    connection.execute("UPDATE marks SET value = max(value, ?) WHERE name = 'audit_after'", (seq,))
    detail = {"through": number, "hash": digest.hex()}
    told = AuditEntry(None, ages.now_ns, GATEWAY, EXPIRED, str(number), "", detail)
    append_audit(connection, [told])
    return _NONE


def _expire_audit(connection: sqlite3.Connection, _: Ages) -> Aged:
    """Remove lines of which that was decided."""
    gone = connection.execute(
        "DELETE FROM audit WHERE number IN"
        " (SELECT number FROM audit WHERE number <= ? ORDER BY number LIMIT ?)",
        (expired_of(connection).lines, ROWS_A_STEP),
    ).rowcount
    return Aged(gone, {})


def _expire_private(connection: sqlite3.Connection, ages: Ages) -> Aged:
    turn = last_position(connection) // len(_STEPS)
    return Aged(expire_private(connection, ages.private, ages.now_ns, turn), {})


def _aged(connection: sqlite3.Connection, seqs: Sequence[int]) -> Aged:
    """Count what went, and what of it other stores still had to get."""
    if not seqs:
        return _NONE
    lanes = connection.execute(
        "SELECT store, after, coalesce(until, ?) FROM shipments WHERE part = ?",
        (max(seqs), DECISIONS),
    ).fetchall()
    unshipped: dict[str, int] = {}
    for store, after, until in lanes:
        if number := sum(after < seq <= until for seq in seqs):
            unshipped[store] = unshipped.get(store, 0) + number
    return Aged(len(seqs), unshipped)


_STEPS: tuple[Step, ...] = (
    _expire_movements,
    _expire_visits,
    _expire_crossings,
    _expire_alerts,
    _decide_audit,
    _expire_audit,
    _expire_outages,
    _expire_checkouts,
    _expire_outings,
    _expire_private,
)
