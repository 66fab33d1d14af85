"""What the tests of the scanner driver share."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from readers.driver import Batch, ReaderError
from readers.scanner import ScannerDriver, ScannerSettings

DEADLINE_S = 5.0
NOW_NS = 1_700_000_000_000_000_000


def settings_of(**entry: object) -> ScannerSettings:
    given: dict[str, Any] = {"name": "desk", **entry}
    return ScannerSettings.model_validate(given)


@asynccontextmanager
async def connected(settings: ScannerSettings) -> AsyncGenerator[ScannerDriver]:
    driver = ScannerDriver(settings, lambda: NOW_NS)
    try:
        await driver.connect()
        yield driver
    finally:
        await driver.close()


async def next_batch(driver: ScannerDriver) -> Batch:
    return await asyncio.wait_for(driver.next_batch(), DEADLINE_S)


async def take(driver: ScannerDriver, count: int) -> list[str]:
    tags: list[str] = []
    async with asyncio.timeout(DEADLINE_S):
        while len(tags) < count:
            tags += [read.tag for read in (await driver.next_batch()).reads]
    return tags


async def next_codes(driver: ScannerDriver) -> tuple[list[str], dict[str, int]]:
    """The codes of the next scan, and what was thrown away until then."""
    bad: Counter[str] = Counter()
    async with asyncio.timeout(DEADLINE_S):
        while True:
            batch = await driver.next_batch()
            bad.update(batch.bad)
            if batch.alive:
                return [read.tag for read in batch.reads], dict(bad)


async def the_end(driver: ScannerDriver) -> tuple[dict[str, int], ReaderError]:
    bad: dict[str, int] = {}
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                batch = await driver.next_batch()
            except ReaderError as error:
                return bad, error
            bad.update(batch.bad)
