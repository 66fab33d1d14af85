"""The log channel: each change of an alert as one line."""

import json
import logging
from typing import Any

from alerts.settings import SYSTEM_PREFIX
from delivery.attempt import DONE, Attempt, Delivery

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}
_CALLING = {"raised", "reopened", "escalated", "storm", "digest"}
_SEPARATORS = frozenset('":→,')
_ZONES_NAMED = 5
_logger = logging.getLogger("tagwarden.alerts")


class LogSender:
    """Writes to the logger `tagwarden.alerts`: `TIME RULE: ASSET: FROM → TO: TRANSITION (ID)`.

    Where it went through a portal, `through PORTAL` follows the way or stands for it. An alert
    about zones, a reader or the gateway says `TIME RULE: NAME, NAME: TRANSITION (ID)`; of many
    zones it names five and says how many more there are.
    A notice about many alerts says `TIME RULE: N alerts: NAME, NAME: storm (ID)`; anything about
    a drill begins with `[TEST]`, and a sign of life is its type alone.
    What calls somebody has the level of the alert's severity, the rest is INFO. A name that could
    start a line, move a cursor or be taken for another part of the line stands in quotes, escaped.
    """

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        """Log the change. Always done."""
        del now_ns
        message: dict[str, Any] = json.loads(delivery.body)
        alert: dict[str, Any] = message.get("data") or {}
        if not str(message["type"]).startswith("alert."):
            _logger.info("%s %s", message.get("timestamp"), _shown(str(message["type"])))
            return DONE
        transition = str(message["type"]).removeprefix("alert.")
        calls = transition in _CALLING
        time = alert["time"] if calls else message["timestamp"]
        level = _LEVELS.get(alert["severity"], logging.WARNING) if calls else logging.INFO
        drill = "[TEST] " if alert.get("test") else ""
        said = f"{drill}{_what(alert)}: {transition}"
        _logger.log(level, "%s %s (%s)", time, said, _shown(str(alert["id"])))
        return DONE


def _what(alert: dict[str, Any]) -> str:
    if "state" not in alert:
        return f"{_rule(alert)}: {alert['count']} alerts: {_first(alert['subjects'])}"
    if not alert["asset"] and not alert["tag"]:
        return f"{_rule(alert)}: {_whom(alert)}"
    subject = _shown(alert["asset"]) if alert["asset"] else f"tag {_shown(alert['tag'])}"
    return f"{_rule(alert)}: {subject}: {_way(alert)}"


def _whom(alert: dict[str, Any]) -> str:
    """The zones that nobody hears, or the one thing that it is about."""
    zones: list[str] = alert.get("zones") or []
    if not zones:
        return _shown(alert.get("reader") or alert["to"] or "gateway")
    return _first(zones)


def _first(names: list[str]) -> str:
    """Five names, and how many more there are."""
    more = len(names) - _ZONES_NAMED
    named = ", ".join(map(_shown, names[:_ZONES_NAMED]))
    return f"{named} and {more} more" if more > 0 else named


def _way(alert: dict[str, Any]) -> str:
    door = f"through {_shown(alert['portal'])}" if alert.get("portal") else ""
    if door and not alert["to"]:
        return door
    way = f"{_shown(alert['from'] or 'nowhere')} → {_shown(alert['to'] or 'nowhere')}"
    return f"{way} {door}".rstrip()


def _rule(alert: dict[str, Any]) -> str:
    """The gateway's own rules have a colon in their names, as nobody else's have unquoted."""
    name: str = alert["rule"]
    return name if name.startswith(SYSTEM_PREFIX) else _shown(name)


def _shown(name: str) -> str:
    return name if name.isprintable() and not _SEPARATORS & set(name) else json.dumps(name)
