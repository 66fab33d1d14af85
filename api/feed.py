"""The newest events of the stream, read, encoded and understood once for all who listen."""

import asyncio
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from itertools import islice
from typing import Any

import msgspec

from history.questions import Event

ReadEvents = Callable[[int, int], Awaitable[list[Event]]]

BATCH_EVENTS_MAX = 500
KEPT_EVENTS_MAX = 4096
_OLD_BATCHES_MAX = 4


class Frame:
    """One event: its number, its kind, and how it goes over the wire."""

    def __init__(self, event: Event) -> None:
        self.seq = event.seq
        self.kind = event.kind
        self.wire = f"id: {event.seq}\nevent: {event.kind}\ndata: {event.body}\n\n".encode()
        self._text = event.body

    @cached_property
    def body(self) -> dict[str, Any]:
        """What the event says; read when the first one asks."""
        return msgspec.json.decode(self._text, type=dict[str, Any])


class Feed:
    """Hands out frames by cursor: new ones from a bounded memory, older ones from the table.

    `read_events(after, limit)` reads the table in order of the commit sequence. What was read
    last from the table is kept for a moment: after a restart many resume at the same number.
    """

    def __init__(self, read_events: ReadEvents, start_seq: int) -> None:
        self._read_events = read_events
        self._frames: deque[Frame] = deque()
        self._old: OrderedDict[int, list[Frame]] = OrderedDict()
        self._lock = asyncio.Lock()
        self._kept_after = start_seq
        self._read_through = start_seq
        self._forgotten = 0
        """How often all was forgotten: what was being read meanwhile is of before."""

    def keeps(self, seq: int) -> bool:
        """Whether everything that follows `seq` is in memory."""
        return seq >= self._kept_after

    async def after(self, seq: int, newest: int) -> list[Frame]:
        """Return at most 500 frames that follow `seq`, where `newest` is known to be committed."""
        if not self.keeps(seq):
            return await self._from_table(seq)
        if newest > self._read_through:
            await self._read_up_to(newest)
        if not self.keeps(seq):
            return await self.after(seq, newest)
        start = bisect_right(self._frames, seq, key=lambda frame: frame.seq)
        return list(islice(self._frames, start, start + BATCH_EVENTS_MAX))

    def forget(self) -> None:
        """Read everything anew: events of the past have been rewritten."""
        self._forgotten += 1
        self._frames.clear()
        self._old.clear()
        self._kept_after = self._read_through

    async def _from_table(self, seq: int) -> list[Frame]:
        frames = self._old.get(seq)
        if frames is None:
            forgotten = self._forgotten
            frames = [Frame(event) for event in await self._read_events(seq, BATCH_EVENTS_MAX)]
            if forgotten != self._forgotten:
                return await self._from_table(seq)
            # More may follow one that is not full.
            if len(frames) == BATCH_EVENTS_MAX:
                self._old[seq] = frames
            while len(self._old) > _OLD_BATCHES_MAX:
                _ = self._old.popitem(last=False)
        return frames

    async def _read_up_to(self, newest: int) -> None:
        async with self._lock:
            while newest > self._read_through:
                forgotten = self._forgotten
                events = await self._read_events(self._read_through, BATCH_EVENTS_MAX)
                if forgotten != self._forgotten:
                    continue
                self._keep(Frame(event) for event in events)
                # More may have been committed since; what was read is not read again.
                last = events[-1].seq if events else 0
                full = len(events) == BATCH_EVENTS_MAX
                self._read_through = last if full else max(last, newest)

    def _keep(self, frames: Iterable[Frame]) -> None:
        self._frames.extend(frames)
        while len(self._frames) > KEPT_EVENTS_MAX:
            self._kept_after = self._frames.popleft().seq
