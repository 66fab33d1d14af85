"""The desk: what the API may ask of the running gateway, and the one way in which it writes."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from alerts.changes import AlertVerb, GatewayFault
from alerts.maintenance import MaintenanceBook
from api.desk import Change, JournalFullError, Listeners, UnknownReaderError
from api.dispatch import Dispatch
from api.erasing import Erasing
from api.live_state import LiveNews
from api.previewing import Previews
from api.running import FloorMap, Frame, System
from api.site_edits import SiteEdits
from api.whereabouts import Whereabouts
from gateway.collector import Collector
from gateway.denials import Denials
from gateway.export_lines import ExportLines
from gateway.file_watch import is_report
from gateway.followers import NAME as SIGHTINGS
from gateway.live_board import LiveBoard
from gateway.read_points import points_json
from gateway.read_rates import ReadRates
from gateway.rule_rows import rule_rows
from gateway.site import Site
from gateway.site_rules import schedules_of
from gateway.site_told import frame_of, maps_of
from gateway.supervisor import Supervisor
from gateway.zone_drawings import drawn_zones
from history.answers import Answer, find_answer, store_answer
from history.audit import AuditEntry, append_audit
from history.sightings import SightingStore
from inventory.changes import DONE, Outcome, StoreAssets
from readers.driver import ReaderError, ReaderMisconfiguredError, SwitchesOutputs
from readers.health import ReaderHealth, health_json
from readers.maintenance import maintenance_json
from readers.push import HttpDriver, PushRefusedError, ReadPush, Receipt
from readers.push_settings import PushSettings
from tags.reads import Fix
from tags.times import format_time
from zones.floorplan import FloorPlan
from zones.tracks import heard_ns

SWITCH_TIMEOUT_S = 10.0

T = TypeVar("T")

log = logging.getLogger("tagwarden.readers")


class GatewayDesk:
    """Fulfils `api.desk.Desk` for a running gateway, which says who does what is not its own."""

    site_edits: SiteEdits
    erasing: Erasing
    system: System
    previews: Previews
    restart: Callable[[str], Awaitable[Outcome]]

    def __init__(  # noqa: PLR0913, PLR0917 -- it joins what the API may ask for
        self,
        collector: Collector,
        supervisor: Supervisor,
        site: Callable[[], Site],
        clock: Callable[[], int],
        sightings: SightingStore,
        dispatch: Dispatch,
    ) -> None:
        self.clock = clock
        self.whereabouts = Whereabouts()
        self.dispatch = dispatch
        self._sightings = sightings
        self._collector = collector
        self.live_board = LiveBoard(
            lambda: collector.station.pipeline,
            site,
            clock,
            lambda zone, tag: self.unknown_since_ns(zone, tag) is not None,
        )
        self._supervisor = supervisor
        self.rates = ReadRates(lambda: supervisor.watches)
        self._site = site
        self._denials = Denials(lambda: self.clock())  # noqa: PLW0108 - tests set another clock later
        self._exports = ExportLines(lambda: self.clock())  # noqa: PLW0108 - the same
        self._drawn: tuple[str | None, list[dict[str, Any]]] = (None, [])

    @property
    def plan(self) -> FloorPlan:
        """The floor plan that holds."""
        return self._collector.station.pipeline.plan

    @property
    def _maintenance(self) -> MaintenanceBook:
        return self._collector.station.pipeline.maintenance

    async def submit(self, change: Change) -> Outcome:
        """Commit a change. Raises JournalFullError while the disk takes nothing."""
        self._require_room()
        outcome = await self._collector.submit(change)
        if outcome.refused == "unknown" and isinstance(change, AlertVerb):
            cleared = await self._was_alert(change.alert)
            return Outcome("conflict", "the alert is cleared") if cleared else outcome
        return outcome

    async def _was_alert(self, alert: str) -> bool:
        """Whether there ever was an alert with this id."""

        def work(connection: sqlite3.Connection) -> bool:
            row = connection.execute("SELECT 1 FROM alerts WHERE id = ?", (alert,)).fetchone()
            return row is not None

        return await self._collector.transact(work)

    async def check(self, change: Change) -> Outcome:
        """What `submit` would answer."""
        if isinstance(change, StoreAssets):
            return self._collector.station.pipeline.judge.register.check(change) or DONE
        return DONE

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run work on `state.db` as one transaction. Raises JournalFullError, or what it raises."""
        self._require_room()
        try:
            return await self._collector.transact(work)
        except sqlite3.OperationalError as error:
            raise JournalFullError(str(error)) from error

    async def ingest(self, reader: str, read: ReadPush) -> Receipt:
        """Take a push in. Raises UnknownReaderError, JournalFullError, PushRefusedError."""
        entries = [entry for entry in self._site().settings.readers if entry.name == reader]
        if not any(isinstance(entry, PushSettings) for entry in entries):
            raise UnknownReaderError(reader)
        driver = self._supervisor.drivers.get(reader)
        if not isinstance(driver, HttpDriver):
            raise PushRefusedError("closed", f"{reader} takes no pushes just now; see its health")
        try:
            self._require_room()
        except JournalFullError:
            driver.note_bad({"journal_full": 1})
            raise
        return await driver.push(read)

    async def recall(self, actor: str, key: str) -> Answer | None:
        """The answer that this actor got under this key."""

        def work(connection: sqlite3.Connection) -> Answer | None:
            return find_answer(connection, actor, key)

        return await self._collector.transact(work)

    async def remember(self, actor: str, key: str, answer: Answer) -> None:
        """Keep an answer. Raises JournalFullError while the disk takes nothing."""
        self._require_room()
        now_ns = self.clock()

        def work(connection: sqlite3.Connection) -> None:
            store_answer(connection, actor, key, answer, now_ns)

        try:
            await self._collector.transact(work)
        except sqlite3.Error as error:
            raise JournalFullError(str(error)) from error

    def rules(self) -> list[dict[str, Any]]:
        """Each rule of the site file as it is now."""
        judged = self._collector.station.pipeline.state.judged
        settings = self._site().settings
        return rule_rows(settings.rules, judged, self.clock(), schedules_of(settings))

    def shelve_max_s(self) -> float:
        """For how long alerts and rules may be put aside at most."""
        return self._site().settings.limits.shelve_max_s

    def drill_until_ns(self) -> int | None:
        """When the drill that is held now ends; None where none is held."""
        until_ns = self._collector.station.pipeline.state.judged.drill_until_ns
        return until_ns if until_ns > self.clock() else None

    def readers(self) -> list[dict[str, Any]]:
        """Each reader of the site file with its health, the devices behind it after it."""
        watches = self._supervisor.watches
        found: list[dict[str, Any]] = []
        for settings in self._site().settings.readers:
            names = [hearer.name for hearer in settings.hearers()]
            strangers = [
                name
                for name, watch in watches.items()
                if watch.link == settings.name and not watch.listed
            ]
            found += [self._reader(name) for name in [*names, *strangers]]
        return found

    def listeners(self) -> Listeners:
        """Each reader as it is now, the floor plan, and the store of what was heard."""
        healths = {
            name: self._maintenance.applied_to(watch.health)
            for name, watch in self._supervisor.watches.items()
        }
        return Listeners(self._collector.station.pipeline.plan, healths, self._sightings)

    def maintenance(self) -> list[dict[str, Any]]:
        """What is in maintenance."""
        return [maintenance_json(each) for each in self._maintenance.running()]

    async def switch_output(
        self, reader: str, port: int, on_for_s: float | None, by: str
    ) -> Outcome:
        """Let a reader switch an output; who asked for it stands in the log."""
        if all(settings.name != reader for settings in self._site().settings.readers):
            return Outcome("unknown", f"there is no reader {reader!r}")
        driver = self._supervisor.drivers.get(reader)
        if driver is None:
            return Outcome("conflict", f"{reader} is not connected; see its health")
        if not isinstance(driver, SwitchesOutputs):
            return Outcome("conflict", f"{reader} has no outputs")
        refusal = await _refusal_to_switch(driver, port, on_for_s)
        if refusal is not None:
            return refusal
        what = "off" if on_for_s is None else f"on for {on_for_s:g} s"
        log.info("%s: output %d switched %s by %s", reader, port, what, by)
        await self.note_deed("output.switch", f"{reader}/{port}", by, {"on_for_s": on_for_s})
        return DONE

    async def restart_reader(self, reader: str, by: str) -> Outcome:
        """Start a reader anew; who asked for it stands in the audit log."""
        outcome = await self.restart(reader)
        if outcome.refused is None:
            await self.note_deed("reader.restart", reader, by, {})
        return outcome

    def frame(self) -> Frame:
        """What every page shows around it."""
        return frame_of(self._site())

    def maps(self) -> dict[str, FloorMap]:
        """The floors that have a map under them, by name."""
        return maps_of(self._site())

    async def note_denial(self, by: str, asked: str, role: str) -> None:
        """Write down that somebody was refused, unless that stands there already, or too much."""
        if self._denials.is_worth_a_line(by, asked, role):
            await self.note_deed("access.denied", asked, by, {"role": role})

    async def note_export(self, by: str, path: str, form: str, filters: dict[str, str]) -> None:
        """Write down that somebody took a list away, unless that stands there already."""
        worth = self._exports.worth(by, f"{path} {form} {sorted(filters.items())}")
        detail: dict[str, Any] = {"format": form, "filters": filters}
        if worth == "more":
            detail["note"] = "more follow; they are not told one by one"
        if worth is not None:
            await self.note_deed("export", path, by, detail)

    async def note_deed(self, action: str, target: str, by: str, detail: dict[str, Any]) -> None:
        """Write down what somebody did beside the pipeline; a full disk undoes nothing."""
        entry = AuditEntry(None, self.clock(), by, action, target, "", detail)
        try:
            await self._collector.transact(lambda state: append_audit(state, [entry]))
        except sqlite3.Error as error:
            log.error("%s of %s by %s is not in the audit log: %s", action, target, by, error)  # noqa: TRY400 - the text is all that helps

    def owner_of(self, tag: str) -> str | None:
        """The id of the asset that carries a tag now, by the tag or its pure identity."""
        asset = self._collector.station.pipeline.judge.register.asset_of(tag)
        return None if asset is None else asset.id

    def last_heard_ns(self, tag: str) -> int | None:
        """Event time of the newest read or position of a tag."""
        located = self._collector.station.pipeline.state.located
        return max((heard_ns(each, tag) for each in located), default=0) or None

    def group_of(self, asset: str) -> str | None:
        """The group of an asset."""
        known = self._collector.station.pipeline.judge.register.asset(asset)
        return None if known is None else known.group

    def fix_of(self, asset: str) -> Fix | None:
        """The newest fix of any tag that an asset carries."""
        state = self._collector.station.pipeline.state
        known = self._collector.station.pipeline.judge.register.asset(asset)
        tags = () if known is None else known.tags
        fixes = [state.latest.fixes[tag] for tag in tags if tag in state.latest.fixes]
        return max(fixes, key=lambda fix: fix.time_ns, default=None)

    def sensors(self) -> list[dict[str, Any]]:
        """The newest value of each sensor, by name."""
        latest = self._collector.station.pipeline.state.latest
        return [
            {
                "sensor": each.sensor,
                "quantity": each.quantity,
                "value": each.value,
                "unit": each.unit,
                "time": format_time(each.time_ns),
            }
            for _, values in sorted(latest.measurements.items())
            for _, each in sorted(values.items())
        ]

    def zone_is_healthy(self, zone: str) -> bool:
        """Whether every reader that covers the zone is healthy."""
        return zone in self._collector.station.pipeline.state.located[0].healthy_since_ns

    def flaps_of(self, tag: str) -> int:
        """How often a tag went to another zone and straight back within the last hour."""
        state = self._collector.station.pipeline.state
        for located in state.located:
            track = located.tracks.get(tag)
            if track is not None:
                return track.flaps.in_hour(state.now_ns)
        return 0

    def unknown_since_ns(self, zone: str, tag: str) -> int | None:
        """Since when nobody can say whether a tag is still in a zone; None while somebody can."""
        state = self._collector.station.pipeline.state
        located = state.located[0]
        if zone in located.healthy_since_ns:
            return None
        if zone in located.unheard_since_ns:
            return located.unheard_since_ns[zone]
        return None if tag in state.latest.fixes else self.last_heard_ns(tag) or 0

    def zones(self) -> list[dict[str, Any]]:
        """The zones of the site file; they are drawn once for each version of it."""
        site = self._site()
        version, zones = self._drawn
        if version != site.version:
            zones = drawn_zones(site)
            self._drawn = site.version, zones
        return zones

    def readiness(self) -> tuple[str, list[str]]:
        """Ready, or degraded with the reasons. A reader that is down is no reason: see readers.

        A history that is late is one, though alerts go out all the same.
        """
        faults = list(self._collector.station.pipeline.state.judged.faults.values())
        told = [f"{each.kind} {each.name}: {each.detail}" for each in faults if _degrades(each)]
        reasons = [fault for fault in (self._collector.degraded, *told) if fault]
        return ("degraded" if reasons else "ready"), reasons

    async def live(self, since: int) -> LiveNews:
        """What changed on the live map since a number."""
        return await self.live_board.news(since, self._collector.station.committed_seq)

    async def committed(self, after_seq: int, timeout_s: float) -> int:
        """Wait for something newer than `after_seq`."""
        return await self._collector.committed(after_seq, timeout_s)

    def _reader(self, name: str) -> dict[str, Any]:
        return self._health_of(name) | points_json(self.plan.hearer(name))

    def _health_of(self, name: str) -> dict[str, Any]:
        watch = self._supervisor.watches.get(name)
        series = self.rates.of(name)
        lately = {"reads_per_second": series[-1] if series else 0.0, "series": series}
        if watch is None:
            health = ReaderHealth(reader=name, state="connecting", since_ns=self.clock())
            return {**health_json(self._maintenance.applied_to(health)), "listed": True, **lately}
        told = health_json(
            self._maintenance.applied_to(watch.health),
            watch.last_message_ns,
            watch.last_read_ns,
            watch.clock_offset_ns,
        )
        return {**told, "listed": watch.listed, **lately}

    def _require_room(self) -> None:
        if self._collector.station.full or self._collector.degraded:
            raise JournalFullError(self._collector.station.fault)


def _degrades(fault: GatewayFault) -> bool:
    """Whether this gateway itself is not whole.

    A day file that was mended, or another store that is away, is told by its alert alone.
    """
    if fault.kind == "history":
        return fault.name == SIGHTINGS
    return fault.kind == "store" and is_report(fault.name)


async def _refusal_to_switch(
    driver: SwitchesOutputs, port: int, on_for_s: float | None
) -> Outcome | None:
    """Switch an output; why it is not switched, if so."""
    try:
        async with asyncio.timeout(SWITCH_TIMEOUT_S):
            await driver.switch_output(port, on_for_s)
    except ReaderMisconfiguredError as error:
        return Outcome("unknown", str(error))
    except ReaderError as error:
        return Outcome("conflict", str(error))
    except TimeoutError:
        return Outcome("conflict", f"the reader did not answer within {SWITCH_TIMEOUT_S:g} s")
    return None
