"""Where each tag is, or was at a time: what was last known of all of them."""

import sqlite3
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.lists import AsOf, Listed, OldestFirst, Row, Text, answer_list
from api.presence import covers_of, standing_of, standing_then, with_standing
from api.surroundings import Here, Surroundings
from api.zones import with_inner, zone_row
from history.as_of import PositionFilter, hearing_at, positions_in
from history.listings import containing
from history.paging import Page, PageRequest
from history.questions import position_row_json
from history.scope import Sight

POSITION_COLUMNS = (
    "tag",
    "asset",
    "name",
    "zone",
    "since",
    "last_zone",
    "presence",
    "presence_since",
)


async def list_positions(
    here: Here,
    page: OldestFirst,
    as_of: AsOf,
    zone: Annotated[Text, Query(description="In this zone, or in one inside it.")] = None,
    q: Annotated[Text, Query(description="A part of tag, asset id or name.")] = None,
) -> Response:
    """Where each tag is, or was at the time `as_of`, by tag; those never seen are not listed.

    `asset` is what it is on now, if it is somewhere, else what it was on when it was last seen.
    """
    zones = (
        None if zone is None else tuple(with_inner(here.desk, zone_row(here.desk, zone)["name"]))
    )
    wanted = PositionFilter(zones=zones, like=containing(q) if q else None)
    listed = _then(here, wanted, as_of) if as_of is not None else _now(here, wanted)
    return await answer_list(here, page, listed)


def _now(here: Surroundings, wanted: PositionFilter) -> Listed:
    sight = here.scope

    def ask(request: PageRequest) -> Page:
        return here.questions.answer(lambda reader: _page(reader, wanted, (None, sight), request))

    def finish(rows: list[Row]) -> list[Row]:
        return [with_standing(lambda item: standing_of(here.desk, item), row) for row in rows]

    return Listed(ask, POSITION_COLUMNS, finish)


def _then(here: Surroundings, wanted: PositionFilter, at_ns: int) -> Listed:
    covers, sight = covers_of(here.desk), here.scope

    def question(reader: sqlite3.Connection, request: PageRequest) -> Page:
        page = _page(reader, wanted, (at_ns, sight), request)
        hearing = hearing_at(reader, covers, at_ns)
        rows = [with_standing(lambda item: standing_then(hearing, item), row) for row in page.items]
        return Page(rows, page.cursor)

    def ask(request: PageRequest) -> Page:
        return here.questions.answer(lambda reader: question(reader, request))

    return Listed(ask, POSITION_COLUMNS)


def _page(
    reader: sqlite3.Connection,
    wanted: PositionFilter,
    seen: tuple[int | None, Sight],
    request: PageRequest,
) -> Page:
    """`seen` is the time (ns), None for now, and who looks."""
    at_ns, sight = seen
    rows, cursor = positions_in(reader, wanted, at_ns, request, sight)
    items = [{**position_row_json(row["asset"], row, at_ns), "name": row["name"]} for row in rows]
    return Page(items, cursor)
