"""Query parameters: a route answers only what it understands."""

from collections.abc import Collection

from fastapi import Request
from fastapi.dependencies.models import Dependant

from api.problems import FieldError, ProblemError, printable

_NAME_SHOWN_MAX = 60


def refuse_unknown(request: Request, known: Collection[str]) -> None:
    """Refuse parameters that are not known (422): ignored, they give wrong rows."""
    if not request.scope["query_string"]:
        return
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise _unknown(unknown, f"known: {', '.join(sorted(known))}" if known else "none is known")


def declared(dependant: Dependant) -> set[str]:
    """The names of the query parameters that a route and all that it depends on read."""
    names = {field.alias for field in dependant.query_params}
    return names.union(*(declared(inner) for inner in dependant.dependencies))


def _unknown(names: list[str], known: str) -> ProblemError:
    shown = ", ".join(repr(printable(name, _NAME_SHOWN_MAX)) for name in names[:3])
    errors = [FieldError(name, f"unknown parameter; {known}") for name in names]
    return ProblemError(422, f"Unknown query parameter {shown}; {known}.", errors)
