"""The mobility profile of EdgeX's RFID service, so that its users find what they know.

Each read point keeps the last 20 levels of a tag and when it heard it last. The tag goes over
to a read point that heard it at least twice and whose mean level is above that of the present
one by more than `min(T, m * silence + b)`, `b = T - m * H`: `threshold_db` T while the present
read point is silent no longer than `holdoff_s` H, then less by `slope_db_per_s` m, without a
floor. (app-rfid-llrp-inventory, mobilityprofile.go and tagprocessor.go: T = 6 dB,
m = -0.008 dB/ms, H = 500 ms.)

What bins make different: the reads of an antenna within a bin stand as so many reads of their
mean level, the silence is measured to the newest read of the bin instead of the arrival of
the report, and of several read points that could take over within a bin the loudest does.
As with EdgeX the levels have no age: old strong reads count until new ones push them out.
"""

import msgspec

from tags.times import SECOND_NS
from zones.bins import Cell, newest_ns
from zones.estimator_settings import MobilitySettings
from zones.estimators.contract import (
    Estimate,
    ZoneOrder,
    confidence_of,
    first_heard_ns,
    heard_cells,
    zone_of,
)
from zones.floorplan import FloorPlan, PointKey

READS_KEPT = 20
READS_MIN = 2
POINTS_MAX = 64
"""Read points kept of a tag; those that heard it longest ago make room."""


class Heard(msgspec.Struct, gc=False, array_like=True):
    """The newest levels of a tag at one read point, oldest first, and its newest read."""

    key: PointKey
    zone: str
    levels_cdb: list[int]
    last_ns: int

    @property
    def mean_cdb(self) -> float:
        """The mean of the levels; there is at least one."""
        return sum(self.levels_cdb) / len(self.levels_cdb)


class MobilityMemory(msgspec.Struct, tag="mobility", array_like=True):
    """What each read point heard, and the one that the tag is taken to be at."""

    points: list[Heard] = []
    here: PointKey | None = None


class MobilityEstimator:
    """The louder read point wins, by a margin that shrinks while the present one is silent."""

    memory_kind = MobilityMemory

    def __init__(self, plan: FloorPlan, settings: MobilitySettings) -> None:
        self._plan = plan
        self._order = ZoneOrder(plan)
        self._threshold_cdb = settings.threshold_db * 100
        self._slope_cdb_per_s = settings.slope_db_per_s * 100
        self._intercept_cdb = self._threshold_cdb - self._slope_cdb_per_s * settings.holdoff_s

    def fresh(self) -> MobilityMemory:
        """Nothing is known of the tag yet."""
        return MobilityMemory()

    def begin(self, number: int, head: Cell, zone: str) -> MobilityMemory:
        """Remember what `zone` heard in this bin."""
        del number
        memory = MobilityMemory()
        self._take_in(memory, [cell for cell in heard_cells(head) if self._zone(cell) == zone])
        memory.here = self._loudest_in(memory, zone)
        return memory

    def estimate(
        self,
        memory: MobilityMemory,
        number: int,
        head: Cell,
        current: str | None,
    ) -> Estimate | None:
        """The zone of the read point that takes over, if it is another one than `current`."""
        del number
        cells = [cell for cell in heard_cells(head) if self._zone(cell) is not None]
        self._take_in(memory, cells)
        present = _point(memory, memory.here)
        if present is None or present.zone != current:
            memory.here = self._loudest_in(memory, current)
        memory.here = self._winner(memory, [cell.key for cell in cells], newest_ns(head), current)
        winner = _point(memory, memory.here)
        if winner is None or winner.zone == current:
            return None
        scores = _scores(memory)
        return Estimate(
            zone=winner.zone,
            since_ns=first_heard_ns(self._plan, head, winner.zone),
            scores=scores,
            confidence=confidence_of(winner.zone, scores),
        )

    def disputes(self, memory: MobilityMemory, number: int, zone: str, level_cdb: int) -> bool:
        """Whether a read point of another zone has at least this mean level."""
        del number
        return any(p.zone != zone and p.mean_cdb >= level_cdb for p in memory.points)

    def _zone(self, cell: Cell) -> str | None:
        return zone_of(self._plan, cell.key)

    def _take_in(self, memory: MobilityMemory, cells: list[Cell]) -> None:
        for cell in cells:
            levels_cdb = [cell.sum_cdb // cell.count] * min(cell.count, READS_KEPT)
            point = _point(memory, cell.key)
            if point is None:
                point = Heard(cell.key, self._zone(cell) or "", [], cell.last_ns)
                memory.points.append(point)
            point.levels_cdb = [*point.levels_cdb, *levels_cdb][-READS_KEPT:]
            point.last_ns = max(point.last_ns, cell.last_ns)
        if len(memory.points) > POINTS_MAX:
            memory.points.sort(key=lambda point: (-point.last_ns, point.key))
            del memory.points[POINTS_MAX:]

    def _loudest_in(self, memory: MobilityMemory, zone: str | None) -> PointKey | None:
        """The read point of a zone that hears the tag loudest, where one does."""
        points = [point for point in memory.points if point.zone == zone]
        return min(points, key=_by_level).key if points else None

    def _winner(
        self,
        memory: MobilityMemory,
        heard: list[PointKey],
        now_ns: int,
        current: str | None,
    ) -> PointKey | None:
        """The loudest of the points just heard that may take over, else the present one."""
        present = _point(memory, memory.here)
        reads_min = READS_MIN if current is not None else 1
        bar_cdb = float("-inf")
        if present is not None:
            bar_cdb = present.mean_cdb + self._offset_cdb(now_ns - present.last_ns)
        rivals = [
            point
            for point in memory.points
            if point.key in heard
            and point.key != memory.here
            and len(point.levels_cdb) >= reads_min
            and point.mean_cdb > bar_cdb
        ]
        return min(rivals, key=self._by_level_and_zone).key if rivals else memory.here

    def _offset_cdb(self, silence_ns: int) -> float:
        """How much louder a rival must be after so long a silence of the present read point."""
        sloped = self._slope_cdb_per_s * silence_ns / SECOND_NS + self._intercept_cdb
        return min(self._threshold_cdb, sloped)

    def _by_level_and_zone(self, point: Heard) -> tuple[float, int, PointKey]:
        return (-point.mean_cdb, self._order.place(point.zone), point.key)


def _point(memory: MobilityMemory, key: PointKey | None) -> Heard | None:
    return next((point for point in memory.points if point.key == key), None)


def _by_level(point: Heard) -> tuple[float, PointKey]:
    return (-point.mean_cdb, point.key)


def _scores(memory: MobilityMemory) -> dict[str, float]:
    """The mean level of each zone's loudest read point (dBm)."""
    scores: dict[str, float] = {}
    for point in memory.points:
        mean_dbm = point.mean_cdb / 100
        scores[point.zone] = max(mean_dbm, scores.get(point.zone, mean_dbm))
    return dict(sorted(scores.items()))
