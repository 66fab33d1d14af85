"""Reads older than what a tag's newest decision knew: they move nothing, but exits are told."""

from collections.abc import Sequence

import pytest

from tests.zones.made import DOCK, GATE, GATE_RSSI_DBM_MIN, HALL, OFFICE, Move, Stage, every, read
from zones.tracks import EXITS_MAX


def in_hall(start_s: float = 3490, end_s: float = 3500) -> Stage:
    stage = Stage()
    stage.hear([read("a", HALL, seconds) for seconds in every(0.5, start_s, end_s)])
    stage.wait_until(3590)
    return stage


def upload(
    stage: Stage,
    arrival_s: float,
    times_s: Sequence[float],
    point: tuple[str, int] = GATE,
    rssi_dbm: float = -50.0,
) -> None:
    """Reads that a reader had kept all come at once."""
    stage.hear([read("a", point, each, rssi_dbm, arrival_s=arrival_s) for each in times_s])
    stage.wait_until(arrival_s + 5)


def test_a_late_exit_is_told_once_and_the_tag_stays_where_it_is() -> None:
    stage = in_hall()
    live = list(stage.moves)
    upload(stage, 3600, [10, 13])
    assert stage.moves == live
    assert stage.late_moves == [Move("moved", None, "gate", 10.0, 10.0)]
    assert stage.locate.state.tracks["a"].zone == "hall"


def test_the_same_upload_again_adds_nothing() -> None:
    stage = in_hall()
    upload(stage, 3600, [10, 13])
    upload(stage, 3700, [10, 13])
    assert len(stage.late_moves) == 1


def test_late_reads_of_an_exit_that_is_known_add_nothing() -> None:
    stage = in_hall()
    stage.hear([read("a", GATE, 3600)])
    stage.hear([read("a", HALL, seconds) for seconds in every(0.25, 3610, 3620)])
    stage.wait_until(3630)
    upload(stage, 3640, [3600.2, 3601])
    assert stage.late_moves == []


def test_a_tag_that_stands_at_the_exit_has_a_known_exit_all_the_while() -> None:
    stage = in_hall()
    stage.hear([read("a", GATE, seconds) for seconds in every(1, 3600, 3900)])
    stage.wait_until(3910)
    upload(stage, 3920, [3850.5])
    assert stage.late_moves == []


def test_late_reads_of_a_zone_that_is_no_exit_tell_nothing() -> None:
    stage = in_hall()
    live = list(stage.moves)
    upload(stage, 3600, [10, 13], OFFICE)
    assert stage.movements == [movement for movement in stage.movements if not movement.late]
    assert stage.moves == live


def test_a_late_exit_that_another_antenna_disputes_is_not_told() -> None:
    stage = in_hall()
    stage.hear([read("a", HALL, 10.1, -52, arrival_s=3600)])
    upload(stage, 3600, [10.0])
    assert stage.late_moves == []


def test_a_late_exit_of_the_louder_antenna_is_told() -> None:
    stage = in_hall()
    stage.hear([read("a", HALL, 10.1, -60, arrival_s=3600)])
    upload(stage, 3600, [10.0])
    assert [move.to_zone for move in stage.late_moves] == ["gate"]


@pytest.mark.parametrize(("rssi_dbm", "told"), [(-47.0, False), (-46.99, True)])
def test_a_late_exit_is_disputed_by_what_was_heard_around_it(
    rssi_dbm: float,
    told: bool,  # noqa: FBT001 -- what is expected
) -> None:
    """The bins of the hall are closed and gone, but the estimator remembers their level."""
    stage = in_hall(3490, 3599)
    upload(stage, 3600, [3597.25], rssi_dbm=rssi_dbm)
    assert bool(stage.late_moves) == told


def test_late_reads_are_counted() -> None:
    stage = in_hall()
    upload(stage, 3600, [10, 10.1, 13])
    assert stage.locate.dropped == {("r", "late"): 3}


def test_a_read_that_missed_its_own_bin_is_late() -> None:
    stage = in_hall()
    upload(stage, 3600, [3499.6] * 3, OFFICE)
    stage.hear([read("a", HALL, 3610)])
    stage.wait_until(3620)
    assert [move.to_zone for move in stage.moves] == ["hall"]
    assert stage.locate.dropped == {("s", "late"): 3}


def test_a_late_read_never_flips_the_live_state() -> None:
    stage = Stage()
    stage.hear([read("a", GATE, 3590)])
    upload(stage, 3600, every(0.25, 3000, 3100), HALL)
    upload(stage, 3610, every(0.25, 3200, 3210), DOCK)
    stage.hear([read("a", GATE, 3620)])
    stage.wait_until(3700)
    assert [move.to_zone for move in stage.moves] == ["gate"]


def test_buffered_reads_of_a_tag_that_was_not_heard_since_are_not_late() -> None:
    stage = Stage()
    stage.hear([read("a", HALL, 0.1)])
    stage.wait_until(600)
    upload(stage, 600, every(0.25, 100, 110), OFFICE)
    assert stage.moves[1:] == [Move("moved", "hall", "office", 100.25, 100.75)]
    assert stage.late_moves == []


def test_reads_that_come_late_together_are_decided_in_the_order_of_events() -> None:
    stage = Stage()
    stage.wait_until(600)
    upload(stage, 600, [110, 100.5, 100.2], HALL)
    assert stage.moves == [Move("arrived", None, "hall", 100.2, 100.2)]


def test_a_late_exit_before_one_that_is_known_is_told_once() -> None:
    stage = in_hall(0, 1)
    stage.hear([read("a", GATE, 3595)])
    upload(stage, 3600, [10, 13])
    assert [move.time_s for move in stage.late_moves] == [10.0]


def test_an_upload_longer_than_the_gap_adds_nothing_when_it_comes_again() -> None:
    stage = in_hall()
    upload(stage, 3600, [10, 50, 90])
    upload(stage, 3700, [10, 50, 90])
    ids = [movement.id for movement in stage.movements]
    assert len(ids) == len(set(ids))


def test_several_late_exits_are_several() -> None:
    stage = in_hall()
    upload(stage, 3600, [10, 200, 13])
    upload(stage, 3610, [100, 199])
    assert [move.time_s for move in stage.late_moves] == [10.0, 200.0, 100.0]


def test_late_exits_before_all_that_are_remembered_are_not_told_again() -> None:
    stage = in_hall()
    hours = [100.0 * hour for hour in range(1, EXITS_MAX + 3)]
    upload(stage, 3600, hours)
    assert [move.time_s for move in stage.late_moves] == hours
    upload(stage, 3700, hours)
    assert len(stage.late_moves) == len(hours)


def test_a_long_late_stay_at_an_exit_is_one_exit() -> None:
    stage = in_hall()
    upload(stage, 3600, every(1, 10, 190))
    assert [move.time_s for move in stage.late_moves] == [10.0]


def test_late_reads_are_counted_for_the_reader_that_read_them() -> None:
    stage = in_hall()
    stage.hear([read("a", OFFICE, 10.1, -60, arrival_s=3600)])
    upload(stage, 3600, [10.0])
    assert stage.locate.dropped == {("r", "late"): 1, ("s", "late"): 1}


def test_a_late_read_below_the_least_of_its_antenna_is_no_exit() -> None:
    stage = in_hall()
    upload(stage, 3600, [10.0, 10.1], rssi_dbm=GATE_RSSI_DBM_MIN - 0.01)
    assert stage.late_moves == []
