"""The driver for UHF modules on a serial line, whatever they speak."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from readers.byte_link import ByteLink
from readers.driver import Batch, Clock, Finding, ReaderError, ReaderLostError
from readers.serial.dialogue import Dialogue
from readers.serial.link import open_serial
from readers.serial.m100 import M100Dialogue
from readers.serial.metratec import MetratecDialogue
from readers.serial.settings import SerialSettings
from readers.serial.uhfreader import UhfReaderDialogue

__all__ = ["Dialogue", "SerialDriver", "SerialSettings"]

GOODBYE_S = 0.5
HEARD_MAX = 1_000

_DIALOGUES: dict[str, Callable[[SerialSettings], Dialogue]] = {
    "m100": M100Dialogue,
    "r200": M100Dialogue,
    "metratec": MetratecDialogue,
    "uhfreader18": UhfReaderDialogue,
    "uhfreader288": UhfReaderDialogue,
}


class SerialDriver:
    """One open port, from `connect` to `close`; its dialogue says what the bytes mean."""

    def __init__(self, settings: SerialSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._dialogue = _DIALOGUES[settings.protocol](settings)
        self._link: ByteLink | None = None
        self._bytes_heard = 0
        self._heard: deque[Batch] = deque()
        self._error: ReaderError | None = None

    @property
    def passive(self) -> bool:
        """Whether the module speaks unasked."""
        return self._dialogue.passive

    @property
    def silent_after_s(self) -> float:
        """Silence longer than this means that the module is not heard any more."""
        return self._settings.silent_after_s

    async def connect(self) -> None:
        """Return once the module has answered all that must be said first.

        Raises ReaderLostError when the port cannot be opened or nobody answers,
        ReaderMisconfiguredError when the module refuses what the entry asks.
        """
        settings = self._settings
        try:
            async with asyncio.timeout(settings.connect_timeout_s):
                self._link = await open_serial(settings.name, settings.port, settings.line_baud)
                await self._set_up()
        except TimeoutError as error:
            raise self._no_answer() from error

    async def _set_up(self) -> None:
        while True:
            await self._speak()
            if self._dialogue.ready:
                return
            heard = await self._listen()
            if heard is not None:
                self._keep(heard)

    def _keep(self, heard: Batch) -> None:
        """Reads that come before all is set up wait, but only so many."""
        self._heard.append(heard)
        if len(self._heard) > HEARD_MAX:
            dropped = self._heard.popleft()
            dropped.bad["overflow"] = dropped.bad.get("overflow", 0) + len(dropped.reads)
            bad = self._heard[0].bad
            for reason, count in dropped.bad.items():
                bad[reason] = bad.get(reason, 0) + count

    def _no_answer(self) -> ReaderLostError:
        settings = self._settings
        if self._link is None:
            text = f"{settings.name}: {settings.port} did not open in time"
            return ReaderLostError(text)
        if not self._bytes_heard:
            return ReaderLostError(
                f"{settings.name}: nothing answers on {settings.port}",
                "Check power and cable of the module (its TX to our RX), `protocol` and `baud`.",
            )
        return ReaderLostError(
            f"{settings.name}: {self._bytes_heard} bytes came from {settings.port}, "
            f"but no whole answer of {settings.protocol} at {settings.line_baud} baud",
            "Correct `baud` or `protocol`; where both are right, the cable picks up noise.",
        )

    async def next_batch(self) -> Batch:
        """Return what the module says next; an empty batch means that it answered.

        What is only noise comes as a batch that is not `alive`.

        Raises ReaderError once everything that came before was returned.
        """
        if self._heard:
            return self._heard.popleft()
        if self._error is not None:
            raise self._error
        try:
            return await self._converse()
        except ReaderError as error:
            bad = self._dialogue.take_bad()
            if not bad:
                raise
            self._error = error
            return Batch(bad=bad, alive=False)

    async def _converse(self) -> Batch:
        while True:
            await self._speak()
            heard = await self._listen()
            if heard is not None:
                return heard
            if bad := self._dialogue.take_bad():
                return Batch(bad=bad, alive=False)

    async def _speak(self) -> None:
        request = self._dialogue.due(asyncio.get_running_loop().time())
        if request:
            await self._open_link().write(request)

    async def _listen(self) -> Batch | None:
        data = b""
        # Time is up when the dialogue wants to speak although nothing came.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._dialogue.wake_s):
                data = await self._open_link().read()
        self._bytes_heard += len(data)
        heard = self._dialogue.feed(data, self._clock(), asyncio.get_running_loop().time())
        if heard is not None:
            heard.bad.update(self._dialogue.take_bad())
        return heard

    def _open_link(self) -> ByteLink:
        if self._link is None:
            raise ReaderLostError(f"{self._settings.name}: {self._settings.port} is not open")
        return self._link

    async def examine(self, patience_s: float) -> list[Finding]:  # noqa: ARG002 -- all is known
        """Say what the modules told of themselves. Never raises."""
        return self._dialogue.findings()

    async def close(self) -> None:
        """Make the module stop, and free the port at once. Never raises."""
        if self._link is None:
            return
        try:
            # Whatever goes wrong now, the port is closed below.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(GOODBYE_S):
                    await self._link.write(self._dialogue.farewell())
        finally:
            self._link.close()
