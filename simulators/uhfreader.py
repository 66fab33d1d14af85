"""Modules of the UHFReader family on a pty, one or a bus of them, which get reads from outside.

As a command: `python -m simulators.uhfreader --model 288 --tags 20 --rate 50`.
"""

import argparse
import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Literal

from readers.wire.uhfreader import (
    COMMAND_LENGTH_MIN,
    HEARTBEAT_BYTES,
    Answer,
    Command,
    Framer,
    Status,
    Tag,
    answer_frame,
    encode_tags,
)
from simulators.lifetime import Lifetime
from simulators.serial_command import add_options, run_module
from simulators.serial_port import SerialPort
from tags.reads import Read

Model = Literal["18", "288"]
Layout = Literal["bare", "antenna"]

BAUD = 57_600
BROADCAST = 0xFF
SCAN_S = 0.02
HEARTBEAT_S = 1.0
READS_WAITING_MAX = 1_000
DATA_BYTES_MAX = 200
RSSI_AT_ZERO_DBM = 200
"""Where the raw scale of this make-believe module has 0 dBm; each real model has its own."""
POWER_DBM_MAX = 30
ANTENNA_ASKED = 0x80
MIN_INVENTORY_BYTES = 5

_TYPES = {"18": 0x09, "288": 0x0C}
_SETTERS = frozenset((0x22, 0x24, 0x25, 0x28, 0x2F, 0x33, 0x34, 0x35, 0x37, 0x38, 0x3B))
"""What only has to be confirmed here."""
_GET_WORK_MODE = 0x36
_US_BAND = (0x31, 0x80)


