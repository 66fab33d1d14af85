"""The supervisor: keeps each reader connected, and says truly how it is.

Drivers raise; here is the only place that tries again. A reader is online from
its first message until it has been silent for too long or its driver raised.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Protocol

import msgspec

from gateway.entries import ClockOffset, Entry
from readers.catalog import open_driver
from readers.driver import (
    AntennaState,
    Batch,
    Clock,
    Driver,
    EndOfReadsError,
    ReaderError,
    ReaderLostError,
    ReaderMisconfiguredError,
)
from readers.health import HealthState, ReaderHealth
from readers.settings import ReaderSettings
from tags.reads import Read
from tags.times import MILLISECOND_NS

BACKOFF_S = (1.0, 2.0, 5.0, 10.0, 30.0)
MISCONFIGURED_RETRY_S = 60.0
CONNECT_TIMEOUT_S = 125.0
"""Drivers have a shorter one of their own; this one is for a driver that hangs."""
OFFSET_CHANGE_NS_MIN = 100 * MILLISECOND_NS

log = logging.getLogger("tagwarden.readers")


class Intake(Protocol):
    """Where reads and news of a reader go."""

    async def put_reads(
        self,
        reads: list[Read],
        acknowledge: Callable[[], None] | None = None,
    ) -> None:
        """Take reads in, waiting for room."""
        ...

    def put(self, entry: Entry) -> None:
        """Take news in."""
        ...


class ReaderWatch(msgspec.Struct):
    """One supervised reader, as it is now."""

    health: ReaderHealth
    last_message_ns: int | None = None
    last_read_ns: int | None = None
    clock_offset_ns: int | None = None
    told_offset_ns: int | None = None
    reads: int = 0
    bad: dict[str, int] = {}


class Supervisor:
    """One supervised reader for each entry of the site file."""

    def __init__(
        self,
        intake: Intake,
        clock: Clock,
        rng: random.Random,
        open_reader: Callable[[ReaderSettings, Clock], Driver] = open_driver,
    ) -> None:
        self.watches: dict[str, ReaderWatch] = {}
        self._intake = intake
        self._clock = clock
        self._rng = rng
        self._open_reader = open_reader

    async def run(self, settings: ReaderSettings) -> None:
        """Keep one reader going until cancelled, or until a finite source has ended."""
        name = settings.name
        antennas: dict[int, AntennaState] = dict.fromkeys(sorted(settings.antennas), "unknown")
        health = ReaderHealth(reader=name, state="connecting", since_ns=0, antennas=antennas)
        self.watches[name] = ReaderWatch(health)
        self._say(name, "connecting", "first connection", "")
        failures = 0
        driver: Driver | None = None
        while True:
            wait_s = 0.0
            before = self.watches[name].last_message_ns
            try:
                driver = self._open_reader(settings, self._clock)
                await self._serve(driver, name)
            except EndOfReadsError as end:
                self._say(name, "disabled", str(end), end.remedy)
                return
            except Exception as error:  # noqa: BLE001 - a fault in one driver must not end the others
                trouble = _trouble(name, error)
                self._say(name, _state_after(trouble), str(trouble), trouble.remedy)
                failures = 0 if self.watches[name].last_message_ns != before else failures + 1
                wait_s = self._wait_s(trouble, failures)
            finally:
                if driver is not None:
                    await driver.close()
            await asyncio.sleep(wait_s)

    def restate(self) -> list[Entry]:
        """How every reader is, said again as of now."""
        now_ns = self._clock()
        return [
            msgspec.structs.replace(watch.health, since_ns=now_ns)
            for watch in self.watches.values()
        ]

    async def _serve(self, driver: Driver, name: str) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await driver.connect()
        except TimeoutError as error:
            text = f"{name}: no answer within {CONNECT_TIMEOUT_S:g} s"
            raise ReaderLostError(text) from error
        self._note_message(name)
        self._say(name, "online", "", "")
        while True:
            try:
                async with asyncio.timeout(driver.silent_after_s):
                    batch = await driver.next_batch()
            except TimeoutError as error:
                text = f"{name}: silent for {driver.silent_after_s:g} s"
                raise ReaderSilentError(text) from error
            await self._take(name, batch)

    async def _take(self, name: str, batch: Batch) -> None:
        watch = self.watches[name]
        self._note_message(name)
        for reason, count in batch.bad.items():
            watch.bad[reason] = watch.bad.get(reason, 0) + count
        if batch.clock_offset_ns is not None:
            self._note_offset(name, batch.clock_offset_ns)
        if batch.antennas:
            antennas = {**watch.health.antennas, **batch.antennas}
            if antennas != watch.health.antennas:
                changed = msgspec.structs.replace(watch.health, antennas=antennas)
                self._publish(msgspec.structs.replace(changed, since_ns=self._clock()))
        if batch.acknowledge is not None and not batch.reads:
            await self._intake.put_reads([], batch.acknowledge)
        if batch.reads:
            watch.last_read_ns = batch.reads[-1].arrival_ns
            watch.reads += len(batch.reads)
            await self._intake.put_reads(batch.reads, batch.acknowledge)

    def _note_message(self, name: str) -> None:
        self.watches[name].last_message_ns = self._clock()

    def _note_offset(self, name: str, offset_ns: int) -> None:
        watch = self.watches[name]
        watch.clock_offset_ns = offset_ns
        # Compared with what was told, so that a clock that drifts slowly is followed too.
        told_ns = watch.told_offset_ns
        if told_ns is None or abs(offset_ns - told_ns) >= OFFSET_CHANGE_NS_MIN:
            watch.told_offset_ns = offset_ns
            self._intake.put(ClockOffset(self._clock(), name, offset_ns))

    def _say(self, name: str, state: HealthState, reason: str, remedy: str) -> None:
        """Publish a state if it is news; a repeated failure is not."""
        health = self.watches[name].health
        if (health.state, health.reason) == (state, reason) and health.since_ns:
            return
        self._publish(
            ReaderHealth(
                reader=name,
                state=state,
                since_ns=self._clock(),
                reason=reason,
                remedy=remedy,
                antennas=health.antennas
                if state == "online"
                else dict.fromkeys(health.antennas, "unknown"),
            ),
        )

    def _publish(self, health: ReaderHealth) -> None:
        self.watches[health.reader].health = health
        self._intake.put(health)
        level = logging.INFO if health.state in {"online", "connecting"} else logging.WARNING
        reason = f" ({health.reason.removeprefix(f'{health.reader}: ')})" if health.reason else ""
        log.log(level, "%s: %s%s", health.reader, health.state, reason)

    def _wait_s(self, error: ReaderError, failures: int) -> float:
        """Full jitter, so that readers that fell together do not return together."""
        if isinstance(error, ReaderMisconfiguredError):
            return MISCONFIGURED_RETRY_S
        ceiling_s = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
        return self._rng.uniform(0.1, ceiling_s)


class ReaderSilentError(ReaderLostError):
    """Connected, but nothing has come for too long, not even a sign of life."""

    remedy = "Check the network between here and the reader; it will be connected afresh."


def _trouble(name: str, error: Exception) -> ReaderError:
    if isinstance(error, ReaderError):
        return error
    log.error("%s: fault in its driver", name, exc_info=error)
    return ReaderLostError(
        f"{name}: fault in its driver: {error!r}",
        "Report this with the log; the reader will be connected afresh.",
    )


def _state_after(error: ReaderError) -> HealthState:
    if isinstance(error, ReaderMisconfiguredError):
        return "misconfigured"
    return "silent" if isinstance(error, ReaderSilentError) else "offline"
