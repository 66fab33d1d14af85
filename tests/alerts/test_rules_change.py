"""Another site file while something is pending or open."""

import pytest

from alerts.settings import AssetSelector
from tests.alerts.made import END_S, Bench, Said, plan_without, rule
from tests.zones.made import at
from zones.tracks import HOLD_NS

HOLD_S = HOLD_NS / 1e9


def test_a_vanished_rule_withdraws_its_alert_and_tells_those_who_were_told() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.adopt(rule(name="another", fence=("gate",), notify=()))
    assert bench.transitions == ["raised", "returned"]
    assert bench.alert.id == bench.changes[0].alert.id
    bench.write_down_and_read_back()
    bench.acknowledge()
    assert bench.reset().refused is None
    assert [change.notify for change in bench.changes] == [("guards",)] * 4


def test_a_vanished_rule_raises_nothing_that_was_pending() -> None:
    bench = Bench()
    bench.move("a1", "yard", 10.0)
    bench.adopt()
    assert bench.pending == []
    bench.wait_until(END_S)
    assert bench.said == []


def test_a_rule_that_comes_back_reopens_what_it_had_open() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.adopt()
    bench.adopt(rule())
    bench.rush("a1", "dock", 50.0)
    assert bench.transitions == ["raised", "returned", "reopened"]


def test_an_alert_keeps_its_id_when_its_rule_changes() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.adopt(rule(severity="critical", notify=("police",), clear_confirm_s=0))
    assert bench.transitions == ["raised"]
    bench.move("a1", "hall", 20.0)
    assert bench.transitions == ["raised", "returned"]
    assert bench.alert.id == bench.changes[0].alert.id
    assert bench.changes[1].notify == ("police",)


def test_alerts_name_the_version_of_the_rule_and_of_the_site() -> None:
    versions = []
    for changed in (rule(), rule(), rule(severity="info"), rule(assets=AssetSelector(id="*"))):
        bench = Bench()
        bench.adopt(changed, version="v7")
        bench.rush("a1", "gate", 10.0)
        versions.append(bench.alert.rule_version)
        assert bench.alert.evidence.site_version == "v7"
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_a_rule_that_is_no_longer_for_an_asset_withdraws_its_alert() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.move("b2", "yard", 10.0)
    bench.adopt(rule(assets=AssetSelector(category="phone")))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned"]


def test_a_rule_that_is_no_longer_for_a_tag_withdraws_its_alert() -> None:
    bench = Bench(rule(assets=AssetSelector(tag="d*")))
    bench.rush("d4", "gate", 10.0)
    bench.rush("d5", "gate", 10.0)
    bench.adopt(rule(assets=AssetSelector(tag="d4")))
    assert [change.alert.tag for change in bench.changes] == ["d4", "d5", "d5"]
    assert bench.transitions == ["raised", "raised", "returned"]


# What is pending


def test_what_is_pending_goes_on_under_the_new_rule() -> None:
    bench = Bench()
    bench.move("a1", "yard", 10.0)
    bench.adopt(rule(severity="critical", confirm_s=60))
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 15.0 + HOLD_S)]
    assert (bench.alert.severity, bench.alert.evidence.site_version) == ("critical", "v2")


def test_a_wider_fence_drops_what_is_pending_in_it() -> None:
    bench = Bench()
    bench.move("a1", "yard", 10.0)
    bench.adopt(rule(fence=("hall", "yard")))
    bench.wait_until(END_S)
    assert bench.said == []


def test_a_narrower_fence_drops_the_return_to_what_was_inside() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.move("a1", "office", 20.0)
    assert bench.pending == ["return"]
    bench.adopt(rule(fence=("hall",)))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_a_return_that_the_new_fence_agrees_with_goes_on() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.move("a1", "office", 20.0)
    bench.adopt(rule(fence=("office",)))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned"]


def test_a_tag_without_an_asset_keeps_what_is_pending_too() -> None:
    bench = Bench(rule(assets=AssetSelector(tag="d*")))
    bench.move("d4", "yard", 10.0)
    bench.adopt(rule(assets=AssetSelector(tag="*")))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


# Zones


def test_places_and_what_is_pending_follow_a_renamed_zone() -> None:
    bench = Bench()
    bench.move("a1", "hall", 1.0)
    bench.move("a1", "yard", 10.0)
    bench.adopt(rule(fence=("store",)), yard="lot", hall="store")
    assert bench.judge.state.places["a1"].zone == "lot"
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]
    alert = bench.alert
    assert (alert.from_zone, alert.to_zone, alert.time_ns) == ("store", "lot", at(10.0))
    assert alert.evidence.estimate == {"lot": -51.5}
    assert sorted(alert.evidence.readers) == ["r", "s"]


def test_zones_that_swap_their_names_are_followed_once() -> None:
    bench = Bench()
    bench.move("a1", "hall", 1.0)
    bench.move("b2", "yard", 1.0)
    swapped = {"hall": "yard", "yard": "hall"}
    bench.adopt(rule(), **swapped)
    bench.adopt(rule(), version="v3", **swapped)
    assert {tag: place.zone for tag, place in bench.judge.state.places.items()} == {
        "a1": "yard",
        "b2": "hall",
    }


def test_a_rename_that_was_undone_can_be_made_again() -> None:
    bench = Bench()
    for second in (1.0, 2.0):
        bench.move("a1", "hall", second)
        bench.adopt(rule(), hall="store")
        assert bench.judge.state.places["a1"].zone == "store"
        bench.adopt(rule())
        assert bench.judge.state.places["a1"].zone is None


def test_a_vanished_zone_makes_the_place_unknown_and_decides_nothing() -> None:
    bench = Bench()
    bench.move("a1", "yard", 10.0)
    bench.rush("b2", "gate", 11.0)
    bench.rebuild(plan_without("yard", "gate"))
    assert [place.zone for place in bench.judge.state.places.values()] == [None, None]
    bench.wait_until(END_S)
    assert [(change.transition, change.alert.asset) for change in bench.changes] == [
        ("raised", "laptop-2"),
        ("raised", "laptop-1"),
    ]


@pytest.mark.parametrize("gone", [None, "yard"])
def test_an_asset_without_a_known_place_keeps_what_is_pending(gone: str | None) -> None:
    bench = Bench()
    bench.move("a1", "yard", 10.0)
    if gone is None:
        bench.move("a1", None, 11.0)
        bench.adopt(rule(severity="info"))
    else:
        bench.rebuild(plan_without(gone))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]
