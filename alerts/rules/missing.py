"""Rule kind `missing`: not seen for `absent_after_s` of its zone, while who covers it was healthy.

That is decided where reads are (a departure); a reader that is down hears nobody, and nobody
is missing for it. Seen again anywhere, it is found.
"""

from alerts.rule_kinds import MissingRule
from alerts.rules.verdict import Verdict
from zones.floorplan import FloorPlan


def judge(rule: MissingRule, plan: FloorPlan, zone: str | None, gone_from: str | None) -> Verdict:
    """Whether an asset has vanished from a zone that counts; `zone` is where it is, if known."""
    if zone is not None:
        return "kept"
    if gone_from is None:
        return "undecided"
    counts = rule.zones is None or plan.within(gone_from, rule.zones)
    return "broken" if counts else "undecided"
