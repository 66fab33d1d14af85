"""Assets that are out under a check-out: the events of it, and when they should be back."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec

from alerts.alert import Event, Severity
from alerts.permits import Exit
from alerts.straying import only
from inventory.custody import CustodyState, Known, Loan, Out
from inventory.register import Register
from tags.times import SECOND_NS
from zones.bins import BIN_NS
from zones.floorplan import FloorPlan
from zones.movements import Crossing, Movement
from zones.tracks import closing_ns

Kind = Literal["authorised_exit", "authorised_return"]

EXPIRES_AFTER_NS = 600 * SECOND_NS
"""An exit can be known this much later than it happened; so long a check-out stays open."""


class StillOut(NamedTuple):
    """An asset that is out and should not be, since `at_ns`: it was due, or it is revoked.

    `fact` is how it left, `rules` are those that it breaks; `severity` and `notify` are those
    of the rule that saw it leave.
    """

    checkout: str
    person: str
    asset: str
    rules: tuple[str, ...]
    fact: Exit
    at_ns: int
    severity: Severity
    notify: tuple[str, ...]
    detail: str


def still_out_of(loan: Loan, asset_id: str, out: Out, at_ns: int, detail: str) -> StillOut:
    """What is told of an asset that is out under a check-out."""
    return StillOut(
        checkout=loan.terms.id,
        person=loan.terms.person,
        asset=asset_id,
        rules=out.rules,
        fact=out.fact,
        at_ns=at_ns,
        severity=out.severity,
        notify=out.notify,
        detail=detail,
    )


def recall_ns(loan: Loan) -> int:
    """When it is known who is not back in time: reads up to the due time have had their hold."""
    return closing_ns(-(-loan.due_ns // BIN_NS) - 1)


def expiry_ns(loan: Loan) -> int:
    """When a check-out expires, if nothing is out under it."""
    return recall_ns(loan) + EXPIRES_AFTER_NS


def exit_of(checkout: str, asset_id: str, fact: Exit, portal: str | None) -> Event:
    """The event that an asset left as it might, through `portal` if that is known."""
    return _event("authorised_exit", (checkout, asset_id, fact.time_ns), fact, portal)


def return_of(checkout: str, asset_id: str, fact: Exit, left_ns: int) -> Event:
    """The event that an asset which left at `left_ns` is back."""
    return _event("authorised_return", (checkout, asset_id, left_ns), fact, None)


def _event(kind: Kind, stay: tuple[str, str, int], fact: Exit, portal: str | None) -> Event:
    """An event of a stay outside: the check-out, the asset and when it left name that."""
    return Event(
        id=sha256(msgspec.json.encode((kind, *stay))).hexdigest()[:32],
        kind=kind,
        time_ns=fact.time_ns,
        at_ns=fact.decided_ns,
        asset=stay[1],
        tag=fact.tag,
        from_zone=fact.from_zone if isinstance(fact, Movement) else None,
        to_zone=fact.to_zone if isinstance(fact, Movement) else None,
        portal=fact.portal if isinstance(fact, Crossing) else portal,
        reference=stay[0],
        late=fact.late,
    )


def known_by(register: Register, plan: FloorPlan) -> Known:
    """What a check-out may name."""

    def has_asset(name: str) -> bool:
        return register.asset(name) is not None

    def has_gate(name: str) -> bool:
        return name in plan.portals or name in plan.urgent

    return Known(asset=has_asset, zone=plan.zones.__contains__, gate=has_gate)


def rename_zones(state: CustodyState, renamed: dict[str, str]) -> Iterator[Loan]:
    """Zones go by other names (new by former one); the check-outs that name some of them."""
    for loan in state.loans.values():
        for asset_id, out in loan.out.items():
            fact = renamed_fact(out.fact, renamed)
            loan.out[asset_id] = msgspec.structs.replace(out, fact=fact)
        terms = loan.terms
        zones = tuple(renamed.get(name, name) for name in terms.zones)
        gates = tuple(renamed.get(name, name) for name in terms.gates)
        if (zones, gates) != (terms.zones, terms.gates):
            loan.terms = msgspec.structs.replace(terms, zones=zones, gates=gates)
            yield loan


def keep_rules(state: CustodyState, known: frozenset[str]) -> None:
    """There are only these rules; nobody waits for another to say that it is kept again."""
    for loan in state.loans.values():
        for asset_id, out in loan.out.items():
            loan.out[asset_id] = msgspec.structs.replace(out, rules=only(out.rules, known))
    for asset_id, stray in state.strays.items():
        rules = only(stray.rules, known)
        state.strays[asset_id] = msgspec.structs.replace(stray, rules=rules)


def renamed_fact(fact: Exit, renamed: dict[str, str]) -> Exit:
    """The same with zones as they are called now."""
    if isinstance(fact, Crossing):
        return fact
    return msgspec.structs.replace(
        fact,
        from_zone=renamed.get(fact.from_zone or "", fact.from_zone),
        to_zone=renamed.get(fact.to_zone or "", fact.to_zone),
        scores={renamed.get(zone, zone): score for zone, score in fact.scores.items()},
    )
