"""The TCP side of an LLRP reader: frames in, reads out, and never more than agreed in memory."""

import asyncio
from collections.abc import Callable

from readers.driver import AntennaState, Batch, Clock, ReaderError, ReaderLostError
from readers.wire.llrp.fields import TIME_US_MAX
from readers.wire.llrp.framing import Frame, FrameError, Framer, frame
from readers.wire.llrp.messages import Event, Message, decode_event
from readers.wire.llrp.parameters import ReportError
from readers.wire.llrp.reports import ReportDecoder
from tags.reads import Read

_KNOWN = frozenset(Message)


class LlrpLink(asyncio.Protocol):
    """Collects what a reader says until `take` fetches it.

    Messages that are neither reports nor keepalives go to `on_message`; a
    ReaderError that it raises, a lost stream and a lost connection end the link,
    and `error` says which.
    """

    def __init__(self, name: str, reads_waiting_max: int, clock: Clock) -> None:
        self.error: ReaderError | None = None
        self.news = asyncio.Event()
        """Set while `take` has something to fetch, or the link has ended."""
        self.ended = asyncio.Event()
        self.on_message: Callable[[Frame], None] = _ignore
        self.on_end: Callable[[], None] = _nothing
        self._name = name
        self._clock = clock
        self._reads_waiting_max = reads_waiting_max
        self._framer = Framer()
        self._decoder = ReportDecoder(name)
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._dropping = False
        self._reset()

    def _reset(self) -> None:
        self._reads: list[Read] = []
        self._antennas: dict[int, AntennaState] = {}
        self._bad: dict[str, int] = {}
        self._clock_offset_ns: int | None = None

    def take(self) -> Batch:
        """Return everything that waits, and go on reading if that had stopped."""
        batch = Batch(
            reads=self._reads,
            clock_offset_ns=self._clock_offset_ns,
            antennas=self._antennas,
            bad=self._bad,
        )
        self._reset()
        if self.error is None:
            self.news.clear()
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        self._paused = False
        return batch

    def raise_error(self) -> None:
        """Raise the ReaderError that ended the link, if it has ended."""
        if self.error is not None:
            raise self.error

    @property
    def holds_something(self) -> bool:
        """Whether `take` would return more than a sign of life."""
        return bool(self._reads or self._bad or self._antennas)

    @property
    def waiting(self) -> int:
        """Reads that `take` would return."""
        return len(self._reads)

    @property
    def connected(self) -> bool:
        """Whether anything can still be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def drop_reads(self) -> None:
        """Throw away the reads that wait and those to come, to hear the reader's farewell."""
        self._dropping = True
        self.take()

    def send(self, message: bytes) -> None:
        """Send a whole message; nothing happens on a closed connection."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(message)

    def abort(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- TCP, not datagrams
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why, unless a reason is known already."""
        why = f"connection lost: {exc}" if exc else "the reader closed the connection"
        if self._framer.waiting and self.error is None:
            self._count("half_frame")
            why += f" in the middle of a message ({self._framer.waiting} bytes of it came)"
        self._end(ReaderLostError(f"{self._name}: {why}"))
        self.ended.set()

    def data_received(self, data: bytes) -> None:
        """Decode a chunk; all its messages share one arrival time."""
        arrival_ns = self._clock()
        try:
            for message in self._framer.feed(data):
                self._receive(message, arrival_ns)
        except FrameError as error:
            self._count("frame")
            self._end(ReaderLostError(f"{self._name}: lost sync: {error}"))
        except ReaderError as error:
            self._end(error)
        if len(self._reads) >= self._reads_waiting_max:
            self._pause()

    def _pause(self) -> None:
        if self._transport is not None and not self._paused and not self._transport.is_closing():
            self._transport.pause_reading()
            self._paused = True

    def _receive(self, message: Frame, arrival_ns: int) -> None:
        self.news.set()
        if message.type == Message.RO_ACCESS_REPORT:
            if self._dropping:
                return
            self._reads += self._decoder.decode(message.body, arrival_ns, self._bad)
        elif message.type == Message.KEEPALIVE:
            self.send(frame(Message.KEEPALIVE_ACK, message.message_id))
        elif message.type not in _KNOWN:
            self._count("unknown_message")
        else:
            if message.type == Message.READER_EVENT_NOTIFICATION:
                self._note(message, arrival_ns)
            self.on_message(message)

    def _note(self, message: Frame, arrival_ns: int) -> None:
        try:
            event = decode_event(message.body)
        except ReportError:
            self._count("event")
            return
        self._keep(event, arrival_ns)
        if event.closing:
            raise ReaderLostError(f"{self._name}: the reader ends the session")

    def _keep(self, event: Event, arrival_ns: int) -> None:
        if event.utc_us and event.utc_us >= TIME_US_MAX:
            self._count("time")
        elif event.utc_us:
            self._clock_offset_ns = arrival_ns - event.utc_us * 1000
            self._decoder.clock_offset_ns = self._clock_offset_ns
        for antenna, connected in event.antennas:
            self._antennas[antenna] = "connected" if connected else "disconnected"
        if event.overflow:
            self._count("reader_buffer_overflow")

    def _count(self, reason: str) -> None:
        self._bad[reason] = self._bad.get(reason, 0) + 1

    def _end(self, error: ReaderError) -> None:
        if self.error is None:
            self.error = error
        self.news.set()
        self.on_end()
        self.abort()


def _ignore(_message: Frame) -> None:
    """Stand in until somebody listens."""


def _nothing() -> None:
    """Stand in until somebody listens."""
