"""The acceptance scenarios of alerts by their numbers: how they reach people."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from alerts.changes import GatewayFault
from delivery.attempt import Attempt, Delivery
from delivery.outbox import message_id
from delivery.worker import IN_FLIGHT_MAX
from gateway.entries import Entry
from simulators.mosquitto import Mosquitto
from tags.reads import Read
from tags.times import SECOND_NS
from tests.delivery.made import SECRET, T0_NS, Clock, Counts, Store, change, state_db
from tests.delivery.receiver import Post, Receiver, listening, reply
from tests.delivery.running import running, scripted
from tests.delivery.told import listening_to
from tests.gateway.depot import Depot, depot, hook, site_text
from tests.gateway.made import within
from tests.mosquitto import mosquitto

ROOT = Path(__file__).parents[2]
MESSAGES = (("a1", 1), ("a2", 1), ("a1", 2))
EXPECTED = {message_id(*message, "guards") for message in MESSAGES}
DELIVERIES = "/api/v1/deliveries"


async def rows_of(at: Depot, **asked: str) -> list[dict[str, Any]]:
    async with at.client() as client:
        answer = await client.get(DELIVERIES, params=asked)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def delivered(at: Depot) -> dict[str, Any]:
    """The one message of the depot, once it is delivered."""
    async with asyncio.timeout(20):
        while True:
            for row in await rows_of(at, state="delivered"):
                return row
            await asyncio.sleep(0.02)


async def test_22_a_message_is_tried_under_one_id_until_it_is_taken(tmp_path: Path) -> None:
    async with listening() as guards:
        guards.answers = [reply(503), reply(503)]
        async with depot(tmp_path, site_text(hook(guards), "guards")) as at:
            await at.walk_out(0)
            row = await delivered(at)
    for post in guards.posts:
        post.verify(SECRET)
    assert [post.headers["webhook-id"] for post in guards.posts] == [row["id"]] * 3
    assert (row["state"], row["attempts"]) == ("delivered", 3)
    assert [one["outcome"] for one in row["tries"]] == ["retry", "retry", "done"]


async def killed_at_each_step(folder: Path, receiver: Receiver) -> list[dict[str, Any]]:
    command = ["-m", "tests.delivery.dying", str(folder), str(receiver.port)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return [json.loads(line) for line in out.splitlines()]


def order_of(posts: Sequence[Post], alert: str) -> list[int]:
    """The transitions of an alert as they came, repetitions left out."""
    bodies = [json.loads(post.body) for post in posts]
    mine = [body["timestamp"] for body in bodies if body["data"]["id"] == alert]
    return [len(set(mine[: mine.index(one) + 1])) for one, _ in groupby(mine)]


async def test_23_a_kill_between_any_two_steps_loses_nothing_and_keeps_ids(tmp_path: Path) -> None:
    async with listening() as receiver:
        found = await killed_at_each_step(tmp_path, receiver)
    assert len(found) > 12
    assert [one["died"] for one in found] == [True] * (len(found) - 1) + [False]
    doubled = 0
    for one in found:
        posts = [post for post in receiver.posts if post.target == f"/{one['step']}"]
        bodies = {post.headers["webhook-id"]: post.body for post in posts}
        assert set(bodies) == EXPECTED, one
        assert all(post.body == bodies[post.headers["webhook-id"]] for post in posts), one
        assert one["states"] == ["delivered"] * 3, one
        # Two alerts were on their way at most, each with one message.
        assert len(posts) <= len(EXPECTED) + 2, one
        assert order_of(posts, "a1") == [1, 2], one
        assert one["took_s"] < 10, one
        doubled += len(posts) > len(EXPECTED)
    assert doubled, "no kill hit the one moment in which nobody can know"


async def test_23_a_refused_message_is_dead_at_once_and_goes_when_it_is_sent_again(
    tmp_path: Path,
) -> None:
    async with listening() as guards:
        guards.answers = [reply(400)]
        async with depot(tmp_path, site_text(hook(guards), "guards")) as at:
            faults = heard_faults(at)
            await at.walk_out(0)
            await within(lambda: faults == [("guards", True)])
            (dead,) = await rows_of(at, state="dead")
            assert dead["last_error"] == "answered 400"
            async with at.client() as client:
                again = await client.post(f"{DELIVERIES}/{dead['id']}/redeliver")
            assert again.status_code == 200
            assert (await delivered(at))["id"] == dead["id"]
            await within(lambda: faults == [("guards", True), ("guards", False)])
    assert [post.headers["webhook-id"] for post in guards.posts] == [dead["id"]] * 2


async def test_23_a_receiver_that_is_gone_is_shut_until_a_test_gets_through(tmp_path: Path) -> None:
    async with listening() as guards:
        guards.answers = [reply(410)]
        async with depot(tmp_path, site_text(hook(guards), "guards")) as at, at.client() as client:
            faults = heard_faults(at)
            await at.walk_out(0)
            await within(lambda: faults == [("guards", True)])
            shown = (await client.get("/api/v1/channels")).json()["items"][0]
            assert (shown["state"], shown["dead"]) == ("disabled", 1)
            await at.walk_out(1)
            await within(lambda: len(at.gateway.station.pipeline.state.judged.cases) > 1)
            assert (await client.post("/api/v1/channels/guards/test")).status_code == 202
            await within(lambda: len(guards.posts) == 3)
            await within(lambda: faults == [("guards", True), ("guards", False)])
            async with asyncio.timeout(20):
                while await rows_of(at, state="waiting"):  # noqa: ASYNC110 - seen from outside
                    await asyncio.sleep(0.02)
            shown = (await client.get("/api/v1/channels")).json()["items"][0]
            assert (shown["state"], shown["waiting"]) == ("closed", 0)
    types = [json.loads(post.body)["type"] for post in guards.posts]
    assert types == ["alert.raised", "alert.test", "alert.raised"]


def rules_told(receiver: Receiver) -> list[tuple[str, str]]:
    """Type and rule of each message that came."""
    bodies = [json.loads(post.body) for post in receiver.posts]
    return [(body["type"], body["data"]["rule"]) for body in bodies]


async def test_23_another_channel_is_told_that_one_is_broken_and_works_again(
    tmp_path: Path,
) -> None:
    async with listening() as guards, listening() as mail:
        guards.answers = [reply(400)]
        channels = hook(guards) + hook(mail, "mail")
        async with depot(tmp_path, site_text(channels, "guards", "guards, mail")) as at:
            await at.walk_out(0)
            await within(lambda: rules_told(mail) == [("alert.raised", "system: delivery")])
            await at.walk_out(1)
            await within(lambda: ("alert.cleared", "system: delivery") in rules_told(mail))
    assert rules_told(guards) == [("alert.raised", "stay in")] * 2


async def test_25_a_full_disk_is_told_from_memory_and_over_when_there_is_room(
    tmp_path: Path,
) -> None:
    async with listening() as guards:
        site = site_text(hook(guards), "guards", "guards")
        async with depot(tmp_path, site) as at, at.client() as client:
            await at.full_disk()
            acknowledged: list[str] = []
            await at.walk_out(0, acknowledge=lambda: acknowledged.append("L0"))
            await within(lambda: ("alert.raised", "system: store") in rules_told(guards))
            await within(lambda: ("alert.raised", "stay in") in rules_told(guards))
            assert (await client.get("/readyz")).status_code == 503
            assert acknowledged == []
            await at.free_disk()
            await within(lambda: ("alert.cleared", "system: store") in rules_told(guards))
            assert (await client.get("/readyz")).status_code == 200
            assert acknowledged == ["L0"]
            await within(lambda: not at.gateway._delivering.outbox.in_memory)
            states = {row["state"] for row in await rows_of(at)}
    ids = [post.headers["webhook-id"] for post in guards.posts]
    assert len(ids) == len(set(ids))
    assert rules_told(guards).count(("alert.raised", "stay in")) == 1
    assert states <= {"delivered", "waiting"}


def heard_faults(at: Depot) -> list[tuple[str, bool]]:
    """What the pipeline is told of channels, as it comes in."""
    found: list[tuple[str, bool]] = []
    put = at.gateway.collector.put

    def listen(entry: Entry) -> None:
        if isinstance(entry, GatewayFault):
            found.append((entry.name, entry.broken))
        put(entry)

    at.gateway.collector.put = listen  # type: ignore[method-assign] # it listens for a test
    return found


class Minute(Clock):
    """Half a second passes with each look, and four alerts are raised in each second of it."""

    def __init__(self, store: Store) -> None:
        super().__init__(T0_NS)
        self.raised = 0
        self._store = store

    async def wait(self, event: asyncio.Event, timeout_s: float | None) -> None:
        if event.is_set():
            return
        self.now_ns += round(min(0.5 if timeout_s is None else timeout_s, 0.5) * SECOND_NS)
        while self.now_ns >= T0_NS + self.raised * SECOND_NS // 4 and self.raised < 240:
            await self._store.add(change(f"a{self.raised}"), now_ns=self.now_ns)
            self.raised += 1
        await asyncio.sleep(0)


class Away:
    """A broker that is down for a minute; it notes when it took which message."""

    def __init__(self, clock: Minute) -> None:
        self.took_ns: dict[str, list[int]] = {}
        self.tries = 0
        self.at_once = self.at_once_max = 0
        self._clock = clock

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        self.tries += 1
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if now_ns < T0_NS + 60 * SECOND_NS:
            return Attempt("retry", "not answered: connection refused")
        self.took_ns.setdefault(delivery.id, []).append(self._clock())
        return Attempt("done")


async def test_24_after_a_minute_without_broker_all_is_told_within_ten_seconds() -> None:
    store = Store(state_db())
    clock = Minute(store)
    away, counts = Away(clock), Counts()
    async with running(scripted({"guards": away}, store, counts, clock)):
        await counts.reach(*[("guards", "delivered")] * 240)
    store.close()
    assert {len(took) for took in away.took_ns.values()} == {1}
    assert len(away.took_ns) == 240
    assert max(took[0] for took in away.took_ns.values()) <= T0_NS + 70 * SECOND_NS
    # What waits is on the disk; in memory is what is on its way.
    assert away.at_once_max <= IN_FLIGHT_MAX
    assert away.tries < 240 + 30


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


async def read_much(at: Depot, until_s: float) -> int:
    """A thousand reads a second of a hundred other tags; how many they were."""
    loop, sent = asyncio.get_running_loop(), 0
    while loop.time() < until_s:
        now_ns = time.time_ns()
        tags = [f"e280{n:04x}" for n in range(100)]
        await at.gateway.collector.put_reads(
            [Read(tag, "door", 1, now_ns, now_ns, -60.0) for tag in tags]
        )
        sent += len(tags)
        await asyncio.sleep(0.1)
    return sent


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as broker:
        yield broker


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_24_a_broker_that_is_down_for_a_minute_loses_and_doubles_nothing(
    tmp_path: Path, broker: Mosquitto
) -> None:
    loop = asyncio.get_running_loop()
    channel = f"  - {{name: guards, kind: mqtt, address: {broker.address}}}\n"
    async with depot(tmp_path / "data", site_text(channel, "guards")) as at:
        await at.walk_out(0)
        await delivered(at)
        await asyncio.to_thread(broker.stop)
        before_mb, began_s = await asyncio.to_thread(resident_mb), loop.time()
        reading = asyncio.create_task(read_much(at, began_s + 75))
        for laptop in range(1, 19):  # fewer than make a storm
            await at.walk_out(laptop)
            await asyncio.sleep(3)
        await asyncio.sleep(began_s + 60 - loop.time())
        assert len(await rows_of(at, state="waiting")) == 18
        await asyncio.to_thread(broker.start)
        with listening_to(broker.port, "tagwarden/depot/alerts/raised") as listener:
            back_s = loop.time()
            while await rows_of(at, state="waiting"):
                assert loop.time() - back_s < 10
                await asyncio.sleep(0.1)
            grown_mb = await asyncio.to_thread(resident_mb) - before_mb
            ids = [json.loads(payload)["id"] for _, payload in listener.heard]
        assert await reading > 50_000
        rows = await rows_of(at)
    assert {row["state"] for row in rows} == {"delivered"}
    assert len(rows) == 19
    assert len(ids) == len(set(ids))
    assert grown_mb < 50
