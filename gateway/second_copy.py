"""The newest groups of the journal once more, in files of their own.

A commit is on the disk when its sources are told so. But what was committed last lies at the end
of one file, the log of state.db, until SQLite moves it into the database; should that end be
destroyed, the groups would be gone. Here they are written a second time after each commit,
without waiting for the disk: what a killed process or a torn log loses is taken from here.
"""

import logging
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

NAMES = ("journal.1", "journal.2")
BYTES_MAX = 16 << 20
"""More than SQLite leaves in its log; when one file has as much, the other begins anew."""

_HEAD = struct.Struct("<4sQIII")
_MAGIC = b"TWJ1"

log = logging.getLogger("tagwarden.journal")


class Copied(NamedTuple):
    """A group: its position, the CRC-32 of the entries of the group before it, its entries."""

    position: int
    former_crc: int
    blob: bytes


class SecondCopy:
    """Two files by turns. A disk that takes nothing is passed over: the journal is the truth.

    `newest` are the entries of the newest group in the journal, on which others follow.
    """

    def __init__(self, folder: Path, newest: bytes) -> None:
        self._paths = [folder / name for name in NAMES]
        self._file: int | None = None
        self._crc = zlib.crc32(newest)

    def add(self, groups: Sequence[tuple[int, bytes]]) -> None:
        """Write groups, each a position and its entries, that were committed just now."""
        records = b"".join([self._record(*group) for group in groups])
        try:
            os.write(self._opened(), records)
        except OSError as error:
            log.debug("no second copy of the newest groups: %s", error)

    def behind(self, position: int) -> Iterator[tuple[int, bytes]]:
        """Give the groups that follow on the newest one, at this position, without a gap."""
        known = {each.position: each for path in self._by_age() for each in _records(path)}
        crc = self._crc
        while (copied := known.get(position := position + 1)) and copied.former_crc == crc:
            crc = zlib.crc32(copied.blob)
            yield position, copied.blob

    def forget(self) -> None:
        """Begin anew, for a journal without a group; what was in the files is overwritten."""
        self.close()
        for path in self._paths:
            if path.exists():
                with path.open("r+b") as file:
                    file.write(bytes(path.stat().st_size))
                    file.flush()
                    os.fsync(file.fileno())
                    file.truncate(0)
        self._crc = zlib.crc32(b"")

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _record(self, position: int, blob: bytes) -> bytes:
        former, self._crc = self._crc, zlib.crc32(blob)
        return _HEAD.pack(_MAGIC, position, former, len(blob), self._crc) + blob

    def _opened(self) -> int:
        if self._file is not None and os.fstat(self._file).st_size < BYTES_MAX:
            return self._file
        self.close()
        newest, other = reversed(self._by_age())
        begins = newest.exists() and newest.stat().st_size >= BYTES_MAX
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | (os.O_TRUNC if begins else 0)
        self._file = os.open(other if begins else newest, flags, 0o600)
        return self._file

    def _by_age(self) -> list[Path]:
        """The files, the one that was written last at the end."""
        return sorted(self._paths, key=lambda path: path.stat().st_mtime_ns if path.exists() else 0)


def _records(path: Path) -> Iterator[Copied]:
    """The groups in a file; one that is torn is passed over."""
    content = path.read_bytes() if path.exists() else b""
    at = content.find(_MAGIC)
    while 0 <= at <= len(content) - _HEAD.size:
        _, position, former_crc, size, crc = _HEAD.unpack_from(content, at)
        begin = at + _HEAD.size
        blob = content[begin : begin + size]
        whole = len(blob) == size and zlib.crc32(blob) == crc
        if whole:
            yield Copied(position, former_crc, blob)
        at = content.find(_MAGIC, begin + size if whole else at + 1)
