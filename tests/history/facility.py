"""A small invented day in batches, as every history store gets it."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from alerts.alert import Acknowledgement, Alert, AlertChange
from history.decisions import read_decisions
from history.outputs import Numbered, Output, ZonesChanged
from history.record import record_outputs
from history.sightings import SLOT_S, Sighting, SightingBatch
from history.state import open_in_memory
from history.store import HistoryBatch, Visit
from tags.reads import Fix, Measurement
from tags.times import SECOND_NS
from tests.history.made import T0_NS, alert, at, crossing, movement, raised, transaction

ZONES = ("hall", "gate", "cold store", "yard")
ANTENNAS = {("gate-1", 1): "gate", ("gate-1", 2): "yard", ("hall-1", 1): "hall"}
DAY_NS = 86_400 * SECOND_NS


class Teller:
    """Numbers outputs and makes the batches that a store gets of them."""

    def __init__(self) -> None:
        self._state = open_in_memory()
        self._seq = 0
        self._position = 0

    def tell(
        self,
        *outputs: Output,
        sightings: Sequence[Sighting] = (),
        fixes: Sequence[Fix] = (),
        measurements: Sequence[Measurement] = (),
    ) -> HistoryBatch:
        """The next batch: outputs, what stands after them, and what was heard."""
        after = self._seq
        numbered = [Numbered(after + n, output) for n, output in enumerate(outputs, start=1)]
        self._seq += len(numbered)
        self._position += 1
        with transaction(self._state):
            record_outputs(self._state, numbered)
            told = read_decisions(self._state, after, None, 1_000_000).batch
        return replace(
            told,
            position=self._position,
            outputs=numbered,
            sightings=sightings,
            fixes=fixes,
            measurements=measurements,
            zones=ANTENNAS,
        )

    def visits(self) -> list[Visit]:
        """All visits as they stand, in the order they began to be known."""
        rows = self._state.execute(
            "SELECT id, tag, asset, zone, from_ns, to_ns, ended FROM visits ORDER BY id"
        )
        names = Visit.__struct_fields__
        return [Visit(**dict(zip(names, row, strict=True))) for row in rows]

    def close(self) -> None:
        self._state.close()


class Day(NamedTuple):
    """The batches of a day, and all that a store has to know after them."""

    batches: list[HistoryBatch]
    visits: list[Visit]
    alerts: dict[str, Alert]
    sightings: list[Sighting]
    fixes: list[Fix]
    measurements: list[Measurement]


def sighting(tag: str, time_ns: int, reader: str = "gate-1", antenna: int = 1) -> Sighting:
    return Sighting(
        slot_s=time_ns // (SLOT_S * SECOND_NS) * SLOT_S,
        tag=tag,
        reader=reader,
        antenna=antenna,
        first_ns=time_ns,
        last_ns=time_ns + 250_000_000,
        count=3,
        rssi_dbm_max=-51.5,
        rssi_dbm_sum=-156.0,
        rssi_reads=3,
    )


def measured(value: float, time_ns: int, sensor: str = "cold-1", unit: str = "°C") -> Measurement:
    return Measurement(sensor, "temperature", value, unit, time_ns, time_ns + 40_000_000)


def fix(tag: str, time_ns: int, x_m: float = 4.25) -> Fix:
    return Fix(tag, "uwb", time_ns, time_ns + 40_000_000, x_m=x_m, y_m=2.5, accuracy_m=0.5)


def invented_day(seed: int = 1, hours: int = 24, moves_an_hour: int = 6) -> Day:
    """Tags wander from T0 on; one visit lasts all day, a zone is renamed, alerts come and go."""
    random, teller = Random(seed), Teller()
    wandering = _Wandering(random)
    batches = [teller.tell(movement("pallet", None, "yard", at(1)))]
    for hour in range(hours):
        begin_ns = T0_NS + hour * 3600 * SECOND_NS
        outputs = wandering.hour(begin_ns, moves_an_hour)
        if hour == hours // 2:
            outputs.append(ZonesChanged({"yard": "apron"}, (), begin_ns + 3599 * SECOND_NS))
            wandering.rename("yard", "apron")
        times = sorted(begin_ns + random.randrange(3600) * SECOND_NS for _ in range(8))
        heard = _heard(random, times)
        batches.append(
            teller.tell(
                *outputs,
                sightings=heard.sightings,
                fixes=heard.fixes,
                measurements=heard.measurements,
            )
        )
    day = Day(
        batches,
        teller.visits(),
        wandering.alerts,
        [each for batch in batches for each in batch.sightings],
        [each for batch in batches for each in batch.fixes],
        [each for batch in batches for each in batch.measurements],
    )
    teller.close()
    return day


def _heard(random: Random, times: Sequence[int]) -> SightingBatch:
    slots = {time_ns // (SLOT_S * SECOND_NS): time_ns for time_ns in times}.values()
    return SightingBatch(
        0,
        [sighting(random.choice(_TAGS), time_ns) for time_ns in slots],
        [fix("tracker", time_ns, random.randrange(80) / 4) for time_ns in slots],
        [measured(random.randrange(-80, 80) / 4, time_ns) for time_ns in slots],
    )


_TAGS = tuple(f"aa{number:02}" for number in range(6))


class _Wandering:
    """Where the tags are, and which alert is open."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._zones: list[str] = list(ZONES)
        self._where: dict[str, str | None] = dict.fromkeys(_TAGS)
        self.alerts: dict[str, Alert] = {}

    def rename(self, former: str, now: str) -> None:
        self._zones[self._zones.index(former)] = now
        for tag, zone in self._where.items():
            if zone == former:
                self._where[tag] = now

    def hour(self, begin_ns: int, moves: int) -> list[Output]:
        outputs: list[Output] = []
        for n in range(moves):
            time_ns = begin_ns + (n * 3000 // moves + self._random.randrange(60)) * SECOND_NS
            outputs += self._move(self._random.choice(_TAGS), time_ns)
        return [*outputs, *self._alert(begin_ns + 3300 * SECOND_NS)]

    def _move(self, tag: str, time_ns: int) -> list[Output]:
        former = self._where[tag]
        ways = [zone for zone in (*self._zones, None) if zone != former]
        self._where[tag] = self._random.choice(ways)
        moved = movement(tag, former, self._where[tag], time_ns, asset=f"asset {tag}")
        if self._random.random() < 0.5:
            return [moved]
        return [crossing(tag, "door", time_ns, asset=f"asset {tag}"), moved]

    def _alert(self, time_ns: int) -> list[Output]:
        """Raise one, or take the open one a step further."""
        newest = next(reversed(self.alerts.values()), None)
        if newest is None or newest.cleared:
            name = f"al-{len(self.alerts)}"
            fresh = replace(alert(name, asset=name), time_ns=time_ns, raised_at_ns=time_ns)
            change = raised(fresh)
        elif newest.acknowledged is None:
            taken = Acknowledgement("guard", time_ns, "on my way")
            change = AlertChange("acknowledged", replace(newest, acknowledged=taken), time_ns)
        else:
            change = AlertChange("cleared", replace(newest, cleared=True), time_ns)
        self.alerts[change.alert.id] = change.alert
        return [change]
