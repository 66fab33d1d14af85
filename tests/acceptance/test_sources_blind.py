"""A zone that two readers of different kinds hear is blind once neither does."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from simulators.llrp_reader import LlrpReader
from simulators.m100 import M100Module
from tests.acceptance.running import Json, asking, gateway, items, make_key, until

SITE = """\
site: {{name: depot}}
zones: [{{name: hall}}, {{name: office}}]
readers:
  - {{name: dock, driver: llrp, address: "{dock}", keepalive_s: 0.5, zone: hall}}
  - {{name: bench, driver: serial, protocol: m100, port: "{bench}", silent_after_s: 3, zone: hall}}
system: {{blind_after_s: 1}}
server: {{listen: "127.0.0.1:0"}}
"""
QUIET_S = 2.0
"""Longer than it takes to raise an alert; so long it is looked whether there is none."""


class Hall:
    """A zone with two readers, and what is said of it."""

    def __init__(self, dock: LlrpReader, bench: M100Module, ask: httpx.AsyncClient) -> None:
        self.dock = dock
        self.bench = bench
        self.ask = ask

    async def become(self, **states: str) -> None:
        async def look() -> bool:
            shown = {each["name"]: each["state"] for each in await items(self.ask, "readers")}
            return shown == states

        await until(look, 15, f"readers are {states}")

    async def alerts(self) -> list[Json]:
        return await items(self.ask, "alerts", rule="system: blind")

    async def alert(self, state: str) -> Json:
        """The one alert that there is, once it is so."""

        async def look() -> Json | None:
            found = await self.alerts()
            assert len(found) <= 1, found
            return found[0] if found and found[0]["state"] == state else None

        return await until(look, 15, f"one alert that is {state}")

    async def no_alert(self) -> None:
        end_s = time.monotonic() + QUIET_S
        while time.monotonic() < end_s:
            assert await self.alerts() == []
            await asyncio.sleep(0.1)

    async def maintain(self, *names: str) -> None:
        for name in names:
            body = {"for_s": 600, "reason": "new cable"}
            answer = await self.ask.put(f"readers/{name}/maintenance", json=body)
            assert answer.status_code == 200, answer.text

    async def fail(self) -> None:
        await self.dock.stop()
        await self.bench.unplug()


@asynccontextmanager
async def hall(folder: Path) -> AsyncGenerator[Hall]:
    async with AsyncExitStack() as stack:
        dock = await stack.enter_async_context(LlrpReader())
        bench = await stack.enter_async_context(M100Module())
        site, data = folder / "site.yaml", folder / "data"
        site.write_text(SITE.format(dock=dock.address, bench=bench.path), encoding="utf-8")
        key = await make_key(data, "operator")
        running = await stack.enter_async_context(gateway(site, data, folder / "log"))
        at = Hall(dock, bench, await stack.enter_async_context(asking(running.url, key)))
        await at.become(dock="online", bench="online")
        yield at
        assert (await running.stop())[0] == 0, running.command.said


@pytest.mark.timeout(90)
async def test_a_zone_is_blind_once_its_last_reader_is_gone_and_sees_again_with_the_first(
    tmp_path: Path,
) -> None:
    async with hall(tmp_path) as at:
        await at.dock.stop()
        await at.become(dock="offline", bench="online")
        await at.no_alert()
        await at.bench.unplug()
        raised = await at.alert("active_unacknowledged")
        assert (raised["from"], raised["to"], raised["asset"]) == ("hall", "hall", None)
        assert raised["evidence"]["readers"] == {"dock": "offline", "bench": "offline"}
        await at.bench.replug()
        cleared = await at.alert("cleared")
        assert (cleared["id"], cleared["occurrences"]) == (raised["id"], 1)


@pytest.mark.timeout(90)
async def test_a_zone_where_somebody_works_on_all_readers_is_not_called_blind(
    tmp_path: Path,
) -> None:
    async with hall(tmp_path) as at:
        await at.maintain("dock", "bench")
        await at.fail()
        await at.become(dock="maintenance", bench="maintenance")
        await at.no_alert()
        # The work at one of the two is done, but it does not hear.
        assert (await at.ask.delete("readers/bench/maintenance")).status_code == 204
        raised = await at.alert("active_unacknowledged")
        assert raised["evidence"]["readers"] == {"dock": "maintenance", "bench": "offline"}
