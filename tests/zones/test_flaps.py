"""There and back within a minute is one flap."""

from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.zones.made import HALL, OFFICE, Stage, at, every, plan, read
from zones.estimator_settings import WindowSettings
from zones.flaps import ELSEWHERE, STILL, TIMES_MAX, Flaps, note_move, pair_of

Step = tuple[str | None, float]


def walked(*steps: Step) -> Flaps:
    """A tag that is in these zones from these seconds on."""
    flaps = STILL
    for (from_zone, _), (to_zone, seconds) in pairwise(steps):
        flaps = note_move(flaps, from_zone, to_zone, at(seconds))
    return flaps


def test_there_and_back_is_one() -> None:
    assert walked((None, 0), ("hall", 0), ("office", 10)).total == 0
    assert walked((None, 0), ("hall", 0), ("office", 10), ("hall", 70)).total == 1


def test_after_a_minute_it_was_a_visit() -> None:
    assert walked(("hall", 0), ("office", 10), ("hall", 70.001)).total == 0


def test_twice_there_and_back_is_two() -> None:
    steps: list[Step] = [("hall", 0), ("office", 1), ("hall", 2), ("office", 3), ("hall", 4)]
    assert [walked(*steps[:count]).total for count in range(2, 6)] == [0, 1, 1, 2]


def test_a_way_round_is_none() -> None:
    assert walked(("hall", 0), ("office", 10), ("yard", 20), ("hall", 30)).total == 0


def test_a_flap_may_follow_a_visit_at_once() -> None:
    flaps = walked(("hall", 0), ("office", 10), ("hall", 100), ("office", 130))
    assert (flaps.total, flaps.left) == (1, None)


def test_not_to_be_heard_for_a_moment_is_one_too() -> None:
    assert walked(("hall", 0), (None, 10), ("hall", 30)).total == 1


def test_who_arrives_and_is_gone_again_has_not_been_back() -> None:
    assert walked((None, 0), ("hall", 10), (None, 30)).total == 0
    assert walked((None, 0), ("hall", 10), (None, 30), ("hall", 50)).total == 1


def test_the_last_hour_is_counted_by_the_way_back() -> None:
    flaps = walked(
        *[(("hall", "office")[n % 2], seconds) for n, seconds in enumerate((0, 10, 20, 3000, 3010))]
    )
    assert (flaps.total, flaps.times_ns) == (2, (at(20), at(3010)))
    assert [flaps.in_hour(at(seconds)) for seconds in (19, 20, 3010, 3619, 3620, 6610)] == [
        0, 1, 2, 2, 1, 0,
    ]  # fmt: skip


def test_what_flaps_all_day_is_remembered_for_an_hour() -> None:
    steps: list[Step] = [(("hall", "office")[n % 2], 5.0 * n) for n in range(10_000)]
    flaps = walked(*steps)
    assert flaps.total == 4999
    assert len(flaps.times_ns) == TIMES_MAX
    assert flaps.in_hour(at(50_000)) == TIMES_MAX


def test_a_pair_has_no_direction() -> None:
    assert pair_of("hall", "bay") == pair_of("bay", "hall") == ("bay", "hall")
    assert pair_of(None, "bay") == (ELSEWHERE, "bay")


_steps = st.lists(
    st.tuples(st.sampled_from(("hall", "office", "yard", None)), st.integers(1, 90)), max_size=40
)


@given(_steps)
def test_no_more_flaps_than_pairs_of_moves(steps: list[tuple[str | None, int]]) -> None:
    zone: str | None = None
    flaps, now_s, moves = STILL, 0, 0
    for to_zone, gap_s in steps:
        now_s += gap_s
        if to_zone == zone:
            continue
        before, flaps = flaps, note_move(flaps, zone, to_zone, at(now_s))
        assert flaps.total - before.total in {0, 1}
        assert flaps == msgspec.msgpack.decode(msgspec.msgpack.encode(flaps), type=Flaps)
        zone, moves = to_zone, moves + 1
    assert flaps.total <= moves // 2
    assert flaps.in_hour(at(now_s)) == len(flaps.times_ns) == flaps.total


def test_locate_counts_flaps_by_pair_of_zones() -> None:
    stage = Stage(plan(estimator=WindowSettings()))
    for n, point in enumerate((HALL, OFFICE, HALL)):
        stage.hear([read("a1", point, 10 * n + each) for each in every(0.25, 0, 10)])
    stage.wait_until(60)
    assert stage.locate.flaps == {("hall", "office"): 1}
