"""What people do at a running gateway stands in the audit log: who, when and from where."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.session_book import COOKIE
from gateway.cli import main
from tags.times import parse_time
from tests.acceptance.running import (
    RunningGateway,
    asking,
    gateway,
    items,
    make_key,
    until,
)

SITE = """\
site: {name: depot}
zones: [{name: hall}, {name: gate, role: exit}]
readers: [{name: pushed, driver: http, antennas: {1: {zone: hall}, 2: {zone: gate}}}]
rules: [{name: stay, kind: exit, assets: {}, fence: [hall], notify: [console]}]
channels: [{name: console, kind: log}]
server: {listen: "127.0.0.1:0"}
"""
OFFERED = r"\n  (\S+)   at http"
PASSWORD = "correct horse battery"
TAG = "e28011600000000000000001"
LINES = {
    ("ada", "session.begin"),
    ("gateway", "session.failed"),
    ("command line", "key.create"),
    ("ada", "key.create"),
    ("ada", "site.changed"),
    ("ada", "alert.acknowledged"),
    ("ada", "export"),
    ("guard", "access.denied"),
    ("ada", "session.end"),
}


async def raise_alert(client: httpx.AsyncClient) -> str:
    """An asset walks out; the id of the alert."""
    stored = await client.put("/assets/A-1", json={"name": "drill", "tags": [TAG]})
    assert stored.status_code in {200, 201}, stored.text

    async def walked(antenna: int) -> list[dict[str, Any]] | None:
        pushed = await client.post("/ingest/pushed", json=[{"tag": TAG, "antenna": antenna}])
        assert pushed.status_code == 200, pushed.text
        where = "/zones/hall/assets" if antenna == 1 else "/alerts"
        return await items(client, where) or None

    await until(lambda: walked(1), 15, "it is inside")
    (alert,) = await until(lambda: walked(2), 15, "the exit is told")
    return str(alert["id"])


async def work_as_admin(running: RunningGateway, code: str, alert: str) -> None:
    """Somebody logs in, makes a key, changes the site, acknowledges, exports and logs out."""
    person = {"code": code, "login": "ada", "name": "Ada", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=f"{running.url}/api/v1", timeout=20) as browser:
        made = await browser.post("/setup", json=person)
        assert made.status_code == 201, made.text
        wrong = await browser.post("/sessions", json={"login": "ada", "password": "guess it"})
        assert wrong.status_code == 401
        log_in = {"login": "ada", "password": PASSWORD}
        session = await browser.post("/sessions", json=log_in)
        assert session.status_code == 200, session.text
        # A browser sends it to this machine without TLS, too; this client does not.
        browser.headers["cookie"] = f"{COOKIE}={session.cookies[COOKIE]}"
        browser.headers["x-csrf-token"] = session.json()["csrf"]
        await browser.post("/keys", json={"name": "made by ada", "role": "viewer"})
        tag = {"if-match": (await browser.get("/site")).headers["etag"]}
        patch = {"zones": [{"name": "hall"}, {"name": "gate", "role": "exit"}, {"name": "yard"}]}
        await browser.patch("/site?why=a+yard", json=patch, headers=tag)
        await browser.post(f"/alerts/{alert}/acknowledge", json={"note": "seen"})
        await browser.get("/movements?zone=hall", headers={"accept": "text/csv"})
        await browser.delete("/sessions/current")


async def a_day(data: Path, running: RunningGateway) -> list[dict[str, Any]]:
    """What people did, as the audit log tells it."""
    code = await running.command.hears(OFFERED)
    async with asking(running.url, await make_key(data)) as client:
        await work_as_admin(running, code, await raise_alert(client))
        guard = await client.post("/keys", json={"name": "guard", "role": "guard"})
        async with asking(running.url, guard.json()["key"]) as other:
            assert (await other.get("/audit")).status_code == 403
        return await items(client, "/audit", limit=1000)


async def test_who_did_what_stands_in_the_log_and_an_altered_line_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    data = tmp_path / "data"
    async with gateway(tmp_path / "site.yaml", data, tmp_path / "log") as running:
        lines = await a_day(data, running)
        assert (await running.stop())[0] == 0
    told = {(line["actor"].removeprefix("test "), line["action"]): line for line in lines}
    assert LINES - set(told) == set()
    for line in lines:
        assert parse_time(line["time"]) > 0
    for action in ("session.begin", "session.failed"):
        (found,) = [line for line in lines if line["action"] == action][:1]
        assert found["detail"]["address"] == "127.0.0.1"
    assert await asyncio.to_thread(main, ["audit", "verify", "--data", str(data)]) == 0
    number = told["ada", "export"]["number"]
    await asyncio.to_thread(alter, data / "state.db", "UPDATE audit SET actor = 'eve'", number)
    assert await asyncio.to_thread(main, ["audit", "verify", "--data", str(data)]) == 1
    assert f"line {number} was altered" in capsys.readouterr().err


def alter(path: Path, statement: str, number: int) -> None:
    """What somebody does who can write the file."""
    with closing(sqlite3.connect(path)) as state, state:
        state.execute("DROP TRIGGER audit_is_not_changed")
        state.execute(f"{statement} WHERE number = ?", (number,))
