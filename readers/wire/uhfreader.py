"""Frames of the UHFReader family of modules (UHFReader18, UHFReader288, Chafon CF-…).

    length of all that follows, address, command, [status in answers], data, CRC (2, low first)

There is no start byte: only a CRC that is right tells where a frame begins.
"""

from binascii import crc_hqx
from enum import IntEnum
from typing import NamedTuple

ANSWER_LENGTH_MIN = 5
COMMAND_LENGTH_MIN = 4
EPC_BYTES_MAX = 62
HEARTBEAT_BYTES = bytes.fromhex("560000000000")
"""What a module in push mode says while it hears no tag; 56 is a legal length too."""


class Command(IntEnum):
    """The commands that a gateway needs; an answer repeats that of its request."""

    ILLEGAL = 0x00
    INVENTORY = 0x01
    INFO = 0x21
    SET_ADDRESS = 0x24
    SET_SCAN_TIME = 0x25
    SET_POWER = 0x2F
    REPORT = 0xEE
    HEARTBEAT = 0x100
    """Ours, for HEARTBEAT_BYTES; it is never on the wire."""


class Status(IntEnum):
    """How a command ended."""

    OK = 0x00
    DONE = 0x01
    TIME_IS_UP = 0x02
    MORE_FOLLOWS = 0x03
    MEMORY_FULL = 0x04
    HEARTBEAT = 0x28
    ANTENNA_ERROR = 0xF8
    FAILED = 0xF9
    POOR_COMMUNICATION = 0xFA
    NO_TAG = 0xFB
    WRONG_LENGTH = 0xFD
    ILLEGAL = 0xFE
    WRONG_PARAMETER = 0xFF


HOLDS_TAGS = (Status.DONE, Status.TIME_IS_UP, Status.MORE_FOLLOWS, Status.MEMORY_FULL)
"""Answers to an inventory with these carry tags; all but MORE_FOLLOWS end it."""


class Answer(NamedTuple):
    """One answer or report whose CRC is right."""

    address: int
    command: int
    status: int
    data: bytes


HEARTBEAT = Answer(0, Command.HEARTBEAT, Status.OK, b"")


class Tag(NamedTuple):
    """One tag as a module heard it.

    `antennas` is a bit mask, bit 0 for antenna 1; a module that does not say has 1.
    `rssi` is a raw number that differs by model and is not in dBm; None where it is not said.
    """

    epc: bytes
    antennas: int = 1
    rssi: int | None = None


def command_frame(address: int, command: int, data: bytes = b"") -> bytes:
    """Build a request; `address` 255 means every module."""
    inside = bytes((len(data) + COMMAND_LENGTH_MIN, address, command)) + data
    return inside + crc16(inside).to_bytes(2, "little")


def answer_frame(answer: Answer) -> bytes:
    """Build an answer of at most 250 bytes of data."""
    length = len(answer.data) + ANSWER_LENGTH_MIN
    inside = bytes((length, answer.address, answer.command, answer.status)) + answer.data
    return inside + crc16(inside).to_bytes(2, "little")


_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc16(data: bytes) -> int:
    """CRC-16 with the reflected polynomial 8408, from FFFF: crc_hqx, seen in a mirror."""
    high, low = divmod(crc_hqx(data.translate(_REVERSED), 0xFFFF), 256)
    return _REVERSED[low] << 8 | _REVERSED[high]


