"""People are added, changed, kept out and taken away; somebody always can."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from api.app import Api
from history.callers import Scope
from history.keys import KeyLimits, create_key
from history.people import Person
from history.questions import StateQuestions
from history.state import open_state
from tests.api.fake_gateway import NOON_NS, FakeDesk, client_of
from tests.api.logged_in import (
    API,
    PASSWORD,
    app_of,
    audit_in,
    browser_of,
    log_in,
    person_in,
)

NEW = {"login": "gus", "name": "Gus", "role": "guard"}


@pytest.fixture
def ada(state_path: Path) -> Person:
    return person_in(state_path, "ada", "admin")


@pytest.fixture
def app(desk: FakeDesk, questions: StateQuestions, state_path: Path, ada: Person) -> Api:
    del ada
    return app_of(desk, questions, state_path)


@pytest.fixture
async def browser(app: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(app) as client:
        await log_in(client, "ada")
        yield client


async def test_a_new_person_gets_a_code_once_and_chooses_a_password_by_it(
    browser: httpx.AsyncClient, app: Api
) -> None:
    headers = {"idempotency-key": "k1"}
    answer = await browser.post(f"{API}/people", json=NEW, headers=headers)
    assert answer.status_code == 201
    added = answer.json()
    assert added["password_chosen"] is None
    again = await browser.post(f"{API}/people", json=NEW, headers=headers)
    assert again.json() == added | {"code": None, "code_expires": None}
    async with browser_of(app) as other:
        assert (await log_in(other, "gus")).status_code == 401
        body = {"code": added["code"], "password": PASSWORD}
        assert (await other.post(f"{API}/setup/password", json=body)).status_code == 200
        assert (await log_in(other, "gus")).status_code == 200


async def test_people_are_shown_without_what_lets_them_in(
    browser: httpx.AsyncClient, ada: Person
) -> None:
    listed = await browser.get(f"{API}/people")
    one = await browser.get(f"{API}/people/{ada.id}")
    assert listed.json()["items"] == [one.json()]
    assert "argon2" not in listed.text
    assert one.headers["etag"] == f'"{ada.revision}"'
    assert (await browser.get(f"{API}/people/p0")).status_code == 404
    assert (await browser.get(f"{API}/people?login=ADA&role=admin&disabled=false")).json()["items"]
    assert (await browser.get(f"{API}/people?disabled=true")).json() == {"items": []}


@pytest.mark.parametrize(
    ("field", "value"),
    [("login", "g us"), ("role", "ingest"), ("name", ""), ("zones", ["nowhere"]), ("id", "x")],
)
async def test_nobody_is_added_with_what_makes_no_sense(
    field: str, value: object, browser: httpx.AsyncClient
) -> None:
    answer = await browser.post(f"{API}/people", json=NEW | {field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field)


@pytest.mark.parametrize("login", ["ada", "ADA", "admin-key"])
async def test_a_name_stands_for_one_person_or_key(
    login: str, browser: httpx.AsyncClient, state_path: Path
) -> None:
    await to_thread(_key_in, state_path, "Admin-Key", KeyLimits())
    answer = await browser.post(f"{API}/people", json=NEW | {"login": login})
    assert answer.status_code == 409


async def test_a_change_of_role_or_limits_ends_sessions_and_one_of_the_name_does_not(
    browser: httpx.AsyncClient, app: Api, state_path: Path
) -> None:
    gus = await to_thread(person_in, state_path, "gus", "guard")
    async with browser_of(app) as other:
        await log_in(other, "gus")
        path = f"{API}/people/{gus.id}"
        assert (await browser.patch(path, json={"name": "Gustav"})).status_code == 200
        assert (await other.get(f"{API}/me")).json()["name"] == "Gustav"
        for body in ({"role": "viewer"}, {"zones": ["hall"]}, {"disabled": True}):
            assert (await browser.patch(path, json=body)).status_code == 200
            assert (await other.get(f"{API}/me")).status_code == 401
            if "disabled" not in body:
                assert (await log_in(other, "gus")).status_code == 200
        assert (await log_in(other, "gus")).status_code == 401


async def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(
    browser: httpx.AsyncClient, state_path: Path
) -> None:
    gus = await to_thread(person_in, state_path, "gus", "guard")
    path = f"{API}/people/{gus.id}"
    seen = {"if-match": (await browser.get(path)).headers["etag"]}
    assert (await browser.patch(path, json={"name": "G"}, headers=seen)).status_code == 200
    assert (await browser.patch(path, json={"name": "H"}, headers=seen)).status_code == 412
    assert (await browser.delete(path, headers=seen)).status_code == 412
    assert (await browser.delete(path)).status_code == 204
    assert (await browser.get(path)).status_code == 404


@pytest.mark.parametrize("body", [{"role": "guard"}, {"disabled": True}, {"zones": ["hall"]}, None])
async def test_the_last_admin_stays(
    body: dict[str, object] | None, browser: httpx.AsyncClient, ada: Person
) -> None:
    # The keys of the fixture are not made: nobody else could give access.
    path = f"{API}/people/{ada.id}"
    answer = await (browser.delete(path) if body is None else browser.patch(path, json=body))
    assert answer.status_code == 409
    assert (await browser.get(f"{API}/people")).status_code == 200


async def test_who_goes_is_out_at_once(
    browser: httpx.AsyncClient, app: Api, state_path: Path
) -> None:
    gus = await to_thread(person_in, state_path, "gus", "guard")
    async with browser_of(app) as other:
        await log_in(other, "gus")
        assert (await browser.delete(f"{API}/people/{gus.id}")).status_code == 204
        assert (await other.get(f"{API}/me")).status_code == 401
        assert (await log_in(other, "gus")).status_code == 401


async def test_a_key_for_people_alone_makes_no_admin_and_touches_none(
    app: Api, state_path: Path, ada: Person
) -> None:
    limits = KeyLimits(rights=frozenset({"people", "look", "self"}))
    key = await to_thread(_key_in, state_path, "people", limits)
    async with client_of(app, key) as client:
        for answer in (
            await client.post(f"{API}/people", json=NEW | {"role": "admin"}),
            await client.post(f"{API}/people/{ada.id}/code"),
            await client.patch(f"{API}/people/{ada.id}", json={"name": "X"}),
            await client.delete(f"{API}/people/{ada.id}"),
        ):
            assert answer.status_code == 403
        answer = await client.post(f"{API}/people", json=NEW | {"role": "viewer"})
        assert answer.status_code == 201


async def test_an_admin_of_one_zone_manages_nobody(app: Api, state_path: Path) -> None:
    await to_thread(person_in, state_path, "zoe", "admin", Scope(zones=("hall",)))
    async with browser_of(app) as client:
        await log_in(client, "zoe")
        me = (await client.get(f"{API}/me")).json()
        assert me["zones"] == ["hall"]
        assert "people" not in me["rights"]
        assert (await client.get(f"{API}/people")).status_code == 403


async def test_another_password_ends_every_other_session(app: Api) -> None:
    async with browser_of(app) as here, browser_of(app) as there:
        await log_in(here, "ada")
        await log_in(there, "ada")
        body = {"old": "not the old one", "new": "another good password"}
        wrong = await here.put(f"{API}/me/password", json=body)
        assert wrong.status_code == 422
        answer = await here.put(f"{API}/me/password", json=body | {"old": PASSWORD})
        assert answer.status_code == 200
        assert (await there.get(f"{API}/me")).status_code == 401
        assert (await here.get(f"{API}/me")).json()["csrf"] == answer.json()["csrf"]
        assert (await log_in(there, "ada")).status_code == 401


async def test_a_key_is_told_what_it_may_do_and_has_no_password(
    app: Api, keys: dict[str, str]
) -> None:
    async with client_of(app, keys["guard"]) as client:
        me = (await client.get(f"{API}/me")).json()
        assert me["kind"] == "key"
        assert me["csrf"] is None
        assert me["rights"] == ["custody", "handle_alerts", "look", "self"]
        body = {"old": PASSWORD, "new": PASSWORD}
        assert (await client.put(f"{API}/me/password", json=body)).status_code == 409


async def test_every_change_stands_in_the_audit_log(
    browser: httpx.AsyncClient, state_path: Path
) -> None:
    added = (await browser.post(f"{API}/people", json=NEW)).json()
    path = f"{API}/people/{added['id']}"
    await browser.patch(path, json={"role": "viewer"})
    await browser.post(f"{path}/code")
    await browser.delete(path)
    lines = [line[:3] for line in await audit_in(state_path)][-5:]
    assert lines == [
        ("ada", "person.create", "gus"),
        ("ada", "setup.code", added["id"]),
        ("ada", "person.change", "gus"),
        ("ada", "setup.code", added["id"]),
        ("ada", "person.remove", "gus"),
    ]
    assert added["code"] not in str(await audit_in(state_path))


def _key_in(path: Path, name: str, limits: KeyLimits) -> str:
    with closing(open_state(path)) as state:
        state.execute("BEGIN")
        key = create_key(state, name, "admin", NOON_NS, limits=limits)
        state.execute("COMMIT")
        return key
