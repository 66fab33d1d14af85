"""How the first person gets in, and how others get their password: by one-time codes."""

import sqlite3

from starlette.responses import Response

from api.bodies import parse_as, parse_json, read_json_text
from api.lists import json_response
from api.log_ins import LogIns, wrong_code
from api.me import logged_in, require_good
from api.person_shapes import CHOSEN, SETUP
from api.problems import ProblemError
from api.session_book import SessionBook, origin_of
from api.sessions import require_stranger
from api.surroundings import Here
from history.people import (
    Deed,
    LoginTakenError,
    Person,
    PersonFields,
    UnknownPersonError,
    add_person,
    keep_password,
)
from history.sessions import Begun, begin_session
from history.setup_codes import end_first_codes, is_setup_open, use_code


async def show_setup(here: Here) -> Response:
    """Whether the first admin can be made now."""
    now_ns, questions = here.desk.clock(), here.questions
    found = await here.ask(lambda: questions.answer(lambda reader: is_setup_open(reader, now_ns)))
    return json_response({"open": found})


async def set_up(here: Here) -> Response:
    """Make the first admin by the code that the gateway printed, and log in."""
    require_stranger(here.request)
    body = parse_as(SETUP, parse_json(await read_json_text(here.request)))
    log_ins: LogIns = here.request.app.state.log_ins
    _ = await log_ins.check_code(body.code, here.request, first=True)
    require_good("password", body.password, body.login)
    kept = await log_ins.hashing.hash(body.password)
    book: SessionBook = here.request.app.state.sessions
    deed, limits = Deed(body.login, here.desk.clock()), book.limits()
    origin, fields = origin_of(here.request), PersonFields(body.name, "admin")

    def work(db: sqlite3.Connection) -> tuple[Person, Begun]:
        if use_code(db, body.code, deed.at_ns) is None:
            raise wrong_code()
        end_first_codes(db)
        added = add_person(db, body.login, fields, deed)
        person = keep_password(db, added.id, kept, deed)
        return person, begin_session(db, person, deed.at_ns, limits, origin)

    try:
        person, begun = await here.desk.transact(work)
    except LoginTakenError as error:
        raise ProblemError(409, str(error)) from error
    return logged_in(here, person, begun, 201)


async def choose_password(here: Here) -> Response:
    """Choose a password by a one-time code, and log in. Former sessions end."""
    require_stranger(here.request)
    body = parse_as(CHOSEN, parse_json(await read_json_text(here.request)))
    log_ins: LogIns = here.request.app.state.log_ins
    _, found = await log_ins.check_code(body.code, here.request, first=False)
    if found is None:
        raise wrong_code()
    require_good("password", body.password, found.login)
    kept = await log_ins.hashing.hash(body.password)
    book: SessionBook = here.request.app.state.sessions
    deed, limits, origin = (
        Deed(found.login, here.desk.clock()),
        book.limits(),
        origin_of(here.request),
    )

    def work(db: sqlite3.Connection) -> tuple[Person, Begun]:
        code = use_code(db, body.code, deed.at_ns)
        if code is None or code.person != found.id:
            raise wrong_code()
        person = keep_password(db, found.id, kept, deed)
        if person.disabled:
            raise wrong_code()
        return person, begin_session(db, person, deed.at_ns, limits, origin)

    try:
        person, begun = await here.desk.transact(work)
    except UnknownPersonError as error:
        raise wrong_code() from error
    book.forget(person=person.id)
    return logged_in(here, person, begun)
