import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest
from pydantic import ValidationError

from readers import scanner as driver_module
from readers.catalog import open_driver, settings_class
from readers.driver import Batch, ReaderLostError
from readers.scanner import ScannerDriver, ScannerSettings
from simulators.scanner import Scanner
from simulators.tcp_port import TcpPort
from tests.readers.scanner_driving import (
    DEADLINE_S,
    NOW_NS,
    connected,
    next_batch,
    next_codes,
    settings_of,
    take,
    the_end,
)


@pytest.fixture
async def port() -> AsyncIterator[TcpPort]:
    async with TcpPort() as listening:
        yield listening


@pytest.fixture
async def driver(port: TcpPort) -> AsyncIterator[ScannerDriver]:
    async with connected(settings_of(address=port.address)) as scanner:
        await asyncio.wait_for(port.connected.wait(), DEADLINE_S)
        yield scanner


class TestReading:
    async def test_a_scan_is_a_read_of_antenna_1_at_its_arrival(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        await Scanner(port).scan("0180614141123458216789", aim="d2")
        (read,) = (await next_batch(driver)).reads
        assert read.tag == "code:(01)80614141123458(21)6789"
        assert (read.reader, read.antenna, read.rssi_dbm) == ("desk", 1, None)
        assert (read.time_ns, read.arrival_ns) == (NOW_NS, NOW_NS)

    async def test_a_no_read_is_a_sign_of_life_and_nothing_more(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        await Scanner(port).see_nothing()
        assert await next_batch(driver) == Batch()

    async def test_a_wrong_check_digit_is_read_as_it_stands_and_counted(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        await Scanner(port).scan("4006381333932", aim="E0")
        batch = await next_batch(driver)
        assert [read.tag for read in batch.reads] == ["code:4006381333932"]
        assert batch.bad == {"check_digit": 1}

    async def test_a_scanner_without_ends_of_line_is_understood(self, port: TcpPort) -> None:
        scanner = Scanner(port, suffix=b"")
        async with connected(settings_of(address=port.address)) as driver:
            await port.connected.wait()
            await scanner.scan("A-1")
            assert await take(driver, 1) == ["code:A-1"]
            await scanner.scan("A-2")
            assert await take(driver, 1) == ["code:A-2"]

    async def test_prefix_and_suffix_of_the_entry_are_taken_off(self, port: TcpPort) -> None:
        framing = {"prefix": "\x02", "suffix": "##"}
        scanner = Scanner(port, prefix=b"\x02", suffix=b"##")
        async with connected(settings_of(address=port.address, **framing)) as driver:
            await port.connected.wait()
            await scanner.send(b"noise")
            await scanner.scan("A-1", "A-2")
            assert await take(driver, 2) == ["code:A-1", "code:A-2"]

    async def test_own_no_read_texts_are_ignored(self, port: TcpPort) -> None:
        async with connected(settings_of(address=port.address, no_read=["nix"])) as driver:
            await port.connected.wait()
            await Scanner(port).scan("NIX", "NOREAD")
            assert await take(driver, 1) == ["code:NOREAD"]

    async def test_a_cancelled_wait_loses_nothing(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(driver.next_batch(), 0.01)
        scanner = Scanner(port)
        await scanner.cut("A-1")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(driver.next_batch(), 0.05)
        await scanner.send(scanner.line("A-1")[2:])
        assert await take(driver, 1) == ["code:A-1"]

    async def test_bytes_that_came_while_the_gateway_was_busy_are_no_pause(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        await Scanner(port, suffix=b"").scan("4006381")
        waiting = asyncio.create_task(driver.next_batch())
        await asyncio.sleep(0.03)
        await Scanner(port).scan("333931")
        time.sleep(0.15)  # noqa: ASYNC251 -- the loop stands still for longer than a pause
        batch = await asyncio.wait_for(waiting, DEADLINE_S)
        assert [read.tag for read in batch.reads] == ["code:4006381333931"]


class TestFaults:
    async def test_a_refused_connection_says_what_to_check(self, port: TcpPort) -> None:
        await port.stop()
        with pytest.raises(ReaderLostError, match=r"desk: 127\.0\.0\.1") as lost:
            await ScannerDriver(settings_of(address=port.address), lambda: 0).connect()
        assert "port" in lost.value.remedy

    async def test_an_address_that_does_not_exist_says_so(self) -> None:
        with pytest.raises(ReaderLostError) as lost:
            await ScannerDriver(settings_of(address="no.such.invalid:1"), lambda: 0).connect()
        assert "spelling" in lost.value.remedy

    async def test_a_device_that_never_answers_is_given_up(self) -> None:
        with socket.socket() as plug:
            plug.bind(("127.0.0.1", 0))
            plug.listen(0)
            host, number = plug.getsockname()
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.settimeout(0)
                filler.connect_ex((host, number))
            settings = settings_of(address=f"{host}:{number}", connect_timeout_s=0.2)
            with pytest.raises(ReaderLostError, match=r"did not answer within 0\.2 s"):
                await ScannerDriver(settings, lambda: 0).connect()
            for filler in fillers:
                filler.close()

    @pytest.mark.parametrize("fault", ["hang_up", "reset"])
    async def test_an_end_raises_after_what_came_before_it(
        self,
        port: TcpPort,
        driver: ScannerDriver,
        fault: str,
    ) -> None:
        scanner = Scanner(port)
        await scanner.scan("A-1")
        assert await take(driver, 1) == ["code:A-1"]
        await scanner.cut("A-2222")
        await asyncio.sleep(0.02)
        getattr(port, fault)()
        bad, error = await the_end(driver)
        assert isinstance(error, ReaderLostError)
        assert bad == {"half_line": 1}
        assert error.remedy
        assert (await the_end(driver))[1] is error

    async def test_half_a_code_before_a_silence_is_never_glued_to_the_next(
        self,
        port: TcpPort,
        driver: ScannerDriver,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(driver_module, "HALF_LINE_S", 0.05)
        scanner = Scanner(port)
        await scanner.scan("A-1")
        assert await take(driver, 1) == ["code:A-1"]
        await scanner.cut("A-2222")
        waiting = asyncio.create_task(next_codes(driver))
        await asyncio.sleep(0.15)
        await scanner.scan("A-3")
        assert await waiting == (["code:A-3"], {"half_line": 1})

    async def test_a_drip_makes_no_codes_and_the_next_scan_is_read(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        scanner = Scanner(port)
        waiting = asyncio.create_task(next_codes(driver))
        await scanner.drip("4006", 0.12)
        await scanner.scan("A-1")
        codes, bad = await waiting
        assert codes == ["code:A-1"]
        assert bad["half_line"] >= 4

    async def test_garbage_between_good_codes_is_counted_and_no_code(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        scanner = Scanner(port)
        await scanner.scan("A-1")
        await scanner.send_garbage()
        await scanner.scan("A-2")
        assert await take(driver, 2) == ["code:A-1", "code:A-2"]

    async def test_garbage_alone_is_no_sign_of_life(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        await Scanner(port).send_garbage()
        assert await next_batch(driver) == Batch(bad={"noise": 1}, alive=False)

    async def test_a_line_without_end_is_dropped_and_memory_stays_bounded(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        scanner = Scanner(port)
        waiting = asyncio.create_task(take(driver, 1))
        for _ in range(100):
            await scanner.send(b"x" * 100_000)
        await scanner.send(b"\r")
        await scanner.scan("A-1")
        assert await waiting == ["code:A-1"]

    async def test_a_flood_is_read_whole(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        scanner = Scanner(port)
        codes = [f"A-{number}" for number in range(20_000)]
        flood = asyncio.create_task(scanner.scan(*codes))
        assert await take(driver, len(codes)) == [f"code:{code}" for code in codes]
        await flood

    async def test_good_reads_go_on_after_a_new_connection(self, port: TcpPort) -> None:
        settings = settings_of(address=port.address)
        async with connected(settings) as driver:
            await port.connected.wait()
            await port.stop()
            await the_end(driver)
        await port.start()
        async with connected(settings) as driver:
            await asyncio.wait_for(port.connected.wait(), DEADLINE_S)
            await Scanner(port).scan("A-1")
            assert await take(driver, 1) == ["code:A-1"]


class TestExamination:
    async def test_a_scan_that_it_heard_is_not_lost(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        await Scanner(port).scan("A-1")
        assert await driver.examine(DEADLINE_S) == []
        assert await take(driver, 1) == ["code:A-1"]

    async def test_without_a_scan_there_is_nothing_to_say(self, driver: ScannerDriver) -> None:
        assert await driver.examine(0.05) == []

    async def test_noise_points_at_the_speed(self, port: TcpPort, driver: ScannerDriver) -> None:
        await Scanner(port).send_garbage()
        (lines,) = await driver.examine(0.2)
        assert lines.ok is False
        assert "baud" in lines.remedy

    async def test_an_end_meanwhile_comes_with_the_next_batch(
        self,
        port: TcpPort,
        driver: ScannerDriver,
    ) -> None:
        port.hang_up()
        assert await driver.examine(DEADLINE_S) == []
        assert isinstance((await the_end(driver))[1], ReaderLostError)


class TestEntry:
    @pytest.mark.parametrize(
        "entry",
        [
            {},
            {"port": "/dev/ttyACM0", "address": "10.0.0.1:4001"},
            {"address": "10.0.0.1"},
            {"address": "10.0.0.1:0"},
            {"address": "10.0.0.1:65536"},
            {"port": "/dev/ttyACM0", "frame": "9N1"},
            {"port": "/dev/ttyACM0", "suffix": "␍"},
        ],
    )
    def test_a_wrong_entry_is_refused(self, entry: dict[str, str]) -> None:
        with pytest.raises(ValidationError):
            settings_of(**entry)

    def test_a_scanner_covers_no_zone_and_may_be_silent_for_long(self) -> None:
        settings = settings_of(address="[::1]:4001", zone="desk")
        assert not settings.hearers()[0].covers
        assert settings.endpoint == ("::1", 4001)
        assert settings_of(port="/dev/ttyACM0").endpoint is None
        driver = open_driver(settings, lambda: 0)
        assert driver.passive
        assert driver.silent_after_s > 3600

    def test_the_catalog_knows_it(self) -> None:
        assert settings_class("scanner") is ScannerSettings
