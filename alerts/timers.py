"""Keys that are to be looked at when their time has come, in order of time, then of the keys."""

import heapq

from alerts.state import Key


class Timers:
    """A key waits once, for the earliest time that was asked for.

    Whoever is looked at early asks again, so what is asked for often costs nothing more.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, Key]] = []
        self._next_of: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._heap)

    def clear(self) -> None:
        """Wait for nothing."""
        self._heap.clear()
        self._next_of.clear()

    def wake(self, at_ns: int, key: Key) -> None:
        """Look at a key then, if that is not done earlier."""
        known_ns = self._next_of.get(key)
        if known_ns is None or at_ns < known_ns:
            self._next_of[key] = at_ns
            heapq.heappush(self._heap, (at_ns, key))

    def next_ns(self) -> int | None:
        """When the next key is to be looked at."""
        return self._heap[0][0] if self._heap else None

    def take(self) -> tuple[int, Key]:
        """The next time, and the key that is to be looked at then; it waits no more."""
        at_ns, key = heapq.heappop(self._heap)
        if self._next_of.get(key) == at_ns:
            del self._next_of[key]
        return at_ns, key
