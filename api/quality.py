"""Data quality: what the reads of a span of time say about antennas and tags."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.lists import Tag, Text, TimeWindow, Window, json_response
from api.problems import ProblemError, invalid
from api.shapes import Shape, Time, Zone
from api.surroundings import Here
from history.data_quality import findings_in
from history.paging import LIMIT_MAX
from history.sightings import Scope, SightingStore
from tags.times import SECOND_NS, format_time
from zones.blind import BlindReason
from zones.findings import LIMIT, Findings, findings_json
from zones.floorplan import FloorPlan

SPAN_NS = 3_600 * SECOND_NS
SIGHTINGS_MAX = 100_000
"""Sightings (a tag at an antenna within five seconds) that one answer is made of."""

NOW_NS = 60 * SECOND_NS
"""For a span that ended no longer ago, the health of the readers now is the health then."""


class PointShape(Shape):
    """What one antenna heard; shares are 0 to 1, null where too little was heard to tell."""

    reader: str
    antenna: int
    zone: Zone
    reads: int
    tags: int
    reads_per_s: float
    first: Time
    last: Time
    rssi_dbm_mean: float | None
    rssi_dbm_p10: float | None
    rssi_dbm_p50: float | None
    rssi_dbm_p90: float | None
    read_share: float | None
    louder_elsewhere: float
    louder_in: Zone
    overhears: bool


class TagPointShape(Shape):
    """What one antenna heard of one tag."""

    reader: str
    antenna: int
    zone: Zone
    reads: int
    reads_per_s: float
    missed_epochs: int
    read_share: float | None
    rssi_dbm_mean: float | None


class TagShape(Shape):
    """How well a tag is read."""

    tag: str
    zone: Zone
    reads: int
    reads_per_s: float
    epochs: int
    missed_epochs: int
    read_share: float | None
    sure_after_s: float | None
    points: list[TagPointShape]


class CrossReadShape(Shape):
    """Two zones that hear the same tags."""

    louder: str
    quieter: str
    epochs: int
    share: float
    louder_share: float
    margin_db: float | None


class BlindShape(Shape):
    """A read point that hears nothing; antenna 0 is every one that its reader does not list."""

    reader: str
    antenna: int
    zone: Zone
    reason: BlindReason
    detail: str
    last: Time | None


class GhostShape(Shape):
    """An identity that hardly belongs to a tag."""

    tag: str
    reads: int
    reader: str
    antenna: int
    first: Time
    reasons: list[str]
    resembles: str | None


class QualityShape(Shape):
    """Data quality from `since` to `until`, in epochs of `epoch_s`."""

    since: Time
    until: Time
    shortened: bool
    epoch_s: float
    first: Time | None
    last: Time | None
    reads: int
    reads_left_out: int
    tags: int
    tags_untold: int
    read_points: list[PointShape]
    worst_tags: list[TagShape]
    cross_reads: list[CrossReadShape]
    blind: list[BlindShape]
    ghosts: list[GhostShape]
    omitted: dict[str, int]


Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Of each list, the worst.")]


async def show_quality(
    here: Here,
    times: TimeWindow,
    reader: Text = None,
    tag: Tag = None,
    limit: Limit = LIMIT,
) -> Response:
    """What the reads of a span say about antennas and tags; the last hour if none is given.

    A span with too many sightings is refused with the `since` that fits. The last hour
    is shortened to what fits, and `shortened` says so.
    """
    listeners, now_ns = here.desk.listeners(), here.desk.clock()
    scope = _scope(times, now_ns, reader, tag, listeners.plan)
    healths = listeners.healths if scope.until_ns >= now_ns - NOW_NS else {}

    def question() -> tuple[Scope, Findings]:
        fitting = _fitting(listeners.sightings, scope, may_shorten=times.since_ns is None)
        plan = listeners.plan
        return fitting, findings_in(listeners.sightings, fitting, plan, healths, limit)

    asked, findings = await here.ask_slowly(question)
    span = {
        "since": format_time(asked.since_ns),
        "until": format_time(asked.until_ns),
        "shortened": asked.since_ns != scope.since_ns,
    }
    return json_response({**span, **findings_json(findings)})


def _scope(
    times: Window, now_ns: int, reader: str | None, tag: str | None, plan: FloorPlan
) -> Scope:
    """What is asked for; a link stands for the devices behind it. 422 for an empty span."""
    until_ns = now_ns if times.until_ns is None else times.until_ns
    since_ns = max(0, until_ns - SPAN_NS) if times.since_ns is None else times.since_ns
    if since_ns >= until_ns:
        raise invalid("since", f"must be before until, which is {format_time(until_ns)}")
    readers = None if reader is None else tuple(plan.hearers_of(reader)) or (reader,)
    return Scope(since_ns=since_ns, until_ns=until_ns, readers=readers, tag=tag)


def _fitting(store: SightingStore, scope: Scope, *, may_shorten: bool) -> Scope:
    """As much of the scope as may be asked for at once. Raises ProblemError where it is less."""
    since_ns = store.fitting_since_ns(scope, SIGHTINGS_MAX)
    if since_ns <= scope.since_ns:
        return scope
    fits = since_ns < scope.until_ns
    if may_shorten and fits:
        return Scope(
            since_ns=since_ns, until_ns=scope.until_ns, readers=scope.readers, tag=scope.tag
        )
    raise _too_much(since_ns if fits else None)


def _too_much(since_ns: int | None) -> ProblemError:
    fits = "" if since_ns is None else f"since={format_time(since_ns)}, or "
    return invalid(
        "since",
        f"there are more than {SIGHTINGS_MAX} sightings from then on; ask for {fits}one reader",
    )
