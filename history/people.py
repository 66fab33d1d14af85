"""People who log in: who they are, what they may do and see, and the hash of their password."""

import re
import secrets
import sqlite3
from typing import Any, NamedTuple

import msgspec

from history.audit import GATEWAY, AuditEntry, append_audit
from history.callers import EVERYTHING, Caller, Role, Scope
from history.keys import require_admin
from history.paging import Listing, Page, PageRequest, list_page
from tags.times import format_time

PEOPLE_MAX = 1_000
LOGIN_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$"
"""Signs that look alike nowhere and need no quoting anywhere."""

_LOGIN = re.compile(LOGIN_PATTERN)
_COLUMNS = (
    "number, id, login, name, role, zones, groupings, password_ns, disabled, created_ns,"
    " created_by, last_login_ns, revision"
)
_LISTING = Listing(
    name="people",
    columns=_COLUMNS,
    key="number",
    terms={
        "login": "login = :login",
        "role": "role = :role",
        "disabled": "disabled = :disabled",
    },
    sought=frozenset({"login"}),
)


class LoginTakenError(ValueError):
    """Somebody has this login name already, or a key is named so."""

    def __init__(self, login: str) -> None:
        super().__init__(f"there is somebody, or a key, named {login!r} already")


class TooManyPeopleError(ValueError):
    """There are as many people as may be."""

    def __init__(self) -> None:
        super().__init__(f"there are {PEOPLE_MAX} people already")


class UnknownPersonError(LookupError):
    """There is nobody with this id."""


class ChangedMeanwhileError(Exception):
    """Somebody else has changed it since it was read."""


class Person(msgspec.Struct, frozen=True, gc=False):
    """Somebody who may log in. `password_ns` is when they chose their password, None: not yet."""

    number: int
    id: str
    login: str
    name: str
    role: Role
    scope: Scope
    password_ns: int | None
    disabled: bool
    created_ns: int
    created_by: str
    last_login_ns: int | None
    revision: int

    @property
    def caller(self) -> Caller:
        """Who asks in one of their sessions."""
        return Caller(self.id, self.login, self.role, self.scope, kind="person")


class PersonFields(NamedTuple):
    """What may be changed of somebody."""

    name: str
    role: Role
    scope: Scope = EVERYTHING
    disabled: bool = False


class PeopleFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """People; the login name as a whole, in any case."""

    login: str | None = None
    role: str | None = None
    disabled: int | None = None


class Deed(NamedTuple):
    """Who does something, and when."""

    by: str
    at_ns: int


def is_login(text: str) -> bool:
    """Whether it may be a login name."""
    return _LOGIN.fullmatch(text) is not None and text.casefold() != GATEWAY


def add_person(
    connection: sqlite3.Connection, login: str, fields: PersonFields, deed: Deed
) -> Person:
    """Add somebody, who has no password yet. Raises LoginTakenError, TooManyPeopleError."""
    _require_free(connection, login)
    person_id = f"p{secrets.token_hex(8)}"
    connection.execute(
        "INSERT INTO people (id, number, login, name, role, zones, groupings, disabled,"
        " created_ns, created_by) VALUES"
        " (?, (SELECT ifnull(max(number), 0) + 1 FROM people), ?, ?, ?, ?, ?, ?, ?, ?)",
        (person_id, login, *_cells(fields), deed.at_ns, deed.by),
    )
    tell(connection, deed, "person.create", login, {"id": person_id, **fields_json(fields)})
    return _required(connection, person_id)


