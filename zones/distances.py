"""How long a tag needs at least from one zone to another that is far from it."""

from itertools import chain

import shapely

from tags.times import SECOND_NS
from zones.conflict_settings import ConflictSettings
from zones.floorplan import FloorPlan

PAIRS_MAX = 65_536
"""Pairs of zones remembered at once; which tag is heard where repeats itself."""


class Distances:
    """Which zones of a floor plan are far from each other.

    Where both have a shape, their distance says so. Otherwise they are far if they lie in
    different outermost zones (sites), whose distance is then taken for `far_m`.
    """

    def __init__(self, plan: FloorPlan, settings: ConflictSettings) -> None:
        self._plan = plan
        self._settings = settings
        self._areas = plan.shapes.areas
        self._known: dict[tuple[str, str], int] = {}
        holding = {name for zone in plan.zones.values() for name in zone.inside}
        self._sites = {name for name in holding if not plan.zones[name].inside}
        self.any_far = self._extent_m() > settings.far_m or (
            settings.trees and len(self._sites) > 1
        )

    def travel_ns(self, one: str, other: str) -> int:
        """The least time from one to the other; 0 if they are not far from each other."""
        if one == other or not self.any_far:
            return 0
        pair = (one, other) if one < other else (other, one)
        known = self._known.get(pair)
        if known is None:
            if len(self._known) >= PAIRS_MAX:
                self._known.clear()
            known = self._known[pair] = self._travel_ns(*pair)
        return known

    def _travel_ns(self, one: str, other: str) -> int:
        """Never longer than after what silence a conflict is over."""
        settings = self._settings
        distance_m = self._distance_m(one, other)
        if distance_m is None:
            distance_m = settings.far_m if self._are_on_sites(one, other) else 0.0
        elif distance_m <= settings.far_m:
            return 0
        return round(min(distance_m / settings.speed_m_s_max, settings.ends_after_s) * SECOND_NS)

    def _distance_m(self, one: str, other: str) -> float | None:
        if one not in self._areas or other not in self._areas:
            return None
        return float(shapely.distance(self._areas[one], self._areas[other]))

    def _are_on_sites(self, one: str, other: str) -> bool:
        zones = [self._plan.zones.get(name) for name in (one, other)]
        floors = [None if zone is None else zone.floor for zone in zones]
        if not self._settings.trees or (floors[0] is not None and floors[0] == floors[1]):
            return False
        first, second = (
            self._sites.intersection(() if zone is None else (zone.name, *zone.inside))
            for zone in zones
        )
        return bool(first) and bool(second) and first.isdisjoint(second)

    def _extent_m(self) -> float:
        """No two shapes are further apart than this."""
        bounds = [shapely.bounds(area) for area in self._areas.values()]
        xs = list(chain.from_iterable((float(west), float(east)) for west, _, east, _ in bounds))
        ys = list(chain.from_iterable((float(low), float(high)) for _, low, _, high in bounds))
        if not bounds:
            return 0.0
        return float(max(xs) - min(xs) + max(ys) - min(ys))
