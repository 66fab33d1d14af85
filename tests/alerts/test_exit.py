"""When leaving the fence becomes an alert, and when it does not."""

import pytest

from alerts.rules.exit import judge
from tests.alerts.made import END_S, LAPTOP, Bench, Said, plan, rule
from tests.zones.made import at, health
from zones.bins import BIN_NS
from zones.floorplan import FloorPlan
from zones.tracks import HOLD_NS

HOLD_S = HOLD_NS / 1e9
BIN_S = BIN_NS / 1e9


@pytest.mark.parametrize(
    ("zone", "verdict"),
    [
        ("hall", "kept"),
        ("bay", "kept"),
        ("yard", "broken"),
        ("gate", "broken_at_once"),
        (None, "undecided"),
        ("cellar", "undecided"),
    ],
)
def test_outside_is_a_known_zone_that_is_neither_in_the_fence_nor_inside_one_of_it(
    zone: str | None, verdict: str
) -> None:
    assert judge(rule(), plan(), zone) == verdict


def test_without_a_floor_plan_nothing_is_outside() -> None:
    assert judge(rule(), FloorPlan(), "yard") == "undecided"


def test_an_exit_that_the_fence_names_is_inside() -> None:
    assert judge(rule(fence=("gate",)), plan(), "gate") == "kept"


def test_a_zone_of_role_exit_raises_at_once() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 3.1)
    assert bench.said == [Said("raised", 3.1)]
    alert = bench.alert
    assert (alert.decided_ns, alert.raised_at_ns, alert.time_ns) == (at(3.1), at(3.1), at(3.1))


def test_an_exit_on_the_held_path_is_raised_when_its_bin_closes() -> None:
    bench = Bench()
    bench.move("a1", "gate", 3.1)
    assert bench.said == [Said("raised", 3.25 + HOLD_S)]
    assert bench.alert.decided_ns == at(3.1)
    assert bench.alert.raised_at_ns == at(3.25 + HOLD_S)


def test_an_exit_is_one_alert_whatever_follows_outside() -> None:
    bench = Bench()
    for second, zone in enumerate(("gate", "yard", "dock", None, "street", "gate", None) * 3, 1):
        bench.move("a1", zone, second * 20)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_another_zone_counts_when_it_has_lasted() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.0)
    bench.wait_until(15.0 + HOLD_S - 0.001)
    assert bench.said == []
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 15.0 + HOLD_S)]
    assert bench.alert.time_ns == at(10.0)
    assert bench.alert.decided_ns == at(15.0)
    assert bench.alert.raised_at_ns == at(15.0 + HOLD_S)


def test_a_due_time_within_a_bin_waits_for_that_bin() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.1)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 15.25 + HOLD_S)]
    assert bench.alert.decided_ns == at(15.1)


def test_back_in_time_leaves_nothing_behind() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.0)
    assert bench.pending == ["raise"]
    bench.move("a1", "hall", 14.9)
    assert bench.pending == []
    bench.wait_until(END_S)
    assert bench.said == []


def test_moves_outside_do_not_put_the_due_time_off() -> None:
    bench = Bench(rule(confirm_s=5.0))
    for second, zone in ((10, "yard"), (12, "street"), (14, "yard")):
        bench.move("a1", zone, second)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 15.0 + HOLD_S)]
    assert bench.alert.time_ns == at(10.0)


@pytest.mark.parametrize("back_s", [15.1, 15.2])
def test_back_in_the_bin_in_which_it_was_due_but_later_is_too_late(back_s: float) -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.1)
    bench.move("a1", "hall", back_s)
    assert bench.transitions == ["raised"]
    assert bench.alert.decided_ns == at(15.1)
    assert bench.pending == ["return"]


def test_back_in_the_bin_in_which_it_was_due_but_before_is_in_time() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.1)
    bench.move("a1", "hall", 15.05)
    bench.wait_until(END_S)
    assert bench.said == []


def test_what_has_lasted_counts_even_if_the_fast_path_ends_it_before_the_hold() -> None:
    bench = Bench(rule(confirm_s=5.0, fence=("hall", "dock")))
    bench.move("a1", "yard", 10.0)
    bench.rush("a1", "dock", 15.6)
    assert bench.said == [Said("raised", 15.6)]
    assert bench.alert.to_zone == "yard"


def test_without_confirmation_every_zone_outside_raises_at_once() -> None:
    bench = Bench(rule(confirm_s=0))
    bench.move("a1", "yard", 10.0)
    assert bench.said == [Said("raised", 10.25 + HOLD_S)]
    assert bench.alert.decided_ns == at(10.0)


