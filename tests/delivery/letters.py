"""Deliveries as the outbox would hand them to a channel."""

from typing import Any

import msgspec

from alerts.alert import Acknowledgement, Alert, Notice
from alerts.shown import alert_json, notice_json
from delivery.attempt import Delivery, Part
from delivery.outbox import message_id
from delivery.signals import HEARTBEAT, TEST
from tags.times import format_time
from tests.delivery.made import T0_NS, alert

HOSTILE = "x\"'<b>\r\nBcc: all@example.net\r\n\r\n\u202e\x00\u2028@everyone </b>☃"
ACKNOWLEDGED = Acknowledgement("ann", T0_NS, "on my way")


def changed(base: Alert, **changes: object) -> Alert:
    return msgspec.structs.replace(base, **changes)


def letter_of(
    step: str = "raised",
    one: Alert | None = None,
    channel: str = "guards",
    parts: tuple[Part, ...] = (),
    **changes: object,
) -> Delivery:
    """The delivery of an alert after a step in its life."""
    one = changed(one or alert(), **changes)
    if step == "acknowledged":
        one = changed(one, acknowledged=ACKNOWLEDGED)
    if step == "cleared":
        one = changed(one, cleared=True)
    data = alert_json(one, 7)
    return _delivery((one.id, one.transitions), channel, f"alert.{step}", data, parts)


def notice_letter(channel: str = "guards", count: int = 480) -> Delivery:
    notice = Notice(
        id="n1",
        kind="storm",
        rule="laptops stay in",
        severity="critical",
        count=count,
        alerts=tuple(f"a{at}" for at in range(20)),
        subjects=tuple(f"laptop-{at}" for at in range(20)),
        since_ns=T0_NS,
        at_ns=T0_NS,
    )
    return _delivery((notice.id, 1), channel, "alert.storm", notice_json(notice))


def trial_letter(channel: str = "guards") -> Delivery:
    data = alert_json(alert("test:1")) | {"test": True}
    return _delivery(("test:1", 1), channel, TEST, data)


def heartbeat_letter(channel: str = "guards") -> Delivery:
    return _delivery((f"heartbeat:{channel}", 9), channel, HEARTBEAT, {"channel": channel})


def _delivery(
    place: tuple[str, int],
    channel: str,
    kind: str,
    data: dict[str, Any],
    parts: tuple[Part, ...] = (),
) -> Delivery:
    name, ordinal = place
    body = {"type": kind, "timestamp": format_time(T0_NS), "data": data}
    return Delivery(
        id=message_id(name, ordinal, channel),
        channel=channel,
        alert=name,
        ordinal=ordinal,
        type=kind,
        body=msgspec.json.encode(body).decode(),
        attempts=0,
        parts=parts,
    )
