import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.driver import ReaderLostError, ReaderMisconfiguredError
from readers.serial import metratec as serial_metratec
from readers.serial.driver import SerialDriver
from readers.serial.metratec import MetratecDialogue
from readers.serial.settings import SerialSettings
from simulators import metratec as simulated
from simulators.llrp_reader import make_tags
from simulators.metratec import Language, MetratecReader
from simulators.metratec_answers import AsciiAnswers
from simulators.serial_port import SerialPort
from simulators.tcp_port import TcpPort
from tags.reads import Read
from tests.readers.serial_driving import take, the_end

DEADLINE_S = 8.0
NOW_NS = 1_700_000_000_000_000_000
EPC, OTHER = "3034257bf468d480000003ec", "e200600311753e33"


def settings_of(port: str = "/dev/null", **entry: object) -> SerialSettings:
    given_entry: dict[str, Any] = {"name": "m1", "protocol": "metratec", "port": port, **entry}
    return SerialSettings.model_validate(given_entry)


def reads_of(count: int, antennas: int = 2) -> list[Read]:
    return [
        Read(tag, "", 1 + number % antennas, 0, 0, -50.0 - number % 20)
        for number, tag in enumerate(make_tags(count))
    ]


STREAM = (
    b"OK\r\n+SW: X 0100\r\n+HW: X\r\nOK\r\n"
    + f"+CINV: {EPC},-54\r+CINV: <ROUND FINISHED, ANT=1>\r\n".encode() * 3
    + b"\xff\x00noise\r\n"
    + f"+CINV: {OTHER},-60\r+CINV: <ROUND FINISHED, ANT=2>\r\n".encode()
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_any_split_of_the_bytes_gives_the_same_reads(cuts: list[int]) -> None:
    dialogue = MetratecDialogue(settings_of())
    reads: list[Read] = []
    for start, end in pairwise([0, *sorted(cuts), len(STREAM)]):
        dialogue.due(0.0)
        batch = dialogue.feed(STREAM[start:end], NOW_NS, 0.0)
        reads += batch.reads if batch else []
    assert [(read.tag, read.antenna) for read in reads] == [(EPC, 1)] * 3 + [(OTHER, 2)]
    assert dialogue.take_bad() == {"unknown_line": 1}


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_are_survived(chunks: list[bytes]) -> None:
    dialogue, now_s = MetratecDialogue(settings_of()), 0.0
    for chunk in chunks:
        now_s = max(now_s + 0.01, (dialogue.wake_s or 0.0) if not chunk else 0.0)
        dialogue.due(now_s)
        dialogue.feed(chunk, NOW_NS, now_s)


class Reader:
    """A simulated reader and what a driver needs to reach it."""

    def __init__(self, module: MetratecReader) -> None:
        self.module = module
        self.port = module.port

    @property
    def url(self) -> str:
        return self.port.url if isinstance(self.port, TcpPort) else self.port.path


@pytest.fixture(params=["at over tcp", "ascii over tcp", "at over serial", "ascii over serial"])
async def reader(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Reader]:
    monkeypatch.setattr(simulated, "ROUND_S", 0.01)
    spoken, _, line = str(request.param).partition(" over ")
    language: Language = "at" if spoken == "at" else "ascii"
    port = TcpPort() if line == "tcp" else SerialPort()
    async with MetratecReader(port, language) as module:
        yield Reader(module)


@asynccontextmanager
async def connected(reader: Reader, **entry: object) -> AsyncGenerator[SerialDriver]:
    driver = SerialDriver(settings_of(reader.url, **entry), lambda: NOW_NS)
    try:
        await driver.connect()
        yield driver
    finally:
        await driver.close()


TWO_ANTENNAS = {"antennas": {1: {"zone": "hall"}, 2: {"zone": "gate"}}}


class TestDriver:
    async def test_what_is_in_the_field_arrives(self, reader: Reader) -> None:
        sent = reads_of(200)
        async with connected(reader, **TWO_ANTENNAS) as driver:
            await reader.module.report(sent)
            found = await take(driver, 200)
        assert {(read.tag, read.antenna, read.rssi_dbm) for read in found} == {
            (read.tag, read.antenna, read.rssi_dbm) for read in sent
        }
        assert {(read.reader, read.arrival_ns) for read in found} == {("m1", NOW_NS)}

    async def test_a_single_antenna_is_chosen(self, reader: Reader) -> None:
        async with connected(reader, antennas={3: {}}) as driver:
            await reader.module.report(reads_of(5, antennas=1))
            assert {read.antenna for read in await take(driver, 5)} == {3}
        assert reader.module.answers.sequence == [3]

    async def test_power_is_set(self, reader: Reader) -> None:
        async with connected(reader, power_dbm=12):
            assert reader.module.answers.power_dbm == 12

    @pytest.mark.parametrize("entry", [{"power_dbm": 33}, {"antennas": {9: {}}}])
    async def test_what_the_reader_refuses_is_named(
        self,
        reader: Reader,
        entry: dict[str, object],
    ) -> None:
        with pytest.raises(ReaderMisconfiguredError, match=next(iter(entry))) as refused:
            async with connected(reader, **entry):
                pass
        assert next(iter(entry)) in refused.value.remedy

    async def test_rounds_are_a_sign_of_life_without_tags(self, reader: Reader) -> None:
        async with connected(reader) as driver:
            for _ in range(3):
                batch = await asyncio.wait_for(driver.next_batch(), DEADLINE_S)
                assert batch.reads == []

    async def test_a_broken_antenna_is_disconnected(self, reader: Reader) -> None:
        reader.module.answers.broken = {2}
        async with connected(reader, **TWO_ANTENNAS) as driver:
            states: dict[int, str] = {}
            async with asyncio.timeout(DEADLINE_S):
                while len(states) < 2:
                    states |= (await driver.next_batch()).antennas
        assert states == {1: "connected", 2: "disconnected"}

    async def test_a_reader_without_continuous_inventory_is_polled(self, reader: Reader) -> None:
        reader.module.answers.refuses = {"AT+CINV", "CNR INV", "AT+HBT", "HBT"}
        async with connected(reader) as driver:
            await reader.module.report(reads_of(5, antennas=1))
            assert len(await take(driver, 5)) == 5
            assert "round by round" in driver._dialogue.findings()[0].detail

    async def test_it_is_told_what_the_reader_is(self, reader: Reader) -> None:
        async with connected(reader) as driver:
            (found,) = await driver.examine(DEADLINE_S)
        assert reader.module.answers.model in found.detail
        assert found.ok

    async def test_its_inventory_ends_when_the_driver_leaves(self, reader: Reader) -> None:
        async with connected(reader):
            await asyncio.wait_for(reader.module.inventorying.wait(), DEADLINE_S)
        async with asyncio.timeout(DEADLINE_S):
            while reader.module.inventorying.is_set():  # noqa: ASYNC110 -- no event for its end
                await asyncio.sleep(0.01)

    async def test_an_inventory_of_a_former_client_is_taken_over(self, reader: Reader) -> None:
        async with connected(reader) as first:
            await asyncio.wait_for(reader.module.inventorying.wait(), DEADLINE_S)
            first._dialogue.farewell = lambda: b""  # type: ignore[method-assign] # it crashed
        assert reader.module.answers.running
        async with connected(reader) as driver:
            await reader.module.report(reads_of(5, antennas=1))
            assert len(await take(driver, 5)) == 5


@pytest.mark.parametrize("reader", ["at over tcp", "ascii over serial"], indirect=True)
class TestFaults:
    async def test_nobody_there_is_said(self, reader: Reader) -> None:
        reader.port.silent = True
        with pytest.raises(ReaderLostError):
            async with connected(reader, connect_timeout_s=0.3):
                reader.port.silent = True

    async def test_a_reader_that_restarted_is_set_up_again(
        self,
        reader: Reader,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(serial_metratec, "QUIET_S", 0.3)
        async with connected(reader) as driver:
            reader.module.restart()
            await reader.module.report(reads_of(5, antennas=1))
            assert len(await take(driver, 5)) == 5

    async def test_reads_go_on_within_a_second_of_a_silence(
        self,
        reader: Reader,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(serial_metratec, "QUIET_S", 0.3)
        monkeypatch.setattr(serial_metratec, "ANSWER_S", 0.2)
        async with connected(reader) as driver:
            reader.port.silent = True
            await drained(driver, 0.8)
            reader.port.silent = False
            await reader.module.report(reads_of(5, antennas=1))
            assert len(await take(driver, 5, deadline_s=1.0)) == 5

    async def test_a_silent_reader_says_nothing(self, reader: Reader) -> None:
        async with connected(reader) as driver:
            reader.port.silent = True
            await drained(driver, 0.2)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(driver.next_batch(), 0.3)

    async def test_garbage_between_rounds_costs_no_good_read(self, reader: Reader) -> None:
        async with connected(reader) as driver:
            for number, read in enumerate(reads_of(20, antennas=1)):
                reader.port.send(bytes([0x80 | number, 0, 7]) + b"#!\xff\r\n")
                await reader.module.report([read])
            found = await take(driver, 20)
            assert {read.tag for read in found} == set(make_tags(20))

    async def test_a_round_that_breaks_off_gives_what_came(self, reader: Reader) -> None:
        async with connected(reader) as driver:
            await asyncio.wait_for(reader.module.inventorying.wait(), DEADLINE_S)
            reader.module.answers.running = False
            await drained(driver, 0.1)
            lead = "" if isinstance(reader.module.answers, AsciiAnswers) else "+CINV: "
            reader.port.send(f"{lead}{EPC}\r\n".encode())
            (read,) = await take(driver, 1)
            assert read.tag == EPC

    async def test_half_a_line_before_a_silence_is_never_glued_to_the_next(
        self,
        reader: Reader,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(serial_metratec, "ROUND_S", 0.05)
        async with connected(reader) as driver:
            await asyncio.wait_for(reader.module.inventorying.wait(), DEADLINE_S)
            reader.module.answers.running = False
            await drained(driver, 0.1)
            lead = "" if isinstance(reader.module.answers, AsciiAnswers) else "+CINV: "
            reader.port.send(f"{lead}{EPC[:8]}".encode())
            await drained(driver, 0.2)
            reader.port.send(f"{lead}{OTHER}\r\n".encode())
            assert [read.tag for read in await take(driver, 1)] == [OTHER]

    async def test_a_line_without_end_is_dropped(self, reader: Reader) -> None:
        async with connected(reader) as driver:
            reader.module.answers.running = False
            sending = asyncio.create_task(flood(reader, b"x" * 2000, 3))
            await drained(driver, 0.3)
            await sending
            reader.port.send(b"\r")
            reader.module.answers.running = True
            await reader.module.report(reads_of(3, antennas=1))
            assert len(await take(driver, 3)) == 3
            assert driver._dialogue._splitter.waiting <= 512  # type: ignore[attr-defined] # inside

    async def test_a_flood_of_tags_is_read_whole(self, reader: Reader) -> None:
        count = 3000 if isinstance(reader.port, TcpPort) else 400
        async with connected(reader) as driver:
            sending = asyncio.create_task(reader.module.report(reads_of(count, antennas=1)))
            found = await take(driver, count)
            await sending
        assert {read.tag for read in found} == set(make_tags(count))


async def drained(driver: SerialDriver, for_s: float) -> None:
    """Fetch what comes for a while."""
    try:
        async with asyncio.timeout(for_s):
            while True:
                await driver.next_batch()
    except TimeoutError:
        return


async def flood(reader: Reader, data: bytes, times: int) -> None:
    for _ in range(times):
        reader.port.send(data)
        await reader.port.drain()


class TestLines:
    async def test_a_connection_that_ends_is_said_and_reads_go_on_after_a_new_one(self) -> None:
        async with MetratecReader(TcpPort()) as module:
            reader = Reader(module)
            for fault in ("hang_up", "reset"):
                async with connected(reader) as driver:
                    getattr(module.port, fault)()
                    assert isinstance(await the_end(driver), ReaderLostError)
            async with connected(reader) as driver:
                await module.report(reads_of(3, antennas=1))
                assert len(await take(driver, 3)) == 3

    async def test_a_refused_connection_is_said(self) -> None:
        async with TcpPort() as port:
            url = port.url
        with pytest.raises(ReaderLostError):
            await SerialDriver(settings_of(url), lambda: 0).connect()

    async def test_an_unplugged_reader_is_said_and_read_again_when_replugged(self) -> None:
        port = SerialPort()
        async with MetratecReader(port, "ascii") as module:
            reader = Reader(module)
            async with connected(reader) as driver:
                await port.unplug()
                assert isinstance(await the_end(driver), ReaderLostError)
            module.restart()
            await port.replug()
            async with connected(reader) as driver:
                await module.report(reads_of(3, antennas=1))
                assert len(await take(driver, 3)) == 3

    async def test_a_drip_of_one_byte_at_a_time_is_understood(self) -> None:
        port = SerialPort()
        async with (
            MetratecReader(port, "ascii") as module,
            connected(Reader(module)) as driver,
        ):
            port.drip_s = 0.002
            await module.report(reads_of(2, antennas=1))
            assert len(await take(driver, 2)) == 2

    async def test_checksums_of_a_former_client_are_switched_off(self) -> None:
        async with MetratecReader(TcpPort(), "ascii") as module:
            assert isinstance(module.answers, AsciiAnswers)
            module.answers.wants_checksums = True
            async with connected(Reader(module)) as driver:
                await module.report(reads_of(2, antennas=1))
                assert len(await take(driver, 2)) == 2

    async def test_antennas_with_gaps_are_refused_where_they_can_not_be_switched(self) -> None:
        async with MetratecReader(TcpPort(), "ascii") as module:
            with pytest.raises(ReaderMisconfiguredError, match="without gaps"):
                async with connected(Reader(module), antennas={1: {}, 3: {}}):
                    pass
