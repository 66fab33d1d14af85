"""From a TCP stream to whole LLRP messages, with a bound on everything."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

HEADER = struct.Struct("!HII")
FRAME_BYTES_MAX = 1 << 20
VERSIONS = (1, 2, 3)
"""Protocol numbers of LLRP 1.0.1, 1.1 and 2.0."""


class FrameError(Exception):
    """The stream is not LLRP any more; where the next message starts is unknown."""


class Frame(NamedTuple):
    """One message without its header; `type` is the number of the message type."""

    type: int
    message_id: int
    body: bytes


class Framer:
    """Cuts a stream into messages; bytes of an unfinished one wait for the next chunk.

    It keeps at most one unfinished message of `frame_bytes_max` bytes, and each
    byte is copied a fixed number of times however small the chunks are.
    """

    def __init__(self, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self.completed = 0
        """Messages yielded so far."""
        self._frame_bytes_max = frame_bytes_max
        self._pending = bytearray()
        self._wanted = HEADER.size

    @property
    def waiting(self) -> int:
        """Bytes that wait for the rest of their message."""
        return len(self._pending)

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Yield each message that `chunk` completes; must be read to its end.

        Raises FrameError, after the good messages, when a header makes no sense.
        """
        if not self._pending:
            return self._cut(chunk)
        self._pending += chunk
        if len(self._pending) < self._wanted:
            return iter(())
        stream = bytes(self._pending)
        self._pending.clear()
        return self._cut(stream)

    def _cut(self, stream: bytes) -> Iterator[Frame]:
        position, end = 0, len(stream)
        self._wanted = HEADER.size
        while position + HEADER.size <= end:
            word, length, message_id = HEADER.unpack_from(stream, position)
            self._check(word, length)
            if position + length > end:
                self._wanted = length
                break
            body = stream[position + HEADER.size : position + length]
            position += length
            self.completed += 1
            yield Frame(word & 0x3FF, message_id, body)
        self._pending += stream[position:]

    def _check(self, word: int, length: int) -> None:
        if length < HEADER.size:
            raise FrameError(f"length {length} is shorter than the header ({HEADER.size})")
        if length > self._frame_bytes_max:
            raise FrameError(f"length {length} is over the limit of {self._frame_bytes_max}")
        version = word >> 10
        if version not in VERSIONS:
            raise FrameError(f"version {version} is none of {VERSIONS}")


def frame(message_type: int, message_id: int, body: bytes = b"", version: int = 1) -> bytes:
    """Put the header before `body`."""
    return HEADER.pack(version << 10 | message_type, HEADER.size + len(body), message_id) + body
