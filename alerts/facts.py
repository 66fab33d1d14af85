"""What verdicts are about: what happened to a tag, to a zone or to a reader's clock."""

from typing import ClassVar

import msgspec

from zones.movements import Conflict, Crossing, Movement


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


Fact = Movement | Crossing | Conflict | Unheard | ClockFault
"""What a verdict is about."""
