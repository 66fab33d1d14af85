"""The serial driver with modules of the UHFReader family that report unasked."""

import asyncio

import pytest

from readers.driver import DeviceNews
from readers.wire.uhfreader import HEARTBEAT_BYTES
from simulators.uhfreader import Layout, Model, UhfReader
from tests.readers.serial_driving import connected, hear, reads_of, take

BUS = {"devices": {1: {"zone": "hall"}, 2: {"zone": "gate"}}}


@pytest.mark.parametrize(("model", "layout"), [("18", None), ("288", None), ("288", "bare")])
async def test_pushed_reports_are_read_and_nothing_is_sent(
    model: Model, layout: Layout | None
) -> None:
    sent = reads_of(100)
    async with UhfReader(model, pushes=True, layout=layout) as module:
        protocol = f"uhfreader{model}"
        async with connected(module.path, protocol, mode="push", push_layout=layout) as driver:
            assert driver.passive
            reporting = asyncio.create_task(module.report(sent))
            heard = await take(driver, len(sent))
            await reporting
            assert (await driver.examine(0))[0].ok is None
    assert [read.tag for read in heard] == [read.tag for read in sent]
    assert module.heard == []


async def test_a_pushed_report_says_its_antenna() -> None:
    async with (
        UhfReader(pushes=True) as module,
        connected(module.path, "uhfreader288", mode="push") as driver,
    ):
        await module.report(reads_of(1, antenna=3))
        assert [read.antenna for read in await take(driver, 1)] == [3]


async def test_a_heartbeat_without_an_address_is_no_module_of_its_own() -> None:
    async with (
        UhfReader(addresses=(7,), pushes=True, heartbeat_s=0.05) as module,
        connected(module.path, "uhfreader288", mode="push", devices={7: {}}) as driver,
    ):
        assert (await hear(driver, lambda _: True)).devices == {}
        await module.report(reads_of(1))
        batch = await hear(driver, lambda batch: bool(batch.reads))
        assert set(batch.devices) == {"7"}


async def test_a_heartbeat_is_a_sign_of_life() -> None:
    async with (
        UhfReader(pushes=True, heartbeat_s=0.05) as module,
        connected(module.path, "uhfreader288", mode="push") as driver,
    ):
        for _ in range(3):
            batch = await hear(driver, lambda _: True, deadline_s=1)
            assert (batch.reads, batch.bad) == ([], {})


async def test_an_unlisted_module_that_pushes_is_named() -> None:
    async with (
        UhfReader(pushes=True, addresses=(1, 9)) as module,
        connected(module.path, "uhfreader288", mode="push", **BUS) as driver,
    ):
        await module.report(reads_of(1, reader="bus:9"))
        batch = await hear(driver, lambda batch: bool(batch.reads))
    assert batch.reads[0].reader == "bench:9"
    assert batch.devices == {"9": DeviceNews()}


async def test_a_stray_length_of_255_stalls_a_push_for_less_than_a_second() -> None:
    async with (
        UhfReader(pushes=True, heartbeat_s=60) as module,
        connected(module.path, "uhfreader288", mode="push") as driver,
    ):
        module.port.send(b"\xff")
        await module.report(reads_of(1))
        assert len(await take(driver, 1, deadline_s=0.4)) == 1
        module.port.send(b"\xff" + HEARTBEAT_BYTES)
        await hear(driver, lambda _: True, deadline_s=1)
