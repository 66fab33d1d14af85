"""Frames of the M100 family: captured ones, noisy ones, and any other bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.m100 import (
    M100,
    PARAMETERS_MAX,
    R200,
    BadTagError,
    Brackets,
    Command,
    Frame,
    Framer,
    Kind,
    Tag,
    decode_tag,
    encode_tag,
    frame,
    tag_crc,
)
from tests.fuzz import m100 as fuzz

TAG = bytes.fromhex("bb02220011c9340030751feb705c5904e3d50d703a76ef7e")
NO_TAG = bytes.fromhex("bb01ff000115167e")
EPCS = st.integers(1, 31).flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words))
BRACKETS = st.sampled_from([M100, R200])
FRAMES = st.builds(
    Frame,
    st.sampled_from(list(Kind)),
    st.integers(0, 255),
    st.binary(max_size=PARAMETERS_MAX),
)


def wire(frames: list[Frame], brackets: Brackets = M100) -> bytes:
    return b"".join(frame(brackets, *each) for each in frames)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def test_a_captured_tag_is_read_with_its_signed_rssi() -> None:
    (heard,) = Framer(M100).feed(TAG)
    assert (heard.kind, heard.command) == (Kind.NOTICE, Command.POLL)
    assert decode_tag(heard.parameters) == Tag(bytes.fromhex("30751feb705c5904e3d50d70"), -55)


def test_a_captured_round_without_a_tag_is_a_failure_15() -> None:
    assert Framer(M100).feed(NO_TAG) == [Frame(Kind.ANSWER, Command.FAILED, b"\x15")]


def test_a_published_frame_with_a_wrong_checksum_is_refused_and_counted() -> None:
    right = frame(M100, Kind.ANSWER, Command.INFO, b"\0M100 26dBm V1.0")
    assert right[-2] == 0x92
    framer = Framer(M100)
    assert framer.feed(right[:-2] + b"\x22\x7e" + NO_TAG) == Framer(M100).feed(NO_TAG)
    assert framer.bad == {"checksum": 1, "noise": 1}


@pytest.mark.parametrize(("raw", "rssi_dbm"), [(0xD3, -45), (0x80, None), (0x10, 16), (0x7F, None)])
def test_an_rssi_that_no_radio_has_is_none(raw: int, rssi_dbm: int | None) -> None:
    told = encode_tag(bytes(12), 0)
    assert decode_tag(bytes((raw,)) + told[1:]).rssi_dbm == rssi_dbm


def test_a_tag_whose_own_crc_is_wrong_is_refused() -> None:
    told = bytearray(encode_tag(bytes(range(12)), -50))
    told[5] ^= 1
    with pytest.raises(BadTagError, match="tag_crc"):
        decode_tag(bytes(told))


def test_a_pc_of_zero_names_no_tag_whatever_follows() -> None:
    told = bytes(2) + bytes(range(12))
    with pytest.raises(BadTagError, match="length"):
        decode_tag(b"\xc9" + told + tag_crc(told).to_bytes(2, "big"))


@pytest.mark.parametrize("parameters", [b"", b"\xc9", b"\xc9\0\0\x12\x34", b"\xc9\x04\0\x12\x34"])
def test_a_tag_without_an_epc_is_refused(parameters: bytes) -> None:
    with pytest.raises(BadTagError, match="length"):
        decode_tag(parameters)


def test_an_epc_longer_than_its_frame_is_refused() -> None:
    with pytest.raises(BadTagError, match="length"):
        decode_tag(b"\xc9\xf8\0" + bytes(12) + b"\0\0")


def test_what_follows_the_crc_is_left_alone() -> None:
    assert decode_tag(encode_tag(bytes(range(12)), -50) + b"\x01").epc == bytes(range(12))


@given(EPCS, st.integers(-120, 20))
def test_a_tag_survives_encoding(epc: bytes, rssi_dbm: int) -> None:
    assert decode_tag(encode_tag(epc, rssi_dbm)) == Tag(epc, rssi_dbm)


@given(st.lists(FRAMES, max_size=8), BRACKETS, st.lists(st.integers(0, 4000)))
def test_any_split_of_the_stream_gives_the_same_frames(
    frames: list[Frame],
    brackets: Brackets,
    cuts: list[int],
) -> None:
    framer = Framer(brackets)
    heard = [one for piece in pieces(wire(frames, brackets), cuts) for one in framer.feed(piece)]
    assert heard == frames
    assert (framer.bad, framer.waiting) == ({}, 0)


@given(st.binary(max_size=400), st.lists(st.integers(0, 600)))
def test_any_split_of_any_bytes_gives_the_same_frames_and_counts(
    data: bytes,
    cuts: list[int],
) -> None:
    whole, cut = Framer(M100), Framer(M100)
    expected = whole.feed(data)
    assert [one for piece in pieces(data, cuts) for one in cut.feed(piece)] == expected
    assert (cut.bad, cut.waiting) == (whole.bad, whole.waiting)


@given(st.binary(max_size=64), BRACKETS)
def test_noise_between_frames_costs_at_most_two(noise: bytes, brackets: Brackets) -> None:
    many = [Frame(Kind.NOTICE, Command.POLL, encode_tag(bytes((n,)) * 12, -50)) for n in range(30)]
    framer = Framer(brackets)
    heard = framer.feed(wire(many[:5], brackets) + noise + wire(many[5:], brackets))
    heard += framer.give_up()
    kept = [one for one in heard if one in many]
    assert len(kept) >= len(many) - 2
    assert kept == sorted(kept, key=many.index)


def test_header_and_end_inside_an_epc_do_no_harm() -> None:
    nasty = Frame(
        Kind.NOTICE, Command.POLL, encode_tag(bytes.fromhex("bb7ebb02220011bb7ebb017e"), -9)
    )
    assert Framer(M100).feed(wire([nasty] * 3)) == [nasty] * 3


def test_a_stray_header_is_given_up_and_hides_nothing() -> None:
    framer = Framer(M100)
    assert framer.feed(b"\xbb\x02\x22\x00\xff" + TAG) == []
    assert len(framer.give_up()) == 1
    assert framer.waiting == 0


@given(st.binary(max_size=3000))
def test_what_waits_is_at_most_one_frame(data: bytes) -> None:
    framer = Framer(M100)
    framer.feed(data)
    assert framer.waiting < PARAMETERS_MAX + 7


def test_the_crc_of_a_tag_is_that_of_its_standard() -> None:
    assert tag_crc(b"123456789") == 0xD64E


@given(st.binary(max_size=600))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    fuzz.check(data)


def test_a_pause_shows_the_frame_that_noise_had_swallowed() -> None:
    good = frame(M100, Kind.NOTICE, Command.POLL, encode_tag(bytes(range(12)), -50))
    framer = Framer(M100)
    assert framer.feed(b"\xbb\x02\x22\x00\xf0\xbb\x01" + good) == []
    assert framer.settle() == [Frame(Kind.NOTICE, Command.POLL, good[5:-2])]
    assert (framer.waiting, framer.bad) == (0, {"noise": 1})


def test_a_pause_in_a_good_frame_does_it_no_harm() -> None:
    good = frame(M100, Kind.NOTICE, Command.POLL, encode_tag(b"\xbb\x7e" * 6, -50))
    framer = Framer(M100)
    for cut in range(1, len(good)):
        assert [*framer.feed(good[:cut]), *framer.settle()] == []
        assert len(framer.feed(good[cut:])) == 1
