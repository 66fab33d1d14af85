"""Seen outside all zones is outside; not seen any more, or unknown, is not."""

import pytest

from tests.alerts.made import END_S, Bench, Said, plan_without, rule
from tests.zones.made import at
from zones.tracks import HOLD_NS

HOLD_S = HOLD_NS / 1e9


def outside(seconds: float, *, now_s: float, fence: tuple[str, ...] = ("hall",)) -> Bench:
    """A laptop is seen outside all zones from `seconds` on."""
    bench = Bench(rule(fence=fence))
    bench.move("a1", "hall", 1.0)
    bench.move("a1", None, seconds, kind="moved")
    bench.wait_until(now_s)
    return bench


def test_seen_outside_all_zones_counts_after_the_time_to_confirm() -> None:
    bench = outside(10.0, now_s=END_S)
    assert bench.said == [Said("raised", 15.0 + HOLD_S)]
    alert = bench.alert
    assert (alert.from_zone, alert.to_zone, alert.portal) == ("hall", None, None)
    assert alert.time_ns == at(10.0)


@pytest.mark.parametrize("kind", ["arrived", "returned"])
def test_first_seen_outside_all_zones_counts_too(kind: str) -> None:
    bench = Bench(rule())
    bench.move("a1", None, 10.0, kind=kind)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 15.0 + HOLD_S)]
    assert bench.alert.time_ns == at(10.0)


@pytest.mark.parametrize("zone", ["hall", "bay"])
def test_seen_inside_again_is_a_return(zone: str) -> None:
    bench = outside(10.0, now_s=50.0)
    bench.move("a1", zone, 60.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned"]


def test_not_seen_any_more_is_not_outside() -> None:
    bench = Bench()
    bench.move("a1", "hall", 1.0)
    bench.move("a1", None, 10.0)
    bench.wait_until(END_S)
    assert bench.said == []


def test_not_seen_any_more_after_being_outside_is_no_return() -> None:
    bench = outside(10.0, now_s=12.0)
    bench.move("a1", None, 12.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_a_new_rule_judges_who_is_outside_all_zones_once() -> None:
    bench = outside(10.0, now_s=50.0)
    bench.write_down_and_read_back()
    bench.adopt(rule(name="new", fence=("hall",)))
    bench.adopt(rule(name="new", fence=("hall",)), version="v3")
    bench.wait_until(END_S)
    new = [change for change in bench.changes if change.alert.rule == "new"]
    assert [change.transition for change in new] == ["raised"]
    assert new[0].alert.to_zone is None


def test_a_fence_that_changes_does_not_let_in_who_is_outside_all_zones() -> None:
    bench = outside(10.0, now_s=50.0)
    bench.adopt(rule(fence=("hall", "office", "yard", "gate")))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_a_vanished_zone_changes_nothing_for_who_is_outside_all_zones() -> None:
    bench = outside(10.0, now_s=50.0)
    bench.rebuild(plan_without("yard", "gate"))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_an_alert_about_who_is_outside_all_zones_is_closed_only_after_the_return() -> None:
    bench = outside(10.0, now_s=50.0)
    bench.acknowledge()
    assert bench.reset().refused == "conflict"


def test_a_way_that_led_through_a_zone_outside_the_fence_counts_at_once() -> None:
    bench = Bench()
    bench.move("a1", "hall", 1.0)
    bench.move("a1", "yard", 10.0, crossed=True)
    bench.move("a1", "hall", 10.5)
    bench.wait_until(END_S)
    assert [said.transition for said in bench.said] == ["raised", "returned"]
    assert bench.changes[0].alert.to_zone == "yard"


def test_a_way_that_led_through_the_fence_is_no_return() -> None:
    bench = outside(10.0, now_s=50.0)
    bench.move("a1", "hall", 60.0, crossed=True)
    bench.move("a1", "yard", 60.5)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


@pytest.mark.parametrize(("fence", "transitions"), [("office", []), ("bay", ["raised"])])
def test_positions_tell_of_a_fence_only_where_something_of_it_is_drawn(
    fence: str, transitions: list[str]
) -> None:
    bench = Bench(rule(fence=(fence,)))
    bench.move("a1", None, 10.0, kind="moved")
    bench.wait_until(END_S)
    assert bench.transitions == transitions
