"""A badge is forgotten: but for the audit log, its names stand in no file of the data folder."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, NamedTuple

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

SITE = """\
site: {{name: depot}}
zones: [{{name: hall}}, {{name: yard, role: exit}}]
readers:
  - {{name: inner, driver: llrp, address: "{inner}", zone: hall}}
  - {{name: outer, driver: llrp, address: "{outer}", zone: yard}}
rules:
  - {{name: stay in, kind: exit, assets: {{category: badge}}, fence: [hall], confirm_s: 0}}
server: {{listen: "127.0.0.1:0"}}
"""
TAG, OTHER_TAG = (
    "e28011600000000000planted".replace("planted", "0bad9e"),
    "e2801160000000000000beef",
)
BADGE = {"id": "badge-planted", "name": "Quaesitus Planted", "category": "badge", "tags": [TAG]}
OTHER = {"id": "cart-1", "name": "Cart", "category": "cart", "tags": [OTHER_TAG]}
LENDER = "Nemo Plantatus"
NAMES = (TAG, "badge-planted", "Quaesitus Planted", LENDER)


class Depot(NamedTuple):
    data: Path
    running: RunningGateway
    walk: Walk
    ask: httpx.AsyncClient


@asynccontextmanager
async def depot(folder: Path) -> AsyncGenerator[Depot]:
    async with LlrpReader() as inner, LlrpReader() as outer:
        site, data = folder / "site.yaml", folder / "data"
        text = SITE.format(inner=inner.address, outer=outer.address)
        await asyncio.to_thread(site.write_text, text, encoding="utf-8")
        key = await make_key(data)
        walk = Walk({"inner": inner, "outer": outer})
        async with (
            gateway(site, data, folder / "log") as running,
            asking(running.url, key) as ask,
            playing(walk),
        ):
            yield Depot(data, running, walk, ask)


async def went_out(at: Depot) -> None:
    """Badge and cart were in the hall; the badge is in the yard, with an alert and a comment."""
    stored = await at.ask.post("/assets", json=[BADGE, OTHER])
    assert stored.status_code == 200, stored.text
    lent = {"person": LENDER, "asset": "cart-1", "for_s": 3600, "note": "with keys"}
    assert (await at.ask.post("/checkouts", json=lent)).status_code == 201
    at.walk.spots = {TAG: ("inner", 1), OTHER_TAG: ("inner", 1)}
    await until(lambda: is_in(at.ask, "badge-planted", "hall"), 20, "it is in the hall")
    at.walk.spots[TAG] = ("outer", 1)
    await until(lambda: is_in(at.ask, "badge-planted", "yard"), 20, "it is in the yard")
    (alert,) = await until(lambda: open_alerts(at.ask), 20, "there is an alert")
    said = {"text": "saw badge-planted at the door"}
    answer = await at.ask.post(
        f"/alerts/{alert['id']}/comment", json=said, headers={"idempotency-key": "planted"}
    )
    assert answer.status_code == 200, answer.text
    at.walk.spots = {OTHER_TAG: ("inner", 1)}
    await asyncio.sleep(0.5)  # what is on its way was read before the badge was put away


async def is_in(ask: httpx.AsyncClient, asset: str, zone: str) -> bool:
    return bool((await ask.get(f"/assets/{asset}/position")).json()["zone"] == zone)


async def open_alerts(ask: httpx.AsyncClient) -> list[dict[str, Any]] | None:
    return await items(ask, "/alerts", asset="badge-planted") or None


async def erased(ask: httpx.AsyncClient, **asked: str) -> dict[str, Any]:
    answer = await ask.post("/erasures", json={"reason": "left the company", **asked}, timeout=60)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def found_in(data: Path, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Which names the files hold. The audit log is taken out of a copy of the database first."""
    copy = data.parent / "copy.db"
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(data / "state.db")) as state:
        state.execute("VACUUM INTO ?", (str(copy),))
    with closing(sqlite3.connect(copy, isolation_level=None)) as state:
        state.executescript("DROP TABLE audit; VACUUM;")
    files = [path for path in data.rglob("*") if path.is_file() and path.name != "state.db"]
    return [
        (path.name, name)
        for path in (*files, copy)
        for name in names
        if name.encode() in path.read_bytes()
    ]


def gaps_hold(data: Path, names: tuple[str, ...]) -> list[str]:
    """The names that the database holds oftener than one in which there are no free pages."""
    copy = data.parent / "whole.db"
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(data / "state.db")) as state:
        state.execute("VACUUM INTO ?", (str(copy),))
    here, there = (data / "state.db").read_bytes(), copy.read_bytes()
    return [name for name in names if here.count(name.encode()) > there.count(name.encode())]


@pytest.mark.parametrize("mode", ["delete", "pseudonymise"])
async def test_a_forgotten_badge_stands_in_no_file(mode: str, tmp_path: Path) -> None:
    async with depot(tmp_path) as at:
        await went_out(at)
        before = await asyncio.to_thread(found_in, at.data, NAMES)
        assert {name for _, name in before} == set(NAMES)
        done = await erased(at.ask, asset="badge-planted", mode=mode)
        assert done["finished"] is not None
        assert done["rows"]["day_files"] >= 1
        person = await erased(at.ask, person=LENDER, mode=mode)
        assert person["kind"] == "person"
        assert await asyncio.to_thread(found_in, at.data, NAMES) == []
        assert await asyncio.to_thread(gaps_hold, at.data, NAMES) == []
        assert (await at.ask.get("/assets/badge-planted")).status_code == 404
        movements = await items(at.ask, "/movements", asset=done["pseudonym"])
        assert bool(movements) == (mode == "pseudonymise")
        (lent,) = await items(at.ask, "/checkouts")
        assert lent["person"] == person["pseudonym"]
        listed = await items(at.ask, "/erasures")
        assert [one["id"] for one in listed] == [person["id"], done["id"]]
        await goes_on(at)
    checked = await tagwarden("audit", "verify", "--data", at.data)
    assert checked.code == 0, checked
    verified = await tagwarden("verify", "--data", at.data)
    assert verified.code == 0, verified
    assert await asyncio.to_thread(found_in, at.data, NAMES) == []


async def goes_on(at: Depot) -> None:
    """Others are where they were, move on, and are known after a stop and a start."""
    assert await is_in(at.ask, "cart-1", "hall")
    at.walk.spots = {OTHER_TAG: ("outer", 1)}
    await until(lambda: is_in(at.ask, "cart-1", "yard"), 20, "the cart is in the yard")
    code, _ = await at.running.stop()
    assert code == 0, at.running.command.said


Asked = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


async def test_what_can_not_be_erased_is_said_and_nothing_changes(tmp_path: Path) -> None:
    async with depot(tmp_path) as at:
        why = {"mode": "delete", "reason": "left"}
        assert (await at.ask.post("/erasures", json={"asset": "none", **why})).status_code == 404
        assert (await at.ask.post("/erasures", json={"person": "none", **why})).status_code == 404
        both = {"asset": "a", "person": "b", **why}
        assert (await at.ask.post("/erasures", json=both)).status_code == 422
        assets = [{"id": "hall", "category": "badge"}, {"id": "badge", "category": "x"}]
        others = [{"id": "cart-1", "category": "badge"}]
        assert (await at.ask.post("/assets", json=assets + others)).status_code == 200
        for asset in ("hall", "badge"):
            answer = await at.ask.post("/erasures", json={"asset": asset, **why})
            assert answer.status_code == 409, answer.text
            assert (await at.ask.get(f"/assets/{asset}")).status_code == 200
        assert await items(at.ask, "/erasures") == []
