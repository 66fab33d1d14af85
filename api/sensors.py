"""What sensors measured last."""

from starlette.responses import Response

from api.lists import OldestFirst, list_response, page_of
from api.surroundings import Here

SENSOR_COLUMNS = ("sensor", "quantity", "value", "unit", "time")


async def list_sensors(here: Here, page: OldestFirst) -> Response:
    """The newest value of each sensor and quantity, by name, in the unit that its source states."""
    found = page_of("sensors", here.desk.sensors(), page)
    return list_response(here.request, found, SENSOR_COLUMNS)
