"""A client for the tests of the simulated LLRP reader."""

import asyncio
import struct
from collections.abc import Callable
from typing import Any, cast

from sllurp.llrp import LLRPMessage
from sllurp.llrp_proto import LLRPROSpec

from readers.wire.llrp.framing import Frame, Framer, frame
from readers.wire.llrp.messages import (
    decode_status,
)
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
    async def of(cls, reader: LlrpReader) -> "Client":
        return cls(*await asyncio.open_connection("127.0.0.1", reader.port))

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


def identifier(number: int) -> bytes:
    return struct.pack("!I", number)


def rospec(rospec_id: int, start: str = "Immediate", **options: Any) -> bytes:  # noqa: ANN401 -- sllurp has no types
    spec = LLRPROSpec(None, rospec_id, **options)
    spec["ROBoundarySpec"]["ROSpecStartTrigger"]["ROSpecStartTriggerType"] = start
    message = LLRPMessage(msgdict={"ADD_ROSPEC": {"ROSpecID": rospec_id, "ROSpec": spec}})
    return cast("bytes", message.msgbytes)[10:]
