"""The life of an alert: confirming, raising, returning, reopening, acknowledging, closing.

It is the same for every kind of rule. A rule only says `broken` or `kept`;
how long that must hold, and what it means for an alert that is open, stands
here and nowhere else. All times are event times; nothing here knows a clock.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Literal

import msgspec

from alerts.alert import Acknowledgement, Alert, Transition
from alerts.changes import AcknowledgeAlert, ResetAlert
from alerts.facts import Fact
from alerts.rules.verdict import Verdict
from alerts.settings import Patience
from inventory.changes import DONE, Outcome
from tags.times import SECOND_NS
from zones.movements import Crossing, Movement

Steps = list[tuple[Transition, Alert]]
"""Transitions in order, each with the alert after it."""

Change = Literal["raise", "return", "clear"]


Draft = Callable[[Fact, int, int], Alert]
"""The alert of a new episode, from what happened, decided (event ns) and ordinal."""


_STILL = {
    True: "the asset is still outside; reset it once it is back",
    False: "it is not over yet; the alert clears by itself once it is",
}
_EPISODES_TRIED = 10_000
"""More alerts of one rule for one asset than anybody closes by hand."""


class Pending(msgspec.Struct, frozen=True, gc=False):
    """What will be true at `due_ns` of event time unless it is contradicted before."""

    what: Change
    due_ns: int
    fact: Fact


class Case(msgspec.Struct):
    """All between one rule and one subject: its open alert, and what is pending.

    `notify` are the channels that were told last; they are told on when the rule is gone.
    """

    episodes: int = 0
    alert: Alert | None = None
    pending: Pending | None = None
    notify: tuple[str, ...] = ()


def observe(
    case: Case,
    patience: Patience,
    verdict: Verdict,
    fact: Fact,
    draft: Draft,
) -> Steps:
    """Take a verdict in; what changes at once. What needs time is left in `case.pending`.

    What was pending and due before the fact has lasted, so it becomes true first.
    """
    if _is_overtaken(case, fact):
        return []
    lasted = case.pending is not None and case.pending.due_ns <= fact.time_ns
    steps = fire(case, draft) if lasted and verdict != "undecided" else []
    return [*steps, *reconsider(case, patience, verdict, fact, draft)]


def _is_overtaken(case: Case, fact: Fact) -> bool:
    """Whether a crossing that was later than the fact has been judged before it.

    A portal may know sooner than the zones on its sides who went through.
    """
    alert, pending = case.alert, case.pending
    if pending is not None and isinstance(pending.fact, Crossing):
        return fact.time_ns < pending.fact.time_ns
    return alert is not None and alert.is_passage and fact.time_ns < alert.time_ns


def reconsider(
    case: Case,
    patience: Patience,
    verdict: Verdict,
    fact: Fact,
    draft: Draft,
) -> Steps:
    """Take a verdict in that says nothing of how long the one before it lasted.

    It comes of a changed rule or asset, while reads from before the change may
    still be held: what is pending waits for them as ever, or is contradicted.
    """
    if verdict == "undecided":
        return []
    active = case.alert is not None and case.alert.condition == "active"
    if active == (verdict != "kept"):
        _settle(case, fact, fact.time_ns)
        return []
    if verdict == "kept":
        return _expect(case, "return", patience.clear_confirm_s, fact, draft)
    wait_s = patience.confirm_s if verdict == "broken" else 0.0
    return _expect(case, "raise", wait_s, fact, draft)


def relapse(
    case: Case,
    patience: Patience,
    _verdict: Verdict,
    fact: Fact,
    draft: Draft,
) -> Steps:
    """Take in that a part of what the alert is about was over and is broken anew.

    If that lasts it is told, also where the alert is open because of another part.
    """
    return _expect(case, "raise", patience.confirm_s, fact, draft)


def _expect(
    case: Case,
    what: Change,
    wait_s: float,
    fact: Fact,
    draft: Draft,
) -> Steps:
    if wait_s == 0:
        case.pending = None
        return _carry_out(case, what, fact, fact.decided_ns, draft)
    if case.pending is None or case.pending.what != what:
        due_ns = fact.time_ns + round(wait_s * SECOND_NS)
        case.pending = Pending(what, due_ns, fact)
    return []


def _settle(case: Case, fact: Fact, since_ns: int) -> None:
    """All is as the alert says; nothing is pending but the end of one that clears by itself."""
    if case.pending is not None and case.pending.what == "clear":
        return
    case.pending = None
    alert = case.alert
    if alert is None or alert.condition == "active" or alert.clears_after_s is None:
        return
    case.pending = Pending("clear", since_ns + round(alert.clears_after_s * SECOND_NS), fact)


def fire(case: Case, draft: Draft) -> Steps:
    """What was pending is due now."""
    pending = case.pending
    if pending is None:
        return []
    case.pending = None
    return _carry_out(case, pending.what, pending.fact, pending.due_ns, draft)


def observe_late(
    case: Case,
    _patience: Patience,
    verdict: Verdict,
    fact: Fact,
    draft: Draft,
) -> Steps:
    """A break that was over before it was known: told once, as late and returned."""
    if case.alert is not None or verdict in {"kept", "undecided"}:
        return []
    case.episodes += 1
    alert = draft(fact, fact.decided_ns, case.episodes)
    case.alert = msgspec.structs.replace(alert, late=True, condition="returned")
    return [("raised", case.alert)]


def withdraw(case: Case) -> Steps:
    """The rule is no longer for it: nothing is pending, and what is open counts as returned."""
    case.pending = None
    steps = _returned(case)
    alert = case.alert
    if alert is not None and alert.clears_after_s is not None:
        steps.append(_cleared(case, alert))
    return steps


def rename_zones(case: Case, renamed: dict[str, str]) -> None:
    """Let what is pending name its zones as they are called now."""
    if case.pending is None or not isinstance(case.pending.fact, Movement):
        return

    def now(zone: str | None) -> str | None:
        return renamed.get(zone or "", zone)

    movement = case.pending.fact
    movement = msgspec.structs.replace(
        movement,
        from_zone=now(movement.from_zone),
        to_zone=now(movement.to_zone),
        scores={renamed.get(zone, zone): dbm for zone, dbm in movement.scores.items()},
    )
    case.pending = msgspec.structs.replace(case.pending, fact=movement)


def adopt(case: Case, subject: str, alert: Alert | None) -> None:
    """Take over what was committed as open; later episodes are counted from there."""
    case.alert = alert
    if alert is None:
        return
    case.episodes = max(case.episodes, _ordinal_of(alert, subject))
    if alert.condition == "active" and case.pending is not None and case.pending.what == "raise":
        case.pending = None


def _ordinal_of(alert: Alert, subject: str) -> int:
    """Which episode of its case an alert is, found by trying; 1 if its id tells nothing."""
    for ordinal in range(1, _EPISODES_TRIED + 1):
        if alert_id(alert.rule, subject, alert.to_zone, ordinal) == alert.id:
            return ordinal
    return 1


def _carry_out(
    case: Case,
    what: Change,
    fact: Fact,
    decided_ns: int,
    draft: Draft,
) -> Steps:
    if what == "raise":
        return [_raised(case, fact, decided_ns, draft)]
    if what == "return":
        steps = _returned(case)
        _settle(case, fact, decided_ns)
        return steps
    return [] if case.alert is None else [_cleared(case, case.alert)]


def _raised(case: Case, fact: Fact, decided_ns: int, draft: Draft) -> tuple[Transition, Alert]:
    """A new alert, or the open one again."""
    alert = case.alert
    if alert is not None:
        again = msgspec.structs.replace(
            draft(fact, decided_ns, case.episodes),
            id=alert.id,
            raised_at_ns=alert.raised_at_ns,
            occurrences=alert.occurrences + 1,
            transitions=alert.transitions,
        )
        return _turn(case, again, "reopened")
    case.episodes += 1
    case.alert = draft(fact, decided_ns, case.episodes)
    return "raised", case.alert


def _returned(case: Case) -> Steps:
    alert = case.alert
    if alert is None or alert.condition == "returned":
        return []
    steps = [_turn(case, alert, "returned", condition="returned")]
    return [*steps, *_close_if_over(case)]


def _close_if_over(case: Case) -> Steps:
    alert = case.alert
    if alert is None or alert.latched or alert.acknowledged is None:
        return []
    return [_cleared(case, alert)] if alert.condition == "returned" else []


def acknowledge(case: Case, change: AcknowledgeAlert) -> tuple[Outcome, Steps]:
    """Note who took the alert on. The first one stays; a critical alert needs a note."""
    alert = case.alert
    if alert is None:
        return Outcome("unknown", f"there is no open alert {change.alert!r}"), []
    if alert.acknowledged is not None:
        return DONE, []
    if alert.severity == "critical" and not change.note.strip():
        text = "a critical alert is acknowledged with a note that says what was found"
        return Outcome("invalid", text, "note"), []
    taken = Acknowledgement(change.by, change.arrival_ns, change.note)
    steps = [_turn(case, alert, "acknowledged", acknowledged=taken)]
    return DONE, [*steps, *_close_if_over(case)]


def reset(case: Case, change: ResetAlert) -> tuple[Outcome, Steps]:
    """Close an alert that is over and acknowledged."""
    alert = case.alert
    if alert is None:
        return Outcome("unknown", f"there is no open alert {change.alert!r}"), []
    if alert.condition == "active" and not alert.is_passage:
        return Outcome("conflict", _STILL[alert.clears_after_s is None]), []
    if alert.acknowledged is None:
        return Outcome("conflict", "acknowledge the alert before resetting it"), []
    steps: Steps = []
    if alert.condition == "active":
        # Nothing need ever tell that who went through a portal is back; a person may.
        case.pending = None
        steps = _returned(case)
    return DONE, steps if case.alert is None else [*steps, _cleared(case, case.alert)]


def _cleared(case: Case, alert: Alert) -> tuple[Transition, Alert]:
    step = _turn(case, alert, "cleared", cleared=True)
    case.alert = None
    return step


def _turn(
    case: Case,
    alert: Alert,
    transition: Transition,
    **facts: Any,  # noqa: ANN401 - any field of an alert
) -> tuple[Transition, Alert]:
    turned = msgspec.structs.replace(alert, transitions=alert.transitions + 1, **facts)
    case.alert = turned
    return transition, turned


def alert_id(rule: str, subject: str, place: str | None, ordinal: int) -> str:
    """Hash of what the episode is about; neither arrival nor grouping nor wall time is in it."""
    text = msgspec.json.encode([rule, subject, place, ordinal])
    return sha256(text).hexdigest()[:32]
