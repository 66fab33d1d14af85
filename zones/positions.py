"""Positions of tags to the zones that they enter and leave. Pure; a stage beside the reads.

A fix is kept in the open bin of its event time; a bin closes a hold after its
end, as it does for reads, and only then are its fixes decided, in event order and
tested against the shapes all at once. A zone is entered at its edge. It is left
when fixes lie outside by more than its margin and their accuracy: two distinct
ones, or one and then silence.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from math import isfinite

from tags.reads import Fix
from zones.bins import BIN_NS
from zones.floorplan import FloorPlan
from zones.georeference import are_degrees
from zones.position_course import Case, Measured, PositionCourse, PositionDecision
from zones.position_memory import FIXES_MAX, PositionMemory, PositionState, TimedFix
from zones.position_rules import PositionRules
from zones.position_survey import PositionSurvey
from zones.tracks import HOLD_NS, closing_ns, first_open

PLACE_M_MAX = 1e8
"""Nothing on this globe is further away."""

ZoneOf = Callable[[str], str | None]
BinOf = Callable[[str], int]


class PositionWatch:
    """The stage; `dropped` counts the fixes that moved nothing, by source and reason."""

    def __init__(
        self,
        state: PositionState,
        plan: FloorPlan,
        dropped: dict[tuple[str, str], int] | None = None,
        *,
        tags_max: int = 1_000_000,
    ) -> None:
        self.state = state
        self.tags_max = tags_max
        self.dropped: dict[tuple[str, str], int] = {} if dropped is None else dropped
        self._cancelled = 0
        self._jumps = 0
        self._use(plan)

    @property
    def exit_candidates_cancelled(self) -> int:
        """How often a tag seemed to leave its zone and did not."""
        return self._cancelled + self._course.cancelled

    @property
    def jumps_refused(self) -> int:
        """Fixes too far away to be true that nothing confirmed."""
        return self._jumps + self._course.jumps

    def restore_plan(self, plan: FloorPlan) -> None:
        """Go on with the plan that the state was made with."""
        self._use(plan)

    def adopt_plan(self, plan: FloorPlan) -> None:
        """Use another floor plan. What is pending is void: the next fixes say it again."""
        succession = plan.succession_of(self._plan)
        for memory in self.state.memories.values():
            memory.last = memory.jump = memory.leaving = memory.late = None
            memory.recent = ()
            memory.rename(succession.heir_of)
        self._cancelled, self._jumps = self.exit_candidates_cancelled, self.jumps_refused
        self._use(plan)
        for slots in (self.state.bins, *self.state.overdue.values()):
            for slot in slots.values():
                for fixes in slot.values():
                    fixes[:] = self._placed_anew(fixes)

    def take(self, fix: Fix, event_ns: int, now_ns: int) -> bool:
        """Take a fix in, in order of arrival; whether it will take part in decisions.

        What is due by the clock `now_ns` must have been taken before.
        """
        place = place_of(fix, self._plan)
        if isinstance(place, str):
            reason = place
        else:
            reason = self._keep(TimedFix(event_ns, *place, fix), now_ns)
        if reason:
            self._count(fix.source, reason)
        return not reason

    def note_move(self, tag: str) -> None:
        """Something else than a position moved the tag, or it departed: what was pending is void.

        The next positions outside all zones are told anew.
        """
        memory = self.state.memories.get(tag)
        if memory is not None:
            memory.leaving = None
            memory.outside = False

    def stand_still(self, missed_ns: int) -> None:
        """Nobody listened for so long: what waits for something to contradict it waits longer."""
        for memory in self.state.memories.values():
            if memory.leaving is not None:
                memory.leaving.due_ns += missed_ns
                memory.leaving.ready_ns += missed_ns
        self._timers = self._pending()

    def next_ns(self) -> int | None:
        """The clock at which `take_due` has something to do."""
        waiting = [*self.state.bins, *self.state.overdue]
        clocks = [closing_ns(min(waiting))] if waiting else []
        if self._timers:
            clocks.append(self._timers[0][0])
        return min(clocks, default=None)

    def take_due(
        self,
        now_ns: int,
        zone_of: ZoneOf,
        closed_of: BinOf = lambda _tag: -1,
    ) -> list[PositionDecision]:
        """All that is decided up to a clock, in order of clock, tag and event.

        `zone_of` names the present zone of a tag (None: nowhere); what is decided here
        is taken into account until this returns. `closed_of` tells the newest bin of a
        tag that was decided by other evidence: positions before it are late.
        """
        decisions: list[PositionDecision] = []
        moved: dict[str, str | None] = {}

        def present(tag: str) -> str | None:
            return moved[tag] if tag in moved else zone_of(tag)

        while (at_ns := self.next_ns()) is not None and at_ns <= now_ns:
            decided = self._close_bins(at_ns, present, closed_of)
            moved |= {each.tag: each.to_zone for each in decided if not each.late}
            timed = self._run_timers(at_ns, present)
            moved |= {each.tag: each.to_zone for each in timed}
            decisions += sorted([*decided, *timed], key=lambda each: each.tag)
        return decisions

    # Fixes that come in

    def _keep(self, timed: TimedFix, now_ns: int) -> str:
        """Keep a fix until its bin closes; why not, if not."""
        tag = timed.fix.tag
        if tag not in self.state.memories:
            if len(self.state.memories) >= self.tags_max:
                return "tags_max"
            self.state.memories[tag] = PositionMemory()
        fixes = self._slot(timed.event_ns // BIN_NS, now_ns).setdefault(tag, [])
        if any(_is_same(timed, other) for other in fixes):
            return "repeated"
        if len(fixes) == FIXES_MAX:
            return "fixes_max"
        fixes.append(timed)
        return ""

    def _placed_anew(self, fixes: Sequence[TimedFix]) -> list[TimedFix]:
        placed = [(each, place_of(each.fix, self._plan)) for each in fixes]
        return [
            TimedFix(each.event_ns, *place, each.fix)
            for each, place in placed
            if not isinstance(place, str)
        ]

    def _slot(self, number: int, now_ns: int) -> dict[str, list[TimedFix]]:
        """Where the fixes of a bin are kept; those that are overdue wait for their rest."""
        oldest = first_open(now_ns)
        if number >= oldest:
            return self.state.bins.setdefault(number, {})
        return self.state.overdue.setdefault(oldest + 1, {}).setdefault(number, {})

    # What is due

    def _close_bins(
        self,
        at_ns: int,
        zone_of: ZoneOf,
        closed_of: BinOf,
    ) -> list[PositionDecision]:
        """Decide the fixes of the bins that close at a clock."""
        by_tag: dict[str, list[TimedFix]] = {}
        for slot in self._closing(at_ns):
            for tag, fixes in slot.items():
                by_tag.setdefault(tag, []).extend(fixes)
        memories = self.state.memories
        for tag in by_tag:
            memories[tag].closed = max(memories[tag].closed, closed_of(tag) - 1)
        cases = [Case(tag, memories[tag], zone_of(tag), at_ns) for tag in sorted(by_tag)]
        measured = self._survey.measure(cases, by_tag)
        return [
            decision
            for case, fixes in zip(cases, measured, strict=True)
            for decision in self._decide(case, fixes)
        ]

    def _closing(self, at_ns: int) -> Iterable[dict[str, list[TimedFix]]]:
        state = self.state
        for number in sorted({*state.bins, *state.overdue}):
            if closing_ns(number) > at_ns:
                return
            yield from state.overdue.pop(number, {}).values()
            yield state.bins.pop(number, {})

    def _decide(self, case: Case, fixes: Sequence[Measured]) -> list[PositionDecision]:
        """Decide the fixes of one tag that closed together, in the order of events."""
        memory, decisions = case.memory, list[PositionDecision]()
        closed, pending = memory.closed, memory.leaving
        for measured in fixes:
            spot = measured.spot
            number = spot.time_ns // BIN_NS
            if number <= closed:
                self._count(spot.fix.source, "late")
                decisions += self._course.take_late(case, measured)
                continue
            case.ready_ns = self._ready_ns(number, spot.time_ns, case.at_ns)
            decisions += self._course.take(case, measured)
            memory.closed = max(memory.closed, number)
        leaving = memory.leaving
        if leaving is not None and leaving is not pending:
            heapq.heappush(self._timers, (leaving.ready_ns, case.tag))
        return decisions

    def _ready_ns(self, number: int, time_ns: int, at_ns: int) -> int:
        """The clock at which it is known whether anything else was seen by the due time.

        Where a fix came after its time, what follows it may be on its way as well.
        """
        ready_ns = closing_ns((time_ns + self._rules.confirm_ns) // BIN_NS)
        return ready_ns if at_ns <= closing_ns(number) else max(ready_ns, at_ns + HOLD_NS)

    def _run_timers(self, at_ns: int, zone_of: ZoneOf) -> list[PositionDecision]:
        """Decide what nothing came to contradict."""
        decisions: list[PositionDecision] = []
        while self._timers and self._timers[0][0] <= at_ns:
            ready_ns, tag = heapq.heappop(self._timers)
            memory = self.state.memories[tag]
            leaving = memory.leaving
            if leaving is None or leaving.ready_ns != ready_ns:
                continue
            newest_ns = leaving.newest.time_ns if memory.last is None else memory.last.time_ns
            case = Case(tag, memory, zone_of(tag), at_ns)
            case.ready_ns = self._ready_ns(newest_ns // BIN_NS, newest_ns, at_ns)
            concluded = self._course.conclude(case, leaving.due_ns)
            if concluded:
                memory.closed = max(memory.closed, leaving.due_ns // BIN_NS)
            if memory.leaving is not None:
                heapq.heappush(self._timers, (memory.leaving.ready_ns, tag))
            decisions += concluded
        return decisions

    # Look-ups

    def _use(self, plan: FloorPlan) -> None:
        self._plan = plan
        self._rules = PositionRules(plan)
        self._course = PositionCourse(self._rules, plan.shapes)
        self._survey = PositionSurvey(plan.shapes, self._rules)
        self._timers = self._pending()

    def _pending(self) -> list[tuple[int, str]]:
        """When which tag is looked at, if nothing comes: the earliest first."""
        return sorted(
            (memory.leaving.ready_ns, tag)
            for tag, memory in self.state.memories.items()
            if memory.leaving is not None
        )

    def _count(self, source: str, reason: str) -> None:
        key = (source, reason)
        self.dropped[key] = self.dropped.get(key, 0) + 1


def place_of(fix: Fix, plan: FloorPlan) -> tuple[float, float] | str:
    """Where a fix is, in metres of the site, or why it can not count."""
    accuracy_m, height_m = fix.accuracy_m or 0.0, fix.z_m or 0.0
    if not (isfinite(height_m) and 0 <= accuracy_m < float("inf")):
        return "position_invalid"
    if accuracy_m > plan.positions.accuracy_m_max:
        return "inaccurate"
    if fix.x_m is not None and fix.y_m is not None:
        place = fix.x_m, fix.y_m
        known = all(abs(each) <= PLACE_M_MAX for each in place)
        return place if known else "position_invalid"
    if fix.lat is None or fix.lon is None:
        return "position_missing"
    if not are_degrees(fix.lat, fix.lon):
        return "position_invalid"
    georeference = plan.georeference
    return georeference.to_metres(fix.lat, fix.lon) if georeference else "site_without_origin"


def _is_same(one: TimedFix, other: TimedFix) -> bool:
    """Whether two are one fix that was delivered twice."""
    first, second = one.fix, other.fix
    return (
        (one.event_ns, one.x_m, one.y_m) == (other.event_ns, other.x_m, other.y_m)
        and first.source == second.source
        and (first.z_m, first.floor, first.accuracy_m)
        == (second.z_m, second.floor, second.accuracy_m)
    )
