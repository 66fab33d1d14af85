"""Rules about assets that come into a zone without a custodian."""

from collections.abc import Collection

from alerts.alert import subject_of
from alerts.cases import Cases
from alerts.census import ANY_GROUP, Census
from alerts.earshot import Earshot
from alerts.lifecycle import observe, reconsider
from alerts.place_watch import is_for
from alerts.places import Places, Standing
from alerts.rule_kinds import UnaccompaniedRule
from alerts.rules.unaccompanied import Arrival, judge
from alerts.selection import selects
from alerts.settings import RuleSettings
from alerts.state import JudgeState, Key
from alerts.watch import Outfit, RuleWatch
from alerts.whereabouts import Whereabouts
from inventory.assets import Asset
from inventory.register import Register
from readers.health import ReaderHealth
from tags.times import SECOND_NS
from zones.floorplan import NO_PLAN
from zones.movements import Movement

_Lonely = dict[str, tuple[Asset | None, str]]
"""Assets by subject, each with the tag by which it came."""


class UnaccompaniedWatch(RuleWatch):
    """Keeps the custodians of each rule by zone, and the assets that wait for one there.

    A rule that names zones is kept by a custodian anywhere in the same of them; one that names
    none, by a custodian in the very zone of the asset or in one that lies there.
    """

    kinds = ("unaccompanied",)

    def __init__(self, state: JudgeState, register: Register, places: Places) -> None:
        self._state = state
        self._register = register
        self._places = places
        self._plan = NO_PLAN
        self._earshot = Earshot(state)
        self._whereabouts = Whereabouts(state, register, places)
        self._rules: dict[str, UnaccompaniedRule] = {}
        self._custodians: dict[str, Census] = {}
        self._alone: dict[tuple[str, str], _Lonely] = {}

    def use(self, outfit: Outfit) -> None:
        """Judge by these rules."""
        self._plan = outfit.plan
        self._earshot.use(outfit.plan)
        rules = outfit.rules.items()
        self._rules = {name: rule for name, rule in rules if isinstance(rule, UnaccompaniedRule)}
        self._custodians = {
            name: Census(rule.custodians, self._register, self._places)
            for name, rule in self._rules.items()
        }
        self._look_around()

    def take_movement(self, asset: Asset | None, movement: Movement, cases: Cases) -> None:
        """Somebody came: maybe a custodian, maybe an asset that needs one.

        What became known too late is left alone: whoever was with it may be known later still.
        """
        if movement.late or not self._rules:
            return
        former, zone = self._whereabouts.follow(asset, movement.tag)
        for name, rule in self._rules.items():
            self._welcome(name, asset, movement, cases)
            if selects(rule.assets, asset, movement.tag) and (former != zone or zone is None):
                self._judge(name, asset, movement, (former, zone), cases)

    def note_health(self, health: ReaderHealth, cases: Cases) -> None:
        """Where not all is heard any more, nobody can tell whether somebody still comes."""
        for zone in self._earshot.zones_of(health.reader) if self._rules else ():
            if self._earshot.is_heard(zone):
                continue
            for name, rule in self._rules.items():
                for subject in self._alone.get((name, zone), {}):
                    case = self._state.cases[name, subject]
                    if case.pending is not None and case.pending.what == "raise":
                        fact = case.pending.fact
                        cases.take((name, subject), rule.patience, "kept", fact, reconsider)

    def note_register(self, cases: Cases) -> None:
        """Assets or custodians are others."""
        self.reassess(self._rules, cases)

    def reassess(self, names: Collection[str], cases: Cases) -> None:
        """Who is alone needs to be no more, or has company by what holds now.

        Nobody comes anywhere for that, so nothing begins.
        """
        if not self._rules:
            return
        self._look_around()
        for name, subject, asset, tag in self._lonely():
            zone = self._places.later_than(asset, tag, -1)
            place = self._place(self._rules[name], zone)
            needless = zone is not None and place is None
            if name in names and (needless or self._has_company(name, subject, asset, place)):
                fact = Standing(asset, tag, zone).as_movement(self._state.now_ns)
                patience = self._rules[name].patience
                cases.take((name, subject), patience, "kept", fact, reconsider)

    def concerns(self, rule: RuleSettings, key: Key, tag: str) -> bool:
        """Whether a rule is for an asset, or for a tag that no asset carries."""
        return is_for(rule, key, tag, self._register)

    def _welcome(self, name: str, asset: Asset | None, movement: Movement, cases: Cases) -> None:
        """If a custodian came into a zone, who was alone there is so no more."""
        census, rule = self._custodians[name], self._rules[name]
        subject = subject_of(movement.asset, movement.tag)
        for zone in census.note(asset, movement.tag):
            lonely = self._alone.get((name, zone), {}) if census.has(subject, zone) else {}
            for each, (owned, _) in list(lonely.items()):
                key = name, each
                if not self._is_open(key):
                    del lonely[each]
                elif self._has_company(name, each, owned, zone):
                    cases.take(key, rule.patience, "kept", movement, observe)

    def _judge(
        self,
        name: str,
        asset: Asset | None,
        movement: Movement,
        way: tuple[str | None, str | None],
        cases: Cases,
    ) -> None:
        """An asset is somewhere else than before."""
        rule, subject = self._rules[name], subject_of(movement.asset, movement.tag)
        former, place = (self._place(rule, zone) for zone in way)
        if former == place and way[0] is not None:
            return
        arrival = Arrival(
            is_inside=place is not None,
            was_seen_before=way[0] is not None,
            has_company=self._has_company(name, subject, asset, place),
            is_heard=place is not None and self._earshot.is_heard(place),
        )
        verdict, key = judge(arrival), (name, subject)
        if verdict == "undecided" and not cases.is_active(key):
            verdict = "kept"
        # Who comes along is known as long after it happened as this was.
        known_s = max(0, movement.decided_ns - movement.time_ns) / SECOND_NS
        wait_s = rule.within_s + known_s
        patience = rule.patience._replace(confirm_s=wait_s, for_way_back=False)
        cases.take(key, patience, verdict, movement, observe)
        self._alone.get((name, former or ""), {}).pop(subject, None)
        if place is not None and self._is_open(key):
            self._alone.setdefault((name, place), {})[subject] = asset, movement.tag

    # Look-ups

    def _place(self, rule: UnaccompaniedRule, zone: str | None) -> str | None:
        """Where company counts for who is in a zone; None where it needs none."""
        if zone not in self._plan.zones:
            return None
        if rule.zones is None:
            return zone
        return next((each for each in rule.zones if self._plan.within(zone, (each,))), None)

    def _has_company(self, name: str, subject: str, asset: Asset | None, place: str | None) -> bool:
        """Whether a custodian is there, other than the asset itself."""
        if place is None:
            return False
        group = ANY_GROUP
        if self._rules[name].same_group:
            group = "" if asset is None else asset.group
        census = self._custodians[name]
        return census.count(place, group) > census.has(subject, place)

    def _is_open(self, key: Key) -> bool:
        """Whether somebody who comes would change anything: it is pending, or not over."""
        case = self._state.cases.get(key)
        if case is None:
            return False
        if case.pending is not None and case.pending.what == "raise":
            return True
        return case.alert is not None and case.alert.condition == "active"

    def _look_around(self) -> None:
        """Build anew what is derived: who is where, and who is alone."""
        for census in self._custodians.values():
            census.count_all(self._plan)
        self._whereabouts.look()
        self._alone = {}
        for name, subject, asset, tag in self._lonely():
            place = self._place(self._rules[name], self._places.later_than(asset, tag, -1))
            if place is not None:
                self._alone.setdefault((name, place), {})[subject] = asset, tag

    def _lonely(self) -> list[tuple[str, str, Asset | None, str]]:
        """Who is alone, by rule and subject, with the tag by which it came."""
        found: list[tuple[str, str, Asset | None, str]] = []
        for (name, subject), case in sorted(self._state.cases.items(), key=lambda each: each[0]):
            about = case.alert or (None if case.pending is None else case.pending.fact)
            if name in self._rules and about is not None and self._is_open((name, subject)):
                asset = (
                    None
                    if subject.startswith("tag:")
                    else self._register.asset(subject.removeprefix("asset:"))
                )
                found.append((name, subject, asset, about.tag))
        return found
