import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from readers.wire.llrp.framing import HEADER, Frame, FrameError
from readers.wire.llrp.messages import Connection, Message
from readers.wire.llrp.reports import ReportDecoder
from simulators import llrp_faults
from simulators.llrp_reader import BAD_REPORT, FAULTS, LlrpReader, fail
from tests.simulators.llrp_client import DEADLINE_S, NOW_NS, Client, hold, reads_of, until

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def reader() -> AsyncIterator[LlrpReader]:
    async with LlrpReader() as simulated:
        yield simulated


@pytest.fixture
async def client(reader: LlrpReader) -> AsyncIterator[Client]:
    connected = await Client.inventorying(reader)
    yield connected
    await connected.close()


async def again(reader: LlrpReader) -> Client:
    """Connect as the next client; it must be let in."""
    await until(lambda: not reader.connected)
    connected = await Client.of(reader)
    assert (await connected.event()).connection == Connection.ACCEPTED
    return connected


class TestEnds:
    async def test_drop_ends_the_connection_and_lets_the_next_in(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        reader.drop()
        assert await client.next() is None
        await (await again(reader)).close()

    async def test_reset_is_a_tcp_reset(self, reader: LlrpReader, client: Client) -> None:
        reader.reset()
        with pytest.raises(ConnectionResetError):
            await client.next()
        await (await again(reader)).close()

    async def test_cut_leaves_half_a_message(self, reader: LlrpReader, client: Client) -> None:
        await reader.cut_in_message()
        rest = await client.rest()
        assert HEADER.unpack_from(rest)[1] > len(rest) > HEADER.size
        await (await again(reader)).close()

    async def test_goodbye_is_said_before_the_end(self, reader: LlrpReader, client: Client) -> None:
        reader.say_goodbye()
        assert (await client.event()).closing
        assert await client.next() is None

    async def test_an_outage_refuses_connections_and_then_takes_them_on_the_same_port(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        port = reader.port
        outage = asyncio.create_task(reader.outage(0.05))
        assert await client.next() is None
        with pytest.raises(ConnectionRefusedError):
            await Client.of(reader)
        assert await reader.report(reads_of(4)) == 0
        await outage
        assert reader.port == port
        returned = await again(reader)
        assert reader.held == 0
        await returned.close()

    async def test_a_replay_brings_the_reads_of_the_outage_with_their_times(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        outage = asyncio.create_task(reader.outage_with_replay(0.05))
        assert await client.next() is None
        missed = reads_of(8)
        assert await reader.report(missed) == 0
        assert (reader.held, reader.sent) == (8, 0)
        await outage
        returned = await again(reader)
        returned.writer.write(HEADER.pack(1 << 10 | Message.ENABLE_EVENTS_AND_REPORTS, 10, 1))
        found = await returned.reads(8)
        assert [(read.tag, read.time_ns) for read in found] == [(r.tag, NOW_NS) for r in missed]
        assert (reader.held, reader.sent) == (0, 8)
        await returned.close()


class TestSilence:
    async def test_nothing_is_said_until_it_speaks_again(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        reader.go_silent()
        assert await reader.report(reads_of(4)) == 0
        client.writer.write(HEADER.pack(1 << 10 | Message.GET_ROSPECS, 10, 5))
        await reader.set_antenna(1, connected=False)
        await reader.set_antenna(1, connected=True)
        reader.speak_again()
        assert await reader.report(reads_of(2)) == 2
        assert len(await client.reads(2)) == 2

    async def test_a_half_open_reader_is_deaf_and_takes_the_next_client(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        reader.go_half_open()
        assert not reader.connected
        following = await again(reader)
        client.writer.write(HEADER.pack(1 << 10 | Message.GET_ROSPECS, 10, 5))
        await following.ask(Message.GET_ROSPECS)
        assert await reader.report(reads_of(1)) == 1
        assert len(await following.reads(1)) == 1
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.next(), 0.02)
        await following.close()

    async def test_an_occupied_reader_believes_in_its_vanished_client_until_it_is_dropped(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        reader.go_half_open(occupied=True)
        await client.close()
        refused = await Client.of(reader)
        assert (await refused.event()).connection == Connection.CLIENT_INITIATED_EXISTS
        await refused.close()
        reader.drop()
        await (await again(reader)).close()


class TestNonsense:
    async def test_garbage_is_no_llrp(self, reader: LlrpReader, client: Client) -> None:
        await reader.send_garbage(64)
        with pytest.raises(FrameError):
            await client.next()

    @pytest.mark.parametrize("length", [0, 5, 1 << 31])
    async def test_a_length_is_sent_as_asked(
        self,
        reader: LlrpReader,
        client: Client,
        length: int,
    ) -> None:
        await reader.send_length(length)
        with pytest.raises(FrameError, match=str(length)):
            await client.next()

    async def test_an_unknown_message_stands_among_good_ones(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await reader.send_message(999, b"?")
        await reader.report(reads_of(1))
        assert await client.message() == Frame(999, 1, b"?")
        assert len(await client.reads(1)) == 1

    async def test_unknown_parameters_stand_around_good_reads(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        sent = reads_of(4)
        await reader.send_unknown_parameters(sent)
        body = (await client.message()).body
        assert body.count(b"odder") == 2 * len(sent) + 1
        found = ReportDecoder("r").decode(body, NOW_NS, {})
        assert [read.tag for read in found] == [read.tag for read in sent]
        assert reader.sent == len(sent)

    async def test_a_bad_report_is_counted_and_left_out(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await reader.send_message(Message.RO_ACCESS_REPORT, BAD_REPORT)
        bad: dict[str, int] = {}
        assert ReportDecoder("r").decode((await client.message()).body, NOW_NS, bad) == []
        assert bad

    async def test_a_repeated_report_is_the_same_to_the_microsecond(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await reader.repeat(reads_of(3))
        first, second = (await client.message()).body, (await client.message()).body
        assert first == second
        assert reader.sent == 6

    async def test_a_drip_is_a_whole_report_byte_by_byte(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        began_s = time.monotonic()
        await asyncio.wait_for(reader.drip(reads_of(1), 0.001), DEADLINE_S)
        assert len(await client.reads(1)) == 1
        assert time.monotonic() - began_s > 0.02


class TestClock:
    @pytest.mark.parametrize("seconds", [3600.0, -86_400.5])
    async def test_a_jump_shows_in_reports_and_events(
        self,
        reader: LlrpReader,
        client: Client,
        seconds: float,
    ) -> None:
        reader.jump_clock(seconds)
        await reader.report(reads_of(1))
        (read,) = await client.reads(1)
        assert read.time_ns == NOW_NS + round(seconds * 1e9)
        await reader.set_antenna(1, connected=False)
        event = await client.event()
        assert event.utc_us is not None
        assert abs(event.utc_us / 1e6 - seconds - time.time()) < DEADLINE_S

    async def test_reads_that_are_held_keep_the_time_that_they_had(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await client.ask(Message.SET_READER_CONFIG, hold())
        await client.close()
        await until(lambda: not reader.connected)
        await reader.report(reads_of(1))
        reader.jump_clock(60)
        await reader.report(reads_of(1))
        returned = await again(reader)
        returned.writer.write(HEADER.pack(1 << 10 | Message.ENABLE_EVENTS_AND_REPORTS, 10, 1))
        times_ns = [read.time_ns for read in await returned.reads(2)]
        assert times_ns == [NOW_NS, NOW_NS + 60_000_000_000]
        await returned.close()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("connected", [False, True])
async def test_after_each_fault_of_the_command_line_a_client_gets_reads_again(
    reader: LlrpReader,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    *,
    connected: bool,
) -> None:
    for name in ("_OUTAGE_S", "_DRIP_PAUSE_S"):
        monkeypatch.setattr(llrp_faults, name, 0.001)
    first = await Client.inventorying(reader) if connected else None
    await asyncio.wait_for(fail(reader, fault, reads_of(1)), DEADLINE_S)
    if first is not None:
        await first.close()
    await until(lambda: not reader.connected)
    client = await Client.of(reader)
    await client.message()
    if not connected:
        await client.close()
        await until(lambda: not reader.connected)
        client = await Client.inventorying(reader)
    client.writer.write(HEADER.pack(1 << 10 | Message.ENABLE_EVENTS_AND_REPORTS, 10, 1))
    await client.ask(Message.GET_ROSPECS)
    assert await reader.report(reads_of(5)) == 5
    assert len(await client.reads(5)) == 5
    await client.close()
