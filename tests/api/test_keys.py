"""API keys over HTTP: told once, limited, given another secret, withdrawn."""

from typing import Any

import httpx
import pytest

from api.app import Api
from history.callers import Scope
from history.keys import KeyLimits
from tags.times import format_time
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk, client_of
from tests.api.made_keys import key_with

KEYS = "/api/v1/keys"
LATER = format_time(NOON_NS + 3600 * SECOND_NS)


async def made(admin: httpx.AsyncClient, **more: object) -> dict[str, Any]:
    """A key made over HTTP."""
    answer = await admin.post(KEYS, json={"name": "dock", "role": "operator", **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def audited(desk: FakeDesk) -> list[tuple[str, str, str]]:
    """Who did what to which key, in their order."""
    rows = desk.state.execute(
        "SELECT actor, action, target FROM audit WHERE actor = 'admin key' ORDER BY number"
    )
    return list(rows)


async def test_a_key_that_was_made_opens_what_its_role_may(
    admin: httpx.AsyncClient, app: Api, desk: FakeDesk
) -> None:
    key = await made(admin)
    assert key["key"].startswith(f"tw_{key['id']}_")
    assert key["created_by"] == "admin key"
    async with client_of(app, key["key"]) as client:
        assert (await client.get("/api/v1/assets")).status_code == 200
        assert (await client.get(KEYS)).status_code == 403
    assert audited(desk) == [("admin key", "key.create", "dock")]


async def test_the_secret_is_told_once_and_not_to_be_stored(admin: httpx.AsyncClient) -> None:
    answer = await admin.post(KEYS, json={"name": "dock", "role": "viewer"})
    assert answer.headers["cache-control"] == "no-store"
    secret = answer.json()["key"]
    for path in (KEYS, f"{KEYS}/{answer.json()['id']}", "/api/v1/audit"):
        shown = (await admin.get(path)).text
        assert answer.json()["id"] in shown
        assert secret[12:] not in shown


async def test_the_same_request_again_makes_one_key_and_keeps_its_secret_nowhere(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    once = {"headers": {"idempotency-key": "k1"}, "json": {"name": "dock", "role": "viewer"}}
    first = await admin.post(KEYS, **once)  # type: ignore[arg-type] # headers and body
    again = await admin.post(KEYS, **once)  # type: ignore[arg-type] # headers and body
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {**first.json(), "key": None}
    kept = desk.state.execute("SELECT body FROM answers").fetchall()
    assert len(kept) == 1
    assert first.json()["key"][12:] not in kept[0][0]


async def test_keys_are_listed_with_what_limits_them(admin: httpx.AsyncClient) -> None:
    limits = {"zones": ["hall"], "groups": ["tools"], "rights": ["look"], "expires": LATER}
    key = await made(admin, **limits)
    found = (await admin.get(KEYS, params={"name": "dock"})).json()["items"]
    assert found == [{name: value for name, value in key.items() if name != "key"}]
    assert {name: found[0][name] for name in limits} == limits


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"role": "guard"}, ["guard key"]),
        ({"q": "R KEY"}, ["viewer key", "operator key"]),
        ({"q": "%"}, []),
        ({"created_by": "command line", "limit": "2"}, ["ingest key", "viewer key"]),
        ({"expired": "true"}, ["old"]),
        ({"expired": "false", "sort": "-seq", "limit": "1"}, ["admin key"]),
    ],
)
async def test_a_list_of_keys_can_be_narrowed(
    params: dict[str, str], names: list[str], admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await key_with(desk, "old", "viewer", KeyLimits(expires_ns=NOON_NS), by="ann")
    rows = (await admin.get(KEYS, params=params)).json()["items"]
    assert [row["name"] for row in rows] == names


async def test_keys_page_by_page_are_all_keys(admin: httpx.AsyncClient) -> None:
    path, names = f"{KEYS}?limit=2", []
    while path:
        page = await admin.get(path)
        names += [row["name"] for row in page.json()["items"]]
        path = page.links.get("next", {}).get("url", "")
    assert names == ["ingest key", "viewer key", "guard key", "operator key", "admin key"]


async def test_a_list_of_keys_in_a_spreadsheet_runs_nothing(admin: httpx.AsyncClient) -> None:
    await made(admin, name="=1+1")
    text = (await admin.get(KEYS, headers={"accept": "text/csv"})).text
    assert text.splitlines()[0].startswith("id,name,role,rights,zones,groups,expires")
    assert ",'=1+1,operator," in text


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "n" * 65}, "name"),
        ({"role": "root"}, "role"),
        ({"rights": []}, "rights"),
        ({"rights": ["keys"]}, "rights"),
        ({"rights": ["open"]}, "rights"),
        ({"zones": []}, "zones"),
        ({"zones": ["cellar"]}, "zones"),
        ({"groups": [""]}, "groups.0"),
        ({"expires": "soon"}, "expires"),
        ({"expires": format_time(NOON_NS)}, "expires"),
        ({"secret": "x"}, "secret"),
    ],
)
async def test_a_key_that_makes_no_sense_is_not_made(
    more: dict[str, Any], field: str, admin: httpx.AsyncClient
) -> None:
    answer = await admin.post(KEYS, json={"name": "dock", "role": "operator", **more})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert (await admin.get(KEYS, params={"name": "dock"})).json()["items"] == []


