"""Messages and channels over HTTP: what became of each, and dead letters sent again."""

import asyncio
import csv
import io
import random
from typing import Any

import httpx
import pytest

from delivery.attempt import Attempt
from delivery.outbox import enqueue, message_id
from delivery.settlement import settle
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk, raised

API = "/api/v1"


async def filled(desk: FakeDesk, *ends: tuple[str, Attempt | None]) -> list[str]:
    """One message to the guards for each alert named, and how its try ended."""

    def write() -> list[str]:
        with desk.state:
            for at, (alert, attempt) in enumerate(ends):
                now_ns = NOON_NS + at * SECOND_NS
                enqueue(desk.state, raised(alert, "laptop"), 7, now_ns)
                if attempt is not None:
                    id_ = message_id(alert, 1, "guards")
                    settle(desk.state, id_, attempt, now_ns, random.Random(1))
        return [message_id(alert, 1, "guards") for alert, _ in ends]

    return await asyncio.to_thread(write)


REFUSED = Attempt("refused", "answered 400")
DONE = Attempt("done")


async def listed(client: httpx.AsyncClient, **asked: str) -> list[str]:
    answer = await client.get(f"{API}/deliveries", params=asked)
    assert answer.status_code == 200, answer.text
    return [row["alert"] for row in answer.json()["items"]]


