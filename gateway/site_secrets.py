"""Secrets of a site file that stand in it as they are: never shown, and kept when sent back."""

import re
from collections.abc import Iterator
from typing import Any

from gateway.site_marks import Cut, Marks, SiteEditError, applied
from gateway.site_problems import Fault, Path
from gateway.site_values import PLACEHOLDER, Value, child_of
from gateway.site_writing import one_line
from gateway.site_yaml import YamlFaultError, read_yaml

MASK = "********"
"""Shown in place of a secret; sent back, it stands for the secret that is there."""

SECRET_KEYS = frozenset({"secret", "password", "token", "urls"})

_USER_INFO = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_QUOTED = re.compile(r"'[^']*'")


def is_secret(path: Path, value: Value) -> bool:
    """Whether a value is a secret that stands there as it is, and not as `${NAME}`."""
    if value is None or isinstance(value, dict | list):
        return False
    keys = [step for step in path[-2:] if isinstance(step, str)]
    if keys and keys[-1] in SECRET_KEYS:
        return not isinstance(value, str) or bool(PLACEHOLDER.sub("", value).strip())
    return isinstance(value, str) and _USER_INFO.search(PLACEHOLDER.sub("", value)) is not None


def masked(value: Value, path: Path = ()) -> Any:  # noqa: ANN401 -- plain data of any shape
    """The same with `MASK` for each secret."""
    if isinstance(value, dict):
        return {key: masked(below, (*path, key)) for key, below in value.items()}
    if isinstance(value, list):
        return [masked(below, (*path, place)) for place, below in enumerate(value)]
    return MASK if is_secret(path, value) else value


def holds_secrets(value: Value, path: Path = ()) -> bool:
    """Whether there is something to mask."""
    return any(True for _ in _secrets_in(value, path))


def _secrets_in(value: Value, path: Path) -> Iterator[tuple[Path, Value]]:
    for below_path, below in _leaves(value, path):
        if is_secret(below_path, below):
            yield below_path, below


def _leaves(value: Value, path: Path) -> Iterator[tuple[Path, Value]]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _leaves(below, (*path, key))
    elif isinstance(value, list):
        for place, below in enumerate(value):
            yield from _leaves(below, (*path, place))
    else:
        yield path, value


def masked_text(text: str) -> str:
    """The text of a site file with `MASK` for each secret. Raises SiteEditError."""
    data = _plain(text)
    found = [path for path, _ in _secrets_in(data, ())]
    if not found:
        return text
    marks = Marks(text)
    return applied(text, [_put(marks, path, MASK) for path in found])


def unmasked_text(text: str, old: Value) -> tuple[str, list[Fault]]:
    """The text with the secrets of `old` where it says `MASK`; the places where there is none.

    What is no YAML is returned as it is. Raises SiteEditError where a mask can not be found.
    """
    if MASK not in text:
        return text, []
    try:
        data = read_yaml(text)[0].plain()
    except YamlFaultError:
        return text, []
    filled, faults = unmasked(data, old)
    places = [path for path, value in _leaves(data, ()) if value == MASK]
    known = [path for path in places if _at(filled, path) != MASK]
    if not known:
        return text, faults
    marks = Marks(text)
    return applied(text, [_put(marks, path, _at(filled, path)) for path in known]), faults


def unmasked(new: Value, old: Value, path: Path = ()) -> tuple[Any, list[Fault]]:
    """Data with the secrets of `old` where it says `MASK`, and the places where there is none.

    Entries of lists are those of the same name, or of the name that they had.
    """
    if isinstance(new, dict):
        told = {
            key: unmasked(below, child_of(old, key), (*path, key)) for key, below in new.items()
        }
        faults = [fault for _, below in told.values() for fault in below]
        return {key: value for key, (value, _) in told.items()}, faults
    if isinstance(new, list):
        entries = [
            unmasked(below, _former(below, place, old), (*path, place))
            for place, below in enumerate(new)
        ]
        return [value for value, _ in entries], [fault for _, below in entries for fault in below]
    if new != MASK:
        return new, []
    if is_secret(path, old):
        return old, []
    return new, [Fault(path, f"there is no secret that {MASK} stands for; write it, or ${{NAME}}")]


def without_secrets(message: str, path: Path) -> str:
    """A message about a value, without what it quotes of a secret."""
    keys = {step for step in path if isinstance(step, str)}
    return _QUOTED.sub("'…'", message) if keys & SECRET_KEYS else message


def _former(entry: Value, place: int, old: Value) -> Value:
    if not isinstance(old, list):
        return None
    if not isinstance(entry, dict) or "name" not in entry:
        return child_of(old, place)
    for name in (entry["name"], entry.get("was")):
        for each in old:
            if name is not None and isinstance(each, dict) and each.get("name") == name:
                return each
    return None


def _at(value: Value, path: Path) -> Value:
    for step in path:
        value = child_of(value, step)
    return value


def _put(marks: Marks, path: Path, value: Value) -> Cut:
    """Put another value in the place of the scalar at `path`."""
    node = marks.root
    for step in path:
        node = _below(node, step)
    return Cut(int(node.start_mark.index), marks.end_of(node), one_line(value))


def _below(node: Any, step: str | int) -> Any:  # noqa: ANN401 -- ruamel.yaml has no types
    if isinstance(step, int):
        return node.value[step]
    for key, below in node.value:
        if key.value == step:
            return below
    raise SiteEditError(f"has no {step}")


def _plain(text: str) -> Value:
    try:
        return read_yaml(text)[0].plain()
    except YamlFaultError as error:
        raise SiteEditError(str(error)) from error
