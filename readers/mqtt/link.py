"""The way to an MQTT broker, for those who hear and those who tell.

    link = MqttLink("sensors", broker, clock=time.time_ns)
    await link.connect()
    await link.subscribe([("zebra/+/tags", 1)])
    messages = await link.messages()
    …                                      # made safe
    link.acknowledge(messages)
    await link.publish("presence/forklift", b'"hall"', qos=1, retain=True)
    await link.close()

A link is used once: after a ReaderError it is closed and thrown away.
"""

import asyncio
import contextlib
import importlib
import ssl
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from readers.driver import Clock, ReaderError, ReaderLostError
from readers.mqtt.refusals import (
    REFUSED,
    UNREACHED,
    dismissal,
    hung_up,
    refusal,
    tls_context,
    tls_refusal,
    topic_refusal,
)
from readers.mqtt.settings import BrokerSettings, Will, client_id
from readers.wire.mqtt_packets import (
    CONNACK,
    PING,
    PUBREL,
    Message,
    PacketError,
    PacketReader,
    acknowledgements,
    completion,
)

if TYPE_CHECKING:  # it imports paho, which is done when it is needed
    from readers.mqtt.session import Code, MqttSession

BYTES_WAITING_MAX = 16 * 1_048_576
BATCH = 1_000
GOODBYE_S = 1.0
CONNECTING = 0
"""The packet identifier under which the answer to the login is told."""
PROGRESS_BYTES = 1_024
"""So much of an unfinished packet is a sign of life; a drip is not."""
SILENT_KEEPALIVES = 2.5
"""Somewhat more than a supervisor waits: who has none is told by an error."""


class LinkLimits(NamedTuple):
    """What is held in memory at most; larger messages come without their payload."""

    message_bytes_max: int = 1_048_576
    messages_waiting_max: int = 5_000


