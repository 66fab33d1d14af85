"""Readers and how they are."""

from starlette.responses import Response

from api.lists import OldestFirst, json_response, list_response, page_of
from api.problems import not_found
from api.surroundings import Here

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
)


async def list_readers(here: Here, page: OldestFirst) -> Response:
    """Readers of the site file in its order, each with its health."""
    found = page_of("readers", here.desk.readers(), page)
    return list_response(here.request, found, READER_COLUMNS)


async def show_reader(name: str, here: Here) -> Response:
    """One reader with its health."""
    for reader in here.desk.readers():
        if reader["name"] == name:
            return json_response(reader)
    raise not_found("reader", name)
