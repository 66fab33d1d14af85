"""A whole gateway in the test's own process: tags come to the gate, receivers are told."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from gateway.data_folder import DataFolder
from gateway.entries import Entry
from gateway.run import Gateway, Options
from gateway.site import parse_site
from history.keys import create_key
from inventory.assets import Asset
from inventory.changes import StoreAssets
from readers.health import ReaderHealth
from tags.reads import Read
from tests.delivery.made import SECRET
from tests.delivery.receiver import Receiver

TAGS = tuple(f"3034257bf400b7800000{n:04x}" for n in range(20))


def site_text(channels: str, notify: str, system: str = "") -> str:
    return f"""\
site: {{name: depot}}
system: {{notify: [{system}]}}
zones:
  - {{name: hall}}
  - {{name: gate, role: exit}}
readers:
  - name: door
    driver: http
    format: tagwarden
    antennas: {{1: {{zone: hall}}, 2: {{zone: gate}}}}
rules:
  - {{name: stay in, kind: exit, fence: [hall], assets: {{category: laptop}}, severity: critical,
     notify: [{notify}]}}
channels:
{channels}
server: {{listen: "127.0.0.1:0"}}
"""


def hook(receiver: Receiver, name: str = "guards", more: str = "") -> str:
    return (
        f"  - {{name: {name}, kind: webhook, url: {receiver.url}, secret: {SECRET},"
        f" allow_private: true{more}}}\n"
    )


class Least(random.Random):
    """Full jitter at its shortest."""

    def uniform(self, a: float, b: float) -> float:
        return min(a, b)


class Depot:
    """A gateway at work; `walk_out` brings a laptop to the gate."""

    def __init__(self, gateway: Gateway, key: str) -> None:
        self.gateway = gateway
        self.key = key

    async def walk_out(self, *laptops: int, acknowledge: Callable[[], None] | None = None) -> None:
        """Laptops are seen at the gate; many other reads need room on the disk with them."""
        now_ns = time.time_ns()
        reads = [Read(TAGS[n], "door", 2, now_ns, now_ns, -50.0) for n in laptops]
        others = [Read("e280", "door", 1, now_ns, now_ns, -60.0 - n % 9) for n in range(300)]
        await self.gateway.collector.put_reads(reads + others, acknowledge)

    async def full_disk(self) -> None:
        """Let nothing more fit into the database."""

        def fill() -> None:
            connection = self.gateway._journal.connection
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute("CREATE TABLE filler (filling BLOB)")
            connection.execute(f"PRAGMA max_page_count = {pages + 2}")
            with suppress(sqlite3.OperationalError):
                while True:
                    connection.execute("INSERT INTO filler VALUES (zeroblob(1000))")

        await self._on_the_writer(fill)

    async def free_disk(self) -> None:
        def free() -> None:
            self.gateway._journal.connection.execute("PRAGMA max_page_count = 1000000")

        await self._on_the_writer(free)

    async def _on_the_writer(self, work: object) -> None:
        assert callable(work)
        writer = self.gateway.collector._writer
        await asyncio.get_running_loop().run_in_executor(writer, work)

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[httpx.AsyncClient]:
        headers = {"authorization": f"Bearer {self.key}"}
        url = self.gateway.address
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
            yield client


@asynccontextmanager
async def depot(
    folder: Path, site: str, wall: Callable[[], int] = time.time_ns
) -> AsyncGenerator[Depot]:
    """Run a gateway on a folder until the block is over; `wall` is the clock of its machine."""
    data = DataFolder(folder)
    await asyncio.to_thread(data.__enter__)
    gateway = await asyncio.to_thread(
        lambda: Gateway(data, parse_site(site, "site.yaml"), Options(rng=Least(), wall=wall))
    )
    # At the end of the process it may block; here others share the loop.
    close, gateway._close = gateway._close, lambda: None  # type: ignore[method-assign]  # a test
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(gateway.run())
            await gateway.ready.wait()
            found = Depot(gateway, await _prepared(gateway))
            try:
                yield found
            finally:
                gateway.stop.set()
                await running
    finally:
        await asyncio.to_thread(close)
        await asyncio.to_thread(data.__exit__, None, None, None)


async def _prepared(gateway: Gateway) -> str:
    now_ns = time.time_ns()
    laptops = tuple(Asset(id=f"L{n}", category="laptop", tags=(tag,)) for n, tag in enumerate(TAGS))
    stored = StoreAssets(arrival_ns=now_ns, by="test", assets=laptops)
    assert (await gateway.collector.submit(stored)).refused is None
    online: list[Entry] = [ReaderHealth(reader="door", state="online", since_ns=now_ns)]
    for entry in online:
        gateway.collector.put(entry)
    name = f"test {now_ns}"
    return await gateway.collector.transact(lambda db: create_key(db, name, "operator", now_ns))
