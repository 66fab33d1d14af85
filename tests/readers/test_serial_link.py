"""The link of bytes to a serial port: every kind of port, every way to lose it."""

import asyncio
import errno
import importlib
import os
import socket
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import serial

from readers.byte_link import ByteLink
from readers.driver import ReaderLostError, ReaderMisconfiguredError
from readers.serial import link as serial_link
from readers.serial.link import WAITING_BYTES_MAX, open_serial
from simulators.serial_port import SerialPort
from tests.readers.serial_driving import DEADLINE_S, until


async def read_exactly(link: ByteLink, size: int) -> bytes:
    data = b""
    async with asyncio.timeout(DEADLINE_S):
        while len(data) < size:
            data += await link.read()
    return data


async def test_bytes_travel_both_ways_over_a_pty() -> None:
    async with SerialPort() as port:
        heard = bytearray()
        port.on_bytes = heard.extend
        link = await open_serial("bench", port.path, 115_200)
        port.send(b"from the module")
        assert await read_exactly(link, 15) == b"from the module"
        await link.write(b"to the module")
        await until(lambda: bytes(heard) == b"to the module")
        link.close()


@asynccontextmanager
async def serial_server(farewell: bytes) -> AsyncGenerator[str]:
    """A serial server that says `farewell` to the first bytes, and hangs up."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(farewell)
        writer.close()
        await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.wait_for(ended.wait(), DEADLINE_S)


async def test_bytes_travel_both_ways_over_a_socket_until_it_is_hung_up() -> None:
    async with serial_server(b"last words") as url:
        link = await open_serial("bench", url, 9600)
        await link.write(b"hello")
        assert await read_exactly(link, 10) == b"last words"
        with pytest.raises(ReaderLostError, match=r"bench: socket://127.0.0.1:[0-9]+ is gone"):
            await link.read()


async def test_a_closed_link_is_neither_read_nor_written() -> None:
    async with serial_server(b"") as url:
        link = await open_serial("bench", url, 9600)
        link.close()
        with pytest.raises(ReaderLostError):
            await link.read()
        with pytest.raises(ReaderLostError):
            await link.write(b"too late")


async def test_a_port_without_a_descriptor_is_read_by_a_thread_that_ends() -> None:
    link = await open_serial("looped", "loop://", 9600)
    await link.write(b"round and round")
    assert await read_exactly(link, 15) == b"round and round"
    link.close()
    with pytest.raises(ReaderLostError):
        await link.read()
    with pytest.raises(ReaderLostError):
        await link.write(b"too late")
    await until(lambda: "serial-looped" not in {thread.name for thread in threading.enumerate()})


# pyserial starts its thread in an old way.
@pytest.mark.filterwarnings("ignore:set:DeprecationWarning")
async def test_bytes_travel_over_rfc2217() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=_serve_rfc2217, args=(listener,), daemon=True)
        server.start()
        url = f"rfc2217://127.0.0.1:{listener.getsockname()[1]}"
        link = await open_serial("far", url, 9600)
        await link.write(b"over the network")
        assert await read_exactly(link, 16) == b"over the network"
        link.close()
        await asyncio.to_thread(server.join, DEADLINE_S)
        assert not server.is_alive()


def _serve_rfc2217(listener: socket.socket) -> None:
    """Echo through pyserial's own server side of the protocol."""
    manager: Any = importlib.import_module("serial.rfc2217").PortManager
    connection, _ = listener.accept()
    with connection, serial.serial_for_url("loop://", timeout=0) as port:

        class Answer:
            def write(self, data: bytes) -> None:
                connection.sendall(data)

        telnet = manager(port, Answer())
        while data := connection.recv(1024):
            port.write(b"".join(telnet.filter(data)))
            if echo := port.read(1024):
                connection.sendall(b"".join(telnet.escape(echo)))


async def test_an_absent_port_is_lost_and_the_ports_there_are_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReaderLostError, match="there is no port") as lost:
        await open_serial("bench", str(tmp_path / "ttyUSB7"), 9600)
    assert "Plug the reader in" in lost.value.remedy


async def test_what_is_no_serial_port_is_misconfigured(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a tty")
    with pytest.raises(ReaderMisconfiguredError, match="is no serial port"):
        await open_serial("bench", str(tmp_path / "file"), 9600)


async def test_an_unknown_kind_of_url_is_misconfigured() -> None:
    with pytest.raises(ReaderMisconfiguredError, match="teapot"):
        await open_serial("bench", "teapot://kitchen", 9600)


async def test_a_refused_socket_is_lost_with_a_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ReaderLostError, match="refused") as lost:
            await open_serial("bench", f"socket://127.0.0.1:{taken.getsockname()[1]}", 9600)
    assert "serial server" in lost.value.remedy


