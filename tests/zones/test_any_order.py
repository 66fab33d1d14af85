"""Whatever the estimator: reads that arrive within the hold may come in any order."""

from collections.abc import Sequence
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tags.reads import Read
from tags.times import MILLISECOND_NS, SECOND_NS
from tests.zones.made import HALL, OFFICE, T0_NS, YARD, Stage, plan
from zones.bins import BIN_NS
from zones.estimator_settings import EstimatorSettings
from zones.tracks import HOLD_NS, Step

KINDS = get_args(get_args(EstimatorSettings)[0])
_STEP_NS = 125 * MILLISECOND_NS
_END_NS = T0_NS + 120 * SECOND_NS


def test_every_kind_of_estimator_is_asked() -> None:
    assert {"last", "window", "mobility"} <= {kind().kind for kind in KINDS}


_heard = st.lists(
    st.tuples(
        st.sampled_from(("a1", "b2")),
        st.sampled_from((HALL, OFFICE, YARD)),
        st.integers(0, 240),
        st.sampled_from((-50.0, -52.0, -57.5, -64.0, None)),
        st.sampled_from((1, 1, 3)),
    ),
    max_size=40,
)
_delays_ns = st.lists(
    st.sampled_from((0, 1, BIN_NS, SECOND_NS, HOLD_NS - 1, HOLD_NS)), min_size=1, max_size=20
)


def _reads(
    heard: Sequence[tuple[str, tuple[str, int], int, float | None, int]],
    delays_ns: Sequence[int],
) -> list[Read]:
    """The reads as they arrive, each so late."""
    reads = [
        Read(tag, *point, T0_NS + step * _STEP_NS, 0, rssi_dbm, count)
        for tag, point, step, rssi_dbm, count in heard
    ]
    late = [
        msgspec.structs.replace(one, arrival_ns=one.time_ns + delays_ns[n % len(delays_ns)])
        for n, one in enumerate(reads)
    ]
    return sorted(late, key=lambda one: one.arrival_ns)


def _decided(reads: Sequence[Read], estimator: EstimatorSettings) -> list[Step]:
    stage = Stage(plan(10, estimator))
    stage.hear(reads)
    stage.locate.advance(_END_NS)
    return [*stage.steps, *stage.locate.take_steps()]


@pytest.mark.parametrize("kind", KINDS)
@given(_heard, _delays_ns, _delays_ns)
def test_the_order_of_arrival_within_the_hold_changes_nothing(
    kind: type[Any],
    heard: list[tuple[str, tuple[str, int], int, float | None, int]],
    delays_ns: list[int],
    others_ns: list[int],
) -> None:
    estimator: Any = kind()
    first = _decided(_reads(heard, delays_ns), estimator)
    assert first == _decided(_reads(heard, others_ns), estimator)


@pytest.mark.parametrize("kind", KINDS)
@given(_heard, st.randoms(use_true_random=False))
def test_what_arrives_at_the_same_instant_has_no_order(
    kind: type[Any],
    heard: list[tuple[str, tuple[str, int], int, float | None, int]],
    chance: Any,  # noqa: ANN401 -- hypothesis' own
) -> None:
    """A report holds a second of reads, grouped by antenna, newest first, or however."""
    estimator: Any = kind()
    reads = [
        msgspec.structs.replace(one, arrival_ns=-(-one.time_ns // SECOND_NS) * SECOND_NS)
        for one in _reads(heard, [0])
    ]
    mixed = reads.copy()
    chance.shuffle(mixed)
    mixed.sort(key=lambda one: one.arrival_ns)
    assert _decided(reads, estimator) == _decided(mixed, estimator)
