"""A secret of every kind is given to a running gateway, and comes out of it nowhere."""

import asyncio
import json
import re
import zipfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import Api
from api.session_book import COOKIE
from gateway.cli import main
from tests.acceptance.running import RunningGateway, asking, gateway, make_key

SITE = """\
site: {name: vault}
log: {level: debug, access: true, format: json}
floors: [{name: ground, size_m: [60, 40]}]
zones: [{name: hall, floor: ground, polygon: [[0, 0], [40, 0], [40, 40]]}, {name: gate, role: exit}]
readers:
  - {name: pushed, driver: http, antennas: {1: {zone: hall}, 2: {zone: gate}}}
  - {name: broker, driver: mqtt, address: "mqtt://127.0.0.1:1", username: gate,
     password: planted-reader-0001, subscribe: [{topic: a, format: tagwarden}]}
portals: [{name: door, inside: [pushed/1], outside: [pushed/2]}]
rules: [{name: stay, kind: exit, assets: {}, fence: [hall], notify: [hook]}]
channels:
  - {name: hook, kind: webhook, url: "http://127.0.0.1:1/hook", allow_private: true,
     secret: "whsec_cGxhbnRlZC13ZWJob29rLTAwMDItMDAwMDAwMDA="}
  - {name: other, kind: webhook, url: "http://127.0.0.1:1/other", allow_private: true,
     secret: "${PLANTED_HOOK}"}
  - {name: mail, kind: smtp, host: 127.0.0.1, port: 1, from: a@example.net, to: [b@example.net],
     username: gate, password: planted-mail-0003}
  - {name: chat, kind: mqtt, address: "mqtt://127.0.0.1:1", username: gate,
     password: "${PLANTED_BROKER}"}
  - {name: pager, kind: apprise, urls: ["json://gate:planted-pager-0004@127.0.0.1:1/"]}
history: {store: influxdb, url: "http://127.0.0.1:1", username: w, password: planted-influx-0005}
server: {listen: "127.0.0.1:0"}
"""
IN_THE_FILE = [
    "planted-reader-0001",
    "cGxhbnRlZC13ZWJob29rLTAwMDItMDAwMDAwMDA",
    "planted-mail-0003",
    "planted-pager-0004",
    "planted-influx-0005",
]
ENVIRONMENT = {
    "PLANTED_HOOK": "whsec_cGxhbnRlZC1lbnZpcm9uLTAwMDYtMDAwMDAwMDA=",
    "PLANTED_BROKER": "planted-environ-0007",
}
OFFERED = r"\n  (\S+)   at http"
PASSWORD, WRONG = "planted-password-0008", "planted-wrong-0009"
ENDLESS = "/api/v1/stream"
REQUEST_S = 20


