"""Values of a site file put down as YAML."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

INDENT = "  "
WIDTH_MAX = 76
"""A mapping that is longer on one line is written with a line for each key."""

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_][A-Za-z0-9_./-]*)*")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_REFUSED_RAW = re.compile("[\x7f-\x9f\u2028\u2029\ue000\ue001\ufeff\ufffe\uffff]")


def word(text: str) -> str:
    """A key or a text, in quotes where YAML could take it for something else."""
    bare = _BARE.fullmatch(text) and text.lower() not in _WORDS
    number = text.isascii() and text.isdecimal()
    return text if bare or number else quoted(text)


def text_value(text: str) -> str:
    """A text, in quotes where YAML could take it for something else, numbers included."""
    return quoted(text) if text.isdecimal() else word(text)


def quoted(text: str) -> str:
    """A text in double quotes."""
    plain = json.dumps(text, ensure_ascii=False)
    return _REFUSED_RAW.sub(lambda sign: f"\\u{ord(sign[0]):04x}", plain)


def one_line(value: object) -> str:
    """A value on one line; what stands under a key may be null."""
    if isinstance(value, Mapping):
        pairs = (f"{word(str(key))}: {one_line(below)}" for key, below in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, str):
        return text_value(value)
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(one_line, value)) + "]"
    return json.dumps(value, allow_nan=False)


def many_lines(value: object) -> Iterator[str]:
    """The same over several lines, without the margin of what it stands in."""
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from key_lines(str(key), below)
    elif isinstance(value, list) and value:
        for each in value:
            yield from item_lines(each)
    else:
        yield one_line(value)


def key_lines(key: str, value: object, *, spread: bool = False) -> Iterator[str]:
    """A key with what stands under it; `spread` gives each part of it a line of its own."""
    line = f"{word(key)}: {one_line(value)}"
    if value and _is_nested(value) and (spread or len(line) > WIDTH_MAX):
        yield f"{word(key)}:"
        for below in many_lines(value):
            yield INDENT + below
    else:
        yield line


def item_lines(value: object, *, spread: bool = False) -> Iterator[str]:
    """An entry of a list; `spread` gives each of its keys a line of its own."""
    line = f"- {one_line(value)}"
    if isinstance(value, Mapping) and value and (spread or len(line) > WIDTH_MAX):
        for number, below in enumerate(many_lines(value)):
            yield (INDENT if number else "- ") + below
    else:
        yield line


def _is_nested(value: object) -> bool:
    """Whether lines of its own make it easier to read: lists of numbers are not."""
    if isinstance(value, list):
        return any(isinstance(each, Mapping) for each in value)
    return isinstance(value, Mapping)
