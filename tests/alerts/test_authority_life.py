"""Authorised movement: windows, who is overdue, who is back, and what people change."""

from typing import Any

import msgspec
import pytest

from alerts.outings import EXPIRES_AFTER_NS
from inventory.changes import RemoveAsset
from tags.times import SECOND_NS
from tests.alerts.gatekeeper import (
    LAPTOP,
    RULE,
    SETTLED_S,
    TWIN,
    WIDER,
    Gatekeeper,
    check_out,
    cross,
    move,
)
from tests.zones.made import at

EXPIRES_AFTER_S = EXPIRES_AFTER_NS / SECOND_NS


# Scenario 15 of the facts about alerts: window 10 to 100, grace 10.


def test_15_an_exit_inside_the_window_is_an_event() -> None:
    bench = Gatekeeper(check_out())
    assert bench.leave(move(20)) == "authorised"
    [event] = bench.events
    assert (event.kind, event.asset, event.reference) == ("authorised_exit", "laptop-1", "c1")
    assert (event.from_zone, event.to_zone, event.time_ns) == ("hall", "street", at(20))


def test_15_who_is_still_out_after_the_grace_is_overdue_once() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(move(20))
    bench.wait_until(110)
    assert bench.overdue == []
    bench.wait_until(110 + SETTLED_S)
    [still] = bench.called
    assert (still.checkout, still.person, still.asset) == ("c1", "bob", "laptop-1")
    assert (still.at_ns, still.rules, still.fact) == (at(110), ("stay in",), move(20))
    assert (still.severity, still.notify) == ("critical", ("guards",))
    bench.wait_until(50_000)
    assert len(bench.called) == 1
    assert bench.loan().state == "overdue"


def test_15_an_exit_before_the_window_is_not_authorised() -> None:
    bench = Gatekeeper(check_out())
    assert bench.leave(move(5)) == "too_early"
    assert bench.events == []
    bench.wait_until(50_000)
    assert bench.overdue == []


def test_15_an_exit_by_another_gate_is_not_authorised() -> None:
    bench = Gatekeeper(check_out(gates=("door",)))
    assert bench.leave(cross(20, "ramp"), "ramp") == "wrong_gate"
    permit = bench.permit(cross(21, "ramp"), "ramp")
    assert permit is not None
    assert permit.detail == "check-out c1 of bob is for door, and it left by ramp"
    assert bench.events == []


# Times


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(9.9, "too_early"), (10, "authorised"), (109.9, "authorised"), (110, "expired")],
)
def test_an_exit_counts_by_its_own_time(seconds: float, verdict: str) -> None:
    bench = Gatekeeper(check_out())
    permit = bench.permit(move(seconds))
    assert permit is not None
    assert permit.verdict == verdict


def test_who_left_in_time_may_be_there_until_it_is_overdue() -> None:
    bench = Gatekeeper(check_out(return_by_ns=at(500)))
    bench.leave(move(20))
    assert bench.leave(move(300, "yard", was="street")) == "authorised"
    assert bench.kinds == ["exit"]
    bench.wait_until(509)
    assert bench.overdue == []
    bench.wait_until(510 + SETTLED_S)
    assert bench.overdue == [("c1", "laptop-1")]


def test_who_should_be_back_sooner_may_not_leave_after_that() -> None:
    bench = Gatekeeper(check_out(return_by_ns=at(50)))
    assert bench.leave(move(61)) == "expired"


def test_a_return_that_is_read_just_in_time_is_in_time() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(move(20))
    bench.wait_until(111.5)
    event = bench.authority.note_return(LAPTOP, move(109.9, "hall"), RULE.name)
    assert event is not None
    bench.wait_until(50_000)
    assert bench.overdue == []


def test_what_never_left_can_not_be_overdue() -> None:
    bench = Gatekeeper(check_out())
    bench.wait_until(50_000)
    assert bench.overdue == []
    assert bench.steps == [("c1", "opened"), ("c1", "expired")]


def test_a_check_out_expires_a_while_after_it_is_due() -> None:
    bench = Gatekeeper(check_out())
    bench.wait_until(110 + EXPIRES_AFTER_S)
    assert bench.loan().state == "open"
    bench.wait_until(110 + EXPIRES_AFTER_S + SETTLED_S)
    assert bench.loan().state == "expired"
    assert bench.leave(move(900)) is None


