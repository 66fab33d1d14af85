"""The live stream over a real server: order, resume and reset."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from api.app import Api
from api.feed import KEPT_EVENTS_MAX
from tests.api.fake_gateway import NOON_NS, FakeDesk, moved, raised
from tests.api.listening import listening, serving
from tests.history.made import crossing


@pytest.fixture
async def address(app: Api) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield url


async def test_what_happens_is_told_in_order_with_its_seq(
    address: str,
    keys: dict[str, str],
    desk: FakeDesk,
) -> None:
    async with listening(address, keys["viewer"]) as told:
        assert await told.until_id() == "0"
        await desk.happen(moved("aa", None, "hall", 1), desk.health[0])
        await desk.happen(raised("a1", "L1"))
        events = [await told.next() for _ in range(3)]
    assert [(seq, event) for seq, event, _ in events] == [
        ("1", "movement"),
        ("2", "reader"),
        ("3", "alert"),
    ]
    assert '"transition":"raised"' in events[2][2]


async def test_a_client_that_comes_back_misses_nothing_and_gets_nothing_twice(
    address: str,
    keys: dict[str, str],
    desk: FakeDesk,
) -> None:
    seen: list[int] = []
    last_id = "0"
    for session in range(4):
        headers = {"last-event-id": last_id}
        async with listening(address, keys["viewer"], "?after=999", headers) as told:
            await desk.happen(*(moved(f"{session:02x}{n:02x}", None, "hall", n) for n in range(30)))
            for _ in range(20):
                last_id, _, _ = await told.next()
                seen.append(int(last_id))
    async with listening(address, keys["viewer"], f"?after={last_id}") as told:
        while len(seen) < 120:
            seen.append(int((await told.next())[0]))
    assert seen == list(range(1, 121))


async def test_a_crossing_that_was_missed_is_told_to_who_comes_back(
    address: str,
    keys: dict[str, str],
    desk: FakeDesk,
) -> None:
    await desk.happen(moved("aa", None, "hall", 1), crossing("aa", "dock", NOON_NS))
    async with listening(address, keys["viewer"], "?after=1") as told:
        seq, event, data = await told.next()
    assert (seq, event) == ("2", "crossing")
    assert '"portal":"dock","direction":"outbound","confidence":0.875' in data


async def test_many_events_at_once_arrive_whole(
    address: str,
    keys: dict[str, str],
    desk: FakeDesk,
) -> None:
    many = 3 * KEPT_EVENTS_MAX // 2
    async with listening(address, keys["viewer"]) as told:
        _ = await told.until_id()
        await desk.happen(*(moved(f"{n:06x}", None, "hall", n) for n in range(many)))
        seen = [int((await told.next())[0]) for _ in range(many)]
    assert seen == list(range(1, many + 1))


async def test_a_client_from_before_what_is_kept_is_reset(
    address: str,
    keys: dict[str, str],
    desk: FakeDesk,
) -> None:
    await desk.happen(*(moved(f"{n:02x}", None, "hall", n) for n in range(5)))
    _ = await asyncio.to_thread(
        desk.state.executescript,
        "DELETE FROM events WHERE seq < 4;UPDATE marks SET value = 3 WHERE name = 'events_expired'",
    )
    async with listening(address, keys["viewer"], "?after=1") as told:
        assert await told.next() == ("3", "reset", '{"first":4}')
        assert [(await told.next())[0] for _ in range(2)] == ["4", "5"]
    async with listening(address, keys["viewer"], "?after=3") as told:
        assert (await told.next())[:2] == ("4", "movement")


async def test_a_client_that_knows_the_future_is_reset(
    address: str,
    keys: dict[str, str],
    desk: FakeDesk,
) -> None:
    await desk.happen(moved("aa", None, "hall", 1))
    async with listening(address, keys["viewer"], "?after=500") as told:
        assert await told.next() == ("0", "reset", '{"first":1}')
        assert (await told.next())[0] == "1"


async def test_a_quiet_stream_has_a_heartbeat(address: str, keys: dict[str, str]) -> None:
    async with listening(address, keys["viewer"]) as told:
        await told.until_comment()
        await told.until_comment()
