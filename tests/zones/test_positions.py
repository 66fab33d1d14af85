from collections.abc import Sequence
from math import inf, nan

import msgspec
import pytest

from tags.reads import Fix
from tests.zones.made import at
from tests.zones.positioned import FENCE, TAG, PositionStage, Told, fix
from zones.floorplan import FloorPlan
from zones.position_memory import FIXES_MAX, RECENT_MAX, STAYS_MAX, PositionState
from zones.position_settings import OriginSettings, PositionSettings
from zones.positions import PositionWatch
from zones.settings import CircleSettings, ZoneSettings

IN_AT_0 = Told(None, "F", 0, 0)
SHELF = ZoneSettings(name="shelf", parent="F")
VAULT = ZoneSettings(name="vault")
NEXT_DOOR = ZoneSettings(name="G", polygon=((100, 0), (200, 0), (200, 100), (100, 100)))


# What counts


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (fix(10, nan), "position_invalid"),
        (fix(10, 110, inf), "position_invalid"),
        (fix(10, 1e9), "position_invalid"),
        (fix(10, 110, accuracy_m=nan), "position_invalid"),
        (fix(10, 110, accuracy_m=inf), "position_invalid"),
        (fix(10, 110, accuracy_m=-1), "position_invalid"),
        (fix(10, 110, z_m=nan), "position_invalid"),
        (fix(10, 110, accuracy_m=10_000), "inaccurate"),
        (Fix(TAG, "gps", at(10), at(10), lat=52.5, lon=13.4), "site_without_origin"),
        (Fix(TAG, "gps", at(10), at(10), lat=91, lon=13.4), "position_invalid"),
        (Fix(TAG, "gps", at(10), at(10), lat=nan, lon=13.4), "position_invalid"),
        (Fix(TAG, "gps", at(10), at(10), lat=52.5), "position_missing"),
        (Fix(TAG, "gps", at(10), at(10)), "position_missing"),
    ],
)
def test_a_position_that_can_not_be_true_is_counted_and_moves_nothing(
    bad: Fix, reason: str
) -> None:
    stage = PositionStage()
    stage.hear([fix(0, 50), bad])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0]
    assert stage.watch.dropped == {("gps", reason): 1}


def test_an_exit_takes_more_than_the_margin_and_the_accuracy() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 50), fix(10, 102), fix(20, 110, accuracy_m=8), fix(30, 110, accuracy_m=8)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0]
    stage.hear([fix(70, 110, accuracy_m=7.9)])
    stage.wait_until(90)
    assert stage.told == [IN_AT_0, Told("F", None, 70, 75)]


def test_a_vague_position_neither_confirms_nor_cancels_an_exit() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 50), fix(10, 110), fix(12, 110, accuracy_m=20)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0, Told("F", None, 10, 15)]
    assert stage.watch.exit_candidates_cancelled == 0


def test_an_exit_may_wait_for_more_positions_or_for_less_time() -> None:
    patient = PositionStage(settings=PositionSettings(exit_fixes=3, exit_confirm_s=60))
    patient.hear([fix(0, 50), fix(10, 110), fix(13, 110), fix(16, 110)])
    patient.wait_until(100)
    assert patient.told == [IN_AT_0, Told("F", None, 10, 16)]
    for hasty in (PositionSettings(exit_fixes=1), PositionSettings(exit_confirm_s=0)):
        stage = PositionStage(settings=hasty)
        stage.hear([fix(0, 50), fix(10, 110)])
        stage.wait_until(100)
        assert stage.told == [IN_AT_0, Told("F", None, 10, 10)]


