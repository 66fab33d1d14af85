"""A barcode scanner on a TCP port or a pty, with faults on demand.

As a command: `python -m simulators.scanner --listen 4001 --code 4006381333931 --every 2`.
"""

import argparse
import asyncio
import logging
import random
from collections.abc import Sequence

from simulators.serial_port import SerialPort
from simulators.tcp_port import TcpPort

GS = "\x1d"

_LOG = logging.getLogger(__name__)


class Scanner:
    """Sends what it scans between `prefix` and `suffix`, as UTF-8 unless told otherwise."""

    def __init__(
        self, port: SerialPort | TcpPort, *, prefix: bytes = b"", suffix: bytes = b"\r\n"
    ) -> None:
        self.sent = 0
        """Codes sent so far."""
        self._port = port
        self._prefix, self._suffix = prefix, suffix

    def line(self, content: str, aim: str = "", encoding: str = "utf-8") -> bytes:
        """The bytes of one scan; `aim` are the two characters of the symbology prefix."""
        lead = f"]{aim}" if aim else ""
        return self._prefix + (lead + content).encode(encoding) + self._suffix

    async def scan(self, *contents: str, aim: str = "") -> None:
        """Scan codes, one after the other."""
        await self.send(b"".join(self.line(content, aim) for content in contents))
        self.sent += len(contents)

    async def see_nothing(self) -> None:
        """Say that the trigger was pulled and no code was there."""
        await self.send(self.line("NOREAD"))

    async def send(self, data: bytes) -> None:
        """Fault: send any bytes."""
        self._port.send(data)
        await self._port.drain()

    async def send_garbage(self, size: int = 64, seed: int = 1) -> None:
        """Fault: bytes of a wrong baud rate, closed by an end of line."""
        noise = random.Random(seed).randbytes(size).replace(b"\r", b"").replace(b"\n", b"")
        await self.send(b"\x00\x01" + noise + b"\r")

    async def cut(self, content: str) -> None:
        """Fault: send the first half of a scan and stop."""
        line = self.line(content)
        await self.send(line[: len(line) // 2])

    async def drip(self, content: str, pause_s: float) -> None:
        """Fault: send one scan a byte at a time."""
        for byte in self.line(content):
            await self.send(bytes([byte]))
            await asyncio.sleep(pause_s)


async def _play(listen: int, codes: Sequence[str], every_s: float, aim: str) -> None:
    async with TcpPort(port=listen) as port:
        _LOG.info("%s", port.address)
        scanner = Scanner(port)
        while True:
            for code in codes:
                await port.connected.wait()
                await scanner.scan(code, aim=aim)
                await asyncio.sleep(every_s)


def main(arguments: Sequence[str] | None = None) -> None:
    """Scan the given codes until it is interrupted; the first line on stderr is its address."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    parser = argparse.ArgumentParser(prog="python -m simulators.scanner", description=__doc__)
    _ = parser.add_argument("--listen", type=int, default=4001, help="TCP port (4001)")
    _ = parser.add_argument("--code", action="append", help="what to scan; may be repeated")
    _ = parser.add_argument("--aim", default="", help="symbology, such as E0 or d2")
    _ = parser.add_argument("--every", type=float, default=2.0, help="seconds between two scans")
    said = parser.parse_args(arguments)
    codes = said.code or ["4006381333931"]
    try:
        asyncio.run(_play(said.listen, codes, said.every, said.aim))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
