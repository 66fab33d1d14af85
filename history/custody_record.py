"""Writes check-outs, and the stays outside under them, into the tables that people query."""

import sqlite3

import msgspec

from alerts.alert import Event
from inventory.custody import OPEN_STATES, CustodyChanged

_WRITE = (
    "INSERT INTO checkouts (id, opened_seq, seq, state, open, person, asset, category,"
    " grouping, opened_ns, closed_ns, closed_by, closed_why, terms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, state = excluded.state,"
    " open = excluded.open, closed_ns = excluded.closed_ns, closed_by = excluded.closed_by,"
    " closed_why = excluded.closed_why, terms = excluded.terms"
)


def record_custody(connection: sqlite3.Connection, seq: int, told: CustodyChanged | Event) -> None:
    """Write a step of a check-out, or what an event says of who is out."""
    if isinstance(told, CustodyChanged):
        _record_step(connection, seq, told)
    else:
        _record_outing(connection, seq, told)


def _record_step(connection: sqlite3.Connection, seq: int, change: CustodyChanged) -> None:
    """Write a check-out as it is after a step; with its end all stays under it end."""
    terms, is_open = change.terms, change.state in OPEN_STATES
    connection.execute(
        _WRITE,
        (
            terms.id,
            seq,
            seq,
            change.state,
            is_open,
            terms.person,
            terms.asset or None,
            terms.category or None,
            terms.group or None,
            terms.arrival_ns,
            None if is_open else change.at_ns,
            None if is_open else change.actor,
            None if is_open else change.why,
            msgspec.msgpack.encode(terms),
        ),
    )
    if not is_open:
        connection.execute(
            "UPDATE outings SET ended_ns = max(left_ns, ?), ended = ?"
            " WHERE checkout = ? AND ended_ns IS NULL",
            (change.at_ns, change.state, terms.id),
        )


def _record_outing(connection: sqlite3.Connection, seq: int, event: Event) -> None:
    """Write what an event of a checked-out asset says; another event says nothing of stays."""
    if event.kind == "authorised_return":
        _end(connection, event, "back")
    elif event.kind == "authorised_exit" and event.late:
        _begin(connection, seq, event, (max(event.time_ns, event.at_ns), "late"))
    elif event.kind == "authorised_exit":
        _end(connection, event, "extended")
        _begin(connection, seq, event, (None, None))


def _begin(
    connection: sqlite3.Connection, seq: int, event: Event, end: tuple[int | None, str | None]
) -> None:
    """Write a stay once: the id of its event says which it is. `end` is when and how."""
    connection.execute(
        "INSERT INTO outings (id, seq, checkout, asset, tag, from_zone, to_zone, portal, left_ns,"
        " ended_ns, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (
            event.id,
            seq,
            event.reference,
            event.asset,
            event.tag,
            event.from_zone,
            event.to_zone,
            event.portal,
            event.time_ns,
            *end,
        ),
    )


def _end(connection: sqlite3.Connection, event: Event, ended: str) -> None:
    connection.execute(
        "UPDATE outings SET ended_ns = max(left_ns, ?), ended = ?"
        " WHERE asset = ? AND ended_ns IS NULL",
        (event.time_ns if ended == "back" else event.at_ns, ended, event.asset),
    )
