"""Tags that stay at gates: what is told of them, and that it is not lost when they go."""

import pytest

from tags.reads import Read
from tests.zones.made import at, seconds_of
from tests.zones.walked import (
    IN,
    LAST_S,
    OUT,
    Watched,
    across,
    beside,
    gate_plan,
    out,
    portal,
    told_of,
    walk,
)


def test_who_stands_at_the_gate_is_told_to_linger_once_after_eight_seconds() -> None:
    watched = Watched()
    watched.hear(walk(beside, seconds=8.3))
    assert [each.direction for each in watched.told] == ["lingering"]
    assert seconds_of(watched.told[0].time_ns) == 0
    assert seconds_of(watched.told[0].decided_ns) == 8
    watched.hear(walk(beside, start_s=8.3, seconds=60))
    watched.wait_until(100)
    assert len(watched.told) == 1


def test_a_parked_tag_read_now_and_then_for_hours_lingers_once() -> None:
    reads = [each for n in range(200) for each in walk(beside, start_s=30.0 * n, seconds=0.4)]
    told = told_of(reads, until_s=10_000)
    assert [each.direction for each in told].count("lingering") == 1
    assert len(told) <= 2


def test_it_lingers_again_when_it_was_away_for_long() -> None:
    told = told_of([*walk(beside, seconds=9), *walk(beside, start_s=400, seconds=9)])
    assert [each.direction for each in told] == ["lingering", "lingering"]


def test_who_stood_there_and_then_left_has_crossed() -> None:
    def path(share: float) -> tuple[float, float]:
        return out(max(0.0, (share - 0.75) * 4))

    told = told_of(walk(path, seconds=40))
    assert [each.direction for each in told] == ["lingering", "outbound"]
    assert 30 < seconds_of(told[1].time_ns) < 40


@pytest.mark.parametrize("both_sides", [True, False])
def test_who_is_heard_before_and_after_all_the_time_has_crossed_once(*, both_sides: bool) -> None:
    def path(share: float) -> tuple[float, float]:
        return out(min(1.0, max(0.0, (share - 0.5) * 20)))

    def is_heard(read: Read) -> bool:
        before, after = read.time_ns < at(59), read.time_ns > at(67)
        return both_sides or read.antenna not in (OUT if before else IN if after else ())

    watched = Watched()
    watched.hear([each for each in walk(path, seconds=120) if is_heard(each)])
    told = [each for each in watched.told if each.direction != "lingering"]
    assert [(each.direction, each.late) for each in told] == [("outbound", False)]
    assert 60 < seconds_of(told[0].time_ns) < 66
    watched.wait_until(500)
    assert watched.told[-1] == told[0]


def test_who_passes_slowly_is_given_its_time() -> None:
    assert [each.direction for each in told_of(walk(out, seconds=14))] == ["outbound"]


def test_a_stay_that_begins_with_a_crossing_is_told_before_it_ends() -> None:
    def path(share: float) -> tuple[float, float]:
        return across(min(1, 5 * share))

    watched = Watched()
    watched.hear(walk(path, seconds=30))
    assert watched.directions == ["outbound"]
    watched.wait_until(100)
    assert watched.directions == ["outbound"]


def test_who_comes_again_before_the_first_passage_is_told_lingers_since_then() -> None:
    told = told_of([*walk(out), *walk(beside, start_s=LAST_S + 0.9, seconds=20)])
    assert [each.direction for each in told] == ["outbound", "lingering"]
    assert seconds_of(told[1].time_ns) == pytest.approx(LAST_S + 0.9)


@pytest.mark.parametrize("gap_s", [1.0, 4.0, 10.0])
def test_what_is_told_in_time_is_not_late_however_long_the_gap(gap_s: float) -> None:
    watched = Watched(gate_plan(portal(gap_s=gap_s)))
    again_s = LAST_S + 0.9 * gap_s
    watched.hear([*walk(across), *walk(beside, start_s=again_s, seconds=2)])
    watched.wait_until(500)
    assert watched.directions[0] == "outbound"
    assert not any(each.late for each in watched.told)


def test_a_look_at_who_stays_is_not_late_however_long_the_gap() -> None:
    watched = Watched(gate_plan(portal(gap_s=20)))
    watched.hear(walk(lambda share: across(min(1, 3 * share)), seconds=50))
    (crossing,) = watched.told
    assert (crossing.direction, crossing.late) == ("outbound", False)
