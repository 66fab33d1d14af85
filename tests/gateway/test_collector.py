"""The collector: one order, groups of 1,000 reads or 20 ms, answers only after the commit."""

import asyncio
import logging
import random
import sqlite3
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from gateway.collector import Collector
from gateway.entries import Change, ClockOffset, Entry, ReadGroup, Tick
from gateway.journal import Group
from gateway.limits import LimitsSettings
from history.expiry import Keep
from history.state import open_state
from inventory.assets import Asset
from inventory.changes import RemoveAsset, StoreAssets
from tags.reads import Read
from tests.gateway.made import (
    LIMITS,
    NOON_NS,
    TAGS,
    FailingJournal,
    read,
    start,
    station_on,
    within,
)

SOON_S = 10.0


class At:
    """A collector on a journal of its own."""

    def __init__(self, path: Path, limits: LimitsSettings = LIMITS) -> None:
        self.journal = FailingJournal(open_state(path))
        self.journal.committed = 0
        clock = count(NOON_NS)
        self.commits: list[Group] = []
        self.collector = Collector(
            station_on(self.journal, limits),
            self.journal,
            lambda: next(clock),
            limits,
            self.commits.extend,
        )

    @property
    def kept(self) -> list[Entry]:
        """The entries of the journal in their order, without ticks."""
        entries = [entry for _, group in self.journal.replay(0) for entry in group]
        return [entry for entry in entries if not isinstance(entry, Tick)]

    @property
    def reads(self) -> list[Read]:
        groups = [entry for entry in self.kept if isinstance(entry, ReadGroup)]
        return [each for group in groups for each in group.reads]


@asynccontextmanager
async def collecting(
    path: Path,
    limits: LimitsSettings = LIMITS,
    *,
    begin: bool = True,
) -> AsyncGenerator[At]:
    at = await asyncio.to_thread(At, path / "state.db", limits)
    task = asyncio.create_task(at.collector.run()) if begin else None
    try:
        yield at
    finally:
        at.journal.refuses = lambda _append: False
        at.collector.end()
        if task is not None:
            await task
        await asyncio.to_thread(at.collector.close)
        at.journal.connection.close()


async def reads_kept(at: At) -> list[Read]:
    return await asyncio.to_thread(lambda: at.reads)


def some(reads: int, first: int = 0) -> list[Read]:
    return [read(TAGS[n % 6], NOON_NS + n) for n in range(first, first + reads)]


