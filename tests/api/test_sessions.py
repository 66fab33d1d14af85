"""People log in and out, and nobody else is let in."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from api.app import Api
from api.session_book import COOKIE
from history.callers import Role
from history.questions import StateQuestions
from history.sessions import SESSIONS_EACH
from tags.times import SECOND_NS
from tests.api.fake_gateway import NOON_NS, FakeDesk, client_of
from tests.api.logged_in import (
    API,
    PASSWORD,
    app_of,
    audit_in,
    browser_of,
    cookie_of,
    log_in,
    person_in,
)

LOGINS = ("ada", "gus", "vic")
HOUR_NS = 3600 * SECOND_NS


@pytest.fixture
def app(desk: FakeDesk, questions: StateQuestions, state_path: Path) -> Api:
    roles: tuple[Role, ...] = ("admin", "guard", "viewer")
    for login, role in zip(LOGINS, roles, strict=True):
        person_in(state_path, login, role)
    return app_of(desk, questions, state_path)


@pytest.fixture
async def browser(app: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(app) as client:
        yield client


async def test_who_logs_in_is_let_in_by_the_cookie(browser: httpx.AsyncClient) -> None:
    answer = await log_in(browser, "GUS")
    assert answer.status_code == 200
    told = answer.json()
    assert told["person"]["login"] == "gus"
    assert told["person"]["csrf"] == told["csrf"]
    assert PASSWORD not in answer.text
    assert (await browser.get(f"{API}/assets")).status_code == 200


async def test_the_cookie_is_for_this_host_and_for_no_script(browser: httpx.AsyncClient) -> None:
    said = (await log_in(browser, "gus")).headers["set-cookie"]
    assert said.startswith(f"{COOKIE}=")
    assert {part.strip().lower() for part in said.split(";")[1:]} == {
        "max-age=604800",
        "path=/",
        "secure",
        "httponly",
        "samesite=lax",
    }


async def test_the_state_holds_neither_cookie_nor_password(
    browser: httpx.AsyncClient, state_path: Path, desk: FakeDesk
) -> None:
    await log_in(browser, "gus")
    desk.state.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    kept = await asyncio.to_thread(state_path.read_bytes)
    assert cookie_of(browser).encode() not in kept
    assert PASSWORD.encode() not in kept


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("gus", "wrong password"),
        ("nobody", PASSWORD),
        ("gus", ""),
        ("x" * 1000, PASSWORD),
        ("gus\x00", PASSWORD),
    ],
)
async def test_every_wrong_log_in_has_the_same_answer(
    login: str, password: str, browser: httpx.AsyncClient
) -> None:
    answer = await log_in(browser, login, password)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "Login name or password is wrong."
    assert "set-cookie" not in answer.headers


async def test_a_session_has_the_rights_of_the_role_and_no_more(
    browser: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await log_in(browser, "vic")
    assert (await browser.get(f"{API}/people")).status_code == 403
    assert desk.denials == [("vic", f"GET {API}/people", "viewer")]


async def test_who_logs_out_is_out_at_once(browser: httpx.AsyncClient, app: Api) -> None:
    await log_in(browser, "gus")
    stolen = cookie_of(browser)
    assert (await browser.get(f"{API}/me")).status_code == 200
    answer = await browser.delete(f"{API}/sessions/current")
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    async with browser_of(app) as thief:
        thief.headers["cookie"] = f"{COOKIE}={stolen}"
        assert (await thief.get(f"{API}/me")).status_code == 401


async def test_a_session_ends_when_nothing_was_asked_for_twelve_hours(
    browser: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await log_in(browser, "gus")
    desk.clock = lambda: NOON_NS + 12 * HOUR_NS - 1
    assert (await browser.get(f"{API}/me")).status_code == 200
    desk.clock = lambda: NOON_NS + 24 * HOUR_NS - 2
    assert (await browser.get(f"{API}/me")).status_code == 200
    desk.clock = lambda: NOON_NS + 36 * HOUR_NS
    assert (await browser.get(f"{API}/me")).status_code == 401


async def test_a_session_ends_after_seven_days_however_busy(
    browser: httpx.AsyncClient, desk: FakeDesk, app: Api
) -> None:
    await log_in(browser, "gus")
    for hours in range(0, 168, 11):
        desk.clock = partial(int, NOON_NS + hours * HOUR_NS)
        assert (await browser.get(f"{API}/me")).status_code == 200
        await app.session_book.write()
        app.session_book.forget()
    desk.clock = lambda: NOON_NS + 168 * HOUR_NS
    assert (await browser.get(f"{API}/me")).status_code == 401


async def test_when_a_session_was_used_is_written_once_in_a_while(
    browser: httpx.AsyncClient, desk: FakeDesk, app: Api
) -> None:
    await log_in(browser, "gus")
    desk.clock = lambda: NOON_NS + 90 * SECOND_NS
    assert (await browser.get(f"{API}/me")).status_code == 200
    desk.journal_full = True
    await app.session_book.write()
    desk.journal_full = False
    await app.session_book.write()
    (listed,) = (await browser.get(f"{API}/sessions")).json()["items"]
    assert listed["seen"] > listed["begun"]
    assert listed["current"] is True


async def test_own_sessions_are_listed_and_ended_and_those_of_others_are_not(
    browser: httpx.AsyncClient, app: Api
) -> None:
    await log_in(browser, "gus")
    async with browser_of(app, "198.51.100.4") as elsewhere:
        elsewhere.headers["user-agent"] = "tab\x1b[31m" + "x" * 500
        theirs = (await log_in(elsewhere, "vic")).json()["person"]["id"]
        assert (await browser.get(f"{API}/sessions?person={theirs}")).status_code == 403
        (shown,) = (await elsewhere.get(f"{API}/sessions")).json()["items"]
        assert shown["address"] == "198.51.100.4"
        assert shown["agent"].startswith("tab\\x1b[31mxxx")
        assert len(shown["agent"]) <= 220
        answer = await browser.delete(f"{API}/sessions/{shown['id']}")
        assert answer.status_code == 404
        assert (await elsewhere.get(f"{API}/me")).status_code == 200


async def test_an_admin_sees_and_ends_the_sessions_of_others(
    browser: httpx.AsyncClient, app: Api
) -> None:
    await log_in(browser, "ada")
    async with browser_of(app) as other:
        theirs = (await log_in(other, "gus")).json()["person"]["id"]
        (shown,) = (await browser.get(f"{API}/sessions?person={theirs}")).json()["items"]
        assert shown["current"] is False
        assert (await browser.delete(f"{API}/sessions/{shown['id']}")).status_code == 204
        assert (await other.get(f"{API}/me")).status_code == 401


async def test_one_person_has_twenty_sessions_at_most(app: Api) -> None:
    async with browser_of(app) as first, browser_of(app) as last:
        await log_in(first, "gus")
        for _ in range(SESSIONS_EACH):
            assert (await log_in(last, "gus")).status_code == 200
        listed = (await last.get(f"{API}/sessions")).json()["items"]
        app.session_book.forget()
        assert len(listed) == SESSIONS_EACH
        assert (await first.get(f"{API}/me")).status_code == 401


async def test_a_key_has_no_session_to_end(app: Api, keys: dict[str, str]) -> None:
    async with client_of(app, keys["viewer"]) as client:
        assert (await client.delete(f"{API}/sessions/current")).status_code == 409
        assert (await client.get(f"{API}/sessions")).json() == {"items": []}


async def test_passwords_are_not_taken_over_a_network_for_all_to_read(app: Api) -> None:
    async with browser_of(app, base_url="http://gateway") as client:
        answer = await log_in(client, "gus")
        assert answer.status_code == 403
        assert "server.tls" in answer.json()["detail"]
    async with browser_of(app, base_url="http://localhost:8080") as client:
        assert (await log_in(client, "gus")).status_code == 200


async def test_log_ins_failures_and_log_outs_stand_in_the_audit_log(
    browser: httpx.AsyncClient, state_path: Path
) -> None:
    await log_in(browser, "Gus\n\x1b[31m", "wrong")
    await log_in(browser, "gus")
    await browser.delete(f"{API}/sessions/current")
    lines = [line for line in await audit_in(state_path) if line[1].startswith("session.")]
    assert [line[:3] for line in lines] == [
        ("gateway", "session.failed", "gus\\n\\x1b[31m"),
        ("gus", "session.begin", "gus"),
        ("gus", "session.end", "gus"),
    ]
    assert all('"address":"192.0.2.7"' in line[3] for line in lines)


async def test_a_hundred_wrong_log_ins_are_throttled_and_the_owner_gets_in_from_elsewhere(
    app: Api, browser: httpx.AsyncClient, state_path: Path
) -> None:
    answers = [await log_in(browser, "ada", f"guess number {n}") for n in range(100)]
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= 10
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await log_in(browser, "ada")).status_code == 429
    async with browser_of(app, "198.51.100.4") as owner:
        assert (await log_in(owner, "ada")).status_code == 200
    assert (
        len([line for line in await audit_in(state_path) if line[1].startswith("session.fail")])
        <= 8
    )


async def test_an_unknown_name_is_throttled_like_a_known_one(app: Api) -> None:
    async with browser_of(app, "192.0.2.1") as one, browser_of(app, "192.0.2.2") as other:
        known = [(await log_in(one, "ada", f"guess {n}")).status_code for n in range(30)]
        unknown = [(await log_in(other, "eve", f"guess {n}")).status_code for n in range(30)]
        assert known.count(401) == unknown.count(401)


async def test_many_at_once_wait_for_each_other_and_too_many_come_again(app: Api) -> None:
    async with asyncio.TaskGroup() as group:
        tries = [
            group.create_task(_from(app, LOGINS[n % 3], f"192.0.2.{n + 1}")) for n in range(50)
        ]
    statuses = [task.result() for task in tries]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 18


async def _from(app: Api, login: str, address: str) -> int:
    async with browser_of(app, address) as client:
        return (await log_in(client, login)).status_code


async def test_while_nothing_can_be_written_nobody_logs_in_and_sessions_go_on(
    app: Api, browser: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await log_in(browser, "gus")
    desk.journal_full = True
    async with browser_of(app) as other:
        assert (await log_in(other, "vic")).status_code == 503
        assert (await log_in(other, "vic", "wrong password")).status_code == 401
    assert (await browser.get(f"{API}/me")).status_code == 200
