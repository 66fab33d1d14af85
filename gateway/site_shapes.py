"""What can be wrong with the shape of a zone."""

import re
from collections.abc import Callable, Iterator, Sequence
from math import hypot

import numpy as np
import shapely
from shapely import Polygon, STRtree
from shapely.validation import explain_validity

from gateway.site_problems import Fault, Path
from zones.georeference import Georeference, are_degrees
from zones.settings import COORDINATE_M_MAX, FloorSettings, OutlineSettings, Point, ZoneSettings
from zones.shapes import around, bodies_of
from zones.zone_tree import containment

OVERLAP_M2_MIN = 0.01
"""Zones that share less than a hand's breadth are drawn side by side."""

LEFT_MIN = 1e-9
"""Share of an outline that must be left of it; less is rounding."""

_AT = re.compile(r"(.*?)\[(\S+) (\S+)\]")
_WORDS = {
    "Self-intersection": "crosses itself",
    "Ring Self-intersection": "touches itself",
}
AN_ORIGIN = "the site's origin; write site: {origin: {lat: 52.5, lon: 13.4}}"
_WANTS_ORIGIN = f"points in degrees need {AN_ORIGIN}"

Placed = Sequence[tuple[Path, ZoneSettings]]


def shape_faults(
    path: Path,
    zone: ZoneSettings,
    floor: FloorSettings | None,
    georeference: Georeference | None,
) -> Iterator[Fault]:
    """Say what is wrong with the shape of a zone at `path`; `floor` is the one that it is on."""
    if zone.geo:
        faults = list(_degree_faults(path, zone, georeference))
        yield from faults
        if faults or georeference is None:
            return
    plane = _Plane(georeference if zone.geo else None)
    for at, part in _parts(path, zone):
        yield from _part_faults(at, part, plane)
    if zone.corridor is not None and len(set(zone.corridor.line)) == 1:
        said = "has no length; it needs two different points"
        yield Fault((*path, "corridor", "line"), said)
    if floor is not None and not zone.geo:
        yield from _outside(path, zone, floor.size_m)


def overlap_faults(placed: Placed, georeference: Georeference | None) -> Iterator[Fault]:
    """Name the zones that share a place when nothing but their size says which one is meant."""
    zones = [zone for _, zone in placed]
    areas = {name: body.area for name, body in bodies_of(zones, georeference).items()}
    drawn = [(path, zone) for path, zone in placed if zone.name in areas]
    inside = containment(zones, around(zones, areas))
    shapes = np.array([areas[zone.name] for _, zone in drawn], dtype=np.object_)
    ones, others = STRtree(shapes).query(shapes, predicate="intersects")
    for earlier, later in sorted(zip(ones.tolist(), others.tolist(), strict=True)):
        (_, first), (path, second) = drawn[earlier], drawn[later]
        if earlier >= later or not _are_rivals(first, second) or second.name in inside[first.name]:
            continue
        if first.name in inside[second.name]:
            continue
        if shapely.area(shapely.intersection(shapes[earlier], shapes[later])) > OVERLAP_M2_MIN:
            yield Fault(path, _overlap(first.name))


def _overlap(other: str) -> str:
    return (
        f"overlaps '{other}', and neither lies in the other nor has priority; "
        "what is in both counts as in the smaller one"
    )


def _are_rivals(one: ZoneSettings, other: ZoneSettings) -> bool:
    """Tell whether two zones can hold one position and have the same priority."""
    same_floor = one.floor == other.floor or None in {one.floor, other.floor}
    return same_floor and one.priority == other.priority


class _Plane:
    """The site's metres, and how a place is written in the file."""

    def __init__(self, georeference: Georeference | None) -> None:
        self._georeference = georeference

    def ring(self, points: Sequence[Point]) -> Sequence[Point]:
        """Return the points in metres."""
        if self._georeference is None:
            return points
        return [self._georeference.to_metres(lat, lon) for lat, lon in points]

    def written(self, x_m: float, y_m: float) -> str:
        """Write a place as the points of the shape are written."""
        if self._georeference is None:
            return f"({x_m:g}, {y_m:g})"
        lat, lon = self._georeference.to_degrees(x_m, y_m)
        return f"({lat:.6f}, {lon:.6f})"


