"""One outing is one event, told when it is known by which gate it was."""

import pytest

from tests.alerts.gatekeeper import TWIN, WIDER, Gatekeeper, check_out, cross, move
from tests.zones.made import at, seconds_of


def gated() -> Gatekeeper:
    """Somebody may leave by the door, and is in the street at 20 s by nobody knows which gate."""
    bench = Gatekeeper(check_out(gates=("door",)))
    assert bench.leave(move(20)) == "authorised"
    assert bench.events == []
    return bench


def test_an_exit_by_an_unknown_gate_is_told_when_the_gate_is_known() -> None:
    bench = gated()
    assert bench.leave(cross(21), "door") == "authorised"
    [event] = bench.events
    assert (event.portal, event.time_ns, event.at_ns) == ("door", at(20), at(21.5))
    bench.leave(move(30, "yard"))
    assert bench.kinds == ["exit"]


def test_it_is_told_by_what_a_gate_says_late() -> None:
    bench = gated()
    bench.wait_until(40)
    bench.leave(cross(19, late=True), "door")
    assert bench.kinds == ["exit"]
    out = bench.authority.out_of("laptop-1")
    assert out is not None
    assert out.gate == "door"


@pytest.mark.parametrize("late", [False, True])
def test_by_another_gate_it_was_none(late: bool) -> None:  # noqa: FBT001 -- a parameter
    bench = gated()
    assert bench.leave(cross(20.5, "ramp", late=late), "ramp") == "wrong_gate"
    assert "laptop-1" in bench.state.strays
    assert bench.come_back(move(30, "hall")) is None
    assert bench.events == []


def test_it_is_told_before_the_return() -> None:
    bench = gated()
    bench.come_back(move(30, "hall"))
    assert bench.kinds == ["exit", "return"]


def test_it_is_told_before_somebody_is_overdue() -> None:
    bench = gated()
    bench.wait_until(120)
    assert (bench.kinds, bench.overdue) == (["exit"], [("c1", "laptop-1")])


def test_it_is_told_of_the_check_out_that_extends_the_first() -> None:
    bench = Gatekeeper(check_out(gates=("door",)), check_out("c2", until_ns=at(300)))
    bench.leave(move(20))
    bench.wait_until(400)
    assert [event.reference for event in bench.events] == ["c2"]
    assert bench.overdue == [("c2", "laptop-1")]


@pytest.mark.parametrize("end", ["check_in", "revoke"])
def test_it_is_told_when_somebody_ends_the_check_out(end: str) -> None:
    bench = gated()
    bench.wait_until(40)
    getattr(bench, end)()
    [event] = bench.events
    assert (event.kind, seconds_of(event.at_ns)) == ("authorised_exit", 40)


def test_it_survives_being_written_down_that_it_was_not_told() -> None:
    bench = gated()
    bench.write_down_and_read_back()
    bench.come_back(move(30, "hall"))
    assert bench.kinds == ["exit", "return"]


# What is known late of an outing


def test_what_is_known_late_of_an_outing_that_is_over_is_no_event() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(cross(20), "door")
    bench.come_back(move(60, "hall"))
    bench.check_in()
    bench.leave(move(55, "gate", late=True), "gate")
    assert bench.kinds == ["exit", "return"]
    bench.leave(move(70, "gate", late=True), "gate")
    assert bench.kinds == ["exit", "return"]


def test_an_outing_of_which_nobody_says_that_it_was_in_before_began_then() -> None:
    bench = Gatekeeper(check_out(until_ns=at(1_000)), check_out("c2", asset="laptop-2"))
    bench.leave(move(500, silent_since_ns=at(30)))
    bench.come_back(move(510, "hall"))
    bench.leave(cross(40, late=True), "door")
    assert bench.kinds == ["exit", "return"]
    bench.leave(cross(25, late=True), "door")
    assert bench.kinds == ["exit", "return", "exit"]


def test_what_is_known_late_first_is_the_outing_that_goes_on() -> None:
    bench = Gatekeeper(check_out())
    bench.wait_until(30)
    bench.leave(cross(20, late=True), "door")
    bench.leave(move(31, "yard"))
    assert bench.authority.is_out("laptop-1")
    bench.come_back(move(40, "hall"))
    assert bench.kinds == ["exit", "return"]


def test_a_second_exit_is_another_outing_than_what_was_known_late() -> None:
    bench = Gatekeeper(check_out(until_ns=at(1_000)))
    bench.wait_until(30)
    bench.leave(cross(20, late=True), "door")
    bench.leave(move(200, "yard"))
    assert bench.kinds == ["exit", "exit"]


def test_the_way_back_in_is_judged_by_the_outing_and_not_by_the_window() -> None:
    bench = Gatekeeper(check_out(return_by_ns=at(500)))
    bench.leave(cross(20), "door")
    bench.come_back(move(300, "hall"))
    assert bench.leave(move(290, "gate", late=True)) == "authorised"
    assert bench.leave(move(310, "gate", late=True)) == "expired"


def test_where_it_was_seen_before_it_came_back_it_is_not_out_again() -> None:
    bench = Gatekeeper(check_out())
    bench.leave(cross(20), "door")
    bench.come_back(cross(60), rule=WIDER)
    bench.come_back(cross(60))
    bench.leave(move(58, "yard"))
    assert not bench.authority.is_out("laptop-1")
    assert bench.kinds == ["exit", "return"]


def test_an_older_outing_that_is_known_late_leaves_the_newer_one_as_it_is() -> None:
    bench = Gatekeeper(check_out(category="laptop", until_ns=at(1_000)))
    bench.leave(move(500), asset=TWIN)
    bench.leave(move(100, "gate", late=True), "gate", asset=TWIN)
    bench.leave(move(110, "gate", late=True), "gate", asset=TWIN)
    bench.leave(move(490, "gate", late=True), "gate", asset=TWIN)
    assert bench.kinds == ["exit", "exit"]
    bench.come_back(move(600, "hall"), asset=TWIN)
    [older, newer] = bench.state.outings["laptop-2"]
    assert (older.time_ns, newer.time_ns, newer.to_ns) == (at(100), at(500), at(600))


def test_of_many_outings_the_newest_are_remembered() -> None:
    bench = Gatekeeper(check_out(until_ns=at(5_000)))
    for seconds in range(20, 4_000, 500):
        bench.leave(move(seconds))
        bench.come_back(move(seconds + 100, "hall"))
    assert len(bench.state.outings["laptop-1"]) == 3