def change_person(
    connection: sqlite3.Connection,
    person_id: str,
    fields: PersonFields,
    deed: Deed,
    revision: int | None = None,
) -> Person:
    """Put other fields in place; their sessions end where role, limits or `disabled` change.

    Raises UnknownPersonError, ChangedMeanwhileError where `revision` is not the present one,
    history.keys.LastAdminError.
    """
    before = _required(connection, person_id)
    if revision is not None and revision != before.revision:
        raise ChangedMeanwhileError
    if (had := fields_of(before)) == fields:
        return before
    connection.execute(
        "UPDATE people SET name = ?, role = ?, zones = ?, groupings = ?, disabled = ?,"
        " revision = revision + 1 WHERE id = ?",
        (*_cells(fields), person_id),
    )
    if had[1:] != fields[1:]:
        end_sessions_of(connection, person_id)
    _require_admin_after(connection, before, deed)
    detail = {"id": person_id, "before": fields_json(had), "after": fields_json(fields)}
    tell(connection, deed, "person.change", before.login, detail)
    return _required(connection, person_id)


def remove_person(
    connection: sqlite3.Connection, person_id: str, deed: Deed, revision: int | None = None
) -> Person:
    """Take somebody away with their sessions; who it was is returned.

    What they did stays in the audit log. Raises as `change_person`.
    """
    person = _required(connection, person_id)
    if revision is not None and revision != person.revision:
        raise ChangedMeanwhileError
    end_sessions_of(connection, person_id)
    connection.execute("DELETE FROM setup_codes WHERE person = ?", (person_id,))
    connection.execute("DELETE FROM people WHERE id = ?", (person_id,))
    _require_admin_after(connection, person, deed)
    tell(connection, deed, "person.remove", person.login, {"id": person_id, "role": person.role})
    return person


def keep_password(connection: sqlite3.Connection, person_id: str, kept: str, deed: Deed) -> Person:
    """Keep the hash of a password that somebody has chosen. All their sessions end.

    Raises UnknownPersonError.
    """
    person = _required(connection, person_id)
    connection.execute(
        "UPDATE people SET password = ?, password_ns = ?, revision = revision + 1 WHERE id = ?",
        (kept, deed.at_ns, person_id),
    )
    end_sessions_of(connection, person_id)
    connection.execute("DELETE FROM setup_codes WHERE person = ?", (person_id,))
    tell(connection, deed, "person.password", person.login, {"id": person_id})
    return _required(connection, person_id)


def refresh_hash(connection: sqlite3.Connection, person_id: str, kept: str, newer: str) -> None:
    """Keep the same password by a newer hash, unless it was changed meanwhile."""
    statement = "UPDATE people SET password = ? WHERE id = ? AND password = ?"
    connection.execute(statement, (newer, person_id, kept))


def find_person(connection: sqlite3.Connection, person_id: str) -> Person | None:
    """One person; None if there is nobody with this id."""
    return _found(connection, "id", person_id)


def person_named(connection: sqlite3.Connection, login: str) -> Person | None:
    """Who logs in by this name, in any case; None for nobody."""
    return _found(connection, "login", login)


def password_of(connection: sqlite3.Connection, person_id: str) -> str | None:
    """The hash of somebody's password; None while they have not chosen one."""
    row = connection.execute("SELECT password FROM people WHERE id = ?", (person_id,)).fetchone()
    return None if row is None else row[0]


def list_people(connection: sqlite3.Connection, wanted: PeopleFilter, request: PageRequest) -> Page:
    """List people as `person_json`, in the order in which they came. Raises QuestionError."""
    rows, cursor = list_page(connection, _LISTING, wanted, request)
    return Page([person_json(_person(tuple(row))) for row in rows], cursor)


def is_unowned(connection: sqlite3.Connection) -> bool:
    """Whether there is neither a person nor an admin key: nobody could get in."""
    statement = "SELECT 1 FROM people UNION ALL SELECT 1 FROM api_keys WHERE role = 'admin' LIMIT 1"
    return connection.execute(statement).fetchone() is None


def has_admin(connection: sqlite3.Connection) -> bool:
    """Whether there is an unlimited admin who can log in."""
    statement = (
        "SELECT 1 FROM people WHERE role = 'admin' AND NOT disabled AND password IS NOT NULL"
        " AND zones IS NULL AND groupings IS NULL LIMIT 1"
    )
    return connection.execute(statement).fetchone() is not None


