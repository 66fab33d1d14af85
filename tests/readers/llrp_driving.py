"""What the tests of the LLRP driver share."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from sllurp.llrp import LLRPMessage
from sllurp.llrp_proto import LLRPROSpec

from readers.driver import Batch, ReaderError
from readers.llrp.driver import LlrpDriver
from readers.llrp.settings import LlrpSettings
from simulators.llrp_reader import LlrpReader, make_tags
from tags.reads import Read

DEADLINE_S = 5.0
NOW_NS = 1_700_000_000_000_000_000


def reads_of(count: int, antennas: int = 4) -> list[Read]:
    return [
        Read(tag, "r1", 1 + n % antennas, NOW_NS + n * 1_000_000, 0, -50.0 - n % 20, 2, channel=7)
        for n, tag in enumerate(make_tags(count))
    ]


def settings_of(address: str, **changes: object) -> LlrpSettings:
    entry: dict[str, Any] = {"name": "r1", "address": address, "keepalive_s": 60.0}
    return LlrpSettings.model_validate(entry | changes)


@asynccontextmanager
async def connected(
    reader: LlrpReader,
    clock: Callable[[], int] = time.time_ns,
    **changes: object,
) -> AsyncGenerator[LlrpDriver]:
    driver = LlrpDriver(settings_of(reader.address, **changes), clock)
    try:
        await driver.connect()
        await asyncio.wait_for(reader.inventorying.wait(), DEADLINE_S)
        yield driver
    finally:
        await driver.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 -- there is no event for it
            await asyncio.sleep(0)


async def take(driver: LlrpDriver, count: int, deadline_s: float = DEADLINE_S) -> list[Read]:
    found: list[Read] = []
    async with asyncio.timeout(deadline_s):
        while len(found) < count:
            found += (await driver.next_batch()).reads
    return found


async def the_end(driver: LlrpDriver) -> ReaderError:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                await driver.next_batch()
            except ReaderError as error:
                return error


async def batches_until(
    driver: LlrpDriver,
    enough: Callable[[Batch], bool],
    deadline_s: float = DEADLINE_S,
) -> list[Batch]:
    """All batches up to the first that is enough."""
    batches: list[Batch] = []
    async with asyncio.timeout(deadline_s):
        while not batches or not enough(batches[-1]):
            batches.append(await driver.next_batch())
    return batches


async def good_reads(reader: LlrpReader) -> float:
    """Connect afresh and take reads; return how long that took in seconds."""
    begun_s = time.monotonic()
    async with connected(reader) as driver:
        await reader.report(reads_of(3))
        assert len(await take(driver, 3)) == 3
        return time.monotonic() - begun_s


def rospec_of(rospec_id: int) -> bytes:
    """Another program's ROSpec, as in ADD_ROSPEC."""
    spec = LLRPROSpec(None, rospec_id, tx_power=1)
    message = LLRPMessage(msgdict={"ADD_ROSPEC": {"ROSpecID": rospec_id, "ROSpec": spec}})
    return cast("bytes", message.msgbytes)[10:]
