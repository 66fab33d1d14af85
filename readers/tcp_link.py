"""A TCP connection that carries bytes: to a scanner, a module, or a serial device server."""

import asyncio
import contextlib
import socket
import ssl

from readers.byte_link import ByteLink
from readers.driver import ReaderLostError
from readers.reasons import reason_of

BYTES_WAITING_MAX = 65_536
"""So many bytes wait for `read`; then the socket is left unread, and the peer has to wait."""
KEEPALIVE_IDLE_S = 10
KEEPALIVE_EVERY_S = 5
KEEPALIVE_TRIES = 3
"""A peer that has vanished is noticed after 25 s, or by the first write that it leaves unread."""
WRITE_TIMEOUT_S = 10.0


async def open_tcp(
    name: str,
    host: str,
    port: int,
    *,
    tls: ssl.SSLContext | None = None,
    timeout_s: float,
) -> ByteLink:
    """Connect reader `name` to `host:port` within `timeout_s`.

    Raises ReaderLostError, with what to do about it.
    """
    where = f"{host}:{port}"
    link = _TcpLink(name, where)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            _ = await loop.create_connection(lambda: link, host, port, ssl=tls)
    except TimeoutError as error:
        text = f"{name}: {where} did not answer within {timeout_s:g} s"
        raise ReaderLostError(text, "Check the address, and that nothing filters it.") from error
    except OSError as error:
        raise ReaderLostError(f"{name}: {where}: {reason_of(error)}", _remedy(error)) from error
    return link


def _remedy(error: OSError) -> str:
    match error:
        case ConnectionRefusedError():
            return "Something answers there, but not on this port: check the port number."
        case ssl.SSLError():
            return "Check whether the device speaks TLS, and its certificate."
        case socket.gaierror():
            return "Check the spelling of the address, or give an IP address."
        case _:
            return "Check the reader's power, cable and address."


class _TcpLink(asyncio.Protocol):
    """A ByteLink over an asyncio transport."""

    def __init__(self, name: str, where: str) -> None:
        self._name = name
        self._where = where
        self._transport: asyncio.Transport | None = None
        self._waiting = bytearray()
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._paused = False
        self._ended: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- TCP, not datagrams
        self._transport = transport
        _watch_for_vanished_peer(transport)

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        self._news.set()
        if len(self._waiting) >= BYTES_WAITING_MAX and self._transport and not self._paused:
            self._transport.pause_reading()
            self._paused = True

    def connection_lost(self, exc: Exception | None) -> None:
        lost = f"connection lost: {reason_of(exc)}" if isinstance(exc, OSError) else str(exc)
        self._end(lost if exc else "the device closed the connection")

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def read(self) -> bytes:
        """Wait for the next bytes; nothing is lost when it is cancelled."""
        await self._news.wait()
        if not self._waiting:
            raise self._lost()
        data = bytes(self._waiting)
        self._waiting.clear()
        if self._ended is None:
            self._news.clear()
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        self._paused = False
        return data

    async def write(self, data: bytes) -> None:
        """Send all of `data`, at most WRITE_TIMEOUT_S long."""
        if self._ended is not None or self._transport is None:
            raise self._lost()
        self._transport.write(data)
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._writable.wait()
        except TimeoutError as error:
            text = f"{self._name}: {self._where} takes nothing for {WRITE_TIMEOUT_S:g} s"
            raise ReaderLostError(text) from error
        if self._ended is not None:
            raise self._lost()

    def close(self) -> None:
        """Hang up, after what is being sent."""
        self._end("closed by the gateway")
        self._waiting.clear()

    def _end(self, why: str) -> None:
        if self._ended is None:
            self._ended = why
        self._news.set()
        self._writable.set()
        if self._transport is not None:
            # What was said last is still sent, unless the peer does not take it.
            stuck = self._transport.get_write_buffer_size() > 0
            (self._transport.abort if stuck else self._transport.close)()

    def _lost(self) -> ReaderLostError:
        return ReaderLostError(f"{self._name}: {self._where}: {self._ended}")


def _watch_for_vanished_peer(transport: asyncio.Transport) -> None:
    """Let the kernel ask a peer that is quiet, and give up on one that does not answer."""
    plug: socket.socket | None = transport.get_extra_info("socket")
    if plug is None:
        return
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_KEEPIDLE": KEEPALIVE_IDLE_S,
        "TCP_KEEPINTVL": KEEPALIVE_EVERY_S,
        "TCP_KEEPCNT": KEEPALIVE_TRIES,
        "TCP_USER_TIMEOUT": 1000 * (KEEPALIVE_IDLE_S + KEEPALIVE_TRIES * KEEPALIVE_EVERY_S),
    }
    for option, value in options.items():
        # Not every system has all of them.
        with contextlib.suppress(AttributeError, OSError):
            plug.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
