"""Cases at work: verdicts in, timers that fire at their own due time, changes of alerts out."""

from collections.abc import Callable, Collection, Iterable
from typing import Protocol

import msgspec

from alerts.alert import Alert, AlertChange, Notice, Shelf
from alerts.changes import AlertVerb
from alerts.excursions import follow
from alerts.facts import Excess, Fact, was_held
from alerts.handling import escalate, handle, serve, suppress, unshelve, words_of
from alerts.lifecycle import (
    Case,
    Draft,
    Pending,
    Steps,
    adopt,
    fire,
    rename_zones,
    turn,
    withdraw,
)
from alerts.rules.verdict import Verdict
from alerts.settings import Manners, Patience
from alerts.state import JudgeState, Key
from alerts.telling import Teller, escalation_ns
from alerts.timers import Timers
from inventory.changes import Outcome
from tags.times import SECOND_NS
from zones.bins import BIN_NS
from zones.movements import Crossing, Movement
from zones.tracks import closing_ns

Respond = Callable[[Case, Patience, Verdict, Fact, Draft], Steps]
"""One of the ways in which the life of an alert takes a verdict in."""

LAG_NS_MAX = 10 * SECOND_NS
"""An estimator that is sure of nothing for longer is not waited for."""

GROUP = ""
"""Stands for the rule in the keys of timers for what is told together; no rule is called that."""

_UNHEARD_OF = ("", "")
_NO_CASE = Case()
_NO_MANNERS = Manners()
_GATEWAY = None
"""Who did it when nobody did."""


class Rulebook(Protocol):
    """What cases have to know of their rules."""

    def draft(self, key: Key) -> Draft:
        """What writes the alerts of a case."""
        ...

    def manners(self, key: Key) -> Manners | None:
        """How the alerts of a case behave toward people; None where the rule is gone."""
        ...

    def holds(self, rule: str, time_ns: int) -> bool:
        """Whether a rule is in force, at that time or now."""
        ...

    def suppressor(self, alert: Alert) -> str | None:
        """What makes an alert one that nobody needs to be told of; None if nothing does."""
        ...

    def tell(self, told: AlertChange | Notice) -> None:
        """Take a change or a notice."""
        ...


