"""The HTTP server from outside: who gets in, what changes while it runs, how it ends."""

import asyncio
import logging
import socket
import time

import pytest
import websockets
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from api.settings import ServerSettings, TlsSettings
from gateway.server import PortTakenError, Server, bind
from tests.gateway.edge import HELLO, application, edge, until


def test_a_busy_port_is_told_with_what_to_do() -> None:
    with bind("127.0.0.1:0") as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTakenError, match=r"choose another port \(server.listen"):
            bind(f"127.0.0.1:{port}")


async def test_beyond_its_limit_the_longest_idle_connection_gives_way() -> None:
    async with edge(ServerSettings(connections_max=10)) as server:
        clients = [await server.client() for _ in range(10)]
        for client in clients:
            await client.send(HELLO)
            assert (await client.answer()).status == 200
        assert (await server.said(HELLO)).status == 200
        assert await clients[0].is_cut()
        await clients[1].send(HELLO)
        assert (await clients[1].answer()).status == 200
        assert server.refused("gave_way") == 1
        assert server.open_now == 10


async def test_where_all_work_a_newcomer_is_refused() -> None:
    wait = b"POST /wait HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\n"
    async with edge(ServerSettings(connections_max=10)) as server:
        clients = [await server.client() for _ in range(10)]
        for client in clients:
            await client.send(wait)
        async with asyncio.timeout(8):
            while not server.refused("total"):
                await server.said(HELLO)
        for client in clients:
            await client.send(b"x")
        # Those that were at work when it came are answered all the same.
        answers = [(await client.answer()).status for client in clients]
        assert answers.count(200) >= 9


async def test_a_lower_limit_holds_for_the_next_connection() -> None:
    async with edge() as server:
        server.settings = ServerSettings(head_timeout_s=0.2)
        began_s = time.monotonic()
        assert (await server.said(b"GET")).status == 408
        assert time.monotonic() - began_s < 3


async def test_a_websocket_holds_one_place_until_it_ends() -> None:
    async with edge() as server:
        url = f"ws://127.0.0.1:{server.port}/live"
        async with connect(url, proxy=None) as live:
            assert server.open_now == 1
            assert live.response is not None
            assert "sec-websocket-extensions" not in live.response.headers
        await until(lambda: not server.open_now)


async def test_a_websocket_message_beyond_its_size_ends_the_connection() -> None:
    async with edge() as server, connect(f"ws://127.0.0.1:{server.port}/live", proxy=None) as live:
        await live.send(b"x" * 100_000)
        with pytest.raises(websockets.ConnectionClosedError):
            await live.recv()


async def run_for_a_moment(server: Server, listener: socket.socket) -> None:
    task = asyncio.create_task(server.serve([listener]))
    await until(lambda: server.started)
    server.should_exit = True
    await task


async def test_listening_to_others_without_encryption_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for listen, told in (("127.0.0.1:0", 0), ("0.0.0.0:0", 1)):
        caplog.clear()
        with bind(listen) as listener:
            await run_for_a_moment(Server(application), listener)
        said = [record.getMessage() for record in caplog.records]
        assert len(said) == told
        assert all("without encryption" in text and "server.tls" in text for text in said)


async def test_what_of_a_changed_site_file_waits_for_a_restart_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.server.LOOK_S", 0.01)
    async with edge() as server:
        server.settings = ServerSettings(
            listen="127.0.0.1:9", tls=TlsSettings(cert="a", key="b"), hosts=("x",)
        )
        await until(lambda: len(caplog.records) == 2)
    said = [record.getMessage() for record in caplog.records]
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    assert said == [
        "server.listen of the site file holds after a restart",
        "server.tls of the site file holds after a restart",
    ]


async def test_addresses_that_a_stranger_states_are_not_believed() -> None:
    seen: list[object] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"][0])
        await application(scope, receive, send)

    forwarded = HELLO[:-2] + b"x-forwarded-for: 192.0.2.7\r\nconnection: close\r\n\r\n"
    for proxies, believed in (((), "127.0.0.1"), (("127.0.0.0/8",), "192.0.2.7")):
        settings = ServerSettings(proxies=proxies)
        async with edge(settings, app=note) as server:
            assert (await server.said(forwarded)).status == 200
        assert seen.pop() == believed
