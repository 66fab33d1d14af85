"""Values of the log: anything becomes plain data, and text that stays on its line."""

import json
import math
import re
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Plain = str | int | float | bool | list["Plain"] | dict[str, "Plain"] | None

TEXT_CHARS_MAX = 10_000
ITEMS_MAX = 100
DEPTH_MAX = 6
FRAMES_MAX = 20
CAUSES_MAX = 5
_ROOT = Path(__file__).parent.parent
_PACKAGES = "site-packages/"
_BARE = re.compile(r"[A-Za-z0-9_./:+@%,-]+")
_ESCAPED = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[\\nrt(])")
_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LONG = {escape: sign for sign, escape in _SHORT.items()} | {"\\(": "("}
_BYTE_MAX, _PLANE_MAX = 0xFF, 0xFFFF


def plain(value: object, depth: int = 0) -> Plain:
    """Anything as plain data, bounded in depth and length; what is unknown as its repr."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return clipped(value)
        case float() if math.isfinite(value):
            return value
        case _ if depth >= DEPTH_MAX:
            return "…"
        case Mapping() | list() | tuple():
            return _plain_parts(value, depth + 1)
        case _:
            return clipped(_shown(value))


def _plain_parts(value: Mapping[Any, object] | Sequence[object], depth: int) -> Plain:
    if isinstance(value, Mapping):
        items = list(value.items())[:ITEMS_MAX]
        return {clipped(str(key)): plain(below, depth) for key, below in items}
    return [plain(below, depth) for below in value[:ITEMS_MAX]]


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 -- a log line must not fail for what it tells of
        return f"<{type(value).__name__} without repr: {type(error).__name__}>"


def clipped(text: str) -> str:
    """The text, or its beginning if it is very long."""
    return text if len(text) <= TEXT_CHARS_MAX else f"{text[: TEXT_CHARS_MAX - 1]}…"


def one_line(text: str) -> str:
    """The text with an escape for every sign that does not print, and for the backslash.

    Line feeds, terminal sequences and marks of direction so stay words of their line;
    `as_it_was` gives the text back.
    """
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_escape(sign) for sign in text)


def _escape(sign: str) -> str:
    if sign in _SHORT:
        return _SHORT[sign]
    if sign.isprintable():
        return sign
    number = ord(sign)
    if number <= _BYTE_MAX:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= _PLANE_MAX else f"\\U{number:08x}"


def as_it_was(line: str) -> str:
    """The text of which `one_line` made this."""
    return _ESCAPED.sub(lambda found: _unescape(found[0]), line)


def _unescape(escape: str) -> str:
    return _LONG.get(escape) or chr(int(escape[2:], 16))  # noqa: FURB166 -- it is no prefix of a number


def field_text(value: Plain) -> str:
    """A value behind `name=`: bare where it is a plain word, else as JSON on one line."""
    if isinstance(value, str) and _BARE.fullmatch(value):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)


def exception_of(error: BaseException, causes_left: int = CAUSES_MAX) -> dict[str, Plain]:
    """An exception as plain data: type, message, where (the newest call first), cause.

    No source lines and no local variables: both may hold what must not be logged.
    """
    frames = list(reversed(traceback.extract_tb(error.__traceback__)))[:FRAMES_MAX]
    where: list[Plain] = [_place(each) for each in frames]
    told: dict[str, Plain] = {
        "type": type(error).__name__,
        "message": clipped(_message(error)),
        "where": where,
    }
    if causes_left > 1:
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            told["cause"] = exception_of(cause, causes_left - 1)
        if isinstance(error, BaseExceptionGroup):
            group: BaseExceptionGroup[Any] = error
            told["of"] = [exception_of(each, 1) for each in group.exceptions[:CAUSES_MAX]]
    return told


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failed:  # noqa: BLE001 -- see _shown
        return f"<no text: {type(failed).__name__}>"


def _place(frame: traceback.FrameSummary) -> str:
    file = frame.filename
    if _PACKAGES in file:
        file = file.rpartition(_PACKAGES)[2]
    elif Path(file).is_relative_to(_ROOT):
        file = str(Path(file).relative_to(_ROOT))
    return f"{file}:{frame.lineno} {frame.name}"


def exception_text(told: Mapping[str, Plain]) -> str:
    """The same for people, in one sentence."""
    where = told.get("where")
    places = " < ".join(str(place) for place in where) if isinstance(where, list) else ""
    text = f"{told.get('type')}: {told.get('message')}" + (f" at {places}" if places else "")
    cause, several = told.get("cause"), told.get("of")
    if isinstance(several, list):
        text += "".join(
            f"; of {exception_text(each)}" for each in several if isinstance(each, dict)
        )
    return f"{text}; because of {exception_text(cause)}" if isinstance(cause, dict) else text
