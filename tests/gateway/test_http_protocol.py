"""What strangers can do to the HTTP server with bytes and with patience."""

import asyncio
import time

import pytest

from api.settings import ServerSettings
from tests.gateway.edge import HELLO, edge, until

HASTY = ServerSettings(head_timeout_s=0.3, keep_alive_s=1)
UPGRADE = (
    b"host: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
LINE = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n"


async def test_a_connection_answers_one_request_after_the_other() -> None:
    async with edge() as server:
        client = await server.client()
        for _ in range(3):
            await client.send(HELLO)
            assert (await client.answer()).status == 200
        assert server.open_now == 1


async def test_requests_sent_at_once_are_answered_in_order() -> None:
    async with edge(HASTY) as server:
        client = await server.client()
        await client.send(HELLO * 3)
        assert [(await client.answer()).status for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize("begun", [b"G", b"GET /healthz HTTP/1.1\r\n", LINE + b"x-a: 1\r\n"])
async def test_a_head_that_does_not_end_is_cut_in_time(begun: bytes) -> None:
    async with edge(HASTY) as server:
        began_s = time.monotonic()
        answer = await server.said(begun)
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        assert time.monotonic() - began_s < 3
        assert server.refused("slow_head") == 1


async def test_a_drip_does_not_buy_time() -> None:
    async with edge(HASTY) as server:
        client = await server.client()
        await client.send(LINE)

        async def drip() -> None:
            while True:
                await client.send(b"x-a: b\r\n")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        assert (await client.answer()).status == 408
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)


async def test_the_next_head_on_a_connection_has_the_same_time() -> None:
    async with edge(HASTY) as server:
        client = await server.client()
        await client.send(HELLO)
        assert (await client.answer()).status == 200
        await client.send(b"GET /he")
        assert (await client.answer()).status == 408


async def test_whoever_says_nothing_is_let_go() -> None:
    async with edge(HASTY) as server:
        client = await server.client()
        assert await client.is_cut()
        assert server.refused("silent") == 1


async def test_a_connection_without_requests_is_let_go_after_a_while() -> None:
    async with edge(HASTY) as server:
        client = await server.client()
        await client.send(HELLO)
        await client.answer()
        assert await client.is_cut()
        assert server.refused("silent") == 0


async def test_a_body_that_nobody_reads_is_not_waited_for() -> None:
    async with edge(HASTY) as server:
        client = await server.client()
        await client.send(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n")
        assert (await client.answer()).status == 200
        assert await client.is_cut()
        assert server.refused("slow_body") == 1


async def test_an_answer_of_which_nothing_is_taken_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.http_protocol.STALLED_S", 0.2)
    async with edge() as server:
        client = await server.client()
        await client.send(b"GET /big HTTP/1.1\r\nhost: localhost\r\n\r\n")
        await until(lambda: server.refused("slow_answer"))


async def test_a_slow_client_gets_the_whole_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.http_protocol.STALLED_S", 0.1)
    monkeypatch.setattr("gateway.http_protocol.LINGER_S", 0.1)
    async with edge() as server:
        client = await server.client()
        await client.send(b"GET /big HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        taken = 0
        while chunk := await client.reader.read(400_000):
            taken += len(chunk)
            await asyncio.sleep(0.01)
        assert taken > 8_000_000
        assert server.refused("slow_answer") == 0


@pytest.mark.parametrize(
    ("request_bytes", "status", "reason"),
    [
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n", 414, "long_line"),
        (b"GET /" + b"a" * 40_000, 414, "long_line"),
        (LINE + b"x: " + b"a" * 33_000 + b"\r\n\r\n", 431, "large_head"),
        (LINE + b"x: " + b"a" * 1_000_000 + b"\r\n\r\n", 431, "large_head"),
        (LINE + b"x: 1\r\n" * 100 + b"\r\n", 431, "large_head"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "no_http"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "no_http"),
        (LINE + b"host: elsewhere\r\n\r\n", 400, "no_http"),
        (LINE + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n", 400, "no_http"),
        (LINE + b"content-length: 3\r\ncontent-length: 4\r\n\r\n", 400, "no_http"),
    ],
)
async def test_a_head_out_of_bounds_is_refused_as_a_problem(
    request_bytes: bytes, status: int, reason: str
) -> None:
    async with edge() as server:
        answer = await server.said(request_bytes)
        assert answer.status == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["connection"] == "close"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert b'"detail"' in answer.body
        assert server.refused(reason) == 1


async def test_a_head_just_within_bounds_is_taken() -> None:
    async with edge() as server:
        client = await server.client()
        await client.send(LINE + b"x: 1\r\n" * 99 + b"\r\n")
        assert (await client.answer()).status == 200
        await client.send(LINE + b"x: " + b"a" * 32_000 + b"\r\n\r\n")
        assert (await client.answer()).status == 200


async def test_ten_thousand_ranges_are_ignored_or_too_large() -> None:
    async with edge() as server:
        few = b"range: bytes=" + b",".join(b"%d-" % at for at in range(2_000))
        many = b"range: bytes=" + b",".join(b"%d-" % at for at in range(10_000))
        assert (await server.said(LINE + few + b"\r\nconnection: close\r\n\r\n")).status == 200
        assert (await server.said(LINE + many + b"\r\n\r\n")).status == 431


async def test_a_broken_body_ends_its_request_and_nothing_else() -> None:
    async with edge() as server:
        head = b"POST /wait HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
        assert (await server.said(head, b"zz\r\n")).status == 400
        assert (await server.said(HELLO)).status == 200


async def test_it_answers_while_five_hundred_hang_and_cuts_them_in_time() -> None:
    async with edge(ServerSettings(head_timeout_s=2.0)) as server:
        hanging = [await server.client() for _ in range(500)]
        for client in hanging:
            await client.send(LINE)
        for _ in range(20):
            async with asyncio.timeout(1):
                answer = await server.said(HELLO)
            assert answer.status == 200
        assert {(await client.answer()).status for client in hanging} == {408}


@pytest.mark.parametrize(
    ("verb", "header"),
    [(b"POST", b""), (b"GET", b"content-length: 5\r\n"), (b"GET", b"x: " + b"y" * 9_000 + b"\r\n")],
)
async def test_what_can_become_no_websocket_is_refused_at_once(verb: bytes, header: bytes) -> None:
    async with edge() as server:
        client = await server.client()
        await client.send(verb + b" /live HTTP/1.1\r\n" + UPGRADE + header + b"\r\n")
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (400, "close")
        assert answer.headers["content-type"] == "application/problem+json"
        assert await client.is_cut()
        await until(lambda: not server.open_now)
        assert server.refused("no_http") == 1


async def test_a_head_can_become_no_websocket_either(caplog: pytest.LogCaptureFixture) -> None:
    async with edge() as server:
        client = await server.client()
        await client.send(b"HEAD /live HTTP/1.1\r\n" + UPGRADE + b"\r\n")
        head = await client.reader.read()
        assert head.startswith(b"HTTP/1.1 400 ")
        assert head.endswith(b"\r\n\r\n")
        await until(lambda: not server.open_now)
    assert not caplog.records
