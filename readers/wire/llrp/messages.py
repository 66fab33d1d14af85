"""The LLRP messages that a gateway and a simulated reader exchange beside tag reports."""

import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

from readers.wire.llrp.parameters import VENDOR_IMPINJ, parameters, tlv
from readers.wire.llrp.refusals import Fault, decode_fault


class Message(IntEnum):
    """Message types (LLRP 1.1, table 7); a response is named after its request."""

    GET_READER_CAPABILITIES = 1
    GET_READER_CONFIG = 2
    SET_READER_CONFIG = 3
    CLOSE_CONNECTION_RESPONSE = 4
    GET_READER_CAPABILITIES_RESPONSE = 11
    GET_READER_CONFIG_RESPONSE = 12
    SET_READER_CONFIG_RESPONSE = 13
    CLOSE_CONNECTION = 14
    ADD_ROSPEC = 20
    DELETE_ROSPEC = 21
    START_ROSPEC = 22
    STOP_ROSPEC = 23
    ENABLE_ROSPEC = 24
    DISABLE_ROSPEC = 25
    GET_ROSPECS = 26
    ADD_ROSPEC_RESPONSE = 30
    DELETE_ROSPEC_RESPONSE = 31
    START_ROSPEC_RESPONSE = 32
    STOP_ROSPEC_RESPONSE = 33
    ENABLE_ROSPEC_RESPONSE = 34
    DISABLE_ROSPEC_RESPONSE = 35
    GET_ROSPECS_RESPONSE = 36
    ADD_ACCESSSPEC = 40
    DELETE_ACCESSSPEC = 41
    ENABLE_ACCESSSPEC = 42
    DISABLE_ACCESSSPEC = 43
    GET_ACCESSSPECS = 44
    ADD_ACCESSSPEC_RESPONSE = 50
    DELETE_ACCESSSPEC_RESPONSE = 51
    ENABLE_ACCESSSPEC_RESPONSE = 52
    DISABLE_ACCESSSPEC_RESPONSE = 53
    GET_ACCESSSPECS_RESPONSE = 54
    GET_REPORT = 60
    RO_ACCESS_REPORT = 61
    KEEPALIVE = 62
    READER_EVENT_NOTIFICATION = 63
    ENABLE_EVENTS_AND_REPORTS = 64
    KEEPALIVE_ACK = 72
    ERROR_MESSAGE = 100
    CUSTOM = 1023


UTC_TIMESTAMP = 128
UPTIME = 129
GPO_WRITE_DATA = 219
KEEPALIVE_SPEC = 220
ANTENNA_PROPERTIES = 221
GPI_PORT_CURRENT_STATE = 225
EVENTS_AND_REPORTS = 226
EVENT_DATA = 246
GPI_EVENT = 248
ROSPEC_EVENT = 249
REPORT_BUFFER_LEVEL_WARNING_EVENT = 250
REPORT_BUFFER_OVERFLOW_EVENT = 251
READER_EXCEPTION_EVENT = 252
ANTENNA_EVENT = 255
CONNECTION_ATTEMPT_EVENT = 256
CONNECTION_CLOSE_EVENT = 257
LLRP_STATUS = 287

IMPINJ_ENABLE_EXTENSIONS = 21
IMPINJ_ENABLE_EXTENSIONS_RESPONSE = 22
CUSTOM_MESSAGE_HEADER = struct.Struct("!IB")


class Connection(IntEnum):
    """What a reader says to a connection attempt."""

    ACCEPTED = 0
    READER_INITIATED_EXISTS = 1
    CLIENT_INITIATED_EXISTS = 2
    REFUSED = 3
    ANOTHER_ATTEMPTED = 4


class Code(IntEnum):
    """Status codes (LLRP 1.1, table 8), as far as we send or explain them."""

    SUCCESS = 0
    PARAMETER_ERROR = 100
    FIELD_ERROR = 101
    UNEXPECTED_PARAMETER = 102
    MISSING_PARAMETER = 103
    DUPLICATE_PARAMETER = 104
    OVERFLOW_PARAMETER = 105
    OVERFLOW_FIELD = 106
    UNKNOWN_PARAMETER = 107
    UNKNOWN_FIELD = 108
    UNSUPPORTED_MESSAGE = 109
    UNSUPPORTED_VERSION = 110
    UNSUPPORTED_PARAMETER = 111
    UNEXPECTED_MESSAGE = 112
    INVALID = 300
    OUT_OF_RANGE = 301
    DEVICE_ERROR = 401


