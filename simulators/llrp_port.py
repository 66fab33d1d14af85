"""The network side of a simulated LLRP reader: one client at a time, and what waits for it."""

import asyncio
import ssl
from collections.abc import Callable

from readers.wire.llrp.framing import Frame
from readers.wire.llrp.messages import Connection, Event, Message, encode_event
from simulators.llrp_answers import Answers
from simulators.llrp_backlog import MESSAGES_MAX, Backlog, Outgoing
from simulators.llrp_client import LlrpClient


class LlrpPort:
    """Listens, lets `answers` respond, and sends what it is given to the client, if any.

    `clock` gives nanoseconds as the reader states them. Reports and events wait
    in `backlog` where the client has asked for that, and are lost otherwise.
    """

    def __init__(
        self,
        answers: Answers,
        clock: Callable[[], int],
        *,
        messages_max: int = MESSAGES_MAX,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.answers = answers
        self.backlog = Backlog(messages_max)
        self.inventorying = asyncio.Event()
        self.silent = False
        self.sent = 0
        self.refused = 0
        self.keepalives_answered = 0
        self.client: LlrpClient | None = None
        self._clock = clock
        self._ssl_context = ssl_context
        self._server: asyncio.Server | None = None
        self._undead: list[LlrpClient] = []

    async def listen(self, host: str, port: int) -> int:
        """Listen and return the port number."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: LlrpClient(self),
            host,
            port,
            ssl=self._ssl_context,
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Hang up and stop listening."""
        if self._server is not None:
            server, self._server = self._server, None
            server.close()
            self.hang_up()
            for client in self._undead:
                client.abort()
            self._undead.clear()
            await server.wait_closed()

    def hang_up(self) -> None:
        """Cut the connection without a word."""
        if self.client is not None:
            self.client.abort()

    def leave_half_open(self, *, occupied: bool) -> None:
        """Read and write nothing more on the connection and never close it.

        The reader forgets it, unless `occupied`: then it still counts as the one client.
        """
        if self.client is not None:
            self.client.freeze()
            if not occupied:
                self._undead.append(self.client)
                self.forget(self.client)

    async def put(self, data: bytes) -> None:
        """Send bytes as they are, and wait while the client does not keep up."""
        if self.client is not None:
            self.client.write(data)
            await self.client.drain()

    def deliver(self, message: Outgoing) -> int:
        """Send a message, keep it or lose it; return how many tags went on the wire."""
        client = self.client
        if client is None or client.held:
            if self.answers.hold:
                self.backlog.put(message)
            return 0
        if self.silent:
            return 0
        if self.backlog:
            self.backlog.put(message)
            return 0
        return self._send(client, message)

    def notify(self, event: Event) -> None:
        """Tell the client of an event now, or when it takes events."""
        body = encode_event(self.stamped(event))
        self.deliver(Outgoing(Message.READER_EVENT_NOTIFICATION, body))

    def stamped(self, event: Event) -> Event:
        """Return the event with the reader's clock."""
        now_us = self._clock() // 1000
        if self.answers.capabilities.utc:
            return event._replace(utc_us=now_us)
        return event._replace(uptime_us=now_us)

    def flush(self) -> None:
        """Send what waits, as far as the client keeps up."""
        client = self.client
        if client is None or client.held or self.silent:
            return
        if self.backlog.overflowed:
            self.backlog.overflowed = False
            client.notify(Event(overflow=True))
        while self.backlog and client.keeps_up:
            self._send(client, self.backlog.take())

    def _send(self, client: LlrpClient, message: Outgoing) -> int:
        client.send(message.type, message.body)
        self.sent += message.tags
        return message.tags

    def welcome(self, client: LlrpClient) -> Connection:
        """Say what a new connection is told, and keep the first."""
        if self.client is not None:
            self.refused += 1
            self.client.notify(Event(connection=Connection.ANOTHER_ATTEMPTED))
            return Connection.CLIENT_INITIATED_EXISTS
        self.client = client
        client.held = self.answers.hold
        self.silent = False
        self.answers.greet()
        return Connection.ACCEPTED

    def forget(self, client: LlrpClient) -> None:
        """Note that a connection has ended."""
        if self.client is client:
            self.client = None
            self.silent = False
            self.inventorying.clear()

    def respond(self, client: LlrpClient, request: Frame) -> None:
        """Answer a request of the client, unless silent."""
        if request.type == Message.KEEPALIVE_ACK:
            self.keepalives_answered += 1
        if self.silent or self.client is not client:
            return
        client.write(self.answers.answer(request))
        if self.answers.closing:
            client.close()
        if request.type == Message.ENABLE_EVENTS_AND_REPORTS or not self.answers.hold:
            client.held = False
            self.flush()
        if self.answers.running is None:
            self.inventorying.clear()
        else:
            self.inventorying.set()
