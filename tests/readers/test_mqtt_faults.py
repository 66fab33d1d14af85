"""The driver and brokers that misbehave."""

import asyncio
import socket
import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.driver import ReaderError, ReaderLostError, ReaderMisconfiguredError
from readers.mqtt.driver import MqttDriver
from tests.fuzz.mqtt_session import check
from tests.readers.mqtt_driving import (
    FakeBroker,
    Talk,
    connected,
    length_of,
    numbers,
    own_payload,
    publish_packet,
    take,
    the_end,
)

TOPIC = "tagwarden/FX-1/reads"
GOOD = publish_packet(TOPIC, own_payload(1))
ODD_PACKETS = {
    "text": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "zeros": bytes(64),
    "a length of five bytes": b"\x30\xff\xff\xff\xff\x7f",
    "a message without a topic": b"\x30\x02\x00\x00",
    "a message that is shorter than its topic": b"\x30\x04\x00\x50ab",
    "quality 3": b"\x36\x05\x00\x01a\x00\x01",
    "a subscription granted without a number": b"\x90\x01\x00",
    "a subscription granted with an unknown code": b"\x90\x03\x00\x01\x77",
    "a publication acknowledged in one byte": b"\x40\x01\x00",
    "a release of nothing": b"\x62\x00",
    "a pong with a body": b"\xd0\x02ab",
    "a goodbye that 3.1.1 does not have": b"\xe0\x00",
    "a huge packet that is no message": b"\x90\xff\xff\xff\x7f",
}


def says(*chunks: bytes, then_close: bool = False) -> Talk:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        if then_close:
            writer.close()

    return talk


async def refused(broker: FakeBroker, **changes: object) -> ReaderError:
    with pytest.raises(ReaderError) as error:
        async with connected(broker.address, **changes):
            pass
    return error.value


class TestNonsense:
    @pytest.mark.parametrize("packet", ODD_PACKETS.values(), ids=ODD_PACKETS)
    async def test_it_loses_the_reader_after_what_was_good(self, packet: bytes) -> None:
        async with FakeBroker(says(GOOD + packet)) as broker, connected(broker.address) as driver:
            assert numbers(await take(driver, 1)) == [1]
            error = await the_end(driver)
        assert isinstance(error, ReaderLostError)
        assert "m1: " in str(error)
        assert "what is not MQTT" in str(error)

    @pytest.mark.parametrize(
        "packet",
        [
            b"\xe0\x02\x77\x00",
            b"\xe0\x03\x8e\x05\x11",
            b"\x90\x04\x00\x01\x00\x77",
            b"\x20\x03\x00\x77\x00",
            b"\x20\x03\x00\x00\x00",
        ],
    )
    async def test_so_does_nonsense_of_version_5(self, packet: bytes) -> None:
        talk = says(publish_packet(TOPIC, own_payload(1), properties=True) + packet)
        async with (
            FakeBroker(talk, welcome=b"\x20\x03\x00\x00\x00") as broker,
            connected(broker.address, version="5") as driver,
        ):
            assert numbers(await take(driver, 1)) == [1]
            assert isinstance(await the_end(driver, 2), ReaderLostError)

    @pytest.mark.parametrize(
        "welcome", [GOOD, b"\xd0\x00", b"\x20\x00", b"\x20\x02\x00\x63", b"SSH-2.0-OpenSSH_9\r\n"]
    )
    async def test_instead_of_a_welcome_it_is_a_refusal(self, welcome: bytes) -> None:
        async with FakeBroker(welcome=welcome) as broker:
            assert isinstance(await refused(broker, connect_timeout_s=2), ReaderLostError)

    async def test_fewer_answers_than_topics_are_a_refusal(self) -> None:
        subscribe = [{"topic": topic, "format": "tagwarden"} for topic in ("a", "b")]
        async with FakeBroker() as broker:
            assert "2 topics, 1 answers" in str(await refused(broker, subscribe=subscribe))

    @given(
        st.integers(0, 3),
        st.lists(
            st.tuples(
                st.sampled_from([0x20, 0x40, 0x50, 0x70, 0x90, 0xB0, 0xD0, 0xE0]),
                st.binary(max_size=12),
            ),
            max_size=4,
        ),
    )
    def test_no_answer_of_a_broker_does_more_harm(
        self, kind: int, answers: list[tuple[int, bytes]]
    ) -> None:
        packets = [bytes((first, len(body))) + body for first, body in answers]
        check(bytes((kind,)) + b"".join(packets))


