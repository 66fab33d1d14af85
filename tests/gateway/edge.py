"""A server of the gateway with a small application behind it, and clients that misbehave."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Receive, Scope, Send

from api.settings import ServerSettings
from gateway.server import Server, bind
from gateway.tls import CertificateWatch

BIG = b"x" * 8_000_000
HELLO = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """`/big` gives 8 MB, `/wait` waits for its body, `/live` is a WebSocket, else `ok`."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        return
    if scope["path"] == "/wait":
        while (await receive()).get("more_body"):
            pass
    body = BIG if scope["path"] == "/big" else b"ok"
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


class Edge:
    """A server that runs; `settings` may be replaced while it does."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.metrics = CollectorRegistry()
        self.port = 0
        self.clients: list[Client] = []

    def refused(self, reason: str) -> float:
        name = "tagwarden_http_connections_refused_total"
        return self.metrics.get_sample_value(name, {"reason": reason}) or 0.0

    @property
    def open_now(self) -> float:
        return self.metrics.get_sample_value("tagwarden_http_connections") or 0.0

    async def client(self) -> "Client":
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        return client

    async def said(self, *parts: bytes) -> "Answer":
        """What a client is answered that sends these parts, then waits until it is let go."""
        client = await self.client()
        for part in parts:
            await client.send(part)
        return await client.answer()


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection of a client that writes what it wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, within_s: float = 8.0) -> Answer:
        """The next answer; status 0 if there is none before the connection ends."""
        async with asyncio.timeout(within_s):
            try:
                head = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return Answer(0, {}, b"")
            line, *lines = head.decode().strip().split("\r\n")
            headers = dict(each.lower().split(": ", 1) for each in lines)
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(line.split()[1]), headers, body)

    async def is_cut(self, within_s: float = 8.0) -> bool:
        """Wait until the server ends the connection."""
        async with asyncio.timeout(within_s):
            try:
                return await self.reader.read(1) == b""
            except ConnectionError:
                return True

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


async def until(come: Callable[[], object], within_s: float = 8.0) -> None:
    """Wait until something has come about."""
    async with asyncio.timeout(within_s):
        while not come():  # noqa: ASYNC110 -- counters have no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def edge(
    settings: ServerSettings | None = None,
    certificate: CertificateWatch | None = None,
    app: ASGIApp = application,
) -> AsyncGenerator[Edge]:
    """Serve the application on a free port of the loopback."""
    made = Edge(settings or ServerSettings())
    listener = bind("127.0.0.1:0")
    made.port = listener.getsockname()[1]
    server = Server(app, lambda: made.settings, made.metrics, certificate)
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield made
    finally:
        for client in made.clients:
            await client.close()
        server.should_exit = True
        await task
        listener.close()
