"""What check-outs mean to the rules: who may be outside, and who should be back.

A rule that sees an asset leave asks for a permit. Is it authorised, the exit is an event
and the asset is out under the check-out until a rule says that it is back in. Is it not, the
rule alerts, and the asset is astray: nothing that it does outside makes that right.
Only what a rule saw leave is out. What was checked out and never left can not be overdue.
"""

import heapq
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from alerts.alert import Event
from alerts.custody_log import CustodyLog
from alerts.last_outings import LastOutings, first_ns
from alerts.outings import (
    StillOut,
    expiry_ns,
    keep_rules,
    known_by,
    recall_ns,
    rename_zones,
    return_of,
    still_out_of,
)
from alerts.permits import (
    RANK,
    Exit,
    Permit,
    PermitVerdict,
    judge_exit,
    may_be_at,
    permit_of,
    permit_of_stray,
    stay_of,
)
from alerts.settings import RuleSettings
from alerts.straying import drop_strays, end_straying, go_astray, stray_of
from inventory.assets import Asset
from inventory.changes import CheckIn, CheckOut, CustodyChange, Outcome, RevokeCheckOut
from inventory.custody import Custody, CustodyChanged, CustodyState, Loan, LoanStep, Out, Stray
from inventory.register import Register
from tags.times import SECOND_NS
from zones.floorplan import NO_PLAN, FloorPlan

PATIENCE_NS = 60 * SECOND_NS
"""After a start readers have so long to hear who came back meanwhile."""


class Handled(NamedTuple):
    """What became of a change: who is outside unauthorised by it, and who is overdue no more."""

    outcome: Outcome
    still_out: list[StillOut]
    settled: list[str]


