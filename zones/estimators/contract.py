"""What every zone estimator promises.

An estimator is given the closed 250 ms bins of a tag in event order, and says to which zone
the tag moved. All that it remembers of a tag is in a memory of its own kind: plain data,
bounded in antennas, zones and time. It uses no clock and no chance, and from a bin nothing
but sums and extremes, so the order in which reads arrive changes nothing. What it costs does
not depend on how many tags there are.
"""

import math
from collections.abc import Iterable
from typing import Protocol, TypeVar

import msgspec

from zones.bins import Cell, cells_of
from zones.floorplan import FloorPlan, PointKey

LEVEL_SPREAD_DB = 5.0
"""A difference of levels by so much makes the odds e to 1; about what fading does to a mean."""

Memory_ = TypeVar("Memory_", bound=msgspec.Struct)


class Estimate(msgspec.Struct, frozen=True):
    """A zone that the tag moved to, and since when it was there.

    `scores` say how each zone that was heard stands, the higher the likelier, in the
    measure of the estimator; `confidence` (0 to 1) is how far it trusts its choice.
    """

    zone: str
    since_ns: int
    scores: dict[str, float]
    confidence: float = 1.0


class Estimator(Protocol[Memory_]):
    """Bins of one tag in, its moves out. `memory_kind` is the class of its memories."""

    @property
    def memory_kind(self) -> type[Memory_]:
        """What it remembers a tag by; another kind is left over from another site file."""
        ...

    def fresh(self) -> Memory_:
        """Nothing is known of the tag yet."""
        ...

    def begin(self, number: int, head: Cell, zone: str) -> Memory_:
        """Return a memory of a tag that is in `zone` for sure since this bin.

        It knows nothing but what the antennas of that zone heard in the bin.
        """
        ...

    def estimate(
        self,
        memory: Memory_,
        number: int,
        head: Cell,
        current: str | None,
    ) -> Estimate | None:
        """Take one closed bin in; None if the tag stays in its zone `current`.

        A bin number that is not above the newest one changes no more than one that is.
        """
        ...

    def disputes(self, memory: Memory_, number: int, zone: str, level_cdb: int) -> bool:
        """Whether another zone than `zone` was heard at least at this level around a past bin."""
        ...


class ZoneOrder:
    """Which of several zones is taken where all else is equal.

    The one with the higher priority, then the one with the smaller name.
    """

    def __init__(self, plan: FloorPlan) -> None:
        names = sorted(plan.zones, key=lambda name: (-plan.zones[name].priority, name))
        self._places = {name: place for place, name in enumerate(names)}

    def place(self, zone: str) -> int:
        """Where a zone stands, the first from 0."""
        return self._places[zone]

    def best(self, scores: dict[str, int] | dict[str, float]) -> str:
        """Return the zone with the highest score; there must be one."""
        return min(scores, key=lambda zone: (-scores[zone], self._places[zone]))


def confidence_of(zone: str, scores_dbm: dict[str, float]) -> float:
    """How sure levels make of a zone: 1 alone, a half beside one that is heard as loud."""
    own_dbm = scores_dbm[zone]
    odds = (math.exp((level - own_dbm) / LEVEL_SPREAD_DB) for level in scores_dbm.values())
    return 1 / sum(odds)


def first_heard_ns(plan: FloorPlan, head: Cell, zone: str) -> int:
    """When a bin first heard the tag in `zone`, or at all if that zone leads without it."""
    times_ns = [cell.first_ns for cell in heard_cells(head) if zone_of(plan, cell.key) == zone]
    return min(times_ns or [cell.first_ns for cell in cells_of(head)])


def heard_cells(head: Cell) -> Iterable[Cell]:
    """The cells of a bin that are evidence, in the order of their read points."""
    return sorted((cell for cell in cells_of(head) if cell.count), key=_by_key)


def heard_by_zone(plan: FloorPlan, head: Cell) -> dict[str, tuple[int, int]]:
    """The loudest read of each zone in a bin, and when its first one was; by name."""
    heard: dict[str, tuple[int, int]] = {}
    for cell in cells_of(head):
        zone = plan.point(cell.key).zone
        if zone is None or not cell.count:
            continue
        if zone in heard:
            level_cdb, first_ns = heard[zone]
            heard[zone] = max(level_cdb, cell.max_cdb), min(first_ns, cell.first_ns)
        else:
            heard[zone] = cell.max_cdb, cell.first_ns
    return dict(sorted(heard.items())) if len(heard) > 1 else heard


def zone_of(plan: FloorPlan, key: PointKey) -> str | None:
    """The zone that a read point hears."""
    return plan.point(key).zone


def _by_key(cell: Cell) -> PointKey:
    return cell.key
