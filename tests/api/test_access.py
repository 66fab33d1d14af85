"""Who may ask what: the whole table of routes against every role."""

import re

import httpx
import pytest

from api.access import RIGHTS, granted
from api.app import Api
from api.live import LIVE_PATH
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
    ("PATCH", f"{API}/assets/{{asset}}"): {"operator", "admin"},
    ("POST", f"{API}/assets/patch"): {"operator", "admin"},
    ("POST", f"{API}/assets/remove"): {"operator", "admin"},
    ("GET", f"{API}/tags"): LOOK,
    ("POST", f"{API}/tags"): {"operator", "admin"},
    ("POST", f"{API}/tags/unbind"): {"operator", "admin"},
    ("GET", f"{API}/tags/unknown"): LOOK,
    ("GET", f"{API}/tags/{{tag}}"): LOOK,
    ("DELETE", f"{API}/tags/{{tag}}"): {"operator", "admin"},
    ("GET", f"{API}/sightings"): LOOK,
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
    ("GET", f"{API}/sensors/{{sensor}}"): LOOK,
    ("GET", f"{API}/movements"): LOOK,
    ("GET", f"{API}/movements/{{movement}}"): LOOK,
    ("GET", f"{API}/crossings/{{crossing}}"): LOOK,
    ("GET", f"{API}/crossings"): LOOK,
    ("GET", f"{API}/quality"): LOOK,
    ("GET", f"{API}/alerts"): LOOK,
    ("POST", f"{API}/alerts/{{alert}}/acknowledge"): {"guard", "operator", "admin"},
    ("POST", f"{API}/alerts/{{alert}}/reset"): {"guard", "operator", "admin"},
    **{
        ("POST", f"{API}/alerts/{{alert}}/{verb}"): {"guard", "operator", "admin"}
        for verb in ("shelve", "unshelve", "assign", "comment")
    },
    **{
        ("POST", f"{API}/alerts/{verb}"): {"guard", "operator", "admin"}
        for verb in ("acknowledge", "reset", "shelve", "unshelve", "assign", "comment")
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
    ("GET", f"{API}/keys"): {"admin"},
    ("POST", f"{API}/keys"): {"admin"},
    ("GET", f"{API}/keys/{{key}}"): {"admin"},
    ("PATCH", f"{API}/keys/{{key}}"): {"admin"},
    ("DELETE", f"{API}/keys/{{key}}"): {"admin"},
    ("POST", f"{API}/keys/{{key}}/rotate"): {"admin"},
    ("GET", f"{API}/displays"): {"admin"},
    ("DELETE", f"{API}/displays/{{display}}"): {"admin"},
    ("GET", f"{API}/me"): LOOK,
    ("PUT", f"{API}/me/password"): LOOK,
    ("GET", f"{API}/sessions"): LOOK,
    ("POST", f"{API}/sessions/display"): LOOK,
    ("DELETE", f"{API}/sessions/current"): LOOK,
    ("DELETE", f"{API}/sessions/{{session}}"): LOOK,
    ("GET", f"{API}/people"): {"admin"},
    ("POST", f"{API}/people"): {"admin"},
    ("POST", f"{API}/people/{{person}}/code"): {"admin"},
    ("GET", f"{API}/people/{{person}}"): {"admin"},
    ("PATCH", f"{API}/people/{{person}}"): {"admin"},
    ("DELETE", f"{API}/people/{{person}}"): {"admin"},
    ("GET", f"{API}/subscriptions"): {"admin"},
    ("POST", f"{API}/subscriptions"): {"admin"},
    ("POST", f"{API}/subscriptions/{{subscription}}/test"): {"admin"},
    ("POST", f"{API}/subscriptions/{{subscription}}/rotate"): {"admin"},
    ("GET", f"{API}/subscriptions/{{subscription}}"): {"admin"},
    ("PATCH", f"{API}/subscriptions/{{subscription}}"): {"admin"},
    ("DELETE", f"{API}/subscriptions/{{subscription}}"): {"admin"},
    ("GET", f"{API}/erasures"): {"admin"},
    ("POST", f"{API}/erasures"): {"admin"},
    ("GET", f"{API}/erasures/{{erasure}}"): {"admin"},
    ("GET", f"{API}/system"): LOOK,
    ("POST", f"{API}/site/previews"): {"admin"},
    ("GET", f"{API}/site/previews/{{preview}}"): {"admin"},
    ("DELETE", f"{API}/site/previews/{{preview}}"): {"admin"},
    ("GET", f"{API}/backups"): {"admin"},
    ("POST", f"{API}/backups"): {"admin"},
    ("GET", f"{API}/backups/{{backup}}"): {"admin"},
    ("POST", f"{API}/readers/{{name}}/restart"): {"operator", "admin"},
    ("GET", f"{API}/site"): {"admin"},
    ("PUT", f"{API}/site"): {"admin"},
    ("PATCH", f"{API}/site"): {"admin"},
    ("POST", f"{API}/site/check"): {"admin"},
    ("GET", f"{API}/site/versions"): {"admin"},
    ("GET", f"{API}/site/versions/{{number}}"): {"admin"},
    ("GET", f"{API}/site/versions/{{number}}/changes"): {"admin"},
    ("POST", f"{API}/site/versions/{{number}}/restore"): {"admin"},
    ("GET", f"{API}/floors"): LOOK,
    ("GET", f"{API}/portals"): LOOK,
    **{
        ("GET", f"{API}/{noun}/{{name}}"): LOOK
        for noun in ("floors", "portals", "rules", "channels")
    },
    ("GET", f"{API}/floors/{{name}}/plan"): LOOK,
    ("PUT", f"{API}/floors/{{name}}/plan"): {"admin"},
    ("PUT", f"{API}/zones"): {"admin"},
    **{
        (verb, f"{API}/{noun}{path}"): {"admin"}
        for noun in ("floors", "zones", "readers", "portals", "rules", "channels")
        for verb, path in (
            ("POST", ""),
            ("GET", "/{name}/settings"),
            ("PUT", "/{name}"),
            ("PATCH", "/{name}"),
            ("DELETE", "/{name}"),
        )
    },
}
WAYS_IN = {
    ("GET", f"{API}/setup"),
    ("POST", f"{API}/setup"),
    ("POST", f"{API}/setup/password"),
    ("POST", f"{API}/sessions"),
}
"""Open to everybody, and refusing with 401 or 403 for reasons of their own."""
DISPLAY = ("POST", f"{API}/sessions/display")
"""Lets in no more than the guard does; test_displays.py says whom."""


