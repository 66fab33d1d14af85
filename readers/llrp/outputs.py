"""General-purpose outputs that are switched off again, whoever forgets them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from readers.driver import ReaderError, ReaderMisconfiguredError
from readers.llrp.settings import LlrpSettings


class WriteOutput(Protocol):
    """Switches one output of a reader. Raises ReaderError."""

    def __call__(self, port: int, *, on: bool) -> Awaitable[None]:
        """Switch it."""
        ...


class Outputs:
    """The outputs that the entry lists, each on for no longer than its `on_s_max`.

    `on_failure` is called when one could not be switched off when its time was over.
    """

    def __init__(
        self,
        settings: LlrpSettings,
        write: WriteOutput,
        on_failure: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._write = write
        self._on_failure = on_failure
        self._timers: dict[int, asyncio.Task[None]] = {}

    async def switch(self, port: int, on_for_s: float | None) -> None:
        """Switch an output on for so long, or off. Raises ReaderError."""
        self._check(port)
        self._forget(port)
        if on_for_s is None or on_for_s <= 0:
            await self._write(port, on=False)
            return
        on_s = min(on_for_s, self._settings.outputs[port].on_s_max)
        # First the end, then the beginning: whatever happens in between, it goes off again.
        self._timers[port] = asyncio.create_task(
            self._off_later(port, on_s),
            name=f"{self._settings.name}: output {port}",
        )
        await self._write(port, on=True)

    def stop(self) -> None:
        """Wait for no end any more; whoever calls this switches all outputs off."""
        for port in list(self._timers):
            self._forget(port)

    def _check(self, port: int) -> None:
        if port in self._settings.outputs:
            return
        listed = ", ".join(map(str, sorted(self._settings.outputs))) or "none"
        raise ReaderMisconfiguredError(
            f"{self._settings.name}: output {port} is not in its entry (listed: {listed})",
            "List it under outputs, with a name.",
        )

    def _forget(self, port: int) -> None:
        timer = self._timers.pop(port, None)
        if timer is not None:
            timer.cancel()

    async def _off_later(self, port: int, on_s: float) -> None:
        await asyncio.sleep(on_s)
        try:
            await self._write(port, on=False)
        except ReaderError:
            self._on_failure()
        self._timers.pop(port, None)
