"""Readers that push to the gateway as people run it: what was answered is there after a crash."""

import time
from pathlib import Path

from simulators.http_pusher import HttpPusher, some_reads
from tests.acceptance.aftermath import committed, copied
from tests.acceptance.running import asking, gateway, items, make_key, until

SITE = """\
site: {name: depot}
zones: [{name: hall}, {name: bench}]
readers:
  - name: handhelds
    driver: http
    device: /hostname
    zone: bench
    devices:
      impinj-14-46-36: {antennas: {1: {zone: hall}}}
    format: impinj
server: {listen: "127.0.0.1:0"}
"""
TAGS = [f"e28011600000000000000{at:03x}" for at in range(50)]


async def test_what_was_answered_is_decided_and_on_the_disk_whatever_happens_next(
    tmp_path: Path,
) -> None:
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    site.write_text(SITE, encoding="utf-8")
    async with gateway(site, data, tmp_path / "log") as running:
        key = await make_key(data)
        door = f"{running.url}/api/v1/ingest/handhelds"
        async with (
            HttpPusher(door, key, make="impinj", packed=True) as pusher,
            asking(running.url, key) as client,
        ):

            async def in_the_hall() -> bool:
                await pusher.report(some_reads(TAGS[:1], range(1), time.time_ns))
                return bool(await items(client, "zones/hall/assets"))

            await until(in_the_hall, 15, "the tag is in the hall")
            readers = {reader["name"]: reader for reader in await items(client, "readers")}
            assert readers["handhelds"]["state"] == "online"
            assert readers["handhelds:impinj-14-46-36"]["state"] == "online"
            await pusher.report(some_reads(TAGS, range(200), time.time_ns))
        await running.kill()
    assert committed(copied(data, tmp_path / "crashed")).reads == pusher.sent
