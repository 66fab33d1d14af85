"""Scenario 29 from outside: a siren on a reader's output, with the uplink cut."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from simulators.llrp_reader import LlrpReader
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
)

pytestmark = pytest.mark.timeout(120)
TAGS = {f"L{at}": f"3034257bf400b7800004cb{at:02x}" for at in (1, 2, 3)}
SITE = """\
site: {{name: depot}}
zones: [{{name: hall}}, {{name: gate, role: exit}}]
readers:
  - name: gate-1
    driver: llrp
    address: {address}
    antennas: {{1: {{zone: hall}}, 2: {{zone: gate}}}}
    outputs: {{2: {{name: siren, on_s_max: 60}}}}
rules:
  - {{name: stay in, kind: exit, fence: [hall], notify: [siren, uplink]}}
channels:
  - {{name: siren, kind: siren, output: "gate-1:2", on_for_s: {on_for_s}}}
  - name: uplink
    kind: webhook
    url: http://127.0.0.1:1/
    secret: "${{GUARDS_SECRET}}"
    allow_private: true
server: {{listen: "127.0.0.1:0"}}
"""
CSV = "id,tags\n" + "".join(f"{asset},{tag}\n" for asset, tag in TAGS.items())


@asynccontextmanager
async def at_work(
    folder: Path, reader: LlrpReader, on_for_s: float, key: str, log: str = "log"
) -> AsyncGenerator[tuple[RunningGateway, httpx.AsyncClient]]:
    site, data = folder / "site.yaml", folder / "data"
    site.write_text(SITE.format(address=reader.address, on_for_s=on_for_s), encoding="utf-8")
    async with gateway(site, data, folder / log) as running:
        await asyncio.wait_for(reader.inventorying.wait(), 20)
        async with asking(running.url, key) as guard:
            yield running, guard


async def bind(folder: Path) -> None:
    csv = folder / "assets.csv"
    csv.write_text(CSV, encoding="utf-8")
    done = await tagwarden("import", "assets", csv, "--data", folder / "data")
    assert done.code == 0, done


async def carry_out(walk: Walk, guard: httpx.AsyncClient, asset: str) -> float:
    """Carry an asset from the hall to the gate; seconds until the siren is on."""

    async def is_in_hall() -> bool:
        answer = await guard.get(f"/assets/{asset}/position")
        return answer.status_code == 200 and answer.json()["zone"] == "hall"

    walk.spots[TAGS[asset]] = ("gate-1", 1)
    await until(is_in_hall, 20, f"{asset} is in the hall")
    walk.spots[TAGS[asset]] = ("gate-1", 2)
    began_s = time.monotonic()
    await siren(walk, on=True)
    return time.monotonic() - began_s


async def siren(walk: Walk, *, on: bool) -> None:
    async with asyncio.timeout(20):
        await walk.readers["gate-1"].until_output(2, high=on)


async def test_it_is_on_at_once_and_off_when_somebody_answers_after_a_crash_and_at_the_end(
    tmp_path: Path,
) -> None:
    async with LlrpReader() as reader:
        walk = Walk({"gate-1": reader})
        key = await make_key(tmp_path / "data", "guard")
        async with at_work(tmp_path, reader, 60, key) as (running, guard), playing(walk):
            await bind(tmp_path)
            # Ten rounds a second: up to 100 ms of it is the wait for the next round.
            assert await carry_out(walk, guard, "L1") < 1.0
            (alert,) = await items(guard, "/alerts", asset="L1")
            await guard.post(f"/alerts/{alert['id']}/acknowledge", json={"note": "me"})
            await siren(walk, on=False)
            await carry_out(walk, guard, "L2")
            await running.kill()
        assert reader.outputs[2]  # LLRP knows no pulse
        async with at_work(tmp_path, reader, 60, key, "log 2") as (running, guard), playing(walk):
            await siren(walk, on=False)
            await carry_out(walk, guard, "L3")
            assert (await running.stop())[0] == 0
            await siren(walk, on=False)


async def test_it_ends_by_itself(tmp_path: Path) -> None:
    async with LlrpReader() as reader:
        walk = Walk({"gate-1": reader})
        key = await make_key(tmp_path / "data", "guard")
        async with at_work(tmp_path, reader, 1.0, key) as (_, guard), playing(walk):
            await bind(tmp_path)
            await carry_out(walk, guard, "L1")
            began_s = time.monotonic()
            await siren(walk, on=False)
            assert 0.5 < time.monotonic() - began_s < 3.0
