"""From a site file to what the pipeline needs of it."""

from gateway.pipeline import Blueprint
from gateway.site import Site, parse_site
from zones.floorplan import FloorPlan


def blueprint_of(site: Site) -> Blueprint:
    """The floor plan, the rules and the limit of a site file."""
    settings = site.settings
    plan = FloorPlan(settings.zones, settings.readers, settings.estimator)
    return Blueprint(plan, settings.rules, settings.limits.tags_max)


def stored_blueprint(text: str) -> Blueprint:
    """The same from the journal's text, in which secrets are not expanded."""
    return blueprint_of(parse_site(text, env=None))
