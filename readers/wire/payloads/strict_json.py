"""JSON, strictly: what two readers of it could understand differently is refused.

Depth, huge numbers, NaN, infinities, bad UTF-8 and lone surrogates are refused by msgspec.
It takes the last of two equal keys, though, so their absence is proved or looked for.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE = re.compile(rb"[^\r\n]+")
_decode = msgspec.json.Decoder().decode
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class RefusalError(ValueError):
    """An item cannot be taken.

    `reason` is a word to count by, the message says it to a person.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Unreadable(NamedTuple):
    """Stands in a message where a line was not JSON or an object repeated a key."""

    reason: str
    message: str


_REPEATING = Unreadable("duplicate_keys", "an object says the same key twice")


def read_items(body: bytes) -> Iterable[object]:
    """The items of a message: of an array, of NDJSON (CR and LF both delimit), or the one object.

    What cannot be read stands as Unreadable in its place. An object that repeats a key, a
    number without bounds or bad UTF-8 makes the array element or line around it Unreadable,
    nothing more. Never raises.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    items = _items(body)
    return _read_lines(body) if isinstance(items, Unreadable) else items


def members(value: object) -> dict[str, object]:
    """The members of a JSON object. Raises RefusalError for anything else."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Unreadable):
        raise RefusalError(value.reason, value.message)
    raise RefusalError("shape", f"an object is expected, not {_kind(value)}")


def _kind(value: object) -> str:
    names: dict[type[object], str] = {
        list: "a list",
        str: "a text",
        bool: "a truth value",
        type(None): "null",
    }
    return names.get(type(value), "a number")


def _read_lines(body: bytes) -> Iterator[object]:
    for line in _LINE.finditer(body):
        text = line.group()
        if not text.isspace():
            items = _items(text)
            yield from (items,) if isinstance(items, Unreadable) else items


def _items(text: bytes) -> Iterable[object]:
    """What one JSON text says: the elements of an array, or the one value; or why it is none."""
    value = _read(text)
    if isinstance(value, list):
        return value
    if not isinstance(value, Unreadable) or value is _REPEATING:
        return (value,)
    try:
        return map(_read, map(bytes, _split(text)))
    except (ValueError, RecursionError):
        return value


def _read(body: bytes) -> object:
    """One JSON text, or why it is none."""
    try:
        value: object = _decode(body)
        if _repeats_no_key(value, body):
            return value
        return _searching.decode(body.decode())
    except RecursionError:
        return Unreadable("json", "nested too deep")
    except (ValueError, OverflowError) as error:
        return Unreadable("json", f"not strict JSON: {str(error)[:100]}")


def _repeats_no_key(value: object, body: bytes) -> bool:
    """Whether it is certain that no key was lost in decoding.

    Colons stand after keys and within texts, nothing else has any. In a body without
    escapes a repeated key would be a colon that is missing when the value is written again.
    """
    return b"\\" not in body and _encode(value).count(b":") == body.count(b":")


def _once(pairs: list[tuple[str, object]]) -> object:
    found = dict(pairs)
    if len(found) != len(pairs) or any(value is _REPEATING for value in found.values()):
        return _REPEATING
    return found


_searching = json.JSONDecoder(object_pairs_hook=_once)
