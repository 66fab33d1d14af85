import math

import pytest

from simulators.layout import Zone, box
from simulators.walks import Carrier, Itinerary, Leg, Trip

HOME = (0.0, 0.0)


def test_an_asset_without_trips_stands_for_ever() -> None:
    assert list(Itinerary(HOME).legs()) == [Leg(0.0, math.inf, HOME, HOME)]


def test_a_trip_without_a_day_is_made_once() -> None:
    trip = Trip(5, (HOME, (3.0, 0.0), (3.0, 4.0)), 1.0)
    assert list(Itinerary(HOME, (trip,)).legs()) == [
        Leg(0.0, 5, HOME, HOME),
        Leg(5, 8, HOME, (3.0, 0.0)),
        Leg(8, 12, (3.0, 0.0), (3.0, 4.0)),
        Leg(12, math.inf, (3.0, 4.0), (3.0, 4.0)),
    ]


def test_a_place_named_twice_costs_no_time() -> None:
    trip = Trip(0, (HOME, HOME, (3.0, 0.0)), 1.0)
    assert [leg.to_s for leg in Itinerary(HOME, (trip,)).legs()] == [3, math.inf]


def test_a_trip_that_would_break_the_quiet_is_not_begun() -> None:
    trip = Trip(5, (HOME, (3.0, 0.0)), 1.0)
    late = Itinerary(HOME, (trip,), quiet_after_s=7.9)
    assert list(late.legs()) == [Leg(0.0, math.inf, HOME, HOME)]
    assert len(list(Itinerary(HOME, (trip,), quiet_after_s=8).legs())) == 3


def test_a_day_repeats_shifted_by_its_length() -> None:
    there, back = Trip(5, (HOME, (3.0, 0.0)), 1.0), Trip(20, ((3.0, 0.0), HOME), 1.0)
    carrier = Carrier(Itinerary(HOME, (there, back), day_s=60))
    for day in range(4):
        for second, x_m in ((0, 0.0), (6, 1.0), (10, 3.0), (21, 2.0), (30, 0.0)):
            carrier.at(day * 60 + second)
            assert (carrier.x_m, carrier.y_m) == pytest.approx((x_m, 0.0))


def test_a_walker_looks_where_it_goes() -> None:
    carrier = Carrier(Itinerary(HOME, (Trip(0, (HOME, (0.0, 3.0)), 1.0),)))
    carrier.at(1)
    assert carrier.walking
    assert carrier.heading_rad == pytest.approx(math.pi / 2)
    carrier.at(9)
    assert not carrier.walking


def test_the_bounds_hold_every_place_of_a_day() -> None:
    trip = Trip(5, (HOME, (3.0, -2.0), (-1.0, 4.0)), 1.0)
    assert Itinerary(HOME, (trip,)).bounds() == (-1.0, -2.0, 3.0, 4.0)


def test_a_margin_is_the_way_to_the_nearest_border() -> None:
    zone = Zone("hall", box(0, 0, 10, 6))
    assert zone.margin_m((4, 1)) == 1
    assert zone.margin_m((13, 10)) == 5
