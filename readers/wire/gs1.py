"""GS1 application identifiers: element strings and their values.

Source: GS1 General Specifications, sections 3 and 7 (identifiers, predefined lengths, dates).
"""

import re
from calendar import monthrange
from datetime import date
from functools import cache
from typing import NamedTuple

GS = "\x1d"
"""The group separator, which stands for FNC1 in what a scanner sends."""
SHORT_GTIN_DIGITS = (8, 12, 13, 14)
GTIN_DIGITS = 14

Elements = tuple[tuple[str, str], ...]
"""Application identifiers with their values, in the order of the label."""


class Gs1Error(ValueError):
    """The content is not what GS1 says; `reason` is the word under which it is counted."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Field(NamedTuple):
    """How the value of an application identifier looks; `digits` lead and may hold a check digit.

    `check_at` is the length of the leading digits whose last one is a check digit, 0 for none.
    """

    digits: int
    text_min: int = 0
    text_max: int = 0
    check_at: int = 0


_ANY = Field(0, 1, 90)
_FIELDS: dict[str, Field] = {
    "00": Field(18, check_at=18),
    "01": Field(14, check_at=14),
    "02": Field(14, check_at=14),
    "03": Field(14, check_at=14),
    "10": Field(0, 1, 20),
    "11": Field(6),
    "12": Field(6),
    "13": Field(6),
    "15": Field(6),
    "16": Field(6),
    "17": Field(6),
    "20": Field(2),
    "21": Field(0, 1, 20),
    "22": Field(0, 1, 20),
    "235": Field(0, 1, 28),
    "240": Field(0, 1, 30),
    "241": Field(0, 1, 30),
    "250": Field(0, 1, 30),
    "251": Field(0, 1, 30),
    "253": Field(13, 0, 17, check_at=13),
    "254": Field(0, 1, 20),
    "255": Field(13, 0, 12, check_at=13),
    "400": Field(0, 1, 30),
    "401": Field(0, 1, 30),
    "402": Field(17, check_at=17),
    "403": Field(0, 1, 30),
    "8003": Field(14, 0, 16, check_at=14),
    "8004": Field(0, 1, 30),
    "8006": Field(18, check_at=14),
    "8010": Field(0, 1, 30),
    "8011": Field(0, 1, 12),
    "8017": Field(18, check_at=18),
    "8018": Field(18, check_at=18),
} | {f"41{n}": Field(13, check_at=13) for n in range(8)}

_FIXED_CHARS = (
    {"00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2, "41": 13}
    | {str(n): 6 for n in range(11, 20)}
    | {str(n): 6 for n in range(31, 37)}
)
"""Length of the value by the first two digits, where it is predefined: no FNC1 is needed."""
_FOUR_DIGITS_LEADS = {"31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"}
_THREE_DIGIT_LEADS = {"23", "24", "25", "40", "41", "42", "71"}
_TWO_DIGIT_LEADS = (
    {"00", "01", "02", "03", "10", "11", "12", "13", "15", "16", "17", "20", "21", "22"}
    | {"30", "37"}
    | {str(n) for n in range(90, 100)}
)
_CHARACTERS = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*""")
"""GS1 AI encodable character set 82."""
_DIGITS = re.compile(r"[0-9]*")


def parse_element_string(text: str) -> Elements:
    """Split what follows the symbology prefix, such as `01…21…`; GS ends variable values.

    Superfluous separators are tolerated. Raises Gs1Error.
    """
    elements: list[tuple[str, str]] = []
    rest = text.strip(GS)
    while rest:
        ai = identifier_at(rest)
        value, rest = _split_value(ai, rest[len(ai) :])
        check(ai, value)
        elements.append((ai, value))
        rest = rest.lstrip(GS)
    return checked(tuple(elements))


def checked(elements: Elements) -> Elements:
    """The same, if no identifier contradicts itself. Raises Gs1Error."""
    if not elements:
        raise Gs1Error("gs1", "there is no element")
    values: dict[str, str] = {}
    for ai, value in elements:
        if values.setdefault(ai, value) != value:
            raise Gs1Error("contradiction", f"({ai}) is said twice, differently")
    return elements


@cache
def _lead_chars(lead: str) -> int:
    if lead in _FOUR_DIGITS_LEADS:
        return 4
    if lead in _THREE_DIGIT_LEADS:
        return 3
    return 2 if lead in _TWO_DIGIT_LEADS else 0


def identifier_at(text: str) -> str:
    """The application identifier with which `text` begins. Raises Gs1Error."""
    length = _lead_chars(text[:2])
    ai = text[:length]
    if not length or len(ai) < length or not _DIGITS.fullmatch(ai):
        raise Gs1Error("gs1", f"{text[:4]!r} is no application identifier")
    return ai


def _split_value(ai: str, rest: str) -> tuple[str, str]:
    fixed = _FIXED_CHARS.get(ai[:2])
    if fixed is not None:
        return rest[:fixed], rest[fixed:]
    value, _, rest = rest.partition(GS)
    return value, rest


def check(ai: str, value: str) -> None:
    """Raise Gs1Error if `value` can not be that of `ai`."""
    fixed = _FIXED_CHARS.get(ai[:2])
    field = _FIELDS.get(ai, _ANY if fixed is None else Field(fixed))
    digits, text = value[: field.digits], value[field.digits :]
    if len(digits) < field.digits or not _DIGITS.fullmatch(digits):
        raise Gs1Error("gs1", f"({ai}) begins with {field.digits} digits")
    if not field.text_min <= len(text) <= field.text_max or not _CHARACTERS.fullmatch(text):
        raise Gs1Error("gs1", f"({ai}) can not be {value[:24]!r}")
    if field.check_at and not has_check_digit(digits[: field.check_at]):
        raise Gs1Error("check_digit", f"({ai}){value} has a wrong check digit")


def has_check_digit(digits: str) -> bool:
    """Whether the last of some digits is their GS1 check digit (modulo 10, weights 3 and 1)."""
    total = sum(map(int, digits[::-2])) + 3 * sum(map(int, digits[-2::-2]))
    return total % 10 == 0


def gtin14(digits: str) -> str:
    """A GTIN-8, -12, -13 or -14 as 14 digits. Raises Gs1Error."""
    if len(digits) not in SHORT_GTIN_DIGITS or not _DIGITS.fullmatch(digits):
        raise Gs1Error("gs1", f"{digits[:24]!r} is no GTIN")
    if not has_check_digit(digits):
        raise Gs1Error("check_digit", f"GTIN {digits} has a wrong check digit")
    return digits.zfill(GTIN_DIGITS)


def parse_date(digits: str, this_year: int) -> date | None:
    """A YYMMDD date, None where it is none; day 00 is the last day of the month.

    The century is the one that brings the year closest to `this_year`: 49 years back to
    50 years ahead.
    """
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    year += this_year // 100 * 100
    if year - this_year > 50:  # noqa: PLR2004 -- the figure of the specification
        year -= 100
    elif year - this_year < -49:  # noqa: PLR2004 -- the figure of the specification
        year += 100
    try:
        return date(year, month, day or monthrange(year, month)[1])
    except ValueError:
        return None
