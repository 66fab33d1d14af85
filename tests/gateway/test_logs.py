"""The log: one record in, one line out, whatever it holds; and no secrets."""

import io
import json
import logging
import re
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.log_secrets import masked_text
from gateway.log_settings import LogSettings
from gateway.log_values import as_it_was, one_line
from gateway.logs import log_uncaught, set_up_logs

JSON = LogSettings(format="json", level="debug")
CONSOLE = LogSettings(level="debug")
LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (\w+) +(\S+) +"
    r"(?:\(((?:[^\s=]+=(?:\"(?:[^\"\\]|\\.)*\"|[^\s\"()]+) ?)+)\) )?(.*)"
)
FIELD = re.compile(r"([^\s=]+)=(\"(?:[^\"\\]|\\.)*\"|[^\s\"()]+)")
HOSTILE = "a\r\n2026-01-01 00:00:00 INFO http forged\x1b[2J\x00\x85\u2028\u202e\ud800\\n"
TEXT = st.text(st.characters(codec=None), max_size=60)


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    ours = {name: logging.getLogger(name).level for name in ("tagwarden", "tagwarden.alerts")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, was in ours.items():
        logging.getLogger(name).setLevel(was)
    logging.getLogger("tagwarden.access").setLevel(logging.NOTSET)


def told(settings: LogSettings, message: str, *values: object, **fields: object) -> str:
    """What one record becomes."""
    out = io.StringIO()
    set_up_logs(settings, out)
    logging.getLogger("tagwarden.http").warning(message, *values, extra=fields)
    return out.getvalue()


def test_the_console_line_is_pleasant() -> None:
    line = told(CONSOLE, "reader %s is silent", "dock-1", status=200, caller="guard key")
    assert re.fullmatch(
        r'[\d-]+ [\d:]+ warning  http      \(status=200 caller="guard key"\) '
        r"reader dock-1 is silent\n",
        line,
    )


def test_the_json_line_has_time_level_logger_and_message_first() -> None:
    record = json.loads(told(JSON, "reader %s is silent", "dock-1", status=200))
    assert list(record) == ["time", "level", "logger", "message", "status"]
    assert record["message"] == "reader dock-1 is silent"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", record["time"])


@given(message=TEXT, value=TEXT)
@example(message=HOSTILE, value=HOSTILE)
@example(message="(x=1) y", value='"')
@example(message="", value="")
def test_any_text_is_one_json_line_and_parses_back_equal(message: str, value: str) -> None:
    line = told(JSON, "%s", message, tag=value)
    assert line.endswith("\n")
    assert line.isascii()
    assert line[:-1].isprintable()
    record = json.loads(line)
    assert (record["message"], record["tag"]) == (message, value)


@given(message=TEXT, value=TEXT)
@example(message=HOSTILE, value=HOSTILE)
@example(message="(x=1) y", value='"')
@example(message="\\(", value="a) b")
@example(message="", value="")
def test_any_text_is_one_console_line_and_parses_back_equal(message: str, value: str) -> None:
    line = told(CONSOLE, "%s", message, tag=value)
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    found = LINE.fullmatch(line[:-1])
    assert found is not None
    level, logger, fields, text = found.groups()
    assert (level, logger) == ("warning", "http")
    assert as_it_was(text) == message
    parsed = dict(FIELD.findall(fields))
    assert list(parsed) == ["tag"]
    stated = parsed["tag"]
    assert (json.loads(stated) if stated.startswith('"') else stated) == value


@given(TEXT)
def test_an_escaped_text_is_given_back(text: str) -> None:
    assert as_it_was(one_line(text)) == text
    assert one_line(text).isprintable()


SECRETS = [
    "tw_a1b2c3d4_6kHum9NCl9FPhyF7tmhkn4yRxVHR_8vm8BYbZeUvr5c",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "hunter2-and-more",
]
WAYS = [
    "Authorization: Bearer {}",
    "'authorization': 'Basic {}'",
    "authorization={}",
    "cookie: __Host-tagwarden={}; other=1",
    "__Host-session={}",
    "mqtt://site:{}@broker.example:8883/x",
    "https://x.example/?token={}&a=1",
    "password={}",
    'guards_secret="{}"',
    '{{"password": "{}"}}',
    "{{'api_key': '{}'}}",
    "X-CSRF-Token: {}",
]


@pytest.mark.parametrize("settings", [JSON, CONSOLE])
@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("way", WAYS)
def test_a_planted_secret_never_appears(settings: LogSettings, way: str, secret: str) -> None:
    text = way.format(secret)
    for line in (
        told(settings, "it failed: %s", text),
        told(settings, text.replace("%", "%%"), detail=text, nested={"a": [text]}),
        told(settings, "it failed", password=secret, headers={"Authorization": secret}),
        told(settings, "it failed: %r", {"token": secret, "url": text}),
        told(settings, "it failed", raised=ValueError(text)),
    ):
        assert secret not in line
        assert secret[-10:] not in line
        assert "***" in line


@pytest.mark.parametrize("secret", SECRETS[:2])
def test_keys_of_our_own_are_masked_wherever_they_stand(secret: str) -> None:
    for around in ("{}", "x{}", "key {} is unknown", "/path/{}/x", "a\n{}\nb", "'{}'", "({})"):
        line = told(JSON, "%s", around.replace("x{}", "x {}").format(secret))
        assert secret[-12:] not in line


@pytest.mark.parametrize(
    "harmless",
    [
        "channels[0].secret: must have 24 characters",
        "there is no key 'tw' known",
        "https://example.net/hook took 5 s",
        "basic settings",
        "tag E28011700000020F: hall → yard: raised (a1)",
        "token of tw_reader",
    ],
)
def test_what_is_no_secret_is_left_as_it_is(harmless: str) -> None:
    assert masked_text(harmless) == harmless


@pytest.mark.parametrize("settings", [JSON, CONSOLE])
def test_an_exception_is_told_on_one_line_without_local_variables(settings: LogSettings) -> None:
    out = io.StringIO()
    set_up_logs(settings, out)
    try:
        _fail("hunter2-local")
    except ValueError:
        logging.getLogger("tagwarden").exception("it failed")
    (line,) = out.getvalue().splitlines()
    assert "hunter2" not in line
    assert "ValueError" in line
    assert line.count("ValueError") == 2
    assert re.search(r"tests/gateway/test_logs\.py:\d+ _fail", line)
    assert "password" not in line


def _fail(password: str) -> None:
    try:
        list[str]().remove("first\nsecond")
    except ValueError as error:
        raise ValueError(f"not this: token={password}") from error


def test_of_a_group_each_exception_is_told() -> None:
    out = io.StringIO()
    set_up_logs(JSON, out)
    logging.getLogger("tagwarden").error(
        "two", exc_info=ExceptionGroup("both", [ValueError("one"), OSError("other")])
    )
    told_of = json.loads(out.getvalue())["exception"]
    assert [each["message"] for each in told_of["of"]] == ["one", "other"]


class Silent:
    def __repr__(self) -> str:
        raise ValueError("no")


def test_a_value_that_can_not_be_shown_does_not_lose_the_record() -> None:
    nested: list[object] = []
    nested.append(nested)
    record = json.loads(told(JSON, "x", odd=Silent(), nan=float("nan"), deep=nested))
    assert record["odd"] == "<Silent without repr: ValueError>"
    assert record["nan"] == "nan"


def test_a_field_can_not_stand_for_the_time_or_the_level() -> None:
    record = json.loads(told(JSON, "x", level="forged", logger="forged", time="forged"))
    assert (record["level"], record["logger"]) == ("warning", "tagwarden.http")
    assert record["time"] != "forged"


def test_very_long_text_is_clipped() -> None:
    assert len(told(JSON, "%s", "x" * 1_000_000)) < 21_000


def test_levels_and_the_access_log_hold_as_set_and_alerts_always() -> None:
    out = io.StringIO()
    for settings, expected in (
        (LogSettings(level="error"), ["tagwarden.alerts"]),
        (LogSettings(access=True), ["tagwarden", "tagwarden.alerts", "tagwarden.access"]),
    ):
        set_up_logs(settings.model_copy(update={"format": "json"}), out)
        out.truncate(0)
        out.seek(0)
        for name in ("tagwarden", "tagwarden.alerts", "tagwarden.access", "other"):
            logging.getLogger(name).info("x")
        assert [json.loads(line)["logger"] for line in out.getvalue().splitlines()] == expected


def test_set_up_twice_each_record_is_told_once() -> None:
    out = io.StringIO()
    set_up_logs(JSON, out)
    assert told(CONSOLE, "x").count("\n") == 1
    assert out.getvalue() == ""


def test_what_nobody_caught_is_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    out = io.StringIO()
    set_up_logs(JSON, out)
    log_uncaught()
    error = RuntimeError("password=hunter2")
    sys.excepthook(RuntimeError, error, None)
    record = json.loads(out.getvalue())
    assert record["level"] == "critical"
    assert record["exception"]["type"] == "RuntimeError"
    assert "hunter2" not in out.getvalue()


def test_a_refused_socket_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs()
    logging.getLogger("uvicorn.error").error("ASGI callable returned without completing handshake.")
    logging.getLogger("uvicorn.error").error("something else")
    said = capsys.readouterr().err
    assert "handshake" not in said
    assert "something else" in said
