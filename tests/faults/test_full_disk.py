"""A disk that is really full: the guards are told all the same, and it heals by itself."""

import asyncio
import subprocess
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from simulators.llrp_reader import LlrpReader, make_tags
from tests.acceptance.running import (
    RunningGateway,
    Walk,
    asking,
    gateway,
    items,
    make_key,
    playing,
    tagwarden,
    until,
    warehouse_text,
)
from tests.delivery.receiver import Receiver, listening

NAMES = ("hall-1", "dock-1", "gate-1")
TAGS = make_tags(60, seed=7)
DISK_MB = 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own in memory; skips where nobody may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=700", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no right to mount a tmpfs: run the tests as root for this one")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607 - found by its name


class Site(NamedTuple):
    """A depot whose data are on the small disk."""

    running: RunningGateway
    client: httpx.AsyncClient
    hook: Receiver
    walk: Walk
    data: Path

    async def readiness(self) -> tuple[int, str]:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self.running.url}/readyz")
        return answer.status_code, answer.json()["status"]

    async def told(self) -> set[str]:
        """Which laptops the guards know to be gone."""
        bodies = [httpx.Response(200, content=post.body).json() for post in self.hook.posts]
        return {each["data"]["asset"] for each in bodies if each["type"] == "alert.raised"}


@asynccontextmanager
async def site(tmp_path: Path, data: Path) -> AsyncGenerator[Site]:
    async with AsyncExitStack() as stack:
        readers = {name: await stack.enter_async_context(LlrpReader()) for name in NAMES}
        hook = await stack.enter_async_context(listening())
        addresses = [reader.address for reader in readers.values()]
        text = warehouse_text(addresses, hook.port)
        (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
        key = await make_key(data)
        rows = "".join(f"{tag},laptop,{tag}\n" for tag in TAGS[:8])
        (tmp_path / "laptops.csv").write_text(f"id,category,tags\n{rows}", encoding="utf-8")
        await tagwarden("import", "assets", tmp_path / "laptops.csv", "--data", data)
        walk = Walk(readers)
        walk.spots = {tag: ("hall-1", 1 + at % 4) for at, tag in enumerate(TAGS)}
        await stack.enter_async_context(playing(walk))
        log = tmp_path / "log"
        running = await stack.enter_async_context(gateway(tmp_path / "site.yaml", data, log))
        client = await stack.enter_async_context(asking(running.url, key))
        yield Site(running, client, hook, walk, data)


def fill(folder: Path) -> None:
    """Take all the room there is."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return


@pytest.mark.timeout(120)
async def test_on_a_full_disk_alerts_go_out_and_it_recovers_by_itself(
    tmp_path: Path, small_disk: Path
) -> None:
    async with site(tmp_path, small_disk / "data") as at:
        await _walk_out(at, TAGS[0])
        await asyncio.to_thread(fill, small_disk)
        await until(lambda: _is(at, (503, "degraded")), 20, "/readyz says degraded")
        await _walk_out(at, TAGS[1])
        (small_disk / "filler").unlink()
        await until(lambda: _is(at, (200, "ready")), 20, "/readyz says ready again")
        await until(lambda: _both_are_kept(at), 20, "both alerts are in the database")
        await _walk_out(at, TAGS[2])
    raised = [post for post in at.hook.posts if b'"alert.raised"' in post.body]
    assert len({post.headers["webhook-id"] for post in raised}) == len(TAGS[:3])


async def _walk_out(at: Site, tag: str) -> None:
    at.walk.spots[tag] = ("gate-1", 2)

    async def is_told() -> bool:
        return tag in await at.told()

    await until(is_told, 20, f"the guards know of {tag}")


async def _is(at: Site, wanted: tuple[int, str]) -> bool:
    return await at.readiness() == wanted


async def _both_are_kept(at: Site) -> bool:
    found = await items(at.client, "/alerts", limit=1000)
    return {TAGS[0], TAGS[1]} <= {alert["asset"] for alert in found}
