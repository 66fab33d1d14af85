"""What must not go through a portal alone: a custodian goes with it, shortly before or after."""

from typing import Any

import pytest
from pydantic import ValidationError

from alerts.company import KEPT_NS, PASSERS_MAX
from alerts.rule_kinds import TailgateRule
from alerts.settings import AssetSelector
from inventory.assets import Asset
from tags.times import SECOND_NS
from tests.alerts.made import END_S, LAPTOP, TWIN, Bench, Said
from tests.zones.made import at
from zones.movements import Direction
from zones.portal_settings import PortalSettings
from zones.tracks import HOLD_NS

HOLD_S = HOLD_NS / SECOND_NS
GAP_S = PortalSettings(name="-", inside=("-/1",), outside=("-/2",)).gap_s
BADGE = Asset(id="badge-1", category="badge", tags=("e5",))
MUG = Asset(id="mug-1", category="mug", tags=("f6",))
DUE_S = 10.0 + 5.0 + 0.5 + GAP_S
"""Who went with what went at 10 is known by then, if they are no slower."""


def escorted(**changes: Any) -> TailgateRule:  # noqa: ANN401 -- any field of a rule
    """Laptops go out with a badge."""
    fields: dict[str, Any] = {
        "name": "with a badge",
        "assets": AssetSelector(category="laptop"),
        "custodians": AssetSelector(category="badge"),
    }
    return TailgateRule(**(fields | changes))


def bench_of(*rules: TailgateRule) -> Bench:
    return Bench(*(rules or (escorted(),)), assets=(LAPTOP, TWIN, BADGE, MUG))


def test_what_goes_alone_is_told_of_once_nobody_can_follow_any_more() -> None:
    bench = bench_of()
    bench.cross("a1", "door", "outbound", 10.0)
    bench.wait_until(DUE_S + HOLD_S - 0.01)
    assert (bench.said, bench.pending) == ([], ["raise"])
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", DUE_S + HOLD_S)]
    alert = bench.alert
    assert (alert.kind, alert.asset, alert.portal) == ("tailgate", "laptop-1", "door")
    assert (alert.time_ns, alert.decided_ns) == (at(10.0), at(DUE_S))


@pytest.mark.parametrize("seconds", [5.0, 6.0, 9.9, 10.0, 14.0, 15.0])
def test_a_badge_that_goes_along_shortly_before_or_after_is_company(seconds: float) -> None:
    bench = bench_of()
    for second, tag in sorted([(10.0, "a1"), (seconds, "e5")]):
        bench.cross(tag, "door", "outbound", second)
    bench.wait_until(END_S)
    assert (bench.said, bench.pending) == ([], [])


@pytest.mark.parametrize(
    ("tag", "portal", "direction", "seconds"),
    [
        ("e5", "door", "outbound", 4.9),
        ("e5", "door", "outbound", 15.1),
        ("e5", "ramp", "outbound", 11.0),
        ("e5", "door", "inbound", 11.0),
        ("e5", "door", "lingering", 11.0),
        ("e5", "door", "unknown", 11.0),
        ("f6", "door", "outbound", 11.0),
        ("d4", "door", "outbound", 11.0),
    ],
)
def test_who_goes_elsewhere_or_another_time_or_is_no_custodian_is_no_company(
    tag: str, portal: str, direction: Direction, seconds: float
) -> None:
    bench = bench_of()
    for second, what in sorted([(10.0, "a1"), (seconds, tag)]):
        if what == "a1":
            bench.cross("a1", "door", "outbound", second)
        else:
            bench.cross(tag, portal, direction, second)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


@pytest.mark.parametrize(("lean", "told"), [("outbound", 0), ("inbound", 1)])
def test_a_badge_whose_way_is_not_sure_has_the_benefit_of_the_doubt(lean: str, told: int) -> None:
    bench = bench_of()
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("e5", "door", "unknown", 11.0, lean=lean)
    bench.wait_until(END_S)
    assert len(bench.said) == told


@pytest.mark.parametrize("direction", ["inbound", "lingering", "unknown"])
def test_what_goes_the_other_way_or_nobody_can_tell_needs_no_company(direction: Direction) -> None:
    bench = bench_of()
    bench.cross("a1", "door", direction, 10.0, lean="outbound")
    bench.wait_until(END_S)
    assert bench.said == []


@pytest.mark.parametrize("changes", [{"portals": ("ramp",)}, {"confidence_min": 0.95}])
def test_a_rule_speaks_of_its_own_portals_and_of_what_is_sure(changes: dict[str, Any]) -> None:
    bench = bench_of(escorted(**changes))
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("e5", "door", "outbound", 11.0)
    bench.wait_until(END_S)
    assert (bench.said, bench.pending) == ([], [])


