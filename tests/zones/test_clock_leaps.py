"""Reads that lag: a clock that is wrong, or reads that waited somewhere."""

from collections.abc import Iterable, Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tags.reads import Read
from tags.times import MILLISECOND_NS, SECOND_NS
from tests.zones.made import at, every, read
from zones.clock import (
    CLOCKS_MAX,
    CREEP_NS,
    EVER_NS,
    JUMPS_MAX,
    PUNCTUAL_NS,
    EventClock,
    ReaderClock,
)
from zones.tracks import HOLD_NS

HOUR_S = 3600.0


def watching() -> EventClock:
    return EventClock({}, {})


def dated(clock: EventClock, reads: Iterable[Read]) -> list[int]:
    return [clock.event_ns(each) for each in reads]


def heard(
    start_s: float,
    end_s: float,
    *,
    ahead_s: float = 0.0,
    period_s: float = 0.25,
    point: tuple[str, int] = ("r", 1),
) -> list[Read]:
    """Reads at the pace of arrival, by a clock that is ahead by so much."""
    times_s = every(period_s, start_s, end_s)
    return [read("a", point, seconds + ahead_s, arrival_s=seconds) for seconds in times_s]


def waited(times_s: Sequence[float], arrival_s: float, *, pace: float) -> list[Read]:
    """Reads that were kept and come as fast as this: seconds of events in a second."""
    first_s = times_s[0]
    return [
        read("a", ("r", 1), time_s, arrival_s=arrival_s + (time_s - first_s) / pace)
        for time_s in times_s
    ]


def jumps(clock: EventClock) -> list[tuple[str, float]]:
    return [(jump.reader, jump.behind_ns / SECOND_NS) for jump in clock.take_jumps()]


def test_a_lag_within_the_hold_is_no_lag() -> None:
    assert PUNCTUAL_NS == HOLD_NS


# Jumps


def test_a_clock_that_jumps_back_is_known_for_it_after_a_second_and_a_half() -> None:
    clock = watching()
    dated(clock, heard(0, 10))
    times_ns = dated(clock, heard(10, 20, ahead_s=-HOUR_S))
    assert times_ns[:6] == [at(10 + n / 4 - HOUR_S) for n in range(6)]
    assert times_ns[6:] == [at(10 + n / 4) for n in range(6, 40)]
    assert jumps(clock) == [("r", HOUR_S)]
    assert jumps(clock) == []


def test_a_clock_that_jumps_ahead_counts_from_arrival_and_then_by_its_own_time() -> None:
    clock = watching()
    dated(clock, heard(0, 10))
    first = heard(10, 20, ahead_s=HOUR_S)
    assert dated(clock, first) == [each.arrival_ns for each in first]
    then = heard(20, 30, ahead_s=HOUR_S - 0.125)
    assert dated(clock, then) == [each.arrival_ns - MILLISECOND_NS * 125 for each in then]
    assert jumps(clock) == [("r", -HOUR_S)]
    assert clock.implausible == 6


def test_a_clock_that_is_set_right_again_jumps_back() -> None:
    clock = watching()
    dated(clock, heard(0, 10))
    dated(clock, heard(10, 20, ahead_s=-HOUR_S))
    times_ns = dated(clock, heard(20, 30))
    assert times_ns == [at(seconds) for seconds in every(0.25, 20, 30)]
    assert jumps(clock) == [("r", HOUR_S), ("r", -HOUR_S)]
    assert clock.readers["r"].shift_ns == 0


def test_a_clock_that_goes_back_to_1970_is_heard_on_arrival_at_once() -> None:
    clock = watching()
    dated(clock, heard(0, 10))
    times_ns = dated(clock, heard(10, 20, ahead_s=-50 * 365 * 86_400.0))
    errors_ns = [time_ns - at(10 + n / 4) for n, time_ns in enumerate(times_ns)]
    assert -1000 <= min(errors_ns) <= max(errors_ns) <= 0
    assert len(jumps(clock)) == 1


def test_a_small_step_back_takes_half_a_minute() -> None:
    clock = watching()
    dated(clock, heard(0, 10))
    times_ns = dated(clock, heard(10, 50, ahead_s=-5))
    steps = round(CREEP_NS / SECOND_NS * 4)
    assert times_ns[:steps] == [at(5 + n / 4) for n in range(steps)]
    assert times_ns[steps:] == [at(10 + n / 4) for n in range(steps, 160)]
    assert jumps(clock) == [("r", 5)]


