"""The reference decoder of tag reports: parameter by parameter, whatever their order."""

import struct
from collections.abc import Iterator

from readers.wire.llrp.fields import (
    ANTENNA,
    CHANNEL,
    EPC_96,
    EPC_DATA,
    FIRST_SEEN_UPTIME,
    FIRST_SEEN_UTC,
    FORMATS,
    IMPINJ_DOPPLER,
    IMPINJ_PHASE,
    IMPINJ_RSSI,
    IMPINJ_TID,
    LAST_SEEN_UPTIME,
    LAST_SEEN_UTC,
    PEAK_RSSI,
    REMEMBERED,
    RSSI_DBM,
    SEEN_COUNT,
    TAG_REPORT_DATA,
    TIME_US_MAX,
    impinj_doppler_hz,
    impinj_phase_rad,
    impinj_rssi_dbm,
)
from readers.wire.llrp.parameters import TV_SIZES, Parameter, ReportError, parameter_at, parameters
from tags.reads import Read

ANTENNA_UNSAID = 1
"""The antenna of a read for which none was ever stated."""

_BIT_COUNT_BYTES = 2
_WORD_COUNT_BYTES = 2
_STRUCTS = {key: struct.Struct("!" + form) for key, form in FORMATS.items()}
_TV_FIELDS = {
    0x80 | key: (key, number.size, number.unpack_from)
    for key, number in _STRUCTS.items()
    if key in TV_SIZES
}
"""TV numbers by their first byte."""
_CUSTOM_FIELDS = {key: number for key, number in _STRUCTS.items() if key not in TV_SIZES}


class Stamp:
    """What a report does not say about its reads: who heard them, and when they arrived.

    `time_ns` is the reader's time that is assumed where the report states none, and
    `uptime_offset_ns` what a reader without a calendar needs added to its uptime; None
    where it is not known. What has to be thrown away is counted in `bad`, by reason.
    """

    __slots__ = ("arrival_ns", "bad", "reader", "time_ns", "uptime_offset_ns")

    def __init__(
        self,
        reader: str,
        arrival_ns: int,
        time_ns: int,
        bad: dict[str, int],
        uptime_offset_ns: int | None = None,
    ) -> None:
        self.reader = reader
        self.arrival_ns = arrival_ns
        self.time_ns = time_ns
        self.bad = bad
        self.uptime_offset_ns = uptime_offset_ns


def walk(body: bytes, memory: dict[int, int], stamp: Stamp) -> list[Read]:
    """Decode an RO_ACCESS_REPORT; an entry that is malformed is counted and left out."""
    reads: list[Read] = []
    for entry in entries(body, stamp.bad):
        try:
            reads.append(walk_entry(body, entry.start, entry.end, memory, stamp))
        except ReportError as error:
            count(stamp.bad, f"report_{error}")
    return reads


def entries(body: bytes, bad: dict[str, int]) -> Iterator[Parameter]:
    """Yield the TagReportData of an RO_ACCESS_REPORT; a cut one ends the message, counted."""
    position, end = 0, len(body)
    while position < end:
        try:
            parameter = parameter_at(body, position, end)
        except ReportError as error:
            count(bad, f"report_{error}")
            return
        if parameter.key == TAG_REPORT_DATA:
            yield parameter
        position = parameter.end


def count(bad: dict[str, int], reason: str, times: int = 1) -> None:
    """Add to the count of `reason`."""
    bad[reason] = bad.get(reason, 0) + times


def walk_entry(body: bytes, start: int, end: int, memory: dict[int, int], stamp: Stamp) -> Read:
    """Decode one TagReportData value.

    `memory` holds the last value of each field that a reader may omit, and is
    updated. Raises ReportError, with `memory` untouched.
    """
    values, tag = _scan(body, start, end)
    tag = tag or _tid(body, start, end)
    if not tag:
        raise ReportError("no_epc")
    values = _recall(values, memory)
    if values.get(ANTENNA, ANTENNA_UNSAID) < 1:
        raise ReportError("antenna")
    for key in REMEMBERED:
        if key in values:
            memory[key] = values[key]
    return read_of(tag, values, stamp)


def _scan(body: bytes, position: int, end: int) -> tuple[dict[int, int], str]:
    """Return the numbers of an entry by their keys, and its EPC."""
    values: dict[int, int] = {}
    tag = ""
    while position < end:
        field = _TV_FIELDS.get(body[position])
        if field is None:
            position, tag = _scan_other(body, position, end, values, tag)
            continue
        key, size, unpack = field
        if position + 1 + size > end:
            raise ReportError("cut_parameter")
        values[key] = unpack(body, position + 1)[0]
        position += 1 + size
    return values, tag


