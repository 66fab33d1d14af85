"""The gateway is killed at random moments under load: nothing committed or told is lost."""

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx
import pytest

from simulators.llrp_reader import LlrpReader, make_tags
from tests.acceptance.aftermath import (
    Committed,
    committed,
    copied,
    reads_are_numbered_without_gap,
    recovery_equals_replay,
    sightings_counted,
)
from tests.acceptance.running import (
    SECRET,
    RunningGateway,
    Walk,
    asking,
    gateway,
    items,
    make_key,
    playing,
    started,
    tagwarden,
    until,
    warehouse_text,
)
from tests.delivery.receiver import Receiver, listening, reply

NAMES = ("hall-1", "dock-1", "gate-1")
TAGS = make_tags(200, seed=7)
"""Each is heard ten times a second: 2,000 reads/s."""

READY_S_MAX = 5.0


@dataclass
class Ordeal:
    """A depot whose gateway dies again and again, and what is known of it from outside."""

    folder: Path
    rng: random.Random
    walk: Walk
    hook: Receiver
    key: str = ""
    round: int = 0
    verified: int = 0
    laptops: list[str] = field(default_factory=list)
    out: set[str] = field(default_factory=set)
    promised: set[str] = field(default_factory=set)
    ready_s: list[float] = field(default_factory=list)
    kept: Committed = field(default_factory=lambda: Committed({}, {}, {}))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def site(self) -> Path:
        return self.folder / "site.yaml"

    @property
    def log(self) -> Path:
        return self.folder / f"log-{self.round}"


@asynccontextmanager
async def ordeal(folder: Path, seed: int, laptops: int) -> AsyncGenerator[Ordeal]:
    async with AsyncExitStack() as stack:
        readers = {name: await stack.enter_async_context(LlrpReader()) for name in NAMES}
        hook = await stack.enter_async_context(listening())
        found = Ordeal(folder, random.Random(seed), Walk(readers), hook)
        addresses = [reader.address for reader in readers.values()]
        found.site.write_text(warehouse_text(addresses, hook.port), encoding="utf-8")
        found.key = await make_key(found.data)
        found.laptops = TAGS[:laptops]
        rows = [f"{tag},laptop,{tag}\n" for tag in found.laptops]
        csv = folder / "laptops.csv"
        csv.write_text("id,category,tags\n" + "".join(rows), encoding="utf-8")
        assert (await tagwarden("import", "assets", csv, "--data", found.data)).code == 0
        found.walk.spots = {tag: ("hall-1", 1 + at % 4) for at, tag in enumerate(TAGS)}
        await stack.enter_async_context(playing(found.walk))
        yield found


async def walk_out_one(at: Ordeal) -> None:
    """The next laptop comes to the gate and stays there; half of all posts are refused once."""
    await asyncio.sleep(at.rng.uniform(0, 1.0))
    left = [tag for tag in at.laptops if tag not in at.out]
    if left:
        at.out.add(left[0])
        at.walk.spots[left[0]] = ("gate-1", 2)
        at.hook.answers += [reply(503)] * at.rng.randrange(2)


async def store_assets(at: Ordeal, running: RunningGateway) -> None:
    """Store assets as fast as answers come; each 200 or 201 is a promise."""
    async with asking(running.url, at.key) as client:
        while True:
            name = f"promise-{at.round}-{len(at.promised)}"
            with suppress(httpx.TransportError):
                answer = await client.put(f"/assets/{name}", json={"category": "cart"})
                if answer.is_success:
                    at.promised.add(name)
            await asyncio.sleep(0.02)


async def live_and_die(at: Ordeal) -> None:
    """One round: start, work, die at a random moment; what was committed is still there."""
    at.round += 1
    if at.rng.random() < 0.2:
        await die_while_starting(at)
    else:
        await die_at_work(at)
    now = await asyncio.to_thread(left_behind, at, f"copy-{at.round}")
    assert at.kept.outlived_by(now), f"round {at.round}: something committed is gone"
    stored = {asset.id for entry in now.entries for asset in getattr(entry, "assets", ())}
    assert at.promised <= stored, f"round {at.round}: a promise is broken"
    at.kept = now
    verify_signatures(at)


def verify_signatures(at: Ordeal) -> None:
    """While they are fresh: a signature is good for five minutes."""
    for post in at.hook.posts[at.verified :]:
        post.verify(SECRET)
    at.verified = len(at.hook.posts)


def left_behind(at: Ordeal, copy: str) -> Committed:
    return committed(copied(at.data, at.folder / copy))


