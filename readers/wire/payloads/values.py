"""Single values of payloads, each checked once, at the border."""

import math
from functools import lru_cache
from typing import Final

from readers.wire.payloads.said import Said
from readers.wire.payloads.strict_json import RefusalError
from tags.identity import TEXT_CHARS_MAX, TagIdentityError, normalise_tag

RSSI_DBM_MIN: Final = -120.0
RSSI_DBM_MAX: Final = 20.0
"""No radio is weaker or stronger; such a figure is an error or a placeholder."""
ANTENNA_MAX: Final = 65_535
_NUMBER_MAX = 1e15
_COUNT_MAX = 1 << 31
_NUMBER_CHARS_MAX = 32
_TAGS_MAX = 16_384


def tag_of(value: object, prefix: str = "") -> str:
    """The identity in its one spelling; `prefix` goes before it. Raises RefusalError (`tag`)."""
    if not isinstance(value, str):
        raise RefusalError("tag", "no tag is named" if value is None else "a tag must be a text")
    text = prefix + value
    if len(text) > TEXT_CHARS_MAX:
        raise RefusalError("tag", f"a tag of {len(text)} characters is too long")
    try:
        return _normalised(text)
    except TagIdentityError as error:
        raise RefusalError("tag", str(error)) from error


def epc_of(value: object) -> str:
    """The identity of a member that is an EPC or a TID in hex. Raises RefusalError (`tag`)."""
    tag = tag_of(value)
    if ":" in tag:
        raise RefusalError("tag", "an EPC must be hex digits")
    return tag


_normalised = lru_cache(maxsize=_TAGS_MAX)(normalise_tag)


def antenna_of(value: object) -> int:
    """A number from 1; 1 where none is stated. Raises RefusalError (`antenna`)."""
    if value is None:
        return 1
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= ANTENNA_MAX:
        return value
    raise RefusalError("antenna", f"the antenna must be a whole number from 1 to {ANTENNA_MAX}")


def rssi_of(value: object, said: Said, scale: float = 1.0) -> float | None:
    """dBm, being `scale` times what is stated; None, counted, where that is out of range."""
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            rssi_dbm = value / scale
        except OverflowError:
            rssi_dbm = math.inf
        if RSSI_DBM_MIN <= rssi_dbm <= RSSI_DBM_MAX:
            return float(rssi_dbm)
    said.count("rssi")
    return None


def number_of(value: object) -> float | None:
    """A finite number of sensible size; None for anything else, truth values included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if -_NUMBER_MAX <= value <= _NUMBER_MAX else None


def number_of_text(value: object) -> float | None:
    """The same for formats that are known to write numbers as texts, too."""
    if not isinstance(value, str):
        return number_of(value)
    if len(value) > _NUMBER_CHARS_MAX or "_" in value:
        return None
    try:
        return number_of(float(value))
    except ValueError:
        return None


def optional_number(value: object, name: str, said: Said) -> float | None:
    """A number that may be missing; anything else is counted under `name` and left out."""
    if value is None:
        return None
    number = number_of(value)
    if number is None:
        said.count(name)
    return number


def count_of(value: object) -> int:
    """How often a tag was seen, at least once."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value < _COUNT_MAX:
        return value
    return 1


def text_of(value: object, chars_max: int = TEXT_CHARS_MAX) -> str | None:
    """A text that a name can be made of: neither empty nor long nor unprintable; else None."""
    if isinstance(value, str) and 0 < len(value) <= chars_max and value.isprintable():
        return value
    return None
