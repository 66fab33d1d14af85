from readers.driver import AntennaState
from readers.health import HealthState, ReaderHealth
from tests.zones.made import antenna, at, health, reader
from zones.coverage import Coverage
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings

HALL = ZoneSettings(name="hall")
PLAN = FloorPlan(
    [HALL, ZoneSettings(name="office"), ZoneSettings(name="attic")],
    [
        reader("r", {1: antenna("hall"), 2: antenna("hall"), 3: antenna("office")}),
        reader("s", {1: antenna("hall")}),
    ],
)
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


def test_zones_that_are_no_more_are_not_healthy_either() -> None:
    coverage = Coverage({"r": health("r"), "s": health("s")}, {})
    coverage.update(PLAN, at(0))
    coverage.update(FloorPlan([HALL], [reader("s", {1: antenna("hall")})]), at(1))
    assert coverage.healthy_since_ns == {"hall": at(0)}
