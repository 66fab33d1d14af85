import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
import trustme

from readers import tcp_link
from readers.byte_link import ByteLink
from readers.driver import ReaderLostError
from readers.tcp_link import BYTES_WAITING_MAX, open_tcp
from simulators.tcp_port import TcpPort

DEADLINE_S = 5.0
TCP_REPAIR = 19
"""Linux: a socket that is closed in this state vanishes without a word."""


@pytest.fixture
async def port() -> AsyncIterator[TcpPort]:
    async with TcpPort() as listening:
        yield listening


@pytest.fixture
async def link(port: TcpPort) -> AsyncIterator[ByteLink]:
    opened = await open_tcp("desk", *address_of(port), timeout_s=DEADLINE_S)
    await asyncio.wait_for(port.connected.wait(), DEADLINE_S)
    yield opened
    opened.close()


def address_of(port: TcpPort) -> tuple[str, int]:
    host, _, number = port.address.rpartition(":")
    return host, int(number)


def inside(link: ByteLink) -> Any:  # noqa: ANN401 -- the link behind the contract
    return cast("Any", link)


async def test_bytes_go_both_ways(port: TcpPort, link: ByteLink) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    port.on_bytes = heard.put_nowait
    await link.write(b"INV\r")
    assert await asyncio.wait_for(heard.get(), DEADLINE_S) == b"INV\r"
    port.send(b"OK\r")
    assert await asyncio.wait_for(link.read(), DEADLINE_S) == b"OK\r"


async def test_what_came_before_the_end_is_still_read(port: TcpPort, link: ByteLink) -> None:
    port.send(b"last")
    port.hang_up()
    assert await asyncio.wait_for(link.read(), DEADLINE_S) == b"last"
    for _ in range(2):
        with pytest.raises(ReaderLostError, match="closed the connection"):
            await asyncio.wait_for(link.read(), DEADLINE_S)


async def test_what_is_not_fetched_waits_at_the_sender(port: TcpPort, link: ByteLink) -> None:
    size = 30_000_000
    port.send(bytes(size))
    sending = asyncio.create_task(port.drain())
    async with asyncio.timeout(DEADLINE_S):
        while not inside(link)._paused:  # noqa: ASYNC110 -- there is no event for it
            await asyncio.sleep(0.001)
    assert len(inside(link)._waiting) < 2 * BYTES_WAITING_MAX + 262_144
    assert not sending.done()
    read = 0
    async with asyncio.timeout(DEADLINE_S):
        while read < size:
            read += len(await link.read())
    await sending


async def test_a_closed_link_neither_reads_nor_writes(link: ByteLink) -> None:
    link.close()
    link.close()
    with pytest.raises(ReaderLostError):
        await link.read()
    with pytest.raises(ReaderLostError):
        await link.write(b"x")


async def test_who_waits_for_bytes_learns_of_the_close(link: ByteLink) -> None:
    waiting = asyncio.create_task(link.read())
    await asyncio.sleep(0)
    link.close()
    with pytest.raises(ReaderLostError, match="closed by the gateway"):
        await asyncio.wait_for(waiting, DEADLINE_S)


async def test_a_peer_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_link, "WRITE_TIMEOUT_S", 0.1)
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        plug.listen(1)
        link = await open_tcp("desk", *plug.getsockname(), timeout_s=1)
        with pytest.raises(ReaderLostError, match="takes nothing"):
            await link.write(bytes(20_000_000))
        link.close()


async def test_a_peer_that_vanished_without_a_word_is_noticed(
    port: TcpPort,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp_link, "KEEPALIVE_IDLE_S", 1)
    link = await open_tcp("desk", *address_of(port), timeout_s=DEADLINE_S)
    await asyncio.wait_for(port.connected.wait(), DEADLINE_S)
    plug = cast("Any", port)._client.transport.get_extra_info("socket")
    try:
        plug.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    except OSError:
        pytest.skip("only root can make a peer vanish")
    cast("Any", port)._client.transport.abort()
    with pytest.raises(ReaderLostError):
        await asyncio.wait_for(link.read(), DEADLINE_S)
    link.close()


async def test_every_connection_asks_for_keepalive(link: ByteLink) -> None:
    plug = inside(link)._transport.get_extra_info("socket")
    assert plug.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    if hasattr(socket, "TCP_KEEPIDLE"):
        assert plug.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10


async def test_tls_is_spoken_where_it_is_asked_for() -> None:
    authority = trustme.CA()
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    done = asyncio.Event()

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        await done.wait()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=theirs) as server:
        number = server.sockets[0].getsockname()[1]
        link = await open_tcp("desk", "localhost", number, tls=ours, timeout_s=DEADLINE_S)
        assert await asyncio.wait_for(link.read(), DEADLINE_S) == b"hello"
        link.close()
        done.set()


async def test_a_device_without_tls_says_so_in_its_remedy(port: TcpPort) -> None:
    port.on_bytes = lambda _hello: port.hang_up()
    with pytest.raises(ReaderLostError) as lost:
        await open_tcp(
            "desk",
            *address_of(port),
            tls=ssl.create_default_context(),
            timeout_s=DEADLINE_S,
        )
    assert lost.value.remedy
