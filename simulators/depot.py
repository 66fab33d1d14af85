"""A small depot for tests, that of config/warehouse.yaml: its floor, its assets and their day."""

from random import Random
from typing import NamedTuple

from simulators.layout import Antenna, Layout, Point, Zone, box, facing
from simulators.radio import BEAM_DB
from simulators.scenarios import Scenario, SimulatedAsset, giai, sgtin
from simulators.walks import Itinerary, Trip

FOR_S_MIN = 10.0
QUIET_S = 5.0
DAY_S = 360.0
EXIT_EVERY_S = 45.0
SIGN_OUT_S = 2.5
FIRST_EXIT_S = 6.7
FIRST_VISIT_S = 3.0
_FIRST_SPEED_MPS = 1.5

GATE_BEAM_DB = 30.0

_GATE = (43.0, 15.0)
_BEFORE_GATE = (36.8, 15.0)
_OUTSIDE = (49.0, 15.0)
_DOORSTEP = (37.2, 15.4)
# How one leaves a zone for the hall; entered the other way round. Waypoints keep clear of
# antennas of other zones.
_TO_HALL: dict[str, tuple[Point, ...]] = {
    "hall": (),
    "receiving": ((41.5, 26.0), (38.0, 26.0)),
    "packing": ((41.5, 35.0), (38.0, 35.0)),
    "office": ((47.0, 5.0), (38.5, 5.0)),
}
_BACK_DOOR: tuple[Point, ...] = ((50.0, 29.0), (50.0, 31.0))
# Where assets stand: rectangles in front of an antenna, well inside its zone.
_PLACES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "hall": ((7.5, 9, 8.5, 11), (7.5, 29, 8.5, 31), (21, 35, 23, 36), (21, 4, 23, 5)),
    "receiving": ((56, 24, 57, 26), (46, 22.5, 48, 23.5)),
    "packing": ((56, 34, 57, 36), (46, 36.5, 48, 37.5)),
    "office": ((52, 6, 54, 7),),
}

LAYOUT = Layout(
    size_m=(60.0, 40.0),
    zones=(
        Zone("hall", box(0, 0, 40, 40)),
        Zone("receiving", box(40, 20, 60, 30), "receiving"),
        Zone("packing", box(40, 30, 60, 40), "shipping"),
        Zone("office", box(46, 0, 60, 10)),
        Zone("gate", box(40, 10, 46, 20), "exit"),
    ),
    antennas=(
        Antenna("hall-1", 1, "hall", (6, 10, 2.0), facing(1, 0, -0.3), BEAM_DB),
        Antenna("hall-1", 2, "hall", (6, 30, 2.0), facing(1, 0, -0.3), BEAM_DB),
        Antenna("hall-1", 3, "hall", (22, 37.5, 2.0), facing(0, -1, -0.3), BEAM_DB),
        Antenna("hall-1", 4, "hall", (22, 2.5, 2.0), facing(0, 1, -0.3), BEAM_DB),
        Antenna("dock-1", 1, "receiving", (58.5, 25, 2.0), facing(-1, 0, -0.3), BEAM_DB),
        Antenna("dock-1", 2, "receiving", (47, 21, 2.0), facing(0, 1, -0.3), BEAM_DB),
        Antenna("dock-1", 3, "packing", (58.5, 35, 2.0), facing(-1, 0, -0.3), BEAM_DB),
        Antenna("dock-1", 4, "packing", (47, 39, 2.0), facing(0, -1, -0.3), BEAM_DB),
        Antenna("gate-1", 1, "hall", (34.8, 15, 2.0), facing(1, 0, -0.5), BEAM_DB),
        # A narrow beam across the passage hears what goes through, and no more.
        Antenna("gate-1", 2, "gate", (43, 13.5, 1.5), facing(0, 1, -0.2), GATE_BEAM_DB, -72),
        Antenna("gate-1", 3, "office", (53, 8.5, 2.0), facing(0, -1, -0.3), BEAM_DB),
    ),
    wall_db=15.0,
)


class _Part(NamedTuple):
    """A row of the cast; `leaves` counts the exits of the day, None stays in."""

    category: str
    zone: str
    leaves: int | None = None
    visits: str | None = None


# fmt: off
_CAST = (
    _Part("laptop", "hall", 0), _Part("laptop", "office", 2), _Part("laptop", "office", 5),
    _Part("laptop", "office", None, "packing"), _Part("laptop", "office"),
    _Part("laptop", "packing", None, "office"),
    _Part("pallet", "receiving", 1), _Part("pallet", "packing", 4), _Part("pallet", "receiving", 7),
    _Part("pallet", "receiving", None, "hall"), _Part("pallet", "receiving", None, "packing"),
    _Part("pallet", "hall", None, "packing"), _Part("pallet", "hall"), _Part("pallet", "packing"),
    _Part("cart", "hall", None, "receiving"), _Part("cart", "hall", 3, "packing"),
    _Part("cart", "receiving", None, "hall"), _Part("cart", "packing", None, "receiving"),
    _Part("cart", "hall", None, "office"),
    _Part("tool", "hall", 6, "receiving"), _Part("tool", "packing", None, "hall"),
    _Part("tool", "hall"), _Part("tool", "office", None, "hall"), _Part("tool", "packing"),
)
# fmt: on


