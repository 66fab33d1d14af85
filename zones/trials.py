"""Trying settings of an estimator on recorded runs, without the rest of the station.

The reads of a run are folded into bins once; each trial then costs one estimate a bin.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from zones.bins import BIN_NS, Cell, Slot, fold
from zones.estimator_settings import BayesSettings
from zones.estimators.bayes import BayesEstimator
from zones.floorplan import FloorPlan, PointKey
from zones.scoring import PIECE_NS, Run, Score, Shown, Stay, Truth, score, total

PIECE_BINS = PIECE_NS // BIN_NS

FALSE_COST = 0.2
"""One false move a minute is worth so much of accuracy; a missed stay is worth as much as
accuracy itself."""


class Bins(NamedTuple):
    """The bins of a run in order, by numbers that count from its first one."""

    zone: str
    heads: tuple[tuple[int, Cell], ...]


class Trial(NamedTuple):
    """Runs as bins, one by one and their pieces joined end to end."""

    plan: FloorPlan
    runs: tuple[Bins, ...]

    def worth(self, settings: BayesSettings) -> float:
        """How good the settings are: accuracy less what false moves and missed stays cost."""
        alone = total(_tried(self.plan, settings, [run]) for run in self.runs)
        joined = _tried(self.plan, settings, list(_pieces(self.runs)))
        return sum(
            each.accuracy - FALSE_COST * each.false_per_minute - each.missed_share
            for each in (alone, joined)
        )


def trial_of(plan: FloorPlan, runs: Sequence[tuple[Run, Mapping[PointKey, float]]]) -> Trial:
    """Fold runs into bins, each with its own bias."""
    return Trial(plan, tuple(_bins(plan, run, bias_db) for run, bias_db in runs))


def _bins(plan: FloorPlan, run: Run, bias_db: Mapping[PointKey, float]) -> Bins:
    slots: dict[int, Slot] = {}
    for read in run.reads:
        key = (read.reader, read.antenna)
        if read.rssi_dbm is None or plan.point(key).zone is None:
            continue
        rssi_cdb = round((read.rssi_dbm + bias_db.get(key, 0.0)) * 100)
        slot = slots.setdefault(read.time_ns // BIN_NS, {})
        fold(slot, "", key, read.count, rssi_cdb, read.time_ns)
    first = min(slots, default=0)
    return Bins(run.zone, tuple((number - first, slots[number][""]) for number in sorted(slots)))


def _pieces(runs: Sequence[Bins]) -> Iterator[Bins]:
    """Pieces of all runs in turn, so that most follow one from another run."""
    longest = max((run.heads[-1][0] for run in runs if run.heads), default=0)
    for begin in range(0, longest, PIECE_BINS):
        for run in runs:
            heads = [each for each in run.heads if begin <= each[0] < begin + PIECE_BINS]
            if heads and run.heads[-1][0] >= begin + PIECE_BINS:
                yield Bins(run.zone, tuple((number - begin, head) for number, head in heads))


def _tried(plan: FloorPlan, settings: BayesSettings, pieces: Sequence[Bins]) -> Score:
    """Score settings on pieces that are joined end to end."""
    estimator = BayesEstimator(plan, settings)
    memory = estimator.fresh()
    current: str | None = None
    shown: list[Shown] = []
    stays: list[Stay] = []
    begin = 0
    for piece in pieces:
        stays.append(Stay(begin * BIN_NS, piece.zone))
        for number, head in piece.heads:
            estimate = estimator.estimate(memory, begin + number, head, current)
            if estimate is not None:
                current = estimate.zone
                shown.append(Shown((begin + number + 1) * BIN_NS, current))
        begin += PIECE_BINS if len(pieces) > 1 else piece.heads[-1][0] + 1
    return score(shown, Truth(tuple(stays), begin * BIN_NS)) if stays else Score()
