"""Routes with a guard in front: nothing of a request is read before it is known who asks."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from api.access import Right, admit
from api.asked import Asked, reads_path_and_query_alone
from api.parameters import declared, refuse_unknown
from api.sights import refuse_limited

Answering = Callable[[Request], Coroutine[Any, Any, Response]]


class HeadedRoute(APIRoute):
    """A route that answers HEAD where it answers GET, with the same head and no body.

    Not so where `endless`: what is pushed by a GET would be done, and a stream go on for ever.
    """

    endless = False

    def verbs(self) -> set[str]:
        """The methods that it answers."""
        own = self.methods or set()
        return own | {"HEAD"} if "GET" in own and not self.endless else own

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether this is the route of a request."""
        return super().matches(self._as_get(scope))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, a HEAD as the GET that it stands for."""
        asked = self._as_get(scope)
        await super().handle(asked, receive, send if asked is scope else _without_body(send))

    def _as_get(self, scope: Scope) -> Scope:
        """The scope as it is, but for a HEAD; the server still knows what was asked."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or "HEAD" not in self.verbs():
            return scope
        scope.setdefault("state", {})
        return {**scope, "method": "GET"}


def guarded(
    right: Right, *, scoped: bool, asked: Asked | None = None, stream: bool = False
) -> type[APIRoute]:
    """Make the class of routes that only callers with this right come through (401, 403, 429).

    Callers who may see a part of the site only come through where the route is `scoped`.
    A `stream` never ends by itself.

    They also refuse parameters that the route does not declare (422). No dependencies of
    FastAPI: solving them costs several times as much as the guard itself.
    """

    class GuardedRoute(HeadedRoute):
        endless = right == "ingest" or stream

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


def _without_body(send: Send) -> Send:
    """Let the head of an answer out, with the length that the body would have, and no body."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
