"""The breaker and the pace of a channel, without a clock."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from delivery.attempt import DONE, Attempt, spared
from delivery.breaker import (
    COOLDOWN_S_MAX,
    COOLDOWN_S_MIN,
    FAILURES_MAX,
    Breaker,
    Gate,
    Pace,
)
from tags.times import SECOND_NS
from tests.delivery.made import T0_NS

FAILED = Attempt("retry", "answered 503")


def opened(now_ns: int = T0_NS) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES_MAX):
        assert not breaker.is_open
        breaker.note(FAILED, now_ns)
    return breaker


def wait_s(breaker: Breaker, now_ns: int) -> float:
    until_ns = breaker.shut_until_ns(now_ns)
    return 0.0 if until_ns is None else (until_ns - now_ns) / SECOND_NS


def test_three_failures_in_a_row_open_it() -> None:
    breaker = opened()
    assert breaker.is_open
    assert wait_s(breaker, T0_NS) == COOLDOWN_S_MIN
    assert breaker.failing_since_ns == T0_NS


def test_a_success_in_between_keeps_it_closed() -> None:
    breaker = Breaker()
    for _ in range(9):
        assert not breaker.note(FAILED, T0_NS)
        assert not breaker.note(FAILED, T0_NS)
        assert not breaker.note(DONE, T0_NS)
    assert not breaker.is_open


def test_a_message_that_was_none_for_the_receiver_says_nothing_of_it() -> None:
    breaker = opened()
    assert not breaker.note(spared("below critical, not sent"), T0_NS)
    assert breaker.is_open
    assert breaker.failing_since_ns == T0_NS


def test_whoever_answers_is_there_even_with_a_refusal() -> None:
    for attempt in (DONE, Attempt("refused", "answered 400"), Attempt("gone", "answered 410")):
        breaker = opened()
        assert breaker.note(attempt, T0_NS)
        assert not breaker.is_open
        assert breaker.failing_since_ns is None


def test_the_longer_it_lasts_the_rarer_are_the_tries() -> None:
    breaker, now_ns, waits_s = opened(), T0_NS, list[float]()
    for _ in range(60):
        now_ns += round(wait_s(breaker, now_ns) * SECOND_NS)
        breaker.note(FAILED, now_ns)
        waits_s.append(wait_s(breaker, now_ns))
    assert waits_s == sorted(waits_s)
    assert (waits_s[0], waits_s[-1]) == (COOLDOWN_S_MIN, COOLDOWN_S_MAX)


def test_a_receiver_that_asks_for_a_rest_has_it_and_no_more_than_an_hour() -> None:
    breaker = opened()
    breaker.note(Attempt("retry", "answered 429", 900.0), T0_NS)
    assert wait_s(breaker, T0_NS) == 900
    breaker.note(Attempt("retry", "answered 429", 90_000.0), T0_NS)
    assert wait_s(breaker, T0_NS) == 3600
    breaker.note(FAILED, T0_NS)
    assert wait_s(breaker, T0_NS) == COOLDOWN_S_MIN
    breaker.try_now()
    assert wait_s(breaker, T0_NS) == 0


def test_a_clock_set_back_does_not_keep_it_shut() -> None:
    assert opened().shut_until_ns(T0_NS - SECOND_NS) is None
    assert opened().shut_until_ns(T0_NS - 3600 * SECOND_NS) is None


def room(gate: Gate, now_ns: int, in_flight: int = 0) -> tuple[int, bool]:
    found = gate.room(now_ns, 4, in_flight)
    assert found is not None
    return found.share.limit, found.share.probe


def test_while_it_is_open_one_message_at_a_time_is_tried() -> None:
    gate = Gate(600, T0_NS)
    assert room(gate, T0_NS, 1) == (3, False)
    for _ in range(FAILURES_MAX):
        gate.breaker.note(FAILED, T0_NS)
    assert gate.state == "open"
    assert room(gate, T0_NS) == (0, False)
    later_ns = T0_NS + round(COOLDOWN_S_MIN * SECOND_NS)
    assert room(gate, later_ns) == (1, True)
    assert room(gate, later_ns, 1) == (0, True)
    gate.breaker.note(DONE, later_ns)
    assert room(gate, later_ns) == (4, False)


def test_a_disabled_channel_lets_nothing_through_until_it_is_asked_to_try() -> None:
    gate = Gate(600, T0_NS)
    gate.disabled = "answered 410"
    assert str(gate.state) == "disabled"
    assert gate.room(T0_NS, 4, 0) is None
    gate.reopen()
    assert gate.state == "open"
    assert room(gate, T0_NS) == (1, True)


def test_asking_a_channel_that_does_well_to_try_changes_nothing() -> None:
    gate = Gate(600, T0_NS)
    gate.reopen()
    assert (gate.state, room(gate, T0_NS)) == ("closed", (4, False))


def test_a_quarter_of_the_pace_is_kept_for_what_is_critical() -> None:
    pace = Pace(8, T0_NS)
    pace.spend(6)
    found = pace.share(4, T0_NS)
    assert (found.share.limit, found.share.others) == (2, 0)
    assert found.wider_ns is not None
    later = pace.share(4, found.wider_ns)
    assert later.share.others == 1


def test_one_a_minute_is_one_a_minute() -> None:
    pace, now_ns, sent_ns = Pace(1, T0_NS), T0_NS, list[int]()
    while len(sent_ns) < 4:
        found = pace.share(4, now_ns)
        if found.share.others:
            pace.spend(1)
            sent_ns.append(now_ns)
        now_ns = found.wider_ns or now_ns
    assert [b - a for a, b in pairwise(sent_ns)] >= [59 * SECOND_NS] * 3


@given(st.integers(1, 50), st.lists(st.tuples(st.integers(0, 90), st.booleans()), max_size=60))
def test_the_pace_is_kept_and_nobody_waits_for_ever(
    size: int, steps: list[tuple[int, bool]]
) -> None:
    pace, now_ns, sent = Pace(size, T0_NS), T0_NS, 0
    for passed_s, critical in steps:
        now_ns += passed_s * SECOND_NS
        found = pace.share(4, now_ns)
        most = found.share.limit if critical else found.share.others
        assert 0 <= found.share.others <= found.share.limit <= 4
        pace.spend(most)
        sent += most
        assert sent <= size + size * (now_ns - T0_NS) / (60 * SECOND_NS) + 1e-6
    found = pace.share(4, now_ns)
    assert found.share.others or found.wider_ns is not None
    assert pace.share(1, now_ns + 61 * SECOND_NS).share.others == 1
