"""Work on a reader, outputs and blind zones, by a gateway as people run it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from simulators.llrp_reader import LlrpReader
from tests.acceptance.running import (
    Json,
    RunningGateway,
    Walk,
    asking,
    events,
    gateway,
    items,
    make_key,
    playing,
    until,
)

SITE = """\
site: {{name: depot}}
zones: [{{name: hall, absent_after_s: 3}}, {{name: gate, role: exit}}]
readers:
  - name: dock
    driver: llrp
    address: "{address}"
    keepalive_s: 0.5
    antennas: {{1: {{zone: hall}}, 2: {{zone: gate}}}}
    outputs: {{1: {{name: siren, on_s_max: 5}}}}
portals: [{{name: door, inside: [dock/1], outside: [dock/2]}}]
rules: [{{name: stay in, fence: [hall], assets: {{tag: "*"}}, confirm_s: 0}}]
channels: [{{name: desk, kind: log}}]
system: {{blind_after_s: 1}}
server: {{listen: "127.0.0.1:0"}}
"""
TAG = "3034257bf400b7800004cb2f"


class Dock:
    """A gateway with one reader, which hears a tag in the hall all the time."""

    def __init__(
        self, running: RunningGateway, reader: LlrpReader, ask: httpx.AsyncClient, walk: Walk
    ) -> None:
        self.running = running
        self.reader = reader
        self.ask = ask
        self.walk = walk

    async def shown(self) -> Json:
        shown: Json = (await self.ask.get("/readers/dock")).json()
        return shown

    async def becomes(self, state: str) -> Json:
        async def look() -> Json | None:
            shown = await self.shown()
            return shown if shown["state"] == state else None

        return await until(look, 15, f"the reader is {state}")

    async def alert(self, rule: str, zone: str, condition: str) -> Json:
        async def look() -> Json | None:
            for found in await items(self.ask, "/alerts", rule=rule):
                if (found["to"], found["condition"]) == (zone, condition):
                    return found
            return None

        return await until(look, 15, f"{rule}: {zone}: {condition}")

    async def blind(self, zone: str, condition: str) -> Json:
        return await self.alert("system: blind", zone, condition)

    async def clears(self, alert: str) -> None:
        async def look() -> bool:
            return bool((await self.ask.get(f"/alerts/{alert}")).json()["state"] == "cleared")

        await until(look, 10, f"{alert} is cleared")


@asynccontextmanager
async def dock(folder: Path) -> AsyncGenerator[Dock]:
    async with AsyncExitStack() as stack:
        reader = await stack.enter_async_context(LlrpReader())
        site, data = folder / "site.yaml", folder / "data"
        site.write_text(SITE.format(address=reader.address), encoding="utf-8")
        key = await make_key(data, "operator")
        running = await stack.enter_async_context(gateway(site, data, folder / "log"))
        ask = await stack.enter_async_context(asking(running.url, key))
        walk = Walk({"dock": reader})
        walk.spots = {TAG: ("dock", 1)}
        await stack.enter_async_context(playing(walk))
        at = Dock(running, reader, ask, walk)
        await at.becomes("online")
        yield at
        assert (await running.stop())[0] == 0, running.command.said


@pytest.mark.timeout(90)
async def test_nothing_that_is_heard_during_maintenance_is_an_exit(tmp_path: Path) -> None:
    async with dock(tmp_path) as at:
        await until(lambda: _is_in(at, "hall"), 10, "the tag is in the hall")
        body = {"for_s": 4, "reason": "new cable"}
        assert (await at.ask.put("/portals/door/maintenance", json=body)).status_code == 200
        assert [work["target"] for work in (await at.shown())["maintenance"]] == ["door"]
        at.walk.spots = {TAG: ("dock", 2)}
        await until(lambda: _dropped(at, "maintenance"), 10, "reads are counted as maintenance")
        assert await items(at.ask, "/alerts") == []
        assert [each["to"] for each in await items(at.ask, "/movements")] == ["hall"]
        await at.alert("stay in", "gate", "active")
        assert (await at.shown())["maintenance"] == []


@pytest.mark.timeout(90)
async def test_zones_that_nobody_hears_are_told_unless_somebody_works_there(
    tmp_path: Path,
) -> None:
    async with dock(tmp_path) as at:
        body = {"for_s": 3600, "reason": "new power supply"}
        assert (await at.ask.put("/readers/dock/maintenance", json=body)).status_code == 200
        await at.reader.stop()
        await at.running.command.hears("dock: offline")
        shown = await at.becomes("maintenance")
        assert shown["reason"] == "new power supply (test operator)"
        assert (await at.ask.delete("/readers/dock/maintenance")).status_code == 204
        released = (await at.becomes("offline"))["since"]
        alert = await at.blind("gate", "active")
        assert (alert["asset"], alert["tag"], alert["severity"]) == (None, None, "critical")
        assert (alert["kind"], alert["zones"]) == ("blind", ["gate", "hall"])
        assert alert["evidence"]["readers"] == {"dock": "offline"}
        assert alert["time"] > released
        await at.running.command.hears("critical .*system: blind: gate, hall: raised")
        told = await events(at.ask, 0, alert["seq"])
        alerts = [event.body for event in told if event.kind == "alert"]
        assert [(each["asset"], each["zones"]) for each in alerts] == [(None, ["gate", "hall"])]
        async with LlrpReader(port=at.reader.port):
            after = await at.blind("gate", "returned")
            assert after["id"] == alert["id"]
            await at.clears(alert["id"])


@pytest.mark.timeout(90)
async def test_an_output_is_switched_over_http_and_goes_off_by_itself(tmp_path: Path) -> None:
    async with dock(tmp_path) as at:
        on = await at.ask.post("/readers/dock/outputs/1", json={"on": True, "for_s": 0.2})
        assert on.status_code == 204, on.text
        async with asyncio.timeout(10):
            await at.reader.until_output(1, high=False)
        assert [(each.port, each.high) for each in at.reader.switched][-2:] == [
            (1, True),
            (1, False),
        ]
        unlisted = await at.ask.post("/readers/dock/outputs/2", json={"on": False})
        assert unlisted.status_code == 404
        assert "output 2 is not in its entry" in unlisted.json()["detail"]
        assert (await at.ask.post("/readers/x/outputs/1", json={"on": False})).status_code == 404
        await at.reader.stop()
        await at.becomes("offline")
        assert (await at.ask.post("/readers/dock/outputs/1", json={"on": False})).status_code == 409


async def _is_in(at: Dock, zone: str) -> bool:
    return any(each["to"] == zone for each in await items(at.ask, "/movements"))


async def _dropped(at: Dock, reason: str) -> bool:
    text = (await at.ask.get(f"{at.running.url}/metrics")).text
    return f'tagwarden_reads_dropped_total{{reader="dock",reason="{reason}"}}' in text
