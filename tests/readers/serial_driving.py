"""What the tests of the serial drivers share."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from readers.driver import Batch, ReaderError
from readers.serial.driver import SerialDriver
from readers.serial.settings import SerialSettings
from simulators.llrp_reader import make_tags
from tags.reads import Read

DEADLINE_S = 5.0


def reads_of(count: int, antenna: int = 1, reader: str = "", seed: int = 1) -> list[Read]:
    return [Read(tag, reader, antenna, 0, 0, -50.0) for tag in make_tags(count, seed)]


def driver_of(port: str, protocol: str, **changes: object) -> SerialDriver:
    entry: dict[str, Any] = {"name": "bench", "protocol": protocol, "port": port, "poll_ms": 0}
    return SerialDriver(SerialSettings.model_validate(entry | changes), time.time_ns)


@asynccontextmanager
async def connected(port: str, protocol: str, **changes: object) -> AsyncGenerator[SerialDriver]:
    driver = driver_of(port, protocol, **changes)
    try:
        await driver.connect()
        yield driver
    finally:
        await driver.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 -- there is no event for it
            await asyncio.sleep(0.001)


async def take(
    driver: SerialDriver,
    count: int,
    deadline_s: float = DEADLINE_S,
    bad: dict[str, int] | None = None,
) -> list[Read]:
    found: list[Read] = []
    async with asyncio.timeout(deadline_s):
        while len(found) < count:
            batch = await driver.next_batch()
            found += batch.reads
            if bad is not None:
                bad.update({reason: bad.get(reason, 0) + n for reason, n in batch.bad.items()})
    return found


async def hear(
    driver: SerialDriver,
    until_true: Callable[[Batch], bool],
    deadline_s: float = DEADLINE_S,
) -> Batch:
    async with asyncio.timeout(deadline_s):
        while True:
            batch = await driver.next_batch()
            if until_true(batch):
                return batch


async def fall_silent(driver: SerialDriver, silence_s: float = 0.3) -> None:
    """Fetch what was on its way, until nothing more comes."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                await asyncio.wait_for(driver.next_batch(), silence_s)
            except TimeoutError:
                return


async def the_end(driver: SerialDriver) -> ReaderError:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                await driver.next_batch()
            except ReaderError as error:
                return error
