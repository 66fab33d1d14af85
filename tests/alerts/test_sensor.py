"""Rule `sensor`: a value beyond its limit for a while is an excursion: start, peak and end."""

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.alert import Excursion
from alerts.changes import ShelveRule
from alerts.rule_kinds import SensorRule
from alerts.shown import alert_json
from tags.times import format_time
from tests.alerts.made import RULE, Bench, Said, rule
from tests.zones.made import at


def cold(**changes: Any) -> SensorRule:  # noqa: ANN401 -- any field of a rule
    """The fridge is at most at 8 °C; beyond for 60 s counts, inside by 0.5 for 30 s ends it."""
    fields: dict[str, Any] = {
        "name": RULE,
        "sensor": "fridge",
        "quantity": "temperature",
        "unit": "°C",
        "above": 8,
        "deadband": 0.5,
        "confirm_s": 60,
        "clear_confirm_s": 30,
        "notify": ("guards",),
    }
    return SensorRule(**(fields | changes))


def warmed(**changes: Any) -> Bench:  # noqa: ANN401 -- any field of a rule
    """A fridge that is open from 10 s on and was told to be too warm at 72.25 s."""
    bench = Bench(cold(**changes))
    for seconds, value in ((0, 4.0), (10, 8.4), (40, 11.5), (70, 10.0)):
        bench.tell(value, seconds)
    bench.wait_until(75)
    return bench


class Hours(NamedTuple):
    """Windows from one second to another."""

    spans: tuple[tuple[float, float], ...]
    version: str = "hours"

    def is_open(self, at_ns: int) -> bool:
        return any(at(first) <= at_ns < at(last) for first, last in self.spans)

    def next_change_ns(self, after_ns: int) -> int | None:
        changes_ns = [at(each) for span in self.spans for each in span]
        return min((each_ns for each_ns in changes_ns if each_ns > after_ns), default=None)


# Excursions


def test_a_value_that_stays_beyond_its_limit_is_told_once_with_its_excursion() -> None:
    bench = warmed()
    assert bench.said == [Said("raised", 72)]
    alert = bench.alert
    assert (alert.time_ns, alert.decided_ns) == (at(10), at(70))
    assert (alert.sensor, alert.subject) == ("fridge", "sensor:fridge")
    assert (alert.from_zone, alert.to_zone, alert.asset, alert.tag) == (None, None, None, "")
    assert alert.excursion == Excursion(
        quantity="temperature", unit="°C", limit=8, started_ns=at(10), peak=11.5, peak_ns=at(40)
    )
    assert alert.detail == "11.5 °C, more than 8"
    assert alert.evidence.estimate == {"temperature": 8.4}


def test_a_peak_that_comes_later_is_seen_with_the_next_step_only() -> None:
    bench = warmed()
    bench.tell(14.0, 100)
    bench.wait_until(110)
    assert bench.transitions == ["raised"]
    bench.tell(7.5, 120)
    bench.wait_until(200)
    assert bench.said == [Said("raised", 72), Said("returned", 152)]
    excursion = bench.alert.excursion
    assert excursion is not None
    assert (excursion.peak, excursion.peak_ns, excursion.ended_ns) == (14.0, at(100), at(120))
    shown = alert_json(bench.alert)["excursion"]
    assert (shown["started"], shown["ended"]) == (format_time(at(10)), format_time(at(120)))


def test_a_value_that_is_only_for_a_moment_beyond_raises_nothing() -> None:
    bench = Bench(cold())
    bench.tell(12.0, 10)
    bench.tell(7.9, 69.9)
    bench.wait_until()
    assert bench.said == []


def test_within_the_deadband_an_alert_is_not_over_and_none_begins() -> None:
    bench = warmed()
    bench.tell(7.9, 100)
    bench.wait_until(200)
    assert bench.transitions == ["raised"]
    bench.tell(7.4, 210)
    bench.tell(7.9, 220)
    bench.wait_until(300)
    assert bench.said[1:] == [Said("returned", 242)]
    bench.tell(7.9, 310)
    bench.wait_until()
    assert len(bench.said) == 2


def test_one_value_inside_does_not_end_an_excursion_that_goes_on() -> None:
    bench = warmed()
    bench.tell(7.0, 100)
    bench.tell(9.0, 129)
    bench.wait_until(200)
    assert bench.transitions == ["raised"]
    bench.tell(7.0, 210)
    bench.wait_until()
    excursion = bench.alert.excursion
    assert excursion is not None
    assert (excursion.started_ns, excursion.ended_ns) == (at(10), at(210))


def test_a_sensor_that_falls_silent_ends_nothing() -> None:
    bench = warmed()
    bench.wait_until(9_000)
    assert bench.transitions == ["raised"]


