"""`tagwarden demo`: a simulated facility whose sources speak real protocols to a real gateway."""

import argparse
import asyncio
import contextlib
import logging
import math
import random
import secrets
import sqlite3
import tempfile
import webbrowser
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import time_ns

from alerts.alert import AlertChange
from api.dashboard import DIST
from api.settings import PORT_MAX
from gateway.data_folder import DataFolder, DataFolderBusyError
from gateway.run import Gateway, Options
from gateway.server import PortTakenError
from gateway.site import parse_site
from gateway.site_plans import PlanFolder
from gateway.terminal import say, warn
from history.callers import Role
from history.keys import create_key
from history.outputs import Output
from history.passwords import Passwords
from history.people import Deed, PersonFields, add_person, keep_password, person_named
from history.state import StateRefusedError
from inventory.changes import StoreAssets
from inventory.csv_assets import parse_assets_csv
from simulators.demo import FOR_S_MIN, QUIET_S, TRACKER_PREFIX, demo
from simulators.demo_floors import FIRST, GROUND
from simulators.demo_plan import floor_plan_png
from simulators.demo_site import DemoPlaces, demo_assets_csv, demo_site_text
from simulators.demo_sources import DemoSources
from simulators.facility import Facility
from simulators.player import FacilityPlayer
from tags.times import SECOND_NS, format_time
from zones.movements import Crossing, Movement

PORT = 8080
SITE_FILE = "demo.yaml"
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
    except (
        DataFolderBusyError,
        PortTakenError,
        StateRefusedError,
        sqlite3.Error,
        OSError,
    ) as error:
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
    cast = demo(chosen.seed, chosen.for_s)
    facility = Facility(chosen.seed, cast.scenario)
    plans = await asyncio.to_thread(_plans, folder)
    async with DemoSources(facility.readers, cast.trackers) as sources:
        text = demo_site_text(_places(sources), plans=plans)
        gateway = _gateway(folder, text, chosen)
        async with asyncio.TaskGroup() as group:
            group.create_task(gateway.run(), name="gateway")
            playing = group.create_task(_play(gateway, facility, sources, chosen))
            gateway.stop_on_signals(playing.cancel)
            await asyncio.wait([playing])
            if playing.cancelled():
                say("")  # The terminal shows ^C where the summary would begin.
            await _take_in(gateway, sources)
            gateway.stop.set()
    _sum_up(gateway, sources)
    return 0


def _places(sources: DemoSources) -> DemoPlaces:
    return DemoPlaces(
        {name: reader.address for name, reader in sources.readers.items()},
        sources.module.path,
        sources.scanner_port.address,
        sources.broker_address,
    )


def _plans(folder: DataFolder) -> dict[str, str]:
    """Draw the floors and keep their pictures; the name of each, for the site file."""
    kept = PlanFolder(folder.path / "plans")
    pictures = {floor: floor_plan_png(floor) for floor in (GROUND, FIRST)}
    for png in pictures.values():
        kept.keep(png)
    return {floor: kept.name_of(png) for floor, png in pictures.items()}


