"""Reads to RO_ACCESS_REPORT, for the simulated reader."""

import math
import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, repeat

from readers.wire.llrp.fields import (
    ANTENNA,
    CHANNEL,
    FIRST_SEEN_UPTIME,
    FIRST_SEEN_UTC,
    LAST_SEEN_UPTIME,
    LAST_SEEN_UTC,
    PEAK_RSSI,
    PHASE_STEPS,
    SEEN_COUNT,
    TAG_REPORT_DATA,
)
from readers.wire.llrp.parameters import CUSTOM, VENDOR_IMPINJ
from readers.wire.llrp.rospec import Content
from tags.reads import Read

RSSI_DBM_UNKNOWN = -60.0
"""Said for a read without RSSI; LLRP has no way to leave out one entry's."""

_EPC_96_BYTES = 12
_ROSPEC_ID = 9
_IMPINJ_PARAMETER = (CUSTOM, 14, VENDOR_IMPINJ)

_Numbers = Callable[[Sequence[Read]], Iterable[int]]


class ReportEncoder:
    """Encodes reads with the fields that an ROSpec asks for, in the order of real readers.

    The reader's clock is `shift_ns` ahead of the times of the reads; with `uptime` it has no
    calendar and counts from when it was switched on.
    """

    def __init__(
        self,
        content: Content,
        rospec_id: int = 1,
        *,
        shift_ns: int = 0,
        uptime: bool = False,
    ) -> None:
        form = "BI" if content.rospec_id else ""
        constants = [0x80 | _ROSPEC_ID, rospec_id] if content.rospec_id else []
        self._columns: list[Iterable[int] | _Numbers] = [repeat(number) for number in constants]
        for name, (key, code, numbers) in (_TV | _times(shift_ns, uptime=uptime)).items():
            if getattr(content, name):
                form += "B" + code
                self._columns += [repeat(0x80 | key), numbers]
        for name, (subtype, code, numbers) in _IMPINJ.items():
            if getattr(content, name):
                form += "HHII" + code
                self._columns += [*map(repeat, (*_IMPINJ_PARAMETER, subtype)), numbers]
        self._values = struct.Struct("!" + form)
        self._heads: dict[int, bytes] = {}

    def encode(self, reads: Sequence[Read]) -> bytes:
        """Return the body of one RO_ACCESS_REPORT with all of `reads`."""
        epcs = [bytes.fromhex(read.tag) for read in reads]
        columns = [column(reads) if callable(column) else column for column in self._columns]
        values = map(self._values.pack, *columns) if columns else repeat(b"")
        heads = (self._heads.get(len(epc)) or self._head(len(epc)) for epc in epcs)
        return b"".join(chain.from_iterable(zip(heads, epcs, values, strict=False)))

    def _head(self, size: int) -> bytes:
        """Return what stands before an EPC of `size` bytes."""
        epc_head = (
            b"\x8d" if size == _EPC_96_BYTES else struct.pack("!HHH", 241, 6 + size, size * 8)
        )
        length = 4 + len(epc_head) + size + self._values.size
        self._heads[size] = head = struct.pack("!HH", TAG_REPORT_DATA, length) + epc_head
        return head


def _rssi_dbm(read: Read) -> float:
    return RSSI_DBM_UNKNOWN if read.rssi_dbm is None else read.rssi_dbm


def _times(shift_ns: int, *, uptime: bool) -> dict[str, tuple[int, str, _Numbers]]:
    def times_us(reads: Sequence[Read]) -> list[int]:
        return [max(0, read.time_ns + shift_ns) // 1000 for read in reads]

    first, last = (
        (FIRST_SEEN_UPTIME, LAST_SEEN_UPTIME) if uptime else (FIRST_SEEN_UTC, LAST_SEEN_UTC)
    )
    return {"first_seen": (first, "Q", times_us), "last_seen": (last, "Q", times_us)}


def _phase_steps(read: Read) -> int:
    return round((read.phase_rad or 0.0) / math.tau * PHASE_STEPS) % PHASE_STEPS


_TV: dict[str, tuple[int, str, _Numbers]] = {
    "antenna": (ANTENNA, "H", lambda reads: [read.antenna for read in reads]),
    "rssi": (PEAK_RSSI, "b", lambda reads: [round(_rssi_dbm(read)) for read in reads]),
    "channel": (CHANNEL, "H", lambda reads: [read.channel or 1 for read in reads]),
    "first_seen": (FIRST_SEEN_UTC, "Q", lambda _: ()),
    "last_seen": (LAST_SEEN_UTC, "Q", lambda _: ()),
    "seen_count": (SEEN_COUNT, "H", lambda reads: [read.count for read in reads]),
}
_IMPINJ: dict[str, tuple[int, str, _Numbers]] = {
    "impinj_rssi": (57, "h", lambda reads: [round(_rssi_dbm(read) * 100) for read in reads]),
    "phase": (56, "H", lambda reads: [_phase_steps(read) for read in reads]),
    "doppler": (68, "h", lambda reads: [round((read.doppler_hz or 0.0) * 16) for read in reads]),
}
