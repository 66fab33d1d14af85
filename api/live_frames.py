"""Frames of the live map: typed arrays, little-endian and aligned. The format is in docs/live.md.

All arithmetic on positions happens once for each item that changed; a frame only picks columns.
"""

import math
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from struct import Struct
from typing import Any, NamedTuple

import msgspec

from alerts.alert import Severity
from api.live_state import LiveFloor, LiveItem, LivePlaces
from history.scope import Sight
from tags.times import SECOND_NS

VERSION = 1
FULL, CHANGES = 1, 2
NOWHERE = 0xFFFF
"""Zone or coordinate of what has none."""
AGE_S_MAX = 0xFFFF
FLOORLESS = 0xFF

PROVISIONAL, UNKNOWN, TAG, BEYOND = 0x01, 0x02, 0x04, 0x08
SEVERITY_SHIFT = 4
_SEVERITIES: dict[Severity | None, int] = {None: 0, "info": 1, "warning": 2, "critical": 3}

_HEADER = Struct("<BBHIddIIII")
"""Version, kind, 0, number, time, seq, items, gone, bytes of JSON, number that it follows."""
_STEPS = 0xFFFE
_ROOM = 0.5
"""So much of a floor's size is shown on each side of it."""
_MILLISECONDS = 1_000_000


class Spot(NamedTuple):
    """An item as it stands in the columns of a frame."""

    item: LiveItem
    x: int
    y: int
    zone: int
    floor: int
    state: int


class Grid(NamedTuple):
    """The raster of a floor; in metres, x is `left_m` + x * `step_m`, and y likewise."""

    left_m: float
    bottom_m: float
    step_m: float

    def at(self, item: LiveItem) -> tuple[int, int, bool]:
        """The raster point of an item, and whether it is beyond the raster, at its edge."""
        if item.x_m is None or item.y_m is None:
            return NOWHERE, NOWHERE, False
        x = round((item.x_m - self.left_m) / self.step_m)
        y = round((item.y_m - self.bottom_m) / self.step_m)
        near_x, near_y = min(max(x, 0), _STEPS), min(max(y, 0), _STEPS)
        return near_x, near_y, (x, y) != (near_x, near_y)


def grid_of(floor: LiveFloor) -> Grid:
    """A raster that covers a floor with half of its size on each side."""
    size_m = max(floor.right_m - floor.left_m, floor.top_m - floor.bottom_m, 1.0)
    # Steps of a round number of millimetres: a reader of a dump understands them.
    step_m = math.ceil(size_m * (1 + 2 * _ROOM) / _STEPS * 1000) / 1000
    return Grid(floor.left_m - _ROOM * size_m, floor.bottom_m - _ROOM * size_m, step_m)


class Layout:
    """Numbers for the zones and floors of one version of the site file."""

    def __init__(self, places: LivePlaces) -> None:
        self.places = places
        self._zones = {zone.name: number for number, zone in enumerate(places.zones)}
        self._zone_floors = {zone.name: zone.floor for zone in places.zones}
        self._floors = {floor.name: number for number, floor in enumerate(places.floors)}
        self._grids = [grid_of(floor) for floor in places.floors]

    def spot(self, item: LiveItem) -> Spot:
        """An item as numbers."""
        zone = NOWHERE if item.zone is None else self._zones.get(item.zone, NOWHERE)
        name = item.floor if item.x_m is not None else self._zone_floors.get(item.zone or "")
        floor = self._floors.get(name or "", FLOORLESS)
        x, y, beyond = NOWHERE, NOWHERE, False
        if floor != FLOORLESS:
            x, y, beyond = self._grids[floor].at(item)
        state = (
            PROVISIONAL * item.is_provisional
            | UNKNOWN * item.is_unknown
            | TAG * item.is_tag
            | BEYOND * beyond
            | _SEVERITIES[item.alert] << SEVERITY_SHIFT
        )
        return Spot(item, x, y, zone, floor, state)

    def words(self, sight: Sight, unheard: Iterable[str]) -> dict[str, Any]:
        """The zones and floors by number; null for a zone that may not be seen."""
        return {
            "site": self.places.version,
            "floors": [
                {
                    "name": floor.name,
                    "left_m": grid.left_m,
                    "bottom_m": grid.bottom_m,
                    "step_m": grid.step_m,
                }
                for floor, grid in zip(self.places.floors, self._grids, strict=True)
            ],
            "zones": [
                {"name": zone.name, "floor": zone.floor, "role": zone.role}
                if sight.sees_zone(zone.name)
                else None
                for zone in self.places.zones
            ],
            "unheard": self.unheard(sight, unheard),
        }

    def unheard(self, sight: Sight, names: Iterable[str]) -> list[int]:
        """The numbers of zones that nobody hears."""
        known = (name for name in names if name in self._zones and sight.sees_zone(name))
        return [self._zones[name] for name in known]


class Stamp(NamedTuple):
    """When a frame was made: its number, the commit sequence, the time, and what it follows."""

    number: int
    seq: int
    time_ns: int
    follows: int


def encode(
    kind: int,
    stamp: Stamp,
    spots: Mapping[int, Spot],
    gone: Sequence[int],
    words: Mapping[str, Any] | None,
) -> bytes:
    """One frame: spots by index, indices of what is gone, and names as JSON."""
    shown, text = spots.values(), b"" if words is None else msgspec.json.encode(words)
    head = _HEADER.pack(
        VERSION,
        kind,
        0,
        stamp.number,
        stamp.time_ns / _MILLISECONDS,
        stamp.seq,
        len(spots),
        len(gone),
        len(text),
        stamp.follows,
    )
    ages = [_age_s(spot.item, stamp.time_ns) for spot in shown]
    columns = (
        array("I", spots),
        array("I", gone),
        array("H", [spot.x for spot in shown]),
        array("H", [spot.y for spot in shown]),
        array("H", [spot.zone for spot in shown]),
        array("H", ages),
        array("B", [spot.floor for spot in shown]),
        array("B", [spot.state for spot in shown]),
    )
    return b"".join((head, *map(_little, columns), text))


def _age_s(item: LiveItem, now_ns: int) -> int:
    return min(max((now_ns - item.heard_ns) // SECOND_NS, 0), AGE_S_MAX)


def _little(column: "array[int]") -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()
