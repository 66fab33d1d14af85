"""Tags at gates: the reads of each passage are kept together and judged once it is over.

A passage is over when the tag was not read at the gate for `gap_s`, counted from the newest
arrival, so that what a reader kept back through an outage is judged soon after it came. Only
then are the reads put in order, and parted wherever three quarters of a gap passed between
two of them: an order of arrival that is off by less than the other quarter changes nothing.

What decided nothing is judged again with what follows within three gaps. A tag that stays is
looked at again and again, in case it goes through and stays on the other side. It is
said to linger, once, and not again until it was away for `away_s` or has crossed; that nobody
can say where it went is said once of a stay, too. A tag that only one side heard was not
between them: nothing is said of it.
"""

import heapq
from collections.abc import Mapping, Sequence

import msgspec

from tags.reads import Read
from tags.times import SECOND_NS
from zones.direction import Sight, Verdict, judge
from zones.floorplan import Portal, ReadPoint
from zones.gates import (
    LOOKS,
    SIGHTS_MAX,
    Gate,
    Passage,
    PortalState,
    begin,
    gate_of,
    is_judged,
    is_old,
    is_thinned_out,
    is_too_long,
    next_look_ns,
    note_stay,
    parted,
    recent,
    shorten,
    with_span,
)
from zones.movements import Crossing, Heard, crossing_id

TAGS_MAX = 16_384
"""Tags remembered at one gate; more are not looked at, and counted."""

LATE_NS = 2 * SECOND_NS
"""What happened longer ago than this when it came is late."""

_NEVER_NS = 1 << 63


