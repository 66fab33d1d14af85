"""Data quality of the gateway as people run it: what was pushed is in the report soon after."""

import time
from pathlib import Path
from typing import Any

from simulators.http_pusher import HttpPusher, some_reads
from tests.acceptance.running import asking, gateway, make_key, until

SITE = """\
site: {name: depot}
zones: [{name: hall}, {name: bench}]
readers:
  - name: portals
    driver: http
    device: /hostname
    zone: bench
    devices:
      impinj-14-46-36: {antennas: {1: {zone: hall}}}
    format: impinj
server: {listen: "127.0.0.1:0"}
"""
TAGS = [f"e28011600000000000000{at:03x}" for at in range(5)]


async def test_a_link_stands_for_the_devices_behind_it_in_the_report(tmp_path: Path) -> None:
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    site.write_text(SITE, encoding="utf-8")
    async with gateway(site, data, tmp_path / "log") as running:
        key = await make_key(data)
        door = f"{running.url}/api/v1/ingest/portals"
        async with (
            HttpPusher(door, key, make="impinj", packed=True) as pusher,
            asking(running.url, key) as client,
        ):

            async def reported() -> dict[str, Any] | None:
                await pusher.report(some_reads(TAGS, range(20), time.time_ns))
                answer = await client.get("quality", params={"reader": "portals"})
                body: dict[str, Any] = answer.json()
                return body if body["reads"] else None

            body = await until(reported, 15, "the reads are in the report")
    assert {point["reader"] for point in body["read_points"]} == {"portals:impinj-14-46-36"}
    assert "hall" in {point["zone"] for point in body["read_points"]}
    assert body["tags"] == len(TAGS)
    assert body["shortened"] is False
