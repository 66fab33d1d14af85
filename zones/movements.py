"""What Locate decides about a tag."""

from typing import Literal
from uuid import UUID, uuid5

import msgspec

from tags.reads import Fix

_MOVEMENT_NAMESPACE = UUID("5a1d2c6e-6f5b-5c38-9e0a-7d9a1f3f4b11")

Direction = Literal["outbound", "inbound", "lingering", "unknown"]
MovementKind = Literal["arrived", "moved", "departed", "returned"]
Operation = Literal["receive", "put_away", "move", "pick", "ship", "return", "adjust", "count"]


class Heard(msgspec.Struct, frozen=True, gc=False):
    """Reads of one tag by one antenna within one bin, folded: a piece of evidence."""

    reader: str
    antenna: int
    time_ns: int
    count: int
    rssi_dbm: float | None


class Movement(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="movement"):
    """A tag changed its zone; `from_zone` and `to_zone` are names, None is nowhere.

    `time_ns` is when it happened, `decided_ns` the event time of the newest
    evidence used or the due time of the timer that decided. `asset` is filled
    in by Judge, which knows the register. `confidence` (0 to 1) is that of the
    estimator, where it states one. Moved to None means seen outside all zones (by a
    position); departed means not seen any more. `silent_since_ns` is when it was last heard
    or seen before, where that was long before `time_ns`. `crossed` is a visit that no fix lies
    in: the straight way between two fixes went through. `fixes` are the positions that
    decided.
    """

    id: str
    time_ns: int
    decided_ns: int
    tag: str
    kind: MovementKind
    from_zone: str | None
    to_zone: str | None
    late: bool = False
    asset: str | None = None
    operation: Operation | None = None
    heard: tuple[Heard, ...] = ()
    scores: dict[str, float] = {}
    confidence: float | None = None
    crossed: bool = False
    fixes: tuple[Fix, ...] = ()
    silent_since_ns: int | None = None


class Crossing(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="crossing"):
    """A tag passed through a portal, or stayed in it, or nobody can say which.

    `confidence` (0 to 1) is that of the direction. `lean` is what a guess would be where it
    did not go through or nobody can tell. `time_ns` is when it was in the middle of the gate.
    """

    id: str
    time_ns: int
    decided_ns: int
    tag: str
    portal: str
    direction: Direction
    confidence: float
    lean: Literal["outbound", "inbound"] | None = None
    late: bool = False
    asset: str | None = None
    heard: tuple[Heard, ...] = ()


class Conflict(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="conflict"):
    """Two zones that are far from each other hear the same tag, by turns; or no longer do.

    `zones` are the one that the tag stays in meanwhile, and the other. `time_ns` is when it
    began, `decided_ns` when it was known; with `ended`, when both were last heard and when
    one of them had been silent for long enough.
    """

    tag: str
    zones: tuple[str, str]
    time_ns: int
    decided_ns: int
    ended: bool = False
    asset: str | None = None
    heard: tuple[Heard, ...] = ()


def movement_id(tag: str, from_zone: str | None, to_zone: str | None, time_ns: int) -> str:
    """UUIDv5 of what moved, from where, to where and when: the same however it was computed."""
    return str(uuid5(_MOVEMENT_NAMESPACE, f"{tag}|{from_zone}|{to_zone}|{time_ns}"))


def crossing_id(tag: str, portal: str, time_ns: int) -> str:
    """UUIDv5 of what crossed where and when."""
    return str(uuid5(_MOVEMENT_NAMESPACE, f"{tag}|{portal}|{time_ns}|crossing"))
