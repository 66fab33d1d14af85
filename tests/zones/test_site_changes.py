"""Another floor plan: zones get new names, vanish, and hear with other antennas."""

from collections.abc import Sequence

from readers.settings import ReaderSettings
from tests.zones.made import (
    GATE,
    HALL,
    OFFICE,
    Move,
    Stage,
    antenna,
    every,
    plan,
    read,
    reader,
    zones,
)
from zones.estimator_settings import WindowSettings
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings

ARRIVED = Move("arrived", None, "hall", 0.0, 0.0)


def adopted(stage: Stage, names: Sequence[ZoneSettings], *antennas: str) -> None:
    """Use a plan with these zones; reader r hears the named ones with its antennas 1, 2, …"""
    listed = {number: antenna(zone) for number, zone in enumerate(antennas, start=1)}
    by: list[ReaderSettings] = [reader("r", listed), reader("s", {1: antenna("office")})]
    stage.locate.adopt_plan(FloorPlan(names, by, WindowSettings()))


def stage_in_hall() -> Stage:
    stage = Stage()
    stage.hear([read("a", HALL, 0)])
    stage.wait_until(10)
    return stage


def zone_of(stage: Stage, tag: str) -> str | None:
    return stage.locate.state.tracks[tag].zone


def test_a_renamed_zone_keeps_what_is_in_it() -> None:
    stage = stage_in_hall()
    adopted(stage, [ZoneSettings(name="store", was="hall"), ZoneSettings(name="office")], "store")
    stage.hear([read("a", HALL, 20)])
    stage.hear([read("a", OFFICE, seconds) for seconds in every(0.25, 30, 32)])
    stage.wait_until(40)
    assert stage.moves == [ARRIVED, Move("moved", "store", "office", 30.25, 30.75)]


def test_two_zones_may_swap_their_names() -> None:
    stage = stage_in_hall()
    stage.hear([read("b", OFFICE, 10)])
    stage.wait_until(20)
    swapped = [ZoneSettings(name="hall", was="office"), ZoneSettings(name="office", was="hall")]
    adopted(stage, swapped, "office")
    assert {tag: track.zone for tag, track in stage.locate.state.tracks.items()} == {
        "a": "office",
        "b": "hall",
    }


def test_a_rename_that_stays_in_the_site_file_is_followed_once() -> None:
    stage = stage_in_hall()
    swapped = [ZoneSettings(name="hall", was="office"), ZoneSettings(name="office", was="hall")]
    for _ in range(3):
        adopted(stage, swapped, "office")
        assert zone_of(stage, "a") == "office"


def test_a_rename_that_was_undone_can_be_made_again() -> None:
    stage = stage_in_hall()
    store = ZoneSettings(name="store", was="hall")
    for second in (20, 40):
        adopted(stage, [store], "store")
        assert zone_of(stage, "a") == "store"
        adopted(stage, [ZoneSettings(name="hall")], "hall")
        assert zone_of(stage, "a") is None
        stage.hear([read("a", HALL, second)])
        stage.wait_until(second + 10)


def test_a_reader_that_is_gone_from_the_site_file_is_forgotten() -> None:
    stage = Stage()
    for name in ("r", "s"):
        stage.locate.note_offset(name, 10**9)
    stage.locate.adopt_plan(FloorPlan(zones(), [reader("s", {1: antenna("hall")})]))
    state = stage.locate.state
    assert (state.offsets_ns, sorted(state.readers)) == ({"s": 10**9}, ["s"])


def test_what_was_in_a_vanished_zone_is_unknown_until_it_is_read() -> None:
    stage = stage_in_hall()
    adopted(stage, [ZoneSettings(name="store")], "store")
    stage.wait_until(1000)
    assert stage.moves == [ARRIVED]
    stage.hear([read("a", HALL, 1000)])
    stage.wait_until(1010)
    assert stage.moves[1:] == [Move("arrived", None, "store", 1000.0, 1000.0)]


def test_a_zone_that_became_an_exit_takes_the_fast_path() -> None:
    stage = stage_in_hall()
    adopted(stage, [*zones()[:2], ZoneSettings(name="gate", role="exit")], "hall", "gate")
    stage.hear([read("a", GATE, 20)])
    assert stage.moves[1:] == [Move("moved", "hall", "gate", 20.0, 20.0)]


def test_estimates_start_afresh_with_another_plan() -> None:
    """The hall was heard as loud just now, but by a plan that holds no more."""
    stage = stage_in_hall()
    stage.hear([read("a", HALL, seconds) for seconds in every(0.25, 10, 23)])
    stage.wait_until(25)
    adopted(stage, zones()[:2], "hall")
    stage.hear([read("a", OFFICE, seconds) for seconds in every(0.25, 25.25, 27)])
    stage.wait_until(30)
    assert stage.moves[1:] == [Move("moved", "hall", "office", 25.5, 26.0)]


def test_a_reader_that_the_new_plan_adds_to_a_zone_must_hear_too() -> None:
    stage = Stage(plan(10), healthy=("r",))
    stage.hear([read("a", HALL, 0)])
    stage.wait_until(5)
    both = [reader("r", {1: antenna("hall")}), reader("s", {7: antenna("hall")})]
    stage.locate.adopt_plan(FloorPlan(zones(10), both))
    stage.wait_until(100)
    assert stage.moves == [ARRIVED]
    stage.note("s", "online", 100)
    stage.wait_until(200)
    assert stage.moves[1:] == [Move("departed", "hall", None, 0.0, 110.0)]


def test_an_exit_that_vanishes_while_its_bin_is_open_is_forgotten() -> None:
    stage = stage_in_hall()
    stage.hear([read("a", GATE, 20)])
    adopted(stage, zones()[:2], "hall", "hall")
    stage.hear([read("a", HALL, 25)])
    stage.wait_until(40)
    assert stage.moves[1:] == [
        Move("moved", "hall", "gate", 20.0, 20.0),
        Move("arrived", None, "hall", 25.0, 25.0),
    ]


def test_antennas_that_lost_their_zone_while_nothing_is_known_decide_nothing() -> None:
    stage = Stage()
    stage.hear([read("a", HALL, 0)])
    adopted(stage, [ZoneSettings(name="store")])
    stage.wait_until(10)
    assert stage.moves == []


def test_a_zone_may_vanish_while_a_tag_is_being_read_there() -> None:
    stage = stage_in_hall()
    stage.hear([read("a", OFFICE, 20)])
    adopted(stage, zones()[:1], "hall")
    stage.wait_until(30)
    assert stage.moves == [ARRIVED]
