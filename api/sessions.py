"""Sessions: log in, log out, see where one is logged in, and end it there."""

import sqlite3
from functools import partial
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.access import Access, granted
from api.bodies import parse_as, parse_json, read_json_text
from api.lists import Listed, OldestFirst, Row, answer_list
from api.log_ins import LogIns, address_of
from api.me import logged_in, require_session
from api.once import Told, answer_once
from api.origins import require_own_page, require_private
from api.person_shapes import LOG_IN
from api.problems import ProblemError, not_found
from api.session_book import SessionBook, drop_cookie, origin_of
from api.surroundings import Here, Surroundings
from history.displays import end_display
from history.paging import Page, PageRequest
from history.people import Deed
from history.sessions import Begun, SessionFilter, begin_session, end_session, list_sessions

SESSION_COLUMNS = (
    "id",
    "person",
    "begun",
    "seen",
    "expires",
    "address",
    "agent",
    "current",
)
WhosePerson = Annotated[
    str | None,
    Query(max_length=100, description="Those of this person (id); else those of the caller."),
]


async def log_in(here: Here) -> Response:
    """Log in. The cookie of the answer opens the session, its `csrf` goes with every change."""
    require_stranger(here.request)
    body = parse_as(LOG_IN, parse_json(await read_json_text(here.request)))
    log_ins: LogIns = here.request.app.state.log_ins
    person = await log_ins.check(body.login, body.password, here.request)
    if person is None:
        challenge = {"www-authenticate": 'Bearer realm="tagwarden"'}
        raise ProblemError(401, "Login name or password is wrong.", headers=challenge)
    book: SessionBook = here.request.app.state.sessions
    now_ns, limits, origin = here.desk.clock(), book.limits(), origin_of(here.request)
    shown = await book.shown(here.request)

    def work(db: sqlite3.Connection) -> Begun:
        if shown is not None:
            end_display(db, shown.display.id, Deed(person.login, now_ns))
        return begin_session(db, person, now_ns, limits, origin)

    begun = await here.desk.transact(work)
    if shown is not None:
        book.forget_displays(shown.key.id)
    return logged_in(here, person, begun)


async def log_out(here: Here) -> Response:
    """Log out: the session ends, and the browser forgets it."""
    book: SessionBook = here.request.app.state.sessions
    if (shown := await book.shown(here.request)) is not None:
        deed = Deed(here.caller.name, here.desk.clock())
        await here.desk.transact(lambda db: end_display(db, shown.display.id, deed))
        book.forget_displays(shown.key.id)
    else:
        known = await require_session(here)
        await _end(here, known.session.id, known.person.id)
    response = Response(status_code=204)
    drop_cookie(response)
    return response


async def list_all_sessions(here: Here, page: OldestFirst, person: WhosePerson = None) -> Response:
    """Where somebody is logged in. Those of others are for who may manage people."""
    if person not in {None, here.caller.id} and not _manages_people(here):
        raise ProblemError(403, "The sessions of others are shown to those who manage people.")
    book: SessionBook = here.request.app.state.sessions
    known = await book.known(here.request) if here.caller.kind == "person" else None
    current = None if known is None else known.session.id
    wanted = SessionFilter.of(person or here.caller.id, here.desk.clock(), book.limits())
    listed = Listed(
        lambda request: _asked(here, wanted, request),
        SESSION_COLUMNS,
        finish=partial(_with_current, current),
    )
    return await answer_list(here, page, listed)


async def remove_session(session: str, here: Here) -> Response:
    """End a session: one's own, or of anybody by those who manage people."""

    async def act() -> Told:
        of = None if _manages_people(here) else here.caller.id
        await _end(here, session, of)
        return Told(204)

    return await answer_once(here, b"", act)


def require_stranger(request: Request) -> None:
    """What every way in asks of a request: its own page, a private connection, some patience."""
    require_own_page(request)
    require_private(request)
    access: Access = request.app.state.access
    access.require_pace(access.limits.come(address_of(request)))


def _manages_people(here: Surroundings) -> bool:
    return "people" in granted(here.caller)


def _asked(here: Surroundings, wanted: SessionFilter, request: PageRequest) -> Page:
    return here.questions.answer(lambda reader: list_sessions(reader, wanted, request))


def _with_current(current: str | None, rows: list[Row]) -> list[Row]:
    return [row | {"current": row["id"] == current} for row in rows]


async def _end(here: Surroundings, session: str, of: str | None) -> None:
    deed = Deed(here.caller.name, here.desk.clock())
    if not await here.desk.transact(lambda db: end_session(db, session, deed, of)):
        raise not_found("session", session)
    book: SessionBook = here.request.app.state.sessions
    book.forget(session=session)
