"""Every route against every role: what nobody was given is denied.

The routes come from the OpenAPI schema, so that none is forgotten; who may come in is written
down here once more, from what the contract says of the roles, so that a slip in the table of
rights is no slip in the test.
"""

import re
from typing import Any, Literal

import httpx
import pytest

from api.app import Api
from api.routes import ROUTES
from tests.api.fake_gateway import ROLES, client_of

Role = Literal["ingest", "viewer", "guard", "operator", "admin"]
Operation = tuple[str, str]

VERBS = ("get", "put", "post", "patch", "delete", "head", "options", "trace")
WORDS = re.compile(r"[^/{}]+")
OPEN = {
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/api/v1/setup"),
    ("POST", "/api/v1/setup"),
    ("POST", "/api/v1/setup/password"),
    ("POST", "/api/v1/sessions"),
}
"""Where somebody comes in, and what tells nothing of the site."""
DISPLAY = ("POST", "/api/v1/sessions/display")
"""Refuses also for reasons of its own, such as clear text; see tests/api/test_displays.py."""

ADMINS_NOUNS = {
    "keys",
    "displays",
    "people",
    "audit",
    "site",
    "subscriptions",
    "erasures",
    "backups",
}
SITE_NOUNS = {"zones", "readers", "rules", "channels", "portals", "floors"}
OPERATORS = {"assets", "tags", "drill", "deliveries"}
OPERATORS_DEEDS = {"maintenance", "restart", "port", "test", "shelve", "unshelve"}
GUARDS = {"alerts", "checkouts"}
OWN = {"me", "sessions"}
RANKS: dict[str, set[str]] = {
    "ingest": {"operator", "admin", "ingest"},
    "viewer": {"viewer", "guard", "operator", "admin"},
    "guard": {"guard", "operator", "admin"},
    "operator": {"operator", "admin"},
    "admin": {"admin"},
}


def least(verb: str, path: str) -> str:
    """The lowest role that the contract lets in."""
    nouns = [word for word in WORDS.findall(path) if word not in {"api", "v1"}]
    first, last = nouns[0], nouns[-1]
    if first == "ingest":
        return "ingest"
    if first in OWN:
        return "viewer"
    if ADMINS_NOUNS & {first} or last == "settings":
        return "admin"
    if verb == "GET":
        return "viewer"
    return _least_to_write(verb, first, last)


def _least_to_write(verb: str, first: str, last: str) -> str:
    if first in GUARDS:
        return "guard"
    if first in OPERATORS or last in OPERATORS_DEEDS:
        return "operator"
    return "admin" if first in SITE_NOUNS else f"nobody: {verb}"


def operations(app: Api) -> list[Operation]:
    return [
        (verb.upper(), path)
        for path, item in app.openapi()["paths"].items()
        for verb in item
        if verb in VERBS
    ]


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: "1" if found[1] in {"number", "port"} else "x", path)


async def status_of(client: httpx.AsyncClient, operation: Operation) -> int:
    """What an operation is answered with, without a body; a stream is left at its head."""
    verb, path = operation
    async with client.stream(verb, filled(path)) as response:
        return response.status_code


def wanted(app: Api) -> dict[Operation, set[str]]:
    """Who is let in by the schema: `x-roles`."""
    paths: dict[str, Any] = app.openapi()["paths"]
    return {
        (verb.upper(), path): set(described["x-roles"])
        for path, item in paths.items()
        for verb, described in item.items()
        if verb in VERBS
    }


def test_the_schema_names_every_route(app: Api) -> None:
    shown = {(verb, re.sub(r"\{(\w+)\}", "{}", path)) for verb, path in operations(app)}
    there = {(route.verb, re.sub(r"\{(\w+)(:\w+)?\}", "{}", route.path)) for route in ROUTES}
    assert there == shown


def test_the_schema_says_of_each_route_what_the_contract_says(app: Api) -> None:
    said = wanted(app)
    contract = {
        operation: {"open"} if operation in OPEN else RANKS[least(*operation)]
        for operation in said
        if operation in OPEN or least(*operation) in RANKS
    }
    assert said == contract


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_comes_in_where_the_schema_says_and_nowhere_else(
    app: Api, keys: dict[str, str], role: Role
) -> None:
    wrong: list[tuple[Operation, int]] = []
    async with client_of(app, keys[role]) as client:
        for operation, roles in wanted(app).items():
            if operation in {*OPEN, DISPLAY} or (
                operation[1] == "/api/v1/stream" and role in roles
            ):
                continue  # the stream has no end under this client; see tests/api/test_stream.py
            status = await status_of(client, operation)
            if (status == 403) is (role in roles) or status == 401:
                wrong.append((operation, status))
    assert wrong == []


@pytest.mark.parametrize(
    "key",
    [
        None,
        "",
        "tw_" + "0" * 8 + "_" + "A" * 43,
        # A JSON web token without a signature, as a server would take it that trusts its header.
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInJvbGUiOiJhZG1pbiJ9.",
        "' OR '1'='1",
        "\x00",
    ],
    ids=["none", "empty", "unknown", "unsigned token", "sql", "nul"],
)
async def test_strangers_come_in_nowhere(app: Api, key: str | None) -> None:
    wrong: list[tuple[Operation, int]] = []
    async with client_of(app, None) as client:
        if key is not None:
            client.headers["authorization"] = f"Bearer {key}".replace("\x00", "%00")
        for operation in operations(app):
            status = await status_of(client, operation)
            if operation not in OPEN and status not in {401, 429}:
                wrong.append((operation, status))
    assert wrong == []


@pytest.mark.parametrize(
    ("part", "twisted"),
    [
        ("/api/v1/", "/API/V1/"),
        ("/api", "//api"),
        ("/v1/", "/v1/./"),
        ("/v1/", "/v1/x/../"),
        ("/v1/", "/v1/%2e%2e/v1/"),
        ("?", "/"),
        ("?", ";.json"),
    ],
    ids=["case", "slashes", "dot", "dots", "escaped dots", "slash behind", "suffix"],
)
async def test_no_other_spelling_of_a_path_gets_around_the_guard(
    app: Api, part: str, twisted: str
) -> None:
    async with client_of(app, None) as client:
        for verb, path in operations(app):
            if (verb, path) in OPEN:
                continue
            response = await client.request(verb, f"{filled(path)}?".replace(part, twisted))
            assert response.status_code in {401, 404, 405, 429}, (verb, path, response.status_code)


@pytest.mark.parametrize("verb", ["OPTIONS", "TRACE", "CONNECT", "PROPFIND", "GETT"])
async def test_a_verb_that_a_path_does_not_have_opens_nothing(
    app: Api, keys: dict[str, str], verb: str
) -> None:
    async with client_of(app, keys["viewer"]) as client:
        client.headers["x-http-method-override"] = "DELETE"
        for path in {path for _, path in operations(app)}:
            response = await client.request(verb, filled(path))
            assert response.status_code in {401, 403, 404, 405}, (verb, path)


async def test_a_head_opens_no_more_than_a_get(app: Api, keys: dict[str, str]) -> None:
    async with client_of(app, keys["viewer"]) as client:
        for path in {path for _, path in operations(app)} - {"/api/v1/stream"}:
            head, get = await client.head(filled(path)), await client.get(filled(path))
            assert head.status_code in {get.status_code, 405}, path
            assert head.content == b""
