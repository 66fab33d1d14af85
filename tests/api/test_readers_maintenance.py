"""Maintenance over HTTP: who works on what, until when and why, and who may say so."""

from typing import Any

import httpx
import pytest

from tags.times import format_time
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk

READER = "/api/v1/readers/gate-1/maintenance"
PORTAL = "/api/v1/portals/dock door/left/maintenance"
LISTED = "/api/v1/maintenance"
BODY = {"for_s": 600, "reason": "new antenna cable"}
NOON_PLUS_600_S = format_time(NOON_NS + 600 * SECOND_NS)


async def test_a_reader_in_maintenance_says_so_with_reason_and_end(
    operator: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
) -> None:
    answer = await operator.put(READER, json=BODY)
    assert answer.status_code == 200
    assert answer.json() == (await viewer.get("/api/v1/readers/gate-1")).json()
    shown = answer.json()
    assert shown["state"] == "maintenance"
    assert shown["reason"] == "new antenna cable (operator key)"
    assert shown["remedy"] == f"Ends by itself at {NOON_PLUS_600_S}."
    (work,) = shown["maintenance"]
    assert work == {
        "kind": "reader",
        "target": "gate-1",
        "since": format_time(NOON_NS),
        "until": NOON_PLUS_600_S,
        "reason": "new antenna cable",
        "by": "operator key",
    }


async def test_an_antenna_in_maintenance_leaves_the_state_of_its_reader(
    operator: httpx.AsyncClient,
) -> None:
    shown = (await operator.put(READER, json={**BODY, "antenna": 2})).json()
    assert shown["state"] == "online"
    assert [(work["kind"], work["target"]) for work in shown["maintenance"]] == [
        ("antenna", "gate-1/2")
    ]
    assert (await operator.delete(READER)).status_code == 404
    assert (await operator.delete(READER, params={"antenna": 2})).status_code == 204
    assert (await operator.get("/api/v1/readers/gate-1")).json()["maintenance"] == []


async def test_a_portal_is_put_into_maintenance_by_its_name_and_listed(
    operator: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
) -> None:
    until = NOON_PLUS_600_S
    answer = await operator.put(PORTAL, json={"until": until, "reason": "floor is wet"})
    assert (answer.status_code, answer.json()["until"]) == (200, until)
    assert (await viewer.get(LISTED)).json() == {"items": [answer.json()]}
    table = await viewer.get(LISTED, headers={"accept": "text/csv"})
    assert table.text.splitlines()[0] == "kind,target,since,until,reason,by"
    assert (await operator.delete(PORTAL)).status_code == 204
    assert (await viewer.get(LISTED)).json() == {"items": []}


async def test_what_is_not_in_maintenance_can_not_be_released(operator: httpx.AsyncClient) -> None:
    answer = await operator.delete(PORTAL)
    assert answer.status_code == 404
    assert answer.json()["detail"] == "Dock door/left is not in maintenance."


@pytest.mark.parametrize(
    ("path", "more", "detail"),
    [
        ("/api/v1/readers/gate-9/maintenance", {}, "no reader 'gate-9'"),
        (READER, {"antenna": 7}, "no antenna 'gate-1/7'"),
        ("/api/v1/portals/gate-1/maintenance", {}, "no portal 'gate-1'"),
    ],
)
async def test_an_unknown_target_is_not_found(
    path: str,
    more: dict[str, int],
    detail: str,
    operator: httpx.AsyncClient,
) -> None:
    answer = await operator.put(path, json={**BODY, **more})
    assert answer.status_code == 404
    assert detail in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "why"}, "until"),
        ({"reason": "why", "for_s": 5, "until": NOON_PLUS_600_S}, "until"),
        ({"reason": "why", "until": "tomorrow"}, "until"),
        ({"reason": "why", "until": format_time(NOON_NS)}, "until"),
        ({"reason": "why", "until": format_time(NOON_NS + 8 * 86_400 * SECOND_NS)}, "until"),
        ({"reason": "why", "for_s": 0}, "for_s"),
        ({"reason": "why", "for_s": 7 * 86_400 + 1}, "for_s"),
        ({"reason": "why", "for_s": True}, "for_s"),
        ({"reason": "", "for_s": 5}, "reason"),
        ({"reason": "two\nlines", "for_s": 5}, "reason"),
        ({"for_s": 5}, "reason"),
        ({"reason": "why", "for_s": 5, "antenna": 0}, "antenna"),
        ({"reason": "why", "for_s": 5, "antena": 2}, "antena"),
    ],
)
async def test_a_body_that_is_not_valid_is_refused_by_field(
    body: dict[str, Any],
    field: str,
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    answer = await operator.put(READER, json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert desk.maintenance() == []


async def test_maintenance_under_one_key_begins_once(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    headers = {"idempotency-key": "k1"}
    first = await operator.put(READER, json=BODY, headers=headers)
    again = await operator.put(READER, json=BODY, headers=headers)
    assert first.json() == again.json()
    assert len(desk.submitted) == 1


async def test_a_portal_whose_maintenance_is_over_at_once_is_not_found(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desk, "maintenance", list)
    assert (await operator.put(PORTAL, json=BODY)).status_code == 404
