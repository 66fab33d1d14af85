"""Rule `unaccompanied`: an asset comes into a zone, and no custodian is or comes there with it."""

import pytest

from alerts.settings import AssetSelector
from inventory.assets import Asset
from tests.alerts.company import PEOPLE, alone, bench_of
from tests.alerts.made import Bench, Said, plan
from tests.zones.made import at, health

# Scenario 30


def test_a_laptop_that_no_badge_follows_within_5_s_is_told() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    bench.wait_until(60)
    assert bench.said == [Said("raised", 17)]
    alert = bench.alert
    assert (alert.subject, alert.from_zone, alert.to_zone) == ("laptop-1", "hall", "office")
    assert (alert.time_ns, alert.decided_ns) == (at(10), at(15))


def test_a_badge_that_comes_4_s_later_is_company() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    bench.move("ba", "office", 14)
    bench.wait_until()
    assert bench.said == []


def test_a_badge_that_is_there_already_is_company() -> None:
    bench = bench_of()
    bench.move("ba", "office", 5)
    bench.move("a1", "office", 10)
    bench.wait_until()
    assert bench.said == []


def test_a_badge_that_comes_too_late_ends_what_was_told() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    bench.move("ba", "office", 15.5)
    bench.move("bb", "office", 30)
    bench.wait_until()
    assert bench.transitions == ["raised", "returned"]


def test_a_badge_that_left_before_is_none() -> None:
    bench = bench_of()
    bench.move("ba", "office", 5)
    bench.move("ba", "yard", 9)
    bench.move("a1", "office", 10)
    bench.wait_until()
    assert bench.transitions == ["raised"]


def test_a_badge_that_leaves_again_has_been_company() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    bench.move("ba", "office", 12)
    bench.move("ba", "yard", 13)
    bench.wait_until()
    assert bench.said == []


def test_who_comes_along_may_be_known_as_late_as_the_asset_was() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10, decided_ns=at(13))
    bench.move("ba", "office", 14.9, decided_ns=at(17.9))
    bench.wait_until()
    assert bench.said == []


# Where


def test_company_in_another_zone_is_none() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    bench.move("ba", "yard", 11)
    bench.wait_until()
    assert bench.transitions == ["raised"]


def test_company_counts_in_a_zone_that_lies_in_that_of_the_asset() -> None:
    bench = bench_of()
    bench.move("a1", "office", 5)
    bench.move("ba", "office", 6)
    bench.move("bb", "bay", 7)
    bench.move("a1", "hall", 10)
    bench.wait_until()
    assert bench.said == []


def test_but_not_in_one_around_it() -> None:
    bench = bench_of()
    bench.move("a1", "bay", 10)
    bench.wait_until()
    assert bench.transitions == ["raised"]


def test_zones_that_a_rule_names_are_one_place_each() -> None:
    bench = bench_of(zones=("hall",))
    bench.move("a1", "bay", 10)
    bench.move("b2", "office", 10)
    bench.move("ba", "yard", 12)
    bench.move("bb", "yard", 12)
    bench.move("a1", "hall", 20)
    bench.wait_until(60)
    assert bench.said == []
    bench.move("b2", "bay", 70)
    bench.wait_until(100)
    assert [change.alert.asset for change in bench.changes] == ["laptop-2"]
    bench.move("bb", "hall", 110)
    assert bench.transitions == ["raised", "returned"]


def test_an_asset_that_leaves_the_zones_needs_nobody_any_more() -> None:
    bench = bench_of(zones=("office", "yard"))
    bench.move("a1", "office", 10)
    bench.move("a1", "hall", 13)
    bench.wait_until(60)
    assert bench.said == []
    bench.move("a1", "office", 70)
    bench.wait_until(100)
    bench.move("a1", "gate", 110)
    assert bench.transitions == ["raised", "returned"]


def test_an_asset_that_goes_on_alone_is_the_same_alert() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    bench.move("a1", "yard", 13)
    bench.move("a1", "street", 30)
    bench.wait_until(60)
    assert bench.transitions == ["raised"]
    bench.move("ba", "yard", 70)
    assert bench.transitions == ["raised"]
    bench.move("ba", "street", 80)
    assert bench.transitions == ["raised", "returned"]


def test_what_is_seen_for_the_first_time_has_come_from_nowhere() -> None:
    bench = Bench(alone(), assets=PEOPLE)
    bench.move("a1", "office", 10)
    bench.wait_until()
    assert bench.said == []


def test_what_vanished_and_is_seen_in_the_same_zone_again_has_not_come() -> None:
    bench = bench_of()
    bench.move("ba", "yard", 2)
    bench.move("bb", "yard", 2)
    for write_down in (False, True):
        bench.move("a1", None, 50 + 100 * write_down)
        if write_down:
            bench.write_down_and_read_back()
        bench.move("a1", "hall", 80 + 100 * write_down)
        bench.wait_until(100 + 100 * write_down)
    assert bench.said == []
    bench.move("a1", None, 250)
    bench.move("a1", "office", 300)
    bench.wait_until(400)
    assert bench.transitions == ["raised"]


