"""Wireshark's LLRP dissector judges every byte that the simulated reader puts on the wire."""

import asyncio
import re
import shutil
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from readers.wire.llrp.framing import frame
from readers.wire.llrp.messages import IMPINJ_ENABLE_EXTENSIONS, Message, encode_impinj_message
from readers.wire.llrp.parameters import tlv
from simulators.llrp_models import MODELS
from simulators.llrp_reader import LlrpReader
from simulators.llrp_specs import foreign_accessspec, foreign_rospec
from tags.reads import Read
from tests.simulators.llrp_client import (
    NOW_NS,
    Client,
    hold,
    identifier,
    reads_of,
    rospec,
    set_config,
    switch,
)

TSHARK = shutil.which("tshark")
pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(TSHARK is None, reason="needs tshark; Debian's package tshark"),
]

IMPINJ = {
    "EnableRFPhaseAngle": True,
    "EnablePeakRSSI": True,
    # The dissector of tshark 4.0 is older than this one.
    "EnableRFDopplerFrequency": False,
}


# The dissector forgets the two bytes of a byte array's length, with a real R420's bytes too.
_MISCOUNTED = re.compile(
    r"(?<=Reader ID: [0-9a-f]{16}\n) +\[Expert Info [^\n]*: 13 bytes decoded, but 15 bytes claimed"
    r"[^\n]*\n( +\[[^\n]*\n){3}"
)


