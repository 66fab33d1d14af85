"""What the doctor says of topics, at a real mosquitto."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from readers.driver import Examinable, Finding
from simulators.mosquitto import Mosquitto
from simulators.mqtt_devices import Publication, Publisher
from tests.mosquitto import mosquitto
from tests.readers.mqtt_driving import connected, numbers, own_payload, take

PATIENCE_S = 1.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as started:
        yield started


@asynccontextmanager
async def publishing(broker: Mosquitto, topic: str, payload: bytes) -> AsyncGenerator[None]:
    """A device that publishes all the time."""
    async with Publisher("127.0.0.1", broker.port, "FX-1") as device:

        async def publish() -> None:
            while True:
                await device.publish([Publication(topic, payload)])
                await asyncio.sleep(0.05)

        task = asyncio.create_task(publish())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def findings(broker: Mosquitto, **changes: object) -> list[Finding]:
    async with connected(broker.address, clean=True, **changes) as driver:
        assert isinstance(driver, Examinable)
        began_s = asyncio.get_running_loop().time()
        found = await driver.examine(PATIENCE_S)
        assert asyncio.get_running_loop().time() - began_s < PATIENCE_S + 1
        return found


async def test_a_topic_that_comes_passes(broker: Mosquitto) -> None:
    async with publishing(broker, "tagwarden/FX-1/reads", own_payload(1)):
        (found,) = await findings(broker)
    assert (found.step, found.ok) == ("topics", True)
    assert "tagwarden/+/reads: 1 message(s)" in found.detail


async def test_a_topic_that_is_slightly_wrong_is_told_what_comes_instead(
    broker: Mosquitto,
) -> None:
    async with publishing(broker, "tagwarden/FX-1/read", own_payload(1)):
        (found,) = await findings(broker)
    assert found.ok is False
    assert found.detail == "nothing on tagwarden/+/reads; messages come on tagwarden/FX-1/read"
    assert "Correct `topic`" in found.remedy


async def test_so_is_one_that_is_quite_wrong(broker: Mosquitto) -> None:
    async with publishing(broker, "other/FX-1/tag", own_payload(1)):
        (found,) = await findings(broker)
    assert found.ok is False
    assert "messages come on other/FX-1/tag" in found.detail


async def test_nothing_at_all_leaves_it_open(broker: Mosquitto) -> None:
    (found,) = await findings(broker)
    assert found.ok is None
    assert "publish something" in found.remedy


async def test_messages_in_another_format_are_shown(broker: Mosquitto) -> None:
    async with publishing(broker, "tagwarden/FX-1/reads", b"EPC;3034;\x07"):
        (found,) = await findings(broker)
    assert found.ok is False
    assert "could be read as tagwarden (not strict JSON" in found.detail
    assert "on tagwarden/FX-1/reads came 'EPC;3034;\\x07'" in found.detail
    assert "Correct `format`" in found.remedy


async def test_pointers_that_point_to_nothing_are_named(broker: Mosquitto) -> None:
    entry = {"topic": "a", "format": "generic", "each": "/list", "tag": "/epc"}
    async with publishing(broker, "a", b'{"tags": []}'):
        (found,) = await findings(broker, subscribe=[entry])
    assert found.ok is False
    assert "the list that `each` points to is not there" in found.detail
    assert found.remedy == "Correct the pointers of a, or what the device sends."


async def test_a_device_that_is_not_where_the_entry_points_is_told(broker: Mosquitto) -> None:
    entry = {"topic": "tagwarden/+/reads", "format": "tagwarden", "device": "/host"}
    async with publishing(broker, "tagwarden/FX-1/reads", own_payload(1)):
        (found,) = await findings(broker, subscribe=[entry])
    assert found.ok is False
    assert "do not name a device" in found.detail
    assert found.remedy.startswith("Correct `device` of tagwarden/+/reads")


async def test_each_entry_has_its_own_finding(broker: Mosquitto) -> None:
    subscribe = [
        {"topic": "tagwarden/+/reads", "format": "tagwarden"},
        {"topic": "zebra/+/tags", "format": "zebra", "device": 2},
    ]
    async with publishing(broker, "tagwarden/FX-1/reads", own_payload(1)):
        found = await findings(broker, subscribe=subscribe)
    assert [each.ok for each in found] == [True, None]


async def test_what_waits_for_the_gateway_is_left_to_it(broker: Mosquitto) -> None:
    async with connected(broker.address):
        pass
    async with Publisher("127.0.0.1", broker.port, "FX-1") as device:
        await device.publish([Publication("tagwarden/FX-1/reads", own_payload(1))])
        await device.drain()
    async with connected(broker.address) as driver:
        assert [each.ok for each in await driver.examine(PATIENCE_S)] == [True]
    async with connected(broker.address) as driver:
        assert numbers(await take(driver, 1)) == [1]


async def test_a_broker_that_goes_away_meanwhile_is_a_finding(broker: Mosquitto) -> None:
    async with connected(broker.address) as driver:
        examining = asyncio.create_task(driver.examine(5))
        await asyncio.to_thread(broker.stop, kill=True)
        (found,) = await examining
    assert found.ok is False
    assert "closed the connection" in found.detail
