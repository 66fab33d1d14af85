from math import asin, cos, hypot, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zones.georeference import FAR_M, Georeference
from zones.position_settings import OriginSettings

MEAN_RADIUS_M = 6_371_008.8
BERLIN = (52.5, 13.4)


def tie(lat: float, lon: float, bearing_deg: float = 0.0) -> Georeference:
    return Georeference(OriginSettings(lat=lat, lon=lon, bearing_deg=bearing_deg))


def haversine_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great circle on a sphere: right to half a percent."""
    (lat, lon), (lat_2, lon_2) = (tuple(map(radians, point)) for point in (one, other))
    half = sin((lat_2 - lat) / 2) ** 2 + cos(lat) * cos(lat_2) * sin((lon_2 - lon) / 2) ** 2
    return 2 * MEAN_RADIUS_M * asin(sqrt(half))


def test_the_origin_is_where_both_axes_begin() -> None:
    assert tie(*BERLIN, bearing_deg=33).to_metres(*BERLIN) == (0, 0)
    assert tie(*BERLIN, bearing_deg=33).to_degrees(0, 0) == pytest.approx(BERLIN, abs=1e-12)


# Lengths of a degree on WGS84, from the tables of the ellipsoid: at the equator, at 45 degrees and
# at the pole one of latitude is 110 574.3, 111 131.8 and 111 693.9 m; one of longitude at the
# equator is 111 319.5 m and at 45 degrees 78 846.8 m.
@pytest.mark.parametrize(
    ("lat", "north_m", "east_m"),
    [(0.0, 1105.743, 1113.195), (45.0, 1111.318, 788.468), (89.99, 1116.939, 0.195)],
)
def test_a_hundredth_of_a_degree_is_as_long_as_the_tables_say(
    lat: float, north_m: float, east_m: float
) -> None:
    georeference = tie(lat, 7.0)
    assert georeference.to_metres(lat + 0.005, 7.0)[1] * 2 == pytest.approx(north_m, abs=0.1)
    assert georeference.to_metres(lat, 7.01)[0] == pytest.approx(east_m, abs=0.01)


def test_the_y_axis_is_turned_clockwise_from_north() -> None:
    north_m = tie(*BERLIN).to_metres(52.51, 13.4)[1]
    east = tie(*BERLIN, bearing_deg=90).to_metres(52.51, 13.4)
    assert east == pytest.approx((-north_m, 0), abs=1e-6)
    x_m, y_m = tie(*BERLIN, bearing_deg=30).to_metres(52.51, 13.4)
    assert (x_m, y_m) == pytest.approx((-north_m / 2, north_m * sqrt(3) / 2))


def test_the_date_line_is_no_edge() -> None:
    x_m, y_m = tie(0, 179.99).to_metres(0, -179.99)
    assert (x_m, y_m) == pytest.approx((2226.39, 0), abs=0.01)
    assert tie(0, 179.99).to_degrees(x_m, y_m) == pytest.approx((0, -179.99))


def test_the_pole_is_a_place_like_any_other() -> None:
    pole = tie(90, 0)
    one, other = pole.to_metres(89.99, 0), pole.to_metres(89.99, 180)
    assert hypot(*one) == pytest.approx(1116.94, abs=0.01)
    assert one == pytest.approx((-other[0], -other[1]), abs=1e-6)
    assert pole.to_degrees(0, 0)[0] == pytest.approx(90)


_lats, _lons = st.floats(-90, 90), st.floats(-180, 180)
_near_m = st.floats(-20_000, 20_000)


@given(_lats, _lons, st.floats(-360, 360), _near_m, _near_m)
def test_there_and_back_is_the_same_place(
    lat: float, lon: float, bearing_deg: float, x_m: float, y_m: float
) -> None:
    georeference = tie(lat, lon, bearing_deg)
    there = georeference.to_metres(*georeference.to_degrees(x_m, y_m))
    assert there == pytest.approx((x_m, y_m), abs=1e-5)


@given(_lats, _lons, _near_m, _near_m)
def test_distances_agree_with_the_great_circle(
    lat: float, lon: float, x_m: float, y_m: float
) -> None:
    place = tie(lat, lon).to_degrees(x_m, y_m)
    # The sphere is off by as much as the earth is flat, the plane by centimetres.
    assert haversine_m((lat, lon), place) == pytest.approx(hypot(x_m, y_m), rel=0.006, abs=0.01)


@given(_lats, _lons, _lats, _lons)
def test_no_place_of_the_globe_seems_near_that_is_not(
    lat: float, lon: float, lat_2: float, lon_2: float
) -> None:
    way_m = hypot(*tie(lat, lon).to_metres(lat_2, lon_2))
    assert way_m >= 0.8 * min(haversine_m((lat, lon), (lat_2, lon_2)), FAR_M / 2)
    assert way_m <= FAR_M * 1.001


def test_what_lies_beside_the_globe_has_no_degrees() -> None:
    with pytest.raises(ValueError, match="beside the globe"):
        tie(*BERLIN).to_degrees(7e6, 0)
