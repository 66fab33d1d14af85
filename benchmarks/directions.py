"""Directions through a gate on recordings whose truth is known.

    python -m benchmarks.directions [FOLDER]

FOLDER has the shape of the shared recordings: a truth.json with `antennas_ft`, `walks`
(`from_ft`, `to_ft`) and `parked`, and a CSV for each. Every pairing of the antennas into two
sides, one for each axis of the floor, is a gate; the side nearer to zero is its inside. A walk
from one half of the axis to the other crosses that gate, any other walk has no truth there.
Each file goes through `zones.passages` as it would in the gateway.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from readers.settings import AntennaSettings, ReaderSettings
from readers.wire.recording import parse_reads
from tags.reads import Read
from tags.times import SECOND_NS
from zones.floorplan import FloorPlan
from zones.movements import Crossing
from zones.passages import Passages
from zones.portal_settings import PortalSettings

FOLDER = Path(__file__).parents[1].parent / "shared" / "data" / "recordings"
AXES = ("x", "y")

Place = Sequence[float]
"""x and y."""


class Case(NamedTuple):
    """One file at one gate: the true direction (None where there is none), and what was told.

    `square`: the walk goes straight from side to side, along no other axis.
    """

    name: str
    axis: str
    truth: str | None
    square: bool
    told: tuple[Crossing, ...]

    @property
    def decided(self) -> str | None:
        """The direction that was told first, if any."""
        return next((each.direction for each in self.told if _crossed(each)), None)

    @property
    def forced(self) -> str | None:
        """The direction that was told, or else the newest guess."""
        leans = [each.lean for each in self.told if each.lean is not None]
        return self.decided or (leans[-1] if leans else None)

    @property
    def is_right(self) -> bool:
        """Whether every direction that was told is the true one, and there is one."""
        told = {each.direction for each in self.told if _crossed(each)}
        return told == {self.truth}

    @property
    def is_wrong(self) -> bool:
        """Whether a direction was told that is not the true one."""
        return self.decided is not None and not self.is_right


class Door(NamedTuple):
    """How often a door rule was right and wrong; the rest is `unknown` or `lingering`."""

    right: int
    wrong: int
    total: int


class Scores(NamedTuple):
    """The figures.

    `forced`: walks whose direction or guess is right at all gates that they cross. The door
    rule, by walk and gate, for walks straight from side to side and for all. `parked`: by file
    and gate; wrong is one that was told to cross.
    """

    forced: Door
    door_square: Door
    door_all: Door
    parked: Door


def pass_through(
    reads: Iterable[Read],
    inside: Sequence[int],
    outside: Sequence[int],
    **settings: float,
) -> tuple[Crossing, ...]:
    """What is told of one recording (rows in order of arrival) at a gate between antennas."""
    rows = list(reads)
    plan = _plan(rows[0].reader, inside, outside, settings)
    passages = Passages({}, plan.portals)
    told: list[Crossing] = []
    for read in rows:
        told += _due(passages, read.arrival_ns)
        passages.take(read, read.time_ns, plan.point((read.reader, read.antenna)))
    told += _due(passages, rows[-1].arrival_ns + 10 * SECOND_NS)
    return tuple(told)


def walk_cases(
    name: str,
    reads: Sequence[Read],
    start: Place,
    end: Place,
    antennas: Mapping[int, Place],
    **settings: float,
) -> Iterator[Case]:
    """A walk at the gate of each axis."""
    truths = [_truth(start[n], end[n], _middle(antennas, n)) for n in range(len(AXES))]
    for number, axis in enumerate(AXES):
        inside, outside = _sides(antennas, number)
        told = pass_through(reads, inside, outside, **settings)
        square = not any(truths[:number] + truths[number + 1 :])
        yield Case(name, axis, truths[number], square, told)


def parked_cases(
    name: str,
    reads: Sequence[Read],
    antennas: Mapping[int, Place],
    **settings: float,
) -> Iterator[Case]:
    """A tag that does not move, at the gate of each axis."""
    for number, axis in enumerate(AXES):
        inside, outside = _sides(antennas, number)
        told = pass_through(reads, inside, outside, **settings)
        yield Case(name, axis, None, square=False, told=told)


def scores_of(walks: Iterable[Case], parked: Iterable[Case]) -> Scores:
    """The figures of what `walk_cases` and `parked_cases` yielded."""
    crossing = [case for case in walks if case.truth is not None]
    by_walk: dict[str, bool] = {}
    for case in crossing:
        by_walk[case.name] = by_walk.get(case.name, True) and case.forced == case.truth
    still = list(parked)
    right, wrong = sum(by_walk.values()), sum(not each for each in by_walk.values())
    return Scores(
        forced=Door(right, wrong, len(by_walk)),
        door_square=_door([case for case in crossing if case.square]),
        door_all=_door(crossing),
        parked=Door(
            right=sum(case.decided is None for case in still),
            wrong=sum(case.decided is not None for case in still),
            total=len(still),
        ),
    )


def load(folder: Path, **settings: float) -> tuple[list[Case], list[Case]]:
    """The walks and the parked tags of a folder, each at its gates."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    antennas = {int(number): place for number, place in truth["antennas_ft"].items()}
    walks = [
        case
        for name, walk in truth["walks"].items()
        for case in walk_cases(
            name, _reads(folder / name), walk["from_ft"], walk["to_ft"], antennas, **settings
        )
    ]
    parked = [
        case
        for name in truth["parked"]
        for case in parked_cases(name, _reads(folder / name), antennas, **settings)
    ]
    return walks, parked