def _scan_other(
    body: bytes,
    position: int,
    end: int,
    values: dict[int, int],
    tag: str,
) -> tuple[int, str]:
    """Take the parameter at `position`, which is no TV number; return what follows it."""
    key, start, after = parameter_at(body, position, end)
    if key in (EPC_96, EPC_DATA):
        tag = _one_tag(tag, body[start:after].hex() if key == EPC_96 else _epc(body, start, after))
    elif key in _CUSTOM_FIELDS:
        unpack = _CUSTOM_FIELDS[key]
        if unpack.size != after - start:
            raise ReportError("field_size")
        values[key] = unpack.unpack_from(body, start)[0]
    return after, tag


def _one_tag(known: str, tag: str) -> str:
    if known and tag != known:
        raise ReportError("two_epcs")
    return tag


def _tid(body: bytes, start: int, end: int) -> str:
    """Hex of Impinj's SerializedTID, which identifies a tag without an EPC; empty without one."""
    for key, first, after in parameters(body, start, end):
        if key == IMPINJ_TID:
            size = 2 * int.from_bytes(body[first : first + _WORD_COUNT_BYTES], "big")
            tid = body[first + _WORD_COUNT_BYTES : after]
            return tid.hex() if len(tid) == size else ""
    return ""


def _recall(values: dict[int, int], memory: dict[int, int]) -> dict[int, int]:
    recalled = memory | values
    first_us = values.get(FIRST_SEEN_UTC, 0)
    if LAST_SEEN_UTC not in values and first_us > recalled.get(LAST_SEEN_UTC, first_us):
        del recalled[LAST_SEEN_UTC]
    if FIRST_SEEN_UPTIME in values or LAST_SEEN_UPTIME in values:
        for key in (FIRST_SEEN_UTC, LAST_SEEN_UTC):
            if key not in values:
                recalled.pop(key, None)
    return recalled


def _epc(body: bytes, start: int, end: int) -> str:
    """Hex of an EPCData value; a last byte that is used in part counts whole."""
    if end - start < _BIT_COUNT_BYTES:
        raise ReportError("epc_length")
    bits = int.from_bytes(body[start : start + _BIT_COUNT_BYTES], "big")
    first = start + _BIT_COUNT_BYTES
    size = (bits + 7) // 8
    if first + size > end:
        raise ReportError("epc_length")
    return body[first : first + size].hex()


def read_of(tag: str, values: dict[int, int], stamp: Stamp) -> Read:
    """Make the read of one entry from its EPC and the numbers that it states."""
    return Read(
        tag,
        stamp.reader,
        values.get(ANTENNA, ANTENNA_UNSAID),
        _time_ns(values, stamp),
        stamp.arrival_ns,
        _rssi_dbm(values),
        max(values.get(SEEN_COUNT, 1), 1),
        impinj_phase_rad(values[IMPINJ_PHASE]) if IMPINJ_PHASE in values else None,
        impinj_doppler_hz(values[IMPINJ_DOPPLER]) if IMPINJ_DOPPLER in values else None,
        values.get(CHANNEL),
    )


def _time_ns(values: dict[int, int], stamp: Stamp) -> int:
    time_us = values.get(LAST_SEEN_UTC, values.get(FIRST_SEEN_UTC))
    if time_us is None:
        return _time_by_uptime_ns(values, stamp)
    if 0 < time_us < TIME_US_MAX:
        return time_us * 1000
    count(stamp.bad, "time")
    return stamp.time_ns


def _time_by_uptime_ns(values: dict[int, int], stamp: Stamp) -> int:
    uptime_us = values.get(LAST_SEEN_UPTIME, values.get(FIRST_SEEN_UPTIME))
    if uptime_us is None:
        return stamp.time_ns
    if stamp.uptime_offset_ns is not None:
        time_ns = uptime_us * 1000 + stamp.uptime_offset_ns
        if 0 < time_ns < TIME_US_MAX * 1000:
            return time_ns
    count(stamp.bad, "time")
    return stamp.time_ns


def _rssi_dbm(values: dict[int, int]) -> float | None:
    if IMPINJ_RSSI in values:
        return impinj_rssi_dbm(values[IMPINJ_RSSI])
    return RSSI_DBM[values[PEAK_RSSI]] if PEAK_RSSI in values else None
