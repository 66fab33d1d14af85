"""What of the history goes to another store next, read from the files and sent: the thread's part.

Nothing here writes to the gateway's own files.
"""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.zone_times import PointZones, ZonesInTime, zone_of
from history.day_shelf import DayShelf, Stamp, is_damage
from history.day_shipping import ShippedDay, Slot
from history.decisions import oldest_decision_ns, read_decisions
from history.shipments import DECISIONS, Lane, Lanes, Mark, Waiting, next_round
from history.sightings import SLOT_S
from history.state import last_seq, one_moment
from history.store import HistoryBatch
from tags.times import SECOND_NS

SIGHTINGS_MAX = 5_000
"""So many sightings, or rows of decisions, go at once; a slot is never split."""
FRESH_SLOTS_MAX = 12
FRESH_DECISIONS_MAX = 5_000
"""What is further behind than this lets what comes now go first."""
ROUND_S = 0.5
"""After so long of shipping the cursors are written down."""


Append = Callable[[Sequence[HistoryBatch]], None]
"""Sends batches and returns once they are taken; after an error the same may be sent again."""


@dataclass
class Progress:
    """How far shipping is; written by the thread, read by anybody."""

    backlog: int = 0
    oldest_ns: int | None = None
    shipped: int = 0
    dropped: Counter[str] = field(default_factory=Counter[str])


