"""Who may ask what: the whole table of routes against every role."""

import sqlite3
from pathlib import Path

import httpx
import pytest

from api.access import KEY_KEPT_S, Access, keys_in
from api.app import Api
from api.routes import ROUTES
from history.callers import Caller
from tests.api.fake_gateway import ROLES, FakeDesk, client_of

API = "/api/v1"
EVERYBODY = {"nobody", *ROLES}
LOOK = {"viewer", "guard", "operator", "admin"}
EXPECTED: dict[tuple[str, str], set[str]] = {
    ("GET", "/"): EVERYBODY,
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/readyz"): EVERYBODY,
    ("GET", "/metrics"): LOOK,
    ("GET", "/docs"): LOOK,
    ("GET", "/openapi.json"): LOOK,
    ("GET", f"{API}/assets"): LOOK,
    ("POST", f"{API}/assets"): {"operator", "admin"},
    ("GET", f"{API}/assets/{{asset}}/position"): LOOK,
    ("GET", f"{API}/assets/{{asset}}/history"): LOOK,
    ("GET", f"{API}/assets/{{asset}}"): LOOK,
    ("PUT", f"{API}/assets/{{asset}}"): {"operator", "admin"},
    ("DELETE", f"{API}/assets/{{asset}}"): {"operator", "admin"},
    ("GET", f"{API}/zones"): LOOK,
    ("GET", f"{API}/zones/{{name}}/assets"): LOOK,
    ("GET", f"{API}/zones/{{name}}/visits"): LOOK,
    ("GET", f"{API}/zones/{{name}}"): LOOK,
    ("GET", f"{API}/sensors"): LOOK,
    ("GET", f"{API}/sensors/{{sensor}}/series"): LOOK,
    ("GET", f"{API}/positions"): LOOK,
    ("GET", f"{API}/readers"): LOOK,
    ("GET", f"{API}/readers/{{name}}"): LOOK,
    ("PUT", f"{API}/readers/{{name}}/maintenance"): {"operator", "admin"},
    ("DELETE", f"{API}/readers/{{name}}/maintenance"): {"operator", "admin"},
    ("POST", f"{API}/readers/{{name}}/outputs/{{port}}"): {"operator", "admin"},
    ("PUT", f"{API}/portals/{{name}}/maintenance"): {"operator", "admin"},
    ("DELETE", f"{API}/portals/{{name}}/maintenance"): {"operator", "admin"},
    ("GET", f"{API}/maintenance"): LOOK,
    ("GET", f"{API}/movements"): LOOK,
    ("GET", f"{API}/crossings"): LOOK,
    ("GET", f"{API}/quality"): LOOK,
    ("GET", f"{API}/alerts"): LOOK,
    ("POST", f"{API}/alerts/{{alert}}/acknowledge"): {"guard", "operator", "admin"},
    ("POST", f"{API}/alerts/{{alert}}/reset"): {"guard", "operator", "admin"},
    **{
        ("POST", f"{API}/alerts/{{alert}}/{verb}"): {"guard", "operator", "admin"}
        for verb in ("shelve", "unshelve", "assign", "comment")
    },
    ("GET", f"{API}/alerts/figures"): LOOK,
    ("GET", f"{API}/alerts/{{alert}}"): LOOK,
    ("GET", f"{API}/alerts/{{alert}}/log"): LOOK,
    ("GET", f"{API}/audit"): {"admin"},
    ("GET", f"{API}/rules"): LOOK,
    ("POST", f"{API}/rules/{{name}}/shelve"): {"operator", "admin"},
    ("POST", f"{API}/rules/{{name}}/unshelve"): {"operator", "admin"},
    ("GET", f"{API}/drill"): LOOK,
    ("POST", f"{API}/drill"): {"operator", "admin"},
    ("DELETE", f"{API}/drill"): {"operator", "admin"},
    ("POST", f"{API}/ingest/{{name}}"): {"ingest", "operator", "admin"},
    ("GET", f"{API}/ingest/{{name}}"): {"ingest", "operator", "admin"},
    ("GET", f"{API}/channels"): LOOK,
    ("POST", f"{API}/channels/{{name}}/test"): {"operator", "admin"},
    ("GET", f"{API}/deliveries"): LOOK,
    ("POST", f"{API}/deliveries/redeliver"): {"operator", "admin"},
    ("POST", f"{API}/deliveries/{{delivery}}/redeliver"): {"operator", "admin"},
    ("GET", f"{API}/deliveries/{{delivery}}"): LOOK,
    ("GET", f"{API}/checkouts"): LOOK,
    ("POST", f"{API}/checkouts"): {"guard", "operator", "admin"},
    ("GET", f"{API}/checkouts/{{checkout}}"): LOOK,
    ("POST", f"{API}/checkouts/{{checkout}}/check-in"): {"guard", "operator", "admin"},
    ("POST", f"{API}/checkouts/{{checkout}}/revoke"): {"guard", "operator", "admin"},
    ("GET", f"{API}/assets/{{asset}}/custody"): LOOK,
    ("GET", f"{API}/stream"): LOOK,
}


