"""SIGTERM in the middle of everything: it ends soon, and nothing that was acknowledged is lost."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx

from simulators.http_pusher import HttpPusher, NotTakenError, some_reads
from simulators.llrp_reader import LlrpReader, make_tags
from tests.acceptance.aftermath import (
    committed,
    copied,
    reads_are_numbered_without_gap,
    sightings_counted,
)
from tests.acceptance.running import (
    Walk,
    asking,
    gateway,
    items,
    make_key,
    playing,
    tagwarden,
    until,
)

SITE = """\
site: {{name: depot}}
zones: [{{name: hall}}, {{name: yard}}, {{name: bench}}]
readers:
  - {{name: dock, driver: llrp, address: "{dock}", zone: hall}}
  - {{name: gate, driver: llrp, address: "{gate}", zone: yard}}
  - {{name: handhelds, driver: http, zone: bench}}
server: {{listen: "127.0.0.1:0"}}
"""
TAGS = make_tags(200, seed=7)
"""Each is heard ten times a second: 2,000 reads/s."""
PUSHED = [f"e28011600000000000000{at:03x}" for at in range(50)]
STOP_S_MAX = 10.0


async def push(pusher: HttpPusher) -> None:
    """Push until the gateway takes no more; `sent` counts what it acknowledged."""
    with suppress(httpx.TransportError, NotTakenError):
        while True:
            await pusher.report(some_reads(PUSHED, range(50), time.time_ns))
            await asyncio.sleep(0.01)


async def listen(client: httpx.AsyncClient, heard: list[str]) -> bool:
    """Follow the stream to its end; whether that was a clean one."""
    async with client.stream("GET", "/stream", timeout=30) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            heard.append(line)  # noqa: PERF401 -- others look while it grows
    return True


@asynccontextmanager
async def stalled(url: str, key: str) -> AsyncGenerator[None]:
    """A client of the stream that never reads."""
    host, port = url.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)  # noqa: FBT003 -- the name of the method says it
        await loop.sock_connect(deaf, (host, int(port)))
        head = f"GET /api/v1/stream HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}"
        await loop.sock_sendall(deaf, f"{head}\r\n\r\n".encode())
        yield


def nothing_is_lost(folder: Path, acknowledged: int) -> None:
    found = committed(copied(folder / "data", folder / "stopped"))
    assert acknowledged > len(PUSHED)
    assert reads_are_numbered_without_gap(found)
    # What was taken at the last moment may have lost its answer, so there may be more.
    assert sightings_counted(folder / "data", ("handhelds",)) >= acknowledged
    assert sightings_counted(folder / "data", ("dock", "gate", "handhelds")) == found.reads


def everywhere(dock: LlrpReader, gate: LlrpReader) -> Walk:
    """Half of the tags before each reader."""
    walk = Walk({"dock": dock, "gate": gate})
    walk.spots = {tag: ("dock" if at % 2 else "gate", 1) for at, tag in enumerate(TAGS)}
    return walk


async def test_stopped_under_load_it_ends_in_time_and_loses_nothing(tmp_path: Path) -> None:
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    async with LlrpReader() as dock, LlrpReader() as gate, AsyncExitStack() as stack:
        site.write_text(SITE.format(dock=dock.address, gate=gate.address), encoding="utf-8")
        running = await stack.enter_async_context(gateway(site, data, tmp_path / "log"))
        key = await make_key(data)
        client = await stack.enter_async_context(asking(running.url, key))
        door = HttpPusher(f"{running.url}/api/v1/ingest/handhelds", key)
        pusher = await stack.enter_async_context(door)
        await stack.enter_async_context(playing(everywhere(dock, gate)))
        for _ in range(3):
            await stack.enter_async_context(stalled(running.url, key))
        heard: list[list[str]] = [[] for _ in range(5)]
        listening = [asyncio.create_task(listen(client, each)) for each in heard]
        pushing = asyncio.create_task(push(pusher))

        async def in_full_swing() -> bool:
            there = await items(client, "zones/bench/assets")
            return len(there) == len(PUSHED) and all("event: movement" in each for each in heard)

        await until(in_full_swing, 20, "all tags are in, and the streams tell of them")
        code, took_s = await running.stop()
        assert (code, took_s < STOP_S_MAX) == (0, True), (took_s, running.command.said)
        assert "everything is committed" in running.command.said
        assert await asyncio.gather(*listening) == [True] * 5
        await pushing
        assert (dock.connected, gate.connected) == (False, False)

    await asyncio.to_thread(nothing_is_lost, tmp_path, pusher.sent)
    await it_starts_again(site, data, key)


async def it_starts_again(site: Path, data: Path, key: str) -> None:
    """On what it has left behind, and with everybody where they were."""
    verified = await tagwarden("verify", "--data", data)
    assert verified.code == 0, verified
    log = data.with_name("log-2")
    async with gateway(site, data, log) as again, asking(again.url, key) as client:
        assert len(await items(client, "zones/bench/assets")) == len(PUSHED)
