"""Time at the border: RFC 3339 text to and from integer nanoseconds since the Unix epoch."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_FIRST_SECOND = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _SECOND
_LAST_SECOND = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _SECOND
_FIRST_NS = _FIRST_SECOND * SECOND_NS
_LAST_NS = (_LAST_SECOND + 1) * SECOND_NS - 1
_MINUTE = timedelta(minutes=1)
_MINUTE_NS = 60 * SECOND_NS
_MINUTES_KEPT = 4096
_EXCERPT_CHARS = 40
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:[0-5]\d)",
    re.ASCII,
)


def format_time(time_ns: int) -> str:
    """RFC 3339 in UTC with six digits of fraction, or nine where the nanoseconds need them.

    Raises ValueError outside the years 1 to 9999.
    """
    if not _FIRST_NS <= time_ns <= _LAST_NS:
        raise ValueError(f"{time_ns} ns lies outside the years 1 to 9999")
    minute, rest_ns = divmod(time_ns, _MINUTE_NS)
    if rest_ns % 1000:
        seconds, fraction_ns = divmod(rest_ns, SECOND_NS)
        return f"{_minute_text(minute)}:{seconds:02d}.{fraction_ns:09d}Z"
    seconds, fraction_us = divmod(rest_ns // 1000, 1_000_000)
    return f"{_minute_text(minute)}:{seconds:02d}.{fraction_us:06d}Z"


@lru_cache(_MINUTES_KEPT)
def _minute_text(minute: int) -> str:
    """Date, hour and minute; times that are asked for together lie near each other."""
    return (_EPOCH + minute * _MINUTE).replace(tzinfo=None).isoformat(timespec="minutes")


def parse_time(text: str) -> int:
    """RFC 3339 to nanoseconds. Raises ValueError for anything else, a missing offset included.

    Leap seconds and what falls outside the years 1 to 9999 in UTC are refused too.
    """
    match = _RFC3339.fullmatch(text.strip())
    if match is None:
        raise ValueError(_refusal(text))
    date, clock, fraction, offset = match.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{clock}{offset.upper().replace('Z', '+00:00')}")
    except ValueError as error:
        raise ValueError(f"{_refusal(text)}: {error}") from error
    seconds = (moment - _EPOCH) // _SECOND
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        raise ValueError(_refusal(text))
    return seconds * SECOND_NS + int((fraction or "0").ljust(9, "0"))


def _refusal(text: str) -> str:
    return f"{text[:_EXCERPT_CHARS]!r} is not an RFC 3339 time such as 2026-01-31T08:00:00Z"
