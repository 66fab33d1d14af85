"""Readers are found in a network, asked what they can do, and left as they were."""

import asyncio

import pytest

from gateway.scan_command import entry_lines
from readers.llrp import scan as llrp_scan
from readers.llrp.scan import FoundReader, find_readers
from readers.wire.llrp.abilities import Abilities
from simulators.llrp_reader import LlrpReader
from tests.readers.llrp_driving import connected

LOCALHOST = "127.0.0.1"


async def found_at(port: int) -> list[FoundReader | None]:
    return [each async for each in find_readers([LOCALHOST], port)]


async def test_a_reader_says_what_it_can_do_and_is_free_again_afterwards() -> None:
    async with LlrpReader() as reader:
        (found,) = await found_at(reader.port)
        assert found is not None
        assert found.abilities is not None
        assert found.abilities.antennas == 4
        assert reader.rospecs == []
        async with connected(reader):
            assert reader.refused == 0


async def test_a_reader_with_a_client_is_found_and_not_disturbed() -> None:
    async with LlrpReader() as reader, connected(reader):
        (found,) = await found_at(reader.port)
        assert found == FoundReader(LOCALHOST, reader.port, None)
        assert reader.connected


async def test_an_address_where_nobody_listens_is_no_reader() -> None:
    async with LlrpReader() as reader:
        port = reader.port
    assert await found_at(port) == [None]


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x04\x3f" * 400])
async def test_another_service_is_no_reader(words: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llrp_scan, "ANSWER_S", 0.2)

    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(answer, LOCALHOST, 0)
    async with server:
        assert await found_at(server.sockets[0].getsockname()[1]) == [None]
        await gone.wait()


def test_an_entry_can_be_pasted_into_a_site_file() -> None:
    abilities = Abilities(antennas=2, firmware="1.0\n- name: trick", powers_dbm={1: 10.0, 2: 30.0})
    lines = list(entry_lines(FoundReader("10.0.0.21", 5084, abilities)))
    assert lines == [
        "  # maker 0 model 0, firmware 1.0 - name: trick",
        "  # transmit power 10 to 30 dBm",
        "  - name: reader-10-0-0-21",
        "    driver: llrp",
        '    address: "10.0.0.21"',
        "    antennas:",
        "      1: {}   # write zone: NAME into the braces",
        "      2: {}   # write zone: NAME into the braces",
    ]


def test_a_reader_that_is_in_use_is_printed_with_a_word_about_it() -> None:
    lines = list(entry_lines(FoundReader("fe80::1", 5085, None)))
    assert "Another client" in lines[0]
    assert lines[-1] == '    address: "[fe80::1]:5085"'
