"""The routes of zones, of what went through them, and of what was measured there."""

from api import crossings, movements, positions, sensors, zones
from api.route import API, CSV, NDJSON, Route, rows
from api.shapes import (
    CrossingShape,
    MovementShape,
    Present,
    SensorShape,
    SeriesShape,
    TagPosition,
    Visit,
    ZoneShape,
)

_ZONE_PATH = API + "/zones/{name:name}"

PLACE_ROUTES: tuple[Route, ...] = (
    rows(API + "/positions", positions.list_positions, TagPosition),
    rows(API + "/zones", zones.list_zones, ZoneShape, media=(zones.GEOJSON,)),
    rows(_ZONE_PATH + "/assets", zones.list_zone_assets, Present),
    rows(_ZONE_PATH + "/visits", zones.list_zone_visits, Visit),
    Route("GET", _ZONE_PATH, zones.show_zone, "look", ZoneShape),
    rows(API + "/sensors", sensors.list_sensors, SensorShape),
    Route(
        "GET",
        API + "/sensors/{sensor:name}/series",
        sensors.list_series,
        "look",
        SeriesShape,
        (CSV, NDJSON),
    ),
    rows(API + "/movements", movements.list_movements, MovementShape),
    rows(API + "/crossings", crossings.list_crossings, CrossingShape),
)
