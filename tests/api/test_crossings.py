"""Crossings and presence as integrators read them."""

import csv
import io
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk, moved
from tests.history.made import crossing

API = "/api/v1"


def at(seconds: float) -> int:
    return NOON_NS + int(seconds * SECOND_NS)


async def three_crossings(desk: FakeDesk) -> None:
    await desk.happen(
        crossing("e2801160", "dock", at(1), "outbound", "L1"),
        crossing("e2801160", "dock", at(2), "inbound", "L1"),
        crossing("aa", "yard", at(3), "unknown", late=True),
    )


async def listed(viewer: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    answer = await viewer.get(f"{API}/crossings", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_crossing_says_what_went_through_which_gate_which_way(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await three_crossings(desk)
    unsure, _, out = await listed(viewer)
    assert (out["tag"], out["asset"], out["portal"]) == ("e2801160", "L1", "dock")
    assert (out["direction"], out["confidence"], out["lean"]) == ("outbound", 0.875, None)
    assert (out["time"], out["decided"]) == (
        "2027-01-15T08:00:01.000000Z",
        "2027-01-15T08:00:02.000000Z",
    )
    assert (unsure["direction"], unsure["lean"], unsure["late"]) == ("unknown", "inbound", True)


async def test_crossings_are_narrowed_by_what_they_say_and_half_open_time(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await three_crossings(desk)
    times = {"since": "2027-01-15T08:00:02Z", "until": "2027-01-15T08:00:03Z"}
    assert [row["direction"] for row in await listed(viewer, **times)] == ["inbound"]
    assert len(await listed(viewer, portal="dock")) == 2
    assert len(await listed(viewer, asset="L1", direction="outbound")) == 1
    assert len(await listed(viewer, tag="E2801160")) == 2
    assert len(await listed(viewer, late="true")) == 1
    oldest_first = await listed(viewer, sort="seq", limit="2")
    assert [row["direction"] for row in oldest_first] == ["outbound", "inbound"]


async def test_pages_of_crossings_follow_each_other_by_their_links(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await three_crossings(desk)
    url: str | None = f"{API}/crossings?limit=2"
    seen: list[str] = []
    while url:
        answer = await viewer.get(url)
        seen += [item["direction"] for item in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url")
    assert seen == ["unknown", "inbound", "outbound"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("direction=sideways", "direction"), ("zone=hall", "zone"), ("since=now", "since")],
)
async def test_what_can_not_be_asked_of_crossings_is_said_by_field(
    query: str,
    field: str,
    viewer: httpx.AsyncClient,
) -> None:
    answer = await viewer.get(f"{API}/crossings?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_crossings_are_given_as_csv(viewer: httpx.AsyncClient, desk: FakeDesk) -> None:
    await three_crossings(desk)
    answer = await viewer.get(f"{API}/crossings", headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["portal"], row["direction"], row["confidence"]) for row in rows] == [
        ("yard", "unknown", "0.875"),
        ("dock", "inbound", "0.875"),
        ("dock", "outbound", "0.875"),
    ]


async def test_the_history_of_an_asset_tells_how_it_went(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    _ = await operator.post(f"{API}/assets", json={"id": "L1", "tags": ["e2801160"]})
    await desk.happen(moved("e2801160", None, "hall", 0, "L1"))
    await three_crossings(desk)
    items = (await operator.get(f"{API}/assets/L1/history?sort=seq")).json()["items"]
    assert [item["type"] for item in items] == ["movement", "visit", "crossing", "crossing"]
    as_csv = await operator.get(f"{API}/assets/L1/history", headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert [(row["portal"], row["direction"]) for row in rows[:2]] == [
        ("dock", "inbound"),
        ("dock", "outbound"),
    ]


async def test_what_was_seen_outside_all_zones_has_not_departed(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    _ = await operator.post(f"{API}/assets", json={"id": "L1", "tags": ["e2801160"]})
    await desk.happen(moved("e2801160", None, "hall", 1, "L1"))
    left = replace(moved("e2801160", "hall", None, 9, "L1"), kind="moved")
    await desk.happen(left)
    position = (await operator.get(f"{API}/assets/L1/position")).json()
    assert (position["zone"], position["presence"]) == (None, "outside")
    assert position["presence_since"] == position["since"] == "2027-01-15T08:00:09.000000Z"
    assert "left" not in position


async def test_a_tag_that_was_taken_off_leaves_its_asset_unknown(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    _ = await operator.post(f"{API}/assets", json={"id": "L1", "tags": ["e2801160"]})
    await desk.happen(moved("e2801160", None, "hall", -9, "L1"))
    _ = await operator.put(f"{API}/assets/L1", json={"tags": []})
    position = (await operator.get(f"{API}/assets/L1/position")).json()
    assert (position["zone"], position["presence"]) == (None, "unknown")


async def test_a_thousand_tags_whose_reader_dies_are_unknown_and_nothing_is_written(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await desk.happen(*[moved(f"{number:04x}", None, "hall", 1) for number in range(1000)])
    url = f"{API}/zones/hall/assets?limit=1000"
    before = (await viewer.get(url)).json()["items"]
    assert [(item["presence"], item["presence_since"]) for item in before] == [
        ("present", "2027-01-15T08:00:01.000000Z"),
    ] * 1000
    written = desk.state.total_changes
    desk.sick_zones.add("hall")
    desk.sick_since_ns = at(5)
    unknown = (await viewer.get(url)).json()["items"]
    assert [(item["presence"], item["presence_since"]) for item in unknown] == [
        ("unknown", "2027-01-15T08:00:05.000000Z"),
    ] * 1000
    assert {item["since"] for item in unknown} == {"2027-01-15T08:00:01.000000Z"}
    desk.sick_zones.clear()
    assert (await viewer.get(url)).json()["items"] == before
    assert desk.state.total_changes == written


async def test_who_came_while_a_reader_was_down_is_unknown_since_then(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    desk.sick_zones.add("hall")
    await desk.happen(moved("aa", None, "hall", 7))
    [item] = (await viewer.get(f"{API}/zones/hall/assets")).json()["items"]
    assert (item["presence"], item["presence_since"]) == ("unknown", item["since"])
