"""Whole lists line by line (NDJSON), read slice by slice, so that neither side holds them all."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple

import anyio
import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.problems import ProblemError
from history.paging import LIMIT_MAX, Page, QuestionError
from history.store import StoreError

NDJSON = "application/x-ndjson"
SEND_TIMEOUT_S = 30.0
AT_ONCE_MAX = 8
RETRY_AFTER_S = 5

Ending = Literal["whole", "gone", "slow", "failed"]
NextPage = Callable[[str], Awaitable[Page]]

log = logging.getLogger("tagwarden.api")


class LongLimits(NamedTuple):
    """How many at once, how many rows are read at a time, how long a client may not listen."""

    at_once_max: int = AT_ONCE_MAX
    slice_rows: int = LIMIT_MAX // 2
    send_timeout_s: float = SEND_TIMEOUT_S


class LongAnswers:
    """Those that are being given now, and how the others ended."""

    def __init__(self, metrics: CollectorRegistry, limits: LongLimits) -> None:
        self.limits = limits
        self._running = 0
        self._open = Gauge(
            "tagwarden_long_answers", "Long answers that are being given.", registry=metrics
        )
        self._ended = Counter(
            "tagwarden_long_answers_ended",
            "Long answers that are over: whole, or the client was gone or slow, or they failed.",
            ["ending"],
            registry=metrics,
        )

    def require_room(self) -> None:
        """Raise ProblemError (503) while as many are given as may be."""
        if self._running >= self.limits.at_once_max:
            detail = f"{self._running} long answers are being given already."
            raise ProblemError(503, detail, headers={"retry-after": str(RETRY_AFTER_S)})

    def begin(self) -> None:
        """Count one more. Raises ProblemError where there is no room."""
        self.require_room()
        self._running += 1
        self._open.set(self._running)

    def end(self, ending: Ending) -> None:
        """Count one less, and how it ended."""
        self._running -= 1
        self._open.set(self._running)
        self._ended.labels(ending).inc()


class _SlowClientError(Exception):
    """The client did not take what was sent to it in time."""


class LongAnswer(Response):
    """Rows as lines of JSON: the first page that was read already, then those behind it.

    Between two pages nothing is held: no transaction, no thread. What goes wrong on the
    way cuts the connection off before the last chunk, so that no client takes it for whole.
    """

    def __init__(self, answers: LongAnswers, first: Page, next_page: NextPage) -> None:
        super().__init__(headers={"vary": "Accept"}, media_type=NDJSON)
        del self.headers["content-length"]
        self._answers = answers
        self._first = first
        self._next_page = next_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application. Raises ProblemError where there is no room."""
        del scope
        self._answers.begin()
        ending: Ending = "gone"
        try:
            async with anyio.create_task_group() as group:

                async def watch() -> None:
                    while (await receive())["type"] != "http.disconnect":
                        pass
                    group.cancel_scope.cancel()

                group.start_soon(watch)
                ending = await self._give(send)
                group.cancel_scope.cancel()
        finally:
            self._answers.end(ending)

    async def _give(self, send: Send) -> Ending:
        try:
            await self._send_all(send)
        except _SlowClientError:
            return "slow"
        except (sqlite3.Error, StoreError, QuestionError) as error:
            log.error("a long answer was cut off: %s", error)  # noqa: TRY400 - the text is all that helps
            return "failed"
        except OSError:
            return "gone"
        return "whole"

    async def _send_all(self, send: Send) -> None:
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        await self._within_time(send(start))
        page = self._first
        while page.cursor is not None:
            await self._send(send, page, more=True)
            page = await self._next_page(page.cursor)
        await self._send(send, page, more=False)

    async def _send(self, send: Send, page: Page, *, more: bool) -> None:
        body = lines_of(page.items)
        message = {"type": "http.response.body", "body": body, "more_body": more}
        await self._within_time(send(message))

    async def _within_time(self, sending: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self._answers.limits.send_timeout_s):
                await sending
        except TimeoutError as error:
            raise _SlowClientError from error


def lines_of(rows: list[dict[str, Any]]) -> bytes:
    """Rows as lines of JSON, each with its line feed."""
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
