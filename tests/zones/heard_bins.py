"""Bins for the tests of estimators: what antennas heard in a quarter of a second."""

from collections.abc import Iterable, Sequence
from typing import Any

from tests.zones.made import antenna, reader
from zones.bins import BIN_NS, Cell, Slot, fold
from zones.estimator_settings import EstimatorSettings
from zones.estimators.contract import Estimate
from zones.estimators.kinds import AnyEstimator, estimator_for
from zones.floorplan import FloorPlan, PointKey
from zones.settings import Profile, ZoneSettings

FIRST = 7_160_000_000
A, A2, B, C, NOWHERE = ("r", 1), ("r", 2), ("r", 3), ("r", 4), ("r", 9)

Said = tuple[PointKey, float | None]
"""A read: the antenna and its level, None where the reader states none."""


def plan_with(
    settings: EstimatorSettings,
    *,
    b_profile: Profile = "steady",
    c_priority: int = 0,
    antennas: int = 4,
) -> FloorPlan:
    """Zone a has two antennas, b and c one each; antennas from the fifth on hear zones z5…"""
    more = [f"z{number}" for number in range(5, antennas + 1)]
    zones = [
        ZoneSettings(name="a"),
        ZoneSettings(name="b", profile=b_profile),
        ZoneSettings(name="c", priority=c_priority),
        *(ZoneSettings(name=name) for name in more),
    ]
    hears = dict(zip(range(1, antennas + 1), ["a", "a", "b", "c", *more], strict=True))
    return FloorPlan(
        zones,
        [reader("r", {number: antenna(zone) for number, zone in hears.items()})],
        settings,
    )


def bin_of(said: Iterable[Said], number: int = FIRST) -> Cell:
    """A bin; its reads come at its beginning, a millisecond apart, there must be one."""
    slot: Slot = {}
    for at, (key, rssi_dbm) in enumerate(said):
        cdb = -9_001 if rssi_dbm is None else round(rssi_dbm * 100)
        fold(slot, "t", key, 1, cdb, number * BIN_NS + at * 1_000_000)
    return slot["t"]


class Tag:
    """One tag as an estimator sees it, bin after bin."""

    def __init__(self, plan: FloorPlan) -> None:
        self.estimator: AnyEstimator = estimator_for(plan)
        self.memory: Any = self.estimator.fresh()
        self.zone: str | None = None
        self.number = FIRST
        self.estimates: list[Estimate] = []

    def hear(self, *said: Said, bins: int = 1, every: int = 1) -> list[str]:
        """Take in so many equal bins, `every` so many bins; the zones that it moved to."""
        before = len(self.estimates)
        for _ in range(bins):
            self.take(bin_of(said, self.number), self.number)
            self.number += every
        return [estimate.zone for estimate in self.estimates[before:]]

    def take(self, head: Cell, number: int) -> None:
        """Take in one bin."""
        estimate = self.estimator.estimate(self.memory, number, head, self.zone)
        if estimate is not None:
            self.zone = estimate.zone
            self.estimates.append(estimate)

    def hear_all(self, bins: Sequence[Sequence[Said]]) -> list[tuple[str, int, float]]:
        """Take in these bins; where it moved to, since when, and how sure that was."""
        for said in bins:
            self.hear(*said)
        return [(each.zone, each.since_ns, each.confidence) for each in self.estimates]
