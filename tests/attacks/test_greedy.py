"""Who asks for too much at once keeps nobody else waiting."""

import asyncio
import threading
from pathlib import Path

import httpx
import pytest

from api.app import Api
from api.hashing import AT_ONCE, WAITING_MAX
from history.passwords import Passwords
from history.questions import StateQuestions
from tests.acceptance.running import until
from tests.api.fake_gateway import FakeDesk, client_of
from tests.api.logged_in import API, app_of, browser_of, log_in, person_in

RANGES = ",".join(f"{at}-" for at in range(10_000))
DEADLINE_S = 20.0
LOGINS = [f"person{number}" for number in range(25)]


class Held:
    """Stands in for the hashing, which goes on once it is let."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = threading.Event()
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        check = Passwords.check

        def held(passwords: Passwords, password: str, kept: str | None) -> tuple[bool, str | None]:
            self._count(1)
            self.go.wait(DEADLINE_S)
            self._count(-1)
            return check(passwords, password, kept)

        monkeypatch.setattr(Passwords, "check", held)

    def _count(self, more: int) -> None:
        with self._lock:
            self._now += more
            self.most = max(self.most, self._now)


async def test_while_fifty_log_ins_wait_reads_are_committed_and_questions_answered(
    desk: FakeDesk,
    questions: StateQuestions,
    state_path: Path,
    keys: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for login in LOGINS:
        await asyncio.to_thread(person_in, state_path, login, "viewer")
    app, hashing = app_of(desk, questions, state_path), Held(monkeypatch)

    async def one(number: int) -> int:
        async with browser_of(app, f"192.0.2.{number}") as browser:
            return (await log_in(browser, LOGINS[number % len(LOGINS)])).status_code

    async def too_many_are_sent_away() -> bool:
        return sum(task.done() for task in tries) == 50 - AT_ONCE - WAITING_MAX

    tries = [asyncio.create_task(one(number)) for number in range(1, 51)]
    try:
        async with asyncio.timeout(DEADLINE_S), client_of(app, keys["operator"]) as client:
            await until(too_many_are_sent_away, DEADLINE_S, "the others are told to come again")
            pushed = await client.post(f"{API}/ingest/handhelds", json={"tag": "E2801160"})
            assert pushed.status_code == 200
            assert len(desk.pushed) == 1
            assert (await client.get(f"{API}/assets")).status_code == 200
            assert (await client.get("/healthz")).status_code == 200
    finally:
        hashing.go.set()
    statuses = await asyncio.gather(*tries)
    assert hashing.most == AT_ONCE
    assert set(statuses) == {200, 503}
    assert statuses.count(200) == AT_ONCE + WAITING_MAX


async def test_no_answer_is_given_in_parts(app: Api, admin: httpx.AsyncClient) -> None:
    headers = {"range": f"bytes={RANGES}"}
    for path, item in app.openapi()["paths"].items():
        if "get" in item and "{" not in path and path != f"{API}/stream":
            answer = await admin.get(path, headers=headers)
            assert answer.status_code not in {206, 416, 500}, path
            assert "accept-ranges" not in answer.headers, path
