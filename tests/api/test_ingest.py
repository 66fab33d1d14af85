"""Readers push over HTTP: what is accepted, what is refused, and in which words."""

import gzip
import json
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.app import Api
from api.ingest import unpacked
from api.routes import ROUTES
from readers.push import PushRefusedError, ReadPush, Receipt
from readers.push_settings import PushSettings
from readers.wire.payloads.said import REJECTED_MAX, Payload
from tests.api.fake_gateway import NOON_NS, FakeDesk, client_of

INGEST = "/api/v1/ingest"
DOOR = f"{INGEST}/handhelds"
READ = {"tag": "E2801160", "antenna": 2, "rssi_dbm": -51.5}
OWNTRACKS = {"_type": "location", "lat": 52.5, "lon": 13.4, "tst": NOON_NS // 10**9, "tid": "an"}


@pytest.fixture
async def reader(app: Api, keys: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, keys["ingest"]) as client:
        yield client


def tags(desk: FakeDesk) -> list[str]:
    return [read.tag for batch in desk.pushed for read in batch.reads]


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (json.dumps(READ).encode(), "application/json"),
        (json.dumps([READ]).encode(), "application/json; charset=utf-8"),
        (json.dumps(READ).encode() + b"\n", "application/x-ndjson"),
        (json.dumps(READ).encode(), "text/plain"),
        (json.dumps(READ).encode(), ""),
    ],
    ids=["object", "array", "ndjson", "plain", "unsaid"],
)
async def test_a_push_is_taken_in_each_shape_whatever_its_type_says(
    body: bytes,
    media: str,
    reader: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    answer = await reader.post(DOOR, content=body, headers={"content-type": media})
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "rejected": []})
    [read] = desk.pushed[0].reads
    assert (read.tag, read.reader, read.antenna) == ("e2801160", "handhelds", 2)
    assert read.arrival_ns == NOON_NS


