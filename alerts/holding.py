"""What sensors and trackers say is held for a while, so that it is judged in the order of its time.

Reads wait in bins, and so do positions as far as they move something; this is the same for
single values. Each waits until the clock is at its time + the hold. What came later than that
waits until the clock moves on, so that what came together is put in order as well. Only what
is older than something of the same name that was let go already is late: it is counted, and
nothing is decided from it. Plain data.
"""

import heapq
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import msgspec

from zones.clock import BEHIND_NS_MAX
from zones.tracks import HOLD_NS

WAITING_MAX = 100_000
"""More than sensors say within the hold; what is beyond that is refused, and counted."""

NAMES_MAX = 100_000
"""Of more sensors or trackers, those that were heard of longest ago are forgotten."""

ItemT = TypeVar("ItemT")


class Held(msgspec.Struct, Generic[ItemT], frozen=True, array_like=True, order=True):
    """Something that was said by `name` at `event_ns`, and is let go at `due_ns`.

    `tie` puts in order what was said by the same one at the same time, `number` what is the
    same altogether.
    """

    due_ns: int
    event_ns: int
    name: str
    tie: str
    number: int
    item: ItemT


class Holding(msgspec.Struct, Generic[ItemT]):
    """What waits (a heap), and the newest by name of what was let go.

    `taken`, `late` and `refused` are counts.
    """

    waiting: list[Held[ItemT]] = []
    newest: dict[str, Held[ItemT]] = {}
    taken: int = 0
    late: int = 0
    refused: int = 0

    def hold(self, name: str, item: ItemT, event_ns: int, tie: str, now_ns: int) -> bool:
        """Hold something that arrives at `now_ns`; whether it will be let go."""
        newest = self.newest.get(name)
        if newest is not None and event_ns < newest.event_ns:
            self.late += 1
            return False
        if len(self.waiting) >= WAITING_MAX:
            self.refused += 1
            return False
        due_ns = max(event_ns + HOLD_NS, now_ns + 1)
        heapq.heappush(self.waiting, Held(due_ns, event_ns, name, tie, self.taken, item))
        self.taken += 1
        return True

    def next_ns(self) -> int | None:
        """When the next is let go."""
        return self.waiting[0].due_ns if self.waiting else None

    def let_go(self, now_ns: int) -> Iterator[Held[ItemT]]:
        """What is due up to and at `now_ns`, in order; it is the newest of its name then."""
        while self.waiting and self.waiting[0].due_ns <= now_ns:
            held = heapq.heappop(self.waiting)
            remember(self.newest, held)
            yield held

    def keep(self, concerns: Callable[[ItemT], bool]) -> None:
        """Forget who does not matter any more; what waits goes its way."""
        for name in [name for name, held in self.newest.items() if not concerns(held.item)]:
            del self.newest[name]


def remember(known: dict[str, Held[ItemT]], held: Held[ItemT]) -> None:
    """Note the newest of a name; of too many the one is forgotten that was noted first."""
    known.pop(held.name, None)
    if len(known) >= NAMES_MAX:
        del known[next(iter(known))]
    known[held.name] = held


def plausible_ns(stated_ns: int, arrival_ns: int) -> int:
    """A time that a source stated; that of its arrival where it lies ahead or absurdly far back."""
    return stated_ns if arrival_ns - BEHIND_NS_MAX <= stated_ns <= arrival_ns else arrival_ns
