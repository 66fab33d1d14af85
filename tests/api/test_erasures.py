"""Erasures over HTTP: who may ask, what is asked, and what is told of it."""

from typing import Any

import httpx
import pytest

from api.app import Api
from inventory.changes import Outcome
from tests.api.fake_gateway import FakeDesk, client_of

PATH = "/api/v1/erasures"
BADGE = {"asset": "badge-12", "mode": "delete", "reason": "left the company"}


async def test_an_erasure_is_done_once_and_told_without_the_name(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    asked = {"idempotency-key": "once"}
    first = await admin.post(PATH, json=BADGE, headers=asked)
    assert first.status_code == 201, first.text
    assert (await admin.post(PATH, json=BADGE, headers=asked)).json() == first.json()
    assert len(desk.erasing.asked) == 1
    (listed,) = (await admin.get(PATH)).json()["items"]
    assert (listed["pseudonym"], listed["rows"], listed["by"]) == (
        "erased-0123",
        {"movements": 3},
        "admin key",
    )
    assert (await admin.get(f"{PATH}/{listed['id']}")).json() == listed
    assert "badge-12" not in (await admin.get(PATH, headers={"accept": "text/csv"})).text
    assert (await admin.get(f"{PATH}/none")).status_code == 404


async def test_a_person_is_asked_for_as_one(admin: httpx.AsyncClient, desk: FakeDesk) -> None:
    asked = {"person": "Ann", "mode": "pseudonymise", "reason": "asked for it"}
    assert (await admin.post(PATH, json=asked)).json()["kind"] == "person"
    (told, by), *_ = desk.erasing.asked
    assert (*told, by) == ("person", "Ann", "pseudonymise", "asked for it", "admin key")


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": "Ann"},
        {"asset": None},
        {"asset": ""},
        {"asset": "a\nb"},
        {"mode": "forget"},
        {"mode": None},
        {"reason": " "},
        {"reason": "badge-12 has left"},
        {"all": True},
    ],
)
async def test_a_wrong_wish_erases_nothing(
    wrong: dict[str, Any], admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    assert (await admin.post(PATH, json=BADGE | wrong)).status_code == 422
    assert desk.erasing.asked == []


async def test_refusals_say_why(admin: httpx.AsyncClient, desk: FakeDesk) -> None:
    assert (await admin.post(PATH, json=BADGE | {"asset": "none"})).status_code == 404
    desk.erasing.refusal = Outcome("conflict", "'hall' is also a name in the site file")
    refused = await admin.post(PATH, json=BADGE)
    assert (refused.status_code, "site file" in refused.json()["detail"]) == (409, True)
    desk.erasing.full = True
    assert (await admin.post(PATH, json=BADGE)).status_code == 503
    assert (await admin.get(PATH)).json()["items"] == []


@pytest.mark.parametrize("role", ["ingest", "viewer", "guard", "operator"])
async def test_only_admins_erase(role: str, app: Api, keys: dict[str, str], desk: FakeDesk) -> None:
    async with client_of(app, keys[role]) as client:
        answers = [
            await client.post(PATH, json=BADGE),
            await client.get(PATH),
            await client.get(f"{PATH}/er_1"),
        ]
    assert {answer.status_code for answer in answers} == {403}
    assert desk.erasing.asked == []
