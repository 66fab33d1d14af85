"""Whether something is still where it was last seen, and since when that is so."""

from collections.abc import Callable
from typing import NamedTuple

from api.desk import Desk
from api.lists import Row
from delivery.presence import Presence
from history.as_of import Hearing
from history.gaps import Covers
from tags.times import format_time, parse_time


class Standing(NamedTuple):
    """A presence, and since when (RFC 3339); None for what was never seen."""

    presence: Presence
    since: str | None


def standing_of(desk: Desk, found: Row) -> Standing:
    """The standing of an asset, from its position as `StateQuestions.position` says it."""
    if found["zone"] is not None:
        return standing_in(desk, found)
    return Standing(found["left"] or "unknown", found["since"])


def standing_in(desk: Desk, there: Row) -> Standing:
    """The standing of what is in a zone: `there` has its `zone`, `tag` and `since`.

    Nothing is stored of it: a zone that is not heard makes all that is in it unknown.
    """
    unknown_ns = desk.unknown_since_ns(there["zone"], there["tag"])
    since: str = there["since"]
    if unknown_ns is None:
        return Standing("present", since)
    return Standing("unknown", max(since, format_time(unknown_ns), key=parse_time))


def standing_then(hearing: Hearing, found: Row) -> Standing:
    """The standing of what was somewhere at a time, by who could not hear then."""
    if found["zone"] is None:
        return Standing(found["left"] or "unknown", found["since"])
    unknown_ns = hearing.unheard_since_ns(found["zone"])
    since: str = found["since"]
    if unknown_ns is None:
        return Standing("present", since)
    return Standing("unknown", max(since, format_time(unknown_ns), key=parse_time))


def with_standing(standing_for: Callable[[Row], Standing], item: Row) -> Row:
    """The item without how it left, and with its presence."""
    standing = standing_for(item)
    shown = {name: value for name, value in item.items() if name != "left"}
    return {**shown, "presence": standing.presence, "presence_since": standing.since}


def covers_of(desk: Desk) -> Covers:
    """The read points that cover each zone, as the site file says it now."""
    plan = desk.listeners().plan
    return {name: frozenset(zone.covered_by) for name, zone in plan.zones.items()}