def test_going_on_to_an_exit_while_pending_raises_at_once() -> None:
    bench = Bench(rule(confirm_s=60.0))
    bench.move("a1", "yard", 10.0)
    bench.rush("a1", "gate", 13.0)
    assert bench.said == [Said("raised", 13.0)]
    assert (bench.alert.to_zone, bench.alert.time_ns) == ("gate", at(13.0))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_departed_is_not_outside() -> None:
    bench = Bench(rule(confirm_s=0))
    bench.move("a1", "hall", 5.0)
    bench.move("a1", None, 10.0)
    bench.wait_until(END_S)
    assert bench.said == []
    assert bench.judge.state.cases == {}


def test_departed_does_not_cancel_what_is_pending() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.0)
    bench.move("a1", None, 11.0)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 15.0 + HOLD_S)]


def test_departed_does_not_return_what_is_open() -> None:
    bench = Bench(rule(clear_confirm_s=0))
    bench.rush("a1", "gate", 10.0)
    bench.move("a1", None, 20.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_an_asset_inside_costs_no_case() -> None:
    bench = Bench()
    bench.move("a1", "hall", 1.0)
    bench.move("a1", "office", 2.0)
    assert bench.judge.state.cases == {}


def test_a_late_exit_is_told_once_as_late_and_returned() -> None:
    bench = Bench()
    bench.move("a1", "hall", 100.0)
    bench.rush("a1", "gate", 50.0, late=True)
    bench.rush("a1", "gate", 60.0, late=True)
    assert bench.transitions == ["raised"]
    alert = bench.alert
    assert (alert.late, alert.condition, alert.time_ns) == (True, "returned", at(50.0))
    assert alert.raised_at_ns == at(100.25 + HOLD_S)
    assert bench.changes[0].notify == ("guards",)


def test_a_late_movement_never_moves_the_place() -> None:
    bench = Bench(rule(confirm_s=5))
    bench.move("a1", "yard", 100.0)
    bench.rush("a1", "hall", 102.5, late=True)
    assert bench.judge.state.places["a1"].zone == "yard"
    assert bench.pending == ["raise"]
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]
    assert not bench.alert.late


def test_a_late_exit_says_nothing_while_an_alert_is_open() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 100.0)
    bench.rush("a1", "gate", 102.5, late=True)
    assert bench.transitions == ["raised"]
    assert not bench.alert.late


def test_a_late_alert_is_reopened_by_the_next_exit() -> None:
    bench = Bench()
    bench.move("a1", "hall", 1.0)
    bench.rush("a1", "gate", 50.0, late=True)
    bench.rush("a1", "gate", 102.5)
    assert bench.transitions == ["raised", "reopened"]
    assert bench.alert.condition == "active"


def test_the_alert_shows_what_it_rests_on() -> None:
    bench = Bench(rule(severity="critical", latch=False))
    bench.judge.note_health(health("r"))
    bench.judge.note_health(health("s", "silent"))
    bench.judge.note_health(health("t"))
    bench.move("a1", "hall", 1.0)
    bench.rush("a1", "gate", 3.0)
    alert = bench.alert
    assert (alert.rule, alert.kind, alert.severity, alert.latched) == (
        "laptops stay in",
        "exit",
        "critical",
        False,
    )
    assert (alert.asset, alert.tag) == (LAPTOP.id, "a1")
    assert (alert.from_zone, alert.to_zone) == ("hall", "gate")
    assert alert.evidence.estimate == {"gate": -51.5}
    assert [heard.rssi_dbm for heard in alert.evidence.reads] == [-51.5]
    assert alert.evidence.readers == {"r": "online", "s": "silent"}
    assert alert.evidence.site_version == "v1"


def test_after_a_start_no_reader_is_healthy_until_it_says_so() -> None:
    bench = Bench()
    bench.judge.note_health(health("r"))
    bench.judge.note_start(0)
    bench.rush("a1", "gate", 3.0)
    assert bench.alert.evidence.readers == {"r": "unknown"}


def test_each_rule_has_an_alert_of_its_own() -> None:
    bench = Bench(rule(), rule(name="nobody leaves", notify=("police", "log")))
    bench.rush("a1", "gate", 3.0)
    assert [(change.alert.rule, change.notify) for change in bench.changes] == [
        ("laptops stay in", ("guards",)),
        ("nobody leaves", ("police", "log")),
    ]
    assert len({change.alert.id for change in bench.changes}) == 2


def test_movements_come_out_with_the_asset_that_carries_the_tag() -> None:
    bench = Bench()
    bench.move("a1", "hall", 1.0)
    bench.move("d4", "hall", 2.0)
    assert [(one.tag, one.asset) for one in bench.movements] == [("a1", "laptop-1"), ("d4", None)]
