"""Cases at work: verdicts in, timers that fire at their own due time, changes of alerts out."""

import heapq
from collections.abc import Callable, Iterable

import msgspec

from alerts.alert import Alert, AlertChange
from alerts.changes import AcknowledgeAlert, ResetAlert
from alerts.facts import ClockFault, Fact, Unheard
from alerts.lifecycle import (
    Case,
    Draft,
    Pending,
    Steps,
    acknowledge,
    adopt,
    fire,
    rename_zones,
    reset,
    withdraw,
)
from alerts.rules.verdict import Verdict
from alerts.settings import Patience
from alerts.state import JudgeState, Key
from inventory.changes import Outcome
from zones.bins import BIN_NS
from zones.movements import Crossing
from zones.tracks import closing_ns

Respond = Callable[[Case, Patience, Verdict, Fact, Draft], Steps]
"""One of the ways in which the life of an alert takes a verdict in."""

_UNHEARD_OF = ("", "")
_NO_CASE = Case()


class Cases:
    """The cases of all rules, in whose lives every rule has the same part.

    `draft` writes the alert of a key, `listeners` names the channels of its rule (None
    where the rule is gone), `tell` takes each change.
    """

    def __init__(
        self,
        state: JudgeState,
        draft: Callable[[Key], Draft],
        listeners: Callable[[Key], tuple[str, ...] | None],
        tell: Callable[[AlertChange], None],
    ) -> None:
        self._state = state
        self._cases = state.cases
        self._draft = draft
        self._listeners = listeners
        self._tell = tell
        self._timers: list[tuple[int, Key]] = []
        for key, case in self._cases.items():
            self._set_timer(key, case)
        self._open = {case.alert.id: key for key, case in self._cases.items() if case.alert}

    def __contains__(self, key: Key) -> bool:
        """Whether there ever was something between this rule and this subject."""
        return key in self._cases

    def is_active(self, key: Key) -> bool:
        """Whether there is an open alert whose cause goes on."""
        alert = self._cases.get(key, _NO_CASE).alert
        return alert is not None and alert.condition == "active"

    def rests_on(self, key: Key, portal: str, time_ns: int) -> bool:
        """Whether what is pending, or else open and not over, is about this crossing."""
        case = self._cases.get(key, _NO_CASE)
        if case.pending is not None:
            fact = case.pending.fact
            return isinstance(fact, Crossing) and (fact.portal, fact.time_ns) == (portal, time_ns)
        alert = case.alert
        if alert is None or alert.condition != "active":
            return False
        return (alert.portal, alert.time_ns) == (portal, time_ns)

    def about(self) -> list[tuple[Key, Alert | Fact]]:
        """What is open or pending, by key: the alert, or what it would be about."""
        found: list[tuple[Key, Alert | Fact]] = []
        for key, case in self._cases.items():
            pending = None if case.pending is None else case.pending.fact
            about = case.alert or pending
            if about is not None:
                found.append((key, about))
        return found

    def take(
        self, key: Key, patience: Patience, verdict: Verdict, fact: Fact, respond: Respond
    ) -> None:
        """Take a verdict in; a case begins with the first that is none of `kept`."""
        case = self._cases.get(key)
        if case is None:
            if verdict in {"kept", "undecided"}:
                return
            case = self._cases[key] = Case()
        pending = case.pending
        steps = respond(case, patience, verdict, fact, self._draft(key))
        if case.pending is not pending:
            self._set_timer(key, case)
        self._note(key, steps)

    def withdraw(self, key: Key) -> None:
        """End what no rule asks for any more."""
        self._note(key, withdraw(self._cases[key]))

    def rename_zones(self, renamed: dict[str, str]) -> None:
        """Let what is pending name its zones as they are called now."""
        for case in self._cases.values():
            rename_zones(case, renamed)

    def void_unheard(self) -> None:
        """Who hears a zone is not known any more, so nothing is pending about zones."""
        for case in self._cases.values():
            if case.pending is not None and isinstance(case.pending.fact, Unheard):
                case.pending = None

    def stand_still(self, missed_ns: int) -> None:
        """The gateway was away for so long; what is pending waits longer by that."""
        for key, case in self._cases.items():
            if case.pending is None:
                continue
            due_ns = case.pending.due_ns + missed_ns
            case.pending = msgspec.structs.replace(case.pending, due_ns=due_ns)
            self._set_timer(key, case)

    def adopt_open(self, alerts: Iterable[Alert]) -> list[str]:
        """Let the open alerts be these, which were committed; the ids about which it was wrong."""
        committed = {(alert.rule, alert.subject): alert for alert in alerts}
        wrong: list[str] = []
        for key in sorted({*committed, *self._open.values()}):
            case = self._cases.setdefault(key, Case())
            known, true = case.alert, committed.get(key)
            if known != true:
                wrong += [alert.id for alert in (known, true) if alert is not None]
                adopt(case, key[1], true)
        self._open = {alert.id: key for key, alert in committed.items()}
        return list(dict.fromkeys(wrong))

    def advance(self, now_ns: int) -> None:
        """Let time pass: fire what is due up to and at `now_ns`."""
        while self._timers and self._timers[0][0] <= now_ns:
            at_ns, key = heapq.heappop(self._timers)
            case = self._cases[key]
            if case.pending is not None and _firing_ns(case.pending) <= at_ns:
                self._state.now_ns = at_ns
                steps = fire(case, self._draft(key))
                self._set_timer(key, case)
                self._note(key, steps)
        self._state.now_ns = max(self._state.now_ns, now_ns)

    def acknowledge(self, change: AcknowledgeAlert) -> Outcome:
        """Somebody takes an alert on."""
        key = self._open.get(change.alert, _UNHEARD_OF)
        outcome, steps = acknowledge(self._cases.get(key, Case()), change)
        self._note(key, steps, change.by)
        return outcome

    def reset(self, change: ResetAlert) -> Outcome:
        """Somebody closes an alert."""
        key = self._open.get(change.alert, _UNHEARD_OF)
        outcome, steps = reset(self._cases.get(key, Case()), change)
        self._note(key, steps, change.by)
        return outcome

    def _set_timer(self, key: Key, case: Case) -> None:
        """Wait for the due time; what is past due fires now, after what happens at this instant."""
        if case.pending is not None:
            at_ns = max(_firing_ns(case.pending), self._state.now_ns)
            heapq.heappush(self._timers, (at_ns, key))

    def _note(self, key: Key, steps: Steps, actor: str | None = None) -> None:
        for transition, alert in steps:
            self._open[alert.id] = key
            if alert.cleared:
                del self._open[alert.id]
            notify = self._to_tell(key)
            self._tell(AlertChange(transition, alert, self._state.now_ns, actor, notify))

    def _to_tell(self, key: Key) -> tuple[str, ...]:
        """The channels of a rule; of one that is gone those that it had."""
        case = self._cases[key]
        listeners = self._listeners(key)
        if listeners is not None:
            case.notify = listeners
        return case.notify


def _firing_ns(pending: Pending) -> int:
    """When the due time is over: for tags, once all bins that begin before it are closed."""
    if isinstance(pending.fact, Unheard | ClockFault):
        return pending.due_ns
    return closing_ns(-(-pending.due_ns // BIN_NS) - 1)