async def die_while_starting(at: Ordeal) -> None:
    async with started(at.log, "run", at.site, "--data", at.data) as command:
        await asyncio.sleep(at.rng.uniform(0.2, 2.5))
        assert command.process.returncode is None, command.said


async def die_at_work(at: Ordeal) -> None:
    async with gateway(at.site, at.data, at.log) as running:
        at.ready_s.append(running.ready_s)
        work = [
            asyncio.create_task(walk_out_one(at)),
            asyncio.create_task(store_assets(at, running)),
        ]
        await asyncio.sleep(at.rng.uniform(0.1, 2.5))
        await running.kill()
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)


async def rest_politely(at: Ordeal) -> None:
    """A polite stop in between leaves a checkpoint, from which later starts recover."""
    at.round += 1
    async with gateway(at.site, at.data, at.log) as running:
        code, took_s = await running.stop()
        assert (code, took_s < 10) == (0, True), (
            f"{code} after {took_s:.1f} s: {running.command.said}"
        )


async def settle(at: Ordeal) -> None:
    """In the end each laptop that went out has one alert, and the guards know of it."""
    at.round += 1
    async with gateway(at.site, at.data, at.log) as running, asking(running.url, at.key) as client:

        async def each_has_its_alert() -> bool:
            found = await items(client, "/alerts", limit=1000)
            return sorted(alert["asset"] for alert in found) == sorted(at.out)

        async def the_guards_know() -> bool:
            return {post.headers["webhook-id"] for post in at.hook.posts} >= expected

        await until(each_has_its_alert, 30, "one alert for each laptop that went out")
        outbox = (await asyncio.to_thread(left_behind, at, "copy-settled")).outbox
        expected = {id_ for id_, channel in outbox.items() if channel == "guards"}
        assert len(expected) == len(at.out)
        await until(the_guards_know, 30, "every alert is delivered")
        await running.kill()


def check_posts(at: Ordeal) -> None:
    """A webhook that came twice came under the same id with the same body."""
    told: dict[tuple[str, str], set[tuple[str, bytes]]] = {}
    for post in at.hook.posts:
        body = httpx.Response(200, content=post.body).json()
        key = (body["type"], body["data"]["asset"])
        told.setdefault(key, set()).add((post.headers["webhook-id"], post.body))
    assert set(told) == {("alert.raised", laptop) for laptop in at.out}
    assert {len(posts) for posts in told.values()} <= {1}


def check_end(at: Ordeal) -> Committed:
    assert recovery_equals_replay(copied(at.data, at.folder / "copy-end"))
    found = left_behind(at, "copy-found")
    assert at.kept.outlived_by(found)
    assert reads_are_numbered_without_gap(found)
    assert sorted(alert.asset or "" for alert in found.alerts.values()) == sorted(at.out)
    return found


async def kill_again_and_again(folder: Path, kills: int, seed: int) -> str:
    async with ordeal(folder, seed, min(kills, 100)) as at:
        began_s = time.monotonic()
        for number in range(kills):
            await live_and_die(at)
            if number == kills // 2:
                await rest_politely(at)
        await settle(at)
        verify_signatures(at)
        check_posts(at)
        found = await asyncio.to_thread(check_end, at)
        await rest_politely(at)
        last = await asyncio.to_thread(left_behind, at, "copy-last")
        assert found.outlived_by(last)
        assert await asyncio.to_thread(sightings_counted, at.data, NAMES) == last.reads
        sent = sum(reader.sent for reader in at.walk.readers.values())
        assert median(at.ready_s) <= READY_S_MAX, f"ready after {at.ready_s}"
        return (
            f"seed {seed}: {kills} kills in {time.monotonic() - began_s:.0f} s, "
            f"{last.reads} reads committed of {sent} sent, {len(at.out)} alerts, "
            f"{len(at.promised)} promises, {len(at.hook.posts)} posts, "
            f"ready after {median(at.ready_s):.1f} s (most {max(at.ready_s):.1f} s)"
        )


def some_seed() -> int:
    return int(os.environ.get("SEED") or random.randrange(1 << 32))


@pytest.mark.timeout(240)
async def test_ten_kills_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await kill_and_tell(tmp_path, 10, capsys)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_two_hundred_kills_lose_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await kill_and_tell(tmp_path, 200, capsys)


async def kill_and_tell(folder: Path, kills: int, capsys: pytest.CaptureFixture[str]) -> None:
    seed = some_seed()
    try:
        told = await kill_again_and_again(folder, kills, seed)
    except BaseException as error:
        error.add_note(f"repeat with SEED={seed}")
        raise
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