class Cases:
    """The cases of all rules, in whose lives every rule has the same part."""

    def __init__(self, state: JudgeState, rulebook: Rulebook) -> None:
        self._state = state
        self._cases = state.cases
        self._rulebook = rulebook
        self._teller = Teller(state.gatherings)
        self._timers = Timers()
        self._open = {case.alert.id: key for key, case in self._cases.items() if case.alert}
        self.in_use = False

    def begin(self) -> None:
        """The rules are known: wait for what they have due."""
        self._timers.clear()
        self.in_use = True
        for key, case in self._cases.items():
            self._set_timer(key, case)
        for name, gathering in list(self._state.gatherings.items()):
            if not gathering.count and self._rulebook.manners((name.partition(":")[2], "")) is None:
                del self._state.gatherings[name]
            self._set_group_timer(name)

    def __contains__(self, key: Key) -> bool:
        """Whether there ever was something between this rule and this subject."""
        return key in self._cases

    def is_active(self, key: Key) -> bool:
        """Whether there is an open alert whose cause goes on."""
        alert = self.alert_of(key)
        return alert is not None and alert.condition == "active"

    def alert_of(self, key: Key) -> Alert | None:
        """The open alert of a case."""
        return self._cases.get(key, _NO_CASE).alert

    def open_alerts(self) -> list[tuple[Key, Alert]]:
        """All that are open, by key in order."""
        found = [(key, self._cases[key].alert) for key in sorted(self._open.values())]
        return [(key, alert) for key, alert in found if alert is not None]

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
            if (about := case.alert or pending) is not None:
                found.append((key, about))
        return found

    def take(
        self, key: Key, patience: Patience, verdict: Verdict, fact: Fact, respond: Respond
    ) -> None:
        """Take a verdict in; a case begins with the first that is none of `kept`.

        A rule that is not in force at the time of the fact sees nothing broken; what it
        only hears of after its window was over with that.
        """
        if verdict not in {"kept", "undecided"} and not self._rulebook.holds(key[0], fact.time_ns):
            return
        case = self._cases.get(key)
        if case is None:
            if verdict in {"kept", "undecided"}:
                return
            case = self._cases[key] = Case()
        if isinstance(fact, Excess):
            case.excursion = follow(case, verdict, fact)
        pending = case.pending
        steps = respond(case, patience, verdict, fact, self._draft(key))
        if not self._rulebook.holds(key[0], self._state.now_ns):
            steps += withdraw(case)
        if case.pending is not None and case.pending is not pending:
            lag_ns = _lag_ns(case.pending.fact) if patience.for_way_back else 0
            case.pending = msgspec.structs.replace(case.pending, lag_ns=lag_ns)
            self._set_timer(key, case)
        self._note(key, steps)

    def forget(self, key: Key) -> Case | None:
        """Let go of a case without an open alert; the next one may have the ids of this one."""
        return self._cases.pop(key, None)

    def withdraw(self, key: Key) -> None:
        """End what no rule asks for any more."""
        self._note(key, withdraw(self._cases[key]))

    def rename_zones(self, renamed: dict[str, str]) -> None:
        """Let what is pending name its zones as they are called now."""
        for case in self._cases.values():
            rename_zones(case, renamed)

    def void_unheard(self) -> None:
        """Who hears what is not known any more, so nothing is pending about zones or readers."""
        for case in self._cases.values():
            if case.pending is not None and not was_held(case.pending.fact):
                case.pending = None

    def stand_still(self, missed_ns: int) -> None:
        """The gateway was away for so long; what is pending waits longer by that.

        So does who is called when nobody acknowledges, since meanwhile nobody could.
        """
        for key, case in self._cases.items():
            case.escalate_from_ns += missed_ns
            if case.pending is not None:
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
                self._set_timer(key, case)
        self._open = {alert.id: key for key, alert in committed.items()}
        return list(dict.fromkeys(wrong))

    # What people do, and what changes for many at once

    def handle(self, verb: AlertVerb) -> Outcome:
        """Somebody does something with an open alert."""
        key = self._open.get(verb.alert, _UNHEARD_OF)
        outcome, steps = handle(self._cases.get(key, Case()), verb)
        self._note(key, steps, verb.by, words_of(verb))
        return outcome

    def shelve(self, key: Key, shelf: Shelf) -> None:
        """Put the open alert of a case aside with its rule, unless it is so for longer."""
        case = self._cases[key]
        if case.alert is not None and _shelved_until_ns(case, 0) < shelf.until_ns:
            steps = [turn(case, case.alert, "shelved", shelved=shelf)]
            self._note(key, steps, shelf.by, shelf.reason)

    def unshelve(self, key: Key, shelf: Shelf, by: str) -> None:
        """Take the open alert of a case up again, if it is on this shelf of its rule."""
        case = self._cases[key]
        if case.alert is None or case.alert.shelved != shelf:
            return
        other = self._shelf_of(key)
        step = turn(case, case.alert, "shelved" if other else "unshelved", shelved=other)
        self._note(key, [step], by, other.reason if other else "")

    def reconsider_suppression(self, kinds: Collection[str]) -> None:
        """Look anew at what suppresses each open alert of these kinds."""
        changed: list[tuple[Key, str | None]] = []
        for key in self._open.values():
            alert = self._cases[key].alert
            if alert is not None and alert.kind in kinds:
                reason = self._rulebook.suppressor(alert)
                if reason != alert.suppressed_by:
                    changed.append((key, reason))
        for key, reason in sorted(changed, key=lambda each: each[0]):
            self._note(key, suppress(self._cases[key], reason), _GATEWAY, reason or "")

    def reconsider_service(self) -> None:
        """Rules were taken out of service, or back into it."""
        for key, _ in self.open_alerts():
            manners = self._rulebook.manners(key)
            if manners is not None:
                reason = manners.out_of_service
                steps = serve(self._cases[key], out_of_service=reason is not None)
                self._note(key, steps, _GATEWAY, reason or "")

    # Time

    def next_ns(self) -> int | None:
        """When the next timer fires, or earlier."""
        return self._timers.next_ns()

    def advance(self, now_ns: int) -> None:
        """Let time pass: fire what is due up to and at `now_ns`."""
        while (next_ns := self._timers.next_ns()) is not None and next_ns <= now_ns:
            at_ns, key = self._timers.take()
            if key[0] == GROUP:
                self._tell_group(key[1], at_ns)
            elif key in self._cases:
                self._fire(key, self._cases[key], at_ns)
        self._state.now_ns = max(self._state.now_ns, now_ns)

    def _fire(self, key: Key, case: Case, at_ns: int) -> None:
        """Whatever of a case is due by now."""
        due_ns = self._due_ns(key, case)
        if due_ns is None or due_ns > at_ns:
            self._set_timer(key, case)
            return
        self._state.now_ns = max(self._state.now_ns, at_ns)
        if case.pending is not None and _firing_ns(case.pending) <= at_ns:
            self._note(key, fire(case, self._draft(key)))
        elif case.closed is not None and _forgotten_ns(case) <= at_ns:
            case.closed = None
        elif _shelved_until_ns(case) <= at_ns:
            self._note(key, unshelve(case), _GATEWAY, "its time is over")
        else:
            self._note(key, escalate(case), _GATEWAY, "nobody has acknowledged it")
        self._set_timer(key, case)

    def _due_ns(self, key: Key, case: Case) -> int | None:
        """When the next thing about a case is due."""
        dues = [_shelved_until_ns(case)]
        if case.pending is not None:
            dues.append(_firing_ns(case.pending))
        if case.closed is not None:
            dues.append(_forgotten_ns(case))
        escalation = escalation_ns(case, self._rulebook.manners(key) or _NO_MANNERS)
        if escalation is not None:
            dues.append(escalation)
        return None if min(dues) == _NEVER_NS else min(dues)

    def _set_timer(self, key: Key, case: Case) -> None:
        """Wait for the due time; what is past due fires now, after what happens at this instant."""
        due_ns = self._due_ns(key, case) if self.in_use else None
        if due_ns is not None:
            self._timers.wake(max(due_ns, self._state.now_ns), key)

    # Telling

    def _draft(self, key: Key) -> Draft:
        """What writes the alerts of a case, with what holds for it from the start."""
        draft = self._rulebook.draft(key)

        def write(fact: Fact, decided_ns: int, ordinal: int) -> Alert:
            alert = draft.write(fact, decided_ns, ordinal)
            manners = self._rulebook.manners(key) or _NO_MANNERS
            return msgspec.structs.replace(
                alert,
                shelved=self._shelf_of(key),
                suppressed_by=self._rulebook.suppressor(alert),
                out_of_service=manners.out_of_service is not None,
                test=self._state.is_drill(fact.time_ns),
            )

        return draft._replace(write=write)

    def _shelf_of(self, key: Key) -> Shelf | None:
        """The shelf on which alerts of this rule are put, of this subject or of all."""
        found = [self._state.shelves.get(f"{key[0]}\n{subject}") for subject in (key[1], "")]
        shelves = [each for each in found if each and each.until_ns > self._state.now_ns]
        return max(shelves, key=lambda shelf: shelf.until_ns, default=None)

    def _note(self, key: Key, steps: Steps, actor: str | None = None, why: str = "") -> None:
        if not steps:
            return
        case = self._cases[key]
        manners = self._rulebook.manners(key)
        if manners is None:
            manners = Manners(case.notify)
        case.notify = manners.notify
        for transition, alert in steps:
            self._open[alert.id] = key
            if alert.cleared:
                del self._open[alert.id]
            now_ns = self._state.now_ns
            notify, announces = self._teller.tell(transition, alert, case, manners, now_ns)
            change = AlertChange(transition, alert, now_ns, actor, notify, why, announces)
            self._rulebook.tell(change)
        self._set_timer(key, case)
        for kind in ("storm", "digest"):
            self._set_group_timer(f"{kind}:{key[0]}")

    def _set_group_timer(self, name: str) -> None:
        gathering = self._state.gatherings.get(name)
        due_ns = None if gathering is None else gathering.due_ns()
        if due_ns is not None:
            self._timers.wake(due_ns, (GROUP, name))

    def _tell_group(self, name: str, at_ns: int) -> None:
        gathering = self._state.gatherings[name]
        due_ns = gathering.due_ns()
        if due_ns is None:
            return
        if due_ns > at_ns:
            self._set_group_timer(name)
            return
        rule = name.partition(":")[2]
        manners = self._rulebook.manners((rule, ""))
        if manners is not None:
            gathering.notify = manners.notify
        self._state.now_ns = max(self._state.now_ns, at_ns)
        self._rulebook.tell(gathering.take(rule, self._state.now_ns))


_NEVER_NS = 1 << 62


def _shelved_until_ns(case: Case, otherwise_ns: int = _NEVER_NS) -> int:
    alert = case.alert
    return otherwise_ns if alert is None or alert.shelved is None else alert.shelved.until_ns


def _forgotten_ns(case: Case) -> int:
    """When nothing can be known any more of the time in which a closed alert is reopened."""
    return closing_ns(case.closed_until_ns // BIN_NS)


def _firing_ns(pending: Pending) -> int:
    """When the due time is over: for tags, once all bins that begin before it are closed."""
    if not was_held(pending.fact):
        return pending.due_ns
    return closing_ns(-(-(pending.due_ns + pending.lag_ns) // BIN_NS) - 1)


def _lag_ns(fact: Fact) -> int:
    """How long an estimator needed to be sure of a movement."""
    if isinstance(fact, Movement) and fact.heard and not fact.fixes:
        return min(max(0, fact.decided_ns - fact.time_ns), LAG_NS_MAX)
    return 0
