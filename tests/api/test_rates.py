"""Allowances of requests: exact, bounded in memory, and fair to who does no harm."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

import api.rates
from api.rates import Buckets, RateLimits, Rates, network_of


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def taken(buckets: Buckets, name: str, tries: int) -> int:
    return sum(buckets.take(name) == 0.0 for _ in range(tries))


def test_so_many_at_once_and_then_so_many_a_second() -> None:
    clock = Clock()
    buckets = Buckets(10.0, 5, clock)
    assert taken(buckets, "a", 20) == 5
    clock.now_s += 1.0
    assert taken(buckets, "a", 20) == 5
    clock.now_s += 0.25
    assert taken(buckets, "a", 20) == 2


def test_who_waits_as_long_as_was_said_is_let_in() -> None:
    clock = Clock()
    buckets = Buckets(2.0, 1, clock)
    assert buckets.take("a") == 0.0
    wait_s = buckets.take("a")
    assert wait_s == pytest.approx(0.5, rel=0.01)
    assert buckets.lacks("a") == wait_s
    clock.now_s += wait_s - 0.01
    assert buckets.take("a") > 0.0
    clock.now_s += 0.02
    assert buckets.lacks("a") == 0.0
    assert buckets.take("a") == 0.0


def test_refusals_cost_nothing_further() -> None:
    clock = Clock()
    buckets = Buckets(1.0, 1, clock)
    assert taken(buckets, "a", 1_000) == 1
    clock.now_s += 1.001
    assert taken(buckets, "a", 1_000) == 1


def test_one_name_does_not_use_up_what_another_has() -> None:
    buckets = Buckets(1.0, 3, Clock())
    assert taken(buckets, "a", 10) == 3
    assert taken(buckets, "b", 10) == 3


@given(
    rate=st.sampled_from([0.2, 1.0, 7.0, 1_000.0]),
    at_once=st.integers(1, 50),
    pauses_s=st.lists(st.floats(0.0, 3.0), min_size=1, max_size=100),
)
def test_nobody_ever_gets_more_than_the_allowance(
    rate: float, at_once: int, pauses_s: list[float]
) -> None:
    clock = Clock()
    buckets, let_in = Buckets(rate, at_once, clock), 0
    for pause_s in pauses_s:
        clock.now_s += pause_s
        let_in += buckets.take("a") == 0.0
    assert let_in <= at_once + rate * (clock.now_s - 1_000.0) + 0.01
    clock.now_s += at_once / rate + 1.0
    assert taken(buckets, "a", at_once) == at_once


def test_a_million_addresses_take_no_memory_to_speak_of() -> None:
    clock = Clock()
    buckets = Buckets(1.0, 5, clock)
    tracemalloc.start()
    for number in range(100_000):
        clock.now_s += 0.000_01
        assert buckets.take(f"10.0.{number}") == 0.0
        assert len(buckets) <= api.rates.BUCKETS_MAX
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2 * 1024 * 1024


def test_what_is_full_again_is_forgotten_first_and_nobody_notices() -> None:
    clock = Clock()
    buckets = Buckets(1.0, 5, clock)
    for number in range(api.rates.BUCKETS_MAX - 1):
        assert buckets.take(f"idle {number}") == 0.0
    clock.now_s += 10.0
    assert taken(buckets, "greedy", 100) == 5
    assert taken(buckets, "new", 1) == 1
    assert len(buckets) == 2
    assert taken(buckets, "greedy", 100) == 0


def test_a_request_counts_for_its_caller_its_address_and_all() -> None:
    clock = Clock()
    rates = Rates(caller_per_s=2.0, address_per_s=4.0, total_per_s=8.0, burst_s=1.0)
    limits = RateLimits(rates, clock)
    assert [limits.come("a") == 0.0 for _ in range(6)].count(True) == 4
    assert [limits.come("b") == 0.0 for _ in range(6)].count(True) == 4
    assert limits.come("c") > 0.0
    assert [limits.ask("key") == 0.0 for _ in range(6)].count(True) == 2
    assert limits.ask("other") == 0.0


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("testclient", "testclient"),
        ("a:b", "a:b"),
        ("", ""),
    ],
)
def test_a_whole_ipv6_network_is_one_address(host: str, network: str) -> None:
    assert network_of(host) == network
