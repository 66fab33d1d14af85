"""The gateway as people run it: a process of its own, seen only from outside."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import httpx

from simulators.llrp_reader import LlrpReader
from tags.reads import Read

ROOT = Path(__file__).parents[2]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
COMMAND = (sys.executable, "-c", "from gateway.cli import main; raise SystemExit(main())")
_ADDRESS = re.compile(r"\bAPI on (http://\S+), data in ")

T = TypeVar("T")
Json = dict[str, Any]


async def until(
    look: Callable[[], Awaitable[T | None]],
    within_s: float,
    what: str,
) -> T:
    """Look again and again until there is something to see; fail once the time is over."""
    end_s = time.monotonic() + within_s
    while True:
        seen = await look()
        if seen is not None and seen is not False:
            return seen
        assert time.monotonic() < end_s, f"not within {within_s:g} s: {what}"
        await asyncio.sleep(0.02)


class Finished(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "GUARDS_SECRET": SECRET, "NO_COLOR": "1", **more}


async def tagwarden(*arguments: str | Path, within_s: float = 40, **env: str) -> Finished:
    """Run a command to its end."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *map(str, arguments),
        cwd=ROOT,
        env=environment(**env),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(within_s):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return Finished(process.returncode or 0, out.decode(), err.decode())


class Running:
    """A command that goes on; what it says is kept in a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log
        self.began_s = time.monotonic()

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    async def hears(self, pattern: str | re.Pattern[str], within_s: float = 15) -> str:
        """Wait until it says something; the first group of the pattern, or the whole."""
        found = re.compile(pattern)

        async def look() -> str | None:
            match = found.search(self.said)
            if match is None:
                assert self.process.returncode is None, f"it has ended:\n{self.said}"
                return None
            return match[found.groups and 1]

        return await until(look, within_s, f"{found.pattern!r} in\n{self.said}")

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; the exit code and the seconds that it took to end."""
        began_s = time.monotonic()
        self.process.send_signal(number)
        async with asyncio.timeout(20):
            code = await self.process.wait()
        return code, time.monotonic() - began_s


@asynccontextmanager
async def started(log: Path, *arguments: str | Path, **env: str) -> AsyncGenerator[Running]:
    """Start a command; what still runs at the end is killed."""
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *map(str, arguments),
            cwd=ROOT,
            env=environment(**env),
            stdout=out,
            stderr=out,
        )
    try:
        yield Running(process, log)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class RunningGateway:
    """`tagwarden run`, ready; `ready_s` is how long it took from its start."""

    def __init__(self, command: Running, url: str, ready_s: float) -> None:
        self.command = command
        self.url = url
        self.ready_s = ready_s

    async def stop(self) -> tuple[int, float]:
        return await self.command.stop()

    async def kill(self) -> None:
        self.command.process.kill()
        await self.command.process.wait()


@asynccontextmanager
async def gateway(site: Path, data: Path, log: Path, **env: str) -> AsyncGenerator[RunningGateway]:
    """Start a gateway and wait until it is ready."""
    async with started(log, "run", site, "--data", data, **env) as command:
        url = await command.hears(_ADDRESS, within_s=30)
        async with httpx.AsyncClient(base_url=url) as client:
            await until(lambda: _is_ready(client), 30, f"{url}/readyz is 200")
        yield RunningGateway(command, url, time.monotonic() - command.began_s)


async def _is_ready(client: httpx.AsyncClient) -> bool | None:
    try:
        answer = await client.get("/readyz")
    except httpx.TransportError:
        return None
    return True if answer.status_code == 200 else None


async def make_key(data: Path, role: str = "admin") -> str:
    """A key by the command line, as `tagwarden keys create` prints it."""
    made = await tagwarden("keys", "create", f"test {role}", "--role", role, "--data", data)
    assert (made.code, made.err) == (0, ""), made
    return made.out.strip()


@asynccontextmanager
async def asking(url: str, key: str) -> AsyncGenerator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=10) as client:
        yield client


async def items(client: httpx.AsyncClient, path: str, **query: str | int) -> list[Json]:
    """One page of a list."""
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["items"]
    return found


class Event(NamedTuple):
    """One event of the stream."""

    seq: int
    kind: str
    body: Json


async def events(client: httpx.AsyncClient, after: int, up_to: int) -> list[Event]:
    """What the stream says behind `after`, up to and with `up_to`; `after` by Last-Event-ID."""
    found: list[Event] = []
    headers = {"last-event-id": str(after)}
    async with client.stream("GET", "/stream", headers=headers) as answer, asyncio.timeout(10):
        assert answer.status_code == 200
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            fields[name] = value
            if line:
                continue
            if "event" in fields:
                body = json.loads(fields["data"])
                found.append(Event(int(fields["id"]), fields["event"], body))
            if found and found[-1].seq >= up_to:
                return found
            fields = {}
    raise AssertionError("the stream has ended")


Spot = tuple[str, int]
"""Reader and antenna."""


class Walk:
    """Tags that simulated readers hear over and over, each at one read point."""

    def __init__(self, readers: dict[str, LlrpReader]) -> None:
        self.readers = readers
        self.spots: dict[str, Spot] = {}

    async def play(self) -> None:
        """Ten rounds a second, until cancelled."""
        while True:
            await self.round()
            await asyncio.sleep(0.1)

    async def round(self) -> None:
        for name, reader in self.readers.items():
            await reader.report(self._reads(name))

    def _reads(self, name: str) -> list[Read]:
        now_ns = time.time_ns()
        return [
            Read(tag, name, antenna, now_ns, now_ns, -50.0)
            for tag, (reader, antenna) in self.spots.items()
            if reader == name
        ]


@asynccontextmanager
async def playing(walk: Walk) -> AsyncGenerator[None]:
    task = asyncio.create_task(walk.play())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def warehouse_text(addresses: Sequence[str], hook_port: int = 9090) -> str:
    """The example site file, with its three readers and its webhook elsewhere."""
    text = (ROOT / "config" / "warehouse.yaml").read_text(encoding="utf-8")
    moved = {"127.0.0.1:9090": f"127.0.0.1:{hook_port}", "127.0.0.1:8080": "127.0.0.1:0"}
    moved.update((f"127.0.0.1:{5084 + at}", address) for at, address in enumerate(addresses))
    for old, new in moved.items():
        assert old in text
        text = text.replace(old, new)
    return text