def _gateway(folder: DataFolder, text: str, chosen: argparse.Namespace) -> Gateway:
    # The terminal shows alerts in its own words.
    logging.getLogger("tagwarden.alerts").disabled = True
    site = parse_site(text, SITE_FILE)
    # In a file of its own, so that zones and rules can be edited; made anew by the next demo.
    path = folder.path / SITE_FILE
    path.write_text(text, encoding="utf-8")
    jitter = random.Random(chosen.seed)  # noqa: S311 - no secret
    options = Options(site_path=path, announce=Announcer(), rng=jitter)
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
    sources: DemoSources,
    chosen: argparse.Namespace,
) -> None:
    """Start the facility once every source is up; with an end, stop the gateway after it."""
    await gateway.ready.wait()
    await _welcome(gateway, sources)
    if chosen.open:
        await asyncio.to_thread(webbrowser.open, gateway.address)
    async with asyncio.timeout(READY_S):
        await sources.ready()
    start_ns = -(-time_ns() // SECOND_NS) * SECOND_NS
    await asyncio.sleep((start_ns - time_ns()) / SECOND_NS)
    until_s = math.inf if chosen.for_s is None else chosen.for_s
    player = FacilityPlayer(facility, sources.readers, start_ns)
    async with asyncio.TaskGroup() as group:
        group.create_task(player.play(until_s), name="facility")
        group.create_task(sources.play(start_ns, until_s - QUIET_S), name="other sources")
    await asyncio.sleep(DRAIN_S)


async def _take_in(gateway: Gateway, sources: DemoSources) -> None:
    """Wait until all that was sent is committed, if that does not take too long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TAKE_IN_S):
            while _missing(gateway, sources):  # noqa: ASYNC110 - two sides of a network
                await asyncio.sleep(LOOK_AGAIN_S)


def _missing(gateway: Gateway, sources: DemoSources) -> int:
    """Reads and values that the simulators sent and that are not committed."""
    committed = gateway.collector.reads_committed + gateway.collector.observed_committed
    return sources.sent + sources.values_sent - committed


async def _welcome(gateway: Gateway, sources: DemoSources) -> None:
    assets = parse_assets_csv(demo_assets_csv(), "demo assets").assets
    change = StoreAssets(arrival_ns=time_ns(), by="demo", assets=assets, rebind=True)
    await gateway.collector.submit(change)
    passwords = {"admin": secrets.token_urlsafe(9), "guard": secrets.token_urlsafe(9)}
    hashes = await asyncio.to_thread(_hashes, passwords)
    await gateway.collector.transact(lambda db: _let_in(db, hashes))
    name = f"demo {time_ns()}"
    key = await gateway.collector.transact(lambda db: create_key(db, name, "admin", time_ns()))
    say_where(gateway.address, passwords)
    _say_what_there_is(len(assets), sources)
    say(f"  address  {gateway.address}")
    say(f"  API key  {key}")
    say(f"  try      curl -H 'Authorization: Bearer {key}' {gateway.address}/api/v1/alerts")
    say("  stop     Ctrl-C")
    say("A laptop is about to leave. Alerts show here as they are raised.", "dim")


def _say_what_there_is(assets: int, sources: DemoSources) -> None:
    is_whole = sources.broker_address is not None
    others = ", a location engine, two sensors" if is_whole else ""
    heard_by = f"{len(sources.readers)} LLRP readers, a serial module, a scanner{others}"
    say(f"Tagwarden demo: {assets} assets, simulated: {heard_by}; one gateway", "bold")
    if not is_whole:
        say("  no forklifts, no badges, no sensors: pip install 'tagwarden[demo]' brings a broker")


def say_where(address: str, passwords: dict[str, str]) -> None:
    """How to get in: by the pages, where they are built."""
    admin, guard = passwords["admin"], passwords["guard"]
    if (DIST / "index.html").is_file():
        say(f"open  {address}/  and log in as guard with {guard}", "bold")
        say(f"      or as admin with {admin}")
        return
    say(f"log in as guard with {guard}", "bold")
    say(f"    or as admin with {admin}")


def _hashes(passwords: dict[str, str]) -> dict[str, str]:
    kept = Passwords()
    return {login: kept.hash(password) for login, password in passwords.items()}


def _let_in(connection: sqlite3.Connection, hashes: dict[str, str]) -> None:
    """People of the demo, each with a role of the same name and a password for this run."""
    deed = Deed("demo", time_ns())
    roles: dict[str, Role] = {"admin": "admin", "guard": "guard"}
    for login, role in roles.items():
        fields = PersonFields(f"Demo {login}", role)
        known = person_named(connection, login) or add_person(connection, login, fields, deed)
        _ = keep_password(connection, known.id, hashes[login], deed)


class Announcer:
    """Says on the terminal what was decided, a change of an asset's zone once for all its tags.

    What was heard for the first time is no news in a demo, and what trackers say would fill
    the terminal; both are on the map.
    """

    def __init__(self) -> None:
        self._zones: dict[str, str | None] = {}

    def __call__(self, output: Output) -> None:
        """Say one output, if it is one for the terminal."""
        match output:
            case AlertChange():
                _announce_alert(output)
            case Crossing(direction="outbound" | "inbound"):
                _announce_crossing(output)
            case Movement(asset=str() as asset) if _is_news(output, self._zones.get(asset)):
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


def _is_news(movement: Movement, known: str | None) -> bool:
    return (
        movement.kind != "arrived"
        and not movement.tag.startswith(TRACKER_PREFIX)
        and movement.to_zone != known
    )


def _announce_crossing(crossing: Crossing) -> None:
    what = crossing.asset or crossing.tag
    sure = f"{crossing.confidence:.0%} sure"
    text = f"crossing {crossing.portal} {crossing.direction}: {what} ({sure})"
    say(f"{format_time(crossing.time_ns)} {text}", "dim")


def _announce_alert(change: AlertChange) -> None:
    alert = change.alert
    if change.transition not in {"raised", "reopened"}:
        say(f"{format_time(change.at_ns)} alert {change.transition}: {alert.subject}", "green")
        return
    way = f" ({', '.join(alert.zones)})" if alert.zones else ""
    if alert.tag:
        way = f" ({alert.from_zone or 'nowhere'} → {alert.to_zone or 'outside'})"
    text = f"ALERT {change.transition}: {alert.rule}: {alert.subject}{way}"
    say(f"{format_time(alert.time_ns)} {text}", "red")


def _sum_up(gateway: Gateway, sources: DemoSources) -> None:
    reads, counts = gateway.collector.reads_committed, gateway.counts
    lost = _missing(gateway, sources)
    say(f"reads {reads}, movements {counts.movements}, alerts {counts.alerts}, lost {lost}")
