"""Where things were at a time, or are now: by the visits, as they are known by now.

Visits that were known only late count for no time: whatever came after them was the truth then.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from history.gaps import ALWAYS_NS, Covers, concerns
from history.outages import GATEWAY, Outage, outages_of
from history.paging import (
    PageRequest,
    bounded,
    checked_limit,
    compare_of,
    decode_cursor,
    direction_of,
    encode_cursor,
)
from history.scope import UNLIMITED, Narrowing, Sight, in_groups, in_zones

_OPEN_AT = "from_ns <= :at_ns AND (to_ns IS NULL OR to_ns > :at_ns) AND ended IS NOT 'late'"
_POSITION = f"""
SELECT tag, zone, from_ns, to_ns, ended FROM visits
WHERE asset = :asset AND from_ns <= :at_ns AND ended IS NOT 'late'
ORDER BY {_OPEN_AT} DESC, from_ns DESC, id DESC LIMIT 1
"""  # noqa: S608 - a constant

_CLASS_LENGTHS_NS = tuple(64 * 10**9 * 8**number for number in range(6))
"""How long a visit of each class of `visits.length_class` is at most; those of the last may be
of any length."""

_IN_CLASS = f"""
SELECT id, tag, asset, zone, from_ns FROM visits INDEXED BY visits_by_length
WHERE zone IN (SELECT value FROM json_each(:zones)) AND length_class = {{0}}
AND from_ns > {{1}} AND {_OPEN_AT}
"""  # noqa: S608 - a constant
_GOING_ON = f"""
SELECT id, tag, asset, zone, from_ns FROM visits INDEXED BY visits_open_in_zone
WHERE zone IN (SELECT value FROM json_each(:zones)) AND to_ns IS NULL AND {_OPEN_AT}
"""  # noqa: S608 - a constant
_THERE = " UNION ALL ".join(
    [
        _GOING_ON,
        *(
            _IN_CLASS.format(number, f":at_ns - {length}")
            for number, length in enumerate(_CLASS_LENGTHS_NS)
        ),
        _IN_CLASS.format(len(_CLASS_LENGTHS_NS), -ALWAYS_NS),
    ]
)
_PRESENT = f"""
SELECT there.*, assets.name, there.asset IS NULL AS unbound,
    coalesce(there.asset, there.tag) AS subject
FROM ({_THERE}) AS there LEFT JOIN assets ON assets.id = there.asset
WHERE NOT EXISTS (
    SELECT 1 FROM visits AS newer INDEXED BY visits_by_asset
    WHERE newer.asset = there.asset AND newer.from_ns >= there.from_ns AND newer.from_ns <= :at_ns
    AND (newer.to_ns IS NULL OR newer.to_ns > :at_ns) AND newer.ended IS NOT 'late'
    AND (newer.from_ns, newer.id) > (there.from_ns, there.id)
)
"""  # noqa: S608 - a constant
_BEHIND = "AND (there.asset IS NULL, coalesce(there.asset, there.tag)) {} (:unbound, :subject)"

_POSITIONS = """
SELECT last_visits.tag, visits.asset, visits.zone, visits.from_ns, visits.to_ns, visits.ended,
    assets.name
FROM last_visits CROSS JOIN visits ON visits.id = {0}
LEFT JOIN assets ON assets.id = visits.asset
"""
_VISIT_THEN = """(
    SELECT id FROM visits AS earlier INDEXED BY visits_by_tag
    WHERE earlier.tag = last_visits.tag AND earlier.from_ns <= :at_ns
        AND earlier.ended IS NOT 'late'
    ORDER BY earlier.from_ns DESC, earlier.id DESC LIMIT 1
)"""
_HOLDS = "(visits.to_ns IS NULL OR visits.to_ns > :at_ns)"


_SEEN_THERE = Narrowing(in_zones("there.zone"), in_groups("assets.grouping"))
_SEEN_POSITIONS = Narrowing(in_zones("visits.zone"), in_groups("assets.grouping"))


class PositionFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Positions of tags: those in some zones, those with a part of asset id, name or tag."""

    zones: tuple[str, ...] | None = None
    like: str | None = None


