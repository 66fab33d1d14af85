"""Alerts, rules and drills of a fake gateway: what people may do, in as few lines as that takes."""

from typing import Any

from msgspec.structs import replace

from alerts.alert import Acknowledgement, Alert, AlertChange, Shelf
from alerts.changes import (
    AcknowledgeAlert,
    AlertVerb,
    AssignAlert,
    CommentAlert,
    EndDrill,
    ResetAlert,
    ShelveAlert,
    ShelveRule,
    StartDrill,
    UnshelveAlert,
)
from history.outputs import Audited, Output
from inventory.changes import DONE, Outcome
from tags.times import format_time

Decided = tuple[Outcome, list[Output]]


class FakeAlerts:
    """Refuses what the contract says, and does the rest at once."""

    def __init__(self) -> None:
        self.known: dict[str, Alert] = {}
        self.shelves: dict[str, Shelf] = {}
        self.drill_until_ns: int | None = None

    def handle(self, verb: AlertVerb) -> Decided:
        alert = self.known.get(verb.alert)
        if alert is None:
            return Outcome("unknown", f"there is no alert {verb.alert!r}"), []
        if alert.cleared:
            return Outcome("conflict", "the alert is closed"), []
        if isinstance(verb, AcknowledgeAlert):
            return _acknowledge(alert, verb)
        if isinstance(verb, ResetAlert):
            return _reset(alert, verb)
        return DONE, [_changed(alert, verb)]

    def direct(self, change: ShelveRule | StartDrill | EndDrill) -> Decided:
        at_ns, by = change.arrival_ns, change.by
        match change:
            case ShelveRule():
                if change.until_ns > at_ns:
                    shelf = Shelf(by, at_ns, change.until_ns, change.reason)
                    self.shelves[change.subject] = shelf
                else:
                    self.shelves.pop(change.subject, None)
                action, why = "rule.shelve", change.reason
            case StartDrill():
                self.drill_until_ns = change.until_ns
                action, why = "drill.start", change.reason
            case EndDrill():
                if self.drill_until_ns is None:
                    return Outcome("conflict", "there is no drill"), []
                self.drill_until_ns = None
                action, why = "drill.end", ""
        return DONE, [Audited(at_ns=at_ns, actor=by, action=action, target="", why=why)]

    def rules(self) -> list[dict[str, Any]]:
        of_all = self.shelves.get("")
        return [
            {
                "name": "laptops stay in",
                "kind": "exit",
                "version": "1",
                "severity": "critical",
                "zones": [],
                "notify": ["guards"],
                "out_of_service": None,
                "in_force": True,
                "shelved_until": None if of_all is None else format_time(of_all.until_ns),
                "shelves": [
                    {
                        "asset": subject or None,
                        "until": format_time(shelf.until_ns),
                        "since": format_time(shelf.at_ns),
                        "by": shelf.by,
                        "reason": shelf.reason,
                    }
                    for subject, shelf in sorted(self.shelves.items())
                ],
            },
        ]


def _changed(
    alert: Alert, verb: ShelveAlert | UnshelveAlert | AssignAlert | CommentAlert
) -> AlertChange:
    at_ns, by = verb.arrival_ns, verb.by
    match verb:
        case ShelveAlert(until_ns=until_ns, reason=reason):
            shelved = replace(alert, shelved=Shelf(by, at_ns, until_ns, reason))
            return AlertChange("shelved", shelved, at_ns, by, why=reason)
        case UnshelveAlert():
            return AlertChange("unshelved", replace(alert, shelved=None), at_ns, by)
        case AssignAlert():
            return AlertChange("assigned", replace(alert, assignee=verb.to or None), at_ns, by)
        case CommentAlert():
            return AlertChange("commented", alert, at_ns, by, why=verb.text)


def _acknowledge(alert: Alert, verb: AcknowledgeAlert) -> Decided:
    if alert.severity == "critical" and not verb.note:
        return Outcome("invalid", "a critical alert needs a note", "note"), []
    if alert.acknowledged is not None:
        return DONE, []
    taken = replace(alert, acknowledged=Acknowledgement(verb.by, verb.arrival_ns, verb.note))
    return DONE, [AlertChange("acknowledged", taken, verb.arrival_ns, verb.by)]


def _reset(alert: Alert, verb: ResetAlert) -> Decided:
    if alert.acknowledged is None:
        return Outcome("conflict", "the alert is not acknowledged"), []
    closed = replace(alert, cleared=True)
    return DONE, [AlertChange("cleared", closed, verb.arrival_ns, verb.by, why=verb.note)]
