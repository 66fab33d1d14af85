"""What answers over HTTP cost, what those who follow the stream cost, and whom they delay.

1. `assets/{id}/position` and a page of 100 rows of `assets/{id}/history`, asked of `tagwarden
   run` over 16 connections with a key: requests for a second of the server's processor time. The
   peer is a bare FastAPI route under the same uvicorn, which returns the same bytes unasked.
2. The stream with 50 clients and with 500, while 50 events a second happen: processor time of
   the server for each second. The peer is the smaller crowd.
3. Fifty LLRP readers that send 10,000 reads a second: the 99th percentile from a read to its
   signed webhook, with nobody else there, and with 20 clients that never read what they get.

Run: `python benchmarks/http.py`.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.alert_latency import Receiver, at_rate, site_text
from benchmarks.many_readers import COMMAND, address_in, gateway, simulators
from benchmarks.many_readers import tagwarden as command
from benchmarks.processes import Process, cores, process
from tags.times import SECOND_NS

CONNECTIONS = 16
ASK_S = 6.0
CROWDS = (50, 500)
EVENTS_PER_S = 50
FOLLOW_S = 20.0
GROUPS = 10
"""Of fifty assets each, which move one after the other: none as often as once in five seconds."""
MOVED = b"event: movement"
STALLED = 20
READS_PER_S = 10_000
STEP_S = 20.0
WARM_UP_S = 4.0
ROWS = 100
SITE = """\
site: {name: Benchmark}
zones: [{name: hall}, {name: yard}]
readers:
  - {name: pushed, driver: http, format: tagwarden, antennas: {1: {zone: hall}, 2: {zone: yard}}}
server:
  {listen: '127.0.0.1:0', caller_rate_per_s: 1e6, address_rate_per_s: 1e6, total_rate_per_s: 1e6}
"""
PEER = """\
import sys
import uvicorn
from fastapi import FastAPI
from fastapi.responses import Response

app = FastAPI()
ANSWERS = {"position": open(sys.argv[1], "rb").read(), "history": open(sys.argv[2], "rb").read()}

@app.get("/api/v1/assets/{asset}/position")
async def position(asset: str) -> Response:
    return Response(ANSWERS["position"], media_type="application/json")

@app.get("/api/v1/assets/{asset}/history")
async def history(asset: str, limit: int = 100) -> Response:
    return Response(ANSWERS["history"], media_type="application/json")

uvicorn.run(app, port=int(sys.argv[3]), log_level="warning", access_log=False)
"""


class Address(NamedTuple):
    """Where a server is, and the head that every request to it has."""

    host: str
    port: int
    head: str

    def get(self, path: str) -> bytes:
        """A request that keeps the connection."""
        return f"GET {path} HTTP/1.1\r\nhost: {self.host}\r\n{self.head}\r\n".encode()


def say(line: str) -> None:
    """One line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def answer_of(reader: asyncio.StreamReader) -> bytes:
    """The body of one answer of stated length. Raises ValueError unless it is a 200."""
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ValueError(head.decode("latin-1"))
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return await reader.readexactly(int(length))


async def ask_for(at: Address, path: str, for_s: float) -> int:
    """Ask one thing again and again over many connections; how often it was answered."""
    ends_s, request = time.monotonic() + for_s, at.get(path)

    async def one() -> int:
        reader, writer = await asyncio.open_connection(at.host, at.port)
        count = 0
        while time.monotonic() < ends_s:
            writer.write(request)
            await answer_of(reader)
            count += 1
        writer.close()
        return count

    return sum(await asyncio.gather(*(one() for _ in range(CONNECTIONS))))


async def once(at: Address, path: str) -> bytes:
    """One answer."""
    reader, writer = await asyncio.open_connection(at.host, at.port)
    writer.write(at.get(path))
    body = await answer_of(reader)
    writer.close()
    return body


async def rate_of(server: Process, at: Address, path: str) -> float:
    """Requests for a second of the server's processor time."""
    await ask_for(at, path, ASK_S / 4)
    used_s = server.cpu_s()
    count = await ask_for(at, path, ASK_S)
    return count / (server.cpu_s() - used_s)


