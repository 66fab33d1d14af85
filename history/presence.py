"""Where assets are now, by the open visits of the tags that they carry."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from history.paging import (
    PageRequest,
    checked_limit,
    compare_of,
    decode_cursor,
    direction_of,
    encode_cursor,
)
from history.scope import UNLIMITED, Narrowing, Sight, in_groups, in_zones

# Left to itself, SQLite takes the index of all visits there ever were.
_PRESENT = """
SELECT visits.id, visits.tag, visits.asset, visits.zone, visits.from_ns, assets.name,
    visits.asset IS NULL AS unbound, coalesce(visits.asset, visits.tag) AS subject
FROM visits INDEXED BY visits_open_in_zone LEFT JOIN assets ON assets.id = visits.asset
WHERE visits.to_ns IS NULL AND visits.zone IN (SELECT value FROM json_each(:zones))
AND NOT EXISTS (
    SELECT 1 FROM visits AS newer INDEXED BY visits_open_of_asset
    WHERE newer.asset = visits.asset AND newer.to_ns IS NULL
    AND (newer.from_ns, newer.id) > (visits.from_ns, visits.id)
)
"""
_BEHIND = "AND (visits.asset IS NULL, coalesce(visits.asset, visits.tag)) {} (:unbound, :subject)"
_IN_ORDER = "ORDER BY unbound {0}, subject {0} LIMIT :rows"

_SEEN = Narrowing(in_zones("visits.zone"), in_groups("assets.grouping"))

_NEWEST_OPEN = """
SELECT tag, zone, from_ns, to_ns, ended FROM visits INDEXED BY visits_open_of_asset
WHERE asset = ? AND to_ns IS NULL ORDER BY from_ns DESC, id DESC LIMIT 1
"""
_NEWEST = """
SELECT tag, zone, from_ns, to_ns, ended FROM visits WHERE asset = ? AND ended IS NOT 'late'
ORDER BY from_ns DESC, id DESC LIMIT 1
"""


def present_in(
    connection: sqlite3.Connection,
    zones: Sequence[str],
    request: PageRequest,
    sight: Sight = UNLIMITED,
) -> tuple[list[sqlite3.Row], str | None]:
    """Fetch one page of what is in any of the zones, each asset once.

    The order is that of the assets, not of the visits: so nothing that stays
    within the zones during paging is left out or shown twice.
    """
    limit = checked_limit(request)
    statement, values = present_query(zones, request, sight)
    rows: list[sqlite3.Row] = connection.execute(statement, values).fetchall()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], encode_cursor("present", request.sort, (last["unbound"], last["subject"]))


def present_query(
    zones: Sequence[str], request: PageRequest, sight: Sight = UNLIMITED
) -> tuple[str, dict[str, Any]]:
    """Write the statement and values for a page and one row more."""
    seen, names = sight.narrow(_SEEN)
    values: dict[str, Any] = {
        **names,
        "zones": msgspec.json.encode(zones).decode(),
        "rows": checked_limit(request) + 1,
    }
    parts = [_PRESENT, *(f"AND {condition}" for condition in seen)]
    if request.cursor is not None:
        values["unbound"], values["subject"] = decode_cursor("present", request, (int, str))
        parts.append(_BEHIND.format(compare_of(request)))
    parts.append(_IN_ORDER.format(direction_of(request)))
    return " ".join(parts), values


def position_of(connection: sqlite3.Connection, asset: str) -> sqlite3.Row | None:
    """Fetch the newest open visit of an asset, else its newest one; None if it had none.

    Those that were known only late are of the past, whatever came after them.
    """
    for statement in (_NEWEST_OPEN, _NEWEST):
        row: sqlite3.Row | None = connection.execute(statement, (asset,)).fetchone()
        if row is not None:
            return row
    return None
