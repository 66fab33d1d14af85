"""Each request under an id, and in the access log where that is wanted."""

import logging
import re
from collections.abc import Callable
from secrets import token_hex
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from history.callers import Caller

HEADER = b"x-request-id"
_SAFE = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_STARTS = {"http.response.start", "websocket.http.response.start"}
_UNANSWERED = 499
"""Of a request whose client was gone before the answer began."""

log = logging.getLogger("tagwarden.access")


class RequestLog:
    """ASGI middleware outside of all others.

    Each answer carries `X-Request-ID`: that of the request if it is a plain word, else a
    new one. All that is logged meanwhile carries it as `request`. The access log tells
    method, path without its query, status, how long it took and who asked. `note` is told
    the status of each HTTP answer when it begins, and after how many seconds it did.
    """

    def __init__(self, app: ASGIApp, note: Callable[[int, float], None]) -> None:
        self._app = app
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = _id_of(scope)
        bind_contextvars(request=request_id.decode())
        began_s, status = perf_counter(), _UNANSWERED

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] in _STARTS:
                status = message["status"]
                if scope["type"] == "http":
                    self._note(status, perf_counter() - began_s)
                message["headers"] = [*message.get("headers", ()), (HEADER, request_id)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            if log.isEnabledFor(logging.INFO):
                _tell(scope, status, perf_counter() - began_s)


def _id_of(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == HEADER and _SAFE.fullmatch(value):
            stated: bytes = value
            return stated
    return token_hex(8).encode()


def _tell(scope: Scope, status: int, took_s: float) -> None:
    state: dict[str, Any] = scope.get("state") or {}
    caller, client = state.get("caller"), scope.get("client")
    known = {"caller": caller.name} if isinstance(caller, Caller) else {}
    known |= {"client": client[0]} if client else {}
    log.info(
        "%s %s",
        scope.get("method", "WEBSOCKET"),
        scope["path"],
        extra={
            "status": status,
            "ms": round(took_s * 1000, 1),
            **known,
        },
    )
