"""The log: every record one line, for people or for programs, and no secret in it.

Everything logs by the standard library; structlog renders it. Whatever a name, a tag or a
stranger's request holds, it can neither begin a line nor move a cursor.
"""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.log_secrets import masked
from gateway.log_settings import LogSettings
from gateway.log_values import Plain, exception_of, exception_text, field_text, one_line, plain
from tags.times import format_time

OURS, ACCESS, ALERTS = "tagwarden", "tagwarden.access", "tagwarden.alerts"
_COLOURS = {"debug": "2", "info": "32", "warning": "33", "error": "31", "critical": "1;31"}
_FIRST = ("time", "level", "logger", "message")
_INTERNAL = ("_record", "_from_structlog", "message", "asctime")
"""What structlog and other formatters leave with a record."""

_REFUSED_SOCKET = "ASGI callable returned without completing handshake."

log = logging.getLogger(OURS)

UseLogs = Callable[[LogSettings], None]
"""Called with the settings of each site file that is taken over."""


def set_up_logs(settings: LogSettings | None = None, stream: TextIO | None = None) -> None:
    """Log as the settings say from now on, to standard error; said again, the newest hold."""
    settings, out = settings or LogSettings(), stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(settings, coloured=_is_coloured(out)))
    handler.addFilter(_is_news)
    root = logging.getLogger()
    for former in [each for each in root.handlers if isinstance(each.formatter, _Formatter)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger(OURS).setLevel(level)
    # Whoever has a log channel wants its alerts, however little else.
    logging.getLogger(ALERTS).setLevel(logging.INFO)
    logging.getLogger(ACCESS).setLevel(logging.INFO if settings.access else logging.WARNING)


def _is_news(record: logging.LogRecord) -> bool:
    """All but what uvicorn says of each WebSocket that was refused as it should be.

    A stranger could fill the log with it; refusals are counted.
    """
    return record.msg != _REFUSED_SOCKET


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Tells our handler from others."""


def _formatter(settings: LogSettings, *, coloured: bool) -> _Formatter:
    render: Processor = _as_json if settings.format == "json" else _for_people(coloured=coloured)
    return _Formatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ExtraAdder(),
        ],
        processors=[_told, render],
    )


def _told(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Everything as plain data, in order, without secrets."""
    record: logging.LogRecord = event["_record"]
    told: dict[str, Any] = {
        "time": format_time(int(record.created * 1_000_000) * 1_000),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": event.pop("event", ""),
    }
    raised = event.pop("exc_info", None)
    fields = {key: value for key, value in event.items() if key not in _INTERNAL}
    told |= {f"{key}_" if key in told else key: value for key, value in fields.items()}
    error = _error_of(raised)
    if error is not None:
        told["exception"] = exception_of(error)
    return {key: masked(plain(value), key) for key, value in told.items()}


def _error_of(raised: object) -> BaseException | None:
    if raised is True:
        return sys.exception()
    if isinstance(raised, tuple):
        raised = raised[1]
    return raised if isinstance(raised, BaseException) else None


def _as_json(_: WrappedLogger, __: str, event: MutableMapping[str, Plain]) -> str:
    # Only ASCII: no line separator of Unicode, no lone surrogate that could not be written.
    return json.dumps(event)


def _for_people(*, coloured: bool) -> Processor:
    def render(_: WrappedLogger, __: str, event: MutableMapping[str, Plain]) -> str:
        return people_line(event, coloured=coloured)

    return render


def people_line(event: MutableMapping[str, Plain], *, coloured: bool = False) -> str:
    r"""One record as `TIME LEVEL LOGGER (NAME=VALUE …) MESSAGE`.

    The time is that of the machine's wall, to the second. Without fields there are no brackets.
    A message that would begin with one begins with `\(`.
    """
    level = str(event["level"])
    message = one_line(str(event["message"]))
    exception = event.get("exception")
    if isinstance(exception, dict):
        message = f"{message.strip()}: {one_line(exception_text(exception))}"
    if message.startswith("("):
        message = f"\\{message}"
    fields = " ".join(
        f"{one_line(key)}={field_text(value)}"
        for key, value in event.items()
        if key not in {*_FIRST, "exception"}
    )
    shown_level = f"{level:<8}"
    if coloured:
        shown_level = f"\x1b[{_COLOURS.get(level, '0')}m{shown_level}\x1b[0m"
        fields = fields and f"\x1b[2m({fields})\x1b[0m "
    else:
        fields = fields and f"({fields}) "
    name = one_line(str(event["logger"]).removeprefix(f"{OURS}."))
    return f"{_wall_time()} {shown_level} {name:<9} {fields}{message}"


def _wall_time() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def _is_coloured(stream: TextIO) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ


def log_uncaught() -> None:
    """From now on what nobody caught is a record too, without local variables."""

    def uncaught(
        _: type[BaseException], error: BaseException, __: TracebackType | None = None
    ) -> None:
        if not isinstance(error, KeyboardInterrupt | SystemExit):
            log.critical("nobody expected this; the gateway ends", exc_info=error)

    def in_thread(failed: threading.ExceptHookArgs) -> None:
        if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
            log.critical("nobody expected this; a thread ends", exc_info=failed.exc_value)

    sys.excepthook, threading.excepthook = uncaught, in_thread
