"""The first admin is made by a code that the gateway printed, once."""

import asyncio
from asyncio import to_thread
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.app import Api
from history.questions import StateQuestions
from tags.times import SECOND_NS
from tests.api.fake_gateway import NOON_NS, FakeDesk
from tests.api.logged_in import (
    API,
    PASSWORD,
    app_of,
    audit_in,
    browser_of,
    code_in,
    log_in,
    person_in,
)

HOUR_NS = 3600 * SECOND_NS


@pytest.fixture
def app(desk: FakeDesk, questions: StateQuestions, state_path: Path) -> Api:
    return app_of(desk, questions, state_path)


@pytest.fixture
async def browser(app: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(app) as client:
        yield client


def body_with(code: str, **other: str) -> dict[str, str]:
    return {"code": code, "login": "ada", "name": "Ada", "password": PASSWORD, **other}


async def test_the_code_makes_the_first_admin_and_logs_in(
    browser: httpx.AsyncClient, state_path: Path
) -> None:
    assert (await browser.get(f"{API}/setup")).json() == {"open": False}
    code = await code_in(state_path, None)
    assert (await browser.get(f"{API}/setup")).json() == {"open": True}
    answer = await browser.post(f"{API}/setup", json=body_with(code))
    assert answer.status_code == 201
    assert answer.json()["person"]["role"] == "admin"
    assert (await browser.get(f"{API}/people")).status_code == 200
    assert (await browser.get(f"{API}/setup")).json() == {"open": False}
    actions = [line[1] for line in await audit_in(state_path)]
    assert actions[-4:] == ["setup.code", "person.create", "person.password", "session.begin"]


async def test_a_code_is_read_as_people_type_it(
    browser: httpx.AsyncClient, state_path: Path
) -> None:
    code = await code_in(state_path, None)
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await browser.post(f"{API}/setup", json=body_with(typed))).status_code == 201


async def test_a_code_is_good_once_also_for_many_at_once(app: Api, state_path: Path) -> None:
    code = await code_in(state_path, None)

    async def make(login: str) -> int:
        async with browser_of(app) as client:
            return (
                await client.post(f"{API}/setup", json=body_with(code, login=login))
            ).status_code

    statuses = await asyncio.gather(*(make(f"ada{n}") for n in range(5)))
    assert sorted(statuses) == [201, 403, 403, 403, 403]
    assert await make("eve") == 403


async def test_a_code_ends_after_an_hour_and_with_the_next_one(
    browser: httpx.AsyncClient, state_path: Path, desk: FakeDesk
) -> None:
    former = await code_in(state_path, None)
    code = await code_in(state_path, None)
    assert (await browser.post(f"{API}/setup", json=body_with(former))).status_code == 403
    desk.clock = lambda: NOON_NS + HOUR_NS
    assert (await browser.get(f"{API}/setup")).json() == {"open": False}
    assert (await browser.post(f"{API}/setup", json=body_with(code))).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "short"),
        ("password", "x" * 257),
        ("password", "x" * 12),
        ("login", "Ada Lovelace"),
        ("login", "gateway"),
        ("login", ""),
        ("name", " "),
        ("name", "A\nda"),
    ],
)
async def test_what_is_not_good_uses_no_code_up(
    field: str, value: str, browser: httpx.AsyncClient, state_path: Path
) -> None:
    code = await code_in(state_path, None)
    answer = await browser.post(f"{API}/setup", json=body_with(code, **{field: value}))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await browser.post(f"{API}/setup", json=body_with(code))).status_code == 201


async def test_the_login_name_is_no_password(browser: httpx.AsyncClient, state_path: Path) -> None:
    body = body_with(await code_in(state_path, None), login="ada.lovelace", password="Ada.Lovelace")
    assert (await browser.post(f"{API}/setup", json=body)).status_code == 422


async def test_guessing_codes_is_throttled(browser: httpx.AsyncClient, state_path: Path) -> None:
    code = await code_in(state_path, None)
    guesses = [
        (await browser.post(f"{API}/setup", json=body_with(f"0000-0000-0000-{n:04}"))).status_code
        for n in range(40)
    ]
    assert guesses[:5] == [403] * 5
    assert guesses[-1] == 429
    assert (await browser.post(f"{API}/setup", json=body_with(code))).status_code == 429


async def test_somebody_chooses_a_password_by_their_code_and_former_sessions_end(
    app: Api, browser: httpx.AsyncClient, state_path: Path
) -> None:
    person = await to_thread(person_in, state_path, "gus", "guard")
    async with browser_of(app) as former:
        await log_in(former, "gus")
        code = await code_in(state_path, person.id)
        body = {"code": code, "password": "another good password"}
        answer = await browser.post(f"{API}/setup/password", json=body)
        assert answer.status_code == 200
        assert answer.json()["person"]["role"] == "guard"
        assert (await former.get(f"{API}/me")).status_code == 401
        assert (await log_in(former, "gus")).status_code == 401
        assert (await log_in(former, "gus", "another good password")).status_code == 200
        assert (await browser.post(f"{API}/setup/password", json=body)).status_code == 403


async def test_the_code_of_somebody_makes_no_admin_and_the_other_way_round(
    browser: httpx.AsyncClient, state_path: Path
) -> None:
    theirs = await code_in(state_path, (await to_thread(person_in, state_path, "gus", "guard")).id)
    first = await code_in(state_path, None)
    assert (await browser.post(f"{API}/setup", json=body_with(theirs))).status_code == 403
    body = {"code": first, "password": PASSWORD}
    assert (await browser.post(f"{API}/setup/password", json=body)).status_code == 403


async def test_who_is_kept_out_gets_in_by_no_code(
    browser: httpx.AsyncClient, state_path: Path
) -> None:
    person = await to_thread(person_in, state_path, "gus", "guard", disabled=True)
    body = {"code": await code_in(state_path, person.id), "password": PASSWORD}
    assert (await browser.post(f"{API}/setup/password", json=body)).status_code == 403


async def test_a_code_is_never_kept_as_it_is(state_path: Path) -> None:
    code = await code_in(state_path, None)
    kept = await to_thread(state_path.read_bytes)
    assert code.encode() not in kept
    assert code.replace("-", "").encode() not in kept
