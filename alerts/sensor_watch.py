"""Rules about what sensors say. A sensor that is silent says nothing, and ends nothing."""

from collections.abc import Collection, Iterator

from alerts.alert import subject_of_sensor
from alerts.cases import Cases, Respond
from alerts.facts import Excess
from alerts.holding import plausible_ns
from alerts.lifecycle import observe, reconsider_after
from alerts.rule_kinds import SensorRule
from alerts.rules.sensor import judge, limit_of
from alerts.rules.verdict import Verdict
from alerts.selection import matches
from alerts.settings import RuleSettings
from alerts.state import JudgeState, Key
from alerts.watch import Outfit, RuleWatch
from tags.reads import Measurement
from tags.times import SECOND_NS

_SENSOR_PREFIX = subject_of_sensor("")


class SensorWatch(RuleWatch):
    """Judges values in the order of their time; the newest one anew when a rule changes."""

    kinds = ("sensor",)
    has_timers = True

    def __init__(self, state: JudgeState) -> None:
        self._state = state
        self._holding = state.values
        self._rules: dict[str, list[SensorRule]] = {}

    def use(self, outfit: Outfit) -> None:
        """Judge by these rules; values that none of them is about are forgotten."""
        self._rules = {}
        for rule in outfit.rules.values():
            if isinstance(rule, SensorRule):
                self._rules.setdefault(rule.quantity, []).append(rule)
        self._holding.keep(self._matters)

    def take_measurement(self, measurement: Measurement, cases: Cases) -> None:
        """Hold a value that a rule is about."""
        del cases
        if self._matters(measurement):
            name = f"{measurement.sensor}\n{measurement.quantity}"
            event_ns = plausible_ns(measurement.time_ns, measurement.arrival_ns)
            tie = f"{measurement.value!r} {measurement.unit}"
            self._holding.hold(name, measurement, event_ns, tie, self._state.now_ns)

    def next_ns(self) -> int | None:
        """When a value has been held for long enough."""
        return self._holding.next_ns()

    def advance(self, now_ns: int, cases: Cases) -> None:
        """Judge the values that have been held for long enough."""
        for held in self._holding.let_go(now_ns):
            for rule in self._rules_about(held.item):
                self._judge(rule, held.item, held.event_ns, cases, observe)

    def reassess(self, names: Collection[str], cases: Cases) -> None:
        """Judge the newest values; what they say counts from now on."""
        for held in list(self._holding.newest.values()):
            for rule in self._rules_about(held.item):
                if rule.name in names:
                    now_ns = self._state.now_ns
                    # What nothing has contradicted since need not last anew.
                    respond = reconsider_after((now_ns - held.event_ns) / SECOND_NS)
                    self._judge(rule, held.item, now_ns, cases, respond)

    def concerns(self, rule: RuleSettings, key: Key, tag: str) -> bool:
        """Whether the rule still is about this sensor, and about what it was about before."""
        del tag
        case, sensor = self._state.cases.get(key), key[1].removeprefix(_SENSOR_PREFIX)
        if not isinstance(rule, SensorRule) or not matches(rule.sensor, (sensor,)):
            return False
        known = None if case is None else case.excursion
        return known is None or _is_about(rule, known.quantity, known.unit)

    def _matters(self, measurement: Measurement) -> bool:
        return any(True for _ in self._rules_about(measurement))

    def _rules_about(self, measurement: Measurement) -> Iterator[SensorRule]:
        for rule in self._rules.get(measurement.quantity, ()):
            is_unit = _is_about(rule, measurement.quantity, measurement.unit)
            if is_unit and matches(rule.sensor, (measurement.sensor,)):
                yield rule

    def _judge(
        self,
        rule: SensorRule,
        measurement: Measurement,
        time_ns: int,
        cases: Cases,
        respond: Respond,
    ) -> None:
        key = rule.name, subject_of_sensor(measurement.sensor)
        fact = Excess(
            quantity=measurement.quantity,
            unit=measurement.unit,
            limit=limit_of(rule, measurement.value),
            value=measurement.value,
            time_ns=time_ns,
            decided_ns=time_ns,
            sensor=measurement.sensor,
        )
        verdict: Verdict = judge(rule, measurement.value)
        if verdict == "undecided" and not self._stands(key, time_ns):
            # What has not lasted yet has to start anew once it is not beyond the limit.
            verdict = "kept"
        cases.take(key, rule.patience, verdict, fact, respond)

    def _stands(self, key: Key, time_ns: int) -> bool:
        """Whether there is an alert that is not over, or would be once what is due is done."""
        case = self._state.cases.get(key)
        if case is None:
            return False
        pending = case.pending
        if pending is not None and pending.what == "raise":
            return pending.due_ns <= time_ns
        return case.alert is not None and case.alert.condition == "active"


def _is_about(rule: SensorRule, quantity: str, unit: str) -> bool:
    return rule.quantity == quantity and rule.unit in {None, unit}
