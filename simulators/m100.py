"""A module of the M100 family on a pty, which gets its reads from outside.

As a command: `python -m simulators.m100 --tags 20 --rate 50`.
"""

import argparse
import asyncio
from collections.abc import Sequence

from readers.wire.m100 import (
    M100,
    NO_TAG,
    R200,
    Brackets,
    Command,
    Frame,
    Framer,
    Kind,
    encode_tag,
    frame,
)
from simulators.lifetime import Lifetime
from simulators.serial_command import add_options, run_module
from simulators.serial_port import SerialPort
from tags.reads import Read

ROUND_S = 0.05
"""An inventory round that hears nothing ends with an error after this time."""
ROUNDS_MAX = 0xFFFF
COMMAND_ERROR = 0x17
DEFAULT_RSSI_DBM = -60
POWERS_DBM = (0.0, 26.0)
BAUD = 115_200


class M100Module(Lifetime):
    """One simulated module; `async with` plugs it in and out.

    It sends the reads given to `report` while an inventory runs, one frame each, and that
    there is no tag while none is given. `port` has the faults.
    """

    def __init__(
        self,
        brackets: Brackets = M100,
        *,
        baud: int = BAUD,
        version: str = "M100 26dBm V1.0",
    ) -> None:
        self.port = SerialPort(baud)
        self.sent = 0
        """Tags put on the wire so far."""
        self.inventorying = asyncio.Event()
        """Set while an inventory of many rounds runs."""
        self.heard: list[int] = []
        """The commands received so far."""
        self.power_dbm = POWERS_DBM[1]
        self.region = 1
        self.speaks_when_it_hears_no_tag = True
        """Some firmware is quiet then."""
        self.unanswered: set[int] = set()
        """Fault: commands that it ignores."""
        self._brackets = brackets
        self._version = version
        self._framer = Framer(brackets)
        self._rounds = 0
        self._field: list[Read] = []
        self._demodulator = bytes.fromhex("020600b0")
        self._ticker: asyncio.Task[None] | None = None

    @property
    def path(self) -> str:
        """The serial port to open; known once started."""
        return self.port.path

    async def start(self) -> None:
        """Plug it in."""
        self.port.on_bytes = self._on_bytes
        await self.port.start()
        self._ticker = asyncio.create_task(self._tick(), name="m100")

    async def stop(self) -> None:
        """Unplug it."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.wait([self._ticker])
        await self.port.stop()

    async def report(self, reads: Sequence[Read]) -> int:
        """Send reads if an inventory runs; return how many. Waits while the line is slower."""
        count = 0
        for read in reads:
            if not self.inventorying.is_set() or self.port.silent:
                break
            self._notify(read)
            self._use_round()
            count += 1
            await self.port.drain()
        return count

    def inventory(self, rounds: int = ROUNDS_MAX) -> None:
        """Start an inventory, as a module does that is set to begin by itself."""
        self._rounds = rounds
        self.inventorying.set()

    def place(self, reads: Sequence[Read]) -> None:
        """Lay tags before the antenna, for single polls; each is heard once."""
        self._field += reads

    async def unplug(self) -> None:
        """Fault: pull the cable, and with it the power."""
        self.inventorying.clear()
        self._framer = Framer(self._brackets)
        await self.port.unplug()

    async def replug(self) -> None:
        """Plug it in again, as it comes from the factory."""
        self.power_dbm = POWERS_DBM[1]
        await self.port.replug()

    def send(self, kind: int, command: int, parameters: bytes = b"") -> None:
        """Send any frame, an unknown or malformed one too."""
        self.port.send(frame(self._brackets, kind, command, parameters))

    def _notify(self, read: Read) -> None:
        rssi_dbm = DEFAULT_RSSI_DBM if read.rssi_dbm is None else round(read.rssi_dbm)
        self.send(Kind.NOTICE, Command.POLL, encode_tag(bytes.fromhex(read.tag), rssi_dbm))
        self.sent += 1

    def _use_round(self) -> None:
        self._rounds -= 1
        if self._rounds <= 0:
            self.inventorying.clear()

    async def _tick(self) -> None:
        while True:
            before = self.sent
            await asyncio.sleep(ROUND_S)
            if self.inventorying.is_set() and self.sent == before:
                if self.speaks_when_it_hears_no_tag:
                    self._refuse(NO_TAG)
                self._use_round()

    def _on_bytes(self, data: bytes) -> None:
        for request in self._framer.feed(data):
            if request.kind == Kind.COMMAND:
                self.heard.append(request.command)
                if request.command not in self.unanswered:
                    self._respond(request)

    def _respond(self, request: Frame) -> None:
        match request.command:
            case Command.POLL:
                self._poll()
            case Command.POLL_MANY:
                # It is answered by what is heard, not by a frame of its own.
                self.inventory(int.from_bytes(request.parameters[1:3], "big"))
            case Command.STOP:
                self.inventorying.clear()
                self._answer(request, b"\0")
            case _:
                self._respond_about_itself(request)

    def _respond_about_itself(self, request: Frame) -> None:
        match request.command:
            case Command.INFO:
                text = (self._version, "V2.3.5", "simulated")[min(request.parameters[0], 2)]
                self._answer(request, request.parameters[:1] + text.encode())
            case Command.POWER:
                self._answer(request, round(self.power_dbm * 100).to_bytes(2, "big"))
            case Command.REGION:
                self._answer(request, bytes((self.region,)))
            case Command.GET_DEMODULATOR:
                self._answer(request, self._demodulator)
            case _:
                self._set(request)

    def _set(self, request: Frame) -> None:
        value = int.from_bytes(request.parameters[:2], "big")
        match request.command:
            case Command.SET_POWER if POWERS_DBM[0] <= value / 100 <= POWERS_DBM[1]:
                self.power_dbm = value / 100
            case Command.SET_REGION if request.parameters:
                self.region = request.parameters[0]
            case Command.SET_DEMODULATOR:
                self._demodulator = request.parameters
            case _:
                self._refuse(COMMAND_ERROR)
                return
        self._answer(request, b"\0")

    def _poll(self) -> None:
        if self._field:
            self._notify(self._field.pop(0))
        else:
            self._refuse(NO_TAG)

    def _answer(self, request: Frame, parameters: bytes) -> None:
        self.send(Kind.ANSWER, request.command, parameters)

    def _refuse(self, code: int) -> None:
        self.send(Kind.ANSWER, Command.FAILED, bytes((code,)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a module until it is interrupted; the first line on stderr is its path."""
    parser = argparse.ArgumentParser(prog="python -m simulators.m100", description=__doc__)
    parser.add_argument("--r200", action="store_true", help="speak with the brackets of an R200")
    add_options(parser)
    options = parser.parse_args(arguments)
    run_module(lambda: M100Module(R200 if options.r200 else M100), options)


if __name__ == "__main__":
    main()
