"""What the tests of the MQTT driver share: packets, brokers that misbehave, and ways to wait."""

import asyncio
import struct
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

from readers.driver import Batch, ReaderError
from readers.mqtt.driver import MqttDriver
from readers.mqtt.settings import MqttSettings
from tags.reads import Read

DEADLINE_S = 5.0
TAGS = [{"topic": "zebra/+/tags", "format": "zebra", "device": 2}]
OWN = [{"topic": "tagwarden/+/reads", "format": "tagwarden"}]


def settings_of(address: str, **changes: object) -> MqttSettings:
    entry: dict[str, Any] = {"name": "m1", "address": address, "keepalive_s": 60.0}
    return MqttSettings.model_validate({**entry, "subscribe": OWN, **changes})


@asynccontextmanager
async def connected(address: str, **changes: object) -> AsyncGenerator[MqttDriver]:
    driver = MqttDriver(settings_of(address, **changes), time.time_ns)
    try:
        await driver.connect()
        yield driver
    finally:
        await driver.close()


async def take(
    driver: MqttDriver, count: int, *, acknowledge: bool = True, deadline_s: float = DEADLINE_S
) -> list[Read]:
    """Reads until there are `count`."""
    found: list[Read] = []
    async with asyncio.timeout(deadline_s):
        while len(found) < count:
            batch = await driver.next_batch()
            found += batch.reads
            if acknowledge and batch.acknowledge is not None:
                batch.acknowledge()
    return found


async def take_until(driver: MqttDriver, enough: Callable[[Batch], bool]) -> Batch:
    """Batches, acknowledged, until one is what is wanted."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            batch = await driver.next_batch()
            if batch.acknowledge is not None:
                batch.acknowledge()
            if enough(batch):
                return batch


async def the_end(driver: MqttDriver, deadline_s: float = DEADLINE_S) -> ReaderError:
    async with asyncio.timeout(deadline_s):
        while True:
            try:
                await driver.next_batch()
            except ReaderError as error:
                return error


def own_payload(number: int) -> bytes:
    return b'{"tag": "30340000000000000000%04x", "rssi_dbm": -50}' % number


def numbers(reads: list[Read]) -> list[int]:
    """The numbers that `own_payload` was given."""
    return [int(read.tag[-4:], 16) for read in reads]


def publish_packet(  # noqa: PLR0913 -- what a packet is made of
    topic: str,
    payload: bytes,
    *,
    qos: int = 0,
    packet_id: int = 1,
    retain: bool = False,
    properties: bool = False,
) -> bytes:
    name = topic.encode()
    body = struct.pack(">H", len(name)) + name + (struct.pack(">H", packet_id) if qos else b"")
    body += (b"\x00" if properties else b"") + payload
    return bytes((0x30 | qos << 1 | retain,)) + length_of(len(body)) + body


def length_of(size: int) -> bytes:
    """A variable byte integer."""
    found = bytearray()
    while True:
        size, low = divmod(size, 128)
        found.append(low | 128 if size else low)
        if not size:
            return bytes(found)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class FakeBroker:
    """A broker that says what it is told to.

    It answers the login with `welcome`, a subscription with `grant` for each topic, and pings
    while `alive`; `talk` is run once the subscriptions are granted. What it is sent is kept.
    """

    def __init__(
        self,
        talk: Talk | None = None,
        *,
        welcome: bytes = b"\x20\x02\x00\x00",
        grant: int = 1,
        alive: bool = True,
    ) -> None:
        self.packets: list[bytes] = []
        self.alive = alive
        self._talk = talk
        self._welcome = welcome
        self._grant = grant
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        assert self._server is not None
        return f"mqtt://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_new = False
        while True:
            packet = await _packet(reader)
            self.packets.append(packet)
            kind = packet[0] & 0xF0
            if kind == 0x10:
                is_new = packet[8] == 5
                writer.write(self._welcome)
            elif kind == 0xC0 and self.alive:
                writer.write(b"\xd0\x00")
            elif kind == 0x80:
                properties = b"\x00" if is_new else b""
                grant = packet[2:4] + properties + bytes((self._grant,))
                writer.write(bytes((0x90, len(grant))) + grant)
                if self._talk is not None:
                    await self._talk(reader, writer)


async def _packet(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(2)
    length, shift = head[1] & 127, 7
    while head[-1] & 128:
        head += await reader.readexactly(1)
        length |= (head[-1] & 127) << shift
        shift += 7
    body = await reader.readexactly(length)
    # As if the length had one byte, so that tests find their way.
    return head[:2] + body
