"""A small make-believe site, and a stage on which Locate can be watched, for the tests of zones
and of the pipeline."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from readers.driver import AntennaState
from readers.health import HealthState, ReaderHealth
from readers.settings import AntennaSettings, ReaderSettings
from tags.reads import Read
from tags.times import SECOND_NS
from zones.estimator_settings import EstimatorSettings, WindowSettings
from zones.floorplan import FloorPlan
from zones.locate import Locate
from zones.movements import Movement
from zones.settings import ZoneSettings
from zones.tracks import LocateState, Step

T0_NS = 1_790_000_000 * SECOND_NS
"""Every test counts its seconds from here; a multiple of the width of a bin."""

STRONG_DBM, FAINT_DBM = -50.0, -66.0

HALL, GATE, YARD, OFFICE, DOCK = ("r", 1), ("r", 2), ("r", 3), ("s", 1), ("s", 2)
NOWHERE = ("r", 9)
GATE_RSSI_DBM_MIN = -70.0


def at(seconds: float) -> int:
    return T0_NS + round(seconds * SECOND_NS)


def seconds_of(time_ns: int) -> float:
    return (time_ns - T0_NS) / SECOND_NS


def antenna(
    zone: str | None = None,
    *,
    rssi_dbm_min: float | None = None,
    bias_db: float = 0.0,
) -> AntennaSettings:
    return AntennaSettings(zone=zone, rssi_dbm_min=rssi_dbm_min, bias_db=bias_db)


def reader(
    name: str,
    antennas: dict[int, AntennaSettings] | None = None,
    zone: str | None = None,
) -> ReaderSettings:
    return ReaderSettings(name=name, driver="llrp", zone=zone, antennas=antennas or {})


def zones(absent_after_s: float | None = None) -> list[ZoneSettings]:
    """Two zones to be in, one to be found in, and two ways out; only the exits never depart."""
    return [
        ZoneSettings(name="hall", absent_after_s=absent_after_s),
        ZoneSettings(name="office", absent_after_s=absent_after_s),
        ZoneSettings(name="yard", absent_after_s=absent_after_s),
        ZoneSettings(name="gate", role="exit"),
        ZoneSettings(name="dock", role="exit"),
    ]


def readers(dock: str = "dock") -> list[ReaderSettings]:
    gate = antenna("gate", rssi_dbm_min=GATE_RSSI_DBM_MIN)
    return [
        reader("r", {1: antenna("hall"), 2: gate, 3: antenna("yard")}),
        reader("s", {1: antenna("office"), 2: antenna(dock)}),
    ]


def plan(
    absent_after_s: float | None = None,
    estimator: EstimatorSettings | None = None,
) -> FloorPlan:
    return FloorPlan(zones(absent_after_s), readers(), estimator or WindowSettings())


def read(  # noqa: PLR0913 -- what a test says about a read
    tag: str,
    point: tuple[str, int],
    seconds: float,
    rssi_dbm: float | None = STRONG_DBM,
    *,
    arrival_s: float | None = None,
    count: int = 1,
) -> Read:
    """A read at `seconds`, which arrives at once unless said otherwise."""
    arrival_ns = at(seconds if arrival_s is None else arrival_s)
    return Read(tag, *point, at(seconds), arrival_ns, rssi_dbm, count)


def health(
    name: str,
    state: HealthState = "online",
    since_s: float = 0.0,
    antennas: dict[int, AntennaState] | None = None,
) -> ReaderHealth:
    return ReaderHealth(reader=name, state=state, since_ns=at(since_s), antennas=antennas or {})


class Move(NamedTuple):
    """A movement in the words of a test, its times in seconds."""

    kind: str
    from_zone: str | None
    to_zone: str | None
    time_s: float
    decided_s: float


def told(movement: Movement) -> Move:
    return Move(
        movement.kind,
        movement.from_zone,
        movement.to_zone,
        seconds_of(movement.time_ns),
        seconds_of(movement.decided_ns),
    )


class Stage:
    """One Locate with everything it has decided, in seconds since the start of the test."""

    def __init__(
        self,
        floor_plan: FloorPlan | None = None,
        *,
        healthy: Sequence[str] = ("r", "s"),
        tags_max: int = 1_000_000,
    ) -> None:
        self.locate = Locate(LocateState(), tags_max=tags_max)
        self.locate.adopt_plan(plan() if floor_plan is None else floor_plan)
        self.locate.advance(T0_NS)
        for name in healthy:
            self.locate.note_health(health(name))
        self.steps: list[Step] = []

    def hear(self, reads: Iterable[Read]) -> None:
        """Reads, and then an instant in which nothing more arrives with them."""
        self.locate.fold(reads)
        self.locate.advance(self.locate.state.now_ns + 1)
        self._collect()

    def wait_until(self, seconds: float) -> None:
        self.locate.advance(at(seconds))
        self._collect()

    def note(self, name: str, state: HealthState, since_s: float) -> None:
        self.wait_until(since_s)
        self.locate.note_health(health(name, state, since_s))

    @property
    def movements(self) -> list[Movement]:
        decisions = [step.decision for step in self.steps]
        return [each for each in decisions if isinstance(each, Movement)]

    @property
    def moves(self) -> list[Move]:
        return [told(movement) for movement in self.movements if not movement.late]

    @property
    def late_moves(self) -> list[Move]:
        return [told(movement) for movement in self.movements if movement.late]

    def _collect(self) -> None:
        self.steps += self.locate.take_steps()


def every(period_s: float, start_s: float, end_s: float) -> list[float]:
    """Times from `start_s` on, up to and without `end_s`."""
    return [start_s + n * period_s for n in range(round((end_s - start_s) / period_s))]
