"""Rules about how fast assets go, by the positions of their trackers."""

from math import hypot

from alerts.alert import subject_of
from alerts.cases import Cases
from alerts.facts import Excess
from alerts.holding import Held, plausible_ns, remember
from alerts.lifecycle import observe
from alerts.place_watch import is_for
from alerts.places import Places
from alerts.rule_kinds import SpeedRule
from alerts.rules.speed import LEG_S_MAX, LEG_S_MIN, Leg, is_jump, judge
from alerts.rules.verdict import Verdict
from alerts.selection import selects
from alerts.settings import Patience, RuleSettings
from alerts.state import JudgeState, Key
from alerts.watch import Outfit, RuleWatch
from inventory.assets import Asset
from inventory.register import Register
from tags.reads import Fix
from tags.times import SECOND_NS
from zones.floorplan import NO_PLAN
from zones.movements import Movement
from zones.positions import place_of


class SpeedWatch(RuleWatch):
    """Judges the way of each tracker from fix to fix, in the order of their time.

    Another rule, or the same with another limit, is judged with the next fix: a speed is of
    its moment.
    """

    kinds = ("speed",)
    has_timers = True

    def __init__(self, state: JudgeState, register: Register, places: Places) -> None:
        self._state = state
        self._register = register
        self._places = places
        self._plan = NO_PLAN
        self._rules: list[SpeedRule] = []

    def use(self, outfit: Outfit) -> None:
        """Judge by these rules; trackers that none of them is about are forgotten."""
        self._plan = outfit.plan
        self._rules = [rule for rule in outfit.rules.values() if isinstance(rule, SpeedRule)]
        self._state.fixes.keep(self._matters)
        starts = self._state.starts
        for tag in [tag for tag, start in starts.items() if not self._matters(start.item)]:
            del starts[tag]

    def take_fix(self, fix: Fix, cases: Cases) -> None:
        """Hold a fix of a tracker that a rule is about."""
        del cases
        if self._matters(fix):
            event_ns = plausible_ns(fix.time_ns, fix.arrival_ns)
            tie = repr((fix.x_m, fix.y_m, fix.lat, fix.lon, fix.accuracy_m))
            self._state.fixes.hold(fix.tag, fix, event_ns, tie, self._state.now_ns)

    def next_ns(self) -> int | None:
        """When a fix has been held for long enough."""
        return self._state.fixes.next_ns()

    def advance(self, now_ns: int, cases: Cases) -> None:
        """Judge the ways to the fixes that have been held for long enough."""
        for held in self._state.fixes.let_go(now_ns):
            place = place_of(held.item, self._plan)
            if isinstance(place, str):
                continue
            start = self._state.starts.get(held.name)
            leg = None if start is None else self._leg(start, held, place)
            if leg is None or self._judge(leg, held, cases):
                remember(self._state.starts, held)

    def take_movement(self, asset: Asset | None, movement: Movement, cases: Cases) -> None:
        """Who has left the zones of a rule is not too fast for it any more."""
        if movement.late or not self._rules:
            return
        zone = self._places.later_than(asset, movement.tag, -1)
        for rule in self._rules:
            key = rule.name, subject_of(movement.asset, movement.tag)
            if cases.is_active(key) and self._of_zone(rule, zone) == "kept":
                fact = _excess(rule, 0.0, movement.time_ns, asset, movement.tag, zone)
                cases.take(key, rule.patience, "kept", fact, observe)

    def concerns(self, rule: RuleSettings, key: Key, tag: str) -> bool:
        """Whether a rule is for an asset, or for a tag that no asset carries."""
        return is_for(rule, key, tag, self._register)

    def _matters(self, fix: Fix) -> bool:
        asset = self._register.asset_of(fix.tag) if self._rules else None
        return any(selects(rule.assets, asset, fix.tag) for rule in self._rules)

    def _leg(self, start: Held[Fix], end: Held[Fix], place: tuple[float, float]) -> Leg | None:
        """The way between two fixes; None if nobody can say any more where the first one was."""
        former = place_of(start.item, self._plan)
        if isinstance(former, str):
            return None
        way_m = hypot(place[0] - former[0], place[1] - former[1])
        doubt_m = (start.item.accuracy_m or 0.0) + (end.item.accuracy_m or 0.0)
        return Leg(way_m, (end.event_ns - start.event_ns) / SECOND_NS, doubt_m)

    def _judge(self, leg: Leg, end: Held[Fix], cases: Cases) -> bool:
        """Judge a way; whether the next one begins at its end."""
        if leg.seconds < LEG_S_MIN:
            return False
        if leg.seconds > LEG_S_MAX or is_jump(leg, self._plan.positions):
            return True
        asset = self._register.asset_of(end.name)
        rules = [rule for rule in self._rules if selects(rule.assets, asset, end.name)]
        verdicts: list[Verdict] = [judge(rule, leg) for rule in rules]
        zone = self._places.later_than(asset, end.name, -1)
        for rule, verdict in zip(rules, verdicts, strict=True):
            fact = _excess(rule, leg.speed_mps, end.event_ns, asset, end.name, zone)
            key = rule.name, subject_of(fact.asset, fact.tag)
            said = self._of_zone(rule, zone) or verdict
            cases.take(key, _patience(rule, leg), said, fact, observe)
        return "undecided" not in verdicts

    def _of_zone(self, rule: SpeedRule, zone: str | None) -> Verdict | None:
        """What the place says: the rule does not hold there, or nobody knows; None if it holds."""
        if rule.zones is None:
            return None
        if zone is None:
            return "undecided"
        return None if self._plan.within(zone, rule.zones) else "kept"


def _patience(rule: SpeedRule, leg: Leg) -> Patience:
    """A way that took longer than it has to last needs nothing more to confirm it."""
    waits_s = (rule.confirm_s, rule.clear_confirm_s)
    confirm_s, clear_s = (0.0 if leg.seconds >= wait_s else wait_s for wait_s in waits_s)
    return Patience(confirm_s, clear_s)


def _excess(  # noqa: PLR0913, PLR0917 -- who was how fast, when and where
    rule: SpeedRule,
    speed_mps: float,
    time_ns: int,
    asset: Asset | None,
    tag: str,
    zone: str | None,
) -> Excess:
    return Excess(
        quantity="speed",
        unit="m/s",
        limit=rule.over_mps,
        value=round(speed_mps, 2),
        time_ns=time_ns,
        decided_ns=time_ns,
        tag=tag,
        asset=None if asset is None else asset.id,
        zone=zone or None,
    )
