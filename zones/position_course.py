"""How one tag's zone follows from its positions, taken in the order of events."""

from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from tags.reads import Fix
from zones.position_memory import (
    BACK,
    RECENT_MAX,
    TURNS_MAX,
    Leaving,
    PositionMemory,
    Spot,
    Stay,
    Turn,
)
from zones.position_rules import PositionRules, distance_m
from zones.shapes import NOWHERE, ZoneShapes


class PositionDecision(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A tag came to be in `to_zone`, or is seen outside all zones (None).

    `time_ns` is when it happened, `decided_ns` the newest evidence or the due time of
    the timer that decided, `at_ns` the clock at that moment. `crossed` is entering a
    zone that no fix lies in. `late` decisions move nothing: they tell a true exit
    that is over. `fixes` are the evidence.
    """

    tag: str
    to_zone: str | None
    time_ns: int
    decided_ns: int
    at_ns: int
    fixes: tuple[Fix, ...]
    crossed: bool = False
    late: bool = False


class Measured(NamedTuple):
    """A fix, and how far it is outside of the shape at place `anchor`.

    `ways` are the places of the shapes that the straight way from `came_from` touches.
    """

    spot: Spot
    anchor: int = NOWHERE
    gap_m: float = 0.0
    came_from: Spot | None = None
    ways: tuple[int, ...] = ()


@dataclass(slots=True)
class Case:
    """One tag while its fixes are decided at the clock `at_ns`; `zone` is where it is by then.

    A timer that is set now decides at the clock `ready_ns` of its due time or later.
    """

    tag: str
    memory: PositionMemory
    zone: str | None
    at_ns: int
    ready_ns: int = 0


class PositionCourse:
    """Fixes of one tag in, decisions out. `cancelled` and `jumps` count what came to nothing."""

    def __init__(self, rules: PositionRules, shapes: ZoneShapes) -> None:
        self._rules = rules
        self._shapes = shapes
        self.cancelled = 0
        self.jumps = 0

    def take(self, case: Case, measured: Measured) -> list[PositionDecision]:
        """Take one fix that is not older than those before it."""
        decisions = self.conclude(case, measured.spot.time_ns - 1)
        for each in self._believed(case.memory, measured):
            decisions += self._follow(case, each)
            case.memory.live(case.zone, each.spot.time_ns)
        return decisions

    def conclude(self, case: Case, until_ns: int) -> list[PositionDecision]:
        """Decide a leaving that is due by `until_ns`; one from a zone that it is not in is void."""
        leaving = case.memory.leaving
        if leaving is None:
            return []
        if leaving.zone != case.zone:
            case.memory.leaving = None
            return []
        return [] if leaving.due_ns > until_ns else self._leave(case, leaving, leaving.due_ns)

    def take_late(self, case: Case, measured: Measured) -> list[PositionDecision]:
        """Take a fix that is older than what was decided: it moves nothing, but an exit is told.

        That takes two distinct fixes in one place outside the tag's zone, none in it
        between them, and that it was not told before.
        """
        spot, memory = measured.spot, case.memory
        gap_m = self._gap_m(case, measured)
        if self._rules.verdict(spot, case.zone, gap_m, outside=True) != "leave":
            memory.late = None
            return []
        spot = msgspec.structs.replace(spot, zone=self._rules.destination(spot, case.zone))
        first, newest = _joined(memory.late, spot)
        if self._was_back(case, first, newest):
            first = newest = spot
        memory.late = first, newest
        if not self._rules.are_distinct(first, newest):
            return []
        stay = Stay(spot.zone, first.time_ns, newest.time_ns)
        is_known = memory.knows(stay)
        memory.tell(stay)
        fixes = (first.fix, newest.fix)
        late = _decided(case, spot.zone, first.time_ns, newest.time_ns, fixes)
        return [] if is_known else [msgspec.structs.replace(late, late=True)]

    def _was_back(self, case: Case, first: Spot, newest: Spot) -> bool:
        """Whether a fix that counted lay in the tag's zone between two others."""
        return any(
            first.time_ns <= time_ns <= newest.time_ns and self._rules.lies_in(zone, case.zone)
            for time_ns, zone in case.memory.recent
        )

    def _believed(self, memory: PositionMemory, measured: Measured) -> list[Measured]:
        """The fixes that count now: this one, none, or a jump too that this one confirms."""
        spot, last, jump = measured.spot, memory.last, memory.jump
        if last is None:
            return [measured]
        if jump is not None and self._agrees(jump, spot, last):
            if not self._rules.are_distinct(jump, spot):
                return []
            memory.jump = None
            return [Measured(jump), measured]
        self.jumps += jump is not None
        is_jump = self._rules.is_jump(last, spot)
        memory.jump = spot if is_jump else None
        return [] if is_jump else [measured]

    def _agrees(self, jump: Spot, spot: Spot, last: Spot) -> bool:
        """Whether a fix goes on from a jump, rather than from before it."""
        nearer = distance_m(jump, spot) < distance_m(last, spot)
        return nearer and not self._rules.is_jump(jump, spot)

    def _follow(self, case: Case, measured: Measured) -> list[PositionDecision]:
        """What a fix that counts changes."""
        spot, memory = measured.spot, case.memory
        turns = self._turns(case, measured)
        memory.last = spot
        memory.recent = (*memory.recent[-RECENT_MAX + 1 :], (spot.time_ns, spot.zone))
        memory.outside = memory.outside and case.zone is None
        gap_m = self._gap_m(case, measured)
        verdict = self._rules.verdict(spot, case.zone, gap_m, outside=memory.outside)
        if verdict == "leave":
            return self._seem_to_leave(case, spot, turns)
        if verdict == "unsure":
            return []
        # The way back from where it seemed to be is as doubtful as that place.
        decisions = [] if self._cancel(memory) else _visits(case, turns, case.zone)
        if verdict == "enter":
            case.zone, memory.outside = spot.zone, False
            decisions.append(_decided(case, spot.zone, spot.time_ns, spot.time_ns, (spot.fix,)))
        return decisions

    def _seem_to_leave(
        self,
        case: Case,
        spot: Spot,
        turns: tuple[Turn, ...],
    ) -> list[PositionDecision]:
        leaving, to_zone = case.memory.leaving, self._rules.destination(spot, case.zone)
        if leaving is None:
            due_ns = spot.time_ns + self._rules.confirm_ns
            leaving = Leaving(case.zone, to_zone, spot, spot, due_ns, case.ready_ns)
            case.memory.leaving = leaving
        elif not self._is_still_around(case.zone, leaving.to_zone):
            leaving.to_zone = to_zone
        leaving.turns = (*leaving.turns, *turns)[:TURNS_MAX]
        if self._rules.are_distinct(leaving.newest, spot):
            leaving.newest = spot
            leaving.fixes += 1
        enough = leaving.fixes >= self._rules.exit_fixes or leaving.due_ns <= spot.time_ns
        return self._leave(case, leaving, spot.time_ns) if enough else []

    def _is_still_around(self, zone: str | None, to_zone: str | None) -> bool:
        """Whether the way out of a zone leads into one that it lies in: that is to be left next."""
        return to_zone is not None and self._rules.lies_in(zone, to_zone)

    def _leave(self, case: Case, leaving: Leaving, decided_ns: int) -> list[PositionDecision]:
        """It has left, by way of what lay between."""
        memory, first, newest = case.memory, leaving.first, leaving.newest
        memory.leaving = None
        memory.outside = leaving.to_zone is None
        case.zone = leaving.to_zone
        memory.live(case.zone, first.time_ns)
        fixes = (first.fix,) if newest == first else (first.fix, newest.fix)
        left = _decided(case, case.zone, first.time_ns, decided_ns, fixes)
        visits = _visits(case, leaving.turns, case.zone)
        before = sum(visit.time_ns <= first.time_ns for visit in visits)
        # The way out of the last zone on the way is the way to where it is now.
        decisions = _changes(leaving.zone, visits[:before]) or [left]
        decisions += _changes(case.zone, visits[before:])
        return decisions + self._go_on(case, first)

    def _go_on(self, case: Case, first: Spot) -> list[PositionDecision]:
        """What the newest fix says of the zone that the tag came to with the first one outside."""
        last = case.memory.last
        if last is None or last == first or case.zone is None:
            return []
        anchor = self._rules.anchor_of(case.zone)
        gap_m = 0.0 if anchor == NOWHERE else self._shapes.distance_m(anchor, last.site_place)
        verdict = self._rules.verdict(last, case.zone, gap_m, outside=False)
        return self._seem_to_leave(case, last, ()) if verdict == "leave" else []

    def _cancel(self, memory: PositionMemory) -> bool:
        """Whether the tag seemed to leave a zone, which came to nothing."""
        cancelled = memory.leaving is not None and memory.leaving.zone is not None
        memory.leaving = None
        self.cancelled += cancelled
        return cancelled

    def _gap_m(self, case: Case, measured: Measured) -> float:
        """How far the fix is outside of what the tag is in now."""
        anchor = self._rules.anchor_of(case.zone)
        if anchor in {measured.anchor, NOWHERE}:
            return measured.gap_m
        return self._shapes.distance_m(anchor, measured.spot.site_place)

    def _turns(self, case: Case, measured: Measured) -> tuple[Turn, ...]:
        """What the way from the fix before leads through."""
        spot, last = measured.spot, case.memory.last
        if not self._shapes.has_crossable or last is None or not self._rules.may_cross(last, spot):
            return ()
        places = measured.ways
        if measured.came_from != last:
            places = self._shapes.touched(last.site_place, spot.site_place)
        return self._rules.turns(last, spot, places, case.zone) if places else ()


def _joined(late: tuple[Spot, Spot] | None, spot: Spot) -> tuple[Spot, Spot]:
    """The first and the newest of the late fixes in one place."""
    if late is None or late[0].zone != spot.zone:
        return spot, spot
    ordered = sorted((*late, spot), key=lambda each: each.time_ns)
    return ordered[0], ordered[-1]


def _decided(
    case: Case,
    zone: str | None,
    time_ns: int,
    decided_ns: int,
    fixes: tuple[Fix, ...],
) -> PositionDecision:
    return PositionDecision(
        tag=case.tag,
        to_zone=zone,
        time_ns=time_ns,
        decided_ns=decided_ns,
        at_ns=case.at_ns,
        fixes=fixes,
    )


def _changes(zone: str | None, decisions: list[PositionDecision]) -> list[PositionDecision]:
    """Those that lead out of the zone before, which is `zone` at first."""
    before = [zone, *(each.to_zone for each in decisions)]
    return [each for each, was in zip(decisions, before, strict=False) if each.to_zone != was]


def _visits(case: Case, turns: tuple[Turn, ...], back: str | None) -> list[PositionDecision]:
    """In and out of the zones on the way."""
    return [
        PositionDecision(
            tag=case.tag,
            to_zone=back if turn.zone == BACK else turn.zone,
            time_ns=turn.time_ns,
            decided_ns=turn.decided_ns,
            at_ns=case.at_ns,
            fixes=turn.fixes,
            crossed=turn.zone != BACK,
        )
        for turn in turns
    ]
