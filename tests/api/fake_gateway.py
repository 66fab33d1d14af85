"""A gateway made of a register in memory and a real state.db, and the API on top of it."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from alerts.alert import Alert, AlertChange, Evidence, Severity
from alerts.authority import Authority
from alerts.changes import EndDrill, EndMaintenance, ShelveRule, StartDrill, StartMaintenance
from alerts.maintenance import MaintenanceBook
from api.app import Api
from api.desk import Change, JournalFullError, Listeners, UnknownReaderError
from api.live_state import LiveNews
from api.running import FloorMap, Frame
from api.whereabouts import Whereabouts
from history.answers import Answer, find_answer, store_answer
from history.callers import Role
from history.outputs import AssetRemoved, AssetStored, Numbered, Output
from history.record import record_outputs
from history.sqlite_sightings import SqliteSightings
from history.state import open_state
from inventory.changes import (
    DONE,
    CheckIn,
    CheckOut,
    Outcome,
    RemoveAsset,
    RevokeCheckOut,
    StoreAssets,
)
from inventory.custody import CustodyState
from inventory.register import Register, RegisterState
from readers.driver import Batch
from readers.health import ReaderHealth, health_json
from readers.maintenance import maintenance_json
from readers.push import HttpDriver, ReadPush, Receipt
from readers.push_settings import PushSettings
from readers.settings import AntennaSettings, ReaderSettings
from tags.reads import Fix
from tests.api.fake_alerts import FakeAlerts
from tests.api.fake_dispatch import FakeDispatch
from tests.api.fake_erasing import FakeErasing
from tests.api.fake_map import FakeMap
from tests.api.fake_previews import FakePreviews
from tests.api.fake_site import FakeSite
from tests.api.fake_system import FakeSystem
from zones.floorplan import FloorPlan
from zones.movements import Heard, Movement, MovementKind, movement_id
from zones.portal_settings import PortalSettings

NOON_NS = 1_800_000_000_000_000_000
SECOND_NS = 1_000_000_000
PLAN = FloorPlan(
    readers=[ReaderSettings(name="gate-1", driver="llrp", antennas={2: AntennaSettings()})],
    portals=[PortalSettings(name="dock door/left", inside=("gate-1/1",), outside=("gate-1/2",))],
)
T = TypeVar("T")
ROLES: tuple[Role, ...] = ("ingest", "viewer", "guard", "operator", "admin")


class FakeDesk:
    """Commits at once, in the test's own thread, what the register and the alerts allow."""

    def __init__(self, path: Path) -> None:
        self.plan = PLAN
        self.whereabouts = Whereabouts()
        self.clock: Callable[[], int] = lambda: NOON_NS
        self.state = open_state(path)
        self.site_edits = FakeSite(path)
        self.dispatch = FakeDispatch(self.state, NOON_NS)
        self.erasing = FakeErasing(self.state, NOON_NS)
        self.system = FakeSystem()
        self.previews = FakePreviews(self.site_edits)
        self.register = Register(RegisterState({}))
        self.alerts = FakeAlerts()
        self.forget_checkouts()
        self.book = MaintenanceBook({})
        self.book.restore_plan(PLAN)
        self.map = FakeMap()
        self.floor_maps: dict[str, FloorMap] = {}
        self._hear(path)
        self._seq = 0
        self._writing = asyncio.Lock()
        self._news = asyncio.Event()

    def _hear(self, path: Path) -> None:
        """What a test lets happen, and what it finds that was asked for."""
        self.submitted: list[Change] = []
        self.denials: list[tuple[str, str, str]] = []
        self.exports: list[tuple[str, str, str, dict[str, str]]] = []
        self.journal_full = False
        self.sick_zones: set[str] = set()
        self.sick_since_ns = NOON_NS
        self.flaps: dict[str, int] = {}
        self.heard_ns: dict[str, int] = {}
        self.fixes: dict[str, Fix] = {}
        self.measured: list[dict[str, Any]] = []
        self.ready: tuple[str, list[str]] = ("ready", [])
        self.health = [ReaderHealth(reader="gate-1", state="online", since_ns=NOON_NS)]
        self.sightings = SqliteSightings(path.with_name("sightings"))
        self.outputs: list[tuple[str, int, float | None, str]] = []
        self.output_refusal: Outcome | None = None
        self.restarts: list[tuple[str, str]] = []
        self.restart_refusal: Outcome | None = None
        self.doors = [PushSettings(name="handhelds")]
        self.pushed: list[Batch] = []
        self.disk = asyncio.Event()
        self.disk.set()

    def forget_checkouts(self) -> None:
        """Go on with a book in which nothing stands."""
        self.authority = Authority(CustodyState(), self.register)
        self.authority.use(PLAN)

    async def submit(self, change: Change) -> Outcome:
        if self.journal_full:
            raise JournalFullError
        async with self._writing:
            outcome, outputs = self._decide(change)
            self.submitted.append(change)
            await asyncio.to_thread(self.commit, outputs)
        return outcome

    async def check(self, change: Change) -> Outcome:
        assert isinstance(change, StoreAssets)
        register = Register(RegisterState(dict(self.register.state.assets)))
        return register.store(change)[0]

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self.journal_full:
            raise JournalFullError

        def run() -> T:
            with self.state:
                self.state.execute("BEGIN IMMEDIATE")
                return work(self.state)

        async with self._writing:
            return await asyncio.to_thread(run)

    async def ingest(self, reader: str, read: ReadPush) -> Receipt:
        settings = next((door for door in self.doors if door.name == reader), None)
        if settings is None:
            raise UnknownReaderError(reader)
        if self.journal_full:
            raise JournalFullError
        driver = HttpDriver(settings, self.clock)
        await driver.connect()
        committing = asyncio.create_task(self._commit_pushes(driver))
        try:
            return await driver.push(read)
        finally:
            committing.cancel()
            await asyncio.gather(committing, return_exceptions=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0):
                    await self._commit_pushes(driver)

    async def _commit_pushes(self, driver: HttpDriver) -> None:
        while True:
            batch = await driver.next_batch()
            await self.disk.wait()
            self.pushed.append(batch)
            if batch.acknowledge is not None:
                batch.acknowledge()

    async def recall(self, actor: str, key: str) -> Answer | None:
        return await asyncio.to_thread(find_answer, self.state, actor, key)

    async def remember(self, actor: str, key: str, answer: Answer) -> None:
        if self.journal_full:
            raise JournalFullError
        await asyncio.to_thread(store_answer, self.state, actor, key, answer, NOON_NS)

    def rules(self) -> list[dict[str, Any]]:
        return self.alerts.rules()

    async def note_denial(self, by: str, asked: str, role: str) -> None:
        self.denials.append((by, asked, role))

    async def note_export(self, by: str, path: str, form: str, filters: dict[str, str]) -> None:
        self.exports.append((by, path, form, filters))

    def shelve_max_s(self) -> float:
        return 28_800.0

    def drill_until_ns(self) -> int | None:
        return self.alerts.drill_until_ns

    def readers(self) -> list[dict[str, Any]]:
        rates = {"reads_per_second": 2.0, "series": [1.0, 2.0], "zone": None, "points": []}
        return [health_json(self.book.applied_to(health)) | rates for health in self.health]

    def listeners(self) -> Listeners:
        healths = {each.reader: self.book.applied_to(each) for each in self.health}
        return Listeners(self.plan, healths, self.sightings)

    def maintenance(self) -> list[dict[str, Any]]:
        return [maintenance_json(each) for each in self.book.running()]

    async def switch_output(
        self, reader: str, port: int, on_for_s: float | None, by: str
    ) -> Outcome:
        self.outputs.append((reader, port, on_for_s, by))
        return self.output_refusal or DONE

    async def restart_reader(self, reader: str, by: str) -> Outcome:
        self.restarts.append((reader, by))
        return self.restart_refusal or DONE

    def frame(self) -> Frame:
        return Frame("Depot", "Europe/Berlin", "v1")

    def maps(self) -> dict[str, FloorMap]:
        return self.floor_maps

    def owner_of(self, tag: str) -> str | None:
        asset = self.register.asset_of(tag)
        return None if asset is None else asset.id

    def last_heard_ns(self, tag: str) -> int | None:
        return self.heard_ns.get(tag)

    def group_of(self, asset: str) -> str | None:
        known = self.register.asset(asset)
        return None if known is None else known.group

    def fix_of(self, asset: str) -> Fix | None:
        return self.fixes.get(asset)

    def sensors(self) -> list[dict[str, Any]]:
        return self.measured

    def zone_is_healthy(self, zone: str) -> bool:
        return zone not in self.sick_zones

    def flaps_of(self, tag: str) -> int:
        return self.flaps.get(tag, 0)

    def unknown_since_ns(self, zone: str, tag: str) -> int | None:
        del tag
        return self.sick_since_ns if zone in self.sick_zones else None

    def zones(self) -> list[dict[str, Any]]:
        square = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]
        known = {
            "floor": "ground",
            "role": "storage",
            "parent": None,
            "polygon": square,
            "shape": "polygon",
            "geometry": {"type": "Polygon", "coordinates": [[*square, square[0]]]},
        }
        undrawn = dict.fromkeys(("polygon", "shape", "geometry"))
        return [
            {"name": "hall", **known},
            {"name": "hall/shelf", **known, "parent": "hall"},
            {"name": "gate", **known, **undrawn, "role": "exit"},
        ]

    def readiness(self) -> tuple[str, list[str]]:
        return self.ready

    async def live(self, since: int) -> LiveNews:
        return self.map.since(since, self._seq)

    async def committed(self, after_seq: int, timeout_s: float) -> int:
        try:
            async with asyncio.timeout(timeout_s):
                while self._seq <= after_seq:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass
        return self._seq

    def commit(self, outputs: list[Output]) -> list[Numbered]:
        numbered = [Numbered(self._seq + n, output) for n, output in enumerate(outputs, start=1)]
        with self.state:
            self.state.execute("BEGIN IMMEDIATE")
            record_outputs(self.state, numbered)
        self._seq += len(numbered)
        self.whereabouts.note(numbered)
        for output in outputs:
            if isinstance(output, AlertChange):
                self.alerts.known[output.alert.id] = output.alert
        return numbered

    async def happen(self, *outputs: Output) -> None:
        """Commit from outside, as the pipeline does, and wake who waits."""
        await asyncio.to_thread(self.commit, list(outputs))
        self._news.set()

    def _decide(self, change: Change) -> tuple[Outcome, list[Output]]:
        match change:
            case StoreAssets():
                outcome, changed = self.register.store(change)
                return outcome, [AssetStored(asset, change.arrival_ns) for asset in changed]
            case RemoveAsset():
                outcome, removed = self.register.remove(change)
                gone = [] if removed is None else [AssetRemoved(removed.id, change.arrival_ns)]
                return outcome, [*gone]
            case StartMaintenance() | EndMaintenance():
                return self.book.take(change)[0], []
            case ShelveRule() | StartDrill() | EndDrill():
                return self.alerts.direct(change)
            case CheckOut() | CheckIn() | RevokeCheckOut():
                outcome = self.authority.change(change, change.arrival_ns).outcome
                return outcome, list(self.authority.take_decided())
            case _:
                return self.alerts.handle(change)


