"""The serial driver with modules of the UHFReader family, alone and on a bus, with every fault."""

import asyncio
from functools import partial

import pytest

from readers.driver import Batch, DeviceNews, ReaderLostError, ReaderMisconfiguredError
from readers.serial import uhfreader as serial_uhfreader
from readers.wire.uhfreader import (
    Answer,
    Command,
    Status,
    Tag,
    answer_frame,
    encode_tags,
)
from simulators.uhfreader import Model, UhfReader
from tests.readers.serial_driving import (
    DEADLINE_S,
    connected,
    driver_of,
    fall_silent,
    hear,
    reads_of,
    take,
    the_end,
    until,
)

MODEL = pytest.mark.parametrize("model", ["18", "288"])
BUS = {"devices": {1: {"zone": "hall"}, 2: {"zone": "gate"}}}


async def polled(module: UhfReader) -> None:
    await asyncio.wait_for(module.inventorying.wait(), DEADLINE_S)


async def sent(module: UhfReader, count: int) -> None:
    await until(lambda: module.sent == count)


def _speaks(device: str, batch: Batch) -> bool:
    return device in batch.devices


@MODEL
async def test_a_module_that_says_nothing_of_itself_is_polled_all_the_same(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_uhfreader, "ANSWER_S", 0.05)
    async with UhfReader(model) as module:
        module.unanswered = {Command.INFO}
        async with connected(module.path, f"uhfreader{model}", scan_ms=100) as driver:
            hearing = asyncio.create_task(take(driver, 3))
            await polled(module)
            await module.report(reads_of(3))
            assert len(await hearing) == 3
            assert (await driver.examine(0))[0].ok is None


@MODEL
async def test_every_read_arrives_once_and_without_a_guessed_rssi(model: Model) -> None:
    sent = reads_of(150)
    async with (
        UhfReader(model) as module,
        connected(module.path, f"uhfreader{model}") as driver,
    ):
        hearing = asyncio.create_task(take(driver, len(sent)))
        await polled(module)
        assert await module.report(sent) == len(sent)
        heard = await hearing
        assert module.sent == len(sent)
    assert [read.tag for read in heard] == [read.tag for read in sent]
    assert {(read.reader, read.antenna, read.rssi_dbm) for read in heard} == {("bench", 1, None)}


async def test_each_antenna_of_the_entry_is_polled() -> None:
    antennas = {1: {"zone": "a"}, 3: {"zone": "b"}}
    async with (
        UhfReader() as module,
        connected(module.path, "chafon", antennas=antennas) as driver,
    ):
        hearing = asyncio.create_task(take(driver, 20))
        await polled(module)
        await module.report([*reads_of(10, 3), *reads_of(10, 2), *reads_of(10, 1)])
        heard = await hearing
    assert sorted(read.antenna for read in heard) == [1] * 10 + [3] * 10


async def test_a_missing_antenna_is_disconnected_until_it_reads_again() -> None:
    antennas = {1: {"zone": "a"}, 2: {"zone": "b"}}
    async with (
        UhfReader() as module,
        connected(module.path, "uhfreader288", antennas=antennas) as driver,
    ):
        module.unplugged_antennas = {2}
        told = await hear(driver, lambda batch: bool(batch.antennas))
        assert told.antennas == {2: "disconnected"}
        module.unplugged_antennas = set()
        await module.report(reads_of(1, 2))
        told = await hear(driver, lambda batch: bool(batch.antennas))
        assert told.antennas == {2: "connected"}


async def test_power_is_written_only_where_it_differs() -> None:
    async with UhfReader() as module:
        for _ in range(2):
            async with connected(module.path, "uhfreader288", power_dbm=17) as driver:
                assert module.power_dbm == {0: 17}
                (found,) = await driver.examine(0)
                assert found == ("capabilities", True, "type 0c, version 3.8, 17 dBm", "")
    assert module.heard.count(Command.SET_POWER) == 1


async def test_a_refused_power_is_misconfigured_and_named() -> None:
    async with UhfReader() as module:
        driver = driver_of(module.path, "uhfreader288", power_dbm=33)
        with pytest.raises(ReaderMisconfiguredError, match="refuses power_dbm 33"):
            await driver.connect()
        await driver.close()


async def test_a_module_that_does_not_know_the_inventory_is_misconfigured() -> None:
    async with UhfReader() as module:
        module.inventory_status = Status.WRONG_LENGTH
        async with connected(module.path, "uhfreader18") as driver:
            error = await the_end(driver)
    assert isinstance(error, ReaderMisconfiguredError)
    assert "protocol" in error.remedy


