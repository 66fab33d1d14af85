"""What is remembered of tags that report positions. Plain data, each list with a limit."""

from collections.abc import Callable

import msgspec

from tags.reads import Fix
from tags.times import SECOND_NS

STAYS_MAX = 32
RECENT_MAX = 32
TURNS_MAX = 32
FIXES_MAX = 64
"""Fixes of one tag within one bin, far more than trackers send in a quarter of a second."""

STAY_GAP_NS = 60 * SECOND_NS

BACK = ""
"""Stands for the zone that a way led through others from, and back to."""


class TimedFix(msgspec.Struct, frozen=True, array_like=True):
    """A fix of an open bin, its event time and its place in metres of the site."""

    event_ns: int
    x_m: float
    y_m: float
    fix: Fix


class Spot(msgspec.Struct, frozen=True, array_like=True):
    """A fix in metres of the site; `zone` is the innermost that holds it."""

    time_ns: int
    x_m: float
    y_m: float
    zone: str | None
    fix: Fix

    @property
    def accuracy_m(self) -> float:
        """What its source said; nothing said counts as exact."""
        return self.fix.accuracy_m or 0.0

    @property
    def site_place(self) -> tuple[float, float, float | None, str | None]:
        """Where it is: x, y, height, floor."""
        return self.x_m, self.y_m, self.fix.z_m, self.fix.floor


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """When a straight way enters a zone, or comes `BACK`; known since `decided_ns`."""

    time_ns: int
    zone: str
    decided_ns: int
    fixes: tuple[Fix, Fix]


class Leaving(msgspec.Struct, array_like=True):
    """A tag seems to have left `zone` (None: it was nowhere yet) for `to_zone`.

    `first` and `newest` are the distinct fixes outside, `fixes` their number. If nothing
    speaks against it, it has left at `due_ns` of event time; the clock at which this is
    known is `ready_ns`. `turns` are the zones that its way led through.
    """

    zone: str | None
    to_zone: str | None
    first: Spot
    newest: Spot
    due_ns: int
    ready_ns: int
    fixes: int = 1
    turns: tuple[Turn, ...] = ()


class Stay(msgspec.Struct, frozen=True, array_like=True):
    """From when to when a tag was told to be in a zone, or outside all (None)."""

    zone: str | None
    from_ns: int
    to_ns: int

    def touches(self, other: "Stay") -> bool:
        """Whether both are one stay in one zone, less than a minute apart."""
        return (
            self.zone == other.zone
            and self.from_ns - STAY_GAP_NS < other.to_ns
            and other.from_ns < self.to_ns + STAY_GAP_NS
        )


class PositionMemory(msgspec.Struct, array_like=True):
    """What is known of one tag by its positions.

    `last` is the newest fix that counted, `jump` one that was too far away to be true.
    `closed` is the newest bin up to which all is decided. `outside`: told to be outside
    all zones. `stays` are the newest as they were lived, `told` the exits told late,
    `recent` the newest fixes that counted (time, zone), `late` an exit told by half.
    """

    last: Spot | None = None
    jump: Spot | None = None
    leaving: Leaving | None = None
    closed: int = -1
    outside: bool = False
    stays: tuple[Stay, ...] = ()
    told: tuple[Stay, ...] = ()
    recent: tuple[tuple[int, str | None], ...] = ()
    late: tuple[Spot, Spot] | None = None

    def live(self, zone: str | None, time_ns: int) -> None:
        """It was in a zone (None: outside all), as of a fix that counted."""
        if self.stays and self.stays[-1].zone == zone:
            newest = self.stays[-1]
            stay = Stay(zone, newest.from_ns, max(newest.to_ns, time_ns))
            self.stays = (*self.stays[:-1], stay)
        else:
            self.stays = (*self.stays[-STAYS_MAX + 1 :], Stay(zone, time_ns, time_ns))

    def rename(self, heir_of: Callable[[str | None], str | None]) -> None:
        """Follow the zones to their new names; what is gone is forgotten."""
        self.stays = _renamed(self.stays, heir_of)
        self.told = _renamed(self.told, heir_of)

    def knows(self, stay: Stay) -> bool:
        """Whether a late stay is part of one that was told.

        One that is older than all that are remembered, when there are many, can not be
        told from a repetition.
        """
        full = len(self.stays) == STAYS_MAX and stay.to_ns < self.stays[0].from_ns
        return full or any(each.touches(stay) for each in (*self.stays, *self.told))

    def tell(self, stay: Stay) -> None:
        """Remember a late stay; of those that touch each other one is made."""
        near = [each for each in self.told if each.touches(stay)]
        joined = Stay(
            zone=stay.zone,
            from_ns=min([stay.from_ns, *(each.from_ns for each in near)]),
            to_ns=max([stay.to_ns, *(each.to_ns for each in near)]),
        )
        kept = [each for each in self.told if each not in near]
        self.told = (*kept, joined)[-STAYS_MAX:]


def _renamed(
    stays: tuple[Stay, ...],
    heir_of: Callable[[str | None], str | None],
) -> tuple[Stay, ...]:
    return tuple(
        Stay(heir_of(stay.zone), stay.from_ns, stay.to_ns)
        for stay in stays
        if stay.zone is None or heir_of(stay.zone) is not None
    )


class PositionState(msgspec.Struct):
    """All that the positions stage remembers.

    `bins` hold the fixes that are not decided, by number and tag; `overdue` those that
    came after their time, by the number of the bin with which they close.
    """

    memories: dict[str, PositionMemory] = {}
    bins: dict[int, dict[str, list[TimedFix]]] = {}
    overdue: dict[int, dict[int, dict[str, list[TimedFix]]]] = {}
