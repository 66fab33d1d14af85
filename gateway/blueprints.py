"""From a site file to what the pipeline needs of it."""

from gateway.pipeline import Blueprint
from gateway.site import Site, parse_site
from gateway.site_rules import schedules_of
from gateway.site_settings import SiteSettings, UnfilledChannel
from zones.floorplan import FloorPlan


def blueprint_of(site: Site) -> Blueprint:
    """The floor plan, the rules and the limit of a site file."""
    settings = site.settings
    plan = FloorPlan(
        zones=settings.zones,
        readers=settings.readers,
        estimator=settings.estimator,
        portals=settings.portals,
        floors=settings.floors,
        positions=settings.positions,
        origin=settings.site.origin,
        conflicts=settings.conflicts,
    )
    system = settings.system.model_copy(update={"notify": _told(settings)})
    limit = settings.limits.tags_max
    channels = tuple(channel.name for channel in settings.channels)
    return Blueprint(
        plan, settings.rules, limit, system, schedules_of(settings), channels, _fallback(settings)
    )


def stored_blueprint(text: str) -> Blueprint:
    """The same from the journal's text, in which secrets are not expanded."""
    return blueprint_of(parse_site(text, env=None))


def _told(settings: SiteSettings) -> tuple[str, ...]:
    """The channels of system alerts: those that are named, or those that log."""
    if settings.system.notify is not None:
        return settings.system.notify
    logs = [channel for channel in settings.channels if channel.kind == "log"]
    return tuple(log.name for log in logs if not isinstance(log, UnfilledChannel))


def _fallback(settings: SiteSettings) -> tuple[str, ...]:
    """The channels that are told where the only one of the system is broken: all that speak.

    Who wants nobody to be told of the system gets what they want.
    """
    if settings.system.notify == ():
        return ()
    return tuple(channel.name for channel in settings.channels if channel.kind != "siren")
