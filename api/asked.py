"""What a request asks for, read once for each spelling of its query.

Whoever polls sends the same query again and again, and to read it, parameter by parameter,
takes longer than most answers.
"""

import inspect
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from starlette.responses import Response

from api.surroundings import Surroundings, surroundings_of

KEPT_MAX = 256
QUERY_BYTES_MAX = 512
"""Longer queries, such as those with a cursor, seldom come twice."""

Answer = Callable[..., Awaitable[Response]]
_HERE = "here"


class Asked:
    """Answers a route by what FastAPI has read from the same query before.

    What a route is called with has to depend on its path and its query alone, but for `here`,
    which is made for each request.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._read: OrderedDict[bytes, dict[str, Any]] = OrderedDict()

        @wraps(answer)
        async def remembering(**values: Any) -> Response:  # noqa: ANN401 -- whatever the route takes
            here: Surroundings = values[_HERE]
            self._keep(here.request, values)
            return await answer(**values)

        self.remembering = remembering
        """For FastAPI to call; it looks like the answer itself."""

    def again(self, request: Request) -> Awaitable[Response] | None:
        """The answer, if this query was read before; else None."""
        read = self._read.get(request.scope["query_string"])
        if read is None:
            return None
        return self._answer(**read, **request.path_params, here=surroundings_of(request))

    def _keep(self, request: Request, values: dict[str, Any]) -> None:
        query: bytes = request.scope["query_string"]
        if len(query) > QUERY_BYTES_MAX:
            return
        others = {_HERE, *request.path_params}
        self._read[query] = {name: each for name, each in values.items() if name not in others}
        while len(self._read) > KEPT_MAX:
            _ = self._read.popitem(last=False)


def reads_path_and_query_alone(dependant: Dependant) -> bool:
    """Whether a route is called with nothing that a header, a cookie or a body says.

    And with nothing in its path but plain text.
    """
    if dependant.header_params or dependant.cookie_params or dependant.body_params:
        return False
    if any(field.field_info.annotation is not str for field in dependant.path_params):
        return False
    return all(map(reads_path_and_query_alone, dependant.dependencies))


def asked_again(verb: str, answer: Callable[..., Any]) -> Asked | None:
    """Make it for a route that looks at something; None for the others."""
    looks = verb == "GET" and _HERE in inspect.signature(answer).parameters
    return Asked(answer) if looks else None
