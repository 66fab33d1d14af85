"""A gateway that is watched for zones which nobody hears."""

import msgspec

from alerts.alert import AlertChange
from alerts.changes import StartMaintenance
from alerts.settings import SystemSettings
from gateway.entries import Entry, GatewayStarted, SiteChanged, Tick
from gateway.pipeline import Blueprint, Pipeline, PipelineState
from readers.health import HealthState
from readers.maintenance import Target
from readers.settings import ReaderSettings
from tests.zones.made import antenna, at, health, reader, seconds_of
from zones.floorplan import FloorPlan
from zones.portal_settings import PortalSettings
from zones.settings import ZoneSettings

BLIND = "system: blind"
ZONES = [
    ZoneSettings(name="hall"),
    ZoneSettings(name="office"),
    ZoneSettings(name="gate", role="exit"),
    ZoneSettings(name="attic"),
]
READERS = [
    reader("r", {1: antenna("hall"), 2: antenna("gate")}),
    reader("s", {1: antenna("hall")}),
    reader("t", zone="office"),
]
DOOR = PortalSettings(name="door", inside=("t/1",), outside=("r/2",))


def blueprint(
    zones: list[ZoneSettings] = ZONES,
    readers: list[ReaderSettings] = READERS,
    *portals: PortalSettings,
    blind_after_s: float = 10,
) -> Blueprint:
    system = SystemSettings(blind_after_s=blind_after_s, notify=("desk",))
    return Blueprint(FloorPlan(zones, readers, portals=portals), [], system=system)


SITES = {
    "usual": blueprint(),
    "door": blueprint(ZONES, READERS, DOOR),
    "patient": blueprint(blind_after_s=60),
    "without office": blueprint([zone for zone in ZONES if zone.name != "office"], READERS[:2]),
    "office unheard": blueprint(ZONES, READERS[:2]),
    "lab": blueprint(
        [*ZONES[:1], ZoneSettings(name="lab", was="office"), *ZONES[2:]],
        [*READERS[:2], reader("t", zone="lab")],
    ),
}


class Watched:
    """A gateway at work, with what it told about zones: transition, zone, clock in seconds."""

    def __init__(self, site: str = "usual", *, started: bool = True, healthy: bool = True) -> None:
        self.pipeline = Pipeline(SITES.__getitem__)
        self.changes: list[AlertChange] = []
        self.others: list[AlertChange] = []
        if started:
            self.take(GatewayStarted(at(0), None))
        self.take(SiteChanged(at(0), "test", site, site))
        for name in ("r", "s", "t") if healthy else ():
            self.take(health(name))

    def take(self, entry: Entry) -> str | None:
        decisions = self.pipeline.advance([entry])
        outputs = [numbered.output for numbered in decisions.outputs]
        changes = [output for output in outputs if isinstance(output, AlertChange)]
        self.changes += [change for change in changes if change.alert.rule == BLIND]
        self.others += [change for change in changes if change.alert.rule != BLIND]
        outcome = decisions.outcomes.get(0)
        return None if outcome is None else outcome.refused

    def turn(self, state: HealthState, since_s: float, *readers: str) -> None:
        for name in readers:
            self.take(health(name, state, since_s))

    def wait_until(self, seconds: float) -> None:
        self.take(Tick(at(seconds)))

    def maintain(self, target: Target, since_s: float, until_s: float) -> None:
        change = StartMaintenance(
            arrival_ns=at(since_s), by="ann", target=target, until_ns=at(until_s), reason="work"
        )
        assert self.take(change) is None

    def write_down_and_read_back(self) -> None:
        blob = msgspec.msgpack.encode(self.pipeline.state)
        state = msgspec.msgpack.decode(blob, type=PipelineState)
        self.pipeline = Pipeline(SITES.__getitem__, state)

    @property
    def said(self) -> list[tuple[str, str | None, float]]:
        return [
            (change.transition, change.alert.to_zone, seconds_of(change.at_ns))
            for change in self.changes
        ]
