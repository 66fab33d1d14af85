"""Rule kind `exit`: the asset is in a zone that is neither in the fence nor inside one of it.

Seen outside all zones is outside, too, if something of the fence is drawn, so that positions can
tell. Where it is not known (departed, never seen, readers down) it is not outside. Going out
through a portal of the fence is leaving, known at once.
"""

from alerts.places import OUTSIDE
from alerts.rule_kinds import ExitRule
from alerts.rules.verdict import Verdict
from zones.floorplan import FloorPlan, PointKey
from zones.movements import Crossing


def judge(rule: ExitRule, plan: FloorPlan, zone: str | None) -> Verdict:
    """Whether an asset in `zone` breaks the rule; zones of role exit need no confirmation."""
    if zone == OUTSIDE:
        return "broken" if plan.is_drawn(rule.fence) else "undecided"
    if zone is None or zone not in plan.zones:
        return "undecided"
    if plan.within(zone, rule.fence):
        return "kept"
    return "broken_at_once" if zone in plan.urgent else "broken"


def judge_crossing(rule: ExitRule, plan: FloorPlan, crossing: Crossing) -> Verdict:
    """Whether an asset left the fence through a portal, or came back."""
    if crossing.direction not in {"outbound", "inbound"} or not _leads_out(rule, plan, crossing):
        return "undecided"
    return "broken_at_once" if crossing.direction == "outbound" else "kept"


def _leads_out(rule: ExitRule, plan: FloorPlan, crossing: Crossing) -> bool:
    portal = plan.portals.get(crossing.portal)
    if portal is None or rule.portals is not None:
        return portal is not None and crossing.portal in (rule.portals or ())
    inside = _fenced(rule, plan, portal.inside)
    outside = _fenced(rule, plan, portal.outside)
    return bool(inside) and bool(outside) and all(inside) and not any(outside)


def _fenced(rule: ExitRule, plan: FloorPlan, points: tuple[PointKey, ...]) -> list[bool]:
    """For each read point that hears a zone whether that lies in the fence."""
    zones = [plan.point(point).zone for point in points]
    return [plan.within(zone, rule.fence) for zone in zones if zone is not None]
