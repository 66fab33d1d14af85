"""The EPC bank as hex, to and from its meaning."""

import re
from typing import cast

from tags.epc.errors import EpcError, excerpt
from tags.epc.partitions import COMPANY_DIGITS_MAX, HEAD_BITS, Layout
from tags.epc.schemes import (
    BY_HEADER,
    BY_KIND,
    BY_NAME,
    GID_BITS,
    Scheme,
    Tail,
    check_identity,
    gid_numbers,
)
from tags.epc.text import pack_text, parse_number, unpack_text
from tags.epc.values import Epc, Identity, SchemeName

FILTER_MAX = 7
RESERVED_PARTITION = 7
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_, _CLASS_BITS, _SERIAL_BITS = GID_BITS


def decode(text: str) -> Epc:
    """Decode the hex of an EPC bank, in any case, with zero bits up to the next 16-bit word.

    Raises EpcError for a header that is not one of the known schemes, and for content that
    breaks its scheme: wrong length, reserved partition, a field too large for its digits,
    characters that are not allowed, bits set where zeros belong.
    """
    if not _HEX.fullmatch(text):
        raise EpcError(f"{excerpt(text)} is not an even number of hex digits")
    scheme = BY_HEADER.get(text[:2].lower())
    if scheme is None:
        raise EpcError(f"{excerpt(text)}: header {text[:2]} is no EPC scheme known here")
    try:
        value = _content(text, scheme)
        return _decode_fields(scheme, value) if scheme.layouts else _decode_gid(value)
    except EpcError as error:
        raise EpcError(f"{excerpt(text)} is not a valid {scheme.name.upper()}: {error}") from None


def encode(epc: Epc) -> str:
    """Encode as lower-case hex, padded with zero bits to the next 16-bit word.

    The inverse of `decode`. Raises EpcError for fields that the scheme cannot hold.
    """
    scheme = BY_NAME[epc.scheme]
    if scheme.kind != epc.kind:
        raise EpcError(f"{excerpt(epc.scheme)} is no scheme for {excerpt(epc.kind)}")
    check_identity(epc)
    value = _encode_fields(scheme, epc) if scheme.layouts else _encode_gid(epc)
    return f"{value << (scheme.word_bits - scheme.bits):0{scheme.word_bits // 4}x}"


def commission(identity: Identity, scheme: SchemeName | None = None, filter_value: int = 0) -> Epc:
    """Choose how a tag is to carry an identity: this scheme, else the shortest that can hold it.

    The filter value is not used for gid. Raises EpcError where nothing fits.
    """
    names: list[SchemeName] = [one.name for one in BY_KIND[identity.kind]]
    if scheme is not None:
        names = [scheme]
    for name in names[:-1]:
        try:
            return _commissioned(identity, name, filter_value)
        except EpcError:
            continue
    return _commissioned(identity, names[-1], filter_value)


def _commissioned(identity: Identity, scheme: SchemeName, filter_value: int) -> Epc:
    epc = Epc(
        identity.kind,
        identity.company_prefix,
        identity.reference,
        identity.serial,
        scheme=scheme,
        filter=None if identity.kind == "gid" else filter_value,
    )
    _ = encode(epc)  # Refuses what the scheme cannot hold.
    return epc


def _content(text: str, scheme: Scheme) -> int:
    spare = 4 * len(text) - scheme.bits
    if not 0 <= spare <= scheme.word_bits - scheme.bits:
        raise EpcError(f"it has {4 * len(text)} bits instead of {scheme.word_bits}")
    value = int(text, 16)
    if value & ((1 << spare) - 1):
        raise EpcError("bits are set in the padding")
    return value >> spare


def _decode_fields(scheme: Scheme, value: int) -> Epc:
    head = value >> (scheme.bits - HEAD_BITS)
    if head & 7 == RESERVED_PARTITION:
        raise EpcError(f"partition value {RESERVED_PARTITION} is reserved")
    layout = scheme.layouts[head & 7]
    company = value >> layout.company_shift & layout.company_mask
    reference = value >> layout.reference_shift & layout.reference_mask
    if company >= layout.company_limit or reference >= layout.reference_limit:
        raise EpcError(_too_large(layout, company, reference))
    prefix = str(company).zfill(layout.company_digits)
    digits = str(reference).zfill(layout.reference_digits) if layout.reference_digits else ""
    tail = _decode_tail(scheme.tail, value & ((1 << layout.tail_bits) - 1), layout)
    if scheme.kind == "giai":
        digits, tail = cast("str", tail), None
    return Epc(scheme.kind, prefix, digits, tail, scheme=scheme.name, filter=head >> 3 & 7)


def _too_large(layout: Layout, company: int, reference: int) -> str:
    if company >= layout.company_limit:
        return f"company prefix {company} has more than {layout.company_digits} digits"
    return f"reference {reference} has more than {layout.reference_digits} digits"


def _decode_tail(tail: Tail, value: int, layout: Layout) -> str | None:
    if tail is Tail.NUMBER:
        return str(value)
    if tail is Tail.TEXT:
        return unpack_text(value, layout.tail_bits, layout.tail_chars_max)
    if value:
        raise EpcError("reserved bits are set")
    return None


def _decode_gid(value: int) -> Epc:
    manager_bits, _, _ = GID_BITS
    return Epc(
        "gid",
        str(value >> (_CLASS_BITS + _SERIAL_BITS) & ((1 << manager_bits) - 1)),
        str(value >> _SERIAL_BITS & ((1 << _CLASS_BITS) - 1)),
        str(value & ((1 << _SERIAL_BITS) - 1)),
        scheme="gid-96",
        filter=None,
    )


def _encode_fields(scheme: Scheme, epc: Epc) -> int:
    if epc.filter is None or not 0 <= epc.filter <= FILTER_MAX:
        raise EpcError(f"filter value {epc.filter} must lie in 0 to {FILTER_MAX}")
    partition = COMPANY_DIGITS_MAX - len(epc.company_prefix)
    layout = scheme.layouts[partition]
    value = (scheme.header << 3 | epc.filter) << 3 | partition
    value <<= scheme.bits - HEAD_BITS
    value |= int(epc.company_prefix) << layout.company_shift
    if layout.reference_digits:
        value |= int(epc.reference) << layout.reference_shift
    return value | _encode_tail(scheme, epc, layout)


def _encode_tail(scheme: Scheme, epc: Epc, layout: Layout) -> int:
    text = epc.reference if epc.kind == "giai" else epc.serial or ""
    if scheme.tail is Tail.NUMBER:
        name = "asset reference" if epc.kind == "giai" else "serial"
        return parse_number(text, layout.tail_bits, f"{scheme.name.upper()} {name}")
    return pack_text(text, layout.tail_bits)


def _encode_gid(epc: Epc) -> int:
    if epc.filter is not None:
        raise EpcError("GID-96 has no filter value")
    manager, object_class, serial = gid_numbers(epc)
    value = BY_NAME[epc.scheme].header << GID_BITS[0] | manager
    return (value << _CLASS_BITS | object_class) << _SERIAL_BITS | serial
