"""Alerts and what people do about them."""

from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from alerts.alert import AlertState, Severity
from alerts.changes import AcknowledgeAlert, ResetAlert
from api.bodies import parse_as, parse_json, read_json_text
from api.changes import commit
from api.lists import NewestFirst, Row, Text, TimeWindow, json_response, list_response
from api.once import Told, answer_once, told_json
from api.problems import not_found
from api.surroundings import Here, Surroundings
from api.words import Words
from history.filters import AlertFilter

NOTE_CHARS_MAX = 2000
ALERT_COLUMNS = (
    "id",
    "seq",
    "rule",
    "severity",
    "state",
    "condition",
    "asset",
    "tag",
    "from",
    "to",
    "time",
    "decided",
    "raised_at",
    "late",
    "occurrences",
    "acknowledged",
)


class NoteBody(BaseModel):
    """What the person has to say about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: Words = Field(default="", max_length=NOTE_CHARS_MAX)


_NOTE = TypeAdapter(NoteBody)


def wanted_alerts(
    times: TimeWindow,
    state: Annotated[
        list[Literal["active", AlertState]] | None,
        Query(description="Any of these; `active`: all that are not cleared."),
    ] = None,
    severity: Severity | None = None,
    rule: Text = None,
    asset: Text = None,
) -> AlertFilter:
    """Read what the list is narrowed to."""
    return AlertFilter(
        states=() if state is None else tuple(state),
        severity=severity,
        rule=rule,
        asset=asset,
        since_ns=times.since_ns,
        until_ns=times.until_ns,
    )


async def list_alerts(
    here: Here,
    wanted: Annotated[AlertFilter, Depends(wanted_alerts)],
    page: NewestFirst,
) -> Response:
    """Alerts in the order in which they were raised; `since` and `until` mean `time`."""
    found = await here.ask(lambda: here.questions.alerts(wanted, page))
    return list_response(here.request, found, ALERT_COLUMNS)


async def show_alert(alert: str, here: Here) -> Response:
    """One alert with its evidence."""
    return json_response(await _alert(alert, here))


async def acknowledge_alert(alert: str, here: Here) -> Response:
    """Take an alert on; a critical one needs a note. The first who did it stays."""
    return await _handle(AcknowledgeAlert, alert, here)


async def reset_alert(alert: str, here: Here) -> Response:
    """Close an alert that is acknowledged and over; 409 when it is not."""
    return await _handle(ResetAlert, alert, here)


async def _handle(
    verb: type[AcknowledgeAlert | ResetAlert],
    alert: str,
    here: Surroundings,
) -> Response:
    text = await read_json_text(here.request)
    note = parse_as(_NOTE, parse_json(text) if text else {}).note

    async def act() -> Told:
        change = verb(arrival_ns=here.desk.clock(), by=here.caller.name, alert=alert, note=note)
        await commit(here.desk, change)
        return told_json(200, await _alert(alert, here))

    return await answer_once(here, text, act)


async def _alert(alert: str, here: Surroundings) -> Row:
    found = await here.ask(lambda: here.questions.alert(alert))
    if found is None:
        raise not_found("alert", alert)
    return found
