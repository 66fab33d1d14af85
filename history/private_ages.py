"""What tells where people are is forgotten sooner: a few assets of such categories with each turn.

An asset that has left the register has no category any more, so its past is kept as that of others.
"""

import sqlite3
from typing import NamedTuple

import msgspec

from tags.times import SECOND_NS

ASSETS_A_TURN = 500
ROWS_A_TURN = 200
DAY_NS = 86_400 * SECOND_NS
_OF_THEM = "asset IN (SELECT value FROM json_each(:assets))"
_ENDED = f"{_OF_THEM} AND closed_ns < :since_ns LIMIT :rows"
# What ended before has begun before, and that is what the index knows.
_OVER = "from_ns < :since_ns AND to_ns < :since_ns AND id < (SELECT max(id) FROM visits)"
_STATEMENTS = tuple(
    f"DELETE FROM {table} WHERE {key} IN (SELECT {found} WHERE {where})"  # noqa: S608 - constants
    for table, key, found, where in (
        (
            "movements",
            "seq",
            "seq FROM movements",
            f"{_OF_THEM} AND time_ns < :since_ns LIMIT :rows",
        ),
        (
            "crossings",
            "seq",
            "seq FROM crossings",
            f"{_OF_THEM} AND time_ns < :since_ns LIMIT :rows",
        ),
        (
            "visits",
            "id",
            "id FROM visits",
            f"{_OF_THEM} AND {_OVER} LIMIT :rows",
        ),
        ("annunciations", "alert", "id FROM alerts", f"NOT open AND {_ENDED}"),
        ("alerts", "id", "id FROM alerts", f"NOT open AND {_ENDED}"),
    )
)


class PrivateAges(NamedTuple):
    """Categories of assets, and for how many days what is kept of them stays; 0 is no limit."""

    categories: tuple[str, ...] = ()
    days: int = 0

    def since_ns(self, now_ns: int) -> int:
        """From when on it is kept."""
        return now_ns - self.days * DAY_NS


def expire_private(
    connection: sqlite3.Connection, private: PrivateAges, now_ns: int, turn: int
) -> int:
    """Forget at most a few rows of each kind, of the assets whose turn it is; how many went."""
    if not private.days:
        return 0
    assets = _assets_of(connection, private.categories, turn)
    if not assets:
        return 0
    asked = {
        "assets": msgspec.json.encode(assets).decode(),
        "since_ns": private.since_ns(now_ns),
        "rows": ROWS_A_TURN,
    }
    return sum(connection.execute(statement, asked).rowcount for statement in _STATEMENTS)


def private_tags(connection: sqlite3.Connection, categories: tuple[str, ...]) -> list[str]:
    """The tags that assets of these categories carry or carried."""
    rows = connection.execute(
        "SELECT DISTINCT tag FROM bindings JOIN assets ON assets.id = bindings.asset"
        " WHERE category IN (SELECT value FROM json_each(?)) ORDER BY tag",
        (msgspec.json.encode(categories).decode(),),
    )
    return [row[0] for row in rows]


def _assets_of(connection: sqlite3.Connection, categories: tuple[str, ...], turn: int) -> list[str]:
    (last,) = connection.execute("SELECT coalesce(max(rowid), 0) FROM assets").fetchone()
    begin = turn % (last // ASSETS_A_TURN + 1) * ASSETS_A_TURN
    rows = connection.execute(
        "SELECT id FROM assets WHERE rowid > ? AND rowid <= ?"
        " AND category IN (SELECT value FROM json_each(?))",
        (begin, begin + ASSETS_A_TURN, msgspec.json.encode(categories).decode()),
    )
    return [row[0] for row in rows]
