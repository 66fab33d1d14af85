"""The fast decoder: reports of one shape, read as columns by one precompiled struct.

A reader sends the same parameters in the same order for as long as its ROSpec
runs, so the shape of one entry is learned and then only verified: every byte
that is not a value (types, lengths, vendor and subtype) must be what it was.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from operator import mul
from typing import Any

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
    LAST_SEEN_UPTIME,
    LAST_SEEN_UTC,
    PEAK_RSSI,
    REMEMBERED,
    RSSI_DBM,
    SEEN_COUNT,
    TIME_US_MAX,
    impinj_doppler_hz,
    impinj_phase_rad,
    impinj_rssi_dbm,
)
from readers.wire.llrp.parameters import TLV_HEADER, Parameter, parameters
from readers.wire.llrp.walk import Stamp, read_of
from tags.reads import Read

Columns = dict[int, Sequence[Any]]


class Layout:
    """The shape of one TagReportData: which bytes are fixed, and where the values are."""

    def __init__(self, entry: bytes, found: list[Parameter]) -> None:
        """Learn from `entry`, header included, whose parameters are `found`."""
        self.size = len(entry)
        self._keys = frozenset(parameter.key for parameter in found)
        self._uptime = not self._keys.isdisjoint((FIRST_SEEN_UPTIME, LAST_SEEN_UPTIME))
        self._struct, self._order, values = _compile(entry, found)
        self._fixed = [(at, entry[at]) for at in range(self.size) if at not in values]
        mask = bytes(0 if at in values else 0xFF for at in range(self.size))
        self._mask = int.from_bytes(mask, "big")
        self._shape = int.from_bytes(entry, "big") & self._mask
        self._remembered = [key for key in REMEMBERED if key in self._keys]
        self._unpack = self._struct.iter_unpack

    def omits(self, memory: dict[int, int]) -> bool:
        """Say whether such entries leave out something that `memory` holds."""
        return self._uptime or not memory.keys() <= self._keys

    def decode(self, block: bytes, memory: dict[int, int], stamp: Stamp) -> list[Read] | None:
        """Decode `block`, entries laid end to end; None where any is not of this shape.

        None also where a value needs the care of the walk. `memory` is updated.
        """
        entries = len(block) // self.size
        if entries == 1:
            return self._decode_one(block, memory, stamp)
        if not self._fits(block, entries):
            return None
        columns: Columns = dict(
            zip(self._order, zip(*self._unpack(block), strict=True), strict=True),
        )
        if not _plain(columns):
            return None
        for key in self._remembered:
            memory[key] = columns[key][-1]
        return _reads(columns, stamp)

    def _decode_one(self, entry: bytes, memory: dict[int, int], stamp: Stamp) -> list[Read] | None:
        """Decode a block of one without the cost of columns."""
        if int.from_bytes(entry, "big") & self._mask != self._shape:
            return None
        values = dict(zip(self._order, self._struct.unpack(entry), strict=True))
        if values[ANTENNA] < 1:
            return None
        tag = values.pop(EPC_96).hex()
        for key in self._remembered:
            memory[key] = values[key]
        return [read_of(tag, values, stamp)]

    def _fits(self, block: bytes, entries: int) -> bool:
        size = self.size
        return all(block[at::size].count(byte) == entries for at, byte in self._fixed)


def learn(entry: bytes) -> Layout | None:
    """Return the layout of one well-formed entry; None where a walk must decide each time.

    That is so for entries that repeat a field, or that lack an antenna or an EPC.
    """
    found = parameters(entry, TLV_HEADER.size)
    epcs = [p for p in found if p.key in (EPC_96, EPC_DATA)]
    known = [p.key for p in found if p.key in FORMATS]
    if len(epcs) != 1 or len(known) != len(set(known)) or ANTENNA not in known:
        return None
    return None if _is_empty(entry, epcs[0]) else Layout(entry, found)


def _is_empty(entry: bytes, epc: Parameter) -> bool:
    return _value(entry, epc.key, epc.start)[1] == "0s"


def _compile(entry: bytes, found: list[Parameter]) -> tuple[struct.Struct, list[int], set[int]]:
    """Return the struct of an entry, the keys of its values in order, and their bytes."""
    form, position = "!", 0
    order: list[int] = []
    values: set[int] = set()
    for key, value_start, end in found:
        start, code = _value(entry, key, value_start)
        values.update(range(start, end))
        if not code:
            continue
        form += f"{start - position}x{code}"
        position = start + struct.calcsize("!" + code)
        order.append(EPC_96 if key == EPC_DATA else key)
    return struct.Struct(f"{form}{len(entry) - position}x"), order, values


def _value(entry: bytes, key: int, start: int) -> tuple[int, str]:
    if key == EPC_96:
        return start, "12s"
    if key == EPC_DATA:
        bits = int.from_bytes(entry[start : start + 2], "big")
        return start + 2, f"{(bits + 7) // 8}s"
    return start, FORMATS.get(key, "")


def _plain(columns: Columns) -> bool:
    """Say whether no value asks for a second look: antennas, counts, times are as they should."""
    times = _times(columns)
    return (
        0 not in columns[ANTENNA]
        and 0 not in columns.get(SEEN_COUNT, ())
        and (times is None or (min(times) > 0 and max(times) < TIME_US_MAX))
    )


def _times(columns: Columns) -> Sequence[int] | None:
    return columns.get(LAST_SEEN_UTC) or columns.get(FIRST_SEEN_UTC)


def _reads(columns: Columns, stamp: Stamp) -> list[Read]:
    times = _times(columns)
    return list(
        map(
            Read,
            map(bytes.hex, columns[EPC_96]),
            repeat(stamp.reader),
            columns[ANTENNA],
            repeat(stamp.time_ns) if times is None else map(mul, times, repeat(1000)),
            repeat(stamp.arrival_ns),
            _rssi_dbm(columns),
            columns.get(SEEN_COUNT) or repeat(1),
            _mapped(columns, IMPINJ_PHASE, impinj_phase_rad),
            _mapped(columns, IMPINJ_DOPPLER, impinj_doppler_hz),
            columns.get(CHANNEL) or repeat(None),
        ),
    )


def _rssi_dbm(columns: Columns) -> Iterable[float | None]:
    if IMPINJ_RSSI in columns:
        return map(impinj_rssi_dbm, columns[IMPINJ_RSSI])
    return _mapped(columns, PEAK_RSSI, RSSI_DBM.__getitem__)


def _mapped(
    columns: Columns,
    key: int,
    meaning: Callable[[int], float | None],
) -> Iterable[float | None]:
    return map(meaning, columns[key]) if key in columns else repeat(None)
