"""Integrators are told of every movement, from outside, through failures and a kill."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from simulators.llrp_reader import LlrpReader
from tests.acceptance.running import (
    RunningGateway,
    Walk,
    asking,
    gateway,
    items,
    make_key,
    playing,
    until,
)
from tests.delivery.receiver import Receiver, listening, reply

SITE = """\
site: {{name: depot}}
zones: [{{name: hall}}, {{name: shelf, parent: hall}}, {{name: yard}}]
readers:
  - {{name: inner, driver: llrp, address: "{inner}", zone: shelf}}
  - {{name: outer, driver: llrp, address: "{outer}", zone: yard}}
server: {{listen: "127.0.0.1:0", private_webhooks: {private}}}
"""
TAGS = [f"e2801160000000000000{n:04x}" for n in range(6)]


class Depot(NamedTuple):
    """Two readers, a receiver, and where the gateway has its files."""

    folder: Path
    walk: Walk
    hook: Receiver
    key: str

    @asynccontextmanager
    async def runs(self, log: str) -> AsyncGenerator[tuple[RunningGateway, httpx.AsyncClient]]:
        site, data = self.folder / "site.yaml", self.folder / "data"
        async with (
            gateway(site, data, self.folder / log) as running,
            asking(running.url, self.key) as ask,
        ):
            yield running, ask


@asynccontextmanager
async def depot(folder: Path, *, private: bool = True) -> AsyncGenerator[Depot]:
    async with LlrpReader() as inner, LlrpReader() as outer, listening() as hook:
        text = SITE.format(inner=inner.address, outer=outer.address, private=json.dumps(private))
        (folder / "site.yaml").write_text(text, encoding="utf-8")
        key = await make_key(folder / "data")
        walk = Walk({"inner": inner, "outer": outer})
        async with playing(walk):
            yield Depot(folder, walk, hook, key)


async def subscribed(ask: httpx.AsyncClient, name: str, url: str, **more: object) -> dict[str, Any]:
    wanted = {"name": name, "url": url, "events": ["movement"], **more}
    answer = await ask.post("/subscriptions", json=wanted)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(hook: Receiver, target: str) -> dict[str, set[str]]:
    """The ids of messages by the movement that they tell of, with whatever was sent twice."""
    found: dict[str, set[str]] = {}
    for post in hook.posts:
        if post.target == target:
            movement = json.loads(post.body)["data"]["id"]
            found.setdefault(movement, set()).add(post.headers["webhook-id"])
    return found


async def moved_to(ask: httpx.AsyncClient, zone: str) -> bool | None:
    found = await items(ask, "/movements", limit=1000)
    return len([each for each in found if each["to"] == zone]) >= len(TAGS) or None


async def test_every_movement_is_told_once_under_one_id_through_a_kill(tmp_path: Path) -> None:
    async with depot(tmp_path) as at:
        all_of_it, yard = "/hook", "/hook?yard"
        async with at.runs("log-1") as (running, ask):
            one = await subscribed(ask, "all", at.hook.url)
            await subscribed(ask, "yard", f"{at.hook.url}?yard", filters={"to": ["yard"]})
            at.walk.spots = dict.fromkeys(TAGS, ("inner", 1))
            await until(lambda: moved_to(ask, "shelf"), 20, "all are on the shelf")
            at.hook.answers = [reply(503)] * 6
            at.walk.spots = dict.fromkeys(TAGS, ("outer", 1))
            await until(lambda: moved_to(ask, "yard"), 20, "all are in the yard")
            await running.kill()
        at.hook.answers = []
        async with at.runs("log-2") as (running, ask):
            await check_all_told(ask, at, (all_of_it, yard))
            for post in at.hook.posts:
                if post.target == all_of_it:
                    post.verify(one["secret"])
            assert (await ask.delete(f"/subscriptions/{one['id']}")).status_code == 204
            before = len(told(at.hook, all_of_it))
            at.walk.spots = dict.fromkeys(TAGS, ("inner", 2))
            await until(lambda: back_on_the_shelf(ask), 20, "all are on the shelf again")
            at.walk.spots = dict.fromkeys(TAGS, ("outer", 2))
            await until(lambda: all_in_yard_again(at.hook, yard), 20, "the other one is told")
            assert len(told(at.hook, all_of_it)) == before
            assert (await running.stop())[0] == 0


async def back_on_the_shelf(ask: httpx.AsyncClient) -> bool | None:
    found = await items(ask, "/movements", limit=1000)
    return len([each for each in found if each["to"] == "shelf"]) >= 2 * len(TAGS) or None


async def all_in_yard_again(hook: Receiver, target: str) -> bool | None:
    return len(told(hook, target)) >= 2 * len(TAGS) or None


async def check_all_told(ask: httpx.AsyncClient, at: Depot, targets: tuple[str, str]) -> None:
    """Each movement of the list was posted under an id of its own, and nothing else was."""

    async def look() -> bool | None:
        movements = await items(ask, "/movements", limit=1000)
        wanted = {each["id"] for each in movements}
        in_yard = {each["id"] for each in movements if each["to"] == "yard"}
        got, narrow = (told(at.hook, target) for target in targets)
        return (set(got), set(narrow)) == (wanted, in_yard) or None

    await until(look, 30, "everything is told")
    for target in targets:
        ids = list(told(at.hook, target).values())
        assert {len(each) for each in ids} == {1}
        assert len(set().union(*ids)) == len(ids)


async def test_a_private_target_is_refused_unless_the_site_file_allows_it(tmp_path: Path) -> None:
    async with depot(tmp_path, private=False) as at, at.runs("log") as (_, ask):
        wanted = {"name": "inside", "events": ["movement"]}
        for url in (at.hook.url, f"https://localhost:{at.hook.port}/hook"):
            refused = await ask.post("/subscriptions", json={**wanted, "url": url})
            assert refused.status_code == 422, refused.text
        assert at.hook.connections == 0


async def test_a_site_file_that_forbids_private_targets_later_ends_their_posts(
    tmp_path: Path,
) -> None:
    async with depot(tmp_path) as at, at.runs("log") as (running, ask):
        one = await subscribed(ask, "inside", at.hook.url)
        site = tmp_path / "site.yaml"
        text = site.read_text(encoding="utf-8").replace("webhooks: true", "webhooks: false")
        await asyncio.to_thread(site.write_text, text, encoding="utf-8")
        await running.command.hears("site file taken over")
        at.walk.spots = dict.fromkeys(TAGS, ("inner", 1))

        async def given_up() -> dict[str, Any] | None:
            found = (await ask.get(f"/subscriptions/{one['id']}")).json()
            return found if found["dead"] == len(TAGS) else None

        found = await until(given_up, 20, "they are dead letters")
        assert "http" in found["last_error"]["reason"]
        assert at.hook.connections == 0