class TestRefusals:
    @pytest.mark.parametrize(
        ("code", "kind", "remedy"),
        [
            (1, ReaderMisconfiguredError, "`version`"),
            (2, ReaderMisconfiguredError, "`client_id`"),
            (3, ReaderLostError, "log"),
            (4, ReaderMisconfiguredError, "`password`"),
            (5, ReaderMisconfiguredError, "Allow"),
        ],
    )
    async def test_each_code_of_3_1_1_says_what_to_do(
        self, code: int, kind: type[ReaderError], remedy: str
    ) -> None:
        async with FakeBroker(welcome=b"\x20\x02\x00" + bytes((code,))) as broker:
            error = await refused(broker)
        assert type(error) is kind
        assert remedy in error.remedy

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            (0x84, ReaderMisconfiguredError),
            (0x86, ReaderMisconfiguredError),
            (0x87, ReaderMisconfiguredError),
            (0x88, ReaderLostError),
            (0x89, ReaderLostError),
            (0x97, ReaderLostError),
        ],
    )
    async def test_so_does_each_code_of_version_5(self, code: int, kind: type[ReaderError]) -> None:
        welcome = b"\x20\x03\x00" + bytes((code, 0))
        async with FakeBroker(welcome=welcome) as broker:
            assert type(await refused(broker, version="5")) is kind

    async def test_a_broker_without_version_5_is_for_a_person_to_correct(self) -> None:
        async with FakeBroker(welcome=b"\x20\x02\x00\x01") as broker:
            error = await refused(broker, version="5")
        assert isinstance(error, ReaderMisconfiguredError)
        assert "3.1.1" in error.remedy

    @pytest.mark.parametrize(
        ("version", "welcome", "grant"),
        [
            ("3.1.1", b"\x20\x02\x00\x00", 0x80),
            ("5", b"\x20\x03\x00\x00\x00", 0x87),
            ("5", b"\x20\x03\x00\x00\x00", 0x9E),
        ],
    )
    async def test_a_refused_topic_is_named(self, version: str, welcome: bytes, grant: int) -> None:
        async with FakeBroker(welcome=welcome, grant=grant) as broker:
            error = await refused(broker, version=version)
        assert isinstance(error, ReaderMisconfiguredError)
        assert "topic tagwarden/+/reads is refused" in str(error)

    async def test_a_session_that_another_client_took_says_so(self) -> None:
        talk = says(b"\xe0\x02\x8e\x00")
        async with (
            FakeBroker(talk, welcome=b"\x20\x03\x00\x00\x00") as broker,
            connected(broker.address, version="5") as driver,
        ):
            error = await the_end(driver)
        assert "another client came with the client id tagwarden-m1" in str(error)


