"""The life of an alert where several things come together: shelves, suppression, storms, drills."""

from alerts.alert import AlertChange, Notice
from alerts.changes import (
    EndDrill,
    ShelveAlert,
    ShelveRule,
    StartDrill,
    UnshelveAlert,
)
from alerts.settings import EscalationStep
from inventory.assets import Asset
from tests.alerts.made import LAPTOP, RULE, Bench, rule
from tests.zones.made import at, seconds_of

STEPS = (EscalationStep(after_s=30), EscalationStep(after_s=120, notify=("chief",)))


class Desk(Bench):
    """A bench with people at it, and what the channels are told."""

    def acknowledge_at(self, seconds: float) -> None:
        self.wait_until(seconds)
        assert self.acknowledge("seen").refused is None

    def shelve(self, seconds: float, until_s: float) -> None:
        self.wait_until(seconds)
        shelf = ShelveAlert(
            arrival_ns=at(seconds), by="ann", alert=self.alert.id, until_ns=at(until_s), reason="x"
        )
        assert self.judge.handle(shelf).refused is None

    def unshelve(self, seconds: float) -> None:
        self.wait_until(seconds)
        self.judge.handle(UnshelveAlert(arrival_ns=at(seconds), by="ann", alert=self.alert.id))

    def shelve_rule(self, seconds: float, until_s: float, subject: str = "") -> None:
        self.wait_until(seconds)
        order = ShelveRule(
            arrival_ns=at(seconds),
            by="bob",
            rule=RULE,
            until_ns=at(until_s),
            reason="x",
            subject=subject,
        )
        assert self.judge.shelve_rule(order).refused is None

    def drill(self, seconds: float, until_s: float) -> None:
        self.wait_until(seconds)
        start = StartDrill(arrival_ns=at(seconds), by="ann", until_ns=at(until_s), reason="x")
        assert self.judge.start_drill(start).refused is None

    def end_drill(self, seconds: float) -> None:
        self.wait_until(seconds)
        assert self.judge.end_drill(EndDrill(arrival_ns=at(seconds), by="ann")).refused is None

    @property
    def told(self) -> list[tuple[str, float]]:
        """What channels are told, and when."""
        self._collect()
        return [
            (each.announces or each.transition, seconds_of(each.at_ns))
            for each in self.decided
            if isinstance(each, AlertChange) and each.notify
        ]

    @property
    def notices(self) -> list[Notice]:
        self._collect()
        return [each for each in self.decided if isinstance(each, Notice)]


def out(**changes: object) -> Desk:
    """An alert that was told at 10 s; returns count at once."""
    desk = Desk(rule(**({"clear_confirm_s": 0, "confirm_s": 0} | changes)))
    desk.rush("a1", "gate", 10.0)
    assert desk.told == [("raised", 10.0)]
    return desk


def test_who_left_again_while_it_was_shelved_is_told_when_that_is_over() -> None:
    desk = out()
    desk.acknowledge_at(12)
    desk.shelve(15, 600)
    desk.move("a1", "hall", 30)
    desk.rush("a1", "gate", 60)
    desk.wait_until(700)
    assert desk.transitions[-2:] == ["reopened", "unshelved"]
    assert desk.told[-1] == ("reopened", 600)


def test_who_came_back_while_it_was_shelved_is_told_as_returned_when_that_is_over() -> None:
    desk = out()
    desk.shelve(15, 600)
    desk.move("a1", "hall", 30)
    desk.wait_until(700)
    assert desk.told == [("raised", 10), ("returned", 600)]


def test_a_shelf_that_is_over_does_not_call_everybody_at_once() -> None:
    desk = out(escalate=STEPS)
    desk.shelve(15, 600)
    desk.wait_until(2000)
    assert desk.told == [("raised", 10), ("escalated", 600), ("escalated", 690)]


def test_what_chattered_while_it_was_shelved_is_told_when_that_is_over() -> None:
    desk = Desk(rule(clear_confirm_s=0, confirm_s=0))
    desk.shelve_rule(5, 1000)
    for turn in range(7):
        desk.rush("a1", "gate", 10 + 20 * turn)
        desk.move("a1", "hall", 20 + 20 * turn)
    desk.rush("a1", "gate", 300)
    assert desk.told == []
    desk.wait_until(1500)
    assert desk.told == [("raised", 1000)]


def test_alerts_that_are_reset_and_raised_again_chatter_once_an_hour() -> None:
    desk = Desk(rule(clear_confirm_s=0, confirm_s=0))
    for turn in range(9):
        desk.rush("a1", "gate", 10 + 20 * turn)
        desk.move("a1", "hall", 15 + 20 * turn)
        desk.acknowledge_at(20 + 20 * turn)
        desk.reset()
    told = [what for what, _ in desk.told]
    assert told.count("raised") == 5
    assert told.count("chattering") == 1


def test_who_is_told_of_chattering_is_told_of_its_end() -> None:
    desk = Desk(rule(clear_confirm_s=0, confirm_s=0))
    for turn in range(6):
        desk.rush("a1", "gate", 10 + 20 * turn)
        desk.move("a1", "hall", 15 + 20 * turn)
        desk.acknowledge_at(20 + 20 * turn)
        desk.reset()
    known: dict[str, str] = {
        change.alert.id: change.transition for change in desk.changes if change.notify
    }
    assert set(known.values()) == {"cleared"}


