"""A changed rule, floor plan or asset judges what is already there, from the change on."""

import pytest

from alerts.rulebook import rule_version
from alerts.settings import AssetSelector
from inventory.assets import Asset
from tags.epc import Identity, commission, encode
from tests.alerts.made import END_S, LAPTOP, TWIN, Bench, Said, rule
from tests.zones.made import at, health
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings
from zones.tracks import HOLD_NS

HOLD_S = HOLD_NS / 1e9
THING = Identity("sgtin", "4012345", "098765", "42")
HEX = [encode(commission(THING, filter_value=value)) for value in range(3)]


def bench_at(zone: str, *, since_s: float = 10.0, now_s: float = 50.0) -> Bench:
    """A laptop is in a zone, and that is long ago."""
    bench = Bench()
    bench.move("a1", zone, since_s)
    bench.wait_until(now_s)
    return bench


# Rules


def test_a_narrower_fence_counts_from_the_change_and_is_told_once() -> None:
    bench = bench_at("office")
    bench.adopt(rule(fence=("hall",)))
    assert bench.said == []
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 55.0 + HOLD_S)]
    alert = bench.alert
    assert (alert.time_ns, alert.decided_ns, alert.late) == (at(50.0), at(55.0), False)
    assert (alert.from_zone, alert.to_zone, alert.asset) == (None, "office", LAPTOP.id)


def test_such_an_alert_rests_on_no_read_and_names_the_new_rule() -> None:
    bench = bench_at("office")
    former = rule_version(bench.rules[0])
    bench.adopt(rule(fence=("hall",)))
    bench.wait_until(END_S)
    evidence = bench.alert.evidence
    assert (evidence.reads, evidence.estimate, evidence.readers) == ((), {}, {"t": "unknown"})
    assert evidence.site_version == "v2"
    assert bench.alert.rule_version not in {"", former}


def test_editing_the_fence_back_returns_the_alert() -> None:
    bench = bench_at("office")
    bench.adopt(rule(fence=("hall",)))
    bench.wait_until(100.0)
    bench.adopt(rule(), version="v3")
    assert bench.pending == ["return"]
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 55.0 + HOLD_S), Said("returned", 110.0 + HOLD_S)]


def test_editing_the_fence_back_in_time_raises_nothing() -> None:
    bench = bench_at("office")
    bench.adopt(rule(fence=("hall",)))
    bench.wait_until(54.0)
    bench.adopt(rule(), version="v3")
    bench.wait_until(END_S)
    assert (bench.said, bench.pending) == ([], [])


def test_a_wider_fence_returns_an_open_alert_like_a_move_inside() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.wait_until(50.0)
    bench.adopt(rule(fence=("hall", "gate")))
    assert bench.transitions == ["raised"]
    bench.wait_until(END_S)
    assert bench.said[1:] == [Said("returned", 60.0 + HOLD_S)]


def test_who_stands_at_an_exit_that_is_no_longer_allowed_is_told_at_once() -> None:
    bench = Bench(rule(fence=("hall", "gate")))
    bench.rush("a1", "gate", 10.0)
    bench.wait_until(50.0)
    bench.adopt(rule())
    assert bench.said == [Said("raised", 50.0)]
    assert (bench.alert.time_ns, bench.alert.decided_ns) == (at(50.0), at(50.0))


def test_a_zone_that_became_an_exit_is_told_at_once() -> None:
    bench = Bench(rule(confirm_s=60.0))
    bench.move("a1", "yard", 10.0)
    exits = [zone.model_copy(update={"role": "exit"}) for zone in _zones("yard")]
    bench.rebuild(FloorPlan([*_zones("hall", "office"), *exits]))
    assert bench.transitions == ["raised"]


def test_a_new_rule_judges_who_was_outside_before_it() -> None:
    bench = Bench(rule(name="phones", assets=AssetSelector(category="phone")))
    bench.move("a1", "yard", 10.0)
    bench.wait_until(50.0)
    bench.adopt(rule())
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 55.0 + HOLD_S)]


