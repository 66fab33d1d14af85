import asyncio
import ssl
import struct
from collections.abc import AsyncIterator

import pytest
import trustme

from readers.wire.llrp.framing import frame
from readers.wire.llrp.messages import Code, Connection, Message
from readers.wire.llrp.parameters import tlv
from simulators.llrp_models import MODELS
from simulators.llrp_reader import LlrpReader
from tags.reads import Read
from tests.simulators.llrp_client import (
    DEADLINE_S,
    NOW_NS,
    Client,
    hold,
    reads_of,
    set_config,
    switch,
    until,
)

pytestmark = pytest.mark.timeout(60)
GPO, GPI, EVENT = 219, 225, 245
ENABLE = frame(Message.ENABLE_EVENTS_AND_REPORTS, 1)


@pytest.fixture
async def reader() -> AsyncIterator[LlrpReader]:
    async with LlrpReader(messages_max=3) as simulated:
        yield simulated


@pytest.fixture
async def client(reader: LlrpReader) -> AsyncIterator[Client]:
    connected = await Client.inventorying(reader)
    yield connected
    await connected.close()


async def configure(client: Client, body: bytes) -> int:
    return await client.ask_code(Message.SET_READER_CONFIG, body)


async def left(reader: LlrpReader, client: Client) -> None:
    await client.close()
    await until(lambda: not reader.connected)


async def returned(reader: LlrpReader) -> Client:
    client = await Client.of(reader)
    assert (await client.event()).connection == Connection.ACCEPTED
    return client


