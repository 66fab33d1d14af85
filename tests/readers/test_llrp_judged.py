"""Programs that we did not write understand everything that the driver asks of a reader."""

import asyncio
import importlib
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import bitstring
import pytest

from readers.llrp.driver import LlrpDriver
from readers.wire.llrp.framing import Frame, frame
from simulators.llrp_models import MODELS
from simulators.llrp_reader import LlrpReader
from tests.readers.llrp_driving import settings_of
from tests.simulators.test_llrp_dissector import pcap

pytestmark = pytest.mark.timeout(60)
TSHARK = shutil.which("tshark")
ENTRIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "portal": {"profile": "portal", "antennas": {1: {}, 4: {}}, "outputs": {2: {"name": "lamp"}}},
    "by hand": {
        "session": 3,
        "mode_identifier": 2,
        "tx_power_dbm": {1: 30, 2: 20},
        "search_mode": "single",
        "take_over": True,
        "hold_reports": False,
    },
}
REFUSALS = {
    "nothing": [],
    "antennas": ["antenna_configuration"],
    "much": ["stop_trigger", "singulation", "hold"],
}


async def asked(refuse: list[str], **entry: Any) -> list[bytes]:  # noqa: ANN401 -- as YAML has it
    """Every message of one session that the driver sends."""
    found: list[bytes] = []
    async with LlrpReader(capabilities=MODELS["impinj-r420"], refuse=refuse) as reader:
        answer = reader._answers.answer

        def listening(request: Frame) -> bytes:
            found.append(frame(request.type, request.message_id, request.body))
            return answer(request)

        reader._answers.answer = listening  # type: ignore[method-assign] # it belongs to this test
        driver = LlrpDriver(settings_of(reader.address, **entry), time.time_ns)
        await driver.connect()
        for port in entry.get("outputs", ()):
            await driver.switch_output(port, 5)
        await driver.close()
    return found


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("refuse", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.skipif(TSHARK is None, reason="needs tshark; Debian's package tshark")
async def test_wireshark_finds_no_fault(
    tmp_path: Path,
    entry: dict[str, Any],
    refuse: list[str],
) -> None:
    words = await dissected(await asked(refuse, **entry), tmp_path)
    for complaint in ("Malformed", "Expert Info", "Unknown", "Dissector bug"):
        assert complaint not in words, words[max(0, words.index(complaint) - 2000) :][:2500]
    for name in ("Add ROSpec", "Enable ROSpec", "Set Reader Config", "Close Connection"):
        assert name in words


async def dissected(messages: list[bytes], folder: Path) -> str:
    capture = folder / "session.pcap"
    # Each segment looks as if the reader had said it, which the dissector does not mind.
    capture.write_bytes(pcap(messages))
    assert TSHARK is not None
    process = await asyncio.create_subprocess_exec(
        *(TSHARK, "-r", str(capture), "-d", "tcp.port==5084,llrp", "-O", "llrp", "-V"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.skipif(
    not hasattr(bitstring, "ConstBitStream"),
    reason="pyllrp 3.1.1 needs a bitstring older than 5",
)
@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("refuse", REFUSALS.values(), ids=REFUSALS)
async def test_pyllrp_understands_every_request(
    entry: dict[str, Any],
    refuse: list[str],
) -> None:
    library: Any = importlib.import_module("pyllrp.pyllrp")
    stream: Any = importlib.import_module("bitstring").ConstBitStream
    said = [library.UnpackMessage(stream(bytes=one)) for one in await asked(refuse, **entry)]
    names = Counter(type(message).__name__.removesuffix("_Message") for message in said)
    assert names["ADD_ROSPEC"] == 1 + len([r for r in refuse if r != "hold"])
    text = "".join("".join(map(str, said)).split())
    for event in ("GPI_Event", "Report_Buffer_Fill_Warning", "Reader_Exception_Event"):
        assert f"NotificationEventType.{event},NotificationState=True" in text