def test_a_clock_that_was_never_right_takes_a_minute() -> None:
    clock = watching()
    times_ns = dated(clock, heard(0, 90, ahead_s=-HOUR_S))
    steps = round(EVER_NS / SECOND_NS * 4)
    assert times_ns[steps - 1] == at((steps - 1) / 4 - HOUR_S)
    assert times_ns[steps:] == [at(n / 4) for n in range(steps, 360)]


def test_a_clock_that_loses_two_seconds_a_day_is_followed() -> None:
    clock = watching()
    days = [read("a", ("r", 1), s - s / 43_200, arrival_s=s) for s in every(5, 0, 5 * 86_400)]
    lags_ns = [each.arrival_ns - clock.event_ns(each) for each in days]
    assert max(lags_ns) < PUNCTUAL_NS + SECOND_NS
    assert sum(lag_ns > PUNCTUAL_NS for lag_ns in lags_ns) < len(lags_ns) / 1000
    assert 3 <= len(jumps(clock)) <= 5


def test_what_is_stated_ends_what_was_found_out() -> None:
    clock = watching()
    dated(clock, heard(0, 10))
    dated(clock, heard(10, 20, ahead_s=-HOUR_S))
    (jump,) = clock.take_jumps()
    assert jump.offset_ns == round(HOUR_S * SECOND_NS)
    clock.set_offset("r", jump.offset_ns)
    times_ns = dated(clock, heard(20, 30, ahead_s=-HOUR_S))
    assert times_ns == [at(seconds) for seconds in every(0.25, 20, 30)]
    assert jumps(clock) == []


def test_the_jump_of_one_reader_leaves_the_others_alone() -> None:
    clock = watching()
    dated(clock, heard(0, 10))
    for one, other in zip(
        heard(10, 20, ahead_s=-HOUR_S), heard(10, 20, point=("s", 1)), strict=True
    ):
        clock.event_ns(one)
        assert clock.event_ns(other) == other.time_ns
    assert jumps(clock) == [("r", HOUR_S)]


def test_a_gateway_that_jumps_ahead_finds_all_its_readers_behind() -> None:
    clock = watching()
    for point in (("r", 1), ("s", 1)):
        dated(clock, heard(0, 10, point=point))
        times_ns = dated(clock, heard(10 + HOUR_S, 20 + HOUR_S, ahead_s=-HOUR_S, point=point))
        assert times_ns[6:] == [at(HOUR_S + 10 + n / 4) for n in range(6, 40)]
    assert jumps(clock) == [("r", HOUR_S), ("s", HOUR_S)]


# No jumps


def test_what_waited_for_a_connection_keeps_its_time() -> None:
    for pace in (1.9, 2, 5, 1e9):
        clock = watching()
        dated(clock, heard(0, 10))
        kept = waited(every(0.25, 10, 910), 910, pace=pace)
        assert dated(clock, kept) == [each.time_ns for each in kept]
        assert jumps(clock) == []


def test_what_waited_for_a_broken_connection_may_come_as_slowly_as_it_happened() -> None:
    clock = watching()
    dated(clock, heard(0, 10))
    clock.note_break("r")
    kept = waited(every(0.25, 10, 60), 910, pace=1)
    assert dated(clock, kept) == [each.time_ns for each in kept]
    assert jumps(clock) == []


def test_a_connection_that_is_ever_slower_is_no_clock() -> None:
    clock = watching()
    slow = [read("a", ("r", 1), s, arrival_s=1.2 * s) for s in every(0.25, 0, 600)]
    assert dated(clock, slow) == [each.time_ns for each in slow]
    assert jumps(clock) == []


def test_a_source_that_is_always_some_seconds_late_is_no_clock() -> None:
    clock = watching()
    late = heard(0, 600, ahead_s=-5)
    assert dated(clock, late) == [each.time_ns for each in late]
    assert jumps(clock) == []


def test_two_old_uploads_among_what_is_heard_now_are_no_clock() -> None:
    clock = watching()
    for start_s in (0.0, 10.0):
        dated(clock, heard(start_s, start_s + 10))
        old = [read("a", ("r", 1), 9 - HOUR_S, arrival_s=start_s + 10)] * 20
        assert dated(clock, old) == [at(9 - HOUR_S)] * 20
    assert jumps(clock) == []


def test_few_reads_say_nothing_about_a_clock() -> None:
    clock = watching()
    dated(clock, heard(0, 10))
    old = heard(10, 100, ahead_s=-HOUR_S, period_s=30)
    assert dated(clock, old) == [each.time_ns for each in old]


# How reads are to be trusted meanwhile


def trust(clock: EventClock, seconds: float, reader: str = "r") -> str:
    return clock.trust(reader, at(seconds))


