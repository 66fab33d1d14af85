"""Delivery as the fake gateway has it: a real outbox, and channels that are what a test says."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TypeVar, cast

from api.desk import JournalFullError
from api.dispatch import ChannelNow
from api.subscribing import Subscribing
from delivery.breaker import GateState
from delivery.settlement import redeliver, redeliver_dead
from delivery.signals import put_test
from delivery.worker import Deliverer
from gateway.subscribing import GatewaySubscribing
from history.subscriptions import Subscription
from inventory.changes import DONE, Outcome

T = TypeVar("T")


class FakeWires:
    """Channels of subscriptions that send nothing."""

    def __init__(self) -> None:
        self.allow_private = False
        self.held: dict[str, Subscription] = {}
        self.reopened: list[str] = []
        self.disabled: dict[str, str] = {}

    @property
    def deliverer(self) -> Deliverer:
        return cast("Deliverer", self)

    @property
    def states(self) -> dict[str, GateState]:
        return dict.fromkeys(self.held, "closed")

    def reopen(self, name: str) -> None:
        self.reopened.append(name)

    def subscribe(self, subscription: Subscription) -> None:
        self.held[subscription.channel] = subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self.held.pop(subscription.channel, None)


class FakeDispatch:
    """Writes at once. `full` stands for a disk that takes nothing."""

    def __init__(self, state: sqlite3.Connection, now_ns: int) -> None:
        self.full = False
        self.known = [
            ChannelNow("guards", "webhook", "open", "", 600, None),
            ChannelNow("night/shift", "log", "disabled", "answered 410", 60_000, 60.0),
        ]
        self.reopened: list[str] = []
        self.looks = 0
        self._state = state
        self._now_ns = now_ns
        self.wires = FakeWires()
        self.forgotten = 0
        self.subscriptions: Subscribing = GatewaySubscribing(
            self, lambda: self.wires, self._forget, lambda: now_ns
        )

    async def look(self) -> None:
        self.looks += 1

    def channels(self) -> list[ChannelNow]:
        return self.known

    async def test_channel(self, name: str, by: str) -> str | None:
        if all(channel.name != name for channel in self.known):
            return None
        sent = await self._write(lambda db: put_test(db, name, by, self._now_ns))
        self.reopened.append(name)
        return sent

    async def redeliver(self, delivery: str, by: str) -> Outcome:
        state = await self._write(lambda db: redeliver(db, delivery, self._now_ns, by))
        if state is None:
            return Outcome("unknown", f"there is no delivery {delivery!r}")
        return Outcome("conflict", "it was delivered") if state == "delivered" else DONE

    async def redeliver_dead(
        self, channel: str | None, since_ns: int | None, by: str
    ) -> list[str] | None:
        names = [known.name for known in self.known if channel in {None, known.name}]
        if not names:
            return None
        return await self._write(
            lambda db: redeliver_dead(db, self._now_ns, by, channels=names, since_ns=since_ns)
        )

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._write(work)

    def _forget(self) -> None:
        self.forgotten += 1

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self.full:
            raise JournalFullError

        def write() -> T:
            with self._state:
                self._state.execute("BEGIN IMMEDIATE")
                return work(self._state)

        return await asyncio.to_thread(write)
