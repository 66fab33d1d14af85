"""The clock of the machine jumps by an hour: no exit, no departure, and nothing is lost."""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from tags.reads import Read
from tests.acceptance.running import items, until
from tests.delivery.receiver import Receiver, listening
from tests.faults.plant import heard
from tests.gateway.depot import TAGS, Depot, depot, hook, site_text

HOUR_NS = 3600 * 10**9
LAPTOPS, ROUNDS = 4, 12


class Wall:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def __call__(self) -> int:
        return time.time_ns() + self.ahead_ns


@pytest.mark.parametrize("jump_ns", [HOUR_NS, -HOUR_NS])
async def test_a_jump_by_an_hour_is_no_exit_and_a_real_one_is_told_once(
    jump_ns: int, tmp_path: Path
) -> None:
    wall = Wall()
    async with (
        listening() as receiver,
        depot(tmp_path, site_text(hook(receiver), "guards"), wall) as at,
        at.client() as client,
    ):
        await _stay(at)
        await until(lambda: _are_there(client), 10, "all laptops are in the hall")
        wall.ahead_ns = jump_ns
        await _stay(at)
        assert await items(client, "/api/v1/alerts") == []
        await _hear(at, 2, [0])
        await until(lambda: _is_told(receiver), 10, "the webhook of the exit")
        raised = await items(client, "/api/v1/alerts")
        moved = await items(client, "/api/v1/movements")
        assert [alert["asset"] for alert in raised] == ["L0"]
        assert sorted(each["kind"] for each in moved) == ["arrived"] * LAPTOPS + ["moved"]
        assert len(receiver.posts) == 1
    reads = LAPTOPS * ROUNDS * 2 + 1
    found = await asyncio.to_thread(heard, tmp_path)
    assert sum(sighting.count for sighting in found) == reads


async def _stay(at: Depot) -> None:
    """All laptops are heard in the hall for a while; each round is committed before the next."""
    for _ in range(ROUNDS):
        await _hear(at, 1, range(LAPTOPS))


async def _hear(at: Depot, antenna: int, laptops: Iterable[int]) -> None:
    now_ns = at.gateway._clock()
    level_dbm = {1: -60.0, 2: -45.0}[antenna]
    reads = [Read(TAGS[n], "door", antenna, now_ns, now_ns, level_dbm) for n in laptops]
    await at.gateway.collector.put_reads(reads)
    wanted = at.gateway.collector.reads_committed + len(reads)

    async def are_committed() -> bool:
        return at.gateway.collector.reads_committed >= wanted

    await until(are_committed, 10, "the reads are committed")


async def _is_told(receiver: Receiver) -> bool:
    return bool(receiver.posts)


async def _are_there(client: httpx.AsyncClient) -> bool:
    return len(await items(client, "/api/v1/zones/hall/assets")) == LAPTOPS
