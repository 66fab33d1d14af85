"""Zones: what they are, who is in them and who was."""

from typing import Any

from starlette.responses import Response

from api.desk import Desk
from api.lists import (
    NewestFirst,
    OldestFirst,
    Row,
    TimeWindow,
    accepts,
    json_response,
    list_response,
    page_of,
)
from api.presence import standing_in
from api.problems import not_found
from api.surroundings import Here
from history.filters import VisitFilter
from history.paging import Page

GEOJSON = "application/geo+json"
ZONE_COLUMNS = ("name", "floor", "role", "parent", "healthy", "polygon", "shape", "geometry")
PRESENT_COLUMNS = ("asset", "name", "tag", "zone", "since", "presence", "presence_since")
VISIT_COLUMNS = ("asset", "tag", "zone", "from", "to")


async def list_zones(here: Here, page: OldestFirst) -> Response:
    """Zones of the site file in its order; GeoJSON (in metres of the floor) by Accept."""
    zones = [_shown(here.desk, zone) for zone in here.desk.zones()]
    if accepts(here.request, GEOJSON):
        return json_response(_collection(zones), headers={"vary": "Accept"}, media_type=GEOJSON)
    return list_response(here.request, page_of("zones", zones, page), ZONE_COLUMNS)


async def show_zone(name: str, here: Here) -> Response:
    """One zone of the site file; `healthy` says whether every reader that covers it hears."""
    return json_response(_shown(here.desk, _zone(here.desk, name)))


async def list_zone_assets(name: str, here: Here, page: OldestFirst) -> Response:
    """Who is there or in a zone inside it, by asset id; then tags that no asset carries.

    Who is `unknown` is not proven to be there: a reader that covers its zone is not healthy.
    """
    zones = _with_inner(here.desk, _zone(here.desk, name)["name"])
    found = await here.ask(lambda: here.questions.who_is_in(zones, page))
    items = [_placed(here.desk, item) for item in found.items]
    return list_response(here.request, Page(items, found.cursor), PRESENT_COLUMNS)


async def list_zone_visits(
    name: str,
    here: Here,
    page: NewestFirst,
    times: TimeWindow,
) -> Response:
    """Who was there: visits that touch the time from `since` to before `until`."""
    zone = _zone(here.desk, name)["name"]
    wanted = VisitFilter(zone=zone, since_ns=times.since_ns, until_ns=times.until_ns)
    found = await here.ask(lambda: here.questions.visits(wanted, page))
    return list_response(here.request, found, VISIT_COLUMNS)


def _zone(desk: Desk, name: str) -> Row:
    for zone in desk.zones():
        if zone["name"] == name:
            return zone
    raise not_found("zone", name)


def _with_inner(desk: Desk, name: str) -> list[str]:
    """The zone and all zones that lie in it."""
    zones = desk.zones()
    inside = [name]
    for outer in inside:
        inside += [
            zone["name"] for zone in zones if zone["parent"] == outer and zone["name"] not in inside
        ]
    return inside


def _placed(desk: Desk, item: Row) -> Row:
    standing = standing_in(desk, item)
    return {**item, "presence": standing.presence, "presence_since": standing.since}


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
