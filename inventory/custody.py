"""Custody: what may leave with whom, and what is out under that. Pure; changes all or nothing.

A check-out is open until it is checked in, revoked or expired. One that is closed is
remembered for a while, so that an exit that is only told late can still be judged by it.
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import msgspec

from inventory.assets import Asset
from inventory.changes import (
    DONE,
    CheckIn,
    CheckOut,
    Outcome,
    RevokeCheckOut,
    says_nothing,
)
from tags.times import SECOND_NS
from zones.movements import Crossing, Movement

OPEN_MAX = 10_000
"""Check-outs that may be open at once; beyond it a further one is refused."""

CLOSED_MAX = 10_000
"""Closed check-outs that are remembered; of more, the one that was closed first is forgotten."""

OUT_MAX = 100_000
"""Assets that may be out under check-outs at once; no check-out lets another one leave."""

OUTINGS_MAX = 3
"""Outings of one asset that are remembered."""

NAMED_MAX = 100
"""Zones, and gates, that one check-out may name."""

GRACE_S_MAX = 86_400.0

LoanState = Literal["open", "overdue", "returned", "revoked", "expired"]
LoanStep = Literal["opened", "overdue", "back", "returned", "revoked", "expired", "renamed"]
OPEN_STATES: frozenset[LoanState] = frozenset({"open", "overdue"})


class Out(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An asset that left under a check-out: by which exit, and for which rules it is out.

    `gate` is the one that it left through, where it is for certain one of those allowed.
    `severity` and `notify` are those of the rule; `told`: it was told as overdue. `said`: it was
    told as an event. Where the gate matters and is not known, that waits.
    """

    rules: tuple[str, ...]
    fact: Movement | Crossing
    gate: str | None = None
    severity: Literal["info", "warning", "critical"] = "warning"
    notify: tuple[str, ...] = ()
    told: bool = False
    said: bool = True


class Loan(msgspec.Struct, kw_only=True):
    """A check-out as it stands: its terms, its state, and which assets are out under it.

    `wake_ns` is when to look at it next; None where only an asset can give reason to.
    """

    terms: CheckOut
    state: LoanState = "open"
    closed_ns: int | None = None
    wake_ns: int | None = None
    out: dict[str, Out] = {}

    @property
    def due_ns(self) -> int:
        """When all must be back, the grace included."""
        terms = self.terms
        back_ns = terms.until_ns if terms.return_by_ns is None else terms.return_by_ns
        return back_ns + _grace_ns(terms)

    @property
    def shut_ns(self) -> int:
        """From when on no asset may leave any more."""
        return min(self.terms.until_ns + _grace_ns(self.terms), self.due_ns)


