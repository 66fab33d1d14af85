"""Clients of the stream that are slow, go, are too many, or may listen no more."""

import asyncio
import socket
from collections.abc import AsyncIterator
from itertools import count

import httpx
import pytest
from prometheus_client import CollectorRegistry

from api.app import Api, create_app
from api.stream import StreamLimits
from history.questions import StateQuestions
from tests.api.fake_gateway import FakeDesk, moved
from tests.api.listening import STREAM, listening, serving


@pytest.fixture
async def address(app: Api) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield url


def ended(app: Api, reason: str) -> float:
    sample: float | None = app.state.metrics.get_sample_value(
        "tagwarden_streams_ended_total",
        {"reason": reason},
    )
    return sample or 0.0


def clients(app: Api) -> float:
    sample: float | None = app.state.metrics.get_sample_value("tagwarden_stream_clients")
    return sample or 0.0


async def test_a_client_that_does_not_read_is_let_go(
    address: str,
    keys: dict[str, str],
    desk: FakeDesk,
    app: Api,
) -> None:
    host, port = address.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)  # noqa: FBT003 -- the name of the method says it
        await loop.sock_connect(deaf, (host, int(port)))
        asked = (
            f"GET {STREAM} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {keys['viewer']}"
        )
        await loop.sock_sendall(deaf, f"{asked}\r\n\r\n".encode())
        assert await loop.sock_recv(deaf, 12) == b"HTTP/1.1 200"
        async with asyncio.timeout(50):
            for flood in count():
                await desk.happen(*(moved(f"{n:0200x}", None, "hall", flood) for n in range(500)))
                if ended(app, "slow"):
                    break
    assert clients(app) == 0


async def test_a_client_that_goes_is_forgotten(
    address: str,
    keys: dict[str, str],
    app: Api,
) -> None:
    async with listening(address, keys["viewer"]) as told:
        _ = await told.until_id()
        assert clients(app) == 1
    async with asyncio.timeout(10):
        while clients(app):  # noqa: ASYNC110 -- the server gives no sign when it has noticed
            await asyncio.sleep(0.01)


async def test_one_client_too_many_is_told_to_come_back_later(
    desk: FakeDesk,
    questions: StateQuestions,
    keys: dict[str, str],
    app: Api,
) -> None:
    check = app.state.access.keys._check_key
    full = create_app(desk, questions, check, CollectorRegistry(), StreamLimits(clients_max=0))
    async with serving(full) as address, httpx.AsyncClient(base_url=address) as client:
        answer = await client.get(STREAM, headers={"authorization": f"Bearer {keys['viewer']}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_all_streams_end_when_the_gateway_stops(
    address: str,
    keys: dict[str, str],
    app: Api,
) -> None:
    async with listening(address, keys["viewer"]) as told:
        _ = await told.until_id()
        app.streams.end_all()
        _ = await told.rest()
    assert clients(app) == 0


async def test_a_stream_ends_when_its_key_is_withdrawn(
    keys: dict[str, str],
    desk: FakeDesk,
    app: Api,
) -> None:
    async with serving(app) as address, listening(address, keys["viewer"]) as told:
        _ = await told.until_id()
        _ = await asyncio.to_thread(desk.state.execute, "DELETE FROM api_keys")
        app.state.access.keys._kept.clear()
        _ = await told.rest()
    assert app.state.metrics.get_sample_value(
        "tagwarden_streams_ended_total",
        {"reason": "denied"},
    ) == pytest.approx(1)


async def test_a_slow_client_does_not_keep_others_waiting(
    address: str, keys: dict[str, str], desk: FakeDesk, app: Api
) -> None:
    host, port = address.removeprefix("http://").split(":")
    asked = f"GET {STREAM} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {keys['viewer']}"
    loop = asyncio.get_running_loop()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)  # noqa: FBT003 -- the name of the method says it
        await loop.sock_connect(deaf, (host, int(port)))
        await loop.sock_sendall(deaf, f"{asked}\r\n\r\n".encode())
        async with listening(address, keys["viewer"]) as told:
            _ = await told.until_id()
            for flood in range(4):
                await desk.happen(*(moved(f"{n:0400x}", None, "hall", flood) for n in range(500)))
            last = [int((await told.next())[0]) for _ in range(2000)][-1]
        assert last == 2000
    assert ended(app, "slow") == 0