# --- a bus -------------------------------------------------------------------------------


async def test_the_modules_of_a_bus_are_told_apart() -> None:
    one, two = reads_of(40, reader="bus:1"), reads_of(40, reader="bus:2", seed=2)
    async with (
        UhfReader(addresses=(1, 2)) as module,
        connected(module.path, "uhfreader288", **BUS) as driver,
    ):
        hearing = asyncio.create_task(take(driver, 80))
        await polled(module)
        await module.report([*one, *two])
        heard = await hearing
        for device in ("1", "2"):
            await hear(driver, partial(_speaks, device))
    by_module = {read.reader for read in heard}
    assert by_module == {"bench:1", "bench:2"}
    assert {r.tag for r in heard if r.reader == "bench:2"} == {read.tag for read in two}


async def test_a_dead_module_of_a_bus_is_lost_and_does_not_silence_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_uhfreader, "ANSWER_S", 0.2)
    monkeypatch.setattr(serial_uhfreader, "LOST_RETRY_S", 0.5)
    async with (
        UhfReader(addresses=(1, 2)) as module,
        connected(module.path, "uhfreader288", scan_ms=100, **BUS) as driver,
    ):
        module.dead = {2}
        told = await hear(driver, lambda batch: _lost(batch, "2"))
        assert told.devices["2"] == DeviceNews(lost="address 2 does not answer")
        hearing = asyncio.create_task(take(driver, 50, deadline_s=1))
        await module.report(reads_of(50, reader="bus:1"))
        await hearing
        module.dead = set()
        back = await hear(driver, lambda batch: "2" in batch.devices)
        assert back.devices["2"].lost is None


def _lost(batch: Batch, device: str) -> bool:
    return device in batch.devices and batch.devices[device].lost is not None


async def test_a_bus_with_a_module_missing_from_the_start_is_read_all_the_same() -> None:
    async with (
        UhfReader(addresses=(1,)) as module,
        connected(module.path, "uhfreader288", **BUS) as driver,
    ):
        told = await hear(driver, lambda batch: _lost(batch, "2"))
        assert told.devices["2"].lost
        one, two = await driver.examine(0)
    assert (one.ok, two.ok) == (True, False)
    assert "module 2" in two.detail


# --- faults ------------------------------------------------------------------------------


@MODEL
async def test_nobody_answers_is_lost_with_a_remedy(model: Model) -> None:
    async with UhfReader(model) as module:
        module.dead = {0}
        driver = driver_of(module.path, f"uhfreader{model}", connect_timeout_s=0.3)
        with pytest.raises(ReaderLostError, match="nothing answers"):
            await driver.connect()
        await driver.close()


@MODEL
async def test_an_unplugged_module_is_lost_at_once_and_heard_soon_after_the_replug(
    model: Model,
) -> None:
    async with UhfReader(model) as module:
        async with connected(module.path, f"uhfreader{model}") as driver:
            await module.unplug()
            async with asyncio.timeout(1):
                assert isinstance(await the_end(driver), ReaderLostError)
        await module.replug()
        async with asyncio.timeout(1), connected(module.path, f"uhfreader{model}") as again:
            hearing = asyncio.create_task(take(again, 3))
            await polled(module)
            await module.report(reads_of(3))
            assert len(await hearing) == 3


async def test_noise_between_reports_costs_at_most_two_and_is_counted() -> None:
    bad: dict[str, int] = {}
    async with (
        UhfReader(pushes=True, heartbeat_s=60) as module,
        connected(module.path, "uhfreader288", mode="push") as driver,
    ):
        for seed in range(10):
            await module.report(reads_of(5, seed=seed))
            module.port.send_noise(40, seed)
        await module.report(reads_of(12, seed=99))
        heard = await take(driver, 60, bad=bad)
    assert len(heard) >= 60
    assert bad["noise"] >= 9


async def test_noise_between_polls_does_not_stop_them() -> None:
    async with UhfReader() as module, connected(module.path, "uhfreader288") as driver:
        hearing = asyncio.create_task(take(driver, 30))
        await polled(module)
        for seed in range(6):
            module.port.send_noise(30, seed)
            await module.report(reads_of(5, seed=seed))
            await sent(module, 5 * seed + 5)
        # An answer that a stray length has swallowed comes out when its time is up.
        assert len(await hearing) == 30