_STATUS = struct.Struct("!HH")
_ANTENNA = struct.Struct("!BH")
_GPI = struct.Struct("!HB")
_ROSPEC = struct.Struct("!BII")
_HIGHEST_BIT = 0x80
STATES_MAX = 1_024
"""Antennas, and inputs, of one event, though readers send one a message; antennas of a reader."""


WORDS_CHARS_MAX = 200


def plain(words: str) -> str:
    """A reader's words, made fit for a log: printable, on one line, not endless."""
    return "".join(c if c.isprintable() else " " for c in words[:WORDS_CHARS_MAX]).strip()


class Status(NamedTuple):
    """An LLRPStatus: a code, what the reader says about it, and where it finds fault."""

    code: int
    text: str = ""
    fault: Fault | None = None

    def __str__(self) -> str:
        """All of it, as a person wants to read it."""
        words = _words(self.code)
        if self.text:
            words += f": {plain(self.text)}"
        if self.fault is not None:
            words += f"; {self.fault}: {_words(self.fault.code)}"
        return words


def _words(code: int) -> str:
    """The name of a status code."""
    known = _IN_PARAMETERS.get(code, code)
    name = Code(known).name.lower() if known in set(Code) else "status"
    return f"{name.replace('_', ' ')} ({code})"


_IN_PARAMETERS = {code + 100: code for code in range(100, 109)} | {209: Code.UNSUPPORTED_PARAMETER}
"""Codes of errors within a parameter, and those that say the same of a message."""


class RoSpecTurn(IntEnum):
    """What happened to an ROSpec (LLRP 1.1, 14.2.6.5)."""

    STARTED = 0
    ENDED = 1
    PREEMPTED = 2


class RoSpecNews(NamedTuple):
    """An ROSpec's turn, one of RoSpecTurn; `by` is the ROSpec that took its place, if any."""

    turn: int
    rospec_id: int
    by: int = 0


class Event(NamedTuple):
    """A READER_EVENT_NOTIFICATION; `utc_us` is the reader's clock when it happened.

    A reader without a calendar clock states `uptime_us`, the time since it started.
    `antennas` holds numbers and whether they are connected now, `gpis` the ports of
    general-purpose inputs and whether they are high now. `buffer_percent` warns that
    the reader's buffer fills.
    """

    utc_us: int | None = None
    connection: int | None = None
    antennas: tuple[tuple[int, bool], ...] = ()
    closing: bool = False
    overflow: bool = False
    exception: str | None = None
    gpis: tuple[tuple[int, bool], ...] = ()
    uptime_us: int | None = None
    buffer_percent: int | None = None
    rospec: RoSpecNews | None = None


def encode_status(status: Status) -> bytes:
    """Encode an LLRPStatus parameter; it is the whole body of most responses."""
    text = status.text.encode()
    return tlv(LLRP_STATUS, _STATUS.pack(status.code, len(text)), text)


def decode_status(body: bytes, start: int = 0) -> Status | None:
    """Return the LLRPStatus of a response; None where there is none. Raises ReportError."""
    for key, first, end in parameters(body, start):
        if key == LLRP_STATUS and end - first >= _STATUS.size:
            code, length = _STATUS.unpack_from(body, first)
            words = first + _STATUS.size
            text = body[words : min(words + length, end)].decode("utf-8", "replace")
            return Status(code, text, decode_fault(body, words + length, end))
    return None


def encode_event(event: Event) -> bytes:
    """Encode the body of a READER_EVENT_NOTIFICATION."""
    parts: list[bytes] = []
    if event.utc_us is not None:
        parts.append(tlv(UTC_TIMESTAMP, struct.pack("!Q", event.utc_us)))
    if event.uptime_us is not None:
        parts.append(tlv(UPTIME, struct.pack("!Q", event.uptime_us)))
    parts += _encoded_states(event)
    if event.buffer_percent is not None:
        parts.append(tlv(REPORT_BUFFER_LEVEL_WARNING_EVENT, bytes([event.buffer_percent])))
    if event.connection is not None:
        parts.append(tlv(CONNECTION_ATTEMPT_EVENT, struct.pack("!H", event.connection)))
    if event.overflow:
        parts.append(tlv(REPORT_BUFFER_OVERFLOW_EVENT))
    if event.exception is not None:
        words = event.exception.encode()
        parts.append(tlv(READER_EXCEPTION_EVENT, struct.pack("!H", len(words)), words))
    if event.closing:
        parts.append(tlv(CONNECTION_CLOSE_EVENT))
    return tlv(EVENT_DATA, *parts)


