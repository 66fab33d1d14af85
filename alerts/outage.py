"""One outage is one alert: the zones that fell over together, and how bad that is."""

from collections.abc import Sequence

from alerts.state import JudgeState, Key
from zones.coverage import is_blind
from zones.floorplan import FloorPlan


def zones_of_outage(
    key: Key,
    first: str,
    state: JudgeState,
    plan: FloorPlan,
) -> tuple[str, ...]:
    """The zones, by name, that the alert of `key` is about when zone `first` calls for it now.

    They are all that nobody hears at this moment, however short a time, unless another open
    alert tells of them; and those of which this alert tells already, if it is open.
    """
    case = state.cases.get(key)
    told = () if case is None or case.alert is None else case.alert.zones
    joining = [
        name
        for name, zone in plan.zones.items()
        if name not in state.fallen and is_blind(state.readers, plan, zone)
    ]
    return tuple(sorted({first, *told, *joining}))


def has_gate(zones: Sequence[str], plan: FloorPlan) -> bool:
    """Whether something could leave unseen: one has role exit, or antennas of a portal."""
    doors = (key for portal in plan.portals.values() for key in portal.points)
    return not plan.urgent.isdisjoint(zones) or any(plan.point(key).zone in zones for key in doors)