def test_what_the_rule_only_records_is_not_told_since_it_was_shelved() -> None:
    desk = Desk(rule(late="record"))
    desk.shelve_rule(5, 1000)
    desk.wait_until(500)
    desk.move("a1", "gate", 10, late=True)
    desk.wait_until(1500)
    assert desk.transitions == ["raised", "unshelved"]
    assert desk.told == []


def _crowd(count: int) -> tuple[Asset, ...]:
    return tuple(
        Asset(id=f"crowd-{n}", category="laptop", tags=(f"{n:04x}",)) for n in range(count)
    )


def test_the_end_of_a_shelf_with_many_alerts_is_no_storm_of_messages() -> None:
    desk = Desk(rule(confirm_s=0), assets=_crowd(100))
    desk.shelve_rule(5, 1000)
    for n in range(100):
        desk.rush(f"{n:04x}", "gate", 10 + n)
    desk.wait_until(2000)
    assert desk.transitions.count("unshelved") == 100
    assert len(desk.told) == 20
    assert [notice.count for notice in desk.notices] == [80]


def test_what_was_told_and_is_reopened_in_a_storm_is_told_to_its_end() -> None:
    desk = Desk(
        rule(confirm_s=0, clear_confirm_s=0, storm_per_minute=2, latch=False),
        assets=(LAPTOP, *_crowd(4)),
    )
    desk.rush("a1", "gate", 10)
    desk.move("a1", "hall", 20)
    for n in range(4):
        desk.rush(f"{n:04x}", "gate", 80 + n)
    desk.rush("a1", "gate", 85)
    desk.move("a1", "hall", 90)
    desk.wait_until(200)
    first = desk.changes[0].alert.id
    desk.acknowledge("ok", alert=first)
    assert [c.transition for c in desk.changes if c.alert.id == first and c.notify][-1] == "cleared"


def test_a_revived_alert_whose_shelf_has_expired_meanwhile_is_told() -> None:
    desk = out(latch=False, flap_window_s=300.0)
    desk.acknowledge_at(12)
    desk.shelve(15, 100)
    desk.move("a1", "hall", 30)
    assert desk.alert.cleared
    desk.rush("a1", "gate", 200)
    desk.wait_until(400)
    assert ("reopened", 200.0) in desk.told


def test_the_shelf_of_a_rule_takes_no_other_shelf_away() -> None:
    desk = out()
    desk.shelve(15, 5000)
    desk.shelve_rule(20, 100)
    desk.wait_until(200)
    assert "unshelved" not in desk.transitions
    desk.shelve_rule(300, 400)
    desk.shelve_rule(310, 0)
    assert "unshelved" not in desk.transitions


def test_an_exit_before_a_drill_is_real_and_one_in_it_is_not() -> None:
    desk = Desk(rule(confirm_s=0))
    desk.wait_until(11)
    desk.drill(12, 100)
    desk.move("a1", "yard", 11)
    assert not desk.alert.test
    desk.move("b2", "yard", 99)
    assert desk.alert.asset == "laptop-2"
    assert desk.alert.test


def test_an_alert_of_a_drill_that_is_broken_again_afterwards_is_real() -> None:
    desk = Desk(rule(confirm_s=0, clear_confirm_s=0))
    desk.drill(5, 100)
    desk.rush("a1", "gate", 10)
    desk.move("a1", "hall", 50)
    desk.rush("a1", "gate", 200)
    assert (desk.transitions[-1], desk.alert.test) == ("reopened", False)


def test_a_real_alert_stays_real_in_a_drill() -> None:
    desk = out()
    desk.move("a1", "hall", 20)
    desk.drill(50, 100)
    desk.rush("a1", "gate", 60)
    assert not desk.alert.test


def test_a_flap_counts_by_the_time_at_which_it_happened() -> None:
    desk = Desk(rule(confirm_s=0, clear_confirm_s=0, latch=False, flap_window_s=60.0))
    desk.rush("a1", "gate", 10)
    desk.acknowledge_at(12)
    desk.move("a1", "hall", 20)
    closed_s = seconds_of(desk.changes[-1].at_ns)
    desk.move("a1", "yard", 79)
    assert (desk.transitions[-1], closed_s < 23) == ("reopened", True)


def test_what_a_storm_holds_is_told_although_its_rule_is_gone_by_then() -> None:
    desk = Desk(rule(confirm_s=0, storm_per_minute=1), assets=_crowd(5))
    for n in range(5):
        desk.rush(f"{n:04x}", "gate", 10 + n / 10)
    desk.adopt(rule(name="another"))
    desk.wait_until(100)
    assert [(notice.count, notice.notify) for notice in desk.notices] == [(4, ("guards",))]
    desk.adopt(rule(name="another"))
    assert list(desk.judge.state.gatherings) == ["storm:another"]


def test_an_alert_that_flaps_for_days_while_it_is_shelved_waits_once() -> None:
    desk = out()
    desk.shelve(15, 900_000)
    for turn in range(200):
        desk.move("a1", "hall", 20 + 10 * turn)
        desk.rush("a1", "gate", 25 + 10 * turn)
    desk.wait_until(2100)
    assert len(desk.judge._cases._timers) < 5