class TestInputs:
    async def test_a_change_is_told_once_it_was_asked_for(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await reader.set_input(2, high=True)
        assert await configure(client, set_config(switch(GPI, 2, on=True))) == Code.SUCCESS
        await reader.set_input(2, high=True)
        await reader.set_input(1, high=True)
        await reader.set_input(2, high=False)
        assert (await client.event()).gpis == ((2, False),)

    async def test_events_can_be_switched_off(self, reader: LlrpReader, client: Client) -> None:
        off = [switch(EVENT, kind, on=False) for kind in (1, 8)]
        await configure(client, set_config(switch(GPI, 1, on=True), tlv(244, *off)))
        await reader.set_input(1, high=True)
        await reader.set_antenna(1, connected=False)
        assert (await client.ask(Message.GET_ROSPECS)).type == Message.GET_ROSPECS_RESPONSE

    async def test_a_port_that_is_not_there_is_refused(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        body = set_config(switch(GPI, 5, on=True))
        assert await configure(client, body) == Code.FIELD_ERROR
        with pytest.raises(KeyError):
            await reader.set_input(5, high=True)


class TestOutputs:
    async def test_a_write_switches_and_wakes_who_waits(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        waiting = asyncio.create_task(reader.until_output(3, high=True))
        await configure(client, set_config(switch(GPO, 3, on=True), switch(GPO, 1, on=True)))
        await asyncio.wait_for(waiting, DEADLINE_S)
        assert reader.outputs == {1: True, 2: False, 3: True, 4: False}
        await configure(client, set_config(switch(GPO, 3, on=False)))
        assert [(s.port, s.high) for s in reader.switched] == [(3, True), (1, True), (3, False)]

    async def test_outputs_stay_when_the_client_goes(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await configure(client, set_config(switch(GPO, 2, on=True)))
        await left(reader, client)
        assert reader.outputs[2]

    async def test_nothing_is_switched_by_a_request_that_is_refused(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        body = set_config(switch(GPO, 2, on=True), switch(GPO, 9, on=True))
        assert await configure(client, body) == Code.FIELD_ERROR
        assert not any(reader.outputs.values())


class TestHold:
    async def test_without_it_reads_of_an_absence_are_lost(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await left(reader, client)
        assert await reader.report(reads_of(2)) == 0
        client = await returned(reader)
        assert await reader.report(reads_of(1)) == 1
        assert len(await client.reads(1)) == 1
        assert reader.sent == 1
        await client.close()

    async def test_with_it_they_come_after_enable_events_and_reports(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await configure(client, hold())
        assert await reader.report(reads_of(1)) == 1
        await client.reads(1)
        await left(reader, client)
        await reader.report(reads_of(4)[1:])
        client = await returned(reader)
        await reader.report(reads_of(5)[4:])
        assert (reader.sent, reader.held) == (1, 4)
        await client.ask(Message.GET_ROSPECS)
        client.writer.write(ENABLE)
        assert [read.tag for read in await client.reads(4)] == [r.tag for r in reads_of(5)[1:]]
        assert await reader.report(reads_of(1)) == 1
        assert (reader.sent, reader.held) == (6, 0)
        await client.close()

    async def test_events_are_held_too(self, reader: LlrpReader, client: Client) -> None:
        await configure(client, set_config(switch(GPI, 1, on=True), hold()[1:]))
        await left(reader, client)
        await reader.set_input(1, high=True)
        await reader.set_antenna(2, connected=False)
        client = await returned(reader)
        client.writer.write(ENABLE)
        assert (await client.event()).gpis == ((1, True),)
        assert (await client.event()).antennas == ((2, False),)
        await client.close()

    async def test_too_many_cost_the_oldest_which_are_counted_and_told(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await configure(client, hold())
        await left(reader, client)
        for at in range(5):
            await reader.report(reads_of(10)[2 * at : 2 * at + 2])
        assert (reader.held, reader.held_dropped) == (6, 4)
        client = await returned(reader)
        client.writer.write(ENABLE)
        assert (await client.event()).overflow
        assert [read.tag for read in await client.reads(6)] == [r.tag for r in reads_of(10)[4:]]
        await client.close()

    @pytest.mark.parametrize("body", [hold(wanted=False), set_config(reset=True)])
    async def test_it_ends_as_asked(
        self,
        reader: LlrpReader,
        client: Client,
        body: bytes,
    ) -> None:
        await configure(client, hold())
        await configure(client, body)
        await left(reader, client)
        await reader.report(reads_of(2))
        assert reader.held == 0

    async def test_a_large_backlog_waits_for_a_slow_client(self) -> None:
        many = [
            Read(tag.tag, "", 1, NOW_NS + n, NOW_NS) for n in range(200) for tag in reads_of(100)
        ]
        async with LlrpReader() as reader:
            client = await Client.inventorying(reader)
            await configure(client, hold())
            await left(reader, client)
            await reader.report(many)
            client = await returned(reader)
            client.writer.write(ENABLE)
            await until(lambda: reader.sent > 0)
            assert reader.held + reader.sent == len(many)
            found = await client.reads(len(many))
            assert [read.tag for read in found] == [read.tag for read in many]
            assert reader.held == 0
            await client.close()


class TestTls:
    async def test_the_same_is_said_over_tls_only(self) -> None:
        authority = trustme.CA()
        ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(ours)
        theirs = ssl.create_default_context()
        authority.configure_trust(theirs)
        async with LlrpReader(ssl_context=ours) as reader:
            plain = await Client.of(reader)
            plain.writer.write(frame(Message.GET_ROSPECS, 1))
            await plain.rest()
            assert not reader.connected
            client = await Client.of(reader, theirs)
            assert (await client.event()).connection == Connection.ACCEPTED
            await client.ask(Message.GET_READER_CAPABILITIES)
            await client.close()
            await plain.close()


class TestUptime:
    async def test_a_reader_without_a_calendar_counts_from_its_start(self) -> None:
        ticks = iter(range(NOW_NS, NOW_NS + 10_000_000_000, 1_000_000_000))
        async with LlrpReader(capabilities=MODELS["uptime"], clock=lambda: next(ticks)) as reader:
            client = await Client.of(reader)
            event = await client.event()
            assert (event.utc_us, event.uptime_us) == (None, 1_000_000)
            await client.close()

    async def test_its_reports_do_too(self) -> None:
        async with LlrpReader(capabilities=MODELS["uptime"], clock=lambda: NOW_NS) as reader:
            client = await Client.inventorying(reader)
            await reader.report([Read("e2", "", 1, NOW_NS + 5_000_000_000, NOW_NS)])
            body = (await client.message()).body
            assert b"\x85" + struct.pack("!Q", 5_000_000) in body
            await client.close()
