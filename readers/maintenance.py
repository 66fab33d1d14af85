"""Maintenance: somebody works on a reader, an antenna or a door, and it is said so."""

from typing import Any, Literal, NamedTuple

import msgspec

from tags.times import format_time

WHOLE_READER = 0
"""Stands for all antennas of a reader, where an antenna number is asked for."""

TargetKind = Literal["reader", "antenna", "portal"]


class Target(NamedTuple):
    """What is worked on: a reader or a device behind a link, one antenna of it, or a portal."""

    kind: TargetKind
    name: str
    antenna: int = WHOLE_READER

    def __str__(self) -> str:
        """As people write it: `gate-1`, `sensors:FX-1`, `gate-1/2` or the portal's name."""
        return f"{self.name}/{self.antenna}" if self.kind == "antenna" else self.name


class Maintenance(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Work on a target from `since_ns` until `until_ns` at the latest; then it ends by itself.

    `points` are the read points concerned, as (reader, antenna).
    """

    target: Target
    since_ns: int
    until_ns: int
    reason: str
    by: str
    points: tuple[tuple[str, int], ...]

    def concerns(self, reader: str, antenna: int) -> bool:
        """Whether this read point is worked on."""
        return (reader, antenna) in self.points or (reader, WHOLE_READER) in self.points


def maintenance_json(maintenance: Maintenance) -> dict[str, Any]:
    """Maintenance as HTTP and the stream show it."""
    return {
        "kind": maintenance.target.kind,
        "target": str(maintenance.target),
        "since": format_time(maintenance.since_ns),
        "until": format_time(maintenance.until_ns),
        "reason": maintenance.reason,
        "by": maintenance.by,
    }
