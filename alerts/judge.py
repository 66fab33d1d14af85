"""Judge: movements, changes and time to alerts. Pure, one for a site.

It sees moves, not reads. Timers are part of the cases and fire at their own
due time: once all reads up to that time have had their hold, before anything
that arrives at the same instant.
"""

import heapq
from collections.abc import Iterable
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
    reset,
    withdraw,
)
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

_UNHEARD_OF = ("", "")


class Place(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where a tag is since when, by the movement that brought it there."""

    zone: str | None
    time_ns: int


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

        So do rules that are no longer for an asset. What is pending goes on where
        the new rules do not contradict it.
        """
        renamed = _newly_renamed(self._plan, plan)
        self.restore_rules(plan, rules)
        self.state.site_version = version
        for tag, place in self.state.places.items():
            name = renamed.get(place.zone or "", place.zone)
            known = name if name in plan.zones else None
            if known != place.zone:
                self.state.places[tag] = Place(known, place.time_ns)
        self._withdraw_strays()
        for key, case in self.state.cases.items():
            if case.pending is not None:
                case.pending = _with_zones_renamed(case.pending, renamed)
                reconsider(case, self._verdict_now(key, case.pending.movement.tag))

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
        if not movement.late:
            self._place(movement)
        self._assess(asset, movement)

    def store_assets(self, change: StoreAssets) -> tuple[Outcome, list[Asset]]:
        """Change the register; the assets that are other than before.

        Rules that are no longer for an asset or a tag withdraw their alerts.
        """
        outcome, changed = self.register.store(change)
        if changed:
            self._withdraw_strays()
        return outcome, changed

    def remove_asset(self, change: RemoveAsset) -> tuple[Outcome, Asset | None]:
        """Take an asset out of the register; nothing stays pending for it."""
        outcome, asset = self.register.remove(change)
        if asset is not None:
            self._withdraw_strays()
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

    def _assess(self, asset: Asset | None, movement: Movement) -> None:
        if not movement.late and self._is_outdated(asset, movement):
            return
        subject = subject_of(movement.asset, movement.tag)
        for rule in self._rules.values():
            if selects(rule.assets, asset, movement.tag):
                self._apply(rule, (rule.name, subject), movement)

    def _apply(self, rule: RuleSettings, key: Key, movement: Movement) -> None:
        verdict = judge_exit(rule, self._plan, movement.to_zone)
        case = self.state.cases.get(key)
        if case is None:
            if verdict in {"kept", "undecided"}:
                return
            case = self.state.cases[key] = Case()
        pending = case.pending
        if movement.late:
            steps = observe_late(case, movement, self._draft(key)) if "broken" in verdict else []
        else:
            steps = observe(case, rule, verdict, movement, self._draft(key))
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
        asset = self._asset_named(key[1])
        if asset is None:
            return False
        return selects(rule.assets, asset, tag if carrier == asset else "")

    def _asset_named(self, subject: str) -> Asset | None:
        if subject.startswith("tag:"):
            return None
        return self.register.asset(subject.removeprefix("asset:"))

    def _verdict_now(self, key: Key, tag: str) -> Verdict:
        place = self._newest_place(self._asset_named(key[1]), tag)
        zone = None if place is None else place.zone
        return judge_exit(self._rules[key[0]], self._plan, zone)

    # Places

    def _place(self, movement: Movement) -> None:
        """Note where a tag is, also under the URI by which its asset carries it."""
        place = Place(movement.to_zone, movement.time_ns)
        self.state.places[movement.tag] = place
        name = self.register.binding(movement.tag)
        if self.state.places.get(name, place).time_ns <= place.time_ns:
            self.state.places[name] = place

    def _newest_place(self, asset: Asset | None, tag: str) -> Place | None:
        """Where an asset is: where the tag of it is that moved last; gone tags say nothing."""
        names = (tag,) if asset is None else asset.tags
        places = [self.state.places[name] for name in names if name in self.state.places]
        known = [place for place in places if place.zone is not None]
        return max(known, key=lambda place: place.time_ns, default=None)

    def _is_outdated(self, asset: Asset | None, movement: Movement) -> bool:
        """Whether another tag of the asset moved later, so that this one does not move it."""
        place = self._newest_place(asset, movement.tag)
        return place is not None and place.time_ns > movement.time_ns

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


def _newly_renamed(former: FloorPlan, plan: FloorPlan) -> dict[str, str]:
    """Zones by their former name; a rename stays in the site file but is followed only once."""
    return {was: name for was, name in plan.renamed.items() if former.renamed.get(was) != name}


def _with_zones_renamed(pending: Pending, renamed: dict[str, str]) -> Pending:
    def now(zone: str | None) -> str | None:
        return renamed.get(zone or "", zone)

    movement = msgspec.structs.replace(
        pending.movement,
        from_zone=now(pending.movement.from_zone),
        to_zone=now(pending.movement.to_zone),
        scores={renamed.get(zone, zone): dbm for zone, dbm in pending.movement.scores.items()},
    )
    return msgspec.structs.replace(pending, movement=movement)


def _version(rule: RuleSettings) -> str:
    """Changes with every field of the rule."""
    return sha256(rule.model_dump_json().encode()).hexdigest()[:12]