class Stray(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An asset that is out against the terms of a check-out, until it is back.

    `detail` says to people how that is. `left_ns` is when it left, where it did so as it
    might and went astray afterwards; `told`: it was told as overdue by then.
    """

    checkout: str
    verdict: Literal["authorised", "wrong_gate", "wrong_zone", "too_early", "expired"]
    time_ns: int
    rules: tuple[str, ...]
    detail: str = ""
    left_ns: int | None = None
    told: bool = False


class Outing(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An asset was out under a check-out, as a rule saw it at `time_ns`.

    Nothing says that it was in after `from_ns`, until `to_ns`; None while it is not back.
    """

    checkout: str
    rule: str
    time_ns: int
    from_ns: int
    to_ns: int | None = None


class CustodyState(msgspec.Struct):
    """Plain data: check-outs by id, assets astray, and the last outings by asset.

    Nobody is told as overdue before `patient_until_ns`.
    """

    loans: dict[str, Loan] = {}
    strays: dict[str, Stray] = {}
    outings: dict[str, tuple[Outing, ...]] = {}
    patient_until_ns: int = 0


class CustodyChanged(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="custody"):
    """One step in the life of a check-out: its terms, the state after it, who did it and why.

    `actor` is None where the gateway decided.
    """

    step: LoanStep
    terms: CheckOut
    state: LoanState
    at_ns: int
    actor: str | None = None
    why: str = ""


class Known(NamedTuple):
    """What a check-out may name: says of an asset, a zone and a gate whether there is such."""

    asset: Callable[[str], bool]
    zone: Callable[[str], bool]
    gate: Callable[[str], bool]


class Custody:
    """The book of check-outs, found by what they are for and by who is out."""

    def __init__(self, state: CustodyState) -> None:
        self.state = state
        self._by_target: dict[tuple[str, str], dict[str, None]] = {}
        self._holder: dict[str, str] = {}
        self._open = 0
        self._closed: dict[str, None] = {}
        for loan in state.loans.values():
            self._index(loan)

    # Questions

    def loan(self, checkout: str) -> Loan | None:
        """The check-out with this id, while it is open or remembered."""
        return self.state.loans.get(checkout)

    def concerning(self, asset: Asset, at_ns: int | None = None) -> Iterator[Loan]:
        """The check-outs for an asset: the one that it is out under, and the others.

        Those for the asset itself stand before those for its group and those for its
        category. They are the open ones; with `at_ns` those that were open then.
        """
        holder = self.holder(asset.id)
        if holder is not None:
            yield holder
        for target in _targets_of(asset):
            for checkout in self._by_target.get(target, ()):
                loan = self.state.loans[checkout]
                if loan is not holder and _is_open(loan, at_ns):
                    yield loan

    def holder(self, asset_id: str) -> Loan | None:
        """The check-out under which an asset is out."""
        checkout = self._holder.get(asset_id)
        return None if checkout is None else self.state.loans[checkout]

    def is_full(self) -> bool:
        """Whether no further asset can be out under a check-out."""
        return len(self._holder) >= OUT_MAX

    # Changes

    def take(self, change: CheckOut, known: Known) -> Outcome:
        """Open a check-out, unless it says what can not be."""
        refused = self._check(change, known)
        if refused is not None:
            return refused
        self.state.loans[change.id] = loan = Loan(terms=change)
        self._index(loan)
        return DONE

    def check_in(self, change: CheckIn) -> tuple[Outcome, dict[str, Out]]:
        """Close a check-out, since all is back; what was out under it until now."""
        return self._end(change.id, "returned", change.arrival_ns)

    def revoke(self, change: RevokeCheckOut) -> tuple[Outcome, dict[str, Out]]:
        """Close a check-out, since it does not hold any more; what is out under it now."""
        if says_nothing(change.reason):
            return Outcome("invalid", "say why it is revoked", "reason"), {}
        return self._end(change.id, "revoked", change.arrival_ns)

    def expire(self, loan: Loan, at_ns: int) -> None:
        """Close a check-out whose time is over, and under which nothing is out."""
        self._close(loan, "expired", at_ns)

    def let_out(self, loan: Loan, asset_id: str, out: Out) -> None:
        """Note that an asset is out under a check-out, and under no other one any more."""
        self.take_back(asset_id)
        loan.out[asset_id] = out
        self._holder[asset_id] = loan.terms.id

    def take_back(self, asset_id: str) -> Out | None:
        """Note that an asset is not out under a check-out any more; how it was out."""
        checkout = self._holder.pop(asset_id, None)
        return None if checkout is None else self.state.loans[checkout].out.pop(asset_id)

    # How

    def _check(self, change: CheckOut, known: Known) -> Outcome | None:
        """Why it would be refused; None if it would be taken."""
        if change.id in self.state.loans:
            return Outcome("conflict", f"there is a check-out {change.id!r} already", "id")
        if self._open >= OPEN_MAX:
            text = f"{OPEN_MAX} check-outs are open, which is as many as there may be"
            return Outcome("conflict", f"{text}; check in or revoke what is over")
        return _check_terms(change) or _check_names(change, known)

    def _end(self, checkout: str, state: LoanState, at_ns: int) -> tuple[Outcome, dict[str, Out]]:
        loan = self.state.loans.get(checkout)
        if loan is None:
            return Outcome("unknown", f"there is no check-out {checkout!r}"), {}
        if loan.state not in OPEN_STATES:
            return Outcome("conflict", f"check-out {checkout!r} is {loan.state} already"), {}
        out = loan.out
        for asset_id in out:
            del self._holder[asset_id]
        loan.out = {}
        self._close(loan, state, at_ns)
        return DONE, out

    def _close(self, loan: Loan, state: LoanState, at_ns: int) -> None:
        """What is closed stands behind what is open, in the order in which it was closed."""
        checkout = loan.terms.id
        loan.state, loan.closed_ns, loan.wake_ns = state, at_ns, None
        self._open -= 1
        self._forget(checkout)
        self.state.loans[checkout] = loan
        self._index(loan)
        if len(self._closed) > CLOSED_MAX:
            self._forget(next(iter(self._closed)))

    def _forget(self, checkout: str) -> None:
        self._closed.pop(checkout, None)
        target = _target_of(self.state.loans.pop(checkout).terms)
        bucket = self._by_target[target]
        del bucket[checkout]
        if not bucket:
            del self._by_target[target]

    def _index(self, loan: Loan) -> None:
        checkout = loan.terms.id
        self._by_target.setdefault(_target_of(loan.terms), {})[checkout] = None
        self._holder.update(dict.fromkeys(loan.out, checkout))
        if loan.state in OPEN_STATES:
            self._open += 1
        else:
            self._closed[checkout] = None


def _grace_ns(terms: CheckOut) -> int:
    return round(terms.grace_s * SECOND_NS)


def _is_open(loan: Loan, at_ns: int | None) -> bool:
    if at_ns is None:
        return loan.closed_ns is None
    return loan.closed_ns is None or at_ns < loan.closed_ns


def _target_of(terms: CheckOut) -> tuple[str, str]:
    """What a check-out is for: the kind and the name."""
    if terms.asset:
        return "asset", terms.asset
    return ("group", terms.group) if terms.group else ("category", terms.category)


def _targets_of(asset: Asset) -> list[tuple[str, str]]:
    """What check-outs for an asset can be for."""
    return [("asset", asset.id), ("group", asset.group), ("category", asset.category)]


def _check_terms(change: CheckOut) -> Outcome | None:
    """Whether what it says fits together."""
    named = [name for name in (change.asset, change.category, change.group) if name]
    if len(named) != 1:
        return Outcome("invalid", "say one of asset, category and group", "asset")
    if says_nothing(change.person):
        return Outcome("invalid", "say who takes it along", "person")
    if change.until_ns <= change.from_ns:
        return Outcome("invalid", "must be after the time from which it holds", "until")
    if change.return_by_ns is not None and change.return_by_ns < change.from_ns:
        return Outcome("invalid", "must not be before the time from which it holds", "return_by")
    if not 0 <= change.grace_s <= GRACE_S_MAX:
        return Outcome("invalid", f"must be between 0 and {GRACE_S_MAX:.0f} seconds", "grace_s")
    return None


def _check_names(change: CheckOut, known: Known) -> Outcome | None:
    """Whether there is what it names. Of a category or group there may be nothing yet."""
    if change.asset and not known.asset(change.asset):
        return Outcome("invalid", f"there is no asset {change.asset!r}", "asset")
    for field, names, is_known in (
        ("zones", change.zones, known.zone),
        ("gates", change.gates, known.gate),
    ):
        if len(names) > NAMED_MAX:
            return Outcome("invalid", f"names more than {NAMED_MAX}", field)
        for name in names:
            if not is_known(name):
                return Outcome("invalid", f"there is no {_NOUNS[field]} {name!r}", field)
    return None


_NOUNS = {"zones": "zone", "gates": "portal or zone of role exit"}
