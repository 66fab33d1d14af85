"""Edits of entries over HTTP: under which conditions, by whom, and what they refuse."""

import json

import httpx
import pytest

from tests.api.fake_gateway import FakeDesk
from tests.api.fake_site import TEXT

API = "/api/v1"
YARD = {"name": "yard", "floor": "ground"}
PARTS = {
    "floors": ("ground", {"height_m": [0, 4]}),
    "zones": ("hall", {"margin_m": 3}),
    "readers": ("handhelds", {"zone": "gate"}),
    "portals": ("dock door/left", {"linger_s": 9}),
    "rules": ("laptops stay in", {"severity": "critical"}),
    "channels": ("guards", {"per_minute_max": 60}),
}


async def settings(admin: httpx.AsyncClient, path: str) -> httpx.Response:
    answer = await admin.get(f"{API}/{path}/settings")
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("part", PARTS)
async def test_every_part_is_shown_patched_put_and_added(
    admin: httpx.AsyncClient, desk: FakeDesk, part: str
) -> None:
    name, patch = PARTS[part]
    before = await settings(admin, f"{part}/{name}")
    match = {"if-match": before.headers["etag"]}
    patched = await admin.patch(f"{API}/{part}/{name}", json=patch, headers=match)
    assert patched.status_code == 200, patched.text
    assert patched.json()["settings"] == before.json() | patch
    now = {"if-match": patched.headers["etag"]}
    put = await admin.put(f"{API}/{part}/{name}", json=before.json(), headers=now)
    assert put.status_code == 200, put.text
    assert desk.site_edits.file.read_text() == TEXT
    copy = before.json() | {"name": "another"}
    added = await admin.post(f"{API}/{part}", json=copy)
    assert added.status_code == 201, added.text
    again = await admin.post(f"{API}/{part}", json=copy)
    assert again.status_code == 409


@pytest.mark.parametrize("part", ["floors", "zones", "portals"])
async def test_what_everybody_sees_of_an_entry_has_its_etag(
    admin: httpx.AsyncClient, part: str
) -> None:
    name, _ = PARTS[part]
    shown = await admin.get(f"{API}/{part}/{name}")
    assert shown.headers["etag"] == (await settings(admin, f"{part}/{name}")).headers["etag"]


@pytest.mark.parametrize(("verb", "body"), [("PUT", YARD), ("PATCH", {}), ("DELETE", None)])
async def test_an_entry_that_is_there_is_changed_with_its_etag_only(
    admin: httpx.AsyncClient, desk: FakeDesk, verb: str, body: object
) -> None:
    path = f"{API}/zones/hall"
    assert (await admin.request(verb, path, json=body)).status_code == 428
    old = {"if-match": '"0123456789abcdef"'}
    assert (await admin.request(verb, path, json=body, headers=old)).status_code == 412
    assert desk.site_edits.file.read_text() == TEXT


async def test_an_entry_is_made_by_put_only_where_there_is_none(
    admin: httpx.AsyncClient,
) -> None:
    new = {"if-none-match": "*"}
    made = await admin.put(f"{API}/zones/yard", json=YARD, headers=new)
    assert made.status_code == 201, made.text
    assert (await admin.put(f"{API}/zones/yard", json=YARD, headers=new)).status_code == 412
    gone = {"if-match": made.headers["etag"]}
    assert (await admin.delete(f"{API}/zones/yard", headers=gone)).status_code == 200
    assert (await admin.delete(f"{API}/zones/yard", headers=gone)).status_code == 404
    assert (await admin.patch(f"{API}/zones/yard", json={})).status_code == 404
    assert (await admin.put(f"{API}/zones/yard", json=YARD, headers=gone)).status_code == 412


