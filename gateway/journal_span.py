"""A span of the journal, read a little at a time beside the gateway that writes it.

Each step is a transaction of its own: one that is held for long would keep the log of the
database from being written back.
"""

import sqlite3
from collections.abc import Iterator
from typing import Literal, NamedTuple

from gateway.entries import Entry, decode_entries
from tags.times import SECOND_NS

LEAD_NS = 3600 * SECOND_NS
"""So long before a span it is read, to learn who was where."""
STEP_GROUPS = 50

Lack = Literal["young", "retention"]


class JournalSpan(NamedTuple):
    """Groups `first` (of `begin_ns`) to `last`; alerts count from `from_ns` on.

    `lack` is why that is later than what was asked for.
    """

    first: int
    last: int
    begin_ns: int
    from_ns: int
    lack: Lack | None


def journal_span(connection: sqlite3.Connection, since_ns: int, until_ns: int) -> JournalSpan:
    """Look up what there is from `since_ns` on; `last` is before `first` where there is nothing."""
    first, last = connection.execute("SELECT min(position), max(position) FROM journal").fetchone()
    if first is None:
        return JournalSpan(1, 0, until_ns, until_ns, "young")
    oldest_ns = _now_ns(connection, first)
    begin = _first_since(connection, since_ns - LEAD_NS, first, last)
    begin_ns = _now_ns(connection, begin)
    if oldest_ns <= since_ns:
        return JournalSpan(begin, last, begin_ns, since_ns, None)
    lack: Lack = "young" if first <= 1 else "retention"
    return JournalSpan(begin, last, begin_ns, oldest_ns, lack)


def groups_of(
    connection: sqlite3.Connection, span: JournalSpan
) -> Iterator[tuple[int, int, list[Entry]]]:
    """The groups of a span in order: position, the time then, entries. Some may have gone."""
    after = span.first - 1
    while after < span.last:
        rows = connection.execute(
            "SELECT position, now_ns, entries FROM journal WHERE position > ? AND position <= ?"
            " ORDER BY position LIMIT ?",
            (after, span.last, STEP_GROUPS),
        ).fetchall()
        if not rows:
            return
        for position, now_ns, blob in rows:
            yield position, now_ns, decode_entries(blob)
        after = rows[-1][0]


def _first_since(connection: sqlite3.Connection, since_ns: int, low: int, high: int) -> int:
    """The first position at or after a time, by halving: times rise with positions."""
    while low < high:
        middle = (low + high) // 2
        if _now_ns(connection, middle) < since_ns:
            low = middle + 1
        else:
            high = middle
    return low


def _now_ns(connection: sqlite3.Connection, position: int) -> int:
    row = connection.execute(
        "SELECT now_ns FROM journal WHERE position >= ? ORDER BY position LIMIT 1", (position,)
    ).fetchone()
    return 0 if row is None else int(row[0])
