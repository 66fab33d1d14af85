"""Judge: movements, changes and time to alerts. Pure, one for a site.

It sees moves, not reads. Timers are part of the cases and fire at their own
due time: once all reads up to that time have had their hold, before anything
that arrives at the same instant.
"""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from alerts.alert import Alert, AlertChange, Cause, Event, Notice
from alerts.authority import Authority
from alerts.cases import Cases
from alerts.changes import AlertVerb, EndDrill, GatewayFault, ShelveRule, StartDrill
from alerts.clock_watch import CLOCK, ClockWatch
from alerts.conflict_watch import CONFLICT, ConflictWatch
from alerts.custody_watch import OVERDUE, CustodyWatch
from alerts.forces import Forces, Timetable
from alerts.handling import refusal_to_shelve
from alerts.place_watch import Findings, PlaceWatch
from alerts.places import Places
from alerts.portal_watch import PortalWatch
from alerts.rulebook import SiteRulebook
from alerts.shelving import shelve_rule
from alerts.state import JudgeState, Key
from alerts.suppression import BY_CUSTODY, BY_HEALTH
from alerts.watch import Outfit, RuleWatch, SystemWatch, Watch
from alerts.watches import rule_watches, system_watches
from alerts.zone_watch import BLIND, ZoneWatch
from inventory.assets import Asset
from inventory.changes import DONE, CustodyChange, Outcome, RemoveAsset, StoreAssets
from inventory.custody import CustodyChanged
from inventory.register import Register
from readers.health import ReaderHealth
from tags.reads import Fix, Measurement
from zones.clock import ClockJump
from zones.movements import Conflict, Crossing, Movement
from zones.tracks import PHASE_ARRIVAL, Step

_OfTag = TypeVar("_OfTag", bound=Movement | Crossing | Conflict)
Decided = Movement | Crossing | AlertChange | Notice | Event | CustodyChanged


