"""Promises that hold whatever people, schedules, check-outs, drills and restarts do to alerts."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Alert, AlertChange, Notice
from alerts.changes import (
    AcknowledgeAlert,
    EndDrill,
    ResetAlert,
    ShelveAlert,
    ShelveRule,
    StartDrill,
    UnshelveAlert,
)
from alerts.forces import Timetable
from alerts.rule_kinds import MissingRule
from alerts.settings import AssetSelector, EscalationStep, RuleSettings
from inventory.changes import CheckOut, RevokeCheckOut
from tags.times import SECOND_NS
from tests.alerts.made import LAPTOP, RULE, TWIN, rule
from tests.alerts.test_any_day import Day, Happening
from tests.zones.made import T0_NS, health
from zones.bins import BIN_NS

_HOME_NS = T0_NS + 200 * SECOND_NS


class Shift:
    """Open for the first half of each of its periods, and shut for good after a while."""

    def __init__(self, period_s: int) -> None:
        self.half_ns = period_s * SECOND_NS // 2
        self.version = str(period_s)

    def is_open(self, at_ns: int) -> bool:
        return at_ns < _HOME_NS and at_ns // self.half_ns % 2 == 0

    def next_change_ns(self, after_ns: int) -> int | None:
        next_ns = (after_ns // self.half_ns + 1) * self.half_ns
        return min(next_ns, _HOME_NS) if after_ns < _HOME_NS else None


_STEPS = (EscalationStep(after_s=3), EscalationStep(after_s=9, notify=("chief",)))
_MISSING = MissingRule(
    name="all there",
    assets=AssetSelector(category="laptop"),
    notify=("guards",),
    confirm_s=1.0,
    clear_confirm_s=1.0,
    storm_per_minute=1,
)
_RULES: tuple[tuple[RuleSettings, ...], ...] = (
    (
        rule(confirm_s=1.0, clear_confirm_s=1.5, escalate=_STEPS, chatter_per_hour=2),
        rule(name="shift", latch=False, clear_confirm_s=0, flap_window_s=8.0, storm_per_minute=2),
        _MISSING,
    ),
    (
        rule(confirm_s=0, clear_confirm_s=0, latch=False, late="digest", flap_window_s=8.0),
        rule(name="shift", out_of_service="x", clear_confirm_s=0),
    ),
)
_TIMETABLES: tuple[dict[str, Timetable], ...] = ({"shift": Shift(20)}, {RULE: Shift(14)}, {})

_moves = st.tuples(
    st.sampled_from(("held", "held", "fast", "late")),
    st.sampled_from(("a1", "b2", "c3")),
    st.sampled_from(("hall", "yard", "gate", None)),
    st.sampled_from((0, 1, 4, 20, 60)),
)
_crossings = st.tuples(
    st.just("crossed"),
    st.sampled_from(("a1", "b2")),
    st.just("door"),
    st.sampled_from(("outbound", "inbound")),
    st.sampled_from((0, 10, 150)),
    st.sampled_from((False, False, True)),
)
_spans_s = st.sampled_from((1, 5, 12, 40))
_orders = st.one_of(
    st.tuples(st.just("acknowledge"), st.integers(0, 3)),
    st.tuples(st.just("reset"), st.integers(0, 3)),
    st.tuples(st.just("shelve"), st.integers(0, 3), _spans_s),
    st.tuples(st.just("unshelve"), st.integers(0, 3)),
    st.tuples(
        st.just("shelve rule"),
        st.sampled_from((RULE, "shift")),
        st.sampled_from(("", LAPTOP.id)),
        st.sampled_from((0, 1, 12, 40)),
    ),
    st.tuples(st.just("drill"), _spans_s),
    st.tuples(st.just("end drill")),
    st.tuples(st.just("check out"), st.sampled_from((LAPTOP.id, TWIN.id)), _spans_s),
    st.tuples(st.just("revoke"), st.integers(0, 2)),
    st.tuples(
        st.just("site"),
        st.integers(0, len(_RULES) - 1),
        st.integers(0, len(_TIMETABLES) - 1),
        st.sampled_from(({}, {"yard": "lot"})),
    ),
    st.tuples(
        st.just("reader"), st.sampled_from(("r", "s", "t")), st.sampled_from(("online", "offline"))
    ),
    st.tuples(st.just("start"), st.sampled_from((0, 3, 30))),
)
_gaps_ns = st.sampled_from((0, 1, BIN_NS, SECOND_NS, 2 * SECOND_NS, 6 * SECOND_NS, 15 * SECOND_NS))


def _missed_s(what: tuple[Any, ...]) -> int:
    """For how long the gateway is away with that."""
    return int(what[1]) if what[0] == "start" else 0


@st.composite
def shifts(draw: st.DrawFn) -> list[Happening]:
    """Happenings by the clock; bins close on their grid, the rest comes between."""
    clock_ns = T0_NS + 20 * SECOND_NS
    found: list[Happening] = []
    happening = st.tuples(_gaps_ns, st.one_of(_moves, _moves, _crossings, _orders, _orders))
    for gap_ns, what in draw(st.lists(happening, max_size=30)):
        clock_ns += gap_ns
        if what[0] in {"held", "crossed"}:
            clock_ns = -(-clock_ns // BIN_NS) * BIN_NS
        elif clock_ns % BIN_NS == 0:
            clock_ns += 1
        found.append(Happening(clock_ns, what))
        clock_ns += _missed_s(what) * SECOND_NS
    return found


class Watchman(Day):
    """A day with everything that people may do; checks the table after each happening."""

    def __init__(self) -> None:
        super().__init__()
        self.timetables = _TIMETABLES[0]
        self.adopt(*_RULES[0])
        self.now_ns = T0_NS
        self.loans = 0
        self._seen = 0
        self.table: dict[str, Alert] = {}

    def happen(self, happening: Happening) -> None:
        self.now_ns = happening.at_ns
        super().happen(happening)
        self.compare()

    def compare(self) -> None:
        """What is open is what the table says, and that is one for a rule and subject."""
        changes = self.changes
        for change in changes[self._seen :]:
            self.table[change.alert.id] = change.alert
        self._seen = len(changes)
        opened = [alert for alert in self.table.values() if not alert.cleared]
        assert len({(alert.rule, alert.subject) for alert in opened}) == len(opened)
        known = {alert.id: alert for _, alert in self.judge._cases.open_alerts()}
        assert known == {alert.id: alert for alert in opened}

    @property
    def notices(self) -> list[Notice]:
        self._collect()
        return [one for one in self.decided if isinstance(one, Notice)]

    def _hear_of(self, what: tuple[Any, ...]) -> None:
        by: dict[str, Any] = {"arrival_ns": self.now_ns, "by": "ann"}
        match what:
            case ("site", number, timetable, renamed):
                self.timetables = _TIMETABLES[timetable]
                self.adopt(*_RULES[number], **renamed)
            case ("reader", name, state):
                self.judge.note_health(health(name, state=state))
            case ("start", missed_s):
                self.judge.note_stop()
                self.judge.note_start(missed_s * SECOND_NS)
                self.judge.advance(self.now_ns + missed_s * SECOND_NS)
                self.judge.listen()
            case ("acknowledge" | "reset" | "shelve" | "unshelve", number, *span_s):
                by["alert"] = self._some_alert(number)
                self._do(what[0], by, *span_s)
            case _:
                self._order(what, by)

    def _order(self, what: tuple[Any, ...], by: dict[str, Any]) -> None:
        match what:
            case ("shelve rule", name, subject, span_s):
                until_ns = self.now_ns + span_s * SECOND_NS
                order = ShelveRule(**by, rule=name, subject=subject, until_ns=until_ns, reason="x")
                self.judge.shelve_rule(order)
            case ("drill", span_s):
                until_ns = self.now_ns + span_s * SECOND_NS
                self.judge.start_drill(StartDrill(**by, until_ns=until_ns, reason="x"))
            case ("end drill",):
                self.judge.end_drill(EndDrill(**by))
            case ("check out", asset, span_s):
                self._check_out(by, asset, span_s)
            case ("revoke", number):
                self.judge.change_custody(RevokeCheckOut(**by, id=str(number), reason="x"))
            case _:
                raise AssertionError(what)

    def _do(self, verb: str, by: dict[str, Any], span_s: int = 0) -> None:
        match verb:
            case "acknowledge":
                self.judge.handle(AcknowledgeAlert(**by, note="x"))
            case "reset":
                self.judge.handle(ResetAlert(**by))
            case "shelve":
                until_ns = self.now_ns + span_s * SECOND_NS
                self.judge.handle(ShelveAlert(**by, until_ns=until_ns, reason="x"))
            case _:
                self.judge.handle(UnshelveAlert(**by))

    def _check_out(self, by: dict[str, Any], asset: str, span_s: int) -> None:
        until_ns = self.now_ns + span_s * SECOND_NS
        terms = CheckOut(
            **by,
            id=str(self.loans),
            person="bob",
            asset=asset,
            from_ns=self.now_ns,
            until_ns=until_ns,
        )
        self.loans += 1
        assert self.judge.change_custody(terms).refused is None


def lived(happenings: Sequence[Happening]) -> Watchman:
    day = Watchman()
    day.live(happenings)
    day.compare()
    return day


@given(shifts(), st.lists(st.sampled_from((0.0, 0.1, 0.5, 0.9, 1.0)), min_size=1, max_size=7))
def test_time_that_is_told_more_often_changes_nothing(
    happenings: list[Happening], shares: list[float]
) -> None:
    day = Watchman()
    before_ns = T0_NS
    for number, happening in enumerate(happenings):
        room_ns = happening.at_ns - 1 - before_ns
        if room_ns >= 0:
            share = shares[number % len(shares)]
            for part in (share / 2, share):
                day.judge.advance(before_ns + round(room_ns * part))
        day.happen(happening)
        before_ns = happening.at_ns
        if happening.what[0] == "start":
            before_ns += happening.what[1] * SECOND_NS
    day.live([])
    assert day.decided == lived(happenings).decided


@given(shifts(), st.lists(st.booleans(), min_size=1, max_size=7))
def test_a_state_that_is_written_down_and_read_back_goes_on_the_same(
    happenings: list[Happening], stops: list[bool]
) -> None:
    day = Watchman()
    for number, happening in enumerate(happenings):
        day.happen(happening)
        if stops[number % len(stops)]:
            day.write_down_and_read_back()
    day.live([])
    unbroken = lived(happenings)
    assert day.decided == unbroken.decided
    assert day.judge.state == unbroken.judge.state


@given(shifts())
def test_who_is_called_is_told_of_the_end_and_nobody_is_called_in_vain_or_forgotten(
    happenings: list[Happening],
) -> None:
    day = lived(happenings)
    assert day.pending == []
    listed = {alert for notice in day.notices for alert in notice.alerts}
    known: dict[str, str] = {}
    for change in day.changes:
        _check_telling(change, known, listed)
    for alert in day.table.values():
        over = alert.condition == "returned" or alert.is_quiet or alert.acknowledged is not None
        excused = over or alert.chattering or alert.rule.startswith("system:")
        assert excused or alert.id in known or alert.id in listed


def _check_telling(change: AlertChange, known: dict[str, str], listed: set[str]) -> None:
    alert, what = change.alert, change.announces or change.transition
    if change.notify:
        assert not alert.is_quiet or what == "cleared"
        begins = what in {"raised", "chattering"} or (what == "reopened" and alert.id in listed)
        assert begins or alert.id in known
        known[alert.id] = what
    elif change.transition == "cleared":
        assert known.get(alert.id, "cleared") == "cleared"
