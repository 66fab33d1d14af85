"""Crossings: what went through which portal, which way, and how sure that is."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from api.lists import Listed, NewestFirst, Tag, Text, TimeWindow, answer_list, json_response
from api.movements import Late
from api.problems import not_found
from api.surroundings import Here
from history.filters import CrossingFilter
from history.paging import PageRequest
from zones.movements import Direction

CROSSING_COLUMNS = (
    "id",
    "time",
    "decided",
    "tag",
    "asset",
    "portal",
    "direction",
    "confidence",
    "lean",
    "late",
)


async def wanted_crossings(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
    times: TimeWindow,
    asset: Text = None,
    tag: Tag = None,
    portal: Text = None,
    direction: Annotated[
        Direction | None,
        Query(description="`lingering`: stayed at the gate; `unknown`: nobody can say."),
    ] = None,
    late: Late = None,
) -> CrossingFilter:
    """Read what the list is narrowed to."""
    return CrossingFilter(
        asset=asset,
        tag=tag,
        portal=portal,
        direction=direction,
        late=late,
        since_ns=times.since_ns,
        until_ns=times.until_ns,
    )


async def show_crossing(crossing: str, here: Here) -> Response:
    """One crossing."""
    wanted = CrossingFilter(id=crossing)
    page = await here.ask(lambda: here.questions.crossings(wanted, PageRequest(limit=1)))
    if not page.items:
        raise not_found("crossing", crossing)
    return json_response(page.items[0])


async def list_crossings(
    here: Here,
    wanted: Annotated[CrossingFilter, Depends(wanted_crossings)],
    page: NewestFirst,
) -> Response:
    """Crossings in the order in which they were committed; `since` and `until` mean `time`."""
    listed = Listed(lambda request: here.questions.crossings(wanted, request), CROSSING_COLUMNS)
    return await answer_list(here, page, listed)
