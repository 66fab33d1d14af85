"""Whether all the equipment is where it was: antennas on their readers, readers on the network.

Only what was there can be gone: an antenna that its reader never called connected is missing
from the installation, and a reader has to come online once after each start of the gateway.
What goes while somebody works on it is expected to be gone, and is forgotten until it is back.
"""

from collections.abc import Collection

from alerts.alert import subject_of_reader
from alerts.cases import Cases
from alerts.facts import ReaderFault
from alerts.lifecycle import reconsider
from alerts.rule_kinds import TamperRule
from alerts.rules.tamper import judge_antenna, judge_reader
from alerts.rules.verdict import Verdict
from alerts.settings import RuleSettings
from alerts.state import JudgeState, Key
from alerts.watch import Outfit, RuleWatch
from readers.health import ReaderHealth
from readers.maintenance import WHOLE_READER
from zones.floorplan import NO_PLAN, PointKey

_READER_PREFIX = subject_of_reader("")


class TamperWatch(RuleWatch):
    """Judges the health of readers by the tamper rules."""

    kinds = ("tamper",)

    def __init__(self, state: JudgeState) -> None:
        self._state = state
        self._plan = NO_PLAN
        self._rules: dict[str, TamperRule] = {}

    def use(self, outfit: Outfit) -> None:
        """Judge by these rules; readers that are gone from the site file are forgotten."""
        self._plan = outfit.plan
        rules = outfit.rules.items()
        self._rules = {name: rule for name, rule in rules if isinstance(rule, TamperRule)}
        self._plan.drop_strangers(self._state.attached)

    def note_start(self) -> None:
        """The gateway starts: whether a reader was there before it went down says nothing."""
        for antennas in self._state.attached.values():
            if WHOLE_READER in antennas:
                antennas.remove(WHOLE_READER)

    def concerns(self, rule: RuleSettings, key: Key, tag: str) -> bool:
        """Whether the rule still is about this reader or antenna, and the site file has it."""
        del tag
        name, antenna = self._point(key)
        return isinstance(rule, TamperRule) and self._is_about(rule, name, antenna)

    def note_health(self, health: ReaderHealth, cases: Cases) -> None:
        """A reader is not as it was; how a link is tells of the devices behind it, too."""
        names = self._plan.hearers_of(health.reader)
        if names:
            self._remember(health)
        for rule in self._rules.values():
            self._judge(rule, names, cases)

    def reassess(self, names: Collection[str], cases: Cases) -> None:
        """Look at every reader with these rules."""
        for name in names:
            rule = self._rules.get(name)
            if rule is not None:
                self._judge(rule, sorted(self._state.readers), cases)

    def _remember(self, health: ReaderHealth) -> None:
        """Note what is there; what went in maintenance need not come back."""
        known = set(self._state.attached.get(health.reader, ()))
        if health.state == "online":
            states = health.antennas.items()
            known |= {WHOLE_READER, *(each for each, state in states if state == "connected")}
            known -= {each for each in known if health.lacks(each) and health.is_maintained(each)}
        elif health.is_maintained(WHOLE_READER):
            known.discard(WHOLE_READER)
        self._state.attached[health.reader] = sorted(known)

    def _judge(self, rule: TamperRule, names: Collection[str], cases: Cases) -> None:
        for name in names:
            health = self._state.readers.get(name)
            if health is None:
                continue
            there = self._state.attached.get(name, [])
            for antenna in sorted({WHOLE_READER, *health.antennas, *there}):
                if self._is_about(rule, name, antenna):
                    verdict = self._verdict(health, antenna, was_there=antenna in there)
                    self._take(rule, health, antenna, verdict, cases)

    def _verdict(self, health: ReaderHealth, antenna: int, *, was_there: bool) -> Verdict:
        if antenna != WHOLE_READER:
            return judge_antenna(health, antenna, was_there=was_there)
        if self._plan.is_cut_off(health.reader, self._state.readers):
            return "undecided"
        if health.state == "silent" and not self._plan.is_steady(health.reader):
            return "undecided"
        return judge_reader(health, was_there=was_there)

    def _take(
        self,
        rule: TamperRule,
        health: ReaderHealth,
        antenna: int,
        verdict: Verdict,
        cases: Cases,
    ) -> None:
        """Take a verdict in; where nothing can be said, all stays as it was and nothing pends."""
        number = None if antenna == WHOLE_READER else antenna
        key = rule.name, subject_of_reader(health.reader, number)
        if verdict == "undecided":
            verdict = "broken" if cases.is_active(key) else "kept"
        detail = health.reason or f"is {health.state}"
        if number is not None:
            detail = f"antenna {number} is not connected any more"
        fact = ReaderFault(health.reader, self._state.now_ns, detail, number)
        cases.take(key, rule.patience, verdict, fact, reconsider)

    def _is_about(self, rule: TamperRule, name: str, antenna: int) -> bool:
        if antenna == WHOLE_READER:
            listed = bool(self._plan.hearers_of(name))
        else:
            listed = self._plan.has_antenna((name, antenna))
        return listed and rule.concerns(name, antenna, self._plan.link_of(name))

    def _point(self, key: Key) -> PointKey:
        """Reader and antenna that a case is about."""
        named = key[1].removeprefix(_READER_PREFIX)
        name, slash, number = named.rpartition("/")
        if self._plan.hearers_of(named) or not slash or not number.isdecimal():
            return named, WHOLE_READER
        return name, int(number)
