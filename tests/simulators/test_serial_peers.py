"""Programs that we did not write read tags from the simulated serial modules."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
import serial
from chafon_rfid.base import CommandRunner, ReaderCommand, ReaderInfoFrame, ReaderType
from chafon_rfid.command import CF_GET_READER_INFO, CF_SET_RF_POWER, G2_TAG_INVENTORY
from chafon_rfid.response import G2_TAG_INVENTORY_STATUS_MORE_FRAMES
from chafon_rfid.transport_serial import SerialTransport
from chafon_rfid.uhfreader18 import G2InventoryResponse as InventoryResponse18
from chafon_rfid.uhfreader288m import (
    G2_TAG_INVENTORY_PARAM_ANTENNA_1,
    G2_TAG_INVENTORY_PARAM_ANTENNA_3,
    G2InventoryCommand,
    G2InventoryResponse,
)
from uhfreader18 import Command, RfidClient, StreamBuffer

from readers.wire.m100 import R200
from simulators.m100 import M100Module
from simulators.uhfreader import UhfReader
from tags.reads import Read
from tests.readers.serial_driving import DEADLINE_S, reads_of, until

T = TypeVar("T")


async def in_thread(blocking: Callable[..., T], *arguments: object) -> T:
    async with asyncio.timeout(2 * DEADLINE_S):
        return await asyncio.to_thread(blocking, *arguments)


def epcs(reads: Sequence[Read]) -> list[str]:
    return [read.tag for read in reads]


# --- rfid-r200 ---------------------------------------------------------------------------


@pytest.fixture
def r200_peer() -> Any:  # noqa: ANN401 -- it ships no types
    """Its metadata asks for Python 3.12, so it is not installed everywhere."""
    return pytest.importorskip("src.rfid_r200.rfid_reader_sync").R200


async def test_rfid_r200_reads_tags_and_what_the_module_is(r200_peer: Any) -> None:  # noqa: ANN401 -- see above
    reads = reads_of(8)
    async with M100Module(R200, version="R200 26dBm V1.0") as module:
        peer = await in_thread(lambda: r200_peer(module.path, timeout=0.12))
        assert "R200 26dBm V1.0" in await in_thread(peer.hw_info)
        assert await in_thread(peer.set_power, 20.5)
        assert await in_thread(peer.get_power) == 20.5
        assert (await in_thread(peer.get_demodulator_params))["Mixer_ G"] == 2
        reading = asyncio.create_task(in_thread(peer.read_tags))
        await asyncio.wait_for(module.inventorying.wait(), DEADLINE_S)
        assert await module.report(reads) == len(reads)
        found, _ = await reading
        assert [bytes(tag.epc).hex() for tag in found] == epcs(reads)
        assert {tag.rssi for tag in found} == {256 - 50}
        # It asked for ten rounds; those without a tag used up the rest.
        assert not module.inventorying.is_set()
        await in_thread(peer.close)


async def test_rfid_r200_is_told_that_a_power_is_refused(r200_peer: Any) -> None:  # noqa: ANN401 -- see above
    async with M100Module(R200) as module:
        peer = await in_thread(lambda: r200_peer(module.path, timeout=0.1))
        with pytest.raises(Exception, match="Error setting power"):
            await in_thread(peer.set_power, 40.0)
        await in_thread(peer.close)


# --- wabson-chafon-rfid ------------------------------------------------------------------


@asynccontextmanager
async def chafon(module: UhfReader) -> AsyncGenerator[SerialTransport]:
    transport = await in_thread(lambda: SerialTransport(module.path, 57_600, 2))
    yield transport
    await in_thread(transport.destroy)


def inventory(transport: SerialTransport, command: Any, response: Any) -> list[Any]:  # noqa: ANN401 -- it ships no types
    """All tags of one inventory, however many frames they take."""
    frames = bytearray(CommandRunner(transport).run(command))
    last = frames
    while last[3] == G2_TAG_INVENTORY_STATUS_MORE_FRAMES:
        last = transport.read_frame()
        frames += last
    return list(response(frames).get_tag())


async def poll(module: UhfReader, transport: SerialTransport, command: Any, response: Any) -> None:  # noqa: ANN401 -- see above
    """A first inventory without tags, since reads are only taken from one who polls."""
    assert await in_thread(inventory, transport, command, response) == []
    assert module.inventorying.is_set()


async def test_chafon_rfid_reads_tags_of_model_288_by_antenna() -> None:
    ones, threes = reads_of(30, 1), reads_of(30, 3, seed=2)
    first = G2InventoryCommand(antenna=G2_TAG_INVENTORY_PARAM_ANTENNA_1)
    third = G2InventoryCommand(antenna=G2_TAG_INVENTORY_PARAM_ANTENNA_3)
    async with UhfReader("288") as module, chafon(module) as transport:
        await poll(module, transport, first, G2InventoryResponse)
        assert await module.report(ones + threes) == 60
        heard = await in_thread(inventory, transport, third, G2InventoryResponse)
        assert [tag.epc.hex() for tag in heard] == epcs(threes)
        assert {(tag.antenna_num, tag.rssi) for tag in heard} == {(3, 150)}
        heard = await in_thread(inventory, transport, first, G2InventoryResponse)
        assert [tag.epc.hex() for tag in heard] == epcs(ones)
        assert module.sent == 60


async def test_chafon_rfid_reads_tags_of_model_18() -> None:
    reads = reads_of(30)
    async with UhfReader("18") as module, chafon(module) as transport:
        await poll(module, transport, ReaderCommand(G2_TAG_INVENTORY), InventoryResponse18)
        await module.report(reads)
        command = ReaderCommand(G2_TAG_INVENTORY)
        heard = await in_thread(inventory, transport, command, InventoryResponse18)
        assert [tag.epc.hex() for tag in heard] == epcs(reads)


async def test_chafon_rfid_reads_what_the_module_is_and_sets_its_power() -> None:
    async with UhfReader("288") as module, chafon(module) as transport:
        runner = CommandRunner(transport)
        await in_thread(runner.run, ReaderCommand(CF_SET_RF_POWER, data=[21]))
        info = ReaderInfoFrame(await in_thread(runner.run, ReaderCommand(CF_GET_READER_INFO)))
        assert (info.type, info.power, info.supports_6c) == (ReaderType.UHFReader288M, 21, True)
        assert (info.get_min_frequency(), info.get_max_frequency()) == (902.75, 927.25)


# --- uhfreader18 -------------------------------------------------------------------------


class SerialSocket:
    """What uhfreader18's client wants of a socket, over a serial port."""

    def __init__(self, path: str) -> None:
        self._port = serial.Serial(path, 57_600, timeout=2)

    def sendall(self, data: bytes) -> None:
        self._port.write(data)

    def recv(self, _size: int) -> bytes:
        return self._port.read(1) + self._port.read(self._port.in_waiting)

    def close(self) -> None:
        self._port.close()


