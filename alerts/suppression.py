"""What suppresses an alert by design: it is recorded, and nobody needs to be told.

Three things do: a reader is down that would have to be healthy for the alert to be true; the
movement has been authorised since; another alert, its parent, tells of the same thing.
"""

from alerts.alert import Alert
from alerts.authority import Authority
from alerts.state import JudgeState
from alerts.zone_watch import BLIND
from zones.floorplan import FloorPlan

BY_HEALTH = frozenset({"missing", "offline"})
BY_CUSTODY = frozenset({"exit"})
"""The kinds of alerts that readers and zones without hearers may suppress, and check-outs."""


def suppressor_of(
    alert: Alert, state: JudgeState, plan: FloorPlan, authority: Authority
) -> str | None:
    """`reader:NAME`, `checkout:ID` or `alert:ID`; None if nothing suppresses it.

    What is over already is not suppressed any more by something that came later.
    """
    if alert.condition == "returned" and alert.suppressed_by is None:
        return None
    match alert.kind:
        case "missing":
            return _deaf_reader(alert, state, plan)
        case "exit":
            return _pardon(alert, state, authority)
        case "offline":
            return _parent(alert, state, plan)
        case _:
            return None


def _deaf_reader(alert: Alert, state: JudgeState, plan: FloorPlan) -> str | None:
    """A reader that covers the zone from which the asset vanished and is not healthy now.

    Where the zone is called otherwise since, nothing is known anew.
    """
    zone = plan.zones.get(alert.from_zone or "")
    if zone is None:
        return alert.suppressed_by
    for reader, antenna in zone.covered_by:
        health = state.readers.get(reader)
        if health is None or not health.hears(antenna):
            return f"reader:{reader}"
    return None


def _pardon(alert: Alert, state: JudgeState, authority: Authority) -> str | None:
    """A check-out that was made after the asset had left, and holds now."""
    checkout = authority.pardon_of(alert.asset, alert.time_ns, state.now_ns)
    return None if checkout is None else f"checkout:{checkout}"


def _parent(alert: Alert, state: JudgeState, plan: FloorPlan) -> str | None:
    """The open alert that tells of zones that nobody hears since this reader is gone.

    What is over is not told of any more, whichever alert closes first.
    """
    if alert.condition == "returned":
        return alert.suppressed_by
    parent = outage_of(alert.reader or "", state, plan)
    return None if parent is None else f"alert:{parent.id}"


def outage_of(reader: str, state: JudgeState, plan: FloorPlan) -> Alert | None:
    """The open alert that tells of a zone that this reader, or a device behind it, covers."""
    behind = plan.hearers_of(reader)
    zones = {
        zone.name
        for zone in plan.zones.values()
        if any(name in behind for name, _ in zone.covered_by)
    }
    for name in sorted(zones & state.fallen.keys()):
        case = state.cases.get((BLIND, state.fallen[name].subject))
        if case is not None and case.alert is not None:
            return case.alert
    return None
