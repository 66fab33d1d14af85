"""Positions where zones lie in each other or above each other: which of them a tag has left."""

import pytest

from tests.zones.made import at
from tests.zones.positioned import FENCE, PositionStage, Told, fix
from zones.floorplan import FloorPlan
from zones.position_memory import Spot
from zones.position_rules import PositionRules
from zones.settings import FloorSettings, ZoneSettings

NEXT_DOOR = ZoneSettings(name="G", polygon=((100, 0), (200, 0), (200, 100), (100, 100)))
LOW, HIGH = (ZoneSettings(name=name, floor=name, polygon=FENCE.polygon) for name in ("low", "high"))
FLOORS = [FloorSettings(name="low", height_m=(0, 3)), FloorSettings(name="high", height_m=(3, 6))]


def on_floors(*zones: ZoneSettings) -> PositionStage:
    return PositionStage(plan=FloorPlan(zones, floors=FLOORS))


def test_floors_are_told_apart_by_height() -> None:
    stage = on_floors(LOW, HIGH)
    stage.hear([fix(0, 50, z_m=1), fix(5, 50, z_m=4), fix(6, 50, z_m=4)])
    stage.hear([fix(20, 50, z_m=3.2), fix(30, 50, z_m=2.8), fix(31, 50, z_m=3.2)])
    stage.hear([fix(40, 50, z_m=2.8), fix(41, 50, z_m=2.8)])
    stage.wait_until(60)
    assert stage.told == [
        Told(None, "low", 0, 0),
        Told("low", "high", 5, 6),
        Told("high", "low", 40, 41),
    ]


@pytest.mark.parametrize("zone", ["low", "high"])
def test_a_position_that_does_not_know_its_floor_changes_none(zone: str) -> None:
    stage = on_floors(LOW, HIGH)
    stage.hear([fix(0, 50, floor=zone), *(fix(n, 101) for n in range(1, 20)), fix(20, 50)])
    stage.wait_until(60)
    assert stage.told == [Told(None, zone, 0, 0)]


def test_above_a_zone_where_nothing_is_drawn_its_margin_holds() -> None:
    stage = on_floors(LOW)
    stage.hear([fix(0, 50, z_m=1), fix(5, 50, z_m=4.9), fix(6, 50, z_m=4.9)])
    stage.hear([fix(10, 50, z_m=5.1), fix(11, 50, z_m=5.1)])
    stage.wait_until(60)
    assert stage.told == [Told(None, "low", 0, 0), Told("low", None, 10, 11)]


BAY = ZoneSettings(name="bay", polygon=((80, 40), (90, 40), (90, 60), (80, 60)))


@pytest.mark.parametrize(("x_m", "accuracy_m"), [(101.0, None), (110.0, 15.0)])
@pytest.mark.parametrize("zones", [[], [NEXT_DOOR]])
def test_who_leaves_a_bay_has_not_left_its_hall_unless_that_is_as_sure(
    x_m: float, accuracy_m: float | None, zones: list[ZoneSettings]
) -> None:
    stage = PositionStage([FENCE, BAY, *zones])
    stage.hear([fix(0, 85), *(fix(n, x_m, accuracy_m=accuracy_m) for n in range(10, 20))])
    stage.wait_until(60)
    assert stage.told == [Told(None, "bay", 0, 0), Told("bay", "F", 10, 11)]


@pytest.mark.parametrize("last_s", [13.0, 18.0])
def test_who_leaves_a_bay_and_then_its_hall_is_told_to_leave_each(last_s: float) -> None:
    stage = PositionStage([FENCE, BAY])
    stage.hear([fix(0, 85), fix(10, 101), fix(12, 110), fix(last_s, 110)])
    stage.wait_until(60)
    left = Told("F", None, 12, min(last_s, 17))
    assert stage.told == [Told(None, "bay", 0, 0), Told("bay", "F", 10, 12), left]


def test_one_position_outside_of_the_hall_after_one_outside_of_the_bay_is_no_exit() -> None:
    stage = PositionStage([FENCE, BAY])
    stage.hear([fix(0, 85), fix(10, 101), fix(12, 110), fix(13, 50)])
    stage.wait_until(60)
    assert stage.told == [Told(None, "bay", 0, 0), Told("bay", "F", 10, 12)]


def test_silence_after_two_positions_at_once_tells_of_both_zones_that_were_left() -> None:
    stage = PositionStage([FENCE, BAY])
    stage.hear([fix(0, 85), fix(10, 101), fix(10.3, 110)])
    stage.wait_until(60)
    told = [Told("bay", "F", 10, 15), Told("F", None, 10.3, 15.3)]
    assert stage.told == [Told(None, "bay", 0, 0), *told]


def test_late_positions_in_the_margin_of_the_hall_are_no_exit_of_it() -> None:
    stage = PositionStage([FENCE, BAY])
    stage.hear([fix(0, 85), fix(100, 85)])
    stage.hear([fix(10, 101, arrival_s=110), fix(13, 101, arrival_s=110)])
    stage.wait_until(200)
    assert [told.to_zone for told in stage.late] == ["F"]


def test_a_zone_without_a_shape_is_left_for_another_part_of_what_it_lies_in() -> None:
    shelf = ZoneSettings(name="shelf", parent="F")
    rules = PositionRules(FloorPlan([FENCE, BAY, shelf]))
    in_bay = Spot(at(0), 85, 50, "bay", fix(0, 85))
    assert rules.verdict(in_bay, "shelf", 0.0, outside=False) == "leave"


def test_of_zones_that_overlap_the_one_of_higher_rank_is_entered() -> None:
    loud = ZoneSettings(name="loud", priority=1, polygon=((50, 0), (150, 0), (150, 100), (50, 100)))
    stage = PositionStage(plan=FloorPlan([FENCE, loud]))
    stage.hear([fix(0, 20), fix(5, 70)])
    stage.wait_until(30)
    assert stage.told == [Told(None, "F", 0, 0), Told("F", "loud", 5, 5)]


def test_a_way_past_the_edge_of_a_lesser_zone_is_one_visit() -> None:
    wide = ZoneSettings(
        name="wide", cross=True, priority=1, polygon=((0, 0), (100, 0), (100, 100), (0, 100))
    )
    lesser = ZoneSettings(
        name="lesser", cross=True, polygon=((20, -10), (40, -10), (40, 110), (20, 110))
    )
    stage = PositionStage(plan=FloorPlan([wide, lesser]))
    stage.hear([fix(0, -50), fix(1, -50), fix(10, 150), fix(11, 150)])
    stage.wait_until(60)
    assert [told.to_zone for told in stage.told if told.to_zone] == ["wide"]