def _reads(path: Path) -> list[Read]:
    with path.open(encoding="utf-8") as lines:
        return list(parse_reads(lines, str(path)))


def _plan(
    reader: str,
    inside: Sequence[int],
    outside: Sequence[int],
    settings: Mapping[str, float],
) -> FloorPlan:
    antennas = {number: AntennaSettings() for number in (*inside, *outside)}
    sides = {
        "inside": [f"{reader}/{number}" for number in inside],
        "outside": [f"{reader}/{number}" for number in outside],
    }
    portal = PortalSettings.model_validate({"name": "gate", **sides, **settings})
    readers = [ReaderSettings(name=reader, driver="llrp", antennas=antennas)]
    return FloorPlan((), readers, None, [portal])


def _due(passages: Passages, now_ns: int) -> list[Crossing]:
    told: list[Crossing] = []
    while (at_ns := passages.next_ns()) is not None and at_ns <= now_ns:
        told += passages.take_due(at_ns)
    return told


def _middle(antennas: Mapping[int, Place], axis: int) -> float:
    places = [place[axis] for place in antennas.values()]
    return (min(places) + max(places)) / 2


def _sides(antennas: Mapping[int, Place], axis: int) -> tuple[list[int], list[int]]:
    middle = _middle(antennas, axis)
    inside = [number for number, place in antennas.items() if place[axis] < middle]
    return inside, [number for number in antennas if number not in inside]


def _truth(start: float, end: float, middle: float) -> str | None:
    if (start - middle) * (end - middle) >= 0:
        return None
    return "outbound" if end > start else "inbound"


def _crossed(crossing: Crossing) -> bool:
    return crossing.direction in {"outbound", "inbound"}


def _door(cases: Sequence[Case]) -> Door:
    right = sum(case.is_right for case in cases)
    return Door(right, sum(case.is_wrong for case in cases), len(cases))


def main() -> None:
    """Print each walk and the figures."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("TAGWARDEN_RECORDINGS", FOLDER)
    walks, parked = load(Path(given))
    for case in (*walks, *parked):
        told = " ".join(f"{each.direction} {each.confidence:.2f}" for each in case.told)
        print(f"{case.name:28} {case.axis} {case.truth or '-':9} {told}")
    for name, door in scores_of(walks, parked)._asdict().items():
        print(f"{name:12} {door.right} right, {door.wrong} wrong, of {door.total}")


if __name__ == "__main__":
    main()
