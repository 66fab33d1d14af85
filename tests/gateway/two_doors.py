"""A small site with two doors to a yard, and a gate on the far side: reads in, alerts out."""

import math
from collections.abc import Iterable

from alerts.alert import AlertChange, Event
from alerts.changes import AcknowledgeAlert, ResetAlert
from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, GatewayStarted, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Pipeline
from inventory.assets import Asset
from inventory.changes import CheckOut, StoreAssets
from readers.health import HealthState, ReaderHealth
from tags.reads import Read
from tests.zones.made import at

RULE = "stay in"
READERS = ("hall", "dock", "dock2", "yard", "gate")
ZONED = """
site: {name: small, timezone: UTC}
zones: [{name: hall}, {name: yard}, {name: gate, role: exit}]
readers:
  - {name: hall, driver: llrp, address: "192.0.2.1:5084", antennas: {1: {zone: hall}}}
  - name: dock
    driver: llrp
    address: "192.0.2.2:5084"
    antennas: {1: {zone: hall}, 2: {zone: hall}, 3: {zone: yard}, 4: {zone: yard}}
  - name: dock2
    driver: llrp
    address: "192.0.2.3:5084"
    antennas: {1: {zone: hall}, 2: {zone: hall}, 3: {zone: yard}, 4: {zone: yard}}
  - {name: yard, driver: llrp, address: "192.0.2.4:5084", antennas: {1: {zone: yard}}}
  - {name: gate, driver: llrp, address: "192.0.2.5:5084", antennas: {1: {zone: gate}}}
portals:
  - {name: door, inside: [dock/1, dock/2], outside: [dock/3, dock/4]}
  - {name: door2, inside: [dock2/1, dock2/2], outside: [dock2/3, dock2/4]}
rules: [{name: stay in, kind: exit, fence: [hall], severity: critical}]
"""
BARE = ZONED.replace("3: {zone: yard}, 4: {zone: yard}", "3: {}, 4: {}").replace(
    "fence: [hall]", "fence: [hall], portals: [door, door2]"
)
"""The same, with outer antennas that stand for no zone."""


class TwoDoors:
    """The pipeline of the site, with one asset that begins in the hall."""

    def __init__(self, site: str = ZONED, checked_out: CheckOut | None = None) -> None:
        self._pipeline = Pipeline(stored_blueprint)
        self._groups = 0
        self.changes: list[AlertChange] = []
        self.events: list[Event] = []
        self._take(
            SiteChanged(at(0), "test", "1", site),
            StoreAssets(arrival_ns=at(0), by="test", assets=(Asset(id="a", tags=("aa",)),)),
            GatewayStarted(at(0), None),
        )
        for reader in READERS:
            self.turn(reader, "online", 0)
        if checked_out is not None:
            self._take(checked_out)
        self.hear(stay("hall", 1, 10))

    def hear(self, reads: Iterable[Read]) -> None:
        """Reads in order of arrival."""
        for each in sorted(reads, key=lambda one: one.arrival_ns):
            self._groups += 1
            self._take(ReadGroup("s", self._groups, [each]))
        self._take(Tick(self._pipeline.state.now_ns + 1))

    def turn(self, reader: str, state: HealthState, seconds: float) -> None:
        self._take(ReaderHealth(reader=reader, state=state, since_ns=at(seconds)))

    def wait_until(self, seconds: float) -> None:
        self._take(Tick(at(seconds)))

    def close(self, seconds: float) -> None:
        """Somebody has dealt with the alert, which is over."""
        alert = self.steps[-1].alert.id
        self._take(AcknowledgeAlert(arrival_ns=at(seconds), by="ann", alert=alert, note="seen"))
        self._take(ResetAlert(arrival_ns=at(seconds), by="ann", alert=alert))
        assert self.story[-1] == "cleared"

    @property
    def steps(self) -> list[AlertChange]:
        """What became of alerts of the rule."""
        return [change for change in self.changes if change.alert.rule == RULE]

    @property
    def story(self) -> list[str]:
        return [change.transition for change in self.steps]

    @property
    def kinds(self) -> list[str]:
        return [event.kind.removeprefix("authorised_") for event in self.events]

    def _take(self, *entries: Entry) -> None:
        decisions = self._pipeline.advance(list(entries))
        assert not any(outcome.refused for outcome in decisions.outcomes.values())
        for numbered in decisions.outputs:
            if isinstance(numbered.output, AlertChange):
                self.changes.append(numbered.output)
            elif isinstance(numbered.output, Event):
                self.events.append(numbered.output)


def read(reader: str, antenna: int, seconds: float, dbm: float = -55.0, told_s: float = 0) -> Read:
    """A read of the tag; `told_s` is when the reader told it, where that was later."""
    return Read("aa", reader, antenna, at(seconds), at(told_s or seconds), dbm)


def stay(
    reader: str, first_s: float, until_s: float, every_s: float = 1.0, told_s: float = 0
) -> list[Read]:
    """The tag stands under the only antenna of a reader."""
    count = int((until_s - first_s) / every_s)
    return [read(reader, 1, first_s + n * every_s, told_s=told_s) for n in range(count)]


def walk(
    first_s: float, dock: str = "dock", *, told_s: float = 0, outwards: bool = True
) -> list[Read]:
    """Eight seconds through a door, from 5 m on one side of it to 5 m on the other."""
    reads: list[Read] = []
    for step in range(160):
        passed_s, antenna = step * 0.05, (1, 2, 3, 4)[step % 4]
        way_m = 5 - 10 * passed_s / 8
        inner_m = way_m if outwards else -way_m
        is_inner = antenna <= 2
        away_m = math.dist((inner_m, 2), (1.2 if is_inner else -1.2, 0))
        dbm = -50 - 40 * math.log10(away_m) - (12 if (inner_m < 0) == is_inner else 0)
        if dbm > -75:
            reads.append(read(dock, antenna, first_s + passed_s, dbm, told_s))
    return reads


def lent(*gates: str, until_s: float = 9_999) -> CheckOut:
    """A check-out of the asset from the beginning on."""
    return CheckOut(
        arrival_ns=at(0.5),
        by="ann",
        id="c1",
        person="bob",
        from_ns=at(0.5),
        until_ns=at(until_s),
        asset="a",
        gates=gates,
    )
