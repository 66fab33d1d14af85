"""The zone whose loudest antenna has the best mean RSSI within a time-bounded window.

The window is kept as two half-windows of sums for each antenna, so a tag costs
the same memory however often it is read; what counts is between one half and
one whole `window_s` old. A new zone must be louder by `hysteresis_db`, be read
`reads_min` times and hold both for `dwell_s`; zones of role exit need no dwell,
since a tag that leaves is not heard for long.
"""

import msgspec

from tags.times import SECOND_NS
from zones.bins import BIN_NS, Bin
from zones.floorplan import FloorPlan, PointKey


class Level(msgspec.Struct, gc=False, array_like=True):
    """Reads of one antenna: sums of the running half-window and of the one before it."""

    half: int
    count: int
    sum_cdb: int
    count_before: int = 0
    sum_before_cdb: int = 0

    def turn_to(self, half: int) -> None:
        """Let the past fall out of the window."""
        if half == self.half:
            return
        recent = half == self.half + 1
        self.count_before = self.count if recent else 0
        self.sum_before_cdb = self.sum_cdb if recent else 0
        self.count = self.sum_cdb = 0
        self.half = half


class WindowMemory(msgspec.Struct, array_like=True):
    """What the estimator keeps of one tag."""

    levels: dict[PointKey, Level] = {}
    candidate: str | None = None
    candidate_bin: int = 0
    candidate_ns: int = 0


class Estimate(msgspec.Struct, frozen=True):
    """The likeliest zone, since when it was, and the score of each zone heard (dBm)."""

    zone: str
    since_ns: int
    scores: dict[str, float]


class WindowEstimator:
    """Reads of one tag in, its zone out; the cost does not depend on other tags."""

    def __init__(self, plan: FloorPlan) -> None:
        settings = plan.estimator
        self._point = plan.point
        self._urgent = plan.urgent
        self._half_bins = max(1, round(settings.window_s * SECOND_NS / 2 / BIN_NS))
        self._hysteresis_cdb = round(settings.hysteresis_db * 100)
        self._dwell_bins = round(settings.dwell_s * SECOND_NS / BIN_NS)
        self._reads_min = settings.reads_min

    def begin(self, number: int, cells: Bin) -> WindowMemory:
        """A memory that knows only this bin, as after a move on the fast path."""
        memory = WindowMemory()
        self._take_in(memory, number, cells)
        return memory

    def estimate(
        self,
        memory: WindowMemory,
        number: int,
        cells: Bin,
        current: str | None,
    ) -> Estimate | None:
        """Take one closed bin in; the new zone, or None if the tag stays where it is."""
        self._take_in(memory, number, cells)
        levels = memory.levels
        if all(self._point(key).zone == current for key in levels):
            memory.candidate = None
            return None
        scores, counts = self._score(levels)
        best = max(sorted(scores), key=scores.__getitem__)
        if current is not None and not self._beats(best, current, scores, counts):
            memory.candidate = None
            return None
        return self._dwelt(memory, number, cells, best, current, scores)

    def _take_in(self, memory: WindowMemory, number: int, cells: Bin) -> None:
        half = number // self._half_bins
        levels = memory.levels
        for key, cell in cells.items():
            level = levels.get(key)
            if level is None:
                levels[key] = Level(half, cell.count, cell.sum_cdb)
                continue
            level.turn_to(half)
            level.count += cell.count
            level.sum_cdb += cell.sum_cdb
        if len(levels) > len(cells):
            for key in [key for key, level in levels.items() if level.half < half - 1]:
                del levels[key]

    def _score(self, levels: dict[PointKey, Level]) -> tuple[dict[str, int], dict[str, int]]:
        """Mean level of each zone's loudest antenna (hundredths of a dBm), and its reads."""
        newest = max(level.half for level in levels.values())
        scores: dict[str, int] = {}
        counts: dict[str, int] = {}
        for key, level in levels.items():
            level.turn_to(newest)
            zone = self._point(key).zone
            count = level.count + level.count_before
            if zone is None or count == 0:
                continue
            mean = (level.sum_cdb + level.sum_before_cdb) // count
            scores[zone] = max(mean, scores.get(zone, mean))
            counts[zone] = counts.get(zone, 0) + count
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

    def _dwelt(  # noqa: PLR0913 - the six facts that decide; a class for one call would hide them
        self,
        memory: WindowMemory,
        number: int,
        cells: Bin,
        best: str,
        current: str | None,
        scores: dict[str, int],
    ) -> Estimate | None:
        if memory.candidate != best:
            memory.candidate = best
            memory.candidate_bin = number
            memory.candidate_ns = min(
                (cell.first_ns for key, cell in cells.items() if self._point(key).zone == best),
                default=min(cell.first_ns for cell in cells.values()),
            )
        wait_bins = 0 if current is None or best in self._urgent else self._dwell_bins
        if number - memory.candidate_bin < wait_bins:
            return None
        memory.candidate = None
        return Estimate(
            zone=best,
            since_ns=memory.candidate_ns,
            scores={zone: score / 100 for zone, score in sorted(scores.items())},
        )
