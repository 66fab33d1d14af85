"""Zones: what they are, who is in them and who was."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from api.desk import Desk
from api.lists import (
    AsOf,
    Listed,
    NewestFirst,
    OldestFirst,
    Row,
    Tag,
    Text,
    TimeWindow,
    accepts,
    answer_list,
    json_response,
    kept_rows,
)
from api.presence import covers_of, standing_in, standing_then, with_standing
from api.problems import not_found
from api.site_asking import refused
from api.site_edits import SiteRefusedError
from api.site_features import GEOJSON
from api.site_parts import entry_headers
from api.surroundings import Here, Surroundings
from history.as_of import hearing_at, present_at
from history.filters import VisitFilter
from history.paging import Page, PageRequest
from history.questions import present_row_json

ZONE_COLUMNS = ("name", "floor", "role", "parent", "healthy", "polygon", "shape", "geometry")
PRESENT_COLUMNS = ("asset", "name", "tag", "zone", "since", "presence", "presence_since")
VISIT_COLUMNS = ("asset", "tag", "zone", "from", "to")


async def list_zones(here: Here, page: OldestFirst, as_of: AsOf) -> Response:
    """Zones of the site file in its order; GeoJSON (in metres of the floor) by Accept.

    With `as_of` those of the site file that was in force then; how healthy they were is null.
    """
    if as_of is not None:
        zones = await _then(here, as_of)
    else:
        zones = [_shown(here.desk, zone) for zone in here.desk.zones()]
    if accepts(here.request, GEOJSON):
        # What was is not what could be changed, so it has no `ETag`.
        tagged = await entry_headers(here, "zones") if as_of is None else {}
        headers = {"vary": "Accept", **tagged}
        return json_response(_collection(zones), headers=headers, media_type=GEOJSON)
    return await answer_list(here, page, kept_rows("zones", zones, ZONE_COLUMNS))


async def _then(here: Surroundings, at_ns: int) -> list[Row]:
    """The zones of a time, as far as they are in sight; what is not there any more is in none."""
    sees = here.scope.sees_zone
    try:
        zones = await here.desk.site_edits.zones_at(at_ns)
    except SiteRefusedError as error:
        raise refused(error) from error
    return [
        {**zone, "parent": zone["parent"] if sees(zone["parent"]) else None, "healthy": None}
        for zone in zones
        if sees(zone["name"])
    ]


async def show_zone(name: str, here: Here) -> Response:
    """One zone of the site file; `healthy` says whether every reader that covers it hears.

    A GeoJSON Feature (in metres of the floor) by Accept. The `ETag` is that of its settings.
    """
    zone = _shown(here.desk, zone_row(here.desk, name))
    headers = {"vary": "Accept", **await entry_headers(here, "zones", name)}
    if accepts(here.request, GEOJSON):
        return json_response(_feature(zone), headers=headers, media_type=GEOJSON)
    return json_response(zone, headers=headers)


async def list_zone_assets(name: str, here: Here, page: OldestFirst, as_of: AsOf) -> Response:
    """Who is there, or was at the time `as_of`, or in a zone inside it, by asset id.

    Then tags that no asset carries. Who is `unknown` is not proven to be there: a reader that
    covers its zone is not healthy.
    """
    zones = with_inner(here.desk, zone_row(here.desk, name)["name"])
    listed = _present(here, zones) if as_of is None else _present_then(here, zones, as_of)
    return await answer_list(here, page, listed)


async def list_zone_visits(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
    name: str,
    here: Here,
    page: NewestFirst,
    times: TimeWindow,
    asset: Text = None,
    tag: Tag = None,
    open: Annotated[bool | None, Query(description="Whether it goes on.")] = None,  # noqa: A002 -- the parameter has the name of the fact
    inner: Annotated[bool, Query(description="Also of the zones inside it.")] = False,  # noqa: FBT002 -- FastAPI reads flags of the query so
) -> Response:
    """Who was there: visits that touch the time from `since` to before `until`."""
    zone = zone_row(here.desk, name)["name"]
    zones = json.dumps(with_inner(here.desk, zone)) if inner else None
    wanted = VisitFilter(
        zone=None if inner else zone,
        zones=zones,
        asset=asset,
        tag=tag,
        open=open,
        since_ns=times.since_ns,
        until_ns=times.until_ns,
    )
    listed = Listed(lambda request: here.questions.visits(wanted, request), VISIT_COLUMNS)
    return await answer_list(here, page, listed)


def _present(here: Surroundings, zones: Sequence[str]) -> Listed:
    def finish(rows: list[Row]) -> list[Row]:
        return [with_standing(lambda item: standing_in(here.desk, item), row) for row in rows]

    return Listed(lambda request: here.questions.who_is_in(zones, request), PRESENT_COLUMNS, finish)


def _present_then(here: Surroundings, zones: Sequence[str], at_ns: int) -> Listed:
    covers, sight = covers_of(here.desk), here.scope

    def question(reader: sqlite3.Connection, request: PageRequest) -> Page:
        rows, cursor = present_at(reader, zones, at_ns, request, sight)
        hearing = hearing_at(reader, covers, at_ns)
        shown = [present_row_json(row) for row in rows]
        items = [with_standing(lambda item: standing_then(hearing, item), row) for row in shown]
        return Page(items, cursor)

    def ask(request: PageRequest) -> Page:
        return here.questions.answer(lambda reader: question(reader, request))

    return Listed(ask, PRESENT_COLUMNS)


def zone_row(desk: Desk, name: str) -> Row:
    """The zone of this name; 404 where the site file has none."""
    for zone in desk.zones():
        if zone["name"] == name:
            return zone
    raise not_found("zone", name)


def with_inner(desk: Desk, name: str) -> list[str]:
    """The zone and all zones that lie in it."""
    zones = desk.zones()
    inside = [name]
    for outer in inside:
        inside += [
            zone["name"] for zone in zones if zone["parent"] == outer and zone["name"] not in inside
        ]
    return inside


def _shown(desk: Desk, zone: Row) -> Row:
    return {**zone, "healthy": desk.zone_is_healthy(zone["name"])}


def _collection(zones: list[Row]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [_feature(zone) for zone in zones]}


def _feature(zone: Row) -> dict[str, Any]:
    """A zone as GeoJSON; a circle or a corridor is drawn, and `shape` says what it is."""
    properties = {
        name: value for name, value in zone.items() if name not in {"polygon", "geometry"}
    }
    return {
        "type": "Feature",
        "id": zone["name"],
        "geometry": zone["geometry"],
        "properties": properties,
    }
