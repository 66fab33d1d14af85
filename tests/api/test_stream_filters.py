"""What a listener of the stream is told of: its filters, and its limits."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import httpx
import pytest

from api.app import Api
from history.callers import Scope
from history.keys import KeyLimits, create_key
from inventory.assets import Asset
from inventory.changes import StoreAssets
from tests.api.fake_gateway import NOON_NS, FakeDesk, moved, raised
from tests.api.listening import STREAM, listening, serving
from tests.history.made import crossing


@pytest.fixture
async def address(app: Api) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield url


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("types=alert", ["4"]),
        ("types=movement,reader", ["1", "2", "3", "6"]),
        ("zone=gate", ["2", "4"]),
        ("asset=L2", ["2"]),
        ("tag=AA", ["1", "5"]),
        ("group=tools", ["1", "4"]),
        ("rule=rule of L1", ["4"]),
        ("severity=critical", ["4"]),
        ("severity=info", []),
        ("types=movement&zone=hall", ["1", "2", "3"]),
        ("asset=L1&zone=gate", ["4"]),
    ],
)
async def test_a_filter_lets_through_what_it_names_and_nothing_else(
    address: str, keys: dict[str, str], desk: FakeDesk, query: str, expected: list[str]
) -> None:
    desk.register.store(
        StoreAssets(arrival_ns=NOON_NS, by="test", assets=(Asset(id="L1", group="tools"),))
    )
    await desk.happen(
        moved("aa", None, "hall", 1, "L1"),
        moved("bb", "hall", "gate", 2, "L2"),
        moved("cc", "hall", None, 3),
        raised("a1", "L1"),
        crossing("aa", "dock", NOON_NS),
        desk.health[0],
    )
    async with listening(address, keys["viewer"], f"?after=0&{query}") as told:
        while (await told.next_id()) != "6":
            pass
    assert told.events == expected


async def test_an_unknown_type_of_event_is_refused(viewer: httpx.AsyncClient) -> None:
    answer = await viewer.get(STREAM, params={"types": "movement,smoke"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "types")


async def test_a_filtered_client_that_comes_back_misses_nothing_and_gets_nothing_twice(
    address: str, keys: dict[str, str], desk: FakeDesk
) -> None:
    seen: list[str] = []
    last_id = "0"
    for session in range(4):
        headers = {"last-event-id": last_id}
        async with listening(address, keys["viewer"], "?asset=L1", headers) as told:
            for n in range(30):
                tag = f"{session:02x}{n:02x}"
                await desk.happen(moved(tag, None, "hall", n, "L1" if n % 3 else "L2"))
            for _ in range(15):
                last_id, _, _ = await told.next()
                seen.append(last_id)
    async with listening(address, keys["viewer"], "?asset=L1", {"last-event-id": last_id}) as told:
        while len(seen) < 80:
            seen.append((await told.next())[0])
    assert seen == [str(seq) for seq in range(1, 121) if (seq - 1) % 30 % 3]


async def test_the_id_goes_on_where_nothing_passes_the_filter(
    address: str, keys: dict[str, str], desk: FakeDesk
) -> None:
    async with listening(address, keys["viewer"], "?types=alert") as told:
        await desk.happen(*(moved(f"{n:02x}", None, "hall", n) for n in range(7)))
        async with asyncio.timeout(10):
            while await told.next_id() != "7":
                pass
        assert told.events == []


async def test_a_key_limited_to_a_zone_is_told_of_that_zone_only(
    address: str, desk: FakeDesk
) -> None:
    limits = KeyLimits(scope=Scope(zones=("hall",)))

    def work(state: sqlite3.Connection) -> str:
        return create_key(state, "of the hall", "viewer", NOON_NS, "test", limits)

    key = await desk.transact(work)
    async with listening(address, key) as told:
        await desk.happen(
            moved("aa", None, "hall", 1),
            moved("bb", None, "gate", 2),
            moved("cc", "gate", "hall", 3),
        )
        assert [(await told.next())[0] for _ in range(2)] == ["1", "3"]
