"""Bins that close: what was heard of each tag goes to its estimate, in event order.

A bin closes once the clock has passed its end by the hold. Reads of bins that closed
before are late: they move nothing, but a true exit among them is told.
"""

from collections.abc import Callable, Collection

from zones.bins import BIN_NS, FAST_MARGIN_CDB, Cell, Slot, cells_of, newest_ns
from zones.clock import FAR_NS, EventClock
from zones.conflict import ConflictDetector
from zones.estimators.kinds import estimator_for
from zones.floorplan import FloorPlan, PointKey
from zones.moves import Moves
from zones.tracks import (
    HEARD_AGAIN_NS,
    HOLD_NS,
    PHASE_BIN,
    SILENT_NS,
    LocateState,
    Track,
    closing_ns,
    first_open,
    note_exit,
)

Count = Callable[[str, str, int], None]
"""Counts reads that are no evidence: reader, reason, how many."""


class OpenBins:
    """The bins of a Locate that are open, and what becomes of them."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts that it joins
        self,
        state: LocateState,
        plan: FloorPlan,
        moves: Moves,
        conflicts: ConflictDetector,
        count: Count,
        clock: EventClock,
    ) -> None:
        self._state = state
        self._conflicts = conflicts
        self._may_conflict = conflicts.is_needed
        self._bins = state.bins
        self._plan = plan
        self._moves = moves
        self._count = count
        self._clock = clock
        self._estimator = estimator_for(plan)

    def slot(self, number: int) -> Slot:
        """Where reads of this bin go; those of one that is overdue wait for its rest."""
        oldest = first_open(self._state.now_ns)
        if number >= oldest:
            return self._bins.setdefault(number, {})
        return self._state.overdue.setdefault(oldest + 1, {}).setdefault(number, {})

    def next_ns(self) -> int | None:
        """The clock at which the next bins close."""
        number = self._next()
        return None if number is None else closing_ns(number)

    def take_due(self) -> None:
        """Close the bins that are next, and those that waited for them."""
        number = min([*self._bins, *self._state.overdue])
        self._moves.begin(PHASE_BIN)
        overdue = self._state.overdue.pop(number, {})
        for old in sorted(overdue):
            slot = self._sift(old, overdue[old], number)
            self._close(old, slot, self._state.now_ns - HOLD_NS)
        self._close(number, self._bins.pop(number, {}), 0)
        self._moves.end()

    def is_rivalled(
        self, own: Cell, head: Cell | None, allies: Collection[str] = frozenset()
    ) -> bool:
        """Whether another zone's antenna heard the tag nearly as loud, or louder.

        `allies` are zones that are no rivals.
        """
        friends = {self.zone_of(own.key), *allies}
        return any(
            cell.max_cdb + FAST_MARGIN_CDB > own.max_cdb and self.zone_of(cell.key) not in friends
            for cell in cells_of(head)
        )

    def note_silence(self, track: Track, tag: str, head: Cell, event_ns: int) -> None:
        """Remember that a read of an open bin ends a long silence, if no other one does."""
        late = (slot for slots in self._state.overdue.values() for slot in slots.values())
        heads = [slot[tag] for slot in (*self._bins.values(), *late) if tag in slot]
        if heads == [head] and head.other is None and event_ns - track.heard_ns >= SILENT_NS:
            track.silence = track.heard_ns, event_ns + 1

    def zone_of(self, key: PointKey) -> str:
        """The zone that a read point hears; an empty name where it hears none."""
        return self._plan.point(key).zone or ""

    def _sift(self, old: int, slot: Slot, number: int) -> Slot:
        """Of reads that are far behind, those whose clock is in doubt wait for the next bin.

        Those whose clock has jumped prove presence, and nothing else.
        """
        now_ns = self._state.now_ns
        if now_ns - closing_ns(old) < FAR_NS:
            return slot
        sound: Slot = {}
        for tag, head in slot.items():
            trusts = {self._clock.trust(cell.key[0], now_ns) for cell in cells_of(head)}
            if trusts == {"sound"}:
                sound[tag] = head
                continue
            track, present_ns = self._state.tracks[tag], now_ns - HOLD_NS
            if "jumped" in trusts:
                present_ns = now_ns - 2 * BIN_NS  # they came just before
                self._count_all(head, "clock")
            else:
                later = self._state.overdue.setdefault(number + 1, {})
                later.setdefault(old, {})[tag] = head
            track.present_ns = max(track.present_ns, present_ns)
        return sound

    def _count_all(self, head: Cell, reason: str) -> None:
        for cell in cells_of(head):
            self._count(cell.key[0], reason, cell.count)

    def _next(self) -> int | None:
        return min([*self._bins, *self._state.overdue], default=None)

    def _close(self, number: int, slot: Slot, present_ns: int) -> None:
        """Close all bins of a number; their tags were present at `present_ns` at least."""
        tracks = self._state.tracks
        end_ns = (number + 1) * BIN_NS
        for tag, head in slot.items():
            track = tracks[tag]
            heard_ns = head.last_ns if head.other is None else newest_ns(head)
            before_ns = track.heard_ns
            if heard_ns > before_ns:
                if heard_ns - before_ns >= SILENT_NS:
                    track.silence = before_ns, end_ns + HEARD_AGAIN_NS
                track.heard_ns = heard_ns
            if heard_ns > track.present_ns:  # noqa: PLR1730 - as above
                track.present_ns = heard_ns
            if present_ns > track.present_ns:  # noqa: PLR1730 - as above
                track.present_ns = present_ns
            if number <= track.closed:
                self._close_late(track, tag, number, head)
            elif track.settled_ns < end_ns - BIN_NS:
                track.closed = number
                self._estimate(track, tag, number, head, before_ns)
            else:
                self._begin(track, number, head)

    def _begin(self, track: Track, number: int, head: Cell) -> None:
        """The fast path has moved the tag; what was heard after that begins with its bin."""
        track.closed = number
        if track.settled_ns < (number + 1) * BIN_NS:
            track.memory = self._estimator.begin(number, head, track.zone or "")

    def _estimate(self, track: Track, tag: str, number: int, head: Cell, before_ns: int) -> None:
        """Estimate the zone of a tag; `before_ns` is its newest read before this bin."""
        memory = track.memory
        if type(memory) is not self._estimator.memory_kind:
            memory = track.memory = self._estimator.fresh()
        estimate = self._estimator.estimate(memory, number, head, track.zone)
        if self._may_conflict:
            conflict = self._conflicts.note(tag, track.zone, before_ns, head)
            if conflict is not None:
                self._moves.tell(conflict)
        if estimate is None:
            if track.zone in self._plan.urgent:
                heard_ns = newest_ns(head)
                note_exit(track, heard_ns, heard_ns)
            return
        heard_ns = newest_ns(head)
        if not self._conflicts.holds(tag, track.zone, estimate.zone, heard_ns, before_ns):
            self._moves.move(tag, track, estimate, head, heard_ns)

    def _close_late(self, track: Track, tag: str, number: int, head: Cell) -> None:
        """Reads older than what was decided."""
        self._count_all(head, "late")
        cells = sorted((cell for cell in cells_of(head) if cell.count), key=lambda cell: cell.key)
        if not cells:
            return
        best = max(cells, key=lambda cell: cell.max_cdb)
        zone = self.zone_of(best.key)
        if zone not in self._plan.urgent or self.is_rivalled(best, head):
            return
        memory = track.memory
        margin_cdb = best.max_cdb - FAST_MARGIN_CDB
        estimator = self._estimator
        known = type(memory) is estimator.memory_kind
        if known and estimator.disputes(memory, number, zone, margin_cdb):
            return
        if note_exit(track, best.first_ns, best.last_ns):
            self._moves.tell_late(tag, zone, best, head)
