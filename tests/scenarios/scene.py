"""A small site as a site file says it, and what happens there, in the seconds of a scenario."""

from collections.abc import Sequence
from typing import Any

import msgspec

from alerts.alert import Alert, AlertChange, Event, Notice, state_of
from alerts.changes import (
    AcknowledgeAlert,
    ResetAlert,
    ShelveAlert,
    ShelveRule,
    StartDrill,
    UnshelveAlert,
)
from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, GatewayStarted, Observed, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Pipeline, PipelineState
from history.outputs import Output
from inventory.assets import Asset
from inventory.changes import CheckIn, CheckOut, Outcome, RevokeCheckOut, StoreAssets
from readers.health import HealthState, ReaderHealth
from tags.reads import Fix, Measurement, Read
from tags.times import SECOND_NS
from zones.movements import Crossing, Movement

T0_NS = 1_790_000_000 * SECOND_NS

SITE = """
site: {{name: Test, timezone: {timezone}}}
floors: [{{name: ground, size_m: [400, 400]}}]
zones:
  - {{name: F, floor: ground, polygon: {fence}, margin_m: 2, cross: {cross}}}
  - {{name: hall, absent_after_s: 300}}
  - {{name: bay, parent: hall}}
  - {{name: next door, parent: hall}}
  - {{name: office, absent_after_s: 300}}
  - {{name: vault}}
  - {{name: yard}}
  - {{name: G1, role: exit}}
  - {{name: G2, role: exit}}
readers:
  - {{name: gps, driver: http, format: tagwarden}}
  - name: r
    driver: llrp
    address: 127.0.0.1:5084
    antennas: {{1: {{zone: hall}}, 2: {{zone: G1}}, 3: {{zone: G2}}, 4: {{zone: vault}}}}
  - name: s
    driver: llrp
    address: 127.0.0.1:5085
    antennas: {{1: {{zone: bay}}, 2: {{zone: next door}}, 3: {{zone: office}}, 4: {{zone: yard}}}}
channels: [{{name: guards, kind: log}}, {{name: chief, kind: log}}]
schedules: [{{name: night, windows: [{{from: "18:00", to: "06:00"}}]}}]
rules:
{rules}
"""
FENCE = "[[0, 0], [100, 0], [100, 100], [0, 100]]"
INSIDE = "{category: van}"
VANS = "  - {name: vans stay in, kind: exit, assets: {category: van}, fence: [F], notify: [guards]}"
LAPTOPS = (
    "  - {name: laptops stay in, kind: exit, assets: {category: laptop},"
    " fence: [hall, office, vault], notify: [guards], flap_window_s: 60}"
)

HALL, G1, G2, VAULT = ("r", 1), ("r", 2), ("r", 3), ("r", 4)
BAY, NEXT_DOOR, OFFICE, YARD = ("s", 1), ("s", 2), ("s", 3), ("s", 4)

VAN = Asset(id="van", category="van", tags=("gps:van",))
LAPTOP = Asset(id="laptop", category="laptop", group="north", tags=("a1",))
BADGE = Asset(id="badge", category="badge", group="north", tags=("b2",))
THINGS = (VAN, LAPTOP, BADGE)


def site(
    *rules: str, fence: str = FENCE, timezone: str = "UTC", cross: bool = False, **extra: str
) -> str:
    """The text of the site file with these rules."""
    text = SITE.format(
        fence=fence, rules="\n".join(rules), timezone=timezone, cross=str(cross).lower()
    )
    for key, value in extra.items():
        text += f"{key}: {value}\n"
    return text


