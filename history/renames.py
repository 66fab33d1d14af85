"""Names that are replaced wherever they stand: in columns, in JSON, in text that people wrote."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

_PREFIXES = ("tag:", "asset:")
_TEXT_CHARS_MIN = 3
"""Shorter names are replaced only where they stand alone: text is full of them."""


class Renames:
    """New names by former ones. What is `kept` is never touched, though it may hold a name.

    A name is replaced where a whole text is it, also behind `tag:` or `asset:` and in a line of
    several; and, if it has three signs or more, as a word of a text with blanks.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        ids: Mapping[str, str] | None = None,
        kept: Collection[str] = (),
    ) -> None:
        self.names = dict(names)
        self._kept = frozenset(kept)
        self._whole = {**(ids or {}), **names}
        for prefix in _PREFIXES:
            self._whole.update({prefix + old: prefix + new for old, new in names.items()})
        words = sorted((n for n in names if len(n) >= _TEXT_CHARS_MIN), key=len, reverse=True)
        pattern = "|".join(map(re.escape, words))
        self._words = re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])") if words else None

    def needles(self) -> list[str]:
        """What a text holds if it holds a name, as it is and as JSON escapes it."""
        found: dict[str, None] = {}
        for name in self.names:
            found[name] = None
            found[msgspec.json.encode(name).decode()[1:-1]] = None
            found[json.dumps(name)[1:-1]] = None
        return list(found)

    def text(self, text: str) -> str:
        """The text with the new names."""
        new = self._whole.get(text)
        if new is not None:
            return new
        if text in self._kept:
            return text
        if "\n" in text:
            return "\n".join(map(self.text, text.split("\n")))
        if self._words is None or not any(sign.isspace() for sign in text):
            return text
        return self._words.sub(lambda match: self.names[match[0]], text)

    def value(self, value: Any) -> Any:  # noqa: ANN401 -- any plain data
        """Plain data with the new names, keys of maps included."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.value(key): self.value(inner) for key, inner in value.items()}
            case list():
                return [self.value(inner) for inner in value]
            case tuple():
                return tuple(self.value(inner) for inner in value)
            case _:
                return value

    def json_text(self, text: str) -> str:
        """JSON with the new names."""
        return msgspec.json.encode(self.value(msgspec.json.decode(text))).decode()

    def packed(self, blob: bytes) -> bytes:
        """MessagePack with the new names."""
        return msgspec.msgpack.encode(self.value(msgspec.msgpack.decode(blob)))
