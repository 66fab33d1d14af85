"""The register over HTTP: in by JSON and CSV, out with position and history."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.bodies import CSV_BYTES_MAX, JSON_BYTES_MAX
from tests.api.fake_gateway import NOON_NS, FakeDesk, moved

ASSETS = "/api/v1/assets"
LAPTOP = {"id": "L1", "name": "Laptop 1", "category": "laptop", "tags": ["E2801160"]}
CSV = {"content-type": "text/csv"}


async def test_a_new_asset_is_created_and_the_same_id_again_replaces_it(
    operator: httpx.AsyncClient,
) -> None:
    first = await operator.post(ASSETS, json=LAPTOP)
    second = await operator.post(ASSETS, json={**LAPTOP, "name": "Laptop one"})
    assert (first.status_code, second.status_code) == (201, 200)
    shown = (await operator.get(f"{ASSETS}/L1")).json()
    assert shown == second.json()
    assert shown["name"] == "Laptop one"
    assert shown["tags"] == ["e2801160"]


async def test_a_list_is_stored_as_a_whole_or_not_at_all(operator: httpx.AsyncClient) -> None:
    bad = await operator.post(ASSETS, json=[LAPTOP, {"id": "", "colour": "red"}])
    assert bad.status_code == 422
    assert {(error["row"], error["field"]) for error in bad.json()["errors"]} == {
        (2, "id"),
        (2, "colour"),
    }
    assert (await operator.get(ASSETS)).json() == {"items": []}
    good = await operator.post(ASSETS, json=[LAPTOP, {"id": "L2"}])
    assert good.json() == {"stored": 2, "good": 2, "errors": []}


async def test_a_file_stores_its_good_rows_and_names_the_line_of_each_bad_one(
    operator: httpx.AsyncClient,
) -> None:
    text = "id,tags\nL1,E2801160\nL2,E28\nL3,E2801162\n"
    answer = await operator.post(ASSETS, content=text, headers=CSV)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["stored"], told["good"]) == (2, 2)
    assert [(error["row"], error["field"]) for error in told["errors"]] == [(3, "tags")]
    items = (await operator.get(ASSETS)).json()["items"]
    assert [item["id"] for item in items] == ["L1", "L3"]


@pytest.mark.parametrize("text", ["", "colour\nred\n", "id\n\x00\n"])
async def test_a_file_without_a_good_row_is_a_problem(
    text: str,
    operator: httpx.AsyncClient,
) -> None:
    answer = await operator.post(ASSETS, content=text, headers=CSV)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert "\x00" not in answer.text


async def test_a_file_that_is_not_utf_8_is_unreadable(operator: httpx.AsyncClient) -> None:
    answer = await operator.post(ASSETS, content=b"id\n\xff\n", headers=CSV)
    assert answer.status_code == 400


async def test_a_dry_run_says_what_would_be_wrong_and_stores_nothing(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    _ = await operator.post(ASSETS, json=LAPTOP)
    params = {"dry_run": "true"}
    fine = await operator.post(ASSETS, content="id\nL2\n", headers=CSV, params=params)
    taken = await operator.post(
        ASSETS,
        content="id,tags\nL2,e2801160\n",
        headers=CSV,
        params=params,
    )
    assert fine.json() == {"stored": 0, "good": 1, "errors": []}
    assert taken.status_code == 409
    assert len(desk.submitted) == 1


async def test_a_tag_of_another_asset_is_a_conflict_unless_it_is_rebound(
    operator: httpx.AsyncClient,
) -> None:
    _ = await operator.post(ASSETS, json=LAPTOP)
    other = {"id": "L2", "tags": ["e2801160"]}
    refused = await operator.post(ASSETS, json=other)
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["field"] == "tags"
    moved_over = await operator.post(ASSETS, json=other, params={"rebind": "true"})
    assert moved_over.status_code == 201
    assert (await operator.get(f"{ASSETS}/L1")).json()["tags"] == []


async def test_an_asset_is_put_at_its_address(operator: httpx.AsyncClient) -> None:
    created = await operator.put(f"{ASSETS}/shelf/7", json={"name": "Seven"})
    elsewhere = await operator.put(f"{ASSETS}/shelf/7", json={"id": "8"})
    assert created.status_code == 201
    assert (await operator.get(f"{ASSETS}/shelf%2F7")).json()["name"] == "Seven"
    assert elsewhere.status_code == 422
    assert elsewhere.json()["errors"][0]["field"] == "id"


@pytest.mark.parametrize("word", ["history", "position"])
async def test_a_slip_of_the_path_makes_no_asset(
    word: str,
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    answer = await operator.put(f"{ASSETS}/L1/{word}", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert (await operator.delete(f"{ASSETS}/L1/{word}")).status_code == 405
    assert (await operator.put(f"{ASSETS}/", json={})).status_code == 404
    assert desk.submitted == []


async def test_a_removed_asset_is_gone_but_its_history_stays(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    _ = await operator.post(ASSETS, json=LAPTOP)
    await desk.happen(moved("e2801160", None, "hall", 1, "L1"))
    desk.clock = lambda: NOON_NS + 60_000_000_000
    removed = await operator.delete(f"{ASSETS}/L1")
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await operator.get(f"{ASSETS}/L1")).status_code == 404
    assert (await operator.delete(f"{ASSETS}/L1")).status_code == 404
    history = (await operator.get(f"{ASSETS}/L1/history")).json()["items"]
    assert {item["type"] for item in history} == {"movement", "visit"}


async def test_a_position_says_where_since_when_and_when_last_heard(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    _ = await operator.post(ASSETS, json=LAPTOP)
    await desk.happen(moved("e2801160", None, "hall", 1, "L1"))
    desk.heard_ns["e2801160"] = NOON_NS + 5_000_000_000
    desk.flaps["e2801160"] = 3
    assert (await operator.get(f"{ASSETS}/L1/position")).json() == {
        "asset": "L1",
        "tag": "e2801160",
        "zone": "hall",
        "last_zone": "hall",
        "floor": "ground",
        "since": "2027-01-15T08:00:01.000000Z",
        "presence": "present",
        "presence_since": "2027-01-15T08:00:01.000000Z",
        "flaps": 3,
        "last_heard": "2027-01-15T08:00:05.000000Z",
        "fix": None,
    }


async def test_presence_is_unknown_while_the_zone_is_blind(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    _ = await operator.post(ASSETS, json=LAPTOP)
    await desk.happen(moved("e2801160", None, "hall", 1, "L1"))
    desk.sick_zones.add("hall")
    position = (await operator.get(f"{ASSETS}/L1/position")).json()
    assert (position["zone"], position["presence"]) == ("hall", "unknown")


async def test_a_departed_asset_is_nowhere_and_was_somewhere(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    _ = await operator.post(ASSETS, json=LAPTOP)
    await desk.happen(moved("e2801160", None, "hall", 1, "L1"))
    await desk.happen(moved("e2801160", "hall", None, 9, "L1"))
    position = (await operator.get(f"{ASSETS}/L1/position")).json()
    assert (position["zone"], position["last_zone"]) == (None, "hall")
    assert (position["presence"], position["floor"]) == ("departed", None)


async def test_an_asset_that_was_never_seen_is_unknown_not_departed(
    operator: httpx.AsyncClient,
) -> None:
    _ = await operator.post(ASSETS, json=LAPTOP)
    position = (await operator.get(f"{ASSETS}/L1/position")).json()
    assert (position["zone"], position["since"]) == (None, None)
    assert (position["presence"], position["last_heard"]) == ("unknown", None)


@pytest.mark.parametrize("tail", ["", "/position", "/history"])
async def test_an_unknown_asset_is_not_found(tail: str, viewer: httpx.AsyncClient) -> None:
    answer = await viewer.get(f"{ASSETS}/nobody{tail}")
    assert answer.status_code == 404
    assert "'nobody'" in answer.json()["detail"]


async def test_history_is_narrowed_to_the_time_that_is_asked_for(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    _ = await operator.post(ASSETS, json=LAPTOP)
    await desk.happen(moved("e2801160", None, "hall", 0, "L1"))
    await desk.happen(moved("e2801160", "hall", "gate", 60, "L1"))
    params = {"since": "2027-01-15T09:01:00+01:00", "sort": "seq"}
    items = (await operator.get(f"{ASSETS}/L1/history", params=params)).json()["items"]
    assert [(item["type"], item["from"]) for item in items] == [
        ("movement", "hall"),
        ("visit", "2027-01-15T08:01:00.000000Z"),
    ]
    later = {"since": "2028-01-01T00:00:00Z", "until": "2029-01-01T00:00:00Z"}
    assert (await operator.get(f"{ASSETS}/L1/history", params=later)).status_code == 200


async def test_the_register_is_filtered_by_field_and_searched(operator: httpx.AsyncClient) -> None:
    others = [{"id": "P1", "category": "pump", "group": "ward 3"}, {"id": "P2", "category": "pump"}]
    _ = await operator.post(ASSETS, json=[LAPTOP, *others])

    async def found(**params: str) -> list[str]:
        answer = await operator.get(ASSETS, params=params)
        return [item["id"] for item in answer.json()["items"]]

    assert await found(category="pump") == ["P1", "P2"]
    assert await found(category="pump", group="ward 3") == ["P1"]
    assert await found(tag="E28011 60".replace(" ", "")) == ["L1"]
    assert await found(tag="urn:epc:id:other:1") == []
    assert await found(id="P1") == ["P1"]
    assert await found(id="P") == []
    assert await found(name="Laptop 1", category="laptop") == ["L1"]
    assert await found(name="laptop 1") == []
    assert await found(q="aptop") == ["L1"]
    assert await found(sort="-seq") == ["P2", "P1", "L1"]


async def test_an_exported_register_can_be_imported_again(operator: httpx.AsyncClient) -> None:
    risky = {"id": "=1+1", "name": "@cmd", "category": "-x", "tags": ["e2801160", "ble:aa"]}
    _ = await operator.post(ASSETS, json=[LAPTOP | {"tags": []}, risky])
    before = (await operator.get(ASSETS)).json()
    exported = await operator.get(ASSETS, headers={"accept": "text/csv"})
    assert exported.headers["content-type"].startswith("text/csv")
    assert "'=1+1,'@cmd,'-x" in exported.text
    answer = await operator.post(ASSETS, content=exported.content, headers=CSV)
    assert answer.json()["stored"] == 2
    assert (await operator.get(ASSETS)).json() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"\xff", 400),
        (b'{"id": "a", "id": "b"}', 400),
        (b'{"id": NaN}', 400),
        (b"[" * 100_000, 400),
        (b"1" * 10_000, 400),
        (b"null", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (b'[{"id": "a"}, 7]', 422),
        (b'{"id": "a\\u0000b"}', 422),
        (b'{"id": "a\\ud800"}', 422),
        (b'{"id": "a", "tags": ["\\ud800"]}', 422),
        (b'{"id": "a", "tags": ["xyz"]}', 422),
        (b'{"id": "a", "tags": "e280"}', 422),
        (b'{"id": 7}', 422),
    ],
)
async def test_a_body_that_can_not_be_used_is_refused_and_changes_nothing(
    body: bytes,
    status: int,
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    answer = await operator.post(ASSETS, content=body)
    assert answer.status_code == status, answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert desk.submitted == []


async def test_bodies_have_a_limit_that_is_larger_for_files(operator: httpx.AsyncClient) -> None:
    big = json.dumps({"id": "a", "name": "x" * JSON_BYTES_MAX}).encode()
    assert (await operator.post(ASSETS, content=big)).status_code == 413
    assert (await operator.post(ASSETS, content=big, headers=CSV)).status_code == 422
    huge = b"id\n" + b"x" * CSV_BYTES_MAX
    assert (await operator.post(ASSETS, content=huge, headers=CSV)).status_code == 413


async def test_a_body_that_hides_its_length_is_cut_off_too(operator: httpx.AsyncClient) -> None:
    sent = 0

    async def drip() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * JSON_BYTES_MAX:
            sent += 65_536
            yield b" " * 65_536

    answer = await operator.post(ASSETS, content=drip())
    assert answer.status_code == 413
    assert sent < 2 * JSON_BYTES_MAX


async def test_another_media_type_is_refused(operator: httpx.AsyncClient) -> None:
    answer = await operator.post(ASSETS, content=b"id: a", headers={"content-type": "text/yaml"})
    assert answer.status_code == 415


async def test_a_full_journal_is_said_to_be_full_and_nothing_is_stored(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    desk.journal_full = True
    answer = await operator.post(ASSETS, json=LAPTOP)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["content-type"] == "application/problem+json"
