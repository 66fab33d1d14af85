"""A broker beside the gateway as people run it: what is decided is told, what is gone is not."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from simulators.http_pusher import HttpPusher
from simulators.mosquitto import Mosquitto
from tags.reads import Read
from tests.acceptance.running import asking, gateway, make_key, until
from tests.delivery.told import Listener, listening_to
from tests.mosquitto import mosquitto

SITE = """\
site: {{name: depot}}
zones: [{{name: hall}}, {{name: bench}}]
readers:
  - name: handhelds
    driver: http
    antennas: {{1: {{zone: hall}}, 2: {{zone: bench}}}}
  - {{name: phones, driver: http, format: owntracks}}
publish:
  - name: home
    address: {address}
    discovery: homeassistant
    assets: {{not: {{category: secret}}}}
server: {{listen: "127.0.0.1:0"}}
"""
TAG = "e28011600000000000000001"
ROOT = "tagwarden/depot"
L1 = f"{ROOT}/assets/L1/state"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as broker:
        yield broker


async def pushed_until(pusher: HttpPusher, listener: Listener, antenna: int, zone: str) -> None:
    async def look() -> bool:
        now_ns = time.time_ns()
        await pusher.report([Read(TAG, "", antenna, now_ns, now_ns, -50.0)])
        return L1 in listener.now() and listener.json(L1)["zone"] == zone

    await until(look, 20, f"the laptop is told to be in {zone}")


async def test_what_is_decided_is_told_and_taken_back_when_it_is_gone(
    broker: Mosquitto, tmp_path: Path
) -> None:
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    site.write_text(SITE.format(address=broker.address), encoding="utf-8")
    with listening_to(broker.port) as listener:
        async with gateway(site, data, tmp_path / "log") as running:
            key = await make_key(data)
            ingest = f"{running.url}/api/v1/ingest"
            async with (
                asking(running.url, key) as client,
                HttpPusher(f"{ingest}/handhelds", key) as pusher,
            ):
                await register(client)
                await pushed_until(pusher, listener, 1, "hall")
                assert listener.json(L1)["presence"] == "present"
                await pushed_until(pusher, listener, 2, "bench")
                await listener.until(lambda _: count(listener, "bench") == 1)
                assert count(listener, "hall") == 0
                await walk(client, ingest)
                await listener.until(lambda _: "latitude" in listener.json(L1))
                await client.delete("assets/L1")
                await listener.until(lambda now: L1 not in now)
                now = listener.now()
                assert not any(b"L1" in payload for payload in now.values())
                assert f"{ROOT}/assets/S1/state" not in now
                assert now[f"{ROOT}/status"] == b"online"
                assert json.loads(now[f"{ROOT}/readers/handhelds/state"])["state"] == "online"
                figures = (await client.get(f"{running.url}/metrics")).text
                assert 'tagwarden_published_total{publisher="home",result="published"}' in figures
            await running.kill()
        await listener.until(lambda now: now[f"{ROOT}/status"] == b"offline")


async def register(client: httpx.AsyncClient) -> None:
    assets = [
        {"id": "L1", "name": "Laptop", "tags": [TAG, "gps:anna/phone"]},
        {"id": "S1", "category": "secret", "tags": ["aa"]},
    ]
    assert (await client.post("assets", json=assets)).status_code == 200


async def walk(client: httpx.AsyncClient, ingest: str) -> None:
    """The laptop's bearer has a phone with OwnTracks."""
    fix = {"_type": "location", "lat": 52.5, "lon": 13.4, "tst": int(time.time())}
    headers = {"x-limit-u": "anna", "x-limit-d": "phone"}
    answer = await client.post(f"{ingest}/phones", json=fix, headers=headers)
    assert (answer.status_code, answer.json()) == (200, [])


def count(listener: Listener, zone: str) -> int:
    heads: int = listener.json(f"{ROOT}/zones/{zone}/state")["count"]
    return heads


async def test_a_broker_that_is_added_to_the_site_file_is_told_at_once(
    broker: Mosquitto, tmp_path: Path
) -> None:
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    whole = SITE.format(address=broker.address)
    without = whole[: whole.index("publish:")] + whole[whole.index("server:") :]
    site.write_text(without, encoding="utf-8")
    with listening_to(broker.port) as listener:
        async with gateway(site, data, tmp_path / "log") as running:
            await asyncio.to_thread(site.write_text, whole, encoding="utf-8")
            await listener.until(lambda now: now.get(f"{ROOT}/status") == b"online")
            fewer = whole.replace(", {name: bench}", "").replace("2: {zone: bench}", "")
            await asyncio.to_thread(site.write_text, fewer, encoding="utf-8")
            await listener.until(lambda now: f"{ROOT}/zones/bench/state" not in now)
            assert f"{ROOT}/zones/hall/state" in listener.now()
            code, _ = await running.stop()
        assert code == 0
        await listener.until(lambda now: now[f"{ROOT}/status"] == b"offline")
