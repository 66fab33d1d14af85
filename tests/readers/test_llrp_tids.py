"""Tags that an Impinj reader names by their TID."""

import struct

import pytest

from readers.wire.llrp.parameters import VENDOR_IMPINJ, custom, tlv
from readers.wire.llrp.reports import ReportDecoder
from tags.reads import Read

ANTENNA = b"\x81\x00\x01"
NO_EPC = tlv(241, b"\x00\x00")
EPC = b"\x8d" + bytes.fromhex("3034257bf400b7800004cb2f")
TID = bytes.fromhex("e28011606000")


def tid(value: bytes, words: int | None = None) -> bytes:
    count = len(value) // 2 if words is None else words
    return custom(VENDOR_IMPINJ, 55, struct.pack("!H", count), value)


def decode(*entries: bytes) -> tuple[list[Read], dict[str, int]]:
    bad: dict[str, int] = {}
    return ReportDecoder("r").decode(b"".join(entries), 1, bad), bad


def test_a_tag_without_an_epc_is_known_by_its_tid() -> None:
    first, second = (tlv(240, NO_EPC, ANTENNA, tid(TID[:5] + bytes([n]))) for n in (2, 3))
    reads, bad = decode(first, second, first)
    assert [read.tag for read in reads] == ["e28011606002", "e28011606003", "e28011606002"]
    assert bad == {}


def test_the_epc_comes_before_the_tid() -> None:
    reads, bad = decode(*[tlv(240, EPC, ANTENNA, tid(TID))] * 2)
    assert [read.tag for read in reads] == ["3034257bf400b7800004cb2f"] * 2
    assert bad == {}


@pytest.mark.parametrize("cut", [tid(b""), tid(TID, words=4), custom(VENDOR_IMPINJ, 55)])
def test_a_tid_that_is_cut_is_none(cut: bytes) -> None:
    assert decode(tlv(240, NO_EPC, ANTENNA, cut)) == ([], {"report_no_epc": 1})
