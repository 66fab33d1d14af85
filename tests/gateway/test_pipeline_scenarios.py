"""What happens around a site with antennas, second by second, as people would tell it."""

from itertools import permutations

import pytest

from alerts.alert import state_of
from gateway.entries import ClockOffset, Tick
from tags.reads import Read
from tests.zones.desk import Desk
from tests.zones.made import DOCK, GATE, HALL, OFFICE, YARD, at, every, health, read, seconds_of
from tests.zones.stories import opening, run
from zones.movements import Movement
from zones.tracks import HOLD_NS

HOUR_S = 3600.0


def told(desk: Desk) -> list[tuple[str, str | None, float]]:
    """What moved, and when the gateway knew it."""
    return [(m.kind, m.to_zone, seconds_of(m.decided_ns)) for m in desk.movements if not m.late]


def zone_of(desk: Desk, tag: str) -> str | None:
    return desk.pipeline.state.located[0].tracks[tag].zone


# An exit that is heard of an hour later


def test_an_exit_in_an_upload_is_told_late_and_moves_nothing() -> None:
    desk = Desk("absent")
    desk.stay("a1", HALL, 0, 5)
    desk.stay("a1", HALL, 3490, 3500)
    upload = [read("a1", GATE, seconds, arrival_s=3600) for seconds in (10, 13)]
    desk.hear(upload)
    desk.wait_until(3605)
    assert zone_of(desk, "a1") == "hall"
    (late,) = [movement for movement in desk.movements if movement.late]
    assert (late.to_zone, seconds_of(late.time_ns)) == ("gate", 10)
    assert (desk.alert.late, desk.alert.condition) == (True, "returned")
    assert (seconds_of(desk.alert.time_ns), desk.story) == (10, ["raised"])


@pytest.mark.parametrize("arrivals_s", [(3700, 3700), (3700, 3701), (3601, 3602)])
def test_the_same_upload_again_adds_nothing(arrivals_s: tuple[float, float]) -> None:
    desk = Desk()
    desk.stay("a1", HALL, 3490, 3500)
    for arrival_s in (3600, *arrivals_s):
        desk.hear([read("a1", GATE, seconds, arrival_s=arrival_s) for seconds in (10, 13)])
    desk.wait_until(3800)
    assert desk.story == ["raised"]
    assert len([movement for movement in desk.movements if movement.late]) == 1


# Clocks that are wrong


@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S])
@pytest.mark.parametrize("stated", [True, False])
def test_a_reader_whose_clock_is_an_hour_off_says_nothing_of_the_future(
    ahead_s: float,
    stated: bool,  # noqa: FBT001 -- whether its protocol said so
) -> None:
    desk = Desk()
    if stated:
        desk.take(ClockOffset(at(0), "r", -round(ahead_s * 1e9)))
    times_s = every(0.25, 0, 30)
    desk.hear([read("a1", HALL, seconds + ahead_s, arrival_s=seconds) for seconds in times_s])
    desk.wait_until(40)
    (arrived,) = desk.movements
    assert arrived.time_ns <= arrived.decided_ns <= at(30)
    if stated or ahead_s > 0:
        assert told(desk) == [("arrived", "hall", 0)]
    assert desk.story == []


# An exit


def test_an_exit_is_known_when_its_first_read_arrives() -> None:
    desk = Desk()
    desk.hear([read("a1", HALL, 0)])
    desk.hear([read("a1", GATE, 1.0, arrival_s=1.05)])
    assert desk.story == ["raised"]
    assert (seconds_of(desk.alert.time_ns), state_of(desk.alert)) == (1.0, "active_unacknowledged")
    assert desk.pipeline.state.now_ns == at(1.05) + 1


def test_who_turns_back_within_five_seconds_has_returned_but_stays_latched() -> None:
    desk = Desk("quick to return")
    desk.stay("a1", HALL, 0, 1)
    desk.stay("a1", GATE, 1, 2)
    desk.stay("a1", HALL, 3, 8)
    desk.wait_until(20)
    assert desk.story == ["raised", "returned"]
    assert state_of(desk.alert) == "returned_unacknowledged"
    assert desk.acknowledge(21) is None
    assert state_of(desk.alert) == "latched"
    assert desk.reset(22) is None
    assert state_of(desk.alert) == "cleared"


