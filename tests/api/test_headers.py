"""What every answer carries, and what is refused before any route is looked up."""

from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.app import Api
from api.entrance import is_own_host, own_names
from tests.api.fake_gateway import FakeDesk

PATHS = ["/", "/healthz", "/api/v1/readers", "/api/v1/nothing", "/docs", "/openapi.json"]


@pytest.fixture
async def anybody(app: Api) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_is_kept_nowhere_sniffed_nowhere_and_framed_nowhere(
    admin: httpx.AsyncClient, path: str
) -> None:
    headers = (await admin.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert "content-security-policy-report-only" not in headers
    assert "server" not in headers


async def test_an_answer_for_programs_may_load_nothing(viewer: httpx.AsyncClient) -> None:
    policy = (await viewer.get("/api/v1/readers")).headers["content-security-policy"]
    assert "script-src" not in policy
    assert "sandbox" in policy


async def test_a_failure_of_the_gateway_carries_them_too(
    app: Api, desk: FakeDesk, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "readers", None)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {keys['viewer']}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", headers=headers
    ) as client:
        answer = await client.get("/api/v1/readers")
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" in answer.headers


async def test_only_an_encrypted_answer_asks_for_encryption(app: Api) -> None:
    transport = httpx.ASGITransport(app=app)
    for scheme, asked in (("http", False), ("https", True)):
        async with httpx.AsyncClient(
            transport=transport, base_url=f"{scheme}://localhost"
        ) as client:
            answer = await client.get("/healthz")
            assert ("strict-transport-security" in answer.headers) is asked


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8080",
        "localhost.",
        "127.0.0.1",
        "127.0.0.1:8080",
        "192.168.1.9:443",
        "[::1]",
        "[2001:db8::1]:8443",
        "gateway",
        "Gateway:8080",
    ],
)
async def test_addresses_and_known_names_are_answered(
    anybody: httpx.AsyncClient, host: str
) -> None:
    assert (await anybody.get("/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.1",
        "2130706433",
        "0x7f.1",
        "::1",
        "[::1",
        "[127.0.0.1]",
        "localhost:80:80",
        "localhost:port",
        "user@localhost",
        "localhost, evil.example",
        "",
    ],
)
async def test_any_other_host_is_refused_before_everything_else(
    anybody: httpx.AsyncClient, host: str
) -> None:
    answer = await anybody.get("/healthz", headers={"host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server.hosts" in answer.json()["detail"]


async def test_a_name_that_is_added_holds_at_once(
    app: Api, anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["gateway"]
    monkeypatch.setattr(app, "hosts", lambda: names)
    host = {"host": "tracking.example.net"}
    assert (await anybody.get("/healthz", headers=host)).status_code == 400
    names.append("tracking.example.net")
    assert (await anybody.get("/healthz", headers=host)).status_code == 200


async def test_this_machine_knows_its_own_name(anybody: httpx.AsyncClient) -> None:
    for name in own_names():
        assert (await anybody.get("/healthz", headers={"host": name})).status_code == 200


@given(st.text(max_size=40))
def test_a_host_is_ours_only_if_it_names_us(stated: str) -> None:
    assert not is_own_host(f"{stated}.example", ["gateway"])


async def test_a_websocket_under_another_name_is_refused(app: Api) -> None:
    said: list[str] = []

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        said.append(f"{message['type']} {message.get('status', message.get('code'))}")

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "headers": [(b"host", b"evil.example")], "scheme": "ws"}
    await app({**scope, "extensions": {}}, receive, send)
    assert said == ["websocket.close 1008"]
    said.clear()
    await app({**scope, "extensions": {"websocket.http.response": {}}}, receive, send)
    assert said == ["websocket.http.response.start 400", "websocket.http.response.body None"]


@pytest.mark.parametrize("path", ["/api/v1/assets", "/api/v1/nothing", "/"])
async def test_a_multipart_body_is_taken_nowhere(admin: httpx.AsyncClient, path: str) -> None:
    answer = await admin.post(path, files={"file": b"x" * 1000})
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"
