"""What Locate remembers of each tag, and the order in which its decisions come out."""

from typing import NamedTuple

import msgspec

from readers.health import ReaderHealth
from tags.times import SECOND_NS
from zones.bins import BIN_NS, Slot, newest_ns
from zones.clock import ClockJump, ReaderClock
from zones.conflict_memory import Sides
from zones.estimators.kinds import Memory
from zones.flaps import STILL, Flaps
from zones.gates import PortalState
from zones.movements import Conflict, Crossing, Movement
from zones.position_memory import PositionState

HOLD_NS = 2 * SECOND_NS
"""Reads that arrive up to this late still take part in the order of events."""

EXIT_GAP_NS = 60 * SECOND_NS
SILENT_NS = 60 * SECOND_NS
HEARD_AGAIN_NS = SECOND_NS
EXITS_MAX = 16

PHASE_BIN, PHASE_POSITION, PHASE_ABSENCE, PHASE_PASSAGE, PHASE_CONFLICT = range(5)
PHASE_ARRIVAL, PHASE_EXIT = 5, 6

Decision = Movement | Crossing | Conflict | ClockJump


class Step(NamedTuple):
    """A decision with its place in the order of decisions.

    `at_ns` is the clock at which it was made. At the same instant closed bins of reads
    come first, then positions, absences, passages and conflicts (each by tag), then what
    arriving reads told of their readers (by their rank in the order of arrival), then the
    exits that they proved (by tag).
    """

    at_ns: int
    phase: int
    rank: int
    tag: str
    decision: Decision


class Track(msgspec.Struct, gc=False, array_like=True):
    """What is known of one tag.

    `heard_ns` is the newest read of a closed bin, `seen_ns` the newest position;
    `present_ns` is the newer of both, but a read that came after its time counts
    from its arrival less the hold: it may come from a reader whose clock is behind.
    `closed` is the newest bin up to which all is decided. `settled_ns` is the newest
    move on the fast path: bins before it decide nothing. `exits` are the newest known
    stays at an exit, from and to. `outside`: a position says that it is outside all
    zones. `silence` is the newest time of `SILENT_NS` or more in which nobody heard it: from
    the last read before to a second after the first one.
    """

    zone: str | None = None
    heard_ns: int = 0
    present_ns: int = 0
    closed: int = -1
    settled_ns: int = -1
    exits: tuple[tuple[int, int], ...] = ()
    departed: bool = False
    outside: bool = False
    memory: Memory | None = None
    flaps: Flaps = STILL
    seen_ns: int = 0
    silence: tuple[int, int] = (0, 0)


ExitKey = tuple[str, str, int]
"""Tag, reader and antenna: that of an exit."""


class LocateState(msgspec.Struct):
    """Plain data: all that Locate remembers.

    `bins` are open, by number. `overdue` bins came after their time; they are
    kept by the number of the bin with which they close. `at_exit` are the reads (by event
    time) that arrived at `at_exit_ns`, just now, and may decide at once.
    """

    now_ns: int = 0
    tracks: dict[str, Track] = {}
    bins: dict[int, Slot] = {}
    overdue: dict[int, dict[int, Slot]] = {}
    at_exit: dict[ExitKey, int] = {}
    at_exit_ns: int = 0
    offsets_ns: dict[str, int] = {}
    clocks: dict[str, ReaderClock] = {}
    readers: dict[str, ReaderHealth] = {}
    healthy_since_ns: dict[str, int] = {}
    unheard_since_ns: dict[str, int] = {}
    portals: PortalState = {}
    positions: PositionState = msgspec.field(default_factory=PositionState)
    conflicts: dict[str, Sides] = {}


def heard_ns(state: LocateState, tag: str) -> int:
    """Event time of the newest read or position of a tag, in open bins too; 0 if there is none."""
    track = state.tracks.get(tag)
    known_ns = 0 if track is None else max(track.heard_ns, track.seen_ns)
    # Whoever asks may be in another thread than the one that opens and closes bins.
    heads = (slot.get(tag) for slot in list(state.bins.values()))
    return max((known_ns, *(newest_ns(head) for head in heads if head is not None)))


def note_exit(track: Track, from_ns: int, to_ns: int) -> bool:
    """Remember a stay at an exit; whether it is news, and not part of one that is known.

    Stays closer than a minute are one. One that is older than all that are
    remembered, when there are many, is none that can be told from a repetition.
    """
    for at, (began_ns, ended_ns) in enumerate(track.exits):
        if began_ns - EXIT_GAP_NS < to_ns and from_ns < ended_ns + EXIT_GAP_NS:
            joined = (min(began_ns, from_ns), max(ended_ns, to_ns))
            if joined != (began_ns, ended_ns):
                track.exits = (*track.exits[:at], joined, *track.exits[at + 1 :])
            return False
    if len(track.exits) == EXITS_MAX and to_ns < min(track.exits)[0]:
        return False
    track.exits = tuple(sorted((*track.exits, (from_ns, to_ns)))[-EXITS_MAX:])
    return True


def closing_ns(number: int) -> int:
    """When a bin closes: a hold after its end."""
    return (number + 1) * BIN_NS + HOLD_NS


def first_open(now_ns: int) -> int:
    """The oldest bin that is not closed at `now_ns`."""
    return (now_ns - HOLD_NS) // BIN_NS
