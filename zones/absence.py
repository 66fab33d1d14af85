"""Which tags have not been heard for too long, while everything that covers their zone hears.

Each watched tag waits in one queue under a time at which it can be absent at
the earliest; what is true is worked out only then, so a read costs nothing
here. Tags in a zone that is not heard are parked: their time stands still
until that zone is heard again or they are found in another one.
"""

import heapq
from collections.abc import Iterable

from zones.bins import BIN_NS
from zones.floorplan import FloorPlan
from zones.tracks import HOLD_NS, Track, closing_ns

_NEVER_NS = 1 << 63


class AbsenceWatch:
    """The queue of tags that may be absent. Derived: it can be rebuilt from the tracks."""

    def __init__(
        self,
        plan: FloorPlan,
        tracks: dict[str, Track],
        healthy_since_ns: dict[str, int],
        now_ns: int,
    ) -> None:
        self._plan = plan
        self._tracks = tracks
        self._healthy_since_ns = healthy_since_ns
        self._queue: list[tuple[int, str]] = []
        self._waiting: dict[str, int] = {}
        self._parked: dict[str, dict[str, None]] = {}
        for tag in tracks:
            self.watch(tag, now_ns)

    def watch(self, tag: str, now_ns: int) -> None:
        """Watch a tag if its zone has an absence time; it is looked at after `now_ns`."""
        limit_ns = self._limit_ns(tag)
        if limit_ns is not None:
            present_ns = self._tracks[tag].present_ns
            self._look_at(tag, max(present_ns + limit_ns, now_ns - HOLD_NS))

    def next_ns(self) -> int | None:
        """The clock at which `take` has something to look at: what was heard by then is known."""
        return closing_ns(self._queue[0][0] // BIN_NS) if self._queue else None

    def take(self) -> tuple[str, int] | None:
        """Look at the head of the queue: (tag, due time) if that tag is absent, else None."""
        waited_ns, tag = heapq.heappop(self._queue)
        if self._waiting.get(tag) != waited_ns:
            return None
        del self._waiting[tag]
        limit_ns = self._limit_ns(tag)
        if limit_ns is None:
            return None
        track = self._tracks[tag]
        zone = track.zone or ""
        healthy_ns = self._healthy_since_ns.get(zone)
        if healthy_ns is None:
            self._parked.setdefault(zone, {})[tag] = None
            return None
        due_ns = max(track.present_ns, healthy_ns) + limit_ns
        if due_ns > waited_ns:
            self._look_at(tag, due_ns)
            return None
        return tag, due_ns

    def resume(self, zones: Iterable[str], now_ns: int) -> None:
        """These zones are heard again; the absence times of what is in them start afresh."""
        for zone in zones:
            for tag in self._parked.pop(zone, ()):
                self.watch(tag, now_ns)

    def _look_at(self, tag: str, time_ns: int) -> None:
        """Put a tag into the queue; of several times the earliest counts, the rest are void."""
        if time_ns < self._waiting.get(tag, _NEVER_NS):
            self._waiting[tag] = time_ns
            heapq.heappush(self._queue, (time_ns, tag))

    def _limit_ns(self, tag: str) -> int | None:
        zone = self._plan.zones.get(self._tracks[tag].zone or "")
        return None if zone is None else zone.absent_after_ns
