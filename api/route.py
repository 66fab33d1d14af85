"""What a route is: who answers, who may ask, and how it stands in the OpenAPI schema."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from fastapi import Depends, FastAPI
from pydantic import BaseModel

from api.access import RIGHTS, Right, guard
from api.parameters import refuse_unknown
from api.shapes import Items, Problem

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

API = "/api/v1"
JSON = "application/json"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
TEXT = {"schema": {"type": "string"}}
_PROBLEM = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}


class Route(NamedTuple):
    """A method and a path, who answers, the right it needs, and how body and answer look.

    `shape` is that of the JSON answer, `media` are the other types that it may have;
    `takes` gives the schema of the body by media type.
    """

    verb: Verb
    path: str
    answer: Callable[..., Any]
    right: Right
    shape: Any = None
    media: tuple[str, ...] = ()
    takes: dict[str, Any] | None = None
    body_required: bool = True
    statuses: tuple[int, ...] = (200,)


def rows(
    path: str,
    answer: Callable[..., Any],
    item: Any,  # noqa: ANN401 -- a shape, or a union of some
    right: Right = "look",
    media: tuple[str, ...] = (),
) -> Route:
    """A list of such items: pages of JSON, CSV, or all of it line by line."""
    return Route("GET", path, answer, right, Items[item], (CSV, NDJSON, *media))


def takes(body: type[BaseModel]) -> dict[str, Any]:
    """The body of a route that takes JSON of this shape."""
    return {JSON: {"schema": body.model_json_schema()}}


def add_route(app: FastAPI, route: Route) -> None:
    """Let `app` answer the route to those who have the right and ask what it understands."""
    entrance = []
    if route.right != "open":
        # Probes may add what they like to an open address, to get past a cache for example.
        entrance = [Depends(guard(route.right))]
        # What readers put into the query is theirs, as the body is.
        if route.right != "ingest":
            entrance.append(Depends(refuse_unknown))
    app.add_api_route(
        route.path,
        route.answer,
        methods=[route.verb],
        dependencies=entrance,
        status_code=route.statuses[0],
        response_model=None,
        responses=_responses(route),
        openapi_extra=_extra(route),
    )


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    content = dict.fromkeys(route.media, TEXT)
    found: dict[int | str, dict[str, Any]] = {
        "default": {
            "description": "A problem says what is wrong.",
            "content": {"application/problem+json": _PROBLEM},
        },
    }
    for code in route.statuses:
        found[code] = {"description": "Done.", "content": content}
        if route.shape is not None:
            found[code]["model"] = route.shape
    return found


def _extra(route: Route) -> dict[str, Any]:
    extra: dict[str, Any] = {"x-roles": roles_of(route.right)}
    if route.takes is not None:
        extra["requestBody"] = {"required": route.body_required, "content": route.takes}
    if route.verb != "GET" and route.right != "ingest":
        extra["parameters"] = [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
                "description": "The same request under the same key is done once.",
            },
        ]
    return extra


def roles_of(right: Right) -> list[str]:
    """The roles that have the right; `open` needs none."""
    if right == "open":
        return ["open"]
    return [role for role, rights in RIGHTS.items() if right in rights]
