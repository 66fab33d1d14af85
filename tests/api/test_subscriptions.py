"""Subscriptions over HTTP: made, changed, tested, ended, and what is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from api.app import Api
from delivery.outbox import LEAST_URGENT, Message, put_message
from history.subscriptions import SUBSCRIPTIONS_MAX
from tests.api.fake_gateway import NOON_NS, FakeDesk, client_of

PATH = "/api/v1/subscriptions"
WANTED = {
    "name": "ERP",
    "url": "https://erp.example.net/hook?token=planted",
    "events": ["movement", "alert.raised"],
    "filters": {"zone": ["hall"], "category": ["laptop"]},
}


async def made(admin: httpx.AsyncClient, **more: object) -> dict[str, Any]:
    answer = await admin.post(PATH, json=WANTED | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def owed(desk: FakeDesk, channel: str) -> str:
    """A message that waits for a subscriber."""

    def write() -> str:
        with desk.state:
            message = Message(
                subject="asset:L-7",
                ordinal=1,
                type="movement.moved",
                body="{}",
                priority=LEAST_URGENT,
            )
            return put_message(desk.state, message, channel, NOON_NS)

    return await asyncio.to_thread(write)


async def audited(admin: httpx.AsyncClient) -> list[dict[str, Any]]:
    rows = (await admin.get("/api/v1/audit?sort=seq")).json()["items"]
    return [row for row in rows if row["action"].startswith("subscription.")]


async def test_a_subscription_is_made_and_shown_without_its_secret(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    made_now = await made(admin)
    secret = made_now.pop("secret")
    assert secret.startswith("whsec_")
    assert made_now["filters"] == WANTED["filters"]
    assert (made_now["enabled"], made_now["state"], made_now["revision"]) == (True, "closed", 1)
    assert (made_now["created_by"], made_now["zones"], made_now["groups"]) == (
        "admin key",
        None,
        None,
    )
    shown = await admin.get(f"{PATH}/{made_now['id']}")
    assert (shown.json(), shown.headers["etag"]) == (made_now, '"1"')
    listed = (await admin.get(PATH)).json()["items"]
    assert listed == [made_now]
    assert secret not in (await admin.get(PATH, headers={"accept": "text/csv"})).text
    assert list(desk.dispatch.wires.held) == [made_now["channel"]]
    assert desk.dispatch.forgotten == 1


async def test_who_does_what_stands_in_the_audit_log_without_secrets(
    admin: httpx.AsyncClient,
) -> None:
    one = await made(admin)
    await admin.patch(f"{PATH}/{one['id']}", json={"per_minute_max": 5})
    await admin.post(f"{PATH}/{one['id']}/rotate")
    await admin.post(f"{PATH}/{one['id']}/test")
    await admin.delete(f"{PATH}/{one['id']}")
    lines = await audited(admin)
    verbs = ["create", "change", "rotate", "test", "delete"]
    assert [line["action"] for line in lines] == [f"subscription.{verb}" for verb in verbs]
    assert {(line["actor"], line["target"]) for line in lines} == {("admin key", "ERP")}
    assert "planted" not in str(lines)
    assert "whsec_" not in str(lines)


INSIDE = (
    "http://example.net/hook",
    "https://127.0.0.1/hook",
    "https://localhost/hook",
    "https://sub.localhost/hook",
    "https://[::1]/hook",
    "https://[::ffff:127.0.0.1]/hook",
    "https://0.0.0.0/hook",
    "https://10.1.2.3/hook",
    "https://192.168.0.1/hook",
    "https://169.254.169.254/latest/meta-data",
    "https://2130706433/hook",
    "https://0177.0.0.1/hook",
    "https://0x7f000001/hook",
    "https://user:word@example.net/hook",
    "ftp://example.net/hook",
    "https://",
    "https://example.net/a b",
    "https://example.net/\r\nx",
)


async def test_no_subscription_reaches_inside(admin: httpx.AsyncClient) -> None:
    path = f"{PATH}/{(await made(admin))['id']}"
    for url in INSIDE:
        refused = await admin.post(PATH, json=WANTED | {"name": "inside", "url": url})
        assert (refused.status_code, url) == (422, url)
        assert refused.json()["errors"][0]["field"] == "url"
        assert (await admin.patch(path, json={"url": url})).status_code == 422
    assert [one["url"] for one in (await admin.get(PATH)).json()["items"]] == [WANTED["url"]]


async def test_private_addresses_need_the_site_file_and_metadata_stays_shut(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.dispatch.wires.allow_private = True
    one = await made(admin, url="http://127.0.0.1:9000/hook")
    assert one["url"] == "http://127.0.0.1:9000/hook"
    worse = await admin.post(PATH, json=WANTED | {"name": "x", "url": "https://169.254.169.254/"})
    assert worse.status_code == 422


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"events": []}, "events"),
        ({"events": ["movement.flown"]}, "events.0"),
        ({"filters": {"zone": ["cellar"]}}, "filters.zone"),
        ({"filters": {"rule": ["none"]}, "events": ["alert"]}, "filters.rule"),
        ({"filters": {"portal": ["none"]}, "events": ["crossing"]}, "filters.portal"),
        ({"filters": {"portal": ["dock door/left"]}}, "filters"),
        ({"filters": {"colour": ["red"]}}, "filters.colour"),
        ({"per_minute_max": 0}, "per_minute_max"),
        ({"secret": "whsec_mine"}, "secret"),
        ({"allow_private": True}, "allow_private"),
    ],
)
async def test_a_wrong_wish_names_its_field(
    wrong: dict[str, Any], field: str, admin: httpx.AsyncClient
) -> None:
    refused = await admin.post(PATH, json=WANTED | {"events": ["movement"]} | wrong)
    assert refused.status_code == 422, refused.text
    assert field in [error["field"] for error in refused.json()["errors"]]
    assert (await admin.get(PATH)).json()["items"] == []


async def test_a_change_keeps_what_it_does_not_name(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    one = await made(admin)
    path = f"{PATH}/{one['id']}"
    changed = await admin.patch(path, json={"filters": {"tag": ["E2801160"]}, "name": "WMS"})
    assert changed.status_code == 200, changed.text
    after = changed.json()
    assert (after["name"], after["filters"]) == ("WMS", {"tag": ["e2801160"]})
    assert (after["url"], after["events"], after["revision"]) == (one["url"], one["events"], 2)
    assert desk.dispatch.wires.held[one["channel"]].settings.filters.tag == ("e2801160",)
    assert (await admin.patch(path, json={"name": None})).status_code == 422


async def test_a_change_of_what_somebody_else_changed_is_refused(
    admin: httpx.AsyncClient,
) -> None:
    path = f"{PATH}/{(await made(admin))['id']}"
    seen = {"if-match": (await admin.get(path)).headers["etag"]}
    assert (await admin.patch(path, json={"name": "A"}, headers=seen)).status_code == 200
    assert (await admin.patch(path, json={"name": "B"}, headers=seen)).status_code == 412
    assert (await admin.delete(path, headers=seen)).status_code == 412
    assert (await admin.get(path)).json()["name"] == "A"
    assert (await admin.delete(path, headers={"if-match": '"2"'})).status_code == 204


async def test_what_is_switched_off_gives_up_what_it_owes_and_goes_on_later(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    one = await made(admin)
    path, waiting = f"{PATH}/{one['id']}", await owed(desk, one["channel"])
    assert (await admin.get(path)).json()["waiting"] == 1
    off = (await admin.patch(path, json={"enabled": False})).json()
    assert (off["state"], off["reason"], off["waiting"], off["dead"]) == (
        "disabled",
        "switched off",
        0,
        1,
    )
    assert desk.dispatch.wires.held == {}
    assert (await admin.post(f"{path}/test")).status_code == 409
    shown = (await admin.get(f"/api/v1/deliveries/{waiting}")).json()
    assert shown["last_error"] == "the subscription was switched off"
    on = (await admin.patch(path, json={"enabled": True})).json()
    assert (on["state"], on["dead"]) == ("closed", 1)


async def test_a_deleted_one_is_gone_and_its_deliveries_say_why(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    one = await made(admin)
    waiting = await owed(desk, one["channel"])
    assert (await admin.delete(f"{PATH}/{one['id']}")).status_code == 204
    assert (await admin.get(f"{PATH}/{one['id']}")).status_code == 404
    shown = (await admin.get(f"/api/v1/deliveries/{waiting}")).json()
    assert (shown["state"], shown["last_error"]) == ("dead", "the subscription was deleted")
    assert desk.dispatch.wires.held == {}


async def test_a_test_goes_to_this_receiver_alone(admin: httpx.AsyncClient, desk: FakeDesk) -> None:
    one = await made(admin)
    sent = await admin.post(f"{PATH}/{one['id']}/test")
    assert sent.status_code == 202
    shown = (await admin.get(f"/api/v1/deliveries/{sent.json()['delivery']}")).json()
    assert (shown["type"], shown["channel"]) == ("alert.test", one["channel"])
    assert desk.dispatch.wires.reopened == [one["channel"]]


async def test_a_secret_is_changed_without_a_gap_or_at_once(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    one = await made(admin)
    path, held = f"{PATH}/{one['id']}/rotate", desk.dispatch.wires.held
    second = (await admin.post(path)).json()["secret"]
    assert held[one["channel"]].secret.split() == [second, one["secret"]]
    third = (await admin.post(path, json={"keep_former": False})).json()["secret"]
    assert held[one["channel"]].secret.split() == [third]
    assert len({one["secret"], second, third}) == 3


async def test_the_same_request_under_one_key_subscribes_once(admin: httpx.AsyncClient) -> None:
    asked = {"idempotency-key": "once"}
    first = await admin.post(PATH, json=WANTED, headers=asked)
    second = await admin.post(PATH, json=WANTED, headers=asked)
    assert first.json() == second.json()
    assert len((await admin.get(PATH)).json()["items"]) == 1


async def test_a_name_is_taken_once_and_there_are_only_so_many(admin: httpx.AsyncClient) -> None:
    await made(admin)
    assert (await admin.post(PATH, json=WANTED)).status_code == 409
    for n in range(SUBSCRIPTIONS_MAX - 1):
        await made(admin, name=f"n{n}")
    assert (await admin.post(PATH, json=WANTED | {"name": "more"})).status_code == 409


async def test_a_disk_that_takes_nothing_leaves_no_channel_behind(
    admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    desk.dispatch.full = True
    assert (await admin.post(PATH, json=WANTED)).status_code == 503
    assert desk.dispatch.wires.held == {}


Ask = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]
ASKED: tuple[Ask, ...] = (
    lambda client, _: client.get(PATH),
    lambda client, _: client.post(PATH, json=WANTED),
    lambda client, id_: client.get(f"{PATH}/{id_}"),
    lambda client, id_: client.patch(f"{PATH}/{id_}", json={"enabled": False}),
    lambda client, id_: client.delete(f"{PATH}/{id_}"),
    lambda client, id_: client.post(f"{PATH}/{id_}/test"),
    lambda client, id_: client.post(f"{PATH}/{id_}/rotate"),
)


@pytest.mark.parametrize("role", ["ingest", "viewer", "guard", "operator"])
async def test_only_admins_subscribe(
    role: str, app: Api, admin: httpx.AsyncClient, keys: dict[str, str]
) -> None:
    one = await made(admin)
    async with client_of(app, keys[role]) as client:
        assert {(await ask(client, one["id"])).status_code for ask in ASKED} == {403}
    assert len((await admin.get(PATH)).json()["items"]) == 1


async def test_what_is_not_there_is_not_found(admin: httpx.AsyncClient) -> None:
    assert {(await ask(admin, "sub_none")).status_code for ask in ASKED[2:]} == {404}
