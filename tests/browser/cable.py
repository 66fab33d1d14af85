"""A cable between a browser and a gateway that can be cut, and nobody is told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

_CHUNK: Final = 1 << 16


class Cable:
    """Passes connections on to a gateway, from an address of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._pipes: set[asyncio.Task[None]] = set()
        self._ends: list[asyncio.StreamWriter] = []
        self._joined = asyncio.Event()
        self._joined.set()
        self.url = ""

    def cut(self) -> None:
        """Pass nothing on any more; neither end of a connection learns of it."""
        self._joined.clear()
        for pipe in self._pipes:
            pipe.cancel()

    def join(self) -> None:
        """Let connections through again; a machine that wakes up gives up those that it had."""
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()
        self._joined.set()

    async def plug(self, near: asyncio.StreamReader, near_end: asyncio.StreamWriter) -> None:
        """Serve one connection of the browser, until an end closes it or the cable is cut."""
        self._ends.append(near_end)
        await self._joined.wait()
        far, far_end = await asyncio.open_connection(self._host, self._port)
        self._ends.append(far_end)
        for source, target in ((near, far_end), (far, near_end)):
            pipe = asyncio.create_task(_pass_on(source, target))
            self._pipes.add(pipe)
            pipe.add_done_callback(self._pipes.discard)

    async def end(self) -> None:
        """Close all that is still open."""
        for end in self._ends:
            end.close()
        await asyncio.gather(*self._pipes, return_exceptions=True)


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while some := await source.read(_CHUNK):
            target.write(some)
            await target.drain()
    except OSError:
        pass  # One end is gone: the other shall be, too.
    target.close()


@asynccontextmanager
async def cable(url: str) -> AsyncGenerator[Cable]:
    """A cable to the gateway at `url`; its own `url` is what the browser opens."""
    parts = urlsplit(url)
    line = Cable(str(parts.hostname), parts.port or 80)
    server = await asyncio.start_server(line.plug, "127.0.0.1", 0)
    line.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield line
    finally:
        server.close()
        await line.end()
