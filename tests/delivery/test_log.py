import json
import logging

import msgspec
import pytest

from alerts.alert import Severity
from alerts.shown import alert_json
from delivery.attempt import DONE
from delivery.channels import open_channel
from delivery.log import LogSender
from delivery.webhook import WebhookSender
from tags.times import format_time
from tests.delivery.letters import heartbeat_letter, letter_of, notice_letter, trial_letter
from tests.delivery.made import T0_NS, alert, delivery, log_channel, webhook

HOSTILE = "x\r\n2026-01-01 all clear\x1b[2J\x00\u2028\u202e</script>☃"


def body_of(
    asset: str = "laptop-7", severity: Severity = "critical", transition: str = "raised"
) -> str:
    shown = alert_json(alert(asset=asset, severity=severity), 7)
    kind, at = f"alert.{transition}", "2026-01-31T08:00:00.000000Z"
    return msgspec.json.encode({"type": kind, "timestamp": at, "data": shown}).decode()


@pytest.mark.parametrize("transition", ["raised", "reopened"])
@pytest.mark.parametrize(
    ("severity", "level"),
    [("info", logging.INFO), ("warning", logging.WARNING), ("critical", logging.CRITICAL)],
)
async def test_a_call_is_one_line_at_the_level_of_its_severity(
    severity: Severity, level: int, transition: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tagwarden.alerts")
    body = body_of(severity=severity, transition=transition)
    assert await LogSender().send(delivery(body), T0_NS) == DONE
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("tagwarden.alerts", level)
    time = format_time(T0_NS)
    said = f"{time} laptops stay in: laptop-7: hall → gate: {transition} (a1)"
    assert record.getMessage() == said


@pytest.mark.parametrize("transition", ["acknowledged", "returned", "cleared"])
async def test_what_comes_after_the_call_is_information_at_its_own_time(
    transition: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tagwarden.alerts")
    await LogSender().send(delivery(body_of(transition=transition)), T0_NS)
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert record.getMessage().startswith("2026-01-31T08:00:00.000000Z ")


async def test_a_hostile_name_stays_inside_its_place(caplog: pytest.LogCaptureFixture) -> None:
    await LogSender().send(delivery(body_of(HOSTILE)), T0_NS)
    line = caplog.records[0].getMessage()
    assert line.isprintable()
    assert f": {json.dumps(HOSTILE)}: hall → gate: raised (a1)" in line


async def test_a_tag_without_asset_is_named(caplog: pytest.LogCaptureFixture) -> None:
    await LogSender().send(delivery(body_of("")), T0_NS)
    assert ": tag 30340000000000000000abcd: " in caplog.records[0].getMessage()


def test_each_kind_of_channel_has_its_sender() -> None:
    assert isinstance(open_channel(log_channel()), LogSender)
    assert isinstance(open_channel(webhook("https://example.net/")), WebhookSender)


async def test_an_alert_about_a_zone_names_the_zone(caplog: pytest.LogCaptureFixture) -> None:
    blind = msgspec.structs.replace(
        alert(severity="warning"),
        rule="system: blind",
        asset=None,
        tag="",
        from_zone="dock: north",
        to_zone="dock: north",
    )
    message = {"type": "alert.raised", "timestamp": "-", "data": alert_json(blind, 7)}
    await LogSender().send(delivery(msgspec.json.encode(message).decode()), T0_NS)
    said = f'{format_time(T0_NS)} system: blind: "dock: north": raised (a1)'
    assert caplog.records[0].getMessage() == said


async def logged(caplog: pytest.LogCaptureFixture, **changes: str | tuple[str, ...] | None) -> str:
    """The line about an alert that differs from the usual one in this."""
    shown = alert_json(msgspec.structs.replace(alert(severity="warning"), **changes), 7)
    message = {"type": "alert.raised", "timestamp": "-", "data": shown}
    await LogSender().send(delivery(msgspec.json.encode(message).decode()), T0_NS)
    return caplog.records[-1].getMessage().removeprefix(format_time(T0_NS) + " ")


async def test_an_alert_about_zones_names_them(caplog: pytest.LogCaptureFixture) -> None:
    nobody = {"asset": None, "tag": "", "from_zone": "b", "to_zone": "b", "rule": "system: blind"}
    line = await logged(caplog, zones=("a, too", "b"), **nobody)
    assert line == 'system: blind: "a, too", b: raised (a1)'


async def test_of_many_zones_it_names_five(caplog: pytest.LogCaptureFixture) -> None:
    nobody = {"asset": None, "tag": "", "from_zone": "a", "to_zone": "a", "rule": "system: blind"}
    assert (await logged(caplog, zones=tuple("abcde"), **nobody)).endswith(
        ": a, b, c, d, e: raised (a1)"
    )
    line = await logged(caplog, zones=tuple("abcdefg"), **nobody)
    assert line == "system: blind: a, b, c, d, e and 2 more: raised (a1)"


async def test_an_alert_about_a_reader_names_the_reader(caplog: pytest.LogCaptureFixture) -> None:
    nobody = {"asset": None, "tag": "", "from_zone": None, "to_zone": None}
    line = await logged(caplog, rule="system: clock", reader="sensors:FX-1", **nobody)
    assert line == 'system: clock: "sensors:FX-1": raised (a1)'


async def test_a_portal_stands_behind_the_way_or_for_it(caplog: pytest.LogCaptureFixture) -> None:
    line = await logged(caplog, portal="dock door")
    assert line == "laptops stay in: laptop-7: hall → gate through dock door: raised (a1)"
    line = await logged(caplog, portal="a: b", to_zone=None)
    assert line == 'laptops stay in: laptop-7: through "a: b": raised (a1)'


async def test_a_notice_says_how_many_and_names_the_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await LogSender().send(notice_letter(), T0_NS)
    (record,) = caplog.records
    named = ", ".join(f"laptop-{at}" for at in range(5))
    said = f"{format_time(T0_NS)} laptops stay in: 480 alerts: {named} and 15 more: storm (n1)"
    assert (record.getMessage(), record.levelno) == (said, logging.CRITICAL)


async def test_a_drill_says_so_first(caplog: pytest.LogCaptureFixture) -> None:
    await LogSender().send(letter_of(test=True), T0_NS)
    assert caplog.records[0].getMessage().split(" ", 1)[1].startswith("[TEST] laptops stay in: ")


async def test_a_test_and_a_sign_of_life_are_information(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tagwarden.alerts")
    await LogSender().send(trial_letter(), T0_NS)
    await LogSender().send(heartbeat_letter(), T0_NS)
    trial, beat = caplog.records
    assert trial.levelno == beat.levelno == logging.INFO
    assert "[TEST] " in trial.getMessage()
    assert beat.getMessage() == f"{format_time(T0_NS)} heartbeat"


async def test_an_escalation_calls_again(caplog: pytest.LogCaptureFixture) -> None:
    await LogSender().send(letter_of("escalated", transitions=2), T0_NS)
    assert caplog.records[0].levelno == logging.CRITICAL
