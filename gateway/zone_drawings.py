"""What is told of the zones of a site file, drawings included."""

from typing import Any

from gateway.site import Site
from zones.georeference import Georeference
from zones.shapes import drawing_of


def drawn_zones(site: Site) -> list[dict[str, Any]]:
    """The zones in the order of the file, as `api.desk.Desk.zones` returns them.

    Outlines and geometries are in metres of the site.
    """
    origin = site.settings.site.origin
    georeference = None if origin is None else Georeference(origin)
    return [
        {
            "name": zone.name,
            "floor": zone.floor,
            "role": zone.role,
            "parent": zone.parent,
            "polygon": None if zone.geo else zone.polygon,
            "shape": zone.shape,
            "geometry": drawing_of(zone, georeference),
        }
        for zone in site.settings.zones
    ]
