"""Several alerts at once, each with an outcome of its own."""

import httpx
import pytest

from tests.api.fake_gateway import FakeDesk, raised

ALERTS = "/api/v1/alerts"


async def test_several_alerts_are_acknowledged_with_one_note(
    guard: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await desk.happen(raised("a1", "drill-1"), raised("a2", "saw-1"))
    body = {"ids": ["a1", "a3", "a2"], "note": "on my way"}
    answer = await guard.post(f"{ALERTS}/acknowledge", json=body)
    assert answer.status_code == 200
    assert answer.json() == {
        "done": 2,
        "results": [
            {"id": "a1", "status": 200, "detail": ""},
            {"id": "a3", "status": 404, "detail": "There is no alert 'a3'."},
            {"id": "a2", "status": 200, "detail": ""},
        ],
    }
    for alert in ("a1", "a2"):
        shown = (await guard.get(f"{ALERTS}/{alert}")).json()
        assert shown["acknowledged"]["note"] == "on my way"


async def test_a_critical_alert_wants_its_note_here_too(
    guard: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await desk.happen(raised("a1", "drill-1"), raised("a2", "saw-1", "warning"))
    answer = await guard.post(f"{ALERTS}/acknowledge", json={"ids": ["a1", "a2"]})
    assert [each["status"] for each in answer.json()["results"]] == [422, 200]
    assert answer.json()["done"] == 1


@pytest.mark.parametrize(
    ("verb", "rest"),
    [
        ("shelve", {"for_s": 60, "reason": "stocktake"}),
        ("assign", {"to": "front desk"}),
        ("comment", {"text": "seen on camera 4"}),
    ],
)
async def test_every_verb_takes_several(
    verb: str, rest: dict[str, object], guard: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await desk.happen(raised("a1", "drill-1"), raised("a2", "saw-1"))
    answer = await guard.post(f"{ALERTS}/{verb}", json={"ids": ["a1", "a2"], **rest})
    assert answer.json()["done"] == 2
    if verb == "shelve":
        back = await guard.post(f"{ALERTS}/unshelve", json={"ids": ["a1", "a2"]})
        assert back.json()["done"] == 2


async def test_nothing_is_done_where_the_body_is_wrong(
    guard: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await desk.happen(raised("a1", "drill-1"))
    answer = await guard.post(f"{ALERTS}/shelve", json={"ids": ["a1"], "for_s": 60})
    assert answer.status_code == 422
    assert desk.submitted == []
