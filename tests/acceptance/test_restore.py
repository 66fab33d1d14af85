"""Backup and restore beside a gateway as people run it, and under reads that keep coming."""

import asyncio
import time
from pathlib import Path

import httpx

from simulators.http_pusher import HttpPusher, some_reads
from tests.acceptance.aftermath import committed, sightings_counted
from tests.acceptance.running import Json, asking, gateway, items, make_key, tagwarden, until
from tests.acceptance.test_push import SITE

TAGS = [f"e28011600000000000000{at:03x}" for at in range(50)]


FIRST, LATER = TAGS[:25], TAGS[25:]
READERS = ("handhelds", "handhelds:impinj-14-46-36")


async def test_a_running_gateway_goes_on_from_a_backup(tmp_path: Path) -> None:
    site, data, backup = tmp_path / "site.yaml", tmp_path / "data", tmp_path / "backup"
    site.write_text(SITE, encoding="utf-8")
    async with gateway(site, data, tmp_path / "log") as running:
        key = await make_key(data)
        async with asking(running.url, key) as client:
            before, reads = await _work_on_after_a_backup(client, running.url, key, (data, backup))
        restored = await tagwarden("restore", backup, "--data", data, "--yes")
        assert (restored.code, restored.err) == (0, "")
        url = (running.command.said.split("API on ")[-1]).split(",")[0]
        async with asking(url, key) as client:
            assert await items(client, "movements", limit=1000) == before
            assert {each["tag"] for each in await items(client, "zones/hall/assets")} == set(FIRST)
            reads += await _push(client, url, key, LATER)
        code, _ = await running.stop()
        assert code == 0
    assert await asyncio.to_thread(sightings_counted, data, READERS) == reads
    kept = await asyncio.to_thread(committed, data / "state.db")
    assert kept.reads == reads
    (aside,) = data.glob("before-restore-*")
    assert (aside / "state.db").exists()


async def _work_on_after_a_backup(
    client: httpx.AsyncClient, url: str, key: str, folders: tuple[Path, Path]
) -> tuple[list[Json], int]:
    """What moved before the backup, and how many reads it holds; more came after it."""
    data, backup = folders
    reads = await _push(client, url, key, FIRST)
    made = await tagwarden("backup", backup, "--data", data)
    assert (made.code, made.err) == (0, "")
    assert "verified" in made.out
    before = await items(client, "movements", limit=1000)
    await _push(client, url, key, LATER)
    return before, reads


async def _push(client: httpx.AsyncClient, url: str, key: str, tags: list[str]) -> int:
    """Push reads and wait until these tags are in the hall, too; how many reads."""
    wanted = len(FIRST) if tags is FIRST else len(TAGS)
    async with HttpPusher(f"{url}/api/v1/ingest/handhelds", key, make="impinj") as pusher:
        await pusher.report(some_reads(tags, range(100), time.time_ns))
        await until(lambda: _has(client, wanted), 15, "all tags are in the hall")
        return pusher.sent


async def _has(client: httpx.AsyncClient, number: int) -> bool:
    return len(await items(client, "zones/hall/assets", limit=1000)) == number
