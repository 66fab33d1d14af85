"""The one protocol by which the API writes, and what it may ask of the running gateway."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from alerts.changes import (
    AlertVerb,
    EndDrill,
    EndMaintenance,
    ShelveRule,
    StartDrill,
    StartMaintenance,
)
from api.dispatch import Dispatch
from api.erasing import Erasing
from api.live_state import LiveNews
from api.previewing import Previews
from api.running import FloorMap, Frame, System
from api.site_edits import SiteEdits
from api.whereabouts import Whereabouts
from history.answers import Answer
from history.sightings import SightingStore
from inventory.changes import CustodyChange, Outcome, RemoveAsset, StoreAssets
from readers.health import ReaderHealth
from readers.push import ReadPush, Receipt
from tags.reads import Fix
from zones.floorplan import FloorPlan

MaintenanceChange = StartMaintenance | EndMaintenance
DrillChange = StartDrill | EndDrill
Change = (
    StoreAssets
    | RemoveAsset
    | AlertVerb
    | ShelveRule
    | DrillChange
    | CustodyChange
    | MaintenanceChange
)

T = TypeVar("T")


class JournalFullError(Exception):
    """The gateway can not take the change now; nothing was changed. HTTP 503."""


class UnknownReaderError(LookupError):
    """The site file names no such reader, or not as one that takes pushes. HTTP 404."""


class Listeners(NamedTuple):
    """Who listens where, how each of them is now, and what they heard."""

    plan: FloorPlan
    healths: dict[str, ReaderHealth]
    sightings: SightingStore


class Desk(Protocol):
    """Fulfilled by the gateway."""

    clock: Callable[[], int]
    whereabouts: Whereabouts

    @property
    def plan(self) -> FloorPlan:
        """The floor plan that holds; another object when it is another plan."""
        ...

    @property
    def dispatch(self) -> Dispatch:
        """What may be asked of delivery."""
        ...

    @property
    def erasing(self) -> Erasing:
        """What forgets assets and people."""
        ...

    @property
    def site_edits(self) -> SiteEdits:
        """What reads and edits the site file."""
        ...

    @property
    def previews(self) -> Previews:
        """What says what the rules would have said with another site file."""
        ...

    @property
    def system(self) -> System:
        """What may be asked of the gateway about itself."""
        ...

    def frame(self) -> Frame:
        """What every page shows around it: name, clock and version of the site."""
        ...

    def maps(self) -> Mapping[str, FloorMap]:
        """The floors that have a map under them, by name."""
        ...

    async def submit(self, change: Change) -> Outcome:
        """Return once the change is committed, or refused. Raises JournalFullError."""
        ...

    async def check(self, change: Change) -> Outcome:
        """Say what `submit` would answer now; nothing is changed."""
        ...

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run work on `state.db` as one transaction, for data that decides nothing.

        Keys, people, sessions, subscriptions: with the lines of the audit log that tell of
        it. What `work` raises undoes it and is raised here. Raises JournalFullError.
        """
        ...

    async def ingest(self, reader: str, read: ReadPush) -> Receipt:
        """Let a reader that takes pushes read one; returns once it is committed.

        Raises UnknownReaderError, JournalFullError, readers.push.PushRefusedError.
        """
        ...

    async def recall(self, actor: str, key: str) -> Answer | None:
        """Give what this actor (the id of an API key) was told under this Idempotency-Key."""
        ...

    async def remember(self, actor: str, key: str, answer: Answer) -> None:
        """Return once the answer is committed. Raises JournalFullError.

        Asked only when `recall` gave None. Answers older than a day may be forgotten.
        """
        ...

    def rules(self) -> list[dict[str, Any]]:
        """Each rule of the site file as it is now.

        name, kind, version, severity, zones (that it names), notify; out_of_service (why, or
        null); in_force (whether its schedule is open); shelved_until, of all its alerts; shelves,
        each with asset (null: all of them), until, since, by, reason.
        """
        ...

    async def note_denial(self, by: str, asked: str, role: str) -> None:
        """Write into the audit log that somebody asked for what their role may not do.

        The same again within a minute is written once. Never raises.
        """
        ...

    async def note_export(self, by: str, path: str, form: str, filters: dict[str, str]) -> None:
        """Write into the audit log that somebody took a list away in a form such as `csv`.

        The same again within a minute is written once. Never raises.
        """
        ...

    def shelve_max_s(self) -> float:
        """For how long alerts and rules may be put aside at most."""
        ...

    def drill_until_ns(self) -> int | None:
        """When the drill that is held now ends; None where none is held."""
        ...

    def readers(self) -> list[dict[str, Any]]:
        """Each reader of the site file with its health, as `readers.health.health_json`.

        Beside it `listed`, `reads_per_second` of the last seconds, and `series` of these.
        """
        ...

    def listeners(self) -> Listeners:
        """All readers, with what they heard; to ask the store, use a thread."""
        ...

    def maintenance(self) -> list[dict[str, Any]]:
        """What is in maintenance, as `readers.maintenance.maintenance_json`."""
        ...

    async def switch_output(
        self, reader: str, port: int, on_for_s: float | None, by: str
    ) -> Outcome:
        """Let a reader switch an output on for so long, or off (None).

        Unknown: no such reader or port. Conflict: it is not connected, has no outputs or
        does not do it.
        """
        ...

    async def restart_reader(self, reader: str, by: str) -> Outcome:
        """Let go of a reader and connect it afresh; returns once the former driver is closed.

        Unknown: the site file names no such reader. Conflict: it is started anew already.
        """
        ...

    def owner_of(self, tag: str) -> str | None:
        """The id of the asset that carries a tag now, by the tag or its pure identity."""
        ...

    def last_heard_ns(self, tag: str) -> int | None:
        """Event time of the newest read or position of a tag, from memory."""
        ...

    def group_of(self, asset: str) -> str | None:
        """The group of an asset, from memory; None if it is not registered."""
        ...

    def fix_of(self, asset: str) -> Fix | None:
        """The newest fix of any tag that an asset carries, from memory."""
        ...

    def sensors(self) -> list[dict[str, Any]]:
        """The newest value of each sensor, by name: sensor, quantity, value, unit, time."""
        ...

    def zone_is_healthy(self, zone: str) -> bool:
        """Whether every reader that covers the zone is healthy."""
        ...

    def flaps_of(self, tag: str) -> int:
        """How often a tag went to another zone and straight back within the last hour."""
        ...

    def unknown_since_ns(self, zone: str, tag: str) -> int | None:
        """Since when nobody can say whether a tag is still in a zone; None while somebody can.

        Nobody can while a reader that covers the zone is not healthy. In a zone that no
        reader covers, a tag whose positions are known is there until they say otherwise.
        """
        ...

    def zones(self) -> list[dict[str, Any]]:
        """The zones of the site file: name, floor, role, parent, polygon, shape, geometry."""
        ...

    def readiness(self) -> tuple[str, list[str]]:
        """`ready`, `degraded` or `starting`, and the reasons."""
        ...

    async def live(self, since: int) -> LiveNews:
        """What changed on the live map since a number, `LiveNews.number` of the last time.

        All of it for 0. To be asked by one only, a few times a second.
        """
        ...

    async def committed(self, after_seq: int, timeout_s: float) -> int:
        """Wait until something newer than `after_seq` is committed; the newest seq.

        After `timeout_s` it returns what is newest then, which may be `after_seq`.
        """
        ...
