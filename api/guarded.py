"""Routes with a guard in front: nothing of a request is read before it is known who asks."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from api.access import Right, admit
from api.asked import Asked, reads_path_and_query_alone
from api.parameters import declared, refuse_unknown
from api.sights import refuse_limited

Answering = Callable[[Request], Coroutine[Any, Any, Response]]


def guarded(right: Right, *, scoped: bool, asked: Asked | None = None) -> type[APIRoute]:
    """Make the class of routes that only callers with this right come through (401, 403, 429).

    Callers who may see a part of the site only come through where the route is `scoped`.

    They also refuse parameters that the route does not declare (422). No dependencies of
    FastAPI: solving them costs several times as much as the guard itself.
    """

    class GuardedRoute(APIRoute):
        def get_route_handler(self) -> Answering:
            answer = super().get_route_handler()
            if right == "open":
                # Probes may add what they like to an open address, to get past a cache.
                return answer
            # What readers put into the query is theirs, as the body is.
            known = None if right == "ingest" else frozenset(declared(self.dependant))
            before = asked if reads_path_and_query_alone(self.dependant) else None

            async def guarded_answer(request: Request) -> Response:
                caller = await admit(request, right)
                if not scoped:
                    await refuse_limited(request, caller)
                again = None if before is None else before.again(request)
                if again is not None:
                    return await again
                if known is not None:
                    refuse_unknown(request, known)
                return await answer(request)

            return guarded_answer

    return GuardedRoute
