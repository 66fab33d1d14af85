"""A serial reader under the supervisor: how it is said to be is how it is."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.entries import Entry
from gateway.supervisor import Supervisor
from readers.health import ReaderHealth
from readers.serial.settings import SerialSettings
from simulators.m100 import M100Module
from simulators.uhfreader import UhfReader
from tags.reads import Read
from tests.readers.serial_driving import DEADLINE_S, reads_of, until

REPLUG_S = 5.0


class Intake:
    """Keeps what a supervisor says."""

    def __init__(self) -> None:
        self.reads: list[Read] = []
        self.states: list[tuple[str, str]] = []

    async def put_reads(
        self,
        reads: list[Read],
        acknowledge: Callable[[], None] | None = None,
        observed: object = None,
    ) -> None:
        assert acknowledge is None
        assert observed is None
        self.reads += reads

    def put(self, entry: Entry) -> None:
        if isinstance(entry, ReaderHealth):
            self.states.append((entry.reader, entry.state))

    def state(self, reader: str) -> str:
        return next((state for name, state in reversed(self.states) if name == reader), "")


@asynccontextmanager
async def supervised(port: str, protocol: str, **changes: object) -> AsyncGenerator[Intake]:
    intake = Intake()
    entry: dict[str, Any] = {"name": "bench", "protocol": protocol, "port": port}
    settings = SerialSettings.model_validate(entry | {"silent_after_s": 0.5} | changes)
    supervisor = Supervisor(intake, time.time_ns, random.Random(1))
    jobs: list[Coroutine[Any, Any, None]] = [supervisor.run(settings), supervisor.watch_silence()]
    running = [asyncio.create_task(job) for job in jobs]
    try:
        yield intake
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)


async def becomes(intake: Intake, *states: str, reader: str = "bench") -> None:
    await until(lambda: intake.state(reader) in states)


async def heard(intake: Intake, count: int) -> None:
    await until(lambda: len(intake.reads) == count)


async def test_a_module_is_offline_while_unplugged_and_online_soon_after() -> None:
    async with M100Module() as module, supervised(module.path, "m100") as intake:
        for seed in range(2):
            await becomes(intake, "online")
            await asyncio.wait_for(module.inventorying.wait(), DEADLINE_S)
            await module.report(reads_of(3, seed=seed))
            await heard(intake, 3 * seed + 3)
            await module.unplug()
            async with asyncio.timeout(1):
                await becomes(intake, "offline")
            await module.replug()
            async with asyncio.timeout(REPLUG_S):
                await becomes(intake, "online")


@pytest.mark.parametrize("protocol", ["m100", "uhfreader288"])
async def test_a_module_that_only_makes_noise_is_never_online(protocol: str) -> None:
    async with M100Module() as module:
        module.port.on_bytes = lambda _: module.port.send_noise(20)
        async with supervised(module.path, protocol, connect_timeout_s=0.3) as intake:
            await becomes(intake, "offline")
    assert "online" not in {state for _, state in intake.states}


async def test_a_module_that_stops_in_the_middle_is_not_online() -> None:
    async with UhfReader() as module, supervised(module.path, "uhfreader288") as intake:
        await becomes(intake, "online")
        module.port.silent = True
        async with asyncio.timeout(2):
            await becomes(intake, "silent", "offline")
        module.port.silent = False
        async with asyncio.timeout(REPLUG_S):
            await becomes(intake, "online")


async def test_each_module_of_a_bus_has_its_own_health() -> None:
    devices = {1: {"zone": "hall"}, 2: {"zone": "gate"}}
    async with (
        UhfReader(addresses=(1, 2)) as module,
        supervised(
            module.path, "uhfreader288", devices=devices, scan_ms=100, silent_after_s=5
        ) as it,
    ):
        await becomes(it, "online", reader="bench:1")
        await becomes(it, "online", reader="bench:2")
        module.dead = {2}
        await becomes(it, "offline", "silent", reader="bench:2")
        assert (it.state("bench"), it.state("bench:1")) == ("online", "online")