class UhfReader(Lifetime):
    """Simulated modules that share one line; `async with` plugs them in and out.

    Reads given to `report` wait for the next poll; a read of reader `NAME:2` is heard by
    address 2, any other by the first. With `pushes`, they are sent at once in `layout`, and a
    heartbeat while there is none. `port` has the faults.
    """

    def __init__(  # noqa: PLR0913 -- all but the model are rarely given
        self,
        model: Model = "288",
        *,
        addresses: Sequence[int] = (0,),
        baud: int = BAUD,
        pushes: bool = False,
        layout: Layout | None = None,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self.port = SerialPort(baud)
        self.sent = 0
        """Tags put on the wire so far."""
        self.inventorying = asyncio.Event()
        """Set once somebody polls, or while the modules push."""
        self.heard: list[int] = []
        """The commands received so far."""
        self.power_dbm = dict.fromkeys(addresses, POWER_DBM_MAX)
        self.dead: set[int] = set()
        """Fault: addresses without power."""
        self.unanswered: set[int] = set()
        """Fault: commands that they ignore."""
        self.inventory_status: int | None = None
        """Fault: each inventory ends with it, and without tags."""
        self.unplugged_antennas: set[int] = set()
        """Fault: antennas that the modules find missing."""
        self._model = model
        self._pushes = pushes
        self._layout = layout or ("antenna" if model == "288" else "bare")
        self._heartbeat_s = heartbeat_s
        self._framer = Framer(COMMAND_LENGTH_MIN)
        self._waiting: dict[int, deque[Read]] = {at: deque() for at in addresses}
        self._room = asyncio.Event()
        self._room.set()
        self._beating: asyncio.Task[None] | None = None

    @property
    def path(self) -> str:
        """The serial port to open; known once started."""
        return self.port.path

    async def start(self) -> None:
        """Plug them in."""
        self.port.on_bytes = self._on_bytes
        await self.port.start()
        if self._pushes:
            self.inventorying.set()
            self._beating = asyncio.create_task(self._beat(), name="uhfreader")

    async def stop(self) -> None:
        """Unplug them."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait([self._beating])
        await self.port.stop()

    async def report(self, reads: Sequence[Read]) -> int:
        """Have the modules hear reads; return how many. Waits while too many wait for a poll."""
        if not self.inventorying.is_set() or self.port.silent:
            return 0
        for read in reads:
            address = self._hearer(read)
            if self._pushes:
                self._push(address, read)
                await self.port.drain()
                continue
            await self._room.wait()
            self._waiting[address].append(read)
            if len(self._waiting[address]) >= READS_WAITING_MAX:
                self._room.clear()
        return len(reads)

    async def unplug(self) -> None:
        """Fault: pull the cable."""
        if not self._pushes:
            self.inventorying.clear()
        self._framer = Framer(COMMAND_LENGTH_MIN)
        await self.port.unplug()

    async def replug(self) -> None:
        """Plug it in again."""
        await self.port.replug()

    def send(self, address: int, command: int, status: int, data: bytes = b"") -> None:
        """Send any answer, an unknown or malformed one too."""
        self.port.send(answer_frame(Answer(address, command, status, data)))

    def _hearer(self, read: Read) -> int:
        _, colon, address = read.reader.rpartition(":")
        return int(address) if colon and address.isdecimal() else next(iter(self._waiting))

    def _push(self, address: int, read: Read) -> None:
        data = bytes.fromhex(read.tag)
        if self._layout == "antenna":
            mask = 1 << read.antenna - 1
            data = bytes((mask, len(data))) + data + bytes((_raw_rssi(read),))
        self.send(address, Command.REPORT, Status.OK, data)
        self.sent += 1

    async def _beat(self) -> None:
        while True:
            before = self.sent
            await asyncio.sleep(self._heartbeat_s)
            if self.sent == before:
                self.port.send(HEARTBEAT_BYTES)

    def _on_bytes(self, data: bytes) -> None:
        for whole in self._framer.feed(data):
            address, command, parameters = whole[1], whole[2], whole[3:-2]
            self.heard.append(command)
            asked = (own for own in self._waiting if address in (own, BROADCAST))
            for own in asked if command not in self.unanswered else ():
                if own not in self.dead:
                    self._respond(own, command, parameters)

    def _respond(self, address: int, command: int, parameters: bytes) -> None:
        if command == Command.INVENTORY:
            self.inventorying.set()
            loop = asyncio.get_running_loop()
            loop.call_later(SCAN_S, self._answer_inventory, address, parameters)
        elif command == Command.INFO:
            head = bytes((3, 8, _TYPES[self._model], 2, *_US_BAND))
            tail = bytes((self.power_dbm[address], 3))
            self.send(address, command, Status.OK, head + tail)
        elif command == _GET_WORK_MODE:
            self.send(address, command, Status.OK, bytes((0, 30, 10, 15, 0, 2, 4, 0, 6, 1, 8, 0)))
        elif command in _SETTERS:
            self._set(address, command, parameters)
        else:
            self.send(address, Command.ILLEGAL, Status.ILLEGAL)

    def _set(self, address: int, command: int, parameters: bytes) -> None:
        if command == Command.SET_POWER:
            if len(parameters) != 1 or parameters[0] > POWER_DBM_MAX:
                self.send(address, command, Status.WRONG_PARAMETER)
                return
            self.power_dbm[address] = parameters[0]
        self.send(address, command, Status.OK)

    def _answer_inventory(self, address: int, parameters: bytes) -> None:
        if not self.port.plugged:
            return
        antenna = self._antenna_asked(parameters)
        failure = self.inventory_status
        if antenna in self.unplugged_antennas:
            failure = Status.ANTENNA_ERROR
        if failure is not None:
            self.send(address, Command.INVENTORY, failure)
            return
        tags = self._heard_by(address, antenna)
        if not tags:
            self.send(address, Command.INVENTORY, Status.NO_TAG)
            return
        parts = _in_frames(tags)
        for part in parts:
            status = Status.DONE if part is parts[-1] else Status.MORE_FOLLOWS
            self.send(address, Command.INVENTORY, status, self._encode(part, antenna))
        self.sent += len(tags)

    def _antenna_asked(self, parameters: bytes) -> int:
        """The last byte but one of model 288's inventory; without it, and in model 18, it is 1."""
        if self._model == "18" or len(parameters) < MIN_INVENTORY_BYTES:
            return 1
        return (parameters[-2] & ~ANTENNA_ASKED) + 1

    def _heard_by(self, address: int, antenna: int) -> list[Tag]:
        waiting = self._waiting[address]
        heard = [read for read in waiting if self._model == "18" or read.antenna == antenna]
        rest = [read for read in waiting if self._model != "18" and read.antenna != antenna]
        self._waiting[address] = deque(rest)
        self._room.set()
        return [Tag(bytes.fromhex(read.tag), 1 << antenna - 1, _raw_rssi(read)) for read in heard]

    def _encode(self, tags: list[Tag], antenna: int) -> bytes:
        if self._model == "18":
            return encode_tags(tags, with_rssi=False)
        return bytes((1 << antenna - 1,)) + encode_tags(tags, with_rssi=True)


def _in_frames(tags: list[Tag]) -> list[list[Tag]]:
    parts: list[list[Tag]] = [[]]
    size = 0
    for tag in tags:
        size += len(tag.epc) + 2
        if size > DATA_BYTES_MAX:
            parts.append([])
            size = len(tag.epc) + 2
        parts[-1].append(tag)
    return parts


def _raw_rssi(read: Read) -> int:
    raw = RSSI_AT_ZERO_DBM + round(-60.0 if read.rssi_dbm is None else read.rssi_dbm)
    return min(255, max(0, raw))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a module until it is interrupted; the first line on stderr is its path."""
    parser = argparse.ArgumentParser(prog="python -m simulators.uhfreader", description=__doc__)
    parser.add_argument("--model", choices=("18", "288"), default="288")
    parser.add_argument("--push", action="store_true", help="report unasked")
    add_options(parser)
    options = parser.parse_args(arguments)
    run_module(lambda: UhfReader(options.model, pushes=options.push), options)


if __name__ == "__main__":
    main()
