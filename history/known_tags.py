"""Tags that are known: those that an asset carries now, and those that were in a zone."""

import heapq
import sqlite3
from collections.abc import Iterable
from operator import itemgetter
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

_COLUMNS = """
SELECT {0}.tag, bindings.asset, bindings.bound_ns, assets.name, seen.zone, seen.from_ns,
    seen.to_ns, seen.ended, seen.asset AS seen_on
"""
_BOUND = f"""{_COLUMNS.format("bindings")} FROM bindings
LEFT JOIN last_visits AS seen ON seen.tag = bindings.tag
LEFT JOIN assets ON assets.id = bindings.asset
WHERE bindings.unbound_ns IS NULL
"""
_SEEN = f"""{_COLUMNS.format("seen")} FROM last_visits AS seen
LEFT JOIN bindings ON bindings.tag = seen.tag AND bindings.unbound_ns IS NULL
LEFT JOIN assets ON assets.id = seen.asset
WHERE bindings.tag IS NULL
"""
_SIGHT = Narrowing(zones=in_zones("seen.zone"), groups=in_groups("assets.grouping"))


class TagFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Tags: one of them, those of an asset, those in some zones now, with a part of a text.

    `bound` are those that an asset carries by exactly this name, or those that none does.
    """

    tag: str | None = None
    asset: str | None = None
    zones: tuple[str, ...] | None = None
    bound: bool | None = None
    like: str | None = None


def known_tags(
    connection: sqlite3.Connection,
    wanted: TagFilter,
    request: PageRequest,
    sight: Sight = UNLIMITED,
) -> tuple[list[sqlite3.Row], str | None]:
    """Fetch one page of tags with what they are on and the visit in which they were last, by tag.

    `seen_on` is what a tag was on in that visit. Raises QuestionError.
    """
    limit = checked_limit(request)
    parts = [_part(connection, _BOUND, "bindings.tag", "bindings.asset", wanted, request, sight)]
    if wanted.bound:
        rows = parts[0]
    else:
        parts.append(_part(connection, _SEEN, "seen.tag", "seen.asset", wanted, request, sight))
        rows = parts[1] if wanted.bound is False else _merged(parts, request)
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode_cursor("tags", request.sort, (rows[limit - 1]["tag"],))


def _merged(parts: Iterable[list[sqlite3.Row]], request: PageRequest) -> list[sqlite3.Row]:
    backwards = direction_of(request) == "DESC"
    return list(heapq.merge(*parts, key=itemgetter("tag"), reverse=backwards))


def _part(  # noqa: PLR0913, PLR0917 - it writes one statement
    connection: sqlite3.Connection,
    statement: str,
    tag: str,
    asset: str,
    wanted: TagFilter,
    request: PageRequest,
    sight: Sight,
) -> list[sqlite3.Row]:
    conditions, values = sight.narrow(_SIGHT)
    filters: dict[str, tuple[str, Any]] = {
        "tag": (f"{tag} = :tag", wanted.tag),
        "asset": (f"{asset} = :asset", wanted.asset),
        "zones": (
            "seen.to_ns IS NULL AND seen.zone IN (SELECT value FROM json_each(:zones))",
            None if wanted.zones is None else msgspec.json.encode(wanted.zones).decode(),
        ),
        "like": (
            " OR ".join(f"{each} LIKE :like ESCAPE '\\'" for each in (tag, asset, "assets.name")),
            wanted.like,
        ),
    }
    asked: dict[str, Any] = {**values, "rows": checked_limit(request) + 1}
    for name, (condition, value) in filters.items():
        if value is not None:
            conditions.append(f"({condition})")
            asked[name] = value
    if request.cursor is not None:
        (asked["after"],) = decode_cursor("tags", request, (str,))
        conditions.append(f"{tag} {compare_of(request)} :after")
    narrowed = "".join(f" AND {condition}" for condition in conditions)
    order = f" ORDER BY {tag} {direction_of(request)} LIMIT :rows"
    return connection.execute(statement + narrowed + order, asked).fetchall()
