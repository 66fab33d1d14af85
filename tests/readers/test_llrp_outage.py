"""What a reader kept while nobody was connected arrives afterwards, at its true time."""

import asyncio
import time

import pytest

from readers.driver import Batch
from readers.llrp.driver import LlrpDriver
from readers.wire.llrp.messages import Event, Message, encode_event
from simulators.llrp_models import MODELS
from simulators.llrp_reader import LlrpReader, make_tags
from tags.reads import Read
from tests.readers.llrp_driving import (
    DEADLINE_S,
    NOW_NS,
    batches_until,
    connected,
    reads_of,
    settings_of,
    take,
    the_end,
    until,
)

pytestmark = pytest.mark.timeout(60)
SECOND_NS = 1_000_000_000


class Clock:
    """Both sides' true time, moved by hand."""

    def __init__(self) -> None:
        self.now_ns = NOW_NS

    def __call__(self) -> int:
        return self.now_ns


async def lose(reader: LlrpReader, driver: LlrpDriver) -> None:
    reader.drop()
    await the_end(driver)
    await driver.close()
    await until(lambda: not reader.connected)


def heard_at(*times_ns: int) -> list[Read]:
    tags = make_tags(len(times_ns))
    return [Read(tag, "r1", 1, t, 0, -50.0) for tag, t in zip(tags, times_ns, strict=True)]


async def opened(reader: LlrpReader, clock: Clock, **changes: object) -> LlrpDriver:
    driver = LlrpDriver(settings_of(reader.address, **changes), clock)
    await driver.connect()
    return driver


class TestHeld:
    async def test_reads_of_an_outage_arrive_with_their_own_time(self) -> None:
        clock = Clock()
        async with LlrpReader(clock=clock) as reader:
            driver = await opened(reader, clock)
            await lose(reader, driver)
            assert len(reader.rospecs) == 1
            times_ns = [NOW_NS + n * SECOND_NS for n in range(1, 200)]
            assert await reader.report(heard_at(*times_ns)) == 0
            assert reader.held == 199
            clock.now_ns += 300 * SECOND_NS
            async with connected(reader, clock) as again:
                found = await take(again, 199)
        assert [read.time_ns for read in found] == times_ns
        assert {read.arrival_ns for read in found} == {NOW_NS + 300 * SECOND_NS}

    async def test_the_offset_is_known_before_the_kept_reads_and_not_changed_by_kept_events(
        self,
    ) -> None:
        clock = Clock()
        async with LlrpReader(clock=clock) as reader:
            reader.jump_clock(-7.0)
            driver = await opened(reader, clock)
            await lose(reader, driver)
            await reader.set_antenna(2, connected=False)
            await reader.report(heard_at(NOW_NS))
            clock.now_ns += 300 * SECOND_NS
            async with connected(reader, clock) as again:
                batches = await batches_until(again, lambda batch: bool(batch.reads))
        offsets = [b.clock_offset_ns for b in batches if b.clock_offset_ns is not None]
        assert offsets == [7 * SECOND_NS]
        assert batches[-1].reads[0].time_ns == NOW_NS - 7 * SECOND_NS

    async def test_states_of_antennas_are_those_of_now_not_of_the_outage(self) -> None:
        clock = Clock()
        async with LlrpReader(clock=clock) as reader:
            driver = await opened(reader, clock)
            await lose(reader, driver)
            clock.now_ns += 10 * SECOND_NS
            await reader.set_antenna(2, connected=False)
            reader._answers.connected[2] = True
            clock.now_ns += 10 * SECOND_NS
            await reader.report(heard_at(clock.now_ns))
            async with connected(reader, clock) as again:
                batches = await batches_until(again, lambda batch: bool(batch.reads))
        assert antenna_states(batches)[2] == "connected"

    async def test_inputs_that_changed_during_the_outage_keep_their_time(self) -> None:
        clock = Clock()
        async with LlrpReader(clock=clock) as reader:
            driver = await opened(reader, clock)
            await lose(reader, driver)
            clock.now_ns += 10 * SECOND_NS
            await reader.set_input(1, high=True)
            clock.now_ns += 90 * SECOND_NS
            async with connected(reader, clock) as again:
                batches = await batches_until(
                    again,
                    lambda batch: any(m.time_ns < clock.now_ns for m in batch.measurements),
                )
        (kept,) = [m for b in batches for m in b.measurements if m.time_ns < clock.now_ns]
        assert (kept.quantity, kept.value) == ("gpi/1", 1.0)
        assert kept.time_ns == NOW_NS + 10 * SECOND_NS
        assert kept.arrival_ns == NOW_NS + 100 * SECOND_NS

    async def test_more_than_may_wait_is_taken_while_the_session_is_opened(self) -> None:
        clock = Clock()
        async with LlrpReader(clock=clock) as reader:
            driver = await opened(reader, clock)
            await lose(reader, driver)
            for _ in range(50):
                await reader.report(reads_of(1_000))
            assert reader.held == 50_000
            again = await opened(reader, clock, reads_waiting_max=500)
            assert again._link.inbox.waiting < 20_000
            assert len(await take(again, 50_000, deadline_s=20.0)) == 50_000
            await asyncio.wait_for(reader.inventorying.wait(), DEADLINE_S)
            await reader.report(reads_of(3))
            assert len(await take(again, 3)) == 3
            await again.close()
            assert reader.rospecs == []

    async def test_what_the_reader_itself_lost_is_counted(self) -> None:
        clock = Clock()
        async with LlrpReader(clock=clock, messages_max=2) as reader:
            driver = await opened(reader, clock)
            await lose(reader, driver)
            for _ in range(5):
                await reader.report(heard_at(NOW_NS))
            async with connected(reader, clock) as again:
                batches = await batches_until(again, lambda batch: bool(batch.reads))
        bad = {word: n for batch in batches for word, n in batch.bad.items()}
        assert bad == {"reader_buffer_overflow": 1}

    async def test_nothing_is_held_where_the_entry_says_so(self) -> None:
        clock = Clock()
        async with LlrpReader(clock=clock) as reader:
            driver = await opened(reader, clock, hold_reports=False)
            await lose(reader, driver)
            await reader.report(heard_at(NOW_NS))
            assert reader.held == 0

    async def test_a_fault_while_kept_reads_are_fetched_is_told_after_them(self) -> None:
        clock = Clock()
        async with LlrpReader(clock=clock) as reader:
            driver = await opened(reader, clock)
            await lose(reader, driver)
            await reader.report(reads_of(1_000))
            again = await opened(reader, clock, reads_waiting_max=500, antennas={1: {}})
            reader.drop()
            found = await take(again, 1)
            assert found
            assert "r1: " in str(await the_end(again))
            await again.close()


