"""JSON pointers (RFC 6901)."""

import re

Pointer = tuple[str, ...]
PATTERN = r"(?:/(?:[^~/]|~[01])*)*"
"""The whole of a pointer, as a regular expression."""
_POINTER = re.compile(PATTERN)


def parse_pointer(text: str) -> Pointer:
    """The steps of a pointer; the empty text points to the whole. Raises ValueError."""
    if not _POINTER.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is no JSON pointer, such as /data/0/epc")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:])


def find(value: object, pointer: Pointer) -> object:
    """What a pointer points to; None where there is nothing."""
    for step in pointer:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list):
            value = _element(value, step)
        else:
            return None
    return value


def _element(values: list[object], step: str) -> object:
    is_index = step.isascii() and step.isdigit() and len(step) < 10  # noqa: PLR2004 -- no list is longer
    if not is_index or (step[0] == "0" and step != "0"):
        return None
    index = int(step)
    return values[index] if index < len(values) else None