class Scene:
    """A pipeline at the site, and what it has told; `t0_ns` is second 0."""

    def __init__(
        self, text: str, assets: tuple[Asset, ...] = THINGS, *, t0_ns: int = T0_NS
    ) -> None:
        self.t0_ns = t0_ns
        self.pipeline = Pipeline(stored_blueprint)
        self.outputs: list[Output] = []
        self._seq = 0
        self.take(SiteChanged(t0_ns, "test", "v1", text))
        self.take(StoreAssets(arrival_ns=t0_ns, by="test", assets=assets))
        self.take(GatewayStarted(t0_ns, None))
        for name in ("r", "s"):
            self.health(name, "online", 0)

    # What happens

    def at(self, seconds: float) -> int:
        return self.t0_ns + round(seconds * SECOND_NS)

    def take(self, entry: Entry) -> Outcome | None:
        decisions = self.pipeline.advance([entry])
        self.outputs += [numbered.output for numbered in decisions.outputs]
        return decisions.outcomes.get(0)

    def wait_until(self, seconds: float) -> None:
        self.take(Tick(self.at(seconds)))

    def fix(  # noqa: PLR0913 - what a tracker may say
        self,
        seconds: float,
        x_m: float,
        y_m: float = 50.0,
        *,
        arrival_s: float | None = None,
        accuracy_m: float | None = None,
        tag: str = "gps:van",
    ) -> None:
        arrival_ns = self.at(seconds if arrival_s is None else arrival_s)
        found = Fix(tag, "gps", self.at(seconds), arrival_ns, x_m, y_m, accuracy_m=accuracy_m)
        self.take(Observed(arrival_ns, [found]))

    def read(
        self,
        seconds: float,
        point: tuple[str, int],
        *,
        tag: str = "a1",
        rssi_dbm: float = -50.0,
        arrival_s: float | None = None,
    ) -> None:
        """A read, and an instant in which nothing more arrives with it."""
        arrival_ns = self.at(seconds if arrival_s is None else arrival_s)
        reads = [Read(tag, *point, self.at(seconds), arrival_ns, rssi_dbm)]
        self.hear(reads)

    def hear(self, reads: Sequence[Read]) -> None:
        self._seq += 1
        self.take(ReadGroup("local", self._seq, list(reads)))
        self.take(Tick(self.pipeline.state.now_ns + 1))

    def stay(
        self, first_s: float, until_s: float, point: tuple[str, int], *, tag: str = "a1"
    ) -> None:
        """Read four times a second."""
        for quarter in range(round((until_s - first_s) * 4)):
            self.read(first_s + quarter / 4, point, tag=tag)

    def measure(self, seconds: float, value: float, sensor: str = "fridge") -> None:
        arrival_ns = self.at(seconds)
        told = Measurement(sensor, "temperature", value, "°C", arrival_ns, arrival_ns)
        self.take(Observed(arrival_ns, [], [told]))

    def health(self, reader: str, state: HealthState, seconds: float) -> None:
        self.take(ReaderHealth(reader=reader, state=state, since_ns=self.at(seconds)))

    def edit(self, seconds: float, text: str, version: str) -> None:
        self.take(SiteChanged(self.at(seconds), "test", version, text))

    def restart(self, died_s: float, started_s: float) -> None:
        """What was committed until it died is read back by another process."""
        self.wait_until(died_s)
        blob = msgspec.msgpack.encode(self.pipeline.state)
        state = msgspec.msgpack.decode(blob, type=PipelineState)
        self.pipeline = Pipeline(stored_blueprint, state)
        self.take(GatewayStarted(self.at(started_s), self.at(died_s)))
        for name in ("r", "s"):
            self.health(name, "online", started_s)

    # What people do

    def acknowledge(self, seconds: float, note: str = "", by: str = "ann") -> Outcome | None:
        alert = self.alert.id
        return self.take(
            AcknowledgeAlert(arrival_ns=self.at(seconds), by=by, alert=alert, note=note)
        )

    def reset(self, seconds: float) -> Outcome | None:
        return self.take(ResetAlert(arrival_ns=self.at(seconds), by="ann", alert=self.alert.id))

    def shelve(self, seconds: float, until_s: float, reason: str = "known") -> Outcome | None:
        change = ShelveAlert(
            arrival_ns=self.at(seconds),
            by="ann",
            alert=self.alert.id,
            until_ns=self.at(until_s),
            reason=reason,
        )
        return self.take(change)

    def unshelve(self, seconds: float) -> Outcome | None:
        return self.take(UnshelveAlert(arrival_ns=self.at(seconds), by="ann", alert=self.alert.id))

    def shelve_rule(
        self, seconds: float, until_s: float, rule: str, reason: str = "known", subject: str = ""
    ) -> Outcome | None:
        change = ShelveRule(
            arrival_ns=self.at(seconds),
            by="ann",
            rule=rule,
            until_ns=self.at(until_s),
            reason=reason,
            subject=subject,
        )
        return self.take(change)

    def drill(self, seconds: float, until_s: float) -> Outcome | None:
        until_ns = self.at(until_s)
        return self.take(
            StartDrill(arrival_ns=self.at(seconds), by="ann", until_ns=until_ns, reason="test")
        )

    def check_out(self, made_s: float, from_s: float, until_s: float, **more: Any) -> None:  # noqa: ANN401 -- what a check-out may say
        terms: dict[str, Any] = {"id": "out-1", "person": "ann", "asset": "laptop"} | more
        outcome = self.take(
            CheckOut(
                arrival_ns=self.at(made_s),
                by="bob",
                from_ns=self.at(from_s),
                until_ns=self.at(until_s),
                **terms,
            )
        )
        assert outcome is not None
        assert outcome.refused is None, outcome

    def check_in(self, seconds: float) -> None:
        self.take(CheckIn(arrival_ns=self.at(seconds), by="bob", id="out-1"))

    def revoke(self, seconds: float) -> None:
        change = RevokeCheckOut(arrival_ns=self.at(seconds), by="bob", id="out-1", reason="lost")
        self.take(change)

    # What was told

    @property
    def changes(self) -> list[AlertChange]:
        """Of the site's own rules, and of the system's rule `overdue`."""
        found = [each for each in self.outputs if isinstance(each, AlertChange)]
        quiet = {"system: blind", "system: clock", "system: offline"}
        return [each for each in found if each.alert.rule not in quiet]

    @property
    def story(self) -> list[str]:
        return [change.transition for change in self.changes]

    @property
    def raised(self) -> list[Alert]:
        return [change.alert for change in self.changes if change.transition == "raised"]

    @property
    def alert(self) -> Alert:
        return self.changes[-1].alert

    @property
    def state(self) -> str:
        return state_of(self.alert)

    @property
    def deliveries(self) -> list[tuple[str, str, float]]:
        """Channel, what it is told, and when."""
        return [
            (channel, change.announces or change.transition, self.seconds(change.at_ns))
            for change in self.changes
            for channel in change.notify
        ]

    @property
    def events(self) -> list[Event]:
        return [each for each in self.outputs if isinstance(each, Event)]

    @property
    def notices(self) -> list[Notice]:
        return [each for each in self.outputs if isinstance(each, Notice)]

    @property
    def movements(self) -> list[Movement]:
        return [each for each in self.outputs if isinstance(each, Movement)]

    @property
    def crossings(self) -> list[Crossing]:
        return [each for each in self.outputs if isinstance(each, Crossing)]

    def seconds(self, time_ns: int) -> float:
        return (time_ns - self.t0_ns) / SECOND_NS
