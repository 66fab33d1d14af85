"""What was found about a tag, turned into movements of its track, in the order of decisions."""

from collections.abc import Callable

from zones.bins import Cell, heard_in
from zones.estimators.window import Estimate
from zones.movements import Crossing, Movement, MovementKind, movement_id
from zones.tracks import PHASE_ARRIVAL, LocateState, Step, Track, note_exit


class Moves:
    """Moves tracks and tells of it.

    `at` sets where the next decisions stand in the order; `moved` is called with each tag
    that has another zone than before; `urgent` are the zones of role exit.
    """

    def __init__(self, state: LocateState, moved: Callable[[str], None]) -> None:
        self.urgent: frozenset[str] = frozenset()
        self._state = state
        self._moved = moved
        self._steps: list[Step] = []
        self._phase = PHASE_ARRIVAL
        self._rank = 0
        self._first = 0

    def take_steps(self) -> list[Step]:
        """What was decided since the last call, in the order of decisions."""
        steps, self._steps = self._steps, []
        return steps

    def arrive(self, rank: int) -> None:
        """What comes next is decided by the read of this rank among those that arrive."""
        self._rank = rank

    def begin(self, phase: int) -> None:
        """What comes next is due at one clock, and has no order but that of the tags."""
        self._phase, self._rank = phase, 0
        self._first = len(self._steps)

    def end(self) -> None:
        """All that is due at this clock has been decided."""
        if len(self._steps) > self._first + 1:
            self._steps[self._first :] = sorted(self._steps[self._first :], key=_by_tag)
        self._phase = PHASE_ARRIVAL

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
        )
        self._follow(track, movement)

    def depart(self, tag: str, track: Track, due_ns: int) -> None:
        """The tag was not heard for too long, and it would have been."""
        movement = Movement(
            id=movement_id(tag, track.zone, None, track.heard_ns),
            time_ns=track.heard_ns,
            decided_ns=due_ns,
            tag=tag,
            kind="departed",
            from_zone=track.zone,
            to_zone=None,
        )
        track.zone = None
        track.departed = True
        track.memory = None
        self._emit(movement)

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
        )
        self._emit(movement)

    def cross(self, crossing: Crossing) -> None:
        """The tag was at a portal."""
        self._emit(crossing)

    def _follow(self, track: Track, movement: Movement) -> None:
        track.zone = movement.to_zone
        track.departed = False
        if movement.to_zone in self.urgent:
            note_exit(track, movement.time_ns, movement.decided_ns)
        self._moved(movement.tag)
        self._emit(movement)

    def _emit(self, decision: Movement | Crossing) -> None:
        step = Step(self._state.now_ns, self._phase, self._rank, decision.tag, decision)
        self._steps.append(step)


def _by_tag(step: Step) -> str:
    return step.tag


def _kind(track: Track) -> MovementKind:
    if track.departed:
        return "returned"
    return "arrived" if track.zone is None else "moved"
