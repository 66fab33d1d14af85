"""Maintenance of readers, antennas and portals: begun, ended, listed."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from alerts.changes import EndMaintenance, StartMaintenance
from api.bodies import parse_as, parse_json, read_json_text
from api.changes import commit
from api.lists import OldestFirst, Row, list_response, page_of
from api.once import Told, answer_once, told_json
from api.problems import invalid, not_found
from api.readers import reader_row
from api.surroundings import Here, Surroundings
from api.words import Line
from readers.maintenance import Target
from readers.settings import ANTENNA_MAX
from tags.times import SECOND_NS, parse_time

FOR_S_MAX = 7 * 86_400
REASON_CHARS_MAX = 500
MAINTENANCE_COLUMNS = ("kind", "target", "since", "until", "reason", "by")

Antenna = Annotated[int, Field(ge=1, le=ANTENNA_MAX)]
Moment = Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})]


class MaintenanceBody(BaseModel):
    """Until when (RFC 3339) or for how long, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    until: Moment | None = None
    for_s: Annotated[float, Field(gt=0, le=FOR_S_MAX)] | None = None
    reason: Line = Field(min_length=1, max_length=REASON_CHARS_MAX)


class ReaderMaintenanceBody(MaintenanceBody):
    """The same for one antenna, or for all of the reader."""

    antenna: Antenna | None = None


_BODY = TypeAdapter(MaintenanceBody)
_READER_BODY = TypeAdapter(ReaderMaintenanceBody)


async def list_maintenance(here: Here, page: OldestFirst) -> Response:
    """What is in maintenance now, in the order in which it began."""
    found = page_of("maintenance", here.desk.maintenance(), page)
    return list_response(here.request, found, MAINTENANCE_COLUMNS)


async def maintain_reader(name: str, here: Here) -> Response:
    """Put a reader, a device or one antenna into maintenance; again: until when and why, anew."""
    text = await read_json_text(here.request)
    body = parse_as(_READER_BODY, parse_json(text))
    target = _target_at(name, body.antenna)

    async def act() -> Told:
        await _start(here, target, body)
        return told_json(200, reader_row(here.desk, name))

    return await answer_once(here, text, act)


async def maintain_portal(name: str, here: Here) -> Response:
    """Put all read points of a portal into maintenance."""
    text = await read_json_text(here.request)
    body = parse_as(_BODY, parse_json(text))

    async def act() -> Told:
        await _start(here, Target("portal", name), body)
        return told_json(200, _portal_row(here, name))

    return await answer_once(here, text, act)


async def release_reader(
    name: str,
    here: Here,
    antenna: Annotated[int | None, Query(ge=1, le=ANTENNA_MAX)] = None,
) -> Response:
    """End the maintenance of a reader, a device or one antenna before its time."""
    return await _end(here, _target_at(name, antenna))


async def release_portal(name: str, here: Here) -> Response:
    """End the maintenance of a portal before its time."""
    return await _end(here, Target("portal", name))


def _target_at(name: str, antenna: int | None) -> Target:
    return Target("reader", name) if antenna is None else Target("antenna", name, antenna)


async def _start(here: Surroundings, target: Target, body: MaintenanceBody) -> None:
    now_ns = here.desk.clock()
    change = StartMaintenance(
        arrival_ns=now_ns,
        by=here.caller.name,
        target=target,
        until_ns=_until_ns(body, now_ns),
        reason=body.reason,
    )
    await commit(here.desk, change)


async def _end(here: Surroundings, target: Target) -> Response:
    async def act() -> Told:
        now_ns = here.desk.clock()
        change = EndMaintenance(arrival_ns=now_ns, by=here.caller.name, target=target)
        await commit(here.desk, change)
        return Told(204)

    return await answer_once(here, b"", act)


def _until_ns(body: MaintenanceBody, now_ns: int) -> int:
    if (body.until is None) == (body.for_s is None):
        raise invalid("until", "give either until or for_s")
    if body.for_s is not None:
        return now_ns + round(body.for_s * SECOND_NS)
    try:
        return parse_time(body.until or "")
    except ValueError as error:
        raise invalid("until", str(error)) from error


def _portal_row(here: Surroundings, name: str) -> Row:
    for row in here.desk.maintenance():
        if (row["kind"], row["target"]) == ("portal", name):
            return row
    raise not_found("maintenance of portal", name)