def test_an_exit_known_only_after_the_due_time_is_an_event_and_overdue_at_once() -> None:
    bench = Gatekeeper(check_out())
    bench.wait_until(120)
    fact = msgspec.structs.replace(move(109), decided_ns=at(120))
    assert bench.leave(fact) == "authorised"
    bench.wait_until(120)
    assert bench.overdue == [("c1", "laptop-1")]


def test_each_is_told_once_whoever_else_is_overdue_later() -> None:
    bench = Gatekeeper(check_out(category="laptop"))
    bench.leave(move(20))
    bench.wait_until(120)
    bench.leave(msgspec.structs.replace(move(109), decided_ns=at(120)), asset=TWIN)
    bench.wait_until(50_000)
    assert bench.overdue == [("c1", "laptop-1"), ("c1", "laptop-2")]
    assert bench.steps == [("c1", "opened"), ("c1", "overdue")]


def test_after_a_start_nobody_is_overdue_before_readers_could_hear_who_is_back() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(move(20))
    bench.authority.note_start(at(300))
    bench.wait_until(359)
    assert bench.overdue == []
    bench.wait_until(360)
    assert bench.overdue == [("c1", "laptop-1")]


def test_a_further_check_out_extends_the_first() -> None:
    bench = Gatekeeper(check_out(), check_out("c2", person="eve", from_ns=at(90), until_ns=at(300)))
    bench.leave(move(20))
    bench.wait_until(200)
    assert bench.overdue == []
    assert [(each.kind, each.reference) for each in bench.events] == [
        ("authorised_exit", "c1"),
        ("authorised_exit", "c2"),
    ]
    bench.wait_until(310 + SETTLED_S)
    assert bench.overdue == [("c2", "laptop-1")]
    bench.wait_until(50_000)
    assert bench.loan("c1").state == "expired"


@pytest.mark.parametrize("changes", [{"from_ns": at(111)}, {"zones": ("yard",)}, {"group": "x"}])
def test_one_that_does_not_let_it_be_there_extends_nothing(changes: dict[str, Any]) -> None:
    bench = Gatekeeper(check_out(), check_out("c2", **({"until_ns": at(300)} | changes)))
    bench.leave(move(20))
    bench.wait_until(110 + SETTLED_S)
    assert bench.overdue == [("c1", "laptop-1")]


def test_what_is_in_no_register_any_more_is_overdue_all_the_same() -> None:
    bench = Gatekeeper(check_out(), check_out("c2", until_ns=at(300)))
    bench.leave(move(20))
    bench.register.remove(RemoveAsset(arrival_ns=at(30), by="ann", asset="laptop-1"))
    bench.wait_until(110 + SETTLED_S)
    assert bench.overdue == [("c1", "laptop-1")]


# Back


def test_a_return_is_an_event_and_the_next_exit_another_one() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(move(20))
    assert bench.authority.is_out("laptop-1")
    event = bench.come_back(move(30, "hall", was="street"))
    assert event is not None
    assert (event.kind, event.reference) == ("authorised_return", "c1")
    assert (event.from_zone, event.to_zone) == ("street", "hall")
    assert not bench.authority.is_out("laptop-1")
    bench.leave(move(40))
    bench.come_back(move(50, "hall"))
    assert bench.kinds == ["exit", "return", "exit", "return"]
    assert len({event.id for event in bench.events}) == 4


def test_who_is_back_is_not_overdue() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(move(20))
    bench.come_back(move(30, "hall"))
    assert bench.come_back(move(31, "hall")) is None
    bench.wait_until(50_000)
    assert bench.overdue == []
    assert bench.steps[-1] == ("c1", "expired")


def test_it_is_back_when_no_rule_is_left_that_saw_it_leave() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(move(20, "yard"))
    bench.leave(move(25, "street", was="yard"), rule=WIDER)
    assert bench.come_back(move(30, "yard", was="street"), rule=WIDER) is None
    assert bench.authority.is_out("laptop-1")
    assert bench.come_back(move(40, "hall")) is not None
    assert bench.kinds == ["exit", "return"]


