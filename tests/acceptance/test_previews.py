"""What the rules would have said of the last minutes, asked of a gateway that goes on working."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from simulators.http_pusher import HttpPusher
from tags.reads import Read
from tests.acceptance.running import asking, gateway, items, make_key, until

TAG = "3034257bf400b7800004cb2f"
SITE = """\
site: {name: depot}
zones: [{name: hall}, {name: gate, role: exit}, {name: vault}]
readers:
  - name: dock
    driver: http
    format: tagwarden
    antennas: {1: {zone: hall}, 2: {zone: gate}}
rules:
  - {name: stay in, fence: [hall], severity: critical, notify: []}
server: {listen: "127.0.0.1:0"}
"""
FORBIDDEN = {"kind": "forbidden", "zones": ["gate"], "severity": "warning", "notify": []}


@asynccontextmanager
async def a_walk_out(folder: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A gateway at which a laptop went through the gate, and an alert was raised."""
    site, data = folder / "site.yaml", folder / "data"
    site.write_text(SITE, encoding="utf-8")
    async with gateway(site, data, folder / "log") as running:
        key = await make_key(data)
        door = f"{running.url}/api/v1/ingest/dock"
        async with HttpPusher(door, key) as pusher, asking(running.url, key) as client:
            laptop = {"category": "laptop", "tags": [TAG]}
            assert (await client.put("/assets/L7", json=laptop)).status_code == 201

            async def heard(antenna: int) -> None:
                now_ns = time.time_ns()
                await pusher.report([Read(TAG, "dock", antenna, now_ns, now_ns, -50.0)])

            async def in_the_hall() -> bool:
                await heard(1)
                return bool(await items(client, "zones/hall/assets"))

            async def outside() -> bool:
                await heard(2)
                return bool(await items(client, "alerts", rule="stay in"))

            await until(in_the_hall, 15, "the laptop is in the hall")
            await until(outside, 15, "the laptop has left")
            yield client


async def previewed(client: httpx.AsyncClient, change: dict[str, Any]) -> dict[str, Any]:
    """Ask, and wait for the end."""
    begun = await client.post("/site/previews", json=change)
    assert begun.status_code in {200, 202}, begun.text

    async def done() -> dict[str, Any] | None:
        told: dict[str, Any] = (await client.get(f"/site/previews/{begun.json()['id']}")).json()
        return None if told["state"] == "running" else told

    ended = await until(done, 40, "the preview is done")
    assert ended["state"] == "done", ended
    return ended


def of_rule(told: dict[str, Any], group: str, rule: str) -> list[tuple[str, str]]:
    """Who a rule tells of, and where; a gateway that is slow has alerts of its own."""
    rows = told["result"]["alerts"][group]
    return [(row["asset"], row["to"]) for row in rows if row["rule"] == rule]


async def test_a_preview_says_what_would_vanish_and_what_would_appear(tmp_path: Path) -> None:
    async with a_walk_out(tmp_path) as client:
        patient = {
            "zones": {"gate": {"role": None}},
            "rules": {"stay in": {"confirm_s": 3600}, "not there": FORBIDDEN},
        }
        told = await previewed(client, patient)
        assert told["result"]["rules"]["stay in"] == {"now": 1, "then": 0}
        assert of_rule(told, "vanish", "stay in") == [("L7", "gate")]
        assert of_rule(told, "appear", "not there") == [("L7", "gate")]
        assert (told["result"]["incomplete"], told["result"]["site_changes"]) == ("young", 0)
        assert told["reads"] > 0

        again = await client.post("/site/previews", json=patient)
        assert (again.status_code, again.json()["id"]) == (200, told["id"])
        assert (await client.delete(f"/site/previews/{told['id']}")).status_code == 204
        assert (await client.get(f"/site/previews/{told['id']}")).status_code == 404
        counted = (await client.get(str(client.base_url.copy_with(path="/metrics")))).text
        assert 'tagwarden_previews_total{result="done"} 1.0' in counted


async def test_an_exit_that_is_none_any_more_raises_no_alert_and_nothing_is_saved(
    tmp_path: Path,
) -> None:
    async with a_walk_out(tmp_path) as client:
        told = await previewed(client, {"zones": {"gate": {"role": None, "parent": "hall"}}})
        assert of_rule(told, "vanish", "stay in") == [("L7", "gate")]
        inside = told["result"]["zones"]["hall"]
        assert inside == {"assets_inside_now": 0, "assets_inside_then": 1}
        assert (await client.get("/zones/gate/settings")).json()["role"] == "exit"
        assert len(await items(client, "site/versions")) == 1
        assert len(await items(client, "alerts", rule="stay in")) == 1
        # One more is left to the end of the gateway, which takes it along.
        begun = await client.post("/site/previews", json={"rules": {"stay in": None}})
        assert begun.status_code == 202
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")
