"""Authorised movement through the whole pipeline: from the reads to what people are told."""

from typing import Any

import msgspec
import pytest

from alerts.alert import AlertChange, Event
from gateway.entries import Entry, GatewayStarted
from history.outputs import Output
from inventory.changes import CheckIn, CheckOut, RevokeCheckOut
from inventory.custody import CustodyChanged
from tests.gateway.two_doors import BARE, TwoDoors, lent, stay, walk
from tests.zones.desk import Desk
from tests.zones.made import GATE, HALL, YARD, at, seconds_of


class Porch(Desk):
    """The small site, with all that it decides about check-outs."""

    def __init__(self) -> None:
        self.told: list[Output] = []
        super().__init__()

    def take(self, entry: Entry) -> str | None:
        decisions = self.pipeline.advance([entry])
        self.told += [numbered.output for numbered in decisions.outputs]
        outcome = decisions.outcomes.get(0)
        return None if outcome is None else outcome.refused

    def check_out(self, seconds: float = 1, **changes: Any) -> str | None:  # noqa: ANN401 -- any field of a check-out
        """For laptop-1, from second 10 to 100, with 10 s of grace."""
        fields: dict[str, Any] = {
            "arrival_ns": at(seconds),
            "by": "ann",
            "id": "c1",
            "person": "bob",
            "from_ns": at(10),
            "until_ns": at(100),
            "asset": "laptop-1",
            "grace_s": 10.0,
        }
        return self.take(CheckOut(**(fields | changes)))

    @property
    def story(self) -> list[str]:
        """What became of alerts about assets and what was an event, in order."""
        said: list[str] = []
        for one in self.told:
            if isinstance(one, AlertChange) and one.alert.tag:
                said.append(f"{one.alert.kind} {one.transition}")
            elif isinstance(one, Event):
                said.append(one.kind)
        return said

    @property
    def steps(self) -> list[str]:
        """What became of check-outs, in order."""
        return [one.step for one in self.told if isinstance(one, CustodyChanged)]

    @property
    def newest(self) -> AlertChange:
        return [one for one in self.told if isinstance(one, AlertChange)][-1]


def left_at(seconds: float, **terms: Any) -> Porch:  # noqa: ANN401 -- any field of a check-out
    """Checked out, and through the gate to the yard at some time."""
    porch = Porch()
    assert porch.check_out(**terms) is None
    porch.stay("a1", HALL, 2, seconds)
    porch.stay("a1", GATE, seconds, seconds + 2)
    return porch


def test_15_an_exit_inside_the_window_is_an_event_and_no_alert() -> None:
    porch = left_at(20)
    porch.stay("a1", YARD, 22, 50)
    assert (porch.story, porch.steps) == (["authorised_exit"], ["opened"])


def test_15_still_out_after_the_grace_is_overdue_once() -> None:
    porch = left_at(20)
    porch.stay("a1", YARD, 22, 300)
    assert porch.story == ["authorised_exit", "overdue raised"]
    assert porch.steps == ["opened", "overdue"]
    alert = porch.newest.alert
    assert (alert.asset, alert.time_ns, alert.severity) == ("laptop-1", at(110), "warning")
    assert 110 <= seconds_of(porch.newest.at_ns) <= 113
    assert alert.evidence.reads


def test_15_an_exit_before_the_window_is_an_alert() -> None:
    porch = left_at(5)
    porch.stay("a1", YARD, 7, 150)
    assert porch.story == ["exit raised"]


def test_15_an_exit_by_another_gate_is_an_alert() -> None:
    porch = left_at(20, gates=("dock",))
    porch.stay("a1", YARD, 22, 150)
    assert porch.story == ["exit raised"]
    assert porch.newest.alert.detail == "check-out c1 of bob is for dock, and it left by gate"


def test_an_alert_that_no_check_out_is_about_has_nothing_to_say_of_one() -> None:
    porch = left_at(20, asset="laptop-2")
    assert porch.story == ["exit raised"]
    assert not porch.newest.alert.detail


def test_an_exit_to_another_zone_is_an_alert() -> None:
    porch = left_at(20, zones=("hall",))
    assert porch.story == ["authorised_exit"]
    porch.stay("a1", YARD, 22, 150)
    assert porch.story == ["authorised_exit", "exit raised"]


def test_revoking_while_it_is_outside_raises_the_alert_of_the_rule_at_once() -> None:
    porch = left_at(20)
    porch.stay("a1", YARD, 22, 40)
    porch.take(RevokeCheckOut(arrival_ns=at(41), by="ann", id="c1", reason="badge lost"))
    assert porch.story == ["authorised_exit", "exit raised"]
    alert = porch.newest.alert
    assert (alert.rule, alert.cause) == ("laptops stay in", "custody")
    assert "badge lost" in alert.detail
    assert seconds_of(porch.newest.at_ns) == pytest.approx(41, abs=0.5)
    porch.stay("a1", YARD, 42, 300)
    assert len(porch.story) == 2


def test_who_comes_back_is_an_event_and_ends_what_is_overdue() -> None:
    porch = left_at(20)
    porch.stay("a1", YARD, 22, 130)
    porch.stay("a1", HALL, 130, 160)
    assert porch.story[:2] == ["authorised_exit", "overdue raised"]
    assert sorted(porch.story[2:]) == ["authorised_return", "overdue returned"]
    assert porch.steps == ["opened", "overdue", "back"]


