"""What a crossing of a portal means to each of the rules."""

from alerts.alert import subject_of
from alerts.cases import Cases
from alerts.company import Passer, company_of, remember
from alerts.custody_watch import CustodyWatch
from alerts.lateness import observe_late
from alerts.lifecycle import observe, reconsider
from alerts.place_watch import is_for
from alerts.places import Places
from alerts.rule_kinds import CrossingRule, ExitRule, TailgateRule, WrongWayRule
from alerts.rules.exit import judge as judge_exit
from alerts.rules.exit import judge_crossing
from alerts.rules.passage import judge as judge_passage
from alerts.rules.tailgate import judge as judge_tailgate
from alerts.rules.verdict import Verdict
from alerts.selection import selects
from alerts.settings import Patience, RuleSettings
from alerts.state import JudgeState, Key
from alerts.watch import Outfit, RuleWatch
from inventory.assets import Asset
from inventory.register import Register
from tags.times import SECOND_NS
from zones.floorplan import NO_PLAN
from zones.movements import Crossing


class PortalWatch(RuleWatch):
    """Judges crossings by all rules that speak of portals."""

    kinds = ("crossing", "wrong_way", "tailgate")

    def __init__(
        self, state: JudgeState, register: Register, places: Places, custody: CustodyWatch
    ) -> None:
        self._state = state
        self._register = register
        self._places = places
        self._custody = custody
        self._plan = NO_PLAN
        self._rules: list[RuleSettings] = []

    def use(self, outfit: Outfit) -> None:
        """Judge by these rules; what is known of portals that are gone is forgotten."""
        self._plan, self._rules = outfit.plan, list(outfit.rules.values())
        for portal in [name for name in self._state.passers if name not in self._plan.portals]:
            del self._state.passers[portal]

    def concerns(self, rule: RuleSettings, key: Key, tag: str) -> bool:
        """Whether a rule is for an asset, or for a tag that no asset carries."""
        return is_for(rule, key, tag, self._register)

    def take_crossing(self, asset: Asset | None, crossing: Crossing, cases: Cases) -> None:
        """Take a crossing in."""
        if crossing.portal not in self._plan.portals:
            return
        passer = remember(self._state.passers, crossing, self._state.now_ns)
        for rule in self._rules:
            if isinstance(rule, TailgateRule) and passer is not None:
                self._accompany(rule, passer, crossing, cases)
            if selects(rule.assets, asset, crossing.tag):
                self._judge(rule, passer, crossing, cases)

    def _judge(
        self, rule: RuleSettings, passer: Passer | None, crossing: Crossing, cases: Cases
    ) -> None:
        key = rule.name, subject_of(crossing.asset, crossing.tag)
        match rule:
            case CrossingRule() | WrongWayRule():
                verdict = judge_passage(rule, crossing)
            case TailgateRule():
                accompanied = passer is not None and self._is_accompanied(rule, passer, crossing)
                verdict = judge_tailgate(rule, crossing, has_company=accompanied)
            case ExitRule():
                asset = self._register.asset_of(crossing.tag)
                is_open = cases.is_active(key) or self._is_out(rule, asset, crossing)
                verdict = self._of_exit(rule, crossing, is_open=is_open)
                verdict = self._custody.review(rule, asset, crossing, verdict)
            case _:
                return
        if not crossing.late:
            cases.take(key, self._patience(rule, crossing), verdict, crossing, observe)
        elif not isinstance(rule, TailgateRule):
            # Who went with it may come later still; nobody could wait for that in order.
            respond = observe_late(is_over=self._is_over(rule, crossing))
            cases.take(key, rule.patience, verdict, crossing, respond)

    # Exits

    def _of_exit(self, rule: ExitRule, crossing: Crossing, *, is_open: bool) -> Verdict:
        """The verdict, unless the asset is known to have been elsewhere since.

        Coming in only begins to end an alert that is open, or an outing: what is not confirmed
        yet is for the zones to confirm or to contradict.
        """
        verdict = judge_crossing(rule, self._plan, crossing)
        if crossing.late or verdict == "undecided":
            return verdict
        asset = self._register.asset_of(crossing.tag)
        since = self._places.later_than(asset, crossing.tag, crossing.time_ns)
        now = judge_exit(rule, self._plan, since)
        contradicted = now != "undecided" and (now == "kept") != (verdict == "kept")
        return "undecided" if contradicted or (verdict == "kept" and not is_open) else verdict

    def _is_out(self, rule: ExitRule, asset: Asset | None, crossing: Crossing) -> bool:
        """Whether the asset is out under a check-out, and no zone says so, nor when it is back."""
        if asset is None or not self._custody.is_out(asset):
            return False
        zone = self._places.newest(asset, crossing.tag)
        return judge_exit(rule, self._plan, zone) in {"kept", "undecided"}

    def _is_over(self, rule: RuleSettings, crossing: Crossing) -> bool:
        """Whether who went through long ago is known to have come back since."""
        back = any(
            passer.tag == crossing.tag
            and passer.time_ns > crossing.time_ns
            and passer.way != crossing.direction
            for passer in self._state.passers.get(crossing.portal, ())
        )
        if back or not isinstance(rule, ExitRule):
            return back
        asset = self._register.asset_of(crossing.tag)
        since = self._places.later_than(asset, crossing.tag, crossing.time_ns)
        return judge_exit(rule, self._plan, since) == "kept"

    # Company

    def _patience(self, rule: RuleSettings, crossing: Crossing) -> Patience:
        """Who goes along is known as long after their crossing as this one was."""
        if not isinstance(rule, TailgateRule):
            return rule.patience
        gap_s = self._plan.portals[crossing.portal].settings.gap_s
        known_s = max(0, crossing.decided_ns - crossing.time_ns) / SECOND_NS + gap_s
        return Patience(rule.within_s + known_s)

    def _is_accompanied(self, rule: TailgateRule, passer: Passer, crossing: Crossing) -> bool:
        known = self._state.passers[crossing.portal]
        within_ns = round(rule.within_s * SECOND_NS)
        return any(
            selects(rule.custodians, self._carrier(each), each.tag)
            for each in company_of(passer, known, within_ns)
        )

    def _accompany(
        self, rule: TailgateRule, passer: Passer, crossing: Crossing, cases: Cases
    ) -> None:
        """Somebody went through; if a custodian, no asset that went with them went alone."""
        if passer.way != rule.direction or not rule.concerns(crossing.portal):
            return
        if not selects(rule.custodians, self._carrier(passer), passer.tag):
            return
        known = self._state.passers[crossing.portal]
        for each in company_of(passer, known, round(rule.within_s * SECOND_NS)):
            key = rule.name, subject_of(each.asset, each.tag)
            if cases.rests_on(key, crossing.portal, each.time_ns):
                # Not a fact about the asset, so what is pending about it has not lasted.
                cases.take(key, Patience(), "kept", crossing, reconsider)

    def _carrier(self, passer: Passer) -> Asset | None:
        return None if passer.asset is None else self._register.asset(passer.asset)
