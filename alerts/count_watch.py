"""Rules about how many are in a zone."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from alerts.alert import subject_of_zone
from alerts.cases import Cases, Respond
from alerts.census import Census
from alerts.earshot import Earshot
from alerts.facts import Excess
from alerts.lifecycle import observe, reconsider
from alerts.places import Places
from alerts.rule_kinds import CountRule
from alerts.rules.count import judge, limit_of
from alerts.settings import Patience, RuleSettings
from alerts.state import JudgeState, Key
from alerts.watch import Outfit, RuleWatch
from inventory.assets import Asset
from inventory.register import Register
from readers.health import ReaderHealth
from tags.times import SECOND_NS
from zones.bins import BIN_NS
from zones.floorplan import NO_PLAN
from zones.movements import Heard, Movement

SETTLES_S = BIN_NS / SECOND_NS
"""Moves of one moment become known one by one; what is so only in between them counts not."""


class Moment(NamedTuple):
    """When a count changed, when that was known, and the reads that told of it."""

    time_ns: int
    decided_ns: int
    heard: tuple[Heard, ...] = ()


class CountWatch(RuleWatch):
    """Keeps a census for each rule, and judges the zones in which a movement changed it."""

    kinds = ("count",)

    def __init__(self, state: JudgeState, register: Register, places: Places) -> None:
        self._state = state
        self._register = register
        self._places = places
        self._plan = NO_PLAN
        self._earshot = Earshot(state)
        self._rules: dict[str, CountRule] = {}
        self._censuses: dict[str, Census] = {}

    def use(self, outfit: Outfit) -> None:
        """Judge by these rules; all are counted anew."""
        self._plan = outfit.plan
        self._earshot.use(outfit.plan)
        rules = outfit.rules.items()
        self._rules = {name: rule for name, rule in rules if isinstance(rule, CountRule)}
        self._censuses = {
            name: Census(rule.assets, self._register, self._places)
            for name, rule in self._rules.items()
        }
        self._count_all(self._rules)

    def take_movement(self, asset: Asset | None, movement: Movement, cases: Cases) -> None:
        """Count who moved; what became known too late says nothing of how many there are."""
        if movement.late:
            return
        for name, census in self._censuses.items():
            moment = Moment(movement.time_ns, movement.decided_ns, movement.heard)
            for zone in census.note(asset, movement.tag):
                self._judge(name, zone, moment, cases, observe)

    def note_health(self, health: ReaderHealth, cases: Cases) -> None:
        """Where all is heard again, too few are too few."""
        for name in self._rules:
            self._look_at(name, self._earshot.zones_of(health.reader), cases)

    def note_register(self, cases: Cases) -> None:
        """Assets are others, so all are counted anew."""
        self.reassess(self._rules, cases)

    def reassess(self, names: Collection[str], cases: Cases) -> None:
        """Count anew, and look at all zones."""
        counted = [name for name in names if name in self._rules]
        self._count_all(counted)
        for name in counted:
            self._look_at(name, self._rules[name].zones, cases)

    def concerns(self, rule: RuleSettings, key: Key, tag: str) -> bool:
        """Whether the rule still counts in this zone."""
        del tag
        zones = rule.zones if isinstance(rule, CountRule) else ()
        return any(key[1] == subject_of_zone(zone) for zone in zones)

    def _count_all(self, names: Iterable[str]) -> None:
        for name in names:
            self._censuses[name].count_all(self._plan)

    def _look_at(self, name: str, zones: Iterable[str], cases: Cases) -> None:
        moment = Moment(self._state.now_ns, self._state.now_ns)
        for zone in zones:
            self._judge(name, zone, moment, cases, reconsider)

    def _judge(self, name: str, zone: str, moment: Moment, cases: Cases, respond: Respond) -> None:
        rule = self._rules[name]
        if zone not in rule.zones:
            return
        count = self._censuses[name].count(zone)
        fact = Excess(
            quantity="assets",
            unit="",
            limit=float(limit_of(rule, count)),
            value=float(count),
            zone=zone,
            **moment._asdict(),
        )
        patience = Patience(max(rule.confirm_s, SETTLES_S), max(rule.clear_confirm_s, SETTLES_S))
        key = name, subject_of_zone(zone)
        verdict = judge(rule, count, is_heard=self._earshot.is_heard(zone))
        if verdict == "undecided" and not cases.is_active(key):
            # What was pending was about to be believed for silence alone.
            verdict = "kept"
        cases.take(key, patience, verdict, fact, respond)
