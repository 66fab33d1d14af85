"""The audit log: who did what, when and why."""

from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from api.lists import Listed, NewestFirst, Text, TimeWindow, answer_list
from api.surroundings import Here
from history.filters import AuditFilter

AUDIT_COLUMNS = ("number", "seq", "time", "actor", "action", "target", "why", "detail", "hash")


async def wanted_lines(
    times: TimeWindow,
    actor: Text = None,
    action: Text = None,
    target: Text = None,
) -> AuditFilter:
    """Read what the list is narrowed to."""
    return AuditFilter(
        actor=actor,
        action=action,
        target=target,
        since_ns=times.since_ns,
        until_ns=times.until_ns,
    )


async def list_audit(
    here: Here,
    wanted: Annotated[AuditFilter, Depends(wanted_lines)],
    page: NewestFirst,
) -> Response:
    """The lines of the audit log in their order; `sort=seq` sorts by `number`."""
    listed = Listed(lambda request: here.questions.audit(wanted, request), AUDIT_COLUMNS)
    return await answer_list(here, page, listed)
