"""What people do with an alert, and what time does with what people said of it."""

from alerts.alert import Acknowledgement, Alert, Shelf, Transition
from alerts.changes import (
    AcknowledgeAlert,
    AlertVerb,
    AssignAlert,
    CommentAlert,
    ResetAlert,
    ShelveAlert,
    UnshelveAlert,
)
from alerts.lifecycle import Case, Steps, cleared, close_if_over, returned, turn
from inventory.changes import DONE, Outcome, says_nothing

_STILL = {
    True: "the asset is still outside; reset it once it is back",
    False: "it is not over yet; the alert clears by itself once it is",
}


def handle(case: Case, verb: AlertVerb) -> tuple[Outcome, Steps]:
    """Do what somebody wants with the open alert of a case; what became of it."""
    if case.alert is None:
        return Outcome("unknown", f"there is no open alert {verb.alert!r}"), []
    match verb:
        case AcknowledgeAlert():
            done = _acknowledge(case, case.alert, verb)
        case ResetAlert():
            done = _reset(case, case.alert)
        case ShelveAlert():
            done = _shelve(case, case.alert, verb)
        case UnshelveAlert():
            done = DONE, unshelve(case)
        case AssignAlert():
            done = _assign(case, case.alert, verb)
        case CommentAlert():
            done = _comment(case, case.alert, verb)
    return done


def _acknowledge(case: Case, alert: Alert, change: AcknowledgeAlert) -> tuple[Outcome, Steps]:
    """Note who took the alert on. The first one stays; a critical alert needs a note."""
    if alert.acknowledged is not None:
        return DONE, []
    if alert.severity == "critical" and says_nothing(change.note):
        text = "a critical alert is acknowledged with a note that says what was found"
        return Outcome("invalid", text, "note"), []
    taken = Acknowledgement(change.by, change.arrival_ns, change.note)
    steps = [turn(case, alert, "acknowledged", acknowledged=taken)]
    return DONE, [*steps, *close_if_over(case, change.arrival_ns)]


def _reset(case: Case, alert: Alert) -> tuple[Outcome, Steps]:
    """Close an alert that is over and acknowledged."""
    if alert.condition == "active" and not alert.is_passage:
        return Outcome("conflict", _STILL[alert.clears_after_s is None]), []
    if alert.acknowledged is None:
        return Outcome("conflict", "acknowledge the alert before resetting it"), []
    steps: Steps = []
    if alert.condition == "active":
        # Nothing need ever tell that who went through a portal is back; a person may.
        case.pending = None
        steps = returned(case)
    return DONE, steps if case.alert is None else [*steps, cleared(case, case.alert)]


def _shelve(case: Case, alert: Alert, change: ShelveAlert) -> tuple[Outcome, Steps]:
    refused = refusal_to_shelve(change.reason, change.until_ns, change.arrival_ns)
    if refused is not None:
        return refused, []
    shelf = Shelf(change.by, change.arrival_ns, change.until_ns, change.reason)
    return DONE, [turn(case, alert, "shelved", shelved=shelf)]


def refusal_to_shelve(reason: str, until_ns: int, now_ns: int) -> Outcome | None:
    """Why nothing can be put aside like that; how long it may be at most is for who asks."""
    if says_nothing(reason):
        return Outcome("invalid", "say why it is put aside", "reason")
    if until_ns <= now_ns:
        return Outcome("invalid", "must be in the future", "until")
    return None


def unshelve(case: Case) -> Steps:
    """Take a shelved alert up again, since somebody wants it or the time is over."""
    alert = case.alert
    if alert is None or alert.shelved is None:
        return []
    return [turn(case, alert, "unshelved", shelved=None)]


def suppress(case: Case, reason: str | None) -> Steps:
    """Let the open alert be suppressed for this reason, or for none any more."""
    alert = case.alert
    if alert is None or alert.suppressed_by == reason:
        return []
    transition: Transition = "unsuppressed" if reason is None else "suppressed"
    return [turn(case, alert, transition, suppressed_by=reason)]


def serve(case: Case, *, out_of_service: bool) -> Steps:
    """Take the open alert out of service with its rule, or back into it."""
    alert = case.alert
    if alert is None or alert.out_of_service == out_of_service:
        return []
    transition: Transition = "out_of_service" if out_of_service else "in_service"
    return [turn(case, alert, transition, out_of_service=out_of_service)]


def escalate(case: Case) -> Steps:
    """Nobody has acknowledged the alert in time."""
    alert = case.alert
    if alert is None:
        return []
    return [turn(case, alert, "escalated", escalations=alert.escalations + 1)]


def _assign(case: Case, alert: Alert, change: AssignAlert) -> tuple[Outcome, Steps]:
    to = change.to.strip() or None
    if alert.assignee == to:
        return DONE, []
    return DONE, [turn(case, alert, "assigned", assignee=to)]


def _comment(case: Case, alert: Alert, change: CommentAlert) -> tuple[Outcome, Steps]:
    if says_nothing(change.text):
        return Outcome("invalid", "say something", "text"), []
    return DONE, [turn(case, alert, "commented")]


def words_of(verb: AlertVerb) -> str:
    """What somebody said with it."""
    match verb:
        case AcknowledgeAlert(note=note) | ResetAlert(note=note):
            return note
        case ShelveAlert(reason=reason):
            return reason
        case CommentAlert(text=text):
            return text
        case AssignAlert(to=to):
            return to
        case UnshelveAlert():
            return ""
