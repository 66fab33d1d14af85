"""The LLRP messages that a gateway and a simulated reader exchange beside tag reports."""

import struct
from enum import IntEnum
from typing import NamedTuple

from readers.wire.llrp.parameters import VENDOR_IMPINJ, parameters, tlv


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
KEEPALIVE_SPEC = 220
EVENT_DATA = 246
REPORT_BUFFER_OVERFLOW_EVENT = 251
READER_EXCEPTION_EVENT = 252
ANTENNA_EVENT = 255
CONNECTION_ATTEMPT_EVENT = 256
CONNECTION_CLOSE_EVENT = 257
LLRP_STATUS = 287
FIELD_ERROR = 288
PARAMETER_ERROR = 289

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


class Status(NamedTuple):
    """An LLRPStatus: a code, and what the reader says about it."""

    code: int
    text: str = ""

    def __str__(self) -> str:
        """Name and text, as a person wants to read it."""
        name = Code(self.code).name.lower() if self.code in set(Code) else "status"
        words = f"{name.replace('_', ' ')} ({self.code})"
        return f"{words}: {self.text}" if self.text else words


class Event(NamedTuple):
    """A READER_EVENT_NOTIFICATION; `utc_us` is the reader's clock when it happened."""

    utc_us: int | None = None
    connection: int | None = None
    antennas: tuple[tuple[int, bool], ...] = ()
    closing: bool = False
    overflow: bool = False
    exception: str | None = None


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
            detail = _error_detail(body, words + length, end)
            return Status(code, "; ".join(part for part in (text, detail) if part))
    return None


def _error_detail(body: bytes, start: int, end: int) -> str:
    parts: list[str] = []
    while start + 8 <= end:
        kind, length, number, code = struct.unpack_from("!HHHH", body, start)
        if kind == FIELD_ERROR:
            parts.append(f"field {number}: error {code}")
        if kind == PARAMETER_ERROR:
            parts.append(f"parameter {number}: error {code}")
        # The first eight bytes of a ParameterError are its own, what it holds follows.
        start += 8 if kind == PARAMETER_ERROR else max(length, 4)
    return ", ".join(parts)


def encode_event(event: Event) -> bytes:
    """Encode the body of a READER_EVENT_NOTIFICATION."""
    parts: list[bytes] = []
    if event.utc_us is not None:
        parts.append(tlv(UTC_TIMESTAMP, struct.pack("!Q", event.utc_us)))
    parts += [
        tlv(ANTENNA_EVENT, _ANTENNA.pack(connected, antenna))
        for antenna, connected in event.antennas
    ]
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


def decode_event(body: bytes) -> Event:
    """Decode the body of a READER_EVENT_NOTIFICATION. Raises ReportError."""
    event = Event()
    for data in parameters(body):
        if data.key == EVENT_DATA:
            for key, start, end in parameters(body, data.start, data.end):
                event = _with_part(event, key, body[start:end])
    return event


def _with_part(event: Event, key: int, value: bytes) -> Event:
    match key:
        case 128:
            event = event._replace(utc_us=int.from_bytes(value[:8], "big"))
        case 255 if len(value) >= _ANTENNA.size:
            connected, antenna = _ANTENNA.unpack_from(value)
            event = event._replace(antennas=(*event.antennas, (antenna, bool(connected))))
        case 256:
            event = event._replace(connection=int.from_bytes(value[:2], "big"))
        case 251:
            event = event._replace(overflow=True)
        case 252:
            length = int.from_bytes(value[:2], "big")
            event = event._replace(exception=value[2 : 2 + length].decode("utf-8", "replace"))
        case 257:
            event = event._replace(closing=True)
        case _:
            pass
    return event


def is_impinj_message(body: bytes, subtype: int) -> bool:
    """Say whether the body of a CUSTOM message is Impinj's of that subtype."""
    head = CUSTOM_MESSAGE_HEADER.size
    return len(body) >= head and CUSTOM_MESSAGE_HEADER.unpack_from(body) == (VENDOR_IMPINJ, subtype)


def encode_impinj_message(subtype: int, *values: bytes) -> bytes:
    """Encode the body of one of Impinj's CUSTOM messages."""
    return CUSTOM_MESSAGE_HEADER.pack(VENDOR_IMPINJ, subtype) + b"".join(values)
