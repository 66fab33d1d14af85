"""HEAD: the head of what a GET would answer, and nothing done by it."""

import httpx
import pytest

from api.app import Api
from api.routes import ROUTES
from tests.api.fake_gateway import FakeDesk
from tests.api.logged_in import API
from tests.api.serving import serving


@pytest.mark.parametrize(
    "path", ["/", "/healthz", f"{API}/me", f"{API}/zones", f"{API}/zones/hall"]
)
async def test_a_head_is_that_of_the_get(path: str, viewer: httpx.AsyncClient) -> None:
    head, get = await viewer.head(path), await viewer.get(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    differ = {"date", "x-request-id"}
    assert {name: value for name, value in head.headers.items() if name not in differ} == {
        name: value for name, value in get.headers.items() if name not in differ
    }


async def test_a_real_connection_goes_on_after_a_head(app: Api, keys: dict[str, str]) -> None:
    headers = {"authorization": f"Bearer {keys['viewer']}"}
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        for _ in range(2):
            head = await client.head(f"{API}/zones")
            got = await client.get(f"{API}/zones")
            assert head.headers["content-length"] == got.headers["content-length"]
            assert head.content == b""
            assert got.json()["items"]


async def test_a_head_is_let_in_where_a_get_is(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.head(f"{API}/zones")).status_code == 401
    assert (await stranger.head(f"{API}/nothing")).status_code == 404


async def test_what_a_get_pushes_is_not_pushed_by_a_head(
    operator: httpx.AsyncClient, desk: FakeDesk
) -> None:
    answer = await operator.head(f"{API}/ingest/handhelds", params={"tag": "aa01"})
    assert answer.status_code == 405
    assert desk.pushed == []


async def test_a_stream_has_no_head(viewer: httpx.AsyncClient) -> None:
    assert (await viewer.head(f"{API}/stream")).status_code == 405


async def test_a_path_names_head_beside_get(viewer: httpx.AsyncClient) -> None:
    allowed = (await viewer.put(f"{API}/assets")).headers["allow"].split(", ")
    assert allowed == ["GET", "HEAD", "POST"]
    assert (await viewer.put(f"{API}/stream")).headers["allow"] == "GET"


def test_the_schema_names_what_is_asked_and_no_heads(app: Api) -> None:
    operations = [verb for path in app.openapi()["paths"].values() for verb in path]
    assert len(operations) == len(ROUTES)
    assert "head" not in operations
