"""People who log in to the API, as their browsers do it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry
from pwdlib.hashers.argon2 import Argon2Hasher

from api.access import keys_in
from api.app import Api, create_app
from api.session_book import COOKIE
from history.callers import EVERYTHING, Role, Scope
from history.passwords import Passwords
from history.people import Deed, Person, PersonFields, add_person, keep_password
from history.questions import StateQuestions
from history.setup_codes import make_code
from history.state import open_state
from tests.api.fake_gateway import NOON_NS, FakeDesk

API = "/api/v1"
PASSWORD = "correct horse battery"
CHEAP = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
HASH = CHEAP.hash(PASSWORD)


def app_of(desk: FakeDesk, questions: StateQuestions, path: Path) -> Api:
    check, metrics = keys_in(path), CollectorRegistry()
    return create_app(desk, questions, check, metrics, hosts=lambda: ["gateway"], passwords=CHEAP)


def person_in(
    path: Path,
    login: str,
    role: Role,
    scope: Scope = EVERYTHING,
    *,
    disabled: bool = False,
) -> Person:
    """Somebody whose password is PASSWORD."""
    with closing(open_state(path)) as state:
        state.execute("BEGIN")
        deed = Deed("test", NOON_NS)
        fields = PersonFields(login.title(), role, scope, disabled)
        added = add_person(state, login, fields, deed)
        person = keep_password(state, added.id, HASH, deed)
        state.execute("COMMIT")
        return person


async def code_in(path: Path, person: str | None, at_ns: int = NOON_NS) -> str:
    return await asyncio.to_thread(_code_in, path, person, at_ns)


def _code_in(path: Path, person: str | None, at_ns: int) -> str:
    with closing(open_state(path)) as state:
        state.execute("BEGIN")
        code = make_code(state, person, Deed("test", at_ns))
        state.execute("COMMIT")
        return code


async def audit_in(path: Path) -> list[tuple[str, str, str, str]]:
    """Actor, action, target and detail of each line."""
    return await asyncio.to_thread(_audit_in, path)


def _audit_in(path: Path) -> list[tuple[str, str, str, str]]:
    with closing(sqlite3.connect(path)) as state:
        return state.execute(
            "SELECT actor, action, target, detail FROM audit ORDER BY number"
        ).fetchall()


def browser_of(
    app: Api, address: str = "192.0.2.7", base_url: str = "https://gateway"
) -> httpx.AsyncClient:
    """A browser of somebody at this address, which keeps cookies."""
    transport = httpx.ASGITransport(app=app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=base_url)


async def log_in(client: httpx.AsyncClient, login: str, password: str = PASSWORD) -> httpx.Response:
    """Log in; the token for changes then stands in the headers of the client."""
    answer = await client.post(f"{API}/sessions", json={"login": login, "password": password})
    if answer.status_code == 200:
        client.headers["x-csrf-token"] = answer.json()["csrf"]
    return answer


def cookie_of(client: httpx.AsyncClient) -> str:
    """What the cookie of the session says."""
    return client.cookies[COOKIE]
