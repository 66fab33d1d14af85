"""What a reader can do and how it is set: the two large answers of a session's start."""

import struct
from typing import NamedTuple

from readers.wire.llrp.messages import Status, encode_status
from readers.wire.llrp.parameters import VENDOR_IMPINJ, parameters, tlv

GENERAL_DEVICE = 137
MODEL_SIMULATED = 2001002
_HAS_UTC_CLOCK = 0x4000


class Mode(NamedTuple):
    """One row of the table of air-interface modes; times in nanoseconds."""

    identifier: int
    bit_rate_bps: int = 40_000
    tari_min_ns: int = 12_500
    tari_max_ns: int = 23_000


_POWERS_DBM = tuple(10 + step / 2 for step in range(43))


class Capabilities(NamedTuple):
    """What the simulated reader claims: antennas 1 to n, powers in dBm, modes.

    `vendor` is the maker's private enterprise number. Without `utc` the reader
    has no calendar and counts microseconds since it was switched on.
    """

    antennas: int = 4
    powers_dbm: tuple[float, ...] = _POWERS_DBM
    modes: tuple[Mode, ...] = (Mode(0), Mode(1), Mode(2), Mode(3), Mode(1000))
    firmware: str = "5.14.0.240"
    vendor: int = VENDOR_IMPINJ
    model: int = MODEL_SIMULATED
    gpis: int = 4
    gpos: int = 4
    rospecs_max: int = 8
    utc: bool = True


class SetUp(NamedTuple):
    """How the simulated reader is set, beside its antennas; ports and event types by number."""

    keepalive_ms: int = 0
    hold: bool = False
    outputs: tuple[tuple[int, bool], ...] = ()
    inputs: tuple[tuple[int, bool, bool], ...] = ()
    """Port, whether its changes are reported, and whether it is high."""
    events: tuple[tuple[int, bool], ...] = ()


def encode_capabilities(capabilities: Capabilities) -> bytes:
    """Encode the body of a GET_READER_CAPABILITIES_RESPONSE."""
    return b"".join(
        (
            encode_status(Status(0)),
            _general(capabilities),
            tlv(
                142,
                struct.pack("!BBHIIIII", 0x48, 1, 0, capabilities.rospecs_max, 32, 1, 1508, 8),
            ),
            tlv(143, struct.pack("!HH", 276, 2), _uhf_band(capabilities)),
            tlv(327, struct.pack("!BH", 0x20, 2)),
        ),
    )


def _general(capabilities: Capabilities) -> bytes:
    firmware = capabilities.firmware.encode()
    flags = _HAS_UTC_CLOCK if capabilities.utc else 0
    made_by = (capabilities.vendor, capabilities.model, len(firmware))
    return tlv(
        GENERAL_DEVICE,
        struct.pack("!HHIIH", capabilities.antennas, flags, *made_by),
        firmware,
        tlv(139, struct.pack("!HH", 1, 0)),
        tlv(141, struct.pack("!HH", capabilities.gpis, capabilities.gpos)),
        *(tlv(140, struct.pack("!HHB", n + 1, 1, 1)) for n in range(capabilities.antennas)),
    )


def _uhf_band(capabilities: Capabilities) -> bytes:
    powers = (
        tlv(145, struct.pack("!Hh", index, round(dbm * 100)))
        for index, dbm in enumerate(capabilities.powers_dbm, 1)
    )
    frequencies = tlv(146, b"\x00", tlv(148, struct.pack("!HIIII", 4, *_ETSI_KHZ)))
    return tlv(144, *powers, frequencies, tlv(328, *map(_mode, capabilities.modes)))


_ETSI_KHZ = (865_700, 866_300, 866_900, 867_500)


def _mode(mode: Mode) -> bytes:
    fixed = (mode.identifier, 0x80, 2, 1, 2, mode.bit_rate_bps, 1500)
    return tlv(329, struct.pack("!IBBBBIIIII", *fixed, mode.tari_min_ns, mode.tari_max_ns, 2100))


def encode_config(antennas_connected: dict[int, bool], set_up: SetUp) -> bytes:
    """Encode the body of a GET_READER_CONFIG_RESPONSE."""
    return b"".join(
        (
            encode_status(Status(0)),
            tlv(218, struct.pack("!BH", 0, 8), bytes.fromhex("001625ffff000001")),
            *(
                tlv(221, struct.pack("!BHh", connected << 7, antenna, 0))
                for antenna, connected in antennas_connected.items()
            ),
            *map(_antenna_configuration, antennas_connected),
            tlv(244, *(tlv(245, struct.pack("!HB", kind, on << 7)) for kind, on in set_up.events)),
            tlv(237, struct.pack("!BH", 2, 1), tlv(238, struct.pack("!H", 0x1600))),
            tlv(239, b"\x01"),
            tlv(217, struct.pack("!I", 1)),
            tlv(220, struct.pack("!BI", set_up.keepalive_ms > 0, set_up.keepalive_ms)),
            *(
                tlv(225, struct.pack("!HBB", port, reported << 7, high))
                for port, reported, high in set_up.inputs
            ),
            *(tlv(219, struct.pack("!HB", port, high << 7)) for port, high in set_up.outputs),
            tlv(226, bytes([set_up.hold << 7])),
        ),
    )


def _antenna_configuration(antenna: int) -> bytes:
    inventory = (
        tlv(335, struct.pack("!HH", 1000, 0)),
        tlv(336, struct.pack("!BHI", 0x40, 32, 0)),
    )
    return tlv(
        222,
        struct.pack("!H", antenna),
        tlv(223, struct.pack("!H", 1)),
        tlv(224, struct.pack("!HHH", 1, 0, 1)),
        tlv(330, b"\x00", *inventory),
    )


def antennas_max(body: bytes) -> int | None:
    """Return how many antennas a GET_READER_CAPABILITIES_RESPONSE speaks of."""
    for key, start, _end in parameters(body):
        if key == GENERAL_DEVICE:
            return int.from_bytes(body[start : start + 2], "big")
    return None
