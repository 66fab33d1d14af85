"""A client for the tests of the simulated LLRP reader."""

import asyncio
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from sllurp.llrp import LLRPMessage
from sllurp.llrp_proto import LLRPROSpec

from readers.wire.llrp.framing import Frame, Framer, frame
from readers.wire.llrp.messages import Event, Message, decode_event, decode_status
from readers.wire.llrp.parameters import tlv
from readers.wire.llrp.reports import ReportDecoder
from simulators.llrp_reader import LlrpReader, make_tags
from tags.reads import Read

DEADLINE_S = 5.0
NOW_NS = 1_700_000_000_000_000_000


def reads_of(count: int) -> list[Read]:
    return [
        Read(tag, "", 1 + n % 4, NOW_NS, NOW_NS, -50.0, 3, channel=2)
        for n, tag in enumerate(make_tags(count))
    ]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 -- there is no event for it
            await asyncio.sleep(0)


def answered(reader: LlrpReader, count: int) -> bool:
    return reader.keepalives_answered >= count


class Client:
    """A client that says exactly what a test tells it."""

    def __init__(self, stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._stream = stream
        self._framer = Framer()
        self._messages: list[Frame] = []

    @classmethod
    async def of(cls, reader: LlrpReader, tls: ssl.SSLContext | None = None) -> "Client":
        return cls(*await asyncio.open_connection("127.0.0.1", reader.port, ssl=tls))

    @classmethod
    async def inventorying(cls, reader: LlrpReader, **options: Any) -> "Client":  # noqa: ANN401 -- as in rospec
        """Connect and start ROSpec 7 on all antennas."""
        client = await cls.of(reader)
        await client.message()
        assert await client.ask_code(Message.ADD_ROSPEC, rospec(7, antennas=(0,), **options)) == 0
        assert await client.ask_code(Message.ENABLE_ROSPEC, identifier(7)) == 0
        return client

    async def next(self) -> Frame | None:
        async with asyncio.timeout(DEADLINE_S):
            while not self._messages:
                chunk = await self._stream.read(4096)
                if not chunk:
                    return None
                self._messages += self._framer.feed(chunk)
        return self._messages.pop(0)

    async def message(self) -> Frame:
        found = await self.next()
        assert found is not None
        return found

    async def event(self) -> Event:
        found = await self.message()
        assert found.type == Message.READER_EVENT_NOTIFICATION
        return decode_event(found.body)

    async def reads(self, count: int) -> list[Read]:
        """The reads of the next reports, `count` at least; all messages must be reports."""
        decoder, reads, bad = ReportDecoder("r"), list[Read](), dict[str, int]()
        while len(reads) < count:
            found = await self.message()
            assert found.type == Message.RO_ACCESS_REPORT
            reads += decoder.decode(found.body, NOW_NS, bad)
        return reads

    async def rest(self) -> bytes:
        """All bytes up to the end of the connection, an unclean end included."""
        found = b""
        async with asyncio.timeout(DEADLINE_S):
            while chunk := await self._stream.read(4096):
                found += chunk
        return found

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def ask(self, request: int, body: bytes = b"", message_id: int = 99) -> Frame:
        self.writer.write(frame(request, message_id, body))
        answer = await self.message()
        assert answer.message_id == message_id
        return answer

    async def ask_code(self, request: int, body: bytes = b"") -> int:
        answer = await self.ask(request, body)
        assert answer.type == request + 10
        status = decode_status(answer.body)
        assert status is not None
        return status.code


def set_config(*parameters: bytes, reset: bool = False) -> bytes:
    return bytes([reset << 7]) + b"".join(parameters)


def hold(*, wanted: bool = True) -> bytes:
    return set_config(tlv(226, bytes([wanted << 7])))


def switch(kind: int, number: int, *, on: bool) -> bytes:
    """GPOWriteData (219), GPIPortCurrentState (225) or EventNotificationState (245)."""
    return tlv(kind, struct.pack("!HB", number, on << 7), b"\x02" if kind == 225 else b"")


def identifier(number: int) -> bytes:
    return struct.pack("!I", number)


def rospec(rospec_id: int, start: str = "Immediate", **options: Any) -> bytes:  # noqa: ANN401 -- sllurp has no types
    wanted: dict[str, Any] = {"reader_mode": None, "tx_power": 1, **options}
    spec = LLRPROSpec(rospecid=rospec_id, **wanted)
    spec["ROBoundarySpec"]["ROSpecStartTrigger"]["ROSpecStartTriggerType"] = start
    message = LLRPMessage(msgdict={"ADD_ROSPEC": {"ROSpecID": rospec_id, "ROSpec": spec}})
    return cast("bytes", message.msgbytes)[10:]
