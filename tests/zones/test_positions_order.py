"""What arrives in any order decides the same; whatever arrives, decisions make sense."""

from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tags.reads import Fix
from tests.zones.made import T0_NS
from tests.zones.positioned import FENCE, PositionStage, fix
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings

NEXT_DOOR = ZoneSettings(name="G", polygon=((100, 0), (200, 0), (200, 100), (100, 100)))
HOLD_S = 1.99


@st.composite
def a_walk(draw: st.DrawFn) -> list[Fix]:
    """Fixes of two tags by two sources, each arriving within the hold after its time."""
    quarters = draw(st.lists(st.integers(0, 160), min_size=1, max_size=25))
    return [
        fix(
            quarter / 4 + draw(st.sampled_from([0.0, 0.1])),
            draw(st.sampled_from([10.0, 50.0, 99.0, 101.0, 110.0, 150.0, 190.0, 9000.0])),
            draw(st.sampled_from([50.0, -50.0])),
            accuracy_m=draw(st.sampled_from([None, 3.0, 30.0])),
            tag=draw(st.sampled_from(["gps:a", "gps:b"])),
            source=draw(st.sampled_from(["gps", "uwb"])),
        )
        for quarter in quarters
    ]


WALKED = FloorPlan(
    [
        FENCE.model_copy(update={"cross": True}),
        NEXT_DOOR,
        ZoneSettings(name="bay", cross=True, polygon=((20, 20), (80, 20), (80, 80), (20, 80))),
    ],
)


def decided(fixes: Sequence[Fix], delays_s: Sequence[float]) -> list[object]:
    """What is decided when fixes arrive so late; their arrival is no part of the evidence."""
    stage = PositionStage(plan=WALKED)
    arriving = [
        msgspec.structs.replace(each, arrival_ns=each.time_ns + round(delay_s * 1e9))
        for each, delay_s in zip(fixes, delays_s, strict=True)
    ]
    stage.hear(sorted(arriving, key=lambda each: each.arrival_ns))
    stage.wait_until(200)
    return [
        msgspec.structs.replace(
            decision,
            fixes=tuple(msgspec.structs.replace(each, arrival_ns=T0_NS) for each in decision.fixes),
        )
        for decision in stage.decisions
    ]


@settings(max_examples=50)
@given(a_walk(), st.data())
def test_any_order_of_arrival_within_the_hold_decides_the_same(
    fixes: list[Fix], data: st.DataObject
) -> None:
    delays_s = data.draw(
        st.lists(st.floats(0, HOLD_S), min_size=len(fixes), max_size=len(fixes)),
    )
    assert decided(fixes, delays_s) == decided(fixes, [0.0] * len(fixes))


@settings(max_examples=50)
@given(a_walk())
def test_decisions_of_a_tag_change_its_zone_and_go_forward_in_time(fixes: list[Fix]) -> None:
    stage = PositionStage(plan=WALKED)
    stage.hear(sorted(fixes, key=lambda each: each.arrival_ns))
    stage.wait_until(200)
    for tag in ("gps:a", "gps:b"):
        pairs = zip(stage.told, stage.decisions, strict=True)
        own = [told for told, decision in pairs if decision.tag == tag]
        times_s = [each.time_s for each in own]
        assert times_s == sorted(times_s)
        assert all(each.from_zone != each.to_zone for each in own[1:])
        assert all(each.time_s <= each.decided_s for each in own)


@settings(max_examples=50)
@given(a_walk(), st.data())
def test_whatever_comes_late_moves_nothing_backwards(fixes: list[Fix], data: st.DataObject) -> None:
    delays_s = st.sampled_from([0.0, 1.0, 5.0, 30.0, 300.0])
    arriving = [
        msgspec.structs.replace(each, arrival_ns=each.time_ns + round(data.draw(delays_s) * 1e9))
        for each in fixes
    ]
    stage = PositionStage(plan=WALKED)
    stage.hear(sorted(arriving, key=lambda each: each.arrival_ns))
    stage.wait_until(1000)
    for tag in ("gps:a", "gps:b"):
        pairs = zip(stage.live, (each for each in stage.decisions if not each.late), strict=True)
        own = [told for told, decision in pairs if decision.tag == tag]
        assert [each.time_s for each in own] == sorted(each.time_s for each in own)
        assert all(each.from_zone != each.to_zone for each in own[1:])
    assert not stage.watch.state.bins
    assert not stage.watch.state.overdue
    assert stage.watch.next_ns() is None
