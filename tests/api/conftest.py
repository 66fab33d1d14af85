"""The API over a fake gateway, with a key of each role."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from prometheus_client import CollectorRegistry

from api.access import keys_in
from api.app import Api, create_app
from api.stream import StreamLimits
from history.keys import create_key
from history.questions import StateQuestions
from history.state import open_state
from tests.api.fake_gateway import NOON_NS, ROLES, FakeDesk, client_of


@cache
def _new_state() -> bytes:
    """A state.db in which nothing is, made once: to make it takes longer than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        open_state(path).close()
        return path.read_bytes()


@pytest.fixture
def state_path(tmp_path: Path) -> Path:
    path = tmp_path / "state.db"
    path.write_bytes(_new_state())
    return path


@pytest.fixture
def keys(state_path: Path) -> dict[str, str]:
    with closing(open_state(state_path)) as state:
        state.execute("BEGIN")
        made: dict[str, str] = {
            role: create_key(state, f"{role} key", role, NOON_NS) for role in ROLES
        }
        state.execute("COMMIT")
        return made


@pytest.fixture
def desk(state_path: Path) -> Iterator[FakeDesk]:
    made = FakeDesk(state_path)
    yield made
    made.state.close()


@pytest.fixture
def questions(state_path: Path) -> Iterator[StateQuestions]:
    made = StateQuestions(state_path)
    yield made
    made.close()


@pytest.fixture
def app(desk: FakeDesk, questions: StateQuestions, state_path: Path, keys: dict[str, str]) -> Api:
    del keys
    limits = StreamLimits(heartbeat_s=0.2, send_timeout_s=2.0, recheck_s=0.1, pause_s=0.01)
    metrics, check = CollectorRegistry(), keys_in(state_path)
    return create_app(desk, questions, check, metrics, limits, hosts=lambda: ["gateway"])


@pytest.fixture
async def viewer(app: Api, keys: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, keys["viewer"]) as client:
        yield client


@pytest.fixture
async def guard(app: Api, keys: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, keys["guard"]) as client:
        yield client


@pytest.fixture
async def operator(app: Api, keys: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, keys["operator"]) as client:
        yield client


@pytest.fixture
async def admin(app: Api, keys: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, keys["admin"]) as client:
        yield client


@pytest.fixture
async def stranger(app: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, None) as client:
        yield client
