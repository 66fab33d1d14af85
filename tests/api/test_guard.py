"""The guard: who asks, what they may, how often, and what a refusal leaves behind."""

from base64 import b64encode
from typing import Any

import httpx
import pytest
from starlette.requests import HTTPConnection

from api.access import RIGHTS, WHOLE_SITE, Access, admit, granted, still_admitted
from api.app import Api
from api.problems import ProblemError
from api.rates import Rates
from history.callers import ROLES, Caller, Scope
from history.keys import KeyLimits
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk, client_of
from tests.api.made_keys import key_with

API = "/api/v1"
WRONG = "tw_00000000_" + "x" * 43
ANN = Caller("p1", "ann", "guard", kind="person")


class LoggedIn:
    """Sessions in which everybody with a cookie is one person."""

    def __init__(self, caller: Caller | None) -> None:
        self.caller = caller
        self.error: ProblemError | None = None

    async def caller_of(self, connection: HTTPConnection) -> Caller | None:
        if self.error is not None:
            raise self.error
        return self.caller if "cookie" in connection.headers else None


def connection_to(app: Api, *, kind: str = "websocket", **headers: str) -> HTTPConnection:
    """Somebody who opens a connection with these headers."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {
        "type": kind,
        "app": app,
        "path": f"{API}/live",
        "query_string": b"",
        "client": ("10.0.0.7", 50_000),
        "headers": raw,
    }
    return HTTPConnection(scope)


def denied(app: Api, reason: str) -> float:
    """How many requests were refused for a reason."""
    labels = {"reason": reason}
    return app.state.metrics.get_sample_value("tagwarden_http_denied_total", labels) or 0.0


def use_rates(app: Api, rates: Rates) -> None:
    access: Access = app.state.access
    access.use_rates(rates)


async def test_a_websocket_is_let_in_by_its_key(app: Api, keys: dict[str, str]) -> None:
    connection = connection_to(app, authorization=f"bearer {keys['viewer']}")
    caller = await admit(connection, "look")
    assert (caller.name, caller.role) == ("viewer key", "viewer")
    assert connection.state.caller == caller


async def test_a_websocket_without_the_right_is_refused_and_written_down(
    app: Api, keys: dict[str, str], desk: FakeDesk
) -> None:
    connection = connection_to(app, authorization=f"Bearer {keys['ingest']}")
    with pytest.raises(ProblemError) as caught:
        _ = await admit(connection, "look")
    assert caught.value.status == 403
    assert desk.denials == [("ingest key", f"WebSocket {API}/live", "ingest")]
    assert denied(app, "role") == 1


async def test_a_session_lets_in_where_no_key_is_sent(app: Api) -> None:
    app.state.sessions = LoggedIn(ANN)
    assert await admit(connection_to(app, cookie="x=1"), "handle_alerts") == ANN
    with pytest.raises(ProblemError) as caught:
        _ = await admit(connection_to(app), "look")
    assert (caught.value.status, denied(app, "no_key")) == (401, 1)


@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "Digest", ""])
async def test_a_wrong_key_is_not_made_good_by_a_session(scheme: str, app: Api) -> None:
    app.state.sessions = LoggedIn(ANN)
    connection = connection_to(app, cookie="x=1", authorization=f"{scheme} {WRONG}")
    with pytest.raises(ProblemError) as caught:
        _ = await admit(connection, "look")
    assert caught.value.status == 401


async def test_what_a_session_refuses_is_counted(app: Api) -> None:
    app.state.sessions = sessions = LoggedIn(ANN)
    sessions.error = ProblemError(403, "The request came from another page.")
    with pytest.raises(ProblemError) as caught:
        _ = await admit(connection_to(app, cookie="x=1"), "look")
    assert (caught.value.status, denied(app, "session")) == (403, 1)


async def test_an_open_connection_ends_with_the_right_to_it(
    app: Api, keys: dict[str, str], desk: FakeDesk
) -> None:
    connection = connection_to(app, authorization=f"Bearer {keys['viewer']}")
    _ = await admit(connection, "look")
    assert await still_admitted(connection, "look")
    assert not await still_admitted(connection, "keys")

    await desk.transact(lambda db: db.execute("DELETE FROM api_keys WHERE role = 'viewer'").close())
    app.state.access.forget(keys["viewer"][3:11])
    assert not await still_admitted(connection, "look")


async def test_an_open_connection_ends_with_the_session(app: Api) -> None:
    app.state.sessions = sessions = LoggedIn(ANN)
    connection = connection_to(app, cookie="x=1")
    assert await still_admitted(connection, "look")
    sessions.caller = None
    assert not await still_admitted(connection, "look")


@pytest.mark.parametrize(
    "token",
    [
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhZG1pbiJ9.",
        "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYWRtaW4ifQ.c2lnbmF0dXJl",
        "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsieCJdLCJ4IjoxfQ.e30.AA",
        "null",
        "undefined",
        "admin",
        WRONG + "=",
    ],
)
@pytest.mark.parametrize("scheme", ["Bearer", "JWT", "Token"])
async def test_tokens_of_other_kinds_open_nothing(
    scheme: str, token: str, stranger: httpx.AsyncClient
) -> None:
    headers = {"authorization": f"{scheme} {token}"}
    answer = await stranger.get(f"{API}/assets", headers=headers)
    assert answer.status_code == 401
    assert token not in answer.text


async def test_a_key_ends_at_its_time_though_it_is_remembered(app: Api, desk: FakeDesk) -> None:
    limits = KeyLimits(expires_ns=NOON_NS + SECOND_NS)
    key = await key_with(desk, "short", "viewer", limits)
    async with client_of(app, key) as client:
        assert (await client.get(f"{API}/zones")).status_code == 200
        desk.clock = lambda: NOON_NS + SECOND_NS - 1
        assert (await client.get(f"{API}/zones")).status_code == 200
        desk.clock = lambda: NOON_NS + SECOND_NS
        ended = await client.get(f"{API}/zones")
    assert (ended.status_code, denied(app, "unknown_key")) == (401, 1)


async def test_a_key_with_some_rights_has_no_others(
    app: Api, desk: FakeDesk, admin: httpx.AsyncClient
) -> None:
    limits = KeyLimits(rights=frozenset({"audit", "ingest"}))
    async with client_of(app, await key_with(desk, "auditor", "admin", limits)) as client:
        assert (await client.get(f"{API}/audit")).status_code == 200
        refused = await client.get(f"{API}/zones")
    assert refused.status_code == 403
    assert refused.json()["detail"] == "This key is limited to audit, ingest."
    assert (denied(app, "rights"), len(desk.denials)) == (1, 1)
    assert (await admin.get(f"{API}/zones")).status_code == 200


async def test_rights_that_the_role_lacks_are_not_had_by_naming_them(
    app: Api, desk: FakeDesk
) -> None:
    limits = KeyLimits(rights=frozenset({"keys", "look"}))
    async with client_of(app, await key_with(desk, "odd", "viewer", limits)) as client:
        assert (await client.get(f"{API}/keys")).status_code == 403
        assert (await client.get(f"{API}/zones")).status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_what_is_granted_is_what_the_role_and_the_limits_share(role: Any) -> None:  # noqa: ANN401 -- a role
    assert granted(Caller("1", "a", role)) == RIGHTS[role]
    some = Caller("1", "a", role, rights=frozenset({"look", "keys"}))
    assert granted(some) == RIGHTS[role] & {"look", "keys"}
    part = Caller("1", "a", role, scope=Scope(zones=("hall",)))
    assert granted(part) == RIGHTS[role] - WHOLE_SITE


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("Basic {right}", 404),
        ("basic {right}", 404),
        ("Basic {wrong}", 401),
        ("Basic %%%", 401),
        ("Basic " + b64encode(b"no colon").decode(), 401),
        ("Basic", 401),
    ],
)
async def test_readers_may_send_their_key_as_a_password(
    sent: str, status: int, app: Api, keys: dict[str, str], stranger: httpx.AsyncClient
) -> None:
    del app
    right = b64encode(f"reader:{keys['ingest']}".encode()).decode()
    wrong = b64encode(f"reader:{WRONG}".encode()).decode()
    headers = {"authorization": sent.format(right=right, wrong=wrong)}
    answer = await stranger.post(f"{API}/ingest/nowhere", headers=headers, json=[])
    assert answer.status_code == status
    if status == 401:
        assert 'Basic realm="tagwarden"' in answer.headers["www-authenticate"]


async def test_who_asks_too_often_is_told_when_to_come_again(
    app: Api, viewer: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    use_rates(app, Rates(caller_per_s=0.1, burst_s=30.0))
    answers = [await viewer.get(f"{API}/zones") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert denied(app, "rate") == 1
    assert (await operator.get(f"{API}/zones")).status_code == 200


async def test_an_address_has_an_allowance_of_its_own(
    app: Api, viewer: httpx.AsyncClient, keys: dict[str, str]
) -> None:
    use_rates(app, Rates(address_per_s=0.1, burst_s=20.0))
    statuses = [(await viewer.get(f"{API}/zones")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    elsewhere = connection_to(app, authorization=f"Bearer {keys['viewer']}")
    assert (await admit(elsewhere, "look")).name == "viewer key"


async def test_probes_are_answered_whoever_else_asks(app: Api, viewer: httpx.AsyncClient) -> None:
    use_rates(app, Rates(total_per_s=0.1, burst_s=10.0))
    statuses = [(await viewer.get(f"{API}/zones")).status_code for _ in range(2)]
    assert statuses == [200, 429]
    assert (await viewer.get("/healthz")).status_code == 200


async def test_guesses_are_stopped_and_right_keys_from_there_go_on(
    app: Api,
    stranger: httpx.AsyncClient,
    viewer: httpx.AsyncClient,
    desk: FakeDesk,
) -> None:
    answers: list[httpx.Response] = []
    for guess in range(40):
        headers = {"authorization": f"Bearer tw_{guess:08x}_" + "x" * 43}
        answers.append(await stranger.get(f"{API}/zones", headers=headers))
    assert [answer.status_code for answer in answers] == [401] * 20 + [429] * 20
    assert int(answers[-1].headers["retry-after"]) <= 5
    assert denied(app, "unknown_key") == 20
    assert denied(app, "guesses") == 20
    assert set(desk.denials) == {("stranger at 127.0.0.1", "wrong keys", "stranger")}
    assert (await viewer.get(f"{API}/zones")).status_code == 200


async def test_a_guess_at_the_secret_of_a_key_that_there_is_is_stopped_too(
    app: Api, stranger: httpx.AsyncClient, keys: dict[str, str]
) -> None:
    statuses: list[int] = []
    for guess in range(30):
        token = keys["viewer"][:12] + f"{guess:043}"
        answer = await stranger.get(f"{API}/zones", headers={"authorization": f"Bearer {token}"})
        statuses.append(answer.status_code)
    assert statuses == [401] * 20 + [429] * 10
    assert (await admit(connection_to(app, authorization=f"Bearer {keys['viewer']}"), "look")).id


async def test_an_address_is_not_what_a_header_says(app: Api, stranger: httpx.AsyncClient) -> None:
    use_rates(app, Rates(wrong_keys_per_min=1.0, wrong_keys_at_once=2))
    statuses: list[int] = []
    for number in range(4):
        sent = {"authorization": f"Bearer {WRONG}", "x-forwarded-for": f"10.1.1.{number}"}
        answer = await stranger.get(f"{API}/zones", headers={**sent, "forwarded": f"for={number}"})
        statuses.append(answer.status_code)
    assert statuses == [401, 401, 429, 429]
