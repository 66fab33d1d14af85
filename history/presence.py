"""Where assets are now, by the open visits of the tags that they carry."""

import sqlite3
from collections.abc import Iterable, Sequence
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from history.paging import (
    PageRequest,
    checked_limit,
    compare_of,
    decode_cursor,
    direction_of,
    encode_cursor,
)
from history.scope import UNLIMITED, Narrowing, Sight, in_groups, in_zones

# An index that has the order of the page: a zone with very many is not read from its begin.
_PRESENT = """
SELECT visits.id, visits.tag, visits.asset, visits.zone, visits.from_ns, assets.name,
    visits.asset IS NULL AS unbound, coalesce(visits.asset, visits.tag) AS subject
FROM visits INDEXED BY visits_open_in_zone LEFT JOIN assets ON assets.id = visits.asset
WHERE visits.to_ns IS NULL AND visits.zone = :zone
"""
_NEWEST_OF_ASSET = """NOT EXISTS (
    SELECT 1 FROM visits AS newer INDEXED BY visits_open_of_asset
    WHERE newer.asset = visits.asset AND newer.to_ns IS NULL
    AND (newer.from_ns, newer.id) > (visits.from_ns, visits.id)
)"""

_SEEN = Narrowing(in_zones("visits.zone"), in_groups("assets.grouping"))

_NEWEST_OPEN = """
SELECT tag, zone, from_ns, to_ns, ended FROM visits INDEXED BY visits_open_of_asset
WHERE asset = ? AND to_ns IS NULL ORDER BY from_ns DESC, id DESC LIMIT 1
"""
_NEWEST = """
SELECT tag, zone, from_ns, to_ns, ended FROM visits WHERE asset = ? AND ended IS NOT 'late'
ORDER BY from_ns DESC, id DESC LIMIT 1
"""


class Stretch(NamedTuple):
    """A part of the order: assets, or tags without asset, behind one of them."""

    unbound: bool
    after: str | None = None


def present_in(
    connection: sqlite3.Connection,
    zones: Sequence[str],
    request: PageRequest,
    sight: Sight = UNLIMITED,
) -> tuple[list[sqlite3.Row], str | None]:
    """Fetch one page of what is in any of the zones, each asset once.

    The order is that of the assets, not of the visits: so nothing that stays
    within the zones during paging is left out or shown twice. The cost is that
    of the page, wherever it begins.
    """
    limit = checked_limit(request)
    seen = [zone for zone in dict.fromkeys(zones) if sight.sees_zone(zone)]
    rows: list[sqlite3.Row] = []
    for stretch in _stretches(request):
        found = [present_query(zone, stretch, request, sight) for zone in seen]
        rows += _merged(connection, found, limit + 1 - len(rows), request)
        if len(rows) > limit:
            break
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], encode_cursor("present", request.sort, (last["unbound"], last["subject"]))


def present_query(
    zone: str, stretch: Stretch, request: PageRequest, sight: Sight = UNLIMITED
) -> tuple[str, dict[str, Any]]:
    """Write the statement and values for what is in one zone, in order, from a stretch on."""
    seen, names = sight.narrow(_SEEN)
    order = direction_of(request)
    column = "visits.tag" if stretch.unbound else "visits.asset"
    # Only one lower bound: SQLite seeks by the first that it finds.
    conditions = ["visits.asset IS NULL" if stretch.unbound else _NEWEST_OF_ASSET, *seen]
    if stretch.after is None or order == "DESC":
        conditions.append(f"{column} >= ''")
    if stretch.after is not None:
        conditions.append(f"{column} {compare_of(request)} :after")
    statement = " AND ".join([_PRESENT, *conditions])
    values = {**names, "zone": zone, "after": stretch.after, "rows": checked_limit(request) + 1}
    return f"{statement} ORDER BY {column} {order} LIMIT :rows", values


def _stretches(request: PageRequest) -> list[Stretch]:
    """What is left of the order behind the cursor. Raises QuestionError."""
    order = [False, True] if direction_of(request) == "ASC" else [True, False]
    if request.cursor is None:
        return [Stretch(unbound) for unbound in order]
    unbound, after = decode_cursor("present", request, (int, str))
    begun = order.index(bool(unbound))
    return [Stretch(order[begun], after), *map(Stretch, order[begun + 1 :])]


def _merged(
    connection: sqlite3.Connection,
    found: Iterable[tuple[str, dict[str, Any]]],
    count: int,
    request: PageRequest,
) -> list[sqlite3.Row]:
    """The first rows of all zones together; of each no more is read than is needed."""
    cursors = [connection.execute(statement, values) for statement, values in found]
    try:
        reverse = direction_of(request) == "DESC"
        return list(islice(merge(*cursors, key=itemgetter("subject"), reverse=reverse), count))
    finally:
        for cursor in cursors:
            cursor.close()


def position_of(connection: sqlite3.Connection, asset: str) -> sqlite3.Row | None:
    """Fetch the newest open visit of an asset, else its newest one; None if it had none.

    Those that were known only late are of the past, whatever came after them.
    """
    for statement in (_NEWEST_OPEN, _NEWEST):
        row: sqlite3.Row | None = connection.execute(statement, (asset,)).fetchone()
        if row is not None:
            return row
    return None
