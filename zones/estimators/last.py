"""The zone whose antenna heard the tag last: what a gateway without an estimator does.

It is the baseline that the others are measured against, and right where the fields of the
antennas do not overlap. Of antennas that heard the tag at the same instant the loudest wins.
"""

import msgspec

from zones.bins import Cell
from zones.estimators.contract import (
    Estimate,
    ZoneOrder,
    first_heard_ns,
    heard_cells,
    levels_of,
    zone_of,
)
from zones.floorplan import FloorPlan


class LastMemory(msgspec.Struct, tag="last", array_like=True):
    """The newest bin with evidence, and the level of each zone in it (hundredths of a dBm)."""

    number: int = -1
    levels_cdb: dict[str, int] = {}


class LastEstimator:
    """Takes the newest read of each bin for the truth."""

    memory_kind = LastMemory

    def __init__(self, plan: FloorPlan) -> None:
        self._plan = plan
        self._order = ZoneOrder(plan)

    def fresh(self) -> LastMemory:
        """Nothing is known of the tag yet."""
        return LastMemory()

    def begin(self, number: int, head: Cell, zone: str) -> LastMemory:
        """Remember what `zone` heard in this bin."""
        levels_cdb = levels_of(self._plan, head)
        return LastMemory(number, {zone: levels_cdb[zone]} if zone in levels_cdb else {})

    def estimate(
        self,
        memory: LastMemory,
        number: int,
        head: Cell,
        current: str | None,
    ) -> Estimate | None:
        """The zone of the newest read, unless it is `current`."""
        newest: dict[str, int] = {}
        reads: dict[str, int] = {}
        for cell in heard_cells(head):
            zone = zone_of(self._plan, cell.key)
            if zone is not None:
                newest[zone] = max(cell.last_ns, newest.get(zone, cell.last_ns))
                reads[zone] = reads.get(zone, 0) + cell.count
        if not newest:
            return None
        memory.number, memory.levels_cdb = number, levels_of(self._plan, head)
        last_ns = max(newest.values())
        levels_cdb = memory.levels_cdb
        best = self._order.best(
            {z: levels_cdb[z] for z, at_ns in newest.items() if at_ns == last_ns}
        )
        if best == current:
            return None
        return Estimate(
            zone=best,
            since_ns=first_heard_ns(self._plan, head, best),
            scores={zone: level / 100 for zone, level in sorted(levels_cdb.items())},
            confidence=reads[best] / sum(reads.values()),
        )

    def disputes(self, memory: LastMemory, number: int, zone: str, level_cdb: int) -> bool:
        """Whether the newest bin, if this is it, heard another zone at least at this level."""
        return memory.number == number and any(
            name != zone and level >= level_cdb for name, level in memory.levels_cdb.items()
        )
