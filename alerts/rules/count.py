"""Rule kind `count`: more or fewer assets are in a zone than may be.

Too few is only sure while all that covers the zone hears: somebody may have come in unheard.
"""

from alerts.rule_kinds import CountRule
from alerts.rules.verdict import Verdict


def judge(rule: CountRule, count: int, *, is_heard: bool) -> Verdict:
    """Whether so many in a zone are too many or too few; `is_heard`: all of the zone is heard."""
    if rule.over is not None and count > rule.over:
        return "broken"
    if rule.under is not None and count < rule.under:
        return "broken" if is_heard else "undecided"
    return "kept"


def limit_of(rule: CountRule, count: int) -> int:
    """The limit that matters for a count: the one that it is beyond, or nearer to."""
    limits = [limit for limit in (rule.over, rule.under) if limit is not None]
    return min(limits, key=lambda limit: abs(count - limit))
