"""Locate: what is heard of a tag to its movements and crossings. Pure, keyed by tag.

Time is what the caller says it is. A read is folded into the open bin of its
tag; a bin closes once the clock has passed its end by the hold, and only then
is the tag's zone estimated, so reads are decided in event order. Reads at a
zone of role exit may decide at once (the fast path). What is decided comes out
as `Step`s whose order depends on times and tags only: grouping, hash seeds and
splitting the tags over several Locates change nothing.
"""

from collections.abc import Callable, Iterable
from typing import Protocol
from zlib import crc32

from readers.health import ReaderHealth
from tags.reads import Fix, Read
from zones.absence import AbsenceWatch
from zones.bins import BIN_NS, UNHEARD_CDB, fold
from zones.clock import EventClock
from zones.closing import OpenBins
from zones.conflict import ConflictDetector
from zones.coverage import Coverage
from zones.estimators.contract import Estimate
from zones.exits import Exit, Exits
from zones.floorplan import NO_PLAN, FloorPlan, ReadPoint
from zones.movements import Movement
from zones.moves import Moves
from zones.passages import Passages
from zones.positions import PositionWatch
from zones.tracks import (
    PHASE_ABSENCE,
    PHASE_CONFLICT,
    PHASE_EXIT,
    PHASE_PASSAGE,
    PHASE_POSITION,
    LocateState,
    Step,
    Track,
)

FAST_BINS = 2
"""The fast path looks back over the bins of the last 500 ms."""

_NEVER_NS = 1 << 63


class Stage(Protocol):
    """Something that decides in its own time."""

    def next_ns(self) -> int | None:
        """The clock at which it has something to decide."""
        ...


