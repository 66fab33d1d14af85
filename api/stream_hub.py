"""One teller for all who listen to the stream: each event is filtered and encoded once.

Who has taken everything gets the next events with all others, at most ten times a second;
those who want and may see the same share the bytes. Who is behind (it resumes, or did not take
what it was told for a while) is brought up by another task, so that nobody waits for it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from time import monotonic
from typing import Any, NamedTuple

import anyio
import anyio.lowlevel
from prometheus_client import CollectorRegistry

from api.desk import Desk
from api.feed import BATCH_EVENTS_MAX, Feed, Frame
from api.followers import Follower, FollowerLimits, Followers, Recheck
from api.stream_filter import Wanted
from api.surroundings import Ask
from api.wire import Wire, chunk
from history.callers import Caller, Scope
from history.questions import Event, StateQuestions

BATCH_BYTES_MAX = 256 * 1024
WRITES_IN_A_ROW = 64
"""After so many writes others on the event loop have their turn."""
_PULSE_S = 1.0

Sees = Callable[[Scope, str, Mapping[str, Any]], bool]
"""Whether a scope holds an event, by its kind and body. Pure."""


class StreamLimits(NamedTuple):
    """How long and how many; the times are in seconds. `pause_s` lies between two writes."""

    heartbeat_s: float = 15.0
    send_timeout_s: float = 8.0
    recheck_s: float = 5.0
    pause_s: float = 0.1
    clients_max: int = 1000
    per_caller_max: int = 500


def reset_text(first: int) -> str:
    """Say that events are kept from `first` on, and no more what came before."""
    return f'id: {first - 1}\nevent: reset\ndata: {{"first":{first}}}\n\n'


class Batch:
    """Some frames for all who share a filter; nothing where none of them passed it."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.body = b"".join(frame.wire for frame in frames)

    @cached_property
    def chunk(self) -> bytes:
        """The body as HTTP/1.1 frames it."""
        return chunk(self.body)


class Listener(Follower):
    """One client of the stream. `cursor` is the number up to which it knows all."""

    def __init__(
        self, wire: Wire, caller: Caller, recheck: Recheck, wanted: Wanted, cursor: int
    ) -> None:
        super().__init__(wire, caller, recheck)
        self.wanted = wanted
        self.cursor = cursor
        self._wrote_s = monotonic()

    @property
    def audience(self) -> tuple[Wanted, Scope]:
        """What it has in common with those who share its bytes."""
        return self.wanted, self.caller.scope

    def take(self, batch: Batch, through: int) -> None:
        """Be told a batch, with which it knows all up to `through`."""
        self.cursor = through
        if batch.body:
            self._wrote_s = monotonic()
            self.wire.write(batch.chunk if self.wire.is_chunked else batch.body)

    def note(self, text: str) -> None:
        """Be told one thing that is for this client alone."""
        self._wrote_s = monotonic()
        body = text.encode()
        self.wire.write(chunk(body) if self.wire.is_chunked else body)

    def reset(self, first: int) -> None:
        """Be told that what came before `first` is not kept any more."""
        self.cursor = first - 1
        self.note(reset_text(first))

    def beat(self, now_s: float, after_s: float) -> None:
        """Hear how far it is, if nothing was written for so long."""
        if now_s - self._wrote_s >= after_s and self.is_ready:
            self.note(f": still here\nid: {self.cursor}\n\n")


