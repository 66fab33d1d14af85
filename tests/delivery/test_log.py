import json
import logging

import msgspec
import pytest

from alerts.alert import Severity, alert_json
from delivery.attempt import DONE
from delivery.channels import open_channel
from delivery.log import LogSender
from delivery.webhook import WebhookSender
from tests.delivery.made import T0_NS, alert, delivery, log_channel, webhook

HOSTILE = "x\r\n2026-01-01 all clear\x1b[2J\x00\u2028\u202e</script>☃"


def body_of(asset: str = "laptop-7", severity: Severity = "critical") -> str:
    shown = alert_json(alert(asset=asset, severity=severity), 7)
    message = {"type": "alert.raised", "timestamp": "2026-01-31T08:00:00.000000Z", "data": shown}
    return msgspec.json.encode(message).decode()


@pytest.mark.parametrize(
    ("severity", "level"),
    [("info", logging.INFO), ("warning", logging.WARNING), ("critical", logging.CRITICAL)],
)
async def test_a_change_is_one_line_at_the_level_of_its_severity(
    severity: Severity, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tagwarden.alerts")
    assert await LogSender().send(delivery(body_of(severity=severity)), T0_NS) == DONE
    (record,) = caplog.records
    line = json.loads(record.getMessage())
    assert (record.name, record.levelno) == ("tagwarden.alerts", level)
    assert (line["id"], line["type"]) == ("msg_1", "alert.raised")
    assert line["alert"]["rule"] == "laptops stay in"
    assert "evidence" not in line["alert"]


async def test_a_hostile_name_stays_inside_its_line(caplog: pytest.LogCaptureFixture) -> None:
    await LogSender().send(delivery(body_of(HOSTILE)), T0_NS)
    line = caplog.records[0].getMessage()
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["alert"]["asset"] == HOSTILE


def test_each_kind_of_channel_has_its_sender() -> None:
    assert isinstance(open_channel(log_channel()), LogSender)
    assert isinstance(open_channel(webhook("https://example.net/")), WebhookSender)
