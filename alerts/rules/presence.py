"""Rule kinds `forbidden`, `enter` and `dwell`: the asset is in one of the rule's zones.

They differ in patience alone: one good read in a forbidden zone counts at once, an entry is
confirmed, and a dwell is a stay for longer than is allowed.
"""

from alerts.places import OUTSIDE
from alerts.rule_kinds import DwellRule, EnterRule, ForbiddenRule
from alerts.rules.verdict import Verdict
from zones.floorplan import FloorPlan


def judge(
    rule: ForbiddenRule | EnterRule | DwellRule,
    plan: FloorPlan,
    zone: str | None,
    gone_from: str | None,
) -> Verdict:
    """Whether an asset is in a zone of the rule, or in one that lies there.

    Where nobody can tell (readers down), it may still be there, and nothing is over. Not seen
    any more while who covers the zone was healthy (`gone_from`), it is not there.
    """
    if zone == OUTSIDE or (zone is None and gone_from is not None):
        return "kept"
    if zone is None or zone not in plan.zones:
        return "undecided"
    return "broken" if plan.within(zone, rule.zones) else "kept"
