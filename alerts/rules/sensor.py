"""Rule kind `sensor`: what a sensor says is beyond a limit.

Between a limit and its deadband nobody can say anything new: what was beyond is not over yet,
and what was inside still is.
"""

from alerts.rule_kinds import SensorRule
from alerts.rules.verdict import Verdict


def judge(rule: SensorRule, value: float) -> Verdict:
    """Whether a value is beyond a limit; within the deadband it is undecided."""
    above, below = rule.above, rule.below
    if (above is not None and value > above) or (below is not None and value < below):
        return "broken"
    is_low_enough = above is None or value <= above - rule.deadband
    is_high_enough = below is None or value >= below + rule.deadband
    return "kept" if is_low_enough and is_high_enough else "undecided"


def limit_of(rule: SensorRule, value: float) -> float:
    """The limit that matters for a value: the nearer one, and of two equally near the upper."""
    limits = [limit for limit in (rule.above, rule.below) if limit is not None]
    return min(limits, key=lambda limit: abs(value - limit))
