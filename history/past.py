"""The past of one asset by time: what it did, where it was, and when nobody knew.

A page is read in three steps: of each kind of row as many as the page may hold; down to the
oldest key of a kind that has more, all kinds are complete; gaps are made for that span alone.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import msgspec

from history.gaps import ALWAYS_NS, Covers, Gap, Stay, gaps_of
from history.listings import CROSSINGS, MOVEMENTS, VISITS
from history.outages import outages_of
from history.paging import (
    Listing,
    Page,
    PageRequest,
    QuestionError,
    bounded,
    checked_limit,
    decode_cursor,
    encode_cursor,
)
from history.positions_in_zones import times_in_zones
from history.questions import crossing_row_json, movement_row_json, visit_row_json
from history.scope import UNLIMITED, Sight
from history.sightings import SightingStore
from history.visit_ranges import OVERLAPS_SINCE
from tags.reads import Fix
from tags.times import format_time

PastType = Literal["movement", "visit", "crossing", "position", "gap"]
BINDINGS_MAX = 1_000
"""Tags that an asset carried one after the other, the newest first, whose positions are told."""

_NAME = "past"
_HIDDEN_ROWS = 500
_EARLY_NS = -(2**63)
_SHAPE = (int, int, int, str)
_PARTS: dict[PastType, int] = {
    "movement": 0,
    "visit": 1,
    "crossing": 2,
    "position": 3,
    "gap": 4,
}
_Key = tuple[int, int, int, str]
"""Time, kind, number and tag: what a row is sorted by, and its place in a cursor."""


class PastQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of an asset: their kinds, and what they touch, half-open (None is open).

    Who is limited to zones gets the rows that are about them: positions while it was in one.
    """

    asset: str
    types: frozenset[PastType]
    since_ns: int | None = None
    until_ns: int | None = None
    covers: Covers = {}
    sight: Sight = UNLIMITED


class _Row(NamedTuple):
    key: _Key
    shown: dict[str, Any]


class _Table(NamedTuple):
    type: PastType
    listing: Listing
    time: str
    show: Callable[[sqlite3.Row], dict[str, Any]]
    since: str


_TABLES = (
    _Table("movement", MOVEMENTS, "time_ns", movement_row_json, "time_ns >= :since_ns"),
    _Table("visit", VISITS, "from_ns", visit_row_json, OVERLAPS_SINCE),
    _Table("crossing", CROSSINGS, "time_ns", crossing_row_json, "time_ns >= :since_ns"),
)


def past_of(
    reader: sqlite3.Connection,
    sightings: SightingStore,
    wanted: PastQuestion,
    request: PageRequest,
) -> Page:
    """List the past of an asset, the newest first, each row with its `type`.

    Raises QuestionError for a cursor that is not from this list, and for another order.
    """
    if request.sort != "-time":
        raise QuestionError("sort", "positions and gaps are listed by -time, the newest first")
    limit = checked_limit(request)
    # What is out of sight is read and left out: in fewer and longer steps.
    rows_max = limit + 1 if wanted.sight.is_everything else max(limit + 1, _HIDDEN_ROWS)
    before: _Key = (ALWAYS_NS, len(_PARTS), 0, "")
    if request.cursor is not None:
        before = decode_cursor(_NAME, request, _SHAPE)
    book = _Book(reader, sightings, wanted)
    while True:
        rows, reached = book.rows_before(before, rows_max)
        if len(rows) > limit:
            after, more = rows[limit - 1].key, True
            break
        if rows or reached is None:
            after, more = reached or before, reached is not None
            break
        before = reached
    items = [row.shown for row in rows[:limit]]
    return Page(items, encode_cursor(_NAME, request.sort, after) if more else None)