class Authority:
    """Check-outs at work. Deterministic; all that it remembers is in the state."""

    def __init__(self, state: CustodyState, register: Register) -> None:
        self._state = state
        self._book = Custody(state)
        self._outings = LastOutings(state.outings)
        self._register = register
        self._plan = NO_PLAN
        self._log = CustodyLog()
        self._timers: list[tuple[int, str]] = []
        for loan in state.loans.values():
            self._wake(loan, loan.wake_ns)

    def take_decided(self) -> list[CustodyChanged | Event]:
        """Steps of check-outs, and events that no call gave back, since last time; in order."""
        return self._log.take()

    # Questions

    def pardon_of(self, asset_id: str | None, left_ns: int, now_ns: int) -> str | None:
        """The check-out that was made after an asset had left, and is not due yet."""
        asset = None if asset_id is None else self._register.asset(asset_id)
        for loan in () if asset is None else self._book.concerning(asset):
            terms = loan.terms
            if terms.arrival_ns > left_ns and terms.from_ns <= now_ns < loan.due_ns:
                return terms.id
        return None

    # The site

    def use(self, plan: FloorPlan) -> None:
        """Another floor plan holds; what is out stays out."""
        self._plan = plan
        self._log.portals = plan.portals

    def follow(self, renamed: dict[str, str], now_ns: int) -> None:
        """Zones go by other names (new by former one); check-outs mean them as before."""
        for loan in rename_zones(self._state, renamed):
            if loan.closed_ns is None:
                self._log.tell("renamed", loan, now_ns)

    def keep_rules(self, names: Iterable[str]) -> None:
        """There are only these rules; nobody waits for another to say that it is kept again."""
        keep_rules(self._state, frozenset(names))

    def note_start(self, now_ns: int) -> None:
        """The gateway has started; who is out may have come back unheard."""
        self._state.patient_until_ns = now_ns + PATIENCE_NS

    # Exits

    def out_of(self, asset_id: str) -> Out | None:
        """How an asset is out under a check-out; None where it is not."""
        loan = self._book.holder(asset_id)
        return None if loan is None else loan.out[asset_id]

    def is_out(self, asset_id: str) -> bool:
        """Whether an asset is out under a check-out."""
        return self._book.holder(asset_id) is not None

    def was_out(self, asset_id: str, time_ns: int) -> bool:
        """Whether an asset is or was out under a check-out at a time, and had left before it."""
        out = self.out_of(asset_id)
        if out is not None and out.fact.time_ns <= time_ns:
            return True
        return self._outings.under(asset_id, time_ns) is not None

    def permits(self, asset: Asset | None, fact: Exit, gate: str | None) -> Permit | None:
        """What check-outs say of an exit at its own time; None where there is none for it.

        `gate` is the portal through which it left, or the zone of role exit that it came by;
        None where it is not known, which contradicts no check-out. Of several the one counts
        that allows most. Who is out already may be there after the time, too.
        """
        if asset is None:
            return None
        loans = self._book.concerning(asset, fact.time_ns if fact.late else None)
        stray = None if fact.late else self._state.strays.get(asset.id)
        if stray is None:
            return self._best_of(loans, asset.id, fact, gate)
        newer = [loan for loan in loans if loan.terms.arrival_ns > stray.time_ns]
        best = self._best_of(newer, asset.id, fact, gate)
        return best if best is not None and best.verdict == "authorised" else permit_of_stray(stray)

    def note_exit(
        self, permit: Permit, asset: Asset, fact: Exit, rule: RuleSettings
    ) -> Event | None:
        """Note an exit that a rule saw, and what `permits` said; the event, once in a stay outside.

        One that is not authorised is noted, too: the asset is astray until it is back. Where
        the gate matters, the event waits until that is known, or until the outing is over.
        """
        if fact.late:
            return self._note_late(permit, asset.id, fact, rule)
        if permit.verdict != "authorised":
            stray = self._stray(permit, asset.id, fact)
            go_astray(self._state.strays, asset.id, stray, rule.name)
            return None
        self._state.strays.pop(asset.id, None)
        loan = self._state.loans[permit.checkout]
        out = loan.out.get(asset.id)
        if out is None:
            return self._note_out(permit, asset.id, fact, rule)
        rules = tuple(dict.fromkeys((*out.rules, rule.name)))
        loan.out[asset.id] = replace(out, rules=rules)
        self._log.note_gate(loan, asset.id, permit, fact.decided_ns)
        return None

    def note_return(self, asset: Asset | None, fact: Exit, rule_name: str) -> Event | None:
        """A rule says that it is kept (again); the event, if the asset is back with that.

        It is when no rule is left that saw it leave. That it left is told before, if it was not.
        """
        loan = None if asset is None else self._book.holder(asset.id)
        if asset is not None and loan is None:
            self._outings.note_back(asset.id, fact, rule_name)
        if asset is None or fact.late:
            return None
        if loan is None:
            stray = end_straying(self._state.strays, asset.id, rule_name)
            if stray is None or stray.left_ns is None:
                return None
            return return_of(stray.checkout, asset.id, fact, stray.left_ns)
        out = loan.out[asset.id]
        rules = tuple(name for name in out.rules if name != rule_name)
        if rules:
            loan.out[asset.id] = replace(out, rules=rules)
            return None
        self._log.say(loan, asset.id, fact.decided_ns)
        self._outings.note_back(asset.id, fact)
        self._book.take_back(asset.id)
        self._settle(loan, fact.decided_ns)
        return return_of(loan.terms.id, asset.id, fact, out.fact.time_ns)

    # Time

    def next_ns(self) -> int | None:
        """When `take_due` has something to do next: reads up to a due time have had their hold."""
        while self._timers:
            at_ns, checkout = self._timers[0]
            loan = self._book.loan(checkout)
            if loan is not None and loan.wake_ns == at_ns:
                return max(at_ns, self._state.patient_until_ns)
            heapq.heappop(self._timers)
        return None

    def take_due(self, now_ns: int) -> list[StillOut]:
        """Let time pass: who is overdue now, each told once. Check-outs that are over expire."""
        overdue: list[StillOut] = []
        at_ns = self.next_ns()
        while at_ns is not None and at_ns <= now_ns:
            loan = self._state.loans[heapq.heappop(self._timers)[1]]
            loan.wake_ns = None
            overdue += self._call_in(loan, at_ns)
            if not loan.out:
                self._expire(loan, at_ns)
            at_ns = self.next_ns()
        return overdue

    # People

    def change(self, change: CustodyChange, now_ns: int) -> Handled:
        """Check out, check in or revoke. What is revoked while it is out is still out."""
        match change:
            case CheckOut():
                outcome = self._book.take(change, known_by(self._register, self._plan))
                if outcome.refused is None:
                    loan = self._state.loans[change.id]
                    self._log.tell("opened", loan, now_ns, change.by, change.note)
                    self._wake(loan, recall_ns(loan))
                return Handled(outcome, [], [])
            case CheckIn():
                outcome, out = self._book.check_in(change)
                return self._close(change, "returned", (outcome, out), now_ns)
            case _:
                outcome, out = self._book.revoke(change)
                return self._close(change, "revoked", (outcome, out), now_ns)

    # How exits are judged

    def _best_of(
        self, loans: Iterable[Loan], asset_id: str, fact: Exit, gate: str | None
    ) -> Permit | None:
        best: tuple[Loan, PermitVerdict] | None = None
        under = self._outings.under(asset_id, fact.time_ns) if fact.late else None
        for loan in loans:
            if asset_id not in loan.out and self._book.is_full():
                continue
            stay = stay_of(loan, asset_id, fact, under)
            verdict = judge_exit(loan, self._plan, fact, gate, stay)
            if best is None or RANK[verdict] < RANK[best[1]]:
                best = loan, verdict
            if verdict == "authorised":
                break
        return None if best is None else permit_of(*best, self._plan, fact, gate)

    def _note_out(
        self, permit: Permit, asset_id: str, fact: Exit, rule: RuleSettings
    ) -> Event | None:
        """An asset is out from now on; the event, if it is time for that."""
        if self._outings.is_over(asset_id, fact.time_ns):
            return None
        loan, gate = self._state.loans[permit.checkout], permit.gate if permit.is_certain else None
        is_known = self._outings.goes_on(asset_id, permit.checkout, fact)
        out = Out(
            rules=(rule.name,),
            fact=fact,
            gate=gate,
            severity=rule.severity,
            notify=rule.notify,
            said=is_known or gate is not None or not loan.terms.gates,
        )
        self._let_out(loan, asset_id, out, fact.decided_ns)
        if is_known:
            return None
        self._outings.note_out(asset_id, permit.checkout, fact, rule.name)
        if not out.said:
            return None
        return self._log.event_of(permit.checkout, asset_id, fact, permit.gate)

    def _note_late(
        self, permit: Permit, asset_id: str, fact: Exit, rule: RuleSettings
    ) -> Event | None:
        """The event of an exit that was over before it was known; where the asset is stays.

        Of who is out it may say by which gate that was.
        """
        holder = self._book.holder(asset_id)
        if holder is not None and fact.time_ns >= first_ns(holder.out[asset_id].fact):
            if permit.verdict == "wrong_gate" and not holder.out[asset_id].said:
                stray = self._stray(permit, asset_id, fact)
                go_astray(self._state.strays, asset_id, stray, rule.name)
            elif permit.checkout == holder.terms.id:
                self._log.note_gate(holder, asset_id, permit, fact.decided_ns)
            return None
        if permit.verdict != "authorised" or self._outings.has_told(asset_id, fact.time_ns):
            return None
        self._outings.note_out(asset_id, permit.checkout, fact, rule.name)
        return self._log.event_of(permit.checkout, asset_id, fact, permit.gate)

    def _stray(self, permit: Permit, asset_id: str, fact: Exit) -> Stray:
        """An asset goes astray; from now on it is out under no check-out."""
        stray = stray_of(permit, fact)
        loan, out = self._book.holder(asset_id), self._book.take_back(asset_id)
        if loan is None or out is None:
            return stray
        self._settle(loan, fact.decided_ns)
        left_ns = out.fact.time_ns if out.said else None
        return replace(
            stray, checkout=loan.terms.id, rules=out.rules, left_ns=left_ns, told=out.told
        )

    def _let_out(self, loan: Loan, asset_id: str, out: Out, at_ns: int) -> None:
        former = self._book.holder(asset_id)
        self._book.let_out(loan, asset_id, out)
        self._wake(loan, max(recall_ns(loan), at_ns))
        if former is not None:
            self._settle(former, at_ns)

    def _settle(self, loan: Loan, at_ns: int) -> None:
        """An asset is not out any more under a check-out; it may have been the last one."""
        if loan.out or loan.closed_ns is not None:
            return
        if loan.state == "overdue":
            loan.state = "open"
            self._log.tell("back", loan, at_ns)
        if loan.wake_ns is None:
            self._wake(loan, max(expiry_ns(loan), at_ns))

    # How time passes

    def _call_in(self, loan: Loan, at_ns: int) -> list[StillOut]:
        """Who is out under a check-out that is due, and was not told yet."""
        called: list[StillOut] = []
        for asset_id, out in list(loan.out.items()):
            extension = None if out.told else self._extension(loan, asset_id, out)
            if extension is not None:
                self._let_out(extension, asset_id, replace(out, said=False), at_ns)
                self._log.say(extension, asset_id, at_ns)
            elif not out.told:
                self._log.say(loan, asset_id, at_ns)
                loan.out[asset_id] = replace(out, told=True, said=True)
                text = f"not back, check-out {loan.terms.id} of {loan.terms.person}"
                called.append(still_out_of(loan, asset_id, out, loan.due_ns, text))
        if called and loan.state == "open":
            loan.state = "overdue"
            self._log.tell("overdue", loan, at_ns)
        return called

    def _extension(self, loan: Loan, asset_id: str, out: Out) -> Loan | None:
        """Another check-out that lets an asset be where it is when this one is due."""
        asset = self._register.asset(asset_id)
        others = [] if asset is None else self._book.concerning(asset)
        for other in others:
            holds = other is not loan and other.terms.from_ns <= loan.due_ns < other.shut_ns
            if holds and may_be_at(other.terms, self._plan, out.fact):
                return other
        return None

    def _expire(self, loan: Loan, at_ns: int) -> None:
        if at_ns < expiry_ns(loan):
            self._wake(loan, expiry_ns(loan))
            return
        self._book.expire(loan, at_ns)
        self._log.tell("expired", loan, at_ns)

    def _wake(self, loan: Loan, at_ns: int | None) -> None:
        loan.wake_ns = at_ns
        if at_ns is not None:
            heapq.heappush(self._timers, (at_ns, loan.terms.id))

    # How check-outs end

    def _close(
        self,
        change: CheckIn | RevokeCheckOut,
        step: LoanStep,
        closed: tuple[Outcome, dict[str, Out]],
        now_ns: int,
    ) -> Handled:
        outcome, out = closed
        loan = self._book.loan(change.id)
        if outcome.refused is not None or loan is None:
            return Handled(outcome, [], [])
        for name in [name for name, each in out.items() if not each.said]:
            self._log.say_of(change.id, name, out[name], now_ns)
        why = change.note if isinstance(change, CheckIn) else change.reason
        self._log.tell(step, loan, now_ns, change.by, why)
        text = f"check-out {change.id} of {loan.terms.person} is revoked: {why}"
        revoked = out if step == "revoked" else {}
        still_out = [still_out_of(loan, name, revoked[name], now_ns, text) for name in revoked]
        told = [name for name, each in out.items() if each.told]
        return Handled(outcome, still_out, [*told, *drop_strays(self._state.strays, change.id)])
