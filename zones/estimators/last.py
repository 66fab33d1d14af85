"""The zone whose antenna heard the tag last: what a gateway without an estimator does.

It is the baseline that the others are measured against, and right where the fields of the
antennas do not overlap. Of antennas that heard the tag at the same instant the loudest wins.
"""

import msgspec

from zones.bins import Cell
from zones.estimators.contract import Estimate, ZoneOrder, heard_by_zone, heard_cells, zone_of
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
        heard = heard_by_zone(self._plan, head)
        return LastMemory(number, {zone: heard[zone][0]} if zone in heard else {})

    def estimate(
        self,
        memory: LastMemory,
        number: int,
        head: Cell,
        current: str | None,
    ) -> Estimate | None:
        """The zone of the newest read, unless it is `current`."""
        heard = heard_by_zone(self._plan, head)
        if not heard:
            return None
        memory.number = number
        memory.levels_cdb = {zone: level_cdb for zone, (level_cdb, _) in heard.items()}
        newest = self._newest(head)
        best = self._order.best({zone: memory.levels_cdb[zone] for zone in newest})
        if best == current:
            return None
        return Estimate(
            zone=best,
            since_ns=heard[best][1],
            scores={zone: level / 100 for zone, level in memory.levels_cdb.items()},
            confidence=self._share(head, best),
        )

    def disputes(self, memory: LastMemory, number: int, zone: str, level_cdb: int) -> bool:
        """Whether the newest bin, if this is it, heard another zone at least at this level."""
        return memory.number == number and any(
            name != zone and level >= level_cdb for name, level in memory.levels_cdb.items()
        )

    def _newest(self, head: Cell) -> list[str]:
        """The zones that heard the tag last, at the same instant."""
        cells = [(zone_of(self._plan, cell.key), cell.last_ns) for cell in heard_cells(head)]
        last_ns = max(at_ns for zone, at_ns in cells if zone is not None)
        return [zone for zone, at_ns in cells if zone is not None and at_ns == last_ns]

    def _share(self, head: Cell, best: str) -> float:
        """How much of what was heard in the bin this zone heard."""
        counts = [(zone_of(self._plan, cell.key), cell.count) for cell in heard_cells(head)]
        own = sum(count for zone, count in counts if zone == best)
        return own / sum(count for zone, count in counts if zone is not None)
