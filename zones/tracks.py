"""What Locate remembers of each tag, and the order in which its decisions come out."""

from typing import NamedTuple

import msgspec

from readers.health import ReaderHealth
from tags.times import SECOND_NS
from zones.bins import BIN_NS, Slot
from zones.estimators.window import WindowMemory
from zones.movements import Movement

HOLD_NS = 2 * SECOND_NS
"""Reads that arrive up to this late still take part in the order of events."""

PHASE_BIN, PHASE_ABSENCE, PHASE_ARRIVAL = 0, 1, 2


class Step(NamedTuple):
    """A movement with its place in the order of decisions.

    `at_ns` is the clock at which it was decided. At the same instant closed
    bins come first, then absences (both by tag), then what arriving reads
    decided (by their rank in the order of arrival).
    """

    at_ns: int
    phase: int
    rank: int
    tag: str
    movement: Movement


class Track(msgspec.Struct, gc=False, array_like=True):
    """What is known of one tag.

    `closed` is its newest closed bin. `settled` is the bin of its newest move
    on the fast path: earlier bins lie behind that move and decide nothing.
    `exit_ns` is when it was last known at an exit, `told_ns` when the late exits
    were that have been told.
    """

    zone: str | None = None
    heard_ns: int = 0
    closed: int = -1
    settled: int = -1
    exit_ns: int = 0
    told_ns: tuple[int, ...] = ()
    departed: bool = False
    memory: WindowMemory | None = None


class LocateState(msgspec.Struct):
    """Plain data: all that Locate remembers.

    `bins` are open, by number. `overdue` bins came after their time; they are
    kept by the number of the bin with which they close.
    """

    now_ns: int = 0
    tracks: dict[str, Track] = {}
    bins: dict[int, Slot] = {}
    overdue: dict[int, dict[int, Slot]] = {}
    offsets_ns: dict[str, int] = {}
    readers: dict[str, ReaderHealth] = {}
    healthy_since_ns: dict[str, int] = {}


def closing_ns(number: int) -> int:
    """When a bin closes: a hold after its end."""
    return (number + 1) * BIN_NS + HOLD_NS


def first_open(now_ns: int) -> int:
    """The oldest bin that is not closed at `now_ns`."""
    return (now_ns - HOLD_NS) // BIN_NS