def test_reads_of_a_clock_that_may_have_jumped_are_in_doubt_for_a_moment() -> None:
    clock = watching()
    assert trust(clock, 0) == "sound"
    dated(clock, heard(0, 10))
    assert trust(clock, 10) == "sound"
    dated(clock, heard(10, 10.5, ahead_s=-HOUR_S))
    assert [trust(clock, s) for s in (10.5, 11.74, 11.75)] == ["doubted", "doubted", "sound"]
    dated(clock, heard(10.5, 12, ahead_s=-HOUR_S))
    assert [trust(clock, s) for s in (12, 12.49, 12.5)] == ["jumped", "jumped", "sound"]


def test_the_next_read_may_end_the_doubt() -> None:
    other_lag = read("a", ("r", 1), 20 - HOUR_S, arrival_s=10.3)
    for next_one in (read("a", ("r", 1), 10.3), other_lag):
        clock = watching()
        dated(clock, heard(0, 10))
        dated(clock, heard(10, 10.25, ahead_s=-HOUR_S))
        assert trust(clock, 10.3) == "doubted"
        clock.event_ns(next_one)
        assert trust(clock, 10.3) == "sound"


def test_after_a_break_nothing_is_in_doubt() -> None:
    clock = watching()
    dated(clock, heard(0, 10))
    clock.note_break("r")
    clock.note_break("stranger")
    dated(clock, heard(10, 11, ahead_s=-HOUR_S))
    assert trust(clock, 11) == "sound"


# The state


def test_what_is_remembered_has_limits() -> None:
    clock = watching()
    for number in range(CLOCKS_MAX + 1):
        reads = heard(0, 0.25, point=(f"r{number}", 1))
        dated(clock, reads)
    assert len(clock.readers) == CLOCKS_MAX
    for number in range(JUMPS_MAX + 1):
        dated(clock, heard(1, 3, ahead_s=-HOUR_S, point=(f"r{number}", 1)))
    assert len(clock.take_jumps()) == JUMPS_MAX


def test_a_clock_that_is_not_watched_goes_by_what_is_stated() -> None:
    clock = EventClock()
    dated(clock, heard(0, 10))
    jumped = heard(10, 100, ahead_s=-HOUR_S)
    assert dated(clock, jumped) == [each.time_ns for each in jumped]
    assert clock.readers == {}


_runs = st.lists(
    st.tuples(
        st.sampled_from(("r", "s")),
        st.sampled_from((0.0, 0.1, 1.0, 3.0, 45.0, HOUR_S, -0.5, -HOUR_S, 4e6)),
        st.sampled_from((0.0, 0.1, 0.4, 1.0, 10.0)),
        st.integers(1, 9),
    ),
    max_size=12,
)


def _reads_of(runs: Sequence[tuple[str, float, float, int]]) -> list[Read]:
    reads: list[Read] = []
    now_s = 0.0
    for name, behind_s, period_s, times in runs:
        for _ in range(times):
            now_s += period_s
            reads.append(read("a", (name, 1), now_s - behind_s, arrival_s=now_s))
    return reads


@given(_runs, st.integers(0, 100))
def test_a_state_that_is_written_down_goes_on_the_same(
    runs: list[tuple[str, float, float, int]], cut: int
) -> None:
    reads = _reads_of(runs)
    whole, first = watching(), watching()
    expected = dated(whole, reads)
    before = dated(first, reads[:cut])
    blob = msgspec.msgpack.encode((first.offsets_ns, first.readers))
    state = msgspec.msgpack.decode(blob, type=tuple[dict[str, int], dict[str, ReaderClock]])
    second = EventClock(*state)
    assert [*before, *dated(second, reads[cut:])] == expected
    assert [*first.take_jumps(), *second.take_jumps()] == whole.take_jumps()
    assert second.readers == whole.readers


@given(_runs)
def test_no_read_happens_after_its_arrival_or_long_before(
    runs: list[tuple[str, float, float, int]],
) -> None:
    clock = watching()
    for each in _reads_of(runs):
        assert each.arrival_ns - 30 * 86_400 * SECOND_NS <= clock.event_ns(each) <= each.arrival_ns


@given(
    st.lists(
        st.tuples(st.floats(0.05, 2.0), st.floats(0, HOLD_NS / SECOND_NS)), min_size=1, max_size=50
    )
)
def test_reads_that_arrive_within_the_hold_keep_their_time(
    steps: list[tuple[float, float]],
) -> None:
    clock = watching()
    now_s = 0.0
    for step_s, delay_s in steps:
        now_s += step_s
        one = read("a", ("r", 1), now_s, arrival_s=now_s + delay_s * 0.999)
        assert clock.event_ns(one) == one.time_ns
    assert clock.take_jumps() == []
