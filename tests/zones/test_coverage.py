from typing import ClassVar

from msgspec.structs import replace

from readers.driver import AntennaState
from readers.health import HealthState, ReaderHealth
from readers.maintenance import WHOLE_READER, Maintenance, Target
from readers.settings import ReaderSettings
from tests.zones.made import antenna, at, health, reader
from zones.coverage import Coverage, is_blind
from zones.floorplan import POINTS_MAX, FloorPlan
from zones.settings import ZoneSettings

HALL = ZoneSettings(name="hall")
PLAN = FloorPlan(
    [HALL, ZoneSettings(name="office"), ZoneSettings(name="attic")],
    [
        reader("r", {1: antenna("hall"), 2: antenna("hall"), 3: antenna("office")}),
        reader("s", {1: antenna("hall")}),
    ],
)


class Handheld(ReaderSettings):
    """Reads when somebody presses its button."""

    covers_zones: ClassVar[bool] = False


def in_maintenance(name: str, antenna_number: int) -> ReaderHealth:
    target = Target("antenna", name, antenna_number)
    work = Maintenance(
        target=target,
        since_ns=at(0),
        until_ns=at(60),
        reason="new cable",
        by="ann",
        points=((name, antenna_number),),
    )
    return replace(health(name), maintenance=(work,))


BENCH = FloorPlan([HALL], [reader("bench", {4: antenna("vault")}, zone="hall")])


def covered(*told: ReaderHealth, plan: FloorPlan = PLAN) -> set[str]:
    coverage = Coverage({each.reader: each for each in told}, {})
    coverage.update(plan, at(0))
    return set(coverage.healthy_since_ns)


def test_a_zone_is_heard_while_everything_that_covers_it_hears() -> None:
    assert covered(health("r")) == {"office"}
    assert covered(health("r"), health("s")) == {"hall", "office"}


def test_a_zone_that_nothing_covers_is_not_heard() -> None:
    assert "attic" not in covered(health("r"), health("s"))


def test_a_reader_that_is_not_online_hears_nothing() -> None:
    states: list[HealthState] = [
        "connecting",
        "silent",
        "offline",
        "misconfigured",
        "disabled",
        "maintenance",
    ]
    for state in states:
        assert covered(health("r", state), health("s")) == set()


def test_an_antenna_that_came_off_hears_nothing() -> None:
    antennas: dict[int, AntennaState] = {1: "connected", 2: "disconnected", 3: "unknown"}
    assert covered(health("r", antennas=antennas), health("s")) == {"office"}


def test_of_antennas_that_are_not_listed_one_must_be_left() -> None:
    spare: dict[int, AntennaState] = {1: "connected", 2: "disconnected"}
    assert covered(health("bench"), plan=BENCH) == {"hall"}
    assert covered(health("bench", antennas=spare), plan=BENCH) == {"hall"}
    assert covered(health("bench", antennas={1: "disconnected"}), plan=BENCH) == set()


def test_an_antenna_of_another_zone_does_not_stand_in() -> None:
    antennas: dict[int, AntennaState] = {1: "disconnected", 4: "connected"}
    assert covered(health("bench", antennas=antennas), plan=BENCH) == set()


def test_a_zone_is_healthy_since_it_was_last_heard_again() -> None:
    readers = {"r": health("r"), "s": health("s")}
    coverage = Coverage(readers, {})
    assert coverage.update(PLAN, at(0)) == ["hall", "office"]
    assert coverage.update(PLAN, at(1)) == []
    readers["s"] = health("s", "silent")
    assert coverage.update(PLAN, at(2)) == []
    assert coverage.healthy_since_ns == {"office": at(0)}
    readers["s"] = health("s")
    assert coverage.update(PLAN, at(3)) == ["hall"]
    assert coverage.healthy_since_ns == {"office": at(0), "hall": at(3)}


def test_a_zone_is_unheard_since_the_first_failure_until_all_hear_it() -> None:
    readers = {"r": health("r"), "s": health("s", "silent")}
    coverage = Coverage(readers, {})
    coverage.update(PLAN, at(0))
    assert coverage.unheard_since_ns == {"hall": at(0)}
    readers["s"] = health("s", "offline")
    readers["r"] = health("r", "offline")
    coverage.update(PLAN, at(1))
    assert coverage.unheard_since_ns == {"hall": at(0), "office": at(1)}
    readers["r"], readers["s"] = health("r"), health("s")
    coverage.update(PLAN, at(2))
    assert coverage.unheard_since_ns == {}


def test_a_zone_that_is_no_more_or_that_nobody_covers_is_not_unheard() -> None:
    coverage = Coverage({}, {})
    coverage.update(PLAN, at(0))
    assert list(coverage.unheard_since_ns) == ["hall", "office"]
    coverage.update(FloorPlan([HALL]), at(1))
    assert coverage.unheard_since_ns == {}


def test_zones_that_are_no_more_are_not_healthy_either() -> None:
    coverage = Coverage({"r": health("r"), "s": health("s")}, {})
    coverage.update(PLAN, at(0))
    coverage.update(FloorPlan([HALL], [reader("s", {1: antenna("hall")})]), at(1))
    assert coverage.healthy_since_ns == {"hall": at(0)}


def test_what_a_hand_holds_covers_no_zone() -> None:
    scanner = Handheld(name="scanner", driver="barcode", zone="hall")
    assert FloorPlan([HALL], [scanner]).zones["hall"].covered_by == ()


def test_a_read_point_in_maintenance_is_there_for_no_zone() -> None:
    coverage = Coverage({"r": in_maintenance("r", 1)}, {})
    point = coverage.point(PLAN, ("r", 1))
    assert (point.zone, point.unused) == (None, "maintenance")
    assert coverage.point(PLAN, ("r", 2)) == PLAN.point(("r", 2))
    assert coverage.point(PLAN, ("x", 1)).unused == "antenna_without_zone"


def test_as_many_read_points_are_kept_in_mind_as_a_site_may_have() -> None:
    coverage = Coverage({}, {})
    for number in range(POINTS_MAX + 10):
        coverage.point(PLAN, ("r", number))
    assert len(coverage.points) == POINTS_MAX
    coverage.update(PLAN, at(0))
    assert coverage.points == {}


def test_a_zone_is_blind_only_if_nobody_hears_it_who_should() -> None:
    (hall, office, attic) = PLAN.zones.values()
    told = {"r": health("r", "offline"), "s": health("s")}
    assert not is_blind(told, PLAN, hall)
    assert is_blind(told, PLAN, office)
    assert is_blind({}, PLAN, hall)
    assert not is_blind(told, PLAN, attic)
    assert not is_blind({"r": in_maintenance("r", 3)}, PLAN, office)
    assert is_blind({"r": in_maintenance("r", WHOLE_READER)}, PLAN, hall)