class Vault:
    """A gateway that knows secrets of every kind, and whoever asks it."""

    def __init__(self, running: RunningGateway, client: httpx.AsyncClient, key: str) -> None:
        self.running = running
        self.client = client
        self.planted = {"the key of the command line": key.split("_", 2)[2]}
        self.kept_as_hashes: list[str] = [key.split("_", 2)[2]]
        self.said: dict[str, str] = {}
        self.answered = 0

    def plant(self, kind: str, value: str, *, hashed: bool = True) -> None:
        self.planted[kind] = value
        if hashed:
            self.kept_as_hashes.append(value)

    async def say(self, where: str, verb: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 -- what httpx takes
        """Ask, and keep all of the answer but what is told once."""
        answer = await self.client.request(verb, path, **more)
        self.said[f"{where}: {verb} {path}"] = f"{answer.headers}\n{answer.text}"
        return answer

    def leaks(self) -> list[tuple[str, str]]:
        in_the_file = [("the site file", value) for value in IN_THE_FILE]
        everything = [*self.planted.items(), *ENVIRONMENT.items(), *in_the_file]
        return [
            (kind, where)
            for where, text in self.said.items()
            for kind, value in everything
            if value.rstrip("=").removeprefix("whsec_") in text
        ]


@asynccontextmanager
async def vault(folder: Path) -> AsyncGenerator[Vault]:
    site, data = folder / "site.yaml", folder / "data"
    site.write_text(SITE, encoding="utf-8")
    async with gateway(site, data, folder / "log", **ENVIRONMENT) as running:
        code = await running.command.hears(OFFERED)
        key = await make_key(data)
        async with asking(running.url, key) as client:
            client.base_url = httpx.URL(running.url)
            client.timeout = httpx.Timeout(REQUEST_S)
            made = Vault(running, client, key)
            await let_people_in(made, code)
            await make_what_is_told_once(made)
            yield made


async def let_people_in(made: Vault, code: str) -> None:
    """The first admin, by the code; their session is open from then on."""
    body = {"code": code, "login": "ada", "name": "Ada", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=made.running.url, timeout=REQUEST_S) as browser:
        answer = await browser.post("/api/v1/setup", json=body)
        assert answer.status_code == 201, answer.text
        made.plant("set-up code", code)
        made.plant("password", PASSWORD)
        made.plant("session", answer.cookies[COOKIE])
        # It opens nothing without the session, and is told again by `me`: it is kept as it is.
        made.plant("token against foreign pages", answer.json()["csrf"], hashed=False)
        wrong = await browser.post("/api/v1/sessions", json={"login": "ada", "password": WRONG})
    assert wrong.status_code == 401
    made.said["wrong password"] = wrong.text
    made.plant("wrong password", WRONG)


async def make_what_is_told_once(made: Vault) -> None:
    """Keys, subscriptions and codes for people; what was told once is planted by that."""
    key = (await made.client.post("/api/v1/keys", json={"name": "k", "role": "viewer"})).json()
    made.plant("a key", key["key"].split("_", 2)[2])
    again = (await made.client.post(f"/api/v1/keys/{key['id']}/rotate")).json()
    made.plant("the key after it", again["key"].split("_", 2)[2])
    body = {"name": "s", "url": "https://example.net/hook", "events": ["movement"]}
    answer = await made.client.post("/api/v1/subscriptions", json=body)
    assert answer.status_code == 201, answer.text
    made.plant("of a subscription", answer.json()["secret"], hashed=False)
    person = {"login": "bob", "name": "Bob", "role": "viewer"}
    answer = await made.client.post("/api/v1/people", json=person)
    assert answer.status_code == 201, answer.text
    made.plant("code of a person", answer.json()["code"])


async def harvest(made: Vault, app: Api) -> None:
    """The answers of all routes that read, for what there is and for what there is not."""
    found = {name: await first_of(made, name) for name in ("keys", "people", "subscriptions")}
    names = {"zones": "hall", "readers": "broker", "channels": "hook", "rules": "stay"}
    names |= {"portals": "door", "floors": "ground", "versions": "1"} | found
    for path, item in app.openapi()["paths"].items():
        if "get" not in item or path == ENDLESS:
            continue
        for asked in {filled(path, names), filled(path, {})}:
            answer = await made.say("read", "GET", asked)
            made.answered += answer.status_code == 200
            if answer.status_code == 200 and '"items":' in answer.text:
                await made.say("lines", "GET", asked, headers={"accept": "application/x-ndjson"})
    for channel in ("hook", "other", "mail", "chat", "pager"):
        await made.say("channel", "GET", f"/api/v1/channels/{channel}/settings")
        await made.say("test", "POST", f"/api/v1/channels/{channel}/test")


async def first_of(made: Vault, name: str) -> str:
    return str((await made.client.get(f"/api/v1/{name}")).json()["items"][0]["id"])


def filled(path: str, names: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return names.get(match[1], "1")

    return re.sub(r"([a-z]+)/\{\w+\}", lambda found: f"{found[1]}/{value(found)}", path)


async def provoke(made: Vault) -> None:
    """Errors about bodies, headers and parameters that hold secrets."""
    logins: list[dict[str, Any]] = [
        {"login": PASSWORD * 60, "password": PASSWORD},
        {"login": "ada", "password": [PASSWORD]},
        {"login": "ada", "password": PASSWORD, "extra": PASSWORD},
    ]
    for body in logins:
        await made.say(f"body of {len(str(body))}", "POST", "/api/v1/sessions", json=body)
    for new in ("x", [PASSWORD], 1):
        changed = {"old": PASSWORD, "new": new}
        await made.say(f"new: {new}"[:6], "PUT", "/api/v1/me/password", json=changed)
    torn = f'{{"login": "ada", "password": "{PASSWORD}"'.encode()
    await made.say("torn", "POST", "/api/v1/sessions", content=torn)
    key = made.planted["a key"]
    wrong = {"authorization": f"Bearer tw_{'0' * 8}_{key}"}
    await made.say("wrong key", "GET", "/api/v1/assets", headers=wrong)
    await made.say("in the query", "GET", f"/api/v1/assets?token={key}&key={key}")
    channel = {"name": "n", "kind": "webhook", "url": "https://example.net"}
    for secret in (f"whsec_!{PASSWORD}", PASSWORD, [PASSWORD]):
        asked = {**channel, "secret": secret, "x": 1}
        await made.say(f"channel {secret}"[:8], "POST", "/api/v1/channels", json=asked)
    broker = {"name": "b", "kind": "mqtt", "address": f"mqtt://gate:{PASSWORD}@127.0.0.1:1"}
    await made.say("broker", "POST", "/api/v1/channels", json=broker)
    bad = SITE.replace("planted-mail-0003", f'"{PASSWORD}\\x00"').replace("port: 1,", "port: p,")
    await made.say("site", "POST", "/api/v1/site/check", content=bad.encode(), headers=YAML)


YAML = {"content-type": "application/yaml"}


async def commands(made: Vault, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site, data, out = (str(folder / name) for name in ("site.yaml", "data", "support.zip"))
    for told in (
        ["check", site],
        ["doctor", site],
        ["keys", "list", "--data", data],
        ["audit", "show", "--data", data],
        ["support-bundle", "--data", data, "--out", out],
    ):
        await asyncio.to_thread(main, told)
        said = capsys.readouterr()
        assert said.out or said.err
        made.said[f"tagwarden {told[0]}"] = said.out + said.err
    with zipfile.ZipFile(out) as bundle:
        made.said |= {f"bundle: {name}": bundle.read(name).decode() for name in bundle.namelist()}


def log_without_the_offer(text: str) -> str:
    """What was logged; the code that is offered at the first start is meant to be read."""
    return "\n".join(line for line in text.splitlines() if " at http" not in line)


def clear_in_files(folder: Path, values: list[str]) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            yield from ((path.name, value) for value in values if value.encode() in held)


async def test_no_secret_comes_out_of_a_running_gateway(
    app: Api,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    async with vault(tmp_path) as made:
        await provoke(made)
        await harvest(made, app)
        assert made.answered > 50
        await commands(made, tmp_path, capsys)
        await log_for_people(made)
        await provoke(made)
        made.said["log"] = log_without_the_offer(made.running.command.said)
        assert made.leaks() == []
        assert_both_formats(made.said["log"])
        made.said["what leaks"] = PASSWORD
        assert made.leaks() == [("password", "what leaks")]
        assert list(clear_in_files(tmp_path / "data", made.kept_as_hashes)) == []


async def log_for_people(made: Vault) -> None:
    """From now on the log is lines of the other kind; no restart is needed."""
    there = await made.client.get("/api/v1/site")
    headers = {"if-match": there.headers["etag"]}
    patch = {"log": {"format": "console"}}
    changed = await made.client.patch("/api/v1/site", json=patch, headers=headers)
    assert changed.status_code == 200, changed.text


def assert_both_formats(log: str) -> None:
    lines = log.splitlines()
    assert any(line.startswith("{") and json.loads(line)["level"] for line in lines)
    assert not lines[-1].startswith("{")
