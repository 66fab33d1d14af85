"""The driver for RFID readers that speak LLRP."""

import asyncio
import contextlib
import logging
import socket
import ssl

from readers.driver import (
    AntennaState,
    Batch,
    Clock,
    Finding,
    ReaderError,
    ReaderLostError,
)
from readers.llrp.examination import findings
from readers.llrp.link import LlrpLink
from readers.llrp.outputs import Outputs
from readers.llrp.requests import RoSpecBuilder
from readers.llrp.session import LlrpSession
from readers.llrp.settings import LlrpSettings
from readers.llrp.tls import tls_context, untrusted
from readers.reasons import reason_of
from readers.wire.llrp.framing import Frame
from readers.wire.llrp.messages import Event, Message

__all__ = ["LlrpDriver", "LlrpSettings"]

log = logging.getLogger("tagwarden.readers")

GOODBYE_S = 1.5
OPENING_S_MAX = 600.0
"""A reader that kept many reports sends them all before it answers; not for longer than this."""
REPORT_IT = "Report this with the log; the reader will be connected afresh."


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
        self._outputs: Outputs | None = None
        self._opening: asyncio.Task[None] | None = None
        self._antennas: dict[int, AntennaState] = {}
        self._ready = asyncio.Event()
        self._closing = False

    async def connect(self) -> None:
        """Return once our ROSpec runs, or once as many kept reads have come as may wait.

        Raises ReaderLostError when the reader cannot be reached or has another
        client, ReaderMisconfiguredError when it refuses what the entry asks. Where reads
        came before that, it returns, and `next_batch` raises after them.
        """
        try:
            await self._reach()
            self._link.raise_error()
        except ReaderError as error:
            if not self._link.inbox.holds_reads:
                error.bad = self._link.take().bad
                raise

    async def _reach(self) -> None:
        name, timeout_s = self._settings.name, self._settings.connect_timeout_s
        # In threads because these may have to import sllurp or read certificates.
        builder = await asyncio.to_thread(RoSpecBuilder)
        context = await asyncio.to_thread(tls_context, self._settings)
        self._begin(LlrpSession(self._settings, self._link, builder))
        try:
            async with asyncio.timeout(timeout_s):
                await self._dial(context)
                await self._ready.wait()
        except TimeoutError as error:
            text = f"{name}: {self._settings.address} did not get ready within {timeout_s:g} s"
            raise ReaderLostError(text) from error
        except ssl.SSLCertVerificationError as error:
            raise untrusted(self._settings, error) from error
        except OSError as error:
            text = f"{name}: {self._settings.address}: {reason_of(error)}"
            raise ReaderLostError(text, _remedy(error)) from error

    def _begin(self, session: LlrpSession) -> None:
        self._session = session
        self._outputs = Outputs(self._settings, session.write_output, self._note_output_left_on)
        self._link.on_event = self._on_event
        self._link.on_message = self._on_message
        self._link.on_end = self._on_end
        # The reader may send more of what it kept than may wait before it answers the next
        # question, so reads must be fetched while the session is still being opened.
        self._link.on_full = self._ready.set
        name = f"{self._settings.name}: opening"
        self._opening = asyncio.create_task(self._open(session), name=name)

    async def _dial(self, context: ssl.SSLContext | None) -> None:
        host, port = self._settings.endpoint
        quiet_s = self._settings.quiet_s
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(quiet_s):
                await loop.create_connection(lambda: self._link, host, port, ssl=context)
        except TimeoutError as error:
            name, address = self._settings.name, self._settings.address
            text = f"{name}: no answer from {address} within {quiet_s:g} s"
            raise ReaderLostError(text) from error

    async def _open(self, session: LlrpSession) -> None:
        """Open the session; what goes wrong ends the link, which tells whoever waits for reads."""
        name = self._settings.name
        try:
            async with asyncio.timeout(OPENING_S_MAX):
                await session.open()
        except ReaderError as error:
            self._link.end(error)
        except TimeoutError:
            self._link.end(ReaderLostError(f"{name}: did not get ready"))
        except Exception as error:
            # Nobody awaits this task, and without an end the reader would pass for online.
            log.exception("%s: fault in its driver", name)
            self._link.end(ReaderLostError(f"{name}: fault in its driver: {error!r}", REPORT_IT))
        self._ready.set()

    async def next_batch(self) -> Batch:
        """Return all that has arrived since the last call, an empty batch for a keepalive.

        Raises ReaderError once everything that came before the end was returned.
        """
        await self._link.news.wait()
        if not self._link.holds_something:
            self._link.raise_error()
        batch = self._link.take()
        if batch.antennas:
            self._antennas |= batch.antennas
        return batch

    async def switch_output(self, port: int, on_for_s: float | None) -> None:
        """Switch an output on for so long, at most its `on_s_max`; None switches it off.

        Raises ReaderMisconfiguredError for a port that the entry does not list or that the
        reader refuses, ReaderLostError when the reader does not take it.
        """
        if self._outputs is None or self._session is None or not self._session.running:
            raise ReaderLostError(f"{self._settings.name}: not connected")
        await self._outputs.switch(port, on_for_s)

    async def output_is_on(self, port: int) -> bool | None:
        """Ask the reader whether an output is on; None where it does not say.

        Raises ReaderLostError when it does not answer.
        """
        if self._session is None or not self._session.running:
            raise ReaderLostError(f"{self._settings.name}: not connected")
        return await self._session.output_is_on(port)

    async def examine(self, patience_s: float) -> list[Finding]:  # noqa: ARG002 -- all is known
        """Say what the reader is, which antennas are plugged in, and what it refused."""
        if self._session is None:
            return []
        states = self._antennas | self._link.inbox.antennas
        return findings(self._settings, self._session, states)

    async def close(self) -> None:
        """Switch outputs off, delete our ROSpec and take leave within 1.5 s; then hang up.

        Never raises.
        """
        self._closing = True
        if self._opening is not None:
            self._opening.cancel()
        if self._outputs is not None:
            self._outputs.stop()
        try:
            # Whatever goes wrong now, the connection is closed below.
            with contextlib.suppress(Exception):
                await self._say_goodbye()
        finally:
            self._link.abort()
            # The socket is closed in the loop's next turn.
            await asyncio.sleep(0)

    async def _say_goodbye(self) -> None:
        if self._session is None or not self._link.connected:
            return
        self._link.drop_reads()
        self._session.say_goodbye()
        async with asyncio.timeout(GOODBYE_S):
            await self._link.ended.wait()

    def _on_event(self, event: Event) -> None:
        if self._session is not None and not self._closing:
            self._session.hear_event(event)

    def _on_message(self, message: Frame) -> None:
        if self._closing:
            if message.type == Message.CLOSE_CONNECTION_RESPONSE:
                self._link.abort()
        elif self._session is not None:
            self._session.talk.hear(message)

    def _on_end(self) -> None:
        if self._session is not None:
            self._session.talk.end()
        self._ready.set()

    def _note_output_left_on(self) -> None:
        self._link.count("output_left_on")


def _remedy(error: OSError) -> str | None:
    match error:
        case ConnectionRefusedError():
            return "It is there, but nothing listens: check the port, and that LLRP is switched on."
        case ssl.SSLError():
            return "Check whether the reader speaks TLS on this port, or leave tls out."
        case socket.gaierror():
            return "Check the spelling of the address, or give an IP address."
        case _:
            return None
