"""The contract of a driver: connect, next batch, close. It raises; the supervisor retries."""

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from tags.reads import Read

AntennaState = Literal["connected", "disconnected", "unknown"]
Clock = Callable[[], int]
"""Nanoseconds since the Unix epoch; drivers stamp `arrival_ns` with it."""


class ReaderError(Exception):
    """Something is wrong with a reader; the message names it.

    `remedy` says in a sentence what a person can do.
    """

    remedy = "See the reader's own log."

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        if remedy is not None:
            self.remedy = remedy


class ReaderLostError(ReaderError):
    """The connection is gone or was refused; trying again may help."""

    remedy = "Check the reader's power, cable and address."


class ReaderMisconfiguredError(ReaderError):
    """The reader refuses what the site file asks; trying again will not help until it changes."""

    remedy = "Correct the reader's entry in the site file."


class EndOfReadsError(ReaderError):
    """A finite source has nothing more to say; it is neither lost nor broken."""

    remedy = "None needed."


class Batch(msgspec.Struct, gc=False):
    """What arrived since the last call; an empty batch is a sign of life (a keepalive).

    `clock_offset_ns` (arrival minus reader's clock) is set when the protocol
    stated the reader's time. `antennas` holds the states that were reported.
    `bad` counts what had to be thrown away, by reason. `acknowledge` is called
    once the reads are committed.
    """

    reads: list[Read] = []
    clock_offset_ns: int | None = None
    antennas: dict[int, AntennaState] = {}
    bad: dict[str, int] = {}
    acknowledge: Callable[[], None] | None = None


class Driver(Protocol):
    """One connection to one source, used once: after an error it is closed and thrown away."""

    silent_after_s: float
    """Silence longer than this means that the source is not heard any more."""

    async def connect(self) -> None:
        """Return when reads may come. Raises ReaderError."""
        ...

    async def next_batch(self) -> Batch:
        """Wait for the next message(s). Raises ReaderError."""
        ...

    async def close(self) -> None:
        """Stop politely within 2 s, then close anyway. Never raises."""
        ...
