"""The gateway told over the API: its figures, its backups, its readers started anew."""

import httpx
import pytest

from inventory.changes import Outcome
from tests.api.fake_gateway import FakeDesk
from tests.api.scoped_site import Site, limited_keys, site

__all__ = ["limited_keys", "site"]

API = "/api/v1"


async def test_everybody_is_told_the_frame_of_the_page(site: Site) -> None:
    for client in site.clients.values():
        told = (await client.get(f"{API}/me")).json()
        assert told["site"] == {"name": "Depot", "timezone": "Europe/Berlin", "version": "v1"}
        assert told["version"]


async def test_where_a_backup_lies_is_told_to_who_may_make_one(
    viewer: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    seen = (await viewer.get(f"{API}/system")).json()["backup"]
    assert seen["where"] is None
    assert seen["ok"] is True
    assert (await admin.get(f"{API}/system")).json()["backup"]["where"].startswith("/")


async def test_a_gateway_without_a_backup_says_so(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.system.figures["backup"] = None
    assert (await viewer.get(f"{API}/system")).json()["backup"] is None


@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_a_backup_is_begun_and_found(
    body: bytes, admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    answer = await admin.post(
        f"{API}/backups", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 202
    begun = answer.json()
    assert (begun["state"], begun["by"]) == ("running", "admin key")
    assert (await admin.get(f"{API}/backups/{begun['id']}")).json() == begun
    assert (await admin.get(f"{API}/backups")).json()["items"] == [begun]
    assert len(desk.system.backups.rows) == 1


async def test_backups_are_listed_with_the_newest_first(admin: httpx.AsyncClient) -> None:
    ids = [(await admin.post(f"{API}/backups")).json()["id"] for _ in range(3)]
    first = await admin.get(f"{API}/backups", params={"limit": 2})
    assert [row["id"] for row in first.json()["items"]] == [ids[2], ids[1]]
    more = await admin.get(first.links["next"]["url"])
    assert [row["id"] for row in more.json()["items"]] == [ids[0]]


@pytest.mark.parametrize("body", [{"where": "/etc"}, {"folder": "/srv"}, []])
async def test_a_request_says_nothing_of_where_a_backup_goes(
    body: object, admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    assert (await admin.post(f"{API}/backups", json=body)).status_code == 422
    assert desk.system.backups.rows == []


async def test_a_backup_that_is_refused_says_why(admin: httpx.AsyncClient, desk: FakeDesk) -> None:
    desk.system.backups.refusal = "Another backup is being made."
    answer = await admin.post(f"{API}/backups")
    assert (answer.status_code, answer.json()["detail"]) == (409, "Another backup is being made.")


async def test_the_same_request_makes_one_backup(admin: httpx.AsyncClient, desk: FakeDesk) -> None:
    headers = {"idempotency-key": "tonight"}
    told = [(await admin.post(f"{API}/backups", headers=headers)).json() for _ in range(2)]
    assert told[0] == told[1]
    assert len(desk.system.backups.rows) == 1


async def test_a_backup_that_there_is_not_is_not_found(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(f"{API}/backups/2020-01-01T00-00-00Z")).status_code == 404


async def test_a_reader_is_started_anew(operator: httpx.AsyncClient, desk: FakeDesk) -> None:
    answer = await operator.post(f"{API}/readers/gate-1/restart")
    assert answer.status_code == 200
    assert answer.json()["name"] == "gate-1"
    assert desk.restarts == [("gate-1", "operator key")]


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Outcome("unknown", "there is no reader 'gate-1'"), 404),
        (Outcome("conflict", "gate-1 is being started anew already"), 409),
    ],
)
async def test_a_reader_that_is_not_started_anew_is_told(
    refusal: Outcome, status: int, operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.restart_refusal = refusal
    assert (await operator.post(f"{API}/readers/gate-1/restart")).status_code == status


async def test_a_reader_tells_its_rate_but_no_series_in_a_table(viewer: httpx.AsyncClient) -> None:
    (row,) = (await viewer.get(f"{API}/readers")).json()["items"]
    assert (row["reads_per_second"], row["series"]) == (2.0, [1.0, 2.0])
    table = await viewer.get(f"{API}/readers", headers={"accept": "text/csv"})
    assert "reads_per_second" in table.text
    assert "series" not in table.text
