"""Backup and restore beside a gateway as people run it, and under reads that keep coming."""

import asyncio
import time
from pathlib import Path

import httpx

from simulators.http_pusher import HttpPusher, some_reads
from tests.acceptance.aftermath import committed, sightings_counted
from tests.acceptance.running import asking, gateway, items, make_key, tagwarden, until
from tests.acceptance.test_push import SITE

TAGS = [f"e28011600000000000000{at:03x}" for at in range(50)]


async def test_a_running_gateway_goes_on_from_a_backup(tmp_path: Path) -> None:
    site, data, backup = tmp_path / "site.yaml", tmp_path / "data", tmp_path / "backup"
    site.write_text(SITE, encoding="utf-8")
    async with gateway(site, data, tmp_path / "log") as running:
        key = await make_key(data)
        first, later = TAGS[:25], TAGS[25:]
        async with (
            HttpPusher(f"{running.url}/api/v1/ingest/handhelds", key, make="impinj") as pusher,
            asking(running.url, key) as client,
        ):
            await pusher.report(some_reads(first, range(100), time.time_ns))
            await until(lambda: _has(client, len(first)), 15, "all tags are in the hall")
            made = await tagwarden("backup", backup, "--data", data)
            assert (made.code, made.err) == (0, "")
            assert "verified" in made.out
            before = await items(client, "movements", limit=1000)
            backed_up = pusher.sent
            await pusher.report(some_reads(later, range(100), time.time_ns))
            await until(lambda: _has(client, len(TAGS)), 15, "the others have come, too")
        restored = await tagwarden("restore", backup, "--data", data, "--yes")
        assert (restored.code, restored.err) == (0, "")
        url = (running.command.said.split("API on ")[-1]).split(",")[0]
        async with asking(url, key) as client:
            assert await items(client, "movements", limit=1000) == before
            assert {each["tag"] for each in await items(client, "zones/hall/assets")} == set(first)
            async with HttpPusher(f"{url}/api/v1/ingest/handhelds", key, make="impinj") as pusher:
                await pusher.report(some_reads(later, range(100), time.time_ns))
                await until(lambda: _has(client, len(TAGS)), 15, "it works on")
        code, _ = await running.stop()
        assert code == 0
        reads = backed_up + pusher.sent
    readers = ("handhelds", "handhelds:impinj-14-46-36")
    assert await asyncio.to_thread(sightings_counted, data, readers) == reads
    kept = await asyncio.to_thread(committed, data / "state.db")
    assert kept.reads == reads
    (aside,) = data.glob("before-restore-*")
    assert (aside / "state.db").exists()


async def _has(client: httpx.AsyncClient, number: int) -> bool:
    return len(await items(client, "zones/hall/assets", limit=1000)) == number