class Framer:
    """Cuts a stream into frames; after noise it finds the next good one.

    Of bytes that prove to be no frame only the first is thrown away. A stray byte can claim
    to be the length of up to 255: `settle` after a pause and `give_up` after a long one end
    the wait for them. `bad` counts runs of `noise`.
    """

    def __init__(self, length_min: int = ANSWER_LENGTH_MIN) -> None:
        self.bad: dict[str, int] = {}
        self._length_min = length_min
        self._buffer = bytearray()
        self._in_noise = False

    @property
    def waiting(self) -> int:
        """Bytes of a frame that is not complete yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that `data` completes, length and CRC included."""
        self._buffer += data
        return self._frames()

    def settle(self) -> list[bytes]:
        """After a pause: a whole frame behind one that is not complete proves that noise."""
        for at in range(1, len(self._buffer)):
            size = self._buffer[at] + 1
            if size > self._length_min and _is_sound(bytes(self._buffer[at : at + size]), size):
                self._skip(at)
                return self._frames()
        return []

    def give_up(self) -> list[bytes]:
        """Stop waiting for the rest of what began; return the frames that hid behind it."""
        found: list[bytes] = []
        while self._buffer:
            self._skip(1)
            found += self._frames()
        return found

    def _frames(self) -> list[bytes]:
        found: list[bytes] = []
        while self._buffer:
            size = self._buffer[0] + 1
            if size <= self._length_min:
                self._skip(1)
                continue
            if self._buffer.startswith(HEARTBEAT_BYTES):
                size = len(HEARTBEAT_BYTES)
            elif len(self._buffer) < size:
                break
            whole = bytes(self._buffer[:size])
            if whole == HEARTBEAT_BYTES or _is_sound(whole, size):
                found.append(whole)
                del self._buffer[:size]
                self._in_noise = False
            else:
                self._skip(1)
        return found

    def _skip(self, size: int) -> None:
        del self._buffer[:size]
        if not self._in_noise:
            self._in_noise = True
            self.bad["noise"] = self.bad.get("noise", 0) + 1


def _is_sound(whole: bytes, size: int) -> bool:
    return len(whole) == size and crc16(whole[:-2]) == int.from_bytes(whole[-2:], "little")


def answer_of(whole: bytes) -> Answer:
    """Take a frame of `Framer` apart."""
    if whole == HEARTBEAT_BYTES:
        return HEARTBEAT
    answer = Answer(whole[1], whole[2], whole[3], whole[4:-2])
    is_heartbeat = (answer.command, answer.status) == (Command.REPORT, Status.HEARTBEAT)
    return answer._replace(command=Command.HEARTBEAT) if is_heartbeat else answer


def inventory_18(data: bytes, bad: dict[str, int]) -> list[Tag]:
    """Tags of an answer of model 18: how many, then a length and an EPC for each.

    It says neither antenna nor RSSI. What is cut off is counted in `bad`.
    """
    if not data:
        return []
    return _tags(data[0], data[1:], 0, 1, bad)


def inventory_288(data: bytes, bad: dict[str, int]) -> list[Tag]:
    """Tags of an answer of model 288: antenna, how many, then length, EPC and RSSI for each."""
    if not data:
        return []
    if len(data) < 2:  # noqa: PLR2004 -- antenna and number
        bad["length"] = bad.get("length", 0) + 1
        return []
    if data[1] and not data[0]:
        bad["antenna"] = bad.get("antenna", 0) + 1
        return []
    return _tags(data[1], data[2:], 1, data[0], bad)


def pushed_bare(data: bytes, bad: dict[str, int]) -> list[Tag]:
    """The tag of a report that is nothing but its EPC; zeros at the end belong to it."""
    if not 0 < len(data) <= EPC_BYTES_MAX:
        bad["length"] = bad.get("length", 0) + 1
        return []
    return [Tag(data)]


def pushed_antenna(data: bytes, bad: dict[str, int]) -> list[Tag]:
    """The tag of a report of antenna, length, EPC and RSSI."""
    return inventory_288((data[:1] or b"\x01") + b"\x01" + data[1:], bad)


def _tags(number: int, data: bytes, trailer: int, antennas: int, bad: dict[str, int]) -> list[Tag]:
    tags: list[Tag] = []
    at = 0
    for _ in range(number):
        size = data[at] if at < len(data) else 0
        end = at + 1 + size
        if not 0 < size <= EPC_BYTES_MAX or end + trailer > len(data):
            bad["length"] = bad.get("length", 0) + 1
            break
        tags.append(Tag(data[at + 1 : end], antennas, data[end] if trailer else None))
        at = end + trailer
    return tags


def encode_tags(tags: list[Tag], *, with_rssi: bool) -> bytes:
    """How many, then length, EPC and, where asked for, RSSI of each."""
    return bytes((len(tags),)) + b"".join(
        bytes((len(tag.epc),)) + tag.epc + (bytes(((tag.rssi or 0) & 0xFF,)) if with_rssi else b"")
        for tag in tags
    )


def antennas_of(mask: int) -> list[int]:
    """The numbers of the antennas in a bit mask: 04 is antenna 3."""
    return [bit + 1 for bit in range(8) if mask >> bit & 1]
