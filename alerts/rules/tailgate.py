"""Rule kind `tailgate`: the asset went through a portal, and no custodian went with it.

Lingering at a portal and what no one can tell the direction of break nothing.
"""

from alerts.rule_kinds import TailgateRule
from alerts.rules.verdict import Verdict
from zones.movements import Crossing


def judge(rule: TailgateRule, crossing: Crossing, *, has_company: bool) -> Verdict:
    """Whether a crossing breaks the rule; going back the other way keeps it.

    What is broken counts only once nobody can come after the asset any more. What goes in
    company says nothing of an earlier time when it went alone.
    """
    if not rule.concerns(crossing.portal) or crossing.confidence < rule.confidence_min:
        return "undecided"
    if crossing.direction not in {"outbound", "inbound"}:
        return "undecided"
    if crossing.direction != rule.direction:
        return "kept"
    return "undecided" if has_company else "broken"
