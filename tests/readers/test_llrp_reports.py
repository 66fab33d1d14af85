import json
import math
import random
import struct
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.wire.llrp.parameters import custom, parameters, tlv
from readers.wire.llrp.reports import ReportDecoder
from readers.wire.llrp.walk import Stamp, walk
from tags.reads import Read

ARRIVAL_NS = 1_700_000_000_000_000_000
TIME_US = 1_699_999_999_000_000
IMPINJ = 25882
EPC = "303425bdfc19dc4000000001"

TV = {
    1: "H",
    2: "Q",
    3: "Q",
    4: "Q",
    5: "Q",
    6: "b",
    7: "H",
    8: "H",
    9: "I",
    10: "H",
    14: "H",
    16: "I",
}
LIMITS = {"b": (-128, 127), "h": (-(2**15), 2**15 - 1), "H": (0, 2**16 - 1), "I": (0, 2**32 - 1)}
LIMITS["Q"] = (0, 2**64 - 1)


def tv(key: int, value: int) -> bytes:
    return struct.pack("!B" + TV[key], 0x80 | key, value)


def epc_96(text: str = EPC) -> bytes:
    return b"\x8d" + bytes.fromhex(text)


def epc_data(text: str, bits: int | None = None) -> bytes:
    value = bytes.fromhex(text)
    return tlv(241, struct.pack("!H", len(value) * 8 if bits is None else bits), value)


def entry(*parts: bytes) -> bytes:
    return tlv(240, *parts)


def decode(body: bytes, bad: dict[str, int] | None = None) -> list[Read]:
    return ReportDecoder("r").decode(body, ARRIVAL_NS, {} if bad is None else bad)


def decode_one(*parts: bytes) -> Read:
    bad: dict[str, int] = {}
    reads = decode(entry(*parts), bad)
    assert bad == {}
    assert len(reads) == 1
    return reads[0]


class TestFields:
    def test_a_full_entry_becomes_a_read(self) -> None:
        read = decode_one(
            epc_96(),
            tv(9, 7701),
            tv(1, 3),
            tv(6, -61),
            tv(7, 12),
            tv(2, TIME_US - 5),
            tv(4, TIME_US),
            tv(8, 4),
        )
        assert read == Read(EPC, "r", 3, TIME_US * 1000, ARRIVAL_NS, -61.0, 4, None, None, 12)
        assert isinstance(read.rssi_dbm, float)

    @pytest.mark.parametrize("text", ["e2", "e28011", EPC, EPC + "0102", "ab" * 62])
    def test_an_epc_of_any_length_is_lower_case_hex(self, text: str) -> None:
        assert decode_one(epc_data(text), tv(1, 1)).tag == text

    def test_a_last_byte_that_is_used_in_part_counts_whole(self) -> None:
        assert decode_one(epc_data("abc0", bits=12), tv(1, 1)).tag == "abc0"

    def test_without_last_seen_the_first_seen_time_counts(self) -> None:
        assert decode_one(epc_96(), tv(1, 1), tv(2, TIME_US)).time_ns == TIME_US * 1000

    def test_without_a_time_the_arrival_counts(self) -> None:
        assert decode_one(epc_96(), tv(1, 1)).time_ns == ARRIVAL_NS

    def test_an_arrival_is_told_in_the_readers_clock(self) -> None:
        decoder = ReportDecoder("r")
        decoder.clock_offset_ns = 5_000
        read = decoder.decode(entry(epc_96(), tv(1, 1)), ARRIVAL_NS, {})[0]
        assert (read.time_ns, read.arrival_ns) == (ARRIVAL_NS - 5_000, ARRIVAL_NS)

    @pytest.mark.parametrize("key", [3, 5])
    def test_uptime_counts_from_when_the_reader_was_started(self, key: int) -> None:
        decoder = ReportDecoder("r")
        decoder.uptime_offset_ns = 7_000_000
        bad: dict[str, int] = {}
        (read,) = decoder.decode(entry(epc_96(), tv(1, 1), tv(key, 123_456)), ARRIVAL_NS, bad)
        assert read.time_ns == 123_456_000 + 7_000_000
        assert bad == {}

    @pytest.mark.parametrize("offset_ns", [None, 2**63, -(2**63)])
    def test_uptime_is_no_time_of_day(self, offset_ns: int | None) -> None:
        decoder = ReportDecoder("r")
        decoder.uptime_offset_ns = offset_ns
        bad: dict[str, int] = {}
        (read,) = decoder.decode(entry(epc_96(), tv(1, 1), tv(5, 123_456)), ARRIVAL_NS, bad)
        assert read.time_ns == ARRIVAL_NS
        assert bad == {"time": 1}

    @pytest.mark.parametrize("time_us", [0, 2**63, 2**64 - 1])
    def test_an_impossible_time_costs_the_time_and_is_counted(self, time_us: int) -> None:
        bad: dict[str, int] = {}
        reads = decode(entry(epc_96(), tv(1, 1), tv(4, time_us)), bad)
        assert [read.time_ns for read in reads] == [ARRIVAL_NS]
        assert bad == {"time": 1}

    @pytest.mark.parametrize("raw", [-128, -121, 21, 127])
    def test_an_impossible_rssi_is_none(self, raw: int) -> None:
        assert decode_one(epc_96(), tv(1, 1), tv(6, raw)).rssi_dbm is None

    def test_impinj_fields_are_finer(self) -> None:
        read = decode_one(
            epc_96(),
            tv(1, 1),
            tv(6, -61),
            custom(IMPINJ, 57, struct.pack("!h", -6137)),
            custom(IMPINJ, 56, struct.pack("!H", 1024)),
            custom(IMPINJ, 68, struct.pack("!h", -24)),
        )
        assert read.rssi_dbm == -61.37
        assert read.phase_rad == pytest.approx(math.pi / 2)
        assert read.doppler_hz == -1.5

    def test_an_impossible_impinj_rssi_or_phase_is_none(self) -> None:
        read = decode_one(
            epc_96(),
            tv(1, 1),
            custom(IMPINJ, 57, struct.pack("!h", 2001)),
            custom(IMPINJ, 56, struct.pack("!H", 4096)),
        )
        assert (read.rssi_dbm, read.phase_rad) == (None, None)

    def test_unknown_parameters_are_skipped_by_their_length(self) -> None:
        read = decode_one(
            tlv(700, b"what"),
            epc_96(),
            custom(161, 57, b"other vendor"),
            custom(0, 1, b"no vendor"),
            tlv(1, b"a TLV with the number of a TV"),
            tv(1, 2),
        )
        assert (read.tag, read.antenna, read.rssi_dbm) == (EPC, 2, None)

    def test_a_count_of_zero_is_one(self) -> None:
        assert decode_one(epc_96(), tv(1, 1), tv(8, 0)).count == 1


