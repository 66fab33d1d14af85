"""The dashboard's pages as they are served: a fixed table, nothing of a request names a file."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from api.app import Api
from api.dashboard import EMPTY, PAGES, Dashboard, files_in
from api.headers import OWN_ONLY, SafeHeaders
from tests.api.fake_gateway import client_of

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SHELL = b"<!doctype html><title>Tagwarden</title>"
SCRIPT = b"console;" * 500


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "static").mkdir()
    (tmp_path / "index.html").write_bytes(SHELL)
    (tmp_path / "icon.svg").write_bytes(b"<svg/>")
    (tmp_path / "static" / "index-a1b2.js").write_bytes(SCRIPT)
    (tmp_path / "static" / "index-a1b2.js.map").write_bytes(b"{}")
    (tmp_path.parent / "secret.html").write_bytes(b"secret")
    return tmp_path


def _rest(_: Request) -> PlainTextResponse:
    return PlainTextResponse("the rest")


@pytest.fixture
def map_hosts() -> list[str]:
    return []


@pytest.fixture
def client(dist: Path, map_hosts: list[str]) -> httpx.AsyncClient:
    rest = Starlette(routes=[Route("/{path:path}", _rest)])
    app = SafeHeaders(Dashboard(rest, files_in(dist), lambda: map_hosts))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


def test_pages_that_go_while_they_are_read_do_not_keep_the_gateway_from_starting(
    dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Path) -> bytes:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_bytes", gone)
    assert files_in(dist) is EMPTY


@pytest.mark.parametrize("path", ["/", *(f"/{page}" for page in PAGES)])
async def test_each_page_is_the_same_shell_under_the_policy_of_pages(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.content) == (200, SHELL)
    assert answer.headers["content-security-policy"] == OWN_ONLY
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_pages_show_images_of_the_hosts_of_maps_and_of_no_other(
    client: httpx.AsyncClient, map_hosts: list[str]
) -> None:
    map_hosts.append("https://tiles.example.org")
    with_map = await client.get("/live")
    policy = with_map.headers["content-security-policy"]
    assert "img-src 'self' blob: https://tiles.example.org;" in policy
    assert policy.replace(" https://tiles.example.org", "") == OWN_ONLY
    again = {"if-none-match": with_map.headers["etag"]}
    assert (await client.get("/live", headers=again)).status_code == 200, "with its policy"
    map_hosts.clear()
    without = await client.get("/live", headers=again)
    assert without.status_code == 304
    assert without.headers["content-security-policy"] == OWN_ONLY


async def test_what_is_named_by_what_is_in_it_is_kept_for_good(client: httpx.AsyncClient) -> None:
    answer = await client.get("/static/index-a1b2.js")
    assert answer.content == SCRIPT
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT, 9, mtime=0))
    assert "immutable" in answer.headers["cache-control"]


async def test_who_does_not_take_gzip_gets_it_plain(client: httpx.AsyncClient) -> None:
    answer = await client.get("/static/index-a1b2.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == SCRIPT


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [("", False), ("br", False), ("gzip;q=0", False), ("br, gzip; q=0.0", False),
     ("GZip", True), ("br;q=1, gzip;q=0.5", True), ("xgzip", False)],
)  # fmt: skip
async def test_gzip_is_sent_to_those_who_take_it(
    client: httpx.AsyncClient, accepted: str, *, is_packed: bool
) -> None:
    answer = await client.get("/static/index-a1b2.js", headers={"accept-encoding": accepted})
    assert ("content-encoding" in answer.headers) is is_packed
    assert answer.content == SCRIPT
    assert answer.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize("form", ["{}", '"other", {}', "W/{}"])
async def test_what_the_browser_has_already_is_not_sent_again(
    client: httpx.AsyncClient, form: str
) -> None:
    etag = (await client.get("/")).headers["etag"]
    asked = {"if-none-match": form.format(etag.removeprefix("W/"))}
    answer = await client.get("/", headers=asked)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == etag
    assert (await client.get("/static/index-a1b2.js", headers=asked)).status_code == 200


@pytest.mark.parametrize("path", ["/", "/live", "/static/index-a1b2.js"])
async def test_head_says_the_same_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    head, got = await client.head(path), await client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers


@pytest.mark.parametrize(
    "path",
    ["/../secret.html", "/static/../../secret.html", "/static/%2e%2e/%2e%2e/secret.html",
     "/static/..%2f..%2fsecret.html", "/index.html", "/static/", "/static/index-a1b2.js.map",
     "/live/", "/api/v1/alerts"],
)  # fmt: skip
async def test_what_is_not_in_the_table_is_left_to_the_api(
    client: httpx.AsyncClient, path: str
) -> None:
    assert (await client.get(path)).text == "the rest"


async def test_nothing_but_looking_is_answered(client: httpx.AsyncClient) -> None:
    assert (await client.post("/live")).status_code == 405


def test_without_a_build_nothing_is_served(tmp_path: Path) -> None:
    assert files_in(tmp_path) == EMPTY
    assert files_in(tmp_path / "nowhere") == EMPTY


async def test_without_a_build_the_front_page_says_how_to_build(
    stranger: httpx.AsyncClient,
) -> None:
    assert "make dashboard" in (await stranger.get("/")).text
    assert (await stranger.get("/live")).status_code == 404
    asked = await stranger.get("/docs", headers=BROWSER)
    assert asked.status_code == 401


@pytest.fixture
async def browser(app: Api, dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    app.pages = await asyncio.to_thread(files_in, dist)
    async with client_of(app, None) as client:
        client.headers.update(BROWSER)
        yield client


async def test_the_pages_are_open_and_what_they_show_is_not(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/wall?floor=ground", "/login?then=/docs"):
        assert (await browser.get(path)).content == SHELL
    assert (await browser.get("/api/v1/alerts")).status_code == 401
    assert (await browser.get("/healthz")).json() == {"status": "ok"}
    assert (await browser.get("/static/index-none.js")).status_code == 404
    assert (await browser.post("/")).status_code == 405


@pytest.mark.parametrize("path", ["/assets/LT-0417", "/Live", "/live/", "/.env", "/a%2f..%2fb"])
async def test_a_browser_at_a_path_that_is_no_page_sees_the_pages_words_about_that(
    browser: httpx.AsyncClient, path: str
) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.content) == (404, SHELL)
    again = await browser.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (404, SHELL)
    looked = await browser.head(path)
    assert (looked.status_code, looked.content) == (404, b"")
    program = await browser.get(path, headers={"accept": "*/*"})
    assert program.headers["content-type"] == "application/problem+json"


async def test_what_the_api_does_not_have_it_says_to_browsers_too(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/api/v1/assetz")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("asked", ["/docs", "/docs?then=//evil.example", "/docs?next=https:evil"])
@pytest.mark.parametrize("verb", ["GET", "HEAD"])
async def test_a_browser_that_opens_the_docs_is_led_to_the_log_in_and_nowhere_else(
    browser: httpx.AsyncClient, asked: str, verb: str
) -> None:
    answer = await browser.request(verb, asked)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?then=/docs")
    assert answer.content == b""
    assert answer.headers["cache-control"] == "no-store"
    assert "www-authenticate" not in answer.headers


async def test_programs_are_told_that_the_docs_want_a_key(
    browser: httpx.AsyncClient, keys: dict[str, str]
) -> None:
    assert (await browser.get("/docs", headers={"accept": "*/*"})).status_code == 401
    wrong = {"authorization": "Bearer tw_00000000_" + "x" * 43}
    assert (await browser.get("/docs", headers=wrong)).status_code == 401
    right = {"authorization": f"Bearer {keys['viewer']}"}
    assert (await browser.get("/docs", headers=right)).status_code == 200
    assert (await browser.get("/openapi.json")).status_code == 401


def test_the_pages_served_are_the_pages_that_there_are(root: Path) -> None:
    listed = (root / "dashboard" / "src" / "frame" / "page-list.ts").read_text(encoding="utf-8")
    table = listed[listed.index("PAGES:") : listed.index("export const RAIL")]
    assert sorted(re.findall(r"^  (\w+): \{", table, re.MULTILINE)) == sorted(PAGES)
