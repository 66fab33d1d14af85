"""A serial port as a link of bytes: real ports, ptys, `socket://host:port`, `rfc2217://host:port`.

pyserial opens the port. Where that has a file descriptor the event loop watches it; where it
has none, a thread reads.
"""

import asyncio
import errno
import os
import socket
import threading
from typing import Any

from readers.byte_link import ByteLink
from readers.driver import ReaderError, ReaderLostError, ReaderMisconfiguredError
from readers.reasons import reason_of

READ_BYTES = 4096
WAITING_BYTES_MAX = 65_536
"""Bytes kept until somebody reads them; then the port is left unread."""
WRITE_TIMEOUT_S = 2.0
THREAD_PATIENCE_S = 0.2

_BUSY = (errno.EBUSY, errno.EAGAIN)
_DENIED = (errno.EACCES, errno.EPERM)
_ABSENT = (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO)


async def open_serial(  # noqa: PLR0913 -- a serial line has so many knobs
    name: str,
    port: str,
    baud: int,
    *,
    bytesize: int = 8,
    parity: str = "N",
    stopbits: float = 1,
) -> ByteLink:
    """Open `port` for the reader `name`; what was received before is thrown away.

    Raises ReaderLostError where the port is absent, busy or not ours to open,
    ReaderMisconfiguredError where it is no serial port or its settings make no sense.
    """
    frame = {"bytesize": bytesize, "parity": parity, "stopbits": stopbits}
    # In a thread because pyserial has to be imported and a network port to be connected.
    opened, descriptor = await asyncio.to_thread(_open, name, port, baud, frame)
    if descriptor is None:
        return _ThreadLink(name, port, opened)
    return _DescriptorLink(name, port, opened, descriptor)


def _open(name: str, port: str, baud: int, frame: dict[str, Any]) -> tuple[Any, int | None]:
    import serial  # noqa: PLC0415 -- only sites with a serial reader need it

    try:
        # Exclusive, because two programs on one port would each get half of the bytes.
        opened = serial.serial_for_url(port, baud, timeout=0, exclusive=True, **frame)
    except (serial.SerialException, OSError) as error:
        raise _refusal(name, port, error) from error
    except ValueError as error:
        raise ReaderMisconfiguredError(f"{name}: {port}: {error}") from error
    return opened, _descriptor(opened)


def _descriptor(opened: Any) -> int | None:  # noqa: ANN401 -- whatever pyserial made of the URL
    try:
        return int(opened.fileno())
    except (OSError, AttributeError):
        return None


def _refusal(name: str, port: str, error: OSError) -> ReaderError:
    if error.errno in _DENIED:
        remedy = "Add the gateway's user to the group that owns the port, mostly `dialout`."
        return ReaderLostError(f"{name}: not allowed to open {port}", remedy)
    if error.errno in _BUSY:
        remedy = "Close the other program that uses this port; a running gateway is one too."
        return ReaderLostError(f"{name}: {port} is in use by another program", remedy)
    if error.errno in _ABSENT:
        return ReaderLostError(f"{name}: there is no port {port}", _ports_there_are())
    if "://" in port:
        remedy = "Check the address of the serial server and its cable."
        # pyserial puts its own words around what the network said.
        cause = error.__context__ if isinstance(error.__context__, OSError) else error
        return ReaderLostError(f"{name}: {port}: {reason_of(cause)}", remedy)
    return ReaderMisconfiguredError(f"{name}: {port} is no serial port: {error}")


def _ports_there_are() -> str:
    from serial.tools.list_ports import comports  # noqa: PLC0415 -- see _open

    found = sorted(f"{port.device} ({port.description})" for port in comports())
    listed = f"The ports are: {', '.join(found)}." if found else "There is no serial port at all."
    return f"Plug the reader in, or correct `port`. {listed}"


class _Link:
    """What both kinds of link have in common: bytes that wait, and the error that ended it."""

    def __init__(self, name: str, port: str) -> None:
        self._name, self._port = name, port
        self._loop = asyncio.get_running_loop()
        self._waiting = bytearray()
        self._error: ReaderLostError | None = None
        self._news = asyncio.Event()

    async def read(self) -> bytes:
        """Return all bytes that wait; those that came before the end are still returned."""
        await self._news.wait()
        if not self._waiting:
            assert self._error is not None  # noqa: S101 -- news means bytes or an end
            raise self._error
        data = bytes(self._waiting)
        self._waiting.clear()
        if self._error is None:
            self._news.clear()
            self._go_on()
        return data

    def _go_on(self) -> None:
        """Read again, if reading had stopped because too much waited."""

    @property
    def _full(self) -> bool:
        return len(self._waiting) >= WAITING_BYTES_MAX

    def _take(self, data: bytes) -> None:
        self._waiting += data
        self._news.set()

    def _end(self, why: str) -> ReaderLostError:
        if self._error is None:
            remedy = "Check the cable and the power of the reader."
            self._error = ReaderLostError(f"{self._name}: {self._port} is gone: {why}", remedy)
        self._news.set()
        return self._error


