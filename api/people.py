"""People who log in: added, changed, kept out, taken away."""

import sqlite3
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Query
from starlette.responses import Response

from api.access import RIGHTS, granted
from api.bodies import parse_as, parse_json, read_json_text
from api.lists import Listed, OldestFirst, Text, answer_list, json_response
from api.once import Told, answer_once, told_json
from api.person_shapes import PATCH, PERSON, Json
from api.problems import ProblemError, invalid, not_found
from api.session_book import SessionBook
from api.surroundings import Here, Surroundings
from history.callers import Role, Scope
from history.keys import LastAdminError
from history.paging import Page, PageRequest
from history.people import (
    ChangedMeanwhileError,
    Deed,
    LoginTakenError,
    PeopleFilter,
    Person,
    PersonFields,
    TooManyPeopleError,
    UnknownPersonError,
    add_person,
    change_person,
    fields_of,
    find_person,
    list_people,
    person_json,
    remove_person,
)
from history.setup_codes import CODE_NS, make_code
from tags.times import format_time

PEOPLE_COLUMNS = (
    "id",
    "login",
    "name",
    "role",
    "zones",
    "groups",
    "disabled",
    "password_chosen",
    "last_login",
    "created",
    "created_by",
)
Done = TypeVar("Done")
Work = Callable[[sqlite3.Connection], Done]


async def list_everybody(
    here: Here,
    page: OldestFirst,
    login: Text = None,
    role: Text = None,
    disabled: Annotated[bool | None, Query(description="Those who are kept out.")] = None,
) -> Response:
    """List people in the order in which they came; `login` in any case."""
    wanted = PeopleFilter(
        login=login, role=role, disabled=None if disabled is None else int(disabled)
    )
    listed = Listed(lambda request: _asked(here, wanted, request), PEOPLE_COLUMNS)
    return await answer_list(here, page, listed)


async def show_person(person: str, here: Here) -> Response:
    """One person."""
    found = await _find(here, person)
    return json_response(person_json(found), headers={"etag": _etag(found)})


async def create_person(here: Here) -> Response:
    """Add somebody. The answer holds a one-time code with which they choose a password.

    It is told this once: under an Idempotency-Key the second answer has null in its place.
    """
    text = await read_json_text(here.request)
    body = parse_as(PERSON, parse_json(text))
    fields = PersonFields(body.name, body.role, Scope(body.zones, body.groups))
    code_told: Json = {}

    async def act() -> Told:
        _require_grantable(here, body.role)
        _require_zones(here, fields.scope)
        deed = _deed(here)

        def work(db: sqlite3.Connection) -> tuple[Person, str]:
            added = add_person(db, body.login, fields, deed)
            return added, make_code(db, added.id, deed)

        added, code = await _changing(here, work)
        code_told.update(_code_json(code, deed))
        return told_json(201, person_json(added) | dict.fromkeys(code_told))

    return _with_secret(await answer_once(here, text, act), code_told)


async def change_one(person: str, here: Here) -> Response:
    """Change what the body names. Where role or limits change, their sessions end."""
    text = await read_json_text(here.request)
    body = parse_as(PATCH, parse_json(text))

    async def act() -> Told:
        found = await _find_as_seen(here, person)
        fields = _patched(fields_of(found), body.model_dump(exclude_unset=True))
        _require_grantable(here, fields.role)
        _require_zones(here, fields.scope)
        deed = _deed(here)
        after = await _changing(
            here, lambda db: change_person(db, found.id, fields, deed, found.revision)
        )
        _forget(here, person)
        return told_json(200, person_json(after))

    return await answer_once(here, text, act)


async def delete_person(person: str, here: Here) -> Response:
    """Take somebody away; their sessions end, and what they did stays in the audit log."""

    async def act() -> Told:
        found = await _find_as_seen(here, person)
        deed = _deed(here)
        await _changing(here, lambda db: remove_person(db, found.id, deed, found.revision))
        _forget(here, person)
        return Told(204)

    return await answer_once(here, b"", act)


async def create_code(person: str, here: Here) -> Response:
    """Make a one-time code with which somebody chooses a password; one made before it ends.

    It is told this once: under an Idempotency-Key the second answer has null in its place.
    """
    code_told: Json = {}

    async def act() -> Told:
        found = await _find(here, person)
        _require_grantable(here, found.role)
        deed = _deed(here)
        code = await _changing(here, lambda db: make_code(db, found.id, deed))
        code_told.update(_code_json(code, deed))
        return told_json(201, dict.fromkeys(code_told))

    return _with_secret(await answer_once(here, b"", act), code_told)


def _asked(here: Surroundings, wanted: PeopleFilter, request: PageRequest) -> Page:
    return here.questions.answer(lambda reader: list_people(reader, wanted, request))


async def _find(here: Surroundings, person: str) -> Person:
    questions = here.questions
    found = await here.ask(lambda: questions.answer(lambda reader: find_person(reader, person)))
    if found is None:
        raise not_found("person", person)
    return found


async def _find_as_seen(here: Surroundings, person: str) -> Person:
    """The same for who may change them; 412 where `If-Match` names another revision."""
    found = await _find(here, person)
    _require_grantable(here, found.role)
    wanted = here.request.headers.get("if-match", "*")
    if wanted.strip() != "*" and _etag(found) not in map(str.strip, wanted.split(",")):
        raise _changed()
    return found


async def _changing(here: Surroundings, work: Work[Done]) -> Done:
    """Commit it; what stands against it in terms of HTTP."""
    try:
        return await here.desk.transact(work)
    except (LoginTakenError, TooManyPeopleError, LastAdminError) as error:
        raise ProblemError(409, str(error)) from error
    except ChangedMeanwhileError as error:
        raise _changed() from error
    except UnknownPersonError as error:
        raise not_found("person", str(error)) from error


def _changed() -> ProblemError:
    return ProblemError(412, "Somebody else has changed this person; ask again.")


def _patched(fields: PersonFields, said: Json) -> PersonFields:
    """Names left out and nulls that mean nothing stay as they were; null ends a limit."""
    scope = Scope(said.get("zones", fields.scope.zones), said.get("groups", fields.scope.groups))
    disabled = said.get("disabled")
    return PersonFields(
        said.get("name") or fields.name,
        said.get("role") or fields.role,
        scope,
        fields.disabled if disabled is None else disabled,
    )


def _require_grantable(here: Surroundings, role: Role) -> None:
    """Nobody gives, or takes, what they do not have: a limited key makes no admin."""
    if not RIGHTS[role] <= granted(here.caller):
        raise ProblemError(403, f"You may not do all that the role {role} may.")


def _require_zones(here: Surroundings, scope: Scope) -> None:
    known = {zone["name"] for zone in here.desk.zones()}
    for zone in scope.zones or ():
        if zone not in known:
            raise invalid("zones", f"there is no zone {zone!r}")


def _deed(here: Surroundings) -> Deed:
    return Deed(here.caller.name, here.desk.clock())


def _forget(here: Surroundings, person: str) -> None:
    book: SessionBook = here.request.app.state.sessions
    book.forget(person=person)


def _code_json(code: str, deed: Deed) -> Json:
    return {"code": code, "code_expires": format_time(deed.at_ns + CODE_NS)}


def _with_secret(response: Response, told: Json) -> Response:
    """Put into an answer what is not kept for a second one."""
    if not told:
        return response
    return json_response(parse_json(bytes(response.body)) | told, response.status_code)


def _etag(person: Person) -> str:
    return f'"{person.revision}"'
