"""Authorised movement: who may leave, where, when and by which gate."""

import pytest

from inventory import custody as custody_module
from tests.alerts.gatekeeper import (
    RULE,
    TWIN,
    WIDER,
    Gatekeeper,
    check_out,
    cross,
    move,
    plan,
)
from tests.zones.made import at

# Gates and zones


def test_a_gate_that_is_not_known_contradicts_nothing() -> None:
    bench = Gatekeeper(check_out(gates=("door",)))
    assert bench.leave(move(20)) == "authorised"


def test_a_gate_that_is_known_later_still_contradicts() -> None:
    bench = Gatekeeper(check_out(gates=("door",)))
    bench.leave(move(20))
    assert bench.leave(cross(20.5, "ramp"), "ramp") == "wrong_gate"
    assert not bench.authority.is_out("laptop-1")


def test_who_left_by_the_right_gate_may_pass_another_one_outside() -> None:
    bench = Gatekeeper(check_out(gates=("door",)))
    assert bench.leave(cross(20), "door") == "authorised"
    assert bench.leave(move(30, "dock", was="street"), "dock") == "authorised"
    assert bench.leave(cross(40, "ramp"), "ramp") == "wrong_gate"


@pytest.mark.parametrize(
    ("gates", "gate", "verdict"),
    [
        (("gate",), "gate", "authorised"),
        (("gate",), "door", "authorised"),
        (("door",), "gate", "authorised"),
        (("gate",), "ramp", "wrong_gate"),
        (("ramp",), "gate", "wrong_gate"),
        (("gate",), "dock", "wrong_gate"),
        (("door",), "dock", "wrong_gate"),
        (("dock", "door"), "hatch", "wrong_gate"),
        ((), "ramp", "authorised"),
    ],
)
def test_a_gate_goes_by_its_portal_or_by_its_zone(
    gates: tuple[str, ...], gate: str, verdict: str
) -> None:
    """The door leads to `gate`; to which portal `dock` belongs nobody knows."""
    bench = Gatekeeper(check_out(gates=gates))
    assert bench.leave(move(20, "gate"), gate) == verdict


def test_the_event_names_the_portal_where_it_is_known() -> None:
    bench = Gatekeeper(check_out(category="laptop"))
    bench.leave(move(20, "gate"), "door")
    bench.leave(move(20, "gate"), "gate", asset=TWIN)
    assert [event.portal for event in bench.events] == ["door", None]
    bench = Gatekeeper(check_out())
    bench.leave(cross(20), "door")
    [event] = bench.events
    assert (event.portal, event.from_zone, event.to_zone) == ("door", None, None)


@pytest.mark.parametrize(
    ("to", "verdict"),
    [
        ("yard", "authorised"),
        ("bay", "authorised"),
        ("gate", "authorised"),
        (None, "authorised"),
        ("street", "wrong_zone"),
    ],
)
def test_it_may_only_be_in_the_zones_that_are_named_and_on_the_way_there(
    to: str | None, verdict: str
) -> None:
    bench = Gatekeeper(check_out(zones=("yard",)))
    permit = bench.permit(move(20, to))
    assert permit is not None
    assert permit.verdict == verdict
    assert bench.leave(cross(20), "door") == "authorised"


def test_going_on_to_another_zone_is_not_authorised() -> None:
    bench = Gatekeeper(check_out(zones=("yard",)))
    bench.leave(move(20, "yard"))
    assert bench.leave(move(30, "street", was="yard")) == "wrong_zone"
    bench.wait_until(50_000)
    assert bench.overdue == []
    event = bench.come_back(move(50_001, "hall"))
    assert event is not None
    assert (event.kind, event.reference) == ("authorised_return", "c1")


def test_what_left_against_the_terms_is_not_made_right_by_what_it_does_outside() -> None:
    bench = Gatekeeper(check_out(gates=("door",)), check_out("c2", gates=("gate",)))
    assert bench.leave(cross(20, "ramp"), "ramp") == "wrong_gate"
    assert bench.leave(move(30, "street", was="yard")) == "wrong_gate"
    assert bench.events == []
    assert bench.come_back(move(40, "hall")) is None
    assert bench.leave(move(50)) == "authorised"


def test_what_is_astray_for_two_rules_is_back_with_the_second() -> None:
    bench = Gatekeeper(check_out(gates=("door",)))
    bench.leave(cross(20, "ramp"), "ramp")
    bench.leave(move(21), rule=WIDER)
    bench.come_back(move(30, "yard"), rule=WIDER)
    assert "laptop-1" in bench.state.strays
    bench.come_back(move(31, "hall"))
    assert bench.state.strays == {}


def test_a_check_out_that_is_made_for_what_is_astray_makes_it_right() -> None:
    bench = Gatekeeper(check_out(gates=("door",)))
    bench.leave(cross(20, "ramp"), "ramp")
    bench.wait_until(30)
    bench.change(check_out("c2", arrival_ns=at(30), gates=("door",), until_ns=at(200)))
    assert bench.leave(move(40, "street", was="yard"), "ramp") == "wrong_gate"
    bench.change(check_out("c3", arrival_ns=at(41), until_ns=at(200)))
    assert bench.leave(move(50, "yard", was="street")) == "authorised"
    assert bench.state.strays == {}


