"""The floor plan of a small site that is drawn, so that positions and distances count there."""

from collections.abc import Sequence
from typing import Any

from tests.zones.made import readers
from zones.conflict_settings import ConflictSettings
from zones.floorplan import FloorPlan
from zones.portal_settings import PortalSettings
from zones.settings import ZoneSettings


def drawn(absent_after_s: float, portals: Sequence[PortalSettings]) -> FloorPlan:
    """Hall and office in it, then the gate, outside of it a yard; far from all of them the dock."""

    def square(name: str, x_m: float, **more: Any) -> ZoneSettings:  # noqa: ANN401 -- any field
        corners = ((x_m, 0.0), (x_m + 10, 0.0), (x_m + 10, 10.0), (x_m, 10.0))
        return ZoneSettings(name=name, polygon=corners, absent_after_s=absent_after_s, **more)

    return FloorPlan(
        [
            square("hall", 0),
            ZoneSettings(name="office", polygon=((6, 6), (10, 6), (10, 10), (6, 10))),
            square("gate", 10, role="exit", cross=True),
            square("yard", 30, cross=True),
            square("dock", 400, role="exit"),
        ],
        readers(),
        portals=portals,
        conflicts=ConflictSettings(times_min=2, ends_after_s=5),
    )
