import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.mqtt_packets import (
    Message,
    PacketError,
    PacketReader,
    acknowledgements,
    completion,
)
from tests.fuzz.mqtt_packets import check
from tests.readers.mqtt_driving import publish_packet

PINGRESP = b"\xd0\x00"
NOW_NS = 7


def read(
    *chunks: bytes, payload_bytes_max: int = 1_000, properties: bool = False
) -> tuple[PacketReader, list[Message], list[bytes]]:
    reader = PacketReader(payload_bytes_max, properties=properties)
    messages: list[Message] = []
    others = [each for chunk in chunks for each in reader.feed(chunk, NOW_NS, messages)]
    return reader, messages, others


def error_of(*chunks: bytes, properties: bool = False) -> str:
    reader = read(*chunks, properties=properties)[0]
    assert isinstance(reader.error, PacketError)
    return str(reader.error)


def test_messages_and_other_packets_come_out_whole_and_in_order() -> None:
    stream = (
        publish_packet("a/b", b"one") + PINGRESP + publish_packet("ü", b"two", qos=1, packet_id=9)
    )
    _, messages, others = read(stream)
    assert messages == [
        Message("a/b", b"one", qos=0, retain=False, packet_id=0, arrival_ns=NOW_NS),
        Message("ü", b"two", qos=1, retain=False, packet_id=9, arrival_ns=NOW_NS),
    ]
    assert others == [PINGRESP]


def test_a_retained_message_says_so() -> None:
    _, (message,), _ = read(publish_packet("a", b"", retain=True))
    assert message.retain
    assert message.payload == b""


@given(
    parts=st.lists(
        st.tuples(
            st.text("ab/ü", min_size=1, max_size=9),
            st.binary(max_size=400),
            st.integers(0, 2),
            st.integers(1, 65_535),
        ),
        max_size=6,
    ),
    size=st.integers(1, 40),
    properties=st.booleans(),
)
def test_how_the_stream_is_cut_changes_nothing(
    parts: list[tuple[str, bytes, int, int]], size: int, *, properties: bool
) -> None:
    stream = b"".join(
        publish_packet(topic, payload, qos=qos, packet_id=number, properties=properties) + PINGRESP
        for topic, payload, qos, number in parts
    )
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    reader, messages, others = read(*chunks, payload_bytes_max=200, properties=properties)
    assert reader.error is None
    assert [(each.topic, each.payload, each.qos) for each in messages] == [
        (topic, payload if len(payload) <= 200 else None, qos) for topic, payload, qos, _ in parts
    ]
    assert others == [PINGRESP] * len(parts)


@given(st.binary(max_size=300))
def test_no_bytes_at_all_do_harm(data: bytes) -> None:
    check(data)


@given(
    st.lists(st.sampled_from([b"\x30", b"\x32", b"\xff", b"\x00", b"\x05", b"\x01a"]), max_size=60)
)
def test_nor_do_bytes_that_look_like_messages(parts: list[bytes]) -> None:
    check(b"\x01" + b"".join(parts))
    check(b"\x06" + b"".join(parts))


class TestTooLarge:
    def test_a_large_message_comes_without_its_payload_and_the_next_one_is_whole(self) -> None:
        large = publish_packet("big", bytes(500_000), qos=1, packet_id=5)
        stream = large + publish_packet("a", b"x")
        for size in (len(stream), 100_000, 1_000):
            chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
            reader, messages, _ = read(*chunks)
            assert [(each.topic, each.payload) for each in messages] == [("big", None), ("a", b"x")]
            assert messages[0].packet_id == 5
            assert reader.waiting == 0

    def test_the_largest_length_of_all_is_not_kept_in_memory(self) -> None:
        head = b"\x32\xff\xff\xff\x7f\x00\x03big\x00\x05"
        reader, messages, _ = read(head, *[bytes(65_536)] * 20)
        assert [each.payload for each in messages] == [None]
        assert reader.waiting == 0

    def test_a_message_within_the_limit_may_have_the_longest_topic(self) -> None:
        _, (message,), _ = read(publish_packet("t" * 65_535, bytes(1_000)))
        assert message.payload == bytes(1_000)


