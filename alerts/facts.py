"""What verdicts are about: what happened to a tag, a zone, a reader or the gateway itself."""

from typing import ClassVar

import msgspec

from zones.movements import Conflict, Crossing, Heard, Movement


class Unheard(msgspec.Struct, frozen=True, gc=False, tag="unheard"):
    """Nobody hears a zone since `time_ns`: what a movement is for a tag, for a zone."""

    zone: str
    time_ns: int
    tag: ClassVar[str] = ""

    @property
    def decided_ns(self) -> int:
        """Known when it happens."""
        return self.time_ns


class ClockFault(msgspec.Struct, frozen=True, gc=False, tag="clock_fault"):
    """A reader's clock, stated at `time_ns`, was `offset_ns` behind the gateway's.

    Without a reader it is the gateway's own that is ahead of most readers by that.
    """

    reader: str | None
    time_ns: int
    offset_ns: int
    tag: ClassVar[str] = ""

    @property
    def decided_ns(self) -> int:
        """Known when it is stated."""
        return self.time_ns


class ReaderFault(msgspec.Struct, frozen=True, gc=False, tag="reader_fault"):
    """A reader is not heard of since `time_ns`, or one of its antennas is not there."""

    reader: str
    time_ns: int
    detail: str
    antenna: int | None = None
    tag: ClassVar[str] = ""

    @property
    def decided_ns(self) -> int:
        """Known when it happens."""
        return self.time_ns


class PartFault(msgspec.Struct, frozen=True, gc=False, tag="part_fault"):
    """A part of the gateway does not work since `time_ns`: the store, the disk, a channel."""

    name: str
    time_ns: int
    detail: str
    tag: ClassVar[str] = ""

    @property
    def decided_ns(self) -> int:
        """Known when it happens."""
        return self.time_ns


class Excess(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="excess"):
    """A value is beyond its limit, or within it again: a speed, a count or what a sensor says.

    `value` and `limit` are in `unit`. It is of a tag, a zone or a sensor.
    """

    quantity: str
    unit: str
    limit: float
    value: float
    time_ns: int
    decided_ns: int
    tag: str = ""
    asset: str | None = None
    zone: str | None = None
    sensor: str | None = None
    heard: tuple[Heard, ...] = ()


class Overstay(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="overstay"):
    """What was checked out until `time_ns` is not back, or may not be out any more.

    `detail` says which check-out that is.
    """

    detail: str
    time_ns: int
    decided_ns: int
    tag: str
    asset: str | None
    from_zone: str | None = None
    to_zone: str | None = None
    portal: str | None = None
    heard: tuple[Heard, ...] = ()


Fact = (
    Movement
    | Crossing
    | Conflict
    | Unheard
    | ClockFault
    | ReaderFault
    | PartFault
    | Excess
    | Overstay
)
"""What a verdict is about."""


def was_held(fact: Fact) -> bool:
    """Whether it was decided from what is held for a while before it decides: reads, values."""
    return isinstance(fact, Movement | Crossing | Conflict | Excess)
