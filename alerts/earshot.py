"""Whether all of a zone is heard, with what lies in it; if not, silence there means nothing."""

from alerts.state import JudgeState
from zones.coverage import hears
from zones.floorplan import NO_PLAN, FloorPlan, PointKey, Zone


class Earshot:
    """The read points of each zone and of those that lie in it, and the zones of each reader.

    A zone without any read point is known by positions, and nobody has to hear there.
    """

    def __init__(self, state: JudgeState) -> None:
        self._state = state
        self._plan = NO_PLAN
        self._points: dict[str, list[tuple[Zone, PointKey]]] = {}
        self._zones: dict[str, dict[str, None]] = {}

    def use(self, plan: FloorPlan) -> None:
        """Go by this floor plan."""
        self._plan = plan
        self._points, self._zones = {}, {}
        for zone in plan.zones.values():
            for name in (zone.name, *zone.inside):
                self._points.setdefault(name, []).extend((zone, key) for key in zone.covered_by)
                for reader, _ in zone.covered_by:
                    self._zones.setdefault(reader, {})[name] = None

    def zones_of(self, reader: str) -> tuple[str, ...]:
        """The zones for which a reader has to hear."""
        return tuple(self._zones.get(reader, ()))

    def is_heard(self, zone: str) -> bool:
        """Whether all that covers a zone, or a part of it, hears now."""
        readers, plan = self._state.readers, self._plan
        return all(hears(readers, plan, part, key) for part, key in self._points.get(zone, ()))
