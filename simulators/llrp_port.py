"""The network side of a simulated LLRP reader: one client at a time, keepalives, back-pressure."""

import asyncio
from collections.abc import Callable
from typing import cast

from readers.wire.llrp.framing import Frame, FrameError, Framer, frame
from readers.wire.llrp.messages import Connection, Event, Message, encode_event
from simulators.llrp_answers import Answers


class LlrpPort:
    """Listens, lets `answers` respond, and sends what it is given to the client, if any."""

    def __init__(self, answers: Answers, clock: Callable[[], int]) -> None:
        self.answers = answers
        self.clock = clock
        self.inventorying = asyncio.Event()
        self.silent = False
        self.refused = 0
        self.keepalives_answered = 0
        self.client: LlrpClient | None = None
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> int:
        """Listen and return the port number."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: LlrpClient(self), host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Hang up and stop listening."""
        if self._server is not None:
            self._server.close()
            self.hang_up()
            await self._server.wait_closed()
            self._server = None

    def hang_up(self) -> None:
        """Cut the connection without a word."""
        if self.client is not None:
            self.client.abort()

    async def put(self, data: bytes) -> None:
        """Send bytes as they are, and wait while the client does not keep up."""
        if self.client is not None:
            self.client.write(data)
            await self.client.drain()

    def welcome(self, client: "LlrpClient") -> Connection:
        """Say what a new connection is told, and keep the first."""
        if self.client is not None:
            self.refused += 1
            self.client.notify(Event(connection=Connection.ANOTHER_ATTEMPTED))
            return Connection.CLIENT_INITIATED_EXISTS
        self.client = client
        self.silent = False
        self.answers.greet()
        return Connection.ACCEPTED

    def forget(self, client: "LlrpClient") -> None:
        """Note that a connection has ended."""
        if self.client is client:
            self.client = None
            self.silent = False
            self.inventorying.clear()

    def respond(self, client: "LlrpClient", request: Frame) -> None:
        """Answer a request of the client, unless silent."""
        if request.type == Message.KEEPALIVE_ACK:
            self.keepalives_answered += 1
        if self.silent or self.client is not client:
            return
        client.write(self.answers.answer(request))
        if self.answers.closing:
            client.close()
        if self.answers.running is None:
            self.inventorying.clear()
        else:
            self.inventorying.set()


class LlrpClient(asyncio.Protocol):
    """One TCP connection to the port."""

    def __init__(self, port: LlrpPort) -> None:
        self._port = port
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._message_id = 0
        self._keepalive_ms = 0
        self._keepalive: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client, or turn it away."""
        self._transport = cast("asyncio.Transport", transport)
        verdict = self._port.welcome(self)
        self.notify(Event(connection=verdict))
        if verdict != Connection.ACCEPTED:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        """Let the next client in."""
        if self._keepalive is not None:
            self._keepalive.cancel()
        self._transport = None
        self._writable.set()
        self._port.forget(self)

    def pause_writing(self) -> None:
        """Make `drain` wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let `drain` go on."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Answer what has arrived in full; hang up on bytes that are no LLRP."""
        try:
            for request in self._framer.feed(data):
                self._port.respond(self, request)
        except FrameError:
            self.abort()
        self._arm()

    def send(self, message_type: int, body: bytes = b"") -> None:
        """Send a message under the next id."""
        self._message_id = (self._message_id + 1) & 0xFFFF_FFFF
        self.write(frame(message_type, self._message_id, body))

    def notify(self, event: Event) -> None:
        """Send an event, stamped with the reader's clock."""
        if not self._port.silent:
            stamped = event._replace(utc_us=self._port.clock() // 1000)
            self.send(Message.READER_EVENT_NOTIFICATION, encode_event(stamped))

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self) -> None:
        """Wait while the client does not keep up."""
        await self._writable.wait()

    def close(self) -> None:
        """Close once everything is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _arm(self) -> None:
        wanted_ms = self._port.answers.keepalive_ms
        if wanted_ms == self._keepalive_ms or self._transport is None:
            return
        self._keepalive_ms = wanted_ms
        if self._keepalive is not None:
            self._keepalive.cancel()
        self._schedule()

    def _schedule(self) -> None:
        if self._keepalive_ms:
            loop = asyncio.get_running_loop()
            self._keepalive = loop.call_later(self._keepalive_ms / 1000, self._keep_alive)

    def _keep_alive(self) -> None:
        if not self._port.silent:
            self.send(Message.KEEPALIVE)
        self._schedule()
