"""Check-outs: what may leave with whom; checked in, revoked, listed, and who has an asset."""

from http import HTTPStatus
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from api.bodies import parse_as, parse_json, read_json_text
from api.changes import commit, require_done
from api.lists import Listed, NewestFirst, Row, Text, TimeWindow, answer_list, json_response
from api.once import Told, answer_once, told_json
from api.problems import invalid, not_found
from api.spans import Moment, Reason
from api.surroundings import Here, Surroundings
from api.words import Line, Words
from history.custody_questions import (
    CheckoutFilter,
    StateSought,
    checkout_in,
    checkouts_in,
    custody_in,
)
from inventory.changes import CheckIn, CheckOut, CustodyChange, Outcome, RevokeCheckOut
from inventory.csv_assets import CELL_CHARS_MAX
from inventory.custody import GRACE_S_MAX, NAMED_MAX
from tags.times import SECOND_NS, parse_time

NOTE_CHARS_MAX = 2000
PERSON_CHARS_MAX = 200
AHEAD_S_MAX = 3660 * 86_400
"""Nothing is checked out from or until a time that is further than ten years away."""

CHECKOUT_COLUMNS = (
    "id",
    "seq",
    "state",
    "person",
    "asset",
    "category",
    "group",
    "from",
    "until",
    "return_by",
    "grace_s",
    "due",
    "zones",
    "gates",
    "note",
    "opened",
    "closed",
    "out",
)

Names = Annotated[
    tuple[Annotated[Line, Field(min_length=1, max_length=CELL_CHARS_MAX)], ...],
    Field(max_length=NAMED_MAX),
]
Name = Annotated[Line, Field(min_length=1, max_length=CELL_CHARS_MAX)]
Seconds = Annotated[float, Field(gt=0, le=AHEAD_S_MAX)]


class CheckOutBody(BaseModel):
    """What leaves with whom: one of asset, category and group; `until` or `for_s`.

    It holds from now on unless `from` says otherwise. Zones and gates are all where not named.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    person: Line = Field(max_length=PERSON_CHARS_MAX)
    asset: Name | None = None
    category: Name | None = None
    group: Name | None = None
    from_: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None
    for_s: Seconds | None = None
    return_by: Moment | None = None
    grace_s: float = Field(default=0.0, ge=0, le=GRACE_S_MAX)
    zones: Names = ()
    gates: Names = ()
    note: Words = Field(default="", max_length=NOTE_CHARS_MAX)


class CheckInBody(BaseModel):
    """What there is to say about its return."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: Words = Field(default="", max_length=NOTE_CHARS_MAX)


