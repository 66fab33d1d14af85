"""The gateway's clock: it follows the wall clock but never runs backwards, and never stands still.

Deciding needs time that goes on: a wall clock that is set back by an hour would
otherwise make every read of that hour an old one. So a step back is caught up
by running at nine tenths of the speed; a step forward is taken at once.
"""

from collections.abc import Callable
from time import monotonic_ns, time_ns

AHEAD_NS_MAX = 50_000_000
"""Ahead of the wall clock by less than this, it just waits: clocks are corrected all the time."""


class SteadyClock:
    """Nanoseconds since the Unix epoch; it begins at `start_ns` or at the wall clock, if later."""

    def __init__(
        self,
        start_ns: int = 0,
        *,
        wall: Callable[[], int] = time_ns,
        monotonic: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._seen_ns = monotonic()
        self._now_ns = max(start_ns, wall())

    @property
    def ahead_ns(self) -> int:
        """How far it is ahead of the wall clock."""
        return max(0, self._now_ns - self._wall())

    def __call__(self) -> int:
        """The time."""
        seen_ns, wall_ns = self._monotonic(), self._wall()
        passed_ns = max(0, seen_ns - self._seen_ns)
        self._seen_ns = seen_ns
        if wall_ns >= self._now_ns:
            self._now_ns = wall_ns
        elif self._now_ns - wall_ns > AHEAD_NS_MAX:
            self._now_ns += passed_ns * 9 // 10
        return self._now_ns
