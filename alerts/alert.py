"""An alert: what happened, what people did about it, and the evidence."""

from typing import Any, Literal

import msgspec

from tags.times import format_time
from zones.movements import Heard

Severity = Literal["info", "warning", "critical"]
Condition = Literal["active", "returned"]
Transition = Literal["raised", "reopened", "acknowledged", "returned", "cleared"]
AlertState = Literal[
    "cleared",
    "active_unacknowledged",
    "active_acknowledged",
    "returned_unacknowledged",
    "latched",
]


GATEWAY = "gateway"
"""Whom an alert is about that is about the gateway itself; only system rules have such."""


class Acknowledgement(msgspec.Struct, frozen=True, gc=False):
    """Who took the alert on, when, and what they noted."""

    by: str
    at_ns: int
    note: str


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """What the decision rests on, so that it can be explained and replayed."""

    reads: tuple[Heard, ...]
    estimate: dict[str, float]
    readers: dict[str, str]
    site_version: str


class Alert(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One episode of one rule for one asset, zone or reader. Changes make a new value.

    The shown state is derived from orthogonal facts (see `state_of`). An alert about a
    zone has that zone at both ends, no asset and an empty `tag`, and `zones` names it with
    those that fell with it; one about a reader has neither zone nor tag, and one about the
    gateway itself no reader either. `portal` is
    where it went through. `clears_after_s` is how long after it is over an alert closes by
    itself; None where people close it.
    """

    id: str
    rule: str
    rule_version: str
    kind: str
    severity: Severity
    asset: str | None
    tag: str
    from_zone: str | None
    to_zone: str | None
    portal: str | None
    time_ns: int
    decided_ns: int
    raised_at_ns: int
    late: bool
    evidence: Evidence
    condition: Condition = "active"
    acknowledged: Acknowledgement | None = None
    latched: bool = True
    cleared: bool = False
    occurrences: int = 1
    transitions: int = 1
    assignee: str | None = None
    clears_after_s: float | None = None
    reader: str | None = None
    zones: tuple[str, ...] = ()

    @property
    def is_passage(self) -> bool:
        """Whether it rests on a crossing alone, and not on where somebody is since."""
        return self.portal is not None and self.to_zone is None

    @property
    def subject(self) -> str:
        """Whom it is about; with the rule this names the case."""
        if self.reader is not None:
            return subject_of_reader(self.reader)
        if self.asset is None and not self.tag:
            return GATEWAY if self.to_zone is None else subject_of_zone(self.to_zone)
        return subject_of(self.asset, self.tag)


class AlertChange(msgspec.Struct, frozen=True, gc=False, tag="alert"):
    """One step in the life of an alert: the transition, the alert after it, and whom to tell."""

    transition: Transition
    alert: Alert
    at_ns: int
    actor: str | None = None
    notify: tuple[str, ...] = ()


def subject_of(asset: str | None, tag: str) -> str:
    """Whom an alert is about: the asset, or `tag:` and the tag where there is none."""
    if asset is None:
        return f"tag:{tag}"
    return f"asset:{asset}" if asset.startswith(("tag:", "asset:")) else asset


def subject_of_zone(zone: str) -> str:
    """The same for an alert about a zone; only system rules have such."""
    return f"zone:{zone}"


def subject_of_reader(reader: str) -> str:
    """The same for an alert about a reader; only system rules have such."""
    return f"reader:{reader}"


def state_of(alert: Alert) -> AlertState:
    """The one word shown for an alert, first match."""
    if alert.cleared:
        return "cleared"
    if alert.condition == "active":
        return "active_acknowledged" if alert.acknowledged else "active_unacknowledged"
    return "latched" if alert.acknowledged else "returned_unacknowledged"


def alert_json(alert: Alert, seq: int | None = None) -> dict[str, Any]:
    """The alert as HTTP, webhooks, the stream and replay show it."""
    return {
        "id": alert.id,
        "seq": seq,
        "rule": alert.rule,
        "rule_version": alert.rule_version,
        "kind": alert.kind,
        "severity": alert.severity,
        "state": state_of(alert),
        "condition": alert.condition,
        "acknowledged": _acknowledgement_json(alert.acknowledged),
        "latched": alert.latched,
        "shelved_until": None,
        "suppressed_by": None,
        "asset": alert.asset,
        "tag": alert.tag or None,
        "from": alert.from_zone,
        "to": alert.to_zone,
        "portal": alert.portal,
        "reader": alert.reader,
        "zones": list(alert.zones),
        "time": format_time(alert.time_ns),
        "decided": format_time(alert.decided_ns),
        "raised_at": format_time(alert.raised_at_ns),
        "late": alert.late,
        "occurrences": alert.occurrences,
        "assignee": alert.assignee,
        "evidence": _evidence_json(alert.evidence),
    }


def _acknowledgement_json(acknowledged: Acknowledgement | None) -> dict[str, Any] | None:
    if acknowledged is None:
        return None
    return {
        "by": acknowledged.by,
        "at": format_time(acknowledged.at_ns),
        "note": acknowledged.note,
    }


def _evidence_json(evidence: Evidence) -> dict[str, Any]:
    return {
        "reads": [heard_json(heard) for heard in evidence.reads],
        "estimate": evidence.estimate,
        "readers": evidence.readers,
        "site_version": evidence.site_version,
    }


def heard_json(heard: Heard) -> dict[str, Any]:
    """Folded reads as evidence shows them."""
    return {
        "reader": heard.reader,
        "antenna": heard.antenna,
        "time": format_time(heard.time_ns),
        "count": heard.count,
        "rssi_dbm": heard.rssi_dbm,
    }
