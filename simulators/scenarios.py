"""What happens on a floor: the assets, their tags, their day; and a warehouse of any size."""

import math
from dataclasses import dataclass
from random import Random

from simulators.layout import Antenna, Layout, Point, Zone, box, facing
from simulators.radio import BEAM_DB
from simulators.walks import Itinerary, Trip

COMPANY = 9_521_321
"""A GS1 company prefix of seven digits, from the range that GS1 keeps for demonstrations."""
_GIAI_96, _SGTIN_96 = 0x34, 0x30
_PARTITION_OF_7_DIGITS = 5


@dataclass(frozen=True, slots=True)
class SimulatedAsset:
    """An asset, the EPCs of its tags as lower-case hex, and where it goes."""

    id: str
    name: str
    category: str
    tags: tuple[str, ...]
    home_zone: str
    itinerary: Itinerary
    group: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A layout and what moves on it; a standing tag is read once in `reread_s`, 0 for always."""

    layout: Layout
    assets: tuple[SimulatedAsset, ...]
    reread_s: float = 0.0


def giai(number: int) -> str:
    """The EPC of an individual asset (GIAI-96), `number` below 2**58."""
    return f"{_head(_GIAI_96) << 58 | number:024x}"


def sgtin(item: int, serial: int) -> str:
    """The EPC of a trade item (SGTIN-96), `item` of six digits, `serial` below 2**38."""
    return f"{_head(_SGTIN_96) << 58 | item << 38 | serial:024x}"


def _head(header: int) -> int:
    return ((header << 3) << 3 | _PARTITION_OF_7_DIGITS) << 24 | COMPANY


# A warehouse is a row of bays of this size; reader k looks after bays 2k and 2k + 1.
BAY_M = 12.0
ANTENNAS_PER_BAY = 2
ASSETS_PER_BAY = 250
_CATEGORIES = ("pallet", "laptop", "cart", "tool")
_DAY_S = 600.0


def warehouse(
    n_assets: int,
    seed: int,
    *,
    walking_share: float = 0.02,
    reread_s: float = 10.0,
) -> Scenario:
    """Bays full of parked assets, a gate before the first bay, and some assets that move.

    Each asset carries one tag. A parked tag is read about once in `reread_s`, a walking one
    in every round. The walking ones visit another bay, or cross the gate, and come home.
    """
    bays = max(2, math.ceil(n_assets / ASSETS_PER_BAY))
    layout = _rows(bays)
    rng = Random(f"{seed}/warehouse")
    assets = [_bay_asset(number, layout, walking_share, rng) for number in range(n_assets)]
    return Scenario(layout, tuple(assets), reread_s)


def _rows(bays: int) -> Layout:
    gate = Zone("gate", box(-8, 0, 0, BAY_M), "exit")
    zones = tuple(
        Zone(f"bay-{n + 1}", box(n * BAY_M, 0, (n + 1) * BAY_M, BAY_M)) for n in range(bays)
    )
    antennas = [
        Antenna(
            reader=f"row-{n // 2 + 1}",
            number=n % 2 * ANTENNAS_PER_BAY + side + 1,
            zone=f"bay-{n + 1}",
            at_m=((n + 0.5) * BAY_M, side * BAY_M, 2.5),
            boresight=facing(0, 1 - 2 * side, -0.3),
            beam_db=BEAM_DB,
        )
        for n in range(bays)
        for side in range(ANTENNAS_PER_BAY)
    ]
    above = Antenna("gate-1", 1, "gate", (-4, BAY_M / 2, 3.0), (0, 0, -1), 60.0, -72)
    return Layout((bays * BAY_M + 8, BAY_M), (gate, *zones), (above, *antennas), wall_db=15.0)


def _bay_asset(number: int, layout: Layout, walking_share: float, rng: Random) -> SimulatedAsset:
    bays = len(layout.zones) - 1
    bay = number % bays
    home = _parking(bay, rng)
    trips: tuple[Trip, ...] = ()
    if rng.random() < walking_share:
        trips = _out_and_home(home, (bay + rng.randrange(1, bays)) % bays, bays, rng)
    category = _CATEGORIES[number % len(_CATEGORIES)]
    return SimulatedAsset(
        id=f"{category}-{number + 1:06d}",
        name=f"{category.capitalize()} {number + 1}",
        category=category,
        tags=(giai(number + 1),),
        home_zone=f"bay-{bay + 1}",
        itinerary=Itinerary(home, trips, day_s=_DAY_S * math.ceil(bays / 20) if trips else None),
    )


def _parking(bay: int, rng: Random) -> Point:
    return (
        (bay + rng.uniform(0.3, 0.7)) * BAY_M,
        rng.choice((rng.uniform(2, 4), rng.uniform(8, 10))),
    )


def _out_and_home(home: Point, bay: int, bays: int, rng: Random) -> tuple[Trip, ...]:
    aisle = BAY_M / 2
    through_gate = rng.random() < 1 / bays + 0.1
    there = (-15.0, aisle) if through_gate else _parking(bay, rng)
    way = (home, (home[0], aisle), (there[0], aisle), there)
    out = Trip(rng.uniform(5, 300), way, rng.uniform(0.8, 1.6))
    back = Trip(out.end_s + rng.uniform(15, 60), way[::-1], out.speed_mps)
    return (out, back)
