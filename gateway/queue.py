"""What came in and is not in a group yet, in order."""

from collections import deque
from typing import NamedTuple

from gateway.entries import Entry, Observed, ReadGroup
from tags.reads import Read


class Cut(NamedTuple):
    """The first items of the queue as entries; `numbers` says where each that is no read stands.

    `last` is the number of the newest item that is among them.
    """

    entries: list[Entry]
    numbers: dict[int, int]
    last: int


class EntryQueue:
    """Reads and other entries; each has a number, counted from 1."""

    def __init__(self, source: str) -> None:
        self.last = 0
        """Number of the newest item that was put in."""
        self._source = source
        self._cut = 0
        self._items: deque[Entry | list[Read]] = deque()

    def __len__(self) -> int:
        """How many items wait."""
        return self.last - self._cut

    def put_reads(self, reads: list[Read]) -> int:
        """Add reads in order of arrival; the number of the last one."""
        if reads:
            self._items.append(reads)
            self.last += len(reads)
        return self.last

    def put(self, entry: Entry) -> int:
        """Add anything else; its number. What was observed counts as many."""
        self._items.append(entry)
        self.last += _size(entry)
        return self.last

    def cut(self, size: int, newest_seq: int) -> Cut:
        """Take at most `size` items; neighbouring reads become one group behind `newest_seq`."""
        entries: list[Entry] = []
        numbers: dict[int, int] = {}
        group: ReadGroup | None = None
        end = self._cut + size
        while self._items and self._cut < end:
            item = self._items.popleft()
            if isinstance(item, list):
                item = self._split(item, end - self._cut)
                if group is None:
                    newest_seq += 1
                    group = ReadGroup(self._source, newest_seq, [])
                    entries.append(group)
                group.reads.extend(item)
                self._cut += len(item)
            else:
                group = None
                self._cut += _size(item)
                numbers[self._cut] = len(entries)
                entries.append(item)
        return Cut(entries, numbers, self._cut)

    def _split(self, reads: list[Read], room: int) -> list[Read]:
        """The reads for which there is room; the rest goes back to the front."""
        if len(reads) <= room:
            return reads
        self._items.appendleft(reads[room:])
        return reads[:room]


def _size(entry: Entry) -> int:
    return max(1, len(entry)) if isinstance(entry, Observed) else 1