def routes_of(app: Api) -> set[tuple[str, str]]:
    return {
        (verb.upper(), path)
        for path, operations in app.openapi()["paths"].items()
        for verb in operations
    }


def _filled(path: str) -> str:
    return path.format(
        asset="A", name="hall", alert="x", port="1", delivery="d", checkout="c", sensor="s"
    )


def test_every_route_is_in_the_table_of_rights_and_in_the_openapi_schema(app: Api) -> None:
    assert routes_of(app) == set(EXPECTED)
    assert len(app.routes) == len(ROUTES) == len(EXPECTED)


@pytest.mark.parametrize("role", ["nobody", *ROLES])
async def test_each_route_lets_in_exactly_the_roles_that_it_should(
    role: str,
    app: Api,
    keys: dict[str, str],
) -> None:
    allowed: set[tuple[str, str]] = set()
    async with client_of(app, keys.get(role)) as client:
        for verb, path in EXPECTED:
            # A listener who is let in is never told goodbye; ask it something that it refuses.
            path_asked = f"{path}?after=-1" if path.endswith("/stream") else _filled(path)
            answer = await client.request(verb, path_asked)
            if answer.status_code not in {401, 403}:
                allowed.add((verb, path))
            assert (answer.status_code == 401) == (role == "nobody" and (verb, path) not in allowed)
    assert allowed == {route for route, roles in EXPECTED.items() if role in roles}


async def test_who_asks_for_what_the_role_may_not_do_is_written_down(
    viewer: httpx.AsyncClient, desk: FakeDesk
) -> None:
    assert (await viewer.post(f"{API}/alerts/a1/reset")).status_code == 403
    assert desk.denials == [("viewer key", f"POST {API}/alerts/a1/reset", "viewer")]


async def test_a_missing_key_is_told_how_to_send_one(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get(f"{API}/assets")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="tagwarden"'
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer tw_00000000_" + "x" * 43,
        "Bearer ",
        "Bearer " + "a" * 5000,
        "Bearer tw_\x00",
        "Basic dHc6dHc=",
        "tw_",
    ],
)
async def test_a_wrong_key_is_refused_and_never_repeated(
    header: str,
    stranger: httpx.AsyncClient,
) -> None:
    answer = await stranger.get(f"{API}/assets", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "tw_0" not in answer.text
    assert "aaaa" not in answer.text


async def test_a_body_is_not_read_before_the_key_is_checked(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post(f"{API}/assets", content=b"{not json")
    assert answer.status_code == 401


async def test_a_withdrawn_key_ends_within_five_seconds(
    state_path: Path,
    keys: dict[str, str],
) -> None:
    now_s = 100.0
    access = Access(keys_in(state_path), lambda: now_s)
    assert (await access.caller(keys["guard"])) is not None
    with sqlite3.connect(state_path) as state:
        state.execute("DELETE FROM api_keys WHERE role = 'guard'")
    state.close()
    now_s += KEY_KEPT_S
    assert await access.caller(keys["guard"]) is None


async def test_a_checked_key_is_not_looked_up_again_within_five_seconds() -> None:
    asked: list[str] = []

    def check(token: str) -> Caller | None:
        asked.append(token)
        return None

    access = Access(check, lambda: 100.0)
    for _ in range(3):
        assert await access.caller("tw_guess_guess") is None
    assert asked == ["tw_guess_guess"]


async def test_guesses_do_not_fill_the_memory() -> None:
    access = Access(lambda _: None, lambda: 100.0)
    for guess in range(2000):
        _ = await access.caller(f"tw_guess_{guess:08}")
    assert len(access._kept) == 1024


async def test_a_gateway_without_keys_lets_nobody_in(state_path: Path) -> None:
    access = Access(keys_in(state_path), lambda: 100.0)
    assert await access.caller("tw_00000000_" + "x" * 43) is None
