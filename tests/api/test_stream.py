"""The live stream over a real server: order, resume, reset, and clients that misbehave."""

import asyncio
import socket
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import httpx
import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from api.app import Api, create_app
from api.feed import KEPT_EVENTS_MAX, Feed
from api.stream import StreamLimits
from history.callers import Scope
from history.keys import KeyLimits, create_key
from history.questions import Event, StateQuestions
from inventory.assets import Asset
from inventory.changes import StoreAssets
from tests.api.fake_gateway import NOON_NS, FakeDesk, moved, raised
from tests.history.made import crossing

STREAM = "/api/v1/stream"


class Told:
    """Server-sent events as a browser understands them."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()
        self.last_id = ""
        self.comments = 0
        self.events: list[str] = []

    async def next(self) -> tuple[str, str, str]:
        """The id, name and data of the next event."""
        event, data = "message", ""
        async with asyncio.timeout(10):
            async for line in self._lines:
                field, _, value = line.partition(": ")
                match field:
                    case "id":
                        self.last_id = value
                    case "event":
                        event = value
                    case "data":
                        data = value
                    case "" if value:
                        self.comments += 1
                    case _ if data:
                        return self.last_id, event, data
                    case _:
                        pass
        raise EOFError

    async def next_id(self) -> str:
        """The next id, of an event or alone; `events` are the ids of those that were events."""
        async with asyncio.timeout(10):
            async for line in self._lines:
                field, _, value = line.partition(": ")
                if field == "data":
                    self.events.append(self.last_id)
                elif field == "id":
                    self.last_id = value
                elif not line and self.last_id:
                    return self.last_id
        raise EOFError

    async def until_id(self) -> str:
        """Read up to the first id: the stream has begun."""
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith("id: "):
                    self.last_id = line[4:]
                    return self.last_id
        raise EOFError

    async def until_comment(self) -> None:
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith(":"):
                    return
        raise EOFError

    async def rest(self) -> list[str]:
        async with asyncio.timeout(10):
            return [line async for line in self._lines]


@pytest.fixture
async def address(app: Api) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield url


@asynccontextmanager
async def serving(app: Api) -> AsyncGenerator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(app, lifespan="off", ws="none", log_level="critical")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        app.streams.end_all()
        server.should_exit = True
        await task
        listener.close()


@asynccontextmanager
async def listening(
    address: str,
    key: str,
    query: str = "",
    headers: dict[str, str] | None = None,
) -> AsyncGenerator[Told]:
    sent = {"authorization": f"Bearer {key}", **(headers or {})}
    async with (
        httpx.AsyncClient(base_url=address, headers=sent) as client,
        client.stream("GET", STREAM + query) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield Told(answer)


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


async def test_a_stream_ends_when_its_key_is_withdrawn(
    keys: dict[str, str],
    desk: FakeDesk,
    app: Api,
) -> None:
    async with serving(app) as address, listening(address, keys["viewer"]) as told:
        _ = await told.until_id()
        _ = await asyncio.to_thread(desk.state.execute, "DELETE FROM api_keys")
        app.state.access.keys._kept.clear()
        _ = await told.rest()
    assert app.state.metrics.get_sample_value(
        "tagwarden_streams_ended_total",
        {"reason": "denied"},
    ) == pytest.approx(1)


async def test_a_client_that_does_not_read_is_let_go(
    address: str,
    keys: dict[str, str],
    desk: FakeDesk,
    app: Api,
) -> None:
    host, port = address.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)  # noqa: FBT003 -- the name of the method says it
        await loop.sock_connect(deaf, (host, int(port)))
        asked = (
            f"GET {STREAM} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {keys['viewer']}"
        )
        await loop.sock_sendall(deaf, f"{asked}\r\n\r\n".encode())
        assert await loop.sock_recv(deaf, 12) == b"HTTP/1.1 200"
        async with asyncio.timeout(50):
            for flood in count():
                await desk.happen(*(moved(f"{n:0200x}", None, "hall", flood) for n in range(500)))
                if ended(app, "slow"):
                    break
    assert clients(app) == 0


def ended(app: Api, reason: str) -> float:
    sample: float | None = app.state.metrics.get_sample_value(
        "tagwarden_streams_ended_total",
        {"reason": reason},
    )
    return sample or 0.0


def clients(app: Api) -> float:
    sample: float | None = app.state.metrics.get_sample_value("tagwarden_stream_clients")
    return sample or 0.0


async def test_a_client_that_goes_is_forgotten(
    address: str,
    keys: dict[str, str],
    app: Api,
) -> None:
    async with listening(address, keys["viewer"]) as told:
        _ = await told.until_id()
        assert clients(app) == 1
    async with asyncio.timeout(10):
        while clients(app):  # noqa: ASYNC110 -- the server gives no sign when it has noticed
            await asyncio.sleep(0.01)


async def test_one_client_too_many_is_told_to_come_back_later(
    desk: FakeDesk,
    questions: StateQuestions,
    keys: dict[str, str],
    app: Api,
) -> None:
    check = app.state.access.keys._check_key
    full = create_app(desk, questions, check, CollectorRegistry(), StreamLimits(clients_max=0))
    async with serving(full) as address, httpx.AsyncClient(base_url=address) as client:
        answer = await client.get(STREAM, headers={"authorization": f"Bearer {keys['viewer']}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_all_streams_end_when_the_gateway_stops(
    address: str,
    keys: dict[str, str],
    app: Api,
) -> None:
    async with listening(address, keys["viewer"]) as told:
        _ = await told.until_id()
        app.streams.end_all()
        _ = await told.rest()
    assert clients(app) == 0


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


async def test_a_slow_client_does_not_keep_others_waiting(
    address: str, keys: dict[str, str], desk: FakeDesk, app: Api
) -> None:
    host, port = address.removeprefix("http://").split(":")
    asked = f"GET {STREAM} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {keys['viewer']}"
    loop = asyncio.get_running_loop()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)  # noqa: FBT003 -- the name of the method says it
        await loop.sock_connect(deaf, (host, int(port)))
        await loop.sock_sendall(deaf, f"{asked}\r\n\r\n".encode())
        async with listening(address, keys["viewer"]) as told:
            _ = await told.until_id()
            for flood in range(4):
                await desk.happen(*(moved(f"{n:0400x}", None, "hall", flood) for n in range(500)))
            last = [int((await told.next())[0]) for _ in range(2000)][-1]
        assert last == 2000
    assert ended(app, "slow") == 0


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
