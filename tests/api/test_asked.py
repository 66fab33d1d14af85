"""A query that comes again is not read again, and is answered as the first time."""

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.app import Api
from api.asked import KEPT_MAX, Asked
from api.lists import moment
from api.route import add_route
from api.routes import ROUTES
from api.surroundings import surroundings
from inventory.assets import Asset
from inventory.changes import StoreAssets
from tests.api.fake_gateway import NOON_NS, FakeDesk


def asset(name: str, tag: str) -> StoreAssets:
    return StoreAssets(arrival_ns=NOON_NS, by="test", assets=(Asset(id=name, tags=(tag,)),))


ASKS = [
    "/api/v1/assets",
    "/api/v1/assets?limit=1",
    "/api/v1/assets/A-1/position",
    "/api/v1/assets/A-2/position",
    "/api/v1/assets/A-1/history?limit=5&sort=seq",
    "/api/v1/zones",
    "/api/v1/movements?since=2027-01-15T07:00:00Z",
]


@pytest.fixture
async def viewing(viewer: httpx.AsyncClient, desk: FakeDesk) -> httpx.AsyncClient:
    await desk.submit(asset("A-1", "aa01"))
    await desk.submit(asset("A-2", "aa02"))
    return viewer


@pytest.mark.parametrize("path", ASKS)
async def test_the_second_answer_is_the_first_one(viewing: httpx.AsyncClient, path: str) -> None:
    first, second = await viewing.get(path), await viewing.get(path)
    assert (first.status_code, first.content) == (200, second.content)


async def test_the_same_query_of_another_path_is_another_question(
    viewing: httpx.AsyncClient,
) -> None:
    found = [(await viewing.get(f"/api/v1/assets/A-{n}/position")).json() for n in (1, 2, 1)]
    assert [each["asset"] for each in found] == ["A-1", "A-2", "A-1"]


async def test_what_is_asked_is_looked_up_anew(viewing: httpx.AsyncClient, desk: FakeDesk) -> None:
    before = (await viewing.get("/api/v1/assets?limit=1000")).json()["items"]
    await desk.submit(asset("A-3", "aa03"))
    after = (await viewing.get("/api/v1/assets?limit=1000")).json()["items"]
    assert len(after) == len(before) + 1


async def test_a_query_that_is_refused_is_refused_again(viewing: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await viewing.get("/api/v1/assets?limit=0")).status_code == 422
        assert (await viewing.get("/api/v1/assets?colour=red")).status_code == 422


async def test_each_caller_is_let_in_by_what_they_may(
    app: Api, viewing: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    del app
    assert (await viewing.get("/api/v1/assets")).status_code == 200
    assert (await stranger.get("/api/v1/assets")).status_code == 401


async def test_no_more_queries_are_kept_than_may_be() -> None:
    async def answer(**_values: object) -> None: ...

    asked = Asked(answer)  # type: ignore[arg-type]  # what it answers with does not matter here
    for number in range(KEPT_MAX + 10):
        scope = {"type": "http", "query_string": b"%d" % number, "path_params": {}}
        asked._keep(Request(scope), {"here": None})
    assert len(asked._read) == KEPT_MAX


def test_what_routes_are_called_with_depends_on_path_and_query_alone() -> None:
    """But for the surroundings; a time to come is refused by the clock, and never comes later."""
    app = FastAPI()
    for route in ROUTES:
        add_route(app.router, route)
    calls = {
        dependant.call
        for route in app.routes
        if isinstance(route, APIRoute)
        for dependant in _below(route.dependant)
        if dependant.request_param_name is not None
    }
    assert calls <= {surroundings, moment}


def _below(dependant: Dependant) -> list[Dependant]:
    return [each for inner in dependant.dependencies for each in [inner, *_below(inner)]]
