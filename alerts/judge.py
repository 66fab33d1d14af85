"""Judge: movements, changes and time to alerts. Pure, one for a site.

It sees moves, not reads. Timers are part of the cases and fire at their own
due time: once all reads up to that time have had their hold, before anything
that arrives at the same instant.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Protocol

import msgspec

from alerts.alert import Alert, AlertChange, subject_of
from alerts.cases import Cases, Respond
from alerts.changes import AcknowledgeAlert, ResetAlert
from alerts.clock_watch import CLOCK, ClockWatch
from alerts.conflict_watch import CONFLICT, ConflictWatch
from alerts.drafts import Heading, draft_under
from alerts.lifecycle import Draft, observe, observe_late, reconsider
from alerts.places import Places, Standing, place_of
from alerts.portal_watch import PortalWatch
from alerts.rules.exit import judge as judge_exit
from alerts.rules.verdict import Verdict
from alerts.selection import selects
from alerts.settings import ExitRule, RuleSettings, SystemSettings
from alerts.state import JudgeState, Key
from alerts.zone_watch import BLIND, ZoneWatch
from inventory.assets import Asset
from inventory.changes import Outcome, RemoveAsset, StoreAssets
from inventory.register import Register
from readers.health import ReaderHealth
from zones.clock import ClockJump
from zones.floorplan import NO_PLAN, FloorPlan
from zones.movements import Conflict, Crossing, Movement
from zones.tracks import PHASE_ARRIVAL, Step

Findings = dict[Key, tuple[Verdict, Standing]]
"""What a rule says of where a subject is."""

Decided = Movement | Crossing | AlertChange

_NO_SETTINGS = SystemSettings()


class SystemWatch(Protocol):
    """One of the gateway's own rules."""

    def use(self, plan: FloorPlan, settings: SystemSettings, /) -> None:
        """Another floor plan and other settings hold."""
        ...

    def concerns(self, key: Key, tag: str, /) -> bool:
        """Whether there is still something to watch."""
        ...

    def listeners(self) -> tuple[str, ...]:
        """The channels that are told."""
        ...

    def heading(self, key: Key, /) -> Heading:
        """What its alerts have in common."""
        ...