# Absence


def test_what_is_not_heard_for_five_minutes_is_missing_then_and_not_before() -> None:
    desk = Desk("absent")
    desk.hear([read("a1", HALL, 0)])
    desk.wait_until(299 + HOLD_NS / 1e9)
    assert told(desk) == [("arrived", "hall", 0)]
    desk.wait_until(301 + HOLD_NS / 1e9)
    assert told(desk)[1:] == [("departed", None, 300)]


@pytest.mark.parametrize(("heard_s", "missing_s"), [(None, 700), (450, 750)])
def test_while_its_reader_is_down_nothing_is_missing(
    heard_s: float | None,
    missing_s: float,
) -> None:
    desk = Desk("absent")
    desk.hear([read("a1", HALL, 0)])
    desk.take(health("r", "offline", 100))
    desk.take(health("r", since_s=400))
    if heard_s is not None:
        desk.hear([read("a1", HALL, heard_s)])
    desk.wait_until(missing_s - 1)
    assert told(desk) == [("arrived", "hall", 0)]
    desk.wait_until(missing_s + 3)
    assert told(desk)[1:] == [("departed", None, missing_s)]


# At the same moment


def together(*points: tuple[str, int], rssi_dbm: tuple[float, ...] | None = None) -> list[Read]:
    levels = rssi_dbm or (-50.0,) * len(points)
    return [read("a1", point, 1.0, level) for point, level in zip(points, levels, strict=True)]


@pytest.mark.parametrize(
    ("reads", "zone"),
    [
        (together(HALL, OFFICE, rssi_dbm=(-60, -55)), "office"),
        (together(HALL, OFFICE, rssi_dbm=(-55, -60)), "hall"),
        (together(OFFICE, YARD, HALL), "hall"),
    ],
)
def test_two_reads_at_the_same_millisecond_both_count_in_whatever_order(
    reads: list[Read], zone: str
) -> None:
    found = set()
    for order in permutations(reads):
        desk = Desk()
        desk.hear(order)
        desk.wait_until(10)
        (movement,) = desk.movements
        assert {(heard.reader, heard.antenna) for heard in movement.heard} == {
            (each.reader, each.antenna) for each in reads
        }
        found.add((movement.id, movement.to_zone))
    assert {to_zone for _, to_zone in found} == {zone}
    assert len(found) == 1


def test_a_tag_that_two_exits_hear_alike_is_at_one_of_them_once() -> None:
    for order in permutations(together(GATE, DOCK)):
        desk = Desk()
        desk.stay("a1", HALL, 0, 0.5)
        desk.hear(order)
        desk.wait_until(20)
        assert desk.story == ["raised"]


def test_time_that_runs_backwards_is_put_in_order() -> None:
    """A reader that hands its reads over newest first, a second's worth at a time."""
    points = [HALL] * 40 + [OFFICE] * 40
    reads = [read("a1", point, n / 4) for n, point in enumerate(points)]
    upside_down = [
        Read(one.tag, one.reader, one.antenna, one.time_ns, arrival.arrival_ns, one.rssi_dbm)
        for first in range(0, 80, 4)
        for one, arrival in zip(
            reversed(reads[first : first + 4]), [reads[first + 3]] * 4, strict=True
        )
    ]
    decided = []
    for order in (reads, upside_down):
        desk = Desk()
        desk.hear(order)
        desk.wait_until(60)
        decided.append([(m.id, m.decided_ns) for m in desk.movements])
    assert decided[0] == decided[1]
    assert len(decided[0]) == 2


def test_a_pipeline_whose_time_runs_backwards_stands_still() -> None:
    entries = [*opening(), Tick(at(100)), Tick(at(50)), health("r", since_s=20)]
    assert not [o for o in run(entries) if isinstance(o.output, Movement)]
