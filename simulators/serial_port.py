"""The far end of a serial line: a pty paced to the baud rate, with the faults of a cable."""

import asyncio
import contextlib
import os
import random
import tempfile
import tty
from collections.abc import Callable
from pathlib import Path

from simulators.lifetime import Lifetime

BITS_PER_BYTE = 10
"""Eight data bits, a start and a stop bit."""
CHUNK_S = 0.005
WAITING_BYTES_MAX = 4096
READ_BYTES = 4096


class SerialPort(Lifetime):
    """One pty under a path that stays the same when it is unplugged and replugged.

    What is given to `send` leaves at the speed of `baud`; what the other end writes goes to
    `on_bytes`. A line has no flow control, but this one waits where nobody reads, so that
    what was sent can be counted against what was heard.
    """

    def __init__(self, baud: int = 115_200) -> None:
        self.on_bytes: Callable[[bytes], None] = _ignore
        self.silent = False
        """Fault: nothing that is sent arrives."""
        self.duplicates = False
        """Fault: everything arrives twice."""
        self.drip_s = 0.0
        """Fault: so long a pause after each byte."""
        self.cut_after: int | None = None
        """Fault: of the next message only so many bytes arrive."""
        self._byte_s = BITS_PER_BYTE / baud
        self._folder: Path | None = None
        self._master: int | None = None
        self._slave: int | None = None
        self._waiting = bytearray()
        self._something = asyncio.Event()
        self._room = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    @property
    def path(self) -> str:
        """The path to open; known once started."""
        if self._folder is None:
            raise RuntimeError("the port is not started")
        return str(self._folder / "tty")

    @property
    def plugged(self) -> bool:
        """Whether there is something behind the path."""
        return self._master is not None

    async def start(self) -> None:
        """Make the path, with a pty behind it."""
        self._folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="serial-"))
        self._room.set()
        await self.replug()

    async def stop(self) -> None:
        """Unplug it and remove the path."""
        await self.unplug()
        if self._folder is not None:
            await asyncio.to_thread(self._folder.rmdir)
            self._folder = None

    async def replug(self) -> None:
        """Put a new pty behind the path."""
        self._master, self._slave = os.openpty()
        for end in (self._master, self._slave):
            tty.setraw(end)
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._on_readable)
        await asyncio.to_thread(os.symlink, os.ttyname(self._slave), self.path)
        self._pump = asyncio.create_task(self._send_on(self._master), name="serial-port")

    async def unplug(self) -> None:
        """Fault: the cable is pulled; whoever has the port open notices."""
        master, slave, pump = self._master, self._slave, self._pump
        self._master = self._slave = self._pump = None
        if master is None or slave is None or pump is None:
            return
        pump.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pump
        asyncio.get_running_loop().remove_reader(master)
        self._waiting.clear()
        self._room.set()
        await asyncio.to_thread(os.unlink, self.path)
        os.close(slave)
        os.close(master)

    def send(self, data: bytes) -> None:
        """Put a message on the line, with the faults that are set."""
        if self._master is None or self.silent:
            return
        if self.cut_after is not None:
            data, self.cut_after = data[: self.cut_after], None
        self._waiting += data * (2 if self.duplicates else 1)
        self._something.set()
        if len(self._waiting) >= WAITING_BYTES_MAX:
            self._room.clear()

    def send_noise(self, size: int, seed: int = 1) -> None:
        """Fault: bytes that mean nothing."""
        self.send(random.Random(seed).randbytes(size))

    async def drain(self) -> None:
        """Wait while too much waits to be sent."""
        await self._room.wait()

    def _on_readable(self) -> None:
        if self._master is None:
            return
        try:
            data = os.read(self._master, READ_BYTES)
        except OSError:
            return
        self.on_bytes(data)

    async def _send_on(self, master: int) -> None:
        loop = asyncio.get_running_loop()
        free_s = loop.time()
        while True:
            await self._something.wait()
            if not self._waiting:
                self._something.clear()
                continue
            size = 1 if self.drip_s else max(1, round(CHUNK_S / self._byte_s))
            chunk = bytes(self._waiting[:size])
            del self._waiting[:size]
            await _write(master, chunk)
            if len(self._waiting) < WAITING_BYTES_MAX:
                self._room.set()
            free_s = max(free_s, loop.time() - CHUNK_S) + len(chunk) * self._byte_s + self.drip_s
            await asyncio.sleep(max(0.0, free_s - loop.time()))


async def _write(master: int, data: bytes) -> None:
    loop = asyncio.get_running_loop()
    while data:
        try:
            data = data[os.write(master, data) :]
        except BlockingIOError:
            writable = asyncio.Event()
            loop.add_writer(master, writable.set)
            try:
                await writable.wait()
            finally:
                loop.remove_writer(master)


def _ignore(_data: bytes) -> None:
    """Stand in until somebody listens."""
