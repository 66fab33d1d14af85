"""The depot of `tagwarden demo`: two floors, what is where on them, and what hears it.

Lengths are metres. The radio knows one plane, on which the first floor lies beside the ground
floor, out of its hearing; `on_floor` says where a point of that plane is in the building.
"""

from typing import Final, NamedTuple

from simulators.layout import Antenna, Layout, Point, Vector, Zone, box, facing
from simulators.radio import BEAM_DB

GROUND: Final = "Ground"
FIRST: Final = "First"
FLOOR_SIZE_M: Final = (90.0, 60.0)
BUILDING: Final = (2.0, 12.0, 78.0, 58.0)
"""Its outer walls: left, bottom, right and top."""

FIRST_EAST_M: Final = 120.0
"""So far to the right of itself lies the first floor in the plane of the radio."""

GATE: Final = "Gate B"
GATE_BEAM_DB: Final = 30.0
_DOWN_A_LITTLE: Final = -0.3
_HEIGHT_M: Final = 2.0


class Room(NamedTuple):
    """A zone as the site file names it, in metres on its own floor."""

    name: str
    floor: str
    role: str
    polygon: tuple[Point, ...]


# fmt: off
ROOMS: Final = (
    Room("Charging bay", GROUND, "service", box(2, 47, 16, 58)),
    Room("Packing", GROUND, "service", box(16, 47, 50, 58)),
    Room("Cold store", GROUND, "storage", box(50, 47, 78, 58)),
    Room("Racks A", GROUND, "storage", box(2, 27, 26, 47)),
    Room("Racks B", GROUND, "storage", box(26, 27, 50, 47)),
    Room("Bulk", GROUND, "storage", box(50, 27, 62, 47)),
    Room("High-value cage", GROUND, "storage", box(62, 36, 78, 47)),
    Room("Workshop", GROUND, "service", box(62, 27, 78, 36)),
    Room("Aisle", GROUND, "transit", box(2, 24, 78, 27)),
    Room("Receiving", GROUND, "receiving", box(2, 12, 26, 24)),
    Room("Dispatch", GROUND, "shipping", box(26, 12, 60, 24)),
    Room("Security lobby", GROUND, "transit", box(60, 12, 78, 24)),
    Room(GATE, GROUND, "exit", box(78, 13, 84, 23)),
    Room("Yard", GROUND, "shipping", box(2, 1, 78, 12)),
    Room("Open office", FIRST, "service", box(2, 47, 54, 58)),
    Room("Test lab", FIRST, "service", box(54, 47, 78, 58)),
    Room("IT store", FIRST, "storage", box(54, 33, 78, 47)),
    Room("Landing", FIRST, "transit",
         ((50, 12), (78, 12), (78, 33), (54, 33), (54, 47), (50, 47))),
)

# Reader and number, zone, where it hangs, where it looks.
_HUNG: Final = (
    ("R-01", 1, "Receiving", (8, 13.5), (0, 1)), ("R-01", 2, "Receiving", (20, 13.5), (0, 1)),
    ("R-01", 3, "Yard", (17, 7), (-1, 0)), ("R-01", 4, "Charging bay", (9, 57), (0, -1)),
    ("R-02", 1, "Racks A", (6.75, 28.2), (0, 1)), ("R-02", 2, "Racks A", (17.55, 28.2), (0, 1)),
    ("R-02", 3, "Racks A", (10.35, 45.8), (0, -1)), ("R-02", 4, "Racks A", (21.15, 45.8), (0, -1)),
    ("R-03", 1, "Racks B", (30.75, 28.2), (0, 1)), ("R-03", 2, "Racks B", (41.55, 28.2), (0, 1)),
    ("R-03", 3, "Racks B", (34.35, 45.8), (0, -1)), ("R-03", 4, "Racks B", (45.15, 45.8), (0, -1)),
    ("R-04", 1, "Bulk", (51, 39), (1, 0)), ("R-04", 2, "Bulk", (51, 31), (1, 0)),
    ("R-04", 3, "High-value cage", (76.8, 41.5), (-1, 0)),
    ("R-04", 4, "Workshop", (76.8, 31.5), (-1, 0)),
    ("R-05", 1, "Packing", (24, 57), (0, -1)), ("R-05", 2, "Packing", (40, 57), (0, -1)),
    ("R-05", 3, "Cold store", (58, 57), (0, -1)), ("R-05", 4, "Cold store", (71, 57), (0, -1)),
    ("R-06", 1, "Dispatch", (32, 13.5), (0, 1)), ("R-06", 2, "Dispatch", (44, 13.5), (0, 1)),
    ("R-06", 3, "Dispatch", (55, 13.5), (0, 1)), ("R-06", 4, "Yard", (41, 7), (-1, 0)),
    ("R-07", 4, "Aisle", (76.8, 25.5), (-1, 0)),
    ("R-08", 1, "IT store", (60, 46), (0, -1)), ("R-08", 2, "IT store", (72, 46), (0, -1)),
    ("R-08", 3, "Test lab", (60, 57), (0, -1)), ("R-08", 4, "Test lab", (72, 57), (0, -1)),
    ("R-09", 1, "Open office", (10, 57), (0, -1)), ("R-09", 2, "Open office", (26, 57), (0, -1)),
    ("R-09", 3, "Open office", (42, 57), (0, -1)), ("R-09", 4, "Landing", (64, 20), (1, 0)),
)
# fmt: on
# The gate: one antenna looks at who comes to it, one across the passage hears what goes through
# and no more, and one looks at the foot of the stairs.
_AT_GATE: Final = (
    Antenna("R-07", 1, "Security lobby", (72.8, 18, 2.0), facing(1, 0, -0.5), BEAM_DB),
    Antenna("R-07", 2, GATE, (81, 16.5, 1.5), facing(0, 1, -0.2), GATE_BEAM_DB, -72),
    Antenna("R-07", 3, "Security lobby", (64, 18, 2.0), facing(1, 0, -0.3), BEAM_DB),
)
_FLOORS: Final = {room.name: room.floor for room in ROOMS}


def in_plane(floor: str, point: Point) -> Point:
    """Where a point of a floor lies in the plane of the radio."""
    return (point[0] + (FIRST_EAST_M if floor == FIRST else 0.0), point[1])


def on_floor(point: Point) -> tuple[str, Point]:
    """The floor of a point of the plane, and where it is there."""
    if point[0] < FLOOR_SIZE_M[0]:
        return GROUND, point
    return FIRST, (point[0] - FIRST_EAST_M, point[1])


def floor_of(zone: str) -> str:
    """The floor of a zone. Raises KeyError for one that is not there."""
    return _FLOORS[zone]


def _zone(room: Room) -> Zone:
    return Zone(
        room.name, tuple(in_plane(room.floor, corner) for corner in room.polygon), room.role
    )


def _antenna(reader: str, number: int, zone: str, at_m: Point, looks: Point) -> Antenna:
    x_m, y_m = in_plane(floor_of(zone), at_m)
    boresight: Vector = facing(*looks, _DOWN_A_LITTLE)
    return Antenna(reader, number, zone, (x_m, y_m, _HEIGHT_M), boresight, BEAM_DB)


LAYOUT: Final = Layout(
    size_m=(FIRST_EAST_M + FLOOR_SIZE_M[0], FLOOR_SIZE_M[1]),
    zones=tuple(_zone(room) for room in ROOMS),
    antennas=tuple(
        sorted(
            (*_AT_GATE, *(_antenna(*hung) for hung in _HUNG)),
            key=lambda antenna: (antenna.reader, antenna.number),
        )
    ),
    wall_db=15.0,
)
