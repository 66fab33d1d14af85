"""Query parameters: what a route does not understand it refuses."""

from collections import defaultdict

import httpx
import pytest
from msgspec.structs import replace

from api.app import Api
from api.route import Route, schema_path
from api.routes import ROUTES
from tests.api.fake_gateway import FakeDesk, moved, raised

API = "/api/v1"


# What readers put into the query of a push is theirs.
GUARDED = [route for route in ROUTES if route.right not in {"open", "ingest"}]


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{route.verb} {route.path}")
async def test_no_route_ignores_a_parameter(
    route: Route,
    admin: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await desk.happen(raised("a1", "L1"))
    names = {"asset": "L1", "name": "hall", "alert": "a1"}
    path = schema_path(route.path).format_map(defaultdict(lambda: "1", names))
    answer = await admin.request(route.verb, f"{path}?foo=bar&x%1b")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == ["foo", "x\\x1b"]
    assert desk.submitted == []


async def test_a_refusal_names_the_unknown_parameter_and_the_known_ones(
    viewer: httpx.AsyncClient,
) -> None:
    listed = (await viewer.get(f"{API}/movements?zones=hall&limit=x")).json()
    known = "asset, cursor, from, kind, late, limit, since, sort, tag, to, until, zone"
    assert listed["detail"] == f"Unknown query parameter 'zones'; known: {known}."
    assert listed["errors"] == [
        {"field": "zones", "message": f"unknown parameter; known: {known}"},
    ]
    alone = (await viewer.get(f"{API}/assets/L1?limit=2")).json()
    assert alone["detail"] == "Unknown query parameter 'limit'; none is known."


async def test_a_stranger_does_not_learn_the_parameters(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get(f"{API}/movements?foo=bar")).status_code == 401


async def test_what_the_schema_promises_is_understood(viewer: httpx.AsyncClient, app: Api) -> None:
    for path, operations in app.openapi()["paths"].items():
        if "get" not in operations or path.endswith("/stream"):
            continue
        given = operations["get"].get("parameters", [])
        names = [parameter["name"] for parameter in given if parameter["in"] == "query"]
        answer = await viewer.get(path, params=dict.fromkeys(names, ""))
        assert "Unknown query parameter" not in answer.text or path == "/openapi.json", path


async def test_late_movements_are_told_from_those_in_time(
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    in_time = moved("aa", None, "hall", 1)
    await desk.happen(in_time, replace(moved("bb", None, "hall", 2), late=True))

    async def tags(late: str) -> list[str]:
        answer = await viewer.get(f"{API}/movements", params={"late": late})
        return [item["tag"] for item in answer.json()["items"]]

    assert await tags("true") == ["bb"]
    assert await tags("false") == ["aa"]


@pytest.mark.parametrize("tag", ["E2801160", "e2801160"])
async def test_movements_of_a_tag_are_found_in_any_spelling(
    tag: str,
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    await desk.happen(moved("e2801160", None, "hall", 1), moved("ble:aa", None, "hall", 2))
    listed = (await viewer.get(f"{API}/movements", params={"tag": tag})).json()["items"]
    assert [item["tag"] for item in listed] == ["e2801160"]
    named = (await viewer.get(f"{API}/movements", params={"tag": "BLE:aa"})).json()["items"]
    assert [item["tag"] for item in named] == ["ble:aa"]


@pytest.mark.parametrize("path", ["movements", "assets"])
@pytest.mark.parametrize("tag", ["e28", "no tag at all", "", "x" * 2000])
async def test_what_can_not_be_a_tag_is_refused(
    tag: str,
    path: str,
    viewer: httpx.AsyncClient,
) -> None:
    answer = await viewer.get(f"{API}/{path}", params={"tag": tag})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] == "tag"
    assert "accepted: an EPC" in error["message"]


async def test_a_probe_may_add_what_it_likes(operator: httpx.AsyncClient) -> None:
    assert (await operator.get("/healthz?nocache=1")).status_code == 200
