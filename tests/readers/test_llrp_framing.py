import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.llrp.framing import FRAME_BYTES_MAX, Frame, FrameError, Framer, frame

MESSAGES = st.lists(
    st.tuples(st.integers(0, 1023), st.integers(0, 2**32 - 1), st.binary(max_size=60)),
    max_size=6,
)


def header(length: int, version: int = 1) -> bytes:
    return struct.pack("!HII", version << 10 | 61, length, 1)


def test_a_half_frame_waits_for_its_rest() -> None:
    framer = Framer()
    whole = frame(61, 7, b"abc")
    assert list(framer.feed(whole[:12])) == []
    assert framer.waiting == 12
    assert list(framer.feed(whole[12:])) == [Frame(61, 7, b"abc")]
    assert framer.waiting == 0


@given(MESSAGES, st.data())
def test_how_the_stream_is_cut_changes_nothing(
    messages: list[tuple[int, int, bytes]],
    data: st.DataObject,
) -> None:
    stream = b"".join(frame(*message) for message in messages)
    framer, found, position = Framer(), list[Frame](), 0
    while position < len(stream):
        size = data.draw(st.integers(1, 30))
        found += framer.feed(stream[position : position + size])
        position += size
    assert found == [Frame(*message) for message in messages]


@pytest.mark.parametrize("length", [0, 1, 5, 9, FRAME_BYTES_MAX + 1, 2**31, 2**32 - 1])
def test_an_impossible_length_is_an_error_that_names_it(length: int) -> None:
    with pytest.raises(FrameError, match=rf"length {length} "):
        list(Framer().feed(header(length)))


@pytest.mark.parametrize("version", [0, 4, 7, 8, 63])
def test_an_unknown_version_is_an_error(version: int) -> None:
    with pytest.raises(FrameError, match="version"):
        list(Framer().feed(header(10, version)))


def test_messages_before_the_error_are_delivered() -> None:
    found: list[Frame] = []
    with pytest.raises(FrameError):
        found.extend(Framer().feed(frame(62, 1) + frame(62, 2) + header(5)))
    # extend() keeps what it got before the error.
    assert [message.message_id for message in found] == [1, 2]


def test_a_large_message_in_single_bytes_takes_linear_time() -> None:
    def cost_s(size: int) -> float:
        framer, whole = Framer(), frame(61, 1, bytes(size))
        start = time.process_time()
        for at in range(len(whole)):
            assert framer.waiting == at
            for message in framer.feed(whole[at : at + 1]):
                assert len(message.body) == size
        return time.process_time() - start

    small = min(cost_s(20_000) for _ in range(3))
    assert cost_s(160_000) < 32 * small  # linear is 8, quadratic 64


@given(st.binary(max_size=200))
def test_any_bytes_give_frames_or_a_frame_error(stream: bytes) -> None:
    framer = Framer(frame_bytes_max=100)
    try:
        for message in framer.feed(stream):
            assert len(message.body) <= 90
    except FrameError:
        pass
    assert framer.waiting < 300
