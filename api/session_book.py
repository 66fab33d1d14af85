"""Who has logged in, by the cookie of their browser."""

import asyncio
import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace
from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.desk import Desk, JournalFullError
from api.origins import SAFE_METHODS, require_own_page, require_token
from api.problems import ProblemError, printable
from api.surroundings import Ask
from history.callers import Caller
from history.displays import IDLE_NS, Display, find_display, lasts, note_display_seen
from history.keys import Key
from history.people import Person
from history.questions import StateQuestions
from history.sessions import (
    Begun,
    Origin,
    Session,
    SessionLimits,
    digest_of,
    find_session,
    is_token,
    note_seen,
)
from tags.times import SECOND_NS

COOKIE = "__Host-tagwarden"
CURRENT = "/api/v1/sessions/current"
"""Where a browser says goodbye; a display may do no more than that."""
KEPT_S = 5.0
WRITE_EVERY_S = 60.0
AGENT_CHARS_MAX = 200
_KEPT_MAX = 1024
_COOKIES_CHARS_MAX = 8_192

log = logging.getLogger("tagwarden.api")


class Known(NamedTuple):
    """A session, whose it is, and when it was looked up."""

    session: Session
    person: Person
    asked_s: float

    @property
    def csrf(self) -> str:
        """What changes need."""
        return self.session.csrf

    @property
    def caller(self) -> Caller:
        """Who asks in it."""
        return self.person.caller


class Shown(NamedTuple):
    """A display, the key that let it in, and when it was looked up."""

    display: Display
    key: Key
    asked_s: float

    @property
    def csrf(self) -> str:
        """What its end needs."""
        return self.display.csrf

    @property
    def caller(self) -> Caller:
        """Who asks by it: the key, but from a browser."""
        return replace(self.key.caller, kind="display")


