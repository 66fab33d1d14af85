"""From nothing to an alert over HTTP alone: set-up code, plan, zones, reader, rule."""

import io
import stat
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tests.acceptance.running import Json, items, started, tagwarden, until

PASSWORD = "a sentence that nobody guesses"
LAPTOP = "3034257bf7194e4000001a85"


class Wizard:
    """The browser of the first admin, which keeps its cookie on http too."""

    def __init__(self, url: str) -> None:
        self.client = httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=10)

    async def begin(self, code: str) -> None:
        assert (await self.client.get("/setup")).json() == {"open": True}
        body = {"code": code, "login": "ada", "name": "Ada", "password": PASSWORD}
        answer = await self.client.post("/setup", json=body)
        assert answer.status_code == 201, answer.text
        self.client.headers["cookie"] = answer.headers["set-cookie"].partition(";")[0]
        self.client.headers["x-csrf-token"] = answer.json()["csrf"]

    async def send(self, verb: str, path: str, body: Json, status: int = 201) -> Any:  # noqa: ANN401 -- JSON
        answer = await self.client.request(verb, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


def plan() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(picture, "PNG")
    return picture.getvalue()


async def test_a_site_is_set_up_over_http_alone(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    data, listen = tmp_path / "data", ("--listen", "127.0.0.1:0")
    async with started(tmp_path / "log", "run", site, "--data", data, "--new", *listen) as command:
        url = await command.hears(r"API on (http://\S+), data in ")
        wizard = Wizard(url)
        async with wizard.client:
            await wizard.begin(await command.hears(r"\n  (\S+)   at http"))
            await _set_up(wizard)
            await _walk_out(wizard)
    assert stat.S_IMODE(site.stat().st_mode) & 0o007 == 0
    checked = await tagwarden("check", site)
    assert (checked.code, checked.err) == (0, ""), checked


async def _set_up(wizard: Wizard) -> None:
    named = {"site": {"name": "Riverside", "timezone": "Europe/Berlin"}}
    answer = await wizard.client.get("/site")
    match = {"if-match": answer.headers["etag"]}
    headers = {**match, "content-type": "application/merge-patch+json"}
    patched = await wizard.client.patch("/site", json=named, headers=headers)
    assert patched.status_code == 200, patched.text
    await wizard.send("POST", "/floors", {"name": "ground", "size_m": [60, 40]})
    kept = await wizard.client.put(
        "/floors/ground/plan", content=plan(), headers={"content-type": "image/png"}
    )
    assert kept.status_code in {200, 201}, kept.text
    hall = {"name": "hall", "floor": "ground", "polygon": [[0, 0], [40, 0], [40, 40], [0, 40]]}
    await wizard.send("POST", "/zones", hall)
    gate = {**hall, "name": "gate", "role": "exit", "polygon": [[40, 0], [50, 0], [50, 40]]}
    await wizard.send("POST", "/zones", gate)
    for name, zone in (("inside", "hall"), ("door", "gate")):
        reader = {"name": name, "driver": "http", "format": "tagwarden", "zone": zone}
        await wizard.send("POST", "/readers", reader)
    rule = {"name": "laptops stay in", "kind": "exit", "fence": ["hall"], "severity": "critical"}
    await wizard.send("POST", "/rules", rule)
    asset = {"id": "laptop-1", "category": "laptop", "tags": [LAPTOP]}
    await wizard.send("POST", "/assets", asset)
    told = (await wizard.client.get("/me")).json()["site"]
    assert (told["name"], told["timezone"]) == ("Riverside", "Europe/Berlin")


async def _walk_out(wizard: Wizard) -> None:
    """A reader that is no more than pushes does for a test without hardware."""
    for reader, zone in (("inside", "hall"), ("door", "gate")):

        async def there(reader: str = reader, zone: str = zone) -> bool:
            read = {"tag": LAPTOP, "rssi_dbm": -50.0}
            await wizard.send("POST", f"/ingest/{reader}", read, 200)
            position = (await wizard.client.get("/assets/laptop-1/position")).json()
            return bool(position["zone"] == zone)

        await until(there, 20, f"it is in the {zone}")
    online = await items(wizard.client, "/readers")
    assert [reader["state"] for reader in online] == ["online", "online"]

    async def told() -> list[Json] | None:
        return await items(wizard.client, "/alerts", asset="laptop-1") or None

    (alert,) = await until(told, 10, "there is an alert")
    assert (alert["rule"], alert["from"], alert["to"]) == ("laptops stay in", "hall", "gate")


async def test_a_site_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    text = "site: {name: depot}\nzones: [{name: hall}]\nserver: {listen: 127.0.0.1:0}\n"
    site.write_text(text)
    data, log = tmp_path / "data", tmp_path / "log"
    async with started(log, "run", site, "--data", data, "--new") as command:
        await command.hears(r"depot: API on ")
    assert site.read_text() == text


async def test_a_site_file_with_a_wrong_name_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    ended = await tagwarden("run", tmp_path / "sit.yaml", "--data", tmp_path / "data")
    assert ended.code == 1
    assert "sit.yaml" in ended.err
    assert not (tmp_path / "sit.yaml").exists()


async def test_a_new_site_where_nothing_may_be_written_is_refused(tmp_path: Path) -> None:
    ended = await tagwarden("run", tmp_path / "no" / "site.yaml", "--data", tmp_path / "d", "--new")
    assert ended.code == 1
    assert "No such file" in ended.err
