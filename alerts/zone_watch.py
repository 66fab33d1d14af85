"""The system alert `blind`: zones that nobody hears, though somebody should.

Zones that fall together are one outage and one alert: it is raised for the first that was
unheard for long enough, tells of all that nobody hears at that moment, and is over when all
of them are heard again. A zone that falls later has an alert of its own. One that was heard
again and falls anew reopens the alert, so that nothing new stays untold behind an open one.

It is for the gateway as it runs: before the first start nobody listens, and from each
start on the readers have the same time to become healthy as at any other moment.
"""

from collections.abc import Iterable

from alerts.alert import Alert, AlertChange, subject_of_zone
from alerts.cases import Cases, Respond
from alerts.drafts import Heading
from alerts.facts import Unheard
from alerts.lifecycle import reconsider, relapse
from alerts.rules.verdict import Verdict
from alerts.settings import SYSTEM_PREFIX, Patience
from alerts.state import Fallen, JudgeState, Key
from alerts.watch import Outfit, SystemWatch
from zones.coverage import is_blind
from zones.floorplan import Zone

BLIND = SYSTEM_PREFIX + "blind"
_ZONE_PREFIX = subject_of_zone("")


class ZoneWatch(SystemWatch):
    """Says of each zone whether somebody hears it."""

    name, kind = BLIND, "blind"

    def __init__(self, state: JudgeState) -> None:
        super().__init__()
        self._state = state
        self._fallen = state.fallen
        self._zones_of: dict[str, list[Zone]] = {}

    def use(self, outfit: Outfit) -> None:
        """Watch the zones of a floor plan."""
        super().use(outfit)
        self._zones_of = {}
        for zone in self._plan.zones.values():
            for reader in dict.fromkeys(reader for reader, _ in zone.covered_by):
                self._zones_of.setdefault(reader, []).append(zone)

    def look(self, cases: Cases) -> None:
        """Look at every zone, since the floor plan is another one or the gateway has started."""
        for name in [name for name in self._fallen if not self._is_watched(name)]:
            del self._fallen[name]
        self._look_at(self._plan.zones.values(), cases)

    def look_around(self, reader: str, cases: Cases) -> None:
        """Look at the zones that a reader covers, since its health changed."""
        self._look_at(self._zones_of.get(reader, ()), cases)

    def concerns(self, key: Key, tag: str) -> bool:
        """Whether there is still something to watch: a zone that the alert is about."""
        del tag
        alert = self._alert(key)
        zones = () if alert is None else alert.zones
        return any(map(self._is_watched, (_zone_name(key), *zones)))

    def heading(self, key: Key) -> Heading:
        """What alerts about zones have in common; a blind gate makes one worse."""
        return super().heading(key)._replace(clears_after_s=self._settings.blind_after_s)

    def adopt(self, alerts: Iterable[Alert]) -> None:
        """Let the zones that alerts tell of be those of these, which are open."""
        opened = {alert.subject: alert for alert in alerts}
        for name, fallen in list(self._fallen.items()):
            alert = opened.get(fallen.subject)
            if alert is None or name not in alert.zones:
                del self._fallen[name]
        for alert in opened.values():
            for name in alert.zones:
                self._fallen.setdefault(name, Fallen(alert.subject))

    def note(self, change: AlertChange, cases: Cases) -> None:
        """Remember of which zones an alert tells while it is open."""
        alert = change.alert
        if change.transition in {"raised", "reopened"}:
            for name in alert.zones:
                self._join(name, alert.subject)
        elif alert.cleared:
            self._release(alert.subject, cases)

    def _join(self, name: str, subject: str) -> None:
        """An alert tells of this zone now, so it needs none of its own."""
        zone, known = self._plan.zones.get(name), self._fallen.get(name)
        if zone is None or (known is not None and known.subject != subject):
            return
        self._fallen[name] = Fallen(subject, "down" if self._is_blind(zone) else "heard")
        own = subject_of_zone(name)
        case = self._state.cases.get((BLIND, own))
        if case is not None and own != subject:
            case.pending = None

    def _release(self, subject: str, cases: Cases) -> None:
        """An alert is closed; where one of its zones is not heard, that begins anew."""
        released = [name for name, fallen in self._fallen.items() if fallen.subject == subject]
        for name in released:
            del self._fallen[name]
        key = (BLIND, subject)
        if _zone_name(key) not in self._plan.zones:
            self._state.cases[key].pending = None
        zones = self._plan.zones
        self._look_at([zones[name] for name in released if name in zones], cases)

    def _look_at(self, zones: Iterable[Zone], cases: Cases) -> None:
        if not self._state.listening:
            return
        blind = {self._follow(zone): self._is_blind(zone) for zone in zones}
        patience = Patience(self._settings.blind_after_s)
        for key, is_unheard in blind.items():
            verdict, respond = self._verdict(key, blind=is_unheard)
            fact = Unheard(_zone_name(key), self._state.now_ns)
            cases.take(key, patience, verdict, fact, respond)

    def _follow(self, zone: Zone) -> Key:
        """Whose case it is whether a zone is heard: that of the alert that tells of it."""
        own = (BLIND, subject_of_zone(zone.name))
        fallen = self._fallen.get(zone.name)
        if fallen is None:
            alert = self._alert(own)
            if alert is None:
                return own
            # It is new in the floor plan, and the alert is open for others that fell with it.
            fallen = self._fallen[zone.name] = Fallen(own[1], "heard" if alert.zones else "down")
        if not self._is_blind(zone):
            fallen.state = "heard"
        elif fallen.state == "heard":
            fallen.state = "relapsed"
        return BLIND, fallen.subject

    def _verdict(self, key: Key, *, blind: bool) -> tuple[Verdict, Respond]:
        """What is to be said of a case; `blind` is its zone, where nothing is open."""
        states = {each.state for each in self._fallen.values() if each.subject == key[1]}
        if "relapsed" in states:
            return "broken", relapse
        broken = "down" in states if states else blind
        return "broken" if broken else "kept", reconsider

    def _alert(self, key: Key) -> Alert | None:
        case = self._state.cases.get(key)
        return None if case is None else case.alert

    def _is_blind(self, zone: Zone) -> bool:
        return is_blind(self._state.readers, self._plan, zone)

    def _is_watched(self, name: str) -> bool:
        zone = self._plan.zones.get(name)
        return zone is not None and bool(zone.covered_by)


def _zone_name(key: Key) -> str:
    return key[1].removeprefix(_ZONE_PREFIX)
