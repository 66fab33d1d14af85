"""What can go wrong with an LLRP reader and the network before it, on demand."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from readers.wire.llrp.fields import TAG_REPORT_DATA
from readers.wire.llrp.framing import HEADER, frame
from readers.wire.llrp.messages import Event, Message
from readers.wire.llrp.parameters import custom, tlv
from simulators.llrp_port import LlrpPort
from tags.reads import Read

BAD_REPORT: Final = bytes.fromhex("00f0004200f1ffff") + bytes(58)
"""A report of 76 bytes, header included, with a parameter that is longer than what holds it."""

_UNKNOWN_TLV = 900
_UNKNOWN_VENDOR = 99_999


class LlrpFaults(ABC):
    """The faults of a simulated reader, each a method."""

    _port: LlrpPort

    @abstractmethod
    async def start(self) -> None:
        """Listen, on the same port as before."""

    @abstractmethod
    async def stop(self) -> None:
        """Hang up and stop listening."""

    @abstractmethod
    async def report(self, reads: Sequence[Read]) -> int:
        """Send the reads that the client's ROSpec hears; return how many."""

    @abstractmethod
    def jump_clock(self, seconds: float) -> None:
        """Set the reader's clock ahead, or back."""

    @abstractmethod
    def hold_reports(self) -> None:
        """Keep reports for the next client, as if this one had asked for it."""

    @abstractmethod
    def _encoded(self, reads: Sequence[Read]) -> bytes | None:
        """Return the body of a report as the running ROSpec wants it; None where none runs."""

    def drop(self) -> None:
        """Cut the connection without a word."""
        self._port.hang_up()

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        if self._port.client is not None:
            self._port.client.reset()

    async def cut_in_message(self) -> None:
        """Close the connection in the middle of a report."""
        await self._port.put(frame(Message.RO_ACCESS_REPORT, 1, bytes(100))[:60])
        if self._port.client is not None:
            self._port.client.close()

    def say_goodbye(self) -> None:
        """End the session from the reader's side, as LLRP wants it done."""
        if self._port.client is not None:
            self._port.client.notify(Event(closing=True))
            self._port.client.close()

    def go_silent(self) -> None:
        """Say nothing more, not even a keepalive, and leave the connection open."""
        self._port.silent = True

    def speak_again(self) -> None:
        """End the silence."""
        self._port.silent = False
        self._port.flush()

    def go_half_open(self, *, occupied: bool = False) -> None:
        """Vanish without an end of the connection, like a reader whose plug was pulled.

        It listens again at once. With `occupied` it is the network that has vanished: the
        reader goes on believing in its client, and refuses another one until `drop`.
        """
        self._port.leave_half_open(occupied=occupied)

    async def send_garbage(self, size: int = 64, seed: int = 1) -> None:
        """Send bytes that are no LLRP."""
        await self._port.put(b"\xff" + random.Random(seed).randbytes(size - 1))

    async def send_length(self, length: int) -> None:
        """Send the header of a report that claims `length` bytes, and nothing of it."""
        await self._port.put(HEADER.pack(1 << 10 | Message.RO_ACCESS_REPORT, length, 1))

    async def send_message(self, message_type: int, body: bytes = b"") -> None:
        """Send any message, an unknown or malformed one too."""
        await self._port.put(frame(message_type, 1, body))

    async def send_unknown_parameters(self, reads: Sequence[Read]) -> None:
        """Send good reads among parameters that nobody knows, inside their entries and beside."""
        odd = tlv(_UNKNOWN_TLV, b"odd") + custom(_UNKNOWN_VENDOR, 7, b"odder")
        bodies = [self._encoded([read]) for read in reads]
        entries = [tlv(TAG_REPORT_DATA, body[4:], odd) for body in bodies if body]
        if entries and not self._port.silent:
            await self.send_message(Message.RO_ACCESS_REPORT, odd.join((b"", *entries, b"")))
            self._port.sent += len(entries)

    async def repeat(self, reads: Sequence[Read]) -> None:
        """Send the same reads twice, as some readers do after a hiccup."""
        await self.report(reads)
        await self.report(reads)

    async def drip(self, reads: Sequence[Read], pause_s: float) -> None:
        """Send one report a byte at a time, and nothing else meanwhile."""
        body = self._encoded(reads)
        if body is None:
            return
        message = frame(Message.RO_ACCESS_REPORT, 1, body)
        self.go_silent()
        try:
            for at in range(len(message)):
                await self._port.put(message[at : at + 1])
                await asyncio.sleep(pause_s)
        finally:
            self.speak_again()
        self._port.sent += len(reads)

    async def outage(self, for_s: float) -> None:
        """Hang up and refuse connections for a while; reads are lost, or kept where asked for."""
        await self.stop()
        await asyncio.sleep(for_s)
        await self.start()

    async def outage_with_replay(self, for_s: float) -> None:
        """The same, but what is read meanwhile arrives afterwards with its true time."""
        self.hold_reports()
        await self.outage(for_s)


_OUTAGE_S = 2.0
_DRIP_PAUSE_S = 0.1
_JUMP_S = 3600.0

_Fault = Callable[[LlrpFaults, Sequence[Read]], Awaitable[None] | None]

FAULTS: Final[dict[str, _Fault]] = {
    "drop": lambda reader, _: reader.drop(),
    "reset": lambda reader, _: reader.reset(),
    "cut": lambda reader, _: reader.cut_in_message(),
    "goodbye": lambda reader, _: reader.say_goodbye(),
    "silence": lambda reader, _: reader.go_silent(),
    "half-open": lambda reader, _: reader.go_half_open(),
    "garbage": lambda reader, _: reader.send_garbage(),
    "length": lambda reader, _: reader.send_length(5),
    "length-zero": lambda reader, _: reader.send_length(0),
    "length-huge": lambda reader, _: reader.send_length(1 << 31),
    "unknown": lambda reader, _: reader.send_message(999),
    "unknown-parameter": lambda reader, reads: reader.send_unknown_parameters(reads),
    "bad-report": lambda reader, _: reader.send_message(Message.RO_ACCESS_REPORT, BAD_REPORT),
    "duplicate": lambda reader, reads: reader.repeat(reads),
    "drip": lambda reader, reads: reader.drip(reads[:1], _DRIP_PAUSE_S),
    "clock-jump": lambda reader, _: reader.jump_clock(_JUMP_S),
    "outage": lambda reader, _: reader.outage(_OUTAGE_S),
    "replay": lambda reader, _: reader.outage_with_replay(_OUTAGE_S),
}
"""Every fault by the name that the command line knows."""


async def fail(reader: LlrpFaults, fault: str, reads: Sequence[Read]) -> None:
    """Commit one of FAULTS, with these reads where it takes any; return when it is over."""
    committed = FAULTS[fault](reader, reads)
    if committed is not None:
        await committed