async def test_a_thousand_reads_do_not_wait_for_their_time(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.collector.GROUP_S", 3600)
    async with collecting(tmp_path) as at:
        for part in range(10):
            await at.collector.put_reads(some(100, 100 * part))
            await asyncio.sleep(0.002)
        await within(lambda: at.collector.reads_committed == 1_000)
    assert [group.reads for group in at.commits] == [1_000]


async def test_fewer_reads_gather_for_their_time_and_share_a_group(tmp_path: Path) -> None:
    async with collecting(tmp_path) as at:
        await at.collector.put_reads(some(3))
        await asyncio.sleep(0)
        await at.collector.put_reads(some(4, 3))
        await within(lambda: at.collector.reads_committed == 7)
        assert (at.journal.appends, await reads_kept(at)) == (1, some(7))


async def test_a_change_does_not_wait_for_company(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.collector.GROUP_S", 3600)
    async with collecting(tmp_path) as at, asyncio.timeout(SOON_S):
        await at.collector.put_reads(some(1))
        await at.collector.submit(StoreAssets(arrival_ns=NOON_NS, by="x", assets=(Asset(id="a"),)))


async def test_sources_and_changes_are_answered_only_after_the_commit(tmp_path: Path) -> None:
    async with collecting(tmp_path, begin=False) as at:
        at.journal.refuses = lambda append: append <= 3
        told: list[int] = []
        await at.collector.put_reads(some(2), lambda: told.append(at.journal.committed))
        change = StoreAssets(arrival_ns=NOON_NS, by="x", assets=(Asset(id="a"),))
        answer = asyncio.create_task(at.collector.submit(change))
        for _ in range(3):
            await asyncio.sleep(0)
            await at.collector.step()
            assert (told, answer.done()) == ([], False)
        await at.collector.step()
        await at.collector.put_reads(some(1, 2), lambda: told.append(at.journal.committed))
        await at.collector.step()
        assert (await answer).refused is None
        assert told == [1, 2]


async def test_a_refused_change_is_answered_with_the_reason(tmp_path: Path) -> None:
    async with collecting(tmp_path) as at:
        outcome = await at.collector.submit(RemoveAsset(arrival_ns=NOON_NS, by="x", asset="none"))
        assert (outcome.refused, outcome.detail) == ("unknown", "there is no asset 'none'")


async def test_each_change_of_a_group_gets_its_own_answer(tmp_path: Path) -> None:
    async with collecting(tmp_path) as at:
        await at.collector.put_reads(some(5))
        asked: list[Change] = [
            StoreAssets(arrival_ns=NOON_NS, by="x", assets=(Asset(id="a"),)),
            RemoveAsset(arrival_ns=NOON_NS, by="x", asset="b"),
            RemoveAsset(arrival_ns=NOON_NS, by="x", asset="a"),
        ]
        async with asyncio.TaskGroup() as group:
            answers = [group.create_task(at.collector.submit(change)) for change in asked]
        assert [answer.result().refused for answer in answers] == [None, "unknown", None]


async def test_who_stops_waiting_for_an_answer_stops_nobody_else(tmp_path: Path) -> None:
    async with collecting(tmp_path, begin=False) as at:
        change = StoreAssets(arrival_ns=NOON_NS, by="x", assets=(Asset(id="a"),))
        gone, stays = (asyncio.create_task(at.collector.submit(change)) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        await at.collector.step()
        assert (await stays).refused is None


async def test_an_idle_gateway_writes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.collector.TICK_S", 0.0001)
    async with collecting(tmp_path, begin=False) as at:
        for entry in start():
            at.collector.put(entry)
        await at.collector.step()
        before = at.journal.connection.total_changes, sizes(tmp_path)
        for _ in range(200):
            await at.collector.step()
        assert (at.journal.connection.total_changes, sizes(tmp_path)) == before
        assert (at.journal.appends, at.collector.station.position) == (1, 1)


def sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


@pytest.mark.parametrize("seed", range(5))
async def test_what_comes_from_everywhere_stays_in_its_order(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    wanted: list[Read | Entry] = []
    async with collecting(tmp_path) as at:
        at.journal.refuses = lambda _append: rng.random() < 0.3
        for number in range(100):
            if rng.random() < 0.3:
                news = ClockOffset(NOON_NS + number, "dock", number)
                wanted.append(news)
                at.collector.put(news)
            else:
                reads = some(rng.randrange(1, 5), number * 5)
                wanted += reads
                await at.collector.put_reads(reads)
            await asyncio.sleep(rng.choice([0, 0, 0.003]))
        await within(lambda: not at.collector.reads_waiting)
    kept = await replayed(tmp_path)
    flat = [
        each
        for entry in kept
        for each in (entry.reads if isinstance(entry, ReadGroup) else [entry])
    ]
    assert flat == wanted, f"seed {seed}"
    seqs = [entry.seq for entry in kept if isinstance(entry, ReadGroup)]
    assert seqs == list(range(1, len(seqs) + 1))


async def replayed(folder: Path) -> list[Entry]:
    def look() -> list[Entry]:
        at = At(folder / "state.db")
        at.collector.close()
        kept = at.kept
        at.journal.connection.close()
        return kept

    return await asyncio.to_thread(look)


async def test_readers_are_held_back_while_too_much_waits(tmp_path: Path) -> None:
    limits = LimitsSettings(reads_waiting_max=1_000)
    async with collecting(tmp_path, limits, begin=False) as at:
        await at.collector.put_reads(some(1_000))
        late = asyncio.create_task(at.collector.put_reads(some(1, 1_000)))
        for _ in range(10):
            await asyncio.sleep(0)
        assert (late.done(), at.collector.reads_waiting) == (False, 1_000)
        await at.collector.step()
        async with asyncio.timeout(SOON_S):
            await late
        assert at.collector.reads_waiting == 1


async def test_nothing_comes_in_while_the_disk_takes_nothing_and_memory_is_full(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.collector.RETRY_S", 0.001)
    limits = LimitsSettings(reads_waiting_max=1_000, uncommitted_reads_max=1_000)
    async with collecting(tmp_path, limits) as at:
        at.journal.refuses = lambda _append: True
        await at.collector.put_reads(some(1_000))
        await within(lambda: at.collector.station.full)
        await at.collector.put_reads(some(1_000, 1_000))
        tried = at.journal.appends
        await within(lambda: at.journal.appends > tried + 5)
        assert at.collector.station.reads_uncommitted == 1_000
        at.journal.refuses = lambda _append: False
        await within(lambda: at.collector.reads_committed == 2_000)
        assert await reads_kept(at) == some(2_000)


async def test_a_gateway_is_degraded_after_two_seconds_and_not_any_more_after_a_commit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, passed_s = asyncio.get_running_loop(), 0.0
    real = loop.time
    async with collecting(tmp_path, begin=False) as at:
        monkeypatch.setattr(loop, "time", lambda: real() + passed_s)
        at.journal.refuses = lambda _append: True
        await at.collector.put_reads(some(1))
        await at.collector.step()
        said = [at.collector.degraded]
        passed_s = 1.0
        said.append(at.collector.degraded)
        passed_s = 2.0
        said.append(at.collector.degraded)
        await at.collector.step()
        said.append(at.collector.degraded)
        at.journal.refuses = lambda _append: False
        await at.collector.step()
        said.append(at.collector.degraded)
        fault = "the journal can not be written: disk I/O error"
        assert said == [None, None, fault, fault, None]


async def test_who_waits_for_news_is_told_of_the_newest(tmp_path: Path) -> None:
    async with collecting(tmp_path) as at:
        assert await at.collector.committed(0, timeout_s=0.01) == 0
        waiting = asyncio.create_task(at.collector.committed(0, timeout_s=SOON_S))
        await asyncio.sleep(0)
        for entry in start():
            at.collector.put(entry)
        assert await waiting == at.collector.station.committed_seq > 0
        assert await at.collector.committed(0, timeout_s=0) == at.collector.station.committed_seq


class SlowJournal(FailingJournal):
    """Waits in each append until it is let go."""

    go = threading.Event()
    inside = threading.Event()

    def append(self, groups: Sequence[Group], keep: Keep) -> None:
        self.inside.set()
        self.go.wait(SOON_S)
        super().append(groups, keep)


async def test_stopping_while_the_writer_is_busy_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with collecting(tmp_path) as at:
        at.journal.__class__ = SlowJournal
        told: list[str] = []
        await at.collector.put_reads(some(3), lambda: told.append("first"))
        await within(SlowJournal.inside.is_set)
        at.collector.end()
        await at.collector.put_reads(some(2, 3), lambda: told.append("second"))
        await asyncio.sleep(0)
        SlowJournal.go.set()
        await within(lambda: at.collector.reads_committed == 3)
        await at.collector.drain()
        assert (told, at.collector.reads_committed) == (["first", "second"], 5)
        assert await reads_kept(at) == some(5)
        assert at.collector.station.pipeline.state.sources == {"local": 2}
    assert await checkpointed(tmp_path)


async def checkpointed(folder: Path) -> bool:
    def look() -> bool:
        connection = sqlite3.connect(folder / "state.db")
        (found,) = connection.execute("SELECT count(*) FROM checkpoints").fetchone()
        connection.close()
        return int(found) > 0

    return await asyncio.to_thread(look)


async def test_a_stop_with_a_disk_that_refuses_ends_and_says_what_is_lost(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    limits = LimitsSettings(reads_waiting_max=1_000, uncommitted_reads_max=1_000)
    async with collecting(tmp_path, limits) as at, asyncio.timeout(SOON_S):
        at.journal.refuses = lambda _append: True
        await at.collector.put_reads(some(1_500))
        await within(lambda: at.collector.station.full)
        await at.collector.put_reads(some(5))
        with caplog.at_level(logging.ERROR):
            await at.collector.drain()
    assert "stopped with 1505 reads not committed: the journal can not be written" in caplog.text


async def test_other_work_on_the_file_is_a_transaction_of_its_own(tmp_path: Path) -> None:
    async with collecting(tmp_path) as at:

        def half(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO followers VALUES ('x', 1)")
            raise ValueError("no")

        def look(connection: sqlite3.Connection) -> int:
            return int(connection.execute("SELECT count(*) FROM followers").fetchone()[0])

        with pytest.raises(ValueError, match="no"):
            await at.collector.transact(half)
        assert await at.collector.transact(look) == 0
