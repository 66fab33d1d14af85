"""Lines out of a stream of bytes, for scanners and modules that speak text."""

import re

LINE_BYTES_MAX = 4096
UNMARKED_BYTES_MIN = 3
"""What silence ends is a line only from this length on: a drip of single bytes is none."""


class LineSplitter:
    """Cuts a stream into lines, however it is chopped; empty lines are left out.

    A line ends on CR, LF, `suffix`, or on a pause that the caller reports. Only lines that
    hold `prefix` count; what stands before it is noise. A suffix that ends in CR or LF is
    taken off where it is found. `bad` counts by reason what was thrown away.
    """

    def __init__(
        self,
        *,
        prefix: bytes = b"",
        suffix: bytes = b"",
        bytes_max: int = LINE_BYTES_MAX,
    ) -> None:
        self.bad: dict[str, int] = {}
        self.marked = bool(suffix)
        """Whether lines are known to have an end: then no pause completes one."""
        self._prefix = prefix
        self._tail = suffix.rstrip(b"\r\n")
        own_end = self._tail if self._tail and self._tail == suffix else b""
        marks = [re.escape(own_end)] * bool(own_end) + [rb"[\r\n]"]
        self._end = re.compile(b"|".join(marks))
        self._partial_bytes_max = max(len(own_end), 1) - 1
        self._bytes_max = bytes_max
        self._rest = b""
        self._dropping = False

    @property
    def waiting(self) -> int:
        """Bytes of an unfinished line; at least 1 while one that is too long goes on."""
        return max(len(self._rest), int(self._dropping))

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes in and return the lines that they complete."""
        *ended, self._rest = self._end.split(self._rest + data)
        lines = [line for piece in ended if (line := self._finished(piece))]
        self.marked = self.marked or bool(ended)
        if len(self._rest) - self._partial_bytes_max > self._bytes_max:
            self._dropping = True
        if self._dropping:
            # The end of the drop may have begun already.
            self._rest = self._rest[len(self._rest) - self._partial_bytes_max :]
        return lines

    def pause(self) -> list[bytes]:
        """Note that nothing came for a while: it ends a line where nothing else does.

        Where lines have marked ends the unfinished one is thrown away, as `half_line`.
        """
        rest, self._rest = self._rest, b""
        if self._dropping:
            self._dropping = False
            self._count("long_line")
            return []
        if not rest:
            return []
        if self.marked or len(rest) < UNMARKED_BYTES_MIN:
            self._count("half_line")
            return []
        line = self._finished(rest)
        return [line] if line else []

    def take_bad(self) -> dict[str, int]:
        """Return what was thrown away since the last call."""
        bad, self.bad = self.bad, {}
        return bad

    def _finished(self, piece: bytes) -> bytes:
        """The line itself, empty where there is none."""
        if self._dropping or len(piece) > self._bytes_max:
            self._dropping = False
            self._count("long_line")
            return b""
        if not self._prefix:
            return piece.removesuffix(self._tail)
        noise, prefix, line = piece.partition(self._prefix)
        if noise:
            self._count("noise")
        return line.removesuffix(self._tail) if prefix else b""

    def _count(self, reason: str) -> None:
        self.bad[reason] = self.bad.get(reason, 0) + 1
