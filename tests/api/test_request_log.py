"""Each request under an id, counted, and in the access log where that is wanted."""

import logging

import httpx
import pytest
from prometheus_client import CollectorRegistry

from api.answer_figures import AnswerFigures
from api.app import Api
from tests.api.fake_gateway import client_of

ID = "x-request-id"


def answers(app: Api, status: str) -> float:
    sample: float | None = app.state.metrics.get_sample_value(
        "tagwarden_http_answers_total", {"status": status}
    )
    return -1 if sample is None else sample


async def test_an_answer_carries_the_id_of_its_request(viewer: httpx.AsyncClient) -> None:
    answer = await viewer.get("/healthz", headers={ID: "order-7:a.b_c"})
    assert answer.headers.get_list(ID) == ["order-7:a.b_c"]


@pytest.mark.parametrize("stated", ["", "a b", 'x"}{', "x" * 65])
async def test_an_id_that_is_no_plain_word_is_replaced(
    viewer: httpx.AsyncClient, stated: str
) -> None:
    told = (await viewer.get("/healthz", headers={ID: stated})).headers[ID]
    assert len(told) == 16
    assert int(told, 16) >= 0


async def test_requests_without_an_id_get_different_ones(viewer: httpx.AsyncClient) -> None:
    told = [(await viewer.get("/healthz")).headers[ID] for _ in range(20)]
    assert len(set(told)) == 20


async def test_the_access_log_tells_who_asked_what_without_the_query(
    viewer: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "tagwarden.access"):
        await viewer.get("/api/v1/assets", params={"q": "secret"})
    (line,) = [each for each in caplog.records if each.name == "tagwarden.access"]
    assert line.getMessage() == "GET /api/v1/assets"
    told = vars(line)
    assert (told["status"], told["caller"]) == (200, "viewer key")
    assert told["ms"] >= 0


async def test_answers_are_counted_by_the_class_of_their_status(
    app: Api, keys: dict[str, str]
) -> None:
    async with client_of(app, keys["viewer"]) as client:
        await client.get("/healthz")
        await client.get("/api/v1/assets/nobody")
        await client.get("/api/v1/nowhere")
    assert [answers(app, name) for name in ("2xx", "3xx", "4xx", "5xx")] == [1, 0, 2, 0]
    metrics: CollectorRegistry = app.state.metrics
    assert metrics.get_sample_value("tagwarden_http_seconds_count") == pytest.approx(3)


def test_an_answer_is_counted_in_the_bucket_of_its_time() -> None:
    metrics = CollectorRegistry()
    figures = AnswerFigures(metrics)
    for took_s in (0.001, 0.0011, 99.0):
        figures.note(200, took_s)

    def below(bound: str) -> float | None:
        return metrics.get_sample_value("tagwarden_http_seconds_bucket", {"le": bound})

    assert [below("0.001"), below("0.0025"), below("10.0"), below("+Inf")] == [1, 2, 2, 3]