class Judge:
    """One site's judge of movements."""

    def __init__(self, state: JudgeState) -> None:
        self.state = state
        self.register = Register(state.register)
        self.authority = Authority(state.custody, self.register)
        self._out: list[Decided] = []
        self._outfit = Outfit()
        self._forces = Forces(state.in_force)
        self._places = Places(state.places, self.register)
        self._rulebook = SiteRulebook(state, self._forces, self.authority, self._tell)
        self._cases = Cases(state, self._rulebook)
        self._custody = CustodyWatch(state, self.register, self.authority, self._out.append)
        self._where = PlaceWatch(state, self.register, self._places, self._custody)
        self._portals = PortalWatch(state, self.register, self._places, self._custody)
        self._zones = ZoneWatch(state)
        self._clocks = ClockWatch(state)
        self._conflicts = ConflictWatch(self.register)
        self._by_kind: dict[str, RuleWatch] = rule_watches(state, self.register, self._places)
        for watch in (self._where, self._portals):
            self._by_kind.update(dict.fromkeys(watch.kinds, watch))
        self._system: dict[str, SystemWatch] = {
            BLIND: self._zones,
            CLOCK: self._clocks,
            CONFLICT: self._conflicts,
            OVERDUE: self._custody,
            **system_watches(state, self.register, self._out.append),
        }
        by_kind = dict.fromkeys(self._by_kind.values())
        self._watches: list[Watch] = [*by_kind, *self._system.values()]
        self._rulebook.system = self._system
        self._timed = [watch for watch in self._watches if watch.has_timers]

    def take_decided(self) -> list[Decided]:
        """What was decided since the last call, in order."""
        decided = list(self._out)
        self._out.clear()
        return decided

    # Rules

    def restore_rules(
        self,
        outfit: Outfit,
        timetables: Mapping[str, Timetable],
    ) -> None:
        """Go on with the rules that the state was made with."""
        self._outfit = outfit
        self._rulebook.use(outfit, timetables)
        self.authority.use(outfit.plan)
        for watch in self._watches:
            watch.use(outfit)
        self._forces.use(timetables, self.state.now_ns)
        self._cases.begin()

    def adopt_rules(
        self,
        outfit: Outfit,
        version: str,
        timetables: Mapping[str, Timetable],
    ) -> None:
        """Use other rules: places follow renamed zones, vanished rules withdraw their alerts.

        So do rules that are no longer for an asset. Where the new rules judge a place
        differently, that counts from now on; where not, what is open or pending goes on.
        """
        former = self._outfit
        succession = outfit.plan.succession_of(former.plan)
        moved = bool(succession.renamed) or outfit.plan.zones != former.plan.zones
        rules = outfit.rules
        edited = [
            name
            for name in rules
            if moved
            or rules[name] != former.rules.get(name)
            or self._forces.differ(name, timetables)
        ]
        tags = self._places.tags() if edited else []
        before = self._findings(tags, edited)
        self.restore_rules(outfit, timetables)
        for name in edited:
            self._forces.restart(name, self.state.now_ns)
        self.state.site_version = version
        outfit.plan.drop_strangers(self.state.readers)
        self._places.follow(succession)
        self.authority.follow(succession.renamed, self.state.now_ns)
        self.authority.keep_rules(set(rules))
        self._cases.rename_zones(succession.renamed)
        self._withdraw_strays()
        self._cases.reconsider_service()
        with self._because("rule_change"):
            self._where.judge_anew(before, self._findings(tags, edited), self._cases)
            self._reassess(edited)
        self._zones.look(self._cases)
        self._cases.reconsider_suppression(BY_HEALTH | BY_CUSTODY)
        self._collect_custody()

    def _reassess(self, names: list[str]) -> None:
        """Let the watches look anew with edited rules that are in force; places are judged."""
        held = [name for name in names if self._forces.is_open(name)]
        for watch in self._watches:
            if watch is not self._where and held:
                watch.reassess(held, self._cases)

    # What comes in

    def note_health(self, health: ReaderHealth) -> None:
        """A reader's health is evidence for alerts, and of zones that nobody hears."""
        self.state.readers[health.reader] = health
        for watch in self._watches:
            watch.note_health(health, self._cases)
        self._zones.look_around(health.reader, self._cases)
        self._cases.reconsider_suppression(BY_HEALTH)

    def note_offset(self, reader: str, offset_ns: int) -> None:
        """A reader's protocol stated its time: gateway's clock minus reader's clock."""
        self._clocks.note(reader, offset_ns, self._cases)

    def note_fault(self, fault: GatewayFault) -> None:
        """A part of the gateway does not work, or does again."""
        for watch in self._watches:
            watch.note_fault(fault, self._cases)

    def note_stop(self) -> None:
        """The gateway went down; what was heard until then may still be decided."""
        self._cases.void_unheard()

    def note_start(self, missed_ns: int) -> None:
        """The gateway starts; what is pending stood still for the time that it missed."""
        self.state.readers.clear()
        for watch in self._watches:
            watch.note_start()
        self._cases.stand_still(missed_ns)
        self.authority.note_start(self.state.now_ns + missed_ns)

    def listen(self) -> None:
        """The gateway is up: from now on somebody should hear each zone."""
        self.state.listening = True
        self._zones.look(self._cases)

    def adopt_open(self, alerts: Iterable[Alert]) -> list[str]:
        """Let the open alerts be these, which were committed; the ids about which it was wrong."""
        opened = list(alerts)
        wrong = self._cases.adopt_open(opened)
        self._zones.adopt(alert for alert in opened if alert.rule == BLIND)
        return wrong

    def advance(self, now_ns: int) -> None:
        """Let time pass: do what is due up to and at `now_ns`, each at its own time."""
        while (due_ns := self._next_ns()) is not None and due_ns <= now_ns:
            self._cases.advance(due_ns)
            self._turn_forces(due_ns)
            for watch in self._timed:
                watch.advance(due_ns, self._cases)
            self._collect_custody()
        self._cases.advance(now_ns)

    def _next_ns(self) -> int | None:
        """When something beside the cases is due."""
        dues_ns = [self._forces.next_ns(), *(watch.next_ns() for watch in self._timed)]
        return min((due_ns for due_ns in dues_ns if due_ns is not None), default=None)

    def _turn_forces(self, now_ns: int) -> None:
        """Rules come into force and see what is broken by then, or go out of it."""
        for name in self._forces.take_due(now_ns):
            if not self._forces.is_open(name):
                self._withdraw_all(name)
                continue
            with self._because("schedule"):
                for watch in self._watches:
                    watch.reassess([name], self._cases)

    def take(self, step: Step) -> None:
        """Take one decision of Locate in; timers that are due before it fire first."""
        self.advance(step.at_ns if step.phase >= PHASE_ARRIVAL else step.at_ns - 1)
        self.state.now_ns = max(self.state.now_ns, step.at_ns)
        decision = step.decision
        if isinstance(decision, ClockJump):
            self._clocks.take(decision, self._cases)
            return
        asset = self.register.asset_of(decision.tag)
        if asset is not None:
            decision = _of_asset(decision, asset)
        if isinstance(decision, Conflict):
            self._conflicts.take(decision, self._cases)
            return
        self._out.append(decision)
        if isinstance(decision, Movement):
            if not decision.late:
                self._places.note(decision)
            for watch in self._watches:
                watch.take_movement(asset, decision, self._cases)
        else:
            for watch in self._watches:
                watch.take_crossing(asset, decision, self._cases)
        self._collect_custody()

    def forbids(self, tag: str, zone: str, time_ns: int) -> bool:
        """Whether one good read of a tag in a zone at a time is to be told at once."""
        return self._where.forbids(tag, zone, lambda rule: self._forces.was_open(rule, time_ns))

    def take_fix(self, fix: Fix) -> None:
        """A tracker told its position, in order of arrival."""
        for watch in self._watches:
            watch.take_fix(fix, self._cases)

    def take_measurement(self, measurement: Measurement) -> None:
        """A sensor told a value, in order of arrival."""
        for watch in self._watches:
            watch.take_measurement(measurement, self._cases)

    # What people do

    def store_assets(self, change: StoreAssets) -> tuple[Outcome, list[Asset]]:
        """Change the register; the assets that are other than before.

        Rules that are no longer for an asset or a tag withdraw their alerts; those
        that are for it now judge the place in which it is.
        """
        tags = self._touched_by(change.assets)
        before = self._findings(tags, self._outfit.rules)
        outcome, changed = self.register.store(change)
        if changed:
            self._follow_register(tags, before)
        return outcome, changed

    def remove_asset(self, change: RemoveAsset) -> tuple[Outcome, Asset | None]:
        """Take an asset out of the register; nothing stays pending for it.

        Its tags are judged as those that no asset carries.
        """
        known = self.register.asset(change.asset)
        tags = self._touched_by(() if known is None else (known,))
        before = self._findings(tags, self._outfit.rules)
        outcome, asset = self.register.remove(change)
        if asset is not None:
            self._follow_register(tags, before)
        return outcome, asset

    def handle(self, verb: AlertVerb) -> Outcome:
        """Somebody does something with an alert."""
        return self._cases.handle(verb)

    def shelve_rule(self, change: ShelveRule) -> Outcome:
        """Somebody puts the alerts of a rule aside, or takes them up again."""
        if change.rule not in self._outfit.rules and change.rule not in self._system:
            return Outcome("unknown", f"there is no rule {change.rule!r}")
        return shelve_rule(change, self.state.shelves, self._cases)

    def start_drill(self, change: StartDrill) -> Outcome:
        """What happens from now on is a test; said again, the end said last holds."""
        refused = refusal_to_shelve(change.reason, change.until_ns, change.arrival_ns)
        if refused is not None:
            return refused
        if self.state.drill_until_ns <= change.arrival_ns:
            self.state.drill_since_ns = change.arrival_ns
        self.state.drill_until_ns = change.until_ns
        return DONE

    def end_drill(self, change: EndDrill) -> Outcome:
        """What happens from now on is none any more."""
        if self.state.drill_until_ns <= change.arrival_ns:
            return Outcome("conflict", "there is no drill")
        self.state.drill_until_ns = change.arrival_ns
        return DONE

    def change_custody(self, change: CustodyChange) -> Outcome:
        """Somebody checks something out or in, or revokes that."""
        outcome = self._custody.change(change, self._cases)
        self._cases.reconsider_suppression(BY_CUSTODY)
        self._collect_custody()
        return outcome

    # Changes of rules and assets

    def _findings(self, tags: Iterable[str], names: Iterable[str]) -> Findings:
        held = [name for name in names if self._forces.is_open(name)]
        return self._where.findings(tags, held, self._cases)

    def _touched_by(self, assets: Iterable[Asset]) -> list[str]:
        """The tags that these assets carry or take over, with the others of who carries them."""
        names: set[str] = set()
        for asset in assets:
            owners = (self.register.asset_of(tag) for tag in asset.tags)
            for each in (asset, self.register.asset(asset.id), *owners):
                names.update(() if each is None else each.tags)
        return self._places.tags_named(names)

    def _follow_register(self, tags: list[str], before: Findings) -> None:
        self._places.note_bindings(tags)
        self._withdraw_strays()
        after = self._findings(tags, self._outfit.rules)
        with self._because("asset_change"):
            self._where.judge_anew(before, after, self._cases)
            for watch in self._watches:
                watch.note_register(self._cases)
        self._collect_custody()

    def _withdraw_strays(self) -> None:
        """End what no rule asks for any more: it is gone, or it is not for the subject now."""
        for key, about in self._cases.about():
            if not self._concerns(key, about.tag):
                self._cases.withdraw(key)

    def _concerns(self, key: Key, tag: str) -> bool:
        watch = self._system.get(key[0])
        if watch is not None:
            return watch.concerns(key, tag)
        rule = self._outfit.rules.get(key[0])
        if rule is None or not self._forces.is_open(key[0]):
            return False
        return self._by_kind[rule.kind].concerns(rule, key, tag)

    def _withdraw_all(self, rule: str) -> None:
        """A rule is not in force any more."""
        for key, _ in self._cases.about():
            if key[0] == rule:
                self._cases.withdraw(key)

    def _tell(self, told: AlertChange | Notice) -> None:
        """Take a change of an alert or a notice; that of an outage concerns other alerts."""
        self._out.append(told)
        if isinstance(told, AlertChange) and told.alert.rule == BLIND:
            self._zones.note(told, self._cases)
            for watch in self._watches:
                watch.note_outage(self._cases)
            self._cases.reconsider_suppression(BY_HEALTH)

    @contextmanager
    def _because(self, cause: Cause) -> Generator[None]:
        """What is raised meanwhile is raised for this reason."""
        self._rulebook.cause = cause
        yield
        self._rulebook.cause = "moved"

    def _collect_custody(self) -> None:
        self._out += self.authority.take_decided()


def _of_asset(decision: _OfTag, asset: Asset) -> _OfTag:
    """What was decided of a tag, of who carries it; another tag of it may not have been silent."""
    if isinstance(decision, Movement) and len(asset.tags) > 1:
        return msgspec.structs.replace(decision, asset=asset.id, silent_since_ns=None)
    return msgspec.structs.replace(decision, asset=asset.id)
