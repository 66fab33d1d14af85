"""Health, readiness, metrics, pages, and what every answer has in common."""

import re
from html import unescape

import httpx
import pytest
from prometheus_client import CollectorRegistry

from api.app import Api, create_app
from api.pages import home_page
from api.problems import FieldError, printable, problem_text
from tests.api.fake_gateway import FakeDesk, client_of


async def test_the_gateway_is_ready_only_when_it_says_so(
    stranger: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    ready = await stranger.get("/readyz")
    desk.ready = ("degraded", ["the journal can not be written"])
    degraded = await stranger.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "reasons": []})
    assert degraded.status_code == 503
    assert degraded.json() == {"status": "degraded", "reasons": ["the journal can not be written"]}
    assert (await stranger.get("/healthz")).json() == {"status": "ok"}


async def test_metrics_are_those_of_the_registry_that_was_given(viewer: httpx.AsyncClient) -> None:
    answer = await viewer.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "tagwarden_stream_clients 0.0" in answer.text


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_pages_load_nothing_and_run_nothing(
    path: str,
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    desk.ready = ("degraded", ["<script>alert(1)</script>"])
    answer = await viewer.get(path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert re.findall(r"(?:src|href)=\"(?![/#])", answer.text) == []


def test_the_front_page_says_how_the_gateway_is() -> None:
    assert "It is ready." in home_page("1.0", "ready", [])
    page = home_page("1.0", "degraded", ["reader gate-1 is silent", "a\x1bb"])
    assert "It is degraded." in page
    assert "<li>reader gate-1 is silent</li><li>a\\x1bb</li>" in page


def test_the_front_page_says_how_to_open_the_docs() -> None:
    page = home_page("1.0", "ready", [])
    assert "<code>curl -H 'Authorization: Bearer tw_…' http://HOST:PORT/docs</code>" in page
    assert "A browser does not send the header by itself" in page


async def test_docs_show_every_operation_with_its_roles_and_a_command(
    viewer: httpx.AsyncClient, app: Api
) -> None:
    page = (await viewer.get("/docs")).text
    for path, verbs in app.openapi()["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in verbs.values():
            assert f'<details id="{operation["operationId"]}">' in page
    assert "<td>operator, admin</td>" in page
    assert (
        'curl $URL/api/v1/assets/forklift-3/position -H "Authorization: Bearer $KEY"'
        in unescape(page)
    )


async def test_the_schema_promises_problems_and_a_key(viewer: httpx.AsyncClient) -> None:
    schema = (await viewer.get("/openapi.json")).json()
    listed = schema["paths"]["/api/v1/movements"]["get"]
    assert listed["security"] == [{"key": []}, {"session": []}]
    assert "application/problem+json" in listed["responses"]["default"]["content"]
    assert {"Problem", "Wrong", "Asset"} <= set(schema["components"]["schemas"])
    assert schema["paths"]["/healthz"]["get"]["security"] == []


async def test_every_answer_says_not_to_sniff_keep_or_frame_it(
    stranger: httpx.AsyncClient,
) -> None:
    for path in ("/healthz", "/api/v1/assets", "/nowhere"):
        headers = (await stranger.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_an_unknown_path_is_a_problem_that_shows_no_control_characters(
    stranger: httpx.AsyncClient,
) -> None:
    answer = await stranger.get("/no%1b%5b2J%0d%0awhere%E2%80%AE")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "Nothing is at /no\\x1b[2J\\r\\nwhere\\u202e."


async def test_a_wrong_method_is_told_all_that_are_possible(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.patch("/api/v1/assets")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert answer.json()["title"] == "Method Not Allowed"


async def test_a_surprise_is_a_problem_without_its_secrets(
    app: Api,
    desk: FakeDesk,
    keys: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> list[dict[str, object]]:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(desk, "readers", fail)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {keys['viewer']}"}
    url = "http://localhost"
    async with httpx.AsyncClient(transport=transport, base_url=url, headers=headers) as client:
        answer = await client.get("/api/v1/readers")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text


def test_text_is_clipped_and_what_does_not_print_is_escaped() -> None:
    assert printable("a\x00\x1b\u202e\ud800\u2028ü") == "a\\x00\\x1b\\u202e\\ud800\\u2028ü"
    assert printable("x" * 600) == "x" * 499 + "…"


def test_a_problem_lists_a_bounded_number_of_errors() -> None:
    text = problem_text(422, "many", [FieldError("f", "m", row) for row in range(1000)])
    assert text.count('"field"') == 100


async def test_two_applications_share_nothing(
    app: Api,
    desk: FakeDesk,
    keys: dict[str, str],
) -> None:
    other = create_app(
        desk, app.state.questions, lambda _: None, CollectorRegistry(), hosts=app.hosts
    )
    async with client_of(app, keys["admin"]) as known, client_of(other, keys["admin"]) as unknown:
        assert (await known.get("/api/v1/readers")).status_code == 200
        assert (await unknown.get("/api/v1/readers")).status_code == 401
