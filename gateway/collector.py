"""The collector: what comes in from everywhere, in one order, group by group to the station.

A group is cut at 1,000 reads or after 20 ms, whichever is first. The station
runs in the one writer thread; while it is busy the next group fills. Sources
are acknowledged, and changes answered, once their group is committed.
"""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from delivery.worker import wait_for
from gateway.entries import (
    GROUP_READS,
    Change,
    Entry,
    GatewayStarted,
    Observed,
    ReadGroup,
    SiteChanged,
    Tick,
    arrival_of,
)
from gateway.journal import Group, SqliteJournal
from gateway.limits import LimitsSettings
from gateway.queue import Cut, EntryQueue
from gateway.station import Result, Station
from inventory.changes import DONE, Outcome
from tags.reads import Read
from tags.times import SECOND_NS

GROUP_S = 0.020
TICK_S = 0.250
RETRY_S = 0.250
DEGRADED_AFTER_S = 2.0
SOURCE = "local"
GAP_NS = 5 * SECOND_NS
"""Ticks come four times a second; after a gap like this the gateway has missed something."""

T = TypeVar("T")
log = logging.getLogger("tagwarden")


class _Waiting(NamedTuple):
    """Who waits for a group to be committed."""

    position: int
    acknowledge: tuple[Callable[[], None], ...]
    answers: tuple[tuple["asyncio.Future[Outcome]", Outcome], ...]


