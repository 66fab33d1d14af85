"""Scenario 26 at an exit: one report, two antennas, the same millisecond, either order."""

from itertools import permutations

from tests.zones.desk import Desk
from tests.zones.made import GATE, HALL, OFFICE, read


def test_reads_that_arrive_at_the_same_instant_have_no_order_at_an_exit() -> None:
    told = set()
    for order in permutations([read("a1", HALL, 1.0, -50), read("a1", GATE, 1.0, -51)]):
        desk = Desk()
        desk.hear(order)
        desk.wait_until(20)
        told.add((tuple(desk.story), tuple(m.to_zone for m in desk.movements)))
    assert told == {((), ("hall",))}


def test_the_gate_does_not_win_by_being_reported_first() -> None:
    """It was at the office all the while; the gate's antenna is 20 dB weaker."""
    for order in permutations([read("a1", OFFICE, 5.0, -45), read("a1", GATE, 5.0, -65)]):
        desk = Desk()
        desk.stay("a1", OFFICE, 0, 4.25)
        desk.hear(order)
        desk.stay("a1", OFFICE, 5.25, 10)
        desk.wait_until(20)
        assert desk.story == []
