"""Words between people and the API: those that it takes, and those in which it refuses."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

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

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "string_type": "must be text",
    "string_unicode": "is not Unicode text",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must have at most {max_length} items",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}
_WORDS_BY_START = {
    "int_": "must be a whole number",
    "bool_": "must be true or false",
    "tuple_": "must be a list",
    "model_": "must be an object",
}


def refusal_words(finding: Mapping[str, Any]) -> str:
    """Say what pydantic found (its `type`, `msg` and `ctx`) without quoting what was sent."""
    kind: str = finding["type"]
    if kind == "too_long" and finding["ctx"]["field_type"] == "Value":
        kind = "string_too_long"  # a text whose length is judged after a validator of its own
    if kind in _WORDS:
        return _WORDS[kind].format_map(finding.get("ctx", {}))
    if kind == "literal_error":
        choices: str = finding["ctx"]["expected"]
        return f"must be one of {choices.replace(' or ', ', ').replace(chr(39), '')}"
    for start, words in _WORDS_BY_START.items():
        if kind.startswith(start):
            return words
    message: str = finding["msg"]
    return message.removeprefix("Value error, ").replace("Input should be", "must be", 1)


def sentence(text: str) -> str:
    """Begin with a capital letter and end with a full stop, unless it ends otherwise."""
    begun = text[:1].upper() + text[1:]
    return begun if begun.endswith((".", "!", "?", "…")) else f"{begun}."