_PARAMETER = re.compile(r"{(\w+)}")
_FILLED = {"asset": "A", "name": "hall", "port": "1", "tag": "aa01", "number": "1"}


def routes_of(app: Api) -> set[tuple[str, str]]:
    return {
        (verb.upper(), path)
        for path, operations in app.openapi()["paths"].items()
        for verb in operations
    }


def _filled(path: str) -> str:
    return _PARAMETER.sub(lambda match: _FILLED.get(match[1], "x"), path)


def test_every_route_is_in_the_table_of_rights_and_in_the_openapi_schema(app: Api) -> None:
    assert routes_of(app) == set(EXPECTED) | WAYS_IN
    paths = [route for route in app.routes if getattr(route, "path", "") != LIVE_PATH]
    assert len(paths) == len(ROUTES) == len(EXPECTED) + len(WAYS_IN)


def test_the_schema_names_the_roles_that_are_let_in(app: Api) -> None:
    for path, operations in app.openapi()["paths"].items():
        for verb, operation in operations.items():
            allowed = EXPECTED.get((verb.upper(), path), EVERYBODY)
            roles = (
                ["open"] if allowed == EVERYBODY else [role for role in ROLES if role in allowed]
            )
            assert operation["x-roles"] == roles


def test_nothing_is_allowed_that_no_row_names() -> None:
    for role in ROLES:
        assert "open" not in RIGHTS[role]
        with pytest.raises(KeyError):
            _ = granted(Caller("1", "a", "root"))  # type: ignore[arg-type] # on purpose
        assert "fly" not in granted(Caller("1", "a", role, rights=frozenset({"fly"})))


@pytest.mark.parametrize("role", ["nobody", *ROLES])
async def test_each_route_lets_in_exactly_the_roles_that_it_should(
    role: str,
    app: Api,
    keys: dict[str, str],
) -> None:
    allowed: set[tuple[str, str]] = set()
    async with client_of(app, keys.get(role)) as client:
        for verb, path in EXPECTED.keys() - {DISPLAY}:
            # A listener who is let in is never told goodbye; ask it something that it refuses.
            path_asked = f"{path}?after=-1" if path.endswith("/stream") else _filled(path)
            answer = await client.request(verb, path_asked)
            if answer.status_code not in {401, 403}:
                allowed.add((verb, path))
            assert (answer.status_code == 401) == (role == "nobody" and (verb, path) not in allowed)
    expected = {route for route, roles in EXPECTED.items() if role in roles}
    assert allowed == expected - {DISPLAY}


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