@asynccontextmanager
async def site(folder: Path) -> AsyncGenerator[tuple[Process, Address, Address]]:
    """A gateway that takes pushes, seen by a viewer and by whoever pushes."""
    path, data, log = folder / "site.yaml", folder / "data", folder / "log"
    path.write_text(SITE, encoding="utf-8")
    assets = folder / "assets.csv"
    lines = (f"A-{number},{_tag(number)}" for number in range(GROUPS * EVENTS_PER_S))
    assets.write_text("\n".join(("id,tags", *lines, "")), encoding="utf-8")
    keys = {
        role: await command("keys", "create", role, "--role", role, "--data", str(data))
        for role in ("viewer", "ingest")
    }
    await command("import", "assets", str(assets), "--data", str(data))
    with log.open("wb") as out:
        run = (*COMMAND, "run", str(path), "--data", str(data))
        async with process(*run, on=cores()[0], stdout=out, stderr=out) as running:
            url = urlsplit(await address_in(log))
            viewer, ingest = (
                Address(url.hostname or "", url.port or 0, f"authorization: Bearer {key}\r\n")
                for key in keys.values()
            )
            yield Process(running.pid), viewer, ingest


def _tag(number: int) -> str:
    return f"30340000000000000000{number:04x}"


class Pusher:
    """Lets a group of assets go to the other zone, so that each push makes fifty movements."""

    def __init__(self, at: Address) -> None:
        self._at = at
        self._zones = [1] * GROUPS

    async def push(self, times_ns: Sequence[int], group: int = 0) -> None:
        """Eight reads of each asset from each time on, elsewhere each time. Raises ValueError."""
        reader, writer = await asyncio.open_connection(self._at.host, self._at.port)
        for time_ns in times_ns:
            self._zones[group] = 3 - self._zones[group]
            reads = [
                {
                    "tag": _tag(group * EVENTS_PER_S + number),
                    "antenna": self._zones[group],
                    "rssi_dbm": -50,
                    "time_ns": time_ns + later * SECOND_NS // 4,
                }
                for later in range(8)
                for number in range(EVENTS_PER_S)
            ]
            await self._post(reader, writer, json.dumps(reads).encode())
        writer.close()

    async def _post(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes
    ) -> None:
        head = (
            f"POST /api/v1/ingest/pushed HTTP/1.1\r\nhost: {self._at.host}\r\n{self._at.head}"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await answer_of(reader)


@asynccontextmanager
async def bare(folder: Path, answers: Sequence[bytes]) -> AsyncGenerator[tuple[Process, Address]]:
    """A bare FastAPI route that returns the same bytes."""
    files = [folder / f"answer-{number}" for number in range(len(answers))]
    for file, answer in zip(files, answers, strict=True):
        file.write_bytes(answer)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = (sys.executable, "-c", PEER, *map(str, files), str(port))
    async with process(*run, on=cores()[0]) as running:
        at = Address("127.0.0.1", port, "")
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(OSError):
                    await once(at, "/api/v1/assets/A-0/position")
                    break
                await asyncio.sleep(0.1)
        yield Process(running.pid), at


async def measure_answers(folder: Path, server: Process, at: Address, pusher: Pusher) -> None:
    """The first table."""
    now_ns = time.time_ns()
    await pusher.push([now_ns - ago * 10 * SECOND_NS for ago in range(ROWS // 2 + 5, 0, -1)])
    await asyncio.sleep(3)  # the hold
    paths = ("/api/v1/assets/A-0/position", f"/api/v1/assets/A-0/history?limit={ROWS}")
    answers = [await once(at, path) for path in paths]
    rows = len(json.loads(answers[1])["items"])
    async with bare(folder, answers) as (peer, peer_at):
        say(f"{'':28}{'gateway':>10}{'bare':>10}  requests a second of processor time")
        for name, path in zip(("position", f"history, {rows} rows"), paths, strict=True):
            ours, theirs = await rate_of(server, at, path), await rate_of(peer, peer_at, path)
            say(f"{name:28}{ours:10,.0f}{theirs:10,.0f}  {ours / theirs:.0%} of the bare route")


async def follow(
    at: Address, clients: int, path: str = "/api/v1/stream"
) -> list[asyncio.Task[int]]:
    """So many clients that read whatever comes; each task gives the movements that it saw."""

    async def one() -> int:
        reader, writer = await asyncio.open_connection(at.host, at.port)
        writer.write(at.get(path))
        count, rest = 0, b""
        try:
            while chunk := await reader.read(65_536):
                rest += chunk
                count += rest.count(MOVED)
                rest = rest[-len(MOVED) + 1 :]
        except asyncio.CancelledError:
            writer.close()
        return count

    tasks = [asyncio.create_task(one()) for _ in range(clients)]
    await asyncio.sleep(2)
    return tasks


async def measure_streams(server: Process, at: Address, pusher: Pusher) -> None:
    """The second table."""
    cost: list[float] = []
    say(f"\n{'clients':>8}{'cores':>8}{'movements':>12}  seen by each a second, at least")
    for clients in CROWDS:
        tasks = await follow(at, clients)
        used_s, began_s = server.cpu_s(), time.monotonic()
        for second in range(round(FOLLOW_S)):
            await pusher.push([time.time_ns() - 7 * SECOND_NS // 4], second % GROUPS)
            await asyncio.sleep(max(0.0, began_s + second + 1 - time.monotonic()))
        cost.append((server.cpu_s() - used_s) / (time.monotonic() - began_s))
        for task in tasks:
            task.cancel()
        seen = await asyncio.gather(*tasks)
        say(f"{clients:8}{cost[-1]:8.2f}{min(seen) / FOLLOW_S:12.1f}")
    say(f"{CROWDS[1]} clients cost {cost[1] / cost[0]:.1f} times what {CROWDS[0]} do")


def stall(at: Address) -> list[socket.socket]:
    """Clients of the stream and of the live map that never read what they get."""
    upgrade = (
        "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        f"sec-websocket-key: {base64.b64encode(bytes(16)).decode()}\r\n"
    )
    follows = (at.get("/api/v1/stream"), at._replace(head=at.head + upgrade).get("/api/v1/live"))
    found: list[socket.socket] = []
    for number in range(STALLED):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect((at.host, at.port))
        client.sendall(follows[number % 2])
        found.append(client)
    return found


async def measure_stalled(folder: Path) -> None:
    """The third table."""
    receiver = Receiver()
    async with AsyncExitStack() as stack:
        server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
        await stack.enter_async_context(server)
        port = server.sockets[0].getsockname()[1]
        readers = await stack.enter_async_context(simulators())
        text = site_text(await readers.addresses(), port, storm_per_minute=1_000)
        running = await stack.enter_async_context(gateway(folder, text))
        url = running.client.base_url
        key = running.client.headers["authorization"]
        at = Address(url.host, url.port or 80, f"authorization: {key}\r\n")
        await at_rate(readers, receiver, READS_PER_S, WARM_UP_S)
        alone = await at_rate(readers, receiver, READS_PER_S, STEP_S)
        clients = stall(at)
        beside = await at_rate(readers, receiver, READS_PER_S, STEP_S)
        for client in clients:
            client.close()
    say(
        f"\n{'read to webhook':20}{'p50 ms':>8}{'p99 ms':>8}{'alerts':>8}  at {READS_PER_S} reads/s"
    )
    for name, found in (("nobody else", alone), (f"{STALLED} stalled", beside)):
        say(f"{name:20}{found.p50_ms:8.0f}{found.p99_ms:8.0f}{found.told:8}")
    say(
        f"p99 with {STALLED} stalled clients: {beside.p99_ms / alone.p99_ms:.2f} times that without"
    )


async def measure(parts: Sequence[str]) -> None:
    """All tables that are asked for."""
    say(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with site(folder) as (server, viewer, ingest):
            pusher = Pusher(ingest)
            if "answers" in parts:
                await measure_answers(folder, server, viewer, pusher)
            if "streams" in parts:
                await measure_streams(server, viewer, pusher)
        if "stalled" in parts:
            (folder / "alerts").mkdir()
            await measure_stalled(folder / "alerts")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=["answers", "streams", "stalled"])
    asyncio.run(measure(parser.parse_args().parts))
