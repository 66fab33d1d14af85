"""Which zones are heard: a zone is healthy while every read point that covers it is."""

from collections.abc import Mapping

from readers.health import ReaderHealth
from zones.floorplan import ANY_ANTENNA, POINTS_MAX, FloorPlan, PointKey, ReadPoint, Zone

Healths = Mapping[str, ReaderHealth]
"""What is known of readers, by name."""


class Coverage:
    """The health of readers, turned into the health of zones.

    `readers` is the state; `healthy_since_ns` says since when a zone has been
    healthy without a break, and lacks the zones that are not; `unheard_since_ns` says it of
    those that are covered and not healthy. `points` are the read points that were asked for
    since the health last changed.
    """

    def __init__(
        self,
        readers: dict[str, ReaderHealth],
        healthy_since_ns: dict[str, int],
        unheard_since_ns: dict[str, int] | None = None,
    ) -> None:
        self.readers = readers
        self.healthy_since_ns = healthy_since_ns
        self.unheard_since_ns = {} if unheard_since_ns is None else unheard_since_ns
        self.points: dict[PointKey, ReadPoint] = {}

    def point(self, plan: FloorPlan, key: PointKey) -> ReadPoint:
        """The read point as it counts now: one in maintenance is there for no zone."""
        point = plan.point(key)
        health = self.readers.get(key[0])
        if health is not None and health.is_maintained(key[1]):
            point = ReadPoint(key, unused="maintenance")
        if len(self.points) < POINTS_MAX:
            self.points[key] = point
        return point

    def update(self, plan: FloorPlan, now_ns: int) -> list[str]:
        """Bring the zones up to date with the readers; the zones that became healthy."""
        self.points.clear()
        recovered = []
        for name, zone in plan.zones.items():
            healthy = bool(zone.covered_by) and all(
                hears(self.readers, plan, zone, key) for key in zone.covered_by
            )
            if not healthy:
                self.healthy_since_ns.pop(name, None)
            elif name not in self.healthy_since_ns:
                self.healthy_since_ns[name] = now_ns
                recovered.append(name)
        for name in [name for name in self.healthy_since_ns if name not in plan.zones]:
            del self.healthy_since_ns[name]
        self._note_unheard(plan, now_ns)
        return recovered

    def _note_unheard(self, plan: FloorPlan, now_ns: int) -> None:
        unheard = [
            name
            for name, zone in plan.zones.items()
            if zone.covered_by and name not in self.healthy_since_ns
        ]
        since_ns = {name: self.unheard_since_ns.get(name, now_ns) for name in unheard}
        self.unheard_since_ns.clear()
        self.unheard_since_ns.update(since_ns)


def hears(readers: Healths, plan: FloorPlan, zone: Zone, key: PointKey) -> bool:
    """Whether one that covers the zone hears; of antennas that are not listed, one suffices."""
    name, antenna = key
    health = readers.get(name)
    if health is None or not health.hears(antenna):
        return False
    if antenna != ANY_ANTENNA:
        return True
    known = [each for each in health.antennas if plan.point((name, each)).zone == zone.name]
    return not known or any(map(health.hears, known))


def is_blind(readers: Healths, plan: FloorPlan, zone: Zone) -> bool:
    """Whether nobody hears a zone that somebody should; who is in maintenance need not."""
    if any(hears(readers, plan, zone, key) for key in zone.covered_by):
        return False
    healths = [(readers.get(name), antenna) for name, antenna in zone.covered_by]
    return any(health is None or not health.is_maintained(antenna) for health, antenna in healths)