@asynccontextmanager
async def uhfreader18(module: UhfReader) -> AsyncGenerator[Any]:
    client: Any = RfidClient("127.0.0.1", 1)
    client._socket = await in_thread(SerialSocket, module.path)
    yield client
    await in_thread(client.close)


async def test_uhfreader18_reads_tags_from_one_of_two_modules_on_a_bus() -> None:
    reads = reads_of(5, reader="bus:9")
    async with UhfReader("18", addresses=(4, 9)) as module, uhfreader18(module) as client:
        assert (await in_thread(client.get_reader_info, 9)).address == 9
        none = await in_thread(client._send_command, 9, Command.INVENTORY)
        assert none.status_name == "NO_TAG"
        await module.report(reads)
        assert (await in_thread(client._send_command, 4, Command.INVENTORY)).data == b""
        frame = await in_thread(client._send_command, 9, Command.INVENTORY)
        expected = b"".join(b"\x0c" + bytes.fromhex(read.tag) for read in reads)
        assert frame.data == bytes((len(reads),)) + expected


async def test_uhfreader18_sets_and_asks_all_that_it_can() -> None:
    async with UhfReader("18") as module, uhfreader18(module) as client:
        await in_thread(client.set_power, 0, 17)
        await in_thread(client.set_scan_time, 0, 5)
        await in_thread(client.acousto_optic_control, 0, 1, 1, 1)
        info, address = await in_thread(client.discover_address)
        assert (info.power, address, info.version) == (17, 0, "3.8")
        assert (await in_thread(client.get_work_mode)).tag_time == 1
        assert module.power_dbm == {0: 17}


async def test_uhfreader18_hears_pushed_reports_and_heartbeats() -> None:
    reads = reads_of(20)
    async with UhfReader("18", pushes=True, heartbeat_s=0.2) as module:
        port = await in_thread(SerialSocket, module.path)
        stream, heard, beats = StreamBuffer(), list[str](), 0
        assert await module.report(reads) == len(reads)
        async with asyncio.timeout(DEADLINE_S):
            while not beats:
                found = stream.feed(await in_thread(port.recv, 100))
                heard += [frame.data.hex() for frame in found.frames]
                beats += len(found.heartbeats)
        assert heard == epcs(reads)
        await until(lambda: module.sent == len(reads))
        await in_thread(port.close)
