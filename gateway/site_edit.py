"""Edits of a site file that leave everything else in it as it was, to the letter.

A patch is a mapping such as `{"estimator": {"kind": "window"}}`, merged as in RFC 7396: a
mapping goes into the mapping that is there, None takes a key out, anything else replaces. An
entry of a list is addressed by its place, from 0. The new text is put in at the places that
ruamel.yaml's parser names, so comments, order, quotes and line breaks around it stay.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias, Union, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gateway.site_marks import SiteEditError
from gateway.site_values import PLACEHOLDER, Value
from gateway.site_yaml import YamlFaultError, read_yaml

__all__ = ["Patch", "SiteEditError", "flow", "merged"]

Patch: TypeAlias = Mapping[Any, Union["Patch", list[Any], str, float, bool, None]]
"""Keys are text, or numbers for antennas and places in lists."""

_INDENT = "  "
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_COMMENT = re.compile(r"[ \t]*:?[ \t]*(#[^\r\n]*)?(?=\r?\n|$)")


class _Cut(NamedTuple):
    """Replace what stands from `start` to `end`, counted in characters, by `text`.

    Of new lines in one place, those at the greater `column` come first.
    """

    start: int
    end: int
    text: str
    column: int = 0


def merged(text: str, patch: Patch) -> str:
    """The text with the patch merged in.

    Raises SiteEditError where that is not possible in place, such as in a part that an alias
    repeats elsewhere.
    """
    # YAML reads the brace of ${NAME} as a mapping; the stand-in is as long as what it stands for.
    veiled = PLACEHOLDER.sub(lambda match: f"_{match[0][2:-1]}__", text)
    try:
        root = cast("Any", YAML(typ="safe", pure=True)).compose(veiled)
    except YAMLError as error:
        raise SiteEditError(f"is no YAML that can be edited: {error}") from error
    if root is None:
        raise SiteEditError("is empty")
    cuts = list(_Editor(text).cuts(root, patch))
    edited = text
    for cut in sorted(cuts, key=_from_the_end):
        edited = edited[: cut.start] + cut.text + edited[cut.end :]
    if _plain(edited) != _patched(_plain(text), patch):
        raise SiteEditError("can not be edited without changing more; are there aliases in it?")
    return edited


def _plain(text: str) -> Value:
    try:
        return read_yaml(text)[0].plain()
    except YamlFaultError as error:
        raise SiteEditError(f"can not be edited in place: {error}") from error


def _patched(old: Value, patch: object) -> Value:
    """What the data is to be, by RFC 7396 and for places in lists."""
    if not isinstance(patch, Mapping):
        return cast("Value", list(patch) if isinstance(patch, tuple) else patch)
    if isinstance(old, list) and all(isinstance(place, int) for place in patch):
        return [_patched(each, patch[at]) if at in patch else each for at, each in enumerate(old)]
    members = dict(old) if isinstance(old, dict) else {}
    for name, below in patch.items():
        if below is None:
            members.pop(str(name), None)
        else:
            members[str(name)] = _patched(members.get(str(name)), below)
    return members


def _from_the_end(cut: _Cut) -> tuple[int, int, int]:
    return -cut.start, -cut.end, cut.column


class _Editor:
    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def cuts(self, node: Any, patch: Patch) -> Iterator[_Cut]:  # noqa: ANN401 - ruamel.yaml has no types
        if node.id == "sequence":
            for place, below in patch.items():
                if place >= len(node.value):
                    raise SiteEditError(f"line {node.start_mark.line + 1}: has no place {place}")
                yield from self.cuts(node.value[place], cast("Patch", below))
        elif node.id == "mapping":
            yield from self._mapping_cuts(node, patch)
        else:
            raise SiteEditError(f"line {node.start_mark.line + 1}: a mapping was expected here")

    def _mapping_cuts(self, node: Any, patch: Patch) -> Iterator[_Cut]:  # noqa: ANN401 - as above
        entries = {key.value: (key, value) for key, value in node.value}
        if node.flow_style and any(patch[name] is None and str(name) in entries for name in patch):
            yield self._rewritten(node, patch)
            return
        added: dict[str, Any] = {}
        for name, value in patch.items():
            entry = entries.get(str(name))
            if entry is not None:
                yield from self._entry_cuts(*entry, value)
            elif value is not None:
                added[str(name)] = value
        if added:
            yield self._addition(node, added)

    def _entry_cuts(self, key: Any, value: Any, new: object) -> Iterator[_Cut]:  # noqa: ANN401 - as above
        if new is None:
            yield self._removal(key, value)
        elif isinstance(new, Mapping) and (value.id == "mapping" or _is_places(value, new)):
            yield from self.cuts(value, new)
        else:
            yield self._replacement(key, value, new)

    def _rewritten(self, node: Any, patch: Patch) -> _Cut:  # noqa: ANN401 - as above
        """A mapping in braces that loses a key: its members are put down anew."""
        changed = {str(name): value for name, value in patch.items()}
        members: list[str] = []
        for key, value in node.value:
            new = changed.pop(key.value, ...)
            if new is not None:
                old = self._text[value.start_mark.index : _end_of(value)]
                members.append(f"{_key(key.value)}: {old if new is ... else flow(new)}")
        members += [
            f"{_key(name)}: {flow(new)}" for name, new in changed.items() if new is not None
        ]
        text = "{" + ", ".join(members) + "}"
        return _Cut(node.start_mark.index, node.end_mark.index, text)

    def _replacement(self, key: Any, value: Any, new: object) -> _Cut:  # noqa: ANN401 - as above
        start, end = value.start_mark.index, _end_of(value)
        if start < key.end_mark.index or not self._text[start:end].strip():
            # Nothing stands after the colon.
            start = end = self._text.index(":", key.end_mark.index) + 1
        space = "" if self._text[start - 1 : start] in {" ", "\t"} else " "
        return _Cut(start, end, space + flow(new))

    def _removal(self, key: Any, value: Any) -> _Cut:  # noqa: ANN401 - as above
        line_start = self._text.rfind("\n", 0, key.start_mark.index) + 1
        if self._text[line_start : key.start_mark.index].strip():
            line = key.start_mark.line + 1
            raise SiteEditError(
                f"line {line}: {key.value} can not be taken out, an entry begins there"
            )
        return _Cut(line_start, self._after_line(_end_of(value, key)), "")

    def _addition(self, node: Any, added: Mapping[str, Any]) -> _Cut:  # noqa: ANN401 - as above
        if node.flow_style:
            pairs = ", ".join(f"{_key(name)}: {flow(value)}" for name, value in added.items())
            if not node.value:
                at = node.start_mark.index + 1
                return _Cut(at, at, pairs)
            at = _end_of(*reversed(node.value[-1]))
            return _Cut(at, at, f", {pairs}")
        first_key = node.value[0][0]
        column = first_key.start_mark.column
        lines = [line for name, value in added.items() for line in _lines(name, value, column)]
        at = self._after_line(_end_of(*reversed(node.value[-1])))
        whole = self._text[at - 1 : at] == "\n"
        block = self._newline.join(lines)
        text = block + self._newline if whole else self._newline + block
        return _Cut(at, at, text, column)

    def _after_line(self, index: int) -> int:
        """Where the next line begins, past a comment at the end of this one."""
        comment = _COMMENT.match(self._text, index)
        index = index if comment is None else comment.end()
        end = self._text.find("\n", index)
        return len(self._text) if end < 0 else end + 1


def _is_places(node: Any, patch: Patch) -> bool:  # noqa: ANN401 - ruamel.yaml has no types
    """Whether a patch speaks of places in the list that stands there."""
    return node.id == "sequence" and all(isinstance(place, int) for place in patch)


def _end_of(node: Any, key: Any = ...) -> int:  # noqa: ANN401 - ruamel.yaml has no types
    """Where the text of a node ends; the end of a block is that of the last thing in it."""
    if node.id == "scalar":
        empty = key is not ... and node.start_mark.index == node.end_mark.index
        return int(key.end_mark.index if empty else node.end_mark.index)
    if node.flow_style or not node.value:
        return int(node.end_mark.index)
    if node.id == "mapping":
        last_key, last = node.value[-1]
        return _end_of(last, last_key)
    return _end_of(node.value[-1])


def _lines(name: str, value: object, column: int) -> Iterator[str]:
    """A new key of a block, at its column; at the left margin, a line for each key below it."""
    margin = " " * column
    if column == 0 and isinstance(value, Mapping) and value:
        yield f"{_key(name)}:"
        for below, member in value.items():
            if member is not None:
                yield f"{_INDENT}{_key(str(below))}: {flow(member)}"
    else:
        yield f"{margin}{_key(name)}: {flow(value)}"


def flow(value: object) -> str:
    """A value as YAML on one line."""
    if isinstance(value, Mapping):
        members = {str(key): below for key, below in value.items() if below is not None}
        pairs = (f"{_key(key)}: {flow(below)}" for key, below in members.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return _key(value)
    return json.dumps(value, allow_nan=False)


def _key(text: str) -> str:
    bare = _BARE.fullmatch(text) and text.lower() not in _WORDS
    number = text.isdecimal()
    return text if bare or number else json.dumps(text, ensure_ascii=False)
