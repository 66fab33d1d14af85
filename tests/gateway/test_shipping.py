"""Shipping to another store goes on whatever that store does, and keeps nobody waiting."""

import asyncio
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from gateway.journal import SqliteJournal
from gateway.shipping import BACK_OFF_S_MAX, END_S, Shipper
from history.set_aside import Refused
from history.sightings import SLOT_S
from history.store import StoreRefusedError, StoreUnavailableError
from tags.times import SECOND_NS
from tests.gateway.copies import Copy, away
from tests.gateway.made import within
from tests.gateway.test_shipping_rounds import BEGIN_S, Plant

T = TypeVar("T")


class Yard:
    """A plant with a shipper of its own; `wait_s` is how long it slept each time."""

    def __init__(self, folder: Path) -> None:
        self.plant = Plant(folder)
        self.journal = SqliteJournal(self.plant.writer.connection)
        self.broken = False
        self.shipper = self.open()

    def open(self, key: str = "copy here") -> Shipper:
        def open_copy(put_aside: Callable[[Sequence[Refused]], None]) -> Copy:
            self.plant.copy.put_aside = put_aside
            return self.plant.copy

        return Shipper(
            "copy",
            key,
            open_copy,
            state=self.plant.state,
            sightings=self.plant.folder / "sightings",
            transact=self,
            clock=lambda: self.plant.now_s * SECOND_NS,
            rng=random.Random(1),
        )

    async def transact(self, work: Callable[..., T]) -> T:
        if self.broken:
            raise OSError("no room")
        return await asyncio.to_thread(self.journal.transact, work)

    async def hear(self, slots: int) -> None:
        begin_s = self.plant.now_s
        await asyncio.to_thread(self.plant.hear, *range(begin_s, begin_s + slots * SLOT_S, SLOT_S))
        self.plant.now_s += slots * SLOT_S + 10

    async def ship(self) -> None:
        while await self.shipper.ship():
            pass

    async def cursors(self) -> list[tuple[object, ...]]:
        return await asyncio.to_thread(
            self.plant.writer.rows, "SELECT * FROM shipments ORDER BY part, after"
        )


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    yard = await asyncio.to_thread(Yard, tmp_path)
    yield yard
    await yard.shipper.finish()
    await asyncio.to_thread(yard.plant.copy.closed.wait, 5)
    await asyncio.to_thread(yard.plant.close)


async def test_a_cursor_is_moved_only_after_the_store_has_taken_it(yard: Yard) -> None:
    await yard.hear(4)
    yard.plant.copy.fails = away()
    with pytest.raises(StoreUnavailableError):
        await yard.ship()
    assert await yard.cursors() == []
    yard.plant.copy.fails = lambda _number: None
    await yard.ship()
    assert yard.plant.copied == yard.plant.heard
    assert await yard.cursors() == [("copy here", "2024-10-04", 1, None)]


