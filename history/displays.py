"""Displays: browsers of walls that a key of role viewer let in; cookies are kept as digests."""

import secrets
import sqlite3
from typing import Any, NamedTuple

import msgspec

from history.callers import Caller, Role
from history.keys import Key, find_key
from history.paging import Listing, Page, PageRequest, list_page
from history.people import Deed, tell
from history.sessions import Origin, digest_of
from tags.times import SECOND_NS, format_time

ROLE: Role = "viewer"
"""Only keys of this role may become a display: whoever stands before a wall can use its browser."""
DISPLAYS_EACH = 100
"""Of one key; the one that was used least recently ends for another."""
IDLE_NS = 400 * 86_400 * SECOND_NS
"""Browsers keep no cookie for longer."""
_COLUMNS = "id, key, csrf, created_ns, seen_ns, address, agent"
_OF_KEY = "(SELECT {} FROM api_keys WHERE api_keys.id = displays.key)"
_KEY_COLUMNS = ", ".join(
    f"{_OF_KEY.format(cell)} AS {name}"
    for cell, name in (("name", "name"), ("created_by", "created_by"), ("expires_ns", "end_ns"))
)
_LISTING = Listing(
    name="displays",
    columns=f"rowid, {_COLUMNS}, {_KEY_COLUMNS}",
    key="rowid",
    terms={
        "key": "key = :key",
        "seen_after": "seen_ns > :seen_after",
        "lasting": f"ifnull({_OF_KEY.format('expires_ns')} > :lasting, TRUE)",
    },
    sought=frozenset({"key"}),
)


class Display(msgspec.Struct, frozen=True, gc=False):
    """A display as it is kept, `key` by its id; `seen_ns` is right to a minute."""

    id: str
    key: str
    csrf: str
    created_ns: int
    seen_ns: int
    address: str
    agent: str


class BegunDisplay(NamedTuple):
    """A new display, and what its cookie says; that can not be had again."""

    display: Display
    token: str


class DisplayFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Displays, of one key (id) or of all, that had not ended at a time."""

    key: str | None = None
    seen_after: int | None = None
    lasting: int | None = None

    @classmethod
    def of(cls, key: str | None, now_ns: int) -> "DisplayFilter":
        """Those that last."""
        return cls(key=key, seen_after=now_ns - IDLE_NS, lasting=now_ns)


def begin_display(
    connection: sqlite3.Connection, caller: Caller, now_ns: int, origin: Origin
) -> BegunDisplay:
    """Let a browser in by a key. Old displays, and those too many of this key, are cleared away."""
    _clear(connection, caller.id, now_ns)
    token, display_id, csrf = (secrets.token_urlsafe(size) for size in (32, 9, 32))
    cells = (display_id, caller.id, csrf, now_ns, now_ns, *origin)
    connection.execute(
        f"INSERT INTO displays (digest, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (digest_of(token), *cells),
    )
    detail = {"id": display_id, "address": origin.address, "agent": origin.agent}
    tell(connection, Deed(caller.name, now_ns), "display.begin", caller.name, detail)
    return BegunDisplay(Display(*cells), token)


def find_display(
    connection: sqlite3.Connection, digest: bytes, now_ns: int
) -> tuple[Display, Key] | None:
    """The display that a cookie names, and its key; None for one that there is not any more."""
    statement = f"SELECT {_COLUMNS} FROM displays WHERE digest = ?"  # noqa: S608 - a constant
    row = connection.execute(statement, (digest,)).fetchone()
    if row is None:
        return None
    display = Display(*row)
    key = find_key(connection, display.key)
    if key is None or key.role != ROLE or not lasts(display, key, now_ns):
        return None
    return display, key


def lasts(display: Display, key: Key, now_ns: int) -> bool:
    """Whether neither the key has ended nor the cookie."""
    end_ns = key.limits.expires_ns
    return now_ns < display.seen_ns + IDLE_NS and (end_ns is None or now_ns < end_ns)


def note_display_seen(connection: sqlite3.Connection, display_id: str, now_ns: int) -> None:
    """Note that a display was used."""
    statement = "UPDATE displays SET seen_ns = max(seen_ns, ?) WHERE id = ?"
    connection.execute(statement, (now_ns, display_id))


def end_display(connection: sqlite3.Connection, display_id: str, deed: Deed) -> str | None:
    """End a display. The id of its key; None, and nothing happens, where there is no such one."""
    row = connection.execute(
        "DELETE FROM displays WHERE id = ? RETURNING key, address", (display_id,)
    ).fetchone()
    if row is None:
        return None
    key_id, address = row
    key = find_key(connection, key_id)
    name = deed.by if key is None else key.name
    tell(connection, deed, "display.end", name, {"id": display_id, "address": address})
    return str(key_id)


def list_displays(
    connection: sqlite3.Connection, wanted: DisplayFilter, request: PageRequest
) -> Page:
    """List displays as HTTP shows them, the oldest first with `seq`. Raises QuestionError."""
    rows, cursor = list_page(connection, _LISTING, wanted, request)
    return Page([_display_json(row) for row in rows], cursor)


def _display_json(row: sqlite3.Row) -> dict[str, Any]:
    """A display without what gives access; it goes when its cookie does, or with its key."""
    idle_end_ns = row["seen_ns"] + IDLE_NS
    end_ns = idle_end_ns if row["end_ns"] is None else min(idle_end_ns, row["end_ns"])
    return {
        "id": row["id"],
        "key": row["key"],
        "name": row["name"],
        "created_by": row["created_by"],
        "begun": format_time(row["created_ns"]),
        "seen": format_time(row["seen_ns"]),
        "expires": format_time(end_ns),
        "address": row["address"],
        "agent": row["agent"],
    }


def _clear(connection: sqlite3.Connection, key_id: str, now_ns: int) -> None:
    connection.execute("DELETE FROM displays WHERE seen_ns <= ?", (now_ns - IDLE_NS,))
    connection.execute(
        "DELETE FROM displays WHERE key = ? AND id NOT IN (SELECT id FROM displays"
        " WHERE key = ? ORDER BY seen_ns DESC, rowid DESC LIMIT ?)",
        (key_id, key_id, DISPLAYS_EACH - 1),
    )