def test_a_position_at_the_due_time_still_cancels_an_exit() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 50), fix(10, 110), fix(15, 50)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0]
    stage = PositionStage()
    stage.hear([fix(0, 50), fix(10, 110), fix(15.1, 50)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0, Told("F", None, 10, 15), Told(None, "F", 15.1, 15.1)]


# Where it goes


def test_a_zone_is_entered_at_its_edge_and_left_beyond_its_margin() -> None:
    stage = PositionStage([FENCE, NEXT_DOOR])
    stage.hear([fix(0, 50), fix(10, 101.9), fix(20, 102.1), fix(30, 99), fix(40, 97.9)])
    stage.wait_until(90)
    assert stage.told == [IN_AT_0, Told("F", "G", 20, 25), Told("G", "F", 40, 45)]


def test_a_zone_with_priority_is_entered_at_its_edge_whatever_the_margin() -> None:
    lane = ZoneSettings(name="lane", priority=1, polygon=((90, 40), (120, 40), (120, 60), (90, 60)))
    stage = PositionStage([FENCE, lane])
    stage.hear([fix(0, 50), fix(10, 101, 50), fix(11, 89, 50), fix(12, 101, 70)])
    stage.wait_until(90)
    assert stage.told[:2] == [IN_AT_0, Told("F", "lane", 10, 10)]
    # One metre outside of the lane is within its margin; ten metres are not.
    assert stage.told[2:] == [Told("lane", None, 12, 17)]


def test_outside_and_back_in_are_told_once_each() -> None:
    stage = PositionStage()
    stage.hear(fix(n, 50 if n < 10 or n >= 20 else 150) for n in range(30))
    stage.wait_until(60)
    assert stage.told == [IN_AT_0, Told("F", None, 10, 11), Told(None, "F", 20, 20)]


def test_a_position_in_the_hall_says_nothing_against_a_shelf_without_a_shape() -> None:
    stage = PositionStage([FENCE, SHELF, NEXT_DOOR])
    stage.zones[TAG] = "shelf"
    stage.hear([fix(0, 50), fix(1, 50), fix(10, 150), fix(13, 150)])
    stage.wait_until(60)
    assert stage.told == [Told("shelf", "G", 10, 13)]


def test_a_zone_without_a_shape_is_left_for_one_with_a_shape_and_not_for_nowhere() -> None:
    stage = PositionStage([FENCE, VAULT])
    stage.zones[TAG] = "vault"
    stage.hear([fix(0, 500), fix(1, 500), fix(2, 500)])
    stage.wait_until(20)
    assert stage.told == []
    stage.hear([fix(30, 50), fix(31, 50)])
    stage.wait_until(60)
    assert stage.told == [Told("vault", "F", 30, 31)]


def test_an_exit_is_void_if_the_tag_was_found_elsewhere_meanwhile() -> None:
    stage = PositionStage([FENCE, VAULT])
    stage.hear([fix(0, 50), fix(10, 110)])
    stage.wait_until(13)
    stage.zones[TAG] = "vault"
    stage.wait_until(60)
    assert stage.told == [IN_AT_0]


def test_what_departed_and_is_seen_outside_is_told_to_be_outside() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 50)])
    stage.wait_until(10)
    stage.zones[TAG] = None
    stage.hear([fix(20, 150), fix(23, 150)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0, Told(None, None, 20, 23)]


def test_what_was_outside_and_then_elsewhere_is_told_to_be_outside_anew() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 150), fix(3, 150)])
    stage.wait_until(10)
    # An antenna found it in a zone, from which it departed.
    stage.watch.note_move(TAG)
    stage.watch.note_move("gps:stranger")
    stage.hear([fix(20, 150), fix(23, 150)])
    stage.wait_until(60)
    assert stage.told == [Told(None, None, 0, 3), Told(None, None, 20, 23)]


def test_degrees_are_tied_to_the_site() -> None:
    origin = OriginSettings(lat=52.5, lon=13.4)
    pond = ZoneSettings(name="pond", circle=CircleSettings(center=(0, 1112), radius_m=5))
    stage = PositionStage(plan=FloorPlan([pond], origin=origin))
    stage.hear([Fix(TAG, "gps", at(0), at(0), lat=52.51, lon=13.4)])
    stage.wait_until(10)
    assert stage.told == [Told(None, "pond", 0, 0)]


# Jumps


