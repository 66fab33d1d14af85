import struct
from collections.abc import AsyncIterator
from functools import partial

import pytest

from readers.wire.llrp.framing import frame
from readers.wire.llrp.messages import (
    IMPINJ_ENABLE_EXTENSIONS,
    IMPINJ_ENABLE_EXTENSIONS_RESPONSE,
    Code,
    Connection,
    Message,
    decode_event,
    decode_status,
    encode_impinj_message,
    is_impinj_message,
)
from readers.wire.llrp.reports import ReportDecoder
from readers.wire.llrp.rospec import Content
from simulators.llrp_reader import LlrpReader
from tags.reads import Read
from tests.simulators.llrp_client import (
    NOW_NS,
    Client,
    answered,
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


@pytest.fixture
async def client(reader: LlrpReader) -> AsyncIterator[Client]:
    connected = await Client.of(reader)
    event = decode_event((await connected.message()).body)
    assert event.connection == Connection.ACCEPTED
    assert event.utc_us is not None
    yield connected
    connected.writer.close()


class TestAnswers:
    async def test_an_immediate_rospec_runs_once_enabled(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        assert await client.ask_code(Message.ADD_ROSPEC, rospec(4)) == Code.SUCCESS
        assert await reader.report(reads_of(4)) == 0
        assert await client.ask_code(Message.ENABLE_ROSPEC, identifier(4)) == Code.SUCCESS
        assert reader.inventorying.is_set()
        assert await client.ask_code(Message.DISABLE_ROSPEC, identifier(4)) == Code.SUCCESS
        assert not reader.inventorying.is_set()

    async def test_a_null_trigger_waits_for_start_and_ends_with_stop(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await client.ask(Message.ADD_ROSPEC, rospec(4, start="Null"))
        assert await client.ask_code(Message.START_ROSPEC, identifier(4)) == Code.INVALID
        await client.ask(Message.ENABLE_ROSPEC, identifier(4))
        assert not reader.inventorying.is_set()
        assert await client.ask_code(Message.START_ROSPEC, identifier(4)) == Code.SUCCESS
        assert reader.inventorying.is_set()
        assert await client.ask_code(Message.STOP_ROSPEC, identifier(4)) == Code.SUCCESS
        assert not reader.inventorying.is_set()

    async def test_delete_zero_deletes_all(self, reader: LlrpReader, client: Client) -> None:
        for number in (1, 2):
            await client.ask(Message.ADD_ROSPEC, rospec(number))
        assert await client.ask_code(Message.DELETE_ACCESSSPEC, identifier(0)) == Code.SUCCESS
        assert await client.ask_code(Message.DELETE_ROSPEC, identifier(0)) == Code.SUCCESS
        assert reader.rospecs == []

    @pytest.mark.parametrize(
        "request_type",
        [Message.DELETE_ROSPEC, Message.ENABLE_ROSPEC, Message.START_ROSPEC, Message.STOP_ROSPEC],
    )
    async def test_a_rospec_that_is_not_there_is_refused(
        self,
        client: Client,
        request_type: int,
    ) -> None:
        assert await client.ask_code(request_type, identifier(8)) == Code.FIELD_ERROR

    async def test_the_same_rospec_twice_is_refused(self, client: Client) -> None:
        assert await client.ask_code(Message.ADD_ROSPEC, rospec(1)) == Code.SUCCESS
        assert await client.ask_code(Message.ADD_ROSPEC, rospec(1)) == Code.FIELD_ERROR

    async def test_an_antenna_beyond_the_reader_is_refused(self, client: Client) -> None:
        spec = rospec(1, antennas=(5,))
        assert await client.ask_code(Message.ADD_ROSPEC, spec) == Code.PARAMETER_ERROR

    @pytest.mark.parametrize(
        ("request_type", "body"),
        [
            (Message.ADD_ROSPEC, b""),
            (Message.ADD_ROSPEC, b"\x00\xb1\x00"),
            (Message.ADD_ROSPEC, b"\x00\xb1\x00\x04"),
            (Message.DELETE_ROSPEC, b"\x00"),
            (Message.ADD_ACCESSSPEC, b"\x00\xcf\x00\x04"),
            (Message.SET_READER_CONFIG, b"\x00\x00\xdc\x00\x01"),
        ],
    )
    async def test_a_malformed_request_is_refused(
        self,
        client: Client,
        request_type: int,
        body: bytes,
    ) -> None:
        assert await client.ask_code(request_type, body) == Code.PARAMETER_ERROR

    async def test_get_rospecs_gives_back_what_was_added(self, client: Client) -> None:
        spec = rospec(3)
        await client.ask(Message.ADD_ROSPEC, spec)
        answer = await client.ask(Message.GET_ROSPECS)
        assert answer.type == Message.GET_ROSPECS_RESPONSE
        assert answer.body.endswith(spec)
        await client.ask(Message.ENABLE_ROSPEC, identifier(3))
        running = (await client.ask(Message.GET_ROSPECS)).body[-len(spec) :]
        assert running[9] == 2
        assert running[:9] + running[10:] == spec[:9] + spec[10:]

    async def test_accessspecs_are_kept_and_deleted(self, client: Client) -> None:
        spec = struct.pack("!HHIHBBI", 207, 20, 6, 1, 1, 0, 0) + bytes(4)
        assert await client.ask_code(Message.ADD_ACCESSSPEC, spec) == Code.SUCCESS
        assert await client.ask_code(Message.ADD_ACCESSSPEC, spec) == Code.FIELD_ERROR
        assert (await client.ask(Message.GET_ACCESSSPECS)).body.endswith(spec)
        assert await client.ask_code(Message.ENABLE_ACCESSSPEC, identifier(6)) == Code.SUCCESS
        assert await client.ask_code(Message.DISABLE_ACCESSSPEC, identifier(7)) == Code.FIELD_ERROR
        assert await client.ask_code(Message.DELETE_ACCESSSPEC, identifier(6)) == Code.SUCCESS
        assert await client.ask_code(Message.DELETE_ACCESSSPEC, identifier(6)) == Code.FIELD_ERROR

    async def test_impinj_extensions_are_granted(self, client: Client) -> None:
        body = encode_impinj_message(IMPINJ_ENABLE_EXTENSIONS, bytes(4))
        answer = await client.ask(Message.CUSTOM, body)
        assert is_impinj_message(answer.body, IMPINJ_ENABLE_EXTENSIONS_RESPONSE)

    @pytest.mark.parametrize("request_type", [46, 999, Message.CUSTOM])
    async def test_an_unknown_request_is_answered_with_an_error(
        self,
        client: Client,
        request_type: int,
    ) -> None:
        answer = await client.ask(request_type, b"?")
        status = decode_status(answer.body)
        assert answer.type == Message.ERROR_MESSAGE
        assert status is not None
        assert status.code == Code.UNSUPPORTED_MESSAGE

    async def test_enable_events_and_reports_has_no_answer(self, client: Client) -> None:
        client.writer.write(frame(Message.ENABLE_EVENTS_AND_REPORTS, 5))
        answer = await client.ask(Message.GET_ROSPECS, message_id=6)
        assert answer.message_id == 6

    async def test_close_connection_is_answered_and_done(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        answer = await client.ask(Message.CLOSE_CONNECTION)
        assert answer.type == Message.CLOSE_CONNECTION_RESPONSE
        assert await client.next() is None
        again = await Client.of(reader)
        assert decode_event((await again.message()).body).connection == Connection.ACCEPTED
        again.writer.close()

    async def test_a_second_client_is_refused_and_the_first_is_told(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        second = await Client.of(reader)
        event = decode_event((await second.message()).body)
        assert event.connection == Connection.CLIENT_INITIATED_EXISTS
        assert await second.next() is None
        second.writer.close()
        event = decode_event((await client.message()).body)
        assert event.connection == Connection.ANOTHER_ATTEMPTED

    async def test_keepalives_come_as_asked_and_end_as_asked(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        ask = b"\x00" + struct.pack("!HHBI", 220, 9, 1, 20)
        await client.ask(Message.SET_READER_CONFIG, ask)
        for number in range(1, 4):
            beat = await client.message()
            assert beat.type == Message.KEEPALIVE
            client.writer.write(frame(Message.KEEPALIVE_ACK, beat.message_id))
            await until(partial(answered, reader, number))
        stop = b"\x00" + struct.pack("!HHBI", 220, 9, 0, 0)
        client.writer.write(frame(Message.SET_READER_CONFIG, 50, stop))
        while (await client.message()).message_id != 50:
            pass
        assert (await client.ask(Message.GET_ROSPECS)).type == Message.GET_ROSPECS_RESPONSE

    async def test_garbage_from_a_client_ends_its_connection(self, client: Client) -> None:
        client.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await client.next() is None


class TestReports:
    async def test_reports_carry_what_the_rospec_selects(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        spec = rospec(
            7,
            antennas=(1, 2),
            report_every_n_tags=10,
            tag_content_selector={"EnableChannelIndex": True},
        )
        await client.ask(Message.ADD_ROSPEC, spec)
        await client.ask(Message.ENABLE_ROSPEC, identifier(7))
        assert reader.rospecs[0].content == Content(rospec_id=True, channel=True)
        assert await reader.report(reads_of(100)) == reader.sent == 50
        decoder, found = ReportDecoder("r"), list[Read]()
        for _ in range(5):
            message = await client.message()
            found += decoder.decode(message.body, NOW_NS, {})
            assert len(found) % 10 == 0
        heard = [read for read in reads_of(100) if read.antenna < 3]
        assert [(read.tag, read.antenna, read.channel) for read in found] == [
            (read.tag, read.antenna, 2) for read in heard
        ]

    async def test_an_unplugged_antenna_hears_nothing(
        self,
        reader: LlrpReader,
        client: Client,
    ) -> None:
        await client.ask(Message.ADD_ROSPEC, rospec(7, antennas=(0,)))
        await client.ask(Message.ENABLE_ROSPEC, identifier(7))
        await reader.set_antenna(1, connected=False)
        assert decode_event((await client.message()).body).antennas == ((1, False),)
        assert await reader.report(reads_of(8)) == 6

    async def test_epcs_of_every_length_are_sent(self, reader: LlrpReader, client: Client) -> None:
        await client.ask(Message.ADD_ROSPEC, rospec(7))
        await client.ask(Message.ENABLE_ROSPEC, identifier(7))
        tags = ["e2", "ab" * 12, "cd" * 31]
        await reader.report([Read(tag, "", 1, NOW_NS, NOW_NS) for tag in tags])
        body = (await client.message()).body
        assert [read.tag for read in ReportDecoder("r").decode(body, NOW_NS, {})] == tags

    async def test_a_rospec_outlives_its_connection(self, reader: LlrpReader) -> None:
        first = await Client.of(reader)
        await first.message()
        await first.ask(Message.ADD_ROSPEC, rospec(7))
        await first.ask(Message.ENABLE_ROSPEC, identifier(7))
        await first.ask(Message.CLOSE_CONNECTION)
        first.writer.close()
        await until(lambda: not reader.connected)
        assert not reader.inventorying.is_set()
        assert await reader.report(reads_of(1)) == 0
        assert [spec.rospec_id for spec in reader.rospecs] == [7]
