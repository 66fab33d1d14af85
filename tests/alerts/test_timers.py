"""Timers fire at their own due time, in one order, and a movement costs what it costs."""

import sys
from types import FrameType
from typing import Self

import pytest

from alerts.settings import AssetSelector
from inventory.assets import Asset
from tags.times import SECOND_NS
from tests.alerts.made import END_S, Bench, Said, rule
from tests.zones.made import at, seconds_of
from zones.bins import BIN_NS
from zones.tracks import HOLD_NS, PHASE_ABSENCE, PHASE_BIN, Step

HOLD_S = HOLD_NS / 1e9
BIN_S = BIN_NS / 1e9
_SLOW = rule(name="slow", confirm_s=5.0)
_FAST = rule(name="fast", confirm_s=4.0)
_ALSO = rule(name="also", confirm_s=5.0)


def test_timers_fire_in_order_of_time_then_rule_then_subject() -> None:
    bench = Bench(_SLOW, _FAST, _ALSO)
    bench.move("b2", "yard", 10.0)
    bench.move("a1", "yard", 10.0)
    bench.wait_until(END_S)
    told = [
        (seconds_of(change.alert.decided_ns), change.alert.rule, change.alert.asset)
        for change in bench.changes
    ]
    assert told == [
        (14.0, "fast", "laptop-1"),
        (14.0, "fast", "laptop-2"),
        (15.0, "also", "laptop-1"),
        (15.0, "also", "laptop-2"),
        (15.0, "slow", "laptop-1"),
        (15.0, "slow", "laptop-2"),
    ]


def test_a_timer_fires_before_what_arrives_at_the_same_instant() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.0)
    bench.rush("b2", "gate", 15.0 + HOLD_S)
    assert [change.alert.asset for change in bench.changes] == ["laptop-1", "laptop-2"]
    assert {said.clock_s for said in bench.said} == {15.0 + HOLD_S}


@pytest.mark.parametrize("phase", [PHASE_BIN, PHASE_ABSENCE])
def test_a_timer_fires_after_what_is_decided_when_bins_close_at_the_same_instant(
    phase: int,
) -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.0)
    movement = bench._movement("a1", "hall", 14.8)
    bench.step(Step(at(15.0 + HOLD_S), phase, 0, "a1", movement))
    bench.wait_until(END_S)
    assert bench.said == []


def test_what_is_due_when_it_is_known_waits_for_the_other_moves_of_that_instant() -> None:
    bench = Bench(rule(confirm_s=0.5))
    clock_ns = at(12.0 + HOLD_S)
    bench.step(Step(clock_ns, PHASE_BIN, 0, "b2", bench._movement("b2", "yard", 10.0)))
    bench.step(Step(clock_ns, PHASE_BIN, 0, "c3", bench._movement("c3", "hall", 10.25)))
    bench.wait_until(END_S)
    assert bench.said == []


@pytest.mark.parametrize("read_back", [False, True])
def test_what_was_due_before_it_was_known_fires_at_that_instant(
    read_back: bool,  # noqa: FBT001 -- a parameter of a test
) -> None:
    bench = Bench(rule(confirm_s=0.5))
    clock_ns = at(12.0 + HOLD_S)
    bench.step(Step(clock_ns, PHASE_BIN, 0, "a1", bench._movement("a1", "yard", 10.0)))
    bench.step(Step(clock_ns, PHASE_BIN, 0, "b2", bench._movement("b2", "yard", 11.0)))
    assert bench.said == []
    if read_back:
        bench.write_down_and_read_back()
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 12.0 + HOLD_S)] * 2
    assert [change.alert.decided_ns for change in bench.changes] == [at(10.5), at(11.5)]


def test_a_timer_that_was_contradicted_never_fires_another_early() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.0)
    bench.move("a1", "hall", 12.0)
    bench.move("a1", "yard", 13.0)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 18.0 + HOLD_S)]


def test_moves_while_something_is_pending_set_no_further_timer() -> None:
    bench = Bench(rule(confirm_s=60.0))
    for second in range(10, 40):
        bench.move("a1", "yard" if second % 2 else "street", second)
    assert len(bench.judge._cases._timers) == 1


def test_what_is_pending_stands_still_while_the_gateway_is_down() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.0)
    bench.judge.note_start(60 * SECOND_NS)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 75.0 + HOLD_S)]
    assert bench.alert.decided_ns == at(75.0)


def test_a_start_raises_nothing_of_which_nothing_was_pending() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.judge.note_start(60 * SECOND_NS)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_time_does_not_go_back() -> None:
    bench = Bench()
    bench.wait_until(50.0)
    bench.wait_until(20.0)
    assert seconds_of(bench.judge.state.now_ns) == 50.0


# The cost of one movement


FEW_CALLS = 10
"""What a storm that many are in, and a few are not, may add."""


class _Calls:
    """Counts the calls, of Python and of C, while it is open."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        self._former = sys.getprofile()
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._former)

    def _note(self, _frame: FrameType, event: str, _what: object) -> None:
        self.count += event in {"call", "c_call"}


def _crowd(size: int, *, outside: bool) -> Bench:
    assets = [Asset(id=f"thing-{n}", category="thing", tags=(f"{n:06x}",)) for n in range(size)]
    everything = rule(assets=AssetSelector(id="*"), confirm_s=60.0, storm_per_minute=1000)
    bench = Bench(everything, assets=(*assets, Asset(id="probe", tags=("a1",))))
    for number in range(size):
        tag = f"{number:06x}"
        bench.rush(tag, "gate", 1.0) if outside else bench.move(tag, "yard", 1.0)
    return bench


def _cost(bench: Bench, zone: str, seconds: float) -> int:
    step = Step(at(seconds), PHASE_BIN, 0, "a1", bench._movement("a1", zone, seconds - 2.5))
    with _Calls() as calls:
        bench.judge.take(step)
    return calls.count


@pytest.mark.parametrize("outside", [False, True])
def test_the_cost_of_a_movement_does_not_grow_with_assets_or_open_alerts(
    outside: bool,  # noqa: FBT001 -- a parameter of a test
) -> None:
    few, many = _crowd(5, outside=outside), _crowd(500, outside=outside)
    for second, zone in enumerate(("hall", "yard", "hall", "gate", "hall", "yard"), start=10):
        cost = _cost(few, zone, second)
        assert 0 < _cost(many, zone, second) <= cost + FEW_CALLS