def test_another_tag_of_an_asset_that_has_come_does_not_come_again() -> None:
    bench = bench_of()
    bench.move("ba", "office", 9)
    bench.move("a1", "office", 10)
    bench.move("ba", "hall", 20)
    bench.move("a2", "office", 30)
    bench.wait_until()
    assert bench.said == []


# Who


def test_only_badges_of_its_own_group_are_company_where_the_rule_says_so() -> None:
    bench = bench_of(same_group=True)
    bench.move("a1", "office", 10)
    bench.move("bb", "office", 11)
    bench.move("b2", "yard", 10)
    bench.move("bb", "yard", 12)
    bench.wait_until(60)
    assert [change.alert.asset for change in bench.changes] == ["laptop-1"]
    bench.move("bb", "office", 70)
    assert bench.transitions == ["raised"]
    bench.move("ba", "office", 80)
    assert bench.transitions == ["raised", "returned"]


def test_an_asset_is_no_company_of_itself() -> None:
    bench = bench_of(custodians=AssetSelector(group="it"))
    bench.move("a1", "office", 10)
    bench.wait_until(60)
    assert bench.transitions == ["raised"]
    bench.move("ba", "office", 70)
    assert bench.transitions == ["raised", "returned"]


def test_a_tag_that_no_asset_carries_may_need_company_too() -> None:
    for same_group in (False, True):
        bench = bench_of(assets=AssetSelector(tag="ee"), same_group=same_group)
        bench.move("ee", "hall", 2)
        bench.move("ee", "office", 10)
        bench.wait_until(60)
        assert bench.alert.subject == "tag:ee"
        bench.write_down_and_read_back()
        bench.move("ba", "office", 70)
        assert bench.transitions == ["raised", *(["returned"] * (not same_group))]


# What nobody can tell


def test_where_not_all_is_heard_nobody_can_tell() -> None:
    bench = bench_of()
    bench.judge.note_health(health("t", "offline"))
    bench.move("a1", "office", 10)
    bench.wait_until()
    assert bench.said == []


def test_who_waits_for_company_when_a_reader_fails_is_not_told() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    bench.judge.note_health(health("s", "offline"))
    bench.judge.note_health(health("t", "offline"))
    bench.wait_until(60)
    assert bench.said == []


def test_what_was_told_stays_when_a_reader_fails() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    bench.wait_until(60)
    bench.judge.note_health(health("t", "offline"))
    bench.move("a1", "yard", 70)
    bench.judge.note_health(health("s", "offline"))
    bench.move("a1", "office", 80)
    bench.wait_until(100)
    assert bench.transitions == ["raised"]
    bench.move("ba", "office", 110)
    assert bench.transitions == ["raised", "returned"]


def test_what_becomes_known_late_says_nothing() -> None:
    bench = bench_of()
    bench.move("a1", "office", 5, late=True)
    bench.wait_until()
    assert bench.said == []


# Changes


def test_a_badge_that_becomes_one_is_company_from_now_on() -> None:
    bench = bench_of(custodians=AssetSelector(category="pass"))
    bench.move("ba", "office", 5)
    bench.move("a1", "office", 10)
    bench.wait_until(60)
    assert bench.transitions == ["raised"]
    bench.store(Asset(id="badge-1", category="pass", tags=("ba",)))
    assert bench.transitions == ["raised", "returned"]


def test_an_edit_ends_what_needs_nobody_any_more_and_leaves_the_rest() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    bench.move("b2", "yard", 10)
    bench.wait_until(60)
    assert bench.transitions == ["raised", "raised"]
    bench.adopt(alone(zones=("yard",)))
    assert bench.transitions == ["raised", "raised", "returned"]
    assert bench.alert.asset == "laptop-1"
    bench.store(Asset(id="box", tags=("urn:epc:id:sgtin:0037000.030241.6573",)))
    bench.move("30340242201d8840000019ad", "hall", 70)
    bench.write_down_and_read_back()
    bench.remove("box")
    bench.wait_until()
    assert bench.transitions == ["raised", "raised", "returned"]


def test_company_in_a_wider_zone_ends_an_alert_once_the_rule_says_so() -> None:
    bench = bench_of()
    bench.move("a1", "bay", 10)
    bench.wait_until(60)
    bench.adopt(alone(zones=("hall",)))
    assert bench.transitions == ["raised", "returned"]


def test_who_is_alone_is_so_under_another_name_of_the_zone() -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    bench.wait_until(60)
    bench.adopt(alone(), office="study")
    bench.rebuild(plan(office="study"))
    assert bench.transitions == ["raised"]
    bench.move("ba", "study", 70)
    assert bench.transitions == ["raised", "returned"]


@pytest.mark.parametrize("restarts", [False, True])
def test_who_waits_survives_a_restart(*, restarts: bool) -> None:
    bench = bench_of()
    bench.move("a1", "office", 10)
    if restarts:
        bench.write_down_and_read_back()
    bench.move("ba", "office", 13)
    bench.move("b2", "yard", 20)
    if restarts:
        bench.write_down_and_read_back()
    bench.wait_until(60)
    assert [change.alert.asset for change in bench.changes] == ["laptop-2"]
