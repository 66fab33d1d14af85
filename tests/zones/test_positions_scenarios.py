"""The acceptance scenarios of fences, as far as positions decide them: seconds of event time,
fence F = (0, 0) to (100, 100), margin 2 m, exits confirmed by two fixes or 5 s."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.zones.positioned import FENCE, TAG, LocatedStage, PositionStage, Told, fix
from zones.settings import ZoneSettings

Stage = PositionStage | LocatedStage
Make = Callable[..., Stage]

IN_AT_0 = Told(None, "F", 0, 0)


@pytest.fixture(params=[PositionStage, LocatedStage], name="make")
def _make(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 -- a class of either kind
    """The stage by itself, and as a part of Locate."""
    return request.param


def square(name: str, x_m: float, y_m: float, side_m: float) -> ZoneSettings:
    corners = ((0, 0), (side_m, 0), (side_m, side_m), (0, side_m))
    return ZoneSettings(name=name, polygon=tuple((x_m + x, y_m + y) for x, y in corners))


def test_scenario_1_two_positions_outside_are_one_exit_at_the_time_of_the_first(make: Make) -> None:
    stage = make()
    stage.hear([fix(0, 50), fix(10, 110), fix(13, 110), fix(16, 110)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0, Told("F", None, 10, 13)]
    assert [each.time_ns for each in stage.decisions[1].fixes] == [
        fix(10, 110).time_ns,
        fix(13, 110).time_ns,
    ]


def test_scenario_2_one_position_outside_among_others_inside_is_no_exit(make: Make) -> None:
    stage = make()
    stage.hear([fix(0, 50), fix(10, 110), fix(11, 50), fix(12, 50)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0]
    assert stage.watch.exit_candidates_cancelled == 1


def test_scenario_3_positions_that_jitter_over_the_edge_are_no_exit(make: Make) -> None:
    stage = make()
    stage.hear([fix(n, 99.5 if n % 2 == 0 else 101.5) for n in range(600)])
    stage.wait_until(700)
    assert stage.told == [IN_AT_0]
    assert stage.watch.exit_candidates_cancelled == 0


def test_scenario_4_an_inaccurate_position_outside_is_no_exit_and_accurate_ones_are(
    make: Make,
) -> None:
    stage = make()
    stage.hear([fix(0, 50), fix(10, 160, accuracy_m=80), fix(12, 50)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0]
    assert stage.watch.dropped == {("gps", "inaccurate"): 1}
    stage = make()
    stage.hear([fix(0, 50), fix(10, 160, accuracy_m=3), fix(13, 160, accuracy_m=3)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0, Told("F", None, 10, 13)]


@pytest.mark.parametrize("step_s", [0.0, 0.05])
def test_scenario_5_a_position_told_five_times_is_one_and_counts_after_silence(
    make: Make,
    step_s: float,
) -> None:
    stage = make()
    stage.hear([fix(0, 50)])
    stage.hear([fix(10 + n * step_s, 110, arrival_s=10 + n * 0.05) for n in range(5)])
    stage.wait_until(15 + 2)
    assert stage.told == [IN_AT_0]
    stage.wait_until(15 + 3)
    assert stage.told == [IN_AT_0, Told("F", None, 10, 15)]


def test_scenario_6_positions_out_of_order_are_put_in_order(make: Make) -> None:
    stage = make()
    stage.hear([fix(0, 50), fix(10, 110), fix(14, 110), fix(12, 50, arrival_s=14.5)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0, Told("F", None, 14, 19)]


def test_scenario_7_an_exit_that_is_told_an_hour_late_is_told_once_and_moves_nothing(
    make: Make,
) -> None:
    stage = make()
    stage.hear(fix(n * 500, 50) for n in range(8))
    upload = [(10, 3600.0), (13, 3600.1)]
    stage.hear(fix(when_s, 110, arrival_s=arrival_s) for when_s, arrival_s in upload)
    stage.hear(fix(when_s, 110, arrival_s=arrival_s + 100) for when_s, arrival_s in upload)
    stage.wait_until(4000)
    assert stage.live == [IN_AT_0]
    assert stage.late == [Told(None, None, 10, 13)]
    assert stage.zone_of(TAG) == "F"


def test_scenario_12_what_is_first_seen_outside_is_told_to_be_outside_once(make: Make) -> None:
    stage = make()
    stage.hear([fix(0, 150), fix(3, 150), fix(6, 150), fix(20, 150)])
    stage.wait_until(60)
    assert stage.told == [Told(None, None, 0, 3)]


def test_scenario_20_leaving_a_bay_is_no_leaving_of_its_hall(make: Make) -> None:
    stage = make([FENCE, square("bay", 0, 0, 20), square("other bay", 20, 0, 20)])
    stage.hear([fix(0, 10, 10), fix(10, 60, 60), fix(13, 60, 60)])
    stage.wait_until(60)
    assert stage.told == [Told(None, "bay", 0, 0), Told("bay", "F", 10, 13)]


def test_scenario_20_going_into_the_bay_next_door_is_one_movement(make: Make) -> None:
    stage = make([FENCE, square("bay", 0, 0, 20), square("other bay", 20, 0, 20)])
    stage.hear([fix(0, 10, 10), fix(10, 30, 10), fix(13, 31, 10)])
    stage.wait_until(60)
    assert stage.told == [Told(None, "bay", 0, 0), Told("bay", "other bay", 10, 13)]


def keep_out(make: Make, *, cross: bool = True) -> Stage:
    stage = make([FENCE.model_copy(update={"cross": cross})])
    stage.hear([fix(-10, 50, -50), fix(-5, 50, -50), fix(0, 50, -50)])
    stage.hear([fix(1, 50, 150), fix(2, 50, 150)])
    stage.wait_until(60)
    return stage


def test_scenario_27_a_way_straight_through_a_zone_is_a_visit(make: Make) -> None:
    stage = keep_out(make)
    assert stage.told[0] == Told(None, None, -10, -5)
    assert stage.told[1:] == [Told(None, "F", 0.25, 1), Told("F", None, 0.75, 1)]
    assert [each.crossed for each in stage.decisions] == [False, True, False]
    assert [each.time_ns for each in stage.decisions[1].fixes] == [
        fix(0, 0).time_ns,
        fix(1, 0).time_ns,
    ]


def test_scenario_27_two_positions_are_enough_for_a_visit(make: Make) -> None:
    stage = make([FENCE.model_copy(update={"cross": True})])
    stage.hear([fix(0, 50, -50), fix(1, 50, 150)])
    stage.wait_until(60)
    assert stage.told == [
        Told(None, None, 0, 1),
        Told(None, "F", 0.25, 1),
        Told("F", None, 0.75, 1),
    ]


def test_scenario_27_a_way_through_is_no_visit_unless_asked_for_nor_by_a_vague_position(
    make: Make,
) -> None:
    assert keep_out(make, cross=False).told[1:] == []
    stage = make([FENCE.model_copy(update={"cross": True})])
    stage.hear([fix(0, 50, -50), fix(0.6, 50, -50), fix(1, 50, 150, accuracy_m=51)])
    stage.wait_until(60)
    assert stage.told == [Told(None, None, 0, 0.6)]


def test_scenario_28_one_impossible_position_is_no_exit_and_two_that_agree_are(make: Make) -> None:
    stage = make()
    stage.hear([fix(0, 50), fix(1, 5000, 5000), fix(2, 50)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0]
    assert stage.watch.jumps_refused == 1
    stage = make()
    stage.hear([fix(0, 50), fix(1, 5000, 5000), fix(3, 5000, 5000)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0, Told("F", None, 1, 3)]