class TestOmitted:
    """LLRP: an enabled field that is absent has the value that was last sent."""

    def test_what_a_reader_leaves_out_is_what_it_said_last(self) -> None:
        first = entry(epc_96(), tv(1, 3), tv(6, -50), tv(7, 9), tv(4, TIME_US), tv(8, 2))
        second = entry(epc_96("00" * 12), tv(6, -51))
        _, read = decode(first + second)
        assert read == Read("00" * 12, "r", 3, TIME_US * 1000, ARRIVAL_NS, -51.0, 2, None, None, 9)

    def test_it_is_remembered_across_messages(self) -> None:
        decoder = ReportDecoder("r")
        full, short = entry(epc_96(), tv(1, 4)), entry(epc_96(), tv(6, -40))
        for _ in range(3):
            decoder.decode(full, ARRIVAL_NS, {})
            decoder.decode(full, ARRIVAL_NS, {})
            assert decoder.decode(short, ARRIVAL_NS, {})[0].antenna == 4

    def test_it_is_not_remembered_across_sessions(self) -> None:
        decode(entry(epc_96(), tv(1, 4)))
        bad: dict[str, int] = {}
        (read,) = decode(entry(epc_96()), bad)
        assert read.antenna == 1
        assert bad == {}

    def test_a_newer_first_seen_beats_a_remembered_last_seen(self) -> None:
        reads = decode(
            entry(epc_96(), tv(1, 1), tv(4, TIME_US)) + entry(epc_96(), tv(2, TIME_US + 9)),
        )
        assert reads[1].time_ns == (TIME_US + 9) * 1000

    def test_uptime_forgets_a_remembered_time_of_day(self) -> None:
        reads = decode(entry(epc_96(), tv(1, 1), tv(4, TIME_US)) + entry(epc_96(), tv(5, 77)))
        assert reads[1].time_ns == ARRIVAL_NS

    def test_a_refused_entry_is_not_remembered(self) -> None:
        bad: dict[str, int] = {}
        reads = decode(
            entry(epc_96(), tv(1, 1)) + entry(tv(1, 2)) + entry(epc_96(), tv(6, -50)),
            bad,
        )
        assert [read.antenna for read in reads] == [1, 1]
        assert bad == {"report_no_epc": 1}