class TestNonsense:
    @pytest.mark.parametrize("first", [0x00, 0x10, 0x60, 0x80, 0x82, 0xC0, 0xF0, 0x21, 0x48])
    def test_packets_that_no_broker_sends_end_the_stream(self, first: int) -> None:
        assert "no broker sends" in error_of(bytes((first,)))

    def test_text_of_another_protocol_ends_the_stream(self) -> None:
        assert "no broker sends" in error_of(b"HTTP/1.1 400 Bad Request\r\n")

    def test_a_length_of_five_bytes_ends_the_stream(self) -> None:
        assert "four bytes" in error_of(b"\x30\xff\xff\xff\xff\x01")

    def test_a_huge_packet_that_is_no_message_ends_the_stream(self) -> None:
        assert "268435455 bytes" in error_of(b"\x90\xff\xff\xff\x7f")

    @pytest.mark.parametrize(
        "packet",
        [
            b"\x30\x00",
            b"\x30\x01\x00",
            b"\x30\x02\x00\x00",
            b"\x30\x03\x00\x05a",
            b"\x32\x03\x00\x01a",
            b"\x36\x05\x00\x01a\x00\x01",
            publish_packet("a", b"", qos=1, packet_id=0),
        ],
    )
    def test_a_message_whose_head_does_not_fit_ends_the_stream(self, packet: bytes) -> None:
        assert "a message" in error_of(packet)

    @pytest.mark.parametrize("rest", [b"", b"\x05", b"\xff\xff\xff\xff", b"\x80"])
    def test_so_do_properties_that_do_not_fit(self, rest: bytes) -> None:
        packet = b"\x30" + bytes((3 + len(rest),)) + b"\x00\x01a" + rest
        assert error_of(packet + PINGRESP * 4, properties=True)

    def test_what_came_before_is_good(self) -> None:
        reader, messages, others = read(publish_packet("a", b"x") + PINGRESP + b"\x00")
        assert reader.error is not None
        assert len(messages) == len(others) == 1

    @pytest.mark.parametrize("topic", [b"\xff\xfe", b"a\x00b", b"a/+", b"#"])
    def test_a_topic_that_is_none_costs_only_its_message(self, topic: bytes) -> None:
        packet = struct.pack(">BBH", 0x30, 2 + len(topic), len(topic)) + topic
        reader, messages, _ = read(packet)
        assert reader.error is None
        assert messages[0].topic == ""

    def test_a_packet_that_drips_costs_no_more_than_its_bytes(self) -> None:
        packet = publish_packet("a", bytes(200_000))
        reader, messages = PacketReader(1_000_000), list[Message]()
        began_s = time.process_time()
        for at in range(len(packet)):
            reader.feed(packet[at : at + 1], 0, messages)
        assert len(messages) == 1
        assert time.process_time() - began_s < 5

    def test_topics_that_never_come_again_are_not_kept_for_ever(self) -> None:
        reader, messages = PacketReader(10), list[Message]()
        for number in range(10_000):
            reader.feed(publish_packet(f"t/{number}", b""), 0, messages)
        assert len(reader._topics) <= 4_096


class TestAnswers:
    def test_each_quality_is_taken_over_in_its_own_way_and_order(self) -> None:
        qualities = [(1, 5), (0, 0), (2, 6), (1, 4)]
        messages = [
            Message("a", b"", qos, retain=False, packet_id=number, arrival_ns=0)
            for qos, number in qualities
        ]
        assert acknowledgements(messages) == bytes.fromhex("40020005 50020006 40020004")
        assert acknowledgements([]) == b""

    def test_a_release_is_completed(self) -> None:
        assert completion(b"\x62\x02\x01\x02") == b"\x70\x02\x01\x02"
        with pytest.raises(PacketError):
            completion(b"\x62\x01\x01")
