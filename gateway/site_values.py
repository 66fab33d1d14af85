"""The plain values of a site file, and `${NAME}`: values that come from the environment."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union

from gateway.site_problems import Fault, Path

Value: TypeAlias = Union[bool, int, float, str, "list[Value]", "dict[str, Value]", None]

DECIDING = ("zones", "portals", "schedules", "rules", "estimator", "limits")
"""Parts of the file by which decisions are made; a replay must find them as they were."""

_TIMEZONE = ("site", "timezone")
"""By it schedules open and shut."""

PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""`${NAME}`: the value of an environment variable."""


def child_of(value: Value, step: str | int) -> Value:
    """Return what stands under a key or at a place, None where nothing does."""
    if isinstance(value, dict):
        return value.get(str(step))
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None


def has_child(value: Value, step: str | int) -> bool:
    """Tell whether something, be it null, stands under a key or at a place."""
    if isinstance(value, dict):
        return str(step) in value
    return isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)


def value_at(value: Value, path: Path) -> Value:
    """Return what stands at `path`, None where nothing does."""
    for step in path:
        value = child_of(value, step)
    return value


def expanded(
    data: Mapping[str, Value],
    env: Mapping[str, str],
) -> tuple[dict[str, Value], list[Fault]]:
    """Replace each `${NAME}` in a text value; keys are left alone."""
    faults: list[Fault] = []
    return {key: _expand(value, (key,), env, faults) for key, value in data.items()}, faults


def _expand(value: Value, path: Path, env: Mapping[str, str], faults: list[Fault]) -> Value:
    if isinstance(value, dict):
        return {key: _expand(below, (*path, key), env, faults) for key, below in value.items()}
    if isinstance(value, list):
        return [_expand(below, (*path, place), env, faults) for place, below in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value
    decides = path[0] in DECIDING or path == _TIMEZONE
    if decides or "antennas" in path or path[-1] == "zone":
        faults.append(Fault(path, "must be written out: what is decided can not hang on ${NAME}"))
    if "${" in PLACEHOLDER.sub("", value):
        faults.append(Fault(path, "only ${NAME} is replaced, with a name of letters, digits and _"))
    if unset := sorted({name for name in PLACEHOLDER.findall(value) if name not in env}):
        faults.append(Fault(path, f"the environment variable {', '.join(unset)} is not set"))
    return PLACEHOLDER.sub(lambda found: env.get(found[1], found[0]), value)


def is_open(value: Value) -> bool:
    """Tell whether a text that still holds `${NAME}` is `value` or lies in it."""
    if isinstance(value, dict):
        return any(is_open(below) for below in value.values())
    if isinstance(value, list):
        return any(is_open(below) for below in value)
    return isinstance(value, str) and PLACEHOLDER.search(value) is not None


def without_open(value: Value, path: Sequence[str | int]) -> Value:
    """Return `value` without the text that stands at `path`, if that still holds `${NAME}`."""
    if not path or not has_child(value, path[0]):
        return value
    below = child_of(value, path[0])
    if isinstance(value, dict):
        key = str(path[0])
        if isinstance(below, str) and is_open(below):
            return {name: kept for name, kept in value.items() if name != key}
        return {**value, key: without_open(below, path[1:])}
    entries = value if isinstance(value, list) else []
    return [without_open(v, path[1:]) if n == path[0] else v for n, v in enumerate(entries)]
