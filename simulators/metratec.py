"""A Metratec reader on a pty or TCP, in either language, which gets its reads from outside.

As a command: `python -m simulators.metratec --language at --listen 10001 --tags 20`.
"""

import argparse
import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Literal

from simulators.lifetime import Lifetime
from simulators.metratec_answers import AsciiAnswers, AtAnswers
from simulators.serial_port import SerialPort
from simulators.tcp_port import TcpPort
from tags.reads import Read

ROUND_S = 0.05
LINE_BYTES_MAX = 256
FIELD_TAGS_MAX = 1000

Language = Literal["ascii", "at"]

_LOG = logging.getLogger(__name__)


class MetratecReader(Lifetime):
    """One simulated reader; `async with` plugs it in and out.

    While an inventory runs it sends the reads given to `report`, a round for each antenna,
    and the end of an empty round while none is given. `port` has the faults.
    """

    def __init__(
        self,
        port: SerialPort | TcpPort,
        language: Language = "at",
        *,
        model: str | None = None,
        antennas: int = 4,
    ) -> None:
        self.port = port
        self.answers = (
            AtAnswers(model or "PULSAR_LR", antennas)
            if language == "at"
            else AsciiAnswers(model or "PULSAR_MX", antennas)
        )
        self.inventorying = asyncio.Event()
        """Set while an inventory without end runs."""
        self.sent = 0
        """Tags put on the wire so far."""
        self.heard: list[str] = []
        """The commands received so far, at most 1000."""
        self._field: list[Read] = []
        self._line = bytearray()
        self._ticker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Plug it in."""
        self.port.on_bytes = self._on_bytes
        await self.port.start()
        self._ticker = asyncio.create_task(self._tick(), name="metratec")

    async def stop(self) -> None:
        """Unplug it."""
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        await self.port.stop()

    async def report(self, reads: Sequence[Read]) -> None:
        """Bring tags into the field; they are heard once. Waits while there are too many."""
        for first in range(0, len(reads), FIELD_TAGS_MAX):
            await self._until(lambda: len(self._field) < FIELD_TAGS_MAX)
            self._field += reads[first : first + FIELD_TAGS_MAX]

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():  # noqa: ASYNC110 -- a simulator may look now and then
            await asyncio.sleep(ROUND_S / 5)

    def restart(self) -> None:
        """Fault: lose all settings and forget the inventory, as after a loss of power."""
        self.answers = type(self.answers)(self.answers.model, self.answers.antennas)
        self.inventorying.clear()

    async def _tick(self) -> None:
        beat_s = 0.0
        while True:
            await asyncio.sleep(ROUND_S)
            beat_s += ROUND_S
            if self.answers.running:
                self._send_round(self.answers.event)
            elif self.answers.heartbeat_s and beat_s >= self.answers.heartbeat_s:
                beat_s = 0.0
                self.port.send(self.answers.beat())
            await self.port.drain()

    def _send_round(self, lead: str) -> None:
        antennas = self.answers.sequence
        field, self._field = self._field, []
        for antenna in antennas:
            tags = [read for read in field if self._hears(read, antenna)]
            self.port.send(self.answers.round(lead, tags, antenna))
            self.sent += len(tags)

    def _hears(self, read: Read, antenna: int) -> bool:
        return read.antenna == antenna or len(self.answers.sequence) == 1

    def _on_bytes(self, data: bytes) -> None:
        for byte in data:
            if byte in b"\r\n":
                self._obey(self._line.decode("ascii", "replace"))
                self._line.clear()
            elif len(self._line) < LINE_BYTES_MAX:
                self._line.append(byte)

    def _obey(self, command: str) -> None:
        if not command:
            return
        self.heard.append(command)
        del self.heard[:-1000]
        if self.answers.is_poll(command):
            self.port.send(self.answers.echo(command))
            self._send_round(self.answers.lead_of(command))
            self.port.send(self.answers.end_of_poll)
            return
        self.port.send(self.answers.answer(command))
        (self.inventorying.set if self.answers.running else self.inventorying.clear)()


async def _play(language: Language, listen: int, count: int, every_s: float) -> None:
    port = TcpPort(port=listen)
    async with MetratecReader(port, language) as reader:
        _LOG.info("%s", port.url)
        tags = [f"3034257bf4{number:014x}" for number in range(count)]
        while True:
            now_ns = time.time_ns()
            await reader.report([Read(tag, "", 1, now_ns, now_ns, -60.0) for tag in tags])
            await asyncio.sleep(every_s)


def main(arguments: Sequence[str] | None = None) -> None:
    """Report the same tags until it is interrupted; the first line on stderr is its port."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    parser = argparse.ArgumentParser(prog="python -m simulators.metratec", description=__doc__)
    _ = parser.add_argument("--language", choices=("ascii", "at"), default="at")
    _ = parser.add_argument("--listen", type=int, default=10001, help="TCP port (10001)")
    _ = parser.add_argument("--tags", type=int, default=20, help="tags in the field")
    _ = parser.add_argument("--every", type=float, default=0.5, help="seconds between two reports")
    said = parser.parse_args(arguments)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_play(said.language, said.listen, said.tags, said.every))


if __name__ == "__main__":
    main()
