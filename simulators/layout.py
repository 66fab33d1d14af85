"""A make-believe floor: zones, the antennas that hang there, and where a walk crosses a border."""

import math
from dataclasses import dataclass

Point = tuple[float, float]
Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Zone:
    """A named polygon in metres on the floor; `role` is one of the site file's zone roles."""

    name: str
    polygon: tuple[Point, ...]
    role: str = "storage"

    def contains(self, point: Point) -> bool:
        """Whether the point lies inside; on a border, one of the two neighbours has it."""
        x_m, y_m = point
        inside = False
        before = self.polygon[-1]
        for corner in self.polygon:
            (x0, y0), (x1, y1) = before, corner
            if (y0 > y_m) != (y1 > y_m) and x_m < x0 + (y_m - y0) * (x1 - x0) / (y1 - y0):
                inside = not inside
            before = corner
        return inside

    def margin_m(self, point: Point) -> float:
        """How far the point is from the nearest border of the zone, inside or outside."""
        corners = zip(self.polygon, (*self.polygon[1:], self.polygon[0]), strict=True)
        return min(_distance_to_edge(point, start, end) for start, end in corners)


@dataclass(frozen=True, slots=True)
class Antenna:
    """One antenna of one reader.

    `boresight` is a unit vector, `beam_db` the loss at a right angle to it. Reads weaker than
    `rssi_dbm_min` are meant to be ignored by the gateway; the antenna still reports them.
    """

    reader: str
    number: int
    zone: str
    at_m: Vector
    boresight: Vector
    beam_db: float
    rssi_dbm_min: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A floor with its zones and antennas; `wall_db` is lost on the way out of a zone."""

    size_m: Point
    zones: tuple[Zone, ...]
    antennas: tuple[Antenna, ...]
    wall_db: float

    @property
    def readers(self) -> tuple[str, ...]:
        """The readers' names, in the order of their first antennas."""
        return tuple(dict.fromkeys(antenna.reader for antenna in self.antennas))

    def zone_at(self, point: Point) -> str | None:
        """The name of the zone that holds the point, None on the open floor and outside."""
        return next((zone.name for zone in self.zones if zone.contains(point)), None)

    def zone(self, name: str) -> Zone:
        """The zone of that name. Raises KeyError where there is none."""
        for zone in self.zones:
            if zone.name == name:
                return zone
        raise KeyError(name)

    def borders(self, start: Point, end: Point) -> list[float]:
        """Where a straight walk meets borders of zones, as ascending fractions of its length."""
        met = {
            fraction
            for zone in self.zones
            for a, b in zip(zone.polygon, (*zone.polygon[1:], zone.polygon[0]), strict=True)
            if (fraction := _meeting(start, end, a, b)) is not None
        }
        return sorted(met)


def facing(x: float, y: float, z: float) -> Vector:
    """The unit vector of a direction that is not zero."""
    length = math.sqrt(x * x + y * y + z * z)
    return (x / length, y / length, z / length)


def box(x0: float, y0: float, x1: float, y1: float) -> tuple[Point, ...]:
    """The corners of an upright rectangle, in order."""
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _meeting(start: Point, end: Point, a: Point, b: Point) -> float | None:
    walk_x, walk_y = end[0] - start[0], end[1] - start[1]
    edge_x, edge_y = b[0] - a[0], b[1] - a[1]
    turn = walk_x * edge_y - walk_y * edge_x
    if turn == 0:
        return None
    gap_x, gap_y = a[0] - start[0], a[1] - start[1]
    on_walk = (gap_x * edge_y - gap_y * edge_x) / turn
    on_edge = (gap_x * walk_y - gap_y * walk_x) / turn
    return on_walk if 0 < on_walk < 1 and 0 <= on_edge <= 1 else None


def _distance_to_edge(point: Point, start: Point, end: Point) -> float:
    edge_x, edge_y = end[0] - start[0], end[1] - start[1]
    from_x, from_y = point[0] - start[0], point[1] - start[1]
    share = (from_x * edge_x + from_y * edge_y) / (edge_x * edge_x + edge_y * edge_y)
    share = min(1.0, max(0.0, share))
    return math.hypot(from_x - share * edge_x, from_y - share * edge_y)
