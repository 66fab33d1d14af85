"""The same request under the same key is done once."""

import asyncio

import httpx
import pytest

from api.desk import Change
from api.once import InFlight
from api.problems import ProblemError
from inventory.changes import Outcome
from tests.api.fake_gateway import FakeDesk, raised

ASSETS = "/api/v1/assets"
LAPTOP = {"id": "L1"}


def under(key: str) -> dict[str, str]:
    return {"idempotency-key": key}


async def test_a_repeated_write_is_answered_again_and_not_done_again(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    first = await operator.post(ASSETS, json=LAPTOP, headers=under("k1"))
    again = await operator.post(ASSETS, json=LAPTOP, headers=under("k1"))
    assert (
        (again.status_code, again.content)
        == (first.status_code, first.content)
        == (201, first.content)
    )
    assert again.headers["content-type"] == first.headers["content-type"]
    assert len(desk.submitted) == 1


async def test_a_repeated_removal_still_says_that_it_is_done(operator: httpx.AsyncClient) -> None:
    _ = await operator.post(ASSETS, json=LAPTOP)
    answers = [await operator.delete(f"{ASSETS}/L1", headers=under("k1")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]


async def test_a_refusal_is_an_answer_too(operator: httpx.AsyncClient) -> None:
    first = await operator.delete(f"{ASSETS}/L1", headers=under("k1"))
    _ = await operator.post(ASSETS, json=LAPTOP)
    again = await operator.delete(f"{ASSETS}/L1", headers=under("k1"))
    assert (first.status_code, again.status_code) == (404, 404)
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json() == first.json()


async def test_the_same_key_for_something_else_is_refused(operator: httpx.AsyncClient) -> None:
    _ = await operator.post(ASSETS, json=LAPTOP, headers=under("k1"))
    body = await operator.post(ASSETS, json={"id": "L2"}, headers=under("k1"))
    query = await operator.post(f"{ASSETS}?rebind=true", json=LAPTOP, headers=under("k1"))
    assert (body.status_code, query.status_code) == (422, 422)
    assert body.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_two_callers_may_use_the_same_key(
    operator: httpx.AsyncClient,
    guard: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await desk.happen(raised("a1", "L1"))
    _ = await operator.post(ASSETS, json=LAPTOP, headers=under("k1"))
    path = "/api/v1/alerts/a1/acknowledge"
    answer = await guard.post(path, json={"note": "on my way"}, headers=under("k1"))
    assert answer.status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "ä"])
async def test_a_key_that_can_not_be_kept_is_refused(
    key: str,
    operator: httpx.AsyncClient,
) -> None:
    headers = {"idempotency-key": key.encode("latin-1").decode("latin-1")}
    answer = await operator.post(
        ASSETS,
        json=LAPTOP,
        headers=[(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    )
    assert answer.status_code == 422


async def test_a_second_try_during_the_first_is_told_to_wait(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_go_on = asyncio.Event()
    begun = asyncio.Event()
    submit = desk.submit

    async def slow(change: Change) -> Outcome:
        begun.set()
        _ = await may_go_on.wait()
        return await submit(change)

    monkeypatch.setattr(desk, "submit", slow)
    first = asyncio.create_task(operator.post(ASSETS, json=LAPTOP, headers=under("k1")))
    _ = await begun.wait()
    second = await operator.post(ASSETS, json=LAPTOP, headers=under("k1"))
    may_go_on.set()
    assert (second.status_code, second.headers["retry-after"]) == (409, "1")
    assert (await first).status_code == 201


async def test_an_answer_that_can_not_be_kept_is_still_given(
    operator: httpx.AsyncClient,
    desk: FakeDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submit = desk.submit

    async def fill_up_after(change: Change) -> Outcome:
        outcome = await submit(change)
        desk.journal_full = True
        return outcome

    monkeypatch.setattr(desk, "submit", fill_up_after)
    assert (await operator.post(ASSETS, json=LAPTOP, headers=under("k1"))).status_code == 201


def test_a_key_in_flight_is_free_again_afterwards() -> None:
    in_flight = InFlight()
    in_flight.begin("me", "k1")
    with pytest.raises(ProblemError):
        in_flight.begin("me", "k1")
    in_flight.end("me", "k1")
    in_flight.begin("me", "k1")
