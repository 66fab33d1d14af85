"""Times in payloads: each format's own way of writing one, as nanoseconds since the epoch."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from readers.wire.payloads.said import Payload, Said
from tags.times import SECOND_NS, parse_time

DAY_NS: Final = 86_400 * SECOND_NS
AHEAD_NS_MAX: Final = DAY_NS
BEHIND_NS_MAX: Final = 366 * DAY_NS
"""Times further from the arrival than these are no times; readers and trackers buffer for long."""

UNITS_NS: Final = {"s": SECOND_NS, "ms": 1_000_000, "us": 1_000, "ns": 1}
_TEXT_CHARS_MAX = 40
_DIGITS_MAX = 20
_NUMBER_END = 1 << 63
_SECOND_CHARS = len("2026-01-31T08:00:00")
_FRACTION_CHARS = ".,0123456789"


def time_of_text(value: object) -> int | None:
    """RFC 3339, and the same with an offset without its colon (`+0000`); None for anything else.

    A time without an offset is none: nobody knows where the clock hangs.
    """
    if not isinstance(value, str) or len(value) > _TEXT_CHARS_MAX:
        return None
    rest = value[_SECOND_CHARS:]
    offset = rest.lstrip(_FRACTION_CHARS)
    second_ns = _second_ns(value[:_SECOND_CHARS], offset)
    if second_ns is None or len(rest) == len(offset):
        return second_ns
    digits = rest[1 : len(rest) - len(offset)]
    if rest[0] not in ".," or not digits.isdigit():
        return None
    return second_ns + int(digits[:9].ljust(9, "0"))


@lru_cache(maxsize=1024)
def _second_ns(second: str, offset: str) -> int | None:
    """Cached: messages come by the thousand in a second."""
    has_colon = len(offset) != len("+0000")
    try:
        return parse_time(second + (offset if has_colon else f"{offset[:3]}:{offset[3:]}"))
    except ValueError:
        return None


def time_of_number(value: object, unit: str) -> int | None:
    """A count of `unit` (a key of UNITS_NS) since the epoch; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not 0 < value < _NUMBER_END:
        return None
    scale = UNITS_NS[unit]
    if isinstance(value, float):
        whole = int(value)
        return whole * scale + round((value - whole) * scale)
    return value * scale


def time_of_digits(value: object, unit: str) -> int | None:
    """The same for sources that write numbers as texts, too."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _DIGITS_MAX:
        value = int(value)
    return time_of_number(value, unit)


def time_of_text_or_ms(value: object) -> int | None:
    """A text as in RFC 3339, or a count of milliseconds; None for anything else."""
    return time_of_number(value, "ms") if isinstance(value, (int, float)) else time_of_text(value)


def stated_time(
    stated: object,
    payload: Payload,
    said: Said,
    understand: Callable[[object], int | None] = time_of_text,
) -> int:
    """The time that a member states; where it is missing or null that of the arrival.

    What cannot be understood, or is implausible, is the arrival too, but counted.
    """
    if stated is None:
        return payload.arrival_ns
    return time_or_arrival(understand(stated), payload, said)


def time_or_arrival(time_ns: int | None, payload: Payload, said: Said) -> int:
    """The time that a message states, or that of its arrival, counted, where it is implausible."""
    arrival_ns = payload.arrival_ns
    if time_ns is not None and -BEHIND_NS_MAX <= time_ns - arrival_ns <= AHEAD_NS_MAX:
        return time_ns
    said.count("time")
    return arrival_ns