def test_of_several_check_outs_the_one_counts_that_allows_most() -> None:
    bench = Gatekeeper(
        check_out("early", from_ns=at(50)),
        check_out("elsewhere", category="laptop", gates=("ramp",)),
    )
    permit = bench.permit(cross(20), "door")
    assert permit is not None
    assert (permit.checkout, permit.verdict) == ("elsewhere", "wrong_gate")
    assert permit.detail == "check-out elsewhere of bob is for ramp, and it left by door"
    assert bench.leave(cross(60), "door") == "authorised"


def test_a_sentence_says_why_it_is_not_authorised() -> None:
    bench = Gatekeeper(check_out(zones=("yard",)))
    said = [bench.permit(move(seconds)) for seconds in (5, 20, 500)]
    assert [permit.detail for permit in said if permit is not None] == [
        "check-out c1 of bob did not hold yet",
        "check-out c1 of bob is for yard, and it is in street",
        "check-out c1 of bob did not hold any more",
    ]


def test_who_has_no_asset_or_no_check_out_has_no_permit() -> None:
    bench = Gatekeeper(check_out())
    assert bench.authority.permits(None, move(20), None) is None
    assert bench.authority.note_return(None, move(20), "r") is None
    assert bench.permit(move(20), asset=TWIN) is None
    assert bench.come_back(move(20, "hall"), asset=TWIN) is None


# Late


def test_a_late_exit_inside_the_window_is_an_event_and_nobody_is_out() -> None:
    bench = Gatekeeper(check_out())
    bench.wait_until(50)
    assert bench.leave(move(20, late=True)) == "authorised"
    assert bench.leave(move(21, "yard", late=True)) == "authorised"
    assert bench.kinds == ["exit"]
    assert not bench.authority.is_out("laptop-1")
    assert bench.come_back(move(22, "hall", late=True)) is None
    assert bench.leave(move(30, late=True)) == "authorised"
    assert bench.kinds == ["exit", "exit"]


def test_a_late_exit_is_judged_by_what_held_then() -> None:
    bench = Gatekeeper(check_out())
    bench.wait_until(60)
    bench.check_in()
    assert bench.leave(move(70)) is None
    assert bench.leave(move(20, late=True)) == "authorised"
    assert bench.leave(move(5, late=True)) == "too_early"
    assert bench.leave(move(61, late=True)) is None
    assert bench.state.strays == {}


def test_what_is_late_of_a_stay_that_is_known_says_nothing_new() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(move(20))
    assert bench.leave(move(200, late=True)) == "authorised"
    assert bench.leave(move(5, late=True)) == "too_early"
    assert bench.kinds == ["exit"]
    assert bench.authority.is_out("laptop-1")


# The site and the limits


def test_a_renamed_zone_is_meant_by_its_new_name() -> None:
    old = check_out("c3", zones=("street",))
    bench = Gatekeeper(check_out(zones=("street",)), check_out("c2"), old)
    bench.leave(move(20))
    bench.leave(cross(21), "door", asset=TWIN)
    bench.check_in("c3")
    bench.authority.use(plan(street="road"))
    bench.authority.follow({"street": "road"}, at(30))
    assert bench.leave(move(40, "road")) == "authorised"
    assert bench.steps[-1] == ("c1", "renamed")
    bench.wait_until(120)
    [still] = bench.called
    assert getattr(still.fact, "to_zone", None) == "road"
    assert bench.loan("c2").terms.zones == ()
    assert bench.loan("c3").terms.zones == ("road",)


def test_a_crossing_has_no_zones_to_rename() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(cross(21), "door")
    bench.authority.follow({"street": "road"}, at(30))
    assert bench.loan().out["laptop-1"].fact == cross(21)


def test_when_too_many_are_out_no_check_out_lets_another_one_leave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(custody_module, "OUT_MAX", 1)
    bench = Gatekeeper(check_out(category="laptop"))
    assert bench.leave(move(20)) == "authorised"
    assert bench.leave(move(21), asset=TWIN) is None
    assert bench.leave(move(22, "yard")) == "authorised"


def test_what_is_noted_of_strays_and_late_exits_has_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("alerts.straying.OUT_MAX", 1)
    bench = Gatekeeper(check_out(category="laptop", gates=("door",)))
    bench.leave(move(20, late=True))
    bench.leave(move(20, late=True), asset=TWIN)
    bench.leave(move(20), "ramp")
    bench.leave(move(20), "ramp", asset=TWIN)
    assert list(bench.state.outings) == ["laptop-2"]
    assert list(bench.state.strays) == ["laptop-2"]


def test_how_it_is_out_can_be_asked() -> None:
    bench = Gatekeeper(check_out(gates=("door",)))
    assert bench.authority.out_of("laptop-1") is None
    bench.leave(cross(20), "door")
    out = bench.authority.out_of("laptop-1")
    assert out is not None
    assert (out.rules, out.gate, out.severity) == ((RULE.name,), "door", "critical")


def test_a_check_out_that_was_made_after_it_had_left_pardons_it_while_it_holds() -> None:
    bench = Gatekeeper(check_out(arrival_ns=at(30)))
    pardons = [
        bench.authority.pardon_of(asset, at(left_s), at(now_s))
        for asset, left_s, now_s in (
            ("laptop-1", 20, 50),
            ("laptop-1", 30, 50),
            ("laptop-1", 20, 110),
            ("laptop-2", 20, 50),
            ("nobody's", 20, 50),
            (None, 20, 50),
        )
    ]
    assert pardons == ["c1", None, None, None, None, None]
