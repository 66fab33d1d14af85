"""A stage on which positions can be watched, for the tests of positions and of scenarios."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tags.reads import Fix
from tests.zones.made import at, seconds_of
from zones.floorplan import FloorPlan
from zones.locate import Locate
from zones.movements import Movement
from zones.position_course import PositionDecision
from zones.position_memory import PositionState
from zones.position_settings import PositionSettings
from zones.positions import PositionWatch
from zones.settings import ZoneSettings
from zones.tracks import LocateState

TAG = "gps:van"
FENCE = ZoneSettings(name="F", polygon=((0, 0), (100, 0), (100, 100), (0, 100)))


def fix(  # noqa: PLR0913 -- what a test says about a position
    seconds: float,
    x_m: float,
    y_m: float = 50.0,
    *,
    accuracy_m: float | None = None,
    arrival_s: float | None = None,
    tag: str = TAG,
    source: str = "gps",
    z_m: float | None = None,
    floor: str | None = None,
) -> Fix:
    """A position at `seconds`, which arrives at once unless said otherwise."""
    arrival_ns = at(seconds if arrival_s is None else arrival_s)
    return Fix(
        tag,
        source,
        at(seconds),
        arrival_ns,
        x_m,
        y_m,
        accuracy_m=accuracy_m,
        z_m=z_m,
        floor=floor,
    )


class Told(NamedTuple):
    """A decision in the words of a test, its times in seconds."""

    from_zone: str | None
    to_zone: str | None
    time_s: float
    decided_s: float


Decision = PositionDecision | Movement


class _Stage:
    """What was decided, as it was and in the words of a test."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.told: list[Told] = []

    @property
    def live(self) -> list[Told]:
        """What moved the tag."""
        pairs = zip(self.told, self.decisions, strict=True)
        return [told for told, decision in pairs if not decision.late]

    @property
    def late(self) -> list[Told]:
        """What was over when it was told."""
        pairs = zip(self.told, self.decisions, strict=True)
        return [told for told, decision in pairs if decision.late]

    def _tell(self, decision: Decision, from_zone: str | None) -> None:
        times_s = seconds_of(decision.time_ns), seconds_of(decision.decided_ns)
        self.decisions.append(decision)
        self.told.append(Told(from_zone, decision.to_zone, *times_s))


class LocatedStage(_Stage):
    """The whole of Locate, which only hears of positions."""

    def __init__(self, zones: Sequence[ZoneSettings] = (FENCE,)) -> None:
        super().__init__()
        self._locate = Locate(LocateState())
        self._locate.adopt_plan(FloorPlan(zones))
        self.watch = self._locate.positions

    def hear(self, fixes: Iterable[Fix]) -> None:
        for each in fixes:
            self._locate.fold_fix(each)
            self._collect()

    def wait_until(self, seconds: float) -> None:
        self._locate.advance(at(seconds))
        self._collect()

    def zone_of(self, tag: str) -> str | None:
        return self._locate.state.tracks[tag].zone

    def _collect(self) -> None:
        for step in self._locate.take_steps():
            assert isinstance(step.decision, Movement)
            self._tell(step.decision, step.decision.from_zone)


class PositionStage(_Stage):
    """The stage with a world around it that does what is decided."""

    def __init__(
        self,
        zones: Sequence[ZoneSettings] = (FENCE,),
        settings: PositionSettings | None = None,
        *,
        plan: FloorPlan | None = None,
        tags_max: int = 1_000,
    ) -> None:
        super().__init__()
        self.plan = plan or FloorPlan(zones, positions=settings)
        self.watch = PositionWatch(PositionState(), self.plan, tags_max=tags_max)
        self.zones: dict[str, str | None] = {}
        self._clock_ns = 0

    def hear(self, fixes: Iterable[Fix]) -> None:
        """Take fixes in the order of their arrival."""
        for each in fixes:
            self._until(each.arrival_ns)
            self.watch.take(each, each.time_ns, each.arrival_ns)

    def wait_until(self, seconds: float) -> None:
        self._until(at(seconds))

    def zone_of(self, tag: str) -> str | None:
        return self.zones.get(tag)

    def _until(self, now_ns: int) -> None:
        while (due_ns := self.watch.next_ns()) is not None and due_ns <= now_ns:
            for each in self.watch.take_due(due_ns, self.zones.get):
                self._follow(each)

    def _follow(self, decision: PositionDecision) -> None:
        assert decision.at_ns >= self._clock_ns
        self._clock_ns = decision.at_ns
        self._tell(decision, None if decision.late else self.zones.get(decision.tag))
        if not decision.late:
            self.zones[decision.tag] = decision.to_zone
