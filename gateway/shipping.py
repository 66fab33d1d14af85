"""Ships what happened to another store, from the files of the gateway, however far behind it is.

The other store may be down, slow or refuse: then the same is tried again. Nothing waits for it:
how far it is stands in a table of its own, and holds back neither the journal nor an alert.
"""

import asyncio
import logging
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from delivery.worker import Transact
from gateway.loose_thread import LooseThread
from gateway.shipping_rounds import Rounds
from history.day_shelf import DayShelf
from history.set_aside import Refused, SetAside, count_aside, drop_aside, put_aside, read_aside
from history.shipments import load_lanes, save_lanes
from history.state import open_reader
from history.store import HistoryBatch, StoreError
from tags.times import SECOND_NS

REST_S = 1.0
BACK_OFF_S = 1.0
BACK_OFF_S_MAX = 60.0
END_S = 2.0
"""A server that hangs is left to itself after so long when the gateway stops."""

log = logging.getLogger("tagwarden.history")


class Destination(Protocol):
    """What a Shipper needs of another store. Any method may raise StoreError.

    `lost` counts what it took and can not keep, by reason.
    """

    lost: Counter[str]

    def append(self, batches: Sequence[HistoryBatch]) -> None:
        """Take batches in; after an error the same again completes them, nothing is doubled."""
        ...

    def send_lines(self, lines: Sequence[str]) -> None:
        """Take lines that were set aside; those that are refused again are set aside again."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Shipper:
    """Ships the day files and the decisions of `state.db` to one other store.

    `name` is that of the store in figures and alerts; `key` tells apart what the cursors are
    for: the same store elsewhere gets everything from the beginning. `open_store` is given what
    takes lines that are refused for good; `expired` says how many decisions were past keeping
    before they were shipped, by key. Lines are set aside, and cursors moved, in one
    transaction after the other store has taken what they stand for.
    """

    def __init__(  # noqa: PLR0913 - what it reads, where it ships it, and who writes its cursors
        self,
        name: str,
        key: str,
        open_store: Callable[[Callable[[Sequence[Refused]], None]], Destination],
        *,
        state: Path,
        sightings: Path,
        transact: Transact,
        clock: Callable[[], int],
        rng: random.Random,
        expired: Callable[[str], int] = lambda _key: 0,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.key = key
        self.fault: str | None = None
        self.set_aside = 0
        self.set_aside_total = 0
        self._refused: list[Refused] = []
        self._transact = transact
        self._clock = clock
        self._rng = rng
        self._expired = expired
        self._overflowed = 0
        self._connection = open_reader(state)
        self._connection.row_factory = None
        self.set_aside = count_aside(self._connection, name)
        self._shelf = DayShelf(sightings)
        self._store = open_store(self._refused.extend)
        self._rounds = Rounds(
            lambda batches: self._send(lambda: self._store.append(batches)),
            self._connection,
            self._shelf,
            load_lanes(self._connection, key),
            clock=clock,
            monotonic_s=monotonic_s,
        )
        self._thread = LooseThread(name)
        self._one_at_a_time = asyncio.Lock()

    @property
    def lag_s(self) -> float:
        """How old the oldest is that the other store has not got; 0 where it has everything."""
        oldest_ns = self._rounds.progress.oldest_ns
        return 0.0 if oldest_ns is None else max(0, self._clock() - oldest_ns) / SECOND_NS

    @property
    def backlog(self) -> int:
        """Slots and decisions that wait."""
        return self._rounds.progress.backlog

    @property
    def shipped(self) -> int:
        """Sightings and decisions that the other store took since the start, again included."""
        return self._rounds.progress.shipped

    @property
    def dropped(self) -> dict[str, int]:
        """What the other store will never get, by reason."""
        dropped = self._rounds.progress.dropped.copy()
        dropped.update(self._store.lost)
        dropped["expired"] += self._expired(self.key)
        dropped["set_aside_full"] += self._overflowed
        return {reason: count for reason, count in dropped.items() if count}

    @property
    def trouble(self) -> str | None:
        """What somebody has to see to; None if all is well."""
        if self.fault is not None:
            return self.fault
        if not self.set_aside:
            return None
        lines = "line was" if self.set_aside == 1 else "lines were"
        return f"{self.set_aside} {lines} refused and set aside: tagwarden history set-aside"

    async def run(self) -> None:
        """Ship until cancelled. What the other store does not take is tried again."""
        failures = 0
        while True:
            more = False
            try:
                more = await self.ship()
            except Exception as error:  # noqa: BLE001 - whatever it is, history is not lost by it
                self._note_fault(error)
                failures += 1
            else:
                failures, self.fault = 0, None
            if failures:
                await asyncio.sleep(self._back_off_s(failures))
            elif not more:
                await asyncio.sleep(REST_S)

    async def ship(self) -> bool:
        """Ship for half a second at most, or longer where a server is slow; whether more waits.

        Raises what the other store raises, and sqlite3.Error.
        """
        async with self._one_at_a_time:
            try:
                more = await self._thread.call(self._rounds.ship_for_a_while)
            except Exception:
                await self._save()
                raise
            await self._save()
            return more

    async def retry(self) -> tuple[int, int]:
        """Send what was set aside once more: how many lines went, and how many are left.

        Raises StoreError; then everything stays set aside.
        """
        async with self._one_at_a_time:
            lines = await self._thread.call(self._send_aside)
            refused = len(self._refused)
            await self._save([each.id for each in lines])
            return len(lines) - refused, self.set_aside

    async def drop(self, ids: Sequence[int] | None) -> int:
        """Forget lines that were set aside, all with None; how many went."""
        dropped, self.set_aside = await self._transact.transact(
            lambda db: (drop_aside(db, self.name, ids), count_aside(db, self.name))
        )
        return dropped

    async def finish(self) -> None:
        """End what goes on, or leave it to itself; what it ships now is shipped again."""
        self._rounds.stopping.set()
        try:
            async with asyncio.timeout(END_S):
                await self._thread.call(lambda: None)
                await self._save()
        except (TimeoutError, sqlite3.Error) as error:
            log.info(
                "%s: what goes on now is shipped again after the next start: %r", self.name, error
            )
        self._thread.end(self._close)

    def _close(self) -> None:
        self._store.close()
        self._shelf.close()
        self._connection.close()

    def _send_aside(self) -> list[SetAside]:
        lines = read_aside(self._connection, self.name)
        if lines:
            self._send(lambda: self._store.send_lines([each.line for each in lines]))
        return lines

    def _send(self, work: Callable[[], None]) -> None:
        """What was refused in what failed is refused again with it."""
        before = len(self._refused)
        try:
            work()
        except BaseException:
            del self._refused[before:]
            raise

    async def _save(self, sent: Sequence[int] = ()) -> None:
        """Write down how far everything is, and what was refused; `sent` is set aside no more."""
        lanes = self._rounds.lanes
        if not lanes.changed and not self._refused and not sent:
            return
        parts = {part: tuple(lanes.of(part)) if part in lanes else () for part in lanes.changed}
        refused = list(self._refused)

        def write(connection: sqlite3.Connection) -> tuple[int, int]:
            save_lanes(connection, self.key, parts)
            drop_aside(connection, self.name, sent)
            over = put_aside(connection, self.name, self._clock(), refused)
            return over, count_aside(connection, self.name)

        over, self.set_aside = await self._transact.transact(write)
        lanes.changed.difference_update(parts)
        del self._refused[: len(refused)]
        self._overflowed += over
        self.set_aside_total += len(refused)

    def _note_fault(self, error: Exception) -> None:
        fault = _told(error)
        if fault != self.fault:
            log.warning("%s: %s", self.name, fault)
            if not isinstance(error, StoreError | sqlite3.Error | OSError):
                log.error("shipping failed", exc_info=error)
        self.fault = fault

    def _back_off_s(self, failures: int) -> float:
        """From one second on, twice as long each time, at most a minute; jittered by a half."""
        longest_s = min(BACK_OFF_S_MAX, BACK_OFF_S * 2.0 ** min(failures - 1, 16))
        return self._rng.uniform(longest_s / 2, longest_s)


def _told(error: Exception) -> str:
    if isinstance(error, StoreError):
        return str(error)
    if isinstance(error, sqlite3.Error | OSError):
        return f"the history can not be shipped: {error}"
    return f"fault in the gateway: {error!r}"
