"""Zones of role exit: one read suffices where no other antenna disputes it."""

import pytest

from tags.reads import Read
from tests.zones.made import (
    DOCK,
    GATE,
    GATE_RSSI_DBM_MIN,
    HALL,
    NOWHERE,
    OFFICE,
    Move,
    Stage,
    antenna,
    at,
    every,
    plan,
    read,
    reader,
    told,
    zones,
)
from zones.estimator_settings import BayesSettings, EstimatorSettings, WindowSettings
from zones.floorplan import FloorPlan
from zones.portal_settings import PortalSettings

IN_HALL = Move("arrived", None, "hall", 0.0, 0.0)


def in_hall(until_s: float = 10.0, rssi_dbm: float = -50.0) -> Stage:
    """A tag that was read in the hall up to (and without) `until_s`."""
    stage = Stage()
    stage.hear([read("a", HALL, seconds, rssi_dbm) for seconds in every(0.25, 0, until_s)])
    return stage


def test_the_only_antenna_decides_when_its_read_arrives() -> None:
    stage = in_hall()
    stage.hear([read("a", GATE, 12, arrival_s=12.3)])
    assert stage.moves == [IN_HALL, Move("moved", "hall", "gate", 12.0, 12.0)]
    assert stage.steps[-1].at_ns == at(12.3)
    assert [(h.reader, h.antenna) for h in stage.movements[-1].heard] == [GATE]


def test_what_is_first_read_at_an_exit_is_there_at_once() -> None:
    stage = Stage()
    stage.hear([read("a", GATE, 1)])
    assert stage.moves == [Move("arrived", None, "gate", 1.0, 1.0)]


def test_more_reads_at_the_exit_tell_nothing_new() -> None:
    stage = Stage()
    stage.hear([read("a", GATE, seconds) for seconds in every(0.1, 1, 10)])
    stage.wait_until(60)
    assert stage.moves == [Move("arrived", None, "gate", 1.0, 1.0)]


@pytest.mark.parametrize(("rival_dbm", "at_once"), [(-53.0, True), (-52.99, False), (-50, False)])
def test_the_strongest_antenna_decides_if_it_is_so_by_3_db(
    rival_dbm: float,
    at_once: bool,  # noqa: FBT001 -- what is expected
) -> None:
    stage = in_hall(until_s=8)
    stage.hear([read("a", HALL, 10.1, rival_dbm), read("a", GATE, 10.2, -50)])
    assert (len(stage.moves) == 2) == at_once


@pytest.mark.parametrize(("rival_s", "at_once"), [(10.0, False), (9.5, False), (9.49, True)])
def test_a_rival_counts_for_500_ms(rival_s: float, at_once: bool) -> None:  # noqa: FBT001 -- as above
    stage = in_hall(until_s=8)
    stage.hear([read("a", HALL, rival_s), read("a", GATE, 10.0)])
    assert (len(stage.moves) == 2) == at_once


def test_rivals_of_other_tags_and_of_no_zone_do_not_count() -> None:
    stage = in_hall(until_s=8)
    stage.hear([read("b", HALL, 10.0, -30), read("a", NOWHERE, 10.0, -30), read("a", GATE, 10.1)])
    assert stage.moves[-1].to_zone == "gate"


def test_a_tag_that_is_parked_between_hall_and_gate_stays_in_the_hall() -> None:
    stage = in_hall()
    for seconds in every(0.25, 10, 130):
        stage.hear([read("a", HALL, seconds, -55), read("a", GATE, seconds + 0.01, -54)])
    stage.wait_until(200)
    assert stage.moves == [IN_HALL]


def test_what_the_fast_path_leaves_open_the_estimator_decides() -> None:
    stage = in_hall(until_s=8)
    stage.hear([read("a", HALL, 20.0, -60), read("a", GATE, 20.01, -58)])
    assert stage.moves == [IN_HALL]
    stage.hear([read("a", HALL, 20.3, -60), read("a", GATE, 20.31, -48)])
    stage.hear([read("a", HALL, 20.32, -50)])
    stage.wait_until(21)
    assert stage.moves[1:] == [Move("moved", "hall", "gate", 20.31, 20.31)]


def test_an_exit_needs_no_dwell_of_the_estimator() -> None:
    stage = in_hall(until_s=8)
    stage.hear([read("a", HALL, 20.0, -50)])
    stage.hear([read("a", GATE, 20.1 + n / 100, -48) for n in range(5)])
    stage.hear([read("a", HALL, 20.2, -75), read("a", HALL, 20.21, -75)])
    stage.wait_until(22.25)
    assert stage.moves[1:] == [Move("moved", "hall", "gate", 20.1, 20.21)]


@pytest.mark.parametrize("rssi_dbm", [GATE_RSSI_DBM_MIN - 0.01, None])
def test_an_antenna_hears_nothing_below_its_least(rssi_dbm: float | None) -> None:
    stage = in_hall()
    stage.hear([read("a", GATE, seconds, rssi_dbm) for seconds in every(0.25, 12, 20)])
    stage.wait_until(60)
    assert stage.moves == [IN_HALL]
    assert stage.locate.dropped == {("r", "rssi_below_min"): 32}


def test_an_antenna_hears_at_its_least() -> None:
    stage = in_hall()
    stage.hear([read("a", GATE, 12, GATE_RSSI_DBM_MIN)])
    assert stage.moves[-1] == Move("moved", "hall", "gate", 12.0, 12.0)


