import asyncio
from collections.abc import AsyncIterator

import pytest

from readers.driver import ReaderLostError
from readers.settings import AntennaSettings
from readers.wire.llrp.messages import (
    Event,
    Message,
    encode_event,
)
from simulators.llrp_reader import BAD_REPORT, LlrpReader, make_tags
from tags.reads import Read
from tests.readers.llrp_driving import (
    DEADLINE_S,
    NOW_NS,
    connected,
    reads_of,
    take,
    the_end,
    until,
)

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def reader() -> AsyncIterator[LlrpReader]:
    async with LlrpReader() as simulated:
        yield simulated


class TestReading:
    async def test_what_the_reader_reports_arrives(self, reader: LlrpReader) -> None:
        sent = reads_of(250)
        async with connected(reader, clock=lambda: NOW_NS) as driver:
            assert await reader.report(sent) == 250
            found = await take(driver, 250)
        for was, read in zip(sent, found, strict=True):
            assert (read.tag, read.antenna, read.time_ns) == (was.tag, was.antenna, was.time_ns)
            assert (read.rssi_dbm, read.count, read.channel) == (was.rssi_dbm, 2, 7)
            assert (read.reader, read.arrival_ns) == ("r1", NOW_NS)

    async def test_impinj_extensions_give_phase_and_doppler(self, reader: LlrpReader) -> None:
        tag = make_tags(1)[0]
        async with connected(reader, impinj=True) as driver:
            await reader.report([Read(tag, "", 1, NOW_NS, 0, -61.25, 1, 3.0, -2.5, 9)])
            (read,) = await take(driver, 1)
        assert read.rssi_dbm == -61.25
        assert read.phase_rad == pytest.approx(3.0, abs=0.001)
        assert read.doppler_hz == -2.5

    async def test_only_the_antennas_of_the_entry_take_part(self, reader: LlrpReader) -> None:
        antennas = {2: AntennaSettings(), 3: AntennaSettings()}
        async with connected(reader, antennas=antennas) as driver:
            assert await reader.report(reads_of(40)) == 20
            assert {read.antenna for read in await take(driver, 20)} == {2, 3}

    async def test_a_keepalive_is_answered_and_gives_an_empty_batch(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader, keepalive_s=0.1) as driver:
            assert driver.silent_after_s == 0.2
            for _ in range(4):
                batch = await asyncio.wait_for(driver.next_batch(), DEADLINE_S)
                assert batch.reads == []
            await until(lambda: reader.keepalives_answered >= 3)

    async def test_the_clock_offset_is_arrival_minus_the_readers_clock(self) -> None:
        async with (
            LlrpReader(clock=lambda: NOW_NS - 7_000_000_000) as reader,
            connected(reader, clock=lambda: NOW_NS) as driver,
        ):
            batch = await driver.next_batch()
        assert batch.clock_offset_ns == 7_000_000_000

    async def test_an_unplugged_antenna_is_told(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            await driver.next_batch()
            await reader.set_antenna(2, connected=False)
            batch = await asyncio.wait_for(driver.next_batch(), DEADLINE_S)
            assert batch.antennas == {2: "disconnected"}
            await reader.set_antenna(2, connected=True)
            batch = await asyncio.wait_for(driver.next_batch(), DEADLINE_S)
            assert batch.antennas == {2: "connected"}

    async def test_nobody_taking_reads_stops_the_reader_instead_of_filling_memory(
        self,
        reader: LlrpReader,
    ) -> None:
        sent = reads_of(1_000)
        async with connected(reader, reads_waiting_max=500) as driver:

            async def report() -> None:
                for _ in range(300):
                    await reader.report(sent)

            reporting = asyncio.create_task(report())
            done, _ = await asyncio.wait([reporting], timeout=1.0)
            assert not done
            assert driver._link.inbox.waiting < 20_000
            found = await take(driver, 300_000, deadline_s=25.0)
            await reporting
        assert len(found) == reader.sent == 300_000


class TestFaults:
    async def test_unknown_and_malformed_messages_cost_only_themselves(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader) as driver:
            await driver.next_batch()
            await reader.send_message(999)
            await reader.send_message(Message.RO_ACCESS_REPORT, BAD_REPORT)
            await reader.send_message(Message.READER_EVENT_NOTIFICATION, b"\x00\xf6\xff")
            await reader.send_message(Message.GET_ROSPECS_RESPONSE, b"late")
            await reader.report(reads_of(3))
            bad, found = dict[str, int](), list[Read]()
            while len(found) < 3:
                batch = await asyncio.wait_for(driver.next_batch(), DEADLINE_S)
                bad |= batch.bad
                found += batch.reads
        assert bad == {"unknown_message": 1, "report_parameter_length": 1, "event": 1}

    @pytest.mark.parametrize("length", [0, 1, 5, 2**31])
    async def test_a_wrong_length_loses_the_reader_after_what_was_good(
        self,
        reader: LlrpReader,
        length: int,
    ) -> None:
        async with connected(reader) as driver:
            await reader.report(reads_of(5))
            await reader.send_length(length)
            assert len(await take(driver, 5)) == 5
            error = await the_end(driver)
        assert isinstance(error, ReaderLostError)
        assert f"r1: lost sync: length {length} " in str(error)

    async def test_garbage_loses_the_reader(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            await reader.send_garbage()
            assert "lost sync" in str(await the_end(driver))

    async def test_a_cut_in_mid_message_loses_the_reader(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            await reader.cut_in_message()
            assert "closed the connection" in str(await the_end(driver))

    async def test_a_new_driver_starts_clean_after_a_cut(self, reader: LlrpReader) -> None:
        for _ in range(3):
            async with connected(reader) as driver:
                await reader.report(reads_of(10))
                assert len(await take(driver, 10)) == 10
                await reader.cut_in_message()
                await the_end(driver)

    async def test_a_dropped_connection_loses_the_reader(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            reader.drop()
            assert isinstance(await the_end(driver), ReaderLostError)
            with pytest.raises(ReaderLostError):
                await driver.next_batch()

    async def test_a_silent_reader_gives_nothing(self, reader: LlrpReader) -> None:
        async with connected(reader, keepalive_s=0.1) as driver:
            await driver.next_batch()
            reader.go_silent()
            driver._link.take()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(driver.next_batch(), 1.0)

    async def test_a_report_that_drips_is_no_sign_of_life_until_it_is_whole(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader, keepalive_s=0.1) as driver:
            await driver.next_batch()
            dripping = asyncio.create_task(reader.drip(reads_of(1), 0.002))
            found = await take(driver, 1)
            await dripping
        assert found[0].tag == make_tags(1)[0]

    async def test_a_reader_that_ends_the_session_is_lost(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            body = encode_event(Event(closing=True))
            await reader.send_message(Message.READER_EVENT_NOTIFICATION, body)
            assert "ends the session" in str(await the_end(driver))

    async def test_an_overflow_of_the_readers_buffer_is_counted(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            await driver.next_batch()
            body = encode_event(Event(overflow=True))
            await reader.send_message(Message.READER_EVENT_NOTIFICATION, body)
            batch = await asyncio.wait_for(driver.next_batch(), DEADLINE_S)
        assert batch.bad == {"reader_buffer_overflow": 1}
