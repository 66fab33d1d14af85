"""Finding LLRP readers in a network: politely, a bounded number of addresses at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

from readers.wire.llrp.abilities import Abilities, decode_abilities
from readers.wire.llrp.framing import Frame, FrameError, Framer, frame
from readers.wire.llrp.messages import Connection, Message, decode_event
from readers.wire.llrp.parameters import ReportError

AT_ONCE = 64
CONNECT_S = 1.0
ANSWER_S = 3.0
EVERYTHING = b"\x00"
_CHUNK = 65_536


class FoundReader(NamedTuple):
    """A reader that answered; `abilities` is None where another client has it."""

    host: str
    port: int
    abilities: Abilities | None


async def find_readers(hosts: Iterable[str], port: int) -> AsyncIterator[FoundReader | None]:
    """Try each host; None for one that is no reader. They come in the order of their answers.

    A reader is asked what it can do and left again; nothing on it is changed.
    """
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(host: str) -> FoundReader | None:
        async with limit:
            return await _ask(host, port)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(host), name=host) for host in hosts]
        for done in asyncio.as_completed(tasks):
            yield await done


async def _ask(host: str, port: int) -> FoundReader | None:
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return None
    try:
        async with asyncio.timeout(ANSWER_S):
            return await _talk(host, port, reader, writer)
    except (OSError, EOFError, TimeoutError, FrameError, ReportError):
        return None
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _talk(
    host: str,
    port: int,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> FoundReader | None:
    messages = _messages(reader)
    greeting = await anext(messages)
    if greeting.type != Message.READER_EVENT_NOTIFICATION:
        return None
    if decode_event(greeting.body).connection != Connection.ACCEPTED:
        return FoundReader(host, port, None)
    writer.write(frame(Message.GET_READER_CAPABILITIES, 1, EVERYTHING))
    async for message in messages:
        if message.type == Message.GET_READER_CAPABILITIES_RESPONSE:
            writer.write(frame(Message.CLOSE_CONNECTION, 2))
            await _wait_for_farewell(messages)
            return FoundReader(host, port, decode_abilities(message.body))
    return None


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[Frame]:
    framer = Framer()
    while chunk := await reader.read(_CHUNK):
        for message in framer.feed(chunk):
            yield message
    raise EOFError


async def _wait_for_farewell(messages: AsyncIterator[Frame]) -> None:
    """A reader that is left without a word may keep the next client out for a while."""
    with contextlib.suppress(EOFError, OSError, FrameError):
        async for message in messages:
            if message.type == Message.CLOSE_CONNECTION_RESPONSE:
                return
