"""Putting alerts aside, giving them to somebody, saying something; and who did what, when, why."""

import asyncio

import httpx
import pytest

from history.outputs import Audited
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk, raised

ALERT = "/api/v1/alerts/a1"
REPAIR: dict[str, object] = {"for_s": 600, "reason": "door is being repaired"}
VERBS: dict[str, dict[str, object]] = {
    "acknowledge": {"note": "seen"},
    "shelve": REPAIR,
    "unshelve": {},
    "assign": {"to": "ann"},
    "comment": {"text": "called the dock"},
    "reset": {},
}


@pytest.fixture(autouse=True)
async def one_critical_alert(desk: FakeDesk) -> None:
    await desk.happen(raised("a1", "L1"))


async def test_a_shelf_says_until_when_by_whom_and_why(guard: httpx.AsyncClient) -> None:
    shown = (await guard.post(f"{ALERT}/shelve", json=REPAIR)).json()
    assert shown["state"] == "shelved"
    assert shown["shelved_until"] == "2027-01-15T08:10:00.000000Z"
    assert shown["shelved"] == {
        "by": "guard key",
        "at": "2027-01-15T08:00:00.000000Z",
        "reason": "door is being repaired",
    }


async def test_a_shelf_may_name_its_end(guard: httpx.AsyncClient) -> None:
    until = {"until": "2027-01-15T09:00:00+00:00", "reason": "until nine"}
    shown = (await guard.post(f"{ALERT}/shelve", json=until)).json()
    assert shown["shelved_until"] == "2027-01-15T09:00:00.000000Z"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"for_s": 600}, "reason"),
        ({"for_s": 600, "reason": ""}, "reason"),
        ({"for_s": 600, "reason": "  \t "}, "reason"),
        ({"for_s": 600, "reason": "a\nb"}, "reason"),
        ({"for_s": 600, "reason": "x" * 501}, "reason"),
        ({"reason": "no end"}, "until"),
        ({"reason": "two ends", "for_s": 5, "until": "2027-01-15T09:00:00Z"}, "until"),
        ({"reason": "past", "until": "2027-01-15T07:59:59Z"}, "until"),
        ({"reason": "now", "until": "2027-01-15T08:00:00Z"}, "until"),
        ({"reason": "never", "until": "9999-12-31T23:59:59Z"}, "until"),
        ({"reason": "no time", "until": "tomorrow"}, "until"),
        ({"reason": "too long", "for_s": 28_801}, "for_s"),
        ({"reason": "none", "for_s": 0}, "for_s"),
        ({"reason": "back", "for_s": -1}, "for_s"),
        ({"reason": "text", "for_s": "600"}, "for_s"),
        ({**REPAIR, "forever": True}, "forever"),
    ],
)
async def test_a_shelf_without_reason_or_beyond_the_maximum_is_refused(
    body: dict[str, object],
    field: str,
    guard: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    answer = await guard.post(f"{ALERT}/shelve", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert desk.submitted == []


async def test_a_shelf_as_long_as_the_maximum_is_taken(guard: httpx.AsyncClient) -> None:
    answer = await guard.post(f"{ALERT}/shelve", json={"for_s": 28_800, "reason": "shift"})
    assert answer.status_code == 200


async def test_unshelving_takes_an_alert_up_again(guard: httpx.AsyncClient) -> None:
    _ = await guard.post(f"{ALERT}/shelve", json=REPAIR)
    shown = (await guard.post(f"{ALERT}/unshelve")).json()
    assert (shown["state"], shown["shelved"]) == ("active_unacknowledged", None)


async def test_an_alert_is_given_to_somebody_and_taken_back(guard: httpx.AsyncClient) -> None:
    given = await guard.post(f"{ALERT}/assign", json={"to": "ann"})
    taken = await guard.post(f"{ALERT}/assign", json={"to": None})
    assert (given.json()["assignee"], taken.json()["assignee"]) == ("ann", None)
    assert (await guard.post(f"{ALERT}/assign", json={})).status_code == 422


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": " \n"}, {"text": 5}, {"text": "\x07"}])
async def test_a_comment_says_something(body: object, guard: httpx.AsyncClient) -> None:
    assert (await guard.post(f"{ALERT}/comment", json=body)).status_code == 422


async def test_of_two_who_acknowledge_at_once_one_is_the_first_and_both_are_told(
    guard: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    both = await asyncio.gather(
        *[client.post(f"{ALERT}/acknowledge", json={"note": "me"}) for client in (guard, operator)]
    )
    assert [answer.status_code for answer in both] == [200, 200]
    assert len({answer.json()["acknowledged"]["by"] for answer in both}) == 1
    log = (await guard.get(f"{ALERT}/log")).json()["items"]
    assert [line["action"] for line in log] == ["alert.raised", "alert.acknowledged"]


@pytest.mark.parametrize("verb", VERBS)
async def test_nothing_can_be_done_with_a_closed_alert(verb: str, guard: httpx.AsyncClient) -> None:
    _ = await guard.post(f"{ALERT}/acknowledge", json={"note": "seen"})
    _ = await guard.post(f"{ALERT}/reset")
    assert (await guard.post(f"{ALERT}/{verb}", json=VERBS[verb])).status_code == 409


@pytest.mark.parametrize("verb", VERBS)
async def test_an_alert_that_there_is_not_is_not_found(verb: str, guard: httpx.AsyncClient) -> None:
    answer = await guard.post(f"/api/v1/alerts/none/{verb}", json=VERBS[verb])
    assert answer.status_code == 404


@pytest.mark.parametrize("verb", VERBS)
async def test_a_viewer_only_looks(verb: str, viewer: httpx.AsyncClient) -> None:
    assert (await viewer.post(f"{ALERT}/{verb}", json=VERBS[verb])).status_code == 403


async def test_the_same_request_under_one_key_is_one_comment(guard: httpx.AsyncClient) -> None:
    for _ in range(3):
        answer = await guard.post(
            f"{ALERT}/comment", json={"text": "once"}, headers={"idempotency-key": "k1"}
        )
        assert answer.status_code == 200
    log = (await guard.get(f"{ALERT}/log")).json()["items"]
    assert [line["action"] for line in log] == ["alert.raised", "alert.commented"]


async def test_the_log_of_an_alert_says_who_when_and_why(
    guard: httpx.AsyncClient,
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await desk.happen(raised("a2", "L2"))
    _ = await guard.post(f"{ALERT}/acknowledge", json={"note": "on my way"})
    _ = await operator.post(f"{ALERT}/shelve", json=REPAIR)
    _ = await guard.post(f"{ALERT}/comment", json={"text": "it's <b>fine</b>"})
    log = (await guard.get(f"{ALERT}/log")).json()["items"]
    assert [(line["actor"], line["action"], line["why"]) for line in log] == [
        ("gateway", "alert.raised", ""),
        ("guard key", "alert.acknowledged", "on my way"),
        ("operator key", "alert.shelved", "door is being repaired"),
        ("guard key", "alert.commented", "it's <b>fine</b>"),
    ]
    assert {line["target"] for line in log} == {"a1"}
    assert (await guard.get("/api/v1/alerts/none/log")).status_code == 404


async def test_the_whole_log_is_for_admins_page_by_page_and_as_csv(
    admin: httpx.AsyncClient,
    guard: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    drill = Audited(at_ns=NOON_NS + SECOND_NS, actor="ann", action="drill.start", target="")
    await desk.happen(raised("a2", "L2"), drill)
    first = await admin.get("/api/v1/audit?limit=2&sort=seq")
    second = await admin.get(first.links["next"]["url"])
    lines = first.json()["items"] + second.json()["items"]
    # Behind the site and the alert of every test come the keys, one for each role.
    first_four = ["site.changed", "alert.raised", "key.create", "key.create"]
    assert sorted(line["action"] for line in lines) == sorted(first_four)
    by_ann = (await admin.get("/api/v1/audit?actor=ann")).json()["items"]
    assert [(line["action"], line["time"]) for line in by_ann] == [
        ("drill.start", "2027-01-15T08:00:01.000000Z")
    ]
    of_alert = (await admin.get("/api/v1/audit?target=a2&action=alert.raised")).json()["items"]
    assert [line["target"] for line in of_alert] == ["a2"]
    table = await admin.get(
        "/api/v1/audit?since=2027-01-15T08:00:01Z", headers={"accept": "text/csv"}
    )
    assert table.text.splitlines()[0].startswith("number,seq,time,actor,action,target,why,detail")
    assert len(table.text.splitlines()) == 2
    assert (await guard.get("/api/v1/audit")).status_code == 403
