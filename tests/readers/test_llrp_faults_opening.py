"""Faults while a session is opened: told, counted, and nothing that was heard is lost."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import pytest

from readers.driver import ReaderLostError
from readers.llrp.driver import LlrpDriver
from readers.wire.llrp.encode import ReportEncoder
from readers.wire.llrp.framing import HEADER, Frame, frame
from readers.wire.llrp.messages import Message
from readers.wire.llrp.rospec import Content
from simulators.llrp_reader import LlrpReader
from tests.readers.llrp_driving import DEADLINE_S, good_reads, reads_of, settings_of, take, the_end

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def reader() -> AsyncIterator[LlrpReader]:
    async with LlrpReader() as simulated:
        yield simulated


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch, reader: LlrpReader) -> Callable[[bytes], None]:
    """Lets the reader answer whatever it is asked with these bytes."""

    def answer(said: bytes) -> None:
        def always(_message: Frame) -> bytes:
            return said

        monkeypatch.setattr(reader._answers, "answer", always)

    return answer


def header(length: int) -> bytes:
    return HEADER.pack(1 << 10 | Message.RO_ACCESS_REPORT, length, 1)


class TestWhileOpening:
    async def test_reads_from_before_a_fault_are_handed_over_and_then_it_is_told(
        self,
        reader: LlrpReader,
        answering: Callable[[bytes], None],
    ) -> None:
        report = ReportEncoder(Content()).encode(reads_of(3))
        answering(frame(Message.RO_ACCESS_REPORT, 1, report) + header(5))
        driver = LlrpDriver(settings_of(reader.address), time.time_ns)
        await driver.connect()
        batch = await driver.next_batch()
        assert [read.tag for read in batch.reads] == [read.tag for read in reads_of(3)]
        assert batch.bad == {"frame": 1}
        assert "length 5 is shorter" in str(await the_end(driver))
        await driver.close()

    @pytest.mark.parametrize("length", [0, 5, 1 << 31])
    async def test_bytes_that_end_the_opening_are_counted(
        self,
        reader: LlrpReader,
        answering: Callable[[bytes], None],
        length: int,
    ) -> None:
        answering(header(length))
        driver = LlrpDriver(settings_of(reader.address), time.time_ns)
        with pytest.raises(ReaderLostError, match=f"length {length} ") as lost:
            await driver.connect()
        assert lost.value.bad == {"frame": 1}
        await driver.close()

    async def test_what_a_reader_kept_may_take_longer_than_any_answer(
        self,
        monkeypatch: pytest.MonkeyPatch,
        reader: LlrpReader,
    ) -> None:
        answer = reader._answers.answer
        asked = asyncio.Event()
        late: list[bytes] = []

        def after_kept_reads(message: Frame) -> bytes:
            if message.type == Message.GET_ROSPECS:
                late.append(answer(message))
                asked.set()
                return b""
            return answer(message)

        async def send_kept_reads() -> None:
            await asked.wait()
            report = ReportEncoder(Content()).encode(reads_of(10))
            for _ in range(20):
                await reader._port.put(frame(Message.RO_ACCESS_REPORT, 1, report))
                await asyncio.sleep(0.05)
            await reader._port.put(late[0])

        monkeypatch.setattr(reader._answers, "answer", after_kept_reads)
        sending = asyncio.create_task(send_kept_reads())
        driver = LlrpDriver(settings_of(reader.address, connect_timeout_s=0.5), time.time_ns)
        await driver.connect()
        assert len(await take(driver, 200)) == 200
        await asyncio.wait_for(reader.inventorying.wait(), DEADLINE_S)
        await sending
        await driver.close()

    async def test_a_peer_that_does_not_greet_is_lost_in_time(self) -> None:
        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            settings = settings_of(f"127.0.0.1:{port}", connect_timeout_s=0.5)
            driver = LlrpDriver(settings, time.time_ns)
            with pytest.raises(ReaderLostError, match=r"no greeting came within 0\.2 s"):
                await driver.connect()
            await driver.close()

    async def test_a_fault_of_our_own_is_told_at_once(
        self,
        monkeypatch: pytest.MonkeyPatch,
        reader: LlrpReader,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def faulty(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("readers.llrp.session.plan_for", faulty)
        driver = LlrpDriver(settings_of(reader.address), time.time_ns)
        with pytest.raises(ReaderLostError, match="fault in its driver: ZeroDivisionError"):
            await asyncio.wait_for(driver.connect(), DEADLINE_S)
        assert "Traceback" in caplog.text
        await driver.close()

    @pytest.mark.parametrize("request_type", [1, 2, 3, 20, 21, 24, 26])
    async def test_a_reader_that_dies_in_between_is_lost(
        self,
        monkeypatch: pytest.MonkeyPatch,
        reader: LlrpReader,
        request_type: int,
    ) -> None:
        answer = reader._answers.answer

        def dying(message: Frame) -> bytes:
            if message.type == request_type:
                reader.drop()
            return answer(message)

        with monkeypatch.context() as patch:
            patch.setattr(reader._answers, "answer", dying)
            driver = LlrpDriver(settings_of(reader.address), time.time_ns)
            with pytest.raises(ReaderLostError):
                await asyncio.wait_for(driver.connect(), DEADLINE_S)
            await driver.close()
        assert await good_reads(reader) < 1.0

    @pytest.mark.parametrize("response", [11, 12, 13, 30, 31, 34, 36])
    async def test_an_answer_of_garbage_is_survived_or_told(
        self,
        monkeypatch: pytest.MonkeyPatch,
        reader: LlrpReader,
        response: int,
    ) -> None:
        answer = reader._answers.answer

        def odd(message: Frame) -> bytes:
            if message.type == response - 10:
                return frame(response, 1, b"\xff\x00\x11")
            return answer(message)

        with monkeypatch.context() as patch:
            patch.setattr(reader._answers, "answer", odd)
            driver = LlrpDriver(settings_of(reader.address), time.time_ns)
            lost = pytest.raises(ReaderLostError, match="cannot understand the answer to ")
            # The configuration and the list of ROSpecs can be done without.
            with contextlib.nullcontext() if response in (12, 36) else lost:
                await asyncio.wait_for(driver.connect(), DEADLINE_S)
            await driver.close()
        assert await good_reads(reader) < 1.0
