"""Silence is not an exit: what is not heard departs only while all that could hear it hears."""

from hypothesis import given
from hypothesis import strategies as st

from tests.zones.made import GATE, HALL, OFFICE, Move, Stage, every, plan, read, readers
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings

AFTER_S = 300.0
ARRIVED = Move("arrived", None, "hall", 0.0, 0.0)


def departed(heard_s: float, decided_s: float, zone: str = "hall") -> Move:
    return Move("departed", zone, None, heard_s, decided_s)


def stage_with_one(after_s: float = AFTER_S) -> Stage:
    stage = Stage(plan(after_s))
    stage.hear([read("a", HALL, 0)])
    return stage


def test_a_tag_is_missing_when_its_time_is_up_and_not_before() -> None:
    stage = stage_with_one()
    stage.wait_until(301.99)
    assert stage.moves == [ARRIVED]
    stage.wait_until(302.26)
    assert stage.moves == [ARRIVED, departed(0, 300)]


def test_a_tag_that_is_read_again_is_missing_later() -> None:
    stage = stage_with_one()
    stage.hear([read("a", HALL, 299.9), read("a", HALL, 450)])
    stage.wait_until(2000)
    assert stage.moves == [ARRIVED, departed(450, 750)]


def test_any_read_proves_presence_though_it_decides_nothing() -> None:
    stage = stage_with_one()
    stage.hear([read("a", GATE, 200, -90)])
    stage.wait_until(2000)
    assert stage.moves == [ARRIVED, departed(200, 500)]


def test_while_the_reader_is_down_time_stands_still() -> None:
    stage = stage_with_one()
    stage.note("r", "offline", 100)
    stage.note("r", "online", 400)
    stage.wait_until(701.9)
    assert stage.moves == [ARRIVED]
    stage.wait_until(710)
    assert stage.moves == [ARRIVED, departed(0, 700)]


def test_a_tag_that_is_read_after_the_reader_is_back_counts_from_there() -> None:
    stage = stage_with_one()
    stage.note("r", "offline", 100)
    stage.note("r", "online", 400)
    stage.hear([read("a", HALL, 450)])
    stage.wait_until(2000)
    assert stage.moves == [ARRIVED, departed(450, 750)]


def test_a_reader_that_falls_over_at_the_last_moment_leaves_everything_open() -> None:
    stage = stage_with_one()
    stage.note("r", "silent", 300)
    stage.wait_until(100_000)
    assert stage.moves == [ARRIVED]


def test_a_gateway_that_starts_has_heard_nothing_yet() -> None:
    stage = stage_with_one()
    stage.wait_until(100)
    stage.locate.note_start(0)
    stage.wait_until(1000)
    assert stage.moves == [ARRIVED]
    stage.note("r", "online", 1000)
    stage.wait_until(2000)
    assert stage.moves == [ARRIVED, departed(0, 1300)]


def test_a_reader_that_never_said_that_it_hears_hears_nothing() -> None:
    stage = Stage(plan(AFTER_S), healthy=())
    stage.hear([read("a", HALL, 0)])
    stage.wait_until(10_000)
    assert stage.moves == [ARRIVED]


def test_what_departed_returns() -> None:
    stage = stage_with_one()
    stage.wait_until(400)
    stage.hear([read("a", OFFICE, 400)])
    stage.wait_until(410)
    assert stage.moves[2:] == [Move("returned", None, "office", 400.0, 400.0)]
    stage.wait_until(1000)
    assert stage.moves[3:] == [departed(400, 700, "office")]


def test_zones_without_an_absence_time_keep_what_is_in_them() -> None:
    stage = Stage(plan(AFTER_S))
    stage.hear([read("a", GATE, 0)])
    stage.wait_until(100_000)
    assert [move.kind for move in stage.moves] == ["arrived"]


def test_a_thousand_tags_outlast_a_quarter_of_an_hour_without_readers() -> None:
    stage = Stage(plan(AFTER_S))
    tags = [f"{number:04x}" for number in range(1000)]
    stage.hear([read(tag, HALL, 1) for tag in tags])
    stage.wait_until(10)
    assert len(stage.moves) == 1000
    stage.note("r", "offline", 100)
    stage.note("r", "online", 1000)
    stage.hear([read(tag, HALL, 1001) for tag in tags])
    stage.wait_until(1290)
    assert len(stage.moves) == 1000


def test_all_that_is_due_at_once_departs_by_tag() -> None:
    stage = Stage(plan(AFTER_S))
    stage.hear([read(tag, HALL, 0) for tag in ("c", "a", "b")])
    stage.wait_until(400)
    assert [m.tag for m in stage.movements if m.kind == "departed"] == ["a", "b", "c"]


def test_what_was_read_comes_before_what_was_not_at_the_same_instant() -> None:
    stage = Stage(plan(10))
    stage.hear([read("a", HALL, 0), read("z", HALL, 10.1)])
    stage.wait_until(12.5)
    told_of = [(movement.tag, movement.kind) for movement in stage.movements]
    assert told_of == [("a", "arrived"), ("z", "arrived"), ("a", "departed")]


