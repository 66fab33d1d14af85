"""Leaving through a portal of the fence: known at once, told once, whatever the zones say."""

import pytest

from alerts.rule_kinds import ExitRule
from tests.alerts.made import END_S, Bench, Said, rule
from tests.zones.made import at
from zones.movements import Direction
from zones.tracks import HOLD_NS

HOLD_S = HOLD_NS / 1e9


def inside(*rules: ExitRule) -> Bench:
    """A laptop that is in the hall."""
    bench = Bench(*rules)
    bench.move("a1", "hall", 1.0)
    return bench


def test_going_out_is_told_at_once_though_the_zone_is_not_confirmed() -> None:
    bench = inside()
    bench.cross("a1", "ramp", "outbound", 10.0)
    assert bench.said == [Said("raised", 11.5)]
    alert = bench.alert
    assert (alert.kind, alert.from_zone, alert.to_zone, alert.portal) == (
        "exit",
        "hall",
        None,
        "ramp",
    )
    assert (alert.time_ns, alert.decided_ns) == (at(10.0), at(10.5))


@pytest.mark.parametrize("zone", ["yard", "gate", None])
def test_the_zone_that_follows_adds_nothing(zone: str | None) -> None:
    bench = inside()
    bench.cross("a1", "ramp", "outbound", 10.0)
    bench.move("a1", zone, 10.5)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


@pytest.mark.parametrize("zone", ["yard", "gate"])
def test_a_crossing_that_is_known_after_the_zone_adds_nothing(zone: str) -> None:
    bench = inside()
    bench.move("a1", zone, 10.2)
    bench.cross("a1", "ramp", "outbound", 10.0, known_s=13.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_a_crossing_confirms_what_the_zones_have_not_confirmed_yet() -> None:
    bench = inside(rule(confirm_s=60.0))
    bench.move("a1", "yard", 10.2)
    bench.cross("a1", "ramp", "outbound", 10.0, known_s=13.0)
    assert bench.said == [Said("raised", 13.0)]


def test_who_is_back_before_the_crossing_is_known_is_not_told_of() -> None:
    bench = inside()
    bench.cross("a1", "ramp", "outbound", 10.0, known_s=20.0)
    assert bench.transitions == ["raised"]
    bench = inside()
    bench.move("a1", "office", 12.0)
    bench.cross("a1", "ramp", "outbound", 10.0, known_s=20.0)
    bench.wait_until(END_S)
    assert bench.said == []


def test_a_move_from_before_the_crossing_that_is_known_after_it_is_no_return() -> None:
    bench = inside()
    bench.cross("a1", "ramp", "outbound", 10.0)
    bench.move("a1", "office", 9.5)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_a_move_inside_after_the_crossing_is_a_return() -> None:
    bench = inside()
    bench.cross("a1", "ramp", "outbound", 10.0)
    bench.move("a1", "office", 20.0)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 11.5), Said("returned", 30.0 + HOLD_S)]


def test_coming_in_through_the_portal_is_a_return_once_it_lasts() -> None:
    bench = inside()
    bench.cross("a1", "ramp", "outbound", 10.0)
    bench.cross("a1", "ramp", "inbound", 20.0)
    assert bench.transitions == ["raised"]
    bench.move("a1", "yard", 19.5)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 11.5), Said("returned", 30.0 + HOLD_S)]


def test_coming_in_does_not_hush_what_the_zones_may_still_confirm() -> None:
    bench = inside()
    bench.move("a1", "yard", 10.0)
    bench.cross("a1", "ramp", "inbound", 12.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


@pytest.mark.parametrize("direction", ["lingering", "unknown", "inbound"])
def test_being_at_a_portal_is_not_leaving(direction: Direction) -> None:
    bench = inside()
    bench.cross("a1", "ramp", direction, 10.0, lean="outbound")
    bench.wait_until(END_S)
    assert bench.said == []


@pytest.mark.parametrize(
    ("rules", "portal", "told"),
    [
        (rule(), "door", 1),
        (rule(), "passage", 0),
        (rule(), "hatch", 0),
        (rule(portals=("hatch",)), "hatch", 1),
        (rule(portals=("hatch",)), "door", 0),
        (rule(portals=()), "door", 0),
        (rule(fence=("hall", "gate")), "door", 0),
        (rule(fence=("office",)), "door", 0),
    ],
)
def test_a_portal_counts_that_leads_out_of_the_fence_or_is_named(
    rules: ExitRule, portal: str, told: int
) -> None:
    bench = Bench(rules)
    bench.cross("a1", portal, "outbound", 10.0)
    bench.wait_until(END_S)
    assert len(bench.said) == told


def test_an_exit_that_the_zones_found_names_the_portal_that_explains_it() -> None:
    bench = inside(rule(portals=()))
    bench.cross("a1", "ramp", "outbound", 10.0)
    bench.move("a1", "yard", 11.0)
    bench.wait_until(END_S)
    alert = bench.alert
    assert (alert.to_zone, alert.portal) == ("yard", "ramp")
    assert sorted(alert.evidence.readers) == ["r", "s"]


@pytest.mark.parametrize(
    ("tag", "direction", "seconds"),
    [("b2", "outbound", 10.0), ("a1", "inbound", 10.0), ("a1", "outbound", 5.9)],
)
def test_other_tags_directions_and_times_explain_nothing(
    tag: str, direction: Direction, seconds: float
) -> None:
    bench = inside(rule(portals=()))
    bench.cross(tag, "ramp", direction, seconds)
    bench.move("a1", "yard", 11.0)
    bench.wait_until(END_S)
    assert bench.alert.portal is None


def test_what_went_out_long_ago_is_told_once_as_late_and_over() -> None:
    bench = inside()
    bench.cross("a1", "ramp", "outbound", 10.0, known_s=500.0, late=True)
    bench.rush("a1", "gate", 10.2, late=True)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned"]
    assert (bench.alert.late, bench.alert.condition) == (True, "returned")


def test_a_person_may_close_an_exit_that_no_zone_ever_confirmed() -> None:
    bench = inside()
    bench.cross("a1", "ramp", "outbound", 10.0)
    bench.acknowledge()
    assert bench.reset().refused is None
    assert bench.transitions == ["raised", "acknowledged", "returned", "cleared"]


def test_an_exit_that_a_zone_confirms_is_closed_only_after_the_return() -> None:
    bench = inside()
    bench.rush("a1", "gate", 10.0)
    bench.cross("a1", "door", "outbound", 10.0)
    bench.acknowledge()
    assert bench.reset().refused == "conflict"


def test_a_named_portal_counts_both_ways_though_nobody_hears_its_outer_side() -> None:
    bench = Bench(rule(portals=("hatch",)))
    bench.cross("a1", "hatch", "outbound", 10.0)
    bench.cross("a1", "hatch", "inbound", 20.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned"]