async def test_a_port_in_use_is_lost_until_it_is_closed() -> None:
    async with SerialPort() as port:
        first = await open_serial("bench", port.path, 9600)
        with pytest.raises(ReaderLostError, match="in use") as lost:
            await open_serial("bench", port.path, 9600)
        assert "Close the other program" in lost.value.remedy
        first.close()
        (await open_serial("bench", port.path, 9600)).close()


async def test_a_port_that_is_not_ours_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise serial.SerialException(errno.EACCES, "could not open port")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    with pytest.raises(ReaderLostError, match="not allowed") as lost:
        await open_serial("bench", "/dev/ttyUSB0", 9600)
    assert "dialout" in lost.value.remedy


async def test_an_unplugged_port_is_lost_at_once_and_its_last_bytes_are_read() -> None:
    async with SerialPort() as port:
        link = await open_serial("bench", port.path, 115_200)
        before = descriptors()
        port.send(b"last words")
        assert await read_exactly(link, 10) == b"last words"
        await port.unplug()
        with pytest.raises(ReaderLostError, match="is gone"):
            async with asyncio.timeout(1):
                await link.read()
        # pyserial's port and its four pipe ends, and the two ends of the pty
        assert descriptors() <= before - 5
        with pytest.raises(ReaderLostError):
            await link.write(b"too late")


async def test_a_replugged_port_opens_again() -> None:
    async with SerialPort() as port:
        for word in (b"one", b"two", b"three"):
            link = await open_serial("bench", port.path, 115_200)
            port.send(word)
            assert await read_exactly(link, len(word)) == word
            await port.unplug()
            with pytest.raises(ReaderLostError):
                await link.read()
            link.close()
            await port.replug()


async def test_what_nobody_reads_is_bounded_and_nothing_of_it_is_lost() -> None:
    async with SerialPort(baud=100_000_000) as port:
        link: Any = await open_serial("bench", port.path, 115_200)
        sent = os.urandom(4096) * 40
        feeding = asyncio.create_task(feed(port, sent))
        await until(lambda: len(link._waiting) >= WAITING_BYTES_MAX)
        await asyncio.sleep(0.05)
        assert len(link._waiting) < WAITING_BYTES_MAX + serial_link.READ_BYTES
        assert await read_exactly(link, len(sent)) == sent
        await feeding
        link.close()


async def feed(port: SerialPort, data: bytes) -> None:
    for at in range(0, len(data), 1024):
        port.send(data[at : at + 1024])
        await port.drain()


async def test_a_port_that_takes_no_bytes_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_link, "WRITE_TIMEOUT_S", 0.05)
    async with SerialPort() as port:
        asyncio.get_running_loop().remove_reader(port._master or 0)
        link = await open_serial("bench", port.path, 115_200)
        with pytest.raises(ReaderLostError, match="takes no bytes"):
            await link.write(bytes(1_000_000))
        with pytest.raises(ReaderLostError):
            await link.read()


async def test_more_than_the_line_takes_at_once_is_sent_all_the_same() -> None:
    async with SerialPort() as port:
        heard = bytearray()
        port.on_bytes = heard.extend
        link = await open_serial("bench", port.path, 115_200)
        sent = bytes(range(256)) * 200
        await link.write(sent)
        await until(lambda: bytes(heard) == sent)
        link.close()


async def test_a_port_that_fails_to_be_read_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async with SerialPort() as port:
        link: Any = await open_serial("bench", port.path, 115_200)
        read, watched = os.read, link._descriptor

        def fail(descriptor: int, size: int) -> bytes:
            if descriptor == watched:
                raise OSError(errno.EIO, "Input/output error")
            return read(descriptor, size)

        monkeypatch.setattr(os, "read", fail)
        port.send(b"never heard")
        with pytest.raises(ReaderLostError, match="Input/output error"):
            await link.read()


class FailingPort:
    """A port without a descriptor, as pyserial's kinds for a network are."""

    in_waiting = 0

    def __init__(self) -> None:
        self.fails = threading.Event()
        self.closed = threading.Event()

    def read(self, _size: int) -> bytes:
        if self.fails.wait(0.01):
            raise serial.SerialException("the peer has gone")
        return b""

    def write(self, _data: bytes) -> None:
        raise serial.SerialException("the peer does not listen")

    def close(self) -> None:
        self.closed.set()
        raise serial.SerialException("it was closed before")


async def test_a_port_without_a_descriptor_that_fails_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = FailingPort()

    def open_it(*_: object, **__: object) -> FailingPort:
        return port

    monkeypatch.setattr(serial, "serial_for_url", open_it)
    link = await open_serial("far", "rfc2217://far:1", 9600)
    with pytest.raises(ReaderLostError, match="does not listen"):
        await link.write(b"hello")
    link = await open_serial("far", "rfc2217://far:1", 9600)
    port.fails.set()
    with pytest.raises(ReaderLostError, match="the peer has gone"):
        await link.read()
    assert await asyncio.to_thread(port.closed.wait, DEADLINE_S)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- it is not a folder of files