class TestSilence:
    @pytest.mark.parametrize("welcome", [b"", b"\x20", b"\x20\x02\x00"])
    async def test_a_broker_that_does_not_answer_is_given_up(self, welcome: bytes) -> None:
        async with FakeBroker(welcome=welcome) as broker:
            error = await refused(broker, connect_timeout_s=0.3)
        assert isinstance(error, ReaderLostError)
        assert "within 0.3 s" in str(error)

    async def test_a_half_open_connection_gives_no_sign_of_life(self) -> None:
        async with (
            FakeBroker(alive=False) as broker,
            connected(broker.address, keepalive_s=0.2) as driver,
        ):
            await asyncio.wait_for(driver.next_batch(), 1)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(driver.next_batch(), driver.silent_after_s)
            assert "silent for" in str(await the_end(driver))

    async def test_a_drip_is_no_sign_of_life_until_the_packet_is_whole(self) -> None:
        whole = asyncio.Event()

        async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for at in range(len(GOOD) - 1):
                writer.write(GOOD[at : at + 1])
                await writer.drain()
                await asyncio.sleep(0.002)
            await whole.wait()
            writer.write(GOOD[-1:])

        async with FakeBroker(drip) as broker, connected(broker.address, keepalive_s=2) as driver:
            await driver.next_batch()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(driver.next_batch(), 0.5)
            whole.set()
            assert numbers(await take(driver, 1)) == [1]

    async def test_a_large_message_on_a_slow_line_is_one(self) -> None:
        packet = publish_packet(TOPIC, b" " * 40_000 + own_payload(1))

        async def slowly(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for at in range(0, len(packet), 2_000):
                writer.write(packet[at : at + 2_000])
                await writer.drain()
                await asyncio.sleep(0.02)

        async with (
            FakeBroker(slowly, alive=False) as broker,
            connected(broker.address, keepalive_s=0.2) as driver,
        ):
            assert numbers(await take(driver, 1)) == [1]


class TestCuts:
    async def test_a_cut_in_the_middle_of_a_message_loses_the_reader(self) -> None:
        async with (
            FakeBroker(says(GOOD + GOOD[:20], then_close=True)) as broker,
            connected(broker.address) as driver,
        ):
            assert numbers(await take(driver, 1)) == [1]
            assert "in the middle of a packet (20 bytes" in str(await the_end(driver))

    async def test_a_reset_loses_the_reader(self) -> None:
        async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.close()

        async with FakeBroker(reset) as broker, connected(broker.address) as driver:
            assert isinstance(await the_end(driver), ReaderLostError)
            with pytest.raises(ReaderLostError):
                await driver.next_batch()

    async def test_a_new_driver_starts_clean_after_a_cut(self) -> None:
        async with FakeBroker(says(GOOD + GOOD[:20], then_close=True)) as broker:
            for _ in range(3):
                async with connected(broker.address) as driver:
                    assert numbers(await take(driver, 1)) == [1]
                    await the_end(driver)

    async def test_a_broker_that_does_not_take_our_goodbye_is_left_in_time(self) -> None:
        async with FakeBroker() as broker:
            async with connected(broker.address):
                began_s = asyncio.get_running_loop().time()
            assert asyncio.get_running_loop().time() - began_s < 2
            assert broker.packets[0][0] == 0x10

    async def test_what_arrives_with_our_goodbye_does_not_take_the_acknowledgement_back(
        self,
    ) -> None:
        """Unread bytes would reset the connection, and brokers then read no further."""
        heard: list[bytes] = []
        writers: list[asyncio.StreamWriter] = []
        ended = asyncio.Event()

        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            writer.write(publish_packet(TOPIC, own_payload(1), qos=1, packet_id=7))
            try:
                heard.append(await reader.read())  # raises where the connection is reset
            finally:
                ended.set()

        async with FakeBroker(listen) as broker:
            async with connected(broker.address) as driver:
                assert numbers(await take(driver, 1)) == [1]
                writers[0].write(GOOD)
            await asyncio.wait_for(ended.wait(), 5)
        assert [packets[-6:] for packets in heard] == [b"\x40\x02\x00\x07\xe0\x00"]


class TestMemory:
    async def test_the_largest_message_of_all_is_not_kept(self) -> None:
        size = 100_000_000
        name = TOPIC.encode()
        head = b"\x30" + length_of(size + 2 + len(name)) + struct.pack(">H", len(name)) + name

        async with (
            FakeBroker(says(head, *[bytes(1_000_000)] * 100, GOOD)) as broker,
            connected(broker.address) as driver,
        ):
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            batch = await driver.next_batch()
            while not batch.bad:
                batch = await driver.next_batch()
            found = batch.reads or await take(driver, 1, deadline_s=20)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert batch.bad == {"too_large": 1}
        assert numbers(found) == [1]
        assert peak - before < 16_000_000

    async def test_a_flood_that_nobody_fetches_stays_with_the_broker(self) -> None:
        sent = 0
        packets = publish_packet(TOPIC, b" " * 4_000 + own_payload(1)) * 10

        async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            for _ in range(1_000):
                writer.write(packets)
                await writer.drain()
                sent += 10

        async with (
            FakeBroker(flood) as broker,
            connected(broker.address, messages_waiting_max=1_000) as driver,
        ):
            await _until_paused(driver)
            await asyncio.sleep(0.1)
            assert len(driver.link._messages) < 2_000
            assert sent < 10_000
            assert len(await take(driver, 10_000, deadline_s=30)) == 10_000

    async def test_a_broker_that_does_not_take_our_answers_is_not_read_either(self) -> None:
        async with FakeBroker() as broker, connected(broker.address) as driver:
            transport = driver.link._transport
            assert transport is not None
            driver.link.pause_writing()
            assert not transport.is_reading()
            driver.link.resume_writing()
            assert transport.is_reading()


class TestQuality2:
    async def test_a_message_is_released_once_it_is_acknowledged(self) -> None:
        packet = publish_packet(TOPIC, own_payload(1), qos=2, packet_id=9)
        async with (
            FakeBroker(says(packet, b"\x62\x02\x00\x09")) as broker,
            connected(broker.address) as driver,
        ):
            assert numbers(await take(driver, 1)) == [1]
            async with asyncio.timeout(5):
                while len(broker.packets) < 4:  # noqa: ASYNC110 -- there is no event for it
                    await asyncio.sleep(0)
        answers = [each for each in broker.packets if each[0] in {0x50, 0x70}]
        assert sorted(answers) == [b"\x50\x02\x00\x09", b"\x70\x02\x00\x09"]


async def _until_paused(driver: MqttDriver) -> None:
    async with asyncio.timeout(10):
        while not driver.link._paused:  # noqa: ASYNC110 -- there is no event for it
            await asyncio.sleep(0)
