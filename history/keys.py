"""API keys: shown once, kept as digests; what each may do, until when, and when it was used."""

import hashlib
import hmac
import re
import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from history.audit import AuditEntry, append_audit
from history.callers import EVERYTHING, Caller, Role, Scope
from history.paging import Listing, Page, PageRequest, list_page
from tags.times import format_time

KEYS_MAX = 1_000
KEY_NAME_CHARACTERS_MAX = 64

_KEY = re.compile(r"tw_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_NO_DIGEST = bytes(32)
_COLUMNS = (
    "id, name, role, rights, zones, groupings, created_ns, created_by, expires_ns, last_used_ns"
)
_LISTING = Listing(
    name="api_keys",
    columns=f"rowid, {_COLUMNS}",
    key="rowid",
    terms={
        "id": "id = :id",
        "name": "name = :name",
        "role": "role = :role",
        "created_by": "created_by = :created_by",
        "like": "name LIKE :like ESCAPE '\\'",
        "expired": "(expires_ns IS NOT NULL AND expires_ns <= :expired)",
        "lasting": "(expires_ns IS NULL OR expires_ns > :lasting)",
    },
    sought=frozenset({"id", "name"}),
)


class KeyNameTakenError(ValueError):
    """Another key has this name already, or somebody logs in by it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a key, or somebody, named {name!r} already")


class TooManyKeysError(ValueError):
    """There are as many keys as may be."""

    def __init__(self) -> None:
        super().__init__(f"there are {KEYS_MAX} keys already; withdraw some that nobody uses")


class UnknownKeyError(LookupError):
    """There is no key with this id."""


class LastAdminError(Exception):
    """After this nobody could give access any more."""

    def __init__(self) -> None:
        super().__init__(
            "nobody could manage keys and people after this: "
            "make another admin, or use the command line"
        )


class KeyLimits(NamedTuple):
    """What narrows a key: the part of the site, the only rights of its role, and an end."""

    scope: Scope = EVERYTHING
    rights: frozenset[str] | None = None
    expires_ns: int | None = None


UNLIMITED = KeyLimits()


class Key(msgspec.Struct, frozen=True, gc=False):
    """A key as it is kept, without its secret; `last_used_ns` is right to a minute."""

    id: str
    name: str
    role: Role
    limits: KeyLimits
    created_ns: int
    created_by: str
    last_used_ns: int | None

    @property
    def caller(self) -> Caller:
        """Who asks with it."""
        scope, rights, expires_ns = self.limits
        return Caller(self.id, self.name, self.role, scope, rights, "key", expires_ns)


class KeyFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Keys; `like` is a pattern of names, `expired` and `lasting` are times (ns).

    They have ended by the one, and go on after the other.
    """

    id: str | None = None
    name: str | None = None
    role: str | None = None
    created_by: str | None = None
    like: str | None = None
    expired: int | None = None
    lasting: int | None = None


def create_key(  # noqa: PLR0913, PLR0917 - who, what and when of one key
    connection: sqlite3.Connection,
    name: str,
    role: Role,
    now_ns: int,
    by: str = "command line",
    limits: KeyLimits = UNLIMITED,
) -> str:
    """Make a key and return it, `tw_<id>_<secret>`; it can not be had again.

    Who made it stands in the audit log. Raises KeyNameTakenError, TooManyKeysError.
    """
    key_id = secrets.token_hex(4)
    presented = _presented(key_id)
    _require_room(connection, name)
    connection.execute(
        "INSERT INTO api_keys (id, name, role, digest, created_ns, created_by,"
        " rights, zones, groupings, expires_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (key_id, name, role, _digest(presented), now_ns, by, *_limit_cells(limits)),
    )
    detail = {"id": key_id, "role": role, **limits_json(limits)}
    _tell(connection, now_ns, by, "key.create", name, detail)
    return presented


def check_key(connection: sqlite3.Connection, presented: str) -> Caller | None:
    """Return whose key it is, None if nobody's; how long it takes tells nothing of the secret.

    Whether it has ended (`expires_ns`) is for the one to see who asks.
    """
    match = _KEY.fullmatch(presented)
    if match is None:
        return None
    row = connection.execute(
        f"SELECT digest, {_COLUMNS} FROM api_keys WHERE id = ?",  # noqa: S608 - a constant
        (match[1],),
    ).fetchone()
    # SHA-256 suffices: a secret of 32 random bytes can not be guessed from it.
    digest: bytes = _NO_DIGEST if row is None else row[0]
    if hmac.compare_digest(_digest(presented), digest) and row is not None:
        return _key(row[1:]).caller
    return None


def id_in(presented: str) -> str | None:
    """The id that stands in a key, whether there is such a one or not; None for other text."""
    match = _KEY.fullmatch(presented)
    return None if match is None else match[1]


def key_ids(connection: sqlite3.Connection) -> frozenset[str]:
    """The ids of all keys."""
    return frozenset(row[0] for row in connection.execute("SELECT id FROM api_keys"))


def find_key(connection: sqlite3.Connection, key_id: str) -> Key | None:
    """One key; None if there is none with this id."""
    return _found(connection, "id", key_id)


def key_named(connection: sqlite3.Connection, name: str) -> Key | None:
    """The key with this name; None if there is none."""
    return _found(connection, "name", name)


def list_keys(connection: sqlite3.Connection, wanted: KeyFilter, request: PageRequest) -> Page:
    """List keys as `key_json`, in the order in which they were made. Raises QuestionError."""
    rows, cursor = list_page(connection, _LISTING, wanted, request)
    return Page([key_json(_key(tuple(row)[1:])) for row in rows], cursor)


def limit_key(
    connection: sqlite3.Connection, key_id: str, limits: KeyLimits, now_ns: int, by: str
) -> Key:
    """Put other limits in place of those that a key has. Raises UnknownKeyError."""
    before = _required(connection, key_id)
    connection.execute(
        "UPDATE api_keys SET rights = ?, zones = ?, groupings = ?, expires_ns = ? WHERE id = ?",
        (*_limit_cells(limits), key_id),
    )
    detail = {"id": key_id, "before": limits_json(before.limits), "after": limits_json(limits)}
    _tell(connection, now_ns, by, "key.change", before.name, detail)
    return _required(connection, key_id)


def rotate_key(connection: sqlite3.Connection, key_id: str, now_ns: int, by: str) -> str:
    """Give a key another secret and return the whole of it; the former one ends at once.

    The displays that came by the former one end with it.

    Raises UnknownKeyError.
    """
    key = _required(connection, key_id)
    presented = _presented(key_id)
    connection.execute("UPDATE api_keys SET digest = ? WHERE id = ?", (_digest(presented), key_id))
    connection.execute("DELETE FROM displays WHERE key = ?", (key_id,))
    _tell(connection, now_ns, by, "key.rotate", key.name, {"id": key_id})
    return presented


def withdraw_key(connection: sqlite3.Connection, key_id: str, now_ns: int, by: str) -> Key:
    """Take a key away; what it was is returned. Raises UnknownKeyError."""
    key = _required(connection, key_id)
    connection.execute("DELETE FROM api_keys WHERE id = ?", (key_id,))
    _tell(connection, now_ns, by, "key.withdraw", key.name, {"id": key_id, "role": key.role})
    return key


def note_uses(connection: sqlite3.Connection, uses: Mapping[str, int]) -> None:
    """Note when each key, by id, was used last (ns)."""
    connection.executemany(
        "UPDATE api_keys SET last_used_ns = max(ifnull(last_used_ns, 0), ?) WHERE id = ?",
        [(used_ns, key_id) for key_id, used_ns in uses.items()],
    )


def require_admin(connection: sqlite3.Connection, now_ns: int) -> None:
    """Raise LastAdminError unless somebody can still manage keys and people.

    To be called within the transaction of a change that may have taken the last one away,
    behind the change. It is a person of role admin who has a password and is not disabled,
    or a key of role admin that has not ended; neither of them limited.
    """
    people = "SELECT 1 FROM people WHERE role = 'admin' AND NOT disabled AND password IS NOT NULL"
    keys = (
        "SELECT 1 FROM api_keys WHERE role = 'admin' AND rights IS NULL"
        " AND (expires_ns IS NULL OR expires_ns > :now_ns)"
    )
    whole = "AND zones IS NULL AND groupings IS NULL"
    statement = f"{people} {whole} UNION ALL {keys} {whole} LIMIT 1"
    if connection.execute(statement, {"now_ns": now_ns}).fetchone() is None:
        raise LastAdminError


def key_json(key: Key) -> dict[str, Any]:
    """A key as HTTP and the command line show it."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        **limits_json(key.limits),
        "created": format_time(key.created_ns),
        "created_by": key.created_by,
        "last_used": _time(key.last_used_ns),
    }


def limits_json(limits: KeyLimits) -> dict[str, Any]:
    """Limits as they are shown: `rights`, `zones`, `groups` and `expires`, null for none."""
    scope, rights, expires_ns = limits
    return {
        "rights": None if rights is None else sorted(rights),
        "zones": None if scope.zones is None else list(scope.zones),
        "groups": None if scope.groups is None else list(scope.groups),
        "expires": _time(expires_ns),
    }


def _require_room(connection: sqlite3.Connection, name: str) -> None:
    # Names stand in the audit log, where nobody must be taken for somebody else.
    named = connection.execute("SELECT 1 FROM people WHERE login = ?", (name,)).fetchone()
    if named is not None or _found(connection, "name", name) is not None:
        raise KeyNameTakenError(name)
    if connection.execute("SELECT count(*) FROM api_keys").fetchone()[0] >= KEYS_MAX:
        raise TooManyKeysError


def _found(connection: sqlite3.Connection, column: str, value: str) -> Key | None:
    statement = f"SELECT {_COLUMNS} FROM api_keys WHERE {column} = ?"  # noqa: S608 - constants
    row = connection.execute(statement, (value,)).fetchone()
    return None if row is None else _key(tuple(row))


def _required(connection: sqlite3.Connection, key_id: str) -> Key:
    key = find_key(connection, key_id)
    if key is None:
        raise UnknownKeyError(key_id)
    return key


def _key(row: tuple[Any, ...]) -> Key:
    key_id, name, role, rights, zones, groups, created_ns, created_by, expires_ns, used_ns = row
    scope = Scope(_names(zones), _names(groups))
    granted = None if rights is None else frozenset(_names(rights) or ())
    limits = KeyLimits(scope, granted, expires_ns)
    return Key(key_id, name, role, limits, created_ns, created_by, used_ns)


def _names(cell: str | None) -> tuple[str, ...] | None:
    return None if cell is None else msgspec.json.decode(cell, type=tuple[str, ...])


def _limit_cells(limits: KeyLimits) -> tuple[str | None, str | None, str | None, int | None]:
    scope, rights, expires_ns = limits
    granted = None if rights is None else sorted(rights)
    return _cell(granted), _cell(scope.zones), _cell(scope.groups), expires_ns


def _cell(names: list[str] | tuple[str, ...] | None) -> str | None:
    return None if names is None else msgspec.json.encode(names).decode()


def _tell(  # noqa: PLR0913, PLR0917 - the fields of a line
    connection: sqlite3.Connection,
    now_ns: int,
    by: str,
    action: str,
    name: str,
    detail: dict[str, Any],
) -> None:
    append_audit(connection, [AuditEntry(None, now_ns, by, action, name, "", detail)])


def _presented(key_id: str) -> str:
    return f"tw_{key_id}_{secrets.token_urlsafe(32)}"


def _digest(presented: str) -> bytes:
    return hashlib.sha256(presented.encode()).digest()


def _time(at_ns: int | None) -> str | None:
    return None if at_ns is None else format_time(at_ns)
