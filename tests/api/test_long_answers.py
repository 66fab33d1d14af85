"""Whole lists line by line: complete, bounded, and never taken for whole when cut off."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from api.access import keys_in
from api.app import Api, create_app
from api.long_answers import LongLimits
from history.filters import MovementFilter
from history.paging import Page, PageRequest
from history.questions import StateQuestions
from tests.api.fake_gateway import FakeDesk, client_of, moved
from tests.api.serving import serving

API = "/api/v1"
LINES = {"accept": "application/x-ndjson"}
SLICE = 3


@pytest.fixture
def metrics() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def app(
    desk: FakeDesk,
    questions: StateQuestions,
    keys: dict[str, str],
    metrics: CollectorRegistry,
) -> Api:
    del keys
    limits = LongLimits(at_once_max=1, slice_rows=SLICE, send_timeout_s=0.5)
    check = keys_in(questions._path)
    return create_app(
        desk, questions, check, metrics, hosts=lambda: ["gateway"], long_limits=limits
    )


@pytest.fixture
async def served(app: Api, keys: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {keys['admin']}", **LINES}
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        yield client


async def wander(desk: FakeDesk, steps: int) -> None:
    zones = ["hall", "gate"]
    for step in range(steps):
        before = zones[(step - 1) % 2] if step else None
        await desk.happen(moved("e2801160", before, zones[step % 2], step))


def rows_in(text: str) -> list[dict[str, Any]]:
    assert not text or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def ended(metrics: CollectorRegistry, ending: str) -> float | None:
    return metrics.get_sample_value("tagwarden_long_answers_ended_total", {"ending": ending})


async def until_ended(metrics: CollectorRegistry, ending: str) -> None:
    async with asyncio.timeout(10):
        while not ended(metrics, ending):  # noqa: ASYNC110 -- a counter tells nobody
            await asyncio.sleep(0.01)


async def test_without_a_limit_all_rows_come_in_the_order_of_the_list(
    served: httpx.AsyncClient, desk: FakeDesk, metrics: CollectorRegistry
) -> None:
    await wander(desk, 4 * SLICE + 1)
    answer = await served.get(f"{API}/movements")
    assert answer.headers["content-type"] == "application/x-ndjson"
    listed = await served.get(
        f"{API}/movements", params={"limit": 1000}, headers={"accept": "application/json"}
    )
    assert rows_in(answer.text) == listed.json()["items"]
    assert "link" not in answer.headers
    await until_ended(metrics, "whole")


async def test_with_a_limit_so_many_rows_come_and_a_link_to_the_others(
    served: httpx.AsyncClient, desk: FakeDesk
) -> None:
    await wander(desk, 5)
    answer = await served.get(f"{API}/movements", params={"limit": 2})
    assert len(rows_in(answer.text)) == 2
    rest = await served.get(answer.links["next"]["url"])
    assert len(rows_in(rest.text)) == 2


async def test_no_row_is_repeated_or_hidden_while_more_arrives(
    served: httpx.AsyncClient,
    desk: FakeDesk,
    questions: StateQuestions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await wander(desk, 10)
    ask, number = questions.movements, iter(range(100, 200))

    def arriving(wanted: MovementFilter, request: PageRequest) -> Page:
        page = ask(wanted, request)
        _ = desk.commit([moved("aa", None, "hall", next(number))])
        return page

    monkeypatch.setattr(questions, "movements", arriving)
    for sort in ("seq", "-seq"):
        seen = [
            row["time"]
            for row in rows_in((await served.get(f"{API}/movements?sort={sort}&limit=2")).text)
            if row["tag"] == "e2801160"
        ]
        assert len(seen) == len(set(seen))
    whole = rows_in((await served.get(f"{API}/movements?sort=-seq")).text)
    mine = [row["id"] for row in whole if row["tag"] == "e2801160"]
    assert len(mine) == len(set(mine)) == 10


@pytest.mark.parametrize(
    "path",
    [
        *("assets", "zones", "zones/hall/assets", "zones/hall/visits", "readers", "sensors"),
        *("maintenance", "movements", "crossings", "alerts", "rules", "checkouts", "channels"),
        *("deliveries", "audit", "positions", "assets/L1/history"),
        "assets/L1/history?type=gap,position,visit",
        "zones/hall/assets?as_of=2027-01-15T08:00:03Z",
        "positions?as_of=2027-01-15T08:00:03Z",
    ],
)
async def test_every_list_can_be_had_line_by_line(
    path: str, admin: httpx.AsyncClient, desk: FakeDesk
) -> None:
    _ = await admin.post(f"{API}/assets", json={"id": "L1", "tags": ["e2801160"]})
    await desk.happen(moved("e2801160", None, "hall", -1, "L1"))
    listed = await admin.get(f"{API}/{path}")
    assert listed.status_code == 200, listed.text
    lines = await admin.get(f"{API}/{path}", headers=LINES)
    assert rows_in(lines.text) == listed.json()["items"]


async def test_what_goes_wrong_on_the_way_does_not_look_whole(
    served: httpx.AsyncClient,
    desk: FakeDesk,
    questions: StateQuestions,
    metrics: CollectorRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await wander(desk, 3 * SLICE)
    ask = questions.movements

    def failing(wanted: MovementFilter, request: PageRequest) -> Page:
        if request.cursor is not None:
            raise sqlite3.OperationalError("disk I/O error")
        return ask(wanted, request)

    monkeypatch.setattr(questions, "movements", failing)
    with pytest.raises(httpx.RemoteProtocolError):
        await served.get(f"{API}/movements")
    await until_ended(metrics, "failed")


async def test_a_bad_question_is_refused_before_a_line_is_sent(served: httpx.AsyncClient) -> None:
    answer = await served.get(f"{API}/movements?cursor=x")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_client_that_stalls_or_leaves_is_let_go_and_makes_room(  # noqa: PLR0913, PLR0917 -- fixtures
    app: Api,
    keys: dict[str, str],
    desk: FakeDesk,
    questions: StateQuestions,
    metrics: CollectorRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await wander(desk, 2)
    row = questions.movements

    def endless(wanted: MovementFilter, request: PageRequest) -> Page:
        first = row(wanted, PageRequest(limit=1)).items[0]
        return Page([{**first, "id": "x" * 100_000}] * min(SLICE, request.limit), "more")

    monkeypatch.setattr(questions, "movements", endless)
    sent = (
        f"GET {API}/movements HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n"
        f"Authorization: Bearer {keys['viewer']}\r\n\r\n"
    ).encode()
    async with serving(app) as url:
        port = int(url.rpartition(":")[2])
        _, stalled = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        stalled.write(sent)
        await stalled.drain()
        await _until_busy(metrics)
        async with client_of(app, keys["viewer"]) as client:
            refused = await client.get(f"{API}/movements", headers=LINES)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        await until_ended(metrics, "slow")
        stalled.close()
        reader, leaving = await asyncio.open_connection("127.0.0.1", port)
        leaving.write(sent)
        assert await reader.read(1000)
        leaving.transport.abort()
        await until_ended(metrics, "gone")
    assert metrics.get_sample_value("tagwarden_long_answers") == 0


async def _until_busy(metrics: CollectorRegistry) -> None:
    async with asyncio.timeout(10):
        while not metrics.get_sample_value("tagwarden_long_answers"):  # noqa: ASYNC110 -- a gauge tells nobody
            await asyncio.sleep(0.01)
