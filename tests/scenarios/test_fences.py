"""The acceptance scenarios of alerts by their numbers: fences, time and what is known late."""

import pytest

from tests.scenarios.scene import (
    BAY,
    G1,
    HALL,
    LAPTOPS,
    NEXT_DOOR,
    OFFICE,
    VANS,
    YARD,
    Scene,
    site,
)


def test_01_an_exit_is_one_alert_at_the_time_of_its_first_position() -> None:
    scene = Scene(site(VANS))
    scene.fix(0, 50)
    for seconds in (10, 13, 16):
        scene.fix(seconds, 110)
    scene.wait_until(60)
    assert scene.story == ["raised"]
    assert scene.seconds(scene.alert.time_ns) == 10
    assert scene.seconds(scene.alert.decided_ns) == 13
    assert scene.state == "active_unacknowledged"


def test_02_one_position_outside_is_no_exit() -> None:
    scene = Scene(site(VANS))
    for seconds, x_m in ((0, 50), (10, 110), (11, 50), (12, 50)):
        scene.fix(seconds, x_m)
    scene.wait_until(60)
    assert scene.story == []


def test_03_jitter_over_the_edge_is_no_exit() -> None:
    scene = Scene(site(VANS))
    for second in range(600):
        scene.fix(second, 99.5 if second % 2 else 101.5)
    scene.wait_until(660)
    assert scene.story == []


@pytest.mark.parametrize(("accuracy_m", "story"), [(80, []), (3, ["raised"])])
def test_04_an_inaccurate_position_proves_no_exit(accuracy_m: float, story: list[str]) -> None:
    scene = Scene(site(VANS))
    scene.fix(0, 50)
    scene.fix(10, 160, accuracy_m=accuracy_m)
    if accuracy_m == 3:
        scene.fix(13, 160, accuracy_m=accuracy_m)
    else:
        scene.fix(12, 50)
    scene.wait_until(60)
    assert scene.story == story


def test_05_the_same_position_five_times_is_one_piece_of_evidence() -> None:
    scene = Scene(site(VANS))
    scene.fix(0, 50)
    for turn in range(5):
        scene.fix(10, 110, arrival_s=10 + turn * 0.05)
    scene.wait_until(60)
    assert scene.story == ["raised"]
    assert scene.seconds(scene.alert.decided_ns) == 15


def test_06_positions_are_judged_in_the_order_of_their_times() -> None:
    scene = Scene(site(VANS))
    scene.fix(0, 50)
    scene.fix(10, 110)
    scene.fix(14, 110)
    scene.fix(12, 50, arrival_s=14.5)
    scene.wait_until(60)
    assert scene.story == ["raised"]
    assert scene.seconds(scene.alert.time_ns) == 14
    assert scene.seconds(scene.alert.decided_ns) == 19


def test_07_an_exit_that_is_known_an_hour_late_is_one_late_alert() -> None:
    scene = Scene(site(VANS))
    scene.fix(0, 50)
    scene.fix(3500, 50)
    for _ in range(2):
        scene.fix(10, 110, arrival_s=3600)
        scene.fix(13, 110, arrival_s=3600)
    scene.wait_until(3700)
    assert scene.story == ["raised"]
    assert scene.alert.late
    assert scene.alert.condition == "returned"
    assert scene.seconds(scene.alert.time_ns) == 10
    assert scene.deliveries[0][:2] == ("guards", "raised")


def test_09_a_portal_is_told_at_once_and_who_turns_back_stays_latched() -> None:
    scene = Scene(site(LAPTOPS))
    scene.read(0, HALL)
    scene.read(1.0, G1)
    assert scene.story == ["raised"]
    assert scene.seconds(scene.changes[0].at_ns) < 1.001
    scene.stay(3, 20, HALL)
    scene.wait_until(30)
    assert scene.story == ["raised", "returned"]
    scene.acknowledge(31, "seen")
    assert scene.state == "latched"


MISSING = "  - {name: lost, kind: missing, assets: {category: laptop}, notify: [guards]}"


def test_10_what_nobody_sees_is_missing_in_time_and_not_before() -> None:
    scene = Scene(site(MISSING))
    scene.read(0, HALL)
    scene.wait_until(298)
    assert scene.story == []
    scene.wait_until(310)
    assert scene.story == ["raised"]
    assert scene.seconds(scene.alert.decided_ns) == pytest.approx(300, abs=1)
    scene.stay(320, 323, HALL)
    scene.wait_until(340)
    assert scene.story == ["raised", "returned"]


@pytest.mark.parametrize(("seen_s", "missing_s"), [(None, 700), (450, 750)])
def test_10_while_its_reader_is_down_nothing_is_missing(
    seen_s: float | None, missing_s: float
) -> None:
    scene = Scene(site(MISSING))
    scene.read(0, HALL)
    scene.health("r", "offline", 100)
    scene.wait_until(399)
    scene.health("r", "online", 400)
    if seen_s is not None:
        scene.read(seen_s, HALL)
    scene.wait_until(missing_s - 2)
    assert scene.story == []
    scene.wait_until(missing_s + 10)
    assert scene.story == ["raised"]
    assert scene.seconds(scene.alert.decided_ns) == pytest.approx(missing_s, abs=1)


def test_10_a_missing_alert_is_suppressed_while_its_reader_is_down() -> None:
    scene = Scene(site(MISSING))
    scene.read(0, HALL)
    scene.wait_until(310)
    scene.health("r", "offline", 320)
    assert scene.story == ["raised", "suppressed"]
    assert (scene.state, scene.alert.suppressed_by) == ("suppressed", "reader:r")
    scene.health("r", "online", 330)
    assert scene.state == "active_unacknowledged"
    assert len(scene.deliveries) == 1


