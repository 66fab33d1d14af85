"""A tag that is read by antennas and seen by a tracker: the newer evidence counts."""

from collections.abc import Sequence

from tags.reads import Fix, Read
from tests.zones.made import HALL, Move, Stage, antenna, read, reader
from tests.zones.positioned import fix
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings

TAG = "a"
PLAN = FloorPlan(
    [
        ZoneSettings(name="hall", polygon=((0, 0), (9, 0), (9, 9), (0, 9)), absent_after_s=60),
        ZoneSettings(name="yard", polygon=((20, 0), (29, 0), (29, 9), (20, 9))),
    ],
    [reader("r", {1: antenna("hall")})],
)


def moves(heard: Sequence[Read | Fix], until_s: float = 300.0) -> list[Move]:
    """What Locate tells of reads and positions, each taken at its arrival."""
    stage = Stage(PLAN, healthy=("r",))
    for each in heard:
        if isinstance(each, Fix):
            stage.locate.fold_fix(each)
        else:
            stage.locate.fold([each])
    stage.wait_until(until_s)
    return stage.moves


def test_positions_of_the_past_do_not_move_what_was_read_since() -> None:
    reads = [read(TAG, HALL, seconds) for seconds in range(100, 110)]
    upload = [fix(seconds, 25, 5, tag=TAG, arrival_s=110) for seconds in range(10)]
    told = moves([*reads, *upload])
    assert [(move.kind, move.time_s) for move in told] == [("arrived", 100), ("departed", 109)]


def test_reads_of_the_past_do_not_move_what_was_seen_since() -> None:
    seen = [fix(seconds, 25, 5, tag=TAG) for seconds in range(100, 110)]
    upload = [read(TAG, HALL, seconds, arrival_s=112) for seconds in range(10)]
    assert moves([*seen, *upload]) == [Move("arrived", None, "yard", 100, 100)]


def test_antennas_and_positions_move_a_tag_by_turns() -> None:
    there = [fix(seconds, 25, 5, tag=TAG) for seconds in (110, 111, 112)]
    back = [read(TAG, HALL, 120 + n / 4) for n in range(20)]
    told = moves([*(read(TAG, HALL, 100 + n / 4) for n in range(8)), *there, *back], 130)
    assert [(move.from_zone, move.to_zone) for move in told] == [
        (None, "hall"),
        ("hall", "yard"),
        ("yard", "hall"),
    ]
    assert told[1].time_s == 110
