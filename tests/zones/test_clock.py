from hypothesis import given
from hypothesis import strategies as st

from tags.reads import Read
from tags.times import SECOND_NS
from tests.zones.made import HALL, T0_NS, at
from zones.clock import AHEAD_NS_MAX, BEHIND_NS_MAX, OFFSET_NS_MIN, EventClock

HOUR_NS = 3600 * SECOND_NS


def said(time_ns: int, arrival_ns: int = T0_NS, reader: str = "r") -> Read:
    return Read("a", reader, HALL[1], time_ns, arrival_ns)


def test_a_reader_whose_clock_is_right_is_believed() -> None:
    assert EventClock().event_ns(said(at(-1))) == at(-1)


def test_nothing_happens_after_it_arrived() -> None:
    clock = EventClock()
    assert clock.event_ns(said(T0_NS + AHEAD_NS_MAX)) == T0_NS
    assert clock.implausible == 0


def test_a_time_far_ahead_is_counted_and_replaced_by_the_arrival() -> None:
    clock = EventClock()
    assert clock.event_ns(said(T0_NS + HOUR_NS)) == T0_NS
    assert clock.implausible == 1


def test_reads_that_were_buffered_for_days_keep_their_time() -> None:
    clock = EventClock()
    assert clock.event_ns(said(T0_NS - BEHIND_NS_MAX)) == T0_NS - BEHIND_NS_MAX
    assert clock.implausible == 0


def test_a_reader_that_believes_in_1970_is_not_believed() -> None:
    clock = EventClock()
    assert clock.event_ns(said(12 * SECOND_NS)) == T0_NS
    assert clock.implausible == 1


def test_a_measured_offset_puts_times_right() -> None:
    clock = EventClock()
    clock.set_offset("r", -HOUR_NS)
    assert clock.event_ns(said(T0_NS + HOUR_NS - 5)) == T0_NS - 5
    assert clock.event_ns(said(T0_NS - 5, reader="s")) == T0_NS - 5
    assert clock.implausible == 0


def test_a_small_offset_is_taken_for_noise_and_ends_a_larger_one() -> None:
    clock = EventClock()
    clock.set_offset("r", OFFSET_NS_MIN)
    assert clock.offsets_ns == {"r": OFFSET_NS_MIN}
    clock.set_offset("r", OFFSET_NS_MIN - 1)
    assert clock.offsets_ns == {}
    clock.set_offset("r", 1 - OFFSET_NS_MIN)
    assert clock.offsets_ns == {}


@given(st.integers(0, 1 << 62), st.integers(0, 1 << 62), st.integers(-HOUR_NS, HOUR_NS))
def test_an_event_lies_between_a_month_before_its_arrival_and_that(
    time_ns: int, arrival_ns: int, offset_ns: int
) -> None:
    clock = EventClock()
    clock.set_offset("r", offset_ns)
    event_ns = clock.event_ns(said(time_ns, arrival_ns))
    assert arrival_ns - BEHIND_NS_MAX <= event_ns <= arrival_ns
