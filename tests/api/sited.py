"""A gateway at work on a site file that may be edited, asked over real HTTP."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx

from gateway.data_folder import DataFolder
from gateway.run import Gateway, Options
from gateway.site import load_site, parse_site
from history.callers import Role
from history.keys import create_key
from history.state import open_state
from tests.api.fake_gateway import NOON_NS

TEXT = """\
# Riverside, drawn in spring
site: {name: "Riverside",   timezone: Europe/Berlin}   # two spaces, on purpose

floors:
  - {name: ground, size_m: [60, 40]}

zones:
  - name: hall   # the big one
    floor: ground
    polygon: [[0, 0], [40, 0], [40, 40], [0, 40]]
  # the door to the yard
  - {name: gate, floor: ground, role: exit, polygon: [[40, 10], [46, 10], [46, 20], [40, 20]]}

readers:
  - name: handhelds   # carried about
    driver: http
    format: tagwarden
    zone: hall

rules:
  - {name: laptops stay in, kind: exit, fence: [hall], notify: [desk]}

channels:
  - {name: desk, kind: log}
  - name: guards
    kind: webhook
    url: https://example.net/hook
    secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw   # until the vault is there
# the end
"""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Json = dict[str, Any]


class Sited:
    """The running gateway, its site file, and who asks it."""

    def __init__(
        self, gateway: Gateway, path: Path, clients: dict[Role, httpx.AsyncClient]
    ) -> None:
        self.gateway = gateway
        self.path = path
        self.admin = clients["admin"]
        self.viewer = clients["viewer"]

    @property
    def text(self) -> str:
        return self.path.read_bytes().decode()

    @property
    def zones(self) -> list[str]:
        """The zones that the pipeline decides by."""
        return [*self.gateway.station.pipeline.plan.zones]

    async def etag(self, path: str) -> str:
        answer = await self.admin.get(path)
        assert answer.status_code == 200, answer.text
        return answer.headers["etag"]

    async def change(self, verb: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 -- of httpx
        """Ask with the ETag that the thing has now."""
        headers = {"if-match": await self.etag(path), **more.pop("headers", {})}
        return await self.admin.request(verb, path, headers=headers, **more)


@asynccontextmanager
async def sited(
    folder: Path, text: str | None = TEXT, *, keys_again: bool = False
) -> AsyncGenerator[Sited]:
    """Start a gateway; without a text it has no file, and works by `TEXT`."""
    path = folder / "site.yaml"
    data = DataFolder(folder / "data")
    gateway, keys = await asyncio.to_thread(_made, data, path, text, " again" * keys_again)
    # At the end of the process it may block; here others share the loop.
    close, gateway._close = gateway._close, lambda: None  # type: ignore[method-assign]  # a test
    try:
        async with asyncio.TaskGroup() as group, AsyncExitStack() as stack:
            running = group.create_task(gateway.run())
            await asyncio.wait_for(gateway.ready.wait(), 10)
            clients: dict[Role, httpx.AsyncClient] = {
                role: await stack.enter_async_context(_asking(gateway.address, key))
                for role, key in keys.items()
            }
            try:
                yield Sited(gateway, path, clients)
            finally:
                gateway.stop.set()
                await running
    finally:
        await asyncio.to_thread(close)
        await asyncio.to_thread(data.__exit__, None, None, None)


def _made(
    data: DataFolder, path: Path, text: str | None, named: str
) -> tuple[Gateway, dict[Role, str]]:
    if text is not None:
        path.write_bytes(text.encode())
    data.__enter__()
    site = parse_site(TEXT) if text is None else load_site(path)
    options = Options("127.0.0.1:0", None if text is None else path)
    return Gateway(data, site, options), _keys(data.state, named)


def _keys(state_path: Path, named: str) -> dict[Role, str]:
    roles: tuple[Role, ...] = ("viewer", "admin")
    with closing(open_state(state_path)) as state:
        state.execute("BEGIN")
        made: dict[Role, str] = {
            role: create_key(state, f"{role} key{named}", role, NOON_NS) for role in roles
        }
        state.execute("COMMIT")
        return made


def _asking(url: str, key: str) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {key}"}
    return httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=10)
