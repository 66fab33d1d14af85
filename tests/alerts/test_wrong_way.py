"""A door that leads one way only: who goes the other way is told of, once."""

from typing import Any

import pytest

from alerts.alert import state_of
from alerts.rule_kinds import WrongWayRule
from alerts.settings import AssetSelector, RuleSettings
from tests.alerts.made import END_S, HEARD, Bench, Said
from tests.zones.made import at
from zones.movements import Direction


def one_way(**changes: Any) -> WrongWayRule:  # noqa: ANN401 -- any field of a rule
    """Laptops come in through the door, and do not go out."""
    fields: dict[str, Any] = {
        "name": "in only",
        "assets": AssetSelector(category="laptop"),
        "allowed": "inbound",
        "portals": ("door",),
        "notify": ("guards",),
    }
    return WrongWayRule(**(fields | changes))


def test_who_goes_the_wrong_way_is_told_of_once_and_as_soon_as_it_is_known() -> None:
    bench = Bench(one_way())
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("a1", "door", "outbound", 20.0)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 11.5)]


def test_the_alert_says_who_went_through_which_portal_and_on_what_it_rests() -> None:
    bench = Bench(one_way(severity="critical"))
    bench.move("a1", "hall", 5.0)
    bench.cross("a1", "door", "outbound", 10.0)
    alert = bench.alert
    assert (alert.kind, alert.severity, alert.asset) == ("wrong_way", "critical", "laptop-1")
    assert (alert.from_zone, alert.to_zone, alert.portal) == ("hall", None, "door")
    assert (alert.time_ns, alert.decided_ns, alert.late) == (at(10.0), at(10.5), False)
    assert alert.evidence.reads == (HEARD,)
    assert alert.evidence.estimate == {"outbound": 0.9}
    assert alert.evidence.readers == {"r": "unknown", "s": "unknown"}
    assert bench.changes[0].notify == ("guards",)


def test_who_goes_back_has_returned_and_the_alert_waits_for_a_person() -> None:
    bench = Bench(one_way())
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("a1", "door", "inbound", 20.0)
    assert bench.said == [Said("raised", 11.5), Said("returned", 21.5)]
    bench.acknowledge()
    assert state_of(bench.alert) == "latched"
    assert bench.reset().refused is None
    assert bench.transitions == ["raised", "returned", "acknowledged", "cleared"]


def test_who_goes_the_wrong_way_again_reopens_the_alert() -> None:
    bench = Bench(one_way())
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("a1", "door", "inbound", 20.0)
    bench.cross("a1", "door", "outbound", 30.0)
    assert bench.transitions == ["raised", "returned", "reopened"]
    assert bench.alert.occurrences == 2


@pytest.mark.parametrize("direction", ["inbound", "lingering", "unknown"])
def test_going_the_right_way_and_what_nobody_can_tell_never_alert(direction: Direction) -> None:
    bench = Bench(one_way())
    bench.cross("a1", "door", direction, 10.0, lean="outbound")
    bench.wait_until(END_S)
    assert bench.changes == []
    assert len(bench.decided) == 1


@pytest.mark.parametrize(
    ("changes", "tag", "portal"),
    [
        ({}, "a1", "ramp"),
        ({}, "d4", "door"),
        ({"assets": AssetSelector(id="laptop-2")}, "a1", "door"),
        ({"confidence_min": 0.95}, "a1", "door"),
        ({}, "a1", "no such portal"),
    ],
)
def test_a_rule_speaks_of_its_own_assets_and_portals_and_of_what_is_sure(
    changes: dict[str, Any], tag: str, portal: str
) -> None:
    bench = Bench(one_way(**changes))
    bench.cross(tag, portal, "outbound", 10.0)
    bench.wait_until(END_S)
    assert bench.changes == []


def test_a_rule_that_names_no_portal_is_for_all() -> None:
    bench = Bench(one_way(portals=None))
    bench.cross("a1", "hatch", "outbound", 10.0)
    assert bench.alert.portal == "hatch"


def test_what_is_known_long_after_is_told_once_as_late() -> None:
    bench = Bench(one_way())
    for known_s in (500.0, 501.0):
        bench.cross("a1", "door", "outbound", 10.0, known_s=known_s, late=True)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 500.0)]
    assert (bench.alert.late, bench.alert.condition) == (True, "active")


def test_a_person_may_close_what_no_portal_need_ever_end() -> None:
    bench = Bench(one_way())
    bench.cross("a1", "door", "outbound", 10.0)
    assert bench.reset().refused == "conflict"
    bench.acknowledge()
    assert bench.reset().refused is None
    assert bench.transitions == ["raised", "acknowledged", "returned", "cleared"]
    bench.cross("a1", "door", "outbound", 100.0)
    assert bench.transitions[-1] == "raised"
    assert bench.alert.id != bench.changes[0].alert.id


def test_a_crossing_that_is_known_out_of_order_does_not_end_a_later_one() -> None:
    bench = Bench(one_way())
    bench.cross("b2", "door", "outbound", 20.0, known_s=21.0)
    bench.cross("c3", "door", "inbound", 15.0, known_s=22.0)
    assert bench.transitions == ["raised"]


def test_a_vanished_rule_withdraws_its_alert() -> None:
    bench = Bench(one_way())
    bench.cross("a1", "door", "outbound", 10.0)
    bench.adopt()
    assert bench.transitions == ["raised", "returned"]


def test_a_rule_of_no_kind_says_nothing() -> None:
    bench = Bench(RuleSettings(name="of no kind"))
    bench.cross("a1", "door", "outbound", 10.0)
    bench.rush("a1", "gate", 11.0)
    bench.wait_until(END_S)
    assert bench.changes == []


def test_movements_mean_nothing_to_it() -> None:
    bench = Bench(one_way())
    bench.move("a1", "hall", 5.0)
    bench.rush("a1", "gate", 10.0)
    bench.cross("a1", "door", "outbound", 10.0)
    bench.move("a1", "hall", 20.0)
    bench.adopt(one_way(severity="info"))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]