class Streams(Followers[Listener]):
    """Everybody who listens now. `end_all` is for the moment when the gateway stops."""

    def __init__(  # noqa: PLR0913 -- it joins what the stream is made of
        self,
        desk: Desk,
        questions: StateQuestions,
        ask: Ask,
        metrics: CollectorRegistry,
        limits: StreamLimits,
        *,
        sees: Sees | None = None,
    ) -> None:
        those = FollowerLimits(
            limits.clients_max, limits.per_caller_max, limits.send_timeout_s, limits.recheck_s
        )
        super().__init__("stream", metrics, those)
        self.desk = desk
        self.questions = questions
        self.ask = ask
        self._stream_limits = limits
        self._sees = sees
        self._feed = Feed(self._read_events, 0)
        self._told = 0

    async def begin(self, after: int | None) -> tuple[int, str]:
        """Find the number from which a client goes on, and what it is told first.

        That is a `reset` where what the client asked for is not kept any more, or never was.
        """
        newest = await self.ask(self.questions.last_seq)
        if not self.is_telling:
            self._feed, self._told = Feed(self._read_events, newest), newest
        cursor = newest if after is None else after
        first = await self.first_seq()
        if first - 1 <= cursor <= newest:
            return cursor, f"id: {cursor}\n\n"
        return first - 1, reset_text(first)

    def forget(self) -> None:
        """Keep nothing in memory of events that were told: they have been rewritten."""
        self._feed.forget()

    async def first_seq(self) -> int:
        """Seq from which on every event is kept."""
        return await self.ask(self.questions.first_seq)

    async def _read_events(self, after: int, limit: int) -> list[Event]:
        return await self.ask(lambda: self.questions.events_after(after, limit))

    async def tell(self) -> None:
        """Tell all who listen what happens, for ever."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._bring_up)
            while True:
                newest = await self.desk.committed(self._told, _PULSE_S)
                await self._tell(newest)
                now_s = monotonic()
                for listener in self.all:
                    listener.beat(now_s, self._stream_limits.heartbeat_s)
                await anyio.sleep(self._stream_limits.pause_s)

    # Those who know all

    async def _tell(self, newest: int) -> None:
        """Tell the next events to all who know what came before."""
        start = self._told
        if newest <= start:
            return
        frames, end = await self._next(start, newest)
        self._told = end
        batches: dict[tuple[Wanted, Scope], Batch] = {}
        listening = [each for each in self.all if start <= each.cursor < end]
        for place, listener in enumerate(listening, start=1):
            if listener.cursor == start and listener.is_ready:
                batch = batches.get(listener.audience)
                if batch is None:
                    batch = batches[listener.audience] = self._batch(listener, frames)
                listener.take(batch, end)
            if place % WRITES_IN_A_ROW == 0:
                await anyio.lowlevel.checkpoint()

    async def _next(self, cursor: int, newest: int) -> tuple[list[Frame], int]:
        """Some frames behind a cursor, and the number up to which they are all there are."""
        frames = await self._feed.after(cursor, newest)
        full = len(frames) == BATCH_EVENTS_MAX
        size = 0
        for place, frame in enumerate(frames, start=1):
            size += len(frame.wire)
            if size > BATCH_BYTES_MAX and place < len(frames):
                return frames[:place], frame.seq
        last = frames[-1].seq if frames else cursor
        return frames, last if full else max(last, newest)

    def _batch(self, listener: Listener, frames: Sequence[Frame]) -> Batch:
        """Those of the frames that a listener wants and may see."""
        return Batch([frame for frame in frames if self._is_for(listener, frame)])

    def _is_for(self, listener: Listener, frame: Frame) -> bool:
        wanted, scope = listener.audience
        if not scope.is_everything and not self._may_see(scope, frame):
            return False
        return wanted.passes(frame, self.desk.group_of)

    def _may_see(self, scope: Scope, frame: Frame) -> bool:
        return self._sees is not None and self._sees(scope, frame.kind, frame.body)

    # Those who are behind

    async def _bring_up(self) -> None:
        """Tell those who are behind what they have missed, in turns."""
        while True:
            for listener in [each for each in self.all if each.cursor < self._told]:
                if listener.is_ready:
                    await self._bring_on(listener)
            await anyio.sleep(self._stream_limits.pause_s)

    async def _bring_on(self, listener: Listener) -> None:
        """One batch for one listener."""
        cursor, told = listener.cursor, self._told
        frames, end = await self._next(cursor, told)
        # What expired while a slow client was still before it must not go missing unsaid.
        first = 0 if self._feed.keeps(cursor) else await self.first_seq()
        if listener not in self.all or listener.cursor != cursor:
            return
        if cursor < first - 1:
            listener.reset(first)
            return
        listener.take(self._batch(listener, frames), end)
        listener.beat(monotonic(), _PULSE_S)
