"""A judge on a bench: movements in, what it says out, in the words and seconds of a test."""

from typing import Any, NamedTuple

import msgspec

from alerts.alert import Alert, AlertChange
from alerts.changes import AcknowledgeAlert, ResetAlert
from alerts.forces import Timetable
from alerts.judge import Decided, Judge
from alerts.rule_kinds import ExitRule
from alerts.settings import AssetSelector, RuleSettings, SystemSettings
from alerts.state import JudgeState
from alerts.watch import Outfit
from inventory.assets import Asset
from inventory.changes import Outcome, RemoveAsset, StoreAssets
from readers.settings import ReaderSettings
from tags.reads import Fix, Measurement
from tests.zones.made import T0_NS, antenna, at, reader, seconds_of
from zones.bins import BIN_NS
from zones.floorplan import FloorPlan
from zones.movements import (
    Conflict,
    Crossing,
    Direction,
    Heard,
    Movement,
    crossing_id,
    movement_id,
)
from zones.portal_settings import PortalSettings
from zones.settings import ZoneSettings
from zones.tracks import PHASE_ARRIVAL, PHASE_BIN, Step, closing_ns

RULE = "laptops stay in"
LAPTOP = Asset(id="laptop-1", category="laptop", tags=("a1",))
TWIN = Asset(id="laptop-2", category="laptop", tags=("b2", "c3"))
HEARD = Heard(reader="r", antenna=3, time_ns=T0_NS, count=2, rssi_dbm=-51.5)
END_S = 9_999.0


def rule(**changes: Any) -> ExitRule:  # noqa: ANN401 -- any field of a rule
    """Laptops stay in hall and office; 5 s outside count, and 10 s inside."""
    fields: dict[str, Any] = {
        "name": RULE,
        "assets": AssetSelector(category="laptop"),
        "fence": ("hall", "office"),
        "notify": ("guards",),
    }
    return ExitRule(**(fields | changes))


def zones(**renamed: str) -> list[ZoneSettings]:
    """Inside: hall with a bay in it, and office. Outside: yard, street, and the exits."""
    rows: list[tuple[str, dict[str, Any]]] = [
        ("hall", {"polygon": ((0, 0), (9, 0), (9, 9), (0, 9))}),
        ("bay", {"parent": renamed.get("hall", "hall")}),
        ("office", {}),
        ("yard", {}),
        ("street", {}),
        ("gate", {"role": "exit"}),
        ("dock", {"role": "exit"}),
    ]
    return [
        ZoneSettings(name=renamed.get(name, name), was=name if name in renamed else None, **more)
        for name, more in rows
    ]


def readers(**renamed: str) -> list[ReaderSettings]:
    def place(zone: str) -> str:
        return renamed.get(zone, zone)

    return [
        reader("r", {1: antenna(place("hall")), 2: antenna(place("gate"))}),
        reader("s", {1: antenna(place("yard")), 2: antenna(place("hall"))}),
        reader("t", {1: antenna(place("office"))}),
    ]


PORTALS = (
    PortalSettings(name="door", inside=("r/1",), outside=("r/2",)),
    PortalSettings(name="ramp", inside=("s/2",), outside=("s/1",)),
    PortalSettings(name="passage", inside=("t/1",), outside=("r/1",)),
    PortalSettings(name="hatch", inside=("t/1",), outside=("t/9",)),
)
"""From hall to gate, from hall to yard, from office to hall, and from office to who knows where."""


def plan(**renamed: str) -> FloorPlan:
    return FloorPlan(zones(**renamed), readers(**renamed), portals=PORTALS)


def plan_without(*gone: str) -> FloorPlan:
    return FloorPlan([zone for zone in zones() if zone.name not in gone], readers())


class Said(NamedTuple):
    """A change of an alert, in short."""

    transition: str
    clock_s: float


