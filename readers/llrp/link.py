"""The TCP side of an LLRP reader: frames in, reads out, and never more than agreed in memory."""

import asyncio
from collections.abc import Callable

from readers.driver import Batch, Clock, ReaderError, ReaderLostError
from readers.llrp.inbox import Inbox
from readers.wire.llrp.framing import Frame, FrameError, Framer, frame
from readers.wire.llrp.messages import Event, Message

STALLED_S = 8.0
"""A message that is not complete after so long, at the latest, will never be."""
_LOOKS = 4
RECEIVED_BYTES_MAX = 1 << 16
"""Taken at once: a reader that floods lets the others have their turn after so much."""
UNSENT_BYTES_MAX = 1 << 16
"""A reader that leaves more than this unread does not listen any more."""

_KNOWN = frozenset(Message)


class LlrpLink(asyncio.BufferedProtocol):
    """Collects what a reader says until `take` fetches it.

    Events go to `on_event`, messages that are neither reports nor events nor keepalives to
    `on_message`. A ReaderError that these raise, a lost stream and a lost connection end
    the link, and `error` says which. `on_full` is called when the socket is left unread.
    """

    def __init__(self, name: str, reads_waiting_max: int, clock: Clock) -> None:
        self.error: ReaderError | None = None
        self.news = asyncio.Event()
        """Set while `take` has something to fetch, or the link has ended."""
        self.ended = asyncio.Event()
        self.inbox = Inbox(name)
        self.on_event: Callable[[Event], None] = _ignore
        self.on_message: Callable[[Frame], None] = _ignore
        self.on_end: Callable[[], None] = _nothing
        self.on_full: Callable[[], None] = _nothing
        self.stalled_s = STALLED_S
        self.reported_s = 0.0
        """When the last tag report came, by the event loop's clock."""
        self._name = name
        self._clock = clock
        self._reads_waiting_max = reads_waiting_max
        self._framer = Framer()
        self._received = memoryview(bytearray(RECEIVED_BYTES_MAX))
        self._acknowledgements: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._dropping = False
        self._looking: asyncio.TimerHandle | None = None

    def take(self) -> Batch:
        """Return everything that waits, and go on reading if that had stopped."""
        batch = self.inbox.take()
        if self.error is None:
            self.news.clear()
        if self._paused and self.connected and self._transport is not None:
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
        return self.inbox.holds_something

    @property
    def connected(self) -> bool:
        """Whether anything can still be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def now_ns(self) -> int:
        """The gateway's clock."""
        return self._clock()

    def count(self, reason: str) -> None:
        """Count something that was given up, and make it known."""
        self.inbox.count(reason)
        self.news.set()

    def drop_reads(self) -> None:
        """Throw away the reads that wait and those to come, to hear the reader's farewell."""
        self._dropping = True
        self.take()

    def send(self, message: bytes) -> None:
        """Send a whole message; nothing happens on a closed connection."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
            self.end(ReaderLostError(f"{self._name}: the reader takes nothing in any more"))
            return
        self._transport.write(message)

    def abort(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def end(self, error: ReaderError) -> None:
        """Hang up for good; `error` is the reason, unless there is one already."""
        if self.error is None:
            self.error = error
        self.news.set()
        self.on_end()
        self.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- TCP or TLS, not datagrams
        self._transport = transport
        self._look_again(self._framer.completed, 0)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why, unless a reason is known already."""
        if self._looking is not None:
            self._looking.cancel()
        why = f"connection lost: {exc}" if exc else "the reader closed the connection"
        if self._framer.waiting and self.error is None:
            self.inbox.count("half_frame")
            why += f" in the middle of a message ({self._framer.waiting} bytes of it came)"
        self.end(ReaderLostError(f"{self._name}: {why}"))
        self.ended.set()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 -- asyncio's, a mere hint
        """Where the next bytes go."""
        return self._received

    def buffer_updated(self, nbytes: int) -> None:
        """Decode what came; all its messages share one arrival time."""
        self._decode(bytes(self._received[:nbytes]))
        if self._acknowledgements:
            self.send(b"".join(self._acknowledgements))
            self._acknowledgements.clear()
        if self.inbox.waiting >= self._reads_waiting_max:
            self._pause()

    def _decode(self, data: bytes) -> None:
        arrival_ns = self._clock()
        try:
            for message in self._framer.feed(data):
                self._receive(message, arrival_ns)
        except FrameError as error:
            self.inbox.count("frame")
            self.end(ReaderLostError(f"{self._name}: lost sync: {error}"))
        except ReaderError as error:
            self.end(error)

    def _pause(self) -> None:
        if self._transport is not None and not self._paused and not self._transport.is_closing():
            self._transport.pause_reading()
            self._paused = True
            self.on_full()

    def _receive(self, message: Frame, arrival_ns: int) -> None:
        self.news.set()
        if message.type == Message.RO_ACCESS_REPORT:
            self.reported_s = asyncio.get_running_loop().time()
            if not self._dropping:
                self.inbox.add_report(message.body, arrival_ns)
        elif message.type == Message.KEEPALIVE:
            self._acknowledgements.append(frame(Message.KEEPALIVE_ACK, message.message_id))
        elif message.type == Message.READER_EVENT_NOTIFICATION:
            self._hear(message, arrival_ns)
        elif message.type not in _KNOWN:
            self.inbox.count("unknown_message")
        else:
            self.on_message(message)

    def _hear(self, message: Frame, arrival_ns: int) -> None:
        event = self.inbox.add_event(message.body, arrival_ns)
        if event is None:
            return
        if event.closing:
            raise ReaderLostError(f"{self._name}: the reader ends the session")
        self.on_event(event)

    def _look_again(self, completed: int, stuck: int) -> None:
        """Look from time to time whether a message has begun and does not end."""
        pause_s = self.stalled_s / _LOOKS
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(pause_s, self._look, completed, stuck)

    def _look(self, completed: int, stuck: int) -> None:
        framer = self._framer
        waits = framer.waiting and not self._paused and framer.completed == completed
        stuck = stuck + 1 if waits else 0
        if stuck < _LOOKS - 1:
            self._look_again(framer.completed, stuck)
            return
        self.inbox.count("half_frame")
        self.end(
            ReaderLostError(
                f"{self._name}: a message was not complete within {self.stalled_s:g} s"
                f" ({framer.waiting} bytes of it came)",
            ),
        )


def _ignore(_said: object) -> None:
    """Stand in until somebody listens."""


def _nothing() -> None:
    """Stand in until somebody listens."""