def test_checking_in_ends_what_is_overdue() -> None:
    porch = left_at(20)
    porch.stay("a1", YARD, 22, 130)
    porch.take(CheckIn(arrival_ns=at(131), by="ann", id="c1"))
    assert porch.story == ["authorised_exit", "overdue raised", "overdue returned"]
    assert porch.steps == ["opened", "overdue", "returned"]


def test_what_comes_back_in_time_is_never_overdue() -> None:
    porch = left_at(20)
    porch.stay("a1", YARD, 22, 100)
    porch.stay("a1", HALL, 100, 130)
    porch.wait_until(800)
    assert porch.story == ["authorised_exit", "authorised_return"]
    assert porch.steps == ["opened", "expired"]


def test_after_a_start_who_came_back_meanwhile_is_not_overdue() -> None:
    porch = left_at(20)
    porch.stay("a1", YARD, 22, 60)
    porch.take(GatewayStarted(arrival_ns=at(300), down_since_ns=at(60)))
    porch.stay("a1", HALL, 305, 400)
    porch.wait_until(900)
    assert porch.story == ["authorised_exit", "authorised_return"]


def test_a_check_out_of_what_nobody_knows_is_refused() -> None:
    assert Porch().check_out(asset="laptop-9") == "invalid"
    assert Porch().check_out(gates=("nowhere",)) == "invalid"


def test_what_is_checked_out_survives_being_written_down() -> None:
    porch = left_at(20)
    state = porch.pipeline.state
    blob = msgspec.msgpack.encode(state)
    assert msgspec.msgpack.decode(blob, type=type(state)).judged.custody == state.judged.custody
    assert list(state.judged.custody.loans["c1"].out) == ["laptop-1"]


# Two doors to a yard, and a gate on its far side


def test_who_may_leave_by_a_door_may_not_by_the_gate() -> None:
    site = TwoDoors(checked_out=lent("door"))
    site.hear(stay("gate", 12, 16, 0.5))
    site.wait_until(60)
    assert (site.story, site.kinds) == (["raised"], [])


def test_out_by_another_door_than_allowed_is_an_alert_and_no_event() -> None:
    site = TwoDoors(checked_out=lent("door2"))
    site.hear([*walk(10), *stay("yard", 19, 30)])
    site.hear(stay("hall", 40, 80))
    assert (site.story, site.kinds) == (["raised", "returned"], [])


def test_out_by_the_door_that_is_allowed_is_an_event_that_names_it() -> None:
    site = TwoDoors(checked_out=lent("door"))
    site.hear([*walk(10), *stay("yard", 19, 30)])
    assert (site.story, site.kinds) == ([], ["exit"])
    assert site.events[0].portal == "door"


def test_where_nobody_heard_the_door_the_exit_is_told_with_the_return() -> None:
    site = TwoDoors(checked_out=lent("door"))
    site.hear(stay("yard", 19, 30))
    assert site.kinds == []
    site.hear(stay("hall", 40, 60))
    assert (site.story, site.kinds) == ([], ["exit", "return"])


def test_where_nobody_heard_the_door_the_exit_is_told_before_it_is_overdue() -> None:
    site = TwoDoors(checked_out=lent("door", until_s=100))
    site.hear(stay("yard", 19, 130))
    assert site.kinds == ["exit"]
    assert [each.alert.kind for each in site.changes] == ["overdue"]


def test_who_may_be_out_may_come_back_by_any_gate() -> None:
    site = TwoDoors(checked_out=lent("door"))
    site.hear(stay("yard", 19, 40))
    site.hear(walk(10, told_s=45))
    site.wait_until(50)
    assert site.kinds == ["exit"]
    site.hear(stay("gate", 60, 64, 0.5))
    site.hear(stay("hall", 66, 90))
    assert (site.story, site.kinds) == ([], ["exit", "return"])


def test_what_a_door_and_a_gate_tell_later_of_an_allowed_outing_is_no_second_event() -> None:
    site = TwoDoors(checked_out=lent())
    site.hear(stay("yard", 400, 430))
    site.hear(walk(10, told_s=435))
    site.hear(stay("hall", 440, 460))
    site.hear(stay("gate", 433, 437, 0.5, told_s=470))
    site.wait_until(500)
    assert (site.story, site.kinds) == ([], ["exit", "return"])


def test_the_yard_tells_nothing_new_of_an_outing_of_which_the_door_told_late() -> None:
    site = TwoDoors(checked_out=lent())
    site.turn("dock", "offline", 8)
    site.turn("dock", "online", 23)
    site.hear([*walk(10, told_s=23.1), *stay("yard", 20.5, 40)])
    site.hear(stay("hall", 45, 60))
    assert (site.story, site.kinds) == ([], ["exit", "return"])


def test_who_comes_back_by_a_door_before_any_zone_missed_it_is_back() -> None:
    site = TwoDoors(BARE, checked_out=lent(until_s=100))
    site.hear(walk(10))
    site.hear(walk(60, outwards=False))
    site.hear(stay("hall", 70, 130))
    assert (site.changes, site.kinds) == ([], ["exit", "return"])
