"""Rules about where somebody is: exit, forbidden, enter, dwell, missing."""

from collections.abc import Callable, Collection, Iterable

from alerts.alert import subject_of
from alerts.cases import Cases, Respond
from alerts.custody_watch import CustodyWatch
from alerts.lateness import observe_late
from alerts.lifecycle import observe, reconsider_after
from alerts.places import Places, Standing, place_of
from alerts.rule_kinds import DwellRule, EnterRule, ExitRule, ForbiddenRule, MissingRule
from alerts.rules.exit import judge as judge_exit
from alerts.rules.missing import judge as judge_missing
from alerts.rules.presence import judge as judge_presence
from alerts.rules.verdict import Verdict
from alerts.selection import selects
from alerts.settings import RuleSettings
from alerts.state import JudgeState, Key
from alerts.watch import Outfit, RuleWatch
from inventory.assets import Asset
from inventory.register import Register
from tags.times import SECOND_NS
from zones.floorplan import NO_PLAN, FloorPlan
from zones.movements import Movement

PlaceRule = ExitRule | ForbiddenRule | EnterRule | DwellRule | MissingRule
Findings = dict[Key, tuple[Verdict, Standing]]
"""What a rule says of where a subject is."""

_TOLD_LATE = (ExitRule, ForbiddenRule, EnterRule)
"""A stay that was over before it was known was no long one, and nobody was missing."""


class PlaceWatch(RuleWatch):
    """Judges movements, and anew where somebody is when rules or assets change."""

    kinds = ("exit", "forbidden", "enter", "dwell", "missing")

    def __init__(
        self, state: JudgeState, register: Register, places: Places, custody: CustodyWatch
    ) -> None:
        self._state = state
        self._register = register
        self._places = places
        self._custody = custody
        self._plan = NO_PLAN
        self._rules: dict[str, PlaceRule] = {}

    def use(self, outfit: Outfit) -> None:
        """Judge by these rules."""
        self._plan = outfit.plan
        self._rules = {
            name: rule for name, rule in outfit.rules.items() if isinstance(rule, PlaceRule)
        }

    def take_movement(self, asset: Asset | None, movement: Movement, cases: Cases) -> None:
        """Judge a movement, unless the asset has moved since by another tag."""
        if not movement.late:
            if not self._places.is_outdated(asset, movement.tag, movement.time_ns):
                self._assess(asset, movement, cases, observe)
        else:
            self._assess_late(asset, movement, cases)

    def concerns(self, rule: RuleSettings, key: Key, tag: str) -> bool:
        """Whether a rule is for an asset, or for a tag that no asset carries."""
        return is_for(rule, key, tag, self._register)

    def forbids(self, tag: str, zone: str, is_open: Callable[[str], bool]) -> bool:
        """Whether a rule that is in force forbids a zone for a tag, or for who carries it.

        `is_open` says of a rule whether it is in force.
        """
        asset = self._register.asset_of(tag)
        return any(
            isinstance(rule, ForbiddenRule)
            and is_open(name)
            and self._plan.within(zone, rule.zones)
            and selects(rule.assets, asset, tag)
            for name, rule in self._rules.items()
        )

    def reassess(self, names: Collection[str], cases: Cases) -> None:
        """Look at everybody with rules that are in force from now on."""
        found = self.findings(self._places.tags(), names, cases)
        self.judge_anew({}, found, cases, lasted=True)

    def findings(self, tags: Iterable[str], names: Collection[str], cases: Cases) -> Findings:
        """What the named rules say of where the subjects of these tags are.

        Who is inside and has no case is left out: there are many, and nothing is to be done.
        """
        found: Findings = {}
        standings = self._places.standings(tags)
        zones = dict.fromkeys((there.zone, there.gone_from) for there in standings.values())
        for rule in [self._rules[name] for name in names if name in self._rules]:
            verdicts: dict[tuple[str | None, str | None], Verdict] = {
                zone: judge_place(rule, self._plan, *zone) for zone in zones
            }
            for subject, there in standings.items():
                key, verdict = (rule.name, subject), verdicts[there.zone, there.gone_from]
                matters = verdict not in {"kept", "undecided"} or key in cases
                if matters and selects(rule.assets, there.asset, there.tag):
                    found[key] = verdict, there
        return found

    def judge_anew(
        self, before: Findings, after: Findings, cases: Cases, *, lasted: bool = False
    ) -> None:
        """Respond where a change made another verdict; whom it made none about, it leaves alone.

        `lasted`: who has been there all the while need not prove it anew.
        """
        for key in sorted(after):
            verdict, there = after[key]
            if key not in before or before[key][0] != verdict:
                now_ns = self._state.now_ns
                stayed_ns = now_ns - there.since_ns if lasted else 0
                movement = there.as_movement(now_ns)
                respond = reconsider_after(stayed_ns / SECOND_NS)
                self._apply(self._rules[key[0]], there.asset, movement, cases, respond)

    def _assess(
        self, asset: Asset | None, movement: Movement, cases: Cases, respond: Respond
    ) -> None:
        for rule in self._rules.values():
            if selects(rule.assets, asset, movement.tag):
                self._apply(rule, asset, movement, cases, respond)

    def _assess_late(self, asset: Asset | None, movement: Movement, cases: Cases) -> None:
        """What is known late is over if the asset is known to have been elsewhere since.

        A movement is late because the tag was read later, in the place in which it is now.
        """
        since = self._places.newest(asset, movement.tag)
        for rule in self._rules.values():
            if isinstance(rule, _TOLD_LATE) and selects(rule.assets, asset, movement.tag):
                is_over = judge_place(rule, self._plan, since, None) == "kept"
                self._apply(rule, asset, movement, cases, observe_late(is_over=is_over))

    def _apply(
        self,
        rule: PlaceRule,
        asset: Asset | None,
        movement: Movement,
        cases: Cases,
        respond: Respond,
    ) -> None:
        gone_from = movement.from_zone if movement.kind == "departed" else None
        if gone_from is not None and self._places.has_other(asset, movement.tag):
            gone_from = None
        verdict = judge_place(rule, self._plan, place_of(movement), gone_from)
        if verdict == "broken" and (movement.crossed or len(movement.fixes) > 1):
            # Two positions have confirmed it, or it has been there and left already.
            verdict = "broken_at_once"
        if isinstance(rule, ExitRule):
            verdict = self._custody.review(rule, asset, movement, verdict)
        key = rule.name, subject_of(movement.asset, movement.tag)
        cases.take(key, rule.patience, verdict, movement, respond)


def judge_place(
    rule: PlaceRule, plan: FloorPlan, zone: str | None, gone_from: str | None
) -> Verdict:
    """Whether being in a zone breaks a rule, or having vanished from one."""
    match rule:
        case ExitRule():
            return judge_exit(rule, plan, zone)
        case MissingRule():
            return judge_missing(rule, plan, zone, gone_from)
        case _:
            return judge_presence(rule, plan, zone, gone_from)


def is_for(rule: RuleSettings, key: Key, tag: str, register: Register) -> bool:
    """Whether a rule is for the asset of a case, or for its tag that no asset carries."""
    carrier = register.asset_of(tag)
    if key[1].startswith("tag:"):
        return carrier is None and selects(rule.assets, None, tag)
    asset = register.asset(key[1].removeprefix("asset:"))
    if asset is None:
        return False
    return selects(rule.assets, asset, tag if carrier == asset else "")
