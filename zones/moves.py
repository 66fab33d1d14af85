"""What was found about a tag, turned into movements of its track, in the order of decisions."""

from collections.abc import Callable

from zones.bins import Cell, heard_in
from zones.clock import ClockJump
from zones.estimators.contract import Estimate
from zones.flaps import note_move, pair_of
from zones.movements import Movement, MovementKind, movement_id
from zones.position_course import PositionDecision
from zones.tracks import EXIT_GAP_NS, PHASE_ARRIVAL, Decision, LocateState, Step, Track, note_exit


class Moves:
    """Moves tracks and tells of it.

    `at` sets where the next decisions stand in the order; `moved` is called with each
    movement that gave a track another zone; `urgent` are the zones of role exit. `flaps` counts
    by pair of zones how often a tag went there and straight back.
    """

    def __init__(self, state: LocateState, moved: Callable[[Movement], None]) -> None:
        self.urgent: frozenset[str] = frozenset()
        self.flaps: dict[tuple[str, str], int] = {}
        self._state = state
        self._moved = moved
        self._steps: list[Step] = []
        self._phase = PHASE_ARRIVAL
        self._rank = 0
        self._at_ns: int | None = None
        self._first = 0

    def take_steps(self) -> list[Step]:
        """What was decided since the last call, in the order of decisions."""
        steps, self._steps = self._steps, []
        return steps

    def arrive(self, rank: int) -> None:
        """What comes next is decided by the read of this rank among those that arrive."""
        self._rank = rank

    def begin(self, phase: int, at_ns: int | None = None) -> None:
        """What comes next is due at one clock (now), and has no order but that of the tags."""
        self._phase, self._rank, self._at_ns = phase, 0, at_ns
        self._first = len(self._steps)

    def end(self) -> None:
        """All that is due at this clock has been decided."""
        if len(self._steps) > self._first + 1:
            steps = _without_foretold(self._steps[self._first :])
            self._steps[self._first :] = sorted(steps, key=_by_tag)
        self._phase, self._at_ns = PHASE_ARRIVAL, None

    def move(self, tag: str, track: Track, estimate: Estimate, head: Cell, decided_ns: int) -> None:
        """Antennas say that the tag is in another zone."""
        movement = Movement(
            id=movement_id(tag, track.zone, estimate.zone, estimate.since_ns),
            time_ns=estimate.since_ns,
            decided_ns=decided_ns,
            tag=tag,
            kind=_kind(track),
            from_zone=track.zone,
            to_zone=estimate.zone,
            heard=heard_in(head),
            scores=estimate.scores,
            confidence=estimate.confidence,
            silent_since_ns=_silent_since_ns(track, estimate.since_ns),
        )
        self._follow(track, movement)

    def move_by_position(self, track: Track, decision: PositionDecision) -> None:
        """Positions say that the tag is in another zone, or outside all of them."""
        from_zone = None if decision.late else track.zone
        movement = Movement(
            id=movement_id(decision.tag, from_zone, decision.to_zone, decision.time_ns),
            time_ns=decision.time_ns,
            decided_ns=decision.decided_ns,
            tag=decision.tag,
            kind="moved" if decision.late or decision.to_zone is None else _kind(track),
            from_zone=from_zone,
            to_zone=decision.to_zone,
            late=decision.late,
            crossed=decision.crossed,
            fixes=decision.fixes,
        )
        if decision.late:
            self.tell(movement)
        else:
            self._follow(track, movement)

    def depart(self, tag: str, track: Track, due_ns: int) -> None:
        """The tag was not heard for too long, and it would have been."""
        newest_ns = max(track.heard_ns, track.seen_ns)
        movement = Movement(
            id=movement_id(tag, track.zone, None, newest_ns),
            time_ns=newest_ns,
            decided_ns=due_ns,
            tag=tag,
            kind="departed",
            from_zone=track.zone,
            to_zone=None,
        )
        self._note_flap(track, movement)
        track.zone = None
        track.departed = True
        track.memory = None
        self.tell(movement)

    def tell_late(self, tag: str, zone: str, best: Cell, head: Cell) -> None:
        """The tag was at an exit before it was where it is known to have been since."""
        movement = Movement(
            id=movement_id(tag, None, zone, best.first_ns),
            time_ns=best.first_ns,
            decided_ns=best.last_ns,
            tag=tag,
            kind="moved",
            from_zone=None,
            to_zone=zone,
            late=True,
            heard=heard_in(head),
            silent_since_ns=_silent_since_ns(self._state.tracks[tag], best.first_ns),
        )
        self.tell(movement)

    def tell(self, decision: Decision) -> None:
        """Tell of what changes no track."""
        tag = "" if isinstance(decision, ClockJump) else decision.tag
        at_ns = self._state.now_ns if self._at_ns is None else self._at_ns
        step = Step(at_ns, self._phase, self._rank, tag, decision)
        self._steps.append(step)

    def _follow(self, track: Track, movement: Movement) -> None:
        self._note_flap(track, movement)
        track.zone = movement.to_zone
        track.departed = False
        track.outside = movement.to_zone is None
        if movement.to_zone in self.urgent:
            note_exit(track, movement.time_ns, movement.decided_ns)
        self._moved(movement)
        self.tell(movement)

    def _note_flap(self, track: Track, movement: Movement) -> None:
        flaps = note_move(track.flaps, movement.from_zone, movement.to_zone, movement.time_ns)
        if flaps.total > track.flaps.total:
            pair = pair_of(movement.from_zone, movement.to_zone)
            self.flaps[pair] = self.flaps.get(pair, 0) + 1
        track.flaps = flaps


def _by_tag(step: Step) -> str:
    return step.tag


def _without_foretold(steps: list[Step]) -> list[Step]:
    """Leave out late stays at an exit to which the tag turns out to have moved just then."""
    moved: dict[tuple[str, str | None], int] = {}
    for step in steps:
        if isinstance(step.decision, Movement) and not step.decision.late:
            moved[step.tag, step.decision.to_zone] = step.decision.time_ns
    return [step for step in steps if not _is_foretold(step.decision, moved)]


def _is_foretold(decision: Decision, moved: dict[tuple[str, str | None], int]) -> bool:
    if not isinstance(decision, Movement) or not decision.late:
        return False
    moved_ns = moved.get((decision.tag, decision.to_zone))
    return moved_ns is not None and abs(decision.time_ns - moved_ns) < EXIT_GAP_NS


def _silent_since_ns(track: Track, time_ns: int) -> int | None:
    """When a tag was last known to be anywhere, if it moved with the end of a long silence."""
    from_ns, to_ns = track.silence
    # Heard for the first time ever, it was not silent before.
    return from_ns if track.seen_ns < from_ns <= time_ns < to_ns else None


def _kind(track: Track) -> MovementKind:
    if track.departed:
        return "returned"
    return "arrived" if track.zone is None and not track.outside else "moved"
