"""The contract of a link that carries bytes: a serial port, a pty, a TCP connection."""

from typing import Protocol


class ByteLink(Protocol):
    """One open link. Opened by `readers.serial.link.open_serial` or `readers.tcp_link.open_tcp`."""

    async def read(self) -> bytes:
        """Wait for the next bytes, at least one. Raises ReaderLostError when the link is gone."""
        ...

    async def write(self, data: bytes) -> None:
        """Send all of `data`. Raises ReaderLostError."""
        ...

    def close(self) -> None:
        """Let go of the link. Never raises; `read` then raises ReaderLostError."""
        ...
