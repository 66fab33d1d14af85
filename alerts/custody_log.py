"""What is told of check-outs and of outings under them, in order, until somebody takes it."""

from collections.abc import Container

from msgspec.structs import replace

from alerts.alert import Event
from alerts.outings import exit_of
from alerts.permits import Exit, Permit
from inventory.custody import CustodyChanged, Loan, LoanStep, Out


class CustodyLog:
    """Steps of check-outs and events; `portals` are those that an event may name."""

    def __init__(self) -> None:
        self.portals: Container[str] = ()
        self._told: list[CustodyChanged | Event] = []

    def take(self) -> list[CustodyChanged | Event]:
        """What was told since the last call, in order."""
        told, self._told = self._told, []
        return told

    def tell(
        self, step: LoanStep, loan: Loan, at_ns: int, actor: str | None = None, why: str = ""
    ) -> None:
        """Tell a step of a check-out, which stands as it is after that."""
        change = CustodyChanged(
            step=step,
            terms=loan.terms,
            state=loan.state,
            at_ns=at_ns,
            actor=actor,
            why=why,
        )
        self._told.append(change)

    def event_of(self, checkout: str, asset_id: str, fact: Exit, gate: str | None) -> Event:
        """The event of an exit; the gate is named where it is a portal."""
        return exit_of(
            checkout, asset_id, fact, gate if gate is not None and gate in self.portals else None
        )

    def say(self, loan: Loan, asset_id: str, at_ns: int) -> None:
        """Tell at `at_ns` that an asset is out under a check-out, if it was not told."""
        out = loan.out[asset_id]
        if not out.said:
            loan.out[asset_id] = replace(out, said=True)
            self.say_of(loan.terms.id, asset_id, out, at_ns)

    def say_of(self, checkout: str, asset_id: str, out: Out, at_ns: int) -> None:
        """Tell at `at_ns` how an asset was out, later than it was known."""
        event = self.event_of(checkout, asset_id, out.fact, out.gate)
        self._told.append(replace(event, at_ns=max(event.at_ns, at_ns)))

    def note_gate(self, loan: Loan, asset_id: str, permit: Permit, at_ns: int) -> None:
        """Note by which of the allowed gates an asset left, if that is known now; and tell it."""
        out = loan.out[asset_id]
        if permit.is_certain and out.gate is None:
            loan.out[asset_id] = replace(out, gate=permit.gate)
            self.say(loan, asset_id, at_ns)
