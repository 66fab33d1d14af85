"""Where the values of a YAML text stand in it, and how pieces of it are cut out and put in."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.tokens import BlockEntryToken

from gateway.site_values import PLACEHOLDER

_COMMENT = re.compile(r"[ \t]*,?[ \t]*(#[^\r\n]*)?(?=\r?\n|$)")


class SiteEditError(ValueError):
    """The text can not be edited in place; the message says why."""


class Cut(NamedTuple):
    """Replace what stands from `start` to `end`, counted in characters, by `text`.

    Of what is put in at one place, that of the greater `rank` comes first.
    """

    start: int
    end: int
    text: str
    rank: int = 0


def applied(text: str, cuts: Iterable[Cut]) -> str:
    """The text after cuts that do not overlap."""
    for cut in sorted(set(cuts), key=_from_the_end):
        text = text[: cut.start] + cut.text + text[cut.end :]
    return text


def _from_the_end(cut: Cut) -> tuple[int, int, int, str]:
    return -cut.start, -cut.end, cut.rank, cut.text


class Marks:
    """The nodes of a text as ruamel.yaml composes them; raises SiteEditError for what is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        # YAML reads the brace of ${NAME} as a mapping; the stand-in is as long as it.
        veiled = PLACEHOLDER.sub(lambda match: f"_{match[0][2:-1]}__", text)
        try:
            self.root = cast("Any", YAML(typ="safe", pure=True)).compose(veiled)
            tokens = list(cast("Any", YAML(typ="safe", pure=True)).scan(veiled))
        except YAMLError as error:
            raise SiteEditError(f"is no YAML that can be edited: {error}") from error
        if self.root is None:
            raise SiteEditError("is empty")
        self._dashes = [
            int(token.start_mark.index) for token in tokens if isinstance(token, BlockEntryToken)
        ]

    def dash_of(self, node: Any) -> int:  # noqa: ANN401 -- ruamel.yaml has no types
        """Where the dash stands that begins an entry of a list in block style."""
        place = bisect_right(self._dashes, node.start_mark.index)
        if not place:
            raise SiteEditError(f"line {node.start_mark.line + 1}: has no dash")
        return self._dashes[place - 1]

    def end_of(self, node: Any, key: Any = None) -> int:  # noqa: ANN401 -- ruamel.yaml has no types
        """Where the text of a node ends; the end of a block is that of the last thing in it."""
        if node.id == "scalar":
            if node.start_mark.index == node.end_mark.index:
                return self._end_of_nothing(node, key)
            end = int(node.end_mark.index)
            return len(self.text[:end].rstrip()) if node.style in {"|", ">"} else end
        if node.flow_style or not node.value:
            return int(node.end_mark.index)
        if node.id == "mapping":
            last_key, last = node.value[-1]
            return self.end_of(last, last_key)
        return self.end_of(node.value[-1])

    def _end_of_nothing(self, node: Any, key: Any) -> int:  # noqa: ANN401 -- as above
        """Nothing stands there: it ends behind the colon of its key, or the dash of its entry."""
        if key is None:
            return max(int(node.end_mark.index), 0)
        colon = self.text.find(":", key.end_mark.index)
        between = self.text[key.end_mark.index : colon]
        return colon + 1 if colon >= 0 and not between.strip() else int(key.end_mark.index)

    def line_start(self, index: int) -> int:
        """Where the line begins that holds this place."""
        return self.text.rfind("\n", 0, index) + 1

    def begins_line(self, index: int) -> bool:
        """Whether only blanks stand before it on its line."""
        return not self.text[self.line_start(index) : index].strip()

    def after_line(self, index: int) -> int:
        """Where the next line begins, past a comment at the end of this one.

        Raises SiteEditError where something else stands behind it.
        """
        comment = _COMMENT.match(self.text, index)
        if comment is None:
            raise SiteEditError(f"something stands behind {self.text[:index][-20:]!r}")
        end = self.text.find("\n", comment.end())
        return len(self.text) if end < 0 else end + 1

    def column(self, index: int) -> int:
        """How many characters stand before it on its line."""
        return index - self.line_start(index)
