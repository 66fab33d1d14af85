"""Company on any day: restarts change nothing, and neither does the order within one moment."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.alerts.company import bench_of
from tests.zones.made import at
from zones.bins import BIN_NS
from zones.tracks import PHASE_BIN, Step, closing_ns

_ZONES = ("hall", "bay", "office", "yard", None)
_STEPS = st.lists(
    st.tuples(st.sampled_from(["a1", "a2", "b2", "ba", "bb"]), st.sampled_from(_ZONES)),
    max_size=25,
)


@settings(max_examples=50)
@given(
    steps=_STEPS,
    gaps=st.lists(st.integers(0, 16), min_size=25, max_size=25),
    cut=st.integers(0, 25),
    same_group=st.booleans(),
    zones=st.sampled_from([None, ("hall", "yard")]),
)
def test_any_restart_says_the_same(
    steps: list[tuple[str, str | None]],
    gaps: list[int],
    cut: int,
    *,
    same_group: bool,
    zones: tuple[str, ...] | None,
) -> None:
    benches = [bench_of(same_group=same_group, zones=zones) for _ in range(2)]
    for number, bench in enumerate(benches):
        quarters = 20
        for step, (tag, zone) in enumerate(steps):
            quarters += gaps[step]
            if number and step == cut:
                bench.write_down_and_read_back()
            bench.move(tag, zone, quarters / 4)
        bench.wait_until()
    assert benches[0].changes == benches[1].changes


@settings(max_examples=50)
@given(lag=st.integers(-30, 30), swapped=st.booleans())
def test_company_counts_by_its_time_in_whichever_order_one_moment_becomes_known(
    lag: int, *, swapped: bool
) -> None:
    bench = bench_of()
    moves = [("a1", 20.0), ("ba", 20.0 + lag / 4)]
    steps = [
        (closing_ns(at(seconds) // BIN_NS), bench._movement(tag, "office", seconds))
        for tag, seconds in moves
    ]
    if swapped:
        steps.reverse()
    for clock_ns, movement in sorted(steps, key=lambda each: each[0]):
        bench.step(Step(clock_ns, PHASE_BIN, 0, movement.tag, movement))
    bench.wait_until()
    assert ("raised" in bench.transitions) == (lag >= 20)
