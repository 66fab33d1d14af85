import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest

from readers.driver import ReaderError, ReaderLostError, ReaderMisconfiguredError
from readers.llrp.driver import LlrpDriver
from readers.llrp.requests import ROSPEC_ID
from readers.settings import AntennaSettings
from readers.wire.llrp.capabilities import Capabilities, Mode
from readers.wire.llrp.framing import Frame, frame
from readers.wire.llrp.messages import Message, Status, encode_status
from simulators.llrp_reader import LlrpReader
from tests.readers.llrp_driving import (
    DEADLINE_S,
    connected,
    reads_of,
    rospec_of,
    settings_of,
    take,
    until,
)

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def reader() -> AsyncIterator[LlrpReader]:
    async with LlrpReader() as simulated:
        yield simulated


class TestRefusals:
    async def refusal(self, reader: LlrpReader, **changes: object) -> ReaderError:
        driver = LlrpDriver(settings_of(reader.address, **changes), time.time_ns)
        with pytest.raises(ReaderError) as caught:
            await asyncio.wait_for(driver.connect(), DEADLINE_S)
        await driver.close()
        return caught.value

    async def test_a_second_client_is_told_about_the_first(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            error = await self.refusal(reader)
            assert isinstance(error, ReaderLostError)
            assert "another client is connected" in str(error)
            assert reader.refused == 1
            await reader.report(reads_of(1))
            assert len(await take(driver, 1)) == 1

    async def test_an_antenna_beyond_the_reader_is_named(self, reader: LlrpReader) -> None:
        error = await self.refusal(reader, antennas={1: AntennaSettings(), 9: AntennaSettings()})
        assert isinstance(error, ReaderMisconfiguredError)
        assert str(error) == "r1: antenna 9 does not exist (1-4)"

    async def test_a_mode_that_the_reader_lacks_is_named(self, reader: LlrpReader) -> None:
        error = await self.refusal(reader, mode_identifier=77)
        assert isinstance(error, ReaderMisconfiguredError)
        assert "mode_identifier" in str(error)
        assert "1000" in str(error)

    async def test_a_power_beyond_the_reader_is_named(self, reader: LlrpReader) -> None:
        error = await self.refusal(reader, tx_power_dbm=36.0)
        assert isinstance(error, ReaderMisconfiguredError)
        assert "tx_power_dbm: 36.0" in str(error)
        assert "31.0" in str(error)

    async def test_a_power_and_mode_that_the_reader_has_are_taken(self) -> None:
        capabilities = Capabilities(modes=(Mode(3),), powers_dbm=(10.0, 20.0, 30.0))
        async with (
            LlrpReader(capabilities=capabilities) as reader,
            connected(reader, tx_power_dbm=20.0, mode_identifier=3),
        ):
            assert reader.inventorying.is_set()

    @pytest.mark.parametrize("response", [13, 30, 34])
    async def test_a_refused_request_is_told_with_the_readers_words(
        self,
        monkeypatch: pytest.MonkeyPatch,
        reader: LlrpReader,
        response: int,
    ) -> None:
        refuse(monkeypatch, reader, response - 10, code=101, text="Session")
        error = await self.refusal(reader)
        assert isinstance(error, ReaderMisconfiguredError)
        assert Message(response - 10).name in str(error)
        assert "field error (101): Session" in str(error)

    async def test_a_broken_reader_is_lost_not_misconfigured(
        self,
        monkeypatch: pytest.MonkeyPatch,
        reader: LlrpReader,
    ) -> None:
        refuse(monkeypatch, reader, Message.ADD_ROSPEC, code=401, text="hot")
        error = await self.refusal(reader)
        assert isinstance(error, ReaderLostError)
        assert "device error (401): hot" in str(error)

    async def test_a_port_where_nobody_listens_is_lost(self) -> None:
        async with LlrpReader() as reader:
            address = reader.address
        driver = LlrpDriver(settings_of(address), time.time_ns)
        with pytest.raises(ReaderLostError, match=address):
            await driver.connect()
        await driver.close()

    async def test_a_reader_that_never_answers_is_lost_in_time(self, reader: LlrpReader) -> None:
        driver = LlrpDriver(settings_of(reader.address, connect_timeout_s=0.3), time.time_ns)
        connecting = asyncio.create_task(driver.connect())
        await until(lambda: reader.connected)
        reader.go_silent()
        with pytest.raises(ReaderLostError, match=r"no answer to GET_\w+ within 0\.12 s"):
            await connecting
        await driver.close()

    async def test_a_reader_that_hangs_up_at_once_is_lost(self) -> None:
        async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            driver = LlrpDriver(settings_of(f"127.0.0.1:{port}"), time.time_ns)
            with pytest.raises(ReaderLostError):
                await asyncio.wait_for(driver.connect(), DEADLINE_S)
            await driver.close()


def refuse(
    monkeypatch: pytest.MonkeyPatch,
    reader: LlrpReader,
    request: int,
    *,
    code: int,
    text: str,
) -> None:
    answering(monkeypatch, reader, request, encode_status(Status(code, text)))


def answering(
    monkeypatch: pytest.MonkeyPatch,
    reader: LlrpReader,
    request: int,
    body: bytes,
) -> None:
    answer = reader._answers.answer

    def instead(message: Frame) -> bytes:
        if message.type == request:
            return frame(request + 10, message.message_id, body)
        return answer(message)

    monkeypatch.setattr(reader._answers, "answer", instead)


class TestSession:
    async def test_our_rospec_is_gone_after_close_and_others_are_not(
        self,
        reader: LlrpReader,
    ) -> None:
        reader._answers.rospecs.load(rospec_of(5))
        async with connected(reader):
            assert [spec.rospec_id for spec in reader.rospecs] == [5, ROSPEC_ID]
        assert [spec.rospec_id for spec in reader.rospecs] == [5]

    async def test_a_left_over_of_ours_is_replaced(self, reader: LlrpReader) -> None:
        reader._answers.rospecs.load(rospec_of(ROSPEC_ID))
        async with connected(reader) as driver:
            assert [spec.rospec_id for spec in reader.rospecs] == [ROSPEC_ID]
            await reader.report(reads_of(1))
            assert len(await take(driver, 1)) == 1

    async def test_close_is_polite_and_quick(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            start = time.monotonic()
            await driver.close()
            assert time.monotonic() - start < 1.0
        assert reader.rospecs == []

    async def test_close_does_not_wait_for_a_silent_reader(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            reader.go_silent()
            start = time.monotonic()
            await driver.close()
            assert 1.0 < time.monotonic() - start < 2.0

    async def test_close_gets_through_a_flood(self, reader: LlrpReader) -> None:
        async with connected(reader, reads_waiting_max=100) as driver:
            flood = asyncio.create_task(report_for_ever(reader))
            await until(lambda: driver._link._paused)
            await driver.close()
            flood.cancel()
        assert reader.rospecs == []

    async def test_close_without_connect_does_nothing(self) -> None:
        await LlrpDriver(settings_of("127.0.0.1:1"), time.time_ns).close()

    async def test_a_cancelled_connect_can_be_closed(self, reader: LlrpReader) -> None:
        driver = LlrpDriver(settings_of(reader.address), time.time_ns)
        connecting = asyncio.create_task(driver.connect())
        await asyncio.sleep(0)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        await asyncio.wait_for(driver.close(), DEADLINE_S)

    async def test_capabilities_that_make_no_sense_lose_the_reader(
        self,
        monkeypatch: pytest.MonkeyPatch,
        reader: LlrpReader,
    ) -> None:
        answering(monkeypatch, reader, Message.GET_READER_CAPABILITIES, b"\x01\x1f")
        driver = LlrpDriver(settings_of(reader.address), time.time_ns)
        with pytest.raises(ReaderLostError, match="answer to GET_READER_CAPABILITIES"):
            await driver.connect()
        await driver.close()

    async def test_sllurp_does_not_fill_the_log(
        self,
        reader: LlrpReader,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with caplog.at_level(logging.DEBUG, "sllurp"), pytest.raises(ReaderError):
            await LlrpDriver(
                settings_of(reader.address, mode_identifier=77),
                time.time_ns,
            ).connect()
        assert [record for record in caplog.records if record.name.startswith("sllurp")] == []


async def report_for_ever(reader: LlrpReader) -> None:
    while True:
        await reader.report(reads_of(1_000))
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("10.0.0.21", ("10.0.0.21", 5084)),
        ("gate.local:5085", ("gate.local", 5085)),
        ("[fe80::1]:1234", ("fe80::1", 1234)),
        ("[::1]", ("::1", 5084)),
    ],
)
def test_an_address_is_a_host_and_a_port(address: str, endpoint: tuple[str, int]) -> None:
    assert settings_of(address).endpoint == endpoint


@pytest.mark.parametrize("address", ["", "a:b", "host:0", "host:70000", "http://x", "::1", "a b"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        settings_of(address)