def test_11_a_restart_in_the_middle_of_an_exit_raises_it_once() -> None:
    scene = Scene(site(VANS))
    scene.fix(0, 50)
    scene.fix(10, 110)
    scene.restart(11, 30)
    scene.fix(31, 110)
    scene.wait_until(60)
    assert [scene.seconds(alert.time_ns) for alert in scene.raised] == [10]
    scene.restart(61, 70)
    scene.fix(71, 110)
    scene.wait_until(90)
    assert scene.story == ["raised"]
    assert len(scene.deliveries) == 1


def test_12_what_is_first_seen_outside_is_told_to_be_outside_once() -> None:
    scene = Scene(site(VANS))
    scene.fix(0, 150)
    scene.fix(3, 150)
    scene.wait_until(20)
    assert scene.story == ["raised"]
    assert (scene.alert.outside_now, scene.alert.cause) == (True, "first_seen")
    assert scene.seconds(scene.alert.decided_ns) == 3
    scene.restart(21, 30)
    scene.fix(31, 150)
    scene.wait_until(60)
    assert scene.story == ["raised"]


def test_13_an_edited_fence_tells_who_is_outside_now_and_editing_back_is_its_end() -> None:
    scene = Scene(site(VANS))
    for second in range(20):
        scene.fix(second, 80)
    scene.edit(20, site(VANS, fence="[[0, 0], [50, 0], [50, 100], [0, 100]]"), "v2")
    for second in range(21, 40):
        scene.fix(second, 80)
    scene.wait_until(45)
    assert scene.story == ["raised"]
    assert scene.alert.evidence.site_version == "v2"
    scene.edit(46, site(VANS), "v3")
    for second in range(47, 80):
        scene.fix(second, 80)
    scene.wait_until(90)
    assert scene.story == ["raised", "returned"]


def test_20_leaving_a_bay_is_no_leaving_of_its_hall() -> None:
    bay = "  - {name: of bay, kind: exit, fence: [bay], confirm_s: 1}"
    hall = "  - {name: of hall, kind: exit, fence: [hall], confirm_s: 1}"
    entering = "  - {name: into next, kind: enter, zones: [next door], confirm_s: 1}"
    scene = Scene(site(bay, hall, entering))
    scene.stay(0, 3, BAY)
    scene.stay(3, 8, HALL)
    scene.wait_until(11)
    assert [alert.rule for alert in scene.raised] == ["of bay"]
    scene.stay(12, 16, BAY)
    scene.wait_until(30)
    scene.acknowledge(30)
    scene.reset(31)
    scene.stay(32, 36, NEXT_DOOR)
    scene.wait_until(45)
    assert [alert.rule for alert in scene.raised[1:]] == ["into next", "of bay"]
    assert all(alert.rule != "of hall" for alert in scene.raised)


def test_26_two_reads_at_the_same_millisecond_count_both_and_the_louder_zone_wins() -> None:
    for points in ((HALL, OFFICE), (OFFICE, HALL)):
        scene = Scene(site(LAPTOPS))
        for quarter in range(12):
            for point in points:
                loud = -45.0 if point == HALL else -65.0
                scene.read(quarter / 4, point, rssi_dbm=loud, arrival_s=quarter / 4 + 0.1)
        scene.wait_until(10)
        assert {movement.to_zone for movement in scene.movements} == {"hall"}


KEEP_OUT = "  - {name: keep out, kind: forbidden, zones: [F], notify: [guards]}"


@pytest.mark.parametrize(
    ("cross", "accuracy_m", "story"),
    [(True, 1.0, ["raised"]), (False, 1.0, []), (True, 60.0, [])],
)
def test_27_a_way_straight_through_a_zone_is_a_visit_where_that_is_asked_for(
    cross: bool,  # noqa: FBT001 -- a parameter of a test
    accuracy_m: float,
    story: list[str],
) -> None:
    scene = Scene(site(KEEP_OUT, cross=cross))
    for seconds, y_m in ((0, -50), (1, 150)):
        scene.fix(seconds, 50, y_m, accuracy_m=accuracy_m)
    scene.wait_until(60)
    assert [change.transition for change in scene.changes][:1] == story


def test_28_one_impossible_position_is_no_exit_and_two_that_agree_are() -> None:
    scene = Scene(site(VANS))
    for seconds, x_m in ((0, 50), (1, 5000), (2, 50)):
        scene.fix(seconds, x_m, 5000 if x_m == 5000 else 50)
    scene.wait_until(30)
    assert scene.story == []
    other = Scene(site(VANS))
    for seconds, x_m in ((0, 50), (1, 5000), (3, 5000)):
        other.fix(seconds, x_m, 5000 if x_m == 5000 else 50)
    other.wait_until(30)
    assert other.story == ["raised"]


@pytest.mark.parametrize("out_s", [3.0, 3.5, 4.0, 4.5])
def test_a_short_stay_elsewhere_is_no_exit_though_the_way_back_is_known_late(out_s: float) -> None:
    scene = Scene(site(LAPTOPS))
    scene.stay(0, 11, HALL)
    scene.stay(11, 11 + out_s, YARD)
    scene.stay(11 + out_s, 45, HALL)
    scene.wait_until(60)
    assert "yard" in {movement.to_zone for movement in scene.movements}
    assert scene.story == []