async def test_no_two_keys_have_one_name(admin: httpx.AsyncClient) -> None:
    await made(admin)
    answer = await admin.post(KEYS, json={"name": "dock", "role": "viewer"})
    assert answer.status_code == 409
    assert "'dock'" in answer.json()["detail"]


async def test_limits_hold_from_the_next_request_on(
    admin: httpx.AsyncClient, app: Api, desk: FakeDesk
) -> None:
    key = await made(admin)
    one = f"{KEYS}/{key['id']}"
    async with client_of(app, key["key"]) as client:
        assert (await client.get("/api/v1/zones")).status_code == 200
        changed = await admin.patch(one, json={"rights": ["edit_assets"], "zones": ["hall"]})
        assert changed.json()["rights"] == ["edit_assets"]
        refused = await client.get("/api/v1/zones")
        assert refused.status_code == 403
        assert "limited to edit_assets" in refused.json()["detail"]
        widened = await admin.patch(one, json={"rights": None})
        assert (widened.json()["rights"], widened.json()["zones"]) == (None, ["hall"])
        assert (await client.get("/api/v1/zones")).status_code == 200
    assert [action for _, action, _ in audited(desk)] == ["key.create", "key.change", "key.change"]


async def test_another_secret_ends_the_former_at_once(
    admin: httpx.AsyncClient, app: Api, desk: FakeDesk
) -> None:
    key = await made(admin)
    async with client_of(app, key["key"]) as old:
        assert (await old.get("/api/v1/assets")).status_code == 200
        renewed = await admin.post(f"{KEYS}/{key['id']}/rotate")
        assert renewed.status_code == 200
        assert (await old.get("/api/v1/assets")).status_code == 401
    assert renewed.json()["id"] == key["id"]
    assert renewed.json()["key"] != key["key"]
    async with client_of(app, renewed.json()["key"]) as new:
        assert (await new.get("/api/v1/assets")).status_code == 200
    assert audited(desk)[-1] == ("admin key", "key.rotate", "dock")


async def test_a_withdrawn_key_is_unknown_at_once(
    admin: httpx.AsyncClient, app: Api, desk: FakeDesk
) -> None:
    key = await made(admin)
    async with client_of(app, key["key"]) as client:
        assert (await client.get("/api/v1/assets")).status_code == 200
        assert (await admin.delete(f"{KEYS}/{key['id']}")).status_code == 204
        assert (await client.get("/api/v1/assets")).status_code == 401
    assert (await admin.get(f"{KEYS}/{key['id']}")).status_code == 404
    assert audited(desk)[-1] == ("admin key", "key.withdraw", "dock")


@pytest.mark.parametrize("verb", ["GET", "PATCH", "DELETE"])
async def test_a_key_that_is_not_there_is_not_found(verb: str, admin: httpx.AsyncClient) -> None:
    sent = {"json": {"zones": None}} if verb == "PATCH" else {}
    answer = await admin.request(verb, f"{KEYS}/00000000", **sent)  # type: ignore[arg-type] # a body
    assert answer.status_code == 404


async def test_what_was_changed_meanwhile_is_left_alone(admin: httpx.AsyncClient) -> None:
    key = await made(admin)
    one = f"{KEYS}/{key['id']}"
    seen = {"if-match": (await admin.get(one)).headers["etag"]}
    assert (await admin.patch(one, json={"zones": ["hall"]}, headers=seen)).status_code == 200
    assert (await admin.patch(one, json={"zones": ["gate"]}, headers=seen)).status_code == 412
    assert (await admin.post(f"{one}/rotate", headers=seen)).status_code == 412
    assert (await admin.delete(one, headers=seen)).status_code == 412
    assert (await admin.get(one)).json()["zones"] == ["hall"]
    assert (await admin.delete(one, headers={"if-match": "*"})).status_code == 204


