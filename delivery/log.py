"""The log channel: each change of an alert as one line."""

import json
import logging
from typing import Any

from delivery.attempt import DONE, Attempt, Delivery

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}
_logger = logging.getLogger("tagwarden.alerts")


class LogSender:
    """Writes to the logger `tagwarden.alerts`, at the level of the alert's severity.

    The line is one JSON object in ASCII, so no name of a tag or asset can start a line, move a
    cursor or colour a screen. It leaves the evidence out.
    """

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        """Log the change. Always done."""
        del now_ns
        message: dict[str, Any] = json.loads(delivery.body)
        alert: dict[str, Any] = message["data"]
        line = {"id": delivery.id, "type": message["type"], "timestamp": message["timestamp"]}
        line["alert"] = {key: value for key, value in alert.items() if key != "evidence"}
        level = _LEVELS.get(alert["severity"], logging.WARNING)
        _logger.log(level, "%s", json.dumps(line, separators=(",", ":")))
        return DONE