def antenna_states(batches: list[Batch]) -> dict[int, str]:
    states: dict[int, str] = {}
    for batch in batches:
        states |= batch.antennas
    return states


class TestAntennasInDoubt:
    @pytest.mark.parametrize(
        ("heard_s", "states"),
        [(0.0, {}), (1.9, {}), (2.1, {2: "unknown"})],
    )
    async def test_an_antenna_that_hears_tags_later_on_is_not_disconnected(
        self,
        heard_s: float,
        states: dict[int, str],
    ) -> None:
        clock = Clock()
        async with LlrpReader(clock=clock) as reader, connected(reader, clock) as driver:
            await driver.next_batch()
            await reader.set_antenna(2, connected=False)
            await batches_until(driver, lambda batch: batch.antennas == {2: "disconnected"})
            reader._answers.connected[2] = True
            heard_ns = NOW_NS + round(heard_s * SECOND_NS)
            clock.now_ns += 10 * SECOND_NS
            await reader.report([Read(make_tags(1)[0], "r1", 2, heard_ns, 0, -50.0)])
            batches = await batches_until(driver, lambda batch: bool(batch.reads))
        assert antenna_states(batches) == states


class TestClock:
    async def test_an_event_while_the_inventory_runs_states_the_clock(self) -> None:
        clock = Clock()
        async with LlrpReader(clock=clock) as reader, connected(reader, clock) as driver:
            await driver.next_batch()
            reader.jump_clock(-3600.0)
            await reader.set_antenna(1, connected=True)
            batches = await batches_until(driver, lambda b: b.clock_offset_ns is not None)
        assert batches[-1].clock_offset_ns == 3600 * SECOND_NS

    async def test_uptime_becomes_a_time_by_the_greeting(self) -> None:
        clock = Clock()
        async with LlrpReader(capabilities=MODELS["uptime"], clock=clock) as reader:
            clock.now_ns += 100 * SECOND_NS
            async with connected(reader, clock) as driver:
                heard_ns = clock.now_ns
                clock.now_ns += 5 * SECOND_NS
                await reader.report(heard_at(heard_ns))
                batches = await batches_until(driver, lambda batch: bool(batch.reads))
        (read,) = batches[-1].reads
        assert (read.time_ns, read.arrival_ns) == (heard_ns, clock.now_ns)
        assert {batch.clock_offset_ns for batch in batches} == {None}
        assert batches[-1].bad == {}

    async def test_uptime_without_an_uptime_in_the_greeting_costs_the_time(self) -> None:
        async with LlrpReader() as reader, connected(reader, lambda: NOW_NS) as driver:
            await driver.next_batch()
            tag = bytes.fromhex("8d" + "ab" * 12 + "85" + "00" * 7 + "77")
            body = b"\x00\xf0" + (4 + len(tag)).to_bytes(2, "big") + tag
            await reader.send_message(Message.RO_ACCESS_REPORT, body)
            batches = await batches_until(driver, lambda batch: bool(batch.reads))
        assert batches[-1].reads[0].time_ns == batches[-1].reads[0].arrival_ns - _offset_ns(driver)
        assert batches[-1].bad == {"time": 1}

    async def test_an_event_of_the_far_future_states_no_clock(self) -> None:
        async with LlrpReader() as reader, connected(reader, time.time_ns) as driver:
            await driver.next_batch()
            body = encode_event(Event(utc_us=2**63, gpis=((1, True),)))
            await reader.send_message(Message.READER_EVENT_NOTIFICATION, body)
            batches = await batches_until(driver, lambda batch: bool(batch.bad))
        assert batches[-1].bad == {"time": 1}
        assert batches[-1].clock_offset_ns is None
        (high,) = batches[-1].measurements
        assert high.time_ns == high.arrival_ns


def _offset_ns(driver: LlrpDriver) -> int:
    return driver._link.inbox._offset_ns or 0
