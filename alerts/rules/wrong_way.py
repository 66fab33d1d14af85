"""Rule kind `wrong_way`: the asset went through a portal in the direction that is not allowed.

Lingering at a portal and what no one can tell the direction of break nothing.
"""

from alerts.rules.verdict import Verdict
from alerts.settings import WrongWayRule
from zones.movements import Crossing


def judge(rule: WrongWayRule, crossing: Crossing) -> Verdict:
    """Whether a crossing breaks the rule; going back the way that is allowed keeps it."""
    if not rule.concerns(crossing.portal) or crossing.confidence < rule.confidence_min:
        return "undecided"
    if crossing.direction not in {"outbound", "inbound"}:
        return "undecided"
    return "kept" if crossing.direction == rule.allowed else "broken_at_once"
