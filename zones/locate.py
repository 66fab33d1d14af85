"""Locate: reads of a tag to its movements. Pure, keyed by tag.

Time is what the caller says it is. A read is folded into the open bin of its
tag; a bin closes once the clock has passed its end by the hold, and only then
is the tag's zone estimated, so reads are decided in event order. Reads at a
zone of role exit may decide at once (the fast path). What is decided comes out
as `Step`s whose order depends on times and tags only: grouping, hash seeds and
splitting the tags over several Locates change nothing.
"""

from collections.abc import Iterable
from zlib import crc32

from readers.health import ReaderHealth
from tags.reads import Read
from zones.absence import AbsenceWatch
from zones.bins import BIN_NS, UNHEARD_CDB, Cell, Slot, cells_of, fold, heard_in, newest_ns
from zones.clock import EventClock
from zones.coverage import Coverage
from zones.estimators.window import Estimate, WindowEstimator, WindowMemory
from zones.floorplan import FloorPlan, PointKey, ReadPoint
from zones.movements import Movement, MovementKind, movement_id
from zones.tracks import (
    HOLD_NS,
    PHASE_ABSENCE,
    PHASE_ARRIVAL,
    PHASE_BIN,
    LocateState,
    Step,
    Track,
    closing_ns,
    first_open,
    note_exit,
)

FAST_BINS = 2
FAST_MARGIN_CDB = 300
"""The fast path needs the only or the strongest antenna, by 3 dB, of the last 500 ms."""

_NEVER_NS = 1 << 63


