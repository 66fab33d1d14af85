"""What is known late: an exit that a reader told only when it was connected again.

It never flips what is known since. It is told once, with both times; and it is over only if
something that happened later says so.
"""

from collections.abc import Callable

import msgspec

from alerts.alert import Condition
from alerts.facts import Fact
from alerts.lifecycle import Case, Draft, Steps, raised, returned, turn
from alerts.rules.verdict import Verdict
from alerts.settings import Patience
from tags.times import SECOND_NS
from zones.movements import Movement

ONE_OUTING_NS = 60 * SECOND_NS
"""What is known late of a time so shortly before an episode is how that began; and so shortly
after what was known late itself, it is the same outing."""


def observe_late(*, is_over: bool) -> Callable[..., Steps]:
    """Take in what is known late: a break that is news is told, as late.

    `is_over`: something that happened later says that the rule is kept again; if nothing
    does, it is broken still. What lies within an episode that was told is no news.
    """

    def respond(
        case: Case, _patience: Patience, verdict: Verdict, fact: Fact, draft: Draft
    ) -> Steps:
        if verdict in {"kept", "undecided"}:
            return []
        if _is_known(case, fact):
            return _back_meanwhile(case, fact) if is_over else []
        steps = raised(case, fact, fact.decided_ns, draft)
        transition, alert = steps[0]
        condition: Condition = "returned" if is_over else "active"
        case.alert = msgspec.structs.replace(alert, late=True, condition=condition)
        case.pending = None if not is_over else case.pending
        if is_over:
            case.over_ns = max(case.over_ns, fact.decided_ns + ONE_OUTING_NS)
        return [(transition, case.alert), *_with_last(case, steps[1:])]

    return respond


def _back_meanwhile(case: Case, fact: Fact) -> Steps:
    """What is open since it was known late turns out to be over."""
    if case.alert is None or not case.alert.late:
        return []
    case.over_ns = max(case.over_ns, fact.decided_ns + ONE_OUTING_NS)
    return returned(case, fact.decided_ns)


def _with_last(case: Case, steps: Steps) -> Steps:
    """Further steps, taken again from the alert as it is now."""
    return [] if case.alert is None else [turn(case, case.alert, step) for step, _ in steps]


def _is_known(case: Case, fact: Fact) -> bool:
    """Whether a break belongs to an episode that was told.

    That is so from shortly before it began until it was over. Where nobody had heard the subject
    for long before, of either, nothing says that they are two. While an alert is open, what
    happened before it is known with it.
    """
    if not case.episodes:
        return False
    silent_ns = fact.silent_since_ns if isinstance(fact, Movement) else None
    since_ns = fact.time_ns if silent_ns is None else silent_ns
    alert = case.alert
    if alert is not None and (alert.condition == "active" or since_ns <= case.over_ns):
        return True
    first_ns = case.began_ns - ONE_OUTING_NS
    if case.silent_since_ns is not None:
        first_ns = min(first_ns, case.silent_since_ns)
    return first_ns <= fact.time_ns and since_ns <= case.over_ns