class RevokeBody(BaseModel):
    """Why it does not hold any more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Reason


_CHECK_OUT = TypeAdapter(CheckOutBody)
_CHECK_IN = TypeAdapter(CheckInBody)
_REVOKE = TypeAdapter(RevokeBody)


async def wanted_checkouts(
    times: TimeWindow,
    person: Text = None,
    asset: Annotated[Text, Query(description="Named by it, or out under it.")] = None,
    state: Annotated[
        list[StateSought] | None,
        Query(description="Any of these; `active`: all that are not closed."),
    ] = None,
) -> CheckoutFilter:
    """Read what the list is narrowed to."""
    return CheckoutFilter(
        person=person,
        asset=asset,
        states=() if state is None else tuple(state),
        since_ns=times.since_ns,
        until_ns=times.until_ns,
    )


async def list_checkouts(
    here: Here,
    wanted: Annotated[CheckoutFilter, Depends(wanted_checkouts)],
    page: NewestFirst,
) -> Response:
    """Check-outs in the order in which they were opened; `since` and `until` mean `opened`."""
    questions, sight = here.questions, here.scope
    listed = Listed(
        lambda request: questions.answer(
            lambda reader: checkouts_in(reader, wanted, request, sight)
        ),
        CHECKOUT_COLUMNS,
    )
    return await answer_list(here, page, listed)


async def show_checkout(checkout: str, here: Here) -> Response:
    """One check-out, with the stays outside under it, the newest first."""
    return json_response(await _checkout(checkout, here))


async def show_custody(asset: str, here: Here) -> Response:
    """Who has an asset and who had it; which check-outs there are for it; also of a removed one."""
    questions, sight = here.questions, here.scope
    found = await here.ask(
        lambda: questions.answer(lambda reader: custody_in(reader, asset, sight))
    )
    if found is None:
        raise not_found("asset", asset)
    return json_response(found)


async def open_checkout(here: Here) -> Response:
    """Let an asset, a category or a group leave with a person; 201 and the check-out."""
    text = await read_json_text(here.request)
    body = parse_as(_CHECK_OUT, parse_json(text))

    async def act() -> Told:
        change = _change(here, body)
        await commit(here.desk, change)
        return told_json(201, await _checkout(change.id, here))

    return await answer_once(here, text, act)


async def check_in(checkout: str, here: Here) -> Response:
    """What was checked out is back; 409 for a check-out that is closed."""
    text = await read_json_text(here.request)
    body = parse_as(_CHECK_IN, parse_json(text) if text else {})

    async def act() -> Told:
        now_ns, by = here.desk.clock(), here.caller.name
        change = CheckIn(arrival_ns=now_ns, by=by, id=checkout, note=body.note)
        return await _end(here, change)

    return await answer_once(here, text, act)


async def revoke_checkout(checkout: str, here: Here) -> Response:
    """A check-out does not hold any more: what is out raises an alert at once."""
    text = await read_json_text(here.request)
    body = parse_as(_REVOKE, parse_json(text))

    async def act() -> Told:
        now_ns, by = here.desk.clock(), here.caller.name
        change = RevokeCheckOut(arrival_ns=now_ns, by=by, id=checkout, reason=body.reason)
        return await _end(here, change)

    return await answer_once(here, text, act)


async def _end(here: Surroundings, change: CheckIn | RevokeCheckOut) -> Told:
    outcome = await here.desk.submit(change)
    if outcome.refused == "unknown":
        # The book forgets what is closed for long; the history does not.
        before = await _checkout(change.id, here)
        outcome = Outcome("conflict", f"check-out {change.id!r} is {before['state']} already")
    require_done(outcome)
    return told_json(HTTPStatus.OK, await _checkout(change.id, here))


def _change(here: Surroundings, body: CheckOutBody) -> CustodyChange:
    now_ns = here.desk.clock()
    from_ns = now_ns if body.from_ is None else _near_ns("from", body.from_, now_ns)
    return_by = body.return_by
    return CheckOut(
        arrival_ns=now_ns,
        by=here.caller.name,
        id=uuid4().hex,
        person=body.person,
        from_ns=from_ns,
        until_ns=_until_ns(body, from_ns, now_ns),
        asset=body.asset or "",
        category=body.category or "",
        group=body.group or "",
        zones=body.zones,
        gates=body.gates,
        grace_s=body.grace_s,
        return_by_ns=None if return_by is None else _near_ns("return_by", return_by, now_ns),
        note=body.note,
    )


def _until_ns(body: CheckOutBody, from_ns: int, now_ns: int) -> int:
    if (body.until is None) == (body.for_s is None):
        raise invalid("until", "give either until or for_s")
    field = "until" if body.for_s is None else "for_s"
    until_ns = from_ns + max(1, round((body.for_s or 0.0) * SECOND_NS))
    if body.for_s is None:
        until_ns = _near_ns(field, body.until or "", now_ns)
    if until_ns <= now_ns:
        raise invalid(field, "ends in the past")
    return until_ns


def _near_ns(field: str, text: str, now_ns: int) -> int:
    """A time that is not further from now than ten years (ns); 422 for anything else."""
    try:
        time_ns = parse_time(text)
    except ValueError as error:
        raise invalid(field, str(error)) from error
    if abs(time_ns - now_ns) > AHEAD_S_MAX * SECOND_NS:
        raise invalid(field, "must be at most ten years from now")
    return time_ns


async def _checkout(checkout: str, here: Surroundings) -> Row:
    questions, sight = here.questions, here.scope
    found = await here.ask(
        lambda: questions.answer(lambda reader: checkout_in(reader, checkout, sight))
    )
    if found is None:
        raise not_found("check-out", checkout)
    return found
