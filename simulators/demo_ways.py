"""How one gets from place to place in the depot of the demo, and where things stand there."""

from random import Random
from typing import Final, NamedTuple

from simulators.demo_floors import FIRST, GROUND, LAYOUT, floor_of, in_plane
from simulators.layout import Point
from simulators.radio import mean_rssi_dbm

STAIRS: Final = {GROUND: (68.6, 17.8), FIRST: (68.6, 20.0)}
"""Their two ends, each on its floor."""

_AISLE_Y_M: Final = 25.5
_HUB: Final = (52.0, 36.0)
# From the door of a room to the aisle, or to the hub of the first floor. What is not here lies
# along the aisle, and one walks straight into it.
_TO_HUB: Final[dict[str, tuple[Point, ...]]] = {
    "Charging bay": ((14.0, 48.5), (25.0, 45.5), (25.0, _AISLE_Y_M)),
    "Packing": ((25.0, 48.5), (25.0, _AISLE_Y_M)),
    "Cold store": ((60.5, 48.5), (60.5, _AISLE_Y_M)),
    "High-value cage": ((60.5, 41.5), (60.5, _AISLE_Y_M)),
    "Security lobby": ((63.0, 19.0), (63.0, _AISLE_Y_M)),
    "Open office": ((52.0, 50.0), _HUB),
    "Test lab": ((56.0, 52.0), (52.0, 51.0), _HUB),
    "IT store": ((57.0, 40.0), (52.0, 40.0), _HUB),
    "Landing": ((68.6, 26.0), (52.0, 30.0), _HUB),
}
_YARD_DOOR_Y_M: Final = 12.0
_HEARD_DBM: Final = -66.5
_MARGIN_M: Final = 1.3
_TRIES: Final = 2_000
_SHELF_EVERY_M: Final = 3.6
_SHELVES: Final = {"Racks A": 4.95, "Racks B": 28.95}


class Place(NamedTuple):
    """A point in a zone, in metres on the zone's own floor."""

    zone: str
    point: Point

    @property
    def at(self) -> Point:
        """The same in the plane of the radio."""
        return in_plane(floor_of(self.zone), self.point)


FOOT_OF_STAIRS: Final = Place("Security lobby", STAIRS[GROUND])
HEAD_OF_STAIRS: Final = Place("Landing", STAIRS[FIRST])


def legs_between(start: Place, end: Place) -> tuple[tuple[Point, ...], ...]:
    """The waypoints of a walk in the plane; two pieces where the stairs lie between them."""
    if floor_of(start.zone) == floor_of(end.zone):
        return (_on_one_floor(start, end),)
    down = floor_of(start.zone) == FIRST
    leave, arrive = (HEAD_OF_STAIRS, FOOT_OF_STAIRS) if down else (FOOT_OF_STAIRS, HEAD_OF_STAIRS)
    return (_on_one_floor(start, leave), _on_one_floor(arrive, end))


def heard_place(zone: str, rng: Random) -> Place:
    """A place in the zone where one of its antennas hears a tag well; in racks, on a shelf.

    Raises LookupError for a zone in which nothing is heard.
    """
    held = LAYOUT.zone(zone)
    xs, ys = zip(*held.polygon, strict=True)
    antennas = [antenna for antenna in LAYOUT.antennas if antenna.zone == zone]
    for _ in range(_TRIES):
        x_m, y_m = rng.uniform(min(xs), max(xs)), rng.uniform(min(ys), max(ys))
        x_m = _on_shelf(zone, x_m)
        if not held.contains((x_m, y_m)) or held.margin_m((x_m, y_m)) < _MARGIN_M:
            continue
        if max(mean_rssi_dbm(antenna, x_m, y_m) for antenna in antennas) >= _HEARD_DBM:
            return _in_zone(zone, (x_m, y_m))
    raise LookupError(f"no antenna hears enough of {zone}")


def any_place(zone: str, rng: Random) -> Place:
    """A place in the zone, well inside."""
    held = LAYOUT.zone(zone)
    xs, ys = zip(*held.polygon, strict=True)
    while True:
        point = (rng.uniform(min(xs), max(xs)), rng.uniform(min(ys), max(ys)))
        if held.contains(point) and held.margin_m(point) >= _MARGIN_M:
            return _in_zone(zone, point)


def lane_beside(place: Place) -> Place:
    """Where a forklift stands that serves this place of the racks; any other as it is."""
    if place.zone not in _SHELVES:
        return place
    return Place(place.zone, (place.point[0] + _SHELF_EVERY_M / 2, place.point[1]))


def _in_zone(zone: str, at: Point) -> Place:
    origin_m = in_plane(floor_of(zone), (0.0, 0.0))[0]
    return Place(zone, (at[0] - origin_m, at[1]))


def _on_shelf(zone: str, x_m: float) -> float:
    first_m = _SHELVES.get(zone)
    if first_m is None:
        return x_m
    return first_m + round((x_m - first_m) / _SHELF_EVERY_M) * _SHELF_EVERY_M


def _on_one_floor(start: Place, end: Place) -> tuple[Point, ...]:
    floor = floor_of(start.zone)
    if start.zone == end.zone:
        way: tuple[Point, ...] = ()
    elif {start.zone, end.zone} & {"Yard"}:
        way = _through_dock(start, end)
    else:
        way = (*_to_hub(start), *_to_hub(end)[::-1])
    points = (start.point, *way, end.point)
    distinct = [point for n, point in enumerate(points) if n == 0 or point != points[n - 1]]
    return tuple(in_plane(floor, point) for point in distinct)


def _to_hub(place: Place) -> tuple[Point, ...]:
    return _TO_HUB.get(place.zone, ((place.point[0], _AISLE_Y_M),))


def _through_dock(start: Place, end: Place) -> tuple[Point, ...]:
    """Straight through the dock at which the lorry stands; further in, by the aisle."""
    lorry, other = (start, end) if start.zone == "Yard" else (end, start)
    dock_x_m = lorry.point[0]
    inside = (dock_x_m, _YARD_DOOR_Y_M + 3.0)
    docks = {"Receiving", "Dispatch"}
    way = (
        (inside,)
        if other.zone in docks
        else (inside, (dock_x_m, _AISLE_Y_M), *_to_hub(other)[::-1])
    )
    return way if start is lorry else way[::-1]
