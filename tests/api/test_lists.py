"""Lists, zones, readers, movements and alerts as integrators read them."""

import csv
import io
import json
import re
from itertools import pairwise
from typing import Any

import httpx
import msgspec
import pytest
from pydantic import TypeAdapter

from api.routes import ROUTES
from tags.times import SECOND_NS
from tests.api.fake_gateway import FakeDesk, moved, raised

API = "/api/v1"
COLD: dict[str, Any] = {"sensor": "link:cold", "quantity": "t", "value": 4.5, "unit": "°C"}


async def five_movements(desk: FakeDesk) -> None:
    zones = [None, "hall", "gate", "hall", "gate", None]
    for after_s, (before, then) in enumerate(pairwise(zones)):
        await desk.happen(moved("e2801160", before, then, after_s))


async def test_pages_follow_each_other_by_their_links(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await five_movements(desk)
    url: str | None = f"{API}/movements?limit=2&tag=e2801160"
    seen: list[str] = []
    pages = 0
    while url:
        answer = await viewer.get(url)
        seen += [item["time"] for item in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url")
        pages += 1
        await desk.happen(moved("aa", None, "hall", 100 + pages))
    assert pages == 3
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


async def test_movements_are_narrowed_by_zone_kind_and_half_open_time(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await five_movements(desk)

    async def count(**params: str) -> int:
        answer = await viewer.get(f"{API}/movements", params=params)
        assert answer.status_code == 200
        return len(answer.json()["items"])

    assert await count(zone="hall") == 4
    assert await count(kind="arrived") == 1
    assert await count(**{"from": "hall"}) == 2
    assert await count(to="gate") == 2
    assert await count(**{"from": "gate", "to": "hall"}) == 1
    times = {"since": "2027-01-15T08:00:01Z", "until": "2027-01-15T08:00:03Z"}
    assert await count(**times) == 2
    assert await count(since="9999-12-31T23:59:59Z") == 0
    assert await count(until="0001-01-01T00:00:00Z") == 0


async def test_a_plus_that_was_not_escaped_is_still_an_offset(viewer: httpx.AsyncClient) -> None:
    answer = await viewer.get(f"{API}/movements?since=2027-01-15T08:00:01+01:00")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("sort=name", "sort"),
        ("cursor=", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=bm90IG9uZQ", "cursor"),
        ("since=yesterday", "since"),
        ("until=2027-01-15T08:00:01", "until"),
        ("kind=lost%0d%0a", "kind"),
        ("zone=" + "x" * 1001, "zone"),
    ],
)
async def test_what_a_list_can_not_do_is_said_by_field(
    query: str,
    field: str,
    viewer: httpx.AsyncClient,
) -> None:
    answer = await viewer.get(f"{API}/movements?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_cursor_belongs_to_its_list_and_order(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await five_movements(desk)
    following = (await viewer.get(f"{API}/movements?limit=2")).links["next"]["url"]
    other_order = await viewer.get(following + "&sort=seq")
    other_list = await viewer.get(following.replace("movements", "readers") + "&sort=-seq")
    assert (other_order.status_code, other_list.status_code) == (422, 422)


async def test_csv_has_the_rows_of_the_list_and_no_formulas(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await desk.happen(moved("=cmd()", None, "hall", 1))
    answer = await viewer.get(f"{API}/movements", headers={"accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["tag"], row["kind"], row["to"], row["late"]) for row in rows] == [
        ("'=cmd()", "arrived", "hall", "false"),
    ]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/csv", "text/csv"),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("application/json;q=0.5, text/csv", "text/csv"),
        ("text/csv;q=x", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
async def test_csv_is_given_to_those_who_like_it_better(
    accept: str,
    media_type: str,
    viewer: httpx.AsyncClient,
) -> None:
    answer = await viewer.get(f"{API}/movements", headers={"accept": accept})
    assert answer.headers["content-type"].startswith(media_type)
    assert answer.headers["vary"] == "Accept"


async def test_a_polygon_in_csv_is_json(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corners = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.5))
    monkeypatch.setattr(desk, "zones", lambda: [{"name": "hall", "polygon": corners}])
    answer = await viewer.get(f"{API}/zones", headers={"accept": "text/csv"})
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert json.loads(row["polygon"]) == [[0.0, 0.0], [4.0, 0.0], [4.0, 4.5]]


async def test_zones_are_listed_with_their_health_and_as_geojson(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    desk.sick_zones.add("gate")
    items = (await viewer.get(f"{API}/zones")).json()["items"]
    assert [(zone["name"], zone["healthy"]) for zone in items] == [
        ("hall", True),
        ("hall/shelf", True),
        ("gate", False),
    ]
    answer = await viewer.get(f"{API}/zones", headers={"accept": "application/geo+json"})
    assert answer.headers["content-type"] == "application/geo+json"
    hall, _, gate = answer.json()["features"]
    ring = hall["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    assert len(ring) == 5
    assert (gate["geometry"], gate["properties"]["role"]) == (None, "exit")


async def test_zones_are_paged_in_either_order(viewer: httpx.AsyncClient) -> None:
    url: str | None = f"{API}/zones?limit=2&sort=-seq"
    names: list[str] = []
    while url:
        answer = await viewer.get(url)
        names += [zone["name"] for zone in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url")
    assert names == ["gate", "hall/shelf", "hall"]


async def test_a_zone_with_a_slash_in_its_name_can_be_asked(viewer: httpx.AsyncClient) -> None:
    assert (await viewer.get(f"{API}/zones/hall%2Fshelf")).json()["parent"] == "hall"
    assert (await viewer.get(f"{API}/zones/hall/shelf/assets")).json() == {"items": []}


async def test_who_is_in_a_zone_includes_the_zones_inside_it(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await desk.happen(moved("aa", None, "hall", 1), moved("bb", None, "hall/shelf", 2))
    outer = (await viewer.get(f"{API}/zones/hall/assets")).json()["items"]
    inner = (await viewer.get(f"{API}/zones/hall/shelf/assets")).json()["items"]
    assert [item["tag"] for item in outer] == ["aa", "bb"]
    assert [item["tag"] for item in inner] == ["bb"]


async def test_who_was_in_a_zone_is_told_by_visits_that_touch_the_time(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await five_movements(desk)
    params = {"since": "2027-01-15T08:00:02Z", "until": "2027-01-15T08:00:04Z"}
    items = (await viewer.get(f"{API}/zones/hall/visits", params=params)).json()["items"]
    assert [(item["from"], item["to"]) for item in items] == [
        ("2027-01-15T08:00:02.000000Z", "2027-01-15T08:00:03.000000Z"),
    ]


async def test_an_exit_that_was_learned_late_is_among_those_who_were_there(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    exit_ = moved("e2801160", None, "gate", 1)
    await desk.happen(moved("e2801160", None, "hall", 0))
    await desk.happen(
        msgspec.structs.replace(exit_, late=True, decided_ns=exit_.time_ns + 3 * SECOND_NS)
    )
    items = (await viewer.get(f"{API}/zones/gate/visits")).json()["items"]
    assert [(item["tag"], item["from"], item["to"]) for item in items] == [
        ("e2801160", "2027-01-15T08:00:01.000000Z", "2027-01-15T08:00:04.000000Z"),
    ]
    there = (await viewer.get(f"{API}/zones/gate/assets")).json()["items"]
    assert there == []


@pytest.mark.parametrize("path", ["zones/x", "zones/x/assets", "zones/x/visits", "readers/x"])
async def test_what_is_not_in_the_site_file_is_not_found(
    path: str,
    viewer: httpx.AsyncClient,
) -> None:
    assert (await viewer.get(f"{API}/{path}")).status_code == 404


async def test_readers_are_shown_with_their_health(viewer: httpx.AsyncClient) -> None:
    listed = (await viewer.get(f"{API}/readers")).json()["items"]
    assert listed == [(await viewer.get(f"{API}/readers/gate-1")).json()]
    assert listed[0]["state"] == "online"


async def test_alerts_are_filtered_by_state_and_shown_with_evidence(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await desk.happen(raised("a1", "L1"), raised("a2", "L2", "warning"))

    async def ids(query: str) -> list[str]:
        answer = await viewer.get(f"{API}/alerts?{query}")
        return [alert["id"] for alert in answer.json()["items"]]

    assert await ids("state=active") == ["a2", "a1"]
    assert await ids("state=active&severity=critical") == ["a1"]
    assert await ids("state=cleared&state=latched") == []
    assert await ids("asset=L2&rule=rule+of+L2") == ["a2"]
    shown = (await viewer.get(f"{API}/alerts/a1")).json()
    assert shown["evidence"]["reads"][0]["reader"] == "gate-1"
    assert (await viewer.get(f"{API}/alerts?state=open")).status_code == 422
    assert (await viewer.get(f"{API}/alerts/a9")).status_code == 404


NAMES_OF = {"readers": "gate-1", "zones": "hall"}
"""Something of each of these nouns that is there."""


async def test_answers_have_the_shape_that_the_schema_promises(
    admin: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    _ = await admin.post(f"{API}/assets", json={"id": "L1", "tags": ["e2801160"]})
    await desk.happen(moved("e2801160", None, "hall", 1, "L1"), raised("a1", "L1"))
    leave = {"asset": "L1", "person": "bob", "for_s": 600}
    checkout = (await admin.post(f"{API}/checkouts", json=leave)).json()["id"]
    tested = (await admin.post(f"{API}/channels/guards/test")).json()["delivery"]
    desk.measured = [{**COLD, "time": "2027-01-15T08:00:00.000000Z"}]
    names = {"asset": "L1", "checkout": checkout, "alert": "a1", "delivery": tested}
    names |= {"sensor": COLD["sensor"], "tag": "e2801160"}
    asked = 0
    for route in ROUTES:
        if route.verb != "GET" or route.shape is None or route.right == "ingest":
            continue
        path = route.path.replace(":name", "")
        named = names | {"name": NAMES_OF.get(path.split("/")[3] if API in path else "", "")}
        if not all(named.get(each) for each in re.findall(r"{(\w+)", path)):
            continue  # see tests/api/test_schemathesis.py
        answer = await admin.get(path.format(**named))
        asked += 1
        assert answer.status_code == 200, path
        shown: Any = TypeAdapter(route.shape).validate_json(answer.content, strict=False)
        assert shown is not None
    assert asked > len(names) + len(NAMES_OF)
