"""The outbox while the disk takes nothing: a copy in memory, from which is delivered meanwhile."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from gateway.collector import DEGRADED_AFTER_S, RETRY_S, Collector
from gateway.journal import Group, tell_of
from history.state import open_in_memory, open_reader
from history.subscribers import Subscribers

COPIED_MAX = 10_000
"""So many messages that wait on the disk are copied, the most urgent first."""
_COPIED = (
    "id, alert, ordinal, channel, type, body, state, priority, attempts, created_ns, begun_ns,"
    " due_ns, asked_ns, delivered_ns, ended_ns, last_error, tries, parts"
)
_CHANGED = (
    "state",
    "attempts",
    "due_ns",
    "asked_ns",
    "delivered_ns",
    "ended_ns",
    "last_error",
    "tries",
    "parts",
)

Row = tuple[Any, ...]
T = TypeVar("T")
log = logging.getLogger("tagwarden.delivery")


class StandbyOutbox:
    """The one writer of the outbox, as `delivery.worker.Transact` wants it.

    Once nothing could be committed for 2 s, the messages that wait on the disk are copied into
    memory, and those of groups that are not committed are written there as they are decided. As
    soon as commits go through again, what became of them is written back in one transaction,
    and only then the disk is asked what is to be sent: no message that was delivered meanwhile
    is sent again.
    """

    def __init__(
        self, state: Path, collector: Collector, subscribers: Subscribers | None = None
    ) -> None:
        self._state = state
        self._collector = collector
        self._subscribers = subscribers
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="standby")
        self._memory: sqlite3.Connection | None = None
        self._copied: dict[str, str] = {}  # id to its tries, as they were on the disk
        self._position = 0
        self._failing_since_s: float | None = None
        self._ask_disk_at_s = 0.0

    @property
    def in_memory(self) -> bool:
        """Whether messages are delivered from memory."""
        return self._memory is not None

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work in one transaction on the disk, or in memory where that is all there is."""
        if self._memory is None and self._collector.degraded is not None:
            await self._take_over()
        if self._memory is not None and not await self._returned():
            return await self._in_memory(self._memory, work)
        try:
            done = await self._collector.transact(work)
        except sqlite3.OperationalError:
            if not self._gives_up():
                raise
            return await self._in_memory(await self._take_over(), work)
        self._failing_since_s = None
        return done

    async def watch(self, wake: Callable[[], None]) -> None:
        """Call `wake` while there may be something to deliver that no commit tells of."""
        while True:
            await asyncio.sleep(RETRY_S)
            if self.in_memory or self._collector.degraded is not None:
                wake()

    async def finish(self) -> None:
        """Write back what became of messages, if the disk takes it."""
        self._ask_disk_at_s = 0.0
        if self._memory is not None and not await self._returned():
            log.error("what was delivered from memory could not be noted; it is sent again")

    def close(self) -> None:
        """Let go of the memory."""
        self._thread.shutdown()
        if self._memory is not None:
            self._memory.close()

    def _gives_up(self) -> bool:
        now_s = asyncio.get_running_loop().time()
        if self._failing_since_s is None:
            self._failing_since_s = now_s
        return now_s - self._failing_since_s >= DEGRADED_AFTER_S

    async def _take_over(self) -> sqlite3.Connection:
        memory, rows = await self._in_thread(self._copy)
        self._memory = memory
        self._copied = {row[0]: row[-2] for row in rows}
        self._position = 0
        log.warning("messages are delivered from memory; %d waited on the disk", len(rows))
        return memory

    def _copy(self) -> tuple[sqlite3.Connection, list[Row]]:
        with closing(open_reader(self._state)) as disk:
            found = disk.execute(
                f"SELECT {_COPIED} FROM outbox WHERE state = 'waiting'"  # noqa: S608 - a constant
                " ORDER BY priority, number LIMIT ?",
                (COPIED_MAX,),
            ).fetchall()
        rows = [tuple(row) for row in found]
        memory = open_in_memory()
        memory.execute("BEGIN")
        memory.executemany(_insert(), rows)
        memory.execute("COMMIT")
        return memory, rows

    async def _in_memory(
        self, memory: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]
    ) -> T:
        groups = [
            group
            for group in self._collector.station.uncommitted
            if group.position > self._position
        ]
        done = await self._in_thread(lambda: self._transact(memory, groups, work))
        self._position = groups[-1].position if groups else self._position
        return done

    def _transact(
        self,
        memory: sqlite3.Connection,
        groups: list[Group],
        work: Callable[[sqlite3.Connection], T],
    ) -> T:
        memory.execute("BEGIN")
        try:
            for group in groups:
                tell_of(memory, group, self._subscribers)
            done = work(memory)
            memory.execute("COMMIT")
        except BaseException:
            memory.execute("ROLLBACK")
            raise
        return done

    async def _returned(self) -> bool:
        """Go back to the disk, if it takes what became of the messages."""
        now_s = asyncio.get_running_loop().time()
        memory = self._memory
        if memory is None or self._collector.station.fault is not None:
            return memory is None
        if now_s < self._ask_disk_at_s:
            return False
        self._ask_disk_at_s = now_s + RETRY_S
        rows, channels = await self._in_thread(lambda: self._changes(memory))
        try:
            await self._collector.transact(lambda disk: _write_back(disk, rows, channels))
        except sqlite3.OperationalError:
            return False
        self._memory, self._failing_since_s = None, None
        memory.close()
        log.warning("messages are delivered from the disk again; %d were noted", len(rows))
        return True

    def _changes(self, memory: sqlite3.Connection) -> tuple[list[Row], list[Row]]:
        """Messages that were tried or are new, and how the channels did."""
        found = memory.execute(f"SELECT {_COPIED} FROM outbox").fetchall()  # noqa: S608 - a constant
        rows = [tuple(row) for row in found if self._copied.get(row[0]) != row[-2]]
        return rows, memory.execute("SELECT * FROM channels").fetchall()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _insert() -> str:
    marks = ", ".join("?" * len(_COPIED.split(",")))
    return f"INSERT OR IGNORE INTO outbox ({_COPIED}) VALUES ({marks})"  # noqa: S608 - a constant


def _write_back(disk: sqlite3.Connection, rows: list[Row], channels: list[Row]) -> None:
    """Note what became of messages that still wait on the disk, and add those it does not have."""
    news = ", ".join(f"{name} = excluded.{name}" for name in _CHANGED)
    disk.executemany(
        f"{_insert().replace(' OR IGNORE', '')} ON CONFLICT (id) DO UPDATE SET {news},"
        " worker = NULL, locked_until_ns = NULL WHERE outbox.state = 'waiting'",
        rows,
    )
    disk.executemany(
        """
        INSERT INTO channels VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET
            succeeded_ns = coalesce(excluded.succeeded_ns, succeeded_ns),
            failed_ns = coalesce(excluded.failed_ns, failed_ns),
            failure = coalesce(excluded.failure, failure)
        """,
        channels,
    )
