"""What sensors measured: last, and over time."""

import re
from functools import partial
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.lists import (
    TEXT_CHARS_MAX,
    Cursor,
    Limit,
    Listed,
    OldestFirst,
    Row,
    Text,
    TimeWindow,
    Window,
    answer_list,
    kept_rows,
)
from api.problems import invalid, not_found
from api.surroundings import Here
from history.paging import LIMIT_MAX, PageRequest
from history.series import Several, points_of, series_page, settled
from history.store import Span
from tags.times import SECOND_NS, format_time

SENSOR_COLUMNS = ("sensor", "quantity", "value", "unit", "time")
SERIES_COLUMNS = ("sensor", "quantity", "time", "count", "mean", "min", "max", "value", "unit")
SPAN_NS = 24 * 3600 * SECOND_NS
QUANTITIES_MAX = 32
STEP_S_MAX = 366 * 86_400

_STEP = re.compile(r"(?:PT?)?(\d{1,9})([SMHD]?)", re.IGNORECASE)
_UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


async def list_sensors(here: Here, page: OldestFirst) -> Response:
    """The newest value of each sensor and quantity, by name, in the unit that its source states."""
    return await answer_list(here, page, kept_rows("sensors", here.desk.sensors(), SENSOR_COLUMNS))


async def list_sensor(sensor: str, here: Here, page: OldestFirst) -> Response:
    """The newest value of each quantity of one sensor."""
    values = [each for each in here.desk.sensors() if each["sensor"] == sensor]
    if not values:
        raise not_found("sensor", sensor)
    return await answer_list(here, page, kept_rows("sensor", values, SENSOR_COLUMNS))


async def list_series(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
    sensor: str,
    here: Here,
    times: TimeWindow,
    quantity: Annotated[
        list[Annotated[str, Query(max_length=TEXT_CHARS_MAX)]] | None,
        Query(max_length=QUANTITIES_MAX, description="Any of these; all that it measures now."),
    ] = None,
    step: Annotated[
        Text, Query(description="Seconds, or such as `5m`, `1h`, `PT15M`; `raw`: each value.")
    ] = None,
    limit: Limit = LIMIT_MAX,
    cursor: Cursor = None,
) -> Response:
    """What a sensor measured, the newest first, each value or folded by steps.

    Without `since` it is the last 24 hours; without `step` each value, or where these are more
    than a thousand, steps that make no more. `step_s` says which; 0 is each value.
    """
    if not here.scope.sees_sensor(sensor):
        raise not_found("sensor", sensor)
    request = PageRequest(limit=limit, cursor=cursor, sort="-time")
    current = [each["quantity"] for each in here.desk.sensors() if each["sensor"] == sensor]
    quantities = tuple(dict.fromkeys(quantity or current))
    wanted = Several(
        sensor=sensor,
        quantities=quantities,
        span=_span(times, here.desk.clock()),
        step_ns=_step_ns(step),
    )
    ask = partial(points_of, here.desk.listeners().sightings)
    wanted = await here.ask(lambda: settled(ask, wanted, request))
    if not current and not (await here.ask(lambda: series_page(ask, wanted, request))).items:
        raise not_found("sensor", sensor)
    listed = Listed(
        lambda asked: series_page(ask, wanted, asked), SERIES_COLUMNS, about=_about(wanted)
    )
    return await answer_list(here, request, listed)


def _about(wanted: Several) -> Row:
    return {
        "sensor": wanted.sensor,
        "since": format_time(wanted.span.since_ns),
        "until": format_time(wanted.span.until_ns),
        "step_s": (wanted.step_ns or 0) // SECOND_NS,
    }


def _span(times: Window, now_ns: int) -> Span:
    """What is asked for, or the last day. 422 for an empty span."""
    until_ns = now_ns if times.until_ns is None else times.until_ns
    since_ns = until_ns - SPAN_NS if times.since_ns is None else times.since_ns
    if since_ns >= until_ns:
        raise invalid("since", f"must be before until, which is {format_time(until_ns)}")
    return Span(since_ns, until_ns)


def _step_ns(text: str | None) -> int | None:
    """The step that is asked for (ns); 0 is each value, None is left to us."""
    if text is None:
        return None
    if text == "raw":
        return 0
    match = _STEP.fullmatch(text)
    step_s = 0 if match is None else int(match[1]) * _UNITS_S[match[2].lower()]
    if not 1 <= step_s <= STEP_S_MAX:
        raise invalid("step", "must be raw, seconds from 1 on, or such as 60s, 5m, 1h, 1d, PT15M")
    return step_s * SECOND_NS
