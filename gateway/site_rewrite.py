"""A site file made to say something else, with as little of its text changed as can be.

What is to be said is given as data. It is compared with what the text says now, and each
difference is put in where it stands: comments, order, quotes, indents and line breaks of
all the rest stay to the letter. Entries of lists are told apart by their names.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from gateway.site_marks import Cut, Marks, SiteEditError, applied
from gateway.site_values import Value
from gateway.site_writing import item_lines, key_lines, many_lines, one_line, word
from gateway.site_yaml import YamlFaultError, read_yaml

_DEPTHS = (64, 3, 2)
"""How deep differences are looked for; where that fails, values from there on are put anew."""

_COMPARED_MAX = 400
"""Of longer lists only the beginning and the end are compared."""

Nodes = list[tuple[Any, Any]]


def rewritten(text: str, data: Mapping[str, Value]) -> str:
    """The text as it has to be to say `data`.

    A null under a key of the file stands for a key with nothing behind it.
    Raises SiteEditError where that is not possible in place, such as in a part that an alias
    repeats elsewhere.
    """
    old = _plain(text)
    if not isinstance(old, dict):
        raise SiteEditError("is no mapping with keys such as site: and zones:")
    ended = text.endswith("\n")
    newline = "\r\n" if "\r\n" in text else "\n"
    whole = text if ended else text + newline
    marks = Marks(whole)
    for depth in _DEPTHS:
        edited = _attempt(marks, newline, depth, (old, dict(data)))
        if edited is not None:
            return edited if ended else edited.removesuffix(newline)
    raise SiteEditError("can not be edited without changing more; are there aliases in it?")


def _attempt(
    marks: Marks, newline: str, depth: int, values: tuple[dict[str, Value], dict[str, Value]]
) -> str | None:
    """The edited text, or None if it would not say what it has to."""
    old, new = values
    try:
        edited = applied(marks.text, _Rewrite(marks, newline, depth).cuts(old, new))
        return edited if is_same(_plain(edited), new) else None
    except SiteEditError:
        return None


def _plain(text: str) -> Value:
    try:
        tree, faults = read_yaml(text)
    except YamlFaultError as error:
        raise SiteEditError(f"can not be edited in place: {error}") from error
    if faults:
        raise SiteEditError(f"line {faults[0].line}: {faults[0].message}")
    return tree.plain()


def is_same(one: object, other: object) -> bool:
    """Whether two values are the same; true is not 1, and 1.0 is."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