def test_what_is_open_is_not_told_again_however_its_rule_is_edited() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    for severity, confirm_s in (("critical", 0.0), ("info", 60.0)):
        bench.adopt(rule(severity=severity, confirm_s=confirm_s, fence=("office",)))
        bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_a_restart_after_the_change_tells_nothing_again() -> None:
    bench = bench_at("office")
    bench.adopt(rule(fence=("hall",)))
    bench.wait_until(100.0)
    bench.write_down_and_read_back()
    bench.adopt(rule(fence=("hall",)))
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_nobody_is_judged_where_nothing_is_known() -> None:
    bench = Bench()
    bench.move("a1", "office", 10.0)
    bench.move("a1", None, 20.0)
    bench.adopt(rule(fence=("hall",), confirm_s=0))
    bench.wait_until(END_S)
    assert bench.said == []


def test_an_asset_with_several_tags_is_judged_where_it_moved_last() -> None:
    bench = Bench()
    bench.move("b2", "office", 10.0)
    bench.move("c3", "hall", 12.0)
    bench.adopt(rule(fence=("hall",), confirm_s=0))
    assert bench.said == []
    bench.adopt(rule(fence=("office",), confirm_s=0))
    assert (bench.alert.tag, bench.alert.to_zone) == ("c3", "hall")


def test_zones_that_swap_their_names_swap_what_is_outside() -> None:
    bench = Bench()
    bench.move("a1", "hall", 10.0)
    bench.move("b2", "yard", 10.0)
    bench.wait_until(30.0)
    bench.adopt(rule(), hall="yard", yard="hall")
    bench.wait_until(END_S)
    told = [(change.transition, change.alert.asset) for change in bench.changes]
    assert told == [("raised", "laptop-2"), ("raised", "laptop-1"), ("returned", "laptop-2")]


def test_what_a_change_finds_is_told_by_rule_and_subject() -> None:
    gate_is_fine = rule(fence=("gate",))
    bench = Bench(gate_is_fine)
    for tag in ("b2", "a1"):
        bench.rush(tag, "gate", 10.0)
    bench.adopt(rule(name="z"), rule(name="b"), gate_is_fine)
    assert [(change.alert.rule, change.alert.asset) for change in bench.changes] == [
        ("b", "laptop-1"),
        ("b", "laptop-2"),
        ("z", "laptop-1"),
        ("z", "laptop-2"),
    ]


# What reads say that are still held


def test_a_change_does_not_hurry_what_is_due_but_still_held() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.0)
    bench.wait_until(15.5)
    bench.adopt(rule(confirm_s=5.0, severity="critical"))
    bench.move("a1", "hall", 14.8)
    bench.wait_until(END_S)
    assert bench.said == []


def test_what_is_due_but_still_held_is_dropped_by_a_fence_that_allows_it() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("a1", "yard", 10.0)
    bench.wait_until(15.5)
    bench.adopt(rule(fence=("hall", "yard")))
    bench.wait_until(END_S)
    assert bench.said == []


def test_a_move_inside_that_was_held_at_the_change_calls_it_off() -> None:
    bench = bench_at("office")
    bench.adopt(rule(fence=("hall",)))
    bench.move("a1", "hall", 49.0)
    bench.wait_until(END_S)
    assert bench.said == []


# Assets


def test_a_tag_that_is_bound_where_it_may_not_be_counts_from_the_binding() -> None:
    bench = Bench(assets=())
    bench.move("a1", "yard", 10.0)
    bench.wait_until(50.0)
    bench.store(LAPTOP)
    bench.wait_until(END_S)
    assert bench.said == [Said("raised", 55.0 + HOLD_S)]
    assert bench.alert.asset == LAPTOP.id


def test_a_tag_that_is_bound_at_an_exit_is_told_at_once() -> None:
    bench = Bench(assets=())
    bench.rush("b2", "gate", 10.0)
    bench.store(TWIN)
    assert bench.transitions == ["raised"]
    bench.move("c3", "hall", 9.5)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_an_asset_bound_by_its_identity_is_where_its_tag_is_already() -> None:
    bench = Bench(rule(clear_confirm_s=0), assets=())
    bench.rush(HEX[1], "gate", 10.0)
    bench.store(Asset(id="thing", category="laptop", tags=(THING.uri, "b2")))
    assert (bench.transitions, bench.alert.tag) == (["raised"], HEX[1])
    bench.move("b2", "hall", 9.5)
    assert bench.transitions == ["raised"]
    bench.move(HEX[2], "hall", 20.0)
    assert bench.transitions == ["raised", "returned"]