def test_a_tag_found_in_a_zone_that_is_heard_departs_from_there() -> None:
    """Though it was given up for as long as its former zone is not heard."""
    stage = stage_with_one(10)
    stage.note("r", "offline", 1)
    stage.wait_until(60)
    stage.hear([read("a", OFFICE, seconds) for seconds in every(0.5, 60, 62)])
    stage.wait_until(200)
    assert stage.moves[-1] == departed(61.5, 71.5, "office")
    stage.note("r", "online", 200)
    stage.wait_until(300)
    assert len(stage.moves) == 3


def test_a_tag_that_comes_to_a_stricter_zone_is_held_to_its_time() -> None:
    zones = [
        ZoneSettings(name="hall", absent_after_s=3600),
        ZoneSettings(name="office", absent_after_s=10),
        ZoneSettings(name="gate", role="exit"),
    ]
    stage = Stage(FloorPlan(zones, readers()))
    stage.hear([read("a", HALL, 0)])
    stage.hear([read("a", OFFICE, seconds) for seconds in every(0.5, 10, 14)])
    stage.wait_until(26.26)
    assert stage.moves[-1] == departed(13.5, 23.5, "office")
    stage.wait_until(10_000)
    assert len(stage.moves) == 3


def test_a_tag_that_goes_where_it_may_be_silent_stays() -> None:
    stage = stage_with_one()
    stage.hear([read("a", GATE, 20)])
    stage.wait_until(10_000)
    assert [move.kind for move in stage.moves] == ["arrived", "moved"]


def test_who_comes_to_an_exit_on_the_fast_path_is_present_there() -> None:
    zones = [ZoneSettings(name="hall"), ZoneSettings(name="gate", role="exit", absent_after_s=3)]
    stage = Stage(FloorPlan(zones, readers()))
    stage.hear([read("a", HALL, 0), read("a", GATE, 1000), read("b", GATE, 1000)])
    stage.wait_until(2000)
    moves = [(move.kind, move.to_zone, move.time_s, move.decided_s) for move in stage.moves]
    assert moves == [
        ("arrived", "hall", 0, 0),
        ("moved", "gate", 1000, 1000),
        ("arrived", "gate", 1000, 1000),
        ("departed", None, 1000, 1003),
        ("departed", None, 1000, 1003),
    ]


def test_a_new_floor_plan_with_an_absence_time_counts_from_the_last_read() -> None:
    stage = Stage(plan())
    stage.hear([read("a", HALL, 0)])
    stage.wait_until(100)
    stage.locate.adopt_plan(plan(AFTER_S))
    stage.wait_until(1000)
    assert stage.moves == [ARRIVED, departed(0, 300)]


# At random

_ups_and_downs = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from(("online", "offline", "read"))),
    max_size=25,
)


@given(_ups_and_downs)
def test_a_departure_comes_exactly_when_all_was_healthy_for_long_enough(
    happenings: list[tuple[int, str]],
) -> None:
    stage = Stage(plan(20.0))
    stage.hear([read("a", HALL, 0)])
    expected, now_s = [ARRIVED], 0
    heard_s, healthy_s, zone = 0, 0, "hall"
    online = True

    def depart_before(limit_s: float) -> None:
        nonlocal zone
        due_s = max(heard_s, healthy_s) + 20
        if zone and online and due_s < limit_s:
            expected.append(departed(heard_s, due_s))
            zone = ""

    for gap_s, what in happenings:
        now_s += gap_s * 3
        # Reads are decided in event order; health counts until the bin of the due time closes.
        depart_before(now_s if what == "read" else now_s - 2.24)
        if what == "read":
            stage.hear([read("a", HALL, now_s)])
            if not zone:
                expected.append(Move("returned", None, "hall", float(now_s), float(now_s)))
            heard_s, zone = now_s, "hall"
        elif (what == "online") != online:
            online = what == "online"
            stage.note("r", "online" if online else "offline", now_s)
            healthy_s = now_s if online else healthy_s
    depart_before(now_s + 1000)
    stage.wait_until(now_s + 1000)
    assert stage.moves == expected


# Reads that come out of order


def test_when_a_read_after_the_time_is_up_arrives_changes_nothing() -> None:
    gone, back = Stage(plan(AFTER_S)), Stage(plan(AFTER_S))
    gone.hear([read("a", HALL, 0)])
    gone.wait_until(302.9)
    gone.hear([read("a", HALL, 301, arrival_s=302.9)])
    back.hear([read("a", HALL, 0), read("a", HALL, 301, arrival_s=301)])
    for stage in (gone, back):
        stage.wait_until(310)
    assert gone.moves == back.moves


def test_a_buffered_read_departs_once() -> None:
    stage = Stage(plan(3))
    stage.wait_until(90)
    stage.hear([read("a", HALL, 7, arrival_s=90)])
    stage.hear([read("a", HALL, 7.5, arrival_s=90.4)])
    stage.wait_until(200)
    ids = [movement.id for movement in stage.movements]
    assert len(ids) == len(set(ids))


def test_a_weak_read_and_an_older_one_depart_once() -> None:
    stage = stage_with_one(10)
    stage.hear([read("a", GATE, 8, -90)])
    stage.wait_until(40)
    stage.hear([read("a", HALL, 5, arrival_s=40)])
    stage.wait_until(80)
    ids = [movement.id for movement in stage.movements]
    assert len(ids) == len(set(ids))
