"""The movements, crossings and visits of one asset in one list."""

import sqlite3
from collections.abc import Collection
from typing import Any

import msgspec

from history.filters import VisitFilter
from history.listings import CROSSINGS, MOVEMENTS, VISITS
from history.paging import (
    Listing,
    PageRequest,
    bounded,
    checked_limit,
    compare_of,
    decode_cursor,
    direction_of,
    encode_cursor,
)
from history.scope import UNLIMITED, Sight
from history.visit_ranges import OVERLAPS_SINCE

TYPES = ("movement", "visit", "crossing")
_LISTINGS = (MOVEMENTS, VISITS, CROSSINGS)


def timeline_of(
    connection: sqlite3.Connection,
    window: VisitFilter,
    request: PageRequest,
    types: Collection[str] = TYPES,
    sight: Sight = UNLIMITED,
) -> tuple[list[tuple[str, sqlite3.Row]], str | None]:
    """Fetch one page of what an asset did, each row with its type, and the cursor behind it."""
    limit = checked_limit(request)
    statement, values = timeline_query(window, request, types, sight)
    keys = [tuple(key) for key in connection.execute(statement, values)]
    shown = keys[:limit]
    rows = [_rows(connection, listing, part, shown) for part, listing in enumerate(_LISTINGS)]
    cursor = encode_cursor("history", request.sort, shown[-1]) if len(keys) > limit else None
    return [(TYPES[part], rows[part][key]) for _, part, key in shown], cursor


def timeline_query(
    window: VisitFilter,
    request: PageRequest,
    types: Collection[str] = TYPES,
    sight: Sight = UNLIMITED,
) -> tuple[str, dict[str, Any]]:
    """Write the statement for the keys (seq, part, id) of a page and one more."""
    values: dict[str, Any] = {"asset": window.asset, "rows": checked_limit(request) + 1}
    movements = ["SELECT seq, 0 AS part, seq AS id FROM movements WHERE asset = :asset"]
    visits = ["SELECT seq, 1 AS part, id FROM visits WHERE asset = :asset"]
    crossings = ["SELECT seq, 2 AS part, seq AS id FROM crossings WHERE asset = :asset"]
    if window.since_ns is not None:
        values["since_ns"] = bounded(window.since_ns)
        movements.append("time_ns >= :since_ns")
        crossings.append("time_ns >= :since_ns")
        visits.append(OVERLAPS_SINCE)
    if window.until_ns is not None:
        values["until_ns"] = bounded(window.until_ns)
        movements.append("time_ns < :until_ns")
        crossings.append("time_ns < :until_ns")
        visits.append("from_ns < :until_ns")
    for source, listing in (movements, MOVEMENTS), (visits, VISITS), (crossings, CROSSINGS):
        seen, names = sight.narrow(listing.seen)
        source.extend(seen)
        values |= names
    kinds = zip(TYPES, (movements, visits, crossings), strict=True)
    sources = (" AND ".join(conditions) for kind, conditions in kinds if kind in types)
    parts = ["SELECT seq, part, id FROM (", " UNION ALL ".join(sources), ")"]
    if request.cursor is not None:
        behind = decode_cursor("history", request, (int, int, int))
        values["seq"], values["part"], values["id"] = behind
        parts.append(f"WHERE (seq, part, id) {compare_of(request)} (:seq, :part, :id)")
    order = direction_of(request)
    parts.append(f"ORDER BY seq {order}, part {order}, id {order} LIMIT :rows")
    return " ".join(parts), values


def _rows(
    connection: sqlite3.Connection,
    listing: Listing,
    part: int,
    keys: list[tuple[int, ...]],
) -> dict[int, sqlite3.Row]:
    """Fetch the rows behind those keys that belong to the listing, by their key."""
    wanted = [key for _, of, key in keys if of == part]
    if not wanted:
        return {}
    statement = ["SELECT", listing.columns, "FROM", listing.name, "WHERE", listing.key]
    statement.append("IN (SELECT value FROM json_each(?))")
    rows = connection.execute(" ".join(statement), (msgspec.json.encode(wanted).decode(),))
    # The key is the first of the columns.
    return {row[0]: row for row in rows}
