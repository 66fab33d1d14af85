"""What one check-out says of one exit: pure, from its terms, the floor plan and who is out."""

from typing import Literal, NamedTuple

from inventory.changes import CheckOut
from inventory.custody import Loan, Stray
from zones.floorplan import FloorPlan
from zones.movements import Crossing, Movement

Exit = Movement | Crossing
PermitVerdict = Literal["authorised", "wrong_gate", "wrong_zone", "too_early", "expired"]

RANK: dict[str, int] = {
    "authorised": 0,
    "wrong_gate": 1,
    "wrong_zone": 2,
    "too_early": 3,
    "expired": 4,
}
"""Of several check-outs the one counts that allows most."""


class Permit(NamedTuple):
    """What a check-out says of an exit, in a word and in a sentence for people.

    `gate` is where it left, as far as it is known; `is_certain`: it is one of those allowed.
    """

    checkout: str
    verdict: PermitVerdict
    detail: str = ""
    gate: str | None = None
    is_certain: bool = False


class Stay(NamedTuple):
    """Whether an asset was out already, and has left by a gate that is allowed for certain."""

    is_out: bool
    left_rightly: bool


def stay_of(loan: Loan, asset_id: str, fact: Exit, under: str | None) -> Stay:
    """How an asset was out under a check-out at the time of a fact.

    `under` is the check-out of the former outing that this was part of.
    """
    out = loan.out.get(asset_id)
    if out is None or fact.time_ns < out.fact.time_ns:
        return Stay(under == loan.terms.id, left_rightly=False)
    return Stay(is_out=True, left_rightly=out.gate is not None)


def judge_exit(
    loan: Loan, plan: FloorPlan, fact: Exit, gate: str | None, stay: Stay
) -> PermitVerdict:
    """What one check-out says of an exit. Who is out under it may be there for longer."""
    terms = loan.terms
    if not stay.is_out and fact.time_ns < terms.from_ns:
        return "too_early"
    if not stay.is_out and fact.time_ns >= loan.shut_ns:
        return "expired"
    on_the_way = stay.left_rightly and isinstance(fact, Movement)
    if not on_the_way and not _may_leave_by(terms, plan, gate):
        return "wrong_gate"
    return "authorised" if may_be_at(terms, plan, fact) else "wrong_zone"


def permit_of(
    loan: Loan, verdict: PermitVerdict, plan: FloorPlan, fact: Exit, gate: str | None
) -> Permit:
    """The verdict with what people are told about it."""
    terms = loan.terms
    is_certain = gate is not None and is_gate_of(terms, plan, gate)
    return Permit(terms.id, verdict, _words(terms, verdict, fact, gate), gate, is_certain)


def permit_of_stray(stray: Stray) -> Permit:
    """The permit of an asset that is out against the terms: nothing makes that right."""
    return Permit(stray.checkout, stray.verdict, stray.detail)


def may_be_at(terms: CheckOut, plan: FloorPlan, fact: Exit) -> bool:
    """Whether it came to a zone that is allowed; gates and what no zone covers lie on the way."""
    zone = None if isinstance(fact, Crossing) else fact.to_zone
    on_the_way = not terms.zones or zone is None or zone in plan.urgent
    return on_the_way or plan.within(zone or "", terms.zones)


def is_gate_of(terms: CheckOut, plan: FloorPlan, gate: str) -> bool:
    """Whether a gate is for certain one of those that are named: by name, or by its zone."""
    if gate in terms.gates or plan.within(gate, terms.gates):
        return True
    zones = _zones_at(plan, gate)
    return any(plan.within(zone, terms.gates) for zone in zones)


def _may_leave_by(terms: CheckOut, plan: FloorPlan, gate: str | None) -> bool:
    """Whether nothing is known that contradicts the gates that are named.

    A zone of role exit contradicts a portal if it belongs to others, or if all antennas of that
    portal stand for other zones.
    """
    if gate is None or not terms.gates or is_gate_of(terms, plan, gate):
        return True
    if gate in plan.portals:
        return False
    portals = [name for name in plan.portals if gate in _zones_at(plan, name)]
    if portals:
        return any(name in terms.gates for name in portals)
    return any(_may_lie_anywhere(plan, name) for name in terms.gates)


def _may_lie_anywhere(plan: FloorPlan, portal: str) -> bool:
    """Whether some antenna of a portal stands for no zone, so that it may be that of any gate."""
    known = plan.portals.get(portal)
    return known is not None and any(plan.point(point).zone is None for point in known.points)


def _zones_at(plan: FloorPlan, portal: str) -> list[str]:
    """The zones that the antennas of a portal hear."""
    known = plan.portals.get(portal)
    heard = () if known is None else [plan.point(point).zone for point in known.points]
    return [zone for zone in heard if zone is not None]


def _words(terms: CheckOut, verdict: PermitVerdict, fact: Exit, gate: str | None) -> str:
    whose = f"check-out {terms.id} of {terms.person}"
    match verdict:
        case "authorised":
            return f"allowed by {whose}"
        case "wrong_gate":
            return f"{whose} is for {', '.join(terms.gates)}, and it left by {gate}"
        case "wrong_zone":
            place = "" if isinstance(fact, Crossing) else fact.to_zone
            return f"{whose} is for {', '.join(terms.zones)}, and it is in {place}"
        case "too_early":
            return f"{whose} did not hold yet"
        case _:
            return f"{whose} did not hold any more"
