"""Displays: browsers of walls that a key of role viewer let in; cookies are kept as digests."""

import secrets
import sqlite3
from typing import NamedTuple

import msgspec

from history.callers import Caller, Role
from history.keys import Key, find_key
from history.people import Deed, tell
from history.sessions import Origin, digest_of
from tags.times import SECOND_NS

ROLE: Role = "viewer"
"""Only keys of this role may become a display: whoever stands before a wall can use its browser."""
DISPLAYS_EACH = 100
"""Of one key; the one that was used least recently ends for another."""
IDLE_NS = 400 * 86_400 * SECOND_NS
"""Browsers keep no cookie for longer."""
_COLUMNS = "id, key, csrf, created_ns, seen_ns, address, agent"


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


def end_display(connection: sqlite3.Connection, display: Display, deed: Deed) -> None:
    """End a display; nothing happens to one that has ended."""
    gone = connection.execute("DELETE FROM displays WHERE id = ?", (display.id,)).rowcount
    if gone:
        key = find_key(connection, display.key)
        name = deed.by if key is None else key.name
        tell(connection, deed, "display.end", name, {"id": display.id, "address": display.address})


def _clear(connection: sqlite3.Connection, key_id: str, now_ns: int) -> None:
    connection.execute("DELETE FROM displays WHERE seen_ns <= ?", (now_ns - IDLE_NS,))
    connection.execute(
        "DELETE FROM displays WHERE key = ? AND id NOT IN (SELECT id FROM displays"
        " WHERE key = ? ORDER BY seen_ns DESC, rowid DESC LIMIT ?)",
        (key_id, key_id, DISPLAYS_EACH - 1),
    )