@pytest.mark.parametrize(
    "lesser",
    [
        KeyLimits(rights=frozenset({"keys"})),
        KeyLimits(rights=frozenset({"keys", "look", "self"}), expires_ns=NOON_NS + SECOND_NS),
        KeyLimits(expires_ns=NOON_NS + SECOND_NS),
    ],
)
async def test_nobody_gives_more_than_they_have(
    lesser: KeyLimits, admin: httpx.AsyncClient, app: Api, desk: FakeDesk
) -> None:
    full, small = await made(admin), await made(admin, name="small", expires=LATER, rights=["look"])
    async with client_of(app, await key_with(desk, "lesser", "admin", lesser)) as client:
        asked = [
            await client.post(KEYS, json={"name": "new", "role": "operator"}),
            await client.patch(f"{KEYS}/{small['id']}", json={"rights": None, "expires": None}),
            await client.post(f"{KEYS}/{full['id']}/rotate"),
        ]
        assert [answer.status_code for answer in asked] == [403, 403, 403]
        assert all(answer.json()["errors"] for answer in asked)
    assert (await admin.get(KEYS, params={"name": "new"})).json()["items"] == []


async def test_a_key_for_a_part_of_the_site_manages_no_keys(app: Api, desk: FakeDesk) -> None:
    limited = await key_with(desk, "limited", "admin", KeyLimits(Scope(zones=("hall",))))
    async with client_of(app, limited) as client:
        for path in (KEYS, "/api/v1/audit"):
            answer = await client.get(path)
            assert answer.status_code == 403
            assert "part of the site" in answer.json()["detail"]


@pytest.mark.parametrize("role", ["viewer", "guard", "operator", "ingest"])
async def test_only_admins_see_keys(role: str, app: Api, keys: dict[str, str]) -> None:
    async with client_of(app, keys[role]) as client:
        assert (await client.get(KEYS)).status_code == 403
        assert (await client.post(KEYS, json={"name": "x", "role": "viewer"})).status_code == 403


async def test_the_last_one_who_could_manage_keys_stays(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await key_with(desk, "ended", "admin", KeyLimits(expires_ns=NOON_NS - 1))
    await key_with(desk, "small", "admin", KeyLimits(rights=frozenset({"look"})))
    (own,) = (await admin.get(KEYS, params={"name": "admin key"})).json()["items"]
    one = f"{KEYS}/{own['id']}"
    refused = [
        await admin.delete(one),
        await admin.patch(one, json={"rights": ["look"]}),
        await admin.patch(one, json={"zones": ["hall"]}),
    ]
    assert [answer.status_code for answer in refused] == [409, 409, 409]
    assert (await admin.get(one)).json() == {**own, "last_used": own["last_used"]}
    other = await made(admin, name="other", role="admin")
    assert (await admin.delete(one)).status_code == 204
    assert other["role"] == "admin"


async def test_a_person_who_is_admin_lets_the_last_key_go(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    (own,) = (await admin.get(KEYS, params={"name": "admin key"})).json()["items"]
    desk.state.execute(
        "INSERT INTO people (id, number, login, name, role, password, created_ns, created_by)"
        " VALUES ('p1', 1, 'ann', 'Ann', 'admin', 'hash', 1, 'setup')"
    )
    assert (await admin.delete(f"{KEYS}/{own['id']}")).status_code == 204


async def test_a_full_disk_changes_no_key_and_says_so(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    key = await made(admin)
    desk.journal_full = True
    answer = await admin.delete(f"{KEYS}/{key['id']}")
    assert answer.status_code == 503
    assert (await admin.get(f"{KEYS}/{key['id']}")).status_code == 200


async def test_the_last_use_is_shown_at_once_and_kept_with_the_next_write(
    admin: httpx.AsyncClient, app: Api, desk: FakeDesk
) -> None:
    key = await made(admin)
    one = f"{KEYS}/{key['id']}"
    assert (await admin.get(one)).json()["last_used"] is None
    async with client_of(app, key["key"]) as client:
        await client.get("/api/v1/assets")
    assert (await admin.get(one)).json()["last_used"] == format_time(NOON_NS)
    desk.journal_full = True
    await app.key_uses.write()
    assert kept_uses(desk, key["id"]) == [None]
    desk.journal_full = False
    await app.key_uses.write()
    assert kept_uses(desk, key["id"]) == [NOON_NS]
    assert (await admin.get(one)).json()["last_used"] == format_time(NOON_NS)


def kept_uses(desk: FakeDesk, key_id: str) -> list[int | None]:
    rows = desk.state.execute("SELECT last_used_ns FROM api_keys WHERE id = ?", (key_id,))
    return [row[0] for row in rows]
