"""Fits of antenna bias and estimator settings to recordings. Pure: reads in, settings out.

Little is fitted, on purpose. On real recordings a likelihood for each zone and antenna, and
the best of a grid of settings, were good on the files that they were fitted on and worse than
the defaults on the next one. What carries over is the bias of each antenna, and the level
that antennas hear of tags that are elsewhere.
"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from tags.reads import Read
from tags.times import SECOND_NS
from zones.estimator_settings import BayesSettings, EstimatorSettings
from zones.floorplan import FloorPlan, PointKey
from zones.scoring import Run

PERIOD_NS = 10 * SECOND_NS
"""Reads of a tag within such a period are taken to come from one place."""

TRUST = 0.85
"""Share of a measured bias that is corrected: part of it is where the tags happened to be."""

SWEEPS = 20
READS_MIN = 10
"""An antenna with fewer reads keeps its bias at 0."""

BELOW_DB = 2.5
"""How far the floor is below what antennas hear, on average, of tags that are elsewhere."""

Levels = dict[PointKey, tuple[int, float]]
"""How often each read point was heard in one place, and its mean level (dBm)."""


class Calibration(NamedTuple):
    """What was fitted: dB to add to each read point, and settings where there was a truth."""

    bias_db: Mapping[PointKey, float]
    estimator: EstimatorSettings | None = None


def fit_bias(plan: FloorPlan, reads: Sequence[Read]) -> Calibration:
    """Fit the bias of each antenna to reads of tags of which nothing else is known.

    The level of a tag in a period is taken as the sum of one number for tag and period and
    one for the antenna (least squares), so an antenna is not taken for deaf because tags
    happened to be far from it all the time. The biases of all antennas sum to zero.
    """
    places: dict[tuple[str, int], list[Read]] = {}
    for read in _evidence(plan, reads):
        places.setdefault((read.tag, read.time_ns // PERIOD_NS), []).append(read)
    return Calibration(_bias_db([_levels(each) for each in places.values()]))


def fit_with_truth(plan: FloorPlan, runs: Sequence[Run]) -> Calibration:
    """Fit bias and floor to runs whose zones are known; each zone counts the same."""
    bias_db = _bias_of_runs(plan, runs)
    floor_dbm = min(0.0, max(-120.0, fit_floor(plan, runs, bias_db)))
    return Calibration(bias_db, BayesSettings(floor_dbm=floor_dbm))


def fit_floor(plan: FloorPlan, runs: Sequence[Run], bias_db: Mapping[PointKey, float]) -> float:
    """The level (dBm) that says nothing for a zone: what it hears of tags that are elsewhere.

    It is a little below the median of the mean levels of all antennas of other zones, run by
    run: a little below was right on recordings that it was not fitted on.
    """
    levels_dbm = [
        level + bias_db.get(key, 0.0)
        for run in runs
        for key, (count, level) in _levels(_evidence(plan, run.reads)).items()
        if plan.point(key).zone != run.zone and count >= READS_MIN
    ]
    return round(median(levels_dbm) - BELOW_DB, 1) if levels_dbm else BayesSettings().floor_dbm


def _bias_of_runs(plan: FloorPlan, runs: Sequence[Run]) -> dict[PointKey, float]:
    """The bias by the mean levels of each zone; zones weigh the same, as do runs in one."""
    zones: dict[str, list[Levels]] = {}
    for run in runs:
        zones.setdefault(run.zone, []).append(_levels(_evidence(plan, run.reads)))
    return _bias_db([_mean(each) for each in zones.values()])


def _evidence(plan: FloorPlan, reads: Sequence[Read]) -> list[Read]:
    """The reads with a level, of antennas that have a zone."""
    return [
        read
        for read in reads
        if read.rssi_dbm is not None
        and read.count > 0
        and plan.point((read.reader, read.antenna)).zone is not None
    ]


def _levels(reads: Sequence[Read]) -> Levels:
    counts: dict[PointKey, int] = {}
    sums_db: dict[PointKey, float] = {}
    for read in reads:
        key = (read.reader, read.antenna)
        counts[key] = counts.get(key, 0) + read.count
        sums_db[key] = sums_db.get(key, 0.0) + read.count * (read.rssi_dbm or 0.0)
    return {key: (count, sums_db[key] / count) for key, count in counts.items()}


def _mean(levels: Sequence[Levels]) -> Levels:
    """The mean over runs in the same zone."""
    keys = sorted({key for each in levels for key in each})
    heard = {key: [each[key] for each in levels if key in each] for key in keys}
    return {
        key: (sum(count for count, _ in each), sum(level for _, level in each) / len(each))
        for key, each in heard.items()
    }


def _bias_db(places: Sequence[Levels]) -> dict[PointKey, float]:
    """What to add to each antenna's levels so that the places agree as well as may be.

    Places in which only one antenna heard the tag say nothing about the others.
    """
    counts: dict[PointKey, int] = {}
    for place in places:
        for key, (count, _) in place.items():
            counts[key] = counts.get(key, 0) + count
    keys = sorted(key for key, count in counts.items() if count >= READS_MIN)
    telling = [{key: level for key, (_, level) in place.items() if key in keys} for place in places]
    telling = [place for place in telling if len(place) > 1]
    offset_db = dict.fromkeys(keys, 0.0)
    for _ in range(SWEEPS):
        _sweep(offset_db, telling)
    return {key: round(-TRUST * offset, 2) + 0.0 for key, offset in offset_db.items()}


def _sweep(offset_db: dict[PointKey, float], places: Sequence[Mapping[PointKey, float]]) -> None:
    """One step of least squares: places by offsets, then offsets by places."""
    misses: dict[PointKey, list[float]] = {key: [] for key in offset_db}
    for place in places:
        base = sum(level - offset_db[key] for key, level in place.items()) / len(place)
        for key, level in place.items():
            misses[key].append(level - base)
    for key, each in misses.items():
        offset_db[key] = sum(each) / len(each) if each else 0.0
    mean = sum(offset_db.values()) / max(1, len(offset_db))
    for key in offset_db:
        offset_db[key] -= mean
