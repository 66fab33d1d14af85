from collections.abc import Sequence
from math import hypot, nan

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon

from zones.georeference import Georeference
from zones.position_settings import OriginSettings
from zones.settings import CircleSettings, CorridorSettings, FloorSettings, ZoneSettings
from zones.shapes import NOWHERE, ZoneShapes, body_of

HALL = ((0, 0), (40, 0), (40, 40), (0, 40))
YARD = ((10, 10), (20, 10), (20, 20), (10, 20))


def zone(name: str, **shape: object) -> ZoneSettings:
    return ZoneSettings.model_validate({"name": name, **shape})


def held(shapes: ZoneShapes, *points: tuple[float, float]) -> list[list[str]]:
    """The zones that hold each point, best first."""
    found = shapes.holding(shapes.spots([x for x, _ in points], [y for _, y in points]))
    names: list[list[str]] = [[] for _ in points]
    for point, place in zip(found.points.tolist(), found.zones.tolist(), strict=True):
        names[point].append(shapes.names[place])
    return names


def innermost(shapes: ZoneShapes, x_m: float, y_m: float) -> str | None:
    place = int(shapes.holding(shapes.spots([x_m], [y_m])).innermost(1)[0])
    return None if place == NOWHERE else shapes.names[place]


def distance_m(shapes: ZoneShapes, name: str, x_m: float, y_m: float) -> float:
    return shapes.distance_m(shapes.place_of[name], (x_m, y_m, None, None))


# What a shape holds


def test_a_hole_is_not_in_its_zone_and_its_edge_is() -> None:
    shapes = ZoneShapes([zone("hall", polygon=HALL, holes=[YARD])])
    assert held(shapes, (5, 5), (15, 15), (10, 15), (0, 0), (40.001, 5)) == [
        ["hall"],
        [],
        ["hall"],
        ["hall"],
        [],
    ]
    assert distance_m(shapes, "hall", 15, 15) == 5


def test_a_zone_may_have_several_parts_that_touch_or_overlap() -> None:
    parts = [{"outline": HALL, "holes": [YARD]}, {"outline": [[40, 0], [50, 0], [50, 10]]}]
    shapes = ZoneShapes([zone("site", polygons=parts)])
    assert held(shapes, (5, 5), (15, 15), (48, 2), (60, 0)) == [["site"], [], ["site"], []]
    assert distance_m(shapes, "site", 53, 4) == 3


def test_a_circle_is_round_to_the_last_bit() -> None:
    shapes = ZoneShapes([zone("pond", circle={"center": [0, 0], "radius_m": 5})])
    assert held(shapes, (3, 4), (5, 0), (3.0000001, 4), (3.6, 3.6)) == [["pond"], ["pond"], [], []]
    assert distance_m(shapes, "pond", 6, 8) == 5


def test_a_corridor_is_all_that_is_near_its_line() -> None:
    shapes = ZoneShapes(
        [zone("road", corridor={"line": [[0, 0], [10, 0], [10, 10]], "width_m": 4})]
    )
    assert held(shapes, (5, 2), (5, -2.01), (-2, 0), (12, 5), (7.9, 5), (8, 2)) == [
        ["road"],
        [],
        ["road"],
        ["road"],
        [],
        ["road"],
    ]
    assert distance_m(shapes, "road", 5, -5) == 3


def test_a_shape_in_degrees_lies_where_the_site_is_tied_to() -> None:
    georeference = Georeference(OriginSettings(lat=52.5, lon=13.4))
    here = zone("here", geo=True, circle={"center": [52.5, 13.4], "radius_m": 10})
    north = zone("north", geo=True, polygon=[[52.51, 13.39], [52.51, 13.41], [52.52, 13.4]])
    shapes = ZoneShapes([here, north], georeference=georeference)
    assert held(shapes, (0, 10), (0, 10.1), (0, 1200), (0, 1000)) == [["here"], [], ["north"], []]
    assert ZoneShapes([here, zone("hall", polygon=HALL)]).names == ("hall",)


def test_no_zones_hold_nothing() -> None:
    shapes = ZoneShapes()
    assert held(shapes, (0, 0)) == [[]]
    assert held(ZoneShapes([zone("hall", polygon=HALL)])) == []
    assert len(shapes) == 0
    assert not shapes.has_crossable


def test_what_is_no_number_is_nowhere() -> None:
    shapes = ZoneShapes([zone("hall", polygon=HALL)])
    assert held(shapes, (nan, 1), (1, nan), (float("inf"), 1), (1, 1)) == [[], [], [], ["hall"]]


# Which one counts


