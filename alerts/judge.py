"""Judge: movements, changes and time to alerts. Pure, one for a site.

It sees moves, not reads. Timers are part of the cases and fire at their own
due time: once all reads up to that time have had their hold, before anything
that arrives at the same instant.
"""

import heapq
from collections.abc import Callable, Iterable
from hashlib import sha256

import msgspec

from alerts.alert import Alert, AlertChange, Evidence, subject_of
from alerts.changes import AcknowledgeAlert, ResetAlert
from alerts.lifecycle import (
    Case,
    Draft,
    Pending,
    Steps,
    acknowledge,
    adopt,
    alert_id,
    fire,
    observe,
    observe_late,
    reconsider,
    rename_zones,
    reset,
    withdraw,
)
from alerts.places import Place, Places, Standing
from alerts.rules.exit import judge as judge_exit
from alerts.rules.verdict import Verdict
from alerts.selection import selects
from alerts.settings import RuleSettings
from inventory.assets import Asset
from inventory.changes import Outcome, RemoveAsset, StoreAssets
from inventory.register import Register, RegisterState
from readers.health import ReaderHealth
from zones.bins import BIN_NS
from zones.floorplan import FloorPlan
from zones.movements import Movement
from zones.tracks import PHASE_ARRIVAL, Step, closing_ns

Key = tuple[str, str]
"""Rule name and subject: an asset id, or `tag:` and a tag that no asset carries.

An id that begins with `tag:` or `asset:` gets `asset:` before it, so that no two are the same.
"""

Respond = Callable[[Case, RuleSettings, Verdict, Movement, Draft], Steps]
"""One of the ways in which the life of an alert takes a verdict in."""

Findings = dict[Key, tuple[Verdict, Standing]]
"""What a rule says of where a subject is."""

_UNHEARD_OF = ("", "")


class JudgeState(msgspec.Struct):
    """Plain data: all that Judge remembers."""

    now_ns: int = 0
    site_version: str = ""
    register: RegisterState = msgspec.field(default_factory=RegisterState)
    places: dict[str, Place] = {}
    cases: dict[Key, Case] = {}
    readers: dict[str, ReaderHealth] = {}


Decided = Movement | AlertChange


