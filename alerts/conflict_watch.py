"""The system alert `conflict`: two places that are far from each other hear the same tag.

One of the two tags is a copy, or a reader says what it did not hear.
"""

from hashlib import sha256

from alerts.alert import subject_of
from alerts.cases import Cases
from alerts.drafts import Heading
from alerts.lifecycle import reconsider
from alerts.rules.verdict import Verdict
from alerts.settings import SYSTEM_PREFIX, Patience, SystemSettings
from alerts.state import Key
from inventory.register import Register
from zones.floorplan import FloorPlan
from zones.movements import Conflict

CONFLICT = SYSTEM_PREFIX + "conflict"


class ConflictWatch:
    """One alert for each asset, or tag without one, that is in two places at once."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._settings = SystemSettings()
        self._version = ""

    def use(self, _plan: FloorPlan, settings: SystemSettings) -> None:
        """Tell whom these settings name."""
        self._settings = settings
        self._version = sha256(settings.model_dump_json().encode()).hexdigest()[:12]

    def take(self, conflict: Conflict, cases: Cases) -> None:
        """A conflict began, or is over."""
        key = CONFLICT, subject_of(conflict.asset, conflict.tag)
        verdict: Verdict = "kept" if conflict.ended else "broken_at_once"
        cases.take(key, Patience(), verdict, conflict, reconsider)

    def concerns(self, key: Key, tag: str) -> bool:
        """Whether the tag is still carried by the asset, or by none, as it was."""
        carrier = self._register.asset_of(tag)
        return key[1] == subject_of(None if carrier is None else carrier.id, tag)

    def listeners(self) -> tuple[str, ...]:
        """The channels that are told."""
        return self._settings.notify or ()

    def heading(self, _key: Key) -> Heading:
        """What an alert about a conflict has from its rule."""
        return Heading(
            CONFLICT, self._version, "conflict", "warning", latched=False, clears_after_s=0.0
        )
