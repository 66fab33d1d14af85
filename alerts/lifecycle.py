"""The life of an alert as far as time decides it: confirming, raising, returning, reopening.

It is the same for every kind of rule. A rule only says `broken` or `kept`;
how long that must hold, and what it means for an alert that is open, stands
here and nowhere else. All times are event times; nothing here knows a clock.
What people do with an alert stands in `handling`.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import msgspec

from alerts.alert import Alert, Cause, Excursion, Shelf, Transition
from alerts.facts import Fact, Overstay
from alerts.rules.verdict import Verdict
from alerts.settings import Patience
from tags.times import SECOND_NS
from zones.movements import Crossing, Movement

Steps = list[tuple[Transition, Alert]]
"""Transitions in order, each with the alert after it."""

Change = Literal["raise", "return", "clear"]


class Draft(NamedTuple):
    """How alerts of a case are written: from what happened, decided (event ns) and ordinal.

    `cause` is why it is looked at now. Raised more than `chatter_per_hour` times within an
    hour, an alert is chattering.
    """

    write: Callable[[Fact, int, int], Alert]
    cause: Cause = "moved"
    chatter_per_hour: int = 5


HOUR_NS = 3600 * SECOND_NS


_EPISODES_TRIED = 10_000
"""More alerts of one rule for one asset than anybody closes by hand."""


class Pending(msgspec.Struct, frozen=True, gc=False):
    """What will be true at `due_ns` of event time unless it is contradicted before.

    What contradicts it may be known `lag_ns` later than other things.
    """

    what: Change
    due_ns: int
    fact: Fact
    cause: Cause = "moved"
    lag_ns: int = 0


class Case(msgspec.Struct):
    """All between one rule and one subject: its open alert, and what is pending.

    `notify` are the channels that were told last; they are told on when the rule is gone.
    `told` says how people know of the open alert: not at all, by messages of its own (stale, if
    it went on since while it was put aside), or by one message about many; `escalate_from_ns`
    counts from then. `raised_ns` are the times of the last hour at which it was raised or
    reopened, `chatters` says whether that was too often. `closed` has just cleared by itself: it
    is reopened if the rule is broken again until `closed_until_ns`. The newest episode lasted
    from `began_ns` to `over_ns`, as far as it is over; if nobody had heard the subject for long
    before, since `silent_since_ns`. `excursion` is the newest that is known
    of a value beyond its limit.
    """

    episodes: int = 0
    alert: Alert | None = None
    pending: Pending | None = None
    notify: tuple[str, ...] = ()
    told: Literal["no", "single", "stale", "group"] = "no"
    escalate_from_ns: int = 0
    raised_ns: list[int] = []
    chatters: bool = False
    closed: Alert | None = None
    closed_until_ns: int = 0
    began_ns: int = 0
    silent_since_ns: int | None = None
    over_ns: int = 0
    excursion: Excursion | None = None


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


def reconsider_after(stayed_s: float) -> Callable[..., Steps]:
    """The same of what has been so for a while already, which counts as confirming it."""

    def respond(
        case: Case, patience: Patience, verdict: Verdict, fact: Fact, draft: Draft
    ) -> Steps:
        left_s = max(0.0, patience.confirm_s - stayed_s)
        return reconsider(case, patience._replace(confirm_s=left_s), verdict, fact, draft)

    return respond


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
        case.pending = Pending(what, due_ns, fact, draft.cause)
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
    draft = draft._replace(cause=pending.cause)
    return _carry_out(case, pending.what, pending.fact, pending.due_ns, draft)


def withdraw(case: Case) -> Steps:
    """The rule is no longer for it: nothing is pending, and what is open counts as returned."""
    case.pending = None
    steps = returned(case)
    alert = case.alert
    if alert is not None and alert.clears_after_s is not None:
        steps.append(cleared(case, alert))
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
    case.alert, case.closed = alert, None
    if alert is None:
        return
    case.told = "no" if alert.is_quiet else "single"
    case.began_ns, case.silent_since_ns = alert.time_ns, None
    case.escalate_from_ns = alert.raised_at_ns
    case.episodes = max(case.episodes, _ordinal_of(alert, subject))
    if case.pending is not None and (case.pending.what == "return") != (
        alert.condition == "active"
    ):
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
        return raised(case, fact, decided_ns, draft)
    if what == "return":
        case.over_ns = max(case.over_ns, fact.time_ns)
        steps = returned(case, decided_ns)
        _settle(case, fact, decided_ns)
        return steps
    return [] if case.alert is None else [cleared(case, case.alert, decided_ns)]


def raised(case: Case, fact: Fact, decided_ns: int, draft: Draft) -> Steps:
    """A new alert, or again the one that is open or has just cleared by itself."""
    former = case.alert
    if former is None and case.closed is not None and decided_ns <= case.closed_until_ns:
        former = case.closed
    case.closed = None
    if former is None:
        case.episodes += 1
        case.began_ns = fact.time_ns
        case.silent_since_ns = fact.silent_since_ns if isinstance(fact, Movement) else None
        case.told = "no"
        case.alert = _written(draft, fact, decided_ns, case.episodes)
        return _chattering(case, draft, decided_ns, ("raised", case.alert))
    new = _written(draft, fact, decided_ns, case.episodes)
    again = msgspec.structs.replace(
        new,
        id=former.id,
        raised_at_ns=former.raised_at_ns,
        occurrences=former.occurrences + 1,
        transitions=former.transitions,
        assignee=former.assignee,
        shelved=_lasting(former, new),
        escalations=former.escalations if former.chattering else 0,
        test=former.test and new.test,
    )
    return _chattering(case, draft, decided_ns, turn(case, again, "reopened"))


def _written(draft: Draft, fact: Fact, decided_ns: int, ordinal: int) -> Alert:
    """The alert of a new episode, with why it is raised now."""
    alert = draft.write(fact, decided_ns, ordinal)
    cause = draft.cause
    if isinstance(fact, Overstay):
        cause = "custody"
    elif cause == "moved" and isinstance(fact, Movement) and fact.from_zone is None:
        cause = "first_seen"
    outside_now = alert.kind == "exit" and cause not in {"moved", "custody"}
    return msgspec.structs.replace(alert, cause=cause, outside_now=outside_now)


def _lasting(former: Alert, new: Alert) -> Shelf | None:
    """On which shelf a reopened alert is: its own, unless that is over, or that of its rule."""
    shelf = former.shelved
    return shelf if shelf is not None and shelf.until_ns > new.raised_at_ns else new.shelved


def _chattering(case: Case, draft: Draft, at_ns: int, step: tuple[Transition, Alert]) -> Steps:
    """Count how often it was raised within the hour; too often is told once."""
    recent = [each_ns for each_ns in case.raised_ns if each_ns > at_ns - HOUR_NS]
    case.raised_ns = [*recent, at_ns][-draft.chatter_per_hour - 1 :]
    too_often = len(case.raised_ns) > draft.chatter_per_hour
    transition, alert = step
    case.alert = msgspec.structs.replace(alert, chattering=too_often)
    steps: Steps = [(transition, case.alert)]
    if too_often and not case.chatters:
        steps.append(turn(case, case.alert, "chattering"))
    case.chatters = too_often
    return steps


def returned(case: Case, at_ns: int = 0) -> Steps:
    """The cause of the open alert is over."""
    alert = case.alert
    if alert is None or alert.condition == "returned":
        return []
    steps = [turn(case, alert, "returned", condition="returned")]
    return [*steps, *close_if_over(case, at_ns)]


def close_if_over(case: Case, at_ns: int = 0) -> Steps:
    """Clear an alert that needs nothing any more."""
    alert = case.alert
    if alert is None or alert.latched or alert.acknowledged is None:
        return []
    return [cleared(case, alert, at_ns)] if alert.condition == "returned" else []


def cleared(case: Case, alert: Alert, at_ns: int = 0) -> tuple[Transition, Alert]:
    """Close the alert; one that cleared by itself at `at_ns` may be reopened for a while."""
    step = turn(case, alert, "cleared", cleared=True)
    case.alert = case.excursion = None
    if at_ns and alert.flap_window_s:
        case.closed = step[1]
        case.closed_until_ns = at_ns + round(alert.flap_window_s * SECOND_NS)
    return step


def turn(
    case: Case,
    alert: Alert,
    transition: Transition,
    **facts: Any,  # noqa: ANN401 - any field of an alert
) -> tuple[Transition, Alert]:
    """Take a step in the life of an alert."""
    excursion, known = case.excursion, alert.excursion
    if excursion is not None and (known is None or known.started_ns == excursion.started_ns):
        facts["excursion"] = excursion
    turned = msgspec.structs.replace(alert, transitions=alert.transitions + 1, **facts)
    case.alert = turned
    return transition, turned


def alert_id(rule: str, subject: str, place: str | None, ordinal: int) -> str:
    """Hash of what the episode is about; neither arrival nor grouping nor wall time is in it."""
    text = msgspec.json.encode([rule, subject, place, ordinal])
    return sha256(text).hexdigest()[:32]
