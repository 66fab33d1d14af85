"""A supervised MQTT link over a broker's restart: nothing is lost, and health tells the truth."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from gateway.entries import Entry, Observed
from gateway.supervisor import Supervisor
from readers.health import ReaderHealth
from simulators.mosquitto import Mosquitto
from simulators.mqtt_devices import Publication, Publisher
from tags.reads import Read
from tests.mosquitto import mosquitto
from tests.readers.mqtt_driving import numbers, own_payload, settings_of

DEADLINE_S = 15.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path, persistent=True) as started:
        yield started


class Desk:
    """Takes reads in; they are committed, and so acknowledged, when `commits`."""

    def __init__(self) -> None:
        self.commits = True
        self.reads: list[Read] = []
        self.states: list[str] = []

    async def put_reads(
        self,
        reads: list[Read],
        acknowledge: Callable[[], None] | None = None,
        observed: Observed | None = None,
    ) -> None:
        assert observed is None
        self.reads += reads
        if acknowledge is not None and self.commits:
            acknowledge()

    def put(self, entry: Entry) -> None:
        if isinstance(entry, ReaderHealth) and entry.reader == "m1":
            self.states.append(entry.state)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 -- there is no event for it
            await asyncio.sleep(0.01)


@asynccontextmanager
async def supervised(broker: Mosquitto, desk: Desk) -> AsyncGenerator[Supervisor]:
    supervisor = Supervisor(desk, time.time_ns, random.Random(1))
    running = asyncio.create_task(supervisor.run(settings_of(broker.address, keepalive_s=1)))
    try:
        await until(lambda: desk.states[-1:] == ["online"])
        yield supervisor
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def say(broker: Mosquitto, first: int, last: int) -> None:
    async with Publisher("127.0.0.1", broker.port, "FX-1") as device:
        topic = "tagwarden/FX-1/reads"
        await device.publish([Publication(topic, own_payload(n)) for n in range(first, last)])
        await device.drain()


async def test_a_broker_s_restart_loses_nothing_and_is_over_within_ten_seconds(
    broker: Mosquitto,
) -> None:
    desk = Desk()
    async with supervised(broker, desk):
        await say(broker, 0, 10)
        await until(lambda: len(desk.reads) == 10)
        desk.commits = False
        await say(broker, 10, 20)
        await until(lambda: len(desk.reads) == 20)
        await asyncio.to_thread(broker.stop)
        await until(lambda: desk.states[-1] == "offline")
        desk.commits = True
        await asyncio.to_thread(broker.start)
        began_s = asyncio.get_running_loop().time()
        await until(lambda: desk.states[-1] == "online")
        assert asyncio.get_running_loop().time() - began_s < 10
        await until(lambda: len(desk.reads) == 30)
        await say(broker, 20, 30)
        await until(lambda: len(desk.reads) == 40)
    assert numbers(desk.reads) == [*range(20), *range(10, 30)]


async def test_a_broker_that_hangs_is_silent_within_two_keepalives_and_comes_back(
    broker: Mosquitto,
) -> None:
    desk = Desk()
    async with supervised(broker, desk):
        broker.freeze()
        began_s = asyncio.get_running_loop().time()
        await until(lambda: desk.states[-1] == "silent")
        assert asyncio.get_running_loop().time() - began_s < 3
        broker.thaw()
        await until(lambda: desk.states[-1] == "online")
        await say(broker, 0, 1)
        await until(lambda: len(desk.reads) == 1)
