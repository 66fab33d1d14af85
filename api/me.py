"""Who asks: their name, what they may do, and their password."""

from starlette.responses import Response

from api.access import granted
from api.bodies import parse_as, parse_json, read_json_text
from api.lists import json_response
from api.log_ins import LogIns
from api.person_shapes import PASSWORD, Json
from api.problems import ProblemError, invalid
from api.session_book import (
    Known,
    SessionBook,
    Shown,
    origin_of,
    set_cookie,
    set_display_cookie,
    token_in,
)
from api.surroundings import Here, Surroundings
from history.callers import Caller
from history.passwords import WeakPasswordError, require_good_password
from history.people import Deed, Person, keep_password
from history.sessions import Begun, Session, begin_session
from tags.times import format_time


async def show_me(here: Here) -> Response:
    """Who asks, and what they may do; in a session also the token that changes need.

    A display gets its cookie anew, so that it goes on for as long as it asks now and then.
    """
    book: SessionBook = here.request.app.state.sessions
    match here.caller.kind:
        case "person":
            known = await require_session(here)
            return json_response(me_json(here, known.person, known.session))
        case "display" if (shown := await book.shown(here.request)) is not None:
            return display_shown(here, shown, token_in(here.request) or "")
        case _:
            return json_response(_caller_json(here, here.caller, here.caller.name))


async def change_password(here: Here) -> Response:
    """Choose another password. Every session of theirs ends, and this browser gets a new one."""
    text = await read_json_text(here.request)
    body = parse_as(PASSWORD, parse_json(text))
    person = (await require_session(here)).person
    log_ins: LogIns = here.request.app.state.log_ins
    require_good("new", body.new, person.login)
    if await log_ins.check(person.login, body.old, here.request) is None:
        raise invalid("old", "is not the present password")
    kept = await log_ins.hashing.hash(body.new)
    deed = Deed(person.login, here.desk.clock())
    book: SessionBook = here.request.app.state.sessions
    origin, limits = origin_of(here.request), book.limits()
    begun = await here.desk.transact(
        lambda db: begin_session(
            db, keep_password(db, person.id, kept, deed), deed.at_ns, limits, origin
        )
    )
    book.forget(person=person.id)
    return logged_in(here, person, begun)


def logged_in(here: Surroundings, person: Person, begun: Begun, status: int = 200) -> Response:
    """The answer to somebody who has just been let in, with the cookie of the session."""
    book: SessionBook = here.request.app.state.sessions
    body = {"person": me_json(here, person, begun.session), "csrf": begun.session.csrf}
    response = json_response(body, status)
    set_cookie(response, begun, book.limits())
    return response


def display_shown(here: Surroundings, shown: Shown, token: str) -> Response:
    """A display as `me` shows it, with its cookie."""
    told = _caller_json(here, shown.caller, shown.key.name) | {"csrf": shown.csrf}
    response = json_response(told)
    set_display_cookie(response, token, shown.key, here.desk.clock())
    return response


def require_good(field: str, password: str, login: str) -> None:
    """Refuse (422) a password that may not be chosen."""
    try:
        require_good_password(password, login)
    except WeakPasswordError as error:
        raise invalid(field, str(error)) from error


async def require_session(here: Surroundings) -> Known:
    """The session of the caller; 409 for a key, which has none."""
    book: SessionBook = here.request.app.state.sessions
    known = await book.known(here.request) if here.caller.kind == "person" else None
    if known is None:
        raise ProblemError(409, "This is for people who have logged in; others have no session.")
    return known


def me_json(here: Surroundings, person: Person, session: Session) -> Json:
    """Somebody in a session."""
    ends = {"expires": format_time(session.expires_ns), "csrf": session.csrf}
    return _caller_json(here, person.caller, person.name) | {"login": person.login} | ends


def _caller_json(here: Surroundings, caller: Caller, name: str) -> Json:
    zones, groups = caller.scope.zones, caller.scope.groups
    expires = None if caller.expires_ns is None else format_time(caller.expires_ns)
    return {
        "kind": caller.kind,
        "id": caller.id,
        "login": None,
        "name": name,
        "role": caller.role,
        "rights": sorted(granted(caller)),
        "zones": None if zones is None else list(zones),
        "groups": None if groups is None else list(groups),
        "expires": expires,
        "csrf": None,
        "version": here.request.app.version,
        "site": here.desk.frame()._asdict(),
    }
