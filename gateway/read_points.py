"""The read points of a reader as HTTP shows them."""

from typing import Any

from readers.settings import AntennaSettings, Hearer


def points_json(hearer: Hearer | None) -> dict[str, Any]:
    """The zone of antennas that are not listed, and those that are; nothing for a stranger."""
    if hearer is None:
        return {"zone": None, "points": []}
    points = [_point(each, hearer.antennas[each], hearer.zone) for each in sorted(hearer.antennas)]
    return {"zone": hearer.zone, "points": points}


def _point(antenna: int, settings: AntennaSettings, zone: str | None) -> dict[str, Any]:
    at_m = None if settings.at_m is None else list(settings.at_m)
    return {"antenna": antenna, "zone": settings.zone or zone, "at_m": at_m}
