"""Tags that no asset carries, at an exit: what the site file wants to be made of them.

Nobody waits for such a tag to come back, so its alert is over a minute after it was last seen
to leave, or as soon as it is inside again; then it closes once somebody acknowledges it.
"""

from collections.abc import Callable
from hashlib import sha256

import msgspec

from alerts.alert import Event, subject_of
from alerts.cases import Cases
from alerts.drafts import Heading
from alerts.lateness import observe_late
from alerts.lifecycle import Case, reconsider
from alerts.selection import selects
from alerts.settings import SYSTEM_PREFIX, Patience, RuleSettings
from alerts.state import JudgeState, Key
from alerts.watch import Outfit, SystemWatch
from inventory.assets import Asset
from inventory.register import Register
from zones.movements import Crossing, Movement

STRANGER = SYSTEM_PREFIX + "stranger"
STRANGERS_MAX = 10_000
"""So many are remembered; of more, those without an open alert are forgotten first seen first."""
OVER_AFTER_S = 60.0


class StrangerWatch(SystemWatch):
    """Says of each tag without an asset that it left, once until it is inside again."""

    name, kind = STRANGER, "unknown_tag"

    def __init__(
        self, state: JudgeState, register: Register, tell: Callable[[Event], None]
    ) -> None:
        super().__init__()
        self._state = state
        self._register = register
        self._tell = tell
        self._rules: list[RuleSettings] = []

    def use(self, outfit: Outfit) -> None:
        """Leave those tags to the rules that select them."""
        super().use(outfit)
        self._rules = [rule for rule in outfit.rules.values() if rule.assets.tag is not None]

    def concerns(self, key: Key, tag: str) -> bool:
        """Whether the tag still is nobody's, and to be told of."""
        del key
        known = self._register.asset_of(tag) is not None
        return self._settings.unknown_tags == "alert" and not known and not self._is_ruled(tag)

    def heading(self, key: Key) -> Heading:
        """Somebody should have looked at it before it closes."""
        return super().heading(key)._replace(clears_after_s=None)

    def take_movement(self, asset: Asset | None, movement: Movement, cases: Cases) -> None:
        """A tag is in a zone, or nowhere any more."""
        if asset is None and movement.to_zone in self._plan.urgent:
            self._note(movement, cases)
        elif not movement.late:
            self._settle(movement, cases)

    def take_crossing(self, asset: Asset | None, crossing: Crossing, cases: Cases) -> None:
        """A tag went through a portal."""
        if asset is None and crossing.direction == "outbound":
            self._note(crossing, cases)
        elif crossing.direction == "inbound" and not crossing.late:
            self._settle(crossing, cases)

    def _note(self, fact: Movement | Crossing, cases: Cases) -> None:
        """A stranger leaves; what was read late is told by itself, and changes nothing else."""
        wanted = self._settings.unknown_tags
        if wanted == "ignore" or self._state.strangers.get(fact.tag) or self._is_ruled(fact.tag):
            return
        remembered = self._remember(fact.tag, cases, out=not fact.late)
        if wanted == "record" or not remembered:
            self._tell(self._event(fact))
            return
        key = _key(fact.tag)
        self._state.cases.setdefault(key, Case(episodes=self._state.stranger_episodes))
        if fact.late:
            cases.take(key, Patience(), "broken_at_once", fact, observe_late(is_over=True))
            return
        cases.take(key, Patience(), "broken_at_once", fact, reconsider)
        cases.take(key, Patience(0.0, OVER_AFTER_S), "kept", fact, reconsider)

    def _settle(self, fact: Movement | Crossing, cases: Cases) -> None:
        """It is inside, or not at the exit any more: the next time it leaves is another one."""
        if self._state.strangers.get(fact.tag):
            self._state.strangers[fact.tag] = False
            cases.take(_key(fact.tag), Patience(), "kept", fact, reconsider)

    def _remember(self, tag: str, cases: Cases, *, out: bool) -> bool:
        """Note a stranger as the newest; false if there are too many whose alerts are open."""
        strangers = self._state.strangers
        if tag not in strangers and len(strangers) >= STRANGERS_MAX:
            done = (each for each in strangers if cases.alert_of(_key(each)) is None)
            oldest = next(done, None)
            if oldest is None:
                return False
            del strangers[oldest]
            case = cases.forget(_key(oldest))
            # What is forgotten and comes again needs other ids than it had.
            episodes = 0 if case is None else case.episodes
            self._state.stranger_episodes = max(self._state.stranger_episodes, episodes)
        strangers.pop(tag, None)
        strangers[tag] = out
        return True

    def _is_ruled(self, tag: str) -> bool:
        return any(selects(rule.assets, None, tag) for rule in self._rules)

    def _event(self, fact: Movement | Crossing) -> Event:
        went = fact if isinstance(fact, Movement) else None
        portal = fact.portal if isinstance(fact, Crossing) else None
        place = portal if went is None else went.to_zone
        text = msgspec.json.encode(["unknown_exit", fact.tag, place, fact.time_ns])
        return Event(
            id=sha256(text).hexdigest()[:32],
            kind="unknown_exit",
            time_ns=fact.time_ns,
            at_ns=self._state.now_ns,
            asset=None,
            tag=fact.tag,
            from_zone=None if went is None else went.from_zone,
            to_zone=None if went is None else went.to_zone,
            portal=portal,
        )


def _key(tag: str) -> Key:
    return STRANGER, subject_of(None, tag)