class Locate:
    """One of `parts` Locates; it decides about the tags whose hash falls to `part`.

    `dropped` counts the reads that were no evidence, by reader and reason, `folded` the others;
    `tags_max` limits how many tags it keeps in mind. In a zone of `guarded` one good read
    counts at once, as at an exit, if `forbids` says that the zone is forbidden for the tag then.
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
        self.folded = 0
        self._part, self._parts = part, parts
        self.tags_max = tags_max
        self.guarded: frozenset[str] = frozenset()
        self.forbids: Callable[[str, str, int], bool] = _nothing_is_forbidden
        self._tracks, self._open = state.tracks, state.bins
        self._clock = EventClock(state.offsets_ns, state.clocks)
        self._coverage = Coverage(state.readers, state.healthy_since_ns, state.unheard_since_ns)
        self._points = self._coverage.points
        self._moves = Moves(state, self._watch)
        self._exits = Exits(state)
        self._passages = Passages(state.portals, {}, self.dropped)
        self.positions = PositionWatch(state.positions, NO_PLAN, self.dropped)
        self._next_ns = 0
        self._use(NO_PLAN)

    @property
    def flaps(self) -> dict[tuple[str, str], int]:
        """By pair of zones, how often a tag went there and straight back."""
        return self._moves.flaps

    @property
    def implausible_times(self) -> int:
        """Reads whose time was replaced by their arrival."""
        return self._clock.implausible

    def take_steps(self) -> list[Step]:
        """What was decided since the last call, in the order of decisions."""
        return self._moves.take_steps()

    def restore_plan(self, plan: FloorPlan) -> None:
        """Go on with the plan that the state was made with."""
        self.positions.restore_plan(plan)
        self._passages.restore(plan.portals)
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
        plan.drop_strangers(self.state.clocks)
        plan.drop_strangers(self.state.readers)
        self._coverage.update(plan, self.state.now_ns)
        self._clock.resume()
        self.positions.adopt_plan(plan)
        self._passages.follow(plan.portals)
        self._use(plan)
        self._conflicts.follow(succession, self.state.now_ns)

    def note_health(self, health: ReaderHealth) -> None:
        """A reader's health changed: absence only counts while it hears."""
        self.state.readers[health.reader] = health
        if health.state != "online":
            self._clock.note_break(health.reader)
        now_ns = self.state.now_ns
        self._absences.resume(self._coverage.update(self._plan, now_ns), now_ns)
        self._next_ns = 0

    def note_start(self, missed_ns: int) -> None:
        """The gateway started, after so long: no reader is healthy until it says so."""
        self.state.readers.clear()
        self._coverage.update(self._plan, self.state.now_ns)
        self.positions.stand_still(missed_ns)

    def note_offset(self, reader: str, offset_ns: int) -> None:
        """A reader's clock was measured."""
        self._clock.set_offset(reader, offset_ns)

    def advance(self, now_ns: int) -> None:
        """Let time pass: decide what is due by then."""
        if now_ns >= self._next_ns:
            self._decide_due(now_ns)
        self.state.now_ns = max(self.state.now_ns, now_ns)

    def fold(self, reads: Iterable[Read]) -> None:
        """Take reads in, in order of arrival."""
        state, parts, jumps = self.state, self._parts, self._clock.jumps
        for rank, read in enumerate(reads):
            arrival_ns = read.arrival_ns
            if arrival_ns >= self._next_ns:
                self._decide_due(arrival_ns)
            if arrival_ns > state.now_ns:  # noqa: PLR1730 - max() costs a call a read
                state.now_ns = arrival_ns
            if parts == 1 or self._is_mine(read.tag):
                self._fold_one(read)
            else:
                self._clock.event_ns(read)
            if jumps:
                self._tell_jumps(rank)

    def fold_fix(self, fix: Fix) -> None:
        """Take one position in; positions come in order of arrival, like reads."""
        self.advance(fix.arrival_ns)
        if self._parts > 1 and not self._is_mine(fix.tag):
            return
        event_ns = self._clock.plausible_ns(fix.time_ns, fix.arrival_ns)
        if not self.positions.take(fix, event_ns, self.state.now_ns):
            return
        track = self._tracks.get(fix.tag)
        if track is None:
            track = self._tracks[fix.tag] = Track()
        track.seen_ns = max(track.seen_ns, event_ns)
        track.present_ns = max(track.present_ns, event_ns)
        self._hurry(self.positions.next_ns())

    def _tell_jumps(self, rank: int) -> None:
        """A reader's clock turned out to be wrong; every part knows, the first one tells."""
        self._moves.arrive(rank)
        for jump in self._clock.jumps if self._part == 0 else ():
            self._moves.tell(jump)
        self._clock.jumps.clear()

    def _is_mine(self, tag: str) -> bool:
        return crc32(tag.encode()) % self._parts == self._part

    # One read

    def _fold_one(self, read: Read) -> None:
        point = self._points.get((read.reader, read.antenna)) or self._new_point(read)
        event_ns = self._clock.event_ns(read)
        if point.is_special and not self._take_special(read, event_ns, point):
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
        number = event_ns // BIN_NS
        slot = self._open.get(number)
        if slot is None:
            slot = self._bins.slot(number)
            self._hurry(self._bins.next_ns())
        cell = fold(slot, read.tag, point.key, count, rssi_cdb, event_ns)
        if cell is None:
            self._count(read.reader, "cells_max")
            return
        self.folded += 1
        if count and self._may_leave(read.tag, track.zone, point.zone, event_ns):
            self._note_exit(read, event_ns)

    def _take_special(self, read: Read, event_ns: int, point: ReadPoint) -> bool:
        """A read at a portal, or of no zone; whether it is evidence for a zone."""
        rssi = read.rssi_dbm
        if not point.portals:
            self._count(read.reader, point.unused)
        elif rssi is None or round(rssi * 100) + point.bias_cdb >= point.rssi_cdb_min:
            self._passages.take(read, event_ns, point)
            self._hurry(self._passages.next_ns())
        elif point.zone is None:
            self._count(read.reader, "rssi_below_min")
        return point.zone is not None

    def _new_point(self, read: Read) -> ReadPoint:
        return self._coverage.point(self._plan, (read.reader, read.antenna))

    def _new_track(self, read: Read) -> Track | None:
        if len(self.state.tracks) >= self.tags_max:
            self._count(read.reader, "tags_max")
            return None
        track = self.state.tracks[read.tag] = Track()
        return track

    def _note_exit(self, read: Read, event_ns: int) -> None:
        """A read at an exit decides as soon as all that arrived with it is known."""
        if event_ns // BIN_NS in self._open:
            self._exits.note((read.tag, read.reader, read.antenna), event_ns)
            self._hurry(self._exits.next_ns())

    # What is due

    def _decide_due(self, now_ns: int) -> None:
        """Decide what is due at each clock up to now, one stage after the other."""
        state = self.state
        while True:
            clocks = [stage.next_ns() or _NEVER_NS for stage, _ in self._stages]
            self._next_ns = min(clocks)
            if self._next_ns > now_ns:
                return
            state.now_ns = max(state.now_ns, self._next_ns)
            _, decide = self._stages[clocks.index(self._next_ns)]
            decide(self._next_ns)

    def _decide_bins(self, _at_ns: int) -> None:
        self._bins.take_due()

    def _decide_positions(self, at_ns: int) -> None:
        """Decide the positions that are due at one clock."""
        self._moves.begin(PHASE_POSITION)
        for decision in self.positions.take_due(at_ns, self._zone_of, self._closed_of):
            track = self._tracks[decision.tag]
            if not decision.late:
                track.closed = max(track.closed, decision.decided_ns // BIN_NS)
            self._moves.move_by_position(track, decision)
        self._moves.end()

    def _decide_passages(self, at_ns: int) -> None:
        """Decide the passages that are due at one clock."""
        self._moves.begin(PHASE_PASSAGE)
        for crossing in self._passages.take_due(at_ns):
            self._moves.tell(crossing)
        self._moves.end()

    def _decide_conflicts(self, at_ns: int) -> None:
        """End the conflicts that are over at one clock."""
        self._moves.begin(PHASE_CONFLICT)
        for conflict in self._conflicts.take_due(at_ns):
            self._moves.tell(conflict)
        self._moves.end()

    def _decide_exits(self, _at_ns: int) -> None:
        """The fast path: the exit's antenna is the only or the strongest one just now."""
        self._moves.begin(PHASE_EXIT, self.state.at_exit_ns)
        for exit_ in self._exits.take(self._bins.zone_of):
            track = self._tracks[exit_.tag]
            fresh = exit_.event_ns > track.settled_ns and exit_.zone != track.zone
            urgent = fresh and self._is_urgent(exit_.tag, exit_.zone, exit_.event_ns)
            if urgent and self._is_alone(exit_, track):
                self._leave_by(exit_, track)
        self._moves.end()

    def _may_leave(self, tag: str, former: str | None, zone: str | None, event_ns: int) -> bool:
        return former != zone and self._is_urgent(tag, zone, event_ns)

    def _is_urgent(self, tag: str, zone: str | None, event_ns: int) -> bool:
        """Whether one good read in a zone counts: it is an exit, or forbidden for the tag."""
        if zone in self._plan.urgent:
            return True
        return zone is not None and zone in self.guarded and self.forbids(tag, zone, event_ns)

    def _is_alone(self, exit_: Exit, track: Track) -> bool:
        """Whether no other zone heard the tag nearly as loud in the last 500 ms.

        For a tag that comes to the exits, all of them are one.
        """
        bins, tag = self._open, exit_.tag
        urgent = self._plan.urgent
        apart = track.zone in urgent or exit_.zone not in urgent
        allies = frozenset() if apart else urgent
        recent = range(exit_.number - FAST_BINS, exit_.number + 1)
        return not any(
            self._bins.is_rivalled(exit_.cell, bins.get(each, {}).get(tag), allies)
            for each in recent
        )

    def _leave_by(self, exit_: Exit, track: Track) -> None:
        event_ns, zone = exit_.event_ns, exit_.zone
        if self._conflicts.holds(exit_.tag, track.zone, zone, event_ns, track.heard_ns):
            return
        track.settled_ns = event_ns
        track.present_ns = max(track.present_ns, event_ns)
        track.memory = None
        head = self._open[exit_.number][exit_.tag]
        self._bins.note_silence(track, exit_.tag, head, event_ns)
        self._moves.move(exit_.tag, track, Estimate(zone, event_ns, {}), head, event_ns)

    def _decide_absences(self, at_ns: int) -> None:
        """Decide the absences that are due at one clock."""
        self._moves.begin(PHASE_ABSENCE)
        while self._absences.next_ns() == at_ns:
            absent = self._absences.take()
            if absent is not None:
                tag, due_ns = absent
                track = self._tracks[tag]
                track.closed = max(track.closed, due_ns // BIN_NS)
                self._moves.depart(tag, track, due_ns)
                self.positions.note_move(tag)
        self._moves.end()

    def _watch(self, movement: Movement) -> None:
        """A tag has another zone: that one's absence time holds for it."""
        self._absences.watch(movement.tag, self.state.now_ns)
        if not movement.fixes:
            self.positions.note_move(movement.tag)
        self._hurry(self._absences.next_ns())

    def _hurry(self, due_ns: int | None) -> None:
        """Something may be due sooner than what was known."""
        if due_ns is not None and due_ns < self._next_ns:
            self._next_ns = due_ns

    def _zone_of(self, tag: str) -> str | None:
        track = self._tracks.get(tag)
        return None if track is None else track.zone

    def _closed_of(self, tag: str) -> int:
        track = self._tracks.get(tag)
        return -1 if track is None else track.closed

    def _use(self, plan: FloorPlan) -> None:
        """Build what is derived from plan and state."""
        self._plan = plan
        self._moves.urgent = plan.urgent
        self.positions.tags_max = self.tags_max
        state = self.state
        self._conflicts = ConflictDetector(plan, state.conflicts)
        self._bins = OpenBins(state, plan, self._moves, self._conflicts, self._count, self._clock)
        self._absences = AbsenceWatch(plan, state.tracks, state.healthy_since_ns, state.now_ns)
        self._stages: tuple[tuple[Stage, Callable[[int], None]], ...] = (
            (self._exits, self._decide_exits),
            (self._bins, self._decide_bins),
            (self.positions, self._decide_positions),
            (self._absences, self._decide_absences),
            (self._passages, self._decide_passages),
            (self._conflicts, self._decide_conflicts),
        )
        self._next_ns = 0

    def _count(self, reader: str, reason: str, reads: int = 1) -> None:
        self.dropped[reader, reason] = self.dropped.get((reader, reason), 0) + reads


def _nothing_is_forbidden(_tag: str, _zone: str, _event_ns: int) -> bool:
    return False
