"""How alerts, notices and events are shown: over HTTP, in webhooks, on the stream, by replay."""

from typing import Any

from alerts.alert import (
    Acknowledgement,
    Alert,
    Event,
    Evidence,
    Excursion,
    Notice,
    Shelf,
    state_of,
)
from tags.times import format_time
from zones.movements import Heard


def alert_json(alert: Alert, seq: int | None = None) -> dict[str, Any]:
    """The alert as HTTP, webhooks, the stream and replay show it."""
    return {
        "id": alert.id,
        "seq": seq,
        "rule": alert.rule,
        "rule_version": alert.rule_version,
        "kind": alert.kind,
        "severity": alert.severity,
        **_life_json(alert),
        **_scene_json(alert),
        "time": format_time(alert.time_ns),
        "decided": format_time(alert.decided_ns),
        "raised_at": format_time(alert.raised_at_ns),
        "late": alert.late,
        "occurrences": alert.occurrences,
        "assignee": alert.assignee,
        "cause": alert.cause,
        "outside_now": alert.outside_now,
        "excursion": _excursion_json(alert.excursion),
        "detail": alert.detail,
        "chattering": alert.chattering,
        "escalations": alert.escalations,
        "test": alert.test,
        "evidence": _evidence_json(alert.evidence),
    }


def _life_json(alert: Alert) -> dict[str, Any]:
    """How it stands with an alert."""
    shelf = alert.shelved
    return {
        "state": state_of(alert),
        "condition": alert.condition,
        "acknowledged": _acknowledgement_json(alert.acknowledged),
        "latched": alert.latched,
        "shelved_until": None if shelf is None else format_time(shelf.until_ns),
        "shelved": _shelf_json(shelf),
        "suppressed_by": alert.suppressed_by,
    }


def _scene_json(alert: Alert) -> dict[str, Any]:
    """What an alert is about, and where."""
    return {
        "asset": alert.asset,
        "tag": alert.tag or None,
        "from": alert.from_zone,
        "to": alert.to_zone,
        "portal": alert.portal,
        "reader": alert.reader,
        "antenna": alert.antenna,
        "sensor": alert.sensor,
        "part": alert.part,
        "zones": list(alert.zones),
    }


def _acknowledgement_json(acknowledged: Acknowledgement | None) -> dict[str, Any] | None:
    if acknowledged is None:
        return None
    return {
        "by": acknowledged.by,
        "at": format_time(acknowledged.at_ns),
        "note": acknowledged.note,
    }


def _shelf_json(shelf: Shelf | None) -> dict[str, Any] | None:
    if shelf is None:
        return None
    return {"by": shelf.by, "at": format_time(shelf.at_ns), "reason": shelf.reason}


def _excursion_json(excursion: Excursion | None) -> dict[str, Any] | None:
    if excursion is None:
        return None
    ended_ns = excursion.ended_ns
    return {
        "quantity": excursion.quantity,
        "unit": excursion.unit,
        "limit": excursion.limit,
        "started": format_time(excursion.started_ns),
        "peak": excursion.peak,
        "peak_time": format_time(excursion.peak_ns),
        "ended": None if ended_ns is None else format_time(ended_ns),
    }


def notice_json(notice: Notice) -> dict[str, Any]:
    """A notice as webhooks, the stream and replay show it."""
    return {
        "id": notice.id,
        "kind": notice.kind,
        "rule": notice.rule,
        "severity": notice.severity,
        "count": notice.count,
        "alerts": list(notice.alerts),
        "subjects": list(notice.subjects),
        "since": format_time(notice.since_ns),
        "time": format_time(notice.at_ns),
        "test": notice.test,
    }


def event_json(event: Event) -> dict[str, Any]:
    """An event as the stream and replay show it."""
    return {
        "id": event.id,
        "kind": event.kind,
        "time": format_time(event.time_ns),
        "asset": event.asset,
        "tag": event.tag or None,
        "from": event.from_zone,
        "to": event.to_zone,
        "portal": event.portal,
        "reference": event.reference,
        "late": event.late,
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
