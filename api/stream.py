"""The live stream: server-sent events that resume where they ended, without gap or repeat."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Annotated, NamedTuple

import anyio
from anyio import CancelScope
from fastapi import Header, Query, Request
from prometheus_client import CollectorRegistry, Counter, Gauge
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.access import RIGHTS, Access
from api.desk import Desk
from api.feed import Feed
from api.problems import ProblemError
from api.surroundings import Ask
from history.questions import Event, StateQuestions

HEARTBEAT_S = 15.0
SEND_TIMEOUT_S = 8.0
RECHECK_S = 5.0
PAUSE_S = 0.05
CLIENTS_MAX = 100
SEQ_MAX = 2**63 - 1


class StreamLimits(NamedTuple):
    """How long and how many; the times are in seconds."""

    heartbeat_s: float = HEARTBEAT_S
    send_timeout_s: float = SEND_TIMEOUT_S
    recheck_s: float = RECHECK_S
    pause_s: float = PAUSE_S
    clients_max: int = CLIENTS_MAX


class Streams:
    """Everybody who listens now. `end_all` is for the moment when the gateway stops."""

    def __init__(
        self,
        desk: Desk,
        questions: StateQuestions,
        ask: Ask,
        metrics: CollectorRegistry,
        limits: StreamLimits,
    ) -> None:
        self.desk = desk
        self.questions = questions
        self.ask = ask
        self.limits = limits
        self._open: set[CancelScope] = set()
        self._feed: Feed | None = None
        self._clients = Gauge("tagwarden_stream_clients", "Open streams.", registry=metrics)
        self._ended = Counter(
            "tagwarden_streams_ended",
            "Streams that the gateway ended, by reason.",
            ["reason"],
            registry=metrics,
        )

    async def feed(self) -> Feed:
        """The one feed of all clients; it starts at what is newest when the first one comes."""
        if self._feed is None:
            newest = await self.ask(self.questions.last_seq)
            if self._feed is None:
                self._feed = Feed(self._read_events, newest)
        return self._feed

    def begin(self, scope: CancelScope) -> None:
        """Take a client in; 503 beyond the limit."""
        if len(self._open) >= self.limits.clients_max:
            detail = f"{self.limits.clients_max} clients listen already."
            raise ProblemError(503, detail, headers={"retry-after": "5"})
        self._open.add(scope)
        self._clients.set(len(self._open))

    def end(self, scope: CancelScope, reason: str | None = None) -> None:
        """Let a client go; `reason` names why the gateway did it."""
        self._open.discard(scope)
        self._clients.set(len(self._open))
        if reason is not None:
            self._ended.labels(reason).inc()

    def end_all(self) -> None:
        """End every stream; clients come back with the last id that they saw."""
        for scope in tuple(self._open):
            scope.cancel()

    async def first_seq(self) -> int:
        """Seq from which on every event is kept."""
        return await self.ask(self.questions.first_seq)

    async def _read_events(self, after: int, limit: int) -> list[Event]:
        return await self.ask(lambda: self.questions.events_after(after, limit))


class SlowClientError(Exception):
    """The client did not take what was sent to it in time."""


class Listening(Response):
    """The answer to one client: events until it goes, is too slow or loses its right."""

    def __init__(
        self,
        streams: Streams,
        may_listen: Callable[[], Awaitable[bool]],
        after: int | None,
    ) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(headers=headers, media_type="text/event-stream")
        del self.headers["content-length"]
        self._streams = streams
        self._limits = streams.limits
        self._may_listen = may_listen
        self._after = after
        self._wrote_s = monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application. Raises ProblemError when too many listen."""
        del scope
        reason: str | None = None
        with CancelScope() as ending:
            self._streams.begin(ending)
            try:
                reason = await self._until_gone(receive, send)
            finally:
                self._streams.end(ending, reason)
        if ending.cancelled_caught:
            await self._finish(send)

    async def _until_gone(self, receive: Receive, send: Send) -> str | None:
        reason: str | None = None
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()

            group.start_soon(watch)
            reason = await self._serve(send)
            group.cancel_scope.cancel()
        return reason

    def _start(self) -> Message:
        return {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }

    async def _serve(self, send: Send) -> str | None:
        """Send what comes; returns why the gateway ends it."""
        try:
            await self._within_time(send(self._start()))
            cursor = seen = await self._begin(send)
            while await self._may_listen():
                cursor = await self._catch_up(send, cursor, seen)
                seen = await self._wait(send, seen)
        except SlowClientError:
            return "slow"
        except OSError:
            return None
        await self._finish(send)
        return "denied"

    async def _begin(self, send: Send) -> int:
        """Say from where it goes on; `reset` when that is not what the client asked for."""
        newest = await self._streams.ask(self._streams.questions.last_seq)
        cursor = newest if self._after is None else self._after
        first = await self._streams.first_seq()
        if not first - 1 <= cursor <= newest:
            return await self._reset(send, first)
        await self._write(send, f"id: {cursor}\n\n".encode())
        return cursor

    async def _reset(self, send: Send, first: int) -> int:
        wire = f'id: {first - 1}\nevent: reset\ndata: {{"first":{first}}}\n\n'
        await self._write(send, wire.encode())
        return first - 1

    async def _catch_up(self, send: Send, cursor: int, newest: int) -> int:
        feed = await self._streams.feed()
        while frames := await feed.after(cursor, newest):
            # What expired while a slow client was still before it must not go missing unsaid.
            if not feed.keeps(cursor) and cursor < (first := await self._streams.first_seq()) - 1:
                cursor = await self._reset(send, first)
                continue
            await self._write(send, b"".join(frame.wire for frame in frames))
            cursor = frames[-1].seq
        return cursor

    async def _wait(self, send: Send, seen: int) -> int:
        """Wait for news, not for ever; a short pause lets what follows gather."""
        idle_s = monotonic() - self._wrote_s
        until_beat_s = max(0.0, self._limits.heartbeat_s - idle_s)
        wait_s = min(self._limits.recheck_s, until_beat_s)
        newest = await self._streams.desk.committed(seen, wait_s)
        if monotonic() - self._wrote_s >= self._limits.heartbeat_s:
            await self._write(send, b": still here\n\n")
        await anyio.sleep(self._limits.pause_s)
        return newest

    async def _write(self, send: Send, wire: bytes) -> None:
        self._wrote_s = monotonic()
        await self._within_time(
            send({"type": "http.response.body", "body": wire, "more_body": True}),
        )

    async def _finish(self, send: Send) -> None:
        with suppress(SlowClientError, OSError):
            await self._within_time(
                send({"type": "http.response.body", "body": b"", "more_body": False}),
            )

    async def _within_time(self, sending: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self._limits.send_timeout_s):
                await sending
        except TimeoutError as error:
            raise SlowClientError from error


async def stream(
    request: Request,
    after: Annotated[int | None, Query(ge=0, le=SEQ_MAX)] = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=SEQ_MAX)] = None,
) -> Response:
    """Follow what is decided: `movement`, `crossing`, `alert`, `reader`, as server-sent events.

    The id is the commit sequence. `Last-Event-ID`, or `after` on the first connection,
    resumes there; without them it begins with what comes next. `reset` with `{"first": n}`
    says that what came before n is not kept any more: ask the lists again.
    """
    access: Access = request.app.state.access
    token: str = request.state.token

    async def may_listen() -> bool:
        caller = await access.caller(token)
        return caller is not None and "look" in RIGHTS[caller.role]

    resume_after = after if last_event_id is None else last_event_id
    return Listening(request.app.state.streams, may_listen, resume_after)