class MqttLink(asyncio.Protocol):
    """One connection to one broker.

    Not more than `messages_waiting_max` messages wait to be fetched, or 16 MiB of them: then
    the socket is left unread, and the broker has to keep what comes.
    """

    def __init__(
        self,
        name: str,
        broker: BrokerSettings,
        clock: Clock,
        limits: LinkLimits | None = None,
        will: Will | None = None,
    ) -> None:
        self.error: ReaderError | None = None
        """Why the link has ended."""
        self.client_id = client_id(broker, name)
        self._name = name
        self._broker = broker
        self._clock = clock
        self._will = will
        limits = limits or LinkLimits()
        self._waiting_max = limits.messages_waiting_max
        self._packets = PacketReader(limits.message_bytes_max, properties=broker.version == "5")
        self._session: MqttSession | None = None
        self._transport: asyncio.Transport | None = None
        self._answers: dict[int, asyncio.Future[list[Code]]] = {}
        self._welcome = False
        self._news = asyncio.Event()
        self._ended = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._messages: list[Message] = []
        self._bytes_waiting = 0
        self._paused = False
        self._leaving = False
        self._progress = 0
        self._heard_s = 0.0
        self._ping: asyncio.TimerHandle | None = None

    async def connect(self) -> None:
        """Return once the broker has taken us in.

        Raises ReaderLostError when it cannot be reached or is busy,
        ReaderMisconfiguredError when it refuses us.
        """
        where = f"{self._name}: {self._broker.address}"
        try:
            async with asyncio.timeout(self._broker.connect_timeout_s):
                code = await self._connect(where)
        except TimeoutError as error:
            text = f"{where} did not answer within {self._broker.connect_timeout_s:g} s"
            raise ReaderLostError(text, UNREACHED) from error
        except ConnectionRefusedError as error:
            text = f"{where}: connection refused, nobody listens there"
            raise ReaderLostError(text, UNREACHED) from error
        except ssl.SSLError as error:
            raise tls_refusal(where, error) from error
        except OSError as error:
            raise ReaderLostError(f"{where}: {error}", UNREACHED) from error
        if code.number >= REFUSED:
            raise refusal(f"{where} refuses us", *code)
        self._tick()

    async def _connect(self, where: str) -> "Code":
        loop = asyncio.get_running_loop()
        # In a thread because it may have to import paho and to read certificates.
        context = await asyncio.to_thread(self._prepare, where, loop.call_soon)
        host, port = self._broker.endpoint
        await loop.create_connection(lambda: self, host, port, ssl=context)
        self._open_session().begin(self._will)
        return (await self._answer(CONNECTING))[0]

    def _prepare(
        self, where: str, call_soon: Callable[[Callable[[], object]], object]
    ) -> ssl.SSLContext | None:
        session: type[MqttSession] = importlib.import_module("readers.mqtt.session").MqttSession
        self._session = session(self._broker, self.client_id, self, self._write, call_soon)
        if not self._broker.tls:
            return None
        context = tls_context(where, self._broker.ca, (self._broker.cert, self._broker.key))
        if not self._broker.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def subscribe(self, topics: Sequence[tuple[str, int]]) -> None:
        """Ask for topic filters, each with its QoS.

        Raises ReaderMisconfiguredError, which names the topic, when one is refused.
        """
        codes = await self._ask(self._open_session().subscribe(topics), "subscribe")
        if len(codes) != len(topics):
            raise ReaderLostError(f"{self._name}: {len(topics)} topics, {len(codes)} answers")
        for (topic, _), code in zip(topics, codes, strict=True):
            if code.number >= REFUSED:
                raise topic_refusal(f"{self._name}: topic {topic} is refused", *code)

    async def unsubscribe(self, topics: Sequence[str]) -> None:
        """Ask for no more of these topic filters."""
        await self._ask(self._open_session().unsubscribe(topics), "unsubscribe")

    async def publish(
        self, topic: str, payload: bytes, qos: int = 0, *, retain: bool = False
    ) -> None:
        """Return once the broker has the message, or with QoS 0 once it is on its way.

        Several may be awaited at once; they stay in order. Raises ReaderLostError,
        ReaderMisconfiguredError when the broker (version 5) refuses the topic, and ValueError
        for a topic with a wildcard.
        """
        await self._writable.wait()
        packet_id = self._open_session().publish(topic, payload, qos, retain=retain)
        if not qos:
            return
        (code,) = await self._ask(packet_id, f"publish on {topic}")
        if code.number >= REFUSED:
            raise refusal(f"{self._name}: a message on {topic} is refused", *code)

    async def messages(self, limit: int = BATCH) -> list[Message]:
        """All messages that wait, at most `limit`; none for a sign of life.

        Raises ReaderError once everything that came before the end was returned.
        """
        await self._news.wait()
        if not self._messages:
            self.raise_error()
        taken = self._messages[:limit]
        self._messages = self._messages[limit:]
        if not self._messages:
            self._bytes_waiting = 0
            if self.error is None:
                self._news.clear()
        self._hold_back()
        return taken

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Take these messages over from the broker, in the order in which they came."""
        self._write(acknowledgements(messages))

    def acknowledgement(self, messages: Sequence[Message]) -> Callable[[], None] | None:
        """The call that does the same later, without holding on to the messages.

        None where none of them wants it.
        """
        packets = acknowledgements(messages)
        return (lambda: self._write(packets)) if packets else None

    def raise_error(self) -> None:
        """Raise the ReaderError that ended the link, if it has ended."""
        if self.error is not None:
            raise self.error

    async def close(self) -> None:
        """Take leave within a second; then hang up. Never raises."""
        try:
            # Whatever goes wrong now, the connection is closed below.
            with contextlib.suppress(Exception):
                await self._say_goodbye()
        finally:
            self._end(ReaderLostError(f"{self._name}: closed"))

    async def _say_goodbye(self) -> None:
        """Let the broker hang up, and read until it does.

        Whoever closes a socket in which something waits unread resets the connection, and
        then the broker may lose the acknowledgements that it has not read yet.
        """
        if self.error is not None or self._session is None or self._transport is None:
            return
        if self._welcome:
            self._session.say_goodbye()
        self._leaving = True
        self._hold_back()
        if self._welcome and self._transport.can_write_eof():
            self._transport.write_eof()
        elif not self._welcome:
            self._transport.close()
        async with asyncio.timeout(GOODBYE_S):
            await self._ended.wait()

    def _open_session(self) -> "MqttSession":
        self.raise_error()
        if self._session is None:
            raise ReaderLostError(f"{self._name}: not connected")
        return self._session

    async def _ask(self, packet_id: int, what: str) -> list["Code"]:
        """Wait for the answer to a request."""
        try:
            async with asyncio.timeout(self._broker.connect_timeout_s):
                return await self._answer(packet_id)
        except TimeoutError as error:
            raise ReaderLostError(f"{self._name}: {what}: no answer from the broker") from error

    async def _answer(self, packet_id: int) -> list["Code"]:
        self.raise_error()
        answer: asyncio.Future[list[Code]] = asyncio.get_running_loop().create_future()
        self._answers[packet_id] = answer
        try:
            return await answer
        finally:
            del self._answers[packet_id]

    def answered(self, packet_id: int, codes: list["Code"]) -> None:
        """Hand the broker's answer to whoever asked."""
        if packet_id == CONNECTING:
            self._welcome = codes[0].number < REFUSED
        answer = self._answers.get(packet_id)
        if answer is not None and not answer.done():
            answer.set_result(codes)

    def dismissed(self, code: "Code") -> None:
        """End the link with the broker's own words."""
        self._end(dismissal(self._name, self.client_id, *code))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- TCP, not datagrams
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why, unless a reason is known already."""
        why = f"connection lost: {exc}" if exc else "the broker closed the connection"
        if self._packets.waiting:
            why += f" in the middle of a packet ({self._packets.waiting} bytes of it came)"
        self._end(hung_up(self._name, self.client_id, why))
        self._ended.set()

    def pause_writing(self) -> None:
        """Read nothing from a broker that does not read our answers."""
        self._writable.clear()
        self._hold_back()

    def resume_writing(self) -> None:
        """Go on."""
        self._writable.set()
        self._hold_back()

    def data_received(self, data: bytes) -> None:
        """Take a chunk in; all its messages share one arrival time."""
        if self.error is not None or self._leaving:
            return
        before = len(self._messages)
        others = self._packets.feed(data, self._clock(), self._messages)
        try:
            self._handle(others)
        except PacketError as error:
            text = f"{self._name}: {self._broker.address} sends what is not MQTT: {error}"
            self._end(ReaderLostError(text, "Check that an MQTT broker listens at this address."))
        self._progress += len(data)
        if others or len(self._messages) > before or self._progress >= PROGRESS_BYTES:
            self._note_life()
        self._bytes_waiting += len(data) if self._messages else 0
        self._hold_back()

    def _handle(self, packets: list[bytes]) -> None:
        session = self._open_session()
        for packet in packets:
            if not self._welcome and packet[0] != CONNACK:
                raise PacketError("something else before the answer to our login")
            if packet[0] == PUBREL:
                self._write(completion(packet))
            else:
                session.handle(packet)
        if self._packets.error is not None:
            raise self._packets.error
        if self._messages and not self._welcome:
            raise PacketError("a message before the answer to our login")

    def _note_life(self) -> None:
        self._progress = 0
        self._heard_s = asyncio.get_running_loop().time()
        self._news.set()

    def _tick(self) -> None:
        """Ask the broker whether it is alive; end if it has not been for too long."""
        loop = asyncio.get_running_loop()
        session = self._open_session()
        interval_s = min(self._broker.keepalive_s, session.keepalive_s or self._broker.keepalive_s)
        if self._paused or not self._heard_s:
            self._heard_s = loop.time()
        silent_s = loop.time() - self._heard_s
        if silent_s > SILENT_KEEPALIVES * self._broker.keepalive_s:
            self._end(hung_up(self._name, self.client_id, f"silent for {silent_s:.1f} s"))
            return
        self._write(PING)
        self._ping = loop.call_later(interval_s, self._tick)

    def _hold_back(self) -> None:
        """Leave the socket unread while too much waits, in either direction."""
        full = len(self._messages) >= self._waiting_max or self._bytes_waiting >= BYTES_WAITING_MAX
        pause = not self._leaving and (full or not self._writable.is_set())
        if pause == self._paused or self._transport is None or self._transport.is_closing():
            return
        self._paused = pause
        (self._transport.pause_reading if pause else self._transport.resume_reading)()

    def _write(self, packets: bytes) -> None:
        if not packets or self._leaving or self._transport is None:
            return
        if not self._transport.is_closing():
            self._transport.write(packets)

    def _end(self, error: ReaderError) -> None:
        """End the link; the first reason stands."""
        if self.error is None:
            self.error = error
        self._news.set()
        self._writable.set()
        if self._ping is not None:
            self._ping.cancel()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(self.error)
        if self._transport is not None:
            self._transport.abort()