def test_a_jump_that_goes_on_is_believed_and_one_that_does_not_is_forgotten() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 50), fix(1, 5000), fix(1.2, 5000), fix(1.4, -7000), fix(2, 50)])
    stage.wait_until(30)
    assert stage.told == [IN_AT_0]
    assert stage.watch.jumps_refused == 2
    stage.hear([fix(40, 50), fix(41, 20_000), fix(43, 20_000)])
    stage.wait_until(90)
    assert stage.told == [IN_AT_0, Told("F", None, 41, 43)]


def test_a_jump_into_a_zone_is_believed_only_when_it_goes_on() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 9000), fix(3, 9000), fix(4, 50), fix(5, 9000), fix(6, 50), fix(7, 50)])
    stage.wait_until(60)
    assert stage.told == [Told(None, None, 0, 3), Told(None, "F", 6, 6)]


# The way between


def test_a_way_through_a_bay_in_a_hall_leads_back_to_the_hall() -> None:
    bay = ZoneSettings(name="bay", cross=True, polygon=((40, 40), (60, 40), (60, 60), (40, 60)))
    stage = PositionStage([FENCE, bay])
    stage.hear([fix(0, 10), fix(8, 90)])
    stage.wait_until(60)
    assert stage.told == [Told(None, "F", 0, 0), Told("F", "bay", 3, 8), Told("bay", "F", 5, 8)]


def test_a_way_out_through_another_zone_is_told_when_the_exit_is() -> None:
    gate = ZoneSettings(
        name="gate", cross=True, polygon=((110, 0), (120, 0), (120, 100), (110, 100))
    )
    stage = PositionStage([FENCE, gate])
    stage.hear([fix(0, 90), fix(4, 130), fix(5, 50)])
    stage.wait_until(20)
    assert stage.told == [IN_AT_0]
    stage.hear([fix(30, 90), fix(34, 130), fix(37, 130)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0, Told("F", "gate", 32, 34), Told("gate", None, 33, 34)]


@pytest.mark.parametrize(("gap_s", "moves"), [(60, 3), (61, 1)])
def test_positions_far_apart_in_time_say_nothing_about_the_way(gap_s: float, moves: int) -> None:
    stage = PositionStage([FENCE.model_copy(update={"cross": True})])
    stage.hear([fix(0, -50), fix(1, -50), fix(1 + gap_s, 150)])
    stage.wait_until(200)
    assert len(stage.told) == moves


# Late


def test_a_late_position_alone_tells_nothing() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 50), fix(100, 50), fix(50, 150, arrival_s=200)])
    stage.wait_until(300)
    assert stage.told == [IN_AT_0]
    assert stage.watch.dropped == {("gps", "late"): 1}


def test_late_positions_around_one_inside_tell_nothing() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 50), fix(11, 50), fix(100, 50)])
    stage.hear([fix(10, 150, arrival_s=200), fix(13, 150, arrival_s=200)])
    stage.wait_until(300)
    assert stage.told == [IN_AT_0]


def test_a_late_exit_that_was_told_in_time_is_not_told_again() -> None:
    stage = PositionStage()
    trip = [fix(0, 50), fix(10, 150), fix(13, 150), fix(16, 150), fix(20, 50), fix(25, 50)]
    stage.hear(trip)
    stage.hear(msgspec.structs.replace(each, arrival_ns=at(500)) for each in trip)
    stage.wait_until(600)
    assert stage.told == [IN_AT_0, Told("F", None, 10, 13), Told(None, "F", 20, 20)]


@pytest.mark.parametrize("order", [(10, 13, 300, 600), (600, 300, 13, 10)])
def test_an_upload_of_a_long_trip_is_one_late_exit(order: Sequence[float]) -> None:
    stage = PositionStage()
    stage.hear(fix(n * 1000, 50) for n in range(3))
    stage.hear(fix(when_s, 150, arrival_s=2500 + n) for n, when_s in enumerate(order))
    stage.wait_until(4000)
    assert stage.live == [IN_AT_0]
    assert len(stage.late) == 1


def test_a_whole_backlog_of_a_tag_is_decided_in_its_order() -> None:
    stage = PositionStage()
    backlog = [fix(0, 50), fix(10, 110), fix(12, 50), fix(20, 110), fix(26, 110), fix(40, 50)]
    stage.hear(
        msgspec.structs.replace(each, arrival_ns=at(3600 + n * 0.3))
        for n, each in enumerate(backlog)
    )
    stage.wait_until(4000)
    assert stage.told == [IN_AT_0, Told("F", None, 20, 25), Told(None, "F", 40, 40)]