class Passages:
    """All gates of a site. `dropped` counts reads that were no evidence, by reader and reason."""

    def __init__(
        self,
        state: PortalState,
        portals: Mapping[str, Portal],
        dropped: dict[tuple[str, str], int] | None = None,
    ) -> None:
        self.dropped: dict[tuple[str, str], int] = {} if dropped is None else dropped
        self._state = state
        self._queue: list[tuple[int, str, str]] = []
        self._waiting: dict[tuple[str, str], int] = {}
        self._gates: dict[str, Gate] = {}
        self.restore(portals)

    def restore(self, portals: Mapping[str, Portal]) -> None:
        """Go on with the portals that the state was made with."""
        self._gates = {name: gate_of(portal) for name, portal in portals.items()}
        self._queue.clear()
        self._waiting.clear()
        for name, gate in self._gates.items():
            for tag, passage in self._state.get(name, {}).items():
                self._wait(name, tag, next_look_ns(gate, passage))

    def follow(self, portals: Mapping[str, Portal]) -> None:
        """Go by another plan; passages at gates that are gone or changed sides are forgotten."""
        for name in list(self._state):
            former, portal = self._gates.get(name), portals.get(name)
            sides = None if portal is None else (portal.inside, portal.outside)
            if former is None or (former.portal.inside, former.portal.outside) != sides:
                del self._state[name]
        self.restore(portals)

    def take(self, read: Read, event_ns: int, point: ReadPoint) -> None:
        """Take one read at a gate in, or at several; `event_ns` is when it happened."""
        for name in point.portals:
            gate = self._gates.get(name)
            if gate is None:
                continue
            passages = self._state.setdefault(name, {})
            passage = passages.get(read.tag)
            if passage is None:
                if len(passages) >= TAGS_MAX:
                    self._count(read.reader, "portal_tags_max")
                    continue
                passage = passages[read.tag] = Passage(read.arrival_ns)
            if passage.spans and is_judged(passage.spans, event_ns):
                self._count(read.reader, "portal_late")
                continue
            idle = not passage.sights
            self._add(gate, passage, read, event_ns, point)
            if idle:
                self._wait(name, read.tag, next_look_ns(gate, passage))

    def next_ns(self) -> int | None:
        """The clock at which `take_due` has something to look at."""
        return self._queue[0][0] if self._queue else None

    def take_due(self, now_ns: int) -> list[Crossing]:
        """What is decided by this clock, ordered by when it was due, portal and tag."""
        told: list[Crossing] = []
        while self._queue and self._queue[0][0] <= now_ns:
            at_ns, name, tag = heapq.heappop(self._queue)
            if self._waiting.get((name, tag)) != at_ns:
                continue
            del self._waiting[name, tag]
            passage = self._state[name][tag]
            gate = self._gates[name]
            if next_look_ns(gate, passage) <= at_ns:
                told += self._look(gate, tag, passage, at_ns)
            if tag in self._state[name]:
                self._wait(name, tag, next_look_ns(gate, passage))
        return told

    # One read

    def _add(
        self,
        gate: Gate,
        passage: Passage,
        read: Read,
        event_ns: int,
        point: ReadPoint,
    ) -> None:
        if not passage.sights:
            begin(gate, passage, read.arrival_ns, event_ns)
        if is_thinned_out(event_ns, passage.level):
            self._count(read.reader, "portal_reads_max")
        else:
            passage.sights.append(_sight_of(gate, read, event_ns, point))
        passage.arrival_ns = max(passage.arrival_ns, read.arrival_ns)
        if event_ns <= passage.newest_ns + gate.part_ns:
            passage.due_ns = max(passage.due_ns, read.arrival_ns + gate.gap_ns)
            passage.newest_ns = max(passage.newest_ns, event_ns)
        if 0 < passage.since_ns - event_ns <= gate.part_ns and not is_old(passage, event_ns):
            passage.since_ns = event_ns
        if 0 < passage.from_ns - event_ns <= gate.part_ns:
            passage.from_ns = event_ns
        if is_too_long(passage) and (left_out := shorten(gate, passage)):
            self._count(read.reader, "portal_reads_max", left_out)

    # What is due

    def _look(self, gate: Gate, tag: str, passage: Passage, at_ns: int) -> list[Crossing]:
        if not passage.sights:
            del self._state[gate.portal.name][tag]
            return []
        if passage.due_ns <= at_ns:
            return self._close(gate, tag, passage, at_ns)
        crossing = _look_at_one_who_stays(gate, tag, passage, at_ns)
        return [] if crossing is None else [crossing]

    def _close(self, gate: Gate, tag: str, passage: Passage, at_ns: int) -> list[Crossing]:
        """Judge all that is over; what began after it goes on."""
        *over, last = parted(passage.sights, gate.part_ns)
        passage.sights, passage.level = [], 0
        if passage.arrival_ns + gate.gap_ns > at_ns:
            passage.sights = last
            passage.newest_ns = last[-1].time_ns
            passage.due_ns = passage.arrival_ns + gate.gap_ns
            passage.met_ns, passage.looks = at_ns, 0
            passage.from_ns = last[0].time_ns
        else:
            over.append(last)
        told = [self._conclude(gate, tag, passage, stretch, at_ns) for stretch in over]
        if passage.sights:
            note_stay(gate, passage, passage.sights[0].time_ns)
        return [crossing for crossing in told if crossing is not None]

    def _conclude(
        self,
        gate: Gate,
        tag: str,
        passage: Passage,
        stretch: list[Sight],
        at_ns: int,
    ) -> Crossing | None:
        """Judge one stretch without a gap, together with what came shortly before it."""
        until_ns = stretch[-1].time_ns
        old = is_old(passage, until_ns) or until_ns < passage.since_ns
        if not old:
            note_stay(gate, passage, stretch[0].time_ns)
        sights = stretch if old else recent(gate, passage.judged, stretch)
        passage.spans = with_span(passage.spans, (stretch[0].time_ns, until_ns))
        staying = not old and until_ns - passage.since_ns > gate.window_ns
        verdict = judge(sights, gate.portal.settings, staying=staying)
        if not old:
            passage.judged = [] if verdict.crossed else sights[-SIGHTS_MAX:]
        if not verdict.crossed and (old or verdict.lean is None):
            # Most of what stands near a gate; nothing is told of it.
            return None
        late = _is_late(gate, until_ns, at_ns)
        crossing = _told(gate, tag, sights, verdict, until_ns + gate.gap_ns, late=late)
        if verdict.crossed:
            if not old:
                passage.since_ns, passage.told = 0, ""
            return crossing
        if verdict.direction == "lingering" or until_ns - passage.since_ns >= gate.window_ns:
            return _lingering(crossing, passage)
        return _unknown(crossing, passage)

    def _wait(self, name: str, tag: str, due_ns: int) -> None:
        """Queue a passage; of several times the earliest counts, the rest are void."""
        if due_ns < self._waiting.get((name, tag), _NEVER_NS):
            self._waiting[name, tag] = due_ns
            heapq.heappush(self._queue, (due_ns, name, tag))

    def _count(self, reader: str, reason: str, reads: int = 1) -> None:
        self.dropped[reader, reason] = self.dropped.get((reader, reason), 0) + reads


