"""The driver for RFID readers that speak LLRP."""

import asyncio
import contextlib

from readers.driver import Batch, Clock, ReaderLostError
from readers.llrp_link import LlrpLink
from readers.llrp_session import LlrpSession
from readers.llrp_settings import LlrpSettings
from readers.wire.llrp.framing import Frame
from readers.wire.llrp.messages import Connection, Message, decode_event
from readers.wire.llrp.parameters import ReportError

__all__ = ["LlrpDriver", "LlrpSettings"]

GOODBYE_S = 1.5


class LlrpDriver:
    """One session with one reader, from `connect` to `close`.

    Reads are decoded as they arrive. When nobody fetches them the socket is left
    unread, so that the reader's own buffer takes over.
    """

    passive = False

    def __init__(self, settings: LlrpSettings, clock: Clock) -> None:
        self.silent_after_s = 2 * settings.keepalive_s
        self._settings = settings
        self._link = LlrpLink(settings.name, settings.reads_waiting_max, clock)
        self._session: LlrpSession | None = None
        self._ready = asyncio.Event()
        self._closing = False

    async def connect(self) -> None:
        """Return once our ROSpec runs.

        Raises ReaderLostError when the reader cannot be reached or has another
        client, ReaderMisconfiguredError when it refuses what the entry asks.
        """
        name, timeout_s = self._settings.name, self._settings.connect_timeout_s
        self._link.on_message = self._on_message
        self._link.on_end = self._ready.set
        # In a thread because it may have to import sllurp first, which reads many files.
        self._session = await asyncio.to_thread(
            LlrpSession,
            self._settings,
            self._link.send,
            self._ready.set,
        )
        try:
            async with asyncio.timeout(timeout_s):
                await self._open()
                await self._until_ready()
        except TimeoutError as error:
            text = f"{name}: {self._settings.address} did not get ready within {timeout_s:g} s"
            raise ReaderLostError(text) from error
        except OSError as error:
            raise ReaderLostError(f"{name}: {self._settings.address}: {error}") from error

    async def _open(self) -> None:
        host, port = self._settings.endpoint
        await asyncio.get_running_loop().create_connection(lambda: self._link, host, port)

    async def _until_ready(self) -> None:
        await self._ready.wait()
        self._link.raise_error()

    async def next_batch(self) -> Batch:
        """Return all that has arrived since the last call, an empty batch for a keepalive.

        Raises ReaderError once everything that came before the end was returned.
        """
        await self._link.news.wait()
        if not self._link.holds_something:
            self._link.raise_error()
        return self._link.take()

    async def close(self) -> None:
        """Delete our ROSpec and take leave within 1.5 s; then hang up. Never raises."""
        self._closing = True
        try:
            # Whatever goes wrong now, the connection is closed below.
            with contextlib.suppress(Exception):
                await self._say_goodbye()
        finally:
            self._link.abort()

    async def _say_goodbye(self) -> None:
        if self._session is None or not self._link.connected:
            return
        self._link.drop_reads()
        self._session.say_goodbye()
        async with asyncio.timeout(GOODBYE_S):
            await self._link.ended.wait()

    def _on_message(self, message: Frame) -> None:
        if self._closing:
            if message.type == Message.CLOSE_CONNECTION_RESPONSE:
                self._link.abort()
            return
        is_event = message.type == Message.READER_EVENT_NOTIFICATION
        if is_event and not self._is_connection_event(message):
            return
        if self._session is not None:
            self._session.handle(message)

    def _is_connection_event(self, message: Frame) -> bool:
        try:
            attempt = decode_event(message.body).connection
        except ReportError:
            return False
        if attempt in (None, Connection.ANOTHER_ATTEMPTED):
            return False
        if attempt == Connection.ACCEPTED:
            return True
        if attempt in (Connection.READER_INITIATED_EXISTS, Connection.CLIENT_INITIATED_EXISTS):
            raise ReaderLostError(
                f"{self._settings.name}: refused, another client is connected to the reader",
                "Close the other program that uses this reader.",
            )
        raise ReaderLostError(f"{self._settings.name}: the reader refused the connection")
