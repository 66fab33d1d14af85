"""What every page is told of the site: its frame, and the maps under its floors."""

from api.running import FloorMap, Frame
from gateway.site import Site


def frame_of(site: Site) -> Frame:
    """The name, the clock and the version of a site."""
    about = site.settings.site
    return Frame(about.name, about.timezone, site.version)


def maps_of(site: Site) -> dict[str, FloorMap]:
    """The floors that have a map under them, by name."""
    origin = site.settings.site.origin
    return {
        floor.name: FloorMap(floor.tiles, origin)
        for floor in site.settings.floors
        if floor.tiles is not None and origin is not None
    }
