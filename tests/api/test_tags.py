"""Tags: what they are on, where they are; bound to assets and taken off again."""

import asyncio
from urllib.parse import quote

import httpx
import pytest

from tests.api.fake_gateway import NOON_NS, FakeDesk, moved

TAGS = "/api/v1/tags"
ASSETS = "/api/v1/assets"


async def tags_in(client: httpx.AsyncClient, query: str = "") -> list[str]:
    return [each["tag"] for each in (await client.get(TAGS + query)).json()["items"]]


@pytest.fixture
async def depot(desk: FakeDesk, operator: httpx.AsyncClient) -> None:
    """Two tags of a drill, of which one was seen; a saw that left; a stranger in the hall."""
    await operator.post(ASSETS, json={"id": "drill", "name": "Big drill", "tags": ["aa01", "aa02"]})
    await operator.post(ASSETS, json={"id": "saw", "tags": ["aa04"]})
    await desk.happen(
        moved("aa02", None, "hall", 1, "drill"),
        moved("aa03", None, "hall/shelf", 2),
        moved("aa04", None, "gate", 3, "saw"),
        moved("aa04", "gate", None, 4, "saw"),
    )


@pytest.mark.usefixtures("depot")
async def test_all_known_tags_are_listed_by_tag(viewer: httpx.AsyncClient) -> None:
    items = (await viewer.get(TAGS)).json()["items"]
    shown = [(each["tag"], each["asset"], each["zone"], each["presence"]) for each in items]
    assert shown == [
        ("aa01", "drill", None, "unknown"),
        ("aa02", "drill", "hall", "present"),
        ("aa03", None, "hall/shelf", "present"),
        ("aa04", "saw", None, "departed"),
    ]
    assert items[1]["name"] == "Big drill"
    assert (items[2]["bound"], items[3]["last_zone"]) == (None, "gate")
    assert items[0]["since"] is None


@pytest.mark.usefixtures("depot")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?asset=drill", ["aa01", "aa02"]),
        ("?tag=AA03", ["aa03"]),
        ("?zone=hall", ["aa02", "aa03"]),
        ("?zone=hall/shelf", ["aa03"]),
        ("?bound=true", ["aa01", "aa02", "aa04"]),
        ("?bound=false", ["aa03"]),
        ("?q=DRILL", ["aa01", "aa02"]),
        ("?q=04", ["aa04"]),
        ("?asset=nobody", []),
        ("?sort=-seq", ["aa04", "aa03", "aa02", "aa01"]),
    ],
)
async def test_tags_are_narrowed(query: str, found: list[str], viewer: httpx.AsyncClient) -> None:
    assert await tags_in(viewer, query) == found


