"""Text from outside that people will read: no control characters in it."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator

_REFUSED = {"Cc", "Cs", "Zl", "Zp"}


def _one_line(text: str) -> str:
    for sign in text:
        if unicodedata.category(sign) in _REFUSED:
            raise ValueError(f"must not hold the control character U+{ord(sign):04X}")
    return text


def _lines(text: str) -> str:
    _ = _one_line(text.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))
    return text


Line = Annotated[str, AfterValidator(_one_line)]
Words = Annotated[str, AfterValidator(_lines)]
