"""The serial driver with modules of the M100 family, over a pty, with every fault of a cable."""

import asyncio
from collections.abc import Callable

import pytest

from readers.driver import Batch, Examinable, ReaderLostError, ReaderMisconfiguredError
from readers.serial import driver as serial
from readers.serial import m100 as serial_m100
from readers.wire.m100 import M100, R200, Brackets, Command, Kind, frame
from simulators.m100 import M100Module
from tags.reads import Read
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

FAMILY = pytest.mark.parametrize(("protocol", "brackets"), [("m100", M100), ("r200", R200)])


async def inventory(module: M100Module) -> None:
    await asyncio.wait_for(module.inventorying.wait(), DEADLINE_S)


@FAMILY
async def test_every_read_arrives_as_it_was_sent(protocol: str, brackets: Brackets) -> None:
    sent = reads_of(200)
    async with M100Module(brackets) as module, connected(module.path, protocol) as driver:
        await inventory(module)
        reporting = asyncio.create_task(module.report(sent))
        heard = await take(driver, len(sent))
        assert await reporting == len(sent) == module.sent
    assert [(read.tag, read.rssi_dbm) for read in heard] == [(read.tag, -50) for read in sent]
    assert {(read.reader, read.antenna) for read in heard} == {("bench", 1)}
    assert all(read.time_ns == read.arrival_ns > 0 for read in heard)


async def test_a_name_of_the_family_is_as_good_as_another() -> None:
    async with M100Module() as module, connected(module.path, "yrm100"):
        await inventory(module)


async def test_power_and_region_are_set_before_the_inventory() -> None:
    async with M100Module() as module:
        async with connected(module.path, "m100", power_dbm=18.5, region="eu"):
            await inventory(module)
            assert (module.power_dbm, module.region) == (18.5, 3)
        await until(lambda: not module.inventorying.is_set())
    assert module.heard[0] == module.heard[-1] == Command.STOP


async def test_a_refused_power_is_misconfigured_and_named() -> None:
    async with M100Module() as module:
        driver = driver_of(module.path, "m100", power_dbm=33)
        with pytest.raises(ReaderMisconfiguredError, match=r"bench: .* refuses power_dbm 33") as no:
            await driver.connect()
        assert "power_dbm" in no.value.remedy
        await driver.close()


async def test_no_tag_is_a_sign_of_life() -> None:
    async with M100Module() as module, connected(module.path, "m100") as driver:
        batch = await hear(driver, lambda batch: not batch.reads)
        assert (batch.reads, batch.bad) == ([], {})
        assert not driver.passive


async def test_an_inventory_that_has_ended_is_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_m100, "ROUNDS", b"\0\3")
    monkeypatch.setattr(serial_m100, "QUIET_S", 0.1)
    async with M100Module() as module, connected(module.path, "m100") as driver:
        module.speaks_when_it_hears_no_tag = False
        hearing = asyncio.create_task(take(driver, 9))
        for seed in range(3):
            await inventory(module)
            assert await module.report(reads_of(3, seed=seed)) == 3
            assert not module.inventorying.is_set()
        assert len(await hearing) == 9


async def test_a_quiet_module_without_tags_still_gives_signs_of_life(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_m100, "QUIET_S", 0.05)
    async with M100Module() as module, connected(module.path, "m100") as driver:
        module.speaks_when_it_hears_no_tag = False
        for _ in range(5):
            await hear(driver, lambda _: True, deadline_s=1)


async def test_a_module_that_starts_afresh_gets_its_power_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_m100, "QUIET_S", 0.1)
    async with M100Module() as module, connected(module.path, "m100", power_dbm=20) as driver:
        await inventory(module)
        module.inventorying.clear()
        module.power_dbm = 26.0
        await hear(driver, lambda _: module.inventorying.is_set())
        assert module.power_dbm == 20


async def test_an_examination_tells_the_module_and_its_power() -> None:
    async with M100Module() as module, connected(module.path, "m100", power_dbm=20) as driver:
        assert isinstance(driver, Examinable)
        (found,) = await driver.examine(0)
        assert found == ("capabilities", True, "M100 26dBm V1.0, 20 dBm", "")


async def test_a_module_that_tells_nothing_of_itself_is_read_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_m100, "ANSWER_S", 0.02)
    async with M100Module() as module:
        module.unanswered = {Command.INFO, Command.POWER}
        async with connected(module.path, "m100") as driver:
            await inventory(module)
            assert (await driver.examine(0))[0].ok is None