class Rounds:
    """Looks what waits, and ships it; used by one thread. `lanes` says how far everything is."""

    def __init__(  # noqa: PLR0913 - what it reads, where it ships it, and two clocks
        self,
        append: Append,
        connection: sqlite3.Connection,
        shelf: DayShelf,
        lanes: Lanes,
        *,
        clock: Callable[[], int],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lanes = lanes
        self.progress = Progress()
        self.stopping = threading.Event()
        self._append = append
        self._connection = connection
        self._shelf = shelf
        self._clock = clock
        self._monotonic_s = monotonic_s
        self._zones = ZonesInTime(connection)
        self._items: dict[str, int] = {}
        self._damaged: dict[str, Stamp] = {}
        self._clear_ns: dict[str, int] = {}

    def ship_for_a_while(self) -> bool:
        """Ship, the fresh first, for half a second or until nothing waits; whether more does.

        Raises what the other store raises, and sqlite3.Error; `lanes` has what was shipped before.
        """
        until_s = self._monotonic_s() + ROUND_S
        while not self.stopping.is_set():
            waiting = self._look()
            if not waiting:
                return False
            for each in next_round(waiting):
                if self.stopping.is_set():
                    break
                self._ship(each.lane)
            if self._monotonic_s() >= until_s:
                self._look()
                return True
        return True

    def _ship(self, lane: Lane) -> None:
        if lane.part == DECISIONS:
            self._ship_decisions(lane)
        else:
            self._ship_slots(lane)

    def _ship_decisions(self, lane: Lane) -> None:
        after = max(0, lane.after.number)
        with one_moment(self._connection):
            decided = read_decisions(self._connection, after, lane.until, SIGHTINGS_MAX)
        if decided.rows:
            self._append([decided.batch])
            self.progress.shipped += decided.rows
        self.lanes.move(lane, Mark(decided.upto))

    def _ship_slots(self, lane: Lane) -> None:
        file = self._shelf.file(lane.part)
        if file is None:
            return
        parcel = file.parcel(lane, self._clock() // SECOND_NS, SIGHTINGS_MAX)
        if parcel.slots:
            self._append(self._batches(parcel.slots))
            self.progress.shipped += sum(len(slot.heard.sightings) for slot in parcel.slots)
        self.lanes.move(lane, parcel.after)

    def _batches(self, slots: Sequence[Slot]) -> list[HistoryBatch]:
        """One batch for the slots of each site file."""
        runs: list[tuple[PointZones, list[Slot]]] = []
        for slot in slots:
            zones = self._zones.at(slot.slot_s * SECOND_NS)
            if not runs or runs[-1][0] is not zones:
                runs.append((zones, []))
            runs[-1][1].append(slot)
        return [_batch(of_file, zones) for zones, of_file in runs]

    def _look(self) -> list[Waiting]:
        """What waits; and what came to its end is forgotten."""
        days = self._shelf.days()
        waiting = self._look_at_decisions()
        for day in days:
            waiting += self._look_at_day(day, newest=day == days[-1])
        self._forget_gone({*days, DECISIONS})
        self.progress.backlog = sum(self._items.values())
        self.progress.oldest_ns = min((each.oldest_ns for each in waiting), default=None)
        return waiting

    def _forget_gone(self, there: set[str]) -> None:
        """A day that was past keeping before it was shipped is dropped, and counted."""
        for part in self.lanes.parts:
            if part not in there:
                self.progress.dropped["expired"] += self._items.pop(part, 0)
                self.lanes.drop(part)
                self._shelf.forget(part)

    def _look_at_decisions(self) -> list[Waiting]:
        with one_moment(self._connection):
            head = last_seq(self._connection)
            lanes = self.lanes.of(DECISIONS)
            if head - max(0, lanes[-1].after.number) > FRESH_DECISIONS_MAX:
                self.lanes.split(DECISIONS, head)
            return self._noted(DECISIONS, self._decisions_waiting(head))

    def _decisions_waiting(self, head: int) -> Iterator[Waiting]:
        for lane in self.lanes.of(DECISIONS):
            after = max(0, lane.after.number)
            items = (head if lane.until is None else lane.until) - after
            if items > 0:
                oldest_ns = oldest_decision_ns(self._connection, after, lane.until)
                yield Waiting(lane, items, oldest_ns or self._clock(), lane.until is None)

    def _look_at_day(self, day: str, *, newest: bool) -> list[Waiting]:
        stamp = self._shelf.stamp(day)
        if self._shelf.is_quiet(day, stamp) or self._damaged.get(day) == stamp:
            return []
        try:
            file = self._shelf.file(day)
            return [] if file is None else self._look_into(day, file, stamp, newest=newest)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            self._note_damage(day, stamp)
            return []

    def _note_damage(self, day: str, stamp: Stamp) -> None:
        """A file that can not be read is left until somebody has mended it."""
        self._shelf.forget(day)
        self._damaged[day] = stamp
        self.progress.dropped["damaged"] += self._items.pop(day, 0) or 1

    def _look_into(
        self, day: str, file: ShippedDay, stamp: Stamp, *, newest: bool
    ) -> list[Waiting]:
        now_s = self._clock() // SECOND_NS
        behind = file.backlog(self.lanes.of(day)[-1], now_s)
        if newest and behind.slots > FRESH_SLOTS_MAX:
            self.lanes.split(day, behind.upto)
        waiting: list[Waiting] = []
        settled = True
        for lane in list(self.lanes.of(day)):
            found = file.backlog(lane, now_s)
            settled = settled and found.upto >= min(found.head, lane.until or found.head)
            if found.slots:
                fresh = lane.until is None and found.slots <= FRESH_SLOTS_MAX
                ended_ns = (found.oldest_s + SLOT_S) * SECOND_NS
                waiting.append(Waiting(lane, found.slots, ended_ns, fresh))
            elif lane.until is not None and found.upto >= lane.until:
                # All of it was touched again since, or is shipped.
                self.lanes.move(lane, Mark(lane.until))
        if not waiting and settled:
            self._shelf.rest(day, stamp)
        return self._noted(day, waiting)

    def _noted(self, part: str, found: Iterable[Waiting]) -> list[Waiting]:
        """Remember how much of a part waits; what came late waits since it came."""
        waiting = list(found)
        self._items[part] = sum(each.items for each in waiting)
        if not waiting:
            self._clear_ns[part] = self._clock()
        clear_ns = self._clear_ns.get(part, 0)
        return [
            Waiting(each.lane, each.items, max(each.oldest_ns, clear_ns), each.fresh)
            for each in waiting
        ]


def _batch(slots: Sequence[Slot], zones: PointZones) -> HistoryBatch:
    sightings = [each for slot in slots for each in slot.heard.sightings]
    points = dict.fromkeys((each.reader, each.antenna) for each in sightings)
    named = {point: zone_of(zones, point) for point in points}
    return HistoryBatch(
        position=max(slot.heard.position for slot in slots),
        sightings=sightings,
        fixes=[each for slot in slots for each in slot.heard.fixes],
        measurements=[each for slot in slots for each in slot.heard.measurements],
        zones={point: zone for point, zone in named.items() if zone is not None},
    )
