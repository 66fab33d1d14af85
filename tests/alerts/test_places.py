"""Where an asset is that has several tags, and whom a movement is about."""

from alerts.lifecycle import alert_id
from alerts.settings import AssetSelector
from inventory.assets import Asset
from inventory.changes import StoreAssets
from tags.epc import Identity, commission, encode
from tests.alerts.made import END_S, LAPTOP, RULE, Bench, rule
from tests.zones.made import T0_NS

THING = Identity("sgtin", "4012345", "098765", "42")
HEX = [encode(commission(THING, filter_value=value)) for value in range(8)]


def test_an_asset_is_where_the_tag_of_it_is_that_moved_last() -> None:
    bench = Bench(rule(confirm_s=5.0))
    bench.move("b2", "yard", 10.0)
    bench.move("c3", "hall", 12.0)
    assert bench.pending == []
    bench.move("b2", "street", 20.0)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]
    assert (bench.alert.asset, bench.alert.tag, bench.alert.to_zone) == ("laptop-2", "b2", "street")


def test_all_tags_of_an_asset_together_are_one_alert() -> None:
    bench = Bench()
    bench.rush("b2", "gate", 10.0)
    bench.rush("c3", "gate", 10.2)
    assert bench.transitions == ["raised"]


def test_a_move_before_that_of_another_tag_says_nothing_though_it_is_known_later() -> None:
    bench = Bench(rule(clear_confirm_s=0))
    bench.rush("b2", "gate", 10.0)
    bench.move("c3", "hall", 9.5)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def test_a_tag_that_is_gone_says_nothing_about_where_the_others_are() -> None:
    bench = Bench(rule(confirm_s=0))
    bench.move("b2", "hall", 10.0)
    bench.move("c3", None, 20.0)
    bench.move("b2", "yard", 19.0)
    assert bench.transitions == ["raised"]


def test_tags_that_share_a_bound_identity_are_one_asset() -> None:
    bench = Bench(rule(clear_confirm_s=0), assets=(_bound(),))
    bench.rush(HEX[1], "gate", 10.0)
    bench.rush(HEX[2], "dock", 10.5)
    assert bench.transitions == ["raised"]
    assert bench.alert.asset == "thing"
    bench.move(HEX[3], "hall", 20.0)
    assert bench.transitions == ["raised", "returned"]


def test_an_asset_bound_by_its_identity_is_where_it_moved_last_too() -> None:
    bench = Bench(rule(clear_confirm_s=0), assets=(_bound("b2"),))
    bench.rush(HEX[1], "gate", 10.0)
    bench.move("b2", "hall", 9.5)
    bench.move(HEX[5], "hall", 9.75)
    bench.wait_until(END_S)
    assert bench.transitions == ["raised"]


def _bound(*more: str) -> Asset:
    return Asset(id="thing", category="laptop", tags=(THING.uri, *more))


# Tags that no asset carries


def test_a_tag_that_no_asset_carries_is_judged_by_a_pattern_of_tags() -> None:
    bench = Bench(rule(assets=AssetSelector(tag="d*")))
    bench.rush("d4", "gate", 10.0)
    assert (bench.alert.asset, bench.alert.tag) == (None, "d4")
    assert bench.alert.id == alert_id(RULE, "tag:d4", "gate", 1)


def test_an_asset_whose_id_looks_like_a_tag_is_another_subject() -> None:
    lookalikes = (
        Asset(id="tag:d4", tags=("e5",)),
        Asset(id="asset:tag:d4", tags=("f6",)),
    )
    bench = Bench(rule(assets=AssetSelector(tag="*")), assets=lookalikes)
    for tag in ("d4", "e5", "f6"):
        bench.rush(tag, "gate", 10.0)
    assert bench.transitions == ["raised"] * 3
    assert len({change.alert.id for change in bench.changes}) == 3
    assert bench.remove("tag:d4").refused is None
    told = [(change.transition, change.alert.asset) for change in bench.changes[3:]]
    assert told == [("returned", "tag:d4"), ("raised", None)]


# The register changes


def test_nothing_stays_pending_or_active_for_an_asset_that_is_removed() -> None:
    bench = Bench(rule(), rule(name="slow", confirm_s=60.0, fence=("hall", "gate")))
    bench.rush("a1", "gate", 10.0)
    bench.move("a1", "yard", 12.0)
    assert bench.pending == ["raise"]
    assert bench.remove(LAPTOP.id).refused is None
    bench.wait_until(END_S)
    assert bench.transitions == ["raised", "returned"]
    assert bench.pending == []


def test_removing_what_is_not_there_is_refused() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    assert bench.remove("laptop-9").refused == "unknown"
    assert bench.transitions == ["raised"]


def test_an_asset_that_comes_back_into_the_register_has_other_alerts() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.remove(LAPTOP.id)
    bench.acknowledge()
    bench.reset()
    bench.store(LAPTOP)
    bench.rush("a1", "gate", 50.0)
    assert bench.transitions[-1] == "raised"
    assert bench.alert.id == alert_id(RULE, LAPTOP.id, "gate", 2)


def test_an_asset_that_a_rule_is_no_longer_for_can_be_closed() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.store(Asset(id=LAPTOP.id, category="scrap", tags=LAPTOP.tags))
    assert bench.transitions == ["raised", "returned"]
    bench.acknowledge()
    assert bench.reset().refused is None


def test_an_asset_that_is_stored_with_other_facts_keeps_its_alert() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    bench.store(Asset(id=LAPTOP.id, category="laptop", name="Blue one", tags=LAPTOP.tags))
    bench.store(Asset(id=LAPTOP.id, category="laptop", tags=()))
    assert bench.transitions == ["raised"]


def test_the_alert_of_a_tag_returns_when_an_asset_carries_it() -> None:
    bench = Bench(rule(assets=AssetSelector(tag="*")), assets=())
    bench.rush("a1", "gate", 10.0)
    bench.rush("d4", "gate", 10.5)
    bench.store(LAPTOP)
    told = [(change.transition, change.alert.tag, change.alert.asset) for change in bench.changes]
    assert told[2:] == [("returned", "a1", None), ("raised", "a1", LAPTOP.id)]


def test_a_tag_that_is_taken_over_leaves_the_alert_with_the_former_asset() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    assert bench.store(Asset(id="new", category="laptop", tags=("a1",)), rebind=True) == [
        LAPTOP.id,
        "new",
    ]
    bench.rush("a1", "dock", 20.0)
    assert bench.transitions == ["raised", "raised"]
    assert [change.alert.asset for change in bench.changes] == [LAPTOP.id, "new"]


def test_an_asset_chosen_by_a_tag_that_it_lost_is_not_outside_any_more() -> None:
    bench = Bench(rule(assets=AssetSelector(tag="a?")))
    bench.rush("a1", "gate", 10.0)
    bench.store(Asset(id="new", tags=("a1",)), rebind=True)
    told = [(change.transition, change.alert.asset) for change in bench.changes]
    assert told == [("raised", LAPTOP.id), ("returned", LAPTOP.id), ("raised", "new")]


def test_a_refused_change_touches_no_alert() -> None:
    bench = Bench()
    bench.rush("a1", "gate", 10.0)
    clash = Asset(id="new", tags=("a1",))
    before = bench.judge.state.register.assets.copy()
    change = StoreAssets(arrival_ns=T0_NS, by="ann", assets=(clash,))
    outcome, changed = bench.judge.store_assets(change)
    assert (outcome.refused, changed) == ("conflict", [])
    assert bench.judge.state.register.assets == before
    assert bench.transitions == ["raised"]
