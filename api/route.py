"""What a route is: who answers, who may ask, and how it stands in the OpenAPI schema."""

import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from fastapi import APIRouter
from pydantic import BaseModel

from api.access import RIGHTS, Right
from api.asked import asked_again
from api.guarded import guarded
from api.shapes import Items, Problem

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

API = "/api/v1"
JSON = "application/json"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
MERGE_PATCH = "application/merge-patch+json"
PROBLEM_JSON = "application/problem+json"
TEXT = {"schema": {"type": "string"}}
_CONVERTOR = re.compile(r":\w+}")
_PROBLEM = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}


class Route(NamedTuple):
    """A method and a path, who answers, the right it needs, and how body and answer look.

    `shape` is that of the JSON answer, `media` are the other types that it may have;
    `takes` gives the schema of the body by media type. What is `versioned` is shown with an
    `ETag`, and changed with `If-Match`. `refusals` are statuses beside the usual ones.
    What is `scoped` shows callers who may see a part of the site that part alone; all other
    routes refuse them, but for what is about themselves (`self`).
    The docstring of `answer` describes the route, its name is the operation's unless
    `operation` says another; api/examples.py shows it.
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
    versioned: bool = False
    refusals: tuple[int, ...] = ()
    operation: str = ""
    scoped: bool = False


def rows(  # noqa: PLR0913 -- the fields of a route that lists differ in
    path: str,
    answer: Callable[..., Any],
    item: Any,  # noqa: ANN401 -- a shape, or a union of some
    right: Right = "look",
    media: tuple[str, ...] = (),
    *,
    scoped: bool = False,
) -> Route:
    """A list of such items: pages of JSON, CSV, or all of it line by line."""
    return Route("GET", path, answer, right, Items[item], (CSV, NDJSON, *media), scoped=scoped)


def takes(body: type[BaseModel]) -> dict[str, Any]:
    """The body of a route that takes JSON of this shape."""
    return {JSON: {"schema": body.model_json_schema()}}


def schema_path(path: str) -> str:
    """The path as the schema names it: parameters without their kind."""
    return _CONVERTOR.sub("}", path)


def add_route(router: APIRouter, route: Route) -> None:
    """Let `router` answer the route to those who have the right and ask what it understands."""
    asked = asked_again(route.verb, route.answer)
    router.add_api_route(
        route.path,
        route.answer if asked is None else asked.remembering,
        methods=[route.verb],
        status_code=route.statuses[0],
        response_model=None,
        responses=_responses(route),
        openapi_extra=_extra(route),
        route_class_override=guarded(
            route.right,
            scoped=route.scoped or route.right == "self",
            asked=asked,
            stream="text/event-stream" in route.media,
        ),
    )


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    content = dict.fromkeys(route.media, TEXT)
    found: dict[int | str, dict[str, Any]] = {
        "default": {
            "description": "A problem says what is wrong.",
            "content": {PROBLEM_JSON: _PROBLEM},
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
        extra["parameters"] = [_IDEMPOTENCY_KEY, *(_CONDITIONS if route.versioned else ())]
    if route.verb == "GET" and route.versioned:
        extra["parameters"] = [_header("If-None-Match", "Show it only if it has another `ETag`.")]
    return extra


def _header(name: str, about: str, pattern: str = "^[ -~]{0,1000}$") -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "schema": {"type": "string", "pattern": pattern},
        "description": about,
    }


_IDEMPOTENCY_KEY = _header(
    "Idempotency-Key", "The same request under the same key is done once.", "^[!-~]{1,255}$"
)
_CONDITIONS = (
    _header("If-Match", "Change it only while it has this `ETag`; else 412."),
    _header("If-None-Match", "`*`: only if there is none of it yet; else 412."),
)


def roles_of(right: Right) -> list[str]:
    """The roles that have the right; `open` needs none."""
    if right == "open":
        return ["open"]
    return [role for role, rights in RIGHTS.items() if right in rights]
