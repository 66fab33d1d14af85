"""The outbox in memory: what waits is told while the disk takes nothing, and noted afterwards."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pytest

from alerts.alert import AlertChange
from delivery.attempt import Attempt, Delivery
from delivery.outbox import enqueue
from delivery.signals import put_heartbeat
from delivery.subscription import SubscriptionSettings
from gateway.collector import DEGRADED_AFTER_S, Collector
from gateway.journal import Group, tell_of
from gateway.standby import StandbyOutbox
from history.callers import EVERYTHING
from history.outputs import Numbered
from history.state import open_state
from history.subscribers import Subscribers
from history.subscriptions import add_subscription, new_subscription
from tests.delivery.made import T0_NS, Counts, Scripted, change
from tests.delivery.running import running, scripted
from tests.gateway.made import within
from zones.floorplan import NO_PLAN

T = TypeVar("T")
FULL = "database or disk is full"


class Disk:
    """A collector as far as the outbox knows it; `full` is the disk, `fault` what it says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.full = False
        self.degraded: str | None = None
        self.station = SimpleNamespace(fault=None, uncommitted=[])
        self.transactions = 0

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self.transactions += 1
        if self.full:
            raise sqlite3.OperationalError(FULL)
        return await asyncio.to_thread(self._commit, work)

    def _commit(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(open_state(self.path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            done = work(connection)
            connection.execute("COMMIT")
            return done

    def fill(self) -> None:
        self.full = True
        self.degraded = self.station.fault = FULL

    async def free(self) -> None:
        """Room again: what was decided meanwhile is committed."""
        self.full = False
        groups: list[Group] = self.station.uncommitted
        changes = [numbered.output for group in groups for numbered in group.outputs]
        await self.write(*(one for one in changes if isinstance(one, AlertChange)))
        self.degraded = self.station.fault = None
        self.station.uncommitted = []

    def decide(self, *changes: AlertChange) -> None:
        """Decide what can not be committed."""
        position = len(self.station.uncommitted) + 1
        outputs = [Numbered(seq, one) for seq, one in enumerate(changes)]
        self.station.uncommitted.append(Group(position, T0_NS, [], outputs, 0))

    async def write(self, *changes: AlertChange) -> None:
        def work(connection: sqlite3.Connection) -> None:
            for one in changes:
                enqueue(connection, one, 1, T0_NS)

        await self.transact(work)

    async def rows(self) -> list[tuple[str, str, int]]:
        query = "SELECT alert, state, attempts FROM outbox ORDER BY alert, ordinal"
        return await self.transact(lambda db: db.execute(query).fetchall())


class At:
    """A disk and the outbox on it."""

    def __init__(self, path: Path) -> None:
        self.disk = Disk(path)
        self.outbox = StandbyOutbox(path, cast("Collector", self.disk))

    async def settled(self) -> None:
        """Let the outbox look at the disk anew, as the gateway does while it is in memory."""
        while self.outbox.in_memory:
            await self.outbox.transact(lambda _db: None)
            await asyncio.sleep(0.01)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[At]:
    path = tmp_path / "state.db"
    (await asyncio.to_thread(open_state, path)).close()
    found = At(path)
    yield found
    await asyncio.to_thread(found.outbox.close)


async def woken_until_back(at: At, wake: Callable[[], None]) -> None:
    while at.outbox.in_memory:
        wake()
        await asyncio.sleep(0.01)


async def test_with_a_good_disk_nothing_is_in_memory(at: At) -> None:
    await at.disk.write(change("a1"))
    query = "SELECT alert FROM outbox"
    assert await at.outbox.transact(lambda db: db.execute(query).fetchall()) == [("a1",)]
    assert not at.outbox.in_memory


async def test_what_waits_and_what_is_decided_is_told_meanwhile_and_only_once(at: At) -> None:
    await at.disk.write(change("waited"))
    at.disk.fill()
    at.disk.decide(change("a1"), change("a2"))
    sender, counts = Scripted(), Counts()
    one = scripted({"guards": sender}, cast("Any", at.outbox), counts)
    async with running(one):
        await counts.reach(*[("guards", "delivered")] * 3)
        assert at.outbox.in_memory
        at.disk.decide(change("a1", 2))
        one.wake()
        await counts.reach(*[("guards", "delivered")] * 4)
        await at.disk.free()
        one.wake()
        await woken_until_back(at, one.wake)
        await at.disk.write(change("a3"))
        one.wake()
        await counts.reach(*[("guards", "delivered")] * 5)
    told = [(delivery.alert, delivery.ordinal) for delivery in sender.sent]
    assert sorted(told) == [("a1", 1), ("a1", 2), ("a2", 1), ("a3", 1), ("waited", 1)]
    assert {(state, tries) for _, state, tries in await at.disk.rows()} == {("delivered", 1)}
    assert len(await at.disk.rows()) == 5


async def test_what_failed_meanwhile_is_noted_and_still_waits(at: At) -> None:
    at.disk.fill()
    at.disk.decide(change("a1"), change("a2"))
    sender = Scripted(Attempt("refused", "answered 400"), Attempt("retry", "answered 503", 3000.0))
    counts = Counts()
    async with running(scripted({"guards": sender}, cast("Any", at.outbox), counts)):
        await counts.reach(("guards", "dead"), ("guards", "retried"))
    await at.disk.free()
    await at.settled()
    assert await at.disk.rows() == [("a1", "dead", 1), ("a2", "waiting", 1)]
    found = await at.disk.transact(lambda db: db.execute("SELECT * FROM channels").fetchall())
    assert [row[3] for row in found] == ["answered 503"]


async def test_a_try_that_began_on_the_disk_is_settled_in_memory(at: At) -> None:
    asked, answered, counts = asyncio.Event(), asyncio.Event(), Counts()

    class Slow(Scripted):
        async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
            asked.set()
            await answered.wait()
            return await super().send(delivery, now_ns)

    sender = Slow()
    await at.disk.write(change("a1"))
    async with running(scripted({"guards": sender}, cast("Any", at.outbox), counts)):
        await asked.wait()
        at.disk.fill()
        answered.set()
        await counts.reach(("guards", "delivered"))
    await at.disk.free()
    await at.settled()
    assert len(sender.sent) == 1
    assert await at.disk.rows() == [("a1", "delivered", 1)]


async def test_a_disk_that_only_refuses_the_outbox_is_left_too(
    at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.standby.DEGRADED_AFTER_S", 0.05)
    assert DEGRADED_AFTER_S > 0.05
    await at.disk.write(change("a1"))
    at.disk.full = True
    sender, counts = Scripted(), Counts()
    async with running(scripted({"guards": sender}, cast("Any", at.outbox), counts)):
        await within(lambda: at.outbox.in_memory)
        await counts.reach(("guards", "delivered"))
    at.disk.full = False
    await at.settled()
    assert await at.disk.rows() == [("a1", "delivered", 1)]


async def test_heartbeats_of_that_time_are_kept_too(at: At) -> None:
    at.disk.fill()
    await at.outbox.transact(lambda db: put_heartbeat(db, "guards", 10**10, T0_NS))
    await at.disk.free()
    await at.settled()
    assert [state for _, state, _ in await at.disk.rows()] == ["waiting"]


async def test_work_that_fails_in_memory_changes_nothing_there(at: At) -> None:
    at.disk.fill()
    at.disk.decide(change("a1"))

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM outbox")
        raise KeyError("oops")

    with pytest.raises(KeyError):
        await at.outbox.transact(fail)
    query = "SELECT alert FROM outbox"
    assert await at.outbox.transact(lambda db: db.execute(query).fetchall()) == [("a1",)]


async def test_the_end_of_the_gateway_notes_what_was_told(at: At) -> None:
    at.disk.fill()
    at.disk.decide(change("a1"))
    counts = Counts()
    async with running(scripted({"guards": Scripted()}, cast("Any", at.outbox), counts)):
        await counts.reach(("guards", "delivered"))
    await at.outbox.finish()
    assert at.outbox.in_memory
    await at.disk.free()
    await at.outbox.finish()
    assert await at.disk.rows() == [("a1", "delivered", 1)]


async def test_somebody_is_called_while_no_commit_tells_of_news(at: At) -> None:
    called = asyncio.Event()
    watching = asyncio.create_task(at.outbox.watch(called.set))
    await asyncio.sleep(0)
    assert not called.is_set()
    at.disk.fill()
    await called.wait()
    watching.cancel()


async def test_subscribers_are_told_from_memory_under_the_ids_of_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    state = await asyncio.to_thread(open_state, path)
    settings = SubscriptionSettings(url="https://example.net", events=("alert",))
    one = new_subscription("all", settings, enabled=True, scope=EVERYTHING, by="ann", now_ns=T0_NS)
    subscribers = Subscribers(lambda _: None, lambda: NO_PLAN)

    def subscribe() -> None:
        add_subscription(state, one)
        subscribers.refresh(state)

    await asyncio.to_thread(subscribe)
    at = At(path)
    at.outbox = StandbyOutbox(path, cast("Collector", at.disk), subscribers)
    at.disk.fill()
    at.disk.decide(change(notify=()))
    query = "SELECT id FROM outbox WHERE channel = ?"
    told = await at.outbox.transact(lambda db: db.execute(query, (one.channel,)).fetchall())
    group = at.disk.station.uncommitted[0]
    await asyncio.to_thread(tell_of, state, group, subscribers)
    kept = await asyncio.to_thread(lambda: state.execute(query, (one.channel,)).fetchall())
    assert len(kept) == 1
    assert [tuple(row) for row in kept] == [tuple(row) for row in told]
    await asyncio.to_thread(at.outbox.close)
    await asyncio.to_thread(state.close)
