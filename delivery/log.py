"""The log channel: each change of an alert as one line."""

import json
import logging
from typing import Any

from alerts.settings import SYSTEM_PREFIX
from delivery.attempt import DONE, Attempt, Delivery

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}
_CALLING = {"raised", "reopened"}
_SEPARATORS = frozenset('":→,')
_ZONES_NAMED = 5
_logger = logging.getLogger("tagwarden.alerts")


class LogSender:
    """Writes to the logger `tagwarden.alerts`: `TIME RULE: ASSET: FROM → TO: TRANSITION (ID)`.

    Where it went through a portal, `through PORTAL` follows the way or stands for it. An alert
    about zones, a reader or the gateway says `TIME RULE: NAME, NAME: TRANSITION (ID)`; of many
    zones it names five and says how many more there are.
    What calls somebody has the level of the alert's severity, the rest is INFO. A name that could
    start a line, move a cursor or be taken for another part of the line stands in quotes, escaped.
    """

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        """Log the change. Always done."""
        del now_ns
        message: dict[str, Any] = json.loads(delivery.body)
        alert: dict[str, Any] = message["data"]
        transition = str(message["type"]).removeprefix("alert.")
        calls = transition in _CALLING
        time = alert["time"] if calls else message["timestamp"]
        level = _LEVELS.get(alert["severity"], logging.WARNING) if calls else logging.INFO
        _logger.log(level, "%s %s: %s (%s)", time, _what(alert), transition, alert["id"])
        return DONE


def _what(alert: dict[str, Any]) -> str:
    if not alert["asset"] and not alert["tag"]:
        return f"{_rule(alert)}: {_whom(alert)}"
    subject = _shown(alert["asset"]) if alert["asset"] else f"tag {_shown(alert['tag'])}"
    return f"{_rule(alert)}: {subject}: {_way(alert)}"


def _whom(alert: dict[str, Any]) -> str:
    """The zones that nobody hears, or the one thing that it is about."""
    zones: list[str] = alert.get("zones") or []
    if not zones:
        return _shown(alert.get("reader") or alert["to"] or "gateway")
    more = len(zones) - _ZONES_NAMED
    named = ", ".join(map(_shown, zones[:_ZONES_NAMED]))
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