GOOD = entry(epc_96(), tv(1, 1))
BAD_ENTRIES = {
    "no_epc": entry(tv(1, 1)),
    "antenna": entry(epc_96(), tv(1, 0)),
    "two_epcs": entry(epc_96(), epc_data("aa"), tv(1, 1)),
    "epc_length": entry(epc_data("aa", bits=17), tv(1, 1)),
    "unknown_tv": entry(epc_96(), b"\xff"),
    "cut_parameter": entry(epc_96(), tv(1, 1)[:2]),
    "parameter_length": entry(epc_96(), tlv(700)[:3] + b"\x03"),
    "field_size": entry(epc_96(), tv(1, 1), custom(IMPINJ, 57, b"\0\0\0")),
}


class TestBadInput:
    @pytest.mark.parametrize("reason", BAD_ENTRIES)
    def test_a_malformed_entry_costs_only_itself(self, reason: str) -> None:
        bad: dict[str, int] = {}
        reads = decode(GOOD + BAD_ENTRIES[reason] + GOOD, bad)
        assert [read.tag for read in reads] == [EPC, EPC]
        assert bad == {f"report_{reason}": 1}

    @pytest.mark.parametrize("short", [epc_data("", bits=0), tlv(241, b"\0"), tlv(241)])
    def test_an_empty_epc_is_none(self, short: bytes) -> None:
        bad: dict[str, int] = {}
        assert decode(entry(short, tv(1, 1)), bad) == []
        assert sum(bad.values()) == 1

    @pytest.mark.parametrize(
        "tail", [b"\x00", b"\x00\xf0\x00", b"\x00\xf0\x00\x02", b"\x00\xf0\xff\xff"]
    )
    def test_a_cut_message_keeps_what_came_before(self, tail: bytes) -> None:
        for body in (GOOD + tail, GOOD + GOOD + tail):
            bad: dict[str, int] = {}
            assert len(decode(body, bad)) == len(body) // len(GOOD)
            assert sum(bad.values()) == 1

    def test_other_parameters_of_a_report_are_skipped(self) -> None:
        assert len(decode(tlv(242, b"survey") + GOOD + custom(IMPINJ, 1, b"x") + GOOD)) == 2

    def test_deep_nesting_costs_nothing(self) -> None:
        body = b""
        while len(body) < 16_384:
            body = tlv(240, body)
        bad: dict[str, int] = {}
        assert decode(body, bad) == []
        assert bad == {"report_no_epc": 1}

    def test_two_equal_epcs_are_one(self) -> None:
        assert decode_one(epc_96(), epc_data(EPC), tv(1, 1)).tag == EPC


numbers = st.sampled_from(sorted(TV)).flatmap(
    lambda key: st.integers(*LIMITS[TV[key]]).map(lambda value: tv(key, value)),
)
likely_numbers = st.one_of(
    st.integers(1, 8).map(lambda value: tv(1, value)),
    st.integers(-80, -30).map(lambda value: tv(6, value)),
    st.integers(TIME_US, TIME_US + 10**9).map(lambda value: tv(4, value)),
    st.integers(1, 3).map(lambda value: tv(8, value)),
)
epcs = st.one_of(
    st.binary(min_size=12, max_size=12).map(lambda value: b"\x8d" + value),
    st.binary(max_size=20).map(lambda value: epc_data(value.hex())),
)
customs = st.builds(
    custom,
    st.sampled_from([IMPINJ, IMPINJ, 161]),
    st.sampled_from([56, 57, 68, 99]),
    st.binary(min_size=2, max_size=2),
)
unknown = st.builds(tlv, st.sampled_from([5, 349, 700]), st.binary(max_size=6))
parts = st.one_of(numbers, likely_numbers, customs, unknown)
one_entry = st.tuples(epcs, st.lists(parts, max_size=7)).map(lambda e: entry(e[0], *e[1]))


@st.composite
def alike(draw: st.DrawFn) -> bytes:
    """Entries of one shape, as a reader sends them, some with odd values."""
    keys = draw(st.permutations([1, 2, 4, 6, 7, 8, 9]))[: draw(st.integers(1, 7))]
    plain = draw(st.booleans())
    vendor = draw(st.lists(st.sampled_from([56, 57, 68]), unique=True))
    size = draw(st.sampled_from([0, 4, 12, 16]))
    chance = random.Random(draw(st.integers(0, 2**32)))
    usual = {1: (1, 4), 2: (TIME_US, TIME_US + 999), 4: (TIME_US, TIME_US + 999)}
    usual |= {6: (-80, -30), 8: (1, 9)}
    body = b""
    for _ in range(draw(st.integers(1, 8))):
        epc = epc_data(chance.randbytes(size).hex()) if size else b"\x8d" + chance.randbytes(12)
        values = [
            tv(key, chance.randint(*(usual if plain else {}).get(key, LIMITS[TV[key]])))
            for key in keys
        ]
        body += entry(epc, *values, *(custom(IMPINJ, kind, chance.randbytes(2)) for kind in vendor))
    return body


