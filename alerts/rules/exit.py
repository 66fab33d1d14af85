"""Rule kind `exit`: the asset is in a zone that is neither in the fence nor inside one of it.

Where it is not known (departed, never seen, readers down) it is not outside.
"""

from alerts.rules.verdict import Verdict
from alerts.settings import RuleSettings
from zones.floorplan import FloorPlan


def judge(rule: RuleSettings, plan: FloorPlan, zone: str | None) -> Verdict:
    """Whether an asset in `zone` breaks the rule; zones of role exit need no confirmation."""
    if zone is None or zone not in plan.zones:
        return "undecided"
    if plan.within(zone, rule.fence):
        return "kept"
    return "broken_at_once" if zone in plan.urgent else "broken"
