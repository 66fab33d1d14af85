"""Two zones, two groups, and an asset of each group in each zone: what a limited key sees of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from alerts.alert import AlertChange
from api.app import Api
from gateway.site import parse_site
from history.callers import Role, Scope
from history.keys import KeyLimits, create_key
from history.sightings import Sighting, SightingBatch
from history.state import open_state
from readers.health import ReaderHealth
from readers.push_settings import PushSettings
from readers.settings import AntennaSettings, ReaderSettings
from tests.api.fake_gateway import NOON_NS, SECOND_NS, FakeDesk, client_of, moved, raised
from tests.history.made import crossing
from zones.floorplan import FloorPlan
from zones.portal_settings import PortalSettings
from zones.settings import ZoneSettings

API = "/api/v1"
ALPHA, SHELF, BETA = "alpha", "alpha/shelf", "beta"
PLAN = FloorPlan(
    zones=[
        ZoneSettings(name=ALPHA),
        ZoneSettings(name=SHELF, parent=ALPHA),
        ZoneSettings(name=BETA),
    ],
    readers=[
        PushSettings(name="ear-alpha", zone=ALPHA),
        PushSettings(name="ear-beta", zone=BETA),
        ReaderSettings(
            name="ear-both",
            driver="llrp",
            antennas={1: AntennaSettings(zone=ALPHA), 2: AntennaSettings(zone=BETA)},
        ),
    ],
    portals=[
        PortalSettings(name="door-alpha", inside=("ear-alpha/1",), outside=("ear-alpha/2",)),
        PortalSettings(name="door-beta", inside=("ear-beta/1",), outside=("ear-beta/2",)),
    ],
)
_UNDRAWN: dict[str, Any] = dict.fromkeys(("polygon", "shape", "geometry")) | {"role": "storage"}
ZONES: list[dict[str, Any]] = [
    {"name": ALPHA, "parent": None, "floor": "ground", **_UNDRAWN},
    {"name": SHELF, "parent": ALPHA, "floor": "ground", **_UNDRAWN},
    {"name": BETA, "parent": None, "floor": "cellar", **_UNDRAWN},
]


FILE = """\
site: {name: depot}
floors:
  - {name: ground, size_m: [60, 40]}
  - {name: cellar, size_m: [60, 40]}
zones:
  - {name: alpha, floor: ground}
  - {name: alpha/shelf, floor: ground, parent: alpha}
  - {name: beta, floor: cellar}
readers:
  - {name: ear-alpha, driver: http, zone: alpha, antennas: {1: {}, 2: {}}}
  - {name: ear-beta, driver: http, zone: beta, antennas: {1: {}, 2: {}}}
portals:
  - {name: door-alpha, inside: [ear-alpha/1], outside: [ear-alpha/2]}
  - {name: door-beta, inside: [ear-beta/1], outside: [ear-beta/2]}