def end_sessions_of(connection: sqlite3.Connection, person_id: str) -> None:
    """End all sessions of somebody."""
    connection.execute("DELETE FROM sessions WHERE person = ?", (person_id,))


def person_json(person: Person) -> dict[str, Any]:
    """Somebody as HTTP shows them."""
    return {
        "id": person.id,
        "login": person.login,
        **fields_json(fields_of(person)),
        "password_chosen": _time(person.password_ns),
        "last_login": _time(person.last_login_ns),
        "created": format_time(person.created_ns),
        "created_by": person.created_by,
    }


def fields_of(person: Person) -> PersonFields:
    """What may be changed of somebody, as it is."""
    return PersonFields(person.name, person.role, person.scope, person.disabled)


def fields_json(fields: PersonFields) -> dict[str, Any]:
    """The same as it is shown; `zones` and `groups` are null for no limit."""
    zones, groups = fields.scope.zones, fields.scope.groups
    return {
        "name": fields.name,
        "role": fields.role,
        "zones": None if zones is None else list(zones),
        "groups": None if groups is None else list(groups),
        "disabled": fields.disabled,
    }


def tell(
    connection: sqlite3.Connection, deed: Deed, action: str, target: str, detail: dict[str, Any]
) -> None:
    """Write into the audit log what was done about people, within the same transaction."""
    append_audit(connection, [AuditEntry(None, deed.at_ns, deed.by, action, target, "", detail)])


def _require_free(connection: sqlite3.Connection, login: str) -> None:
    if connection.execute("SELECT count(*) FROM people").fetchone()[0] >= PEOPLE_MAX:
        raise TooManyPeopleError
    # Names stand in the audit log, where nobody must be taken for somebody else.
    named = connection.execute("SELECT 1 FROM api_keys WHERE name = ? COLLATE NOCASE", (login,))
    if named.fetchone() is not None or person_named(connection, login) is not None:
        raise LoginTakenError(login)


def _require_admin_after(connection: sqlite3.Connection, before: Person, deed: Deed) -> None:
    """Raise LastAdminError where somebody was the last one who could give access."""
    if before.role == "admin" and not before.disabled and before.password_ns is not None:
        require_admin(connection, deed.at_ns)


def _found(connection: sqlite3.Connection, column: str, value: str) -> Person | None:
    statement = f"SELECT {_COLUMNS} FROM people WHERE {column} = ?"  # noqa: S608 - constants
    row = connection.execute(statement, (value,)).fetchone()
    return None if row is None else _person(tuple(row))


def _required(connection: sqlite3.Connection, person_id: str) -> Person:
    person = find_person(connection, person_id)
    if person is None:
        raise UnknownPersonError(person_id)
    return person


def _person(row: tuple[Any, ...]) -> Person:
    scope = Scope(_names(row[5]), _names(row[6]))
    number, person_id, login, name, role = row[:5]
    password_ns, disabled, created_ns, created_by, last_login_ns, revision = row[7:]
    return Person(
        number,
        person_id,
        login,
        name,
        role,
        scope,
        password_ns,
        bool(disabled),
        created_ns,
        created_by,
        last_login_ns,
        revision,
    )


def _cells(fields: PersonFields) -> tuple[str, str, str | None, str | None, int]:
    scope = fields.scope
    zones, groups = _cell(scope.zones), _cell(scope.groups)
    return fields.name, fields.role, zones, groups, int(fields.disabled)


def _names(cell: str | None) -> tuple[str, ...] | None:
    return None if cell is None else msgspec.json.decode(cell, type=tuple[str, ...])


def _cell(names: tuple[str, ...] | None) -> str | None:
    return None if names is None else msgspec.json.encode(names).decode()


def _time(at_ns: int | None) -> str | None:
    return None if at_ns is None else format_time(at_ns)
