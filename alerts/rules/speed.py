"""Rule kind `speed`: an asset goes faster than it may, by two positions of its tracker.

A way counts only if it is longer than the two positions may be wrong together; of a shorter
one it may still be certain that it was slow. What nothing does (a jump) is no speed.
"""

from typing import NamedTuple

from alerts.rule_kinds import SpeedRule
from alerts.rules.verdict import Verdict
from zones.position_settings import PositionSettings

LEG_S_MIN = 1.0
"""Positions closer in time than this are too close to tell a speed by them."""

LEG_S_MAX = 60.0
"""Positions further apart say nothing about how fast it was on the way."""


class Leg(NamedTuple):
    """A straight way, how long it took, and by how much its ends may be wrong together."""

    way_m: float
    seconds: float
    doubt_m: float

    @property
    def speed_mps(self) -> float:
        """The mean speed."""
        return self.way_m / self.seconds


def judge(rule: SpeedRule, leg: Leg) -> Verdict:
    """Whether it was too fast on a way."""
    if leg.way_m > leg.doubt_m:
        return "broken" if leg.speed_mps > rule.over_mps else "kept"
    is_slow = leg.way_m + leg.doubt_m <= rule.over_mps * leg.seconds
    return "kept" if is_slow else "undecided"


def is_jump(leg: Leg, settings: PositionSettings) -> bool:
    """Whether nothing moves like that, so that one of the two positions is wrong."""
    sure_m = leg.way_m - leg.doubt_m
    return sure_m > settings.jump_m_min and sure_m > settings.speed_m_s_max * leg.seconds