async def test_what_became_of_a_message_is_told_with_each_try(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    (id_,) = await filled(desk, ("a1", REFUSED))
    shown = (await viewer.get(f"{API}/deliveries/{id_}")).json()
    assert shown["body"]["data"]["id"] == "a1"
    assert (shown["state"], shown["attempts"], shown["last_error"]) == ("dead", 1, "answered 400")
    noon = "2027-01-15T08:00:00.000000Z"
    assert shown["tries"] == [{"time": noon, "outcome": "refused", "reason": "answered 400"}]
    assert (shown["ended"], shown["due"], shown["delivered"]) == (noon, None, None)
    assert (await viewer.get(f"{API}/deliveries/none")).status_code == 404


async def test_the_list_is_narrowed_by_channel_state_alert_and_time(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await filled(desk, ("a1", REFUSED), ("a2", DONE), ("a3", None))
    assert await listed(viewer) == ["a3", "a2", "a1"]
    assert await listed(viewer, sort="seq", limit="2") == ["a1", "a2"]
    assert await listed(viewer, state="dead") == ["a1"]
    assert await listed(viewer, state="waiting", channel="guards") == ["a3"]
    assert await listed(viewer, channel="night/shift") == []
    assert await listed(viewer, alert="a2") == ["a2"]
    since, until = "2027-01-15T08:00:01Z", "2027-01-15T08:00:02Z"
    assert await listed(viewer, since=since, until=until) == ["a2"]
    assert (await viewer.get(f"{API}/deliveries?state=lost")).status_code == 422


async def test_the_list_pages_and_speaks_csv(viewer: httpx.AsyncClient, desk: FakeDesk) -> None:
    await filled(desk, *((f"a{n}", None) for n in range(5)))
    first = await viewer.get(f"{API}/deliveries?limit=3")
    rest = await viewer.get(first.links["next"]["url"])
    shown = [row["alert"] for page in (first, rest) for row in page.json()["items"]]
    assert shown == ["a4", "a3", "a2", "a1", "a0"]
    table = await viewer.get(f"{API}/deliveries", headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["state"] for row in rows] == ["waiting"] * 5


async def test_a_dead_letter_is_sent_again_and_keeps_its_id_and_its_past(
    operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    (id_,) = await filled(desk, ("a1", REFUSED))
    again = await operator.post(f"{API}/deliveries/{id_}/redeliver")
    assert again.status_code == 200
    shown: dict[str, Any] = again.json()
    assert (shown["id"], shown["state"], shown["attempts"]) == (id_, "waiting", 0)
    assert [one["outcome"] for one in shown["tries"]] == ["refused", "redelivered"]
    assert shown["tries"][1]["reason"] == "by operator key"


async def test_what_was_delivered_is_not_sent_again(
    operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    (id_,) = await filled(desk, ("a1", DONE))
    refused = await operator.post(f"{API}/deliveries/{id_}/redeliver")
    assert (refused.status_code, refused.json()["detail"]) == (409, "It was delivered.")
    assert (await operator.post(f"{API}/deliveries/none/redeliver")).status_code == 404


async def test_dead_letters_are_sent_again_together(
    operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await filled(desk, ("a1", REFUSED), ("a2", REFUSED), ("a3", DONE), ("a4", REFUSED))
    path = f"{API}/deliveries/redeliver"
    late = await operator.post(path, json={"channel": "guards", "since": "2027-01-15T08:00:02Z"})
    assert late.json() == {"redelivered": 1, "more": False}
    other = await operator.post(path, json={"channel": "night/shift"})
    assert other.json() == {"redelivered": 0, "more": False}
    assert (await operator.post(path)).json() == {"redelivered": 2, "more": False}
    assert await listed(operator, state="waiting") == ["a4", "a2", "a1"]


@pytest.mark.parametrize(
    "body", [{"channel": "none"}, {"since": "noon"}, {"all": True}, {"channel": 7}]
)
async def test_a_wrong_wish_sends_nothing_again(
    body: dict[str, object], operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await filled(desk, ("a1", REFUSED))
    answer = await operator.post(f"{API}/deliveries/redeliver", json=body)
    assert answer.status_code == 422
    assert await listed(operator, state="dead") == ["a1"]


async def test_channels_are_told_with_what_they_owe_and_how_they_do(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    retry = Attempt("retry", "answered 503")
    await filled(desk, ("a1", DONE), ("a2", REFUSED), ("a3", retry), ("a4", None))
    guards, night = (await viewer.get(f"{API}/channels")).json()["items"]
    assert guards == {
        "name": "guards",
        "kind": "webhook",
        "state": "open",
        "reason": "",
        "waiting": 2,
        "oldest": "2027-01-15T08:00:02.000000Z",
        "dead": 1,
        "last_success": "2027-01-15T08:00:00.000000Z",
        "last_error": {"time": "2027-01-15T08:00:02.000000Z", "reason": "answered 503"},
        "per_minute_max": 600,
        "heartbeat_s": None,
    }
    assert (night["state"], night["reason"], night["waiting"]) == ("disabled", "answered 410", 0)
    assert (night["oldest"], night["last_success"], night["last_error"]) == (None, None, None)


async def test_a_test_goes_the_way_of_every_message(
    operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    sent = await operator.post(f"{API}/channels/night/shift/test")
    assert sent.status_code == 202
    shown = (await operator.get(f"{API}/deliveries/{sent.json()['delivery']}")).json()
    assert (shown["type"], shown["channel"]) == ("alert.test", "night/shift")
    assert shown["body"]["data"]["test"] is True
    assert "operator key" in shown["body"]["data"]["detail"]
    assert desk.dispatch.reopened == ["night/shift"]
    assert (await operator.post(f"{API}/channels/none/test")).status_code == 404


async def test_a_test_asked_for_twice_under_one_key_is_one(operator: httpx.AsyncClient) -> None:
    asked = {"idempotency-key": "once"}
    first = await operator.post(f"{API}/channels/guards/test", headers=asked)
    second = await operator.post(f"{API}/channels/guards/test", headers=asked)
    assert first.json() == second.json()
    assert len(await listed(operator)) == 1


async def test_a_full_disk_is_said(operator: httpx.AsyncClient, desk: FakeDesk) -> None:
    desk.dispatch.full = True
    for path in ("channels/guards/test", "deliveries/redeliver", "deliveries/x/redeliver"):
        assert (await operator.post(f"{API}/{path}")).status_code == 503
