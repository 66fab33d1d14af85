"""The order of steps in the life of alerts, as anybody may expect it."""

from collections.abc import Callable, Iterable, Iterator

from alerts.alert import Alert, AlertChange


def complaints_of_life(changes: Iterable[AlertChange]) -> Iterator[str]:
    """What is out of order: steps of one alert, ids, open alerts of one rule and subject."""
    newest: dict[str, Alert] = {}
    opened: dict[tuple[str, str], str] = {}
    at_ns = 0
    for change in changes:
        alert = change.alert
        before = newest.get(alert.id)
        fault = _fault(change.transition, before, alert)
        if fault:
            yield f"{alert.rule} {alert.subject} {alert.id}: {change.transition}: {fault}"
        key = alert.rule, alert.subject
        other = opened.get(key)
        if other not in {None, alert.id} and not alert.cleared:
            yield f"two open alerts of {key}: {other} and {alert.id}"
        if alert.cleared:
            opened.pop(key, None)
        else:
            opened[key] = alert.id
        if change.at_ns < at_ns:
            yield f"{alert.id}: {change.transition} goes back in time"
        at_ns = max(at_ns, change.at_ns)
        newest[alert.id] = alert


def _fault(transition: str, before: Alert | None, alert: Alert) -> str:
    if transition == "raised":
        return "" if before is None else "the id was there before"
    if before is None:
        return "of an alert that was never raised"
    if alert.transitions <= before.transitions:
        return f"step {alert.transitions} follows {before.transitions}"
    if before.cleared and transition != "reopened":
        return "it was closed before"
    wrong = _WRONG.get(transition)
    return wrong[1] if wrong is not None and wrong[0](before, alert) else ""


def _had_not_ended(before: Alert, alert: Alert) -> bool:
    return alert.condition != "active" or not (before.cleared or before.condition == "returned")


_WRONG: dict[str, tuple[Callable[[Alert, Alert], bool], str]] = {
    "reopened": (_had_not_ended, "it had not ended"),
    "returned": (lambda before, _: before.condition != "active", "it had returned before"),
    "acknowledged": (lambda before, _: before.acknowledged is not None, "it was so before"),
    "escalated": (lambda before, _: before.acknowledged is not None, "somebody had taken it on"),
    "shelved": (lambda _, alert: alert.shelved is None, "it is not shelved"),
    "unshelved": (lambda before, _: before.shelved is None, "it was not shelved"),
    "cleared": (lambda _, alert: not alert.cleared, "it is not closed"),
}
"""By transition what must not be, of the alert before and after it."""
