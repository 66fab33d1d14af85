"""What people do about alerts."""

import httpx
import pytest

from tests.api.fake_gateway import FakeDesk, raised

ALERT = "/api/v1/alerts/a1"


@pytest.fixture(autouse=True)
async def one_critical_alert(desk: FakeDesk) -> None:
    await desk.happen(raised("a1", "L1"))


async def test_a_critical_alert_needs_a_note(guard: httpx.AsyncClient) -> None:
    without = await guard.post(f"{ALERT}/acknowledge")
    with_note = await guard.post(f"{ALERT}/acknowledge", json={"note": "on my way"})
    assert without.status_code == 422
    assert without.json()["errors"] == [
        {"field": "note", "message": "a critical alert needs a note"},
    ]
    assert with_note.json()["state"] == "active_acknowledged"
    assert with_note.json()["acknowledged"]["by"] == "guard key"


async def test_the_first_who_acknowledges_stays(
    guard: httpx.AsyncClient,
    operator: httpx.AsyncClient,
) -> None:
    _ = await guard.post(f"{ALERT}/acknowledge", json={"note": "first"})
    second = await operator.post(f"{ALERT}/acknowledge", json={"note": "second"})
    assert second.status_code == 200
    assert second.json()["acknowledged"]["note"] == "first"


async def test_a_reset_closes_what_is_acknowledged_and_only_that(guard: httpx.AsyncClient) -> None:
    early = await guard.post(f"{ALERT}/reset")
    _ = await guard.post(f"{ALERT}/acknowledge", json={"note": "seen"})
    closed = await guard.post(f"{ALERT}/reset", json={"note": "was a drill"})
    late = await guard.post(f"{ALERT}/acknowledge", json={"note": "too late"})
    assert (early.status_code, late.status_code) == (409, 409)
    assert closed.json()["state"] == "cleared"


@pytest.mark.parametrize("verb", ["acknowledge", "reset"])
async def test_an_unknown_alert_is_not_found(verb: str, guard: httpx.AsyncClient) -> None:
    answer = await guard.post(f"/api/v1/alerts/none/{verb}", json={"note": "x"})
    assert answer.status_code == 404


@pytest.mark.parametrize("body", [{"note": 7}, {"notes": "x"}, {"note": "\x1b[2J"}, ["x"]])
async def test_a_note_is_text_and_nothing_else(body: object, guard: httpx.AsyncClient) -> None:
    answer = await guard.post(f"{ALERT}/acknowledge", json=body)
    assert answer.status_code == 422
    assert "\x1b" not in answer.text


async def test_a_note_may_have_lines(guard: httpx.AsyncClient) -> None:
    answer = await guard.post(f"{ALERT}/acknowledge", json={"note": "one\r\ntwo\n\tthree"})
    assert answer.json()["acknowledged"]["note"] == "one\r\ntwo\n\tthree"
