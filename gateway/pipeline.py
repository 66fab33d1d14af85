"""The pipeline: entries in, decisions out. Pure and deterministic.

No clock, no I/O, no randomness. Its time is the largest arrival seen. One
object serves production, tests, simulation and replay; its state is plain data
and can be written down and read back at any entry.
"""

from collections.abc import Callable, Mapping, Sequence
from heapq import merge
from itertools import takewhile
from typing import NamedTuple

import msgspec

from alerts.changes import (
    EndDrill,
    EndMaintenance,
    GatewayFault,
    ShelveRule,
    StartDrill,
    StartMaintenance,
)
from alerts.forces import Timetable
from alerts.judge import Judge
from alerts.maintenance import NEVER_NS, MaintenanceBook
from alerts.rule_kinds import ForbiddenRule
from alerts.settings import RuleSettings, SystemSettings
from alerts.state import JudgeState
from alerts.watch import Outfit
from gateway.entries import (
    ClockOffset,
    Entry,
    GatewayStarted,
    MaintenanceChange,
    Observed,
    ReadGroup,
    SiteChanged,
    Tick,
    arrival_of,
)
from history.outputs import (
    AssetRemoved,
    AssetStored,
    Audited,
    Numbered,
    Output,
    ReadersRemoved,
    ZonesChanged,
)
from inventory.changes import CheckIn, CheckOut, Outcome, RemoveAsset, RevokeCheckOut, StoreAssets
from readers.health import ReaderHealth
from readers.maintenance import Maintenance, Target
from tags.latest import Latest
from tags.reads import Read
from zones.bins import BIN_NS
from zones.floorplan import NO_PLAN, FloorPlan
from zones.locate import Locate
from zones.tracks import LocateState, Step, closing_ns


class Blueprint(NamedTuple):
    """What the pipeline needs of a site file."""

    plan: FloorPlan
    rules: Sequence[RuleSettings]
    tags_max: int = 1_000_000
    system: SystemSettings = SystemSettings()
    timetables: Mapping[str, Timetable] = {}
    channels: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()

    @property
    def outfit(self) -> Outfit:
        """What of it concerns alerts."""
        rules = {rule.name: rule for rule in self.rules}
        return Outfit(self.plan, rules, self.system, self.channels, self.fallback)

    @property
    def guarded(self) -> frozenset[str]:
        """The zones that are forbidden for somebody, with those that lie in them."""
        forbidden = [
            name for rule in self.rules if isinstance(rule, ForbiddenRule) for name in rule.zones
        ]
        return frozenset(zone for zone in self.plan.zones if self.plan.within(zone, forbidden))


ReadBlueprint = Callable[[str], Blueprint]
"""Makes a blueprint of the text of a site file that was accepted before."""

FORMAT = 4
"""Version of the state's layout; a state of another version is not read but replayed."""


class PipelineState(msgspec.Struct):
    """All that the pipeline remembers; `sources` holds the newest group had from each."""

    now_ns: int = 0
    seq: int = 0
    sources: dict[str, int] = {}
    site: SiteChanged | None = None
    latest: Latest = msgspec.field(default_factory=Latest)
    maintenance: dict[Target, Maintenance] = {}
    located: list[LocateState] = msgspec.field(default_factory=lambda: [LocateState()])
    judged: JudgeState = msgspec.field(default_factory=JudgeState)


class Decisions(msgspec.Struct):
    """What was decided from some entries, and what became of each change among them."""

    outputs: list[Numbered]
    outcomes: dict[int, Outcome]


