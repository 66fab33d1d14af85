"""Maintenance of readers, antennas and portals: begun, ended, listed."""

from typing import Annotated

from fastapi import Query
from pydantic import Field, TypeAdapter
from starlette.responses import Response

from alerts.changes import EndMaintenance, StartMaintenance
from api.bodies import parse_as, parse_json, read_json_text
from api.changes import commit
from api.lists import OldestFirst, Row, answer_list, kept_rows
from api.once import Told, answer_once, told_json
from api.problems import not_found
from api.readers import reader_row
from api.spans import SpanBody, end_of
from api.surroundings import Here, Surroundings
from readers.maintenance import Target
from readers.settings import ANTENNA_MAX

FOR_S_MAX = 7 * 86_400.0
MAINTENANCE_COLUMNS = ("kind", "target", "since", "until", "reason", "by")

Antenna = Annotated[int, Field(ge=1, le=ANTENNA_MAX)]


class ReaderMaintenanceBody(SpanBody):
    """Until when or for how long, and why; of one antenna, or of all of the reader."""

    antenna: Antenna | None = None


_BODY = TypeAdapter(SpanBody)
_READER_BODY = TypeAdapter(ReaderMaintenanceBody)


async def list_maintenance(here: Here, page: OldestFirst) -> Response:
    """What is in maintenance now, in the order in which it began."""
    return await answer_list(
        here, page, kept_rows("maintenance", here.desk.maintenance(), MAINTENANCE_COLUMNS)
    )


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


async def _start(here: Surroundings, target: Target, body: SpanBody) -> None:
    now_ns = here.desk.clock()
    change = StartMaintenance(
        arrival_ns=now_ns,
        by=here.caller.name,
        target=target,
        until_ns=end_of(body, now_ns, FOR_S_MAX),
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


def _portal_row(here: Surroundings, name: str) -> Row:
    for row in here.desk.maintenance():
        if (row["kind"], row["target"]) == ("portal", name):
            return row
    raise not_found("maintenance of portal", name)