def test_nobody_waits_for_a_rule_that_is_gone() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(move(20))
    bench.leave(move(20), rule=WIDER)
    bench.authority.keep_rules({RULE.name})
    assert bench.come_back(move(40, "hall")) is not None


def test_without_any_rule_left_another_one_may_say_that_it_is_back() -> None:
    bench = Gatekeeper(check_out(), check_out("c2", asset="laptop-2", gates=("door",)))
    bench.leave(move(20))
    bench.leave(move(20), "ramp", asset=TWIN)
    bench.authority.keep_rules(())
    assert bench.authority.is_out("laptop-1")
    assert bench.come_back(move(40, "hall"), rule=WIDER) is not None
    assert bench.come_back(move(40, "hall"), asset=TWIN, rule=WIDER) is None
    assert bench.state.strays == {}


def test_an_overdue_check_out_of_which_all_is_back_goes_on_and_expires() -> None:
    bench = Gatekeeper(check_out("c1", category="laptop"))
    bench.leave(move(20))
    bench.leave(move(21), asset=TWIN)
    bench.wait_until(120)
    bench.come_back(move(130, "hall"))
    assert bench.loan().state == "overdue"
    bench.come_back(move(131, "hall"), asset=TWIN)
    assert bench.loan().state == "open"
    bench.wait_until(50_000)
    assert [step for _, step in bench.steps] == ["opened", "overdue", "back", "expired"]
    assert bench.overdue == [("c1", "laptop-1"), ("c1", "laptop-2")]


# People


def test_revoking_while_it_is_outside_says_so_at_once() -> None:
    bench = Gatekeeper(check_out("c1", category="laptop"))
    bench.leave(move(20))
    bench.leave(move(21), rule=WIDER)
    bench.leave(move(22), asset=TWIN)
    bench.wait_until(30)
    handled = bench.revoke()
    assert handled.outcome.refused is None
    assert [(still.asset, still.rules) for still in handled.still_out] == [
        ("laptop-1", ("stay in", "stay on the site")),
        ("laptop-2", ("stay in",)),
    ]
    assert {still.at_ns for still in handled.still_out} == {at(30)}
    assert handled.still_out[0].detail == "check-out c1 of bob is revoked: badge lost"
    assert bench.leave(move(40)) is None
    bench.wait_until(50_000)
    assert bench.overdue == []


def test_revoking_what_is_in_says_nothing() -> None:
    handled = Gatekeeper(check_out()).revoke()
    assert (handled.still_out, handled.settled) == ([], [])


def test_checking_in_settles_what_is_overdue() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(move(20))
    bench.wait_until(120)
    handled = bench.check_in()
    assert (handled.still_out, handled.settled) == ([], ["laptop-1"])
    assert not bench.authority.is_out("laptop-1")
    assert bench.steps == [("c1", "opened"), ("c1", "overdue"), ("c1", "returned")]


def test_what_went_astray_after_it_was_overdue_is_settled_with_its_check_out() -> None:
    bench = Gatekeeper(check_out(zones=("yard",)))
    bench.leave(move(20, "yard"))
    bench.wait_until(120)
    bench.leave(move(130, "street", was="yard"))
    assert bench.check_in().settled == ["laptop-1"]
    assert bench.state.strays == {}


def test_a_refused_change_changes_nothing() -> None:
    bench = Gatekeeper(check_out())
    assert bench.check_in("c9").outcome.refused == "unknown"
    assert bench.revoke(reason=" ").outcome.field == "reason"
    assert bench.change(check_out("c2", gates=("yard",))).outcome.field == "gates"
    assert bench.change(check_out("c2", zones=("nowhere",))).outcome.field == "zones"
    assert bench.change(check_out("c2", asset="laptop-9")).outcome.field == "asset"
    assert bench.change(check_out("c2", gates=("dock", "ramp"))).outcome.refused is None
    assert bench.steps == [("c1", "opened"), ("c2", "opened")]


def test_steps_say_who_and_why() -> None:
    bench = Gatekeeper(check_out(note="to a customer"))
    bench.check_in()
    said = [(one.step, one.actor, one.why) for one in bench.changes]
    assert said == [("opened", "ann", "to a customer"), ("returned", "ann", "all there")]
