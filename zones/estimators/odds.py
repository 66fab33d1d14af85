"""The arithmetic of the estimator `bayes`: what levels say, and how far a zone may be behind."""

import math
from collections.abc import Mapping

from tags.times import SECOND_NS
from zones.bins import BIN_NS
from zones.estimator_settings import BayesSettings

NAT = 1_000
"""Odds are whole thousandths of a nat: their sums are exact in any order."""

_STEP_CDB = 25
_STEPS = 400
_REFERENCE_CDB = 1_000
_POWER = 1.5


class EvidenceTable:
    """What a bin says for each zone that heard the tag, from its loudest level.

    `(level - floor) / 10 dB` to the power of 1.5, times `bin_nats`; in steps of a quarter of
    a dB. Where even the loudest antenna is less than `span_db` above the floor, the floor is
    that far below it, so that faint sites are told apart, too.
    """

    def __init__(self, settings: BayesSettings) -> None:
        self._floor_cdb = round(settings.floor_dbm * 100)
        self._span_cdb = round(settings.span_db * 100)
        self._steps = [
            round(settings.bin_nats * NAT * math.pow(step * _STEP_CDB / _REFERENCE_CDB, _POWER))
            for step in range(_STEPS)
        ]

    def of(self, levels_cdb: Mapping[str, int]) -> dict[str, int]:
        """What the loudest levels of a bin say for their zones; there must be one."""
        floor_cdb = min(self._floor_cdb, max(levels_cdb.values()) - self._span_cdb)
        return {zone: self._above(level - floor_cdb) for zone, level in levels_cdb.items()}

    def alone(self, level_cdb: int) -> int:
        """The same for a zone that hears the tag alone."""
        return self._above(level_cdb - min(self._floor_cdb, level_cdb - self._span_cdb))

    def _above(self, above_cdb: int) -> int:
        return self._steps[min(max(0, above_cdb) // _STEP_CDB, _STEPS - 1)]


class Depth:
    """How far a zone may be behind: more, the longer the tag has been in its present one.

    A tag that has stayed for t is the less likely to go in the next moment, as 1/t; its
    logarithm is what the depth grows by, from `depth_nats` to `depth_max_nats`.
    """

    def __init__(self, settings: BayesSettings) -> None:
        self.least = round(settings.depth_nats * NAT)
        self.most = max(self.least, round(settings.depth_max_nats * NAT))
        self._settle_bins = settings.settle_s * SECOND_NS / BIN_NS

    def after(self, stayed_bins: int, *, fast: bool) -> int:
        """The depth after a stay; in a zone of profile fast it does not grow."""
        if fast:
            return self.least
        grown = round(math.log1p(stayed_bins / self._settle_bins) * NAT)
        return min(self.most, self.least + grown)


def shares_of(scores: Mapping[str, int]) -> dict[str, float]:
    """The probability of each zone, in the order of their names."""
    top = max(scores.values())
    weights = {zone: math.exp((scores[zone] - top) / NAT) for zone in sorted(scores)}
    total = sum(weights.values())
    return {zone: weight / total for zone, weight in weights.items()}
