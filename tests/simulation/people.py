"""What people do with the alerts that they are told of, each at their own pace."""

from collections.abc import Iterator
from random import Random

from alerts.alert import AlertChange
from alerts.changes import (
    AcknowledgeAlert,
    CommentAlert,
    EndDrill,
    ResetAlert,
    ShelveAlert,
    StartDrill,
    UnshelveAlert,
)
from gateway.entries import Change
from inventory.changes import CheckIn, CheckOut
from simulators.day_lives import TrueExit
from simulators.facility_day import SECOND_NS, FacilityDay

Planned = tuple[int, Change]

RESET_WITHIN_S = 60
LONG_NS = 86_400 * SECOND_NS


class People:
    """Guards: they acknowledge most alerts, reset them once they are over, shelve some."""

    def __init__(self, day: FacilityDay, start_ns: int) -> None:
        self._rng = Random(f"{day.seed}/people")
        self._day = day
        self._until_ns = start_ns + round(day.until_s * SECOND_NS)
        self._start_ns = start_ns
        self._acknowledged: dict[str, int] = {}

    def plans(self) -> Iterator[Planned]:
        """What they do anyway: lend things out, and hold a drill now and then."""
        yield from self._drills()
        exits = [exit_ for exit_ in self._day.lives.exits if exit_.checked_out]
        for number, exit_ in enumerate(exits):
            yield from self._lend(f"loan-{number}", exit_)

    def _lend(self, loan: str, exit_: TrueExit) -> Iterator[Planned]:
        """Checked out just before somebody comes for it, checked in once it is back."""
        at_ns = self._at_ns(exit_.start_s - self._rng.uniform(5, 30))
        gates = () if exit_.permitted is None else (self._day.site.doors[exit_.permitted].name,)
        yield (
            at_ns,
            CheckOut(
                arrival_ns=at_ns,
                by="ann",
                id=loan,
                person="bob",
                from_ns=at_ns,
                until_ns=self._until_ns + LONG_NS,
                asset=self._day.assets[exit_.asset].id,
                gates=gates,
            ),
        )
        if exit_.back_s < self._day.until_s:
            back_ns = self._at_ns(exit_.back_s + self._rng.uniform(30, 60))
            yield back_ns, CheckIn(arrival_ns=back_ns, by="ann", id=loan)

    def _at_ns(self, seconds: float) -> int:
        return self._start_ns + round(max(1.0, seconds) * SECOND_NS)

    def _drills(self) -> Iterator[Planned]:
        at_ns = self._start_ns
        while True:
            at_ns += self._after_ns(600, 14_400)
            if at_ns >= self._until_ns:
                return
            until_ns = at_ns + self._after_ns(120, 600)
            yield at_ns, StartDrill(arrival_ns=at_ns, by="ann", until_ns=until_ns, reason="drill")
            if self._rng.random() < 0.5:
                ended_ns = until_ns - self._after_ns(10, 60)
                yield ended_ns, EndDrill(arrival_ns=ended_ns, by="ann")

    def hear_of(self, change: AlertChange) -> Iterator[Planned]:
        """What they do about a step in the life of an alert."""
        if change.actor is not None:
            return
        if change.transition in {"raised", "reopened"}:
            yield from self._look_into(change)
        elif change.transition == "returned":
            yield from self._tidy_up(change)

    def _look_into(self, change: AlertChange) -> Iterator[Planned]:
        alert = change.alert.id
        drawn = self._rng.random()
        at_ns = change.at_ns + self._after_ns(20, 300)
        if drawn < 0.8:
            self._acknowledged[alert] = at_ns
            yield (
                at_ns,
                AcknowledgeAlert(arrival_ns=at_ns, by="ann", alert=alert, note="looked into it"),
            )
        if drawn > 0.7:
            until_ns = at_ns + self._after_ns(60, 1_200)
            yield (
                at_ns,
                ShelveAlert(
                    arrival_ns=at_ns, by="bob", alert=alert, until_ns=until_ns, reason="expected"
                ),
            )
        if drawn > 0.95:
            later_ns = at_ns + self._after_ns(10, 50)
            yield later_ns, UnshelveAlert(arrival_ns=later_ns, by="bob", alert=alert)
        elif drawn < 0.1:
            yield at_ns, CommentAlert(arrival_ns=at_ns, by="bob", alert=alert, text="called Ann")

    def _tidy_up(self, change: AlertChange) -> Iterator[Planned]:
        alert = change.alert.id
        acked_ns = self._acknowledged.get(alert, 0)
        at_ns = max(change.at_ns, acked_ns) + self._after_ns(5, 40)
        # Later it may have gone out again.
        if self._rng.random() < 0.7 and at_ns < change.at_ns + RESET_WITHIN_S * SECOND_NS:
            yield at_ns, ResetAlert(arrival_ns=at_ns, by="ann", alert=alert)

    def _after_ns(self, least_s: int, most_s: int) -> int:
        return round(self._rng.uniform(least_s, most_s) * SECOND_NS)
