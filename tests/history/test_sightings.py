from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from history.sightings import SLOT_S, Sighting, fold_sightings, merge_sightings
from tags.reads import Read
from tags.times import SECOND_NS
from tests.history.made import T0_NS, at

reads = st.lists(
    st.builds(
        Read,
        tag=st.sampled_from(["aa", "bb"]),
        reader=st.sampled_from(["dock", "gate"]),
        antenna=st.integers(1, 2),
        time_ns=st.integers(at(0), at(20)),
        arrival_ns=st.just(0),
        rssi_dbm=st.none() | st.integers(-90, -30).map(float),
        count=st.integers(1, 5),
    ),
)


def own_time(read: Read) -> int:
    return read.time_ns


def read(time_ns: int, rssi_dbm: float | None = None, count: int = 1) -> Read:
    return Read("aa", "dock", 1, time_ns, 0, rssi_dbm, count)


def test_reads_of_one_slot_become_one_sighting() -> None:
    folded = fold_sightings([read(at(1), -60, 2), read(at(4.9), -50), read(at(0.5))], own_time)
    assert folded == [
        Sighting(
            slot_s=T0_NS // SECOND_NS,
            tag="aa",
            reader="dock",
            antenna=1,
            first_ns=at(0.5),
            last_ns=at(4.9),
            count=4,
            rssi_dbm_max=-50,
            rssi_dbm_sum=-170,
            rssi_reads=3,
        ),
    ]
    assert folded[0].rssi_dbm_mean == -170 / 3


def test_a_slot_ends_before_the_next_begins() -> None:
    folded = fold_sightings([read(at(SLOT_S) - 1), read(at(SLOT_S))], own_time)
    assert [one.first_ns for one in folded] == [at(SLOT_S) - 1, at(SLOT_S)]
    assert [one.slot_s % SLOT_S for one in folded] == [0, 0]


def test_without_rssi_there_is_no_mean() -> None:
    [one] = fold_sightings([read(at(1))], own_time)
    assert (one.rssi_dbm_max, one.rssi_dbm_mean) == (None, None)


def test_the_time_is_the_one_that_the_clock_gives() -> None:
    [one] = fold_sightings([read(at(1))], lambda one: one.time_ns + 100 * SECOND_NS)
    assert (one.first_ns, one.slot_s) == (at(101), at(100) // SECOND_NS)


@given(reads)
def test_folding_loses_no_read_and_makes_none(heard: list[Read]) -> None:
    folded = fold_sightings(heard, own_time)
    counts: Counter[tuple[str, str, int]] = Counter()
    for one in heard:
        counts[one.tag, one.reader, one.antenna] += one.count
    folded_counts: Counter[tuple[str, str, int]] = Counter()
    for sighting in folded:
        folded_counts[sighting.tag, sighting.reader, sighting.antenna] += sighting.count
        assert sighting.slot_s * SECOND_NS <= sighting.first_ns <= sighting.last_ns
        assert sighting.last_ns < (sighting.slot_s + SLOT_S) * SECOND_NS
    assert folded_counts == counts


@given(reads, st.integers(0, 9))
def test_folding_in_parts_and_merging_is_folding_at_once(heard: list[Read], cut: int) -> None:
    parts = [*fold_sightings(heard[:cut], own_time), *fold_sightings(heard[cut:], own_time)]
    assert by_key(merge_sightings(parts)) == by_key(fold_sightings(heard, own_time))


def by_key(sightings: list[Sighting]) -> list[Sighting]:
    return sorted(sightings, key=lambda one: (one.slot_s, one.tag, one.reader, one.antenna))
