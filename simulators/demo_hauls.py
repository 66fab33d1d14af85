"""Forklifts of the demo and the pallets that they carry about.

A pallet goes from its place in the racks to dispatch, on a lorry, comes in again at receiving
and goes back to its place. A forklift looks after two of them, by turns, so that none stands
in dispatch for long; but one is forgotten there for a while.
"""

from random import Random
from typing import Final

from simulators.demo_diary import Diary
from simulators.demo_ways import Place, any_place, heard_place, lane_beside

FORKLIFTS: Final = 6
FORGOTTEN: Final = 6
"""The pallet, counted from 0, that stands in dispatch for longer than it should."""

_STORES: Final = ("Racks A", "Racks B", "Racks A", "Cold store", "Racks B", "Bulk")
_LORRIES: Final = (Place("Yard", (14.0, 7.5)), Place("Yard", (38.0, 7.5)))
_BY_TURNS: Final = (0, 1) * 4
_ONE_FORGOTTEN: Final = (0, 1, 1, 1, 1, 0, 0, 0)
_LOAD_S: Final = 4.0
_FORGOTTEN_S: Final = 120.0


def forklifts_and_pallets(rng: Random) -> tuple[list[Diary], list[Diary]]:
    """The days of all forklifts, and of all pallets that they carry, two for each."""
    forklifts = [Diary(any_place("Charging bay", rng)) for _ in range(FORKLIFTS)]
    pallets: list[Diary] = []
    for number, forklift in enumerate(forklifts):
        routes = [_route(number + 3 * which, number, rng) for which in range(2)]
        diaries = [Diary(route[-1]) for route in routes]
        order = _ONE_FORGOTTEN if len(pallets) == FORGOTTEN else _BY_TURNS
        _haul(forklift, diaries, routes, order, rng, start_s=2.0 + 7.0 * number)
        pallets += diaries
    return forklifts, pallets


def _route(store: int, number: int, rng: Random) -> list[Place]:
    """Where a pallet is taken, in order; it begins and ends at the last one."""
    zone = _STORES[store % len(_STORES)]
    home = lane_beside(heard_place(zone, rng))
    lorry = _LORRIES[number % len(_LORRIES)]
    return [heard_place("Dispatch", rng), lorry, heard_place("Receiving", rng), home]


def _haul(  # noqa: PLR0913 - a forklift, its pallets, their ways, and when
    forklift: Diary,
    pallets: list[Diary],
    routes: list[list[Place]],
    order: tuple[int, ...],
    rng: Random,
    *,
    start_s: float,
) -> None:
    """Carry the pallets on in this order, from stop to stop; then go home."""
    speed_mps = rng.uniform(1.5, 1.7)
    stops = [iter(route) for route in routes]
    for turn, which in enumerate(order):
        pallet = pallets[which]
        if forklift.place != pallet.place:
            forklift.go(start_s, pallet.place, speed_mps)
        loaded_s = forklift.now_s + _LOAD_S
        pallet.add(forklift.go(loaded_s, stop := next(stops[which]), speed_mps))
        pallet.place = stop
        start_s = forklift.now_s + _LOAD_S
        if order == _ONE_FORGOTTEN and turn == _ONE_FORGOTTEN.count(1):
            start_s += _FORGOTTEN_S
    forklift.go(start_s, forklift.home, speed_mps)
