"""What zones and floors refuse, and what they say of themselves."""

import pytest
from pydantic import ValidationError

from zones.settings import FloorSettings, ZoneSettings
from zones.shapes import drawing_of

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]]
HOLE = [[2, 2], [4, 2], [4, 4]]


def zone(**changes: object) -> ZoneSettings:
    return ZoneSettings.model_validate({"name": "bay", **changes})


def test_a_floor_goes_from_low_to_high() -> None:
    assert FloorSettings(name="ground", height_m=(0, 3)).height_m == (0, 3)
    with pytest.raises(ValidationError, match="from low to high"):
        FloorSettings(name="ground", height_m=(3, 3))


def test_a_zone_has_one_shape() -> None:
    with pytest.raises(ValidationError, match="several shapes"):
        zone(polygon=SQUARE, circle={"center": [0, 0], "radius_m": 3})


def test_holes_are_cut_out_of_a_polygon() -> None:
    with pytest.raises(ValidationError, match="holes but no polygon"):
        zone(holes=[HOLE])


@pytest.mark.parametrize(
    ("shape", "points"),
    [
        ({"polygon": SQUARE, "holes": [HOLE]}, 7),
        ({"circle": {"center": [1, 2], "radius_m": 3}}, 1),
        ({"corridor": {"line": [[0, 0], [5, 0], [5, 5]], "width_m": 2}}, 3),
        ({}, 0),
    ],
)
def test_a_zone_names_every_point_of_its_shape(shape: dict[str, object], points: int) -> None:
    assert len(list(zone(**shape).points())) == points


def test_zones_that_tags_pass_through_are_fast_unless_they_say_else() -> None:
    assert zone(role="exit").pace == "fast"
    assert zone(role="exit", profile="steady").pace == "steady"


def test_a_zone_can_be_drawn_if_it_has_a_shape() -> None:
    drawing = drawing_of(zone(polygon=SQUARE), None)
    assert drawing is not None
    assert drawing["type"] == "Polygon"
    assert drawing_of(zone(), None) is None