bodies = st.one_of(alike(), st.lists(one_entry, max_size=6).map(b"".join))


@given(st.lists(bodies, min_size=1, max_size=6))
def test_the_fast_path_and_the_walk_agree(messages: list[bytes]) -> None:
    decoder, memory = ReportDecoder("r"), dict[int, int]()
    for body in [message for message in messages for _ in range(2)]:
        bad, walked = dict[str, int](), dict[str, int]()
        reads = decoder.decode(body, ARRIVAL_NS, bad)
        assert reads == walk(body, memory, Stamp("r", ARRIVAL_NS, ARRIVAL_NS, walked))
        assert bad == walked


@given(bodies, st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4))
def test_mutated_reports_never_raise(body: bytes, flips: list[tuple[int, int]]) -> None:
    decoder, memory = ReportDecoder("r"), dict[int, int]()
    decoder.decode(body, ARRIVAL_NS, {})
    walk(body, memory, Stamp("r", ARRIVAL_NS, ARRIVAL_NS, {}))
    mutated = bytearray(body)
    for position, value in flips:
        if mutated:
            mutated[position % len(mutated)] = value
    stamp = Stamp("r", ARRIVAL_NS, ARRIVAL_NS, {})
    assert decoder.decode(bytes(mutated), ARRIVAL_NS, {}) == walk(bytes(mutated), memory, stamp)


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(body: bytes) -> None:
    for read in decode(body):
        assert read.tag
        assert read.antenna >= 1


def test_the_layouts_remembered_are_few() -> None:
    decoder = ReportDecoder("r", layouts_max=4)
    for size in range(1, 60):
        body = entry(epc_data("ab" * size), tv(1, 1))
        assert decoder.decode(body, ARRIVAL_NS, {})[0].tag == "ab" * size
    assert len(decoder._layouts) <= 4


def test_a_learned_layout_is_used() -> None:
    decoder = ReportDecoder("r")
    body = b"".join(entry(epc_96(f"{n:024x}"), tv(1, 1 + n % 4), tv(6, -50)) for n in range(50))
    decoder.decode(body, ARRIVAL_NS, {})
    layout = decoder._layouts[len(body) // 50]
    stamp = Stamp("r", ARRIVAL_NS, ARRIVAL_NS, {})
    assert layout.decode(body, {}, stamp) == decoder.decode(body, ARRIVAL_NS, {})


@given(st.lists(one_entry, min_size=1, max_size=5).map(b"".join))
def test_sllurp_reads_the_same_epcs_and_antennas(body: bytes) -> None:
    llrp = pytest.importorskip("sllurp.llrp")
    whole = struct.pack("!HII", 1 << 10 | 61, 10 + len(body), 1) + body
    try:
        theirs: list[dict[str, Any]] = (
            llrp.LLRPMessage(msgbytes=whole).msgdict["RO_ACCESS_REPORT"].get("TagReportData", [])
        )
    except (llrp.LLRPError, struct.error, IndexError):
        return
    entries = [e for e in parameters(body) if e.key == 240]
    assert len(theirs) == len(entries)
    for found, their in zip(entries, theirs, strict=True):
        bad: dict[str, int] = {}
        for read in decode(tlv(240, body[found.start : found.end]), bad):
            assert read.tag == (their.get("EPC") or their["EPC-96"]).decode()
            assert read.antenna == their.get("AntennaID", 1)
            if "PeakRSSI" in their and "ImpinjPeakRSSI" not in their and read.rssi_dbm is not None:
                assert read.rssi_dbm == their["PeakRSSI"]


def test_a_real_readers_reports_decode_as_published(real_llrp: Path) -> None:
    files = sorted(real_llrp.glob("ROAccessReport-*.bytes"))
    assert files
    decoder = ReportDecoder("r420")
    for file in files:
        bad: dict[str, int] = {}
        reads = decoder.decode(file.read_bytes(), ARRIVAL_NS, bad)
        published = json.loads(file.with_suffix(".json").read_text())["TagReportData"]
        assert bad == {}
        assert [
            (read.tag, read.antenna, read.rssi_dbm, read.time_ns // 1000) for read in reads
        ] == [
            (
                b64decode(tag["EPC96"]["EPC"]).hex(),
                tag["AntennaID"],
                tag["PeakRSSI"],
                tag["FirstSeenUTC"],
            )
            for tag in published
        ]
