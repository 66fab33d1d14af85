"""Zones that are no exits: a tag moves once its reads have had their hold and agree."""

from hypothesis import given
from hypothesis import strategies as st

from tests.zones.made import (
    FAINT_DBM,
    HALL,
    NOWHERE,
    OFFICE,
    STRONG_DBM,
    YARD,
    Move,
    Stage,
    antenna,
    at,
    every,
    plan,
    read,
    reader,
)
from zones.estimator_settings import WindowSettings
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings

ARRIVED = Move("arrived", None, "hall", 0.1, 0.1)


def test_a_tag_is_where_it_is_first_read_once_its_bin_had_its_hold() -> None:
    stage = Stage()
    stage.hear([read("a", HALL, 0.1)])
    stage.wait_until(2.25 - 1e-9)
    assert stage.moves == []
    stage.wait_until(2.25)
    assert stage.moves == [ARRIVED]
    assert stage.steps[0].at_ns == at(2.25)


def test_what_is_read_again_where_it_was_moves_nothing() -> None:
    stage = Stage()
    stage.hear([read("a", HALL, seconds) for seconds in every(0.25, 0.1, 10)])
    stage.wait_until(20)
    assert stage.moves == [ARRIVED]


def test_a_tag_that_is_heard_elsewhere_louder_for_long_enough_moves() -> None:
    """It moves when the second read there, which is the first that counts, has lasted."""
    stage = Stage()
    stage.hear([read("a", HALL, 0.1)])
    stage.hear([read("a", OFFICE, seconds) for seconds in every(0.25, 10.1, 12)])
    stage.wait_until(20)
    assert stage.moves == [ARRIVED, Move("moved", "hall", "office", 10.35, 10.85)]


def test_a_movement_shows_its_evidence() -> None:
    stage = Stage()
    stage.hear([read("a", YARD, 0.2, -70), read("a", HALL, 0.1, -60), read("a", HALL, 0.15, -50)])
    stage.wait_until(3)
    (movement,) = stage.movements
    assert [(h.antenna, h.time_ns, h.count, h.rssi_dbm) for h in movement.heard] == [
        (1, at(0.15), 2, -50.0),
        (3, at(0.2), 1, -70.0),
    ]
    assert movement.scores == {"hall": -55.0, "yard": -70.0}


def moves_on(rival_dbm: float, settings: WindowSettings, reads: int = 20) -> bool:
    """Whether a tag in the hall (-60 dBm) moves to the office where it is heard so loud."""
    stage = Stage(plan(estimator=settings))
    stage.hear([read("a", HALL, seconds, -60) for seconds in every(0.25, 0, 10)])
    for seconds in every(0.25, 10, 10 + reads / 4):
        stage.hear([read("a", HALL, seconds, -60), read("a", OFFICE, seconds, rival_dbm)])
    stage.wait_until(30)
    return len(stage.moves) > 1


def test_a_new_zone_must_be_louder_by_the_hysteresis() -> None:
    settings = WindowSettings(hysteresis_db=3)
    assert not moves_on(-57.1, settings)
    assert moves_on(-57.0, settings)


def test_a_new_zone_must_be_louder_for_the_dwell() -> None:
    settings = WindowSettings(dwell_s=1.0, reads_min=1)
    assert not moves_on(-40, settings, reads=1)
    assert not moves_on(-40, settings, reads=4)
    assert moves_on(-40, settings, reads=5)


def test_a_new_zone_must_be_read_often_enough() -> None:
    settings = WindowSettings(dwell_s=0, reads_min=3)
    assert not moves_on(-40, settings, reads=2)
    assert moves_on(-40, settings, reads=3)


def test_a_stale_memory_does_not_move_a_tag() -> None:
    stage = Stage()
    stage.hear([read("a", OFFICE, seconds, -45) for seconds in every(0.1, 0, 2)])
    stage.hear([read("a", HALL, seconds, -60) for seconds in every(1, 10, 3610)])
    stage.wait_until(3700)
    before = list(stage.moves)
    assert [move.to_zone for move in before] == ["office", "hall"]
    stage.hear([read("a", OFFICE, 3700, -65)])
    stage.hear([read("a", HALL, seconds, -60) for seconds in every(1, 3701, 3710)])
    stage.wait_until(3800)
    assert stage.moves == before