def test_the_innermost_zone_counts_by_drawing_and_by_parent() -> None:
    shapes = ZoneShapes(
        [
            zone("hall", polygon=HALL),
            zone("bay", polygon=YARD),
            # A little way out of the bay, yet declared to lie in it, and larger.
            zone("shelf", polygon=[[12, 12], [30, 12], [30, 30], [12, 30]], parent="bay"),
        ],
    )
    assert held(shapes, (15, 15), (11, 11), (25, 25)) == [
        ["shelf", "bay", "hall"],
        ["bay", "hall"],
        ["shelf", "hall"],
    ]


def test_of_zones_that_overlap_priority_counts_then_size_then_name() -> None:
    left, right = [[0, 0], [10, 0], [10, 9], [0, 9]], [[5, 0], [15, 0], [15, 10], [5, 10]]
    assert innermost(ZoneShapes([zone("b", polygon=left), zone("a", polygon=right)]), 7, 5) == "b"
    high = zone("a", polygon=right, priority=1)
    assert innermost(ZoneShapes([zone("b", polygon=left), high]), 7, 5) == "a"
    same = [zone(name, polygon=left) for name in ("d", "c")]
    assert innermost(ZoneShapes(same), 7, 5) == "c"


def test_a_zone_has_at_least_the_priority_of_the_zone_that_it_lies_in() -> None:
    shapes = ZoneShapes(
        [
            zone("lane", polygon=[[0, 11], [60, 11], [60, 19], [0, 19]], priority=1),
            zone("bay", polygon=YARD),
            zone("hall", polygon=HALL, priority=2),
        ],
    )
    assert held(shapes, (15, 15), (50, 15)) == [["bay", "hall", "lane"], ["lane"]]


# Floors


FLOORS = [
    FloorSettings(name="ground", height_m=(0, 4)),
    FloorSettings(name="first", height_m=(4, 8)),
    FloorSettings(name="roof"),
]


def on(height_m: float = nan, floor: str | None = None) -> list[str]:
    """The zones at one point of three floors."""
    zones = [zone(name, floor=name, polygon=HALL) for name in ("ground", "first", "roof")]
    shapes = ZoneShapes([*zones, zone("shaft", polygon=HALL)], FLOORS)
    found = shapes.holding(shapes.spots([5], [5], [height_m], [floor]))
    return sorted(shapes.names[place] for place in found.zones.tolist())


def test_the_height_says_which_floor() -> None:
    assert on(0) == ["ground", "roof", "shaft"]
    assert on(3.999) == ["ground", "roof", "shaft"]
    assert on(4) == ["first", "roof", "shaft"]
    assert on(8) == on(-0.1) == ["roof", "shaft"]


def test_a_floor_that_is_named_outweighs_the_height_and_what_is_unknown_is_anywhere() -> None:
    assert on(5, "ground") == ["ground", "shaft"]
    assert on() == on(floor="cellar") == ["first", "ground", "roof", "shaft"]


def test_a_floor_may_be_left_up_and_down_too() -> None:
    shapes = ZoneShapes([zone("ground", floor="ground", polygon=HALL)], FLOORS)
    place = shapes.place_of["ground"]
    assert shapes.distance_m(place, (5, 5, 7.0, None)) == 3
    assert shapes.distance_m(place, (5, 5, -1.5, None)) == 1.5
    assert shapes.distance_m(place, (43, 5, 4.5, None)) == 3
    assert shapes.distance_m(place, (5, 5, None, "first")) == float("inf")


# Ways


def ways(shapes: ZoneShapes, start: tuple[float, float], end: tuple[float, float]) -> list[str]:
    places = shapes.touched((*start, None, None), (*end, None, None))
    return [shapes.names[place] for place in places]


def test_a_straight_way_touches_the_zones_that_can_be_crossed() -> None:
    shapes = ZoneShapes(
        [
            zone("hall", polygon=HALL, cross=True),
            zone("bay", polygon=YARD),
            zone("pond", circle={"center": [20, 50], "radius_m": 5}, cross=True),
            zone("road", corridor={"line": [[-50, 60], [90, 60]], "width_m": 2}, cross=True),
        ],
    )
    assert ways(shapes, (-5, 15), (50, 15)) == ["hall"]
    assert ways(shapes, (15, 54), (25, 54)) == ["pond"]
    assert ways(shapes, (15, 54.9), (16, 54.9)) == []
    assert sorted(ways(shapes, (20, -5), (20, 70))) == ["hall", "pond", "road"]