class SessionBook:
    """Fulfils `api.access.Sessions`. Sessions are remembered for 5 s, by the digest of the cookie.

    So are displays, which have the same cookie: a browser is one or the other. What ends one
    here is told by `forget`, so it holds at once.
    """

    def __init__(
        self,
        desk: Desk,
        questions: StateQuestions,
        ask: Ask,
        limits: Callable[[], SessionLimits],
        monotonic_s: Callable[[], float],
    ) -> None:
        self.limits = limits
        self._desk = desk
        self._questions = questions
        self._ask = ask
        self._monotonic_s = monotonic_s
        self._kept: OrderedDict[bytes, Known | Shown] = OrderedDict()
        self._seen_ns: dict[str, int] = {}
        self._forgotten = 0

    async def caller_of(self, connection: HTTPConnection) -> Caller | None:
        """Whose session this is. Raises ProblemError (403) for what another page may have sent.

        And for whatever a display would change but its own end.
        """
        found = await self._found(connection)
        if found is None:
            return None
        if connection.scope["type"] == "websocket":
            require_own_page(connection)
        elif connection.scope["method"] not in SAFE_METHODS:
            require_own_page(connection)
            require_token(connection, found.csrf)
            if isinstance(found, Shown) and not _ends_itself(connection):
                raise ProblemError(403, "A display changes nothing.")
        return found.caller

    async def known(self, connection: HTTPConnection) -> Known | None:
        """The session that the cookie of a request names, and whose it is; None for none."""
        found = await self._found(connection)
        return found if isinstance(found, Known) else None

    async def shown(self, connection: HTTPConnection) -> Shown | None:
        """The display that the cookie of a request names, and its key; None for none."""
        found = await self._found(connection)
        return found if isinstance(found, Shown) else None

    async def _found(self, connection: HTTPConnection) -> Known | Shown | None:
        token = token_in(connection)
        if token is None:
            return None
        now_ns, digest = self._desk.clock(), digest_of(token)
        found = self._kept.get(digest)
        if found is None or self._monotonic_s() - found.asked_s >= KEPT_S:
            found = await self._looked_up(digest, now_ns)
        if found is None or not self._lasts(found, now_ns):
            return None
        self._seen_ns[_id_of(found)] = now_ns
        return found

    def forget(self, person: str | None = None, session: str | None = None) -> None:
        """Look up anew the sessions of somebody (id), or one: they were changed, or have ended."""
        self._forgotten += 1
        for digest, found in list(self._kept.items()):
            if isinstance(found, Known) and (
                person in {None, found.person.id} and session in {None, found.session.id}
            ):
                del self._kept[digest]

    def forget_displays(self, key: str) -> None:
        """Look up anew the displays of a key (id): it was changed or withdrawn."""
        self._forgotten += 1
        for digest, found in list(self._kept.items()):
            if isinstance(found, Shown) and found.key.id == key:
                del self._kept[digest]

    async def run(self, every_s: float = WRITE_EVERY_S) -> None:
        """Write once in a while which sessions were used, until it is cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.write()

    async def write(self) -> None:
        """Write it in one transaction; a full disk keeps it for the next time."""
        seen_ns, self._seen_ns = self._seen_ns, {}
        if not seen_ns:
            return
        try:
            await self._desk.transact(partial(_write, seen_ns))
        except (JournalFullError, sqlite3.Error) as error:
            self._seen_ns = seen_ns | self._seen_ns
            log.warning("last use of %d sessions is not written yet: %s", len(seen_ns), error)

    def _lasts(self, found: Known | Shown, now_ns: int) -> bool:
        if isinstance(found, Shown):
            return lasts(found.display, found.key, now_ns)
        seen_ns = max(found.session.seen_ns, self._seen_ns.get(found.session.id, 0))
        return replace(found.session, seen_ns=seen_ns).lasts(now_ns, self.limits())

    async def _looked_up(self, digest: bytes, now_ns: int) -> Known | Shown | None:
        forgotten, asked_s = self._forgotten, self._monotonic_s()
        limits, questions = self.limits(), self._questions

        def look_up(reader: sqlite3.Connection) -> Known | Shown | None:
            if (known := find_session(reader, digest, now_ns, limits)) is not None:
                return Known(*known, asked_s)
            shown = find_display(reader, digest, now_ns)
            return None if shown is None else Shown(*shown, asked_s)

        found = await self._ask(lambda: questions.answer(look_up))
        _ = self._kept.pop(digest, None)
        # Ended while it was looked up: good for this one request, which came before.
        if found is not None and forgotten == self._forgotten:
            self._kept[digest] = found
            if len(self._kept) > _KEPT_MAX:
                _ = self._kept.popitem(last=False)
        return found


def token_in(connection: HTTPConnection) -> str | None:
    """What our cookie says; None where there is none that may be ours."""
    sent = connection.headers.get("cookie", "")
    if COOKIE not in sent or len(sent) > _COOKIES_CHARS_MAX:
        return None
    token = connection.cookies.get(COOKIE, "")
    return token if is_token(token) else None


def origin_of(connection: HTTPConnection) -> Origin:
    """Where a request came from, clipped and safe to show."""
    address = "" if connection.client is None else connection.client.host
    agent = printable(connection.headers.get("user-agent", ""), AGENT_CHARS_MAX)
    return Origin(printable(address, 64), agent)


def set_cookie(response: Response, begun: Begun, limits: SessionLimits) -> None:
    """Give the browser its session; only it reads the cookie, and only over a safe connection."""
    _set_cookie(response, begun.token, limits.absolute_ns // SECOND_NS)


def set_display_cookie(response: Response, token: str, key: Key, now_ns: int) -> None:
    """Give the browser its display anew: for as long as the key lasts, and browsers keep it."""
    end_ns = key.limits.expires_ns
    for_ns = IDLE_NS if end_ns is None else min(IDLE_NS, end_ns - now_ns)
    _set_cookie(response, token, for_ns // SECOND_NS)


def drop_cookie(response: Response) -> None:
    """Let the browser forget its session."""
    _set_cookie(response, "", 0)


def _set_cookie(response: Response, token: str, max_age_s: int) -> None:
    response.set_cookie(
        COOKIE, token, max_age=max_age_s, path="/", secure=True, httponly=True, samesite="lax"
    )


def _write(seen_ns: dict[str, int], connection: sqlite3.Connection) -> None:
    for session_id, at_ns in seen_ns.items():
        note_seen(connection, session_id, at_ns)
        note_display_seen(connection, session_id, at_ns)


def _id_of(found: Known | Shown) -> str:
    return found.session.id if isinstance(found, Known) else found.display.id


def _ends_itself(connection: HTTPConnection) -> bool:
    return (connection.scope["method"], connection.scope["path"]) == ("DELETE", CURRENT)
