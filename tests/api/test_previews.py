"""Previews over the API: what is refused as saving it would be, and one at a time."""

from typing import Any

import httpx
import pytest

from tags.times import format_time
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk

PREVIEWS = "/api/v1/site/previews"
RULE = "laptops stay in"
LATER = {"rules": {RULE: {"confirm_s": 30}}}


async def test_a_preview_is_begun_followed_and_ended(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    begun = await admin.post(PREVIEWS, json=LATER)
    assert (begun.status_code, begun.json()["state"]) == (202, "running")
    assert begun.json()["by"] == "admin key"
    one = f"{PREVIEWS}/{begun.json()['id']}"
    assert (await admin.get(one)).json() == begun.json()
    desk.previews.finish(begun.json()["id"])
    assert (await admin.get(one)).json()["result"]["alerts"]["now"] == 12
    assert (await admin.post(PREVIEWS, json=LATER)).status_code == 200
    assert (await admin.delete(one)).status_code == 204
    assert (await admin.get(one)).status_code == 404
    assert (await admin.delete(one)).status_code == 404


async def test_the_same_change_is_one_preview_and_another_has_to_wait(
    admin: httpx.AsyncClient,
) -> None:
    first = await admin.post(PREVIEWS, json=LATER)
    again = await admin.post(PREVIEWS, json=LATER)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    other = await admin.post(PREVIEWS, json={"rules": {RULE: None}})
    assert other.status_code == 409
    assert (await admin.delete(f"{PREVIEWS}/{first.json()['id']}")).status_code == 204
    assert (await admin.post(PREVIEWS, json={"rules": {RULE: None}})).status_code == 202


@pytest.mark.parametrize(
    ("part", "name", "patch"),
    [
        ("rules", RULE, {"confirm_s": -1}),
        ("rules", RULE, {"fence": ["nowhere"]}),
        ("zones", "hall", {"polygon": [[0, 0], [1, 1]]}),
        ("portals", "dock door/left", {"inside": ["gate-1/7"]}),
    ],
)
async def test_a_change_that_could_not_be_saved_is_refused_with_the_same_words(
    part: str, name: str, patch: dict[str, Any], admin: httpx.AsyncClient
) -> None:
    refused = await admin.post(PREVIEWS, json={part: {name: patch}})
    saved = await admin.patch(f"/api/v1/{part}/{name.replace(' ', '%20')}?dry_run=true", json=patch)
    assert (refused.status_code, saved.status_code) == (422, 422)
    assert refused.json()["errors"] == saved.json()["errors"]


async def test_changes_hold_together(admin: httpx.AsyncClient, desk: FakeDesk) -> None:
    change = {
        "zones": {"yard": {"floor": "ground"}, "hall": {"name": "store"}},
        "rules": {RULE: {"fence": ["store", "yard"]}},
        "channels": [{"name": "guards", "kind": "log"}],
    }
    assert (await admin.post(PREVIEWS, json=change)).status_code == 202
    assert "yard" not in desk.site_edits.file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "1 to 1000"),
        ([], "object"),
        ({"history": {}}, "history"),
        ({"rules": 7}, "rules"),
        ({"rules": [7]}, "rules"),
        ({"rules": {RULE: 7}}, RULE),
        (LATER | {"since": "yesterday"}, "since"),
        (LATER | {"since": format_time(NOON_NS + SECOND_NS)}, "since"),
        (LATER | {"since": format_time(NOON_NS - 8 * 86_400 * SECOND_NS)}, "since"),
    ],
)
async def test_a_body_that_says_no_change_of_the_last_week_is_refused(
    body: object, told: str, admin: httpx.AsyncClient
) -> None:
    refused = await admin.post(PREVIEWS, json=body)
    assert refused.status_code == 422
    assert told in refused.text


async def test_taking_out_what_there_is_not_is_told(admin: httpx.AsyncClient) -> None:
    assert (await admin.post(PREVIEWS, json={"rules": {"other": None}})).status_code == 404
