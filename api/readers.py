"""Readers, how they are, and their outputs."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from api.bodies import parse_as, parse_json, read_json_text
from api.changes import require_done
from api.desk import Desk
from api.lists import OldestFirst, Row, answer_list, json_response, kept_rows
from api.once import Told, answer_once, told_json
from api.problems import invalid, not_found
from api.site_parts import entry_headers
from api.surroundings import Here

PORT_MAX = 65_535
ON_S_MAX = 3_600.0

READER_COLUMNS = (
    "name",
    "state",
    "since",
    "reason",
    "remedy",
    "last_message",
    "last_read",
    "clock_offset_ms",
    "antennas",
    "maintenance",
    "listed",
    "reads_per_second",
)


class OutputBody(BaseModel):
    """On for so long, or off. The reader's entry in the site file may allow less."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    on: bool
    for_s: Annotated[float, Field(gt=0, le=ON_S_MAX)] | None = None


_OUTPUT = TypeAdapter(OutputBody)


async def list_readers(here: Here, page: OldestFirst) -> Response:
    """Readers of the site file in its order, each with its health."""
    return await answer_list(here, page, kept_rows("readers", here.desk.readers(), READER_COLUMNS))


async def show_reader(name: str, here: Here) -> Response:
    """One reader with its health. The `ETag` is that of its settings in the site file."""
    row = reader_row(here.desk, name)
    return json_response(row, headers=await entry_headers(here, "readers", name))


async def switch_output(
    name: str,
    port: Annotated[int, Path(ge=1, le=PORT_MAX)],
    here: Here,
) -> Response:
    """Switch an output of a reader; what is switched on goes off by itself."""
    text = await read_json_text(here.request)
    body = parse_as(_OUTPUT, parse_json(text))
    if body.on != (body.for_s is not None):
        raise invalid("for_s", "goes with on: true, and only with it")

    async def act() -> Told:
        require_done(await here.desk.switch_output(name, port, body.for_s, here.caller.name))
        return Told(204)

    return await answer_once(here, text, act)


async def restart_reader(name: str, here: Here) -> Response:
    """Let go of a reader and connect it afresh, as after a change of its settings.

    What it was about to send meanwhile is lost, unless it keeps it and sends it again.
    """

    async def act() -> Told:
        require_done(await here.desk.restart_reader(name, here.caller.name))
        return told_json(200, reader_row(here.desk, name))

    return await answer_once(here, b"", act)


def reader_row(desk: Desk, name: str) -> Row:
    """One reader as it is shown; 404 for one that there is not."""
    for reader in desk.readers():
        if reader["name"] == name:
            return reader
    raise not_found("reader", name)
