"""Promises that hold on any day: drawn movements, changes, rules and interruptions."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import AlertChange
from alerts.rule_kinds import TailgateRule, WrongWayRule
from alerts.settings import AssetSelector, RuleSettings
from inventory.assets import Asset
from tags.times import MILLISECOND_NS, SECOND_NS
from tests.alerts.made import LAPTOP, TWIN, Bench, rule
from tests.zones.made import T0_NS, health, seconds_of
from zones.bins import BIN_NS
from zones.movements import Movement
from zones.tracks import HOLD_NS, PHASE_ARRIVAL, PHASE_BIN, Step, closing_ns

END_NS = T0_NS + 3600 * SECOND_NS
_TICK_NS = 50 * MILLISECOND_NS
_ZONES = ("hall", "bay", "office", "yard", "street", "gate", None)
_INSIDE = {"hall", "bay", "office"}

# One tag against a walk along its day


class Run(NamedTuple):
    """One stay inside or outside; `urgent_ns` is when it first was at an exit."""

    outside: bool
    start_ns: int
    end_ns: int
    urgent_ns: int | None


def runs(moves: Sequence[tuple[int, str | None]]) -> list[Run]:
    """The stays of a day; where nothing is known the stay before it goes on."""
    known = [(time_ns, zone) for time_ns, zone in moves if zone is not None]
    found: list[Run] = []
    for (time_ns, zone), (next_ns, _) in pairwise([*known, (END_NS, "")]):
        outside = zone not in _INSIDE
        urgent_ns = time_ns if zone == "gate" else None
        if found and found[-1].outside == outside:
            last = found.pop()
            first_ns = urgent_ns if last.urgent_ns is None else last.urgent_ns
            found.append(Run(outside, last.start_ns, next_ns, first_ns))
        else:
            found.append(Run(outside, time_ns, next_ns, urgent_ns))
    return found


def expected(found: Sequence[Run], confirm_ns: int, clear_ns: int) -> list[tuple[str, int]]:
    """What must be said, and the event time at which it became true."""
    said: list[tuple[str, int]] = []
    for run in found:
        active = bool(said) and said[-1][0] != "returned"
        wait_ns = confirm_ns if run.outside else clear_ns
        true_ns = [run.start_ns + wait_ns] if run.start_ns + wait_ns <= run.end_ns else []
        true_ns += [] if run.urgent_ns is None else [run.urgent_ns]
        if true_ns and run.outside and not active:
            said.append(("reopened" if said else "raised", min(true_ns)))
        elif true_ns and not run.outside and active:
            said.append(("returned", min(true_ns)))
    return said


_gaps = st.sampled_from((50, 150, 250, 400, 1000, 1250, 2500, 7000))
_waits_s = st.sampled_from((0.0, 0.1, 1.0, 2.5, 4.9))


def as_steps(days: Sequence[tuple[int, str | None]], fast: Sequence[bool]) -> list[Step]:
    """Moves in the order in which they are known; an exit may overtake, and ends what it passes."""
    steps: list[Step] = []
    former: str | None = None
    for number, (time_ns, zone) in enumerate(days):
        rushes = zone == "gate" and fast[number % len(fast)]
        clock_ns = time_ns if rushes else closing_ns(time_ns // BIN_NS)
        while steps and steps[-1].at_ns > clock_ns:
            steps.pop()
        movement = Movement(
            id=str(number),
            time_ns=time_ns,
            decided_ns=time_ns,
            tag="a1",
            kind="departed" if zone is None else "moved",
            from_zone=former,
            to_zone=zone,
        )
        steps.append(Step(clock_ns, PHASE_ARRIVAL if rushes else PHASE_BIN, 0, "a1", movement))
        former = zone
    return steps


@given(
    st.lists(st.tuples(_gaps, st.sampled_from(_ZONES)), max_size=14),
    st.lists(st.booleans(), min_size=1, max_size=5),
    _waits_s,
    _waits_s,
)
def test_alerts_say_what_a_walk_along_the_day_says(
    gaps: list[tuple[int, str | None]], fast: list[bool], confirm_s: float, clear_confirm_s: float
) -> None:
    now_ns, days = T0_NS + 10 * SECOND_NS, list[tuple[int, str | None]]()
    for gap_ms, zone in gaps:
        now_ns += gap_ms * MILLISECOND_NS
        days.append((now_ns, zone))
    steps = as_steps(days, fast)
    bench = Bench(rule(confirm_s=confirm_s, clear_confirm_s=clear_confirm_s))
    for step in steps:
        bench.step(step)
    bench.wait_until(seconds_of(END_NS))
    moves = [
        (step.decision.time_ns, step.decision.to_zone)
        for step in steps
        if isinstance(step.decision, Movement)
    ]
    waits_ns = (round(confirm_s * SECOND_NS), round(clear_confirm_s * SECOND_NS))
    said = expected(runs(moves), *waits_ns)
    assert bench.transitions == [transition for transition, _ in said]
    assert [c.alert.decided_ns for c in bench.changes if c.transition == "raised"] == [
        time_ns for transition, time_ns in said if transition == "raised"
    ]
    assert all(c.at_ns >= time_ns for c, (_, time_ns) in zip(bench.changes, said, strict=True))


# Everything at once


class Happening(NamedTuple):
    """Something that comes in when the clock shows `at_ns`."""

    at_ns: int
    what: tuple[Any, ...]


_ONE_WAY = WrongWayRule(name="in only", allowed="inbound", portals=("ramp", "hatch"))
_ESCORTED = TailgateRule(
    name="together",
    assets=AssetSelector(category="laptop"),
    custodians=AssetSelector(tag="d4"),
    within_s=2.0,
    latch=False,
)
_RULES: tuple[tuple[RuleSettings, ...], ...] = (
    (
        rule(confirm_s=1.0, clear_confirm_s=1.5),
        rule(name="any", assets=AssetSelector(tag="*")),
        _ESCORTED,
    ),
    (rule(confirm_s=0.0, clear_confirm_s=0.0, latch=False, severity="info"), _ONE_WAY, _ESCORTED),
    (
        rule(fence=("hall", "yard"), confirm_s=2.0),
        rule(name="new", confirm_s=0.25, latch=False),
        _ONE_WAY,
    ),
)
_moves = st.tuples(
    st.sampled_from(("held", "held", "held", "fast", "late")),
    st.sampled_from(("a1", "b2", "c3", "d4")),
    st.sampled_from(_ZONES),
    st.sampled_from((0, 1, 4, 5, 20, 60)),
)
_crossings = st.tuples(
    st.just("crossed"),
    st.sampled_from(("a1", "b2", "c3", "d4")),
    st.sampled_from(("door", "ramp", "passage", "hatch")),
    st.sampled_from(("outbound", "outbound", "inbound", "lingering", "unknown")),
    st.sampled_from((0, 10, 40, 150)),
    st.sampled_from((False, False, False, True)),
)
_news = st.one_of(
    st.tuples(st.just("acknowledge"), st.integers(0, 3), st.sampled_from(("ann", "bob"))),
    st.tuples(st.just("reset"), st.integers(0, 3)),
    st.tuples(st.just("rules"), st.integers(0, 2), st.sampled_from(({}, {"yard": "lot"}))),
    st.tuples(st.just("store"), st.sampled_from(("a1", "d4")), st.sampled_from(("laptop", "mug"))),
    st.tuples(st.just("remove"), st.sampled_from((LAPTOP.id, TWIN.id))),
    st.tuples(st.just("health"), st.sampled_from(("r", "s"))),
    st.tuples(st.just("clock"), st.sampled_from(("r", "s", "u")), st.sampled_from((0, 1, 4, 90))),
)
_clock_gaps_ns = st.sampled_from((0, 0, 1, BIN_NS, SECOND_NS, 2 * SECOND_NS, 6 * SECOND_NS))


@st.composite
def days(draw: st.DrawFn) -> list[Happening]:
    """Happenings by the clock; bins close on their grid, the rest comes between."""
    clock_ns = T0_NS + 20 * SECOND_NS
    found: list[Happening] = []
    for gap_ns, what in draw(
        st.lists(
            st.tuples(_clock_gaps_ns, st.one_of(_moves, _moves, _crossings, _news)), max_size=25
        )
    ):
        clock_ns += gap_ns
        if what[0] in {"held", "crossed"}:
            clock_ns = -(-clock_ns // BIN_NS) * BIN_NS
        elif clock_ns % BIN_NS == 0:
            clock_ns += 1
        found.append(Happening(clock_ns, what))
    return found


class Day(Bench):
    """A bench on which happenings happen."""

    def __init__(self) -> None:
        super().__init__(*_RULES[0])

    def live(self, happenings: Sequence[Happening]) -> None:
        for happening in happenings:
            self.happen(happening)
        self.wait_until(seconds_of(END_NS))

    def happen(self, happening: Happening) -> None:
        at_ns, what = happening
        match what:
            case ("held" | "fast" | "late", *_):
                self._take(at_ns, *what)
            case ("crossed", tag, portal, direction, ago, late):
                self._pass(at_ns, ago, (tag, portal, direction), late=late)
            case _:
                self.judge.advance(at_ns)
                self._hear_of(what)
                self._collect()

    def _take(self, at_ns: int, path: str, tag: str, zone: str | None, ago: int) -> None:
        seen_ns = at_ns if path == "fast" else at_ns - HOLD_NS - BIN_NS
        time_ns = seen_ns if path == "fast" else seen_ns - ago * _TICK_NS
        movement = self._movement(tag, zone, seconds_of(time_ns), late=path == "late")
        phase = PHASE_BIN if path == "held" else PHASE_ARRIVAL
        self.step(Step(at_ns, phase, 0, tag, movement))

    def _pass(self, at_ns: int, ago: int, what: tuple[str, str, Any], *, late: bool) -> None:
        time_ns = at_ns - HOLD_NS - BIN_NS - ago * _TICK_NS - SECOND_NS // 2
        self.cross(
            *what,
            seconds_of(time_ns),
            known_s=seconds_of(at_ns),
            late=late,
            lean="outbound" if what[2] == "unknown" else None,
        )

    def _hear_of(self, what: tuple[Any, ...]) -> None:
        match what:
            case ("acknowledge", number, by):
                self.acknowledge(by=by, alert=self._some_alert(number))
            case ("reset", number):
                self.reset(alert=self._some_alert(number))
            case ("rules", number, renamed):
                self.adopt(*_RULES[number], version=f"v{number}", **renamed)
            case ("store", tag, category):
                self.store(Asset(id="new", category=category, tags=(tag,)), rebind=True)
            case ("remove", asset):
                self.remove(asset)
            case ("health", name):
                self.judge.note_health(health(name))
            case ("clock", name, seconds):
                self.judge.note_offset(name, seconds * SECOND_NS)
            case _:
                raise AssertionError(what)

    def _some_alert(self, number: int) -> str:
        ids = sorted({change.alert.id for change in self.changes})
        return ids[number % len(ids)] if ids else "0"


def lived(happenings: Sequence[Happening]) -> Day:
    day = Day()
    day.live(happenings)
    return day


@given(days(), st.lists(st.sampled_from((0.0, 0.1, 0.5, 0.9, 1.0)), min_size=1, max_size=7))
def test_time_that_is_told_more_often_changes_nothing(
    happenings: list[Happening], shares: list[float]
) -> None:
    day = Day()
    before_ns = T0_NS
    for number, happening in enumerate(happenings):
        room_ns = happening.at_ns - 1 - before_ns
        if room_ns >= 0:
            share = shares[number % len(shares)]
            for part in (share / 2, share):
                day.judge.advance(before_ns + round(room_ns * part))
        day.happen(happening)
        before_ns = happening.at_ns
    day.live([])
    assert day.decided == lived(happenings).decided


@given(days(), st.lists(st.booleans(), min_size=1, max_size=7))
def test_a_state_that_is_written_down_and_read_back_goes_on_the_same(
    happenings: list[Happening], stops: list[bool]
) -> None:
    day = Day()
    for number, happening in enumerate(happenings):
        day.happen(happening)
        if stops[number % len(stops)]:
            day.write_down_and_read_back()
    day.live([])
    unbroken = lived(happenings)
    assert day.decided == unbroken.decided
    assert day.judge.state == unbroken.judge.state


@given(days(), st.lists(st.booleans(), min_size=1, max_size=7))
def test_the_same_site_once_more_decides_nothing_and_changes_nothing_later(
    happenings: list[Happening], again: list[bool]
) -> None:
    day = Day()
    for number, happening in enumerate(happenings):
        day.happen(happening)
        if again[number % len(again)]:
            day.judge.adopt_rules(day.outfit, day.judge.state.site_version, {})
    day.live([])
    assert day.decided == lived(happenings).decided


@given(days())
def test_a_rule_has_one_open_alert_for_an_asset_and_each_step_follows_the_one_before(
    happenings: list[Happening],
) -> None:
    history: dict[str, list[AlertChange]] = {}
    still_open: dict[tuple[str, str], str] = {}
    for change in lived(happenings).changes:
        alert = change.alert
        subject = (alert.rule, alert.subject)
        assert still_open.setdefault(subject, alert.id) == alert.id
        if alert.cleared:
            del still_open[subject]
        history.setdefault(alert.id, []).append(change)
    for steps in history.values():
        _check_life(steps)


def _check_life(steps: list[AlertChange]) -> None:
    told = Counter(step.transition for step in steps)
    last = steps[-1].alert
    assert steps[0].transition == "raised"
    assert (told["raised"], last.occurrences) == (1, 1 + told["reopened"])
    assert [step.alert.transitions for step in steps] == list(range(1, len(steps) + 1))
    assert [step.at_ns for step in steps] == sorted(step.at_ns for step in steps)
    assert {step.alert.raised_at_ns for step in steps} == {steps[0].at_ns}
    assert all(step.alert.decided_ns <= step.at_ns for step in steps)
    for before, after in pairwise(steps):
        assert (before.alert.condition, after.transition) in _FOLLOWS
        assert not before.alert.cleared
        again = after.transition == "reopened"
        assert again or after.alert.time_ns == before.alert.time_ns


_FOLLOWS = {
    ("active", "returned"),
    ("active", "acknowledged"),
    ("returned", "reopened"),
    ("returned", "acknowledged"),
    ("returned", "cleared"),
}


@given(days())
def test_nothing_waits_for_ever(happenings: list[Happening]) -> None:
    day = lived(happenings)
    assert day.pending == []
    assert len(day.judge._cases._timers) == 0


@given(days())
def test_movements_come_out_as_they_went_in(happenings: list[Happening]) -> None:
    tags = [happening.what[1] for happening in happenings if len(happening.what) == 4]
    assert [movement.tag for movement in lived(happenings).movements] == tags
