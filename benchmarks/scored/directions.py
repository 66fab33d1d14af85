"""Directions of walks through a gate, and what is made of tags that are parked beside it.

The gates are the middles of the floor: across one axis two antennas are inside and two outside.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from benchmarks.scored.recordings import SITE, Recordings, Walk
from benchmarks.scored.tables import Check, Section
from gateway.calibrating import plan_of
from gateway.site import parse_site
from gateway.site_edit import merged
from tags.reads import Read
from zones.floorplan import FloorPlan
from zones.movements import Crossing
from zones.scoring import decided

Axis = Literal["x", "y"]
Lean = Literal["outbound", "inbound"]

WAYS: dict[str, Lean] = {"outbound": "outbound", "inbound": "inbound"}
INSIDE: dict[Axis, tuple[int, int]] = {"y": (1, 4), "x": (1, 2)}
OUTSIDE: dict[Axis, tuple[int, int]] = {"y": (2, 3), "x": (3, 4)}
ACROSS_FT_MIN = 3.0
FORCED_MIN, DECIDED_MIN, WRONG_MAX, PARKED_MAX = 0.95, 0.80, 1, 1


class Case(NamedTuple):
    """One walk across one gate, and which way it truly went."""

    walk: Walk
    axis: Axis
    truth: Lean

    @property
    def group(self) -> str:
        """How the walk goes."""
        straight = self.walk.start_ft[0] == self.walk.end_ft[0]
        return "along the middle" if straight else f"diagonal, across {self.axis}"


Guess = Callable[[Case], Lean | None]


def gate(axis: Axis) -> FloorPlan:
    """The floor plan with a portal across one axis."""
    portal = {
        "name": "gate",
        "inside": [f"r420/{antenna}" for antenna in INSIDE[axis]],
        "outside": [f"r420/{antenna}" for antenna in OUTSIDE[axis]],
    }
    return plan_of(parse_site(merged(SITE, {"portals": [portal]})))


def crossings(axis: Axis, reads: Sequence[Read]) -> list[Crossing]:
    """What the pipeline says of a recording at one gate."""
    steps = decided(gate(axis), reads)
    return [step.decision for step in steps if isinstance(step.decision, Crossing)]


def cases_of(walks: Iterable[Walk]) -> Iterator[Case]:
    """Each walk across each gate that it goes through."""
    axes: tuple[tuple[int, Axis], ...] = ((0, "x"), (1, "y"))
    for walk in walks:
        for at, axis in axes:
            across_ft = walk.end_ft[at] - walk.start_ft[at]
            if abs(across_ft) >= ACROSS_FT_MIN:
                yield Case(walk, axis, "outbound" if across_ft > 0 else "inbound")


def ours(case: Case) -> Lean | None:
    """The direction of the surest crossing, or what a guess would be."""
    found = crossings(case.axis, case.walk.reads)
    if not found:
        return None
    surest = max(found, key=lambda crossing: crossing.confidence)
    way = WAYS.get(surest.direction)
    return surest.lean if way is None else way


def by_mean_time(case: Case) -> Lean | None:
    """The side with the later power-weighted mean time."""
    return _later(
        case, lambda reads: sum(_power(r) * r.time_ns for r in reads) / sum(map(_power, reads))
    )


def by_peak(case: Case) -> Lean | None:
    """The side whose strongest read is later."""
    return _later(case, lambda reads: max(reads, key=_power).time_ns)


def by_first_read(case: Case) -> Lean | None:
    """The side that heard the tag first is left."""
    return _later(case, lambda reads: min(read.time_ns for read in reads))


def _later(case: Case, time_ns: Callable[[Sequence[Read]], float]) -> Lean | None:
    sides = [
        [read for read in case.walk.reads if read.antenna in antennas[case.axis]]
        for antennas in (INSIDE, OUTSIDE)
    ]
    if not all(sides):
        return None
    return "outbound" if time_ns(sides[1]) > time_ns(sides[0]) else "inbound"


def _power(read: Read) -> float:
    return 10 ** ((read.rssi_dbm or -100.0) / 10)


GUESSES: dict[str, Guess] = {
    "first read on each side": by_first_read,
    "time of the strongest read": by_peak,
    "power-weighted mean time": by_mean_time,
    "ours": ours,
}


def forced(cases: Sequence[Case]) -> tuple[Section, list[Check]]:
    """Every walk is decided, however unsure."""
    groups = list(dict.fromkeys(case.group for case in cases))
    right = {
        name: Counter(case.group for case in cases if guess(case) == case.truth)
        for name, guess in GUESSES.items()
    }
    sizes = Counter(case.group for case in cases)
    rows = [
        (name, *(f"{count[group]}/{sizes[group]}" for group in groups))
        for name, count in right.items()
    ]
    every = [group for group in groups if group != "diagonal, across x"]
    share = sum(right["ours"][group] for group in every) / sum(sizes[group] for group in every)
    words = "Right directions where each walk must be decided. Every walk goes across y."
    check = Check(
        "direction of all walks, forced", f"{share:.1%}", "at least 95.0%", share >= FORCED_MIN
    )
    return Section("Direction, forced", words, [("method", *groups), *rows]), [check]


def door(cases: Sequence[Case], parked: dict[str, list[Read]]) -> tuple[Section, list[Check]]:
    """As a rule at a door: what is not sure is unknown."""
    counts: dict[str, Counter[str]] = {}
    for case in cases:
        counts.setdefault(case.group, Counter())[_verdict(case)] += 1
    still = Counter(_said(crossings(axis, reads)) for reads in parked.values() for axis in INSIDE)
    counts["parked, both gates"] = still
    heads = ("right", "wrong", "crossing", "lingering", "unknown", "nothing")
    rows = [
        (group, *(str(count[head]) if count[head] else "-" for head in heads), str(count.total()))
        for group, count in counts.items()
    ]
    words = (
        "What a rule at the gate would have been told; `unknown` and `lingering` raise no alert."
    )
    section = Section("Direction, as a door rule", words, [("recordings", *heads, "of"), *rows])
    return section, _door_checks(counts["along the middle"], still)


def _door_checks(straight: Counter[str], still: Counter[str]) -> list[Check]:
    share = straight["right"] / max(1, straight.total())
    wrong, called = straight["wrong"], still["crossing"]
    return [
        Check(
            "door rule: decided and right", f"{share:.1%}", "at least 80.0%", share >= DECIDED_MIN
        ),
        Check("door rule: decided and wrong", str(wrong), "at most 1", wrong <= WRONG_MAX),
        Check(
            "parked tags called a crossing",
            f"{called} of {still.total()}",
            "at most 1 of 64",
            called <= PARKED_MAX,
        ),
    ]


def _verdict(case: Case) -> str:
    """What the pipeline says of a walk, against the truth; a wrong word is worse than none."""
    found = crossings(case.axis, case.walk.reads)
    said = {crossing.direction for crossing in found} & set(WAYS)
    if said:
        return "right" if said == {case.truth} else "wrong"
    return _said(found)


def _said(found: Sequence[Crossing]) -> str:
    directions = {crossing.direction for crossing in found}
    if directions & set(WAYS):
        return "crossing"
    return next((word for word in ("lingering", "unknown") if word in directions), "nothing")


def direction_sections(recordings: Recordings) -> tuple[list[Section], list[Check]]:
    """Both tables; none where there are no walks."""
    cases = list(cases_of(recordings.walks))
    if not cases:
        return [], []
    first, checks = forced(cases)
    second, more = door(cases, recordings.parked)
    return [first, second], [*checks, *more]
