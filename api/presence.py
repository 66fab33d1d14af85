"""Whether something is still where it was last seen, and since when that is so."""

from typing import NamedTuple

from api.desk import Desk
from api.lists import Row
from delivery.presence import Presence
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