class Judge:
    """One site's judge of movements."""

    def __init__(self, state: JudgeState) -> None:
        self.state = state
        self.register = Register(state.register)
        self._places = Places(state.places, self.register)
        self._plan = FloorPlan()
        self._rules: dict[str, RuleSettings] = {}
        self._versions: dict[str, str] = {}
        self._timers: list[tuple[int, Key]] = []
        for key, case in state.cases.items():
            if case.pending is not None:
                self._set_timer(key, case.pending)
        self._open = {case.alert.id: key for key, case in state.cases.items() if case.alert}
        self._out: list[Decided] = []

    def take_decided(self) -> list[Decided]:
        """What was decided since the last call, in order."""
        decided, self._out = self._out, []
        return decided

    # What comes in

    def restore_rules(self, plan: FloorPlan, rules: Iterable[RuleSettings]) -> None:
        """Go on with the rules that the state was made with."""
        self._plan = plan
        self._rules = {rule.name: rule for rule in rules}
        self._versions = {rule.name: _version(rule) for rule in self._rules.values()}

    def adopt_rules(self, plan: FloorPlan, rules: Iterable[RuleSettings], version: str) -> None:
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
        self.restore_rules(plan, adopted.values())
        self.state.site_version = version
        plan.drop_strangers(self.state.readers)
        self._places.follow(succession)
        for case in self.state.cases.values():
            rename_zones(case, succession.renamed)
        self._withdraw_strays()
        self._judge_anew(before, self._findings(tags, edited))

    def note_health(self, health: ReaderHealth) -> None:
        """Kept as evidence for alerts."""
        self.state.readers[health.reader] = health

    def note_start(self, missed_ns: int) -> None:
        """The gateway started; what is pending stood still for the time that it missed."""
        self.state.readers.clear()
        for key, case in self.state.cases.items():
            if case.pending is not None:
                due_ns = case.pending.due_ns + missed_ns
                case.pending = msgspec.structs.replace(case.pending, due_ns=due_ns)
                self._set_timer(key, case.pending)

    def adopt_open(self, alerts: Iterable[Alert]) -> list[str]:
        """Let the open alerts be these, which were committed; the ids about which it was wrong."""
        committed = {(alert.rule, subject_of(alert.asset, alert.tag)): alert for alert in alerts}
        wrong: list[str] = []
        for key in sorted({*committed, *self._open.values()}):
            case = self.state.cases.setdefault(key, Case())
            known, true = case.alert, committed.get(key)
            if known != true:
                wrong += [alert.id for alert in (known, true) if alert is not None]
                adopt(case, key[1], true)
        self._open = {alert.id: key for key, alert in committed.items()}
        return list(dict.fromkeys(wrong))

    def advance(self, now_ns: int) -> None:
        """Let time pass: fire what is due up to and at `now_ns`."""
        while self._timers and self._timers[0][0] <= now_ns:
            at_ns, key = heapq.heappop(self._timers)
            case = self.state.cases[key]
            if case.pending is not None and _firing_ns(case.pending.due_ns) <= at_ns:
                self.state.now_ns = at_ns
                self._note(key, fire(case, self._draft(key)))
        self.state.now_ns = max(self.state.now_ns, now_ns)

    def take(self, step: Step) -> None:
        """Take one decision of Locate in; timers that are due before it fire first."""
        self.advance(step.at_ns if step.phase == PHASE_ARRIVAL else step.at_ns - 1)
        self.state.now_ns = max(self.state.now_ns, step.at_ns)
        movement = step.movement
        asset = self.register.asset_of(movement.tag)
        if asset is not None:
            movement = msgspec.structs.replace(movement, asset=asset.id)
        self._out.append(movement)
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
        key = self._open.get(change.alert, _UNHEARD_OF)
        outcome, steps = acknowledge(self.state.cases.get(key, Case()), change)
        self._note(key, steps, change.by)
        return outcome

    def reset(self, change: ResetAlert) -> Outcome:
        """Somebody closes an alert."""
        key = self._open.get(change.alert, _UNHEARD_OF)
        outcome, steps = reset(self.state.cases.get(key, Case()), change)
        self._note(key, steps, change.by)
        return outcome

    # Rules

    def _assess(self, asset: Asset | None, movement: Movement, respond: Respond) -> None:
        subject = subject_of(movement.asset, movement.tag)
        for rule in self._rules.values():
            if selects(rule.assets, asset, movement.tag):
                self._apply(rule, (rule.name, subject), movement, respond)

    def _apply(self, rule: RuleSettings, key: Key, movement: Movement, respond: Respond) -> None:
        verdict = judge_exit(rule, self._plan, movement.to_zone)
        case = self.state.cases.get(key)
        if case is None:
            if verdict in {"kept", "undecided"}:
                return
            case = self.state.cases[key] = Case()
        pending = case.pending
        steps = respond(case, rule, verdict, movement, self._draft(key))
        if case.pending is not None and case.pending is not pending:
            self._set_timer(key, case.pending)
        self._note(key, steps)

    def _set_timer(self, key: Key, pending: Pending) -> None:
        """Wait for the due time; what is past due fires now, after what happens at this instant."""
        heapq.heappush(self._timers, (max(_firing_ns(pending.due_ns), self.state.now_ns), key))

    def _withdraw_strays(self) -> None:
        """End what no rule asks for any more: it is gone, or it is not for the subject now."""
        for key, case in self.state.cases.items():
            pending = None if case.pending is None else case.pending.movement
            about = case.alert or pending
            if about is not None and not self._concerns(key, about.tag):
                self._note(key, withdraw(case))

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
        for rule in [self._rules[name] for name in names if name in self._rules]:
            verdicts: dict[str, Verdict] = {
                zone: judge_exit(rule, self._plan, zone) for zone in zones
            }
            for subject, there in standings.items():
                key, verdict = (rule.name, subject), verdicts[there.zone]
                matters = verdict != "kept" or key in self.state.cases
                if matters and selects(rule.assets, there.asset, there.tag):
                    found[key] = verdict, there
        return found

    def _judge_anew(self, before: Findings, after: Findings) -> None:
        """Respond where a change made another verdict; whom it made none about, it leaves alone."""
        for key in sorted(after):
            verdict, there = after[key]
            if key not in before or before[key][0] != verdict:
                movement = there.as_movement(self.state.now_ns)
                self._apply(self._rules[key[0]], key, movement, reconsider)

    # Alerts

    def _note(self, key: Key, steps: Steps, actor: str | None = None) -> None:
        for transition, alert in steps:
            self._open[alert.id] = key
            if alert.cleared:
                del self._open[alert.id]
            notify = self._listeners(key)
            self._out.append(AlertChange(transition, alert, self.state.now_ns, actor, notify))

    def _listeners(self, key: Key) -> tuple[str, ...]:
        """The channels of a rule; of one that is gone those that it had."""
        case = self.state.cases[key]
        rule = self._rules.get(key[0])
        if rule is not None:
            case.notify = rule.notify
        return case.notify

    def _draft(self, key: Key) -> Draft:
        rule = self._rules[key[0]]

        def draft(movement: Movement, decided_ns: int, ordinal: int) -> Alert:
            return Alert(
                id=alert_id(rule.name, key[1], movement.to_zone, ordinal),
                rule=rule.name,
                rule_version=self._versions[rule.name],
                kind=rule.kind,
                severity=rule.severity,
                asset=movement.asset,
                tag=movement.tag,
                from_zone=movement.from_zone,
                to_zone=movement.to_zone,
                portal=None,
                time_ns=movement.time_ns,
                decided_ns=decided_ns,
                raised_at_ns=self.state.now_ns,
                late=movement.late,
                evidence=self._evidence(movement),
                latched=rule.latch,
            )

        return draft

    def _evidence(self, movement: Movement) -> Evidence:
        zones = [
            self._plan.zones.get(name or "") for name in (movement.from_zone, movement.to_zone)
        ]
        names = {reader for zone in zones if zone is not None for reader, _ in zone.covered_by}
        return Evidence(
            reads=movement.heard,
            estimate=movement.scores,
            readers={
                name: self.state.readers[name].state if name in self.state.readers else "unknown"
                for name in sorted(names)
            },
            site_version=self.state.site_version,
        )


def _firing_ns(due_ns: int) -> int:
    """The clock at which all bins that begin before `due_ns` are closed."""
    return closing_ns(-(-due_ns // BIN_NS) - 1)


def _version(rule: RuleSettings) -> str:
    """Changes with every field of the rule."""
    return sha256(rule.model_dump_json().encode()).hexdigest()[:12]