async def test_a_module_that_answers_nothing_but_the_inventory_is_read_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_m100, "ANSWER_S", 0.02)
    async with M100Module() as module:
        module.unanswered = {Command.STOP, Command.INFO, Command.POWER}
        async with connected(module.path, "m100") as driver:
            await inventory(module)
            await module.report(reads_of(5))
            assert len(await take(driver, 5)) == 5


async def test_a_module_that_is_only_listened_to_is_sent_nothing() -> None:
    async with M100Module() as module, connected(module.path, "m100", mode="push") as driver:
        assert driver.passive
        module.inventory()
        await module.report(reads_of(5))
        assert len(await take(driver, 5)) == 5
        assert (await driver.examine(0))[0].ok is None
    assert module.heard == []


# --- faults ------------------------------------------------------------------------------


async def test_nobody_answers_is_lost_with_a_remedy() -> None:
    async with M100Module() as module:
        module.port.silent = True
        driver = driver_of(module.path, "m100", connect_timeout_s=0.4)
        with pytest.raises(ReaderLostError, match="nothing answers") as lost:
            await driver.connect()
        assert "cable" in lost.value.remedy
        await driver.close()


async def test_a_wrong_protocol_or_baud_is_lost_and_named() -> None:
    async with M100Module(R200) as module:
        driver = driver_of(module.path, "m100", connect_timeout_s=0.4)
        noise = asyncio.create_task(until(lambda: _make_noise(module)))
        with pytest.raises(ReaderLostError, match="no whole answer of m100 at 115200") as lost:
            await driver.connect()
        assert "`baud`" in lost.value.remedy
        noise.cancel()
        await driver.close()


def _make_noise(module: M100Module) -> bool:
    module.port.send_noise(8)
    return False


async def test_a_port_that_is_not_there_is_lost() -> None:
    driver = driver_of("/dev/ttyUSB77", "m100")
    with pytest.raises(ReaderLostError, match="there is no port"):
        await driver.connect()
    await driver.close()


async def test_an_unplugged_module_is_lost_at_once_and_heard_soon_after_the_replug() -> None:
    async with M100Module() as module:
        async with connected(module.path, "m100") as driver:
            await inventory(module)
            await module.unplug()
            async with asyncio.timeout(1):
                assert isinstance(await the_end(driver), ReaderLostError)
        await module.replug()
        async with asyncio.timeout(1), connected(module.path, "m100") as again:
            await inventory(module)
            await module.report(reads_of(3))
            assert len(await take(again, 3)) == 3


async def test_noise_between_reads_costs_at_most_two_of_them_and_is_counted() -> None:
    bad: dict[str, int] = {}
    async with M100Module() as module, connected(module.path, "m100") as driver:
        await inventory(module)
        for seed in range(10):
            await module.report(reads_of(5, seed=seed))
            module.port.send_noise(40, seed)
        module.port.send(b"\xbb\x02\x22\x00\xff")
        await module.report(reads_of(12, seed=99))
        heard = await take(driver, 62 - 2, bad=bad)
    assert len(heard) >= 60
    assert bad["noise"] >= 10


async def test_a_message_that_is_cut_costs_only_itself() -> None:
    sent = reads_of(20)
    async with M100Module() as module, connected(module.path, "m100") as driver:
        await inventory(module)
        module.port.cut_after = 13
        await module.report(sent)
        heard = await take(driver, 19, deadline_s=1)
    assert [read.tag for read in heard] == [read.tag for read in sent[1:]]


@pytest.mark.parametrize(
    "message",
    [
        frame(M100, Kind.NOTICE, Command.POLL),
        frame(M100, Kind.NOTICE, Command.POLL, b"\xc9\x34\x00\x30"),
        frame(M100, Kind.NOTICE, 0x99, bytes(200)),
        frame(M100, Kind.ANSWER, 0x77, b"\x01"),
        frame(M100, Kind.ANSWER, Command.FAILED, b"\x20"),
        frame(M100, Kind.ANSWER, Command.FAILED),
        b"\xbb\x02\x22\xff\xff",
        b"\xbb\x02\x22\x00\x00\x24\x7f",
        b"\xbb" * 300,
        b"\x7e" * 300,
    ],
)
async def test_absurd_and_unknown_messages_are_counted_and_harm_nothing(message: bytes) -> None:
    bad: dict[str, int] = {}
    async with M100Module() as module, connected(module.path, "m100") as driver:
        await inventory(module)
        module.port.send(message)
        await module.report(reads_of(20))
        assert len(await take(driver, 20, deadline_s=1, bad=bad)) == 20
    assert sum(bad.values()) >= 1


