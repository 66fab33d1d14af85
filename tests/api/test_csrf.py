"""What a foreign page lets a browser send changes nothing and opens nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import HTTPConnection

from api.app import Api
from api.origins import is_own_origin, may_open_socket
from api.problems import ProblemError
from history.questions import StateQuestions
from tests.api.fake_gateway import FakeDesk, client_of
from tests.api.logged_in import API, PASSWORD, app_of, browser_of, code_in, log_in, person_in

FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://gateway"},
    {"origin": "https://gateway:8443"},
    {"origin": "https://gateway.evil.example"},
    {"origin": "https://gateway@evil.example"},
    {"origin": "https://[gateway"},
    {"origin": "file://gateway"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "https://gateway"},
]
OWN = [
    {},
    {"origin": "https://gateway"},
    {"origin": "https://gateway:443", "sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
]
ASSET = {"id": "A1"}


@pytest.fixture
def app(desk: FakeDesk, questions: StateQuestions, state_path: Path) -> Api:
    person_in(state_path, "ada", "admin")
    return app_of(desk, questions, state_path)


@pytest.fixture
async def browser(app: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(app) as client:
        await log_in(client, "ada")
        yield client


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_foreign_page_changes_nothing_in_a_session(
    headers: dict[str, str], browser: httpx.AsyncClient, desk: FakeDesk
) -> None:
    answer = await browser.post(f"{API}/assets", json=ASSET, headers=headers)
    assert answer.status_code == 403
    assert desk.submitted == []


@pytest.mark.parametrize("headers", OWN)
async def test_our_own_page_changes_what_it_likes(
    headers: dict[str, str], browser: httpx.AsyncClient
) -> None:
    assert (await browser.post(f"{API}/assets", json=ASSET, headers=headers)).status_code == 201


@pytest.mark.parametrize("token", ["", "guess", "x" * 43, "é"])
async def test_without_the_token_of_the_session_nothing_is_changed(
    token: str, browser: httpx.AsyncClient, desk: FakeDesk
) -> None:
    headers = {b"x-csrf-token": token.encode()}
    for verb, path in (("POST", "assets"), ("DELETE", "assets/A1"), ("DELETE", "sessions/current")):
        answer = await browser.request(verb, f"{API}/{path}", headers=headers)
        assert answer.status_code == 403
        assert "X-CSRF-Token" in answer.json()["detail"]
    assert desk.submitted == []


async def test_the_token_of_another_session_is_of_no_use(
    app: Api, browser: httpx.AsyncClient
) -> None:
    async with browser_of(app) as other:
        other_token = (await log_in(other, "ada")).json()["csrf"]
    headers = {"x-csrf-token": other_token}
    answer = await browser.post(f"{API}/assets", json=ASSET, headers=headers)
    assert answer.status_code == 403


async def test_what_changes_nothing_needs_no_token(browser: httpx.AsyncClient) -> None:
    del browser.headers["x-csrf-token"]
    me = await browser.get(f"{API}/me", headers={"sec-fetch-site": "cross-site"})
    assert me.status_code == 200
    assert me.json()["csrf"]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_foreign_page_logs_nobody_in(
    headers: dict[str, str], app: Api, state_path: Path
) -> None:
    code = await code_in(state_path, None)
    setup = {"code": code, "login": "eve", "name": "Eve", "password": PASSWORD}
    async with browser_of(app) as client:
        for path, body in (
            ("sessions", {"login": "ada", "password": PASSWORD}),
            ("setup", setup),
            ("setup/password", {"code": code, "password": PASSWORD}),
        ):
            answer = await client.post(f"{API}/{path}", json=body, headers=headers)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


async def test_a_key_needs_no_token_and_no_origin(app: Api, keys: dict[str, str]) -> None:
    async with client_of(app, keys["admin"]) as client:
        headers = {"origin": "https://evil.example"}
        answer = await client.post(f"{API}/assets", json=ASSET, headers=headers)
        assert answer.status_code == 201


async def test_a_wrong_key_is_not_made_good_by_a_cookie(browser: httpx.AsyncClient) -> None:
    headers = {"authorization": "Bearer tw_00000000_" + "x" * 43}
    assert (await browser.get(f"{API}/me", headers=headers)).status_code == 401


def _socket(host: str = "gateway:8080", scheme: str = "ws", **headers: str) -> HTTPConnection:
    sent = {"host": host, **headers}
    raw = [(name.encode(), value.encode()) for name, value in sent.items()]
    scope = {"type": "websocket", "path": "/", "scheme": scheme, "headers": raw}
    return HTTPConnection({**scope, "query_string": b"", "server": ("10.0.0.1", 8080)})


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "own"),
    [
        ("http://gateway:8080", "gateway:8080", "ws", True),
        ("https://gateway", "gateway", "wss", True),
        ("https://gateway", "gateway:443", "wss", True),
        ("https://GATEWAY", "gateway", "wss", True),
        ("https://gateway", "gateway", "ws", True),  # TLS ends at a proxy
        ("http://[::1]:8080", "[::1]:8080", "ws", True),
        ("http://gateway:8081", "gateway:8080", "ws", False),
        ("http://gateway:8080", "gateway:8080", "wss", False),
        ("https://evil.example", "gateway", "wss", False),
        ("null", "gateway", "wss", False),
        ("https://gateway:99999", "gateway", "wss", False),
    ],
)
def test_an_origin_is_ours_by_host_port_and_encryption(
    origin: str,
    host: str,
    scheme: str,
    own: bool,  # noqa: FBT001 - what is expected
) -> None:
    connection = _socket(host, scheme, origin=origin)
    assert is_own_origin(connection, origin) is own
    assert may_open_socket(connection) is own


def test_a_socket_without_an_origin_is_for_keys_only() -> None:
    assert may_open_socket(_socket(authorization="Bearer tw_x")) is True
    assert may_open_socket(_socket(cookie="__Host-tagwarden=x")) is False


async def test_a_foreign_page_opens_no_socket_in_a_session(
    app: Api, browser: httpx.AsyncClient
) -> None:
    cookie = browser.headers.get("cookie") or "; ".join(
        f"{name}={value}" for name, value in browser.cookies.items()
    )
    ours = _socket("gateway", "wss", origin="https://gateway", cookie=cookie)
    assert await app.session_book.caller_of(ours) is not None
    foreign = _socket("gateway", "wss", origin="https://evil.example", cookie=cookie)
    with pytest.raises(ProblemError) as refused:
        _ = await app.session_book.caller_of(foreign)
    assert refused.value.status == 403