class Judge:
    """One site's judge of movements."""

    def __init__(self, state: JudgeState) -> None:
        self.state = state
        self.register = Register(state.register)
        self._places = Places(state.places, self.register)
        self._plan = NO_PLAN
        self._rules: dict[str, RuleSettings] = {}
        self._versions: dict[str, str] = {}
        self._cases = Cases(state, self._draft, self._listeners, self._tell)
        self._portals = PortalWatch(state, self.register, self._places)
        self._zones = ZoneWatch(state)
        self._clocks = ClockWatch(state)
        self._conflicts = ConflictWatch(self.register)
        self._system: dict[str, SystemWatch] = {
            BLIND: self._zones,
            CLOCK: self._clocks,
            CONFLICT: self._conflicts,
        }
        self._out: list[Decided] = []

    def take_decided(self) -> list[Decided]:
        """What was decided since the last call, in order."""
        decided, self._out = self._out, []
        return decided

    # What comes in

    def restore_rules(
        self,
        plan: FloorPlan,
        rules: Iterable[RuleSettings],
        system: SystemSettings = _NO_SETTINGS,
    ) -> None:
        """Go on with the rules that the state was made with."""
        self._plan = plan
        for watch in self._system.values():
            watch.use(plan, system)
        self._rules = {rule.name: rule for rule in rules}
        self._portals.use(plan, self._rules.values())
        self._versions = {rule.name: _version(rule) for rule in self._rules.values()}

    def adopt_rules(
        self,
        plan: FloorPlan,
        rules: Iterable[RuleSettings],
        version: str,
        system: SystemSettings = _NO_SETTINGS,
    ) -> None:
        """Use other rules: places follow renamed zones, vanished rules withdraw their alerts.

        So do rules that are no longer for an asset. Where the new rules judge a place
        differently, that counts from now on; where not, what is open or pending goes on.
        """
        succession, former = plan.succession_of(self._plan), self._rules
        moved = bool(succession.renamed) or plan.zones != self._plan.zones
        adopted = {rule.name: rule for rule in rules}
        edited = [name for name in adopted if moved or adopted[name] != former.get(name)]
        tags = self._places.tags() if edited else []
        before = self._findings(tags, edited)
        self.restore_rules(plan, adopted.values(), system)
        self.state.site_version = version
        plan.drop_strangers(self.state.readers)
        self._places.follow(succession)
        self._cases.rename_zones(succession.renamed)
        self._withdraw_strays()
        self._judge_anew(before, self._findings(tags, edited))
        self._zones.look(self._cases)

    def note_health(self, health: ReaderHealth) -> None:
        """A reader's health is evidence for alerts, and of zones that nobody hears."""
        self.state.readers[health.reader] = health
        self._zones.look_around(health.reader, self._cases)

    def note_offset(self, reader: str, offset_ns: int) -> None:
        """A reader's protocol stated its time: gateway's clock minus reader's clock."""
        self._clocks.note(reader, offset_ns, self._cases)

    def note_stop(self) -> None:
        """The gateway went down; what was heard until then may still be decided."""
        self._cases.void_unheard()

    def note_start(self, missed_ns: int) -> None:
        """The gateway starts; what is pending stood still for the time that it missed."""
        self.state.readers.clear()
        self._clocks.start()
        self._cases.stand_still(missed_ns)

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
        """Let time pass: fire what is due up to and at `now_ns`."""
        self._cases.advance(now_ns)

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
            decision = msgspec.structs.replace(decision, asset=asset.id)
        if isinstance(decision, Conflict):
            self._conflicts.take(decision, self._cases)
            return
        self._out.append(decision)
        if isinstance(decision, Movement):
            self._take_movement(asset, decision)
        else:
            self._portals.take(asset, decision, self._cases)

    def _take_movement(self, asset: Asset | None, movement: Movement) -> None:
        if movement.late:
            self._assess(asset, movement, observe_late)
            return
        self._places.note(movement)
        if not self._places.is_outdated(asset, movement.tag, movement.time_ns):
            self._assess(asset, movement, observe)

    def store_assets(self, change: StoreAssets) -> tuple[Outcome, list[Asset]]:
        """Change the register; the assets that are other than before.

        Rules that are no longer for an asset or a tag withdraw their alerts; those
        that are for it now judge the place in which it is.
        """
        tags = self._touched_by(change.assets)
        before = self._findings(tags, self._rules)
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
        before = self._findings(tags, self._rules)
        outcome, asset = self.register.remove(change)
        if asset is not None:
            self._follow_register(tags, before)
        return outcome, asset

    def acknowledge(self, change: AcknowledgeAlert) -> Outcome:
        """Somebody takes an alert on."""
        return self._cases.acknowledge(change)

    def reset(self, change: ResetAlert) -> Outcome:
        """Somebody closes an alert."""
        return self._cases.reset(change)

    # Rules

    def _assess(self, asset: Asset | None, movement: Movement, respond: Respond) -> None:
        subject = subject_of(movement.asset, movement.tag)
        for rule in self._rules.values():
            if isinstance(rule, ExitRule) and selects(rule.assets, asset, movement.tag):
                self._apply(rule, (rule.name, subject), movement, respond)

    def _apply(self, rule: ExitRule, key: Key, movement: Movement, respond: Respond) -> None:
        verdict = judge_exit(rule, self._plan, place_of(movement))
        if verdict == "broken" and (movement.crossed or len(movement.fixes) > 1):
            # Two positions have confirmed it, or it has been there and left already.
            verdict = "broken_at_once"
        self._cases.take(key, rule.patience, verdict, movement, respond)

    def _withdraw_strays(self) -> None:
        """End what no rule asks for any more: it is gone, or it is not for the subject now."""
        for key, about in self._cases.about():
            watch = self._system.get(key[0])
            concerns = self._concerns if watch is None else watch.concerns
            if not concerns(key, about.tag):
                self._cases.withdraw(key)

    def _concerns(self, key: Key, tag: str) -> bool:
        rule = self._rules.get(key[0])
        if rule is None:
            return False
        carrier = self.register.asset_of(tag)
        if key[1].startswith("tag:"):
            return carrier is None and selects(rule.assets, None, tag)
        asset = self.register.asset(key[1].removeprefix("asset:"))
        if asset is None:
            return False
        return selects(rule.assets, asset, tag if carrier == asset else "")

    # Changes of rules and assets

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
        self._judge_anew(before, self._findings(tags, self._rules))

    def _findings(self, tags: Iterable[str], names: Iterable[str]) -> Findings:
        """What the named rules say of where the subjects of these tags are.

        Who is inside and has no case is left out: there are many, and nothing is to be done.
        """
        found: Findings = {}
        standings = self._places.standings(tags)
        zones = dict.fromkeys(there.zone for there in standings.values())
        for rule in self._exit_rules(names):
            verdicts: dict[str, Verdict] = {
                zone: judge_exit(rule, self._plan, zone) for zone in zones
            }
            for subject, there in standings.items():
                key, verdict = (rule.name, subject), verdicts[there.zone]
                matters = verdict != "kept" or key in self._cases
                if matters and selects(rule.assets, there.asset, there.tag):
                    found[key] = verdict, there
        return found

    def _exit_rules(self, names: Iterable[str]) -> list[ExitRule]:
        """Those of the named rules that are about where somebody is."""
        rules = [self._rules[name] for name in names if name in self._rules]
        return [rule for rule in rules if isinstance(rule, ExitRule)]

    def _judge_anew(self, before: Findings, after: Findings) -> None:
        """Respond where a change made another verdict; whom it made none about, it leaves alone."""
        for key in sorted(after):
            verdict, there = after[key]
            if key not in before or before[key][0] != verdict:
                movement = there.as_movement(self.state.now_ns)
                for rule in self._exit_rules([key[0]]):
                    self._apply(rule, key, movement, reconsider)

    # Alerts

    def _tell(self, change: AlertChange) -> None:
        self._out.append(change)
        if change.alert.rule == BLIND:
            self._zones.note(change, self._cases)

    def _listeners(self, key: Key) -> tuple[str, ...] | None:
        """The channels of a rule; None for one that is gone."""
        watch = self._system.get(key[0])
        if watch is not None:
            return watch.listeners()
        rule = self._rules.get(key[0])
        return None if rule is None else rule.notify

    def _draft(self, key: Key) -> Draft:
        name, subject = key
        watch = self._system.get(name)
        heading = self._heading(self._rules[name]) if watch is None else watch.heading(key)
        return draft_under(heading, subject, self.state, self._plan)

    def _heading(self, rule: RuleSettings) -> Heading:
        version = self._versions[rule.name]
        return Heading(rule.name, version, rule.kind, rule.severity, latched=rule.latch)


def _version(rule: RuleSettings) -> str:
    """Changes with every field of the rule."""
    return sha256(rule.model_dump_json().encode()).hexdigest()[:12]
