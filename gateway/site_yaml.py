"""YAML text to plain data that still knows its lines.

Read by hand from ruamel.yaml's events, because a site file needs less than
YAML offers and more than a loader tells: every duplicate key at once, a line
for each entry, and limits on depth, size and repeated anchors.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from gateway.site_problems import Fault, Path
from gateway.site_values import PLACEHOLDER, Value

DEPTH_MAX = 32
VALUES_MAX = 200_000
TEXT_BYTES_MAX = 1 << 20

# YAML reads a brace inside {…} as a mapping. While it parses, the braces of
# ${NAME} are two characters of the private use area; columns stay as they are.
_OPEN, _CLOSE = "\ue000", "\ue001"
_VEILED = re.compile(f"{_OPEN}([A-Za-z_][A-Za-z0-9_]*){_CLOSE}")

# The three others end a line for YAML and for no editor, so lines would be miscounted.
_REFUSED = re.compile(f"[{_OPEN}{_CLOSE}\x85\u2028\u2029]")

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,30}|0o[0-7]{1,30}|0x[0-9a-fA-F]{1,30}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_PLAIN_TAGS = {None, "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq"))}

# ruamel.yaml lets some through that are no YAMLError, such as from chr() of "\\UFFFFFFFF".
_SLIPS = (
    YAMLError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)

_PLAINER = (
    ("cannot start any token", "a tab or a reserved character stands here; indent with spaces"),
    ("mapping values are not allowed", "unexpected ':'; quote the text or check the indent"),
    ("could not find expected ':'", "this line has no ':' after its key"),
    ("expected <block end>", "the indent does not fit the lines before"),
)


_BRACKETS = {"while parsing a flow sequence": "[", "while parsing a flow mapping": "{"}


class YamlFaultError(ValueError):
    """Text that is no YAML, or not the plain kind that a site file may use."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults[0].message)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Node:
    """A value and what lies under it; `size` counts values with every alias written out."""

    line: int
    value: Value
    children: "dict[str | int, Entry]"
    size: int = 1

    def plain(self) -> Value:
        """Return scalars, lists and dicts with text keys."""
        if isinstance(self.value, list):
            return [entry.node.plain() for entry in self.children.values()]
        if isinstance(self.value, dict):
            return {str(key): entry.node.plain() for key, entry in self.children.items()}
        return self.value

    def line_of(self, path: Path) -> int:
        """Return the line of `path`, or of the deepest part of it that exists."""
        node, line = self, self.line
        for step in path:
            entry = node.children.get(step)
            if entry is None:
                break
            node, line = entry.node, entry.line
        return line


class Entry(NamedTuple):
    """A node in its place; `line` is where its key stands, or the list item begins."""

    line: int
    node: Node


_Kind = Literal[
    "StreamStart",
    "StreamEnd",
    "DocumentStart",
    "DocumentEnd",
    "MappingStart",
    "MappingEnd",
    "SequenceStart",
    "SequenceEnd",
    "Scalar",
    "Alias",
]


class _Event(NamedTuple):
    """What ruamel.yaml's parser says next; `bare` scalars have neither quotes nor a tag."""

    kind: _Kind
    line: int
    value: str
    bare: bool
    tag: str | None
    anchor: str | None


def read_yaml(text: str) -> tuple[Node, list[Fault]]:
    """Read the one document in `text`, and what is wrong with it where it can be read all the same.

    Raises YamlFaultError.
    """
    if refused := _REFUSED.search(text):
        line = 1 + text.count("\n", 0, refused.start())
        raise _syntax_fault(f"the character U+{ord(refused[0]):04X} is refused", line)
    composer = _Composer(_events(PLACEHOLDER.sub(rf"${_OPEN}\1{_CLOSE}", text)))
    return composer.document(), composer.faults


def _events(text: str) -> Iterator[_Event]:
    parser = cast("Any", YAML(typ="safe", pure=True))
    try:
        yield from map(_event, parser.parse(text))
    except _SLIPS as error:
        raise _syntax_fault(*_place(error, text)) from error


def _event(event: object) -> _Event:
    tag = cast("object", getattr(event, "tag", None))
    return _Event(
        kind=cast("_Kind", type(event).__name__.removesuffix("Event")),
        line=_line(getattr(event, "start_mark", None)),
        value=str(getattr(event, "value", None) or getattr(event, "version", None) or ""),
        bare=bool(getattr(event, "implicit", None) == (True, False)),
        tag=None if tag is None else str(tag),
        anchor=getattr(event, "anchor", None),
    )


def _place(error: Exception, text: str) -> tuple[str, int]:
    """Say what is wrong and on which line."""
    about = cast("Any", error)
    if isinstance(error, ReaderError):
        return f"the character U+{about.character:04X} is refused", 1 + text.count(
            "\n", 0, about.position
        )
    if isinstance(error, MarkedYAMLError):
        if (opened := _left_open(about)) is not None:
            return opened
        return str(about.problem or about.context), _line(about.problem_mark or about.context_mark)
    return f"cannot be read: {error}", 1


