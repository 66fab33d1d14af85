"""What is held comes out in the order of its time, in whichever order it came."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import holding
from alerts.holding import Holding, plausible_ns
from tags.times import SECOND_NS
from zones.clock import BEHIND_NS_MAX
from zones.tracks import HOLD_NS

Out = list[tuple[int, str, str]]


def let_go(held: Holding[str], now_ns: int) -> Out:
    return [(each.event_ns, each.name, each.item) for each in held.let_go(now_ns)]


def test_what_came_is_held_until_its_time_and_the_hold_are_over() -> None:
    held: Holding[str] = Holding()
    assert held.next_ns() is None
    assert held.hold("s", "x", 100, "", 150)
    assert held.next_ns() == 100 + HOLD_NS
    assert let_go(held, 99 + HOLD_NS) == []
    assert let_go(held, 100 + HOLD_NS) == [(100, "s", "x")]
    assert (held.waiting, held.newest["s"].item) == ([], "x")


def test_what_is_older_than_what_was_let_go_is_late_but_not_for_others() -> None:
    held: Holding[str] = Holding()
    held.hold("s", "x", 100, "", 150)
    let_go(held, 2 * HOLD_NS)
    assert not held.hold("s", "y", 99, "", 2 * HOLD_NS)
    assert held.hold("t", "z", 99, "", 2 * HOLD_NS)
    assert held.hold("s", "same time", 100, "", 2 * HOLD_NS)
    assert (held.late, held.taken) == (1, 3)


def test_what_waited_elsewhere_is_put_in_order_with_what_came_at_the_same_instant() -> None:
    held: Holding[str] = Holding()
    now_ns = 100 * HOLD_NS
    for event_ns in (30, 10, 20):
        assert held.hold("s", str(event_ns), event_ns, "", now_ns)
    assert let_go(held, now_ns) == []
    assert [event_ns for event_ns, _, _ in let_go(held, now_ns + 1)] == [10, 20, 30]


def test_what_is_more_than_the_limit_is_refused_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(holding, "WAITING_MAX", 2)
    held: Holding[str] = Holding()
    assert [held.hold("s", "x", each, "", 0) for each in (1, 2, 3)] == [True, True, False]
    assert (held.refused, len(held.waiting)) == (1, 2)


def test_of_too_many_names_the_one_is_forgotten_that_was_heard_of_longest_ago(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(holding, "NAMES_MAX", 2)
    held: Holding[str] = Holding()
    for number, name in enumerate(("a", "b", "a", "c")):
        held.hold(name, "x", number, "", 0)
    let_go(held, 2 * HOLD_NS)
    assert list(held.newest) == ["a", "c"]


def test_names_that_do_not_matter_any_more_are_forgotten() -> None:
    held: Holding[str] = Holding()
    for name in ("a", "b"):
        held.hold(name, name, 0, "", 0)
    let_go(held, 2 * HOLD_NS)
    held.keep(lambda item: item == "b")
    assert list(held.newest) == ["b"]


@pytest.mark.parametrize(
    ("stated_ns", "taken_ns"),
    [(0, 0), (1, 0), (-BEHIND_NS_MAX, -BEHIND_NS_MAX), (-BEHIND_NS_MAX - 1, 0)],
)
def test_a_time_that_can_not_be_is_that_of_the_arrival(stated_ns: int, taken_ns: int) -> None:
    assert plausible_ns(stated_ns, 0) == taken_ns


_SAID = st.lists(
    st.tuples(
        st.integers(0, 20), st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 199)
    ),
    max_size=30,
)


@given(said=_SAID, cut=st.integers(0, 30), ticks=st.booleans())
def test_any_order_within_the_hold_comes_out_the_same(
    said: list[tuple[int, str, str, int]], cut: int, *, ticks: bool
) -> None:
    held: Holding[str] = Holding()
    out: Out = []
    arrivals = sorted(
        (event_s * SECOND_NS + lag * SECOND_NS // 100, event_s * SECOND_NS, name, item)
        for event_s, name, item, lag in said
    )
    for number, (arrival_ns, event_ns, name, item) in enumerate(arrivals):
        if number == cut:
            held = msgspec.msgpack.decode(msgspec.msgpack.encode(held), type=Holding[str])
        if ticks:
            out += let_go(held, arrival_ns)
        held.hold(name, item, event_ns, item, arrival_ns)
    out += let_go(held, 10**12)
    assert out == sorted((event_s * SECOND_NS, name, item) for event_s, name, item, _ in said)
    assert held.late == 0