def test_the_peak_is_what_is_furthest_beyond_whichever_limit() -> None:
    bench = warmed(above=8, below=2, confirm_s=0)
    bench.tell(-9.0, 80)
    bench.tell(5.0, 90)
    bench.wait_until()
    excursion = bench.alert.excursion
    assert excursion is not None
    assert (excursion.limit, excursion.peak, excursion.peak_ns) == (2, -9.0, at(80))


def test_too_little_is_told_as_less() -> None:
    bench = Bench(cold(above=None, below=2, confirm_s=0))
    bench.tell(1.5, 0)
    bench.wait_until(5)
    assert bench.alert.detail == "1.5 °C, less than 2"


def test_an_excursion_that_is_not_confirmed_yet_is_not_shown_on_a_former_alert() -> None:
    bench = warmed(latch=True)
    bench.tell(5.0, 80)
    bench.wait_until(200)
    bench.tell(30.0, 210)
    bench.wait_until(220)
    bench.acknowledge()
    excursion = bench.alert.excursion
    assert excursion is not None
    assert (excursion.peak, excursion.ended_ns) == (11.5, at(80))
    bench.wait_until(300)
    assert bench.transitions == ["raised", "returned", "acknowledged", "reopened"]
    assert bench.alert.excursion == Excursion(
        quantity="temperature", unit="°C", limit=8, started_ns=at(210), peak=30, peak_ns=at(210)
    )


def test_an_excursion_of_another_window_is_another_one() -> None:
    bench = Bench(cold(confirm_s=0))
    bench.timetables = {RULE: Hours(((0, 100), (500, 600)))}
    bench.adopt(cold(confirm_s=0))
    bench.tell(20.0, 10)
    bench.wait_until(550)
    assert bench.transitions == ["raised", "returned", "reopened"]
    bench.tell(9.0, 560)
    bench.wait_until(700)
    excursion = bench.alert.excursion
    assert excursion is not None
    assert excursion.started_ns == at(500)


def test_an_alert_that_was_committed_goes_on_with_its_excursion() -> None:
    bench = warmed()
    alert = bench.alert
    fresh = Bench(cold())
    fresh.judge.adopt_open([alert])
    fresh.tell(9.0, 100)
    fresh.tell(4.0, 110)
    fresh.wait_until(200)
    excursion = fresh.alert.excursion
    assert excursion is not None
    assert (excursion.started_ns, excursion.peak, excursion.ended_ns) == (at(10), 11.5, at(110))


# What it is about


@pytest.mark.parametrize(
    "other",
    [{"sensor": "oven"}, {"quantity": "humidity"}, {"unit": "°F"}],
    ids=["sensor", "quantity", "unit"],
)
def test_values_that_no_rule_is_about_are_neither_judged_nor_kept(other: dict[str, str]) -> None:
    bench = Bench(cold(confirm_s=0))
    told: dict[str, Any] = {"value": 99.0, "seconds": 0, **other}
    bench.tell(**told)
    assert bench.judge.state.values.waiting == []
    bench.wait_until()
    assert (bench.said, bench.judge.state.values.newest) == ([], {})


def test_each_sensor_that_a_pattern_names_has_an_alert_of_its_own() -> None:
    bench = Bench(cold(sensor=("fridge-*", "freezer"), confirm_s=0))
    for sensor in ("fridge-1", "fridge-2", "freezer", "oven"):
        bench.tell(20.0, 0, sensor=sensor)
    bench.wait_until()
    assert [change.alert.sensor for change in bench.changes] == ["freezer", "fridge-1", "fridge-2"]


def test_a_rule_without_a_unit_takes_values_as_they_are() -> None:
    bench = Bench(cold(unit=None, confirm_s=0))
    bench.tell(50.0, 0, unit="°F")
    bench.wait_until(5)
    assert bench.alert.detail == "50 °F, more than 8"


# Late and odd values


def test_a_value_that_is_older_than_what_was_judged_flips_nothing_and_is_counted() -> None:
    bench = warmed()
    bench.tell(4.0, 60, arrival_s=80)
    bench.wait_until(200)
    assert bench.transitions == ["raised"]
    assert bench.judge.state.values.late == 1


def test_values_that_waited_somewhere_are_judged_in_the_order_of_their_time() -> None:
    bench = Bench(cold())
    for seconds, value in ((95, 4.0), (10, 9.0), (50, 9.5)):
        bench.tell(value, seconds, arrival_s=100)
    bench.wait_until(200)
    assert bench.transitions == ["raised", "returned"]
    assert (bench.alert.time_ns, bench.alert.evidence.estimate) == (at(10), {"temperature": 9.0})


def test_a_time_that_can_not_be_is_that_of_the_arrival() -> None:
    bench = Bench(cold(confirm_s=0))
    bench.tell(9.0, 5_000, arrival_s=10)
    bench.wait_until(20)
    assert bench.alert.time_ns == at(10)


# Changes


