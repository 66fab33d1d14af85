import asyncio
import ssl
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from sllurp.llrp import LLRPReaderClient, LLRPReaderConfig

from readers.wire.llrp.messages import Code, Message
from readers.wire.llrp.reports import ReportDecoder
from simulators.llrp_models import MODEL_FX9600_8, MODELS, VENDOR_ZEBRA
from simulators.llrp_reader import LlrpReader, main, make_tags
from tags.reads import Read
from tests.simulators.llrp_client import (
    DEADLINE_S,
    NOW_NS,
    Client,
    identifier,
    reads_of,
    rospec,
    until,
)

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def reader() -> AsyncIterator[LlrpReader]:
    async with LlrpReader() as simulated:
        yield simulated


class TestCommand:
    def test_an_unknown_fault_is_a_usage_error(self) -> None:
        with pytest.raises(SystemExit) as caught:
            main(["--fault", "earthquake"])
        assert caught.value.code == 2

    async def test_another_process_can_use_it(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "simulators.llrp_reader", "--rate", "2000", "--tags", "5"),
            *("--fault", "cut", "--every", "0.3"),
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        try:
            async with asyncio.timeout(20.0):
                address = (await process.stderr.readline()).decode().strip()
                host, _, port = address.partition(":")
                client = Client(*await asyncio.open_connection(host, int(port)))
                await client.message()
                await client.ask(Message.ADD_ROSPEC, rospec(7, antennas=(0,)))
                await client.ask(Message.ENABLE_ROSPEC, identifier(7))
                tags = set[str]()
                while (message := await client.next()) is not None:
                    reads = ReportDecoder("r").decode(message.body, NOW_NS, {})
                    tags |= {read.tag for read in reads}
                client.writer.close()
                await client.writer.wait_closed()
        finally:
            process.terminate()
            await process.wait()
        assert tags == set(make_tags(5))

    async def test_make_refusals_and_tls_can_be_asked_for(self, tmp_path: Path) -> None:
        authority = trustme.CA()
        certificate = tmp_path / "reader.pem"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        theirs = ssl.create_default_context()
        authority.configure_trust(theirs)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "simulators.llrp_reader", "--model", "zebra-fx9600"),
            *("--refuse", "tx_power", "hold", "--certificate", certificate),
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        try:
            async with asyncio.timeout(20.0):
                address = (await process.stderr.readline()).decode().strip()
                host, _, port = address.partition(":")
                client = Client(*await asyncio.open_connection(host, int(port), ssl=theirs))
                await client.message()
                body = (await client.ask(Message.GET_READER_CAPABILITIES)).body
                assert struct.pack("!II", VENDOR_ZEBRA, MODEL_FX9600_8) in body
                assert await client.ask_code(Message.ADD_ROSPEC, rospec(7)) == Code.PARAMETER_ERROR
                await client.close()
        finally:
            process.terminate()
            await process.wait()

    def test_the_same_seed_makes_the_same_tags(self) -> None:
        assert make_tags(50, seed=3) == make_tags(50, seed=3)
        assert len(set(make_tags(50, seed=3))) == 50
        assert make_tags(50, seed=3) != make_tags(50, seed=4)


def hear_with_sllurp(port: int, config: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Run sllurp's own client, with its thread, until it has heard `count` tags."""
    client = LLRPReaderClient("127.0.0.1", port, LLRPReaderConfig(config))
    heard: list[dict[str, Any]] = []

    def hear(_: object, tags: list[dict[str, Any]]) -> None:
        heard.extend(tags)
        if len(heard) == count:
            # In its own thread: asked from another one, it may miss the reader's answer.
            client.disconnect()

    client.add_tag_report_callback(hear)
    client.connect()
    client.join(DEADLINE_S)
    client.hard_disconnect()
    return heard


async def hear(reader: LlrpReader, config: dict[str, Any], sent: list[Read]) -> list[Any]:
    """What sllurp's client hears of `sent`, from its connection to its polite end."""
    hearing = asyncio.to_thread(hear_with_sllurp, reader.port, config, len(sent))
    running = asyncio.create_task(hearing)
    await asyncio.wait_for(reader.inventorying.wait(), DEADLINE_S)
    assert await reader.report(sent) == len(sent)
    return await asyncio.wait_for(running, 3 * DEADLINE_S)


CONFIG: dict[str, Any] = {
    "antennas": [1, 2, 3, 4],
    "report_every_n_tags": 20,
    "tag_content_selector": {"EnableAntennaID": True, "EnablePeakRSSI": True},
}


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"reset_on_connect": False},
        {"mode_identifier": 1000, "tx_power_dbm": 20.0},
        {
            "impinj_tag_content_selector": {
                "EnableRFPhaseAngle": True,
                "EnablePeakRSSI": True,
                "EnableRFDopplerFrequency": True,
            },
        },
    ],
)
async def test_sllurps_own_client_gets_every_tag(
    reader: LlrpReader,
    extra: dict[str, Any],
) -> None:
    sent = reads_of(200)
    heard = await hear(reader, CONFIG | extra, sent)
    assert [tag["EPC"].decode() for tag in heard] == [read.tag for read in sent]
    assert {tag["AntennaID"] for tag in heard} == {1, 2, 3, 4}
    if "impinj_tag_content_selector" in extra:
        assert {tag["ImpinjPeakRSSI"] for tag in heard} == {-5000}
    assert reader.rospecs == []


async def test_sllurp_reads_stops_and_comes_back(reader: LlrpReader) -> None:
    for count in (40, 60, 20):
        sent = reads_of(count)
        heard = await hear(reader, CONFIG, sent)
        assert [tag["EPC"].decode() for tag in heard] == [read.tag for read in sent]
        await until(lambda: not reader.connected)
        assert reader.rospecs == []
    assert reader.sent == 120


@pytest.mark.parametrize("model", MODELS)
async def test_sllurp_reads_each_model(model: str) -> None:
    async with LlrpReader(capabilities=MODELS[model]) as reader:
        sent = [read for read in reads_of(40) if read.antenna < 3]
        heard = await hear(reader, CONFIG | {"antennas": [1, 2]}, sent)
        assert [tag["EPC"].decode() for tag in heard] == [read.tag for read in sent]
        named = "LastSeenTimestampUptime" if model == "uptime" else "LastSeenTimestampUTC"
        assert all(named in tag for tag in heard)
