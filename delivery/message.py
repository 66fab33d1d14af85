"""What a delivery says, read once for the channels that put it into other words. Pure."""

from typing import Any, NamedTuple

import msgspec

from alerts.alert import GATEWAY, Severity
from delivery.attempt import Delivery

CALLING = frozenset({"raised", "reopened", "escalated", "storm"})
"""What somebody is to act upon; the rest says how it goes on."""
_ALERT, TEST = "alert.", "alert.test"
_RANKS: dict[str, int] = {"info": 0, "warning": 1, "critical": 2}
_NAME_MAX = 120


class Told(NamedTuple):
    """One message: its type without `alert.`, when it was decided, and its data.

    `data` is an alert or a notice where it is `of_alert`; of the others, which are a test of the
    channel and its heartbeat, nothing is expected.
    """

    id: str
    alert: str
    ordinal: int
    of_alert: bool
    type: str
    timestamp: str
    data: dict[str, Any]
    body: dict[str, Any]

    @property
    def is_drill(self) -> bool:
        """Whether it is about an alert of a drill."""
        return bool(self.data.get("test"))

    @property
    def is_notice(self) -> bool:
        """Whether it is about many alerts at once."""
        return self.of_alert and "state" not in self.data

    @property
    def calls(self) -> bool:
        """Whether somebody is to act."""
        return self.of_alert and self.type in CALLING

    @property
    def severity(self) -> str:
        """The severity of the alert, `info` where it has none."""
        return str(self.data.get("severity") or "info")

    @property
    def subject(self) -> str:
        """Whom it is about, unique: an asset's id, or `tag:…`, `zone:…`, `reader:…`, `gateway`."""
        asset, tag = self.data.get("asset"), self.data.get("tag")
        if asset:
            taken = asset == GATEWAY or str(asset).startswith(_KINDS)
            return f"asset:{asset}" if taken else str(asset)
        for kind, name in (("tag", tag), ("reader", self.data.get("reader"))):
            if name:
                return f"{kind}:{name}"
        return f"zone:{self.data['to']}" if self.data.get("to") else GATEWAY

    def is_below(self, severity_min: Severity) -> bool:
        """Whether it is about an alert of a lower severity; what is not about one never is."""
        return self.of_alert and _RANKS.get(self.severity, 0) < _RANKS[severity_min]


_KINDS = ("asset:", "tag:", "reader:", "zone:")


def told_in(delivery: Delivery) -> Told:
    """Read a delivery. Raises ValueError for a body that is no JSON object."""
    try:
        body: object = msgspec.json.decode(delivery.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("the message is no JSON") from error
    if not isinstance(body, dict):
        raise ValueError("the message is no JSON object")  # noqa: TRY004 -- of bad content
    kind = str(body.get("type") or delivery.type)
    data = body.get("data")
    return Told(
        id=delivery.id,
        alert=delivery.alert,
        ordinal=delivery.ordinal,
        of_alert=kind.startswith(_ALERT) and kind != TEST,
        type=kind.removeprefix(_ALERT),
        timestamp=str(body.get("timestamp") or ""),
        data=data if isinstance(data, dict) else {},
        body=body,
    )


def plain(name: object, longest: int = _NAME_MAX) -> str:
    """A name as one line that is no longer than this, without anything that moves a cursor."""
    text = "".join(sign if sign.isprintable() else " " for sign in str(name))
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
