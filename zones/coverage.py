"""Which zones are heard: a zone is healthy while every read point that covers it is."""

from readers.health import ReaderHealth
from zones.floorplan import FloorPlan, PointKey


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
            healthy = bool(zone.covered_by) and all(map(self._hears, zone.covered_by))
            if not healthy:
                self.healthy_since_ns.pop(name, None)
            elif name not in self.healthy_since_ns:
                self.healthy_since_ns[name] = now_ns
                recovered.append(name)
        for name in [name for name in self.healthy_since_ns if name not in plan.zones]:
            del self.healthy_since_ns[name]
        return recovered

    def _hears(self, key: PointKey) -> bool:
        reader, antenna = key
        health = self.readers.get(reader)
        return health is not None and health.hears(antenna)
