"""The acceptance scenarios of alerts by their numbers: how they reach people."""

import asyncio
import json
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from delivery.attempt import Attempt, Delivery
from delivery.outbox import message_id
from delivery.worker import IN_FLIGHT_MAX
from gateway.entries import GatewayFault
from tags.times import SECOND_NS
from tests.delivery.made import SECRET, T0_NS, Clock, Counts, Store, change, state_db
from tests.delivery.receiver import Post, Receiver, listening, reply
from tests.delivery.running import running, scripted
from tests.gateway.depot import Depot, depot, hook, site_text
from tests.gateway.made import within

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
                while await rows_of(at, state="waiting"):
                    await asyncio.sleep(0.02)
            shown = (await client.get("/api/v1/channels")).json()["items"][0]
            assert (shown["state"], shown["waiting"]) == ("closed", 0)
    types = [json.loads(post.body)["type"] for post in guards.posts]
    assert types == ["alert.raised", "alert.test", "alert.raised"]


def heard_faults(at: Depot) -> list[tuple[str, bool]]:
    """What the pipeline is told of channels, as it comes in."""
    found: list[tuple[str, bool]] = []
    put = at.gateway.collector.put

    def listen(entry: Any) -> None:
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
