"""Rule `speed`: an asset goes faster than it may, by the positions of its tracker."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alert import Excursion
from alerts.rule_kinds import SpeedRule
from alerts.settings import AssetSelector
from inventory.assets import Asset
from tests.alerts.made import RULE, Bench, Said, plan, readers, zones
from tests.zones.made import at
from zones.floorplan import FloorPlan
from zones.position_settings import OriginSettings

TRUCK = Asset(id="truck-1", category="truck", tags=("gps:1", "b1"))


def limit(**changes: Any) -> SpeedRule:  # noqa: ANN401 -- any field of a rule
    """Trucks go at most at 5 m/s; 5 s count, and 10 s of slower ones."""
    fields: dict[str, Any] = {
        "name": RULE,
        "assets": AssetSelector(category="truck"),
        "over_mps": 5,
    }
    return SpeedRule(**(fields | changes))


def bench_of(**changes: Any) -> Bench:  # noqa: ANN401 -- any field of a rule
    return Bench(limit(**changes), assets=(TRUCK,))


def drive(bench: Bench, speeds: Sequence[float], *, first_s: int = 0, **more: float) -> None:
    """A fix each second; `speeds` are those of the seconds between them."""
    x_m = 0.0
    bench.fix("gps:1", (0, 0), first_s, **more)
    for number, speed_mps in enumerate(speeds, start=1):
        x_m += speed_mps
        bench.fix("gps:1", (x_m, 0), first_s + number, **more)


# Too fast


def test_who_goes_too_fast_for_long_enough_is_told_once_with_the_peak() -> None:
    bench = bench_of()
    drive(bench, [3, 3, 8, 9, 12, 9, 8, 8, 8])
    bench.wait_until(9.9)
    assert bench.said == []
    bench.wait_until(20)
    assert bench.said == [Said("raised", 10)]
    alert = bench.alert
    assert (alert.subject, alert.tag, alert.time_ns) == ("truck-1", "gps:1", at(3))
    assert alert.excursion == Excursion(
        quantity="speed", unit="m/s", limit=5, started_ns=at(3), peak=12, peak_ns=at(5)
    )
    assert alert.detail == "12 m/s, more than 5"
    assert alert.evidence.estimate == {"speed": 8}


def test_it_is_over_once_it_was_slow_for_long_enough() -> None:
    bench = bench_of()
    drive(bench, [8] * 10 + [2] * 15)
    bench.wait_until(60)
    assert bench.said == [Said("raised", 8), Said("returned", 23)]
    excursion = bench.alert.excursion
    assert excursion is not None
    assert excursion.ended_ns == at(11)


def test_a_moment_of_haste_raises_nothing() -> None:
    bench = bench_of()
    drive(bench, [3, 8, 8, 8, 3, 3, 3])
    bench.wait_until()
    assert bench.said == []


def test_fixes_far_apart_in_time_prove_that_it_lasted() -> None:
    bench = bench_of()
    bench.fix("gps:1", (0, 0), 0)
    bench.fix("gps:1", (300, 0), 30)
    bench.fix("gps:1", (310, 0), 60)
    bench.wait_until(70)
    assert bench.said == [Said("raised", 32), Said("returned", 62)]


def test_a_tracker_that_falls_silent_ends_nothing() -> None:
    bench = bench_of()
    drive(bench, [8] * 10)
    bench.wait_until()
    assert bench.transitions == ["raised"]


def test_fixes_less_than_a_second_apart_are_measured_over_a_second() -> None:
    bench = bench_of(confirm_s=0)
    for quarter in range(12):
        noise_m = 2.0 if quarter % 2 else 0.0
        bench.fix("gps:1", (quarter * 0.5 + noise_m, 0), quarter / 4)
    bench.wait_until()
    assert bench.said == []


# What a fix is worth


def test_a_way_within_the_accuracy_is_no_speed() -> None:
    bench = bench_of(confirm_s=0)
    for seconds in range(30):
        bench.fix("gps:1", (8 * (seconds % 2), 0), seconds, accuracy_m=4)
    bench.wait_until()
    assert bench.said == []


def test_a_way_that_is_sure_only_with_time_is_measured_over_a_longer_time() -> None:
    bench = bench_of(confirm_s=0)
    drive(bench, [8] * 4, accuracy_m=10.0)
    bench.wait_until()
    assert bench.said == [Said("raised", 5)]
    assert bench.alert.evidence.estimate == {"speed": 8}


def test_who_stands_still_is_slow_however_inaccurate_the_fixes_are() -> None:
    bench = bench_of(confirm_s=0, clear_confirm_s=0)
    drive(bench, [8], accuracy_m=2.0)
    for seconds in range(2, 10):
        bench.fix("gps:1", (8, 0), seconds, accuracy_m=10)
    bench.wait_until()
    assert bench.transitions == ["raised", "returned"]


def test_a_jump_is_no_speed_whether_it_was_true_or_not() -> None:
    bench = bench_of(confirm_s=0)
    places = [0, 1, 5_000, 2, 3, 9_000, 9_001, 9_002]
    for seconds, x_m in enumerate(places):
        bench.fix("gps:1", (x_m, 0), seconds)
    bench.wait_until()
    assert bench.said == []


def test_fixes_too_far_apart_in_time_say_nothing_about_the_way() -> None:
    bench = bench_of(confirm_s=0)
    bench.fix("gps:1", (0, 0), 0)
    bench.fix("gps:1", (1_000, 0), 61)
    bench.wait_until()
    assert bench.said == []


@pytest.mark.parametrize("odd", [{"accuracy_m": 51}, {"x_m": None}, {"accuracy_m": float("nan")}])
def test_fixes_that_can_not_count_are_skipped(odd: dict[str, float | None]) -> None:
    bench = bench_of(confirm_s=0)
    bench.fix("gps:1", (0, 0), 0)
    bench.fix("gps:1", (50, 0), 1, **odd)
    bench.fix("gps:1", (2, 0), 2)
    bench.wait_until()
    assert bench.said == []


def test_degrees_are_measured_on_the_plane_of_the_site() -> None:
    bench = bench_of(confirm_s=0)

    def pass_by(first_s: int) -> None:
        for number in range(3):
            degrees = {"lat": 52.0 + number * 10 / 111_300, "lon": 13.0}
            bench.fix("gps:1", (0, 0), first_s + number, x_m=None, y_m=None, **degrees)
        bench.wait_until(first_s + 10)

    pass_by(0)
    assert bench.said == []
    bench.rebuild(FloorPlan(zones(), readers(), origin=OriginSettings(lat=52, lon=13)))
    pass_by(20)
    assert bench.transitions == ["raised"]
    assert bench.alert.evidence.estimate["speed"] == pytest.approx(10, abs=0.05)
    bench.rebuild(plan())
    pass_by(40)
    bench.fix("gps:1", (0, 0), 50)
    bench.wait_until(60)
    assert bench.transitions == ["raised"]


# Whom it is about


def test_others_may_go_as_fast_as_they_like_and_are_not_remembered() -> None:
    bench = bench_of(assets=AssetSelector(id="truck-2"))
    drive(bench, [30] * 20)
    bench.wait_until()
    assert bench.said == []
    assert (bench.judge.state.fixes.newest, bench.judge.state.starts) == ({}, {})


def test_a_limit_of_some_zones_holds_only_there() -> None:
    bench = bench_of(zones=("hall",), confirm_s=0, clear_confirm_s=0)
    drive(bench, [8] * 5)
    bench.wait_until(10)
    bench.move("b1", "yard", 10)
    bench.move("b1", "hall", 5, late=True)
    drive(bench, [8] * 5, first_s=20)
    bench.wait_until(30)
    assert bench.said == []
    bench.move("b1", "bay", 30)
    drive(bench, [8] * 5, first_s=40)
    bench.wait_until(50)
    assert bench.transitions == ["raised"]
    assert bench.alert.to_zone == "bay"
    bench.move("b1", "office", 50)
    assert bench.transitions == ["raised", "returned"]
    excursion = bench.alert.excursion
    assert excursion is not None
    assert excursion.ended_ns == at(50)


# Changes


def test_another_limit_holds_from_the_next_fix_on() -> None:
    bench = bench_of(over_mps=20)
    drive(bench, [8] * 20)
    bench.wait_until(30)
    bench.adopt(limit())
    drive(bench, [8] * 20, first_s=40)
    bench.wait_until(70)
    assert bench.transitions == ["raised"]


def test_who_is_no_truck_any_more_is_not_too_fast() -> None:
    bench = bench_of()
    drive(bench, [8] * 20)
    bench.store(Asset(id="truck-1", category="scrap", tags=("gps:1",)))
    assert bench.transitions == ["raised", "returned"]


def test_a_rule_that_is_gone_forgets_its_trackers() -> None:
    bench = bench_of()
    drive(bench, [8] * 20)
    bench.wait_until(30)
    assert set(bench.judge.state.starts) == {"gps:1"}
    bench.adopt()
    assert bench.transitions == ["raised", "returned"]
    assert (bench.judge.state.fixes.newest, bench.judge.state.starts) == ({}, {})


# Any order

_DRIVES = st.lists(
    st.tuples(st.sampled_from([1.0, 4.0, 7.0, 9.0]), st.integers(0, 199)), max_size=30
)


@settings(max_examples=40)
@given(steps=_DRIVES, cut=st.integers(0, 30))
def test_any_order_within_the_hold_and_any_restart_say_the_same(
    steps: list[tuple[float, int]], cut: int
) -> None:
    fixes: list[tuple[float, float, float]] = []
    x_m = 0.0
    for number, (speed_mps, lag) in enumerate(steps):
        x_m += speed_mps / 2
        fixes.append((number / 2, x_m, number / 2 + lag / 100))
    in_order, shuffled = bench_of(confirm_s=2), bench_of(confirm_s=2)
    for seconds, place_m, _ in fixes:
        in_order.fix("gps:1", (place_m, 0), seconds)
    for number, (seconds, place_m, arrival_s) in enumerate(sorted(fixes, key=lambda each: each[2])):
        if number == cut:
            shuffled.write_down_and_read_back()
        shuffled.fix("gps:1", (place_m, 0), seconds, arrival_s=arrival_s)
    for bench in (in_order, shuffled):
        bench.wait_until()
    assert in_order.said == shuffled.said
    assert [change.alert for change in in_order.changes] == [
        change.alert for change in shuffled.changes
    ]
