"""Which zones are heard: a zone is healthy while every read point that covers it is."""

from readers.health import ReaderHealth
from zones.floorplan import ANY_ANTENNA, FloorPlan, PointKey, Zone


class Coverage:
    """The health of readers, turned into the health of zones.

    `readers` is the state; `healthy_since_ns` says since when a zone has been
    healthy without a break, and lacks the zones that are not.
    """

    def __init__(self, readers: dict[str, ReaderHealth], healthy_since_ns: dict[str, int]) -> None:
        self.readers = readers
        self.healthy_since_ns = healthy_since_ns

    def update(self, plan: FloorPlan, now_ns: int) -> list[str]:
        """Bring the zones up to date with the readers; the zones that became healthy."""
        recovered = []
        for name, zone in plan.zones.items():
            healthy = bool(zone.covered_by) and all(
                self._hears(plan, zone, key) for key in zone.covered_by
            )
            if not healthy:
                self.healthy_since_ns.pop(name, None)
            elif name not in self.healthy_since_ns:
                self.healthy_since_ns[name] = now_ns
                recovered.append(name)
        for name in [name for name in self.healthy_since_ns if name not in plan.zones]:
            del self.healthy_since_ns[name]
        return recovered

    def _hears(self, plan: FloorPlan, zone: Zone, key: PointKey) -> bool:
        """Whether one that covers the zone hears; of antennas that are not listed, one suffices."""
        name, antenna = key
        health = self.readers.get(name)
        if health is None or not health.hears(antenna):
            return False
        if antenna != ANY_ANTENNA:
            return True
        known = [each for each in health.antennas if plan.point((name, each)).zone == zone.name]
        return not known or any(map(health.hears, known))
