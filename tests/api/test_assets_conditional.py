"""Assets changed only while they are what somebody takes them for, in part, and several at once."""

import asyncio

import httpx
import pytest

from tests.api.fake_gateway import FakeDesk

ASSETS = "/api/v1/assets"
DRILL = {"id": "drill-1", "name": "Drill", "tags": ["E2801160"], "category": "tool"}


async def etag_of(client: httpx.AsyncClient, asset: str) -> str:
    return (await client.get(f"{ASSETS}/{asset}")).headers["etag"]


async def test_an_etag_changes_with_the_asset_and_only_then(operator: httpx.AsyncClient) -> None:
    first = (await operator.post(ASSETS, json=DRILL)).headers["etag"]
    assert await etag_of(operator, "drill-1") == first
    again = await operator.put(f"{ASSETS}/drill-1", json=DRILL)
    assert (again.status_code, again.headers["etag"]) == (200, first)
    other = await operator.put(f"{ASSETS}/drill-1", json={**DRILL, "name": "Big drill"})
    assert other.headers["etag"] != first
    assert await etag_of(operator, "drill-1") == other.headers["etag"]


async def test_who_has_the_newest_is_told_so_without_it(operator: httpx.AsyncClient) -> None:
    etag = (await operator.post(ASSETS, json=DRILL)).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        same = await operator.get(f"{ASSETS}/drill-1", headers={"if-none-match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    other = await operator.get(f"{ASSETS}/drill-1", headers={"if-none-match": '"other"'})
    assert other.json()["id"] == "drill-1"


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE"])
async def test_what_was_changed_meanwhile_is_not_overwritten(
    verb: str, operator: httpx.AsyncClient
) -> None:
    old = (await operator.post(ASSETS, json=DRILL)).headers["etag"]
    new = (await operator.put(f"{ASSETS}/drill-1", json={**DRILL, "name": "x"})).headers["etag"]
    body = None if verb == "DELETE" else {"name": "y"}
    for match, status in ((old, 412), (f"W/{new}", 412), (new, 204 if body is None else 200)):
        headers = {"if-match": match}
        answer = await operator.request(verb, f"{ASSETS}/drill-1", json=body, headers=headers)
        assert answer.status_code == status


async def test_only_what_is_there_can_match(operator: httpx.AsyncClient) -> None:
    for match in ("*", '"0123456789abcdef"'):
        headers = {"if-match": match}
        answer = await operator.put(f"{ASSETS}/new", json={}, headers=headers)
        assert answer.status_code == 412
    assert (await operator.get(f"{ASSETS}/new")).status_code == 404


async def test_a_put_that_wants_a_new_asset_replaces_none(operator: httpx.AsyncClient) -> None:
    headers = {"if-none-match": "*"}
    first = await operator.put(f"{ASSETS}/drill-1", json=DRILL, headers=headers)
    second = await operator.put(f"{ASSETS}/drill-1", json={"name": "x"}, headers=headers)
    assert (first.status_code, second.status_code) == (201, 412)
    assert (await operator.get(f"{ASSETS}/drill-1")).json()["name"] == "Drill"


@pytest.mark.parametrize("text", ["abc", '"a', "'a'", '"a""b"'])
async def test_a_condition_that_can_not_be_read_changes_nothing(
    text: str, operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    answer = await operator.put(f"{ASSETS}/drill-1", json=DRILL, headers={"if-match": text})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "If-Match"
    assert desk.submitted == []


async def test_a_patch_changes_what_it_names_and_null_empties(operator: httpx.AsyncClient) -> None:
    await operator.post(ASSETS, json={**DRILL, "owner": "Tools", "status": "in use"})
    headers = {"content-type": "application/merge-patch+json"}
    patch = '{"name": "Big drill", "owner": null}'
    answer = await operator.patch(f"{ASSETS}/drill-1", content=patch, headers=headers)
    assert answer.status_code == 200
    assert answer.json() == (await operator.get(f"{ASSETS}/drill-1")).json()
    assert answer.json()["name"] == "Big drill"
    assert (answer.json()["owner"], answer.json()["status"]) == ("", "in use")
    assert answer.json()["tags"] == ["e2801160"]
    assert answer.headers["etag"] == await etag_of(operator, "drill-1")


async def test_a_patch_takes_tags_off_and_from_elsewhere_only_when_asked(
    operator: httpx.AsyncClient,
) -> None:
    await operator.post(ASSETS, json=[DRILL, {"id": "saw-1"}])
    path = f"{ASSETS}/saw-1"
    assert (await operator.patch(path, json={"tags": ["e2801160"]})).status_code == 409
    taken = await operator.patch(f"{path}?rebind=true", json={"tags": ["e2801160"]})
    assert taken.json()["tags"] == ["e2801160"]
    assert (await operator.get(f"{ASSETS}/drill-1")).json()["tags"] == []
    assert (await operator.patch(path, json={"tags": None})).json()["tags"] == []


@pytest.mark.parametrize(
    ("patch", "status"),
    [({"id": "other"}, 422), ({"colour": "red"}, 422), ({"name": 5}, 422), ([], 422)],
)
async def test_a_patch_that_does_not_fit_changes_nothing(
    patch: object, status: int, operator: httpx.AsyncClient
) -> None:
    etag = (await operator.post(ASSETS, json=DRILL)).headers["etag"]
    assert (await operator.patch(f"{ASSETS}/drill-1", json=patch)).status_code == status
    assert await etag_of(operator, "drill-1") == etag
    assert (await operator.patch(f"{ASSETS}/nobody", json={})).status_code == 404


async def test_patches_at_the_same_time_are_all_kept(operator: httpx.AsyncClient) -> None:
    await operator.post(ASSETS, json=DRILL)
    fields = ("name", "owner", "status", "serial")
    answers = await asyncio.gather(
        *(operator.patch(f"{ASSETS}/drill-1", json={field: "new"}) for field in fields)
    )
    assert [answer.status_code for answer in answers] == [200] * 4
    asset = (await operator.get(f"{ASSETS}/drill-1")).json()
    assert {asset[field] for field in fields} == {"new"}


async def test_lines_of_json_are_stored_as_a_list_is(operator: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/x-ndjson"}
    lines = '{"id": "a"}\n\n{"id": "b", "name": "B"}\n'
    answer = await operator.post(ASSETS, content=lines, headers=headers)
    assert answer.json() == {"stored": 2, "good": 2, "errors": []}
    bad = await operator.post(ASSETS, content='{"id": "c"}\n{"id": 5}\n', headers=headers)
    assert bad.status_code == 422
    assert bad.json()["errors"] == [{"field": "id", "message": "must be text", "row": 2}]
    assert (await operator.get(f"{ASSETS}/c")).status_code == 404
    dry = await operator.post(f"{ASSETS}?dry_run=true", content='{"id": "d"}\n', headers=headers)
    assert dry.json() == {"stored": 0, "good": 1, "errors": []}


async def test_several_assets_are_patched_each_with_its_own_outcome(
    operator: httpx.AsyncClient,
) -> None:
    await operator.post(ASSETS, json=[DRILL, {"id": "saw-1"}])
    body = {"ids": ["drill-1", "nobody", "saw-1"], "fields": {"status": "in repair"}}
    answer = await operator.post(f"{ASSETS}/patch", json=body)
    assert answer.json() == {
        "done": 2,
        "results": [
            {"id": "drill-1", "status": 200, "detail": ""},
            {"id": "nobody", "status": 404, "detail": "There is no asset 'nobody'."},
            {"id": "saw-1", "status": 200, "detail": ""},
        ],
    }
    listed = (await operator.get(f"{ASSETS}?status=in repair")).json()["items"]
    assert [asset["id"] for asset in listed] == ["drill-1", "saw-1"]


@pytest.mark.parametrize("fields", [{"tags": []}, {"id": "x"}, {"colour": "red"}, []])
async def test_several_assets_never_get_the_same_id_or_tags(
    fields: object, operator: httpx.AsyncClient
) -> None:
    body = {"ids": ["drill-1"], "fields": fields}
    assert (await operator.post(f"{ASSETS}/patch", json=body)).status_code == 422


async def test_several_assets_are_removed_once_under_one_key(operator: httpx.AsyncClient) -> None:
    await operator.post(ASSETS, json=[DRILL, {"id": "saw-1"}, {"id": "stays"}])
    body = {"ids": ["drill-1", "saw-1", "drill-1"]}
    headers = {"idempotency-key": "k1"}
    first = await operator.post(f"{ASSETS}/remove", json=body, headers=headers)
    again = await operator.post(f"{ASSETS}/remove", json=body, headers=headers)
    assert first.json()["done"] == 2
    assert again.json() == first.json()
    assert [each["id"] for each in (await operator.get(ASSETS)).json()["items"]] == ["stays"]


@pytest.mark.parametrize("ids", [[], [""], ["x"] * 1001, [5], "drill-1"])
async def test_ids_of_several_are_bounded(ids: object, operator: httpx.AsyncClient) -> None:
    answer = await operator.post(f"{ASSETS}/remove", json={"ids": ids})
    assert answer.status_code == 422


async def test_another_condition_is_another_request(operator: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": "k1", "if-none-match": "*"}
    await operator.put(f"{ASSETS}/drill-1", json=DRILL, headers=headers)
    again = await operator.put(f"{ASSETS}/drill-1", json=DRILL, headers=headers)
    assert again.status_code == 201
    other = await operator.put(
        f"{ASSETS}/drill-1", json=DRILL, headers={"idempotency-key": "k1", "if-match": "*"}
    )
    assert other.status_code == 422
