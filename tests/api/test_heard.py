"""What was heard: sightings, and tags that nobody knows."""

import asyncio

import httpx
import pytest

from history.sightings import Sighting, SightingBatch
from tests.api.fake_gateway import NOON_NS, FakeDesk

SIGHTINGS = "/api/v1/sightings"
UNKNOWN = "/api/v1/tags/unknown"
NOON_S = NOON_NS // 1_000_000_000


def sighting(tag: str, before_s: int, reader: str = "gate-1", antenna: int = 1) -> Sighting:
    """A tag that was read twice, in a slot so long before noon."""
    slot_s = NOON_S - before_s
    return Sighting(
        slot_s=slot_s,
        tag=tag,
        reader=reader,
        antenna=antenna,
        first_ns=slot_s * 10**9,
        last_ns=slot_s * 10**9 + 10**9,
        count=2,
        rssi_dbm_max=-50.0,
        rssi_dbm_sum=-104.5,
        rssi_reads=2,
    )


@pytest.fixture
def heard(desk: FakeDesk) -> list[Sighting]:
    """Two tags over an hour at two readers, and long before that one more."""
    made = [
        sighting("aa01", 3000),
        sighting("aa01", 50),
        sighting("aa01", 50, antenna=2),
        sighting("aa02", 50),
        sighting("aa02", 5, "office-1"),
        sighting("aa03", 200_000),
    ]
    desk.sightings.append([SightingBatch(1, made)])
    return made


def keys(answer: httpx.Response) -> list[tuple[str, str, int]]:
    return [(each["tag"], each["reader"], each["antenna"]) for each in answer.json()["items"]]


@pytest.mark.usefixtures("heard")
async def test_sightings_are_listed_the_newest_first(viewer: httpx.AsyncClient) -> None:
    answer = await viewer.get(SIGHTINGS)
    assert keys(answer) == [
        ("aa02", "office-1", 1),
        ("aa01", "gate-1", 1),
        ("aa02", "gate-1", 1),
        ("aa01", "gate-1", 2),
        ("aa01", "gate-1", 1),
        ("aa03", "gate-1", 1),
    ]
    assert answer.json()["items"][0] == {
        "tag": "aa02",
        "reader": "office-1",
        "antenna": 1,
        "time": "2027-01-15T07:59:55.000000Z",
        "first": "2027-01-15T07:59:55.000000Z",
        "last": "2027-01-15T07:59:56.000000Z",
        "count": 2,
        "rssi_dbm_max": -50.0,
        "rssi_dbm_mean": -52.2,
    }


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("?tag=AA01", 3),
        ("?reader=gate-1", 5),
        ("?antenna=2", 1),
        ("?tag=aa02&reader=gate-1", 1),
        ("?since=2027-01-15T07:59:10Z", 4),
        ("?until=2027-01-15T07:59:10Z", 2),
        ("?since=2027-01-15T07:59:10Z&until=2027-01-15T07:59:12Z", 3),
        ("?reader=nobody", 0),
        ("?since=2027-01-15T08:00:00Z&until=2027-01-15T07:00:00Z", 0),
    ],
)
async def test_sightings_are_narrowed(query: str, number: int, viewer: httpx.AsyncClient) -> None:
    assert len(keys(await viewer.get(SIGHTINGS + query))) == number


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("limit", [1, 2, 3, 5])
async def test_pages_of_sightings_follow_each_other(limit: int, viewer: httpx.AsyncClient) -> None:
    found: list[tuple[str, str, int]] = []
    path: str | None = f"{SIGHTINGS}?limit={limit}"
    while path is not None:
        answer = await viewer.get(path)
        found += keys(answer)
        path = answer.links.get("next", {}).get("url")
    assert found == keys(await viewer.get(SIGHTINGS))


@pytest.mark.usefixtures("heard")
async def test_sightings_come_as_lines_and_as_a_table(viewer: httpx.AsyncClient) -> None:
    lines = await viewer.get(SIGHTINGS, headers={"accept": "application/x-ndjson"})
    assert lines.text.count("\n") == 6
    table = await viewer.get(SIGHTINGS, headers={"accept": "text/csv"})
    assert table.text.splitlines()[1].startswith("aa02,office-1,1,2027-01-15T07:59:55.000000Z,")


async def test_what_is_heard_while_somebody_pages_is_not_repeated(
    viewer: httpx.AsyncClient, desk: FakeDesk, heard: list[Sighting]
) -> None:
    first = await viewer.get(f"{SIGHTINGS}?limit=2")
    later = [SightingBatch(2, [sighting("aa09", 0), sighting("aa01", 5)])]
    await asyncio.to_thread(desk.sightings.append, later)
    rest = await viewer.get(first.links["next"]["url"].replace("limit=2", "limit=100"))
    assert len(keys(first)) + len(keys(rest)) == len(heard)


@pytest.mark.usefixtures("heard")
async def test_unknown_tags_are_those_of_no_asset(
    viewer: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    await operator.post("/api/v1/assets", json={"id": "drill", "tags": ["aa01"]})
    answer = await viewer.get(UNKNOWN)
    assert answer.json()["items"] == [
        {
            "tag": "aa02",
            "count": 4,
            "first": "2027-01-15T07:59:10.000000Z",
            "last": "2027-01-15T07:59:56.000000Z",
            "reader": "office-1",
            "antenna": 1,
            "rssi_dbm_max": -50.0,
        }
    ]


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["aa01", "aa02"]),
        ("?sort=-seq", ["aa02", "aa01"]),
        ("?reader=office-1", ["aa02"]),
        ("?antenna=2", ["aa01"]),
        ("?q=02", ["aa02"]),
        ("?since=2027-01-10T00:00:00Z", ["aa01", "aa02", "aa03"]),
        ("?until=2027-01-15T07:30:00Z", ["aa01"]),
    ],
)
async def test_unknown_tags_are_narrowed(
    query: str, found: list[str], viewer: httpx.AsyncClient
) -> None:
    answer = await viewer.get(UNKNOWN + query)
    assert [each["tag"] for each in answer.json()["items"]] == found


@pytest.mark.usefixtures("heard")
async def test_pages_of_unknown_tags_are_of_the_same_times(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    first = await viewer.get(f"{UNKNOWN}?limit=1")
    desk.clock = lambda: NOON_NS + 7200 * 10**9
    rest = await viewer.get(first.links["next"]["url"])
    assert [each["tag"] for each in rest.json()["items"]] == ["aa02"]
    assert "next" not in rest.links


async def test_a_bound_tag_is_unknown_no_more(
    operator: httpx.AsyncClient, heard: list[Sighting]
) -> None:
    await operator.post("/api/v1/assets", json={"id": "drill"})
    for tag in ("aa01", "aa02"):
        await operator.post("/api/v1/tags", json={"tag": tag, "asset": "drill"})
    assert (await operator.get(UNKNOWN)).json()["items"] == []
    assert heard[0].tag == "aa01"


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    "query", ["?since=2027-01-15T08:00:01Z", "?antenna=0", "?cursor=abc", "?colour=red"]
)
async def test_what_can_not_be_asked_is_refused(query: str, viewer: httpx.AsyncClient) -> None:
    assert (await viewer.get(UNKNOWN + query)).status_code == 422
