import asyncio
from collections.abc import AsyncIterator

import pytest

from readers.driver import ReaderLostError
from readers.scanner import ScannerDriver
from simulators.scanner import Scanner
from simulators.serial_port import SerialPort
from tests.readers.scanner_driving import connected, settings_of, take, the_end


@pytest.fixture
async def cable() -> AsyncIterator[SerialPort]:
    async with SerialPort(9600) as plugged:
        yield plugged


class TestSerialPort:
    async def test_a_scan_at_9600_baud_is_read(self, cable: SerialPort) -> None:
        async with connected(settings_of(port=cable.path)) as driver:
            await Scanner(cable).scan("0180614141123458216789", aim="d2")
            assert await take(driver, 1) == ["code:(01)80614141123458(21)6789"]

    async def test_slow_bytes_without_an_end_of_line_are_one_code(self, cable: SerialPort) -> None:
        async with connected(settings_of(port=cable.path)) as driver:
            await Scanner(cable, suffix=b"").scan("https://example.com/a/rather/long/code")
            assert await take(driver, 1) == ["code:https://example.com/a/rather/long/code"]

    async def test_an_unplugged_scanner_is_said_and_read_again_when_replugged(
        self,
        cable: SerialPort,
    ) -> None:
        settings, scanner = settings_of(port=cable.path), Scanner(cable)
        async with connected(settings) as driver:
            await scanner.scan("A-1")
            assert await take(driver, 1) == ["code:A-1"]
            await cable.unplug()
            _, error = await the_end(driver)
            assert isinstance(error, ReaderLostError)
        with pytest.raises(ReaderLostError, match="no port"):
            await ScannerDriver(settings, lambda: 0).connect()
        await cable.replug()
        async with connected(settings) as driver:
            await scanner.scan("A-2")
            assert await take(driver, 1) == ["code:A-2"]

    async def test_silence_is_no_end(self, cable: SerialPort) -> None:
        async with connected(settings_of(port=cable.path)) as driver:
            cable.silent = True
            await Scanner(cable).scan("A-1")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(driver.next_batch(), 0.1)
            cable.silent = False
            await Scanner(cable).scan("A-2")
            assert await take(driver, 1) == ["code:A-2"]

    async def test_garbage_between_good_codes_and_a_flood_are_survived(self) -> None:
        async with (
            SerialPort(2_000_000) as cable,
            connected(settings_of(port=cable.path)) as driver,
        ):
            scanner = Scanner(cable)
            codes = [f"A-{number}" for number in range(3000)]
            sending = asyncio.create_task(scanner.scan(*codes))
            assert await take(driver, len(codes)) == [f"code:{code}" for code in codes]
            await sending
            await scanner.send_garbage()
            await scanner.scan("A-1")
            assert await take(driver, 1) == ["code:A-1"]
