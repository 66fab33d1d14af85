"""An RFID reader that speaks LLRP over TCP, gets its reads from outside, and fails on demand.

As a command: `python -m simulators.llrp_reader --port 5084 --tags 100 --rate 2000`.
"""

import argparse
import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from readers.wire.llrp.capabilities import Capabilities
from readers.wire.llrp.encode import ReportEncoder
from readers.wire.llrp.framing import HEADER, frame
from readers.wire.llrp.messages import Event, Message
from readers.wire.llrp.rospec import RoSpec
from simulators.llrp_answers import Answers
from simulators.llrp_port import LlrpPort
from tags.reads import Read

TAGS_PER_REPORT = 100

_LOG = logging.getLogger(__name__)


class LlrpReader:
    """One simulated reader; `async with` starts and stops it.

    It listens on `host:port` (port 0 takes a free one), serves one client at a
    time and refuses a second, and sends the reads given to `report` while the
    client's ROSpec runs. Antennas are numbered from 1. ROSpecs outlive a
    connection, as in real readers.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        capabilities: Capabilities | None = None,
        tags_per_report: int = TAGS_PER_REPORT,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.sent = 0
        """Tags put on the wire so far."""
        self._host, self._port_number = host, port
        self._tags_per_report = tags_per_report
        self._answers = Answers(capabilities or Capabilities())
        self._port = LlrpPort(self._answers, clock)
        self._encoder: tuple[RoSpec, ReportEncoder] | None = None

    @property
    def address(self) -> str:
        """`host:port` to connect to; known once started."""
        return f"{self._host}:{self._port_number}"

    @property
    def port(self) -> int:
        """The TCP port; known once started."""
        return self._port_number

    @property
    def inventorying(self) -> asyncio.Event:
        """Set while a client is connected and its ROSpec runs."""
        return self._port.inventorying

    @property
    def connected(self) -> bool:
        """Whether a client is connected."""
        return self._port.client is not None

    @property
    def refused(self) -> int:
        """Clients turned away because another one was connected."""
        return self._port.refused

    @property
    def keepalives_answered(self) -> int:
        """KEEPALIVE_ACKs received so far."""
        return self._port.keepalives_answered

    @property
    def rospecs(self) -> list[RoSpec]:
        """The ROSpecs that clients have added and not deleted."""
        return self._answers.rospecs

    async def start(self) -> None:
        """Listen."""
        self._port_number = await self._port.listen(self._host, self._port_number)

    async def stop(self) -> None:
        """Hang up and stop listening."""
        await self._port.stop()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    async def report(self, reads: Sequence[Read]) -> int:
        """Send the reads that the client's ROSpec hears; return how many.

        Nothing is sent, and 0 returned, while no ROSpec runs or the reader is
        silent. Waits while the client does not keep up.
        """
        client, running = self._port.client, self._answers.running
        if client is None or running is None or self._port.silent:
            return 0
        heard = [read for read in reads if self._answers.hears(read.antenna)]
        encoder = self._encoder_for(running)
        limit = min(self._tags_per_report, running.tags_per_report or self._tags_per_report)
        for first in range(0, len(heard), limit):
            body = encoder.encode(heard[first : first + limit])
            client.send(Message.RO_ACCESS_REPORT, body)
        self.sent += len(heard)
        await client.drain()
        return len(heard)

    async def set_antenna(self, antenna: int, *, connected: bool) -> None:
        """Plug an antenna in or out, and tell the client."""
        self._answers.connected[antenna] = connected
        if self._port.client is not None:
            self._port.client.notify(Event(antennas=((antenna, connected),)))
            await self._port.client.drain()

    def drop(self) -> None:
        """Fault: cut the connection without a word."""
        self._port.hang_up()

    async def cut_in_message(self) -> None:
        """Fault: close the connection in the middle of a report."""
        await self._port.put(frame(Message.RO_ACCESS_REPORT, 1, bytes(100))[:60])
        if self._port.client is not None:
            self._port.client.close()

    def go_silent(self) -> None:
        """Fault: say nothing more, not even a keepalive, and leave the connection open."""
        self._port.silent = True

    def speak_again(self) -> None:
        """End the silence."""
        self._port.silent = False

    async def send_garbage(self, size: int = 64, seed: int = 1) -> None:
        """Fault: bytes that are no LLRP."""
        await self._port.put(b"\xff" + random.Random(seed).randbytes(size - 1))

    async def send_length(self, length: int) -> None:
        """Fault: a report whose header claims `length` bytes."""
        await self._port.put(HEADER.pack(1 << 10 | Message.RO_ACCESS_REPORT, length, 1))

    async def send_message(self, message_type: int, body: bytes = b"") -> None:
        """Send any message, an unknown or malformed one too."""
        await self._port.put(frame(message_type, 1, body))

    async def drip(self, reads: Sequence[Read], pause_s: float) -> None:
        """Fault: send one report a byte at a time, and nothing else meanwhile."""
        running = self._answers.running
        if running is None:
            return
        body = self._encoder_for(running).encode(reads)
        message = frame(Message.RO_ACCESS_REPORT, 1, body)
        self.go_silent()
        try:
            for at in range(len(message)):
                await self._port.put(message[at : at + 1])
                await asyncio.sleep(pause_s)
        finally:
            self.speak_again()
        self.sent += len(reads)

    def _encoder_for(self, running: RoSpec) -> ReportEncoder:
        if self._encoder is None or self._encoder[0] is not running:
            self._encoder = running, ReportEncoder(running.content, running.rospec_id)
        return self._encoder[1]


BAD_REPORT = bytes.fromhex("00f0004200f1ffff") + bytes(58)
"""A report of 76 bytes, header included, with a parameter that is longer than what holds it."""

FAULTS = ("drop", "cut", "silence", "garbage", "length", "unknown", "bad-report", "drip")


async def fail(reader: LlrpReader, fault: str, reads: Sequence[Read]) -> None:
    """Commit one of FAULTS."""
    match fault:
        case "drop":
            reader.drop()
        case "cut":
            await reader.cut_in_message()
        case "silence":
            reader.go_silent()
        case "garbage":
            await reader.send_garbage()
        case "length":
            await reader.send_length(5)
        case "unknown":
            await reader.send_message(999)
        case "bad-report":
            await reader.send_message(Message.RO_ACCESS_REPORT, BAD_REPORT)
        case _:
            await reader.drip(reads[:1], 0.1)


def make_tags(count: int, seed: int = 1) -> list[str]:
    """Return `count` different SGTIN-96 EPCs."""
    chance = random.Random(seed)
    item = chance.getrandbits(20)
    return [f"3034257bf4{item:06x}{serial:08x}" for serial in range(count)]


_TICK_S = 0.05


async def _play(reader: LlrpReader, tags: list[str], rate: float, seed: int) -> None:
    chance = random.Random(seed)
    start_s, made = time.monotonic(), 0
    while True:
        await asyncio.sleep(_TICK_S)
        now_ns, due = time.time_ns(), round((time.monotonic() - start_s) * rate)
        reads = [
            Read(tags[at % len(tags)], "", 1 + at % 4, now_ns, now_ns, -65 + 10 * chance.random())
            for at in range(made, due)
        ]
        made = due
        await reader.report(reads)


async def _fail_now_and_then(reader: LlrpReader, fault: str, every_s: float, tag: str) -> None:
    while True:
        await asyncio.sleep(every_s)
        now_ns = time.time_ns()
        await fail(reader, fault, [Read(tag, "", 1, now_ns, now_ns)])


async def _run(options: argparse.Namespace) -> None:
    tags = make_tags(options.tags, options.seed)
    async with (
        LlrpReader(host=options.host, port=options.port) as reader,
        asyncio.TaskGroup() as group,
    ):
        _LOG.info("%s", reader.address)
        group.create_task(_play(reader, tags, options.rate, options.seed), name="reads")
        if options.fault:
            faults = _fail_now_and_then(reader, options.fault, options.every, tags[0])
            group.create_task(faults, name="faults")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a reader until it is interrupted; the first line on stderr is its address."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    parser = argparse.ArgumentParser(prog="python -m simulators.llrp_reader", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--tags", type=int, default=100, help="different tags in the field")
    parser.add_argument("--rate", type=float, default=100.0, help="reads a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=FAULTS)
    parser.add_argument("--every", type=float, default=10.0, help="seconds between faults")
    try:
        asyncio.run(_run(parser.parse_args(arguments)))
    except KeyboardInterrupt:
        _LOG.info("stopped")


if __name__ == "__main__":
    main()
