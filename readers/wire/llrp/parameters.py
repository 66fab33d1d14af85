"""The two encodings of LLRP parameters: TV (type, value) and TLV (type, length, value)."""

import struct
from typing import NamedTuple

TLV_HEADER = struct.Struct("!HH")
CUSTOM_HEADER = struct.Struct("!II")

TV_TYPE_MAX = 127
CUSTOM = 1023
VENDOR_IMPINJ = 25882

TV_SIZES = {
    1: 2,  # AntennaID
    2: 8,  # FirstSeenTimestampUTC, microseconds
    3: 8,  # FirstSeenTimestampUptime
    4: 8,  # LastSeenTimestampUTC
    5: 8,  # LastSeenTimestampUptime
    6: 1,  # PeakRSSI, dBm
    7: 2,  # ChannelIndex
    8: 2,  # TagSeenCount
    9: 4,  # ROSpecID
    10: 2,  # InventoryParameterSpecID
    11: 2,  # C1G2CRC
    12: 2,  # C1G2PC
    13: 12,  # EPC-96
    14: 2,  # SpecIndex
    15: 2,  # ClientRequestOpSpecResult
    16: 4,  # AccessSpecID
    17: 2,  # OpSpecID
    18: 4,  # C1G2SingulationDetails
    19: 2,  # C1G2XPCW1
    20: 2,  # C1G2XPCW2
}
"""Size of the value of each TV parameter (LLRP 1.1, section 17.2.7)."""


class ReportError(ValueError):
    """Bytes that are no LLRP parameter; the message is the reason under which they are counted."""


class Parameter(NamedTuple):
    """Where one parameter lies: its key, and its value's first byte and the byte after it.

    The key is the type number (plus 1024 where a TLV uses a number that belongs
    to a TV); for a vendor's own parameter it is what `custom_key` says.
    """

    key: int
    start: int
    end: int


def custom_key(vendor: int, subtype: int) -> int:
    """Return the key of a vendor's parameter, larger than that of any other."""
    return (vendor + 1) << 32 | subtype


def parameter_at(body: bytes, position: int, end: int) -> Parameter:
    """Return the parameter that starts at `position`. Raises ReportError.

    It does not look into the value, so nesting costs nothing.
    """
    if body[position] & 0x80:
        return _tv_at(body, position, end)
    return _tlv_at(body, position, end)


def _tv_at(body: bytes, position: int, end: int) -> Parameter:
    key = body[position] & 0x7F
    size = TV_SIZES.get(key)
    if size is None:
        raise ReportError("unknown_tv")
    if position + 1 + size > end:
        raise ReportError("cut_parameter")
    return Parameter(key, position + 1, position + 1 + size)


def _tlv_at(body: bytes, position: int, end: int) -> Parameter:
    if position + TLV_HEADER.size > end:
        raise ReportError("cut_parameter")
    key, length = TLV_HEADER.unpack_from(body, position)
    start, stop = position + TLV_HEADER.size, position + length
    if length < TLV_HEADER.size or stop > end:
        raise ReportError("parameter_length")
    key &= 0x3FF
    if key != CUSTOM:
        return Parameter(key if key > TV_TYPE_MAX else key + 1024, start, stop)
    if length < TLV_HEADER.size + CUSTOM_HEADER.size:
        raise ReportError("parameter_length")
    vendor, subtype = CUSTOM_HEADER.unpack_from(body, start)
    return Parameter(custom_key(vendor, subtype), start + CUSTOM_HEADER.size, stop)


def parameters(body: bytes, start: int = 0, end: int | None = None) -> list[Parameter]:
    """List the parameters of `body[start:end]`, one level deep. Raises ReportError."""
    stop = len(body) if end is None else end
    found: list[Parameter] = []
    while start < stop:
        parameter = parameter_at(body, start, stop)
        found.append(parameter)
        start = parameter.end
    return found


def tlv(parameter_type: int, *values: bytes) -> bytes:
    """Encode a TLV parameter."""
    value = b"".join(values)
    return TLV_HEADER.pack(parameter_type, TLV_HEADER.size + len(value)) + value


def custom(vendor: int, subtype: int, *values: bytes) -> bytes:
    """Encode a vendor's own parameter."""
    return tlv(CUSTOM, CUSTOM_HEADER.pack(vendor, subtype), *values)