@asynccontextmanager
async def recorded(reader: LlrpReader, heard: list[bytes]) -> AsyncGenerator[Client]:
    """A client behind a relay that keeps what passes."""
    async with asyncio.TaskGroup() as group:

        async def relay(near: asyncio.StreamReader, away: asyncio.StreamWriter) -> None:
            far, back = await asyncio.open_connection("127.0.0.1", reader.port)
            there = group.create_task(_pass(near, back, None))
            await _pass(far, away, heard)
            await there

        server = await asyncio.start_server(relay, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        yield client
        await client.close()
        server.close()
        await server.wait_closed()


async def _pass(
    source: asyncio.StreamReader,
    sink: asyncio.StreamWriter,
    heard: list[bytes] | None,
) -> None:
    while data := await source.read(1400):
        if heard is not None:
            heard.append(data)
        sink.write(data)
    sink.close()


def pcap(segments: list[bytes]) -> bytes:
    """A capture file with what a reader said, in TCP over IPv4 over Ethernet."""
    packets = [struct.pack("!IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)]
    position = 1
    for number, data in enumerate(segments):
        tcp = struct.pack("!HHIIBBHHH", 5084, 40_000, position, 1, 0x50, 0x18, 0xFFFF, 0, 0)
        position += len(data)
        size = 20 + len(tcp) + len(data)
        ip = struct.pack("!BBHHHBBHII", 0x45, 0, size, number, 0, 64, 6, 0, 0x0A000002, 0x0A000001)
        packet = bytes(12) + b"\x08\x00" + ip + tcp + data
        packets.append(struct.pack("!IIII", number, 0, len(packet), len(packet)) + packet)
    return b"".join(packets)


async def dissect(segments: list[bytes], folder: Path) -> str:
    """What tshark has to say about the reader's part; it must find nothing to complain about."""
    capture = folder / "session.pcap"
    capture.write_bytes(pcap(segments))
    assert TSHARK is not None
    process = await asyncio.create_subprocess_exec(
        *(TSHARK, "-r", str(capture), "-d", "tcp.port==5084,llrp", "-O", "llrp", "-V"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    words = _MISCOUNTED.sub("", out.decode())
    for complaint in ("Malformed", "Expert Info", "Unknown", "Dissector bug"):
        assert complaint not in words, words[max(0, words.index(complaint) - 2000) :][:2500]
    return words


async def inventory(client: Client, **options: Any) -> None:  # noqa: ANN401 -- as sllurp has them
    assert await client.ask_code(Message.ADD_ROSPEC, rospec(7, antennas=(0,), **options)) == 0
    assert await client.ask_code(Message.ENABLE_ROSPEC, identifier(7)) == 0


async def test_a_session_with_impinjs_extensions(tmp_path: Path) -> None:
    segments: list[bytes] = []
    sent = [
        Read(read.tag, "", read.antenna, NOW_NS, NOW_NS, -61.25, 3, 1.0, -2.5, 4)
        for read in reads_of(300)
    ]
    async with (
        LlrpReader(capabilities=MODELS["impinj-r700"]) as reader,
        recorded(reader, segments) as client,
    ):
        await client.message()
        extensions = encode_impinj_message(IMPINJ_ENABLE_EXTENSIONS, bytes(4))
        await client.ask(Message.CUSTOM, extensions)
        await client.ask(Message.GET_READER_CAPABILITIES, b"\x00")
        await client.ask(Message.GET_READER_CONFIG, bytes(7))
        await inventory(
            client,
            impinj_search_mode=1,
            impinj_tag_content_selector=IMPINJ,
            tag_content_selector={"EnableChannelIndex": True},
        )
        await reader.report(sent)
        assert len(await client.reads(300)) == 300
        await client.ask(Message.CLOSE_CONNECTION)
    words = await dissect(segments, tmp_path)
    assert words.count("TLV Parameter: Tag Report Data") == 300
    assert re.findall(r"EPC: ([0-9a-f]{24})\b", words) == [read.tag for read in sent]
    for value in ("RSSI: -6125", "Phase angle: 652", "Tag count: 3", "Channel index: 4"):
        assert words.count(f" {value}\n") == 300, value


async def ask_everything(client: Client) -> None:
    await client.message()
    await client.ask(Message.GET_READER_CAPABILITIES, b"\x00")
    settings = [switch(225, 1, on=True), switch(219, 2, on=True), hold()[1:]]
    await client.ask(Message.SET_READER_CONFIG, set_config(*settings))
    await client.ask(Message.SET_READER_CONFIG, set_config(tlv(219, b"\x00\x09\x80")))
    await client.ask(Message.GET_READER_CONFIG, bytes(7))
    await client.ask(Message.GET_ROSPECS)
    await client.ask(Message.GET_ACCESSSPECS)
    assert await client.ask_code(Message.ADD_ROSPEC, rospec(7)) == 100
    for kind in (Message.DISABLE_ACCESSSPEC, Message.DELETE_ACCESSSPEC):
        await client.ask(kind, identifier(9))


async def test_all_answers_and_events(tmp_path: Path) -> None:
    segments: list[bytes] = []
    left = [foreign_rospec(5)], [foreign_accessspec(9)]
    async with (
        LlrpReader(rospecs=left[0], accessspecs=left[1], refuse={"tx_power"}) as reader,
        recorded(reader, segments) as client,
    ):
        await ask_everything(client)
        await reader.set_antenna(2, connected=False)
        await reader.set_input(1, high=True)
        await client.message()
        await client.message()
        client.writer.write(frame(Message.ENABLE_EVENTS_AND_REPORTS, 3))
        tags = ["e2", "ab" * 12, "cd" * 31]
        await reader.report([Read(tag, "", 1, NOW_NS, NOW_NS) for tag in tags])
        await client.reads(3)
        reader.say_goodbye()
        await client.event()
    words = await dissect(segments, tmp_path)
    for found in ("gpi event", "antenna event", "param error", "field error", "access spec"):
        assert f"parameter: {found}" in words.lower(), found
    for tag in ("e2", "ab" * 12, "cd" * 31):
        assert tag in words


async def test_a_reader_without_a_calendar(tmp_path: Path) -> None:
    segments: list[bytes] = []
    async with (
        LlrpReader(capabilities=MODELS["uptime"], clock=lambda: NOW_NS) as reader,
        recorded(reader, segments) as client,
    ):
        await client.message()
        await inventory(client)
        await reader.report([Read("e2", "", 1, NOW_NS + 9_000, NOW_NS)])
        await client.message()
    words = await dissect(segments, tmp_path)
    assert "Uptime" in words
    assert "UTC" not in words
