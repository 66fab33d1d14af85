"""Frames of the M100 family of UHF modules (M100, QM100, YRM100; R200 with other brackets).

    header, type, command, length (2, big-endian), parameters, sum, end

The sum is that of type to parameters, modulo 256. Header and end occur inside frames too, so
frames are found by their length.
"""

from binascii import crc_hqx
from enum import IntEnum
from typing import NamedTuple

PARAMETERS_MAX = 0xFF
"""Longer ones exist on no module of the family; a longer length is noise."""
OVERHEAD = 7
EPC_BYTES_MAX = 62
RSSI_DBM_MIN, RSSI_DBM_MAX = -120, 20
_PC_BYTES, _CRC_BYTES = 2, 2
_SHORTEST_TAG = 1 + _PC_BYTES + _CRC_BYTES


class Brackets(NamedTuple):
    """The first and the last byte of each frame."""

    header: int
    end: int


M100 = Brackets(0xBB, 0x7E)
R200 = Brackets(0xAA, 0xDD)


class Kind(IntEnum):
    """The type of a frame."""

    COMMAND = 0
    ANSWER = 1
    NOTICE = 2


class Command(IntEnum):
    """Commands of a gateway, and some of other programs; an answer repeats its request's."""

    INFO = 0x03
    SET_REGION = 0x07
    REGION = 0x08
    POLL = 0x22
    POLL_MANY = 0x27
    STOP = 0x28
    SET_POWER = 0xB6
    POWER = 0xB7
    SET_DEMODULATOR = 0xF0
    GET_DEMODULATOR = 0xF1
    FAILED = 0xFF


NO_TAG = 0x15
"""The error with which a poll ends that heard nothing: a sign of life."""


class Frame(NamedTuple):
    """One frame whose sum is right."""

    kind: int
    command: int
    parameters: bytes


class Tag(NamedTuple):
    """One tag as a module heard it; `rssi_dbm` None where the byte makes no sense."""

    epc: bytes
    rssi_dbm: int | None


class BadTagError(ValueError):
    """A notice that names no tag; `reason` is the word to count it by."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def frame(brackets: Brackets, kind: int, command: int, parameters: bytes = b"") -> bytes:
    """Build a frame of at most 255 bytes of parameters."""
    inside = bytes((kind, command)) + len(parameters).to_bytes(2, "big") + parameters
    return bytes((brackets.header, *inside, sum(inside) & 0xFF, brackets.end))


class Framer:
    """Cuts a stream into frames; after noise it finds the next good one.

    Nothing good is lost to noise before it: of a frame that proves wrong only the first
    byte is thrown away. Noise that looks like the head of a long frame is waited for:
    `settle` after a pause and `give_up` after a long one end that. `bad` counts runs of
    `noise` and frames with a wrong `checksum`.
    """

    def __init__(self, brackets: Brackets) -> None:
        self.bad: dict[str, int] = {}
        self._brackets = brackets
        self._buffer = bytearray()
        self._in_noise = False

    @property
    def waiting(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that `data` completes."""
        self._buffer += data
        return self._frames()

    def settle(self) -> list[Frame]:
        """After a pause: a whole frame behind one that is not complete proves that noise."""
        at = self._buffer.find(self._brackets.header, 1)
        while at > 0:
            size = int.from_bytes(self._buffer[at + 3 : at + 5], "big") + OVERHEAD
            if self._adds_up(bytes(self._buffer[at : at + size]), size):
                self._skip(at)
                return self._frames()
            at = self._buffer.find(self._brackets.header, at + 1)
        return []

    def give_up(self) -> list[Frame]:
        """Stop waiting for the rest of what began; return the frames that hid behind it."""
        found: list[Frame] = []
        while self._buffer:
            self._skip(1)
            found += self._frames()
        return found

    def _frames(self) -> list[Frame]:
        found: list[Frame] = []
        while True:
            self._skip_to_header()
            size = self._size()
            if size is None or len(self._buffer) < size:
                return found
            whole = bytes(self._buffer[:size])
            if size and self._is_sound(whole):
                del self._buffer[:size]
                self._in_noise = False
                found.append(Frame(whole[1], whole[2], whole[5:-2]))
            else:
                self._skip(1)

    def _skip_to_header(self) -> None:
        at = self._buffer.find(self._brackets.header)
        if at:
            self._skip(len(self._buffer) if at < 0 else at)

    def _size(self) -> int | None:
        """Size of the frame at the head, 0 where none can begin, None while it is not known."""
        head = self._buffer[1:5]
        if head[:1] and head[0] > Kind.NOTICE:
            return 0
        if head[2:3] and head[2]:
            return 0
        return head[3] + OVERHEAD if head[3:4] else None

    def _is_sound(self, whole: bytes) -> bool:
        if self._adds_up(whole, len(whole)):
            return True
        if whole[-1] == self._brackets.end:
            self._count("checksum")
        return False

    def _adds_up(self, whole: bytes, size: int) -> bool:
        is_whole = len(whole) == size and whole[-1] == self._brackets.end
        return is_whole and sum(whole[1:-2]) & 0xFF == whole[-2]

    def _skip(self, size: int) -> None:
        del self._buffer[:size]
        if size and not self._in_noise:
            self._in_noise = True
            self._count("noise")

    def _count(self, reason: str) -> None:
        self.bad[reason] = self.bad.get(reason, 0) + 1


def decode_tag(parameters: bytes) -> Tag:
    """Read a tag's notice: RSSI (signed dBm), PC, EPC, CRC. Raises BadTagError.

    The PC tells the length of the EPC in its upper five bits, and the CRC is the tag's own,
    so that it proves the EPC a second time. A PC of 0 says that there is no EPC, whatever
    stands behind it.
    """
    if len(parameters) < _SHORTEST_TAG:
        raise BadTagError("length")
    protocol_control = int.from_bytes(parameters[1:3], "big")
    size = 2 * (protocol_control >> 11)
    if not 0 < size <= len(parameters) - _SHORTEST_TAG:
        raise BadTagError("length")
    epc = parameters[3 : 3 + size]
    stated = int.from_bytes(parameters[3 + size : 5 + size], "big")
    if tag_crc(parameters[1 : 3 + size]) != stated:
        raise BadTagError("tag_crc")
    return Tag(epc, _rssi_dbm(parameters[0]))


def encode_tag(epc: bytes, rssi_dbm: int) -> bytes:
    """The parameters of a tag's notice, for an EPC of whole words."""
    told = (len(epc) // 2 << 11).to_bytes(2, "big") + epc
    return bytes((rssi_dbm & 0xFF,)) + told + tag_crc(told).to_bytes(2, "big")


def tag_crc(data: bytes) -> int:
    """The CRC of a Gen2 tag over PC and EPC: polynomial 1021, from FFFF, inverted."""
    return crc_hqx(data, 0xFFFF) ^ 0xFFFF


def _rssi_dbm(raw: int) -> int | None:
    signed = int.from_bytes(bytes((raw,)), "big", signed=True)
    return signed if RSSI_DBM_MIN <= signed <= RSSI_DBM_MAX else None