class Locate:
    """One of `parts` Locates; it decides about the tags whose hash falls to `part`.

    `dropped` counts the reads that were no evidence, by reader and reason;
    `tags_max` limits how many tags it keeps in mind.
    """

    def __init__(
        self,
        state: LocateState,
        *,
        part: int = 0,
        parts: int = 1,
        tags_max: int = 1_000_000,
    ) -> None:
        self.state = state
        self.dropped: dict[tuple[str, str], int] = {}
        self._part = part
        self._parts = parts
        self.tags_max = tags_max
        self._tracks = state.tracks
        self._bins = state.bins
        self._clock = EventClock(state.offsets_ns)
        self._coverage = Coverage(state.readers, state.healthy_since_ns)
        self._points = self._coverage.points
        self._steps: list[Step] = []
        self._next_ns = 0
        self._phase = PHASE_ARRIVAL
        self._rank = 0
        self._use(FloorPlan())

    @property
    def implausible_times(self) -> int:
        """Reads whose time was replaced by their arrival."""
        return self._clock.implausible

    def take_steps(self) -> list[Step]:
        """What was decided since the last call, in the order of decisions."""
        steps, self._steps = self._steps, []
        return steps

    def restore_plan(self, plan: FloorPlan) -> None:
        """Go on with the plan that the state was made with."""
        self._use(plan)

    def adopt_plan(self, plan: FloorPlan) -> None:
        """Use another floor plan.

        Renamed zones are followed, what was in a vanished zone is nowhere known
        until it is read again, estimates start afresh, and readers that are gone
        are forgotten.
        """
        succession = plan.succession_of(self._plan)
        for track in self.state.tracks.values():
            track.memory = None
            track.zone = succession.heir_of(track.zone)
        plan.drop_strangers(self.state.offsets_ns)
        plan.drop_strangers(self.state.readers)
        self._coverage.update(plan, self.state.now_ns)
        self._use(plan)

    def note_health(self, health: ReaderHealth) -> None:
        """A reader's health changed: absence only counts while it hears."""
        self.state.readers[health.reader] = health
        now_ns = self.state.now_ns
        self._absences.resume(self._coverage.update(self._plan, now_ns), now_ns)
        self._next_ns = 0

    def note_start(self) -> None:
        """The gateway started: no reader is healthy until it says so."""
        self.state.readers.clear()
        self._coverage.update(self._plan, self.state.now_ns)

    def note_offset(self, reader: str, offset_ns: int) -> None:
        """A reader's clock was measured."""
        self._clock.set_offset(reader, offset_ns)

    def advance(self, now_ns: int) -> None:
        """Let time pass: close the bins and decide the absences that are due."""
        if now_ns >= self._next_ns:
            self._decide_due(now_ns)
        self.state.now_ns = max(self.state.now_ns, now_ns)

    def fold(self, reads: Iterable[Read]) -> None:
        """Take reads in, in order of arrival."""
        state, parts = self.state, self._parts
        for rank, read in enumerate(reads):
            arrival_ns = read.arrival_ns
            if arrival_ns >= self._next_ns:
                self._decide_due(arrival_ns)
            if arrival_ns > state.now_ns:  # noqa: PLR1730 - max() costs a call a read
                state.now_ns = arrival_ns
            if parts == 1 or crc32(read.tag.encode()) % parts == self._part:
                self._rank = rank
                self._fold_one(read)

    # One read

    def _fold_one(self, read: Read) -> None:
        point = self._points.get((read.reader, read.antenna)) or self._new_point(read)
        if point.zone is None:
            self._count(read.reader, point.unused)
            return
        rssi = read.rssi_dbm
        rssi_cdb = UNHEARD_CDB if rssi is None else round(rssi * 100) + point.bias_cdb
        count = read.count
        track = self._tracks.get(read.tag)
        if rssi_cdb < point.rssi_cdb_min:
            # It proves presence of a tag that is known, and nothing else.
            self._count(read.reader, "rssi_below_min")
            count, rssi_cdb = 0, UNHEARD_CDB
        elif track is None:
            track = self._new_track(read)
        if track is None:
            return
        event_ns = self._clock.event_ns(read)
        number = event_ns // BIN_NS
        slot = self._bins.get(number)
        if slot is None:
            slot = self._open_slot(number)
        cell = fold(slot, read.tag, point.key, count, rssi_cdb, event_ns)
        if cell is None:
            self._count(read.reader, "cells_max")
        elif point.urgent and count and track.zone != point.zone:
            self._decide_at_once(track, read.tag, cell, number, event_ns)

    def _new_point(self, read: Read) -> ReadPoint:
        return self._coverage.point(self._plan, (read.reader, read.antenna))

    def _new_track(self, read: Read) -> Track | None:
        if len(self.state.tracks) >= self.tags_max:
            self._count(read.reader, "tags_max")
            return None
        track = self.state.tracks[read.tag] = Track()
        return track

    def _open_slot(self, number: int) -> Slot:
        """Where the bins of a number are kept; those that are overdue wait for their rest."""
        oldest = first_open(self.state.now_ns)
        if number >= oldest:
            self._next_ns = min(self._next_ns, closing_ns(number))
            return self.state.bins.setdefault(number, {})
        self._next_ns = min(self._next_ns, closing_ns(oldest + 1))
        return self.state.overdue.setdefault(oldest + 1, {}).setdefault(number, {})

    def _decide_at_once(
        self,
        track: Track,
        tag: str,
        own: Cell,
        number: int,
        event_ns: int,
    ) -> None:
        """The fast path: the exit's antenna is the only or the strongest one just now."""
        bins = self.state.bins
        if number not in bins or event_ns <= track.settled_ns:
            return
        for recent in range(number - FAST_BINS, number + 1):
            if self._rivalled(own, bins.get(recent, {}).get(tag)):
                return
        track.settled_ns = event_ns
        track.memory = None
        estimate = Estimate(self._zone_of(own.key), event_ns, {})
        self._move(tag, track, estimate, bins[number][tag], event_ns)

    # What is due

    def _decide_due(self, now_ns: int) -> None:
        state = self.state
        while True:
            number = min([*state.bins, *state.overdue], default=None)
            closing = _NEVER_NS if number is None else closing_ns(number)
            absence = self._absences.next_ns() or _NEVER_NS
            self._next_ns = min(closing, absence)
            if self._next_ns > now_ns:
                return
            state.now_ns = max(state.now_ns, self._next_ns)
            if number is not None and closing <= absence:
                self._close_bins(number)
            else:
                self._decide_absences(absence)

    def _close_bins(self, number: int) -> None:
        """Close the bins of a number and those that waited for it; decisions come by tag."""
        self._phase, self._rank = PHASE_BIN, 0
        earlier = len(self._steps)
        overdue = self.state.overdue.pop(number, {})
        for old in sorted(overdue):
            self._close_slot(old, overdue[old], self.state.now_ns - HOLD_NS)
        self._close_slot(number, self.state.bins.pop(number, {}), 0)
        self._order_since(earlier)
        self._phase = PHASE_ARRIVAL

    def _close_slot(self, number: int, slot: Slot, present_ns: int) -> None:
        """Close all bins of a number; their tags were present at `present_ns` at least."""
        tracks = self._tracks
        end_ns = (number + 1) * BIN_NS
        for tag, head in slot.items():
            track = tracks[tag]
            heard_ns = head.last_ns if head.other is None else newest_ns(head)
            if heard_ns > track.heard_ns:  # noqa: PLR1730 - max() costs a call for each bin
                track.heard_ns = heard_ns
            if heard_ns > track.present_ns:  # noqa: PLR1730 - as above
                track.present_ns = heard_ns
            if present_ns > track.present_ns:  # noqa: PLR1730 - as above
                track.present_ns = present_ns
            if number <= track.closed:
                self._close_late(track, tag, number, head)
            elif track.settled_ns < end_ns - BIN_NS:
                track.closed = number
                self._estimate(track, tag, number, head, heard_ns)
            else:
                track.closed = number
                if track.settled_ns < end_ns:
                    track.memory = self._estimator.begin(number, head, track.zone or "")

    def _estimate(self, track: Track, tag: str, number: int, head: Cell, heard_ns: int) -> None:
        memory = track.memory
        if memory is None:
            memory = track.memory = WindowMemory()
        estimate = self._estimator.estimate(memory, number, head, track.zone)
        if estimate is not None:
            self._move(tag, track, estimate, head, heard_ns)
        elif track.zone in self._plan.urgent:
            note_exit(track, heard_ns, heard_ns)

    def _close_late(self, track: Track, tag: str, number: int, head: Cell) -> None:
        """Reads older than what was decided: they move nothing, but a true exit is told."""
        for cell in cells_of(head):
            self._count(cell.key[0], "late", cell.count)
        cells = sorted((cell for cell in cells_of(head) if cell.count), key=lambda cell: cell.key)
        if not cells:
            return
        best = max(cells, key=lambda cell: cell.max_cdb)
        zone = self._zone_of(best.key)
        if zone not in self._plan.urgent or self._rivalled(best, head):
            return
        memory = track.memory
        margin_cdb = best.max_cdb - FAST_MARGIN_CDB
        if memory is not None and self._estimator.disputes(memory, number, zone, margin_cdb):
            return
        if note_exit(track, best.first_ns, best.last_ns):
            self._tell_late(tag, zone, best, head)

    def _tell_late(self, tag: str, zone: str, best: Cell, head: Cell) -> None:
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

    def _decide_absences(self, at_ns: int) -> None:
        """Decide the absences that are due at one clock; they come by tag, too."""
        self._phase, self._rank = PHASE_ABSENCE, 0
        earlier = len(self._steps)
        while self._absences.next_ns() == at_ns:
            self._decide_absence()
        self._order_since(earlier)
        self._phase = PHASE_ARRIVAL

    def _order_since(self, earlier: int) -> None:
        """What is decided at the same clock has no order but that of the tags."""
        if len(self._steps) > earlier + 1:
            self._steps[earlier:] = sorted(self._steps[earlier:], key=lambda step: step.tag)

    def _decide_absence(self) -> None:
        absent = self._absences.take()
        if absent is None:
            return
        tag, due_ns = absent
        track = self.state.tracks[tag]
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
        track.closed = max(track.closed, due_ns // BIN_NS)
        self._emit(movement)

    # Movements

    def _move(
        self,
        tag: str,
        track: Track,
        estimate: Estimate,
        head: Cell,
        decided_ns: int,
    ) -> None:
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
        track.zone = estimate.zone
        track.departed = False
        if estimate.zone in self._plan.urgent:
            note_exit(track, movement.time_ns, decided_ns)
        self._absences.watch(tag, self.state.now_ns)
        self._next_ns = min(self._next_ns, self._absences.next_ns() or _NEVER_NS)
        self._emit(movement)

    def _emit(self, movement: Movement) -> None:
        step = Step(self.state.now_ns, self._phase, self._rank, movement.tag, movement)
        self._steps.append(step)

    # Look-ups

    def _use(self, plan: FloorPlan) -> None:
        self._plan = plan
        self._estimator = WindowEstimator(plan)
        state = self.state
        self._absences = AbsenceWatch(plan, state.tracks, state.healthy_since_ns, state.now_ns)
        self._next_ns = 0

    def _zone_of(self, key: PointKey) -> str:
        return self._plan.point(key).zone or ""

    def _rivalled(self, own: Cell, head: Cell | None) -> bool:
        """Whether another zone's antenna heard the tag nearly as loud, or louder."""
        zone = self._zone_of(own.key)
        return any(
            cell.max_cdb + FAST_MARGIN_CDB > own.max_cdb and self._zone_of(cell.key) != zone
            for cell in cells_of(head)
        )

    def _count(self, reader: str, reason: str, reads: int = 1) -> None:
        self.dropped[reader, reason] = self.dropped.get((reader, reason), 0) + reads


def _kind(track: Track) -> MovementKind:
    if track.departed:
        return "returned"
    return "arrived" if track.zone is None else "moved"
