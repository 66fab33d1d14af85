"""What is in maintenance, since when and until when. Pure; it ends by itself.

Here is decided what is worked on; what that means stands with those who ask
`ReaderHealth.maintenance`: reads that are no evidence, zones that nobody hears.
"""

import msgspec

from alerts.changes import EndMaintenance, StartMaintenance
from inventory.changes import DONE, Outcome
from readers.health import ReaderHealth
from readers.maintenance import WHOLE_READER, Maintenance, Target
from tags.times import SECOND_NS
from zones.floorplan import NO_PLAN, FloorPlan, PointKey

MAINTENANCE_NS_MAX = 7 * 86_400 * SECOND_NS
"""What is out of order for longer belongs out of the site file."""

TARGETS_MAX = 10_000
NEVER_NS = 1 << 63

Readers = list[str]
"""Names of readers about which there is something else to say than before."""


class MaintenanceBook:
    """All maintenance by target. `running` is the state, `ends_ns` when the next one is over."""

    def __init__(self, running: dict[Target, Maintenance]) -> None:
        self._running = running
        self._plan = NO_PLAN
        self._by_reader: dict[str, dict[Target, Maintenance]] = {}
        self.ends_ns = NEVER_NS
        for maintenance in running.values():
            self._index(maintenance)
        self._look_ahead()

    def running(self) -> list[Maintenance]:
        """All that there is, in the order in which it began."""
        return sorted(self._running.values(), key=lambda each: (each.since_ns, each.target))

    def readers(self) -> Readers:
        """All that it concerns."""
        return sorted(self._by_reader)

    def applied_to(self, health: ReaderHealth) -> ReaderHealth:
        """What a reader says of itself, with what there is for it, its antennas and its doors."""
        works = tuple(self._by_reader.get(health.reader, {}).values())
        if works == health.maintenance:
            return health
        return msgspec.structs.replace(health, maintenance=works)

    def restore_plan(self, plan: FloorPlan) -> None:
        """Go on with the plan that the state was made with."""
        self._plan = plan

    def adopt_plan(self, plan: FloorPlan) -> Readers:
        """Follow another floor plan; what it does not name any more is not worked on."""
        self._plan = plan
        touched: Readers = []
        for target, maintenance in list(self._running.items()):
            points = self._points_of(target)
            if points != maintenance.points:
                touched += self._remove(target)
                if points:
                    touched += self._add(msgspec.structs.replace(maintenance, points=points))
        return _once(touched)

    def take(self, change: StartMaintenance | EndMaintenance) -> tuple[Outcome, Readers]:
        """Take a change in."""
        return self._start(change) if isinstance(change, StartMaintenance) else self._end(change)

    def expire(self, now_ns: int) -> Readers:
        """End what is over by now."""
        over = [each.target for each in self._running.values() if each.until_ns <= now_ns]
        return _once([reader for target in over for reader in self._remove(target)])

    def _start(self, change: StartMaintenance) -> tuple[Outcome, Readers]:
        refusal = self._refusal(change)
        if refusal is not None:
            return refusal, []
        known = self._running.get(change.target)
        maintenance = Maintenance(
            target=change.target,
            since_ns=change.arrival_ns if known is None else known.since_ns,
            until_ns=change.until_ns,
            reason=change.reason,
            by=change.by,
            points=self._points_of(change.target),
        )
        return DONE, _once(self._add(maintenance))

    def _end(self, change: EndMaintenance) -> tuple[Outcome, Readers]:
        if change.target not in self._running:
            return Outcome("unknown", f"{change.target} is not in maintenance"), []
        return DONE, _once(self._remove(change.target))

    def _refusal(self, change: StartMaintenance) -> Outcome | None:
        target = change.target
        if not self._points_of(target):
            return Outcome("unknown", f"the site file has no {target.kind} {str(target)!r}")
        if change.until_ns <= change.arrival_ns:
            return Outcome("invalid", "must be in the future", "until")
        if change.until_ns - change.arrival_ns > MAINTENANCE_NS_MAX:
            return Outcome("invalid", "must be within 7 days from now", "until")
        if len(self._running) >= TARGETS_MAX and target not in self._running:
            return Outcome("conflict", f"there are {TARGETS_MAX} in maintenance already")
        return None

    def _points_of(self, target: Target) -> tuple[PointKey, ...]:
        """The read points that a target stands for; none if the site file does not name it."""
        match target.kind:
            case "portal":
                portal = self._plan.portals.get(target.name)
                return () if portal is None else portal.points
            case "antenna":
                point = (target.name, target.antenna)
                return (point,) if self._plan.has_antenna(point) else ()
            case _:
                return tuple((name, WHOLE_READER) for name in self._plan.hearers_of(target.name))

    def _add(self, maintenance: Maintenance) -> Readers:
        self._running[maintenance.target] = maintenance
        self._look_ahead()
        return self._index(maintenance)

    def _index(self, maintenance: Maintenance) -> Readers:
        readers = [reader for reader, _ in maintenance.points]
        for reader in readers:
            self._by_reader.setdefault(reader, {})[maintenance.target] = maintenance
        return readers

    def _remove(self, target: Target) -> Readers:
        maintenance = self._running.pop(target)
        readers = _once([reader for reader, _ in maintenance.points])
        for reader in readers:
            works = self._by_reader[reader]
            del works[target]
            if not works:
                del self._by_reader[reader]
        self._look_ahead()
        return readers

    def _look_ahead(self) -> None:
        self.ends_ns = min((each.until_ns for each in self._running.values()), default=NEVER_NS)


def _once(readers: Readers) -> Readers:
    return sorted(set(readers))
