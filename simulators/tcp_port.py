"""The TCP side of a simulated device: one client at a time, bytes in and out, faults on demand."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import cast

from simulators.lifetime import Lifetime


class TcpPort(Lifetime):
    """Listens on `host:port` (port 0 takes a free one); `async with` starts and stops it.

    A second client is turned away while the first is there.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.on_bytes: Callable[[bytes], None] = _ignore
        """Called with what the client sends."""
        self.on_connect: Callable[[], None] = _nothing
        """Called when a client has come."""
        self.connected = asyncio.Event()
        """Set while a client is there."""
        self.refused = 0
        self.silent = False
        """Fault: nothing that is sent arrives, and nothing that comes is heard."""
        self._host, self._port_number = host, port
        self._server: asyncio.Server | None = None
        self._client: _Client | None = None

    @property
    def address(self) -> str:
        """`host:port` to connect to; known once started."""
        return f"{self._host}:{self._port_number}"

    @property
    def url(self) -> str:
        """The same for what opens serial ports."""
        return f"socket://{self.address}"

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Client(self),
            self._host,
            self._port_number,
        )
        self._port_number = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Hang up and stop listening; a later start takes the same port."""
        if self._server is not None:
            self._server.close()
            self.hang_up()
            await self._server.wait_closed()
            self._server = None

    def send(self, data: bytes) -> None:
        """Send bytes; nothing happens without a client."""
        if self._client is not None and not self.silent:
            self._client.transport.write(data)

    async def drain(self) -> None:
        """Wait while the client does not keep up."""
        if self._client is not None:
            await self._client.writable.wait()

    def hang_up(self) -> None:
        """Close the connection once everything is sent."""
        if self._client is not None:
            self._client.transport.close()

    def reset(self) -> None:
        """Fault: break the connection off, so that the client sees a reset."""
        if self._client is not None:
            plug = cast("socket.socket", self._client.transport.get_extra_info("socket"))
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._client.transport.abort()

    def take(self, client: "_Client") -> bool:
        """Keep a client, unless there is one."""
        if self._client is not None:
            self.refused += 1
            return False
        self._client = client
        self.connected.set()
        self.on_connect()
        return True

    def hear(self, client: "_Client", data: bytes) -> None:
        """Pass on what the client sends."""
        if client is self._client and not self.silent:
            self.on_bytes(data)

    def forget(self, client: "_Client") -> None:
        """Note that a client has gone."""
        if client is self._client:
            self._client = None
            self.connected.clear()


class _Client(asyncio.Protocol):
    """One connection."""

    transport: asyncio.Transport

    def __init__(self, port: TcpPort) -> None:
        self.writable = asyncio.Event()
        self.writable.set()
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        if not self._port.take(self):
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        self.writable.set()
        self._port.forget(self)

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def data_received(self, data: bytes) -> None:
        self._port.hear(self, data)


def _ignore(_data: bytes) -> None:
    """Stand in until somebody listens."""


def _nothing() -> None:
    """Stand in until somebody listens."""
