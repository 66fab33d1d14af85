"""What was heard: sightings, and the tags among them that no asset carries."""

from typing import Annotated, Literal

from fastapi import Depends, Query
from starlette.responses import Response

from api.lists import (
    LIMIT_DEFAULT,
    TEXT_CHARS_MAX,
    Cursor,
    Limit,
    Listed,
    OldestFirst,
    Tag,
    Text,
    TimeWindow,
    Window,
    answer_list,
)
from api.problems import invalid
from api.shapes import Shape, Time
from api.surroundings import Here, Surroundings
from history.heard import Heard, sightings_page, strangers_page
from history.paging import Page, PageRequest
from history.sightings import Scope, Sighting
from tags.times import SECOND_NS, format_time

SPAN_NS = 3_600 * SECOND_NS
SIGHTINGS_MAX = 100_000
ANTENNA_MAX = 65_535
SIGHTING_COLUMNS = (
    "tag",
    "reader",
    "antenna",
    "time",
    "first",
    "last",
    "count",
    "rssi_dbm_max",
    "rssi_dbm_mean",
)
STRANGER_COLUMNS = ("tag", "count", "first", "last", "reader", "antenna", "rssi_dbm_max")

Antenna = Annotated[int | None, Query(ge=1, le=ANTENNA_MAX)]


class SightingShape(Shape):
    """A tag at an antenna within the five seconds from `time` on: `count` reads."""

    tag: str
    reader: str
    antenna: int
    time: Time
    first: Time
    last: Time
    count: int
    rssi_dbm_max: float | None
    rssi_dbm_mean: float | None


class UnknownTagShape(Shape):
    """A tag that no asset carries: how often it was heard, from when to when, and where last."""

    tag: str
    count: int
    first: Time
    last: Time
    reader: str
    antenna: int
    rssi_dbm_max: float | None


async def newest_sightings(
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
    sort: Annotated[Literal["-time"], Query(description="The newest first.")] = "-time",
) -> PageRequest:
    """Read a page request of sightings."""
    return PageRequest(limit=limit, cursor=cursor, sort=sort)


async def list_sightings(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
    here: Here,
    page: Annotated[PageRequest, Depends(newest_sightings)],
    times: TimeWindow,
    tag: Tag = None,
    reader: Text = None,
    antenna: Antenna = None,
) -> Response:
    """What the readers heard, the newest first: reads of a tag at an antenna, in slots of 5 s.

    Without `since` it is all that is kept. In a slot it is by reader, antenna and tag.
    """
    scope = Scope(
        since_ns=times.since_ns or 0,
        until_ns=here.desk.clock() + SPAN_NS if times.until_ns is None else times.until_ns,
        readers=_readers(here, reader),
        tag=tag,
    )
    sees = _sees(here)

    def passes(each: Sighting) -> bool:
        return (antenna is None or each.antenna == antenna) and sees(each)

    store = here.desk.listeners().sightings

    def ask(request: PageRequest) -> Page:
        return sightings_page(store, Heard(scope, passes), request)

    return await answer_list(here, page, Listed(ask, SIGHTING_COLUMNS))


async def list_unknown_tags(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
    here: Here,
    page: OldestFirst,
    times: TimeWindow,
    reader: Text = None,
    antenna: Antenna = None,
    q: Annotated[Text, Query(description="A part of the tag.")] = None,
) -> Response:
    """Tags that were heard lately and that no asset carries, by tag: to bind, or to wonder about.

    Without `since` it is the last hour, or as much of it as is made of 100,000 sightings.
    """
    store, part = here.desk.listeners().sightings, (q or "").lower()
    scope = _recent(times, here.desk.clock(), _readers(here, reader))
    fitting_ns = await here.ask_slowly(lambda: store.fitting_since_ns(scope, SIGHTINGS_MAX))
    scope = _shortened(scope, fitting_ns, may_shorten=times.since_ns is None)
    sees, owner_of = _sees(here), here.desk.owner_of

    def passes(each: Sighting) -> bool:
        fits = antenna is None or each.antenna == antenna
        return fits and part in each.tag.lower() and owner_of(each.tag) is None and sees(each)

    def ask(request: PageRequest) -> Page:
        return strangers_page(store, Heard(scope, passes), request)

    return await answer_list(here, page, Listed(ask, STRANGER_COLUMNS))


def _readers(here: Surroundings, reader: str | None) -> tuple[str, ...] | None:
    """The readers that are meant: a link stands for the devices behind it."""
    if reader is None:
        return None
    return tuple(here.desk.plan.hearers_of(reader)) or (reader[:TEXT_CHARS_MAX],)


def _recent(times: Window, now_ns: int, readers: tuple[str, ...] | None) -> Scope:
    until_ns = now_ns if times.until_ns is None else times.until_ns
    since_ns = max(0, until_ns - SPAN_NS) if times.since_ns is None else times.since_ns
    if since_ns >= until_ns:
        raise invalid("since", f"must be before until, which is {format_time(until_ns)}")
    return Scope(since_ns=since_ns, until_ns=until_ns, readers=readers)


def _shortened(scope: Scope, fitting_ns: int, *, may_shorten: bool) -> Scope:
    if fitting_ns <= scope.since_ns:
        return scope
    if not may_shorten or fitting_ns >= scope.until_ns:
        fits = f"ask for since={format_time(fitting_ns)}, or one reader"
        raise invalid(
            "since", f"there are more than {SIGHTINGS_MAX} sightings from then on; {fits}"
        )
    return Scope(since_ns=fitting_ns, until_ns=scope.until_ns, readers=scope.readers)


def _sees(here: Surroundings) -> "_Sees":
    return _Sees(here)


class _Sees:
    """Whether the caller may see a sighting: by the zone of its antenna, and by the asset."""

    def __init__(self, here: Surroundings) -> None:
        self._sight = here.scope
        self._desk = here.desk
        self._everything = here.scope.is_everything

    def __call__(self, each: Sighting) -> bool:
        """Whether this one is seen."""
        if self._everything:
            return True
        zone = self._desk.plan.point((each.reader, each.antenna)).zone
        if self._sight.zones is not None and not self._sight.sees_zone(zone):
            return False
        if self._sight.groups is None:
            return True
        owner = self._desk.owner_of(each.tag)
        return owner is not None and self._sight.sees_group(self._desk.group_of(owner))