async def test_the_same_request_under_one_key_is_done_once(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    headers = {"idempotency-key": "k-1"}
    first = await admin.post(f"{API}/zones", json=YARD, headers=headers)
    second = await admin.post(f"{API}/zones", json=YARD, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert desk.site_edits.file.read_text().count("yard") == 1


async def test_a_rehearsal_says_what_would_be_and_changes_nothing(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    dry = {"dry_run": "true"}
    answer = await admin.delete(f"{API}/zones/gate", params=dry)
    assert answer.status_code == 422
    answer = await admin.patch(f"{API}/zones/hall", json={"margin_m": 3}, params=dry)
    assert answer.status_code == 200, answer.text
    assert answer.json()["dry_run"] is True
    assert "margin_m: 3" in answer.json()["changes"]
    assert "etag" not in answer.headers
    assert desk.site_edits.file.read_text() == TEXT


async def test_what_would_not_be_valid_is_told_by_its_key(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    bodies: list[tuple[object, str]] = [
        ({"name": "yard", "polygon": [[0, 0], [1, 0]]}, "zones[yard].polygon"),
        ({"name": "yard", "colour": "red"}, "zones[yard].colour"),
        ({"name": "yard", "floor": "attic"}, "zones[yard].floor"),
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({}, "name"),
    ]
    for body, field in bodies:
        answer = await admin.post(f"{API}/zones", json=body)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert desk.site_edits.file.read_text() == TEXT


async def test_an_edit_brings_no_other_variable_of_the_environment_in(
    admin: httpx.AsyncClient, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "planted")
    monkeypatch.setenv("TAGWARDEN_HOOK", "https://example.net/")
    hook = {"name": "out", "kind": "webhook", "secret": "whsec_" + "QUJD" * 10}
    stolen = {**hook, "url": "https://example.net/${DATABASE_PASSWORD}"}
    answer = await admin.post(f"{API}/channels", json=stolen)
    assert answer.status_code == 422
    assert "planted" not in answer.text
    assert desk.site_edits.file.read_text() == TEXT
    own = {**hook, "url": "${TAGWARDEN_HOOK}"}
    answer = await admin.post(f"{API}/channels", json=own)
    assert answer.status_code == 201, answer.text
    assert answer.json()["settings"]["url"] == "${TAGWARDEN_HOOK}"


async def test_a_mask_for_a_secret_that_is_not_there_is_refused(admin: httpx.AsyncClient) -> None:
    hook = {"name": "out", "kind": "webhook", "url": "https://example.net/", "secret": "********"}
    answer = await admin.post(f"{API}/channels", json=hook)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["channels[out].secret"]


async def test_only_an_admin_edits_or_reads_the_site_file(
    guard: httpx.AsyncClient, operator: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    asked = [
        ("GET", "site"),
        ("PUT", "site"),
        ("PATCH", "site"),
        ("POST", "site/check"),
        ("GET", "site/versions"),
        ("GET", "site/versions/1"),
        ("POST", "site/versions/1/restore"),
        ("GET", "zones/hall/settings"),
        ("PUT", "zones"),
        ("POST", "rules"),
        ("PATCH", "channels/guards"),
        ("DELETE", "readers/gate-1"),
        ("PUT", "floors/ground/plan"),
    ]
    for verb, path in asked:
        for client in (guard, operator):
            assert (await client.request(verb, f"{API}/{path}")).status_code == 403, (verb, path)
        assert (await admin.request(verb, f"{API}/{path}")).status_code != 403, (verb, path)


async def test_a_body_of_another_kind_is_refused(admin: httpx.AsyncClient) -> None:
    text = {"content-type": "text/csv"}
    assert (await admin.post(f"{API}/zones", content="a", headers=text)).status_code == 415
    drawn = {"content-type": "application/geo+json"}
    assert (await admin.post(f"{API}/rules", content="{}", headers=drawn)).status_code == 415
    assert (await admin.put(f"{API}/site", content="a", headers=text)).status_code == 415
    big = {"content-type": "application/yaml", "if-match": "*"}
    large = b"#" * (1 << 21)
    assert (await admin.put(f"{API}/site", content=large, headers=big)).status_code == 413


async def test_odd_names_break_nothing(admin: httpx.AsyncClient, desk: FakeDesk) -> None:
    headers = {"content-type": "application/json"}
    for said in ("\ud800", "a\x00b", "\u2028", "x" * 5000, "${", "../../x"):
        before = desk.site_edits.file.read_text()
        sent = json.dumps({"name": said})
        answer = await admin.post(f"{API}/zones", content=sent, headers=headers)
        assert answer.status_code in {201, 409, 422}, said
        if answer.status_code != 201:
            assert desk.site_edits.file.read_text() == before