"""


class Thing(NamedTuple):
    """An asset, or a tag without one; whatever is about it has its `mark` in the name."""

    mark: str
    group: str | None
    zone: str

    @property
    def tag(self) -> str:
        return f"code:{self.mark}"

    @property
    def asset(self) -> str | None:
        return None if self.group is None else f"asset-{self.mark}"


THINGS = {
    thing.mark: thing
    for thing in (
        Thing("qa1", "laptops", ALPHA),
        Thing("qa2", "laptops", BETA),
        Thing("qb1", "pumps", SHELF),
        Thing("qb2", "pumps", BETA),
        Thing("qf1", None, ALPHA),
        Thing("qf2", None, BETA),
    )
}
SCOPES: Mapping[str, Scope] = {
    "zones": Scope(zones=(ALPHA,)),
    "groups": Scope(groups=("laptops",)),
    "both": Scope(zones=(ALPHA,), groups=("laptops",)),
    "nothing": Scope(zones=(), groups=()),
    "everything": Scope(),
}
SEEN: Mapping[str, frozenset[str]] = {
    "zones": frozenset({"qa1", "qb1", "qf1"}),
    "groups": frozenset({"qa1", "qa2"}),
    "both": frozenset({"qa1"}),
    "nothing": frozenset(),
    "everything": frozenset(THINGS),
}

MEDIA = ("application/json", "text/csv", "application/x-ndjson")
KEYS = ("zones", "groups", "both", "nothing", "everything")
LIMITED = ("zones", "groups", "both", "nothing")


class Site(NamedTuple):
    """The facility with everything that happened, and a client for each kind of key."""

    clients: dict[str, httpx.AsyncClient]
    checkouts: dict[str, str]


@pytest.fixture
def limited_keys(state_path: Path) -> dict[str, str]:
    return {name: key_of(state_path, name, scope) for name, scope in SCOPES.items()}


@pytest.fixture
async def site(
    desk: FakeDesk, app: Api, limited_keys: dict[str, str], keys: dict[str, str]
) -> AsyncIterator[Site]:
    await asyncio.to_thread(furnish, desk)
    checkouts = await populate(desk, app, keys["admin"])
    clients = {name: client_of(app, key) for name, key in limited_keys.items()}
    yield Site(clients, checkouts)
    for client in clients.values():
        await client.aclose()


def marks_in(text: str, of: Iterable[str] = THINGS) -> set[str]:
    return {mark for mark in of if mark in text}


def assets_of(key: str) -> set[str]:
    return {mark for mark in SEEN[key] if THINGS[mark].group is not None}


def sees_zone(key: str, zone: str) -> bool:
    zones = SCOPES[key].zones
    return zones is None or any(zone.startswith(each) for each in zones)


def key_of(path: Path, name: str, scope: Scope, role: Role = "operator") -> str:
    with closing(open_state(path)) as state:
        state.execute("BEGIN")
        made = create_key(state, name, role, NOON_NS, "tests", KeyLimits(scope))
        state.execute("COMMIT")
        return made


def furnish(desk: FakeDesk) -> None:
    """Let the site have its zones, readers and sensors."""
    desk.plan = PLAN
    desk.authority.use(PLAN)
    desk.book.restore_plan(PLAN)
    desk.zones = lambda: ZONES  # type: ignore[method-assign] # another site than that of the fake
    desk.health = [
        ReaderHealth(reader=name, state="online", since_ns=NOON_NS) for name in PLAN.hearers
    ]
    desk.site_edits.file.write_text(FILE)
    desk.site_edits.site = parse_site(FILE)
    desk.doors = [PushSettings(name="ear-alpha"), PushSettings(name="ear-beta")]
    desk.measured = [
        {
            "sensor": name,
            "quantity": "t",
            "value": 4.5,
            "unit": "°C",
            "time": "2027-01-15T08:00:00.000000Z",
        }
        for name in ("ear-alpha", "ear-beta")
    ]


async def populate(desk: FakeDesk, app: Api, admin_key: str) -> dict[str, str]:
    """Let everything happen to each thing; the check-outs by the mark of their asset."""
    async with client_of(app, admin_key) as admin:
        for thing in THINGS.values():
            if thing.asset is not None:
                body = {"id": thing.asset, "group": thing.group, "tags": [thing.tag]}
                _ = (await admin.post(f"{API}/assets", json=body)).raise_for_status()
        for position, thing in enumerate(THINGS.values(), start=1):
            await _let_happen(desk, position, thing)
        return {
            thing.mark: await _check_out(admin, thing)
            for thing in THINGS.values()
            if thing.asset is not None
        }


async def _let_happen(desk: FakeDesk, position: int, thing: Thing) -> None:
    door = "door-beta" if thing.zone == BETA else "door-alpha"
    alert = msgspec.structs.replace(
        raised(f"alert-{thing.mark}", thing.asset or "").alert,
        asset=thing.asset,
        tag=thing.tag,
        rule=f"rule-{thing.mark}",
        from_zone=thing.zone,
        to_zone=None,
    )
    reader = "ear-beta" if thing.zone == BETA else "ear-alpha"
    await asyncio.to_thread(_hear, desk, position, thing.tag, reader)
    await desk.happen(
        moved(thing.tag, None, thing.zone, 10, thing.asset),
        crossing(thing.tag, door, NOON_NS + 10 * SECOND_NS, asset=thing.asset),
        AlertChange("raised", alert, NOON_NS, None, ("guards",)),
    )


def _hear(desk: FakeDesk, position: int, tag: str, reader: str) -> None:
    slot_s = NOON_NS // SECOND_NS - 5
    first_ns = slot_s * SECOND_NS
    heard = Sighting(
        slot_s=slot_s,
        tag=tag,
        reader=reader,
        antenna=1,
        first_ns=first_ns,
        last_ns=first_ns,
        count=1,
    )
    desk.sightings.append([SightingBatch(position, [heard])])


async def _check_out(admin: httpx.AsyncClient, thing: Thing) -> str:
    body = {"asset": thing.asset, "person": f"person-{thing.mark}", "for_s": 600}
    answer = (await admin.post(f"{API}/checkouts", json=body)).raise_for_status()
    made: str = answer.json()["id"]
    return made
