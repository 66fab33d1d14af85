"""Rule `count`: more or fewer matching assets in a zone than may be there."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.alert import Excursion
from alerts.rule_kinds import CountRule
from alerts.settings import AssetSelector
from inventory.assets import Asset
from tags.identity import pure_identity
from tests.alerts.made import HEARD, RULE, Bench, Said, plan
from tests.zones.made import at, health
from zones.bins import BIN_NS
from zones.tracks import PHASE_BIN, Step, closing_ns

CARTS = tuple(Asset(id=f"cart-{n}", category="cart", tags=(f"c{n}", f"d{n}")) for n in range(6))


def crowd(**changes: Any) -> CountRule:  # noqa: ANN401 -- any field of a rule
    """At most two carts in the hall; 5 s count, and 10 s of at most two."""
    fields: dict[str, Any] = {
        "name": RULE,
        "zones": ("hall",),
        "assets": AssetSelector(category="cart"),
        "over": 2,
    }
    return CountRule(**(fields | changes))


def bench_of(*rules: CountRule) -> Bench:
    return Bench(*rules, assets=CARTS)


def hear_all(bench: Bench) -> None:
    for name in ("r", "s", "t"):
        bench.judge.note_health(health(name))


def crowded(**changes: Any) -> Bench:  # noqa: ANN401 -- any field of a rule
    """Three carts are in the hall from 12 s on."""
    bench = bench_of(crowd(**changes))
    for number in range(3):
        bench.move(f"c{number}", "hall", 10 + number)
    return bench


# Too many


def test_too_many_for_long_enough_are_told_once_with_their_peak() -> None:
    bench = crowded()
    bench.wait_until(20)
    assert bench.said == [Said("raised", 19)]
    alert = bench.alert
    assert (alert.from_zone, alert.to_zone, alert.asset) == ("hall", "hall", None)
    assert (alert.subject, alert.time_ns, alert.decided_ns) == ("zone:hall", at(12), at(17))
    assert alert.excursion == Excursion(
        quantity="assets", unit="", limit=2, started_ns=at(12), peak=3, peak_ns=at(12)
    )
    assert alert.detail == "3 assets, more than 2"
    assert alert.evidence.estimate == {"assets": 3}
    assert alert.evidence.reads == (HEARD,)
    assert set(alert.evidence.readers) == {"r", "s"}


def test_an_excursion_ends_with_its_peak_once_enough_have_left() -> None:
    bench = crowded()
    bench.move("c3", "bay", 30)
    bench.move("c3", "yard", 40)
    bench.move("c2", "yard", 50)
    bench.wait_until(100)
    assert bench.said == [Said("raised", 19), Said("returned", 62)]
    excursion = bench.alert.excursion
    assert excursion is not None
    assert (excursion.peak, excursion.peak_ns, excursion.ended_ns) == (4, at(30), at(50))


def test_what_lies_in_a_zone_is_in_it() -> None:
    bench = bench_of(crowd())
    for number, zone in enumerate(("hall", "bay", "bay")):
        bench.move(f"c{number}", zone, 10)
    bench.wait_until(20)
    assert bench.transitions == ["raised"]
    bench.move("c0", "bay", 30)
    bench.wait_until(100)
    assert bench.transitions == ["raised"]


def test_an_asset_counts_once_where_the_tag_is_that_moved_last() -> None:
    bench = crowded()
    bench.move("d2", "yard", 14)
    bench.wait_until(60)
    assert bench.said == []
    bench.move("d0", "hall", 70)
    bench.move("d1", "bay", 70)
    bench.wait_until(100)
    assert bench.said == []
    bench.move("d2", None, 110)
    bench.wait_until(200)
    assert bench.transitions == ["raised"]


def test_others_do_not_count() -> None:
    bench = crowded(assets=AssetSelector(id=("cart-0", "cart-1")))
    bench.move("ffff", "hall", 13)
    bench.wait_until()
    assert bench.said == []


def test_tags_that_no_asset_carries_count_where_a_pattern_names_them() -> None:
    bench = bench_of(crowd(assets=AssetSelector(tag="ee*"), over=0))
    bench.move("c0", "hall", 10)
    bench.move("ee01", "hall", 20)
    bench.wait_until(30)
    assert bench.alert.time_ns == at(20)


def test_each_zone_is_counted_by_itself() -> None:
    bench = bench_of(crowd(zones=("hall", "office"), over=0))
    bench.move("c0", "hall", 10)
    bench.move("c1", "office", 20)
    bench.move("c2", "yard", 20)
    bench.wait_until(60)
    assert [change.alert.to_zone for change in bench.changes] == ["hall", "office"]


def test_what_becomes_known_late_is_not_counted() -> None:
    bench = crowded(over=3)
    bench.move("c4", "hall", 5, late=True)
    bench.wait_until(100)
    assert bench.said == []


def test_a_swap_within_one_moment_is_no_crowd_and_no_lack() -> None:
    for first, second in (("c0", "c3"), ("c3", "c0")):
        bench = bench_of(
            crowd(over=2, confirm_s=0), crowd(name="few", over=None, under=2, confirm_s=0)
        )
        hear_all(bench)
        bench.move("c0", "hall", 0)
        bench.move("c1", "hall", 0)
        bench.wait_until(9)
        former = len(bench.said)
        moment_ns = closing_ns(at(10) // BIN_NS)
        goes = bench._movement("c0", "yard", 10)
        comes = bench._movement("c3", "hall", 10.1)
        for movement in (goes, comes) if first == "c0" else (comes, goes):
            bench.step(Step(moment_ns, PHASE_BIN, 0, movement.tag, movement))
        bench.wait_until()
        assert len(bench.said) == former, second


def test_a_tag_whose_identity_was_an_assets_once_counts_as_itself() -> None:
    sgtin = "3034257bf400b7800004cb2f"
    identity = pure_identity(sgtin)
    assert identity is not None
    bench = bench_of(crowd(over=0, assets=AssetSelector(tag=("30*", "urn:*"))))
    bench.store(Asset(id="box", tags=(identity,)))
    bench.move(sgtin, "hall", 10)
    bench.wait_until(20)
    bench.remove("box")
    bench.wait_until(40)
    assert bench.transitions == ["raised"]
    excursion = bench.judge.state.cases[RULE, "zone:hall"].excursion
    assert excursion is not None
    assert (excursion.peak, excursion.ended_ns) == (1, None)


# Too few


def test_too_few_are_told_while_all_is_heard() -> None:
    bench = bench_of(crowd(over=None, under=2))
    bench.move("c0", "hall", 1)
    bench.move("c1", "bay", 2)
    hear_all(bench)
    bench.wait_until(60)
    assert bench.said == []
    bench.move("c1", None, 70)
    bench.wait_until(90)
    assert bench.said == [Said("raised", 77)]
    assert bench.alert.detail == "1 assets, fewer than 2"


def test_too_few_say_nothing_while_a_reader_of_the_zone_is_down() -> None:
    bench = bench_of(crowd(over=None, under=1))
    hear_all(bench)
    bench.judge.note_health(health("s", "offline"))
    bench.wait_until(60)
    bench.move("c0", "hall", 61)
    bench.move("c0", "yard", 62)
    bench.wait_until(100)
    assert bench.said == []
    bench.judge.note_health(health("s"))
    bench.wait_until(104)
    assert bench.said == []
    bench.wait_until(110)
    assert bench.transitions == ["raised"]


def test_a_reader_elsewhere_may_be_down() -> None:
    bench = bench_of(crowd(over=None, under=1))
    hear_all(bench)
    bench.judge.note_health(health("t", "offline"))
    bench.wait_until(60)
    assert bench.transitions == ["raised"]


def test_a_crowd_is_over_only_when_it_is_known_that_they_left() -> None:
    bench = crowded(under=1)
    bench.wait_until(30)
    bench.judge.note_health(health("r", "offline"))
    bench.wait_until(300)
    assert bench.transitions == ["raised"]


# Changes


def test_another_limit_looks_at_the_count_anew() -> None:
    bench = crowded(over=3)
    bench.wait_until(50)
    bench.adopt(crowd())
    bench.wait_until(54)
    assert bench.said == []
    bench.wait_until(60)
    assert bench.transitions == ["raised"]
    bench.adopt(crowd(over=3))
    bench.wait_until(100)
    assert bench.transitions == ["raised", "returned"]


def test_an_asset_that_is_none_of_them_any_more_leaves_the_count() -> None:
    bench = crowded()
    bench.wait_until(20)
    bench.store(Asset(id="cart-1", category="scrap", tags=("c1",)))
    bench.wait_until(60)
    assert bench.transitions == ["raised", "returned"]
    bench.store(CARTS[1])
    bench.wait_until(100)
    assert bench.transitions == ["raised", "returned", "reopened"]


def test_an_asset_that_is_gone_from_the_register_leaves_the_count() -> None:
    bench = crowded()
    bench.wait_until(20)
    bench.remove("cart-0")
    bench.wait_until(60)
    assert bench.transitions == ["raised", "returned"]


def test_a_zone_that_is_not_counted_any_more_ends_its_alert() -> None:
    bench = crowded()
    bench.wait_until(20)
    bench.adopt(crowd(zones=("office",)))
    assert bench.transitions == ["raised", "returned"]


def test_counts_follow_another_floor_plan() -> None:
    bench = crowded(zones=("office",))
    bench.adopt(crowd(zones=("aula",)), hall="aula")
    bench.rebuild(plan(hall="aula"))
    bench.wait_until(60)
    assert bench.alert.to_zone == "aula"


def test_a_count_and_what_lasts_survive_a_restart() -> None:
    bench = crowded()
    bench.write_down_and_read_back()
    bench.wait_until(20)
    bench.write_down_and_read_back()
    bench.move("c0", "yard", 30)
    bench.wait_until(60)
    assert bench.said == [Said("raised", 19), Said("returned", 42)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"over": None}, "needs over, under or both"), ({"over": 1, "under": 3}, "every count")],
)
def test_limits_that_can_not_be_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        crowd(**changes)


# Any day

_MOVES = st.lists(
    st.tuples(
        st.sampled_from(["c0", "d0", "c1", "d1", "c2", "c3", "ee"]),
        st.sampled_from(["hall", "bay", "office", "yard", None]),
        st.integers(1, 40),
    ),
    max_size=30,
)


def _counted(bench: Bench, zones: tuple[str, ...]) -> int:
    """How many carts are there, by a walk through all places."""
    places = bench.judge.state.places
    where: dict[str, tuple[int, str]] = {}
    for cart in CARTS:
        for tag in cart.tags:
            place = places.get(tag)
            if place is not None and place.zone is not None:
                known = where.get(cart.id, (-1, ""))
                where[cart.id] = max(known, (place.time_ns, place.zone), key=lambda each: each[0])
    return sum(zone in zones for _, zone in where.values())


@settings(max_examples=40)
@given(moves=_MOVES, cut=st.integers(0, 30))
def test_the_alert_is_active_just_when_a_walk_through_all_places_counts_too_many(
    moves: list[tuple[str, str | None, int]], cut: int
) -> None:
    bench = bench_of(crowd(confirm_s=0, clear_confirm_s=0, latch=False, over=1))
    seconds = 0
    for number, (tag, zone, pause_s) in enumerate(moves):
        seconds += pause_s
        if number == cut:
            bench.write_down_and_read_back()
        bench.move(tag, zone, seconds)
        bench.wait_until(seconds + 0.9)
        bench.wait_until(seconds + 3)
        seconds += 3
        active = bool(bench.changes) and bench.alert.condition == "active"
        assert active == (_counted(bench, ("hall", "bay")) > 1)