class Pipeline:
    """Locate (by tag, in any number of parts), then Judge (by site)."""

    def __init__(
        self,
        read_blueprint: ReadBlueprint,
        state: PipelineState | None = None,
    ) -> None:
        self.state = state or PipelineState()
        self._read_blueprint = read_blueprint
        parts = len(self.state.located)
        self.locates = [
            Locate(located, part=part, parts=parts)
            for part, located in enumerate(self.state.located)
        ]
        self.judge = Judge(self.state.judged)
        for locate in self.locates:
            locate.forbids = self.judge.forbids
        self.maintenance = MaintenanceBook(self.state.maintenance)
        self._plan = NO_PLAN
        self._outputs: list[Numbered] = []
        if self.state.site is not None:
            self._restore_site(self.state.site)

    @property
    def plan(self) -> FloorPlan:
        """The floor plan that holds now."""
        return self._plan

    def advance(self, entries: Sequence[Entry]) -> Decisions:
        """Take entries in, in order. How they are grouped changes nothing that is decided."""
        outcomes: dict[int, Outcome] = {}
        for index, entry in enumerate(entries):
            if isinstance(entry, ReadGroup | Observed):
                self._take_heard(entry)
                continue
            if isinstance(entry, GatewayStarted):
                self._note_start(entry)
            self._pass_time(arrival_of(entry))
            outcome = self._take(entry)
            if outcome is not None:
                outcomes[index] = outcome
            self._collect()
        outputs, self._outputs = self._outputs, []
        return Decisions(outputs, outcomes)

    def _take_heard(self, heard: ReadGroup | Observed) -> None:
        if isinstance(heard, ReadGroup):
            self._take_reads(heard)
        else:
            self._take_observed(heard)

    def _take_observed(self, observed: Observed) -> None:
        """Fixes come one by one, each at its own arrival."""
        for fix in observed.fixes:
            self._pass_time(fix.arrival_ns)
            self.state.latest.take_fix(fix)
            for locate in self.locates:
                locate.fold_fix(fix)
            self.judge.take_fix(fix)
        self._pass_time(observed.arrival_ns)
        for measurement in observed.measurements:
            self.state.latest.take_measurement(measurement)
            self.judge.take_measurement(measurement)
        self._collect()

    def _take_reads(self, group: ReadGroup) -> None:
        if group.seq <= self.state.sources.get(group.source, -1):
            return
        self.state.sources[group.source] = group.seq
        reads: Sequence[Read] = group.reads
        while self.maintenance.ends_ns < NEVER_NS:
            before = list(takewhile(self._comes_before_an_end, reads))
            if len(before) == len(reads):
                break
            self._fold(before)
            reads = reads[len(before) :]
            self._pass_time(self.maintenance.ends_ns)
        self._fold(reads)

    def _comes_before_an_end(self, read: Read) -> bool:
        return read.arrival_ns < self.maintenance.ends_ns

    def _fold(self, reads: Sequence[Read]) -> None:
        for locate in self.locates:
            locate.fold(reads)
        self._judge_steps(max(locate.state.now_ns for locate in self.locates))

    def _pass_time(self, arrival_ns: int) -> None:
        """Let time pass; maintenance ends at its own time, after what else is due then."""
        now_ns = max(self.state.now_ns, arrival_ns)
        while self.maintenance.ends_ns <= now_ns:
            ends_ns = self.maintenance.ends_ns
            self._advance(max(self.state.now_ns, ends_ns))
            self._restate(self.maintenance.expire(ends_ns))
        self._advance(now_ns)

    def _advance(self, now_ns: int) -> None:
        for locate in self.locates:
            locate.advance(now_ns)
        self._judge_steps(now_ns)

    def _judge_steps(self, now_ns: int) -> None:
        self.state.now_ns = now_ns
        for step in merge(*(locate.take_steps() for locate in self.locates), key=_order):
            self.judge.take(step)
        self.judge.advance(now_ns)
        self._collect()

    def _take(self, entry: Entry) -> Outcome | None:
        """Everything but reads; the outcome of a change."""
        match entry:
            case StoreAssets() | RemoveAsset():
                return self._change_register(entry)
            case CheckOut() | CheckIn() | RevokeCheckOut():
                return self.judge.change_custody(entry)
            case ShelveRule() | StartDrill() | EndDrill():
                return self._take_order(entry)
            case StartMaintenance() | EndMaintenance():
                return self._change_maintenance(entry)
            case ReaderHealth() | ClockOffset() | SiteChanged() | GatewayStarted():
                self._take_news(entry)
            case GatewayFault():
                self.judge.note_fault(entry)
            case ReadGroup() | Observed() | Tick():
                pass  # time has passed, and that is all
            case _:
                return self.judge.handle(entry)
        return None

    def _take_order(self, order: ShelveRule | StartDrill | EndDrill) -> Outcome:
        """What somebody says of many alerts at once; it stands in the audit log."""
        match order:
            case ShelveRule():
                shelved = order.until_ns > order.arrival_ns
                verb, target = f"rule.{'shelve' if shelved else 'unshelve'}", order.rule
                outcome = self.judge.shelve_rule(order)
            case StartDrill():
                outcome, verb, target = self.judge.start_drill(order), "drill.start", "site"
            case EndDrill():
                outcome, verb, target = self.judge.end_drill(order), "drill.end", "site"
        if outcome.refused is None:
            self._number(audited(order, verb, target))
        return outcome

    def _take_news(self, news: ReaderHealth | ClockOffset | SiteChanged | GatewayStarted) -> None:
        """What nobody waits for an answer to."""
        match news:
            case ReaderHealth():
                self._note_health(news)
            case ClockOffset(reader=reader, offset_ns=offset_ns):
                for locate in self.locates:
                    locate.note_offset(reader, offset_ns)
                self.judge.note_offset(reader, offset_ns)
            case SiteChanged():
                self._change_site(news)
            case GatewayStarted():
                self.judge.listen()

    def _note_start(self, start: GatewayStarted) -> None:
        """Nothing was heard while the gateway was down, so all timers stood still.

        What it heard until then is decided first, as if it were held no longer.
        """
        down_ns = start.down_since_ns or 0
        self._pass_time(down_ns)
        self.judge.note_stop()
        self._pass_time(min(closing_ns(down_ns // BIN_NS), start.arrival_ns))
        missed_ns = _missed_ns(start)
        for locate in self.locates:
            locate.note_start(missed_ns)
        self.judge.note_start(missed_ns)
        self._restate(self.maintenance.readers())

    def _note_health(self, health: ReaderHealth) -> None:
        """Whatever a reader says of itself, maintenance of it holds."""
        health = self.maintenance.applied_to(health)
        for locate in self.locates:
            locate.note_health(health)
        self.judge.note_health(health)
        self._number(health)

    def _change_maintenance(self, change: MaintenanceChange) -> Outcome:
        outcome, readers = self.maintenance.take(change)
        if outcome.refused is None:
            verb = "start" if isinstance(change, StartMaintenance) else "end"
            self._number(audited(change, f"maintenance.{verb}", str(change.target)))
        self._restate(readers)
        self._pass_time(self.state.now_ns)
        return outcome

    def _restate(self, readers: Sequence[str]) -> None:
        """Say of readers how they are, since maintenance of them began or ended."""
        known = self.state.judged.readers
        for name in readers:
            unknown = ReaderHealth(reader=name, state="connecting", since_ns=self.state.now_ns)
            self._note_health(known.get(name, unknown))
        self._collect()

    def _change_register(self, change: StoreAssets | RemoveAsset) -> Outcome:
        if isinstance(change, StoreAssets):
            outcome, assets = self.judge.store_assets(change)
            for asset in assets:
                self._number(AssetStored(asset, change.arrival_ns, change.by))
            return outcome
        outcome, removed = self.judge.remove_asset(change)
        if removed is not None:
            self._number(AssetRemoved(removed.id, change.arrival_ns, change.by))
        return outcome

    def _change_site(self, change: SiteChanged) -> None:
        blueprint = self._read_blueprint(change.text)
        plan = blueprint.plan
        self.state.site = change
        for locate in self.locates:
            locate.tags_max, locate.guarded = blueprint.tags_max, blueprint.guarded
            locate.adopt_plan(plan)
        self.judge.adopt_rules(blueprint.outfit, change.version, blueprint.timetables)
        former, self._plan = self._plan, plan
        succession = plan.succession_of(former)
        if any(succession):
            self._number(ZonesChanged(*succession, change.arrival_ns))
        if lost := plan.lost_hearers(former):
            self._number(ReadersRemoved(lost, change.arrival_ns))
        touched = self.maintenance.adopt_plan(plan)
        self._restate([name for name in touched if plan.hearers_of(name)])

    def _restore_site(self, change: SiteChanged) -> None:
        blueprint = self._read_blueprint(change.text)
        plan = blueprint.plan
        for locate in self.locates:
            locate.tags_max, locate.guarded = blueprint.tags_max, blueprint.guarded
            locate.restore_plan(plan)
        self.judge.restore_rules(blueprint.outfit, blueprint.timetables)
        self.maintenance.restore_plan(plan)
        self._plan = plan

    def _collect(self) -> None:
        for decided in self.judge.take_decided():
            self._number(decided)

    def _number(self, output: Output) -> None:
        self.state.seq += 1
        self._outputs.append(Numbered(self.state.seq, output))


def _missed_ns(started: GatewayStarted) -> int:
    down_since_ns = started.down_since_ns
    return 0 if down_since_ns is None else max(0, started.arrival_ns - down_since_ns)


def audited(
    order: ShelveRule | StartDrill | EndDrill | MaintenanceChange, verb: str, target: str
) -> Audited:
    """What the audit log says of an order."""
    said = msgspec.to_builtins(order)
    why = said.get("reason", "")
    detail = {name: said[name] for name in ("until_ns", "subject") if name in said}
    return Audited(
        at_ns=order.arrival_ns,
        actor=order.by,
        action=verb,
        target=target,
        why=why,
        detail=detail,
    )


def _order(step: Step) -> tuple[int, int, int, str]:
    return step[:4]
