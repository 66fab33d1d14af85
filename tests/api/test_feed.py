"""The feed of the stream: each event is read once for all, and none is told twice."""

import asyncio

import pytest

from api.feed import KEPT_EVENTS_MAX, Feed
from history.questions import Event


async def test_a_feed_reads_each_event_once_for_all_who_listen() -> None:
    asked: list[int] = []
    events = [Event(seq, "movement", "{}") for seq in range(1, 11)]

    async def read(after: int, limit: int) -> list[Event]:
        asked.append(after)
        await asyncio.sleep(0)
        return [event for event in events if event.seq > after][:limit]

    feed = Feed(read, 0)
    found = await asyncio.gather(*(feed.after(0, 10) for _ in range(50)))
    assert asked == [0]
    assert all([frame.seq for frame in frames] == list(range(1, 11)) for frames in found)


async def test_what_was_committed_meanwhile_is_told_once() -> None:
    events = [Event(seq, "movement", "{}") for seq in range(1, 8)]

    async def read(after: int, limit: int) -> list[Event]:
        return [event for event in events if event.seq > after][:limit]

    feed = Feed(read, 0)
    seen = [frame.seq for frame in await feed.after(0, 4)]
    seen += [frame.seq for frame in await feed.after(seen[-1], 7)]
    assert seen == list(range(1, 8))
    assert [frame.seq for frame in await feed.after(3, 7)] == [4, 5, 6, 7]


async def test_a_feed_that_forgot_asks_the_table() -> None:
    many = KEPT_EVENTS_MAX + 700
    events = [Event(seq, "movement", "{}") for seq in range(1, many + 1)]

    async def read(after: int, limit: int) -> list[Event]:
        return events[after : after + limit]

    feed = Feed(read, 0)
    seen: list[int] = []
    while frames := await feed.after(seen[-1] if seen else 0, many):
        seen += [frame.seq for frame in frames]
    assert seen == list(range(1, many + 1))
    assert not feed.keeps(0)
    assert feed.keeps(700)


@pytest.mark.parametrize("start", [0, 1], ids=["in memory", "from the table"])
async def test_a_feed_that_is_to_forget_tells_the_past_as_it_is_now(start: int) -> None:
    named, gate = ["former"], asyncio.Event()
    gate.set()

    async def read(after: int, _limit: int) -> list[Event]:
        events = [Event(seq, "movement", f'{{"tag": "{named[0]}"}}') for seq in range(1, 501)]
        await gate.wait()
        return events[after:]

    feed = Feed(read, 500 * start)
    assert {frame.body["tag"] for frame in await feed.after(0, 500)} == {"former"}
    named[0] = "other"
    feed.forget()
    assert {frame.body["tag"] for frame in await feed.after(0, 500)} == {"other"}
    feed.forget()
    gate.clear()
    asked = asyncio.create_task(feed.after(0, 500))
    await asyncio.sleep(0)
    named[0] = "last"
    feed.forget()
    gate.set()
    assert {frame.body["tag"] for frame in await asked} == {"last"}


async def test_what_is_read_while_a_feed_is_to_forget_is_read_again() -> None:
    named, gate = ["former"], asyncio.Event()

    async def read(after: int, _limit: int) -> list[Event]:
        events = [Event(seq, "movement", f'{{"tag": "{named[0]}"}}') for seq in range(1, 4)]
        await gate.wait()
        return events[after:]

    feed = Feed(read, 0)
    asked = asyncio.create_task(feed.after(0, 3))
    await asyncio.sleep(0)
    named[0] = "other"
    feed.forget()
    gate.set()
    assert [frame.body["tag"] for frame in await asked] == ["other"] * 3
    assert [frame.body["tag"] for frame in await feed.after(0, 3)] == ["other"] * 3
