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
from api.site_features import GEOJSON

_ZONE_PATH = API + "/zones/{name:name}"

PLACE_ROUTES: tuple[Route, ...] = (
    rows(API + "/positions", positions.list_positions, TagPosition, scoped=True)._replace(
        refusals=(404,)
    ),
    rows(API + "/zones", zones.list_zones, ZoneShape, media=(GEOJSON,), scoped=True),
    rows(_ZONE_PATH + "/assets", zones.list_zone_assets, Present, scoped=True),
    rows(_ZONE_PATH + "/visits", zones.list_zone_visits, Visit, scoped=True),
    Route("GET", _ZONE_PATH, zones.show_zone, "look", ZoneShape, (GEOJSON,), scoped=True),
    rows(API + "/sensors", sensors.list_sensors, SensorShape, scoped=True),
    Route(
        "GET",
        API + "/sensors/{sensor:name}/series",
        sensors.list_series,
        "look",
        SeriesShape,
        (CSV, NDJSON),
        scoped=True,
    ),
    rows(API + "/sensors/{sensor:name}", sensors.list_sensor, SensorShape, scoped=True),
    rows(API + "/movements", movements.list_movements, MovementShape, scoped=True),
    Route(
        "GET",
        API + "/movements/{movement}",
        movements.show_movement,
        "look",
        MovementShape,
        scoped=True,
    ),
    rows(API + "/crossings", crossings.list_crossings, CrossingShape, scoped=True),
    Route(
        "GET",
        API + "/crossings/{crossing}",
        crossings.show_crossing,
        "look",
        CrossingShape,
        scoped=True,
    ),
)