class _Rewrite:
    """Finds the cuts that make a text say something else."""

    def __init__(self, marks: Marks, newline: str, depth_max: int) -> None:
        self._marks = marks
        self._newline = newline
        self._depth_max = depth_max

    def cuts(self, old: dict[str, Value], new: dict[str, Value]) -> Iterator[Cut]:
        """The cuts for the whole text."""
        yield from self._mapping(self._marks.root, old, new, 1)

    def _value(self, key: Any, node: Any, values: tuple[Value, Value], depth: int) -> Iterator[Cut]:  # noqa: ANN401 -- ruamel.yaml has no types
        """Change what stands under a key, or an entry of a list (`key` None)."""
        old, new = values
        if is_same(old, new):
            return
        deeper = depth < self._depth_max
        if deeper and isinstance(old, dict) and isinstance(new, dict) and old.keys() & new.keys():
            yield from self._mapping(node, old, new, depth + 1)
        elif deeper and isinstance(old, list) and isinstance(new, list) and old and new:
            yield from self._sequence(node, old, new, depth + 1)
        elif isinstance(old, list) and new is None and old and not node.flow_style:
            first = self._marks.dash_of(node.value[0])
            yield self._lines_out(first, self._marks.end_of(node.value[-1]))
        elif old is None and new and depth == 1 and isinstance(new, list | dict):
            yield self._under(key, node, new)
        else:
            yield self._replacement(key, node, new)

    def _under(self, key: Any, node: Any, new: Value) -> Cut:  # noqa: ANN401 -- as above
        """Fill a key of the margin that has nothing behind it."""
        if node.start_mark.index != node.end_mark.index:
            return self._replacement(key, node, new)
        at = self._marks.after_line(self._marks.end_of(node, key))
        margin = " " * (self._marks.column(key.start_mark.index) + 2)
        lines = many_lines(new)
        return Cut(at, at, self._block(lines, margin), rank=2 * len(margin))

    def _replacement(self, key: Any, node: Any, new: Value) -> Cut:  # noqa: ANN401 -- as above
        start, end = node.start_mark.index, self._marks.end_of(node, key)
        if key is not None and (start < key.end_mark.index or start == node.end_mark.index):
            start = end
        text = self._marks.text
        if node.id == "mapping" and not node.flow_style and isinstance(new, dict) and new:
            column = self._marks.column(start)
            margin = self._newline + " " * column
            return Cut(start, end, margin.join(many_lines(new)))
        space = "" if text[start - 1 : start] in {" ", "\t", "[", "{"} else " "
        return Cut(start, end, space + one_line(new))

    def _mapping(
        self,
        node: Any,  # noqa: ANN401 -- as above
        old: dict[str, Value],
        new: dict[str, Value],
        depth: int,
    ) -> Iterator[Cut]:
        members: Nodes = node.value
        gone = [place for place, (key, _) in enumerate(members) if key.value not in new]
        added = {key: value for key, value in new.items() if key not in old}
        if node.flow_style:
            spans = [
                (key.start_mark.index, self._marks.end_of(below, key)) for key, below in members
            ]
            texts = [f"{word(key)}: {one_line(value)}" for key, value in added.items()]
            yield from self._in_brackets(node, spans, gone, {len(members): texts})
        else:
            yield from self._keys_out(members, gone)
            if added:
                yield self._keys_in(members, added)
        for key, below in members:
            if key.value in new:
                yield from self._value(key, below, (old[key.value], new[key.value]), depth)

    def _keys_out(self, members: Nodes, gone: Sequence[int]) -> Iterator[Cut]:
        """Take keys out of a block: the lines that they stand on."""
        marks = self._marks
        for first, last in _runs(gone):
            start, end = members[first][0].start_mark.index, marks.end_of(*members[last][::-1])
            if marks.begins_line(start):
                yield self._lines_out(start, end)
            elif last + 1 < len(members):
                yield Cut(start, members[last + 1][0].start_mark.index, "")
            else:
                raise SiteEditError("an entry begins with the key that is to go")

    def _lines_out(self, start: int, end: int) -> Cut:
        if not self._marks.begins_line(start):
            raise SiteEditError("something else stands on the line that is to go")
        return Cut(self._marks.line_start(start), self._marks.after_line(end), "")

    def _keys_in(self, members: Nodes, added: Mapping[str, Value]) -> Cut:
        column = self._marks.column(members[0][0].start_mark.index)
        lines = [
            line
            for key, value in added.items()
            for line in key_lines(key, value, spread=column == 0)
        ]
        at = self._marks.after_line(self._marks.end_of(*members[-1][::-1]))
        return Cut(at, at, self._block(lines, " " * column), rank=2 * column)

    def _block(self, lines: Iterator[str] | Sequence[str], margin: str) -> str:
        return "".join(f"{margin}{line}{self._newline}" for line in lines)

    def _sequence(
        self,
        node: Any,  # noqa: ANN401 -- as above
        old: list[Value],
        new: list[Value],
        depth: int,
    ) -> Iterator[Cut]:
        kept, gone, come = _aligned(old, new)
        nodes: list[Any] = node.value
        if node.flow_style:
            spans = [(each.start_mark.index, self._marks.end_of(each)) for each in nodes]
            texts = {at: [one_line(new[place]) for place in places] for at, places in come.items()}
            yield from self._in_brackets(node, spans, gone, texts)
        else:
            for first, last in _runs(gone):
                dash = self._marks.dash_of(nodes[first])
                yield self._lines_out(dash, self._item_end(nodes[last]))
            for at, places in come.items():
                yield self._items_in(nodes, at, [new[place] for place in places])
        for here, there in kept:
            yield from self._value(None, nodes[here], (old[here], new[there]), depth)

    def _item_end(self, node: Any) -> int:  # noqa: ANN401 -- as above
        return max(self._marks.end_of(node), self._marks.dash_of(node) + 1)

    def _items_in(self, nodes: Sequence[Any], at: int, values: Sequence[Value]) -> Cut:
        """Put entries into a list in block style, written as their neighbour is."""
        marks, neighbour = self._marks, nodes[max(at - 1, 0)]
        dash = marks.dash_of(nodes[0])
        column = marks.column(dash)
        if not marks.begins_line(dash):
            raise SiteEditError("a list begins in the middle of a line")
        start = marks.after_line(self._item_end(neighbour)) if at else marks.line_start(dash)
        spread = neighbour.id == "mapping" and not neighbour.flow_style
        lines = [line for value in values for line in item_lines(value, spread=spread)]
        return Cut(start, start, self._block(lines, " " * column), rank=2 * column + 1)

    def _in_brackets(
        self,
        node: Any,  # noqa: ANN401 -- as above
        spans: Sequence[tuple[int, int]],
        gone: Sequence[int],
        come: Mapping[int, Sequence[str]],
    ) -> Iterator[Cut]:
        """Take members out of brackets or braces and put others in, before their places."""
        kept = [place for place in range(len(spans)) if place not in set(gone)]
        if not kept:
            inside = ", ".join(text for texts in come.values() for text in texts)
            yield Cut(node.start_mark.index + 1, node.end_mark.index - 1, inside)
            return
        for first, last in _runs(gone):
            yield self._members_out(spans, first, last)
        for at, texts in come.items():
            before = [place for place in kept if place < at]
            if texts and before:
                end = spans[before[-1]][1]
                yield Cut(end, end, "".join(f", {text}" for text in texts))
            elif texts:
                start = spans[kept[0]][0]
                yield Cut(start, start, "".join(f"{text}, " for text in texts))

    def _members_out(self, spans: Sequence[tuple[int, int]], first: int, last: int) -> Cut:
        if last + 1 < len(spans):
            return Cut(spans[first][0], spans[last + 1][0], "")
        between = self._marks.text[spans[first - 1][1] : spans[first][0]]
        # A comment between the two belongs to the one that stays; so does its comma.
        start = spans[first][0] if "#" in between else spans[first - 1][1]
        return Cut(start, spans[last][1], "")


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring places as (first, last)."""
    breaks = [at for at, (one, next_one) in enumerate(pairwise(places), 1) if next_one != one + 1]
    for start, end in pairwise([0, *breaks, len(places)]):
        if start < end:
            yield places[start], places[end - 1]


def _aligned(
    old: Sequence[Value], new: Sequence[Value]
) -> tuple[list[tuple[int, int]], list[int], dict[int, list[int]]]:
    """Which old entry becomes which new one, which go, and which come before which old one."""
    kept: list[tuple[int, int]] = []
    gone: list[int] = []
    come: dict[int, list[int]] = {}
    for start, end, new_start, new_end in _blocks(old, new):
        both = min(end - start, new_end - new_start)
        kept += [(start + step, new_start + step) for step in range(both)]
        gone += range(start + both, end)
        if new_start + both < new_end:
            come[end] = list(range(new_start + both, new_end))
    return kept, gone, come


def _blocks(old: Sequence[Value], new: Sequence[Value]) -> list[tuple[int, int, int, int]]:
    """Stretches of both lists that answer to each other."""
    former = {str(each.get("was")) for each in new if isinstance(each, dict) and each.get("was")}
    there = {_label(each) for each in new}
    renamed = {name for name in former if f"name {name}" not in there}
    ones = [_label(each) for each in old]
    others = [_label(each, renamed) for each in new]
    if max(len(ones), len(others)) <= _COMPARED_MAX:
        matcher = SequenceMatcher(None, ones, others, autojunk=False)
        return [(i, j, m, n) for _, i, j, m, n in matcher.get_opcodes()]
    start = 0
    while start < min(len(ones), len(others)) and ones[start] == others[start]:
        start += 1
    back = 0
    while back < min(len(ones), len(others)) - start and ones[-1 - back] == others[-1 - back]:
        back += 1
    end, new_end = len(ones) - back, len(others) - back
    last = (end, end + back, new_end, new_end + back)
    return [(0, start, 0, start), (start, end, start, new_end), last]


def _label(entry: Value, renamed: frozenset[str] | set[str] = frozenset()) -> str:
    """What an entry of a list is known by: its name, else all of it."""
    if isinstance(entry, dict) and isinstance(entry.get("name"), str):
        was = entry.get("was")
        return f"name {was if was in renamed else entry['name']}"
    return json.dumps(entry)
