"""What every estimator promises, whatever its kind."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zones.heard_bins import A2, FIRST, NOWHERE, A, B, C, Said, Tag, bin_of, plan_with
from zones.bins import BIN_NS, Cell, cells_of
from zones.estimator_settings import (
    BayesSettings,
    EstimatorSettings,
    LastSettings,
    MobilitySettings,
    WindowSettings,
)
from zones.estimators.kinds import Memory, estimator_for

ALL: list[Any] = [BayesSettings(), LastSettings(), MobilitySettings(), WindowSettings()]
TIME_BOUNDED: list[Any] = [BayesSettings(), WindowSettings()]
_HOUR_BINS = 3_600 * 4

every_kind = pytest.mark.parametrize("settings", ALL, ids=lambda settings: settings.kind)
bounded_kinds = pytest.mark.parametrize("settings", TIME_BOUNDED, ids=lambda each: each.kind)


def tag_with(settings: EstimatorSettings, *, c_priority: int = 0, antennas: int = 4) -> Tag:
    return Tag(plan_with(settings, c_priority=c_priority, antennas=antennas))


@every_kind
def test_a_tag_arrives_with_its_first_read(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    assert tag.hear((A, -55)) == ["a"]
    (estimate,) = tag.estimates
    assert estimate.since_ns == FIRST * BIN_NS
    assert list(estimate.scores) == ["a"]
    assert estimate.confidence == 1


@every_kind
def test_a_tag_that_goes_over_to_a_louder_zone_moves_once(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    tag.hear((A, -50), (B, -70), bins=40)
    assert tag.hear((B, -50), (A, -70), bins=40)[-1:] == ["b"] or settings.kind == "last"
    assert tag.hear((B, -50), bins=40) == ([] if settings.kind != "last" else ["b"])
    assert tag.zone == "b"


@every_kind
def test_a_tag_that_only_another_zone_hears_moves_within_seconds(
    settings: EstimatorSettings,
) -> None:
    tag = tag_with(settings)
    tag.hear((A, -50), bins=80)
    assert tag.hear((B, -66), bins=32) == ["b"]


@bounded_kinds
def test_one_weak_read_after_an_hour_elsewhere_moves_nothing(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    tag.hear((B, -45), bins=20)
    assert tag.hear((A, -60), bins=_HOUR_BINS // 4, every=4) == ["a"]
    assert tag.hear((B, -66)) == []
    assert tag.hear((A, -60), bins=8, every=4) == []


@bounded_kinds
def test_one_stray_read_after_a_long_silence_moves_nothing(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    tag.hear((A, -60))
    tag.number += _HOUR_BINS
    assert tag.hear((B, -45)) == []


@every_kind
def test_two_antennas_of_one_zone_are_one_zone(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    tag.hear((A, -50), (A2, -70), bins=20)
    assert tag.hear((A2, -50), (A, -70), bins=20) == []
    assert tag.hear((A2, -50), bins=200) == []


@every_kind
def test_of_equally_loud_zones_priority_decides_and_then_the_name(
    settings: EstimatorSettings,
) -> None:
    same: Any = bin_of([(C, -55), (B, -55), (A, -55)])
    for cell in cells_of(same):
        cell.first_ns = cell.last_ns = FIRST * BIN_NS
    for priority, zone in ((0, "a"), (1, "c")):
        tag = tag_with(settings, c_priority=priority)
        tag.take(same, FIRST)
        assert tag.zone == zone


@every_kind
def test_antennas_without_a_zone_are_no_evidence(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    assert tag.hear((NOWHERE, -40), bins=10) == []
    tag.hear((A, -60))
    assert tag.hear((NOWHERE, -40), (A, -60), bins=100) == []


@every_kind
def test_reads_without_a_level_do(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    assert tag.hear((A, None), bins=20) == ["a"]
    assert tag.hear((B, None), bins=60) == ["b"]


@every_kind
def test_reads_that_prove_presence_only_say_nothing(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    tag.hear((A, -60))
    head = bin_of([(B, -40)], tag.number)
    head.count = head.sum_cdb = 0
    for _ in range(100):
        tag.take(head, tag.number)
        tag.number += 1
    assert tag.zone == "a"


@every_kind
def test_time_that_runs_backwards_breaks_nothing(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    tag.hear((A, -50), bins=10)
    tag.number -= 1_000
    tag.hear((B, -50), (A, -50), bins=10)
    tag.number += 1_000
    tag.hear((A, -50), bins=40)
    assert tag.zone == "a"


@every_kind
def test_sixty_four_antennas_in_one_bin_are_borne(settings: EstimatorSettings) -> None:
    tag = tag_with(settings, antennas=64)
    said = [(("r", number), -40.0 - number / 2) for number in range(1, 65)]
    tag.hear(*said, bins=40)
    assert tag.zone == ("z64" if settings.kind == "last" else "a")
    assert len(msgspec.msgpack.encode(tag.memory)) < 8_000


@every_kind
def test_a_memory_survives_being_stored(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    tag.hear((A, -50), (B, -60), bins=5)
    stored = msgspec.msgpack.encode(tag.memory)
    restored = msgspec.msgpack.decode(stored, type=Memory)
    assert type(restored) is tag.estimator.memory_kind
    assert msgspec.msgpack.encode(restored) == stored


@every_kind
def test_a_tag_that_is_put_somewhere_stays_there(settings: EstimatorSettings) -> None:
    """As after the fast path: the zone is known, and only what it heard is."""
    tag = tag_with(settings)
    tag.memory = tag.estimator.begin(FIRST, bin_of([(A, -40), (B, -60)]), "b")
    tag.zone, tag.number = "b", FIRST + 1
    tag.hear((B, -60), bins=10)
    assert tag.estimates == []
    assert not tag.estimator.disputes(tag.memory, FIRST, "b", -9_000)


@every_kind
def test_a_zone_that_the_memory_does_not_know_is_where_the_tag_is(
    settings: EstimatorSettings,
) -> None:
    tag = tag_with(settings)
    tag.hear((A, -50), bins=10)
    tag.zone = "c"
    assert tag.hear((C, -50), bins=3) == []


@every_kind
def test_a_past_bin_is_disputed_by_zones_that_were_as_loud(settings: EstimatorSettings) -> None:
    tag = tag_with(settings)
    tag.hear((A, -50))
    disputes = tag.estimator.disputes
    assert disputes(tag.memory, FIRST, "b", -5_000)
    assert not disputes(tag.memory, FIRST, "b", -4_999)
    assert not disputes(tag.memory, FIRST, "a", -5_000)
    if settings.kind != "mobility":
        assert not disputes(tag.memory, FIRST - 1_000, "b", -5_000)


_said = st.tuples(
    st.sampled_from((A, A2, B, C, NOWHERE)),
    st.sampled_from((-45.0, -52.0, -60.0, -63.5, -70.0, None)),
)
_bins = st.lists(st.lists(_said, min_size=1, max_size=6), max_size=40)


def _reversed_bin(said: list[Said], number: int) -> Cell:
    """The same reads at the same times, folded in the other order."""
    head = bin_of(said, number)
    for cell in cells_of(other := bin_of(said[::-1], number)):
        twin = next(each for each in cells_of(head) if each.key == cell.key)
        cell.first_ns, cell.last_ns = twin.first_ns, twin.last_ns
    return other


@every_kind
@given(bins=_bins)
def test_the_order_in_which_reads_arrive_changes_nothing(
    settings: EstimatorSettings,
    bins: list[list[Said]],
) -> None:
    one, other = tag_with(settings), tag_with(settings)
    for at, said in enumerate(bins):
        one.take(bin_of(said, FIRST + at), FIRST + at)
        other.take(_reversed_bin(said, FIRST + at), FIRST + at)
    assert one.estimates == other.estimates
    assert one.zone == other.zone


@every_kind
@given(bins=_bins)
def test_what_is_said_is_in_range_and_of_a_zone_that_was_heard(
    settings: EstimatorSettings,
    bins: list[list[Said]],
) -> None:
    tag = tag_with(settings)
    before: str | None = None
    for zone, _, confidence in tag.hear_all(bins):
        assert zone != before
        assert zone in {"a", "b", "c"}
        assert 0 <= confidence <= 1
        before = zone


def test_each_kind_has_a_memory_of_its_own() -> None:
    kinds = {estimator_for(plan_with(settings)).memory_kind for settings in ALL}
    assert kinds == set(get_args(Memory))
