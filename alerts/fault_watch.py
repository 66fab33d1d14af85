"""The system alerts about parts of the gateway: the store, the disk, a channel, the history.

The gateway's shell says what is broken and when it is well again; nothing here waits or guesses.
"""

from typing import ClassVar

from alerts.alert import Severity, subject_of_part
from alerts.cases import Cases
from alerts.changes import GatewayFault
from alerts.drafts import Heading
from alerts.facts import PartFault
from alerts.lifecycle import reconsider
from alerts.settings import SYSTEM_PREFIX, Manners, Patience
from alerts.state import JudgeState, Key
from alerts.watch import Outfit, SystemWatch

FAULTS_MAX = 1_000
"""So many parts may be broken at once; further ones are not told."""

_PART_PREFIX = subject_of_part("")


class FaultWatch(SystemWatch):
    """Says of each part of one kind that it is broken, at once, until it is well again."""

    severity: ClassVar[Severity] = "critical"

    def __init__(self, state: JudgeState) -> None:
        super().__init__()
        self._state = state

    def note_fault(self, fault: GatewayFault, cases: Cases) -> None:
        """A part is broken, or is well again."""
        if fault.kind != self.kind or not self._remember(fault):
            return
        key = self.name, subject_of_part(fault.name)
        if fault.broken:
            about = PartFault(fault.name, self._state.now_ns, fault.detail)
            cases.take(key, Patience(), "broken_at_once", about, reconsider)
        elif key in cases:
            # Over and closed at once, so that people get one message of it and not two.
            cases.withdraw(key)

    def concerns(self, key: Key, tag: str) -> bool:
        """Whether there still is such a part."""
        del key, tag
        return True

    def heading(self, key: Key) -> Heading:
        """As severe as its kind; it clears as soon as the part is well."""
        return super().heading(key)._replace(severity=self.severity)

    def _remember(self, fault: GatewayFault) -> bool:
        """Note which parts are broken; false for one too many."""
        known, name = self._state.faults, f"{fault.kind} {fault.name}"
        if not fault.broken:
            known.pop(name, None)
            return True
        if name not in known and len(known) >= FAULTS_MAX:
            return False
        known[name] = fault
        return True


class StoreWatch(FaultWatch):
    """Nothing is committed: alerts go out from memory, and sources are not acknowledged."""

    name, kind = SYSTEM_PREFIX + "store", "store"


class DiskWatch(FaultWatch):
    """Little room is left on the disk of the data folder."""

    name, kind = SYSTEM_PREFIX + "disk", "disk"


class HistoryWatch(FaultWatch):
    """A store of the history is behind; nothing is lost, since the journal is kept for it."""

    name, kind = SYSTEM_PREFIX + "history", "history"
    severity = "warning"


class DeliveryWatch(FaultWatch):
    """A channel gave messages up, wants no more, or was away for long; others are told of it."""

    name, kind = SYSTEM_PREFIX + "delivery", "delivery"

    def __init__(self, state: JudgeState) -> None:
        super().__init__(state)
        self._channels: frozenset[str] = frozenset()
        self._fallback: tuple[str, ...] = ()

    def use(self, outfit: Outfit) -> None:
        """Know the channels of a site file."""
        super().use(outfit)
        self._channels = frozenset(outfit.channels)
        self._fallback = outfit.fallback
        gone = [each.name for each in self._state.faults.values() if each.kind == self.kind]
        for name in gone:
            if name not in self._channels:
                del self._state.faults[f"{self.kind} {name}"]

    def concerns(self, key: Key, tag: str) -> bool:
        """Whether the site file still names the channel."""
        del tag
        return key[1].removeprefix(_PART_PREFIX) in self._channels

    def manners(self, key: Key) -> Manners:
        """The channels of the system but for the broken one; if that is all, the other ones."""
        broken = key[1].removeprefix(_PART_PREFIX)
        told = [name for name in self._settings.notify or () if name != broken]
        return Manners(tuple(told or (name for name in self._fallback if name != broken)))