class _Book:
    """All that is known of one asset, as one question reads it."""

    def __init__(
        self, reader: sqlite3.Connection, sightings: SightingStore, wanted: PastQuestion
    ) -> None:
        self._reader = reader
        self._sightings = sightings
        self._wanted = wanted

    def rows_before(self, before: _Key, rows_max: int) -> tuple[list[_Row], _Key | None]:
        """Return rows behind a key, and the key down to which they are all; None: to the end."""
        wanted = self._wanted
        kinds = [table for table in _TABLES if self._needs(table.type)]
        found = [(table.type, self._of_table(table, before, rows_max)) for table in kinds]
        if "position" in wanted.types:
            found.append(("position", self._positions(before, rows_max)))
        full = [rows[-1].key for _, rows in found if len(rows) == rows_max]
        reached = max(full, default=None)
        shown = [row for kind, rows in found if kind in wanted.types for row in rows]
        if "gap" in wanted.types:
            shown += self._gaps(before, reached)
        complete = [row for row in shown if reached is None or row.key >= reached]
        complete = self._in_sight(complete)
        return sorted(complete, key=lambda row: row.key, reverse=True), reached

    def _in_sight(self, rows: list[_Row]) -> list[_Row]:
        """The rows that are seen of gaps and positions; the tables gave no others."""
        sight = self._wanted.sight
        if sight.zones is None:
            return rows
        times = [row.key[0] for row in rows if row.shown["type"] == "position"]
        there = times_in_zones(self._reader, self._wanted.asset, sight, times)
        return [
            row
            for row in rows
            if (row.shown["type"] != "position" or row.key[0] in there)
            and (row.shown["type"] != "gap" or sight.sees_zone(row.shown["zone"]))
        ]

    def _needs(self, kind: PastType) -> bool:
        """Visits set the pace of gaps, shown or not."""
        types = self._wanted.types
        return kind in types or (kind == "visit" and "gap" in types)

    def _of_table(self, table: _Table, before: _Key, rows_max: int) -> list[_Row]:
        time_ns, part, number, _ = before
        own = _PARTS[table.type]
        listing, time = table.listing, table.time
        seen, names = self._wanted.sight.narrow(listing.seen)
        conditions = ["asset = :asset", *seen]
        if own == part:
            conditions.append(f"({time}, {listing.key}) < (:time_ns, :number)")
        else:
            conditions.append(f"{time} {'<=' if own < part else '<'} :time_ns")
        if self._wanted.since_ns is not None:
            conditions.append(table.since)
        if self._wanted.until_ns is not None:
            conditions.append(f"{time} < :until_ns")
        statement = (
            f"SELECT {listing.columns} FROM {listing.name} WHERE {' AND '.join(conditions)}"  # noqa: S608 - constants
            f" ORDER BY {time} DESC, {listing.key} DESC LIMIT :rows"
        )
        values = {
            **names,
            "asset": self._wanted.asset,
            "time_ns": time_ns,
            "number": number,
            "since_ns": bounded(self._wanted.since_ns),
            "until_ns": bounded(self._wanted.until_ns),
            "rows": rows_max,
        }
        return [
            _Row((row[time], own, row[listing.key], ""), {"type": table.type, **table.show(row)})
            for row in self._reader.execute(statement, values)
        ]

    def _positions(self, before: _Key, rows_max: int) -> list[_Row]:
        """Where the trackers were that it carried, while it carried them."""
        found: list[_Row] = []
        part = _PARTS["position"]
        bindings = self._reader.execute(
            "SELECT tag, bound_ns, unbound_ns FROM bindings WHERE asset = ?"
            " ORDER BY bound_ns DESC LIMIT ?",
            (self._wanted.asset, BINDINGS_MAX),
        )
        for tag, bound_ns, unbound_ns in bindings:
            same = (before[0], part, 0, tag) < before
            ends = (self._wanted.until_ns, unbound_ns, before[0] + same)
            until_ns = min(end for end in ends if end is not None)
            since_ns = max(bound_ns, self._since_ns)
            if since_ns < until_ns:
                fixes = self._sightings.fixes_of(tag, since_ns, until_ns, rows_max)
                found += [_Row((fix.time_ns, part, 0, tag), _fix_json(fix)) for fix in fixes]
        found.sort(key=lambda row: row.key, reverse=True)
        return found[:rows_max]

    def _gaps(self, before: _Key, reached: _Key | None) -> list[_Row]:
        """The gaps that begin between two keys; the first of all may begin before `since`."""
        part = _PARTS["gap"]
        until_ns = min(before[0] + 1, _or(self._wanted.until_ns, ALWAYS_NS), ALWAYS_NS)
        since_ns = self._since_ns if reached is None else max(self._since_ns, reached[0])
        gaps = self._gaps_between(since_ns, until_ns)
        rows = [_Row((gap.from_ns, part, 0, ""), gap_json(gap)) for gap in gaps]
        return [row for row in rows if row.key < before]

    def _gaps_between(self, since_ns: int, until_ns: int) -> list[Gap]:
        """Gaps that touch the span and begin before its end, whole."""
        stays = self._stays(since_ns, until_ns)
        from_ns = min(since_ns, stays[0].from_ns) if stays else since_ns
        names = {name for points in self._wanted.covers.values() for name, _ in points}
        # An outage makes a gap only of a stay, so later ones end none of these.
        ends_ns = [_or(stay.to_ns, ALWAYS_NS) for stay in stays]
        outages = outages_of(self._reader, sorted(names), from_ns, max(ends_ns, default=until_ns))
        gaps = gaps_of(stays, outages, self._wanted.covers, self._known_ns())
        return [
            gap
            for gap in gaps
            if gap.from_ns < until_ns and (gap.to_ns is None or gap.to_ns > since_ns)
        ]

    def _stays(self, since_ns: int, until_ns: int) -> list[Stay]:
        """Visits that touch a span, with the ones next to it, so that its gaps are whole."""
        values = {"asset": self._wanted.asset, "since_ns": since_ns, "until_ns": until_ns}
        rows = self._reader.execute(_STAYS, values).fetchall()
        rows.sort(key=_begin_of)
        return [Stay(*row[1:]) for row in rows]

    def _known_ns(self) -> int | None:
        row = self._reader.execute(
            "SELECT min(bound_ns) FROM bindings WHERE asset = ?", (self._wanted.asset,)
        ).fetchone()
        return None if row is None else row[0]

    @property
    def _since_ns(self) -> int:
        return max(_or(self._wanted.since_ns, _EARLY_NS), _EARLY_NS)