def test_an_edited_limit_judges_the_newest_value() -> None:
    bench = Bench(cold(confirm_s=0))
    bench.tell(6.0, 0)
    bench.wait_until(100)
    assert bench.said == []
    bench.adopt(cold(confirm_s=0, above=5))
    assert bench.said == [Said("raised", 100)]
    bench.adopt(cold(confirm_s=0, above=8))
    bench.wait_until(200)
    assert bench.transitions == ["raised", "returned"]


def test_only_the_rule_that_was_edited_judges_anew() -> None:
    strict = cold(name="strict", above=5, confirm_s=0)
    bench = Bench(cold(confirm_s=0), strict)
    bench.tell(6.0, 0)
    bench.wait_until(100)
    bench.adopt(cold(confirm_s=0, above=5.5), strict)
    assert [change.alert.rule for change in bench.changes] == ["strict", RULE]


def test_a_rule_of_another_kind_by_the_same_name_ends_the_alert() -> None:
    bench = warmed()
    bench.adopt(rule())
    assert bench.transitions == ["raised", "returned"]


def test_an_edit_that_changes_no_verdict_says_nothing() -> None:
    bench = warmed()
    bench.adopt(cold(above=9))
    bench.wait_until(300)
    assert bench.transitions == ["raised"]


def test_what_has_lasted_for_long_under_another_limit_need_not_last_anew() -> None:
    bench = Bench(cold())
    bench.tell(6.0, 0)
    bench.wait_until(45)
    bench.adopt(cold(above=5))
    bench.wait_until(59)
    assert bench.said == []
    bench.wait_until(63)
    assert bench.transitions == ["raised"]


@pytest.mark.parametrize(
    "other", [{"sensor": "oven"}, {"quantity": "humidity"}, {"unit": "K"}], ids=str
)
def test_a_rule_that_is_about_something_else_now_ends_its_alert(other: dict[str, str]) -> None:
    bench = warmed()
    bench.adopt(cold(**other))
    assert bench.transitions == ["raised", "returned"]


def test_what_waits_and_what_lasts_survives_a_restart() -> None:
    bench = Bench(cold())
    for seconds, value in ((0, 4.0), (10, 8.4), (40, 11.5), (70, 10.0), (100, 3.0)):
        bench.tell(value, seconds)
        bench.write_down_and_read_back()
    bench.wait_until(200)
    assert bench.said == [Said("raised", 72), Said("returned", 132)]


def test_a_shelved_rule_records_an_excursion_and_tells_nobody() -> None:
    bench = Bench(cold())
    shelf = ShelveRule(
        arrival_ns=at(5), by="ann", rule=RULE, reason="door is mended", until_ns=at(500)
    )
    assert bench.judge.shelve_rule(shelf).refused is None
    bench.tell(9.0, 10)
    bench.wait_until(400)
    assert [(change.transition, change.notify) for change in bench.changes] == [("raised", ())]
    bench.wait_until(600)
    unshelved = bench.changes[-1]
    assert (unshelved.announces, unshelved.notify) == ("raised", ("guards",))


# Settings


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"above": None}, "needs above, below or both"),
        ({"above": 2, "below": 2}, "above must be more than below"),
        ({"above": 3, "below": 2, "deadband": 0.6}, "deadband leaves no value inside"),
        ({"above": float("nan")}, "finite"),
    ],
)
def test_limits_that_can_not_be_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        cold(**changes)


# Any order


@st.composite
def values_of_a_day(draw: st.DrawFn) -> list[tuple[float, float, float]]:
    """Time, value and arrival, less than 2 s later; each time once."""
    times = draw(st.lists(st.integers(0, 400), min_size=1, max_size=25, unique=True))
    return [
        (
            time / 4,
            draw(st.sampled_from([4.0, 7.8, 8.5, 12.0])),
            time / 4 + draw(st.integers(0, 199)) / 100,
        )
        for time in sorted(times)
    ]


@settings(max_examples=50)
@given(day=values_of_a_day(), confirm_s=st.sampled_from([0, 1, 10]), cut=st.integers(0, 25))
def test_any_order_within_the_hold_and_any_restart_say_the_same(
    day: list[tuple[float, float, float]], confirm_s: float, cut: int
) -> None:
    in_order, shuffled = Bench(cold(confirm_s=confirm_s)), Bench(cold(confirm_s=confirm_s))
    for seconds, value, _ in day:
        in_order.tell(value, seconds)
    by_arrival = sorted(day, key=lambda each: each[2])
    for number, (seconds, value, arrival_s) in enumerate(by_arrival):
        if number == cut:
            shuffled.write_down_and_read_back()
        shuffled.tell(value, seconds, arrival_s=arrival_s)
    for bench in (in_order, shuffled):
        bench.wait_until()
    assert in_order.said == shuffled.said
    assert [change.alert for change in in_order.changes] == [
        change.alert for change in shuffled.changes
    ]