class Collector:
    """Entries in, in order; `on_commit` is called after each commit that decided something."""

    def __init__(
        self,
        station: Station,
        journal: SqliteJournal,
        clock: Callable[[], int],
        limits: LimitsSettings,
        on_commit: Callable[[list[Group]], None] = lambda _groups: None,
    ) -> None:
        self.station = station
        self.reads_committed = 0
        self.observed_committed = 0
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._on_commit = on_commit
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._queue = EntryQueue(SOURCE)
        self._acknowledge: list[tuple[int, Callable[[], None]]] = []
        self.restate: Callable[[], list[Entry]] = list
        self._answers: list[tuple[int, asyncio.Future[Outcome]]] = []
        self._waiting: deque[_Waiting] = deque()
        self._turn = asyncio.Lock()
        self._work = asyncio.Event()
        self._enough = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._committed = asyncio.Event()
        self._fault_since_s: float | None = None
        self._ending = False

    @property
    def reads_waiting(self) -> int:
        """Reads that no group holds yet."""
        return len(self._queue)

    @property
    def degraded(self) -> str | None:
        """Why nothing has been committed for a while; None if all is well."""
        fault = self.station.fault
        if fault is None or self._fault_since_s is None:
            return None
        lasted_s = asyncio.get_running_loop().time() - self._fault_since_s
        return fault if lasted_s >= DEGRADED_AFTER_S else None

    async def put_reads(
        self,
        reads: list[Read],
        acknowledge: Callable[[], None] | None = None,
        observed: Observed | None = None,
    ) -> None:
        """Take reads in, in order of arrival; waits while too many wait already.

        `acknowledge` is called once they and what was observed with them are committed.
        """
        await self._room.wait()
        last = self._queue.put_reads(reads)
        if observed is not None:
            last = self._queue.put(observed)
        if acknowledge is not None:
            self._acknowledge.append((last, acknowledge))
        self._note_pending()

    async def submit(self, change: Change) -> Outcome:
        """Take a change in; returns once it is committed or refused."""
        return await self.hand_in(change)

    def hand_in(self, change: Change | SiteChanged) -> asyncio.Future[Outcome]:
        """Take a change in; what is returned is done once it is committed or refused."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._answers.append((self._queue.put(change), answer))
        self._enough.set()
        self._note_pending()
        return answer

    def put(self, entry: Entry) -> None:
        """Take in what nobody waits for: health, clock offsets, a start, a site file."""
        self._queue.put(entry)
        self._note_pending()

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run other work on `state.db` in the writer thread, as one transaction."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._journal.transact, work)

    async def exclusively(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run work between two groups: nothing is decided meanwhile, what comes in waits."""
        async with self._turn:
            return await work()

    async def in_writer(self, work: Callable[[], T]) -> T:
        """Run other work in the writer thread."""
        return await self._in_writer(work)

    async def committed(self, after_seq: int, timeout_s: float) -> int:
        """Wait until something newer than `after_seq` is committed; the newest seq."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.station.committed_seq <= after_seq:
                    await self._committed.wait()
        except TimeoutError:
            pass
        return self.station.committed_seq

    async def run(self) -> None:
        """Cut and process groups until `end` is called.

        Cancelling it instead may leave a group with the writer thread that nobody waits for.
        """
        while not self._ending:
            await self.step()

    def end(self) -> None:
        """Let `run` return after the group at hand; what comes in later is for `drain`."""
        self._ending = True
        self._work.set()
        self._enough.set()

    async def step(self) -> None:
        """One group, or one tick when nothing came."""
        cut = await self._next_group()
        async with self._turn:
            await self._process(cut)

    async def _process(self, cut: Cut) -> None:
        bridge = self._bridge(cut.entries)
        entries = bridge + cut.entries
        if any(isinstance(entry, SiteChanged) for entry in entries):
            # Reading a site file takes a while, in which the loop has other things to do.
            result = await self._in_writer(self.station.decide, entries)
        else:
            result = self.station.decide(entries)
        self._note_decided(result, cut, len(bridge))
        self._pass_the_instant()
        self._release(await self._in_writer(self.station.commit))
        while self.station.full and not self._ending:
            await asyncio.sleep(RETRY_S)
            self._release(await self._in_writer(self.station.commit))
        if self.station.checkpoint_due():
            await self._in_writer(self.station.checkpoint)

    def _pass_the_instant(self) -> None:
        """Let what was read at an exit decide now, if nothing waits that came at that instant."""
        if not self._queue and any(each.state.at_exit for each in self.station.pipeline.locates):
            self.station.decide([Tick(self._clock())])

    async def drain(self) -> None:
        """Process all that waits and leave a checkpoint behind; a disk that refuses is said."""
        self.end()
        while self._queue or self._acknowledge:
            await self.step()
        await self._in_writer(self.station.checkpoint)
        if self.station.fault is not None:
            lost = self.station.reads_uncommitted
            log.error("stopped with %d reads not committed: %s", lost, self.station.fault)

    def close(self) -> None:
        """End the writer thread."""
        self._writer.shutdown()

    def _note_pending(self) -> None:
        if len(self._queue) >= GROUP_READS:
            self._enough.set()
        if len(self._queue) >= self._limits.reads_waiting_max:
            self._room.clear()
        self._work.set()

    async def _next_group(self) -> Cut:
        """What is to be processed next: a group, or a tick when nothing came."""
        if not self._queue and not self._acknowledge:
            await wait_for(self._work, TICK_S)
        if not self._queue and not self._acknowledge:
            return Cut([Tick(self._clock())], {}, self._queue.last)
        await wait_for(self._enough, GROUP_S)
        cut = self._queue.cut(GROUP_READS, self.station.pipeline.state.sources.get(SOURCE, 0))
        self._set_events()
        return cut

    def _set_events(self) -> None:
        waiting = len(self._queue)
        if waiting < self._limits.reads_waiting_max:
            self._room.set()
        if not self._ending and waiting < GROUP_READS:
            self._enough.clear()
        if not waiting:
            self._work.clear()

    def _bridge(self, entries: list[Entry]) -> list[Entry]:
        """Time in which nothing was taken in is none in which readers heard nothing.

        The machine slept, the clock was set forward, or the disk held everything up.
        """
        last_ns = self.station.pipeline.state.now_ns
        if not entries or not last_ns or isinstance(entries[0], GatewayStarted):
            return []
        first = entries[0]
        first_ns = first.reads[0].arrival_ns if isinstance(first, ReadGroup) else arrival_of(first)
        if first_ns - last_ns < GAP_NS:
            return []
        return [GatewayStarted(first_ns, last_ns), *self.restate()]

    async def _in_writer(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work, *arguments)

    def _note_decided(self, result: Result, cut: Cut, shift: int) -> None:
        """Who is to be told once what was decided is committed."""
        acknowledge, self._acknowledge = _split(self._acknowledge, cut.last)
        answers, self._answers = _split(self._answers, cut.last)
        if not acknowledge and not answers:
            return
        position = self.station.position if result.position is None else result.position
        told = tuple(
            (answer, result.outcomes.get(cut.numbers[number] + shift, DONE))
            for number, answer in answers
        )
        self._waiting.append(_Waiting(position, tuple(call for _, call in acknowledge), told))

    def _release(self, committed: list[Group]) -> None:
        """Answer everybody whose group is committed."""
        if self.station.fault is None:
            self._fault_since_s = None
        elif self._fault_since_s is None:
            self._fault_since_s = asyncio.get_running_loop().time()
        while self._waiting and self._waiting[0].position <= self.station.committed_position:
            waiting = self._waiting.popleft()
            for call in waiting.acknowledge:
                call()
            for answer, outcome in waiting.answers:
                if not answer.done():
                    answer.set_result(outcome)
        if committed:
            self.reads_committed += sum(group.reads for group in committed)
            self.observed_committed += sum(map(_observed_in, committed))
            self._committed.set()
            self._committed.clear()
            self._on_commit(committed)


def _split(
    waiting: list[tuple[int, T]], last: int
) -> tuple[list[tuple[int, T]], list[tuple[int, T]]]:
    """Those who wait for items up to `last`, and the others."""
    now = [each for each in waiting if each[0] <= last]
    return now, waiting[len(now) :]


def _observed_in(group: Group) -> int:
    return sum(len(entry) for entry in group.entries if isinstance(entry, Observed))
