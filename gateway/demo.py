"""`tagwarden demo`: a simulated facility whose readers speak real LLRP to a real gateway."""

import argparse
import asyncio
import contextlib
import logging
import math
import random
import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from time import time_ns

from alerts.alert import AlertChange
from api.settings import PORT_MAX
from gateway.data_folder import DataFolder, DataFolderBusyError
from gateway.run import Gateway, Options
from gateway.server import PortTakenError
from gateway.site import parse_site
from gateway.terminal import say, warn
from history.keys import create_key
from history.outputs import Output
from history.state import StateTooNewError
from inventory.changes import StoreAssets
from inventory.csv_assets import parse_assets_csv
from simulators.demo import FOR_S_MIN, demo, demo_assets_csv, demo_site_text
from simulators.facility import Facility
from simulators.llrp_reader import LlrpReader
from simulators.player import FacilityPlayer
from tags.times import SECOND_NS, format_time
from zones.movements import Movement

PORT = 8080
DRAIN_S = 4.0
"""Hold, a bin, a confirmation and the way over the wire: after this nothing is on its way."""

READY_S = 20.0
TAKE_IN_S = 2.0
LOOK_AGAIN_S = 0.02


def demo_command(chosen: argparse.Namespace) -> int:
    """Run the demo; its last line sums it up."""
    if chosen.for_s is not None and not FOR_S_MIN <= chosen.for_s < math.inf:
        warn(f"tagwarden demo: --for takes a number of at least {FOR_S_MIN:.0f} seconds", "red")
        return 2
    if chosen.port is not None and not 0 <= chosen.port <= PORT_MAX:
        warn(f"tagwarden demo: --port takes a port from 0 to {PORT_MAX}", "red")
        return 2
    try:
        with _folder(chosen.data) as path, DataFolder(path) as folder:
            return asyncio.run(_demo(folder, chosen))
    except (DataFolderBusyError, PortTakenError, StateTooNewError, sqlite3.Error, OSError) as error:
        warn(f"tagwarden demo: {error}", "red")
        return 1


@contextmanager
def _folder(chosen: Path | None) -> Generator[Path]:
    if chosen is not None:
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="tagwarden-demo-") as path:
        yield Path(path)


async def _demo(folder: DataFolder, chosen: argparse.Namespace) -> int:
    facility = Facility(chosen.seed, demo(chosen.seed, chosen.for_s))
    async with AsyncExitStack() as stack:
        readers = {name: await stack.enter_async_context(LlrpReader()) for name in facility.readers}
        gateway = _gateway(folder, {name: each.address for name, each in readers.items()}, chosen)
        async with asyncio.TaskGroup() as group:
            group.create_task(gateway.run(), name="gateway")
            playing = group.create_task(_play(gateway, facility, readers, chosen.for_s))
            gateway.stop_on_signals(playing.cancel)
            await asyncio.wait([playing])
            if playing.cancelled():
                say("")  # The terminal shows ^C where the summary would begin.
            await _take_in(gateway, readers)
            gateway.stop.set()
    _sum_up(gateway, _sent(readers))
    return 0


def _gateway(folder: DataFolder, addresses: dict[str, str], chosen: argparse.Namespace) -> Gateway:
    # The terminal shows alerts in its own words.
    logging.getLogger("tagwarden.alerts").disabled = True
    site = parse_site(demo_site_text(addresses), "demo.yaml")
    options = Options(announce=Announcer(), rng=random.Random(chosen.seed))  # noqa: S311 - jitter
    if chosen.port is not None:
        options.listen = f"127.0.0.1:{chosen.port}"
        return Gateway(folder, site, options)
    try:
        options.listen = f"127.0.0.1:{PORT}"
        return Gateway(folder, site, options)
    except PortTakenError:
        options.listen = "127.0.0.1:0"
        return Gateway(folder, site, options)


async def _play(
    gateway: Gateway,
    facility: Facility,
    readers: dict[str, LlrpReader],
    for_s: float | None,
) -> None:
    """Start the facility once every source is up; with an end, stop the gateway after it."""
    await gateway.ready.wait()
    await _welcome(gateway)
    async with asyncio.timeout(READY_S):
        for reader in readers.values():
            await reader.inventorying.wait()
    start_ns = -(-time_ns() // SECOND_NS) * SECOND_NS
    await asyncio.sleep((start_ns - time_ns()) / SECOND_NS)
    until_s = math.inf if for_s is None else for_s
    await FacilityPlayer(facility, readers, start_ns).play(until_s)
    await asyncio.sleep(DRAIN_S)


async def _take_in(gateway: Gateway, readers: dict[str, LlrpReader]) -> None:
    """Wait until all that was sent is committed, if that does not take too long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TAKE_IN_S):
            while gateway.collector.reads_committed < _sent(readers):  # noqa: ASYNC110 - two sides of a network
                await asyncio.sleep(LOOK_AGAIN_S)


def _sent(readers: dict[str, LlrpReader]) -> int:
    return sum(reader.sent for reader in readers.values())


async def _welcome(gateway: Gateway) -> None:
    assets = parse_assets_csv(demo_assets_csv(), "demo assets").assets
    change = StoreAssets(arrival_ns=time_ns(), by="demo", assets=assets, rebind=True)
    await gateway.collector.submit(change)
    name = f"demo {time_ns()}"
    key = await gateway.collector.transact(lambda db: create_key(db, name, "admin", time_ns()))
    say("Tagwarden demo: 3 simulated LLRP readers, 24 assets, one gateway", "bold")
    say(f"  address  {gateway.address}")
    say(f"  API key  {key}")
    say(f"  try      curl -H 'Authorization: Bearer {key}' {gateway.address}/api/v1/alerts")
    say("  stop     Ctrl-C")
    say("A laptop is about to leave. Alerts show here as they are raised.", "dim")


class Announcer:
    """Says on the terminal what was decided, a change of an asset's zone once for all its tags."""

    def __init__(self) -> None:
        self._zones: dict[str, str | None] = {}

    def __call__(self, output: Output) -> None:
        """Say one output, if it is one for the terminal."""
        match output:
            case AlertChange():
                _announce_alert(output)
            case Movement(asset=str() as asset) if self._zones.get(asset) != output.to_zone:
                self._announce_movement(output, asset)
            case _:
                pass

    def _announce_movement(self, movement: Movement, asset: str) -> None:
        known = self._zones.get(asset, movement.from_zone)
        self._zones[asset] = movement.to_zone
        # Where tags of an asset were heard in different zones, it is not clear which one moved.
        tag = "" if movement.from_zone == known else f" (tag {movement.tag})"
        way = f"{movement.from_zone or 'nowhere'} → {movement.to_zone or 'nowhere'}"
        say(f"{format_time(movement.time_ns)} {movement.kind} {asset}{tag}: {way}", "dim")


def _announce_alert(change: AlertChange) -> None:
    alert = change.alert
    if change.transition not in {"raised", "reopened"}:
        say(f"{format_time(change.at_ns)} alert {change.transition}: {alert.asset}", "green")
        return
    way = f"{alert.from_zone or 'nowhere'} → {alert.to_zone}"
    text = f"ALERT {change.transition}: {alert.rule}: {alert.asset} ({way})"
    say(f"{format_time(alert.time_ns)} {text}", "red")


def _sum_up(gateway: Gateway, sent: int) -> None:
    reads = gateway.collector.reads_committed
    counts = gateway.counts
    say(f"reads {reads}, movements {counts.movements}, alerts {counts.alerts}, lost {sent - reads}")
