"""Faults of networks and readers: told, bounded, over when they are over."""

import asyncio
import logging
import resource
import struct
import time
from collections.abc import AsyncIterator

import pytest

from readers.driver import ReaderLostError
from readers.llrp.driver import LlrpDriver
from readers.llrp.link import RECEIVED_BYTES_MAX, UNSENT_BYTES_MAX, LlrpLink
from readers.llrp.requests import ROSPEC_ID
from readers.llrp.session import TOLD_MAX
from readers.wire.llrp.framing import FRAME_BYTES_MAX, HEADER, frame
from readers.wire.llrp.messages import (
    STATES_MAX,
    Event,
    Message,
    RoSpecNews,
    RoSpecTurn,
    encode_event,
)
from readers.wire.llrp.parameters import tlv
from simulators.llrp_reader import LlrpReader
from tests.readers.llrp_driving import (
    batches_until,
    connected,
    good_reads,
    reads_of,
    settings_of,
    take,
    the_end,
    until,
)

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def reader() -> AsyncIterator[LlrpReader]:
    async with LlrpReader() as simulated:
        yield simulated


class TestStalled:
    async def test_a_message_that_never_ends_is_cut(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            hurry(driver, 0.4)
            await reader.report(reads_of(2))
            await reader.send_length(1_000)
            begun_s = time.monotonic()
            assert len(await take(driver, 2)) == 2
            error = await the_end(driver)
            assert time.monotonic() - begun_s <= 0.4 + 0.2
            assert "a message was not complete within 0.4 s (10 bytes" in str(error)
        assert await good_reads(reader) < 1.0

    async def test_a_drip_of_bytes_is_cut(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            hurry(driver, 0.4)
            dripping = asyncio.create_task(reader.drip(reads_of(1), 0.05))
            error = await the_end(driver)
            assert isinstance(error, ReaderLostError)
            assert "was not complete" in str(error)
            dripping.cancel()
        reader.speak_again()
        assert await good_reads(reader) < 1.0

    async def test_whole_messages_with_half_ones_between_them_are_no_stall(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader) as driver:
            hurry(driver, 0.2)
            message = frame(Message.KEEPALIVE, 1)
            for _ in range(30):
                await reader._port.put(message[5:] + message[:5] if _ else message[:5])
                await asyncio.sleep(0.02)
            await reader._port.put(message[5:])
            await until(lambda: reader.keepalives_answered >= 30)
            assert driver._link.error is None

    async def test_a_message_that_waits_for_the_gateway_is_no_stall(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader, reads_waiting_max=100) as driver:
            hurry(driver, 0.1)
            reporting = asyncio.create_task(report_often(reader, 50))
            await until(lambda: driver._link._paused)
            await asyncio.sleep(0.3)
            assert driver._link.error is None
            assert len(await take(driver, 50_000, deadline_s=20.0)) == 50_000
            await reporting

    async def test_the_patience_is_less_than_ten_seconds(self) -> None:
        driver = LlrpDriver(settings_of("h"), time.time_ns)
        assert 5.0 < driver._link.stalled_s < 10.0


async def report_often(reader: LlrpReader, times: int) -> None:
    for _ in range(times):
        await reader.report(reads_of(1_000))


def hurry(driver: LlrpDriver, stalled_s: float) -> None:
    link = driver._link
    assert link._looking is not None
    link._looking.cancel()
    link.stalled_s = stalled_s
    link._look_again(link._framer.completed, 0)


class TestLost:
    @pytest.mark.parametrize("fault", ["drop", "reset", "say_goodbye", "go_half_open"])
    async def test_good_reads_go_on_within_a_second(self, reader: LlrpReader, fault: str) -> None:
        async with connected(reader, keepalive_s=0.1) as driver:
            await driver.next_batch()
            getattr(reader, fault)()
            if fault == "go_half_open":
                await forget_keepalives(driver)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(driver.next_batch(), driver.silent_after_s)
            else:
                assert isinstance(await the_end(driver), ReaderLostError)
        assert await good_reads(reader) < 1.0

    async def test_a_reader_that_believes_in_a_lost_client_refuses_us_and_says_so(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader) as driver:
            reader.go_half_open(occupied=True)
            again = LlrpDriver(settings_of(reader.address), time.time_ns)
            with pytest.raises(ReaderLostError, match="another client is connected"):
                await again.connect()
            await again.close()
            reader.drop()
            del driver

    async def test_a_reader_that_takes_nothing_in_is_given_up(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            reader.go_half_open()
            link = driver._link
            for number in range(1_000_000):
                if link.error is not None:
                    break
                link.send(frame(Message.KEEPALIVE_ACK, number, bytes(1_000)))
            assert "takes nothing in any more" in str(link.error)
            assert link._transport is not None
            assert link._transport.get_write_buffer_size() <= UNSENT_BYTES_MAX + 2_000


async def forget_keepalives(driver: LlrpDriver) -> None:
    """Let what is on its way come in, and fetch it."""
    await asyncio.sleep(0.05)
    driver._link.take()


class TestStopped:
    async def test_an_inventory_that_somebody_stopped_is_lost_not_online(
        self,
        monkeypatch: pytest.MonkeyPatch,
        reader: LlrpReader,
    ) -> None:
        monkeypatch.setattr("readers.llrp.session.RESTART_S", 0.05)
        async with connected(reader, keepalive_s=0.1) as driver:
            await tell(reader, Event(rospec=RoSpecNews(RoSpecTurn.PREEMPTED, ROSPEC_ID, 9)))
            error = await the_end(driver)
        assert isinstance(error, ReaderLostError)
        assert "stopped our inventory for ROSpec 9 of another program" in str(error)
        assert await good_reads(reader) < 1.0

    async def test_an_inventory_that_begins_again_is_not_lost(
        self,
        monkeypatch: pytest.MonkeyPatch,
        reader: LlrpReader,
    ) -> None:
        monkeypatch.setattr("readers.llrp.session.RESTART_S", 0.05)
        async with connected(reader) as driver:
            for turn in (RoSpecTurn.ENDED, RoSpecTurn.STARTED) * 3:
                await tell(reader, Event(rospec=RoSpecNews(turn, ROSPEC_ID)))
            await tell(reader, Event(rospec=RoSpecNews(RoSpecTurn.ENDED, 9)))
            # Long before this connection: the reader kept it.
            await tell(reader, Event(utc_us=77, rospec=RoSpecNews(RoSpecTurn.ENDED, ROSPEC_ID)))
            await asyncio.sleep(0.1)
            await reader.report(reads_of(1))
            assert len(await take(driver, 1)) == 1

    async def test_what_the_reader_says_is_counted_and_logged_in_one_line(
        self,
        reader: LlrpReader,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with caplog.at_level(logging.WARNING, "tagwarden.readers"):
            async with connected(reader) as driver:
                await driver.next_batch()
                await tell(reader, Event(exception="too\nhot\x1b[31m", buffer_percent=90))
                batches = await batches_until(driver, lambda batch: bool(batch.bad))
                for _ in range(100):
                    await tell(reader, Event(exception="again"))
                await reader.report(reads_of(1))
                await take(driver, 1)
        assert batches[-1].bad == {"reader_exception": 1}
        assert caplog.messages[:2] == [
            "r1: says: too hot [31m",
            "r1: its buffer is full to 90 %",
        ]
        assert len(caplog.messages) == TOLD_MAX


async def tell(reader: LlrpReader, event: Event) -> None:
    await reader.send_message(Message.READER_EVENT_NOTIFICATION, encode_event(event))


class TestOddMessages:
    async def test_unknown_parameters_cost_nothing(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            await reader.send_unknown_parameters(reads_of(5))
            batches = await batches_until(driver, lambda batch: bool(batch.reads))
            assert sum(len(batch.reads) for batch in batches) == 5
            assert all(batch.bad == {} for batch in batches)

    @pytest.mark.parametrize("message", [Message.RO_ACCESS_REPORT, 63, 11, 12, 36, 100])
    async def test_deep_nesting_costs_only_itself(self, reader: LlrpReader, message: int) -> None:
        body = b""
        while len(body) < 16_384:
            body = tlv({63: 246}.get(message, 240), body)
        async with connected(reader) as driver:
            for _ in range(20):
                await reader.send_message(message, body)
            await reader.report(reads_of(3))
            found = await take(driver, 3)
            assert [read.tag for read in found] == [read.tag for read in reads_of(3)]

    async def test_a_message_of_the_largest_size_is_taken(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            body = tlv(700, bytes(65_000)) * 16
            assert HEADER.size + len(body) < FRAME_BYTES_MAX
            await reader.send_message(Message.RO_ACCESS_REPORT, body)
            await reader.report(reads_of(1))
            assert len(await take(driver, 1)) == 1

    async def test_a_megabyte_of_events_is_taken_in_little_time_and_memory(
        self,
        reader: LlrpReader,
    ) -> None:
        states = b"".join(tlv(255, struct.pack("!BH", 1, n % 65_536)) for n in range(9_000))
        async with connected(reader) as driver:
            await driver.next_batch()
            begun_s = time.process_time()
            await reader.send_message(Message.READER_EVENT_NOTIFICATION, tlv(246, states))
            await reader.report(reads_of(1))
            await take(driver, 1)
            assert time.process_time() - begun_s < 2.0
        assert len(driver._antennas) <= 1_024

    async def test_a_reader_that_floods_is_left_unread(self, reader: LlrpReader) -> None:
        async with connected(reader, reads_waiting_max=1_000) as driver:
            before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            reporting = asyncio.create_task(report_often(reader, 100))
            await until(lambda: driver._link._paused)
            assert driver._link.inbox.waiting < 20_000
            assert len(await take(driver, 100_000, deadline_s=20.0)) == 100_000
            await reporting
            grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
            assert grown_kib < 128 * 1024

    @pytest.mark.parametrize("message", [Message.KEEPALIVE, 999, Message.READER_EVENT_NOTIFICATION])
    async def test_a_storm_of_messages_leaves_the_others_their_turn(
        self,
        monkeypatch: pytest.MonkeyPatch,
        reader: LlrpReader,
        message: int,
    ) -> None:
        taken: list[int] = []
        decode = LlrpLink.buffer_updated

        def watched(link: LlrpLink, nbytes: int) -> None:
            taken.append(nbytes)
            decode(link, nbytes)

        monkeypatch.setattr(LlrpLink, "buffer_updated", watched)
        async with connected(reader) as driver:
            await reader._port.put(frame(message, 1) * 50_000)
            await reader.report(reads_of(1))
            await take(driver, 1)
        assert sum(taken) > 500_000
        assert max(taken) <= RECEIVED_BYTES_MAX

    async def test_every_keepalive_of_a_storm_is_answered(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            await reader._port.put(frame(Message.KEEPALIVE, 1) * 10_000)
            await until(lambda: reader.keepalives_answered >= 10_000)
            assert driver._link.error is None

    async def test_antennas_that_can_not_be_are_counted_and_not_remembered(
        self,
        reader: LlrpReader,
    ) -> None:
        async with connected(reader) as driver:
            for first in range(0, 4_000, 500):
                antennas = tuple((n, False) for n in range(first, first + 500))
                event = encode_event(Event(antennas=antennas))
                await reader.send_message(Message.READER_EVENT_NOTIFICATION, event)
            await reader.report(reads_of(1))
            batches = await batches_until(driver, lambda batch: bool(batch.reads))
            assert 0 not in driver._antennas
            assert len(driver._antennas) == STATES_MAX
            counted = sum(batch.bad.get("antenna_state", 0) for batch in batches)
            assert counted == 4_000 - STATES_MAX

    async def test_reads_sent_twice_arrive_twice(self, reader: LlrpReader) -> None:
        async with connected(reader) as driver:
            await reader.repeat(reads_of(3))
            found = await take(driver, 6)
        assert [read.tag for read in found[:3]] == [read.tag for read in found[3:]]
