"""The drawn plans of the demo: of the floor's proportions, see-through, and one quiet grey."""

from functools import cache
from io import BytesIO

import pytest
from PIL import Image

from api.pictures import PICTURE_BYTES_MAX, drawn_anew
from simulators.demo_floors import FIRST, FLOOR_SIZE_M, GROUND
from simulators.demo_plan import PIXELS_PER_M, floor_plan_png

FLOORS = (GROUND, FIRST)


@cache
def drawn(floor: str) -> Image.Image:
    return Image.open(BytesIO(floor_plan_png(floor))).convert("RGBA")


def alpha_at(floor: str, x_m: float, y_m: float) -> int:
    pixel = drawn(floor).getpixel(
        (round(x_m * PIXELS_PER_M), round((FLOOR_SIZE_M[1] - y_m) * PIXELS_PER_M))
    )
    assert isinstance(pixel, tuple)
    return pixel[3]


@pytest.mark.parametrize("floor", FLOORS)
def test_a_plan_can_be_put_like_any_other(floor: str) -> None:
    png = floor_plan_png(floor)
    assert len(png) < PICTURE_BYTES_MAX / 100
    assert drawn_anew(png, "image/png")
    width_m, depth_m = FLOOR_SIZE_M
    assert drawn(floor).size == (width_m * PIXELS_PER_M, depth_m * PIXELS_PER_M)


@pytest.mark.parametrize("floor", FLOORS)
def test_a_plan_is_one_grey_on_nothing(floor: str) -> None:
    colours = drawn(floor).getcolors() or []
    assert (
        len({colour[:3] for _, colour in colours if isinstance(colour, tuple) and colour[3]}) == 1
    )
    clear = sum(number for number, colour in colours if isinstance(colour, tuple) and not colour[3])
    assert clear > 0.6 * drawn(floor).size[0] * drawn(floor).size[1]


def test_walls_stand_where_the_building_is_and_doors_where_one_walks() -> None:
    assert alpha_at(GROUND, 77.9, 30) > 240
    assert alpha_at(GROUND, 77.9, 18) < 220
    assert alpha_at(GROUND, 14, 58.2) == 0
    assert alpha_at(GROUND, 70, 13) == 0
    assert alpha_at(FIRST, 54, 40) == 0
    assert alpha_at(FIRST, 54, 45) > 100


def test_a_plan_is_drawn_the_same_each_time() -> None:
    assert floor_plan_png(GROUND) == floor_plan_png(GROUND)


def test_a_floor_that_is_not_there_has_no_plan() -> None:
    with pytest.raises(KeyError):
        floor_plan_png("Cellar")