def test_what_the_hall_heard_before_does_not_call_the_tag_back() -> None:
    stage = in_hall(until_s=11.4)
    stage.hear([read("a", GATE, 12.2)])
    stage.wait_until(60)
    assert stage.moves == [IN_HALL, Move("moved", "hall", "gate", 12.2, 12.2)]


def test_reads_of_the_hall_that_come_after_the_decision_do_not_undo_it() -> None:
    stage = in_hall(until_s=10)
    stage.hear([read("a", GATE, 12.2)])
    stage.hear([read("a", HALL, seconds, arrival_s=12.3) for seconds in (11.9, 12.0, 12.21)])
    stage.wait_until(60)
    assert [move.to_zone for move in stage.moves] == ["hall", "gate"]


def test_a_tag_comes_back_once_the_hall_hears_it_for_the_dwell() -> None:
    stage = in_hall()
    stage.hear([read("a", GATE, 12.2)])
    stage.hear([read("a", HALL, seconds) for seconds in every(0.25, 20, 22)])
    stage.wait_until(30)
    assert stage.moves[2:] == [Move("moved", "gate", "hall", 20.25, 20.75)]


def test_who_leaves_again_is_told_again() -> None:
    stage = in_hall()
    stage.hear([read("a", GATE, 12.2)])
    stage.hear([read("a", HALL, seconds) for seconds in every(0.25, 20, 22)])
    stage.hear([read("a", GATE, 25)])
    assert [move.to_zone for move in stage.moves] == ["hall", "gate", "hall", "gate"]


def test_from_exit_to_exit_is_at_once_too() -> None:
    stage = in_hall()
    stage.hear([read("a", GATE, 12.2), read("a", DOCK, 13)])
    assert [move.to_zone for move in stage.moves] == ["hall", "gate", "dock"]


def test_of_two_exits_the_louder_one_by_3_db_decides() -> None:
    stage = in_hall()
    stage.hear([read("a", GATE, 12.2, -60), read("a", DOCK, 12.3, -58)])
    assert [move.to_zone for move in stage.moves] == ["hall", "gate"]
    stage.hear([read("a", DOCK, 12.4, -57)])
    assert [move.to_zone for move in stage.moves] == ["hall", "gate", "dock"]


def test_a_read_that_missed_its_hold_is_decided_with_its_bin() -> None:
    stage = in_hall()
    stage.wait_until(100)
    stage.hear([read("a", GATE, 90, arrival_s=100), read("a", GATE, 90.01, arrival_s=100)])
    assert stage.moves == [IN_HALL]
    stage.wait_until(101)
    assert stage.moves == [IN_HALL, Move("moved", "hall", "gate", 90.0, 90.01)]


def test_the_bin_of_the_decision_may_still_grow() -> None:
    stage = in_hall()
    stage.hear([read("a", GATE, 12.2), read("a", GATE, 12.1), read("a", OFFICE, 12.24, -80)])
    stage.hear([read("a", OFFICE, 12.3, -80)])
    stage.wait_until(60)
    assert [move.to_zone for move in stage.moves] == ["hall", "gate"]


def unambiguous() -> list[Read]:
    """In the hall, out by the gate, back, and out by the dock; 800 ms between the places."""
    spans = ((HALL, 0, 5), (GATE, 6, 7), (HALL, 12, 16), (DOCK, 17, 18))
    return [read("a", point, s) for point, first, last in spans for s in every(0.25, first, last)]


@pytest.mark.parametrize("delay_s", [0.0, 0.5, 1.0, 1.999])
def test_unambiguous_exits_are_the_same_in_any_order_of_arrival(delay_s: float) -> None:
    late_first = sorted(
        (
            read(
                "a",
                (each.reader, each.antenna),
                (each.time_ns - at(0)) / 1e9,
                arrival_s=(each.time_ns - at(0)) / 1e9 + delay_s * (number % 2),
            )
            for number, each in enumerate(unambiguous())
        ),
        key=lambda each: each.arrival_ns,
    )
    stage = Stage()
    stage.hear(late_first)
    stage.wait_until(60)
    expected = ["hall", "gate", "hall", "dock"]
    assert [told(movement).to_zone for movement in stage.movements] == expected


def test_no_two_movements_share_an_id_though_reads_share_their_time() -> None:
    stage = Stage()
    levels = ((GATE, -60), (DOCK, -55), (GATE, -50), (DOCK, -45))
    stage.hear([read("a", point, 1, rssi_dbm) for point, rssi_dbm in levels])
    ids = [movement.id for movement in stage.movements]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("estimator", [BayesSettings(), WindowSettings()])
def test_a_faint_read_at_an_exit_keeps_what_is_there_and_proves_nothing_else(
    estimator: EstimatorSettings,
) -> None:
    stage = Stage(plan(estimator=estimator))
    stage.hear([read("a", GATE, 1.0), read("a", GATE, 1.3)])
    stage.hear([read("a", GATE, 20.0, GATE_RSSI_DBM_MIN - 10)])
    stage.wait_until(40)
    assert [move.to_zone for move in stage.moves] == ["gate"]
    assert stage.locate.dropped == {("r", "rssi_below_min"): 1}


def test_a_faint_read_at_a_gate_of_no_zone_is_counted() -> None:
    outer = reader("r", {1: antenna("hall"), 2: antenna(rssi_dbm_min=GATE_RSSI_DBM_MIN)})
    door = PortalSettings(name="door", inside=("r/1",), outside=("r/2",))
    stage = Stage(FloorPlan(zones(), [outer], portals=[door]), healthy=("r",))
    stage.hear([read("a", GATE, 1.0, GATE_RSSI_DBM_MIN - 10)])
    assert stage.locate.dropped == {("r", "rssi_below_min"): 1}