class _DescriptorLink(_Link):
    """A port with a file descriptor that does not block."""

    def __init__(self, name: str, port: str, opened: Any, descriptor: int) -> None:  # noqa: ANN401 -- pyserial has no type for all its kinds
        super().__init__(name, port)
        self._opened = opened
        self._descriptor: int | None = descriptor
        self._paused = False
        self._loop.add_reader(descriptor, self._on_readable)

    def _on_readable(self) -> None:
        assert self._descriptor is not None  # noqa: S101 -- watched only while open
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(str(error))
            self.close()
            return
        if not data:
            # Readable without bytes: the other end has hung up, or the port was unplugged.
            self._end("unplugged, or closed by the other end")
            self.close()
            return
        self._take(data)
        if self._full:
            self._loop.remove_reader(self._descriptor)
            self._paused = True

    def _go_on(self) -> None:
        if self._paused and self._descriptor is not None:
            self._paused = False
            self._loop.add_reader(self._descriptor, self._on_readable)

    async def write(self, data: bytes) -> None:
        """Send all of `data` within 2 s."""
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                while data:
                    data = data[await self._write_some(data) :]
        except TimeoutError as error:
            lost = self._end("it takes no bytes")
            self.close()
            raise lost from error
        except OSError as error:
            lost = self._end(str(error))
            self.close()
            raise lost from error

    async def _write_some(self, data: bytes) -> int:
        if self._descriptor is None:
            raise self._end("closed")
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            await self._until_writable(self._descriptor)
            return 0

    async def _until_writable(self, descriptor: int) -> None:
        ready = self._loop.create_future()
        self._loop.add_writer(descriptor, _resolve, ready)
        try:
            await ready
        finally:
            self._loop.remove_writer(descriptor)

    def close(self) -> None:
        """Free the descriptor at once, so that the port can be opened again."""
        if self._descriptor is None:
            return
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_writer(self._descriptor)
        self._descriptor = None
        self._end("closed")
        _forget_socket(self._opened)
        _close(self._opened)


class _ThreadLink(_Link):
    """A port without a descriptor: a thread reads, and writing happens in a thread too."""

    def __init__(self, name: str, port: str, opened: Any) -> None:  # noqa: ANN401 -- see above
        super().__init__(name, port)
        self._opened = opened
        self._closed = False
        self._room = threading.Event()
        self._room.set()
        threading.Thread(target=self._read_on, name=f"serial-{name}", daemon=True).start()

    def _read_on(self) -> None:
        why = "closed"
        try:
            # Here because a port on the network is told of it.
            self._opened.timeout = THREAD_PATIENCE_S
            while not self._closed:
                self._room.wait(THREAD_PATIENCE_S)
                if self._room.is_set():
                    data = self._opened.read(self._opened.in_waiting or 1)
                    self._tell(self._hear, data)
        except Exception as error:  # noqa: BLE001 -- pyserial fails in many ways when the peer goes
            why = str(error)
        _close(self._opened)
        self._tell(self._end, why)

    def _tell(self, what: Any, value: object) -> None:  # noqa: ANN401 -- a method of this object
        try:
            self._loop.call_soon_threadsafe(what, value)
        except RuntimeError:
            self._closed = True  # the loop has gone, and nobody listens any more

    def _hear(self, data: bytes) -> None:
        if data and not self._closed:
            self._take(data)
            if self._full:
                self._room.clear()

    def _go_on(self) -> None:
        self._room.set()

    async def write(self, data: bytes) -> None:
        """Send all of `data` within 2 s."""
        if self._closed:
            raise self._end("closed")
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await asyncio.to_thread(self._opened.write, data)
        except TimeoutError as error:
            raise self._end("it takes no bytes") from error
        except OSError as error:
            raise self._end(str(error)) from error

    def close(self) -> None:
        """Tell the thread to let go of the port; it does so within 0.2 s."""
        self._closed = True
        self._end("closed")


def _resolve(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _forget_socket(opened: Any) -> None:  # noqa: ANN401 -- see above
    """Close the socket of a `socket://` port here.

    pyserial sleeps when it does, and forgets to when the other end has hung up.
    """
    if isinstance(connection := getattr(opened, "_socket", None), socket.socket):
        opened.is_open = False
        connection.close()


def _close(opened: Any) -> None:  # noqa: ANN401 -- see above
    try:
        opened.close()
    except Exception:  # noqa: BLE001 -- it is gone anyway
        return