def _parts(path: Path, zone: ZoneSettings) -> Iterator[tuple[Callable[..., Path], OutlineSettings]]:
    """Return the outlines of a zone, and where they and their holes stand."""
    if zone.polygon is not None:

        def one(hole: int | None = None) -> Path:
            return (*path, "polygon") if hole is None else (*path, "holes", hole)

        yield one, zone.outlines[0]
        return
    for place, part in enumerate(zone.polygons):

        def each(hole: int | None = None, place: int = place) -> Path:
            within = (*path, "polygons", place)
            return (*within, "outline") if hole is None else (*within, "holes", hole)

        yield each, part


def _part_faults(
    at: Callable[..., Path],
    part: OutlineSettings,
    plane: _Plane,
) -> Iterator[Fault]:
    rings = {at(): plane.ring(part.outline)}
    rings |= {at(place): plane.ring(hole) for place, hole in enumerate(part.holes)}
    faults = [Fault(path, said) for path, ring in rings.items() for said in _ring(ring, plane)]
    yield from faults
    if faults or not part.holes:
        return
    outline, *holes = (Polygon(ring) for ring in rings.values())
    yield from _hole_faults(at, outline, holes)


def _hole_faults(
    at: Callable[..., Path],
    outline: Polygon,
    holes: Sequence[Polygon],
) -> Iterator[Fault]:
    """Say why clean holes can not be cut out of a clean outline."""
    for place, hole in enumerate(holes):
        if not outline.covers(hole):
            yield Fault(at(place), "is cut out where there is nothing: it leaves the outline")
            return
        for earlier in range(place):
            if hole.intersection(holes[earlier]).area > 0:
                yield Fault(at(place), f"overlaps hole {earlier + 1}")
                return
    if outline.area - sum(hole.area for hole in holes) <= outline.area * LEFT_MIN:
        yield Fault(at(len(holes) - 1), "leaves nothing of the outline")


def _ring(ring: Sequence[Point], plane: _Plane) -> Iterator[str]:
    """Say why corners (metres) enclose no clean area."""
    if len(set(ring)) < 3:  # noqa: PLR2004 - two corners make a line
        yield "has no area; it needs three different corners"
        return
    shape = Polygon(ring)
    if shape.convex_hull.area == 0:
        yield "has no area; all corners lie on one line"
    elif not shape.is_valid:
        yield _explained(explain_validity(shape), plane)


def _explained(explanation: str, plane: _Plane) -> str:
    match = _AT.fullmatch(explanation)
    if match is None:
        return f"is no clean outline: {explanation}"
    words, x_m, y_m = match.groups()
    return f"{_WORDS.get(words, words.lower())} at {plane.written(float(x_m), float(y_m))}"


def _outside(path: Path, zone: ZoneSettings, size_m: tuple[float, float]) -> Iterator[Fault]:
    """Name the first point of a shape that is not on the floor."""
    width_m, depth_m = size_m
    for x_m, y_m in zone.points():
        if not (0 <= x_m <= width_m and 0 <= y_m <= depth_m):
            said = f"({x_m:g}, {y_m:g}) lies outside the floor of {width_m:g} x {depth_m:g} m"
            yield Fault((*path, zone.shape or "polygon"), said)
            return


def _degree_faults(
    path: Path,
    zone: ZoneSettings,
    georeference: Georeference | None,
) -> Iterator[Fault]:
    """Say what can not be [latitude, longitude]: the two are easily confused."""
    if georeference is None:
        yield Fault((*path, "geo"), _WANTS_ORIGIN)
        return
    if zone.shape is None:
        yield Fault((*path, "geo"), "speaks of points, but the zone has no shape")
        return
    for lat, lon in zone.points():
        if said := _degree_fault(lat, lon, georeference):
            yield Fault((*path, zone.shape), said)
            return


def _degree_fault(lat: float, lon: float, georeference: Georeference) -> str | None:
    point = f"[{lat:g}, {lon:g}]"
    if _is_near(lat, lon, georeference):
        return None
    if _is_near(lon, lat, georeference):
        return f"{point} is the wrong way round; write [latitude, longitude]: [{lon:g}, {lat:g}]"
    if not are_degrees(lat, lon):
        return f"{point} is no [latitude, longitude] in degrees"
    far_km = COORDINATE_M_MAX / 1000
    return f"{point} lies more than {far_km:g} km from the site's origin"


def _is_near(lat: float, lon: float, georeference: Georeference) -> bool:
    return are_degrees(lat, lon) and hypot(*georeference.to_metres(lat, lon)) <= COORDINATE_M_MAX
