"""Whatever happens to check-outs: written down or not, and each exit told once."""

from collections.abc import Callable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.changes import CheckOut
from tests.alerts.gatekeeper import (
    LAPTOP,
    TWIN,
    WIDER,
    Gatekeeper,
    check_out,
    move,
)
from tests.zones.made import at, seconds_of

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "out",
                "astray",
                "yard",
                "back",
                "wider",
                "late",
                "in",
                "revoke",
                "open",
                "wait",
            ]
        ),
        st.booleans(),
        st.integers(1, 60),
    ),
    max_size=30,
)


def play(bench: Gatekeeper, what: str, number: int, *, twin: bool) -> object:
    """One step at the present time of the bench; what was said to it."""
    asset, seconds = (TWIN if twin else LAPTOP), bench.now_s
    steps: dict[str, Callable[[], object]] = {
        "out": lambda: bench.leave(move(seconds), asset=asset),
        "astray": lambda: bench.leave(move(seconds), "ramp", asset=asset),
        "yard": lambda: bench.leave(move(seconds, "yard"), asset=asset, rule=WIDER),
        "late": lambda: bench.leave(move(seconds - number, late=True), asset=asset),
        "back": lambda: bench.come_back(move(seconds, "hall"), asset=asset),
        "wider": lambda: bench.come_back(move(seconds, "yard"), asset=asset, rule=WIDER),
        "in": lambda: bench.check_in(f"c{number % 4}"),
        "revoke": lambda: bench.revoke(f"c{number % 4}"),
        "open": lambda: bench.change(further(seconds, asset.id, number)),
        "wait": lambda: None,
    }
    return steps[what]()


def further(seconds: float, asset: str, number: int) -> CheckOut:
    """A check-out for this minute, more or less; with a gate or without."""
    return check_out(
        f"at {seconds}",
        arrival_ns=at(seconds),
        from_ns=at(seconds + number - 20),
        until_ns=at(seconds + number + 40),
        gates=("door",) if number % 3 else (),
        **[{"category": "laptop"}, {"asset": asset}][number % 2],
    )


@given(steps=STEPS, cut=st.integers(0, 30))
@settings(max_examples=80, deadline=None)
def test_an_authority_that_was_written_down_goes_on_as_if_it_was_not(
    steps: list[tuple[str, bool, int]], cut: int
) -> None:
    opened = [check_out(f"c{n}", gates=("door",)) for n in range(2)]
    opened += [check_out("c2", category="laptop", zones=("street",)), check_out("c3")]
    whole, parted = Gatekeeper(*opened), Gatekeeper(*opened)
    for count, (what, twin, number) in enumerate(steps):
        if count == cut:
            parted.write_down_and_read_back()
        for bench in (whole, parted):
            bench.wait_until(bench.now_s + number)
        assert play(whole, what, number, twin=twin) == play(parted, what, number, twin=twin)
    for bench in (whole, parted):
        bench.wait_until(100_000)
    assert (parted.told[-1:], parted.called) == (whole.told[-1:], whole.called)
    assert msgspec.msgpack.encode(parted.state) == msgspec.msgpack.encode(whole.state)


@given(steps=STEPS)
@settings(max_examples=80, deadline=None)
def test_exits_and_returns_take_turns_and_nobody_is_overdue_who_is_not_out(
    steps: list[tuple[str, bool, int]],
) -> None:
    bench = Gatekeeper(*(check_out(f"c{n}", category="laptop") for n in range(2)))
    for what, twin, number in steps:
        bench.wait_until(bench.now_s + number)
        play(bench, what, number, twin=twin)
    bench.wait_until(100_000)
    ids = [event.id for event in bench.events]
    assert len(set(ids)) == len(ids)
    for still in bench.called:
        left = [event for event in bench.events if event.asset == still.asset]
        assert any(
            event.kind == "authorised_exit" and event.reference == still.checkout for event in left
        )
        assert seconds_of(still.at_ns) > seconds_of(still.fact.time_ns) - 60
    told = [(still.checkout, still.asset, still.fact.time_ns) for still in bench.called]
    assert len(set(told)) == len(told)
