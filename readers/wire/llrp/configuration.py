"""How a reader is set: antennas, inputs, outputs, keepalives, and whether it keeps reports."""

import struct
from typing import NamedTuple

from readers.wire.llrp.messages import (
    ANTENNA_PROPERTIES,
    EVENTS_AND_REPORTS,
    GPI_PORT_CURRENT_STATE,
    GPO_WRITE_DATA,
    KEEPALIVE_SPEC,
)
from readers.wire.llrp.parameters import Parameter, parameters, tlv

EVENT_NOTIFICATION_SPEC = 244
EVENT_NOTIFICATION_STATE = 245
ANTENNA_CONFIGURATION = 222
RF_TRANSMITTER = 224

GPI_CHANGED, ROSPEC_CHANGED, BUFFER_FILLING, READER_EXCEPTION, ANTENNA_CHANGED = 1, 2, 3, 4, 8
"""Event types that a client can ask for (LLRP 1.1, 14.2.5.2), as far as we do."""

_ANTENNA = struct.Struct("!BHh")
_TRANSMITTER = struct.Struct("!HHH")
_GPI = struct.Struct("!HBB")
_GPO = struct.Struct("!HB")
_KEEPALIVE = struct.Struct("!BI")
_HIGHEST_BIT = 0x80
_GPI_LEVELS = {0: False, 1: True}


class Transmitter(NamedTuple):
    """Which frequencies and power an antenna uses: indices into the reader's own tables."""

    hop_table: int = 1
    channel: int = 0
    power: int = 1


class Configuration(NamedTuple):
    """What a GET_READER_CONFIG_RESPONSE says; what it leaves out is empty or None.

    `antennas` tells which ones are connected, `transmitters` how each is set, `gpis`
    the inputs that are high (None: the reader does not know), `gpos` the outputs that
    are on. `holds_reports` is HoldEventsAndReportsUponReconnect.
    """

    antennas: dict[int, bool] = {}  # noqa: RUF012 -- a NamedTuple; nobody writes into it
    transmitters: dict[int, Transmitter] = {}  # noqa: RUF012 -- the same
    gpis: dict[int, bool | None] = {}  # noqa: RUF012 -- the same
    gpos: dict[int, bool] = {}  # noqa: RUF012 -- the same
    keepalive_ms: int | None = None
    holds_reports: bool | None = None


def decode_configuration(body: bytes, start: int = 0) -> Configuration:
    """Decode the parameters of a GET_READER_CONFIG_RESPONSE. Raises ReportError.

    Those of a SET_READER_CONFIG have the same form, `start` is 1 there. Parameters that
    are unknown, or too short for what they should hold, are passed over.
    """
    found = Configuration({}, {}, {}, {})
    for part in parameters(body, start):
        found = _with_part(found, body, part)
    return found


def _with_part(found: Configuration, body: bytes, part: Parameter) -> Configuration:
    size = part.end - part.start
    if size < _SIZES.get(part.key, 0):
        return found
    match part.key:
        case 221:
            flags, antenna, _gain = _ANTENNA.unpack_from(body, part.start)
            found.antennas[antenna] = bool(flags & _HIGHEST_BIT)
        case 222:
            _add_transmitter(found, body, part)
        case 225:
            port, _flags, level = _GPI.unpack_from(body, part.start)
            found.gpis[port] = _GPI_LEVELS.get(level)
        case 219:
            port, flags = _GPO.unpack_from(body, part.start)
            found.gpos[port] = bool(flags & _HIGHEST_BIT)
        case 220:
            kind, period_ms = _KEEPALIVE.unpack_from(body, part.start)
            return found._replace(keepalive_ms=period_ms if kind else 0)
        case 226:
            return found._replace(holds_reports=bool(body[part.start] & _HIGHEST_BIT))
        case _:
            pass
    return found


_SIZES = {
    ANTENNA_PROPERTIES: _ANTENNA.size,
    ANTENNA_CONFIGURATION: 2,
    GPI_PORT_CURRENT_STATE: _GPI.size,
    GPO_WRITE_DATA: _GPO.size,
    KEEPALIVE_SPEC: _KEEPALIVE.size,
    EVENTS_AND_REPORTS: 1,
}


def _add_transmitter(found: Configuration, body: bytes, part: Parameter) -> None:
    antenna = int.from_bytes(body[part.start : part.start + 2], "big")
    for inner in parameters(body, part.start + 2, part.end):
        if inner.key == RF_TRANSMITTER and inner.end - inner.start >= _TRANSMITTER.size:
            numbers = _TRANSMITTER.unpack_from(body, inner.start)
            found.transmitters[antenna] = Transmitter(*numbers)


def antenna_properties(antenna: int, *, connected: bool) -> bytes:
    """Encode AntennaProperties, with no gain stated."""
    return tlv(ANTENNA_PROPERTIES, _ANTENNA.pack(connected << 7, antenna, 0))


def gpi_port(port: int, *, enabled: bool, level: int = 2) -> bytes:
    """Encode GPIPortCurrentState: whether it is reported, and 0 low, 1 high, 2 unknown."""
    return tlv(GPI_PORT_CURRENT_STATE, _GPI.pack(port, enabled << 7, level))


def gpo_write_data(port: int, *, on: bool) -> bytes:
    """Encode GPOWriteData."""
    return tlv(GPO_WRITE_DATA, _GPO.pack(port, on << 7))


def keepalive_spec(period_ms: int) -> bytes:
    """Encode KeepaliveSpec; 0 asks for none."""
    return tlv(KEEPALIVE_SPEC, _KEEPALIVE.pack(period_ms > 0, period_ms))


def events_and_reports(*, hold: bool) -> bytes:
    """Encode EventsAndReports: whether the reader keeps them when a client comes back."""
    return tlv(EVENTS_AND_REPORTS, bytes([hold << 7]))


def event_notification_spec(events: dict[int, bool]) -> bytes:
    """Encode ReaderEventNotificationSpec: which event types are wanted and which are not."""
    states = (
        tlv(EVENT_NOTIFICATION_STATE, struct.pack("!HB", kind, wanted << 7))
        for kind, wanted in events.items()
    )
    return tlv(EVENT_NOTIFICATION_SPEC, *states)


def encode_set_configuration(*parts: bytes) -> bytes:
    """Encode the body of a SET_READER_CONFIG; nothing is reset to factory defaults."""
    return b"\x00" + b"".join(parts)
