"""What a reader says that it can do: GET_READER_CAPABILITIES_RESPONSE as a value."""

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from readers.wire.llrp.parameters import VENDOR_IMPINJ, Parameter, custom_key, parameters

GENERAL_DEVICE: Final = 137
GPIO: Final = 141
LLRP_CAPABILITIES: Final = 142
REGULATORY: Final = 143
UHF_BAND: Final = 144
POWER_LEVEL: Final = 145
FREQUENCIES: Final = 146
HOP_TABLE: Final = 147
FIXED_FREQUENCIES: Final = 148
MODE_TABLE: Final = 328
MODE: Final = 329
IMPINJ_DETAILED_VERSION: Final = custom_key(VENDOR_IMPINJ, 29)

_GENERAL = struct.Struct("!HHIIH")
_GPIO = struct.Struct("!HH")
_LLRP = struct.Struct("!BBHI")
_POWER = struct.Struct("!Hh")
_HOP = struct.Struct("!BBH")
_MODE = struct.Struct("!IBBBBIIIII")
_HAS_UTC = 0x4000
_CAN_WARN, _CAN_HOLD = 0x40, 0x08
_KHZ = struct.Struct("!I")
TABLE_ROWS_MAX: Final = 1_024
"""More rows than any reader has; what a table says beyond them is left out."""


class RfMode(NamedTuple):
    """One row of the table of air-interface modes.

    `miller` is 1 (FM0), 2, 4 or 8: the higher, the slower and the more robust. `mask`
    says for how many readers nearby it is made: 0 unknown, 1 single, 2 several, 3 dense.
    """

    identifier: int
    bit_rate_bps: int = 0
    miller: int = 1
    mask: int = 0
    tari_min_ns: int = 0
    tari_max_ns: int = 0


class Abilities(NamedTuple):
    """Antennas 1 to `antennas` (0 = not said), powers in dBm by index, modes, and so on.

    `vendor` is the maker's private enterprise number, `name` and `serial` what Impinj's
    DetailedVersion says. `hop_tables` are the ids of hop tables, `frequencies_khz` the
    channels of a reader that does not hop.
    """

    antennas: int = 0
    vendor: int = 0
    model: int = 0
    firmware: str = ""
    has_utc: bool = True
    gpis: int = 0
    gpos: int = 0
    can_warn: bool = False
    can_hold: bool = False
    rospecs_max: int = 0
    powers_dbm: dict[int, float] = {}  # noqa: RUF012 -- a NamedTuple; nobody writes into it
    modes: tuple[RfMode, ...] = ()
    hop_tables: tuple[int, ...] = ()
    frequencies_khz: tuple[int, ...] = ()
    name: str = ""
    serial: str = ""

    @property
    def maker(self) -> str:
        """The maker's name, or its number where we do not know it."""
        return MAKERS.get(self.vendor, f"maker {self.vendor}")

    @property
    def product(self) -> str:
        """The model's name, or its number."""
        models = IMPINJ_MODELS if self.vendor == VENDOR_IMPINJ else {}
        return self.name or models.get(self.model, f"model {self.model}")


MAKERS: Final = {
    161: "Zebra (Motorola)",
    10642: "Zebra",
    17996: "Alien",
    VENDOR_IMPINJ: "Impinj",
    26554: "ThingMagic",
}
"""Makers by their private enterprise number (IANA)."""
IMPINJ_MODELS: Final = {
    2001001: "Speedway R220",
    2001002: "Speedway R420",
    2001003: "xPortal",
    2001004: "xArray WM",
    2001006: "xArray EAP",
    2001007: "xArray",
    2001008: "xSpan",
    2001009: "Speedway R120",
    2001052: "R700",
}


def decode_abilities(body: bytes) -> Abilities:
    """Decode the body of a GET_READER_CAPABILITIES_RESPONSE. Raises ReportError.

    Parameters that are unknown, or too short for what they should hold, are passed over.
    """
    found = Abilities()
    for part in parameters(body):
        found = _applied(_PARTS, found, body, part)
    return found


_Reader = Callable[[Abilities, bytes, Parameter], Abilities]


def _applied(
    readers: dict[int, _Reader],
    found: Abilities,
    body: bytes,
    part: Parameter,
) -> Abilities:
    read = readers.get(part.key)
    return found if read is None else read(found, body, part)