def moved(
    tag: str,
    from_zone: str | None,
    to_zone: str | None,
    after_s: float,
    asset: str | None = None,
) -> Movement:
    kind: MovementKind = "moved"
    if from_zone is None:
        kind = "arrived"
    elif to_zone is None:
        kind = "departed"
    time_ns = NOON_NS + int(after_s * SECOND_NS)
    return Movement(
        id=movement_id(tag, from_zone, to_zone, time_ns),
        time_ns=time_ns,
        decided_ns=time_ns,
        tag=tag,
        kind=kind,
        from_zone=from_zone,
        to_zone=to_zone,
        asset=asset,
    )


def raised(alert_id: str, asset: str, severity: Severity = "critical") -> AlertChange:
    evidence = Evidence(
        (Heard("gate-1", 2, NOON_NS, 3, -51.5),), {"gate": 1.0}, {"gate-1": "online"}, "v1"
    )
    alert = Alert(
        id=alert_id,
        rule=f"rule of {asset}",
        rule_version="1",
        kind="exit",
        severity=severity,
        asset=asset,
        tag="e2801160",
        from_zone="hall",
        to_zone="gate",
        portal=None,
        time_ns=NOON_NS,
        decided_ns=NOON_NS,
        raised_at_ns=NOON_NS,
        late=False,
        evidence=evidence,
    )
    return AlertChange("raised", alert, NOON_NS, None, ("guards",))


def client_of(app: Api, key: str | None) -> httpx.AsyncClient:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers)