class Bench:
    """One judge, with everything that it has decided."""

    def __init__(self, *rules: RuleSettings, assets: tuple[Asset, ...] = (LAPTOP, TWIN)) -> None:
        self.rules = rules or (rule(),)
        self.plan = plan()
        self.judge = Judge(JudgeState())
        self.judge.advance(T0_NS)
        self.timetables: dict[str, Timetable] = {}
        self.system = SystemSettings()
        self.judge.adopt_rules(self.outfit, "v1", self.timetables)
        self.store(*assets)
        self.decided: list[Decided] = []
        self._zones: dict[str, str | None] = {}

    @property
    def outfit(self) -> Outfit:
        """What the site file says."""
        return Outfit(self.plan, {rule.name: rule for rule in self.rules}, self.system)

    # What happens

    def move(self, tag: str, zone: str | None, seconds: float, **more: Any) -> None:  # noqa: ANN401 -- what a movement may say
        """A tag is in a zone from `seconds` on; known when the bin of that time closes."""
        clock_ns = closing_ns(at(seconds) // BIN_NS)
        self.step(Step(clock_ns, PHASE_BIN, 0, tag, self._movement(tag, zone, seconds, **more)))

    def rush(self, tag: str, zone: str | None, seconds: float, **more: Any) -> None:  # noqa: ANN401 -- what a movement may say
        """The same on the fast path: known at once."""
        movement = self._movement(tag, zone, seconds, **more)
        self.step(Step(at(seconds), PHASE_ARRIVAL, 0, tag, movement))

    def cross(
        self,
        tag: str,
        portal: str,
        direction: Direction,
        seconds: float,
        *,
        known_s: float | None = None,
        **more: Any,  # noqa: ANN401 -- what a crossing may say
    ) -> None:
        """A tag is at a portal; it was read there for half a second more, and is known later."""
        clock_ns = at(seconds + 1.5 if known_s is None else known_s)
        fields: dict[str, Any] = {
            "id": crossing_id(tag, portal, at(seconds)),
            "time_ns": at(seconds),
            "decided_ns": at(seconds + 0.5),
            "tag": tag,
            "portal": portal,
            "direction": direction,
            "confidence": 0.9,
            "heard": (HEARD,),
        }
        crossing = Crossing(**(fields | more))
        self.step(Step(clock_ns, PHASE_BIN, 0, tag, crossing))

    def conflict(self, tag: str, seconds: float, *, ended: bool = False) -> None:
        """Hall and yard both hear a tag; or no longer do."""
        conflict = Conflict(
            tag=tag,
            zones=("hall", "yard"),
            time_ns=at(seconds),
            decided_ns=at(seconds),
            ended=ended,
            heard=() if ended else (HEARD,),
        )
        self.step(Step(closing_ns(at(seconds) // BIN_NS), PHASE_BIN, 0, tag, conflict))

    def tell(  # noqa: PLR0913 -- what a sensor says
        self,
        value: float,
        seconds: float,
        *,
        arrival_s: float | None = None,
        sensor: str = "fridge",
        quantity: str = "temperature",
        unit: str = "°C",
    ) -> None:
        """A sensor tells a value of `seconds`, which arrives then, or when it is said."""
        arrival_ns = at(seconds if arrival_s is None else arrival_s)
        self.judge.advance(arrival_ns)
        value_then = Measurement(sensor, quantity, value, unit, at(seconds), arrival_ns)
        self.judge.take_measurement(value_then)
        self._collect()

    def fix(
        self,
        tag: str,
        place: tuple[float, float],
        seconds: float,
        *,
        arrival_s: float | None = None,
        **more: Any,  # noqa: ANN401 -- any field of a fix
    ) -> None:
        """A tracker is at a place (metres) at `seconds`, which arrives then, or when it is said."""
        arrival_ns = at(seconds if arrival_s is None else arrival_s)
        self.judge.advance(arrival_ns)
        fields: dict[str, Any] = {"x_m": place[0], "y_m": place[1]} | more
        self.judge.take_fix(Fix(tag, "trackers", at(seconds), arrival_ns, **fields))
        self._collect()

    def step(self, step: Step) -> None:
        self.judge.take(step)
        self._collect()

    def wait_until(self, seconds: float = END_S) -> None:
        self.judge.advance(at(seconds))
        self._collect()

    def adopt(self, *rules: RuleSettings, version: str = "v2", **renamed: str) -> None:
        self.rules = rules
        self.rebuild(plan(**renamed), version)

    def rebuild(self, floor_plan: FloorPlan, version: str = "v2") -> None:
        """Another floor plan, with the rules as they are."""
        self.plan = floor_plan
        self.judge.adopt_rules(self.outfit, version, self.timetables)
        self._collect()

    def store(self, *assets: Asset, rebind: bool = False) -> list[str]:
        """The ids of the assets that changed."""
        change = StoreAssets(arrival_ns=T0_NS, by="ann", assets=assets, rebind=rebind)
        outcome, changed = self.judge.store_assets(change)
        assert outcome.refused is None
        return [asset.id for asset in changed]

    def remove(self, asset: str) -> Outcome:
        change = RemoveAsset(arrival_ns=T0_NS, by="ann", asset=asset)
        outcome, _ = self.judge.remove_asset(change)
        self._collect()
        return outcome

    def acknowledge(self, note: str = "", *, by: str = "ann", alert: str | None = None) -> Outcome:
        change = AcknowledgeAlert(arrival_ns=at(77), by=by, alert=alert or self.alert.id, note=note)
        outcome = self.judge.handle(change)
        self._collect()
        return outcome

    def reset(self, *, alert: str | None = None) -> Outcome:
        change = ResetAlert(arrival_ns=at(88), by="bob", alert=alert or self.alert.id)
        outcome = self.judge.handle(change)
        self._collect()
        return outcome

    def write_down_and_read_back(self) -> None:
        """Go on with a judge that knows nothing but the written state."""
        self._collect()
        blob = msgspec.msgpack.encode(self.judge.state)
        self.judge = Judge(msgspec.msgpack.decode(blob, type=JudgeState))
        self.judge.restore_rules(self.outfit, self.timetables)

    # What was decided

    @property
    def changes(self) -> list[AlertChange]:
        self._collect()
        return [one for one in self.decided if isinstance(one, AlertChange)]

    @property
    def movements(self) -> list[Movement]:
        self._collect()
        return [one for one in self.decided if isinstance(one, Movement)]

    @property
    def said(self) -> list[Said]:
        return [Said(change.transition, seconds_of(change.at_ns)) for change in self.changes]

    @property
    def transitions(self) -> list[str]:
        return [change.transition for change in self.changes]

    @property
    def alert(self) -> Alert:
        """The alert after the newest change."""
        return self.changes[-1].alert

    @property
    def pending(self) -> list[str]:
        cases = self.judge.state.cases.values()
        return [case.pending.what for case in cases if case.pending is not None]

    def _collect(self) -> None:
        self.decided += self.judge.take_decided()

    def _movement(
        self,
        tag: str,
        zone: str | None,
        seconds: float,
        *,
        late: bool = False,
        **more: Any,  # noqa: ANN401 -- any field of a movement
    ) -> Movement:
        former = None if late else self._zones.get(tag)
        if not late:
            self._zones[tag] = zone
        time_ns = at(seconds)
        fields: dict[str, Any] = {
            "id": movement_id(tag, former, zone, time_ns),
            "time_ns": time_ns,
            "decided_ns": time_ns,
            "tag": tag,
            "kind": "departed" if zone is None else "moved",
            "from_zone": former,
            "to_zone": zone,
            "late": late,
            "heard": (HEARD,),
            "scores": {zone: -51.5} if zone else {},
        }
        return Movement(**(fields | more))