# Limits and change


def test_there_are_limits_to_tags_and_to_fixes() -> None:
    stage = PositionStage(tags_max=2)
    stage.hear(fix(0, 50, tag=f"gps:{n}") for n in range(3))
    assert stage.watch.dropped == {("gps", "tags_max"): 1}
    stage.hear(fix(10 + n / 1000, n % 50, tag="gps:0") for n in range(FIXES_MAX + 5))
    assert stage.watch.dropped["gps", "fixes_max"] == 5
    stage.hear(fix(20 + n, 50 if n % 20 < 10 else 150, tag="gps:1") for n in range(700))
    stage.wait_until(3000)
    memory = stage.watch.state.memories["gps:1"]
    assert (len(memory.stays), len(memory.recent)) == (STAYS_MAX, RECENT_MAX)
    assert not stage.watch.state.bins
    assert not stage.watch.state.overdue


def test_the_stage_goes_on_from_its_state_as_if_nothing_had_happened() -> None:
    fixes = [fix(0, 50), fix(10, 110), fix(40, 50), fix(50, 5000), fix(52, 5000)]
    whole = PositionStage()
    whole.hear(fixes)
    whole.wait_until(90)
    stage = PositionStage()
    for each in fixes:
        stage.hear([each])
        kept = msgspec.msgpack.encode(stage.watch.state)
        state = msgspec.msgpack.decode(kept, type=PositionState)
        stage.watch = PositionWatch(state, stage.plan)
    stage.wait_until(90)
    assert stage.told == whole.told
    assert len(whole.told) == 4


def test_a_new_floor_plan_holds_from_the_next_position_on() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 50), fix(9, 110)])
    stage.wait_until(12)
    small = ZoneSettings(name="H", was="F", circle=CircleSettings(center=(0, 50), radius_m=10))
    stage.watch.adopt_plan(FloorPlan([small]))
    stage.zones[TAG] = "H"
    stage.wait_until(20)
    assert stage.told == [IN_AT_0]
    stage.hear([fix(21, 50), fix(24, 50)])
    stage.wait_until(60)
    assert stage.told == [IN_AT_0, Told("H", None, 21, 24)]


def test_fixes_that_wait_are_placed_by_the_new_floor_plan() -> None:
    pond = ZoneSettings(name="pond", circle=CircleSettings(center=(0, 0), radius_m=5))
    stage = PositionStage(plan=FloorPlan([pond], origin=OriginSettings(lat=52.5, lon=13.4)))
    stage.hear([Fix(TAG, "gps", at(0), at(0), lat=52.51, lon=13.4)])
    stage.watch.adopt_plan(FloorPlan([pond], origin=OriginSettings(lat=52.51, lon=13.4)))
    stage.wait_until(10)
    assert stage.told == [Told(None, "pond", 0, 0)]
    stage.hear([Fix(TAG, "gps", at(20), at(20), lat=52.51, lon=13.4)])
    stage.watch.adopt_plan(FloorPlan([pond]))
    stage.wait_until(30)
    assert stage.watch.state.bins == {}


def test_where_nothing_is_drawn_nothing_is_seen_outside() -> None:
    stage = PositionStage([ZoneSettings(name="F")])
    stage.hear([fix(0, 150), fix(3, 150)])
    stage.wait_until(60)
    assert stage.told == []


def test_a_first_position_that_may_be_within_a_zone_is_not_outside() -> None:
    stage = PositionStage()
    stage.hear([fix(0, 110, accuracy_m=10), fix(3, 110, accuracy_m=10)])
    stage.wait_until(60)
    assert stage.told == []
    stage.hear([fix(61, 110, accuracy_m=9), fix(63, 110, accuracy_m=9)])
    assert stage.zones == {}
    stage.wait_until(70)
    assert stage.told == [Told(None, None, 61, 63)]