def test_an_identity_that_no_asset_carries_is_no_tag() -> None:
    bench = Bench(
        rule(assets=AssetSelector(tag="*")), assets=(Asset(id="thing", tags=(THING.uri,)),)
    )
    bench.rush(HEX[1], "gate", 10.0)
    bench.remove("thing")
    assert [(change.transition, change.alert.tag) for change in bench.changes] == [
        ("raised", HEX[1]),
        ("returned", HEX[1]),
        ("raised", HEX[1]),
    ]


def test_an_asset_that_becomes_one_of_those_that_a_rule_is_for_is_judged() -> None:
    bench = Bench(assets=(Asset(id=LAPTOP.id, category="mug", tags=LAPTOP.tags),))
    bench.rush("a1", "gate", 10.0)
    bench.store(LAPTOP)
    assert bench.transitions == ["raised"]


def test_an_asset_that_gets_a_tag_which_is_inside_returns() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.move("d4", "hall", 20.0)
    bench.wait_until(50.0)
    bench.store(Asset(id=LAPTOP.id, category="laptop", tags=("a1", "d4")))
    bench.wait_until(END_S)
    assert bench.said[1:] == [Said("returned", 60.0 + HOLD_S)]


def test_an_asset_that_loses_the_tag_which_was_inside_is_where_its_other_one_is() -> None:
    bench = Bench()
    bench.rush("b2", "gate", 10.0)
    bench.move("c3", "hall", 20.0)
    bench.wait_until(50.0)
    assert bench.transitions == ["raised", "returned"]
    bench.store(Asset(id="new", tags=("c3",)), rebind=True)
    assert bench.transitions == ["raised", "returned", "reopened"]


@pytest.mark.parametrize("tags", [(), ("d4",)])
def test_a_tag_that_an_asset_loses_is_judged_as_one_that_no_asset_carries(
    tags: tuple[str, ...],
) -> None:
    bench = Bench(rule(assets=AssetSelector(tag="a*")), assets=(Asset(id="x", tags=("a1",)),))
    bench.move("a1", "hall", 5.0)
    bench.store(Asset(id="x", tags=tags))
    bench.rush("a1", "gate", 10.0)
    bench.store(Asset(id="x", tags=("a1",)))
    bench.store(Asset(id="x", tags=tags))
    told = [(change.transition, change.alert.asset) for change in bench.changes]
    assert told == [
        ("raised", None),
        ("returned", None),
        ("raised", "x"),
        ("returned", "x"),
        ("reopened", None),
    ]


def test_a_tag_rule_that_is_edited_judges_the_tags_that_it_is_for() -> None:
    bench = Bench(rule(assets=AssetSelector(tag="e*")), assets=())
    for tag in ("d4", "e5"):
        bench.rush(tag, "gate", 10.0)
    assert [change.alert.tag for change in bench.changes] == ["e5"]
    bench.adopt(rule(assets=AssetSelector(tag="*")))
    assert [change.alert.tag for change in bench.changes] == ["e5", "d4"]


def test_a_change_of_one_asset_judges_nobody_else() -> None:
    bench = Bench()
    bench.move("b2", "yard", 10.0)
    before = bench.judge.state.cases.copy()
    bench.store(Asset(id="new", category="laptop", tags=("d4",)))
    assert bench.judge.state.cases == before


# Readers


def test_a_reader_that_is_gone_from_the_site_file_is_forgotten() -> None:
    bench = Bench()
    for name in ("r", "s", "stranger"):
        bench.judge.note_health(health(name))
    bench.adopt(rule())
    assert sorted(bench.judge.state.readers) == ["r", "s"]


def _zones(*names: str) -> list[ZoneSettings]:
    return [ZoneSettings(name=name) for name in names]
