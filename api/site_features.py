"""Zones as GeoJSON features, made into entries of the site file.

A feature changes what it names and leaves the rest of its zone: what GET shows as GeoJSON can
be sent back and changes nothing. Coordinates are metres of the site as they are shown; with
`"geo": true` among the properties they are longitude and latitude, as in RFC 7946.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.problems import ProblemError, invalid
from zones.georeference import Georeference

GEOJSON = "application/geo+json"
FEATURES_MAX = 10_000
_SHOWN_ONLY = {"healthy", "shape", "polygon", "geometry"}
_NOT_THERE = {"role": "storage"}
_SHAPES = ("polygon", "holes", "polygons", "circle", "corridor", "geo")
_SIZES = {"radius_m", "width_m"}

Entry = dict[str, Any]
Place = Callable[[Sequence[Any]], list[float]]


class Drawing:
    """The zones as they are written and as they are shown, and how metres become degrees."""

    def __init__(
        self,
        settings: Mapping[str, Entry],
        rows: Sequence[Entry],
        georeference: Georeference | None,
    ) -> None:
        self._settings = settings
        self._rows = {row["name"]: row for row in rows}
        self._georeference = georeference

    def entries(self, body: object) -> list[Entry]:
        """The entries that a FeatureCollection says. 422 for what is none."""
        features = body.get("features") if isinstance(body, dict) else None
        if not isinstance(body, dict) or body.get("type") != "FeatureCollection":
            raise invalid("type", "must be FeatureCollection")
        if not isinstance(features, list) or len(features) > FEATURES_MAX:
            raise invalid("features", f"must be a list of at most {FEATURES_MAX}")
        return [self._in_row(feature, number) for number, feature in enumerate(features)]

    def _in_row(self, feature: object, number: int) -> Entry:
        try:
            return self.entry(feature)
        except ProblemError as error:
            at = f"features[{number}]"
            found = [each._replace(field=f"{at}.{each.field}") for each in error.errors]
            raise ProblemError(error.status, error.detail, found) from error

    def entry(self, body: object, name: str | None = None) -> Entry:
        """The entry that a Feature says; `name` is that of the zone which it is about."""
        if not isinstance(body, dict) or body.get("type") != "Feature":
            raise invalid("type", "must be Feature")
        properties = body.get("properties") or {}
        if not isinstance(properties, dict):
            raise invalid("properties", "must be an object")
        own = properties.get("name", body.get("id", name))
        if not isinstance(own, str) or not own:
            raise invalid("properties.name", "is missing")
        known = own if name is None else name
        row = self._rows.get(known, {})
        entry = _with_properties({**self._settings.get(known, {}), "name": own}, properties, row)
        if "geometry" not in body or _plain(body["geometry"]) == _plain(row.get("geometry")):
            return entry
        return self._drawn(entry, body["geometry"], properties)

    def _drawn(self, entry: Entry, geometry: object, properties: Entry) -> Entry:
        """The entry with another shape, in degrees if it is written so, or sent so."""
        sent_geo = properties.get("geo") is True
        is_geo = sent_geo or bool(entry.get("geo"))
        rest = {key: value for key, value in entry.items() if key not in _SHAPES}
        if geometry is None:
            return rest
        place = _turned if sent_geo else self._in_degrees if is_geo else _as_it_is
        shape = _shape(geometry, properties, place)
        return {**rest, **shape, "geo": True} if is_geo else {**rest, **shape}

    def _in_degrees(self, point: Sequence[Any]) -> list[float]:
        """Latitude and longitude of a point of the site, to a tenth of a millimetre."""
        if self._georeference is None:
            raise invalid("geometry", "can not be told in degrees: the site has no origin")
        try:
            lat, lon = self._georeference.to_degrees(*_as_it_is(point))
        except ValueError as error:
            raise invalid("geometry", str(error)) from error
        return [round(lat, 9), round(lon, 9)]


def _with_properties(entry: Entry, properties: Entry, row: Entry) -> Entry:
    """What the feature says beside its shape; what is shown of a zone and is the same, stays."""
    for key, value in properties.items():
        if key in _SHOWN_ONLY or key in _SIZES or key == "geo":
            continue
        if row.get(key, ...) == value or (key not in entry and _NOT_THERE.get(key) == value):
            continue
        if value is None:
            entry.pop(key, None)
        else:
            entry[key] = value
    return entry


def _shape(geometry: object, properties: Entry, place: Place) -> Entry:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    try:
        match kind:
            case "Polygon":
                return _polygon("polygon", _list(coordinates), place)
            case "MultiPolygon":
                parts = [_polygon("outline", _list(part), place) for part in _list(coordinates)]
                return {"polygons": parts}
            case "Point" if "radius_m" in properties:
                circle = {"center": place(_list(coordinates)), "radius_m": properties["radius_m"]}
                return {"circle": circle}
            case "LineString" if "width_m" in properties:
                line = [place(_list(point)) for point in _list(coordinates)]
                return {"corridor": {"line": line, "width_m": properties["width_m"]}}
            case _:
                raise invalid("geometry", _WANTED)
    except (TypeError, IndexError) as error:
        raise invalid("geometry.coordinates", "are not those of such a geometry") from error


_WANTED = (
    "must be a Polygon or MultiPolygon, a Point with radius_m or a LineString with width_m "
    "among the properties, or null"
)


def _polygon(name: str, rings: list[Any], place: Place) -> Entry:
    outline, *holes = (_ring(ring, place) for ring in rings)
    return {name: outline, "holes": holes} if holes else {name: outline}


def _ring(ring: object, place: Place) -> list[list[float]]:
    """The corners; the last one of GeoJSON, which is the first again, is left out."""
    points = [_list(point) for point in _list(ring)]
    if len(points) > 1 and points[0] == points[-1]:
        points = points[:-1]
    return [place(point) for point in points]


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise TypeError
    return value


def _as_it_is(point: Sequence[Any]) -> list[float]:
    return [_number(point[0]), _number(point[1])]


def _turned(point: Sequence[Any]) -> list[float]:
    """GeoJSON says longitude first, the site file latitude."""
    return [_number(point[1]), _number(point[0])]


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return int(value) if float(value).is_integer() else value


def _plain(value: object) -> object:
    """As it would come back from JSON: corners are lists there."""
    return json.loads(json.dumps(value))
