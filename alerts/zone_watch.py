"""The system alert `blind`: a zone that nobody hears, though somebody should.

It is for the gateway as it runs: before the first start nobody listens, and from each
start on the readers have the same time to become healthy as at any other moment.
"""

from hashlib import sha256

from alerts.alert import subject_of_zone
from alerts.cases import Cases
from alerts.drafts import Heading
from alerts.facts import Unheard
from alerts.lifecycle import reconsider
from alerts.settings import SYSTEM_PREFIX, Patience, SystemSettings
from alerts.state import JudgeState, Key
from zones.coverage import is_blind
from zones.floorplan import NO_PLAN, FloorPlan, Zone

BLIND = SYSTEM_PREFIX + "blind"
_ZONE_PREFIX = subject_of_zone("")


class ZoneWatch:
    """Says of each zone whether somebody hears it."""

    def __init__(self, state: JudgeState) -> None:
        self._state = state
        self._plan = NO_PLAN
        self._settings = SystemSettings()
        self._version = ""
        self._zones_of: dict[str, list[Zone]] = {}
        self._gates: frozenset[str] = frozenset()

    def use(self, plan: FloorPlan, settings: SystemSettings) -> None:
        """Watch the zones of a floor plan."""
        self._plan, self._settings = plan, settings
        self._version = sha256(settings.model_dump_json().encode()).hexdigest()[:12]
        self._zones_of = {}
        for zone in plan.zones.values():
            for reader in dict.fromkeys(reader for reader, _ in zone.covered_by):
                self._zones_of.setdefault(reader, []).append(zone)
        points = [plan.point(key) for portal in plan.portals.values() for key in portal.points]
        self._gates = plan.urgent.union(point.zone for point in points if point.zone is not None)

    def look(self, cases: Cases) -> None:
        """Look at every zone, since the floor plan is another one or the gateway has started."""
        for zone in self._plan.zones.values():
            self._look_at(zone, cases)

    def look_around(self, reader: str, cases: Cases) -> None:
        """Look at the zones that a reader covers, since its health changed."""
        for zone in self._zones_of.get(reader, ()):
            self._look_at(zone, cases)

    def concerns(self, key: Key, _tag: str) -> bool:
        """Whether there is still something to watch."""
        zone = self._plan.zones.get(_zone_name(key))
        return zone is not None and bool(zone.covered_by)

    def listeners(self) -> tuple[str, ...]:
        """The channels that are told."""
        return self._settings.notify or ()

    def heading(self, key: Key) -> Heading:
        """What an alert about a zone has from its rule; a blind gate is worse than a shelf."""
        return Heading(
            rule=BLIND,
            version=self._version,
            kind="blind",
            severity="critical" if _zone_name(key) in self._gates else "warning",
            latched=False,
            clears_after_s=self._settings.blind_after_s,
        )

    def _look_at(self, zone: Zone, cases: Cases) -> None:
        if not self._state.listening:
            return
        key = (BLIND, subject_of_zone(zone.name))
        blind = is_blind(self._state.readers, self._plan, zone)
        fact = Unheard(zone.name, self._state.now_ns)
        patience = Patience(self._settings.blind_after_s)
        cases.take(key, patience, "broken" if blind else "kept", fact, reconsider)


def _zone_name(key: Key) -> str:
    return key[1].removeprefix(_ZONE_PREFIX)
