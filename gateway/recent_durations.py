"""What a histogram says of the last minutes alone."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.metrics import Durations


@dataclass(frozen=True, slots=True)
class Seconds:
    """How many durations there were, and the median and the 99th percentile of them (s)."""

    count: int
    p50: float | None
    p99: float | None


class RecentDurations:
    """Remembers how a histogram was, `kept` times, so that its growth since then is known."""

    def __init__(self, durations: Durations, kept: int) -> None:
        self._durations = durations
        self._former: deque[tuple[int, ...]] = deque([durations.counts()], maxlen=kept)

    def note(self) -> None:
        """Remember how it is now."""
        self._former.append(self._durations.counts())

    def told(self) -> Seconds:
        """What came since the oldest that is remembered."""
        pairs = zip(self._durations.counts(), self._former[0], strict=True)
        counts = [now - then for now, then in pairs]
        bounds_s = self._durations.bounds_s
        return Seconds(
            sum(counts), quantile_s(bounds_s, counts, 0.5), quantile_s(bounds_s, counts, 0.99)
        )


def quantile_s(bounds_s: Sequence[float], counts: Sequence[int], share: float) -> float | None:
    """The duration that this share did not exceed; None where there was none.

    Within a bucket they are taken as spread evenly, as Prometheus' histogram_quantile does. Of
    what exceeds the last bound no more is known than that.
    """
    wanted = share * sum(counts)
    if not wanted:
        return None
    below, begin_s = 0.0, 0.0
    for bound_s, count in zip(bounds_s, counts, strict=False):
        if count and below + count >= wanted:
            return round(begin_s + (bound_s - begin_s) * (wanted - below) / count, 6)
        below, begin_s = below + count, bound_s
    return bounds_s[-1]
