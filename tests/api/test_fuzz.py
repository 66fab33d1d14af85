"""Whatever is asked, the answer is one that the contract knows."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from api.access import keys_in
from api.app import Api, create_app
from api.route import schema_path
from api.routes import ROUTES
from history.keys import create_key
from history.questions import StateQuestions
from history.state import open_state
from tests.api.fake_gateway import NOON_NS, FakeDesk, client_of, moved, raised

PATHS = [
    (route.verb, schema_path(route.path)) for route in ROUTES if not route.path.endswith("/stream")
]
NAMES = st.sampled_from(["limit", "cursor", "sort", "since", "until", "q", "tag", "zone", "state"])
TEXTS = st.text(max_size=40) | st.sampled_from(["seq", "-seq", "1", "-1", "9" * 30, "\x00", "true"])
QUERIES = st.lists(st.tuples(NAMES, TEXTS), max_size=4)
BODY_KEYS = [
    *("id", "tags", "name", "note", "reason", "for_s", "until", "to", "text", "asset", "x"),
    *("person", "category", "from", "grace_s", "zones"),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(BODY_KEYS), inner, max_size=4)
    ),
    max_leaves=8,
)
Pair = tuple[str, str | int | float | bool | None]
KNOWN = {200, 201, 202, 204, 400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 422, 428, 429, 503}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, str]]:
    path: Path = tmp_path_factory.mktemp("fuzz") / "state.db"
    with closing(open_state(path)) as state:
        key = create_key(state, "fuzz", "admin", NOON_NS)
    desk, questions = FakeDesk(path), StateQuestions(path)
    _ = desk.commit([moved("e2801160", None, "hall", 1, "L1"), raised("a1", "L1")])
    metrics, hosts = CollectorRegistry(), ("gateway",)
    yield create_app(desk, questions, keys_in(path), metrics, hosts=lambda: hosts), key
    questions.close()
    desk.state.close()


def known_to(app: Api, verb: str, path: str) -> set[str]:
    operation = app.openapi()["paths"][path][verb.lower()]
    return {given["name"] for given in operation.get("parameters", []) if given["in"] == "query"}


async def ask(
    running: tuple[Api, str],
    verb: str,
    path: str,
    query: list[Pair],
    sent: object,
) -> httpx.Response:
    async with client_of(*running) as client:
        if verb == "GET":
            return await client.get(path, params=query)
        return await client.request(verb, path, params=query, json=sent)


@given(
    asked=st.tuples(st.sampled_from(PATHS), st.booleans()),
    name=st.sampled_from(["L1", "hall", "gate-1", "a1", "handhelds"]) | st.text(max_size=20),
    query=QUERIES,
    sent=JSON,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_no_request_surprises_the_gateway(
    running: tuple[Api, str],
    asked: tuple[tuple[str, str], bool],
    name: str,
    query: list[Pair],
    sent: object,
) -> None:
    (verb, template), understood = asked
    if understood:
        known = known_to(running[0], verb, template)
        query = [pair for pair in query if pair[0] in known]
    quoted = "".join(f"%{byte:02x}" for byte in name.encode("utf-8", "replace"))
    path = template.format_map(defaultdict(lambda: quoted))
    answer = asyncio.run(ask(running, verb, path, query, sent))
    assert answer.status_code in KNOWN
    if answer.status_code >= 400 and not path.startswith("/readyz"):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


@given(
    body=st.binary(max_size=200),
    media=st.sampled_from(["text/csv", "application/json"]),
    path=st.sampled_from(["assets", "ingest/handhelds"]),
    encoding=st.sampled_from(["identity", "gzip"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_no_body_surprises_the_gateway(
    running: tuple[Api, str],
    body: bytes,
    media: str,
    path: str,
    encoding: str,
) -> None:
    async def post() -> httpx.Response:
        async with client_of(*running) as client:
            headers = {"content-type": media, "content-encoding": encoding}
            return await client.post(f"/api/v1/{path}", content=body, headers=headers)

    answer = asyncio.run(post())
    assert answer.status_code in KNOWN