def test_a_badge_says_nothing_of_an_alert_that_is_over() -> None:
    bench = bench_of()
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("a1", "door", "inbound", 40.0)
    bench.cross("e5", "door", "outbound", 12.0, known_s=60.0)
    assert bench.transitions == ["raised", "returned"]


def test_an_asset_is_no_company_to_itself() -> None:
    bench = bench_of(escorted(custodians=AssetSelector(category="laptop")))
    bench.cross("b2", "door", "outbound", 10.0)
    bench.cross("c3", "door", "outbound", 11.0)
    bench.wait_until(END_S)
    assert [change.alert.asset for change in bench.changes] == ["laptop-2"]


def test_two_laptops_that_may_look_after_each_other_do() -> None:
    bench = bench_of(escorted(custodians=AssetSelector(category="laptop")))
    bench.cross("b2", "door", "outbound", 10.0)
    bench.cross("a1", "door", "outbound", 11.0)
    bench.wait_until(END_S)
    assert bench.said == []


def test_one_badge_is_company_to_all_that_it_goes_with() -> None:
    bench = bench_of()
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("b2", "door", "outbound", 11.0)
    bench.cross("e5", "door", "outbound", 12.0)
    bench.wait_until(END_S)
    assert bench.said == []


def test_a_badge_without_an_asset_may_be_named_by_its_tag() -> None:
    bench = bench_of(escorted(custodians=AssetSelector(tag="d*")))
    bench.cross("d4", "door", "outbound", 9.0)
    bench.cross("a1", "door", "outbound", 10.0)
    bench.wait_until(END_S)
    assert bench.said == []


def test_a_badge_that_becomes_known_after_the_alert_ends_it() -> None:
    bench = bench_of()
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("e5", "door", "outbound", 12.0, known_s=30.0)
    assert bench.transitions == ["raised", "returned"]


def test_a_badge_of_another_time_ends_no_alert() -> None:
    bench = bench_of()
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("e5", "door", "outbound", 40.0)
    assert bench.transitions == ["raised"]


def test_what_comes_back_has_returned() -> None:
    bench = bench_of()
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("a1", "door", "inbound", 40.0)
    assert bench.transitions == ["raised", "returned"]


def test_what_comes_back_before_it_is_missed_is_not_told() -> None:
    bench = bench_of()
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("a1", "door", "inbound", 13.0)
    bench.wait_until(END_S)
    assert bench.said == []


def test_what_is_known_long_after_is_not_judged() -> None:
    bench = bench_of()
    bench.cross("a1", "door", "outbound", 10.0, known_s=500.0, late=True)
    bench.wait_until(END_S)
    assert bench.said == []


def test_what_waits_and_who_went_through_are_written_down_and_read_back() -> None:
    bench = bench_of()
    bench.cross("e5", "door", "outbound", 9.0)
    bench.cross("a1", "ramp", "outbound", 10.0)
    bench.write_down_and_read_back()
    bench.cross("a1", "door", "outbound", 12.0)
    bench.write_down_and_read_back()
    bench.cross("b2", "door", "outbound", 15.0)
    bench.write_down_and_read_back()
    bench.wait_until(END_S)
    assert [(change.alert.asset, change.alert.portal) for change in bench.changes] == [
        ("laptop-1", "ramp"),
        ("laptop-2", "door"),
    ]


def test_going_in_company_later_does_not_undo_that_it_went_alone() -> None:
    bench = bench_of()
    bench.cross("a1", "door", "outbound", 10.0)
    bench.cross("a1", "ramp", "outbound", 13.0)
    bench.cross("e5", "ramp", "outbound", 14.0)
    bench.wait_until(END_S)
    assert [change.alert.portal for change in bench.changes] == ["door"]


def test_who_went_through_is_forgotten_after_a_while_and_with_the_portal() -> None:
    bench = bench_of()
    bench.cross("e5", "door", "outbound", 10.0)
    bench.cross("f6", "door", "outbound", 11.5 + KEPT_NS / SECOND_NS)
    assert [each.tag for each in bench.judge.state.passers["door"]] == ["f6"]
    bench.rebuild(bench.plan.__class__())
    assert bench.judge.state.passers == {}


def test_no_crowd_makes_it_remember_more_than_it_has_room_for() -> None:
    bench = bench_of()
    for number in range(PASSERS_MAX + 3):
        bench.cross(f"{number:06x}", "door", "outbound", 10.0 + number / 1000, known_s=20.0)
    assert len(bench.judge.state.passers["door"]) == PASSERS_MAX


def test_custodians_that_name_nobody_are_refused() -> None:
    with pytest.raises(ValidationError, match="whose badges count"):
        escorted(custodians=AssetSelector())
