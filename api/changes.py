"""Changes: handed to the desk, and its refusals in terms of HTTP."""

from api.desk import Change, Desk
from api.problems import FieldError, ProblemError
from inventory.changes import Outcome, RefusalKind

_STATUS: dict[RefusalKind, int] = {"unknown": 404, "conflict": 409, "invalid": 422, "changed": 412}


async def commit(desk: Desk, change: Change) -> None:
    """Return once the change is committed. 404, 409 or 422 when it is refused."""
    require_done(await desk.submit(change))


async def rehearse(desk: Desk, change: Change) -> None:
    """Refuse as `commit` would, but change nothing."""
    require_done(await desk.check(change))


def require_done(outcome: Outcome) -> None:
    """Refuse in terms of HTTP what was refused."""
    if outcome.refused is None:
        return
    errors: list[FieldError] = []
    if outcome.field is not None:
        errors.append(FieldError(outcome.field, outcome.detail, outcome.row))
    raise ProblemError(_STATUS[outcome.refused], outcome.detail, errors)
