"""The binary schemes that can be decoded, and what makes a field of an identity valid."""

from enum import Enum, auto
from typing import NamedTuple

from tags.epc.errors import EpcError
from tags.epc.partitions import (
    COMPANY_DIGITS_MAX,
    COMPANY_DIGITS_MIN,
    GIAI_CHARS_MAX,
    ITEM_BITS,
    NO_BITS,
    SGLN_BITS,
    SSCC_BITS,
    Layout,
    layouts,
)
from tags.epc.text import check_digits, check_text, parse_number
from tags.epc.values import Identity, Kind, SchemeName

WORD_BITS = 16
GID_BITS = (28, 24, 36)  # manager number, object class, serial


class Tail(Enum):
    """What the last field of a scheme holds."""

    NUMBER = auto()
    TEXT = auto()
    ZERO = auto()


class Scheme(NamedTuple):
    """One binary coding; `layouts` by partition value, none for gid."""

    name: SchemeName
    kind: Kind
    header: int
    bits: int
    tail: Tail
    layouts: tuple[Layout, ...]

    @property
    def word_bits(self) -> int:
        """Bits of the scheme rounded up to the 16-bit words in which readers report."""
        return -(-self.bits // WORD_BITS) * WORD_BITS


class _Fields(NamedTuple):
    reference_bits: tuple[int, ...]
    digits: int
    serial_chars_max: int


_FIELDS: dict[Kind, _Fields] = {
    "sgtin": _Fields(ITEM_BITS, 13, 20),
    "sscc": _Fields(SSCC_BITS, 17, 0),
    "sgln": _Fields(SGLN_BITS, 12, 20),
    "grai": _Fields(ITEM_BITS, 12, 16),
    "giai": _Fields(NO_BITS, 0, 0),
}


def _partitioned(name: SchemeName, kind: Kind, header: int, tail: Tail) -> Scheme:
    bits = int(name.rpartition("-")[2])
    fields = _FIELDS[kind]
    table = layouts(bits, fields.reference_bits, fields.digits, fields.serial_chars_max)
    return Scheme(name, kind, header, bits, tail, table)


_ALL = (
    _partitioned("sgtin-96", "sgtin", 0x30, Tail.NUMBER),
    _partitioned("sscc-96", "sscc", 0x31, Tail.ZERO),
    _partitioned("sgln-96", "sgln", 0x32, Tail.NUMBER),
    _partitioned("grai-96", "grai", 0x33, Tail.NUMBER),
    _partitioned("giai-96", "giai", 0x34, Tail.NUMBER),
    Scheme("gid-96", "gid", 0x35, 96, Tail.NUMBER, ()),
    _partitioned("sgtin-198", "sgtin", 0x36, Tail.TEXT),
    _partitioned("grai-170", "grai", 0x37, Tail.TEXT),
    _partitioned("giai-202", "giai", 0x38, Tail.TEXT),
    _partitioned("sgln-195", "sgln", 0x39, Tail.TEXT),
)
BY_HEADER = {f"{scheme.header:02x}": scheme for scheme in _ALL}
BY_NAME: dict[str, Scheme] = {scheme.name: scheme for scheme in _ALL}
BY_KIND: dict[str, tuple[Scheme, ...]] = {
    kind: tuple(scheme for scheme in _ALL if scheme.kind == kind) for kind in (*_FIELDS, "gid")
}


def check_identity(identity: Identity) -> None:
    """Raise EpcError unless every field has the length and characters that its kind asks for."""
    if identity.kind == "gid":
        gid_numbers(identity)
        return
    prefix = identity.company_prefix
    check_digits(prefix, _prefix_digits(prefix), "company prefix")
    if identity.kind == "giai":
        check_text(identity.reference, GIAI_CHARS_MAX - len(prefix), "asset reference")
    else:
        check_digits(identity.reference, _FIELDS[identity.kind].digits - len(prefix), "reference")
    _check_serial(identity.serial, _FIELDS[identity.kind].serial_chars_max)


def gid_numbers(identity: Identity) -> tuple[int, int, int]:
    """Read manager number, object class and serial of a gid; a bad one raises EpcError."""
    manager_bits, class_bits, serial_bits = GID_BITS
    return (
        parse_number(identity.company_prefix, manager_bits, "manager number"),
        parse_number(identity.reference, class_bits, "object class"),
        parse_number(identity.serial or "", serial_bits, "serial"),
    )


def _prefix_digits(prefix: str) -> int:
    if not COMPANY_DIGITS_MIN <= len(prefix) <= COMPANY_DIGITS_MAX:
        raise EpcError(
            f"company prefix has {len(prefix)} digits instead of "
            f"{COMPANY_DIGITS_MIN} to {COMPANY_DIGITS_MAX}"
        )
    return len(prefix)


def _check_serial(serial: str | None, chars_max: int) -> None:
    if chars_max:
        check_text(serial or "", chars_max, "serial")
    elif serial is not None:
        raise EpcError("this kind of code has no serial")