def position_at(connection: sqlite3.Connection, asset: str, at_ns: int) -> sqlite3.Row | None:
    """Fetch the newest visit of an asset that went on at a time, else the newest before it."""
    values = {"asset": asset, "at_ns": bounded(at_ns)}
    row: sqlite3.Row | None = connection.execute(_POSITION, values).fetchone()
    return row


def present_at(
    connection: sqlite3.Connection,
    zones: Sequence[str],
    at_ns: int,
    request: PageRequest,
    sight: Sight = UNLIMITED,
) -> tuple[list[sqlite3.Row], str | None]:
    """Fetch one page of what was in any of the zones at a time, as `present_in` does of now."""
    limit = checked_limit(request)
    seen, names = sight.narrow(_SEEN_THERE)
    values: dict[str, Any] = {
        **names,
        "zones": msgspec.json.encode(zones).decode(),
        "at_ns": bounded(at_ns),
        "rows": limit + 1,
    }
    parts = [_PRESENT, *(f"AND {condition}" for condition in seen)]
    if request.cursor is not None:
        values["unbound"], values["subject"] = decode_cursor("present", request, (int, str))
        parts.append(_BEHIND.format(compare_of(request)))
    parts.append("ORDER BY unbound {0}, subject {0} LIMIT :rows".format(direction_of(request)))
    rows: list[sqlite3.Row] = connection.execute(" ".join(parts), values).fetchall()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], encode_cursor("present", request.sort, (last["unbound"], last["subject"]))


def positions_in(
    connection: sqlite3.Connection,
    wanted: PositionFilter,
    at_ns: int | None,
    request: PageRequest,
    sight: Sight = UNLIMITED,
) -> tuple[list[sqlite3.Row], str | None]:
    """Fetch one page of the newest visit of each tag, at a time or now (None), by tag."""
    limit = checked_limit(request)
    conditions, values = _narrowed(wanted)
    seen, names = sight.narrow(_SEEN_POSITIONS)
    conditions += seen
    values |= names
    values |= {"at_ns": ALWAYS_NS - 1 if at_ns is None else bounded(at_ns), "rows": limit + 1}
    if request.cursor is not None:
        (values["after"],) = decode_cursor("positions", request, (str,))
        conditions.append(f"last_visits.tag {compare_of(request)} :after")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f"ORDER BY last_visits.tag {direction_of(request)} LIMIT :rows"
    chosen = "last_visits.visit" if at_ns is None else _VISIT_THEN
    statement = f"{_POSITIONS.format(chosen)} {where} {order}"
    rows: list[sqlite3.Row] = connection.execute(statement, values).fetchall()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode_cursor("positions", request.sort, (rows[limit - 1]["tag"],))


def _narrowed(wanted: PositionFilter) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if wanted.zones is not None:
        values["zones"] = msgspec.json.encode(wanted.zones).decode()
        conditions += ["visits.zone IN (SELECT value FROM json_each(:zones))", _HOLDS]
    if wanted.like is not None:
        values["like"] = wanted.like
        fields = ("last_visits.tag", "visits.asset", "assets.name")
        terms = " OR ".join(f"{field} LIKE :like ESCAPE '\\'" for field in fields)
        conditions.append(f"({terms})")
    return conditions, values


class Hearing:
    """Who could not hear at one time, asked for zones."""

    def __init__(self, outages: Sequence[Outage], covers: Covers) -> None:
        self._outages = outages
        self._covers = covers

    def unheard_since_ns(self, zone: str) -> int | None:
        """Since when at least one that covers the zone could not hear; None while all could."""
        points = self._covers.get(zone, frozenset())
        return min(
            (
                each.from_ns
                for each in self._outages
                if each.reader == GATEWAY or concerns(each, points)
            ),
            default=None,
        )


def hearing_at(connection: sqlite3.Connection, covers: Covers, at_ns: int) -> Hearing:
    """Read who could not hear at a time."""
    names = sorted({name for points in covers.values() for name, _ in points})
    return Hearing(outages_of(connection, names, at_ns, at_ns + 1), covers)