async def test_while_a_store_is_away_it_is_said_and_all_arrives_once_it_is_back(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.shipping.BACK_OFF_S", 0.001)
    monkeypatch.setattr("gateway.shipping.REST_S", 0.001)
    yard.plant.copy.fails = away("copy: 401, its token is wrong", StoreRefusedError)
    await yard.hear(3)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(yard.shipper.run())
        await within(lambda: yard.shipper.trouble)
        assert yard.shipper.trouble == "copy: 401, its token is wrong"
        assert (yard.shipper.backlog, yard.shipper.lag_s) == (3, 20.0)
        yard.plant.copy.fails = lambda _number: None
        await within(lambda: not yard.shipper.trouble and not yard.shipper.backlog)
        assert yard.plant.copied == yard.plant.heard
        assert yard.shipper.lag_s == 0
        running.cancel()


async def test_a_fault_of_our_own_stops_nothing_for_good(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.shipping.BACK_OFF_S", 0.001)

    def stumble(_number: int) -> None:
        raise ZeroDivisionError

    yard.plant.copy.fails = stumble
    await yard.hear(3)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(yard.shipper.run())
        await within(lambda: yard.shipper.fault)
        assert yard.shipper.fault == "fault in the gateway: ZeroDivisionError()"
        yard.plant.copy.fails = lambda _number: None
        await within(lambda: not yard.shipper.fault)
        running.cancel()
    assert yard.plant.copied == yard.plant.heard


def test_tries_become_rarer_up_to_one_a_minute(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    waits = [yard.shipper._back_off_s(failures) for failures in range(1, 40)]
    assert 0.5 <= waits[0] <= 1
    assert all(BACK_OFF_S_MAX / 2 <= wait <= BACK_OFF_S_MAX for wait in waits[6:])
    assert len(set(waits)) == len(waits)
    asyncio.run(yard.shipper.finish())
    yard.plant.copy.closed.wait(5)
    yard.plant.close()


async def test_what_half_arrived_arrives_whole(yard: Yard) -> None:
    await yard.hear(3)
    copy = yard.plant.copy
    copy.fails_after = away()
    with pytest.raises(StoreUnavailableError):
        await yard.ship()
    copy.fails_after = lambda _number: None
    await yard.ship()
    assert yard.plant.copied == yard.plant.heard


async def test_refused_lines_are_set_aside_once_and_the_rest_arrives(yard: Yard) -> None:
    await yard.hear(3)
    await asyncio.to_thread(yard.plant.hear, BEGIN_S, tag="bad")
    copy = yard.plant.copy
    copy.refuses = lambda each: each.tag == "bad"
    copy.fails_after = away()
    with pytest.raises(StoreUnavailableError):
        await yard.ship()
    assert yard.shipper.set_aside == 0
    copy.fails_after = lambda _number: None
    await yard.ship()
    assert (yard.shipper.set_aside, yard.shipper.set_aside_total) == (1, 1)
    assert yard.shipper.trouble == "1 line was refused and set aside: tagwarden history set-aside"
    assert len(copy.sightings) == 3
    assert await yard.shipper.retry() == (1, 0)
    assert copy.sent == ["sighting bad"]
    assert yard.shipper.trouble is None


async def test_what_is_set_aside_stays_so_while_it_can_not_be_sent(yard: Yard) -> None:
    await yard.hear(3)
    copy = yard.plant.copy
    copy.refuses = lambda _each: True
    await yard.ship()
    copy.fails = away()
    with pytest.raises(StoreUnavailableError):
        await yard.shipper.retry()
    assert yard.shipper.set_aside == 3
    assert await yard.shipper.drop([1]) == 1
    assert await yard.shipper.drop(None) == 2
    assert yard.shipper.set_aside == 0


async def test_another_place_gets_everything_from_the_beginning(yard: Yard) -> None:
    await yard.hear(3)
    await yard.ship()
    await yard.shipper.finish()
    yard.plant.copy = Copy()
    yard.shipper = await asyncio.to_thread(yard.open, "copy elsewhere")
    await yard.ship()
    assert yard.plant.copied == yard.plant.heard


async def test_a_disk_that_takes_no_cursor_ships_the_same_again_and_loses_nothing(
    yard: Yard,
) -> None:
    await yard.hear(3)
    yard.broken = True
    with pytest.raises(OSError, match="no room"):
        await yard.ship()
    yard.broken = False
    await yard.hear(3)
    await yard.ship()
    assert yard.plant.copied == yard.plant.heard
    assert [row[2] for row in await yard.cursors()] == [2]


async def test_a_store_that_hangs_holds_up_neither_the_end_nor_what_is_shipped_after_it(
    yard: Yard,
) -> None:
    await yard.hear(3)
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(_number: int) -> None:
        hangs.set()
        goes_on.wait(30)

    yard.plant.copy.fails = hang
    async with asyncio.TaskGroup() as group:
        running = group.create_task(yard.shipper.run())
        await asyncio.to_thread(hangs.wait, 5)
        began_s = time.monotonic()
        running.cancel()
        await yard.shipper.finish()
    assert time.monotonic() - began_s < END_S + 1
    assert await yard.cursors() == []
    goes_on.set()
    await asyncio.to_thread(yard.plant.copy.closed.wait, 5)
    yard.plant.copy = Copy()
    yard.shipper = await asyncio.to_thread(yard.open)
    await yard.ship()
    assert yard.plant.copied == yard.plant.heard