async def test_what_could_not_be_used_is_named_by_its_place(
    reader: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    answer = await reader.post(DOOR, json=[READ, {"tag": ""}, {**READ, "antenna": 0}])
    assert answer.status_code == 200
    told = answer.json()
    assert told["accepted"] == 1
    assert [rejected["index"] for rejected in told["rejected"]] == [1, 2]
    assert tags(desk) == ["e2801160"]


@pytest.mark.parametrize(
    "body", [b"{not json", b'[{"tag": 5}]', b"[1, 2]", b"\xff\xfe", b"", b'{"tag":"aa","tag":"bb"}']
)
async def test_a_push_without_a_good_item_is_a_problem(
    body: bytes,
    reader: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    answer = await reader.post(DOOR, content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert tags(desk) == []


async def test_a_packed_push_is_unpacked(reader: httpx.AsyncClient, desk: FakeDesk) -> None:
    packed = gzip.compress(json.dumps(READ).encode())
    answer = await reader.post(DOOR, content=packed, headers={"content-encoding": "gzip"})
    assert answer.status_code == 200
    assert tags(desk) == ["e2801160"]


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(b" " * 2_000_000), "gzip", 413),
        (gzip.compress(b"{}")[:-3], "gzip", 400),
        (gzip.compress(b"") * 40_000, "gzip", 413),
        (b"no gzip", "gzip", 400),
        (zlib.compress(b"{}"), "deflate", 415),
        (b" " * 1_048_577, "identity", 413),
        (b'{"tag":"' + b"a" * 10_000_000, "identity", 413),
    ],
    ids=["bomb", "cut", "members", "garbage", "other", "long", "10 MB"],
)
async def test_a_body_that_can_not_be_read_is_refused_and_counted(
    body: bytes,
    encoding: str,
    status: int,
    reader: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    answer = await reader.post(DOOR, content=body, headers={"content-encoding": encoding})
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert tags(desk) == []


async def test_the_size_of_a_push_is_limited_by_the_entry(
    reader: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    desk.doors = [PushSettings(name="handhelds", body_bytes_max=1024)]
    assert (await reader.post(DOOR, content=b" " * 1025)).status_code == 413
    many = json.dumps([READ] * 100).encode()
    packed = await reader.post(
        DOOR, content=gzip.compress(many), headers={"content-encoding": "gzip"}
    )
    assert packed.status_code == 413


@given(data=st.binary(max_size=300), parts=st.integers(1, 3), room=st.integers(-5, 5))
def test_unpacking_gives_what_was_packed_or_says_that_it_is_too_much(
    data: bytes, parts: int, room: int
) -> None:
    size = len(data) * parts
    packed = gzip.compress(data, mtime=0) * parts
    if room >= 0:
        assert unpacked(packed, size + room) == data * parts
    elif size + room >= 0:
        with pytest.raises(PushRefusedError) as refused:
            unpacked(packed, size + room)
        assert refused.value.reason == "too_large"


@given(st.binary(max_size=200))
def test_unpacking_garbage_gives_at_most_what_is_allowed(data: bytes) -> None:
    reason = None
    try:
        assert len(unpacked(data, 100)) <= 100
    except PushRefusedError as refused:
        reason = refused.reason
    assert reason in {None, "cut", "too_large"}


@pytest.mark.parametrize("name", ["gate-1", "nobody", "x%20y"])
async def test_only_readers_that_take_pushes_have_a_door(
    name: str,
    reader: httpx.AsyncClient,
) -> None:
    answer = await reader.post(f"{INGEST}/{name}", json=READ)
    assert answer.status_code == 404
    assert "driver: http" in answer.json()["detail"]


async def test_a_full_journal_sends_the_reader_away_for_a_while(
    reader: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    desk.journal_full = True
    answer = await reader.post(DOOR, json=READ)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_a_full_house_sends_the_reader_away_for_a_while(
    reader: httpx.AsyncClient,
    desk: FakeDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(*_: object) -> None:
        raise PushRefusedError("full", "handhelds: 64 pushes are being taken already")

    monkeypatch.setattr(desk, "ingest", refuse)
    answer = await reader.post(DOOR, json=READ)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "64 pushes" in answer.json()["detail"]


async def test_a_key_may_be_the_password_of_a_reader_that_knows_no_other_way(
    app: Api,
    keys: dict[str, str],
    desk: FakeDesk,
) -> None:
    async with client_of(app, None) as client:
        good = await client.post(DOOR, json=READ, auth=("reader", keys["ingest"]))
        wrong = await client.post(DOOR, json=READ, auth=("reader", "tw_wrong_wrong"))
        elsewhere = await client.get("/api/v1/assets", auth=("x", keys["admin"]))
        broken = await client.post(DOOR, json=READ, headers={"authorization": "Basic %%"})
    assert (good.status_code, wrong.status_code, elsewhere.status_code) == (200, 401, 401)
    assert broken.status_code == 401
    assert 'Basic realm="tagwarden"' in wrong.headers["www-authenticate"]
    assert "Basic" not in elsewhere.headers["www-authenticate"]
    assert tags(desk) == ["e2801160"]


async def test_the_key_is_never_taken_from_the_address(
    app: Api,
    keys: dict[str, str],
) -> None:
    async with client_of(app, None) as client:
        answer = await client.post(DOOR, params={"key": keys["ingest"]}, json=READ)
    assert answer.status_code == 401


async def test_nobody_reads_the_key_behind_the_door(
    app: Api,
    keys: dict[str, str],
    desk: FakeDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Payload] = []
    ingest = desk.ingest

    async def spied(name: str, read: ReadPush) -> Receipt:
        async def spy(bytes_max: int) -> Payload:
            seen.append(await read(bytes_max))
            return seen[-1]

        return await ingest(name, spy)

    monkeypatch.setattr(desk, "ingest", spied)
    async with client_of(app, keys["ingest"]) as client:
        headers = {"x-limit-u": "anna", "cookie": "a=b"}
        _ = await client.post(DOOR, json=READ, headers=headers, params={"u": "anna"})
    assert seen[0].headers["x-limit-u"] == "anna"
    assert seen[0].query == {"u": "anna"}
    assert keys["ingest"] not in str(seen)
    assert not {"authorization", "cookie"} & seen[0].headers.keys()


async def test_a_query_that_says_a_thing_twice_is_refused(reader: httpx.AsyncClient) -> None:
    answer = await reader.post(f"{DOOR}?u=a&u=b", json=READ)
    assert answer.status_code == 400


async def test_owntracks_is_answered_with_the_list_that_it_expects(
    reader: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    desk.doors = [PushSettings(name="phones", format="owntracks")]
    headers = {"x-limit-u": "anna", "x-limit-d": "phone"}
    told = await reader.post(f"{INGEST}/phones", json=OWNTRACKS, headers=headers)
    empty = await reader.post(f"{INGEST}/phones", content=b"", headers=headers)
    assert (told.status_code, told.content) == (200, b"[]")
    assert (empty.status_code, empty.content) == (200, b"[]")
    assert [fix.lat for batch in desk.pushed for fix in batch.fixes] == [52.5]


async def test_traccar_may_say_everything_in_the_query(
    reader: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    desk.doors.append(PushSettings(name="cars", format="traccar"))
    query = {"id": "4711", "lat": "52.5", "lon": "13.4", "fixTime": str(NOON_NS // 10**6)}
    answer = await reader.get(f"{INGEST}/cars", params=query)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert [fix.lat for batch in desk.pushed for fix in batch.fixes] == [52.5]
    other = await reader.get(DOOR, params=query)
    assert other.status_code == 400
    assert "POST" in other.json()["detail"]


async def test_a_thousand_refusals_are_listed_and_not_more(
    reader: httpx.AsyncClient,
) -> None:
    body = [READ, *([{"tag": ""}] * (REJECTED_MAX + 5))]
    told = (await reader.post(DOOR, json=body)).json()
    assert told["accepted"] == 1
    assert len(told["rejected"]) == REJECTED_MAX


async def test_the_schema_tells_of_both_ways_to_say_a_key(app: Api) -> None:
    described = app.openapi()
    operation = described["paths"][f"{INGEST}/{{name}}"]["post"]
    schemes = [name for need in operation["security"] for name in need]
    known = described["components"]["securitySchemes"]
    assert {"bearer", "basic"} <= {known[name].get("scheme") for name in schemes}
    assert set(operation["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
    assert "Idempotency-Key" not in json.dumps(operation)
    assert operation["x-roles"] == ["ingest", "operator", "admin"]


def test_only_the_door_of_readers_may_be_used_with_the_role_of_readers() -> None:
    paths = {route.path for route in ROUTES if route.right == "ingest"}
    assert paths == {f"{INGEST}/{{name:name}}"}