def _encoded_states(event: Event) -> list[bytes]:
    parts = [tlv(GPI_EVENT, _GPI.pack(port, high << 7)) for port, high in event.gpis]
    if event.rospec is not None:
        parts.append(tlv(ROSPEC_EVENT, _ROSPEC.pack(*event.rospec)))
    for antenna, connected in event.antennas:
        parts.append(tlv(ANTENNA_EVENT, _ANTENNA.pack(connected, antenna)))
    return parts


def decode_event(body: bytes) -> Event:
    """Decode the body of a READER_EVENT_NOTIFICATION. Raises ReportError."""
    event = Event()
    for data in parameters(body):
        if data.key == EVENT_DATA:
            for key, start, end in parameters(body, data.start, data.end):
                event = _with_part(event, key, body[start:end])
    return event


def _with_part(event: Event, key: int, value: bytes) -> Event:
    read = _EVENT_PARTS.get(key)
    return event if read is None else event._replace(**read(event, value))


def _utc(_event: Event, value: bytes) -> dict[str, Any]:
    return {"utc_us": int.from_bytes(value[:8], "big")}


def _uptime(_event: Event, value: bytes) -> dict[str, Any]:
    return {"uptime_us": int.from_bytes(value[:8], "big")}


def _gpi(event: Event, value: bytes) -> dict[str, Any]:
    if len(value) < _GPI.size or len(event.gpis) >= STATES_MAX:
        return {}
    port, flags = _GPI.unpack_from(value)
    return {"gpis": (*event.gpis, (port, bool(flags & _HIGHEST_BIT)))}


def _antenna(event: Event, value: bytes) -> dict[str, Any]:
    if len(value) < _ANTENNA.size or len(event.antennas) >= STATES_MAX:
        return {}
    connected, antenna = _ANTENNA.unpack_from(value)
    return {"antennas": (*event.antennas, (antenna, bool(connected)))}


def _rospec(_event: Event, value: bytes) -> dict[str, Any]:
    if len(value) < _ROSPEC.size:
        return {}
    return {"rospec": RoSpecNews(*_ROSPEC.unpack_from(value))}


def _exception(_event: Event, value: bytes) -> dict[str, Any]:
    length = int.from_bytes(value[:2], "big")
    return {"exception": value[2 : 2 + length].decode("utf-8", "replace")}


_EVENT_PARTS: dict[int, Callable[[Event, bytes], dict[str, Any]]] = {
    UTC_TIMESTAMP: _utc,
    UPTIME: _uptime,
    GPI_EVENT: _gpi,
    ROSPEC_EVENT: _rospec,
    REPORT_BUFFER_LEVEL_WARNING_EVENT: lambda _, value: {
        "buffer_percent": int.from_bytes(value[:1], "big"),
    },
    REPORT_BUFFER_OVERFLOW_EVENT: lambda _, _value: {"overflow": True},
    READER_EXCEPTION_EVENT: _exception,
    ANTENNA_EVENT: _antenna,
    CONNECTION_ATTEMPT_EVENT: lambda _, value: {"connection": int.from_bytes(value[:2], "big")},
    CONNECTION_CLOSE_EVENT: lambda _, _value: {"closing": True},
}


def is_impinj_message(body: bytes, subtype: int) -> bool:
    """Say whether the body of a CUSTOM message is Impinj's of that subtype."""
    head = CUSTOM_MESSAGE_HEADER.size
    return len(body) >= head and CUSTOM_MESSAGE_HEADER.unpack_from(body) == (VENDOR_IMPINJ, subtype)


def encode_impinj_message(subtype: int, *values: bytes) -> bytes:
    """Encode the body of one of Impinj's CUSTOM messages."""
    return CUSTOM_MESSAGE_HEADER.pack(VENDOR_IMPINJ, subtype) + b"".join(values)