def _general(found: Abilities, body: bytes, part: Parameter) -> Abilities:
    if part.end - part.start < _GENERAL.size:
        return found
    antennas, flags, vendor, model, length = _GENERAL.unpack_from(body, part.start)
    after = part.start + _GENERAL.size
    firmware = body[after : min(after + length, part.end)].decode("utf-8", "replace")
    found = found._replace(
        antennas=min(antennas, TABLE_ROWS_MAX),
        has_utc=bool(flags & _HAS_UTC),
        vendor=vendor,
        model=model,
        firmware=_printable(firmware),
    )
    for inner in parameters(body, min(after + length, part.end), part.end):
        found = _applied(_GENERAL_PARTS, found, body, inner)
    return found


def _gpio(found: Abilities, body: bytes, part: Parameter) -> Abilities:
    if part.end - part.start < _GPIO.size:
        return found
    gpis, gpos = _GPIO.unpack_from(body, part.start)
    return found._replace(gpis=gpis, gpos=gpos)


def _llrp(found: Abilities, body: bytes, part: Parameter) -> Abilities:
    if part.end - part.start < _LLRP.size:
        return found
    flags, _priority, _timeout, rospecs = _LLRP.unpack_from(body, part.start)
    return found._replace(
        can_warn=bool(flags & _CAN_WARN),
        can_hold=bool(flags & _CAN_HOLD),
        rospecs_max=rospecs,
    )


def _regulatory(found: Abilities, body: bytes, part: Parameter) -> Abilities:
    if part.end - part.start < _GPIO.size:
        return found
    for band in parameters(body, part.start + _GPIO.size, part.end):
        if band.key == UHF_BAND:
            found = _band(found, body, band)
    return found


def _band(found: Abilities, body: bytes, band: Parameter) -> Abilities:
    powers: dict[int, float] = {}
    for part in parameters(body, band.start, band.end):
        if part.key == POWER_LEVEL and part.end - part.start >= _POWER.size:
            index, hundredths = _POWER.unpack_from(body, part.start)
            if len(powers) < TABLE_ROWS_MAX:
                powers[index] = hundredths / 100
        else:
            found = _applied(_BAND_PARTS, found, body, part)
    return found._replace(powers_dbm=powers) if powers else found


def _frequencies(found: Abilities, body: bytes, part: Parameter) -> Abilities:
    for inner in parameters(body, part.start + 1, part.end):
        if inner.key == HOP_TABLE and inner.end - inner.start >= _HOP.size:
            if len(found.hop_tables) < TABLE_ROWS_MAX:
                found = found._replace(hop_tables=(*found.hop_tables, body[inner.start]))
        elif inner.key == FIXED_FREQUENCIES:
            rows = min((inner.end - inner.start - 2) // _KHZ.size, TABLE_ROWS_MAX)
            khz = body[inner.start + 2 : inner.start + 2 + max(rows, 0) * _KHZ.size]
            found = found._replace(
                frequencies_khz=tuple(number for (number,) in _KHZ.iter_unpack(khz)),
            )
    return found


def _modes(found: Abilities, body: bytes, part: Parameter) -> Abilities:
    modes: list[RfMode] = []
    for row in parameters(body, part.start, part.end)[:TABLE_ROWS_MAX]:
        if row.key == MODE and row.end - row.start >= _MODE.size:
            fields = _MODE.unpack_from(body, row.start)
            identifier, _flags, miller, _forward, mask, bps, _pie, low_ns, high_ns, _step = fields
            modes.append(RfMode(identifier, bps, 1 << min(miller, 3), mask, low_ns, high_ns))
    return found._replace(modes=(*found.modes, *modes)[:TABLE_ROWS_MAX])


def _detailed(found: Abilities, body: bytes, part: Parameter) -> Abilities:
    texts: list[str] = []
    position = part.start
    while position + 2 <= part.end and len(texts) < len(("name", "serial")):
        length = int.from_bytes(body[position : position + 2], "big")
        text = body[position + 2 : min(position + 2 + length, part.end)]
        texts.append(_printable(text.decode("utf-8", "replace")))
        position += 2 + length
    name, serial = (*texts, "", "")[:2]
    return found._replace(name=name, serial=serial)


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:255]


_PARTS: dict[int, _Reader] = {
    GENERAL_DEVICE: _general,
    LLRP_CAPABILITIES: _llrp,
    REGULATORY: _regulatory,
    IMPINJ_DETAILED_VERSION: _detailed,
}
_GENERAL_PARTS: dict[int, _Reader] = {GPIO: _gpio}
_BAND_PARTS: dict[int, _Reader] = {FREQUENCIES: _frequencies, MODE_TABLE: _modes}
