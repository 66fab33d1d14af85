"""Rule kinds `crossing` and `wrong_way`: the asset went through a portal, or the wrong way.

Lingering at a portal and what no one can tell the direction of break nothing.
"""

from alerts.rule_kinds import CrossingRule, WrongWayRule
from alerts.rules.verdict import Verdict
from zones.movements import Crossing


def judge(rule: CrossingRule | WrongWayRule, crossing: Crossing) -> Verdict:
    """Whether a crossing breaks the rule; going back the other way keeps it again."""
    if not rule.concerns(crossing.portal) or crossing.confidence < rule.confidence_min:
        return "undecided"
    if crossing.direction not in {"outbound", "inbound"}:
        return "undecided"
    if isinstance(rule, WrongWayRule):
        return "kept" if crossing.direction == rule.allowed else "broken_at_once"
    counts = rule.direction in {"any", crossing.direction}
    return "broken_at_once" if counts else "kept"
