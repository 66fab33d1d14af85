"""Make-believe devices, the brokers that they speak to, and our driver at the other end."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from simulators.broker import Broker
from simulators.mqtt_devices import (
    DoorSensor,
    ImpinjReader,
    Login,
    MqttReader,
    Publication,
    Publisher,
    TemperatureSensor,
    ZebraReader,
)
from tags.reads import Read
from tests.readers.mqtt_driving import connected, take, take_until

NOW_NS = time.time_ns() // 1_000_000 * 1_000_000
SUBSCRIBE = [
    {"topic": "zebra/+/tags", "format": "zebra", "device": 2},
    {"topic": "impinj/+/events", "format": "impinj", "device": 2},
    {"topic": "zigbee2mqtt/+", "format": "zigbee2mqtt"},
]


def reads_of(count: int) -> list[Read]:
    return [
        Read(f"3034257bf400b780{n:08x}", "FX-1", 1 + n % 4, NOW_NS + n * 1_000_000, 0, -50.0, 1)
        for n in range(count)
    ]


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with Broker() as started:
        yield started


@pytest.fixture
async def publisher(broker: Broker) -> AsyncIterator[Publisher]:
    async with Publisher("127.0.0.1", broker.port, "FX-1") as started:
        yield started


def make(kind: str, publisher: Publisher) -> MqttReader:
    if kind == "zebra":
        return ZebraReader(publisher, "zebra/FX-1/tags")
    return ImpinjReader(publisher, "impinj/FX-1/events")


@pytest.mark.parametrize("kind", ["zebra", "impinj"])
class TestReaders:
    async def test_what_a_reader_reports_comes_out_as_it_was(
        self, broker: Broker, publisher: Publisher, kind: str
    ) -> None:
        sent, reader = reads_of(100), make(kind, publisher)
        async with connected(broker.address, subscribe=SUBSCRIBE) as driver:
            assert await reader.report(sent) == reader.sent == 100
            found = await take(driver, 100)
        for was, read in zip(sent, found, strict=True):
            assert (read.tag, read.antenna, read.rssi_dbm) == (was.tag, was.antenna, was.rssi_dbm)
            assert (read.time_ns, read.reader) == (was.time_ns, "m1:FX-1")

    async def test_its_faults_are_on_demand(
        self, broker: Broker, publisher: Publisher, kind: str
    ) -> None:
        reader = make(kind, publisher)
        async with connected(broker.address, subscribe=SUBSCRIBE) as driver:
            reader.silent = True
            assert await reader.report(reads_of(1)) == 0
            reader.silent = False
            reader.hold()
            assert await reader.report(reads_of(2)) == 0
            assert await reader.release() == 2
            assert [read.time_ns for read in await take(driver, 2)] == [NOW_NS, NOW_NS + 1_000_000]
            reader.repeats = True
            assert await reader.report(reads_of(1)) == 1
            assert len(await take(driver, 2)) == 2
            reader.repeats, reader.clock_offset_ns = False, -5_000_000_000
            await reader.report(reads_of(1))
            assert [read.time_ns for read in await take(driver, 1)] == [NOW_NS - 5_000_000_000]
            await reader.cut(reads_of(1))
            assert (await take_until(driver, lambda batch: bool(batch.bad))).reads == []
            await reader.babble()
            assert (await take_until(driver, lambda batch: bool(batch.bad))).reads == []
            assert reader.sent == 4


class TestSensors:
    async def test_their_values_become_measurements(
        self, broker: Broker, publisher: Publisher
    ) -> None:
        async with connected(broker.address, subscribe=SUBSCRIBE) as driver:
            await TemperatureSensor(publisher, "zigbee2mqtt/cold store").measure(4.5, 61.0)
            batch = await take_until(driver, lambda batch: bool(batch.measurements))
            values = {each.quantity: each.value for each in batch.measurements}
            assert (values["temperature"], values["humidity"]) == (4.5, 61.0)
            await DoorSensor(publisher, "zigbee2mqtt/dock door").move(is_open=True)
            batch = await take_until(driver, lambda batch: bool(batch.measurements))
            assert {each.sensor for each in batch.measurements} == {"m1:dock door"}


class TestBrokerOfTheDemo:
    async def test_it_ends_with_those_who_started_it(self) -> None:
        async with Broker() as broker:
            _, writer = await asyncio.open_connection("127.0.0.1", broker.port)
            writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", broker.port)

    async def test_it_tells_of_a_device_that_vanished(self, broker: Broker) -> None:
        login = Login(lost=Publication("zebra/FX-1/tags", b"gone"))
        async with (
            connected(broker.address, subscribe=SUBSCRIBE) as driver,
            Publisher("127.0.0.1", broker.port, "FX-1", login) as device,
        ):
            await device.vanish()
            await take_until(driver, lambda batch: bool(batch.bad))
