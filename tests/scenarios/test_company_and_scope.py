"""The acceptance scenarios of alerts by their numbers: company, and who may see what."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from history.keys import create_key
from tests.gateway.depot import Depot, depot, site_text
from tests.scenarios.scene import HALL, OFFICE, Scene, site

COMPANY = (
    "  - {name: in company, kind: unaccompanied, assets: {category: laptop}, zones: [office],"
    " custodians: {category: badge}, same_group: true, within_s: 5, notify: [guards]}"
)


@pytest.mark.parametrize(("badge_s", "story"), [(None, ["raised"]), (9.0, [])])
def test_30_who_comes_without_a_badge_of_the_group_is_told(
    badge_s: float | None, story: list[str]
) -> None:
    scene = Scene(site(COMPANY))
    scene.stay(0, 5, HALL)
    scene.stay(0, 5, HALL, tag="b2")
    for quarter in range(60):
        seconds = 5 + quarter / 4
        scene.read(seconds, OFFICE)
        if badge_s is not None and seconds >= badge_s:
            scene.read(seconds, OFFICE, tag="b2")
    scene.wait_until(40)
    assert scene.story == story


# Two sites are two gateways, each with its own keys and alerts.


async def _key(at: Depot, role: Any) -> dict[str, str]:  # noqa: ANN401 -- one of the roles
    name = f"{role} of scenario 31"
    key = await at.gateway.collector.transact(lambda db: create_key(db, name, role, 1))
    return {"authorization": f"Bearer {key}"}


async def _alert(at: Depot, client: httpx.AsyncClient, laptop: int = 0) -> str:
    """A laptop is taken out; its alert."""
    await at.walk_out(laptop)
    found: list[str] = []
    async with asyncio.timeout(10):
        while not found:
            listed = (await client.get("/api/v1/alerts", params={"state": "active"})).json()
            found = [row["id"] for row in listed["items"] if row["asset"] == f"L{laptop}"]
    return found[0]


@asynccontextmanager
async def two_sites(folder: Path) -> AsyncGenerator[tuple[Depot, Depot]]:
    async with AsyncExitStack() as stack:
        text = site_text("  - {name: guards, kind: log}", "guards", "guards")
        yield (
            await stack.enter_async_context(depot(folder / "one", text)),
            await stack.enter_async_context(depot(folder / "two", text.replace("depot", "store"))),
        )


async def test_31_an_alert_of_another_site_is_not_there_and_denials_are_in_the_log(
    tmp_path: Path,
) -> None:
    async with two_sites(tmp_path) as (one, two), one.client() as ours, two.client() as theirs:
        other = await _alert(two, theirs, laptop=1)
        guard, viewer, admin = [await _key(one, role) for role in ("guard", "viewer", "admin")]
        path = f"/api/v1/alerts/{other}"
        note = {"note": "seen"}
        assert (await ours.get(path, headers=guard)).status_code == 404
        assert (await ours.post(f"{path}/acknowledge", headers=guard, json=note)).status_code == 404
        own = await _alert(one, ours)
        path = f"/api/v1/alerts/{own}/acknowledge"
        assert (await ours.post(path, headers=viewer, json=note)).status_code == 403
        lines = (await ours.get("/api/v1/audit", headers=admin)).json()["items"]
        assert "access.denied" in {line["action"] for line in lines}
        assert (await ours.post(path, headers=guard, json=note)).status_code == 200


async def test_31_who_reconnects_gets_each_step_once_and_in_order(tmp_path: Path) -> None:
    text = site_text("  - {name: guards, kind: log}", "guards", "guards")
    async with depot(tmp_path, text) as at, at.client() as client:
        alert = await _alert(at, client)
        first = await _steps(client, alert, 1, "0")
        await client.post(f"/api/v1/alerts/{alert}/acknowledge", json={"note": "seen"})
        await client.post(f"/api/v1/alerts/{alert}/comment", json={"text": "on my way"})
        again = await _steps(client, alert, 2, first[-1][0])
        assert [step for _, step in first + again] == ["raised", "acknowledged", "commented"]
        numbers = [int(number) for number, _ in first + again]
        assert numbers == sorted(set(numbers))


async def _steps(
    client: httpx.AsyncClient, alert: str, count: int, last: str
) -> list[tuple[str, str]]:
    """The next steps of an alert on the stream behind an event: their numbers and names."""
    found: list[tuple[str, str]] = []
    headers = {"last-event-id": last}
    async with client.stream("GET", "/api/v1/stream", headers=headers) as answer:
        number = ""
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            number = value if field == "id" else number
            body = json.loads(value) if field == "data" else {}
            if body.get("id") == alert:
                found.append((number, body["transition"]))
            if len(found) == count:
                return found
    return found
