"""The zone whose loudest antenna has the best mean RSSI within a time-bounded window.

The window is kept as two half-windows of sums for each antenna, so a tag costs
the same memory however often it is read; what counts is between one half and
one whole `window_s` old. A new zone must be louder by `hysteresis_db`, be read
`reads_min` times and hold both for `dwell_s`; zones of profile fast need no dwell,
since a tag that passes is not heard for long.
"""

import msgspec

from tags.times import SECOND_NS
from zones.bins import BIN_NS, Cell, cells_of
from zones.estimator_settings import WindowSettings
from zones.estimators.contract import Estimate, ZoneOrder, confidence_of, first_heard_ns
from zones.floorplan import FloorPlan, PointKey


class Level(msgspec.Struct, gc=False, array_like=True):
    """Reads of one antenna: sums of the running half-window and of the one before it."""

    key: PointKey
    zone: str | None
    half: int
    count: int = 0
    sum_cdb: int = 0
    count_before: int = 0
    sum_before_cdb: int = 0

    def take_in(self, half: int, count: int, sum_cdb: int) -> None:
        """Add reads of a half-window; what is older than the one before it falls out."""
        if half == self.half:
            self.count += count
            self.sum_cdb += sum_cdb
            return
        recent = half == self.half + 1
        self.count_before = self.count if recent else 0
        self.sum_before_cdb = self.sum_cdb if recent else 0
        self.half, self.count, self.sum_cdb = half, count, sum_cdb

    @property
    def reads(self) -> int:
        """Reads within the window."""
        return self.count + self.count_before

    @property
    def mean_cdb(self) -> int:
        """Their mean level; there must be some."""
        return (self.sum_cdb + self.sum_before_cdb) // self.reads


class WindowMemory(msgspec.Struct, tag="window", array_like=True):
    """What the estimator keeps of one tag; it belongs to one floor plan."""

    levels: list[Level] = []
    candidate: str | None = None
    candidate_bin: int = 0
    candidate_ns: int = 0


class WindowEstimator:
    """Reads of one tag in, its zone out; the cost does not depend on other tags."""

    memory_kind = WindowMemory

    def __init__(self, plan: FloorPlan, settings: WindowSettings) -> None:
        self._plan = plan
        self._point = plan.point
        self._order = ZoneOrder(plan)
        self._fast = plan.fast
        self._half_bins = max(1, round(settings.window_s * SECOND_NS / 2 / BIN_NS))
        self._hysteresis_cdb = round(settings.hysteresis_db * 100)
        self._dwell_bins = round(settings.dwell_s * SECOND_NS / BIN_NS)
        self._reads_min = settings.reads_min

    def fresh(self) -> WindowMemory:
        """Nothing is known of the tag yet."""
        return WindowMemory()

    def begin(self, number: int, head: Cell, zone: str) -> WindowMemory:
        """A memory that knows only what `zone` heard in this bin, as after the fast path."""
        memory = WindowMemory()
        for cell in cells_of(head):
            if self._point(cell.key).zone == zone:
                self._take_in(memory.levels, number // self._half_bins, cell)
        return memory

    def estimate(
        self,
        memory: WindowMemory,
        number: int,
        head: Cell,
        current: str | None,
    ) -> Estimate | None:
        """Take one closed bin in; the new zone, or None if the tag stays where it is."""
        levels = memory.levels
        half = number // self._half_bins
        if head.other is None and len(levels) == 1 and levels[0].key == head.key:
            levels[0].take_in(half, head.count, head.sum_cdb)
        else:
            for cell in cells_of(head):
                self._take_in(levels, half, cell)
        for level in levels:
            if level.zone != current:
                return self._contest(memory, number, head, current)
        memory.candidate = None
        return None

    def disputes(self, memory: WindowMemory, number: int, zone: str, level_cdb: int) -> bool:
        """Whether another zone than `zone` was heard at least at this level around a past bin."""
        half = number // self._half_bins
        return any(
            level.zone != zone
            and level.half - 1 <= half <= level.half
            and level.reads
            and level.mean_cdb >= level_cdb
            for level in memory.levels
        )

    def _take_in(self, levels: list[Level], half: int, cell: Cell) -> None:
        level = next((level for level in levels if level.key == cell.key), None)
        if level is None:
            level = Level(cell.key, self._point(cell.key).zone, half)
            levels.append(level)
        level.take_in(half, cell.count, cell.sum_cdb)

    def _contest(
        self,
        memory: WindowMemory,
        number: int,
        head: Cell,
        current: str | None,
    ) -> Estimate | None:
        """Several zones were heard within the window, or one that is not the tag's."""
        scores, counts = self._score(memory.levels, number // self._half_bins)
        if not scores:
            return None
        best = self._order.best(scores)
        if current is not None and not self._beats(best, current, scores, counts):
            memory.candidate = None
            return None
        if memory.candidate != best:
            memory.candidate = best
            memory.candidate_bin = number
            memory.candidate_ns = first_heard_ns(self._plan, head, best)
        dwells = current is not None and best not in self._fast
        if dwells and number - memory.candidate_bin < self._dwell_bins:
            return None
        memory.candidate = None
        scores_dbm = {zone: score / 100 for zone, score in sorted(scores.items())}
        return Estimate(
            zone=best,
            since_ns=memory.candidate_ns,
            scores=scores_dbm,
            confidence=confidence_of(best, scores_dbm),
        )

    def _score(self, levels: list[Level], half: int) -> tuple[dict[str, int], dict[str, int]]:
        """Mean level of each zone's loudest antenna (hundredths of a dBm), and its reads."""
        scores: dict[str, int] = {}
        counts: dict[str, int] = {}
        for level in levels:
            level.take_in(half, 0, 0)
        levels[:] = [level for level in levels if level.reads]
        for level in levels:
            if level.zone is not None:
                mean_cdb = level.mean_cdb
                scores[level.zone] = max(mean_cdb, scores.get(level.zone, mean_cdb))
                counts[level.zone] = counts.get(level.zone, 0) + level.reads
        return scores, counts

    def _beats(
        self,
        best: str,
        current: str,
        scores: dict[str, int],
        counts: dict[str, int],
    ) -> bool:
        if best == current or counts[best] < self._reads_min:
            return False
        return current not in scores or scores[best] >= scores[current] + self._hysteresis_cdb