async def test_an_answer_that_is_cut_is_asked_for_again() -> None:
    async with UhfReader() as module, connected(module.path, "uhfreader288") as driver:
        await hear(driver, lambda _: True)
        module.port.cut_after = 3
        hearing = asyncio.create_task(take(driver, 3))
        await until(lambda: module.port.cut_after is None)
        async with asyncio.timeout(1):
            await module.report(reads_of(3))
            await hearing


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(0, 0x99, 0, bytes(250)), "unexpected_answer"),
        (Answer(0, Command.INFO, Status.OK, b""), "unexpected_answer"),
        (Answer(7, Command.REPORT, Status.OK, b""), "length"),
        (Answer(7, Command.REPORT, Status.OK, b"\x01\xff" + bytes(200)), "length"),
        (Answer(7, Command.REPORT, Status.OK, b"\x00\x02\xab\xcd\x40"), "antenna"),
        (Answer(0, Command.INVENTORY, Status.DONE, b"\x01\xff\x0c"), "length"),
        (Answer(0, Command.INVENTORY, Status.DONE, b"\x00\x01\x02\xab\xcd\x40"), "antenna"),
    ],
)
async def test_absurd_and_unknown_answers_are_counted_and_harm_nothing(
    answer: Answer,
    reason: str,
) -> None:
    bad: dict[str, int] = {}
    async with UhfReader() as module, connected(module.path, "uhfreader288") as driver:
        hearing = asyncio.create_task(take(driver, 20, bad=bad, deadline_s=3))
        await polled(module)
        module.port.send(answer_frame(answer))
        await asyncio.sleep(0.05)
        await module.report(reads_of(20))
        await hearing
    assert bad[reason] == 1


async def test_tags_of_an_answer_that_came_too_late_were_heard_all_the_same() -> None:
    tag = Tag(bytes(range(12)), 1, 140)
    late = Answer(0, Command.INVENTORY, Status.DONE, b"\1" + encode_tags([tag], with_rssi=True))
    bad: dict[str, int] = {}
    async with (
        UhfReader(pushes=True, heartbeat_s=60) as module,
        connected(module.path, "uhfreader288", mode="push") as driver,
    ):
        module.port.send(answer_frame(late))
        assert [read.tag for read in await take(driver, 1, bad=bad)] == [tag.epc.hex()]
    assert bad == {"unexpected_answer": 1}


async def test_after_a_silence_reads_go_on() -> None:
    async with (
        UhfReader() as module,
        connected(module.path, "uhfreader288", scan_ms=100) as driver,
    ):
        await hear(driver, lambda _: True)
        module.port.silent = True
        await fall_silent(driver, 0.7)
        module.port.silent = False
        hearing = asyncio.create_task(take(driver, 3, deadline_s=1.5))
        await module.report(reads_of(3))
        await hearing


async def test_a_report_that_drips_byte_by_byte_is_read() -> None:
    async with (
        UhfReader(pushes=True, heartbeat_s=60) as module,
        connected(module.path, "uhfreader288", mode="push") as driver,
    ):
        module.port.drip_s = 0.03
        await module.report(reads_of(1))
        assert len(await take(driver, 1)) == 1
        module.port.drip_s = 0.0
        await module.report(reads_of(10))
        assert len(await take(driver, 10, deadline_s=1)) == 10


async def test_duplicates_are_reads_too() -> None:
    async with (
        UhfReader(pushes=True, heartbeat_s=60) as module,
        connected(module.path, "uhfreader288", mode="push") as driver,
    ):
        module.port.duplicates = True
        await module.report(reads_of(5))
        assert len(await take(driver, 10)) == 10


async def test_ten_times_the_rated_flood_is_taken_whole() -> None:
    async with (
        UhfReader(pushes=True, baud=576_000) as module,
        connected(module.path, "uhfreader288", mode="push") as driver,
    ):
        reporting = asyncio.create_task(module.report(reads_of(1_500)))
        heard = await take(driver, 1_500)
        await reporting
    assert [read.tag for read in heard] == [read.tag for read in reads_of(1_500)]


async def test_our_own_words_in_an_echo_are_no_sign_of_life() -> None:
    async with UhfReader() as module:
        module.port.on_bytes = module.port.send
        driver = driver_of(module.path, "uhfreader288", connect_timeout_s=0.3)
        with pytest.raises(ReaderLostError, match="no whole answer"):
            await driver.connect()
        await driver.close()


async def test_an_echo_before_each_answer_harms_nothing() -> None:
    async with UhfReader() as module:
        answer = module.port.on_bytes

        def echo(data: bytes) -> None:
            module.port.send(data)
            answer(data)

        module.port.on_bytes = echo
        async with connected(module.path, "uhfreader288", session=1) as driver:
            hearing = asyncio.create_task(take(driver, 50))
            await polled(module)
            await module.report(reads_of(50))
            await hearing
