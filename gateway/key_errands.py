"""What the command line may ask about API keys."""

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, cast

from api.access import RIGHTS
from gateway.history_errands import Writes
from history.callers import Role, Scope
from history.keys import (
    KEY_NAME_CHARACTERS_MAX,
    Key,
    KeyLimits,
    KeyNameTakenError,
    TooManyKeysError,
    UnknownKeyError,
    create_key,
    key_named,
    withdraw_key,
)
from tags.times import SECOND_NS, parse_time

ACTOR = "command line"
_SPAN = re.compile(r"([1-9][0-9]{0,4})([mhdw])")
_UNIT_S = {"m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}


class KeyRequestError(ValueError):
    """What was asked for is no key that could be made; the text says why."""


async def create(request: Mapping[str, Any], counter: Writes, now_ns: int) -> dict[str, Any]:
    """Make a key: `{key}`, or `{error}`."""
    name, role = request["name"], request["role"]
    try:
        _require_name(name)
        limits = limits_in(request, role, now_ns)
        key = await counter.transact(
            lambda db: create_key(db, name, role, now_ns, ACTOR, limits),
        )
    except (KeyNameTakenError, TooManyKeysError, KeyRequestError, sqlite3.IntegrityError) as error:
        return {"error": str(error)}
    return {"key": key}


async def withdraw(
    request: Mapping[str, Any],
    counter: Writes,
    now_ns: int,
    forget: Callable[[str], None],
) -> dict[str, Any]:
    """Withdraw the key with a name, whoever else is left: `{withdrawn}`, its id, or `{error}`."""
    name = request["name"]

    def work(connection: sqlite3.Connection) -> Key:
        key = key_named(connection, name)
        if key is None:
            raise UnknownKeyError(name)
        return withdraw_key(connection, key.id, now_ns, ACTOR)

    try:
        key = await counter.transact(work)
    except UnknownKeyError:
        return {"error": f"there is no key named {name!r}"}
    forget(key.id)
    return {"withdrawn": key.id}


def limits_in(request: Mapping[str, Any], role: str, now_ns: int) -> KeyLimits:
    """What limits a key that is asked for. Raises KeyRequestError."""
    scope = Scope(_names(request, "zones"), _names(request, "groups"))
    rights = _names(request, "rights")
    for right in rights or ():
        if right not in RIGHTS.get(cast("Role", role), ()):
            raise KeyRequestError(f"the role {role} has no right to {right!r}; {_rights_of(role)}")
    expires: str | None = request.get("expires")
    expires_ns = None if expires is None else end_of(expires, now_ns)
    return KeyLimits(scope, None if rights is None else frozenset(rights), expires_ns)


def end_of(text: str, now_ns: int) -> int:
    """When something ends that lasts `90d`, or until a time. Raises KeyRequestError."""
    match = _SPAN.fullmatch(text.strip())
    if match is not None:
        return now_ns + int(match[1]) * _UNIT_S[match[2]] * SECOND_NS
    try:
        end_ns = parse_time(text)
    except ValueError as error:
        said = "must be such as 90d, 12h or 2027-01-31T00:00:00Z"
        raise KeyRequestError(f"{text!r} {said}: {error}") from error
    if end_ns <= now_ns:
        raise KeyRequestError(f"{text} is past")
    return end_ns


def _require_name(name: str) -> None:
    if not name.strip():
        raise KeyRequestError("a key needs a name")
    if not name.isprintable() or len(name) > KEY_NAME_CHARACTERS_MAX:
        limits = f"at most {KEY_NAME_CHARACTERS_MAX} characters and no control characters"
        raise KeyRequestError(f"the name of a key has {limits}")


def _names(request: Mapping[str, Any], field: str) -> tuple[str, ...] | None:
    names: list[str] | None = request.get(field)
    if names is None:
        return None
    if not names or not all(name.strip() and name.isprintable() for name in names):
        raise KeyRequestError(f"{field} must be names, separated by commas")
    return tuple(names)


def _rights_of(role: str) -> str:
    return f"it has {', '.join(sorted(RIGHTS.get(cast('Role', role), ())))}"
