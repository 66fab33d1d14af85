"""The contract of a driver: connect, next batch, close. It raises; the supervisor retries."""

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol, Self, runtime_checkable

import msgspec

from tags.reads import Fix, Measurement, Read

AntennaState = Literal["connected", "disconnected", "unknown"]
Clock = Callable[[], int]
"""Nanoseconds since the Unix epoch; drivers stamp `arrival_ns` with it."""


class ReaderError(Exception):
    """Something is wrong with a reader; the message names it.

    `remedy` says in a sentence what a person can do. `bad` counts by reason what had to be
    thrown away and stands in no batch, since the connection never came about.
    """

    remedy = "See the reader's own log."

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.bad: dict[str, int] = {}
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


class DeviceNews(msgspec.Struct, gc=False):
    """What is known of one device behind a link: that it spoke, or that it is `lost`.

    `antennas` holds the states that it reported. `lost` is a reason in words, such as
    a last will that the broker published.
    """

    antennas: dict[int, AntennaState] = {}
    lost: str | None = None


class Batch(msgspec.Struct, gc=False):
    """What arrived since the last call; an empty batch is a sign of life (a keepalive).

    `clock_offset_ns` (arrival minus reader's clock) is set when the protocol
    stated the reader's time. `antennas` holds the states that were reported.
    `bad` counts what had to be thrown away, by reason. `acknowledge` is called
    once all of it is committed. `devices` says who spoke behind a link, by the
    name that stands after `LINK:`; reads of a device carry `LINK:DEVICE`. `alive` is
    False where it only counts what was `bad`: noise is no sign of life.
    """

    reads: list[Read] = []
    clock_offset_ns: int | None = None
    antennas: dict[int, AntennaState] = {}
    bad: dict[str, int] = {}
    acknowledge: Callable[[], None] | None = None
    fixes: list[Fix] = []
    measurements: list[Measurement] = []
    devices: dict[str, DeviceNews] = {}
    alive: bool = True


class Finding(NamedTuple):
    """One step of an examination: `ok` None means that it was not possible to tell."""

    step: str
    ok: bool | None
    detail: str
    remedy: str = ""

    @classmethod
    def passed(cls, step: str, detail: str) -> Self:
        """It is as it should be."""
        return cls(step, ok=True, detail=detail)

    @classmethod
    def failed(cls, step: str, detail: str, remedy: str) -> Self:
        """It is wrong; `remedy` says what to do."""
        return cls(step, ok=False, detail=detail, remedy=remedy)

    @classmethod
    def unclear(cls, step: str, detail: str, remedy: str = "") -> Self:
        """It was not possible to tell; `remedy` says how it can be."""
        return cls(step, ok=None, detail=detail, remedy=remedy)


class Driver(Protocol):
    """One connection to one source, used once: after an error it is closed and thrown away."""

    @property
    def silent_after_s(self) -> float:
        """Silence longer than this means that the source is not heard any more."""
        ...

    @property
    def passive(self) -> bool:
        """Whether the source speaks only when it has something to say.

        Such a source is not online before its first message, and when it falls silent it
        is said to be silent but stays connected. Any other one is connected afresh.
        """
        ...

    async def connect(self) -> None:
        """Return when reads may come. Raises ReaderError."""
        ...

    async def next_batch(self) -> Batch:
        """Wait for the next message(s). Raises ReaderError."""
        ...

    async def close(self) -> None:
        """Stop politely within 2 s, then close anyway. Never raises."""
        ...


@runtime_checkable
class Examinable(Protocol):
    """A driver that can say more than that it is connected: what `tagwarden doctor` prints."""

    async def examine(self, patience_s: float) -> list[Finding]:
        """Look at what is behind the connection, for at most `patience_s`; called once connected.

        Steps are words such as `capabilities`, `antennas`, `topics`. Never raises.
        """
        ...


@runtime_checkable
class SwitchesOutputs(Protocol):
    """A driver whose reader has general-purpose outputs."""

    async def switch_output(self, port: int, on_for_s: float | None) -> None:
        """Switch an output on for so long, at most its largest on-time; None switches it off.

        Raises ReaderMisconfiguredError for a port that the reader has not, ReaderLostError
        when the reader does not take it.
        """
        ...


@runtime_checkable
class ReadsOutputs(Protocol):
    """A driver whose reader can be asked how its outputs are."""

    async def output_is_on(self, port: int) -> bool | None:
        """Whether an output is on, as the reader says; None where it does not say.

        Raises ReaderLostError when it does not answer.
        """
        ...
