"""The main job, from outside: a laptop is carried out, the guards are told, they answer."""

import asyncio
import re
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from simulators.llrp_reader import LlrpReader
from tests.acceptance.running import (
    SECRET,
    RunningGateway,
    Walk,
    asking,
    events,
    gateway,
    items,
    make_key,
    playing,
    tagwarden,
    until,
    warehouse_text,
)
from tests.delivery.receiver import Receiver, listening

LAPTOP = "3034257bf400b7800004cb2f"
CART = "3034257bf400b7800004cb30"
NAMES = ("hall-1", "dock-1", "gate-1")
ASSETS = f"""\
id,name,category,tags
L-7,Laptop seven,laptop,{LAPTOP.upper()}
C-1,Cart one,cart,{CART}
"""


class Depot(NamedTuple):
    """The warehouse at work, with a key of each kind that is needed."""

    gateway: RunningGateway
    data: Path
    walk: Walk
    hook: Receiver
    viewer: httpx.AsyncClient
    guard: httpx.AsyncClient


@asynccontextmanager
async def depot(folder: Path) -> AsyncGenerator[Depot]:
    async with AsyncExitStack() as stack:
        readers = {name: await stack.enter_async_context(LlrpReader()) for name in NAMES}
        hook = await stack.enter_async_context(listening())
        site, data = folder / "site.yaml", folder / "data"
        addresses = [reader.address for reader in readers.values()]
        site.write_text(warehouse_text(addresses, hook.port), encoding="utf-8")
        viewer, guard = await make_key(data, "viewer"), await make_key(data, "guard")
        running = await stack.enter_async_context(gateway(site, data, folder / "log"))
        walk = Walk(readers)
        yield Depot(
            running,
            data,
            walk,
            hook,
            await stack.enter_async_context(asking(running.url, viewer)),
            await stack.enter_async_context(asking(running.url, guard)),
        )


async def is_in(client: httpx.AsyncClient, asset: str, zone: str) -> dict[str, Any] | None:
    answer = await client.get(f"/assets/{asset}/position")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found if found["zone"] == zone else None


async def told(hook: Receiver, kind: str) -> dict[str, Any]:
    """Wait for a webhook whose signature is good; its body."""

    async def look() -> dict[str, Any] | None:
        return next((body for body in map(verified, hook.posts) if body["type"] == kind), None)

    def verified(post: Any) -> dict[str, Any]:  # noqa: ANN401 - a Post
        post.verify(SECRET)
        body: dict[str, Any] = httpx.Response(200, content=post.body).json()
        return body

    return await until(look, 10, f"webhook {kind}")


async def bind_while_it_runs(at: Depot, folder: Path) -> None:
    csv = folder / "assets.csv"
    csv.write_text(ASSETS, encoding="utf-8")
    done = await tagwarden("import", "assets", csv, "--data", at.data)
    assert (done.code, done.out) == (0, f"{csv}: 2 stored, 0 refused\n"), done


async def test_a_laptop_is_carried_out_and_the_guards_answer(tmp_path: Path) -> None:
    async with depot(tmp_path) as at, playing(at.walk):
        await bind_while_it_runs(at, tmp_path)
        at.walk.spots = {LAPTOP: ("hall-1", 2), CART: ("dock-1", 1)}
        await until(lambda: is_in(at.viewer, "L-7", "hall"), 20, "the laptop is in the hall")
        at.walk.spots[LAPTOP] = ("gate-1", 2)
        raised = await told(at.hook, "alert.raised")
        await check_alert(at, raised["data"])
        await acknowledge(at, raised["data"]["id"])
        assert (await told(at.hook, "alert.acknowledged"))["data"]["acknowledged"][
            "note"
        ] == "took it"
        await until(lambda: is_in(at.viewer, "L-7", "gate"), 10, "the laptop is at the gate")
        await check_lists(at)
        await check_stream(at)
        code, took_s = await at.gateway.stop()
        assert code == 0, at.gateway.command.said
        assert took_s < 10
        assert not (at.data / "control.sock").exists()


async def check_alert(at: Depot, told_of: dict[str, Any]) -> None:
    """What was told is what is shown, and there is one alert."""
    assert (told_of["asset"], told_of["rule"]) == ("L-7", "laptops stay in")
    (shown,) = await items(at.viewer, "/alerts", state="active")
    assert shown == told_of
    assert (shown["from"], shown["to"], shown["severity"]) == ("hall", "gate", "critical")
    assert shown["evidence"]["reads"][0]["reader"] == "gate-1"


async def acknowledge(at: Depot, alert: str) -> None:
    path = f"/alerts/{alert}/acknowledge"
    assert (await at.viewer.post(path, json={"note": "no right"})).status_code == 403
    refused = await at.guard.post(path)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "note"
    taken = await at.guard.post(path, json={"note": "took it"})
    assert taken.status_code == 200, taken.text
    assert taken.json()["state"] == "active_acknowledged"
    again = await at.guard.post(path, json={"note": "me too"})
    assert again.json()["acknowledged"]["note"] == "took it"


async def check_lists(at: Depot) -> None:
    movements = await items(at.viewer, "/movements", asset="L-7", sort="seq")
    assert [(m["kind"], m["from"], m["to"]) for m in movements] == [
        ("arrived", None, "hall"),
        ("moved", "hall", "gate"),
    ]
    assert [a["asset"] for a in await items(at.viewer, "/zones/gate/assets")] == ["L-7"]
    assert [a["asset"] for a in await items(at.viewer, "/zones/receiving/assets")] == ["C-1"]
    (visit,) = await items(at.viewer, "/zones/hall/visits")
    assert (visit["asset"], visit["to"] is None) == ("L-7", False)
    readers = {reader["name"]: reader["state"] for reader in await items(at.viewer, "/readers")}
    assert {name: readers[name] for name in NAMES} == dict.fromkeys(NAMES, "online")


async def check_stream(at: Depot) -> None:
    """Whoever resumes anywhere gets each event once."""
    (alert,) = await items(at.viewer, "/alerts")
    whole = await events(at.viewer, 0, alert["seq"])
    seqs = [event.seq for event in whole]
    assert seqs == sorted(set(seqs))
    assert [e.body["transition"] for e in whole if e.kind == "alert"] == ["raised", "acknowledged"]
    for cut in (seqs[0], seqs[len(seqs) // 2], seqs[-2]):
        rest = await events(at.viewer, cut, alert["seq"])
        assert [event for event in whole if event.seq <= cut] + rest == whole


async def test_the_simulated_reader_of_another_process_is_read(tmp_path: Path) -> None:
    log = tmp_path / "reader"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "simulators.llrp_reader", "--tags", "20", "--rate", "200"),
            stderr=out,
        )
    try:

        async def address() -> str | None:
            match = re.search(r"127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))
            return match[0] if match else None

        site, data = tmp_path / "site.yaml", tmp_path / "data"
        where = await until(address, 15, "the reader says its address")
        site.write_text(warehouse_text([where]), encoding="utf-8")
        key = await make_key(data, "viewer")
        async with (
            gateway(site, data, tmp_path / "log") as running,
            asking(running.url, key) as ask,
        ):

            async def all_in_the_hall() -> bool:
                return len(await items(ask, "/zones/hall/assets")) == 20

            await until(all_in_the_hall, 20, "20 tags in the hall")
            states = {each["name"]: each["state"] for each in await items(ask, "/readers")}
            assert [states[name] for name in NAMES] == ["online", "offline", "offline"]
    finally:
        process.terminate()
        await process.wait()