def test_a_way_may_lead_through_a_zone_more_than_once() -> None:
    shapes = ZoneShapes([zone("hall", polygon=HALL, holes=[YARD], cross=True)])
    first, second = shapes.spans(0, (-10, 15), (50, 15))
    assert (*first, *second) == pytest.approx((10 / 60, 20 / 60, 30 / 60, 50 / 60))
    assert shapes.spans(0, (-10, 41), (50, 41)) == []
    assert shapes.spans(0, (-1, 1), (1, -1)) == []


# Against brute force


_m = st.integers(0, 12).map(float)
_points = st.tuples(_m, _m)
_sizes = st.integers(1, 5)


@st.composite
def any_zone(draw: st.DrawFn, name: str) -> ZoneSettings:
    priority = draw(st.integers(0, 1))
    kind = draw(st.sampled_from(["ring", "frame", "pair", "circle", "corridor"]))
    (x, y), size = draw(_points), draw(_sizes)
    ring = [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
    inner = [(x + size * a, y + size * b) for a, b in ((0.25, 0.25), (0.75, 0.25), (0.5, 0.75))]
    shapes: dict[str, dict[str, object]] = {
        "ring": {"polygon": [(x, y), (x + size, y + 1), (x + 1, y + size)]},
        "frame": {"polygon": ring, "holes": [inner]},
        "pair": {"polygons": [{"outline": ring}, {"outline": [(y, x), (y + 3, x), (y, x + 2)]}]},
        "circle": {"circle": CircleSettings(center=(x, y), radius_m=size)},
        "corridor": {"corridor": CorridorSettings(line=((x, y), (y, x + 1)), width_m=size)},
    }
    return zone(name, priority=priority, **shapes[kind])


_zones = st.lists(st.booleans(), max_size=6).flatmap(
    lambda count: st.tuples(*(any_zone(f"z{n}") for n in range(len(count)))),
)


def reach_m(settings: ZoneSettings, x_m: float, y_m: float) -> float:
    """How far a point is outside of a zone, without arrays, trees and bodies."""
    point = Point(x_m, y_m)
    if settings.circle is not None:
        x, y = settings.circle.center
        return max(0.0, hypot(x_m - x, y_m - y) - settings.circle.radius_m)
    if settings.corridor is not None:
        line = LineString(settings.corridor.line)
        return max(0.0, line.distance(point) - settings.corridor.width_m / 2)
    return min(Polygon(part.outline, part.holes).distance(point) for part in settings.outlines)


@given(_zones, st.lists(_points, max_size=12))
def test_arrays_say_the_same_as_one_by_one(
    zones: Sequence[ZoneSettings], points: list[tuple[float, float]]
) -> None:
    shapes = ZoneShapes(zones)
    for (x_m, y_m), names in zip(points, held(shapes, *points), strict=True):
        reaches_m = {each.name: reach_m(each, x_m, y_m) for each in zones}
        assert set(names) == {name for name, way_m in reaches_m.items() if way_m == 0}
        assert names == sorted(names, key=shapes.names.index)
        for name, way_m in reaches_m.items():
            assert distance_m(shapes, name, x_m, y_m) == pytest.approx(way_m)


@given(_zones)
def test_what_lies_in_a_zone_ranks_before_it(zones: Sequence[ZoneSettings]) -> None:
    shapes = ZoneShapes(zones)
    for name in shapes.names:
        for outer in shapes.inside[name]:
            assert shapes.place_of[name] < shapes.place_of[outer]


@given(_zones, _points, _points)
def test_ways_say_the_same_as_one_by_one(
    zones: Sequence[ZoneSettings], start: tuple[float, float], end: tuple[float, float]
) -> None:
    crossable = [each.model_copy(update={"cross": True}) for each in zones]
    shapes = ZoneShapes(crossable)
    line = LineString([start, end])
    near = {
        each.name: shapely.distance(body_of(each, None).core, line) - body_of(each, None).radius_m
        for each in crossable
    }
    assert set(ways(shapes, start, end)) == {name for name, gap_m in near.items() if gap_m <= 0}


def test_many_zones_in_one_place_make_larger_cells_and_the_same_answers() -> None:
    rings = [[[-n, -n], [n + 0.5, -n], [n + 0.5, n], [-n, n]] for n in range(1, 400)]
    shapes = ZoneShapes([zone(f"z{n:03}", polygon=ring) for n, ring in enumerate(rings)])
    xs, ys = np.linspace(-401, 401, 97), np.linspace(-401, 401, 97)[::-1]
    found = shapes.holding(shapes.spots(xs, ys))
    wanted = [
        sum(-n <= x <= n + 0.5 and -n <= y <= n for n in range(1, 400))
        for x, y in zip(xs.tolist(), ys.tolist(), strict=True)
    ]
    assert np.bincount(found.points, minlength=len(xs)).tolist() == wanted
