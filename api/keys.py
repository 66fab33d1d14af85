"""API keys over HTTP: made, limited, given another secret, and withdrawn."""

import hashlib
import sqlite3
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from api.access import RIGHTS, Access, Right, granted
from api.bodies import parse_as, parse_json, read_json_text
from api.conditions import ANY, conditions_of, etag_of
from api.key_uses import KeyUses
from api.lists import Listed, OldestFirst, Row, Text, answer_list, json_response
from api.once import Told, answer_once, told_json
from api.problems import FieldError, ProblemError, invalid, not_found
from api.spans import Moment, say_something
from api.surroundings import Here, Surroundings
from api.words import Line
from history.callers import Caller, Role, Scope
from history.keys import (
    KEY_NAME_CHARACTERS_MAX,
    Key,
    KeyFilter,
    KeyLimits,
    KeyNameTakenError,
    LastAdminError,
    TooManyKeysError,
    UnknownKeyError,
    create_key,
    find_key,
    id_in,
    key_json,
    limit_key,
    list_keys,
    require_admin,
    rotate_key,
    withdraw_key,
)
from history.listings import containing
from tags.times import format_time, parse_time

NAMED_MAX = 100
NAMED_CHARS_MAX = 200
KEY_COLUMNS = (
    "id",
    "name",
    "role",
    "rights",
    "zones",
    "groups",
    "expires",
    "created",
    "created_by",
    "last_used",
)

Name = Annotated[Line, Field(min_length=1, max_length=NAMED_CHARS_MAX)]
Named = Annotated[tuple[Name, ...], Field(min_length=1, max_length=NAMED_MAX)]
Rights = Annotated[tuple[Right, ...], Field(min_length=1, max_length=len(RIGHTS["admin"]))]
Expired = Annotated[bool | None, Query(description="Whether it has ended.")]
Done = TypeVar("Done")


