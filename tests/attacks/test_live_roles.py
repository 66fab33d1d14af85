"""The live map against every role and every stranger, over a real server."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from api.app import Api
from api.session_book import COOKIE
from history.callers import Scope
from history.keys import KeyLimits, create_key
from history.questions import StateQuestions
from tests.api.fake_gateway import NOON_NS, FakeDesk
from tests.api.fake_map import item
from tests.api.logged_in import PASSWORD, app_of, person_in
from tests.api.serving import serving
from tests.api.test_live import decoder, shown

LIVE = "/api/v1/live"
SEES = {"ingest": 403, "viewer": 101, "guard": 101, "operator": 101, "admin": 101}
FOREIGN = "https://elsewhere.example"


@pytest.fixture
async def address(
    desk: FakeDesk, questions: StateQuestions, state_path: Path, keys: dict[str, str]
) -> AsyncIterator[str]:
    del keys
    made: Api = app_of(desk, questions, state_path)
    desk.map.put(item("L1", "hall"), item("L2", "gate"))
    async with serving(made) as url:
        try:
            yield url
        finally:
            made.lives.end_all()


async def status_of(address: str, headers: dict[str, str], origin: str | None = None) -> int:
    """The status with which the map begins, or is refused."""
    extra = headers | ({} if origin is None else {"origin": origin})
    try:
        async with connect(address.replace("http", "ws") + LIVE, additional_headers=extra):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def zones_in(client: ClientConnection) -> dict[str, str | None]:
    known = decoder()
    async with asyncio.timeout(10):
        frame = await client.recv()
    assert isinstance(frame, bytes)
    known.take(frame)
    return shown(known)


async def cookie_at(address: str, path: Path) -> dict[str, str]:
    """The header with the session of somebody who has just logged in."""
    await asyncio.to_thread(person_in, path, "ada", "viewer")
    async with httpx.AsyncClient(base_url=address) as client:
        body = {"login": "ada", "password": PASSWORD}
        answer = await client.post("/api/v1/sessions", json=body)
    assert answer.status_code == 200
    return {"cookie": f"{COOKIE}={answer.cookies[COOKIE]}"}


@pytest.mark.parametrize(("role", "status"), SEES.items())
async def test_each_role_sees_the_map_or_is_refused(
    address: str, keys: dict[str, str], role: str, status: int
) -> None:
    assert await status_of(address, {"authorization": f"Bearer {keys[role]}"}) == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Bearer tw_" + "0" * 8 + "_" + "A" * 43},
        {"cookie": f"{COOKIE}={'A' * 43}"},
        {"sec-websocket-protocol": "bearer"},
    ],
    ids=["nothing", "empty", "unknown key", "unknown session", "protocol"],
)
async def test_strangers_see_no_map(address: str, headers: dict[str, str]) -> None:
    assert await status_of(address, headers) == 401


async def test_a_key_does_not_help_the_page_of_another_site(
    address: str, keys: dict[str, str]
) -> None:
    headers = {"authorization": f"Bearer {keys['admin']}"}
    assert await status_of(address, headers, FOREIGN) == 403
    assert await status_of(address, headers, "null") == 403
    assert await status_of(address, headers, address) == 101


async def test_a_session_sees_the_map_from_our_own_page_only(
    address: str, state_path: Path
) -> None:
    cookie = await cookie_at(address, state_path)
    assert await status_of(address, cookie, address) == 101
    assert await status_of(address, cookie, FOREIGN) == 403
    assert await status_of(address, cookie, "null") == 403


async def test_a_session_without_the_name_of_its_page_sees_no_map(
    address: str, state_path: Path
) -> None:
    cookie = await cookie_at(address, state_path)
    assert await status_of(address, cookie) == 403


async def test_a_limited_caller_sees_its_own_zone_only(address: str, desk: FakeDesk) -> None:
    def work(state: sqlite3.Connection) -> str:
        limits = KeyLimits(scope=Scope(zones=("hall",)))
        return create_key(state, "of the hall", "viewer", NOON_NS, "test", limits)

    headers = {"authorization": f"Bearer {await desk.transact(work)}"}
    url = address.replace("http", "ws") + LIVE
    async with connect(url, additional_headers=headers, compression=None) as client:
        assert await zones_in(client) == {"L1": "hall"}
