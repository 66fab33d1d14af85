"""One client's connection to a simulated LLRP reader: framing, keepalives, back-pressure."""

import asyncio
import socket
import struct
from typing import Protocol, cast

from readers.wire.llrp.framing import Frame, FrameError, Framer, frame
from readers.wire.llrp.messages import Connection, Event, Message, encode_event
from simulators.llrp_answers import Answers


class _Port(Protocol):
    """What a connection needs of the reader that it belongs to."""

    answers: Answers
    silent: bool

    def welcome(self, client: "LlrpClient") -> Connection: ...

    def forget(self, client: "LlrpClient") -> None: ...

    def respond(self, client: "LlrpClient", request: Frame) -> None: ...

    def stamped(self, event: Event) -> Event: ...

    def flush(self) -> None: ...


class LlrpClient(asyncio.Protocol):
    """One TCP or TLS connection to the port."""

    def __init__(self, port: _Port) -> None:
        self.held = False
        """Whether reports and events wait for the client's ENABLE_EVENTS_AND_REPORTS."""
        self._port = port
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._frozen = False
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
        self._stop_keepalives()
        self._transport = None
        self._writable.set()
        self._port.forget(self)

    def pause_writing(self) -> None:
        """Make `drain` wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let `drain` go on, and send what has waited meanwhile."""
        self._writable.set()
        self._port.flush()

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
            self.send(Message.READER_EVENT_NOTIFICATION, encode_event(self._port.stamped(event)))

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        transport = self._transport
        if data and transport is not None and not self._frozen and not transport.is_closing():
            transport.write(data)

    @property
    def keeps_up(self) -> bool:
        """Whether little waits for the client to read it."""
        return self._writable.is_set()

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

    def reset(self) -> None:
        """Close at once with a TCP reset instead of an end."""
        if self._transport is not None:
            connection: socket.socket = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    def freeze(self) -> None:
        """Read and write nothing more, not even the other side's end."""
        self._frozen = True
        self._stop_keepalives()
        self._writable.set()
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def _arm(self) -> None:
        wanted_ms = self._port.answers.keepalive_ms
        if wanted_ms == self._keepalive_ms or self._transport is None:
            return
        self._keepalive_ms = wanted_ms
        self._stop_keepalives()
        self._schedule()

    def _stop_keepalives(self) -> None:
        if self._keepalive is not None:
            self._keepalive.cancel()

    def _schedule(self) -> None:
        if self._keepalive_ms:
            loop = asyncio.get_running_loop()
            self._keepalive = loop.call_later(self._keepalive_ms / 1000, self._keep_alive)

    def _keep_alive(self) -> None:
        if not self._port.silent:
            self.send(Message.KEEPALIVE)
        self._schedule()
