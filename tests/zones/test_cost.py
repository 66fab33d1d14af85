"""What a read costs, and what is dropped where a limit is reached."""

import gc
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

import msgspec
import pytest

from tags.reads import Read
from tests.zones.made import GATE, HALL, OFFICE, Stage, every, plan, read, reader
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings
from zones.tracks import LocateState

TAG_BYTES_MAX = 600


def calls_for(stage: Stage, reads: Sequence[Read], until_s: float) -> int:
    """How many functions, ours and built-in ones, are called for these reads."""
    calls = 0

    def note(_frame: FrameType, event: str, _argument: Any) -> None:  # noqa: ANN401 -- as sys says
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    gc.disable()  # others may have asked to be called by it
    sys.setprofile(note)
    try:
        stage.hear(reads)
        stage.wait_until(until_s)
    finally:
        sys.setprofile(before)
        gc.enable()
    return calls


def rounds() -> list[Read]:
    """Ten tags on their way from the hall by the gate to the office."""
    tags = [f"active{number}" for number in range(10)]
    ways = [(HALL, 100.0, 105.0), (GATE, 106.0, 108.0), (OFFICE, 112.0, 116.0)]
    return [
        read(tag, point, seconds)
        for point, first_s, last_s in ways
        for seconds in every(0.25, first_s, last_s)
        for tag in tags
    ]


def crowd(tags: int, *, absent_after_s: float | None = None) -> Stage:
    stage = Stage(plan(absent_after_s))
    stage.hear([read(f"{number:06x}", HALL, number / tags) for number in range(tags)])
    stage.wait_until(50)
    return stage


@pytest.mark.parametrize("absent_after_s", [None, 1000.0])
def test_a_read_costs_as_many_calls_whether_ten_tags_are_known_or_ten_thousand(
    absent_after_s: float | None,
) -> None:
    few, many = (crowd(tags, absent_after_s=absent_after_s) for tags in (10, 10_000))
    assert calls_for(few, rounds(), 130) == calls_for(many, rounds(), 130)
    assert len(few.moves) == 10 + 30


def test_a_tag_that_rests_costs_little_memory() -> None:
    stage = crowd(1000)
    stage.hear([read(f"{n:06x}", OFFICE, 60 + s) for s in range(20) for n in range(1000)])
    stage.wait_until(100)
    assert len(msgspec.msgpack.encode(stage.locate.state)) < 1000 * TAG_BYTES_MAX


def test_nothing_is_left_open_once_all_is_decided() -> None:
    stage = crowd(10)
    stage.hear([read("00000a", OFFICE, 1, arrival_s=60), read("00000a", OFFICE, 60)])
    stage.wait_until(100)
    state = msgspec.to_builtins(stage.locate.state)
    assert {name: value for name, value in state.items() if name in {"bins", "overdue"}} == {
        "bins": {},
        "overdue": {},
    }


def test_tags_beyond_the_limit_are_counted_and_those_that_are_known_go_on() -> None:
    stage = Stage(tags_max=2)
    stage.hear([read(tag, HALL, 0) for tag in ("a", "b", "c", "c")])
    stage.hear([read("a", GATE, 10)])
    stage.wait_until(20)
    assert [(m.tag, m.to_zone) for m in stage.movements] == [
        ("a", "hall"),
        ("b", "hall"),
        ("a", "gate"),
    ]
    assert stage.locate.dropped == {("r", "tags_max"): 2}


def test_a_tag_at_thousands_of_antennas_can_be_written_down() -> None:
    stage = Stage(FloorPlan([ZoneSettings(name="hall")], [reader("r", zone="hall")]))
    stage.hear([read("a", ("r", number), 0) for number in range(1, 3000)])
    blob = msgspec.msgpack.encode(stage.locate.state)
    assert msgspec.msgpack.decode(blob, type=LocateState) == stage.locate.state