async def test_duplicates_are_reads_too() -> None:
    async with M100Module() as module, connected(module.path, "m100") as driver:
        await inventory(module)
        module.port.duplicates = True
        await module.report(reads_of(5))
        assert len(await take(driver, 10)) == 10


async def test_a_message_that_drips_byte_by_byte_is_read() -> None:
    async with M100Module() as module, connected(module.path, "m100") as driver:
        await inventory(module)
        module.port.drip_s = 0.01
        await module.report(reads_of(1))
        assert [read.tag for read in await take(driver, 1)] == [reads_of(1)[0].tag]
        module.port.drip_s = 0.0
        await inventory(module)
        await module.report(reads_of(10, seed=2))
        assert len(await take(driver, 10, deadline_s=1)) == 10


async def test_after_a_silence_reads_go_on() -> None:
    async with M100Module() as module, connected(module.path, "m100") as driver:
        await inventory(module)
        module.port.silent = True
        await fall_silent(driver)
        module.port.silent = False
        await module.report(reads_of(3))
        assert len(await take(driver, 3, deadline_s=1)) == 3


async def test_ten_times_the_rated_flood_is_taken_whole() -> None:
    async with M100Module(baud=1_152_000) as module, connected(module.path, "m100") as driver:
        await inventory(module)
        reporting = asyncio.create_task(module.report(reads_of(2_000)))
        heard = await take(driver, 2_000)
        assert await reporting == 2_000
    assert [read.tag for read in heard] == [read.tag for read in reads_of(2_000)]


async def test_what_nobody_fetches_stays_bounded_and_comes_later() -> None:
    async with M100Module(baud=10_000_000) as module, connected(module.path, "m100") as driver:
        await inventory(module)
        reporting = asyncio.create_task(module.report(reads_of(4_000)))
        done, _ = await asyncio.wait([reporting], timeout=0.5)
        assert not done
        assert len(await take(driver, 4_000)) == 4_000
        await reporting


async def test_the_last_bad_bytes_are_counted_before_the_end_is_told() -> None:
    async with M100Module() as module, connected(module.path, "m100") as driver:
        await inventory(module)
        await hear(driver, lambda batch: not batch.reads)
        module.inventorying.clear()
        module.port.send(b"\x00" * 20)
        await asyncio.sleep(0.05)
        await module.unplug()
        assert (await hear(driver, lambda batch: bool(batch.bad))).bad == {"noise": 1}
        assert isinstance(await the_end(driver), ReaderLostError)


async def test_of_what_comes_before_all_is_set_up_only_so_much_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial, "HEARD_MAX", 3)
    bad: dict[str, int] = {}
    async with M100Module() as module:
        module.inventory()
        module.unanswered = {Command.STOP}
        driver = driver_of(module.path, "m100")
        connecting = asyncio.create_task(driver.connect())
        await until(lambda: Command.STOP in module.heard)
        await module.report(reads_of(50))
        module.unanswered = set()
        await connecting
        await inventory(module)
        await module.report(reads_of(1, seed=2))
        (tag,) = (read.tag for read in reads_of(1, seed=2))
        heard: list[Read] = []
        while tag not in {read.tag for read in heard}:
            heard += (await hear(driver, _takes_note_of(bad))).reads
        assert bad["overflow"] > 0
        assert bad["overflow"] + len(heard) == 51
        await driver.close()


def _takes_note_of(bad: dict[str, int]) -> Callable[[Batch], bool]:
    def note(batch: Batch) -> bool:
        bad.update({reason: bad.get(reason, 0) + count for reason, count in batch.bad.items()})
        return True

    return note


async def test_a_port_that_does_not_open_in_time_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(serial, "open_serial", never)
    driver = driver_of("socket://far:1", "m100", connect_timeout_s=0.05)
    with pytest.raises(ReaderLostError, match="did not open in time"):
        await driver.connect()
    with pytest.raises(ReaderLostError, match="is not open"):
        await driver.next_batch()
    await driver.close()


async def test_closing_is_harmless_at_any_time() -> None:
    async with M100Module() as module:
        driver = driver_of(module.path, "m100")
        await driver.close()
        await driver.connect()
        await module.unplug()
        await driver.close()
        await driver.close()


async def test_our_own_words_in_an_echo_are_no_sign_of_life() -> None:
    async with M100Module() as module:
        module.port.on_bytes = module.port.send
        driver = driver_of(module.path, "m100", connect_timeout_s=0.3)
        with pytest.raises(ReaderLostError, match="no whole answer"):
            await driver.connect()
        await driver.close()
