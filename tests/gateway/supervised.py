"""Supervised drivers that follow scripts."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from gateway.entries import Entry, Observed
from gateway.supervisor import Supervisor
from readers.driver import Batch, ReaderLostError
from readers.health import ReaderHealth
from readers.llrp.settings import LlrpSettings
from readers.settings import ReaderSettings
from tags.reads import Read
from tests.gateway.made import NOON_NS, within

DOCK = LlrpSettings(name="dock", address="10.0.0.21")
LOST = ReaderLostError("dock: gone")
SOON_S = 10.0

Step = Batch | Exception | str
"""What a driver does next: gives a batch, raises, hangs, or even ignores its end (`deaf`)."""


class ScriptedDriver:
    """The first step is what `connect` does; `ok` lets it return."""

    silent_after_s = 0.02
    passive = False

    def __init__(self, steps: Sequence[Step], look: Callable[[str], None]) -> None:
        self.steps = list(steps)
        self.look = look
        self.closed = 0
        self.fault_in_close: Exception | None = None
        self.let_go = asyncio.Event()
        """Ends what ignores its cancellation."""

    async def connect(self) -> None:
        self.look("connect")
        await self._next()

    async def next_batch(self) -> Batch:
        self.look("next")
        return await self._next()

    async def close(self) -> None:
        self.look("close")
        self.closed += 1
        if self.fault_in_close is not None:
            raise self.fault_in_close

    async def _next(self) -> Batch:
        step = self.steps.pop(0) if self.steps else "hang"
        if isinstance(step, Exception):
            raise step
        if step == "hang":
            await asyncio.Event().wait()
        if step == "deaf":
            await self._ignore_cancellation()
        return step if isinstance(step, Batch) else Batch()

    async def _ignore_cancellation(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await self.let_go.wait()
            raise LOST from None


class Patience(random.Random):
    """Does not wait, and remembers how long it might have had to."""

    def __init__(self) -> None:
        super().__init__(1)
        self.ceilings_s: list[float] = []

    def uniform(self, a: float, b: float) -> float:
        assert a > 0
        self.ceilings_s.append(b)
        return 0.0


class Watched:
    """A supervisor whose drivers follow scripts, one for each connection."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = list(scripts)
        self.drivers: list[ScriptedDriver] = []
        self.news: list[Entry] = []
        self.reads: list[Read] = []
        self.observed: list[Observed] = []
        self.acknowledge: list[Callable[[], None] | None] = []
        self.states: list[tuple[str, str]] = []
        """What a driver was asked for, and how the reader was shown at that moment."""
        self.now_ns = NOON_NS
        self.patience = Patience()
        self.supervisor = Supervisor(self, self._clock, self.patience, self._open)

    def _clock(self) -> int:
        self.now_ns += 1
        return self.now_ns

    def _open(self, settings: ReaderSettings, _clock: Callable[[], int]) -> ScriptedDriver:
        script = self.scripts.pop(0) if self.scripts else ["hang"]

        def look(asked: str) -> None:
            self.states.append((asked, self.health(settings.name).state))

        self.drivers.append(ScriptedDriver(script, look))
        return self.drivers[-1]

    def health(self, name: str = "dock") -> ReaderHealth:
        return self.supervisor.watches[name].health

    @property
    def shown(self) -> list[str]:
        """The states in the order in which they were published."""
        return [news.state for news in self.news if isinstance(news, ReaderHealth)]

    async def put_reads(
        self,
        reads: list[Read],
        acknowledge: Callable[[], None] | None = None,
        observed: Observed | None = None,
    ) -> None:
        self.reads += reads
        self.observed += [] if observed is None else [observed]
        self.acknowledge.append(acknowledge)

    def put(self, entry: Entry) -> None:
        self.news.append(entry)

    async def until_connections(self, number: int) -> None:
        await within(lambda: len(self.drivers) >= number)


@asynccontextmanager
async def watched(
    *scripts: Sequence[Step], settings: ReaderSettings = DOCK
) -> AsyncGenerator[Watched]:
    at = Watched(*scripts)
    task = asyncio.create_task(at.supervisor.run(settings))
    try:
        yield at
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert [driver.closed for driver in at.drivers] == [1] * len(at.drivers)