@pytest.mark.usefixtures("depot")
@pytest.mark.parametrize("sort", ["seq", "-seq"])
async def test_pages_follow_each_other(sort: str, viewer: httpx.AsyncClient) -> None:
    found: list[str] = []
    path: str | None = f"{TAGS}?limit=1&sort={sort}"
    while path is not None:
        answer = await viewer.get(path)
        found += [each["tag"] for each in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url")
    assert sorted(found) == ["aa01", "aa02", "aa03", "aa04"]
    assert found == await tags_in(viewer, f"?sort={sort}")


@pytest.mark.usefixtures("depot")
async def test_one_tag_is_shown_in_any_spelling(viewer: httpx.AsyncClient, desk: FakeDesk) -> None:
    desk.heard_ns["aa02"] = NOON_NS
    shown = (await viewer.get(f"{TAGS}/AA02")).json()
    assert (shown["tag"], shown["asset"], shown["zone"]) == ("aa02", "drill", "hall")
    assert shown["last_heard"] == "2027-01-15T08:00:00.000000Z"
    assert (await viewer.get(f"{TAGS}/aa09")).status_code == 404
    assert (await viewer.get(f"{TAGS}/xyz")).status_code == 422


async def test_a_tag_that_was_only_heard_is_known(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.heard_ns["bb01"] = NOON_NS
    shown = (await viewer.get(f"{TAGS}/bb01")).json()
    assert (shown["asset"], shown["zone"], shown["presence"]) == (None, None, "unknown")


@pytest.mark.usefixtures("depot")
async def test_a_tag_is_bound_and_stays_bound_once(operator: httpx.AsyncClient) -> None:
    for _ in range(2):
        answer = await operator.post(TAGS, json={"tag": "AA03", "asset": "saw"})
        assert answer.status_code == 200
        assert (answer.json()["tag"], answer.json()["asset"]) == ("aa03", "saw")
        assert answer.json()["zone"] == "hall/shelf"
    assert (await operator.get(f"{ASSETS}/saw")).json()["tags"] == ["aa04", "aa03"]


@pytest.mark.usefixtures("depot")
async def test_a_tag_of_another_asset_is_taken_only_when_asked(operator: httpx.AsyncClient) -> None:
    body = {"tag": "aa01", "asset": "saw"}
    assert (await operator.post(TAGS, json=body)).status_code == 409
    assert (await operator.post(f"{TAGS}?rebind=true", json=body)).json()["asset"] == "saw"
    assert (await operator.get(f"{ASSETS}/drill")).json()["tags"] == ["aa02"]


@pytest.mark.usefixtures("depot")
async def test_a_tag_is_taken_off_and_its_history_stays(operator: httpx.AsyncClient) -> None:
    assert (await operator.delete(f"{TAGS}/AA02")).status_code == 204
    assert (await operator.get(f"{ASSETS}/drill")).json()["tags"] == ["aa01"]
    history = (await operator.get(f"{ASSETS}/drill/history")).json()["items"]
    assert "aa02" in [each["tag"] for each in history]
    assert (await operator.delete(f"{TAGS}/aa02")).status_code == 404


@pytest.mark.usefixtures("depot")
async def test_several_tags_are_bound_each_with_its_own_outcome(
    operator: httpx.AsyncClient,
) -> None:
    body = [
        {"tag": "aa03", "asset": "saw"},
        {"tag": "aa05", "asset": "saw"},
        {"tag": "aa01", "asset": "saw"},
        {"tag": "aa06", "asset": "nobody"},
    ]
    answer = (await operator.post(TAGS, json=body)).json()
    assert answer["done"] == 2
    outcomes = [(each["id"], each["status"]) for each in answer["results"]]
    assert outcomes == [("aa03", 200), ("aa05", 200), ("aa01", 409), ("aa06", 404)]
    tags = (await operator.get(f"{ASSETS}/saw")).json()["tags"]
    assert sorted(tags) == ["aa03", "aa04", "aa05"]


@pytest.mark.usefixtures("depot")
async def test_several_tags_are_taken_off(operator: httpx.AsyncClient) -> None:
    answer = (await operator.post(f"{TAGS}/unbind", json={"ids": ["AA01", "aa02", "aa09"]})).json()
    assert [each["status"] for each in answer["results"]] == [200, 200, 404]
    assert (await operator.get(f"{ASSETS}/drill")).json()["tags"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"tag": "xyz", "asset": "saw"},
        {"tag": "aa03"},
        {"tag": "aa03", "asset": ""},
        [{"tag": "aa03", "asset": "saw"}, {"tag": "AA03", "asset": "drill"}],
        [],
        "aa03",
    ],
)
async def test_a_binding_that_does_not_fit_changes_nothing(
    body: object, operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    assert (await operator.post(TAGS, json=body)).status_code == 422
    assert desk.submitted == []


async def test_an_asset_carries_no_more_tags_than_it_may(operator: httpx.AsyncClient) -> None:
    tags = [f"{number:04x}" for number in range(100)]
    await operator.post(ASSETS, json={"id": "pallet", "tags": tags})
    answer = await operator.post(TAGS, json={"tag": "ffff", "asset": "pallet"})
    assert answer.status_code == 409


async def test_a_tag_is_found_by_its_pure_identity(
    operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    uri = "urn:epc:id:sgtin:0614141.812345.6789"
    await operator.post(ASSETS, json={"id": "box", "tags": [uri]})
    await desk.happen(moved("3034257bf7194e4000001a85", None, "hall", 1, "box"))
    items = (await operator.get(TAGS)).json()["items"]
    assert [(each["tag"], each["asset"]) for each in items] == [
        ("3034257bf7194e4000001a85", "box"),
        (uri, "box"),
    ]
    refused = await operator.delete(f"{TAGS}/3034257bf7194e4000001a85")
    assert refused.status_code == 409
    assert (await operator.delete(f"{TAGS}/{quote(uri, safe='')}")).status_code == 204


@pytest.mark.usefixtures("depot")
async def test_tags_bound_at_the_same_time_are_all_kept(operator: httpx.AsyncClient) -> None:
    sent = [operator.post(TAGS, json={"tag": f"cc0{n}", "asset": "saw"}) for n in range(4)]
    answers = await asyncio.gather(*sent)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len((await operator.get(f"{ASSETS}/saw")).json()["tags"]) == 5


@pytest.mark.usefixtures("depot")
async def test_the_same_binding_under_the_same_key_is_done_once(
    operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    headers = {"idempotency-key": "k1"}
    body = {"tag": "aa03", "asset": "saw"}
    first = await operator.post(TAGS, json=body, headers=headers)
    done = len(desk.submitted)
    again = await operator.post(TAGS, json=body, headers=headers)
    assert again.json() == first.json()
    assert len(desk.submitted) == done
