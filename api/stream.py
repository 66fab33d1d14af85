"""The live stream: server-sent events that resume where they ended, without gap or repeat."""

from contextlib import suppress
from functools import partial
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.access import still_admitted
from api.problems import ProblemError
from api.stream_filter import Wanted, wanted_events
from api.stream_hub import Listener, StreamLimits, Streams
from api.wire import NoWireError, Wire
from history.callers import Caller

__all__ = ["StreamLimits", "Streams", "stream"]

SEQ_MAX = 2**63 - 1


class Listening(Response):
    """The answer to one client: events until it goes, is too slow or loses its right."""

    def __init__(self, streams: Streams, listener: Listener, begins_with: str) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(headers=headers, media_type="text/event-stream")
        del self.headers["content-length"]
        self._streams = streams
        self._listener = listener
        self._begins_with = begins_with

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application. Raises ProblemError when too many listen."""
        del scope
        self._streams.add(self._listener)
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            self._listener.note(self._begins_with)
            said = await self._listener.until_over(receive)
        finally:
            self._streams.discard(self._listener)
        if said is None:
            with suppress(OSError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def stream(
    request: Request,
    wanted: Annotated[Wanted, Depends(wanted_events)],
    after: Annotated[int | None, Query(ge=0, le=SEQ_MAX)] = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=SEQ_MAX)] = None,
) -> Response:
    """Follow what is decided: `movement`, `crossing`, `alert`, `reader`, as server-sent events.

    The id is the commit sequence. `Last-Event-ID`, or `after` on the first connection,
    resumes there; without them it begins with what comes next. `reset` with `{"first": n}`
    says that what came before n is not kept any more: ask the lists again. With filters the
    id goes on too: now and then one comes alone, without an event.
    """
    streams: Streams = request.app.state.streams
    caller: Caller = request.state.caller
    streams.make_room(caller)
    try:
        wire = Wire(request.scope)
    except NoWireError as error:
        raise ProblemError(501, "This server can not stream.") from error
    cursor, begins_with = await streams.begin(after if last_event_id is None else last_event_id)
    recheck = partial(still_admitted, request, "look")
    return Listening(streams, Listener(wire, caller, recheck, wanted, cursor), begins_with)
