"""The zones and floors that the live map is drawn on."""

from collections.abc import Iterable, Mapping, Sequence

from api.live_state import LiveFloor, LivePlaces, LiveZone
from gateway.site import Site
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings
from zones.shapes import bodies_of

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in metres of the site."""

_UNKNOWN: Box = (0.0, 0.0, 100.0, 100.0)


def places_of(site: Site, plan: FloorPlan) -> LivePlaces:
    """The zones and floors of a site file; the first floor is for what is on none."""
    zones = site.settings.zones
    boxes = {
        name: _box(body.area.bounds) for name, body in bodies_of(zones, plan.georeference).items()
    }
    floors = [
        _around(floor.name, [(0.0, 0.0, *floor.size_m), *_on(floor.name, zones, boxes)])
        for floor in site.settings.floors
    ]
    sizes = [(0.0, 0.0, *floor.size_m) for floor in site.settings.floors]
    everywhere = _around("", [*sizes, *boxes.values()] or [_UNKNOWN])
    drawn = tuple(LiveZone(zone.name, zone.floor, zone.role) for zone in zones)
    return LivePlaces(site.version, drawn, (everywhere, *floors))


def _on(floor: str, zones: Iterable[ZoneSettings], boxes: Mapping[str, Box]) -> list[Box]:
    return [boxes[zone.name] for zone in zones if zone.floor == floor and zone.name in boxes]


def _around(name: str, boxes: Sequence[Box]) -> LiveFloor:
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return LiveFloor(name, min(lefts), min(bottoms), max(rights), max(tops))


def _box(bounds: Sequence[float]) -> Box:
    left, bottom, right, top = bounds
    return float(left), float(bottom), float(right), float(top)
