"""A depot with two floors for the browser: a real gateway, readers whose reads a test decides."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from simulators.llrp_reader import LlrpReader
from tests.acceptance.running import (
    Json,
    RunningGateway,
    Spot,
    Walk,
    asking,
    gateway,
    items,
    make_key,
    playing,
    tagwarden,
    until,
)

SITE = """\
site: {{name: Test depot, timezone: Europe/Berlin}}
floors:
  - {{name: ground, size_m: [60, 40]}}
  - {{name: first, size_m: [60, 40]}}
zones:
  - {{name: hall, floor: ground, polygon: [[0, 0], [40, 0], [40, 40], [0, 40]]}}
  - {{name: lobby, floor: ground, polygon: [[41, 8], [52, 8], [52, 22], [41, 22]]}}
  - {{name: gate, floor: ground, role: exit, polygon: [[53, 8], [60, 8], [60, 22], [53, 22]]}}
  - {{name: office, floor: first, polygon: [[0, 0], [30, 0], [30, 20], [0, 20]]}}
readers:
  - name: hall-1
    driver: llrp
    address: "{hall}"
    keepalive_s: 1
    antennas: {{1: {{zone: hall, at_m: [10, 10]}}, 2: {{zone: office, at_m: [10, 10]}}}}
  - name: gate-1
    driver: llrp
    address: "{gate}"
    keepalive_s: 1
    antennas: {{1: {{zone: lobby, at_m: [50, 15]}}, 2: {{zone: gate, at_m: [55, 15]}}}}
portals:
  - {{name: Gate B, inside: [gate-1/1], outside: [gate-1/2]}}
rules:
  - name: laptops stay in
    kind: exit
    assets: {{category: laptop}}
    fence: [hall, lobby, office]
    severity: critical
    confirm_s: 0
    notify: [desk]
channels:
  - {{name: desk, kind: log}}
server: {{listen: "127.0.0.1:{port}"}}
"""
LAPTOP: Final = "LT-0417"
PASSWORD: Final = "a quiet night at the depot"
_TAGS: Final = {f"LT-04{number}": f"3034257bf400b7800004cb{number:02x}" for number in range(10, 30)}
INSIDE: Final = ("gate-1", 1)
OUTSIDE: Final = ("gate-1", 2)
AT_HOME: Final = ("hall-1", 2)


class Depot(NamedTuple):
    """The depot at work; `walk.spots` says which reader and antenna hears which tag."""

    gateway: RunningGateway
    site: Path
    data: Path
    walk: Walk
    admin: httpx.AsyncClient

    @property
    def url(self) -> str:
        return self.gateway.url

    def put(self, asset: str, spot: Spot) -> None:
        """Let an asset be heard at one spot."""
        self.walk.spots[_TAGS[asset]] = spot

    def lose(self, asset: str) -> None:
        """Let nobody hear an asset any more."""
        del self.walk.spots[_TAGS[asset]]

    async def carry_out(self, asset: str = LAPTOP) -> None:
        """From the lobby, once it is believed to be there, through the gate: one exit."""
        self.put(asset, INSIDE)
        await until(lambda: self.is_in(asset, "lobby"), 30, f"{asset} is in the lobby")
        self.put(asset, OUTSIDE)

    async def is_in(self, asset: str, zone: str) -> bool:
        """Whether the gateway has an asset in that zone."""
        answer = await self.admin.get(f"/assets/{asset}/position")
        return answer.status_code == 200 and answer.json()["zone"] == zone

    def again(self, log: Path) -> AbstractAsyncContextManager[RunningGateway]:
        """The gateway anew, on the same address, after it was killed."""
        address = self.url.removeprefix("http://")
        text = self.site.read_text(encoding="utf-8").replace("127.0.0.1:0", address)
        self.site.write_text(text, encoding="utf-8")
        return gateway(self.site, self.data, log)

    async def be_calm(self) -> None:
        """Acknowledge whatever nobody has acknowledged, such as what earlier tests have left."""
        for alert in await items(self.admin, "/alerts"):
            if alert["acknowledged"] is None:
                await self.admin.post(f"/alerts/{alert['id']}/acknowledge", json={"note": "seen"})

    async def alert_of(self, asset: str) -> Json | None:
        """The newest alert about an asset."""
        found = await items(self.admin, "/alerts", asset=asset, limit=1)
        return found[0] if found else None


def assets_csv() -> str:
    rows = (f"{name},Laptop {name},laptop,{tag},office" for name, tag in _TAGS.items())
    return "\n".join(("id,name,category,tags,home_zone", *rows, ""))


@asynccontextmanager
async def depot(folder: Path, port: int = 0) -> AsyncGenerator[Depot]:
    """The depot with all laptops in the office, a guard and an administrator."""
    async with AsyncExitStack() as stack:
        readers = {
            name: await stack.enter_async_context(LlrpReader()) for name in ("hall-1", "gate-1")
        }
        site, data = folder / "site.yaml", folder / "data"
        addresses = {name.partition("-")[0]: each.address for name, each in readers.items()}
        site.write_text(SITE.format(**addresses, port=port), encoding="utf-8")
        assets = folder / "assets.csv"
        assets.write_text(assets_csv(), encoding="utf-8")
        key = await make_key(data)
        done = await tagwarden("import", "assets", assets, "--data", data)
        assert done.code == 0, done.err
        running = await stack.enter_async_context(gateway(site, data, folder / "log"))
        admin = await stack.enter_async_context(asking(running.url, key))
        walk = Walk(readers)
        walk.spots.update(dict.fromkeys(_TAGS.values(), AT_HOME))
        await stack.enter_async_context(playing(walk))
        made = Depot(running, site, data, walk, admin)
        for role in ("guard", "admin"):
            await let_in(admin, role)
        yield made


async def let_in(
    admin: httpx.AsyncClient, role: str, login: str = "", zones: list[str] | None = None
) -> None:
    """Somebody who logs in by the name of their role, or another; for these zones only, or all."""
    body = {"login": login or role, "name": f"Test {role}", "role": role, "zones": zones}
    made = await admin.post("/people", json=body)
    assert made.status_code == 201, made.text
    code = made.json()["code"]
    chosen = {"code": code, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=str(admin.base_url)) as anybody:
        answer = await anybody.post("/setup/password", json=chosen)
    assert answer.status_code in {200, 201}, answer.text