def test_one_stray_read_in_silence_does_not_move_a_tag() -> None:
    stage = Stage()
    stage.hear([read("a", HALL, 0.1)])
    stage.hear([read("a", OFFICE, 100, STRONG_DBM)])
    stage.wait_until(200)
    assert stage.moves == [ARRIVED]


def test_a_contest_that_was_broken_off_starts_afresh() -> None:
    stage = Stage(plan(estimator=WindowSettings(window_s=0.5, dwell_s=1.0, reads_min=1)))
    stage.hear([read("a", HALL, seconds, -60) for seconds in every(0.25, 0, 5)])
    for start_s in (5.0, 7.0, 9.0):
        stage.hear(
            [read("a", OFFICE, seconds, -40) for seconds in every(0.25, start_s, start_s + 0.75)]
        )
        back = every(0.25, start_s + 0.75, start_s + 2)
        stage.hear([read("a", HALL, seconds, -60) for seconds in back])
    stage.wait_until(30)
    assert [move.to_zone for move in stage.moves] == ["hall"]


def test_the_loudest_antenna_speaks_for_its_zone() -> None:
    stage = Stage(
        FloorPlan(
            [ZoneSettings(name="hall"), ZoneSettings(name="office")],
            [reader("r", {1: antenna("hall"), 2: antenna("hall"), 3: antenna("office")})],
        ),
    )
    for seconds in every(0.25, 0, 5):
        stage.hear([read("a", ("r", 1), seconds, -80), read("a", ("r", 2), seconds, -50)])
        stage.hear([read("a", ("r", 3), seconds, -55)])
    stage.wait_until(10)
    assert [move.to_zone for move in stage.moves] == ["hall"]


def test_a_read_weighs_as_often_as_the_reader_saw_the_tag() -> None:
    stage = Stage()
    stage.hear([read("a", HALL, 0.1, -60), read("a", HALL, 0.1, -50, count=3)])
    stage.wait_until(3)
    assert stage.movements[0].scores == {"hall": -52.5}
    assert stage.movements[0].heard[0].count == 4


def test_calibration_shifts_what_an_antenna_hears() -> None:
    stage = Stage(
        FloorPlan(
            [ZoneSettings(name="hall"), ZoneSettings(name="office")],
            [reader("r", {1: antenna("hall"), 2: antenna("office", bias_db=-20)})],
            WindowSettings(),
        ),
    )
    stage.hear([read("a", ("r", 2), 0.1, -50), read("a", ("r", 1), 0.1, -65)])
    stage.wait_until(3)
    assert stage.movements[0].scores == {"hall": -65.0, "office": -70.0}


def test_a_read_without_rssi_counts_less_than_most() -> None:
    stage = Stage()
    stage.hear([read("a", OFFICE, 0.1, None), read("a", HALL, 0.1, -80)])
    stage.wait_until(3)
    assert stage.moves == [ARRIVED]


def test_reads_without_rssi_still_say_where_a_tag_is() -> None:
    stage = Stage()
    stage.hear([read("a", HALL, 0.1, None)])
    stage.hear([read("a", OFFICE, seconds, None) for seconds in every(0.25, 10, 12)])
    stage.wait_until(20)
    assert [move.to_zone for move in stage.moves] == ["hall", "office"]


def test_as_loud_in_two_zones_is_decided_by_name() -> None:
    for points in ((OFFICE, HALL), (HALL, OFFICE)):
        stage = Stage()
        stage.hear([read("a", point, 0.1) for point in points])
        stage.wait_until(3)
        assert stage.moves == [ARRIVED]


def test_an_antenna_without_a_zone_is_counted_and_decides_nothing() -> None:
    stage = Stage()
    stage.hear([read("a", NOWHERE, 0), read("a", ("stranger", 1), 0), read("b", NOWHERE, 0)])
    stage.wait_until(5)
    assert stage.moves == []
    assert stage.locate.dropped == {
        ("r", "antenna_without_zone"): 2,
        ("stranger", "antenna_without_zone"): 1,
    }