def depot(seed: int, for_s: float | None = None) -> Scenario:
    """24 assets on 60 x 40 m, a laptop in the gate after six seconds, an exit every 45 s.

    With `for_s`, all assets stand still for the last five seconds. Without, the day of six
    minutes repeats for ever. Raises ValueError for a `for_s` below ten seconds.
    """
    if for_s is not None and for_s < FOR_S_MIN:
        raise ValueError(f"a day of {for_s} s is too short, it takes {FOR_S_MIN:.0f}")
    quiet_after_s = float("inf") if for_s is None else for_s - QUIET_S
    rng = Random(f"{seed}/demo")
    counts: dict[str, int] = {}
    assets: list[SimulatedAsset] = []
    for part in _CAST:
        number = counts[part.category] = counts.get(part.category, 0) + 1
        day = _Day(part, rng, first=not assets, quiet_after_s=quiet_after_s)
        assets.append(_asset(part, number, day.itinerary()))
    return Scenario(LAYOUT, tuple(assets))


def _asset(part: _Part, number: int, itinerary: Itinerary) -> SimulatedAsset:
    kind = 1 + ("laptop", "pallet", "cart", "tool").index(part.category)
    serials = (number, number + 100) if part.category == "cart" else (number,)
    if part.category == "pallet":
        tags = tuple(sgtin(100_000 + kind, serial) for serial in serials)
    else:
        tags = tuple(giai(kind * 1000 + serial) for serial in serials)
    return SimulatedAsset(
        id=f"{part.category}-{number}",
        name=f"{part.category.capitalize()} {number}",
        category=part.category,
        tags=tags,
        home_zone=part.zone,
        itinerary=itinerary,
    )


def _way(zone: str, other: str) -> tuple[Point, ...]:
    if {zone, other} == {"receiving", "packing"}:
        return _BACK_DOOR if zone == "receiving" else _BACK_DOOR[::-1]
    # Who only passes through the hall is heard there too, before the gate.
    between = () if "hall" in {zone, other} else (_BEFORE_GATE,)
    return (*_TO_HALL[zone], *between, *_TO_HALL[other][::-1])


class _Day:
    """Writes the trips of one asset, one after the other."""

    def __init__(self, part: _Part, rng: Random, *, first: bool, quiet_after_s: float) -> None:
        self._part = part
        self._rng = rng
        self._first = first
        self._quiet_after_s = quiet_after_s
        self._home = _DOORSTEP if first else self._place(part.zone)
        self._speed_mps = _FIRST_SPEED_MPS if first else rng.uniform(0.8, 1.6)
        self._trips: list[Trip] = []

    def itinerary(self) -> Itinerary:
        part = self._part
        if part.leaves is not None:
            self._leave(self._exit_start_s(part.leaves))
        if part.visits is not None:
            self._visit(self._visit_start_s(), part.visits)
        day_s = DAY_S if self._trips else None
        return Itinerary(self._home, tuple(self._trips), day_s, self._quiet_after_s)

    def _exit_start_s(self, exits_before: int) -> float:
        """So that it is under the gate's antenna when its turn has come.

        The first one stands there even in the shortest demo, before the quiet begins.
        """
        walk_s = Trip(0, (*self._way_out(), _GATE), self._speed_mps).end_s
        walk_s += 0 if self._first else SIGN_OUT_S
        gate_s = FIRST_EXIT_S + EXIT_EVERY_S * exits_before
        if self._first:
            gate_s = min(gate_s, self._quiet_after_s - 0.1)
        return gate_s - walk_s

    def _way_out(self) -> tuple[Point, ...]:
        """From home to where the antenna before the gate hears it well."""
        if self._first:
            return (self._home,)
        return (self._home, *_TO_HALL[self._part.zone], _BEFORE_GATE)

    def _visit_start_s(self) -> float:
        if self._trips:
            return self._trips[-1].end_s + self._rng.uniform(20, 60)
        return self._rng.uniform(FIRST_VISIT_S, DAY_S / 3)

    def _leave(self, start_s: float) -> None:
        """Sign out, wait for the gate, go; and the same way back after a while."""
        rng, way = self._rng, self._way_out()
        if not self._first:
            start_s = self._walk(start_s, way) + SIGN_OUT_S
        at_gate_s = self._walk(start_s, (way[-1], _GATE)) + rng.uniform(2, 3)
        outside_s = self._walk(at_gate_s, (_GATE, _OUTSIDE)) + rng.uniform(20, 40)
        at_gate_s = self._walk(outside_s, (_OUTSIDE, _GATE)) + rng.uniform(2, 3)
        inside_s = self._walk(at_gate_s, (_GATE, way[-1])) + SIGN_OUT_S
        if not self._first:
            self._walk(inside_s, way[::-1])

    def _visit(self, start_s: float, zone: str) -> None:
        """Work in another zone for a while, and come home."""
        rng, place, way = self._rng, self._place(zone), _way(self._part.zone, zone)
        x_m, y_m = place
        beside = (x_m + rng.uniform(-0.7, 0.7), y_m + rng.uniform(-0.7, 0.7))
        there_s = self._walk(start_s, (self._home, *way, place))
        worked_s = self._walk(there_s + rng.uniform(5, 15), (place, beside, place))
        self._walk(worked_s + rng.uniform(5, 15), (place, *way[::-1], self._home))

    def _walk(self, start_s: float, way: tuple[Point, ...]) -> float:
        trip = Trip(start_s, way, self._speed_mps)
        self._trips.append(trip)
        return trip.end_s

    def _place(self, zone: str) -> Point:
        x0, y0, x1, y1 = self._rng.choice(_PLACES[zone])
        return (self._rng.uniform(x0, x1), self._rng.uniform(y0, y1))
