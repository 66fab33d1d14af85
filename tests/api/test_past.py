"""Where things were, and when nobody knew, over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest

from history.sightings import SightingBatch
from readers.health import HealthState, ReaderHealth
from readers.settings import AntennaSettings, ReaderSettings
from tags.reads import Fix
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk, moved
from zones.floorplan import FloorPlan
from zones.settings import ZoneSettings

API = "/api/v1"
TAG = "e2801160"
PLAN = FloorPlan(
    zones=[ZoneSettings(name="hall"), ZoneSettings(name="gate")],
    readers=[
        ReaderSettings(name="gate-1", driver="llrp", antennas={1: AntennaSettings(zone="hall")})
    ],
)


def at(after_s: int) -> str:
    return f"2027-01-15T08:{after_s // 60:02}:{after_s % 60:02}.000000Z"


@pytest.fixture
async def drill(operator: httpx.AsyncClient, desk: FakeDesk) -> httpx.AsyncClient:
    """Bound at noon; in the hall from 10 s on, its reader down from 20 to 30 s; gone at 40 s."""
    desk.plan = PLAN
    desk.clock = lambda: NOON_NS
    _ = await operator.post(f"{API}/assets", json={"id": "drill/1", "tags": [TAG]})
    await desk.happen(moved(TAG, None, "hall", 10, "drill/1"))
    states: list[tuple[HealthState, int]] = [("offline", 20), ("online", 30)]
    for state, after_s in states:
        since_ns = NOON_NS + after_s * SECOND_NS
        await desk.happen(ReaderHealth(reader="gate-1", state=state, since_ns=since_ns))
    await desk.happen(moved(TAG, "hall", None, 40, "drill/1"))
    desk.clock = lambda: NOON_NS + 50 * SECOND_NS
    return operator


async def get(client: httpx.AsyncClient, path: str, **params: str) -> dict[str, Any]:
    answer = await client.get(f"{API}/{path}", params=params)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize(
    ("after_s", "zone", "presence", "since_s"),
    [
        (5, None, "unknown", None),
        (10, "hall", "present", 10),
        (25, "hall", "unknown", 20),
        (30, "hall", "present", 10),
        (40, None, "departed", 40),
    ],
)
async def test_a_position_as_of_a_time_says_what_was_known_of_it(
    after_s: int, zone: str | None, presence: str, since_s: int | None, drill: httpx.AsyncClient
) -> None:
    told = await get(drill, "assets/drill/1/position", as_of=at(after_s))
    assert (told["zone"], told["presence"], told["as_of"]) == (zone, presence, at(after_s))
    assert told["presence_since"] == (None if since_s is None else at(since_s))
    there = (await get(drill, "zones/hall/assets", as_of=at(after_s)))["items"]
    assert [item["asset"] for item in there] == (["drill/1"] if zone else [])
    positions = (await get(drill, "positions", as_of=at(after_s)))["items"]
    assert [(item["zone"], item["presence"]) for item in positions] == (
        [] if since_s is None else [(zone, presence)]
    )


async def test_a_time_to_come_is_refused(drill: httpx.AsyncClient) -> None:
    for path in ("assets/drill/1/position", "positions", "zones/hall/assets"):
        answer = await drill.get(f"{API}/{path}", params={"as_of": "2030-01-01T00:00:00Z"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "as_of"
    assert (await drill.get(f"{API}/assets/x/position?as_of={at(1)}")).status_code == 404


async def test_gaps_say_why_nobody_knew_where_it_was(drill: httpx.AsyncClient) -> None:
    gaps = (await get(drill, "assets/drill/1/history", type="gap"))["items"]
    assert [(gap["reason"], gap["from"], gap["to"], gap["readers"]) for gap in gaps] == [
        ("departed", at(40), None, []),
        ("reader_down", at(20), at(30), ["gate-1"]),
        ("never_seen", at(0), at(10), []),
    ]
    table = await drill.get(
        f"{API}/assets/drill/1/history?type=gap", headers={"accept": "text/csv"}
    )
    assert table.text.splitlines()[2].startswith(f"gap,,,,,,,hall,{at(20)},{at(30)},")


async def test_positions_of_a_tracker_are_told_while_it_was_carried(
    drill: httpx.AsyncClient, desk: FakeDesk
) -> None:
    fixes = [
        Fix(TAG, "trackers:van", NOON_NS + s * SECOND_NS, NOON_NS, lat=52.5, lon=13.4)
        for s in (-5, 12, 14)
    ]
    await asyncio.to_thread(desk.sightings.append, [SightingBatch(1, [], fixes)])
    path = "assets/drill/1/history"
    items = (await get(drill, path, type="position,visit"))["items"]
    assert [(item["type"], item.get("time")) for item in items] == [
        ("position", at(14)),
        ("position", at(12)),
        ("visit", None),
    ]
    then = await get(drill, "assets/drill/1/position", as_of=at(13))
    assert (then["fix"]["time"], then["last_heard"]) == (at(12), at(12))


async def test_types_of_a_history_are_chosen_and_others_refused(drill: httpx.AsyncClient) -> None:
    path = f"{API}/assets/drill/1/history"
    chosen = (await get(drill, "assets/drill/1/history", type="movement"))["items"]
    assert [item["type"] for item in chosen] == ["movement", "movement"]
    for query in ("type=visits", "type=gap&sort=seq", "sort=time"):
        assert (await drill.get(f"{path}?{query}")).status_code == 422
    by_time = (await get(drill, "assets/drill/1/history", sort="-time"))["items"]
    assert {item["type"] for item in by_time} == {"movement", "visit"}


async def test_visits_of_a_zone_are_narrowed(drill: httpx.AsyncClient, desk: FakeDesk) -> None:
    await desk.happen(moved("bb", None, "hall/shelf", 11))
    path = "zones/hall/visits"
    assert len((await get(drill, path, inner="true"))["items"]) == 2
    assert len((await get(drill, path, inner="true", open="true"))["items"]) == 1
    assert len((await get(drill, path, asset="drill/1"))["items"]) == 1
    assert (await get(drill, path, tag="bb"))["items"] == []


async def test_positions_are_listed_by_tag_and_narrowed(
    drill: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await desk.happen(moved("bb", None, "hall/shelf", 11), moved("cc", None, "gate", 12))
    everything = (await get(drill, "positions"))["items"]
    assert [(item["tag"], item["zone"], item["presence"]) for item in everything] == [
        ("bb", "hall/shelf", "present"),
        ("cc", "gate", "present"),
        (TAG, None, "departed"),
    ]
    assert [item["tag"] for item in (await get(drill, "positions", zone="hall"))["items"]] == ["bb"]
    assert [item["tag"] for item in (await get(drill, "positions", q="DRILL"))["items"]] == [TAG]
    assert (await drill.get(f"{API}/positions?zone=x")).status_code == 404
