"""Reads to RO_ACCESS_REPORT, for the simulated reader."""

import math
import struct
from collections.abc import Sequence

from readers.wire.llrp.fields import PHASE_STEPS, TAG_REPORT_DATA
from readers.wire.llrp.parameters import CUSTOM, VENDOR_IMPINJ
from readers.wire.llrp.rospec import Content
from tags.reads import Read

_EPC_96_HEX = 24
_TV = {
    "antenna": (1, "H"),
    "rssi": (6, "b"),
    "channel": (7, "H"),
    "first_seen": (2, "Q"),
    "last_seen": (4, "Q"),
    "seen_count": (8, "H"),
}
_IMPINJ = {"impinj_rssi": (57, "h"), "phase": (56, "H"), "doppler": (68, "h")}


class ReportEncoder:
    """Encodes reads with the fields that an ROSpec asks for, in the order of real readers."""

    def __init__(self, content: Content, rospec_id: int = 1) -> None:
        self._content = content
        self._rospec = b"\x89" + struct.pack("!I", rospec_id) if content.rospec_id else b""
        self._tv = [name for name in _TV if getattr(content, name)]
        self._impinj = [name for name in _IMPINJ if getattr(content, name)]
        form = "".join("B" + _TV[name][1] for name in self._tv)
        form += "".join("HHII" + _IMPINJ[name][1] for name in self._impinj)
        self._values = struct.Struct("!" + form)
        self._heads: dict[int, bytes] = {}

    def encode(self, reads: Sequence[Read]) -> bytes:
        """Return the body of one RO_ACCESS_REPORT with all of `reads`."""
        return b"".join(map(self._entry, reads))

    def _entry(self, read: Read) -> bytes:
        epc = bytes.fromhex(read.tag)
        head = self._heads.get(len(epc))
        if head is None:
            head = self._heads[len(epc)] = self._head(len(epc))
        return head + epc + self._rospec + self._values.pack(*self._numbers(read))

    def _head(self, size: int) -> bytes:
        epc_head = b"\x8d"
        if size * 2 != _EPC_96_HEX:
            epc_head = struct.pack("!HHH", 241, 6 + size, size * 8)
        length = 4 + len(epc_head) + size + len(self._rospec) + self._values.size
        return struct.pack("!HH", TAG_REPORT_DATA, length) + epc_head

    def _numbers(self, read: Read) -> list[int]:
        time_us = read.time_ns // 1000
        rssi_dbm = -60.0 if read.rssi_dbm is None else read.rssi_dbm
        plain = {
            "antenna": read.antenna,
            "rssi": round(rssi_dbm),
            "channel": read.channel or 1,
            "first_seen": time_us,
            "last_seen": time_us,
            "seen_count": read.count,
        }
        numbers: list[int] = []
        for name in self._tv:
            numbers += (0x80 | _TV[name][0], plain[name])
        for name in self._impinj:
            numbers += (CUSTOM, 14, VENDOR_IMPINJ, _IMPINJ[name][0], _impinj_number(name, read))
        return numbers


def _impinj_number(name: str, read: Read) -> int:
    if name == "impinj_rssi":
        return round((-60.0 if read.rssi_dbm is None else read.rssi_dbm) * 100)
    if name == "phase":
        return round((read.phase_rad or 0.0) / math.tau * PHASE_STEPS) % PHASE_STEPS
    return round((read.doppler_hz or 0.0) * 16)
