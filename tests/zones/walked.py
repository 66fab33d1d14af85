"""A gate of four antennas at the corners of a square, and a tag that is carried through it.

The reads follow from where the tag is: levels from the distances, phases from them and from a
channel that hops five times a second; the antennas take turns. Nothing is random.
"""

from collections.abc import Callable, Iterable, Sequence
from math import dist, log10, pi

from msgspec.structs import replace

from readers.settings import AntennaSettings, ReaderSettings
from tags.reads import Read
from tags.times import SECOND_NS
from tests.zones.made import at
from zones.direction import INSIDE, OUTSIDE, Sight
from zones.floorplan import FloorPlan
from zones.gates import PortalState
from zones.movements import Crossing
from zones.passages import Passages
from zones.portal_settings import PortalSettings

SIZE_M = 4.0
ANTENNAS = {1: (0.0, 0.0), 4: (SIZE_M, 0.0), 2: (0.0, SIZE_M), 3: (SIZE_M, SIZE_M)}
IN, OUT = (1, 4), (2, 3)
TURN_S = 0.025
HOP_S = 0.2
WAVELENGTH_M = 0.328

LAST_S = 6 - 0.025
"""When a walk of six seconds is read last."""

Path = Callable[[float], tuple[float, float]]
"""Place by the share of the time that is over."""


def out(share: float) -> tuple[float, float]:
    return SIZE_M / 2, 0.3 + share * (SIZE_M - 0.6)


def back(share: float) -> tuple[float, float]:
    return out(1 - share)


def turned(share: float) -> tuple[float, float]:
    """To the middle of the gate, and back again."""
    return out(0.5 - abs(share - 0.5))


def across(share: float) -> tuple[float, float]:
    """From one antenna's corner to the opposite one: the levels are plain."""
    return 0.4 + 3.2 * share, 0.4 + 3.2 * share


def beside(_: float) -> tuple[float, float]:
    return SIZE_M / 2, 0.5


def walk(path: Path, start_s: float = 0.0, seconds: float = 6.0, tag: str = "a") -> list[Read]:
    """What the reader says of a tag on its way."""
    count = round(seconds / TURN_S)
    return [
        _read(tag, (1, 2, 3, 4)[turn % 4], start_s + turn * TURN_S, path(turn / count))
        for turn in range(count)
    ]


def _read(tag: str, antenna: int, seconds: float, place: tuple[float, float]) -> Read:
    away_m = dist(ANTENNAS[antenna], place)
    hop = int(seconds / HOP_S)
    phase_rad = (1.7 * hop + antenna - 4 * pi * away_m / WAVELENGTH_M) % (2 * pi)
    return Read(
        tag=tag,
        reader="r",
        antenna=antenna,
        time_ns=at(seconds),
        arrival_ns=at(seconds),
        rssi_dbm=-45 - 40 * log10(away_m),
        phase_rad=phase_rad,
        channel=1 + hop % 50,
    )


def plain(reads: Iterable[Read]) -> list[Read]:
    """The same from a reader that reports neither phase nor channel."""
    return [replace(each, phase_rad=None, channel=None) for each in reads]


def sights(reads: Iterable[Read]) -> list[Sight]:
    return [
        Sight(
            time_ns=each.time_ns,
            side=INSIDE if each.antenna in IN else OUTSIDE,
            point=each.antenna,
            rssi_cdb=None if each.rssi_dbm is None else round(each.rssi_dbm * 100),
            phase_rad=each.phase_rad,
            channel=each.channel,
            count=each.count,
        )
        for each in reads
    ]


def portal(name: str = "gate", **changes: object) -> PortalSettings:
    sides = {"inside": [f"r/{n}" for n in IN], "outside": [f"r/{n}" for n in OUT]}
    return PortalSettings.model_validate({"name": name, **sides, **changes})


def gate_plan(*portals: PortalSettings) -> FloorPlan:
    reader = ReaderSettings(
        name="r", driver="llrp", antennas={n: AntennaSettings() for n in ANTENNAS}
    )
    return FloorPlan((), [reader], None, portals or (portal(),))


class Watched:
    """Passages with all that they told."""

    def __init__(self, plan: FloorPlan | None = None, state: PortalState | None = None) -> None:
        self.plan = plan or gate_plan()
        self.state: PortalState = {} if state is None else state
        self.passages = Passages(self.state, self.plan.portals)
        self.told: list[Crossing] = []

    def hear(self, reads: Sequence[Read]) -> None:
        """Take reads in, in order of arrival; each time decides what is due by then."""
        for each in sorted(reads, key=lambda read: read.arrival_ns):
            self._decide(each.arrival_ns)
            self.passages.take(each, each.time_ns, self.plan.point((each.reader, each.antenna)))

    def wait_until(self, seconds: float) -> None:
        self._decide(at(seconds))

    @property
    def directions(self) -> list[str]:
        return [each.direction for each in self.told]

    def _decide(self, now_ns: int) -> None:
        while (at_ns := self.passages.next_ns()) is not None and at_ns <= now_ns:
            self.told += self.passages.take_due(at_ns)


def upload(reads: Iterable[Read], arrival_s: float) -> list[Read]:
    """The same reads, kept back until they come all at once."""
    return [replace(each, arrival_ns=at(arrival_s)) for each in reads]


def delayed(reads: Sequence[Read], delays_s: Sequence[float]) -> list[Read]:
    """The same reads, each a little later; the delays are taken in turn."""
    return [
        replace(each, arrival_ns=each.arrival_ns + round(delays_s[n % len(delays_s)] * SECOND_NS))
        for n, each in enumerate(reads)
    ]


def told_of(reads: Sequence[Read], until_s: float = 1000.0) -> list[Crossing]:
    """What is told of reads, and of the time after them."""
    watched = Watched()
    watched.hear(reads)
    watched.wait_until(until_s)
    return watched.told
