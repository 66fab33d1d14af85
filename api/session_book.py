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
from api.problems import printable
from api.surroundings import Ask
from history.callers import Caller
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


class SessionBook:
    """Fulfils `api.access.Sessions`. Sessions are remembered for 5 s, by the digest of the cookie.

    What ends a session here is told by `forget`, so it holds at once.
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
        self._kept: OrderedDict[bytes, Known] = OrderedDict()
        self._seen_ns: dict[str, int] = {}
        self._forgotten = 0

    async def caller_of(self, connection: HTTPConnection) -> Caller | None:
        """Whose session this is. Raises ProblemError (403) for what another page may have sent."""
        known = await self.known(connection)
        if known is None:
            return None
        if connection.scope["type"] == "websocket":
            require_own_page(connection)
        elif connection.scope["method"] not in SAFE_METHODS:
            require_own_page(connection)
            require_token(connection, known.session.csrf)
        return known.person.caller

    async def known(self, connection: HTTPConnection) -> Known | None:
        """The session that the cookie of a request names, and whose it is; None for none."""
        token = token_in(connection)
        if token is None:
            return None
        now_ns, digest = self._desk.clock(), digest_of(token)
        known = self._kept.get(digest)
        if known is None or self._monotonic_s() - known.asked_s >= KEPT_S:
            known = await self._looked_up(digest, now_ns)
        if known is None or not self._lasts(known.session, now_ns):
            return None
        self._seen_ns[known.session.id] = now_ns
        return known

    def forget(self, person: str | None = None, session: str | None = None) -> None:
        """Look up anew the sessions of somebody (id), or one: they were changed, or have ended."""
        self._forgotten += 1
        for digest, known in list(self._kept.items()):
            if person in {None, known.person.id} and session in {None, known.session.id}:
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

    def _lasts(self, session: Session, now_ns: int) -> bool:
        seen_ns = max(session.seen_ns, self._seen_ns.get(session.id, 0))
        return replace(session, seen_ns=seen_ns).lasts(now_ns, self.limits())

    async def _looked_up(self, digest: bytes, now_ns: int) -> Known | None:
        forgotten, asked_s = self._forgotten, self._monotonic_s()
        limits, questions = self.limits(), self._questions
        found = await self._ask(
            lambda: questions.answer(lambda reader: find_session(reader, digest, now_ns, limits))
        )
        _ = self._kept.pop(digest, None)
        if found is None:
            return None
        known = Known(*found, asked_s)
        # Ended while it was looked up: good for this one request, which came before.
        if forgotten == self._forgotten:
            self._kept[digest] = known
            if len(self._kept) > _KEPT_MAX:
                _ = self._kept.popitem(last=False)
        return known


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