def test_reads_below_the_least_of_their_antenna_are_counted_and_place_nothing() -> None:
    floor_plan = FloorPlan(
        [ZoneSettings(name="hall")],
        [reader("r", {1: antenna("hall", rssi_dbm_min=-70)})],
    )
    stage = Stage(floor_plan)
    stage.hear([read("a", HALL, 0, -70.01), read("a", HALL, 0, None)])
    stage.wait_until(5)
    assert stage.moves == []
    assert stage.locate.dropped == {("r", "rssi_below_min"): 2}
    stage.hear([read("a", HALL, 5, -70.0)])
    stage.wait_until(10)
    assert [move.to_zone for move in stage.moves] == ["hall"]


def test_a_tag_goes_on_alone_whatever_others_do() -> None:
    stage = Stage()
    stage.hear([read("b", OFFICE, 0.1), read("a", HALL, 0.1), read("c", YARD, 0.1)])
    stage.wait_until(5)
    assert [(m.tag, m.to_zone) for m in stage.movements] == [
        ("a", "hall"),
        ("b", "office"),
        ("c", "yard"),
    ]


def test_the_time_of_a_window_is_what_the_settings_say() -> None:
    """A loud past holds a tag back for one window, not longer."""
    stage = Stage(plan(estimator=WindowSettings(window_s=10, dwell_s=0, reads_min=1)))
    stage.hear([read("a", HALL, seconds, -40) for seconds in every(0.25, 0, 5)])
    stage.hear([read("a", OFFICE, seconds, -60) for seconds in every(0.25, 5, 30)])
    stage.wait_until(40)
    moved = stage.moves[1]
    assert moved.to_zone == "office"
    assert 5 + 5 <= moved.decided_s <= 5 + 10 + 0.25


@given(
    st.lists(
        st.tuples(st.sampled_from((HALL, OFFICE)), st.integers(0, 40), st.sampled_from((0, 1, 2))),
        min_size=1,
        max_size=30,
    ),
)
def test_a_read_that_is_delivered_twice_within_a_bin_moves_no_other_way(
    heard: list[tuple[tuple[str, int], int, int]],
) -> None:
    """Doubling every read doubles sums and counts alike, so what is loudest stays so."""
    reads = [read("a", point, step / 8, -50 - 10 * level) for point, step, level in sorted(heard)]
    once = WindowSettings(reads_min=1)
    single, double = Stage(plan(estimator=once)), Stage(plan(estimator=once))
    reads.sort(key=lambda each: each.arrival_ns)
    single.hear(reads)
    double.hear([each for each in reads for _ in range(2)])
    for stage in (single, double):
        stage.wait_until(60)
    assert single.moves == double.moves


def test_evidence_invents_no_rssi() -> None:
    stage = Stage()
    stage.hear([read("a", HALL, 0, None)])
    stage.wait_until(3)
    assert stage.movements[0].heard[0].rssi_dbm is None


def test_evidence_shows_the_rssi_that_was_read() -> None:
    stage = Stage()
    stage.hear([read("a", HALL, 0, -64.1)])
    stage.wait_until(3)
    assert stage.movements[0].heard[0].rssi_dbm == -64.1


def test_a_read_that_counts_nothing_breaks_nothing() -> None:
    stage = Stage()
    stage.hear([read("a", HALL, 0, FAINT_DBM, count=0)])
    stage.wait_until(3)
    assert stage.moves == []


def test_a_movement_begins_with_its_first_evidence() -> None:
    plan_of_two = FloorPlan(
        [ZoneSettings(name="hall"), ZoneSettings(name="office")],
        [reader("r", {1: antenna("hall"), 2: antenna("office", rssi_dbm_min=-70)})],
        WindowSettings(),
    )
    stage = Stage(plan_of_two, healthy=())
    stage.hear([read("a", ("r", 1), 0)])
    first = WindowSettings().window_s + 10.0
    weak, strong = read("a", ("r", 2), first, -80), read("a", ("r", 2), first + 0.2, count=2)
    stage.hear([weak, strong, *(read("a", ("r", 2), first + 0.2 + n / 4) for n in (1, 2))])
    stage.wait_until(60)
    assert stage.moves[1].time_s == first + 0.2
