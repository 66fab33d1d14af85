"""Blind antennas: those that should hear and do not, and never those that have an excuse."""

from collections.abc import Iterable, Mapping

from readers.health import ReaderHealth
from readers.maintenance import Maintenance, Target
from tags.times import SECOND_NS
from tests.zones.made import antenna, at, health, reader, zones
from zones.blind import BlindPoint, blind_points, points_of
from zones.floorplan import FloorPlan, PointKey
from zones.portal_settings import PortalSettings
from zones.quality import Quality, Tally

PLAN = FloorPlan(
    zones(),
    [
        reader("r", {1: antenna("hall"), 2: antenna("gate"), 7: antenna()}),
        reader("s", zone="office"),
    ],
)
ONLINE = {"r": health("r"), "s": health("s")}
END_S = 1_000.0


def findings(
    heard: Mapping[PointKey, Iterable[float]],
    healths: dict[str, ReaderHealth] | None = None,
    plan: FloorPlan = PLAN,
    readers: tuple[str, ...] | None = None,
) -> list[BlindPoint]:
    quality = Quality(plan, SECOND_NS)
    rows = sorted((second, key) for key, seconds in heard.items() for second in seconds)
    for second, key in rows:
        quality.add(round(at(second)) // SECOND_NS, [Tally("aa", key, at(second), at(second), 1)])
    return blind_points(quality, ONLINE if healths is None else healths, at(END_S), readers)


def told(found: Iterable[BlindPoint]) -> dict[PointKey, str]:
    return {(each.reader, each.antenna): each.reason for each in found}


ALL_THE_TIME = [float(second) for second in range(0, 1_000, 10)]


def test_the_points_that_should_hear_cover_a_zone_or_stand_at_a_portal() -> None:
    portal = PortalSettings(name="door", inside=("r/7",), outside=("r/2",))
    plan = FloorPlan(zones(), [reader("r", {2: antenna("gate"), 7: antenna()})], portals=[portal])
    assert list(points_of(plan)) == [("r", 2), ("r", 7)]
    assert list(points_of(PLAN)) == [("r", 1), ("r", 2), ("s", 0)]


def test_an_antenna_without_a_read_is_blind_while_others_hear() -> None:
    found = findings({("r", 1): ALL_THE_TIME, ("s", 4): ALL_THE_TIME})
    assert told(found) == {("r", 2): "never_heard"}
    assert (found[0].zone, found[0].last_ns) == ("gate", None)


def test_any_antenna_speaks_for_a_reader_that_lists_none() -> None:
    found = findings({("r", 1): ALL_THE_TIME, ("r", 2): ALL_THE_TIME})
    assert told(found) == {("s", 0): "never_heard"}
    assert found[0].zone == "office"


def test_where_nobody_hears_nothing_can_be_told() -> None:
    assert findings({}) == []


def test_an_antenna_that_falls_silent_is_told_with_how_often_it_was_heard() -> None:
    heard = {("r", 1): ALL_THE_TIME, ("r", 2): range(0, 600, 5), ("s", 1): ALL_THE_TIME}
    (found,) = findings(heard)
    assert (found.reason, found.last_ns) == ("fell_silent", at(595))
    assert found.detail == "silent for 405 s; before, it was heard every 4 s"


def test_silence_is_judged_by_what_is_usual_there() -> None:
    seldom = {("r", 1): ALL_THE_TIME, ("r", 2): range(0, 600, 60), ("s", 1): ALL_THE_TIME}
    assert findings(seldom) == []


def test_silence_of_all_at_once_is_no_blindness() -> None:
    heard = {key: range(0, 600, 5) for key in (("r", 1), ("r", 2), ("s", 1))}
    assert findings(heard) == []


def test_a_reader_that_is_down_or_an_open_antenna_port_is_the_reason() -> None:
    healths = {
        "r": health("r", antennas={1: "connected", 2: "disconnected"}),
        "s": health("s", "offline"),
    }
    found = findings({("r", 1): ALL_THE_TIME}, healths)
    assert told(found) == {("r", 2): "disconnected", ("s", 0): "reader_down"}
    assert found[1].detail == "its reader is offline"


def test_without_health_a_reader_counts_as_down_if_it_heard_nothing_at_all() -> None:
    assert told(findings({("r", 1): ALL_THE_TIME}, {})) == {
        ("r", 2): "never_heard",
        ("s", 0): "reader_down",
    }


def test_what_is_in_maintenance_is_left_out() -> None:
    work = Maintenance(
        target=Target("antenna", "r", 2),
        since_ns=at(0),
        until_ns=at(5_000),
        reason="new cable",
        by="workshop",
        points=(("r", 2),),
    )
    maintained = ReaderHealth(reader="r", state="online", since_ns=at(0), maintenance=(work,))
    assert findings({("r", 1): ALL_THE_TIME, ("s", 1): ALL_THE_TIME}, {"r": maintained}) == []


def test_only_the_readers_asked_for_are_told_of() -> None:
    assert told(findings({("r", 1): ALL_THE_TIME}, readers=("s",))) == {("s", 0): "never_heard"}
