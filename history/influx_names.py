"""How names and values look in InfluxDB's line protocol, so that none can end its line."""

import math
from functools import lru_cache
from zlib import crc32

PARTS = 64
"""Tags of things are spread over so many series of each zone, whatever their number."""

STAMP_MAX = 2**63 - 2
STAMP_MIN = -STAMP_MAX
INTEGER_MAX = 2**63 - 1
INTEGER_MIN = -(2**63)

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_STORED = str.maketrans(_PICTURES | {ord("\\"): "\u29f5"})
_IN_TAGS = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_IN_FIELDS = str.maketrans({'"': r"\"", "\\": r"\\"})


def part_of(tag: str) -> int:
    """The part of 64 that a tag belongs to: the CRC-32 of its UTF-8, modulo 64."""
    return crc32(tag.encode(errors="replace")) % PARTS


def stored_name(name: str) -> str:
    """A name as a tag of InfluxDB holds it; ask for it by this.

    A tag of line protocol can carry neither a line break nor every backslash, so that control
    characters become their pictures (a line feed is U+240A), and a backslash U+29F5. A lone
    surrogate, which UTF-8 can not carry, becomes a question mark. All else stays as it is.
    """
    return name.encode(errors="replace").decode().translate(_STORED)


@lru_cache(maxsize=4096)
def tag_text(name: str) -> str:
    """A name as the value of a tag of line protocol; empty for an empty one."""
    return stored_name(name).translate(_IN_TAGS)


def field_text(text: str) -> str:
    """A text as the value of a field, without the quotes around it; line breaks are kept."""
    if text.isalnum() and text.isascii():
        return text
    return text.encode(errors="replace").decode().translate(_IN_FIELDS)


@lru_cache(maxsize=4096)
def number_text(value: float) -> str | None:
    """A number as the value of a float field; None for what is none and for infinity."""
    number = value + 0.0  # of the two zeros that are equal, the cache is to know one
    return repr(number).removesuffix(".0") if math.isfinite(number) else None
