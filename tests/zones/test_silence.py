"""A movement says since when nobody had heard the tag, where that was for long."""

from tests.zones.desk import Desk
from tests.zones.made import GATE, HALL, YARD, at, read
from zones.movements import Movement


def moved(desk: Desk, to_zone: str) -> Movement:
    return [each for each in desk.movements if each.to_zone == to_zone][-1]


def test_who_moves_while_it_is_heard_was_not_silent() -> None:
    desk = Desk()
    desk.stay("a1", HALL, 1, 100)
    desk.stay("a1", YARD, 100, 110)
    assert moved(desk, "yard").silent_since_ns is None
    assert desk.movements[0].silent_since_ns is None


def test_who_is_heard_elsewhere_after_a_long_silence_was_silent_since_the_last_read() -> None:
    desk = Desk()
    desk.stay("a1", HALL, 1, 10)
    desk.stay("a1", YARD, 300, 320)
    desk.wait_until(330)
    assert moved(desk, "yard").silent_since_ns == at(9.85)


def test_who_was_heard_where_it_was_after_the_silence_is_not_silent_since_then() -> None:
    desk = Desk()
    desk.stay("a1", HALL, 1, 10)
    desk.stay("a1", HALL, 300, 305)
    desk.stay("a1", YARD, 305, 320)
    desk.wait_until(330)
    assert moved(desk, "yard").silent_since_ns is None


def test_the_first_read_at_an_exit_ends_a_silence_at_once() -> None:
    desk = Desk()
    desk.stay("a1", HALL, 1, 10)
    desk.stay("a1", GATE, 300, 301)
    assert moved(desk, "gate").silent_since_ns == at(9.85)


def test_a_read_that_is_held_beside_the_exit_ended_the_silence_before() -> None:
    desk = Desk()
    desk.stay("a1", HALL, 1, 10)
    desk.hear([read("a1", HALL, 299)])
    desk.stay("a1", GATE, 300, 301)
    assert moved(desk, "gate").silent_since_ns is None
