"""Which way a tag went through a gate, from its reads alone."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tags.reads import Read
from tests.zones.made import at, seconds_of
from tests.zones.walked import Path, across, back, beside, out, plain, portal, sights, turned, walk
from zones.direction import INSIDE, OUTSIDE, Sight, judge
from zones.radial import Pair, weigh

SETTINGS = portal()
WALKS = [(out, "outbound"), (back, "inbound")]


@pytest.mark.parametrize(("path", "direction"), WALKS)
@pytest.mark.parametrize("seconds", [2.5, 6.0, 12.0])
def test_a_walk_through_the_gate_has_its_direction(
    path: Path, direction: str, seconds: float
) -> None:
    verdict = judge(sights(walk(path, seconds=seconds)), SETTINGS)
    assert verdict.direction == verdict.lean == direction
    assert verdict.confidence > 0.9


@pytest.mark.parametrize(("path", "direction"), WALKS)
def test_levels_alone_suffice_where_they_are_plain(path: Path, direction: str) -> None:
    assert judge(sights(plain(walk(path))), SETTINGS).direction == direction


@pytest.mark.parametrize(("path", "direction"), WALKS)
def test_phase_alone_says_where_it_leans(path: Path, direction: str) -> None:
    reads = [replace(each, rssi_dbm=None) for each in walk(path, seconds=10)]
    assert judge(sights(reads), SETTINGS).lean == direction


@pytest.mark.parametrize(("path", "direction"), WALKS)
def test_phase_may_be_missing_on_some_reads_and_levels_on_others(
    path: Path, direction: str
) -> None:
    reads = [
        replace(
            each,
            phase_rad=None if n % 7 == 0 else each.phase_rad,
            rssi_dbm=None if n % 5 == 0 else each.rssi_dbm,
        )
        for n, each in enumerate(walk(path))
    ]
    assert judge(sights(reads), SETTINGS).direction == direction


def test_who_stands_in_the_gate_lingers() -> None:
    verdict = judge(sights(walk(beside)), SETTINGS)
    assert verdict.direction == "lingering"
    assert verdict.confidence > 0.9


def test_without_phase_a_short_stand_is_unknown_and_a_long_one_is_lingering() -> None:
    assert judge(sights(plain(walk(beside))), SETTINGS).direction == "unknown"
    assert judge(sights(plain(walk(beside, seconds=9))), SETTINGS).direction == "lingering"


@pytest.mark.parametrize("phased", [True, False])
def test_who_turns_back_in_the_gate_has_not_crossed(phased: bool) -> None:  # noqa: FBT001 -- a case
    reads = walk(turned) if phased else plain(walk(turned))
    assert not judge(sights(reads), SETTINGS).crossed


def alongside(share: float) -> tuple[float, float]:
    """Past the gate and nearer to its inside, from far on one hand to far on the other."""
    return 16 * share - 6, 1.5


def test_who_passes_by_the_gate_has_not_crossed() -> None:
    for seconds in (6.0, 8.0, 10.0, 13.0):
        assert not judge(sights(walk(alongside, seconds=seconds)), SETTINGS).crossed


def test_who_stood_a_while_and_then_went_has_crossed() -> None:
    def path(share: float) -> tuple[float, float]:
        return out(max(0.0, 2 * share - 1))

    assert judge(sights(walk(path, seconds=14)), SETTINGS).direction == "outbound"


def test_a_reader_whose_phase_is_a_constant_does_not_hide_a_plain_crossing() -> None:
    reads = [replace(each, phase_rad=0.0) for each in walk(across)]
    assert judge(sights(reads), SETTINGS).direction == "outbound"


def test_a_phase_that_rises_with_distance_is_read_the_other_way_round() -> None:
    def turned_round(each: Read) -> Read:
        assert each.phase_rad is not None
        return replace(each, phase_rad=math.tau - each.phase_rad, rssi_dbm=None)

    reads = sights(map(turned_round, walk(out, seconds=10)))
    assert judge(reads, portal(phase="rises")).lean == "outbound"
    assert judge(reads, portal(phase="falls")).lean == "inbound"


def test_a_phase_that_is_not_used_decides_nothing() -> None:
    reads = [replace(each, rssi_dbm=None) for each in walk(out, seconds=10)]
    assert not judge(sights(reads), portal(phase="unused")).crossed


def test_one_side_alone_says_nothing() -> None:
    inside = [each for each in sights(walk(out)) if each.side == INSIDE]
    verdict = judge(inside, SETTINGS)
    assert (verdict.direction, verdict.lean, verdict.confidence) == ("unknown", None, 0.0)


def test_two_reads_at_one_instant_have_no_order() -> None:
    both = [Sight(at(0), INSIDE, 0, -5000), Sight(at(0), OUTSIDE, 1, -5000)]
    assert judge(both, SETTINGS).lean is None


def test_a_crossing_needs_reads_on_both_sides() -> None:
    few = [
        *(Sight(at(n / 10), INSIDE, 0, -5000) for n in range(6)),
        Sight(at(1.4), OUTSIDE, 1, -5000),
    ]
    verdict = judge(few, SETTINGS)
    assert (verdict.direction, verdict.lean) == ("unknown", "outbound")
    more = [*few, *(Sight(at(1.5 + n / 10), OUTSIDE, 1, -5000) for n in range(4))]
    assert judge(more, SETTINGS).direction == "outbound"
    assert judge(more, portal(reads_min=6)).direction == "unknown"


def approach(sign: int) -> list[Sight]:
    """No phase; at 1.3 m/s past two antennas that stand 2 m apart and hear as far as 4 m."""
    heard: list[Sight] = []
    for step in range(120):
        place_m = sign * (step - 60) * 0.1
        for side, antenna_m in ((INSIDE, -1.0), (OUTSIDE, 1.0)):
            level_cdb = round(-4200 - 3300 * math.log10(math.hypot(place_m - antenna_m, 1.2)))
            if level_cdb > -6200:
                heard.append(Sight(at(step / 13), side, side, level_cdb))
    return heard


@pytest.mark.parametrize(("sign", "direction"), [(1, "outbound"), (-1, "inbound")])
def test_without_phase_levels_that_rise_and_fall_on_both_sides_are_a_crossing(
    sign: int, direction: str
) -> None:
    verdict = judge(approach(sign), portal())
    assert verdict.direction == direction
    assert seconds_of(verdict.time_ns) == pytest.approx(60 / 13, abs=0.3)


def test_who_stays_needs_a_plain_order() -> None:
    reads = sights(replace(each, rssi_dbm=None) for each in walk(out, seconds=10))
    assert not judge(reads, SETTINGS, staying=True).crossed
    assert judge(sights(walk(across)), SETTINGS, staying=True).crossed


def test_the_time_is_when_it_was_in_the_middle() -> None:
    verdict = judge(sights(walk(out, start_s=100, seconds=6)), SETTINGS)
    assert seconds_of(verdict.time_ns) == pytest.approx(103, abs=0.2)


REFERENCE = sights(walk(out, seconds=3))


@given(st.permutations(REFERENCE), st.lists(st.sampled_from(REFERENCE), max_size=20))
def test_neither_order_nor_repetition_changes_the_verdict(
    shuffled: list[Sight], again: list[Sight]
) -> None:
    assert judge([*again, *shuffled], SETTINGS) == judge(REFERENCE, SETTINGS)


@given(
    st.lists(
        st.builds(
            Sight,
            time_ns=st.integers(at(0), at(20)),
            side=st.sampled_from([INSIDE, OUTSIDE]),
            point=st.integers(0, 3),
            rssi_cdb=st.none() | st.integers(-12_000, 2_000),
            phase_rad=st.none() | st.floats(0, math.tau),
            channel=st.none() | st.integers(1, 3),
            count=st.integers(1, 1000),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_whatever_is_heard_the_verdict_is_one(heard: list[Sight]) -> None:
    verdict = judge(heard, SETTINGS)
    assert 0 <= verdict.confidence <= 1
    times_ns = [each.time_ns for each in heard]
    assert min(times_ns) <= verdict.time_ns <= max(times_ns)
    assert not verdict.crossed or verdict.lean == verdict.direction


def test_no_pairs_say_nothing() -> None:
    motion = weigh([])
    assert (motion.outward, motion.moving, motion.phases) == (0, 0, 0)


def test_levels_that_stay_speak_for_standing_and_those_that_leap_for_moving() -> None:
    def pairs(level_db: float) -> list[Pair]:
        return [Pair(1, n % 2 == 0, n / 20, 0.1, math.nan, level_db) for n in range(20)]

    assert weigh(pairs(0.0)).moving < -3
    assert weigh(pairs(4.0)).moving > 3
    assert weigh(pairs(math.nan)).moving == 0