def _sight_of(gate: Gate, read: Read, event_ns: int, point: ReadPoint) -> Sight:
    side, number = gate.places[point.key]
    rssi = read.rssi_dbm
    return Sight(
        time_ns=event_ns,
        side=side,
        point=number,
        rssi_cdb=None if rssi is None else round(rssi * 100) + point.bias_cdb,
        phase_rad=read.phase_rad,
        channel=read.channel,
        count=read.count,
    )


def _look_at_one_who_stays(
    gate: Gate,
    tag: str,
    passage: Passage,
    at_ns: int,
) -> Crossing | None:
    """A tag that stands still lingers; one that moves is given its time, then told as it looks."""
    passage.looks += 1
    if not passage.judged and len({each.side for each in passage.sights}) == 1:
        return None
    stretch = parted(passage.sights, gate.part_ns)[-1]
    until_ns = passage.from_ns + passage.looks * gate.linger_ns
    seen = [each for each in stretch if each.time_ns <= until_ns] or stretch
    sights = recent(gate, passage.judged, seen)
    last = passage.looks >= LOOKS
    verdict = judge(sights, gate.portal.settings, staying=last)
    if verdict.lean is None or not (last or verdict.direction == "lingering"):
        return None
    late = _is_late(gate, until_ns, at_ns)
    crossing = _told(gate, tag, sights, verdict, until_ns, late=late)
    if not verdict.crossed:
        return _lingering(crossing, passage)
    passage.sights = [each for each in passage.sights if each.time_ns > until_ns]
    passage.spans = with_span(passage.spans, (stretch[0].time_ns, until_ns))
    passage.judged, passage.told = [], "lingering"
    return crossing


def _lingering(crossing: Crossing, passage: Passage) -> Crossing | None:
    """The same evidence, told as a stay since its first read; once."""
    if passage.told == "lingering":
        return None
    passage.told = "lingering"
    return msgspec.structs.replace(
        crossing,
        id=crossing_id(crossing.tag, crossing.portal, passage.since_ns),
        time_ns=passage.since_ns,
        direction="lingering",
    )


def _unknown(crossing: Crossing, passage: Passage) -> Crossing | None:
    """That nobody can say, is told once of a stay, and not after it was told to be one."""
    if passage.told:
        return None
    passage.told = "unknown"
    return crossing


def _is_late(gate: Gate, until_ns: int, at_ns: int) -> bool:
    """Whether reads up to `until_ns` are judged at a clock long after they should have been."""
    return at_ns - until_ns > gate.gap_ns + LATE_NS


def _told(  # noqa: PLR0913 - all that a crossing tells
    gate: Gate,
    tag: str,
    sights: Sequence[Sight],
    verdict: Verdict,
    decided_ns: int,
    *,
    late: bool,
) -> Crossing:
    name = gate.portal.name
    return Crossing(
        id=crossing_id(tag, name, verdict.time_ns),
        time_ns=verdict.time_ns,
        decided_ns=decided_ns,
        tag=tag,
        portal=name,
        direction=verdict.direction,
        confidence=round(verdict.confidence, 4),
        lean=None if verdict.crossed else verdict.lean,
        late=late,
        heard=_heard_in(gate, sights),
    )


def _heard_in(gate: Gate, sights: Sequence[Sight]) -> tuple[Heard, ...]:
    """The evidence by read point: newest time, number of reads, and the strongest of them."""
    by_point: dict[int, list[Sight]] = {}
    for each in sights:
        by_point.setdefault(each.point, []).append(each)
    return tuple(
        Heard(
            reader=gate.points[number][0],
            antenna=gate.points[number][1],
            time_ns=heard[-1].time_ns,
            count=sum(each.count for each in heard),
            rssi_dbm=_strongest_dbm(heard),
        )
        for number, heard in sorted(by_point.items())
    )


def _strongest_dbm(sights: Sequence[Sight]) -> float | None:
    levels = [each.rssi_cdb for each in sights if each.rssi_cdb is not None]
    return max(levels) / 100 if levels else None