class KeyPatch(BaseModel):
    """What limits a key: the only rights of its role, a part of the site, an end. Null: nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rights: Rights | None = None
    zones: Named | None = None
    groups: Named | None = None
    expires: Moment | None = None


class KeyBody(KeyPatch):
    """A new key: its name, its role, and what limits it."""

    name: Annotated[Line, Field(min_length=1, max_length=KEY_NAME_CHARACTERS_MAX)]
    role: Role


_BODY = TypeAdapter(KeyBody)
_PATCH = TypeAdapter(KeyPatch)


async def wanted_keys(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
    here: Here,
    id: Text = None,  # noqa: A002 -- the parameter has the name of the field
    name: Text = None,
    role: Text = None,
    created_by: Text = None,
    q: Annotated[Text, Query(description="A part of the name.")] = None,
    expired: Expired = None,
) -> KeyFilter:
    """Read what the list is narrowed to."""
    now_ns = here.desk.clock()
    return KeyFilter(
        id=id,
        name=name,
        role=role,
        created_by=created_by,
        like=None if q is None else containing(q),
        expired=now_ns if expired is True else None,
        lasting=now_ns if expired is False else None,
    )


async def list_all_keys(
    here: Here,
    wanted: Annotated[KeyFilter, Depends(wanted_keys)],
    page: OldestFirst,
) -> Response:
    """List the keys that are not withdrawn, without their secrets, in the order they were made."""
    listed = Listed(
        lambda request: here.questions.answer(lambda state: list_keys(state, wanted, request)),
        KEY_COLUMNS,
        lambda rows: [_with_last_use(here, row) for row in rows],
    )
    return await answer_list(here, page, listed)


async def show_key(key: str, here: Here) -> Response:
    """One key, without its secret."""
    found = await here.ask(lambda: here.questions.answer(lambda state: find_key(state, key)))
    if found is None:
        raise not_found("key", key)
    row = _with_last_use(here, key_json(found))
    return json_response(row, headers={"etag": etag_of(version_of(found))})


async def make_key(here: Here) -> Response:
    """Make a key. The answer is the only one that ever holds it, as `key`.

    No key grants more than whoever makes it may do (403). The same request again under an
    Idempotency-Key has null as `key`, since keys are not stored: give it another secret.
    """
    text = await read_json_text(here.request)

    async def act() -> Told:
        body = parse_as(_BODY, parse_json(text))
        name = _name(body.name)
        limits = _limited(here, body.role, KeyLimits(), body)
        require_grantable(here.caller, body.role, limits)
        now_ns, by = here.desk.clock(), here.caller.name

        def work(state: sqlite3.Connection) -> tuple[Key, str]:
            presented = create_key(state, name, body.role, now_ns, by, limits)
            return _sure(find_key(state, id_in(presented) or "")), presented

        return _told_secret(201, *await _done(here, work))

    return await answer_once(here, text, act)


async def change_key(key: str, here: Here) -> Response:
    """Limit a key otherwise: what is null limits nothing, what is left out stays as it is.

    It holds from the next request on. With `If-Match` only while it has this `ETag`. 409 for
    what would leave nobody who can manage keys and people.
    """
    text = await read_json_text(here.request)

    async def act() -> Told:
        patch = parse_as(_PATCH, parse_json(text))
        now_ns, by = here.desk.clock(), here.caller.name

        def work(state: sqlite3.Connection) -> Key:
            before = _required(here, state, key)
            limits = _limited(here, before.role, before.limits, patch)
            require_grantable(here.caller, before.role, limits)
            after = limit_key(state, key, limits, now_ns, by)
            _require_admin_after(state, before, now_ns)
            return after

        after = await _done(here, work)
        _access(here).forget(key)
        return told_json(200, key_json(after), etag_of(version_of(after)))

    return await answer_once(here, text, act)


async def renew_key(key: str, here: Here) -> Response:
    """Give a key another secret. The former one ends at once; all else stays as it is.

    The answer is the only one that ever holds it, as `key`; null for the same request again
    under an Idempotency-Key. With `If-Match` only while it has this `ETag`.
    """

    async def act() -> Told:
        now_ns, by = here.desk.clock(), here.caller.name

        def work(state: sqlite3.Connection) -> tuple[Key, str]:
            found = _required(here, state, key)
            require_grantable(here.caller, found.role, found.limits)
            return found, rotate_key(state, key, now_ns, by)

        found, presented = await _done(here, work)
        _access(here).forget(key)
        return _told_secret(200, found, presented)

    return await answer_once(here, b"", act)


async def remove_key(key: str, here: Here) -> Response:
    """Withdraw a key: from the next request on it is unknown, and streams end within 5 s.

    With `If-Match` only while it has this `ETag`. 409 for the last one that can manage keys
    and people.
    """

    async def act() -> Told:
        now_ns, by = here.desk.clock(), here.caller.name

        def work(state: sqlite3.Connection) -> None:
            before = _required(here, state, key)
            _ = withdraw_key(state, key, now_ns, by)
            _require_admin_after(state, before, now_ns)

        await _done(here, work)
        _access(here).forget(key)
        return Told(204)

    return await answer_once(here, b"", act)


def require_grantable(caller: Caller, role: Role, limits: KeyLimits) -> None:
    """403 unless the caller may do all that a key of this role and these limits may, as long."""
    made = Caller("", "", role, limits.scope, limits.rights)
    beyond = granted(made) - granted(caller)
    errors = [FieldError("rights", f"you may not {right} yourself") for right in sorted(beyond)]
    end_ns = caller.expires_ns if caller.kind == "key" else None
    if end_ns is not None and (limits.expires_ns is None or limits.expires_ns > end_ns):
        errors.append(FieldError("expires", f"your own key ends {format_time(end_ns)}"))
    if errors:
        raise ProblemError(403, "A key grants no more than its maker has.", errors)


def version_of(key: Key) -> str:
    """The version of what can be changed in a key."""
    row = {**key_json(key), "last_used": None}
    return hashlib.sha256(msgspec.json.encode(row)).hexdigest()[:16]


async def _done(here: Surroundings, work: Callable[[sqlite3.Connection], Done]) -> Done:
    try:
        return await here.desk.transact(work)
    except UnknownKeyError as error:
        raise not_found("key", str(error)) from error
    except (KeyNameTakenError, TooManyKeysError, LastAdminError) as error:
        raise ProblemError(409, str(error)) from error


def _required(here: Surroundings, state: sqlite3.Connection, key_id: str) -> Key:
    """The key as it is now. 412 where the request was meant for another version of it."""
    key = find_key(state, key_id)
    if key is None:
        raise UnknownKeyError(key_id)
    match = conditions_of(here.request).match
    if match is not None and ANY not in match and version_of(key) not in match:
        raise ProblemError(412, "The key was changed meanwhile.")
    return key


def _require_admin_after(state: sqlite3.Connection, before: Key, now_ns: int) -> None:
    """Behind a change of a key; raises LastAdminError, which undoes the change."""
    if before.role == "admin":
        require_admin(state, now_ns)


def _limited(here: Surroundings, role: Role, before: KeyLimits, patch: KeyPatch) -> KeyLimits:
    """The limits after a patch; 422 for those that can not be."""
    said = patch.model_fields_set
    zones, groups = before.scope.zones, before.scope.groups
    rights, expires_ns = before.rights, before.expires_ns
    if "zones" in said:
        zones = _known_zones(here, patch.zones)
    if "groups" in said:
        groups = patch.groups
    if "rights" in said:
        rights = _rights_of(role, patch.rights)
    if "expires" in said:
        expires_ns = _end_ns(here, patch.expires)
    return KeyLimits(Scope(zones, groups), rights, expires_ns)


def _known_zones(here: Surroundings, zones: tuple[str, ...] | None) -> tuple[str, ...] | None:
    known = {zone["name"] for zone in here.desk.zones()}
    for zone in zones or ():
        if zone not in known:
            raise invalid("zones", f"there is no zone {zone!r}")
    return zones


def _rights_of(role: Role, rights: tuple[Right, ...] | None) -> frozenset[str] | None:
    for right in rights or ():
        if right not in RIGHTS[role]:
            raise invalid("rights", f"the role {role} has no right to {right}")
    return None if rights is None else frozenset(rights)


def _end_ns(here: Surroundings, expires: str | None) -> int | None:
    if expires is None:
        return None
    try:
        end_ns = parse_time(expires)
    except ValueError as error:
        raise invalid("expires", str(error)) from error
    if end_ns <= here.desk.clock():
        raise invalid("expires", "is past")
    return end_ns


def _name(name: str) -> str:
    try:
        return say_something(name)
    except ValueError as error:
        raise invalid("name", str(error)) from error


def _told_secret(status: int, key: Key, presented: str) -> Told:
    row = key_json(key)
    kept = msgspec.json.encode({**row, "key": None}).decode()
    told = told_json(status, {**row, "key": presented}, etag_of(version_of(key)))
    return told._replace(kept=kept)


def _with_last_use(here: Surroundings, row: Row) -> Row:
    """Add what is not written yet."""
    uses: KeyUses = here.request.app.key_uses
    used_ns = uses.last_ns(row["id"])
    return row if used_ns is None else {**row, "last_used": format_time(used_ns)}


def _access(here: Surroundings) -> Access:
    access: Access = here.request.app.state.access
    return access


def _sure(key: Key | None) -> Key:
    if key is None:
        raise UnknownKeyError
    return key
