"""Alerts, and the log of each: what became of it, by whom and why."""

from typing import Annotated, Literal

from fastapi import Depends, Query
from starlette.responses import Response

from alerts.alert import AlertState, Severity
from api.audit import AUDIT_COLUMNS
from api.lists import (
    Listed,
    NewestFirst,
    OldestFirst,
    Row,
    Text,
    TimeWindow,
    answer_list,
    json_response,
)
from api.problems import not_found
from api.surroundings import Here, Surroundings
from history.filters import AlertFilter, AuditFilter

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
    "assignee",
    "shelved_until",
    "suppressed_by",
    "test",
)


async def wanted_alerts(
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
    listed = Listed(lambda request: here.questions.alerts(wanted, request), ALERT_COLUMNS)
    return await answer_list(here, page, listed)


async def show_alert(alert: str, here: Here) -> Response:
    """One alert with its evidence."""
    return json_response(await alert_row(alert, here))


async def list_alert_log(alert: str, here: Here, page: OldestFirst) -> Response:
    """What became of an alert, by whom and why: its lines of the audit log."""
    _ = await alert_row(alert, here)
    listed = Listed(
        lambda request: here.questions.audit(AuditFilter(alert=alert), request), AUDIT_COLUMNS
    )
    return await answer_list(here, page, listed)


async def alert_row(alert: str, here: Surroundings) -> Row:
    """One alert as it is shown; 404 for one that there is not."""
    found = await here.ask(lambda: here.questions.alert(alert))
    if found is None:
        raise not_found("alert", alert)
    return found
