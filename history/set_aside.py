"""Lines that another store refuses for good, kept until somebody sends them again or drops them."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

LINES_MAX = 10_000
"""Beyond so many the oldest goes."""
REASON_CHARACTERS_MAX = 500


class Refused(NamedTuple):
    """A line as it was sent, and what the store says about it."""

    line: str
    reason: str


class SetAside(NamedTuple):
    """A line that was put aside at `at_ns`; a higher `id` was put aside later."""

    id: int
    store: str
    at_ns: int
    reason: str
    line: str


def put_aside(
    connection: sqlite3.Connection, store: str, at_ns: int, refused: Sequence[Refused]
) -> int:
    """Keep lines, within the caller's transaction; how many older ones went for lack of room."""
    connection.executemany(
        "INSERT INTO set_aside (store, at_ns, reason, line) VALUES (?, ?, ?, ?)",
        [(store, at_ns, reason[:REASON_CHARACTERS_MAX], line) for line, reason in refused],
    )
    return connection.execute(
        "DELETE FROM set_aside WHERE id IN"
        " (SELECT id FROM set_aside ORDER BY id DESC LIMIT -1 OFFSET ?)",
        (LINES_MAX,),
    ).rowcount


def read_aside(
    connection: sqlite3.Connection, store: str, after: int = 0, limit: int = LINES_MAX
) -> list[SetAside]:
    """The lines behind an id, oldest first."""
    rows = connection.execute(
        "SELECT id, store, at_ns, reason, line FROM set_aside"
        " WHERE store = ? AND id > ? ORDER BY id LIMIT ?",
        (store, after, limit),
    )
    return [SetAside(*row) for row in rows]


def count_aside(connection: sqlite3.Connection, store: str) -> int:
    """How many lines are kept."""
    row = connection.execute("SELECT count(*) FROM set_aside WHERE store = ?", (store,)).fetchone()
    return int(row[0])


def drop_aside(connection: sqlite3.Connection, store: str, ids: Sequence[int] | None) -> int:
    """Forget lines, all with None, within the caller's transaction; how many went."""
    if ids is None:
        return connection.execute("DELETE FROM set_aside WHERE store = ?", (store,)).rowcount
    return connection.executemany(
        "DELETE FROM set_aside WHERE store = ? AND id = ?", [(store, number) for number in ids]
    ).rowcount
