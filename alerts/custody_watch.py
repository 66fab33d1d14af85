"""What check-outs make of exits, and the system alert `overdue`: it is out and should be back."""

from collections.abc import Callable

from alerts.alert import Event, Severity, subject_of
from alerts.authority import Authority
from alerts.cases import Cases
from alerts.company import portal_left_by
from alerts.drafts import Heading
from alerts.facts import Overstay
from alerts.lifecycle import reconsider
from alerts.outings import StillOut
from alerts.rule_kinds import ExitRule
from alerts.rules.verdict import Verdict
from alerts.settings import SYSTEM_PREFIX, Manners, Patience
from alerts.state import JudgeState, Key
from alerts.suppression import BY_CUSTODY
from alerts.watch import Outfit, SystemWatch
from inventory.assets import Asset
from inventory.changes import CustodyChange, Outcome
from inventory.custody import CustodyChanged
from inventory.register import Register
from zones.movements import Crossing, Movement

OVERDUE = SYSTEM_PREFIX + "overdue"


class CustodyWatch(SystemWatch):
    """Reviews verdicts about exits, and says who is out for too long."""

    name, kind = OVERDUE, "overdue"
    has_timers = True

    def __init__(
        self,
        state: JudgeState,
        register: Register,
        authority: Authority,
        tell: Callable[[Event | CustodyChanged], None],
    ) -> None:
        super().__init__()
        self._state = state
        self._register = register
        self._authority = authority
        self._tell = tell
        self._rules: dict[str, ExitRule] = {}

    def use(self, outfit: Outfit) -> None:
        """Go by these settings and exit rules."""
        super().use(outfit)
        rules = outfit.rules.items()
        self._rules = {name: rule for name, rule in rules if isinstance(rule, ExitRule)}

    def review(
        self, rule: ExitRule, asset: Asset | None, fact: Movement | Crossing, verdict: Verdict
    ) -> Verdict:
        """The verdict of an exit rule in the light of check-outs: an authorised exit is none."""
        if asset is None or verdict == "undecided":
            return verdict
        event = None
        if verdict == "kept":
            event = self._authority.note_return(asset, fact, rule.name)
        else:
            gate = None if self._is_on_its_way(rule, asset, fact) else self._gate_of(fact)
            permit = self._authority.permits(asset, fact, gate)
            if permit is None:
                return verdict
            event = self._authority.note_exit(permit, asset, fact, rule)
            verdict = "undecided" if permit.verdict == "authorised" else verdict
        if event is not None:
            self._tell_steps()
            self._tell(event)
        return verdict

    def is_out(self, asset: Asset) -> bool:
        """Whether an asset is out under a check-out."""
        return self._authority.is_out(asset.id)

    def change(self, change: CustodyChange, cases: Cases) -> Outcome:
        """Somebody checks something out or in, or revokes that; who is outside then is told."""
        handled = self._authority.change(change, self._state.now_ns)
        self._tell_steps()
        for still in handled.still_out:
            for name in still.rules:
                rule = self._rules.get(name)
                if rule is not None:
                    fact = _overstay(still)
                    key = name, subject_of(still.asset, "")
                    cases.take(key, Patience(), "broken_at_once", fact, reconsider)
        for asset in handled.settled:
            self._settle(asset, cases)
        return handled.outcome

    def next_ns(self) -> int | None:
        """When somebody may be overdue."""
        return self._authority.next_ns()

    def advance(self, now_ns: int, cases: Cases) -> None:
        """Tell who is overdue; what a check-out has suppressed so long is told again."""
        due_ns = self.next_ns()
        if due_ns is None or due_ns > now_ns:
            return
        overdue = self._authority.take_due(now_ns)
        self._tell_steps()
        for still in overdue:
            fact = _overstay(still)
            key = OVERDUE, subject_of(still.asset, "")
            cases.take(key, Patience(), "broken_at_once", fact, reconsider)
        cases.reconsider_suppression(BY_CUSTODY)

    def take_movement(self, asset: Asset | None, movement: Movement, cases: Cases) -> None:
        """Who is back is not overdue any more."""
        del movement
        self._end_if_back(asset, cases)

    def take_crossing(self, asset: Asset | None, crossing: Crossing, cases: Cases) -> None:
        """Who came in is not overdue any more."""
        del crossing
        self._end_if_back(asset, cases)

    def _end_if_back(self, asset: Asset | None, cases: Cases) -> None:
        if asset is None:
            return
        key = OVERDUE, subject_of(asset.id, "")
        if cases.is_active(key) and not self._authority.is_out(asset.id):
            self._settle(asset.id, cases)

    def _settle(self, asset: str, cases: Cases) -> None:
        key = OVERDUE, subject_of(asset, "")
        alert = cases.alert_of(key)
        if alert is not None and alert.condition == "active":
            cases.withdraw(key)

    def concerns(self, key: Key, tag: str) -> bool:
        """Whether there still is such an asset."""
        del tag
        return self._register.asset(key[1].removeprefix("asset:")) is not None

    def heading(self, key: Key) -> Heading:
        """As severe as the rule that saw it leave; it stays until somebody acknowledges it."""
        severity: Severity = "warning"
        out = self._authority.out_of(key[1].removeprefix("asset:"))
        if out is not None:
            severity = out.severity
        return super().heading(key)._replace(severity=severity, clears_after_s=None)

    def manners(self, key: Key) -> Manners:
        """Those who are told of exits are told of what does not come back."""
        del key
        channels = [name for rule in self._rules.values() for name in rule.notify]
        return Manners(tuple(dict.fromkeys([*channels, *(self._settings.notify or ())])))

    def _tell_steps(self) -> None:
        """Tell what was decided before what comes of it."""
        for told in self._authority.take_decided():
            self._tell(told)

    def _is_on_its_way(self, rule: ExitRule, asset: Asset, fact: Movement | Crossing) -> bool:
        """Whether who is out under a check-out goes on outside; that is no step out by a gate."""
        if isinstance(fact, Crossing) or not self._authority.was_out(asset.id, fact.time_ns):
            return False
        return fact.from_zone is None or not self._plan.within(fact.from_zone, rule.fence)

    def _gate_of(self, fact: Movement | Crossing) -> str | None:
        """The gate through which somebody left, as far as it is known."""
        if isinstance(fact, Crossing):
            return fact.portal
        portal = portal_left_by(fact, self._state.passers)
        if portal is not None:
            return portal
        urgent = self._plan.urgent
        return next((zone for zone in (fact.to_zone, fact.from_zone) if zone in urgent), None)


def _overstay(still: StillOut) -> Overstay:
    fact = still.fact
    went = fact if isinstance(fact, Movement) else None
    return Overstay(
        detail=still.detail,
        time_ns=still.at_ns,
        decided_ns=still.at_ns,
        tag=fact.tag,
        asset=still.asset,
        from_zone=None if went is None else went.from_zone,
        to_zone=None if went is None else went.to_zone,
        portal=fact.portal if isinstance(fact, Crossing) else None,
        heard=fact.heard,
    )
