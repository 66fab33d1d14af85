"""The system alert `conflict`: two places that are far from each other hear the same tag.

One of the two tags is a copy, or a reader says what it did not hear.
"""

from alerts.alert import subject_of
from alerts.cases import Cases
from alerts.lifecycle import reconsider
from alerts.rules.verdict import Verdict
from alerts.settings import SYSTEM_PREFIX, Patience
from alerts.state import Key
from alerts.watch import SystemWatch
from inventory.register import Register
from zones.movements import Conflict

CONFLICT = SYSTEM_PREFIX + "conflict"


class ConflictWatch(SystemWatch):
    """One alert for each asset, or tag without one, that is in two places at once."""

    name, kind = CONFLICT, "conflict"

    def __init__(self, register: Register) -> None:
        super().__init__()
        self._register = register

    def take(self, conflict: Conflict, cases: Cases) -> None:
        """A conflict began, or is over."""
        key = CONFLICT, subject_of(conflict.asset, conflict.tag)
        verdict: Verdict = "kept" if conflict.ended else "broken_at_once"
        cases.take(key, Patience(), verdict, conflict, reconsider)

    def concerns(self, key: Key, tag: str) -> bool:
        """Whether the tag is still carried by the asset, or by none, as it was."""
        carrier = self._register.asset_of(tag)
        return key[1] == subject_of(None if carrier is None else carrier.id, tag)
