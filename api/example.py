"""What an example is, and how lists are shown in one."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

LINES_TYPE = "application/x-ndjson"


class Example(NamedTuple):
    """JSON of an answer and of a body, and what has other media types, by type."""

    answer: Any = None
    sent: Any = None
    texts: Mapping[str, str] = MappingProxyType({})
    sent_texts: Mapping[str, Any] = MappingProxyType({})

    def also(self, media: str, text: str) -> "Example":
        """The same, with a text of another media type."""
        return self._replace(texts={**self.texts, media: text})


def lines(items: list[dict[str, Any]]) -> str:
    """Items line by line."""
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


def page(*items: dict[str, Any]) -> Example:
    """A list with these items, as a page and as lines."""
    return Example({"items": list(items)}, texts={LINES_TYPE: lines(list(items))})
