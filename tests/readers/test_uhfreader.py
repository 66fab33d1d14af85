"""Frames of the UHFReader family: captured ones, noisy ones, and any other bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uhfreader18 import StreamBuffer
from uhfreader18.builder import build_command_frame, build_response_frame

from readers.wire.uhfreader import (
    HEARTBEAT,
    HEARTBEAT_BYTES,
    Answer,
    Command,
    Framer,
    Status,
    Tag,
    answer_frame,
    answer_of,
    antennas_of,
    command_frame,
    crc16,
    encode_tags,
    inventory_18,
    inventory_288,
    pushed_antenna,
    pushed_bare,
)
from tests.fuzz import uhfreader as fuzz
from tests.readers.test_m100 import pieces

EPCS = st.binary(min_size=1, max_size=62)
BYTE = st.integers(0, 255)
# The heartbeat's six bytes would begin such an answer; no module sends one.
ANSWERS = st.builds(Answer, BYTE, BYTE, BYTE, st.binary(max_size=250)).filter(
    lambda answer: (
        not answer_frame(answer).startswith(HEARTBEAT_BYTES)
        and (answer.command, answer.status) != (Command.REPORT, Status.HEARTBEAT)
    ),
)


def report(number: int) -> Answer:
    return Answer(0, Command.REPORT, Status.OK, bytes((number,)) * 12)


def heard(framer: Framer, data: bytes) -> list[Answer]:
    return [answer_of(whole) for whole in framer.feed(data)]


def test_the_crc_is_that_of_the_manual() -> None:
    assert crc16(b"123456789") == 0x6F91


def test_an_info_request_to_all_is_as_others_build_it() -> None:
    assert command_frame(0xFF, Command.INFO) == build_command_frame(0xFF, 0x21)


@given(BYTE, BYTE, st.binary(max_size=251))
def test_requests_are_those_of_another_implementation(
    address: int,
    command: int,
    data: bytes,
) -> None:
    assert command_frame(address, command, data) == build_command_frame(address, command, data)


@given(st.lists(ANSWERS, max_size=6), st.lists(st.integers(0, 2000)))
def test_answers_are_heard_as_another_implementation_hears_them(
    answers: list[Answer],
    cuts: list[int],
) -> None:
    data = b"".join(build_response_frame(*answer) for answer in answers)
    ours, theirs = Framer(), StreamBuffer()
    found = [one for piece in pieces(data, cuts) for one in heard(ours, piece)]
    frames = [frame for piece in pieces(data, cuts) for frame in theirs.feed(piece).frames]
    assert found == answers
    assert found == [Answer(f.reader_address, f.command, f.status, f.data) for f in frames]
    assert (ours.bad, ours.waiting) == ({}, 0)


@given(st.binary(max_size=500), st.lists(st.integers(0, 600)))
def test_any_split_of_any_bytes_gives_the_same_frames_and_counts(
    data: bytes,
    cuts: list[int],
) -> None:
    whole, cut = Framer(), Framer()
    expected = whole.feed(data)
    assert [one for piece in pieces(data, cuts) for one in cut.feed(piece)] == expected
    assert (cut.bad, cut.waiting) == (whole.bad, whole.waiting)


@given(st.binary(max_size=64))
def test_noise_between_frames_costs_at_most_two(noise: bytes) -> None:
    many = [report(number) for number in range(30)]
    wire = [answer_frame(answer) for answer in many]
    framer = Framer()
    found = heard(framer, b"".join(wire[:5]) + noise + b"".join(wire[5:]))
    found += [answer_of(whole) for whole in framer.settle() + framer.give_up()]
    kept = [one for one in found if one in many]
    assert len(kept) >= len(many) - 2
    assert kept == sorted(kept, key=many.index)


def test_a_stray_length_of_255_stalls_only_until_the_next_pause() -> None:
    framer = Framer()
    assert framer.feed(b"\xff" + answer_frame(report(7))) == []
    assert [answer_of(whole) for whole in framer.settle()] == [report(7)]
    assert (framer.bad, framer.waiting) == ({"noise": 1}, 0)


def test_a_pause_inside_a_good_frame_loses_nothing() -> None:
    wire, framer = answer_frame(report(7)), Framer()
    for byte in wire[:-1]:
        assert framer.feed(bytes((byte,))) + framer.settle() == []
    assert heard(framer, wire[-1:]) == [report(7)]
    assert framer.bad == {}


def test_a_heartbeat_is_told_from_a_frame_of_that_length() -> None:
    long = Answer(0, Command.REPORT, Status.OK, bytes(0x56 - 5))
    data = HEARTBEAT_BYTES + answer_frame(long) + HEARTBEAT_BYTES
    for size in (1, 2, 5, 6, 7, len(data)):
        framer = Framer()
        parts = [data[at : at + size] for at in range(0, len(data), size)]
        found = [one for part in parts for one in heard(framer, part)]
        assert found == [HEARTBEAT, long, HEARTBEAT]
        assert framer.bad == {}


def test_a_report_with_status_28_is_a_heartbeat() -> None:
    wire = answer_frame(Answer(3, Command.REPORT, Status.HEARTBEAT, b""))
    assert answer_of(wire) == Answer(3, Command.HEARTBEAT, Status.HEARTBEAT, b"")


@given(st.lists(st.builds(Tag, EPCS, st.just(1), st.none()), max_size=3))
def test_tags_of_model_18_survive_encoding(tags: list[Tag]) -> None:
    bad: dict[str, int] = {}
    assert inventory_18(encode_tags(tags, with_rssi=False), bad) == tags
    assert bad == {}


@given(st.lists(st.builds(Tag, EPCS, st.just(4), BYTE), max_size=3))
def test_tags_of_model_288_survive_encoding(tags: list[Tag]) -> None:
    bad: dict[str, int] = {}
    assert inventory_288(b"\x04" + encode_tags(tags, with_rssi=True), bad) == tags
    assert bad == {}


def test_the_antenna_is_a_bit_mask() -> None:
    (tag,) = inventory_288(bytes.fromhex("0401 02abcd 55"), {})
    assert antennas_of(tag.antennas) == [3]
    assert antennas_of(0b1000_0001) == [1, 8]


def test_no_antenna_at_all_is_refused() -> None:
    bad: dict[str, int] = {}
    assert inventory_288(bytes.fromhex("0001 02abcd 55"), bad) == []
    assert bad == {"antenna": 1}


def test_what_is_cut_off_costs_no_tag_before_it() -> None:
    bad: dict[str, int] = {}
    assert inventory_18(bytes.fromhex("03 02abcd 02ef01 0c11"), bad) == [
        Tag(b"\xab\xcd"),
        Tag(b"\xef\x01"),
    ]
    assert bad == {"length": 1}


def test_zeros_at_the_end_of_a_bare_report_belong_to_the_tag() -> None:
    epc = bytes.fromhex("e20000000000000000000000")
    assert pushed_bare(epc, {}) == [Tag(epc)]


def test_a_report_with_antenna_and_rssi_is_read() -> None:
    assert pushed_antenna(bytes.fromhex("0202abcd55"), {}) == [Tag(b"\xab\xcd", 2, 0x55)]


@pytest.mark.parametrize("data", [b"", bytes(63)])
def test_a_report_that_is_no_epc_is_refused(data: bytes) -> None:
    bad: dict[str, int] = {}
    assert pushed_bare(data, bad) == []
    assert bad == {"length": 1}


@given(st.binary(max_size=3000))
def test_what_waits_is_at_most_one_frame(data: bytes) -> None:
    framer = Framer()
    framer.feed(data)
    assert framer.waiting < 256


@given(st.binary(max_size=600))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    fuzz.check(data)
