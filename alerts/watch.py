"""What all that looks at something for the rules has in common: it says of each case a verdict.

A watch knows what its rules are about and nothing of the life of alerts, which `Cases` lead.
What it remembers beyond the state is derived, and can be built anew by `use`.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import ClassVar, NamedTuple

from alerts.cases import Cases
from alerts.changes import GatewayFault
from alerts.drafts import Heading
from alerts.settings import Manners, RuleSettings, SystemSettings
from alerts.state import Key
from inventory.assets import Asset
from readers.health import ReaderHealth
from tags.reads import Fix, Measurement
from zones.floorplan import NO_PLAN, FloorPlan
from zones.movements import Crossing, Movement


class Outfit(NamedTuple):
    """What a site file says that concerns alerts; `rules` by name.

    `channels` are all that it names, `fallback` those that are told of a system channel that is
    broken where there is no other one.
    """

    plan: FloorPlan = NO_PLAN
    rules: Mapping[str, RuleSettings] = {}
    system: SystemSettings = SystemSettings()
    channels: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()


class Watch:
    """Looks at what happens; each kind of watch overrides what concerns it.

    One that overrides `next_ns` says so by `has_timers`.
    """

    has_timers: ClassVar[bool] = False

    def use(self, outfit: Outfit) -> None:
        """Go by this site file from now on; the state may be of another one, or be restored."""

    def take_movement(self, asset: Asset | None, movement: Movement, cases: Cases) -> None:
        """A tag moved, as the register has it on this asset; its place is noted already."""

    def take_crossing(self, asset: Asset | None, crossing: Crossing, cases: Cases) -> None:
        """A tag was at a portal."""

    def take_fix(self, fix: Fix, cases: Cases) -> None:
        """A tracker told its position, in order of arrival."""

    def take_measurement(self, measurement: Measurement, cases: Cases) -> None:
        """A sensor told a value, in order of arrival."""

    def note_health(self, health: ReaderHealth, cases: Cases) -> None:
        """A reader is not as it was."""

    def note_start(self) -> None:
        """The gateway starts; nobody heard anything for a while, and no reader is known yet."""

    def note_outage(self, cases: Cases) -> None:
        """An alert about zones that nobody hears was raised, or is over."""

    def note_fault(self, fault: GatewayFault, cases: Cases) -> None:
        """A part of the gateway does not work, or does again."""

    def note_register(self, cases: Cases) -> None:
        """Assets are others than before, or carry other tags."""

    def reassess(self, names: Collection[str], cases: Cases) -> None:
        """Look anew with these rules: they were edited, or are in force from now on."""

    def next_ns(self) -> int | None:
        """When it has something due by itself."""
        return None

    def advance(self, now_ns: int, cases: Cases) -> None:
        """Do what is due up to and at `now_ns`."""


class RuleWatch(Watch, ABC):
    """Looks with the eyes of some kinds of rules of the site file."""

    kinds: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def concerns(self, rule: RuleSettings, key: Key, tag: str) -> bool:
        """Whether the rule still is about what the case is about."""


class SystemWatch(Watch, ABC):
    """One of the gateway's own rules."""

    name: ClassVar[str] = ""
    kind: ClassVar[str] = ""

    def __init__(self) -> None:
        self._plan = NO_PLAN
        self._settings = SystemSettings()
        self._version = ""

    def use(self, outfit: Outfit) -> None:
        """Watch by these settings from now on."""
        self._plan, self._settings = outfit.plan, outfit.system
        self._version = sha256(outfit.system.model_dump_json().encode()).hexdigest()[:12]

    @abstractmethod
    def concerns(self, key: Key, tag: str) -> bool:
        """Whether there is still something to watch."""

    def manners(self, key: Key) -> Manners:
        """How the alerts of a case behave toward people; without a subject, of all together."""
        del key
        return Manners(self._settings.notify or ())

    def heading(self, key: Key) -> Heading:
        """What its alerts have in common; they clear by themselves once they are over."""
        del key
        return Heading(
            self.name, self._version, self.kind, "warning", latched=False, clears_after_s=0.0
        )
