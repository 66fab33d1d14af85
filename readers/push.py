"""The driver for readers that push: an HTTP request becomes a batch, answered once committed."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple
from urllib.parse import quote

from readers.driver import (
    Batch,
    Clock,
    EndOfReadsError,
    Finding,
    ReaderError,
    ReaderLostError,
    ReaderMisconfiguredError,
)
from readers.payload_batch import DECODED_AT_ONCE_BYTES, add_said
from readers.push_settings import PushSettings
from readers.wire.payloads.formats import decoder
from readers.wire.payloads.said import Decode, Payload, Rejected, Said

__all__ = ["HttpDriver", "PushRefusedError", "PushSettings", "ReadPush", "Receipt", "Refusal"]

_ADVICE = (
    "Start the gateway, give the reader a key (`tagwarden keys create … --role ingest`), push."
)

Refusal = Literal[
    "closed",
    "cut",
    "duplicate_keys",
    "empty",
    "encoding",
    "full",
    "slow",
    "too_large",
    "uncommitted",
]
"""Why a push was not taken: the word that `/metrics` shows."""


class PushRefusedError(Exception):
    """A push was not taken as a whole; sending it again does no harm."""

    def __init__(self, reason: Refusal, message: str) -> None:
        super().__init__(message)
        self.reason: Refusal = reason


ReadPush = Callable[[int], Awaitable[Payload]]
"""Reads a push of at most so many bytes, plain or unpacked. Raises PushRefusedError."""


class Receipt(NamedTuple):
    """What became of a push: items that were understood, and the first of those that were not.

    `dropped` tells that something was thrown away, `format` is that of the reader's entry.
    """

    accepted: int
    rejected: tuple[Rejected, ...]
    dropped: bool
    format: str


class _Waiting(NamedTuple):
    """A push that the gateway has not fetched yet."""

    batch: Batch
    committed: "asyncio.Future[None]"


class HttpDriver:
    """One reader's door: `push` takes requests in, `next_batch` hands them on.

    A push keeps its place from its first byte until it is answered, and places are
    limited; so the memory is, too, and a full house is told to come again.
    """

    passive = True

    def __init__(self, settings: PushSettings, clock: Clock) -> None:
        self.silent_after_s = settings.silent_after_s
        self._settings = settings
        self._clock = clock
        self._decode: Decode | None = None
        self._places_taken = 0
        self._waiting: deque[_Waiting] = deque()
        self._bad: Counter[str] = Counter()
        self._spoke = False
        self._news = asyncio.Event()
        self._end: ReaderError | None = None

    async def connect(self) -> None:
        """Open the door. Raises ReaderMisconfiguredError for options that the format refuses."""
        try:
            self._decode = decoder(self._settings.format, self._settings.options())
        except ValueError as error:
            raise ReaderMisconfiguredError(f"{self._settings.name}: {error}") from error

    async def next_batch(self) -> Batch:
        """Return the next push, or what was thrown away since the last call.

        Raises ReaderLostError once the door is closed.
        """
        await self._news.wait()
        if self._end is not None:
            raise self._end
        batch = self._waiting.popleft().batch if self._waiting else Batch()
        for reason, count in self._bad.items():
            batch.bad[reason] = batch.bad.get(reason, 0) + count
        self._bad.clear()
        if not self._waiting:
            self._news.clear()
        return batch

    async def close(self) -> None:
        """Shut the door: what was not fetched is refused, the rest is answered when committed."""
        self._shut(ReaderLostError(f"{self._settings.name}: closed"))
        for waiting in self._waiting:
            if not waiting.committed.done():
                waiting.committed.set_exception(self._closed_error())
        self._waiting.clear()

    async def examine(self, patience_s: float) -> list[Finding]:
        """Say where to push to; only a running gateway can hear it, so nothing is waited for."""
        del patience_s
        name = self._settings.name
        where = f"POST /api/v1/ingest/{quote(name, safe='')}"
        self._shut(EndOfReadsError(f"{name} is heard by a running gateway only", _ADVICE))
        return [Finding.passed("door", f"opens at {where}, format {self._settings.format}")]

    def _shut(self, end: ReaderError) -> None:
        self._end = end
        self._news.set()

    async def push(self, read: ReadPush) -> Receipt:
        """Take one push in; returns once all that was good in it is committed.

        Raises PushRefusedError: then it should be sent again, where that can help.
        """
        try:
            self._take_place()
            try:
                return await self._take(await read(self._settings.body_bytes_max))
            finally:
                self._places_taken -= 1
        except PushRefusedError as refused:
            self.note_bad({refused.reason: 1})
            raise

    def note_bad(self, bad: dict[str, int]) -> None:
        """Count what was refused; it is a sign of life, too, since somebody spoke."""
        self._bad.update(bad)
        self._news.set()

    def _take_place(self) -> None:
        if self._end is not None:
            raise self._closed_error()
        if self._places_taken >= self._settings.pushes_waiting_max:
            text = f"{self._settings.name}: {self._places_taken} pushes are being taken already"
            raise PushRefusedError("full", text)
        self._places_taken += 1

    async def _take(self, payload: Payload) -> Receipt:
        if not payload.body and not self._is_query(payload):
            return self._empty()
        said = await self._decoded(payload._replace(arrival_ns=self._clock()))
        rejected, format_name = tuple(said.rejected), self._settings.format
        receipt = Receipt(said.accepted, rejected, bool(said.bad), format_name)
        if not said.says_something:
            self.note_bad(said.bad)
            return receipt
        await self._committed(said)
        return receipt

    def _is_query(self, payload: Payload) -> bool:
        """Traccar's forward by URL says everything in the query."""
        return self._settings.format == "traccar" and bool(payload.query)

    def _empty(self) -> Receipt:
        if self._settings.format != "owntracks":
            text = f"nothing was sent; format {self._settings.format} comes by POST with a body"
            raise PushRefusedError("empty", text)
        self.note_bad({})
        return Receipt(0, (), dropped=False, format=self._settings.format)

    async def _decoded(self, payload: Payload) -> Said:
        if self._decode is None:
            raise self._closed_error()
        if len(payload.body) <= DECODED_AT_ONCE_BYTES:
            return self._decode(payload)
        return await asyncio.to_thread(self._decode, payload)

    async def _committed(self, said: Said) -> None:
        if self._end is not None:
            raise self._closed_error()
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def acknowledge() -> None:
            if not committed.done():
                committed.set_result(None)

        self._waiting.append(_Waiting(batch_of(said, acknowledge), committed))
        self._news.set()
        try:
            async with asyncio.timeout(self._settings.answer_within_s):
                await committed
        except TimeoutError as error:
            text = f"{self._settings.name}: not committed in {self._settings.answer_within_s:g} s"
            raise PushRefusedError("uncommitted", text) from error

    def _closed_error(self) -> PushRefusedError:
        return PushRefusedError("closed", f"{self._settings.name}: takes no pushes just now")


def batch_of(said: Said, acknowledge: Callable[[], None]) -> Batch:
    """What a message said, as a batch of its link."""
    batch = Batch(acknowledge=acknowledge)
    add_said(batch, said)
    return batch
