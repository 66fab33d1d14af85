"""The supervisor: keeps each reader connected, and says truly how it is.

Drivers raise; here is the only place that tries again. A reader is online from
its first message until it has been silent for too long or its driver raised.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn, Protocol

from gateway.entries import Entry, Observed
from gateway.watches import ReaderWatch, Watches
from readers.catalog import open_driver
from readers.driver import (
    Batch,
    Clock,
    Driver,
    EndOfReadsError,
    ReaderError,
    ReaderLostError,
    ReaderMisconfiguredError,
)
from readers.health import HealthState
from readers.settings import ReaderSettings
from tags.reads import Read

BACKOFF_S = (1.0, 2.0, 4.0, 5.0)
"""A reader that is back is heard within 10 s, even if a try that came to nothing goes before."""
LOCAL_BACKOFF_S = 1.5
MISCONFIGURED_RETRY_S = (8.0, 8.0, 8.0, 8.0, 30.0, 60.0)
"""It may be corrected at the reader; but who is asked in vain for long is left in peace."""
CONNECT_TIMEOUT_S = 125.0
"""Drivers have a shorter one of their own; this one is for a driver that hangs."""
CLOSE_TIMEOUT_S = 5.0
"""Longer than the 2 s that a driver may take."""
LOOK_S = 0.5

log = logging.getLogger("tagwarden.readers")


class Intake(Protocol):
    """Where reads and news of a reader go."""

    async def put_reads(
        self,
        reads: list[Read],
        acknowledge: Callable[[], None] | None = None,
        observed: Observed | None = None,
    ) -> None:
        """Take reads in, and what was observed with them, waiting for room."""
        ...

    def put(self, entry: Entry) -> None:
        """Take news in."""
        ...


class Supervisor:
    """One supervised reader for each entry of the site file."""

    def __init__(
        self,
        intake: Intake,
        clock: Clock,
        rng: random.Random,
        open_reader: Callable[[ReaderSettings, Clock], Driver] = open_driver,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.board = Watches(intake.put, clock, monotonic_s)
        self.drivers: dict[str, Driver] = {}
        """The drivers that are connected, by the name of their entry."""
        self._intake = intake
        self._clock = clock
        self._rng = rng
        self._open_reader = open_reader

    @property
    def watches(self) -> dict[str, ReaderWatch]:
        """How each source is, by its full name."""
        return self.board.by_name

    async def run(self, settings: ReaderSettings) -> None:
        """Keep one reader going until cancelled, or until a finite source has ended."""
        name = settings.name
        self.board.begin(settings)
        failures = 0
        while True:
            before_s = self.watches[name].heard_s
            trouble = await self._use(settings)
            _heed_cancellation()
            if isinstance(trouble, EndOfReadsError):
                return
            failures = 0 if self.watches[name].heard_s != before_s else failures + 1
            await asyncio.sleep(self._wait_s(trouble, failures, local=settings.endpoint is None))

    async def watch_silence(self) -> None:
        """Say who has been silent for too long, until cancelled."""
        while True:
            self.board.look_for_silence()
            await asyncio.sleep(LOOK_S)

    def forget(self, name: str) -> None:
        """Watch a reader no longer that the site file does not name any more."""
        self.board.forget(name)

    def restate(self) -> list[Entry]:
        """How every reader is, said again as of now."""
        return self.board.restate()

    async def _use(self, settings: ReaderSettings) -> ReaderError:
        """Use one driver from its making to its end; return why it ended, which is told."""
        name = settings.name
        driver: Driver | None = None
        try:
            driver = self._open_reader(settings, self._clock)
            await self._serve(driver, name)
        except Exception as error:  # noqa: BLE001 - a fault in one driver must not end the others
            trouble = _trouble(name, error)
            self.board.count_bad(name, trouble.bad)
            self.board.note_end(name, _state_after(trouble), str(trouble), trouble.remedy)
            return trouble
        finally:
            self.drivers.pop(name, None)
            if driver is not None:
                await _close(driver, name)

    async def _serve(self, driver: Driver, name: str) -> NoReturn:
        """Use a driver until it raises."""
        await self._connect(driver, name)
        self.drivers[name] = driver
        while True:
            await self._take(name, await self._next_batch(driver, name))

    async def _connect(self, driver: Driver, name: str) -> None:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await driver.connect()
        except TimeoutError as error:
            text = f"{name}: no answer within {CONNECT_TIMEOUT_S:g} s"
            raise ReaderLostError(text) from error
        self.board.note_connected(
            name, passive=driver.passive, silent_after_s=driver.silent_after_s
        )

    async def _next_batch(self, driver: Driver, name: str) -> Batch:
        """The next sign of life; what was thrown away before it is only counted."""
        patience = asyncio.timeout(None if driver.passive else driver.silent_after_s)
        try:
            async with patience:
                while not (batch := await driver.next_batch()).alive:
                    self.board.count_bad(name, batch.bad)
                return batch
        except TimeoutError as error:
            if not patience.expired():
                raise
            text = f"{name}: silent for {driver.silent_after_s:g} s"
            raise ReaderSilentError(text) from error

    async def _take(self, name: str, batch: Batch) -> None:
        self.board.note_batch(name, batch)
        observed = _observed(batch, self._clock)
        if not batch.reads and observed is None and batch.acknowledge is None:
            return
        taking = self._intake.put_reads(batch.reads, batch.acknowledge, observed)
        await self._while_held_back(name, taking)

    async def _while_held_back(self, name: str, taking: Awaitable[None]) -> None:
        """While the gateway takes nothing in, a reader is not read and can not be called online."""
        waits = self.watches[name].waits
        self.board.hold_back(name, waits=True)
        try:
            await taking
        finally:
            if name in self.watches:
                self.board.hold_back(name, waits=waits)

    def _wait_s(self, error: ReaderError, failures: int, *, local: bool) -> float:
        """Full jitter, so that readers that fell together do not return together.

        A port of this machine costs nobody anything to try, and may be plugged in any moment.
        """
        if isinstance(error, ReaderMisconfiguredError):
            return MISCONFIGURED_RETRY_S[min(failures, len(MISCONFIGURED_RETRY_S) - 1)]
        ceiling_s = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
        if local:
            ceiling_s = min(ceiling_s, LOCAL_BACKOFF_S)
        return self._rng.uniform(0.1, ceiling_s)


def _observed(batch: Batch, clock: Clock) -> Observed | None:
    if not batch.fixes and not batch.measurements:
        return None
    return Observed(clock(), batch.fixes, batch.measurements)


class ReaderSilentError(ReaderLostError):
    """Connected, but nothing has come for too long, not even a sign of life."""

    remedy = "Check the network between here and the reader; it will be connected afresh."


async def _close(driver: Driver, name: str) -> None:
    """Close a driver, whatever it does then: its reader is connected afresh all the same."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await driver.close()
    except Exception:
        log.exception("%s: fault in its driver while it was closed", name)


def _heed_cancellation() -> None:
    """Raise CancelledError where it was asked for and a driver has made another error of it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _trouble(name: str, error: Exception) -> ReaderError:
    if isinstance(error, ReaderError):
        return error
    log.error("%s: fault in its driver", name, exc_info=error)
    return ReaderLostError(
        f"{name}: fault in its driver: {error!r}",
        "Report this with the log; the reader will be connected afresh.",
    )


def _state_after(error: ReaderError) -> HealthState:
    if isinstance(error, EndOfReadsError):
        return "disabled"
    if isinstance(error, ReaderMisconfiguredError):
        return "misconfigured"
    return "silent" if isinstance(error, ReaderSilentError) else "offline"
