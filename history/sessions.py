"""Sessions: who has logged in, from where, and until when; cookies are kept as digests."""

import hashlib
import re
import secrets
import sqlite3
from typing import Any, NamedTuple

import msgspec

from history.paging import Listing, Page, PageRequest, list_page
from history.people import Deed, Person, find_person, tell
from tags.times import SECOND_NS, format_time

SESSIONS_EACH = 20
"""Of one person; the one that was used least recently ends for another."""

SEEN_EVERY_NS = 60 * SECOND_NS
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_COLUMNS = "rowid, id, person, csrf, created_ns, seen_ns, expires_ns, address, agent"
_LISTING = Listing(
    name="sessions",
    columns=_COLUMNS,
    key="rowid",
    terms={
        "person": "person = :person",
        "seen_after": "seen_ns > :seen_after",
        "lasting": "expires_ns > :lasting",
    },
    sought=frozenset({"person"}),
)


class SessionLimits(NamedTuple):
    """How long a session lasts: while nothing is asked, and in all (ns)."""

    idle_ns: int
    absolute_ns: int


class Origin(NamedTuple):
    """Where somebody came from, safe to show: their address, and what their browser says."""

    address: str
    agent: str


class Session(msgspec.Struct, frozen=True, gc=False):
    """A session as it is kept; `seen_ns` is right to a minute."""

    number: int
    id: str
    person: str
    csrf: str
    created_ns: int
    seen_ns: int
    expires_ns: int
    address: str
    agent: str

    def lasts(self, now_ns: int, limits: SessionLimits) -> bool:
        """Whether it has not ended."""
        idle_end_ns = self.seen_ns + limits.idle_ns
        absolute_end_ns = min(self.expires_ns, self.created_ns + limits.absolute_ns)
        return now_ns < min(idle_end_ns, absolute_end_ns)


class Begun(NamedTuple):
    """A new session, and what its cookie says; that can not be had again."""

    session: Session
    token: str


class SessionFilter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Sessions of somebody that had not ended at a time."""

    person: str | None = None
    seen_after: int | None = None
    lasting: int | None = None

    @classmethod
    def of(cls, person: str | None, now_ns: int, limits: SessionLimits) -> "SessionFilter":
        """Those that last."""
        return cls(person=person, seen_after=now_ns - limits.idle_ns, lasting=now_ns)


def begin_session(
    connection: sqlite3.Connection,
    person: Person,
    now_ns: int,
    limits: SessionLimits,
    origin: Origin,
) -> Begun:
    """Let somebody in. Old sessions of all, and those too many of theirs, are cleared away."""
    _clear(connection, person.id, now_ns, limits)
    token, session_id, csrf = (secrets.token_urlsafe(size) for size in (32, 9, 32))
    expires_ns = now_ns + limits.absolute_ns
    cells = (session_id, person.id, csrf, now_ns, now_ns, expires_ns, *origin)
    connection.execute(
        "INSERT INTO sessions (digest, id, person, csrf, created_ns, seen_ns, expires_ns,"
        " address, agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (digest_of(token), *cells),
    )
    connection.execute("UPDATE people SET last_login_ns = ? WHERE id = ?", (now_ns, person.id))
    detail = {"id": session_id, "address": origin.address, "agent": origin.agent}
    tell(connection, Deed(person.login, now_ns), "session.begin", person.login, detail)
    return Begun(Session(0, *cells), token)


def find_session(
    connection: sqlite3.Connection, digest: bytes, now_ns: int, limits: SessionLimits
) -> tuple[Session, Person] | None:
    """The session that a cookie names, and whose it is; None for one that there is not any more."""
    statement = f"SELECT {_COLUMNS} FROM sessions WHERE digest = ?"  # noqa: S608 - a constant
    row = connection.execute(statement, (digest,)).fetchone()
    if row is None:
        return None
    session = Session(*row)
    person = find_person(connection, session.person)
    if person is None or person.disabled or not session.lasts(now_ns, limits):
        return None
    return session, person


def note_seen(connection: sqlite3.Connection, session_id: str, now_ns: int) -> None:
    """Note that a session was used."""
    statement = "UPDATE sessions SET seen_ns = max(seen_ns, ?) WHERE id = ?"
    connection.execute(statement, (now_ns, session_id))


def end_session(
    connection: sqlite3.Connection, session_id: str, deed: Deed, of: str | None = None
) -> bool:
    """End a session; with `of` only one of this person (id). Whether there was such a one."""
    row = connection.execute(
        "SELECT person, address FROM sessions WHERE id = ? AND person = ifnull(?, person)",
        (session_id, of),
    ).fetchone()
    if row is None:
        return False
    connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,))
    person = find_person(connection, row[0])
    login = deed.by if person is None else person.login
    tell(connection, deed, "session.end", login, {"id": session_id, "address": row[1]})
    return True


def list_sessions(
    connection: sqlite3.Connection, wanted: SessionFilter, request: PageRequest
) -> Page:
    """List sessions as `session_json`, the oldest first with `seq`. Raises QuestionError."""
    rows, cursor = list_page(connection, _LISTING, wanted, request)
    return Page([session_json(Session(*row)) for row in rows], cursor)


def session_json(session: Session) -> dict[str, Any]:
    """A session as HTTP shows it, without what gives access."""
    return {
        "id": session.id,
        "person": session.person,
        "begun": format_time(session.created_ns),
        "seen": format_time(session.seen_ns),
        "expires": format_time(session.expires_ns),
        "address": session.address,
        "agent": session.agent,
    }


def is_token(text: str) -> bool:
    """Whether it may be what a cookie of ours says."""
    return _TOKEN.fullmatch(text) is not None


def digest_of(token: str) -> bytes:
    """By what a session is found; of 32 random bytes, so it needs no salt."""
    return hashlib.sha256(token.encode()).digest()


def _clear(
    connection: sqlite3.Connection, person_id: str, now_ns: int, limits: SessionLimits
) -> None:
    connection.execute(
        "DELETE FROM sessions WHERE expires_ns <= ? OR seen_ns <= ?",
        (now_ns, now_ns - limits.idle_ns),
    )
    connection.execute(
        "DELETE FROM sessions WHERE person = ? AND id NOT IN (SELECT id FROM sessions"
        " WHERE person = ? ORDER BY seen_ns DESC, rowid DESC LIMIT ?)",
        (person_id, person_id, SESSIONS_EACH - 1),
    )
