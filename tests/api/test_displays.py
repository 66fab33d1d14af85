"""A wall looks by a key of role viewer, through a cookie, and changes nothing."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from api.access import keys_in
from api.app import Api, create_app
from api.displays import DISPLAY_COLUMNS
from api.followers import FollowerLimits
from api.live import LiveLimits
from api.routes import ROUTES
from api.session_book import COOKIE
from history.callers import Role, Scope
from history.displays import DISPLAYS_EACH, IDLE_NS
from history.keys import KeyLimits, create_key
from history.questions import StateQuestions
from history.state import open_state
from tags.times import format_time
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk, client_of
from tests.api.logged_in import API, app_of, audit_in, browser_of, cookie_of, log_in, person_in
from tests.api.serving import serving

HOUR_NS = 3600 * SECOND_NS
DISPLAY = f"{API}/sessions/display"
CURRENT = f"{API}/sessions/current"


def key_in(path: Path, name: str, role: Role, limits: KeyLimits | None = None) -> str:
    state = open_state(path)
    with contextlib.closing(state):
        state.execute("BEGIN")
        made = create_key(state, name, role, NOON_NS, limits=limits or KeyLimits())
        state.execute("COMMIT")
        return made


@pytest.fixture
def wall_key(state_path: Path) -> str:
    return key_in(state_path, "wall", "viewer")


@pytest.fixture
def short_key(state_path: Path) -> str:
    return key_in(state_path, "short", "viewer", KeyLimits(expires_ns=NOON_NS + HOUR_NS))


@pytest.fixture
def part_key(state_path: Path) -> str:
    return key_in(state_path, "part", "viewer", KeyLimits(Scope(zones=("hall",))))


@pytest.fixture
def app(desk: FakeDesk, questions: StateQuestions, state_path: Path, keys: dict[str, str]) -> Api:
    del keys
    person_in(state_path, "ada", "admin")
    return app_of(desk, questions, state_path)


@pytest.fixture
async def browser(app: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_of(app) as client:
        yield client


async def show(client: httpx.AsyncClient, key: str, **headers: str) -> httpx.Response:
    """Become a display; the token for its end then stands in the headers of the client."""
    answer = await client.post(DISPLAY, headers={"authorization": f"Bearer {key}", **headers})
    if answer.status_code == 200:
        client.headers["x-csrf-token"] = answer.json()["csrf"]
    return answer


async def test_a_wall_looks_by_its_cookie(browser: httpx.AsyncClient, wall_key: str) -> None:
    answer = await show(browser, wall_key)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["kind"], told["name"], told["role"]) == ("display", "wall", "viewer")
    assert told["site"] == {"name": "Depot", "timezone": "Europe/Berlin", "version": "v1"}
    assert wall_key not in answer.text
    assert (await browser.get(f"{API}/assets")).status_code == 200
    assert (await browser.get(f"{API}/me")).json() == told


async def test_the_cookie_is_for_no_script_and_lasts_as_long_as_browsers_keep_one(
    browser: httpx.AsyncClient, wall_key: str
) -> None:
    said = (await show(browser, wall_key)).headers["set-cookie"]
    assert said.startswith(f"{COOKIE}=")
    assert {part.strip().lower() for part in said.split(";")[1:]} == {
        f"max-age={400 * 86_400}",
        "path=/",
        "secure",
        "httponly",
        "samesite=lax",
    }


async def test_the_cookie_is_given_anew_to_who_asks_who_it_is(
    browser: httpx.AsyncClient, wall_key: str, desk: FakeDesk
) -> None:
    await show(browser, wall_key)
    for _ in range(3):
        now_ns = desk.clock() + IDLE_NS - HOUR_NS
        desk.clock = partial(int, now_ns)
        answer = await browser.get(f"{API}/me")
        assert answer.status_code == 200
        assert cookie_of(browser) in answer.headers["set-cookie"]
        await browser._transport.app.session_book.write()  # type: ignore[attr-defined]  # of httpx
        browser._transport.app.session_book.forget_displays(answer.json()["id"])  # type: ignore[attr-defined]  # of httpx


async def test_a_display_that_nobody_looked_at_for_400_days_has_ended(
    browser: httpx.AsyncClient, wall_key: str, desk: FakeDesk
) -> None:
    await show(browser, wall_key)
    desk.clock = lambda: NOON_NS + IDLE_NS
    assert (await browser.get(f"{API}/assets")).status_code == 401


async def test_a_display_ends_with_its_key(
    browser: httpx.AsyncClient, short_key: str, desk: FakeDesk
) -> None:
    assert "Max-Age=3600;" in (await show(browser, short_key)).headers["set-cookie"]
    assert (await browser.get(f"{API}/assets")).status_code == 200
    desk.clock = lambda: NOON_NS + HOUR_NS
    assert (await browser.get(f"{API}/assets")).status_code == 401


@pytest.mark.parametrize("verb", ["withdraw", "rotate"])
async def test_a_key_that_is_withdrawn_or_rotated_ends_its_displays_at_once(
    verb: str, browser: httpx.AsyncClient, admin: httpx.AsyncClient, wall_key: str
) -> None:
    key_id = (await show(browser, wall_key)).json()["id"]
    assert (await browser.get(f"{API}/assets")).status_code == 200
    path = f"{API}/keys/{key_id}"
    answer = await (admin.delete(path) if verb == "withdraw" else admin.post(f"{path}/rotate"))
    assert answer.is_success
    assert (await browser.get(f"{API}/assets")).status_code == 401
    assert (await show(browser, wall_key)).status_code == 401


async def test_a_display_sees_the_part_of_the_site_that_its_key_may_see(
    browser: httpx.AsyncClient, part_key: str
) -> None:
    assert (await show(browser, part_key)).json()["zones"] == ["hall"]
    zones = (await browser.get(f"{API}/zones")).json()["items"]
    assert "gate" not in {zone["name"] for zone in zones}
    assert (await browser.get(f"{API}/system")).status_code == 403


@pytest.mark.parametrize("role", ["ingest", "guard", "operator", "admin"])
async def test_a_key_that_may_do_more_makes_no_display(
    role: str, browser: httpx.AsyncClient, keys: dict[str, str]
) -> None:
    answer = await show(browser, keys[role])
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_display_changes_nothing_even_with_its_token(
    browser: httpx.AsyncClient, wall_key: str, desk: FakeDesk
) -> None:
    await show(browser, wall_key)
    for route in ROUTES:
        path = re.sub(r"{[^}]*}", "1", route.path)
        if route.verb == "GET" or path == CURRENT or route.right == "open":
            continue
        answer = await browser.request(route.verb, path, json={})
        assert answer.status_code == 403, (route.verb, path)
    assert desk.submitted == []
    assert (await browser.get(f"{API}/assets")).status_code == 200


async def test_a_display_that_ends_itself_is_let_in_no_more(
    browser: httpx.AsyncClient, wall_key: str
) -> None:
    await show(browser, wall_key)
    cookie, csrf = cookie_of(browser), browser.headers["x-csrf-token"]
    assert (await browser.delete(CURRENT, headers={"x-csrf-token": "x"})).status_code == 403
    assert (await browser.delete(CURRENT, headers={"x-csrf-token": csrf})).status_code == 204
    assert COOKIE not in browser.cookies
    answer = await browser.get(f"{API}/assets", headers={"cookie": f"{COOKIE}={cookie}"})
    assert answer.status_code == 401


async def test_who_logs_in_takes_the_place_of_the_display(
    browser: httpx.AsyncClient, wall_key: str
) -> None:
    await show(browser, wall_key)
    former = cookie_of(browser)
    assert (await log_in(browser, "ada")).status_code == 200
    assert (await browser.get(f"{API}/me")).json()["login"] == "ada"
    headers = {"cookie": f"{COOKIE}={former}"}
    browser.cookies.clear()
    assert (await browser.get(f"{API}/assets", headers=headers)).status_code == 401


async def test_a_link_to_a_wall_logs_nobody_out(browser: httpx.AsyncClient, wall_key: str) -> None:
    await log_in(browser, "ada")
    answer = await show(browser, wall_key)
    assert answer.status_code == 409
    assert (await browser.get(f"{API}/me")).json()["login"] == "ada"


async def test_a_cookie_that_somebody_planted_is_never_adopted(
    browser: httpx.AsyncClient, wall_key: str
) -> None:
    planted = "A" * 43
    browser.cookies.set(COOKIE, planted, domain="gateway")
    browser.cookies.clear()
    answer = await show(browser, wall_key, cookie=f"{COOKIE}={planted}")
    assert answer.status_code == 200
    assert cookie_of(browser) != planted
    browser.cookies.clear()
    headers = {"cookie": f"{COOKIE}={planted}"}
    assert (await browser.get(f"{API}/assets", headers=headers)).status_code == 401


async def test_becoming_a_display_again_ends_the_former_one(
    browser: httpx.AsyncClient, wall_key: str, state_path: Path
) -> None:
    await show(browser, wall_key)
    former = cookie_of(browser)
    await show(browser, wall_key)
    assert cookie_of(browser) != former
    actions = [line[1:3] for line in await audit_in(state_path) if line[1].startswith("display")]
    assert actions == [
        ("display.begin", "wall"),
        ("display.end", "wall"),
        ("display.begin", "wall"),
    ]


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
async def test_a_foreign_page_makes_no_display(
    headers: dict[str, str], browser: httpx.AsyncClient, wall_key: str
) -> None:
    answer = await show(browser, wall_key, **headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_key_in_clear_text_over_a_network_makes_no_display(app: Api, wall_key: str) -> None:
    async with browser_of(app, base_url="http://gateway") as client:
        assert (await show(client, wall_key)).status_code == 403


async def test_a_session_makes_no_display(browser: httpx.AsyncClient) -> None:
    await log_in(browser, "ada")
    assert (await browser.post(DISPLAY)).status_code == 403


async def test_the_display_that_was_used_least_recently_ends_for_one_too_many(
    app: Api, wall_key: str, desk: FakeDesk
) -> None:
    cookies: list[str] = []
    async with client_of(app, wall_key) as client:
        client.base_url = httpx.URL("https://gateway")
        for at in range(DISPLAYS_EACH + 1):
            desk.clock = partial(int, NOON_NS + at * SECOND_NS)
            assert (await client.post(DISPLAY)).status_code == 200
            cookies.append(cookie_of(client))
            client.cookies.clear()
    async with browser_of(app) as browser:
        found = [
            (await browser.get(f"{API}/me", headers={"cookie": f"{COOKIE}={cookie}"})).status_code
            for cookie in (cookies[0], cookies[1], cookies[-1])
        ]
    assert found == [401, 200, 200]


async def test_the_state_holds_no_cookie_of_a_display(
    browser: httpx.AsyncClient, wall_key: str, state_path: Path, desk: FakeDesk
) -> None:
    await show(browser, wall_key)
    desk.state.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    kept = await asyncio.to_thread(state_path.read_bytes)
    assert cookie_of(browser).encode() not in kept


@pytest.mark.parametrize("ended", ["keys", "displays"])
async def test_the_live_map_of_a_wall_ends_with_its_key_and_with_the_display(
    ended: str,
    desk: FakeDesk,
    questions: StateQuestions,
    state_path: Path,
    keys: dict[str, str],
) -> None:
    limits = LiveLimits(FollowerLimits(3, 2, stalled_s=1.0, recheck_s=0.1), pause_s=0.02)
    check, metrics = keys_in(state_path), CollectorRegistry()
    app = create_app(desk, questions, check, metrics, live_limits=limits)
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as client:
        told = await show(client, keys["viewer"])
        cookie = told.headers["set-cookie"].partition(";")[0]
        headers = {"cookie": cookie}
        live = url.replace("http", "ws", 1) + f"{API}/live"
        with pytest.raises(InvalidStatus, match="403"):
            _ = await connect(live, additional_headers=headers)
        async with connect(live, origin=url, additional_headers=headers) as socket:  # type: ignore[arg-type]  # an Origin is a str
            _ = await socket.recv()
            admin = {"authorization": f"Bearer {keys['admin']}"}
            client.cookies.clear()
            [shown] = (await client.get(f"{API}/displays", headers=admin)).json()["items"]
            ends = {"keys": shown["key"], "displays": shown["id"]}
            gone = await client.delete(f"{API}/{ended}/{ends[ended]}", headers=admin)
            assert gone.status_code == 204
            async with asyncio.timeout(5):
                await socket.wait_closed()


async def test_displays_are_listed_with_their_key_and_who_made_it(
    browser: httpx.AsyncClient, admin: httpx.AsyncClient, wall_key: str, short_key: str
) -> None:
    key_id = (await show(browser, wall_key, **{"user-agent": "Wall 1"})).json()["id"]
    browser.cookies.clear()
    await show(browser, short_key)
    listed = (await admin.get(f"{API}/displays")).json()["items"]
    assert [row["name"] for row in listed] == ["wall", "short"]
    assert set(listed[0]) == set(DISPLAY_COLUMNS)
    told = {name: listed[0][name] for name in ("key", "created_by", "agent", "begun")}
    begun = format_time(NOON_NS)
    assert told == {
        "key": key_id,
        "created_by": "command line",
        "agent": "Wall 1",
        "begun": begun,
    }
    assert [row["expires"] for row in listed] == [
        format_time(NOON_NS + IDLE_NS),
        format_time(NOON_NS + HOUR_NS),
    ]
    of_key = (await admin.get(f"{API}/displays", params={"key": key_id})).json()["items"]
    assert of_key == listed[:1]


async def test_displays_that_have_ended_are_not_listed(
    browser: httpx.AsyncClient,
    admin: httpx.AsyncClient,
    wall_key: str,
    short_key: str,
    desk: FakeDesk,
) -> None:
    await show(browser, wall_key)
    browser.cookies.clear()
    await show(browser, short_key)
    desk.clock = lambda: NOON_NS + HOUR_NS
    listed = (await admin.get(f"{API}/displays")).json()["items"]
    assert [row["name"] for row in listed] == ["wall"]
    desk.clock = lambda: NOON_NS + IDLE_NS
    assert (await admin.get(f"{API}/displays")).json()["items"] == []


async def test_a_display_that_an_admin_ends_is_let_in_no_more_and_its_key_is(
    browser: httpx.AsyncClient, admin: httpx.AsyncClient, wall_key: str, state_path: Path
) -> None:
    await show(browser, wall_key)
    assert (await browser.get(f"{API}/assets")).status_code == 200
    [listed] = (await admin.get(f"{API}/displays")).json()["items"]
    assert (await admin.delete(f"{API}/displays/{listed['id']}")).status_code == 204
    assert (await browser.get(f"{API}/assets")).status_code == 401
    assert (await admin.get(f"{API}/displays")).json()["items"] == []
    assert (await admin.delete(f"{API}/displays/{listed['id']}")).status_code == 404
    told = [line[:3] for line in await audit_in(state_path) if line[1] == "display.end"]
    assert told == [("admin key", "display.end", "wall")]
    assert (await show(browser, wall_key)).status_code == 200