def _left_open(about: Any) -> tuple[str, int] | None:  # noqa: ANN401 - ruamel.yaml has no types
    """Say where a quote or bracket is opened that does not end, if this is such an error."""
    problem, opened = str(about.problem), _line(about.context_mark)
    at_end = "end of stream" in problem or "<stream end>" in problem
    if about.context == "while scanning a quoted scalar" and (at_end or "document sep" in problem):
        return "a quote is opened here and not closed", opened
    bracket = _BRACKETS.get(str(about.context))
    if bracket is None or not (at_end or _line(about.problem_mark) > opened):
        return None
    if at_end:
        return f"a '{bracket}' is opened here and not closed", opened
    return f"{problem}; is the '{bracket}' of line {opened} closed?", _line(about.problem_mark)


def _line(mark: object) -> int:
    return int(getattr(mark, "line", 0)) + 1


def _syntax_fault(message: str, line: int) -> YamlFaultError:
    plainer = next((plain for part, plain in _PLAINER if part in message), message)
    return YamlFaultError([Fault(("yaml",), _unveil(plainer), line)])


def _unveil(text: str) -> str:
    return _VEILED.sub(r"{\1}", text)


class _Composer:
    """Events to nodes. Faults that leave the structure readable are collected."""

    def __init__(self, events: Iterator[_Event]) -> None:
        self._events = events
        self._anchors: dict[str, Node] = {}
        self.faults: list[Fault] = []

    def document(self) -> Node:
        """Read all events. Raises YamlFaultError where no structure can be seen."""
        next(self._events)
        start = next(self._events)
        if start.kind == "StreamEnd":
            raise YamlFaultError([Fault(("file",), "is empty", 1)])
        if start.value not in {"", "(1, 2)"}:
            raise _syntax_fault("only YAML 1.2 is read; remove the %YAML line", start.line)
        root = self._node(next(self._events), ())
        next(self._events)
        end = next(self._events)
        if end.kind != "StreamEnd":
            raise _syntax_fault("a second document starts here; a site file has one", end.line)
        return root

    def _node(self, event: _Event, path: Path) -> Node:
        if len(path) > DEPTH_MAX:
            raise YamlFaultError([Fault(path[:4], "is nested too deeply", event.line)])
        if event.kind == "Alias":
            return self._alias(event, path)
        node = self._fresh(event, path)
        if node.size > VALUES_MAX:
            message = f"holds more than {VALUES_MAX} values, aliases written out"
            raise YamlFaultError([Fault(path or ("file",), message, event.line)])
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: _Event, path: Path) -> Node:
        node = self._anchors.get(event.anchor or "")
        if node is None:
            self._fault(path, f"the anchor '{event.anchor}' is not defined before", event)
            return Node(event.line, None, {})
        return node

    def _fresh(self, event: _Event, path: Path) -> Node:
        if event.tag not in _PLAIN_TAGS:
            self._fault(path, "a YAML tag (!) is not allowed here", event)
        if event.kind == "MappingStart":
            return self._mapping(event, path)
        if event.kind == "SequenceStart":
            return self._sequence(event, path)
        return Node(event.line, self._scalar(event, path), {})

    def _mapping(self, start: _Event, path: Path) -> Node:
        children: dict[str | int, Entry] = {}
        size = 1
        while (event := next(self._events)).kind != "MappingEnd":
            key = self._key(event, path)
            child = self._node(next(self._events), (*path, key or "?"))
            size += child.size
            if key is None:
                self._fault(path, "a key must be text", event)
            elif key in children:
                message = f"stands twice; first on line {children[key].line}"
                self._fault((*path, key), message, event)
            else:
                children[key] = Entry(event.line, child)
        return Node(start.line, {}, children, size)

    def _key(self, event: _Event, path: Path) -> str | None:
        if event.kind == "Scalar":
            return _unveil(event.value)
        self._node(event, (*path, "?"))
        return None

    def _sequence(self, start: _Event, path: Path) -> Node:
        children: dict[str | int, Entry] = {}
        size = 1
        while (event := next(self._events)).kind != "SequenceEnd":
            child = self._node(event, (*path, len(children)))
            size += child.size
            children[len(children)] = Entry(event.line, child)
        return Node(start.line, [], children, size)

    def _scalar(self, event: _Event, path: Path) -> Value:
        value = _resolve(event.value) if event.bare else _unveil(event.value)
        if isinstance(value, float) and not math.isfinite(value):
            self._fault(path, "must be a finite number", event)
        return value

    def _fault(self, path: Path, message: str, event: _Event) -> None:
        self.faults.append(Fault(path or ("file",), message, event.line))


def _resolve(text: str) -> Value:
    """Give an unquoted scalar its value by the core schema of YAML 1.2."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text)
    return math.nan if _NOT_FINITE.fullmatch(text) else _unveil(text)
