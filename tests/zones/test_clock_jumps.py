"""A clock that jumps is no movement."""

import pytest

from tests.zones.made import HALL, OFFICE, Move, Stage, every, plan, read

HOUR_S = 3600.0
YEARS_50_S = 50 * 365 * 86_400.0
ARRIVED = Move("arrived", None, "hall", 0.0, 0.0)


def in_hall(stage: Stage, start_s: float, end_s: float, ahead_s: float = 0.0) -> None:
    """The hall reads a tag twice a second; its reader's clock goes wrong by `ahead_s`."""
    times_s = every(0.5, start_s, end_s)
    stage.hear([read("a", HALL, seconds + ahead_s, arrival_s=seconds) for seconds in times_s])


@pytest.mark.parametrize("ahead_s", [HOUR_S, 3.0, -YEARS_50_S])
def test_a_reader_whose_time_is_no_time_is_heard_on_arrival(ahead_s: float) -> None:
    stage = Stage(plan(10))
    in_hall(stage, 0, 60, ahead_s)
    stage.wait_until(65)
    assert [move.kind for move in stage.moves] == ["arrived"]
    assert stage.locate.implausible_times == 120


@pytest.mark.parametrize("ahead_s", [HOUR_S, -YEARS_50_S])
def test_a_reader_whose_clock_jumps_moves_nothing(ahead_s: float) -> None:
    stage = Stage(plan(10))
    in_hall(stage, 0, 30)
    in_hall(stage, 30, 60, ahead_s)
    in_hall(stage, 60, 90)
    stage.wait_until(95)
    assert [move.kind for move in stage.moves] == ["arrived"]


@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S])
def test_a_measured_offset_puts_a_reader_right(ahead_s: float) -> None:
    stage = Stage(plan(10))
    stage.locate.note_offset("r", -round(ahead_s * 1e9))
    in_hall(stage, 0, 30, ahead_s)
    stage.hear([read("a", OFFICE, seconds, -40) for seconds in every(0.5, 30, 33)])
    stage.wait_until(38)
    assert stage.moves == [ARRIVED, Move("moved", "hall", "office", 30.5, 31.0)]
    assert stage.locate.implausible_times == 0


def test_an_offset_that_is_measured_later_moves_nothing() -> None:
    stage = Stage(plan(10))
    in_hall(stage, 0, 30, HOUR_S)
    stage.locate.note_offset("r", -round(HOUR_S * 1e9))
    in_hall(stage, 30, 60, HOUR_S)
    stage.wait_until(65)
    assert [move.kind for move in stage.moves] == ["arrived"]


def test_a_gateway_whose_clock_goes_back_moves_nothing() -> None:
    stage = Stage(plan(10))
    in_hall(stage, 0, 30)
    in_hall(stage, 30 - HOUR_S, 60 - HOUR_S)
    in_hall(stage, 30, 60)
    stage.wait_until(65)
    assert [move.kind for move in stage.moves] == ["arrived"]


def test_a_reader_an_hour_behind_moves_nothing_where_nothing_departs() -> None:
    stage = Stage()
    in_hall(stage, 0, 30)
    in_hall(stage, 30, 60, -HOUR_S)
    in_hall(stage, 60, 90)
    stage.wait_until(95)
    assert stage.moves == [ARRIVED]


def test_what_is_read_all_the_while_does_not_depart_when_its_reader_falls_behind() -> None:
    stage = Stage(plan(10))
    in_hall(stage, 0, 30)
    in_hall(stage, 30, 60, -HOUR_S)
    stage.wait_until(61)
    assert stage.moves == [ARRIVED]


def test_what_is_first_read_by_a_reader_that_is_behind_arrives_once() -> None:
    stage = Stage(plan(10))
    stage.wait_until(100)
    in_hall(stage, 100, 130, -HOUR_S)
    stage.wait_until(131)
    assert [move.kind for move in stage.moves] == ["arrived"]
