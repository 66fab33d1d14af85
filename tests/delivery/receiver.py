"""A web server just large enough to receive webhooks and to misbehave on request."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

from standardwebhooks.webhooks import Webhook

HANG = b"hang"
HANG_IN_BODY = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"
ENDLESS = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"


def reply(status: int, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status} Because", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Post(NamedTuple):
    target: str
    headers: dict[str, str]
    body: bytes

    def verify(self, secret: str) -> None:
        """Raise unless the signature is one that the reference library accepts."""
        Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Answers posts from a list, then with 200."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.posts: list[Post] = []
        self.connections = 0
        self.hung_up = asyncio.Event()
        self.received = asyncio.Event()
        self.port = 0
        self._over = asyncio.Event()
        self._handlers: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        try:
            await self._answer(stream, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.hung_up.set()
        finally:
            writer.close()

    async def _answer(self, stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await stream.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(": ") for line in head[1:] if line)
        headers = {name.lower(): value for name, _, value in fields}
        body = await stream.readexactly(int(headers["content-length"]))
        self.posts.append(Post(head[0].split(" ")[1], headers, body))
        self.received.set()
        answer = self.answers.pop(0) if self.answers else reply(200)
        if answer != HANG:
            writer.write(answer)
            await writer.drain()
        while answer == ENDLESS:
            writer.write(bytes(65536))
            await writer.drain()
        if answer in (HANG, HANG_IN_BODY):
            await self._over.wait()

    async def finish(self) -> None:
        self._over.set()
        await asyncio.gather(*self._handlers)


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver
        await receiver.finish()
