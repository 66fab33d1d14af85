"""Where zones lie: which of them hold a point, how far away they are, which way leads through.

All questions are asked for arrays of points. A shape is a body and a radius: a
polygon with radius 0, a circle as its centre, a corridor as its line. So all are
exact: a point lies in a zone if it is at most that radius from the body, the edge
included. An STRtree over their boxes finds the few that are worth a closer look.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike
from shapely import LineString, Point, Polygon, STRtree
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from zones.georeference import Georeference
from zones.point_grid import Bools, Floats, Geometries, PointGrid, Whole
from zones.settings import FloorSettings, OutlineSettings, ZoneSettings
from zones.zone_tree import containment

Place = tuple[float, float, float | None, str | None]
"""One point of the site: x and y in metres, height and floor where they are known."""

NOWHERE = -1
"""Stands for no zone, no floor."""

_ROUND = 64
"""Line pieces for a quarter of a circle, where a drawing of it is wanted."""


class Body(NamedTuple):
    """The shape of one zone in metres of the site: all that is within `radius_m` of `core`."""

    core: BaseGeometry
    radius_m: float = 0.0

    @property
    def area(self) -> BaseGeometry:
        """It as an outline; arcs are drawn in steps."""
        return self.core if self.radius_m == 0 else self.core.buffer(self.radius_m, _ROUND)


class Spots(NamedTuple):
    """Points of the site, as arrays of one length.

    `heights` are NaN and `floors` NOWHERE where they are not known.
    """

    xs: Floats
    ys: Floats
    heights: Floats
    floors: Whole

    def at(self, places: Whole) -> "Spots":
        """Some of them, by their places."""
        return Spots(
            self.xs[places],
            self.ys[places],
            self.heights[places],
            self.floors[places],
        )


class Holding(NamedTuple):
    """Which zone holds which point: pairs of places, by point and then by rank of the zone."""

    points: Whole
    zones: Whole

    def innermost(self, count: int) -> Whole:
        """For each of `count` points the best zone that holds it, or NOWHERE."""
        best = np.full(count, NOWHERE, dtype=np.int64)
        # Backwards, so that the best zone of a point is written last.
        best[self.points[::-1]] = self.zones[::-1]
        return best


class ZoneShapes:
    """The shapes of a site's zones, best rank first.

    Of the zones that hold a point the innermost comes first; of zones that do not lie
    in each other the one with the higher priority, then the one that lies deeper, then
    the smaller one, then by name. A zone has at least the priority of those around it.
    `inside` names for every zone those that it lies in, by parent or by shape.
    """

    def __init__(
        self,
        zones: Sequence[ZoneSettings] = (),
        floors: Sequence[FloorSettings] = (),
        georeference: Georeference | None = None,
    ) -> None:
        bodies = bodies_of(zones, georeference)
        areas = {name: body.area for name, body in bodies.items()}
        self.inside = containment(zones, around(zones, areas))
        ranked = _ranked(zones, areas, self.inside)
        self.names = tuple(zone.name for zone in ranked)
        self.place_of = {name: place for place, name in enumerate(self.names)}
        self.floor_of = {floor.name: place for place, floor in enumerate(floors)}
        self.areas = areas
        self._cores = _array([bodies[name].core for name in self.names])
        shapely.prepare(self._cores)
        self._radii = np.array([bodies[name].radius_m for name in self.names], dtype=np.float64)
        self._is_round = self._radii > 0
        self._set_floors(ranked, floors)
        self._tree = STRtree(_boxes(self._cores, self._radii))
        self._cross = np.array([zone.cross for zone in ranked], dtype=np.bool_)
        self.has_crossable = bool(self._cross.any())

    def _set_floors(self, ranked: Sequence[ZoneSettings], floors: Sequence[FloorSettings]) -> None:
        heights = {floor.name: floor.height_m or (-np.inf, np.inf) for floor in floors}
        ranges = [heights.get(zone.floor or "", (-np.inf, np.inf)) for zone in ranked]
        self._lows = np.array([low for low, _ in ranges], dtype=np.float64)
        self._highs = np.array([high for _, high in ranges], dtype=np.float64)
        on = [self.floor_of.get(zone.floor or "", NOWHERE) for zone in ranked]
        self._floors = np.array(on, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.names)

    def spots(
        self,
        xs: ArrayLike,
        ys: ArrayLike,
        heights: ArrayLike | None = None,
        floors: Sequence[str | None] | None = None,
    ) -> Spots:
        """Points as arrays: metres of the site, heights (NaN: unknown), names of floors."""
        across = np.asarray(xs, dtype=np.float64)
        if floors is None:
            on = np.full(across.shape, NOWHERE, dtype=np.int64)
        else:
            on = np.array([self.floor_of.get(name or "", NOWHERE) for name in floors], np.int64)
        return Spots(
            xs=across,
            ys=np.asarray(ys, dtype=np.float64),
            heights=np.full(across.shape, np.nan)
            if heights is None
            else np.asarray(heights, dtype=np.float64),
            floors=on,
        )

    def spots_at(self, places: Sequence[Place]) -> Spots:
        """The same from points one by one."""
        return self.spots(
            [place[0] for place in places],
            [place[1] for place in places],
            [np.nan if place[2] is None else place[2] for place in places],
            [place[3] for place in places],
        )

    def holding(self, spots: Spots) -> Holding:
        """Which zones hold which points; what stands exactly on an edge is in."""
        points, zones, holds = self._grid.candidates(spots.xs, spots.ys)
        doubtful = np.flatnonzero(~holds)
        holds[doubtful] = self._holds(zones[doubtful], spots.at(points[doubtful]))
        holds &= self._on_floor(zones, spots.at(points))
        return Holding(points[holds], zones[holds])

    @cached_property
    def _grid(self) -> PointGrid:
        return PointGrid(self._tree, self._cores, self._is_round)

    def _holds(self, zones: Whole, spots: Spots) -> Bools:
        """Whether each zone holds its point, whatever the floor."""
        cores = self._cores[zones]
        holds = np.asarray(shapely.intersects_xy(cores, spots.xs, spots.ys), dtype=np.bool_)
        rounds = np.flatnonzero(self._is_round[zones])
        points = _points(spots.at(rounds))
        holds[rounds] = shapely.distance(cores[rounds], points) <= self._radii[zones[rounds]]
        return holds

    def _on_floor(self, zones: Whole, spots: Spots) -> Bools:
        """What is not known speaks against no floor; a named floor outweighs the height."""
        here, named = self._floors[zones], spots.floors
        same = (here == NOWHERE) | (named == NOWHERE) | (here == named)
        # A height that is not known is neither below nor above.
        fits = ~(spots.heights < self._lows[zones]) & ~(spots.heights >= self._highs[zones])
        fits |= named != NOWHERE
        return np.asarray(same & fits, dtype=np.bool_)

    def distances(self, zones: Whole, spots: Spots) -> Floats:
        """How far (metres) each point is outside of its zone; 0 within.

        The larger of the ways across and up or down counts; a floor that is named as
        another one is infinitely far.
        """
        across = shapely.distance(self._cores[zones], _points(spots))
        across = np.maximum(across - self._radii[zones], 0.0)
        here, named = self._floors[zones], spots.floors
        up = np.maximum(self._lows[zones] - spots.heights, spots.heights - self._highs[zones])
        up = np.where(np.isnan(up) | (named != NOWHERE), 0.0, up)
        elsewhere = (here != NOWHERE) & (named != NOWHERE) & (here != named)
        return np.where(elsewhere, np.inf, np.maximum(across, up))

    def is_any_within(self, place: Place, room_m: float) -> bool:
        """Whether any zone is at most so far from a point."""
        x_m, y_m, *_ = place
        box = shapely.box(x_m - room_m, y_m - room_m, x_m + room_m, y_m + room_m)
        zones = self._tree.query(box)
        spots = self.spots_at([place] * len(zones))
        return bool((self.distances(zones, spots) <= room_m).any())

    def ways_through(self, starts: Spots, ends: Spots) -> Holding:
        """Which zones that can be crossed each straight way from start to end touches.

        Both ends must be on the zone's floor; pairs come as in `holding`.
        """
        ways = _lines(starts, ends)
        lines, zones = self._tree.query(ways)
        may = self._cross[zones]
        may &= self._on_floor(zones, starts.at(lines)) & self._on_floor(zones, ends.at(lines))
        lines, zones = lines[may], zones[may]
        touch = shapely.distance(self._cores[zones], ways[lines]) <= self._radii[zones]
        lines, zones = lines[touch], zones[touch]
        order = np.lexsort((zones, lines))
        return Holding(lines[order], zones[order])

    def distance_m(self, zone: int, place: Place) -> float:
        """The same for one point."""
        return float(self.distances(np.array([zone]), self.spots_at([place]))[0])

    def is_on_floor_of(self, zone: int, place: Place) -> bool:
        """Whether one point may be on the floor of a zone, as far as that is known."""
        return bool(self._on_floor(np.array([zone]), self.spots_at([place]))[0])

    def touched(self, start: Place, end: Place) -> tuple[int, ...]:
        """The zones that can be crossed and one straight way touches."""
        found = self.ways_through(self.spots_at([start]), self.spots_at([end]))
        return tuple(int(zone) for zone in found.zones)

    def spans(
        self,
        zone: int,
        start: tuple[float, float],
        end: tuple[float, float],
    ) -> list[tuple[float, float]]:
        """The parts of a straight way that lie in a zone, as fractions of its length, in order."""
        way = LineString([start, end])
        shared = self.areas[self.names[zone]].intersection(way)
        parts = shapely.get_parts(shared)
        found = sorted(_span(part, way) for part in parts if part.length > 0)
        return [(first / way.length, last / way.length) for first, last in found]


def bodies_of(
    zones: Sequence[ZoneSettings],
    georeference: Georeference | None = None,
) -> dict[str, Body]:
    """The shapes of those zones that have one; degrees need a georeference."""
    return {
        zone.name: body_of(zone, georeference)
        for zone in zones
        if zone.shape is not None and (georeference is not None or not zone.geo)
    }


def body_of(zone: ZoneSettings, georeference: Georeference | None) -> Body:
    """The shape of a zone that has one."""

    def metres(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
        if not zone.geo or georeference is None:
            return points
        return [georeference.to_metres(lat, lon) for lat, lon in points]

    def polygon(part: OutlineSettings) -> Polygon:
        return Polygon(metres(part.outline), [metres(hole) for hole in part.holes])

    if zone.circle is not None:
        return Body(Point(metres([zone.circle.center])[0]), zone.circle.radius_m)
    if zone.corridor is not None:
        return Body(LineString(metres(zone.corridor.line)), zone.corridor.width_m / 2)
    # Parts that touch or overlap become one.
    return Body(shapely.union_all([polygon(part) for part in zone.outlines]))


def drawing_of(zone: ZoneSettings, georeference: Georeference | None) -> dict[str, Any] | None:
    """The shape of a zone as a GeoJSON geometry in metres of the site; arcs are drawn in steps.

    None where it has no shape, or one in degrees that is tied to nothing.
    """
    bodies = bodies_of([zone], georeference)
    return {**mapping(bodies[zone.name].area)} if bodies else None


def around(
    zones: Sequence[ZoneSettings],
    areas: Mapping[str, BaseGeometry],
) -> dict[str, list[str]]:
    """For each zone those whose shape holds all of its own and more, on its floor or on all."""
    drawn = [zone for zone in zones if zone.name in areas]
    shapes = _array([areas[zone.name] for zone in drawn])
    inner, outer = STRtree(shapes).query(shapes, predicate="covered_by")
    pairs = {(int(one), int(other)) for one, other in zip(inner, outer, strict=True)}
    found: dict[str, list[str]] = {zone.name: [] for zone in zones}
    for one, other in sorted(pairs):
        same_floor = drawn[other].floor in {None, drawn[one].floor}
        if one != other and same_floor and (other, one) not in pairs:
            found[drawn[one].name].append(drawn[other].name)
    return found


def _ranked(
    zones: Sequence[ZoneSettings],
    areas: Mapping[str, BaseGeometry],
    inside: Mapping[str, tuple[str, ...]],
) -> list[ZoneSettings]:
    own = {zone.name: zone.priority for zone in zones}

    def rank(zone: ZoneSettings) -> tuple[int, int, float, str]:
        outer = inside[zone.name]
        priority = max([zone.priority, *(own[name] for name in outer)])
        return -priority, -len(outer), float(areas[zone.name].area), zone.name

    return sorted((zone for zone in zones if zone.name in areas), key=rank)


def _array(geometries: Sequence[BaseGeometry]) -> Geometries:
    found = np.empty(len(geometries), dtype=np.object_)
    found[:] = geometries
    return found


def _boxes(cores: Geometries, radii: Floats) -> Geometries:
    """The box of each shape; a little more than it, so that rounding loses nothing."""
    bounds = np.asarray(shapely.bounds(cores), dtype=np.float64).reshape(-1, 4)
    room = radii * (1 + 1e-9) + np.where(radii > 0, 1e-6, 0.0)
    boxes = shapely.box(
        bounds[:, 0] - room,
        bounds[:, 1] - room,
        bounds[:, 2] + room,
        bounds[:, 3] + room,
    )
    return _array(list(boxes))


def _points(spots: Spots) -> Geometries:
    return np.asarray(shapely.points(spots.xs, spots.ys), dtype=np.object_)


def _lines(starts: Spots, ends: Spots) -> Geometries:
    pairs = np.array([[starts.xs, ends.xs], [starts.ys, ends.ys]], dtype=np.float64)
    return np.asarray(shapely.linestrings(pairs.transpose(2, 1, 0)), dtype=np.object_)


def _span(part: BaseGeometry, way: LineString) -> tuple[float, float]:
    first, *_, last = (way.project(Point(point)) for point in part.coords)
    return min(first, last), max(first, last)