_STAY = "id, zone, from_ns, to_ns, ended"
_STAYS = f"""
SELECT {_STAY} FROM visits WHERE asset = :asset AND ended IS NOT 'late'
    AND from_ns < :until_ns AND (to_ns IS NULL OR to_ns >= :since_ns)
UNION SELECT * FROM (
    SELECT {_STAY} FROM visits WHERE asset = :asset AND ended IS NOT 'late'
    AND from_ns < :since_ns ORDER BY from_ns DESC, id DESC LIMIT 1
)
UNION SELECT * FROM (
    SELECT {_STAY} FROM visits WHERE asset = :asset AND ended IS NOT 'late'
    AND to_ns < :since_ns ORDER BY to_ns DESC LIMIT 1
)
UNION SELECT * FROM (
    SELECT {_STAY} FROM visits WHERE asset = :asset AND ended IS NOT 'late'
    AND from_ns >= :until_ns ORDER BY from_ns, id LIMIT 1
)
"""  # noqa: S608 - a constant


def gap_json(gap: Gap) -> dict[str, Any]:
    """A gap as it is listed."""
    return {
        "type": "gap",
        "from": format_time(gap.from_ns),
        "to": None if gap.to_ns is None else format_time(gap.to_ns),
        "reason": gap.reason,
        "zone": gap.zone,
        "readers": list(gap.readers),
    }


def _fix_json(fix: Fix) -> dict[str, Any]:
    return {"type": "position", **fix_json(fix)}


def fix_json(fix: Fix) -> dict[str, Any]:
    """A fix: metres of the site, or degrees of WGS84."""
    return {
        "tag": fix.tag,
        "source": fix.source,
        "time": format_time(fix.time_ns),
        "x_m": fix.x_m,
        "y_m": fix.y_m,
        "lat": fix.lat,
        "lon": fix.lon,
        "accuracy_m": fix.accuracy_m,
    }


def _begin_of(row: sqlite3.Row) -> tuple[int, int]:
    """What visits are ordered by."""
    return row["from_ns"], row["id"]


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
