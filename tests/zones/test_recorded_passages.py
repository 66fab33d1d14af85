"""Real walks through a gate of four antennas, and real tags parked beside it."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from benchmarks.directions import FOLDER, Case, load, pass_through, scores_of
from readers.wire.recording import parse_reads
from tags.reads import Read
from zones.movements import Crossing

RECORDINGS = Path(os.environ.get("TAGWARDEN_RECORDINGS", FOLDER))

pytestmark = pytest.mark.skipif(
    not (RECORDINGS / "truth.json").is_file(),
    reason=f"no recordings in {RECORDINGS}; TAGWARDEN_RECORDINGS may name their folder",
)

Cases = tuple[list[Case], list[Case]]


@pytest.fixture(scope="module")
def cases() -> Cases:
    return load(RECORDINGS)


def test_the_direction_of_walks_is_right_when_it_is_forced(cases: Cases) -> None:
    forced = scores_of(*cases).forced
    assert forced.right >= 0.95 * forced.total


def test_the_door_rule_decides_and_is_right(cases: Cases) -> None:
    for door in (scores_of(*cases).door_square, scores_of(*cases).door_all):
        assert door.right >= 0.8 * door.total
        assert door.wrong <= 1


def test_a_parked_tag_does_not_cross(cases: Cases) -> None:
    _, parked = cases
    assert scores_of(*cases).parked.wrong <= 1
    assert {each.direction for case in parked for each in case.told} <= {"lingering", "unknown"}


def test_each_recording_is_told_once(cases: Cases) -> None:
    walks, parked = cases
    assert {len(case.told) for case in (*walks, *parked)} == {1}


def test_who_walks_to_the_middle_and_back_has_not_crossed(cases: Cases) -> None:
    walks, _ = cases
    names = {case.name for case in walks if case.square}
    told = {name: pass_through(_turned(_reads(name)), (1, 4), (2, 3)) for name in names}
    wrong = [name for name, each in told.items() if {"outbound", "inbound"} & _directions(each)]
    assert len(wrong) <= 1


def _reads(name: str) -> list[Read]:
    with (RECORDINGS / name).open(encoding="utf-8") as lines:
        return list(parse_reads(lines, name))


def _turned(reads: list[Read]) -> list[Read]:
    """The first half of a walk, and the same backwards."""
    ordered = sorted(reads, key=lambda read: read.time_ns)
    middle_ns = (ordered[0].time_ns + ordered[-1].time_ns) // 2
    there = [
        replace(each, arrival_ns=each.time_ns) for each in ordered if each.time_ns <= middle_ns
    ]
    mirrored_ns = [2 * middle_ns - each.time_ns for each in reversed(there)]
    back = [
        replace(each, time_ns=time_ns, arrival_ns=time_ns)
        for each, time_ns in zip(reversed(there), mirrored_ns, strict=True)
    ]
    return [*there, *back]


def _directions(told: tuple[Crossing, ...]) -> set[str]:
    return {each.direction for each in told}
