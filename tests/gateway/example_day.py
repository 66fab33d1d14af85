"""A day at the site of an example file: what is heard there, and which alerts that makes."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alerts.alert import Alert, AlertChange, state_of
from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, GatewayStarted, Observed, ReadGroup, SiteChanged, Tick
from gateway.pipeline import Pipeline
from gateway.site import Site, parse_site
from inventory.assets import Asset
from inventory.changes import StoreAssets
from readers.driver import AntennaState
from readers.health import HealthState, ReaderHealth
from tags.reads import Fix, Measurement, Read
from tags.times import SECOND_NS

CONFIG = Path(__file__).parents[2] / "config"
SECRETS = {
    "GUARDS_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "MAIL_PASSWORD": "not a secret",
    "MQTT_PASSWORD": "not a secret",
}
READS_PER_S = 2

Point = tuple[str, int]


def example(name: str) -> Site:
    """An example site file, with secrets that are none."""
    text = (CONFIG / name).read_text(encoding="utf-8")
    return parse_site(text, name, SECRETS)


def local_ns(*moment: int, zone: str = "Europe/Berlin") -> int:
    """When the clock on the wall shows year, month, day, hour."""
    year, month, day, hour = moment
    return round(datetime(year, month, day, hour, tzinfo=ZoneInfo(zone)).timestamp()) * SECOND_NS


class Told(NamedTuple):
    """An alert as its channels hear of it."""

    rule: str
    subject: str
    channels: tuple[str, ...]


class Day:
    """A pipeline at the site, all of whose readers are online at second 0; times are seconds."""

    def __init__(self, name: str, *assets: Asset, t0_ns: int = local_ns(2026, 11, 25, 10)) -> None:
        site = example(name)
        self.t0_ns = t0_ns
        self.pipeline = Pipeline(stored_blueprint)
        self.changes: list[AlertChange] = []
        self._seq = 0
        self._take(SiteChanged(t0_ns, "test", site.version, site.text))
        self._take(StoreAssets(arrival_ns=t0_ns, by="test", assets=assets))
        self._take(GatewayStarted(t0_ns, None))
        for reader in site.settings.readers:
            antennas: dict[int, AntennaState] = dict.fromkeys(reader.antennas, "connected")
            self.health(0, reader.name, "online", antennas)

    # What happens

    def health(
        self, at_s: float, reader: str, state: HealthState, antennas: dict[int, AntennaState]
    ) -> None:
        """A reader and its antennas are so."""
        since_ns = self._ns(at_s)
        self._take(ReaderHealth(reader=reader, state=state, since_ns=since_ns, antennas=antennas))

    def hear(self, from_s: float, until_s: float, point: Point, *tags: str) -> None:
        """An antenna reads these tags, twice a second."""
        for step in range(round((until_s - from_s) * READS_PER_S)):
            now_ns = self._ns(from_s + step / READS_PER_S)
            self._seq += 1
            reads = [Read(tag, *point, now_ns, now_ns, -50.0) for tag in tags]
            self._take(ReadGroup("local", self._seq, reads))
            self._take(Tick(self.pipeline.state.now_ns + 1))

    def locate(self, at_s: float, source: str, tag: str, x_m: float, y_m: float) -> None:
        """A tracker is there, in metres."""
        now_ns = self._ns(at_s)
        self._take(Observed(now_ns, [Fix(tag, source, now_ns, now_ns, x_m, y_m, accuracy_m=1)]))

    def measure(
        self, at_s: float, sensor: str, quantity: str, value: float, unit: str = ""
    ) -> None:
        """A sensor says a value."""
        now_ns = self._ns(at_s)
        self._take(
            Observed(now_ns, [], [Measurement(sensor, quantity, value, unit, now_ns, now_ns)])
        )

    def wait_until(self, at_s: float) -> None:
        self._take(Tick(self._ns(at_s)))

    # What was told

    @property
    def told(self) -> list[Told]:
        """Each alert that was raised, and whom that was told."""
        return [
            Told(change.alert.rule, change.alert.subject, change.notify)
            for change in self.changes
            if change.transition == "raised"
        ]

    @property
    def escalated(self) -> list[tuple[float, tuple[str, ...]]]:
        """When somebody was called again, and who."""
        steps = [change for change in self.changes if change.transition == "escalated"]
        return [((step.at_ns - self.t0_ns) / SECOND_NS, step.notify) for step in steps]

    @property
    def alert(self) -> Alert:
        """The last one that something happened to."""
        return self.changes[-1].alert

    @property
    def state(self) -> str:
        return state_of(self.alert)

    def raised_at(self, rule: str) -> float:
        """When a rule raised its first alert."""
        return next(
            (change.at_ns - self.t0_ns) / SECOND_NS
            for change in self.changes
            if change.transition == "raised" and change.alert.rule == rule
        )

    def _ns(self, at_s: float) -> int:
        return self.t0_ns + round(at_s * SECOND_NS)

    def _take(self, entry: Entry) -> None:
        outputs = self.pipeline.advance([entry]).outputs
        self.changes += [
            numbered.output for numbered in outputs if isinstance(numbered.output, AlertChange)
        ]
