"""Everybody who is told things as they happen: how many there may be, and when one has to go."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import Counter as Tally
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, Literal, NamedTuple, TypeVar

import anyio
from anyio import CancelScope
from prometheus_client import CollectorRegistry, Counter, Gauge
from starlette.types import Receive

from api.problems import ProblemError
from api.wire import Wire
from history.callers import Caller

Recheck = Callable[[], Awaitable[Caller | None]]
"""Asks once more who it is and whether they may look; None if not."""

Reason = Literal["slow", "denied"]
_ROUNDS_MAX_S = 1.0

log = logging.getLogger("tagwarden.http")


class FollowerLimits(NamedTuple):
    """How many, and how long; the times are in seconds."""

    clients_max: int = 1000
    per_caller_max: int = 500
    stalled_s: float = 8.0
    recheck_s: float = 5.0


class Follower:
    """One connection that is told things; `reason` is why the gateway ended it."""

    def __init__(self, wire: Wire, caller: Caller, recheck: Recheck) -> None:
        self.wire = wire
        self.caller = caller
        self.reason: Reason | None = None
        self.ending = CancelScope()
        self._recheck = recheck
        self._checked_s = self._took_s = monotonic()
        self._waiting_bytes = 0

    async def until_over(self, receive: Receive) -> str | None:
        """Wait for what the client does, be it to leave: the type of that; None if it has to go.

        The rest of the body of a request is nothing.
        """
        said: str | None = None
        with self.ending:
            while (said := (await receive())["type"]) == "http.request":
                pass
        return None if self.ending.cancelled_caught else said

    def end(self, reason: Reason | None = None) -> None:
        """Let it go. One that takes nothing is cut, since it would not take a goodbye either."""
        self.reason = self.reason or reason
        if reason == "slow":
            self.wire.abort()
        else:
            self.ending.cancel()

    @property
    def is_ready(self) -> bool:
        """Whether it has taken all that was written, and may be told more."""
        return not self.wire.waiting_bytes and not self.ending.cancel_called

    def is_stalled(self, now_s: float, limit_s: float) -> bool:
        """Whether it has taken nothing of what waits for too long; to be asked often."""
        waiting_bytes, self._waiting_bytes = self._waiting_bytes, self.wire.waiting_bytes
        if not waiting_bytes or self._waiting_bytes != waiting_bytes:
            self._took_s = now_s
        return now_s - self._took_s >= limit_s

    async def may_stay(self, now_s: float, recheck_s: float) -> bool:
        """Whether it may look still; asked anew when the last answer is too old."""
        if now_s - self._checked_s < recheck_s:
            return True
        self._checked_s = now_s
        caller = await self._recheck()
        if caller is None:
            return False
        self.caller = caller
        return True


F = TypeVar("F", bound=Follower)


class Followers(ABC, Generic[F]):
    """All followers of one thing, which the metrics call `noun`.

    One task tells them all; it runs while there are any.
    """

    def __init__(self, noun: str, metrics: CollectorRegistry, limits: FollowerLimits) -> None:
        self.all: dict[F, None] = {}
        self.limits = limits
        self._noun = noun
        self._by_caller: Tally[str] = Tally()
        self._telling: asyncio.Task[None] | None = None
        self._gauge = Gauge(f"tagwarden_{noun}_clients", f"Open {noun}s.", registry=metrics)
        self._ended = Counter(
            f"tagwarden_{noun}s_ended",
            f"Those of {noun}s that the gateway ended, by reason.",
            ["reason"],
            registry=metrics,
        )

    def make_room(self, caller: Caller) -> None:
        """Raise ProblemError where one more would be too many: 429 of one caller, 503 of all."""
        if self._by_caller[caller.id] >= self.limits.per_caller_max:
            detail = f"{caller.name} listens {self.limits.per_caller_max} times already."
            raise ProblemError(429, detail, headers={"retry-after": "5"})
        if len(self.all) >= self.limits.clients_max:
            detail = f"{self.limits.clients_max} clients listen already."
            raise ProblemError(503, detail, headers={"retry-after": "5"})

    def add(self, follower: F) -> None:
        """Take one in. Raises as `make_room`."""
        self.make_room(follower.caller)
        self.all[follower] = None
        self._by_caller[follower.caller.id] += 1
        self._gauge.set(len(self.all))
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell_all(), name=self._noun)
            self._telling.add_done_callback(self._note_end)

    def discard(self, follower: F) -> None:
        """Forget one that has gone."""
        del self.all[follower]
        self._by_caller[follower.caller.id] -= 1
        if not self._by_caller[follower.caller.id]:
            del self._by_caller[follower.caller.id]
        self._gauge.set(len(self.all))
        if follower.reason is not None:
            self._ended.labels(follower.reason).inc()
        if not self.all and self._telling is not None:
            self._telling.cancel()
            self._telling = None

    @property
    def is_telling(self) -> bool:
        """Whether anybody is told anything now."""
        return self._telling is not None

    @abstractmethod
    async def tell(self) -> None:
        """Tell them what there is to tell, for ever."""

    def end_all(self) -> None:
        """Let everybody go, since the gateway stops."""
        for follower in tuple(self.all):
            follower.end()

    async def _tell_all(self) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(self._care)
            await self.tell()

    def _note_end(self, telling: "asyncio.Task[None]") -> None:
        """Where nothing can be told any more, let everybody come back later."""
        if not telling.cancelled() and telling.exception() is not None:
            log.error("%s broke off", self._noun, exc_info=telling.exception())
            self._telling = None
            self.end_all()

    async def _care(self) -> None:
        """Cut those who take nothing and those who may look no more, for ever."""
        pause_s = min(_ROUNDS_MAX_S, self.limits.recheck_s, self.limits.stalled_s)
        while True:
            await anyio.sleep(pause_s)
            for follower in tuple(self.all):
                if follower.is_stalled(monotonic(), self.limits.stalled_s):
                    follower.end("slow")
                elif not await follower.may_stay(monotonic(), self.limits.recheck_s):
                    follower.end("denied")
