"""The building of a facility day: halls, offices, doors, a gate, a yard, and sixteen readers."""

from dataclasses import dataclass
from typing import NamedTuple

from simulators.layout import Antenna, Layout, Point, Zone, box, facing
from simulators.radio import BEAM_DB

WALL_DB = 15.0
CEILING_M = 4.0
CEILING_BEAM_DB = 6.0
DOOR_RSSI_DBM_MIN = -70
GATE_RSSI_DBM_MIN = -66
YARD_RSSI_DBM_MIN = -76
DOOR_SPAN_M = 6.0
"""So far to both sides of a door its antennas hear what goes through."""

INDOORS = (
    Zone("hall-a", box(0, 0, 24, 24)),
    Zone("hall-b", box(24, 0, 48, 24)),
    Zone("hall-c", box(48, 0, 72, 24)),
    Zone("hall-d", box(72, 0, 96, 24)),
    Zone("office-1", box(0, 24, 16, 36)),
    Zone("office-2", box(16, 24, 32, 36)),
    Zone("lab", box(32, 24, 48, 36)),
    Zone("workshop", box(48, 24, 72, 36)),
    Zone("lobby", box(72, 24, 96, 36)),
)
YARD = Zone("yard", box(0, -30, 96, 0))
GATE = Zone("gate", box(96, 26, 102, 34), "exit")


class Door(NamedTuple):
    """A way out: through a portal, or through the gate, which is a zone of role exit.

    `way` leads out, from where the door is first heard to where it no longer is; `line` is the
    place at which a thing is out.
    """

    name: str
    reader: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    to_zone: str
    line: Point
    way: tuple[Point, ...]

    @property
    def is_portal(self) -> bool:
        """Whether it has two sides; the gate has only the outer one."""
        return bool(self.inside)


@dataclass(frozen=True, slots=True)
class DaySite:
    """All that is installed."""

    layout: Layout
    doors: tuple[Door, ...]

    @property
    def indoors(self) -> tuple[Zone, ...]:
        """The zones in which things may be."""
        return INDOORS


def day_site() -> DaySite:
    """The one building of a facility day."""
    ceilings = [
        antenna
        for zone in INDOORS
        for antenna in _ceiling(zone, range(1, 3) if zone.name == "lobby" else range(1, 5))
    ]
    yards = [*_yard("yard-1", 24.0), *_yard("yard-2", 72.0)]
    doors = [_dock(number, x_m) for number, x_m in enumerate((12.0, 36.0, 60.0, 84.0), start=1)]
    docks = [antenna for door in doors for antenna in _dock_antennas(door)]
    antennas = (*ceilings, *docks, *_gate_antennas(), *yards)
    layout = Layout((110.0, 66.0), (*INDOORS, YARD, GATE), antennas, WALL_DB)
    return DaySite(layout, (*doors, _gate()))


def parking_spots(antenna: Antenna, reach_m: float) -> tuple[float, float, float, float]:
    """Where things are parked under an antenna: x0, y0, x1, y1."""
    x_m, y_m, _ = antenna.at_m
    return (x_m - reach_m, y_m - reach_m, x_m + reach_m, y_m + reach_m)


def _ceiling(zone: Zone, numbers: range) -> list[Antenna]:
    """Antennas under the ceiling, one over the middle of each quarter (or half) of a zone."""
    (x0, y0), _, (x1, y1), _ = zone.polygon
    columns = 2
    rows = len(numbers) // columns
    return [
        Antenna(
            reader=zone.name,
            number=number,
            zone=zone.name,
            at_m=(
                x0 + (x1 - x0) * (0.25 + 0.5 * ((number - 1) % columns)),
                y0 + (y1 - y0) * (0.25 + 0.5 * ((number - 1) // columns) if rows > 1 else 0.5),
                CEILING_M,
            ),
            boresight=(0.0, 0.0, -1.0),
            beam_db=CEILING_BEAM_DB,
        )
        for number in numbers
    ]


def _yard(reader: str, x_m: float) -> list[Antenna]:
    return [
        Antenna(
            reader=reader,
            number=number,
            zone=YARD.name,
            at_m=(x_m + (number - 2.5) * 9, -20.0, CEILING_M),
            boresight=(0.0, 0.0, -1.0),
            beam_db=CEILING_BEAM_DB,
            rssi_dbm_min=YARD_RSSI_DBM_MIN,
        )
        for number in range(1, 5)
    ]


def _dock(number: int, x_m: float) -> Door:
    reader = f"dock-{number}"
    return Door(
        name=f"door-{number}",
        reader=reader,
        inside=(f"{reader}/1", f"{reader}/2"),
        outside=(f"{reader}/3", f"{reader}/4"),
        to_zone=YARD.name,
        line=(x_m, 0.0),
        way=((x_m, DOOR_SPAN_M), (x_m, -DOOR_SPAN_M)),
    )


def _dock_antennas(door: Door) -> list[Antenna]:
    """Four in the corners of the doorway, two facing in, two facing out."""
    x_m = door.line[0]
    hall = next(zone.name for zone in INDOORS if zone.contains((x_m, 1.0)))
    return [
        Antenna(
            reader=door.reader,
            number=number,
            zone=zone,
            at_m=(x_m + across_m, side * 1.2, 2.5),
            boresight=facing(-across_m / 4, side, -0.5),
            beam_db=BEAM_DB,
            rssi_dbm_min=None if side > 0 else DOOR_RSSI_DBM_MIN,
        )
        for number, across_m, side, zone in (
            (1, -2.0, 1.0, hall),
            (2, 2.0, 1.0, hall),
            (3, -2.0, -1.0, YARD.name),
            (4, 2.0, -1.0, YARD.name),
        )
    ]


def _gate() -> Door:
    return Door(
        name=GATE.name,
        reader="gate-1",
        inside=(),
        outside=("gate-1/1", "gate-1/2"),
        to_zone=GATE.name,
        line=(96.0, 30.0),
        way=((90.0, 30.0), (108.0, 30.0)),
    )


def _gate_antennas() -> list[Antenna]:
    above = [
        Antenna("gate-1", n, GATE.name, (x_m, 30.0, 3.0), (0, 0, -1), BEAM_DB, GATE_RSSI_DBM_MIN)
        for n, x_m in ((1, 98.0), (2, 100.0))
    ]
    lobby = [
        Antenna("gate-1", n, "lobby", (x_m, 30.0, 3.0), (0, 0, -1), CEILING_BEAM_DB)
        for n, x_m in ((3, 82.0), (4, 92.0))
    ]
    return [*above, *lobby]
