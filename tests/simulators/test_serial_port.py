"""The simulated serial line: as slow as a real one, and as easy to pull out."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import serial

from simulators import m100, serial_command, uhfreader
from simulators.serial_port import SerialPort
from tags.reads import Read
from tests.readers.serial_driving import DEADLINE_S, connected, reads_of, take, the_end


@asynccontextmanager
async def opened(port: SerialPort) -> AsyncGenerator[serial.Serial]:
    client = await asyncio.to_thread(serial.Serial, port.path, 9600, timeout=1)
    yield client
    await asyncio.to_thread(client.close)


async def read(client: serial.Serial, size: int) -> bytes:
    return await asyncio.to_thread(client.read, size)


async def test_bytes_leave_at_the_speed_of_the_line() -> None:
    async with SerialPort(baud=9600) as port, opened(port) as client:
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        port.send(bytes(480))
        assert len(await read(client, 480)) == 480
        # 480 bytes of 10 bits take half a second; the last chunk does not wait for itself.
        assert loop.time() - start_s >= 0.47


def leads_to(path: str) -> Path | None:
    """What is behind the path, None where nothing is."""
    return Path(path).readlink() if Path(path).exists() else None


async def test_the_path_stays_the_same_and_leads_nowhere_while_unplugged() -> None:
    async with SerialPort() as port:
        path = port.path
        assert leads_to(path)
        await port.unplug()
        await port.unplug()
        assert (leads_to(path), port.plugged) == (None, False)
        port.send(b"into the void")
        await port.replug()
        assert (port.path, port.plugged) == (path, True)
        assert leads_to(path)
    assert leads_to(path) is None


async def test_no_path_is_known_before_the_start() -> None:
    with pytest.raises(RuntimeError, match="not started"):
        _ = SerialPort().path


async def test_each_fault_does_what_it_says() -> None:
    async with SerialPort() as port, opened(port) as client:
        port.silent = True
        port.send(b"lost")
        port.silent = False
        port.cut_after = 2
        port.send(b"cut")
        port.send(b"whole")
        assert await read(client, 7) == b"cuwhole"
        port.duplicates = True
        port.send(b"again")
        assert await read(client, 10) == b"againagain"
        port.duplicates = False
        port.send_noise(10, seed=3)
        noise = await read(client, 10)
        port.send_noise(10, seed=3)
        assert await read(client, 10) == noise


async def test_a_reader_that_lags_makes_the_sender_wait() -> None:
    async with SerialPort(baud=10_000_000) as port, opened(port) as client:
        port.send(bytes(20_000))
        waiting = asyncio.create_task(port.drain())
        done, _ = await asyncio.wait([waiting], timeout=0.1)
        assert not done
        assert len(await read(client, 20_000)) == 20_000
        await asyncio.wait_for(waiting, DEADLINE_S)


async def test_no_module_hears_tags_for_nobody() -> None:
    async with m100.M100Module() as one, uhfreader.UhfReader() as other:
        assert await one.report(reads_of(3)) == 0
        assert await other.report(reads_of(3)) == 0


@pytest.mark.parametrize("fault", serial_command.FAULTS)
async def test_every_fault_on_demand_is_survived(fault: str) -> None:
    async with m100.M100Module() as module:
        for _ in range(2):
            async with connected(module.path, "m100") as driver:
                await asyncio.wait_for(module.inventorying.wait(), DEADLINE_S)
                failing = asyncio.create_task(serial_command.fail(module, fault, 0.1))
                if fault == "unplug":
                    await the_end(driver)
                    await failing
                    continue
                await failing
                await module.report(reads_of(5))
                # What is cut costs itself, what is noise costs nothing.
                assert len(await take(driver, 4)) >= 4
    assert not module.port.plugged


@pytest.mark.parametrize("main", [m100.main, uhfreader.main])
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_module_runs_as_a_command_says_its_path_and_stops_politely(
    main: Callable[[list[str]], None],
    signal_number: signal.Signals,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    signals = iter([signal_number])

    def interrupt(*_: object) -> Read:
        for number in signals:
            signal.raise_signal(number)
        return reads_of(1)[0]

    monkeypatch.setattr(serial_command, "_read", interrupt)
    with caplog.at_level(logging.INFO):
        main(["--tags", "3", "--rate", "1000", "--fault", "noise"])
    log = serial_command.__name__
    path, stopped = (each.message for each in caplog.records if each.name == log)
    assert Path(path).name == "tty"
    assert stopped == "stopped"
    assert leads_to(path) is None
