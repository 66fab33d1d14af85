"""Movements: which tag went from where to where, and when."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from api.lists import Listed, NewestFirst, Tag, Text, TimeWindow, answer_list, json_response
from api.problems import not_found
from api.surroundings import Here
from history.filters import MovementFilter
from history.paging import PageRequest
from zones.movements import MovementKind

MOVEMENT_COLUMNS = (
    "id",
    "time",
    "decided",
    "tag",
    "asset",
    "kind",
    "from",
    "to",
    "operation",
    "late",
    "confidence",
    "crossed",
)

Late = Annotated[bool | None, Query(description="Whether it was learnt from reads that came late.")]


async def wanted_movements(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
    times: TimeWindow,
    asset: Text = None,
    tag: Tag = None,
    from_zone: Annotated[Text, Query(alias="from", description="From this zone.")] = None,
    to_zone: Annotated[Text, Query(alias="to", description="To this zone.")] = None,
    zone: Annotated[Text, Query(description="From or to this zone.")] = None,
    kind: MovementKind | None = None,
    late: Late = None,
) -> MovementFilter:
    """Read what the list is narrowed to."""
    return MovementFilter(
        asset=asset,
        tag=tag,
        from_zone=from_zone,
        to_zone=to_zone,
        zone=zone,
        kind=kind,
        late=late,
        since_ns=times.since_ns,
        until_ns=times.until_ns,
    )


async def show_movement(movement: str, here: Here) -> Response:
    """One movement."""
    wanted = MovementFilter(id=movement)
    page = await here.ask(lambda: here.questions.movements(wanted, PageRequest(limit=1)))
    if not page.items:
        raise not_found("movement", movement)
    return json_response(page.items[0])


async def list_movements(
    here: Here,
    wanted: Annotated[MovementFilter, Depends(wanted_movements)],
    page: NewestFirst,
) -> Response:
    """Movements in the order in which they were committed; `since` and `until` mean `time`."""
    listed = Listed(lambda request: here.questions.movements(wanted, request), MOVEMENT_COLUMNS)
    return await answer_list(here, page, listed)
