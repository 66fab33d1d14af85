"""Messages on their way: what became of each, and dead letters sent again."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from api.bodies import parse_as, parse_json, read_json_text
from api.changes import require_done
from api.delivery_shapes import DeliveryState
from api.lists import Listed, NewestFirst, Row, Text, TimeWindow, answer_list, json_response
from api.once import Told, answer_once, told_json
from api.problems import invalid, not_found
from api.surroundings import Here, Surroundings
from delivery.settlement import REDELIVERED_MAX
from history.deliveries import DeliveryFilter, deliveries_in, delivery_in
from tags.times import parse_time

NAME_CHARS_MAX = 64
DELIVERY_COLUMNS = (
    "id",
    "seq",
    "channel",
    "alert",
    "ordinal",
    "type",
    "state",
    "attempts",
    "created",
    "due",
    "delivered",
    "ended",
    "last_error",
    "tries",
)


class RedeliverBody(BaseModel):
    """Which dead letters: of one channel, and those written since then; all, where not said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: str | None = Field(default=None, max_length=NAME_CHARS_MAX)
    since: str | None = Field(
        default=None, max_length=64, json_schema_extra={"format": "date-time"}
    )


_BODY = TypeAdapter(RedeliverBody)


async def wanted_deliveries(
    times: TimeWindow,
    channel: Text = None,
    state: Annotated[
        DeliveryState | None, Query(description="`dead`: given up, see redeliver.")
    ] = None,
    alert: Text = None,
) -> DeliveryFilter:
    """Read what the list is narrowed to."""
    return DeliveryFilter(
        channel=channel,
        state=state,
        alert=alert,
        since_ns=times.since_ns,
        until_ns=times.until_ns,
    )


async def list_deliveries(
    here: Here,
    wanted: Annotated[DeliveryFilter, Depends(wanted_deliveries)],
    page: NewestFirst,
) -> Response:
    """Messages in the order in which they were written; `since` and `until` mean `created`."""
    questions = here.questions
    listed = Listed(
        lambda request: questions.answer(lambda reader: deliveries_in(reader, wanted, request)),
        DELIVERY_COLUMNS,
    )
    return await answer_list(here, page, listed)


async def show_delivery(delivery: str, here: Here) -> Response:
    """One message with its body and what became of each try."""
    return json_response(await _delivery(delivery, here))


async def redeliver(delivery: str, here: Here) -> Response:
    """Send a dead letter again, or what waits at once; 409 for what was delivered."""

    async def act() -> Told:
        require_done(await here.desk.dispatch.redeliver(delivery, here.caller.name))
        return told_json(200, await _delivery(delivery, here))

    return await answer_once(here, b"", act)


async def redeliver_dead(here: Here) -> Response:
    """Send dead letters again, the oldest thousand that fit."""
    text = await read_json_text(here.request)
    body = parse_as(_BODY, parse_json(text) if text else {})
    since_ns = None if body.since is None else _time_ns(body.since)

    async def act() -> Told:
        dispatch = here.desk.dispatch
        found = await dispatch.redeliver_dead(body.channel, since_ns, here.caller.name)
        if found is None:
            raise invalid("channel", f"the site file has no channel {body.channel!r}")
        more = len(found) == REDELIVERED_MAX
        return told_json(200, {"redelivered": len(found), "more": more})

    return await answer_once(here, text, act)


async def _delivery(delivery: str, here: Surroundings) -> Row:
    questions = here.questions
    found = await here.ask(lambda: questions.answer(lambda reader: delivery_in(reader, delivery)))
    if found is None:
        raise not_found("delivery", delivery)
    return found


def _time_ns(text: str) -> int:
    try:
        return parse_time(text)
    except ValueError as error:
        raise invalid("since", str(error)) from error
