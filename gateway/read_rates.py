"""How many reads came lately, by reader: looked up now and then, never on the way of a read."""

import time
from collections import deque
from collections.abc import Callable, Mapping

from gateway.watches import ReaderWatch

EVERY_S = 5.0
KEPT = 60
"""Five minutes."""


class ReadRates:
    """Reads per second of the last minutes, in slices of 5 s; `watches` count the reads."""

    def __init__(
        self,
        watches: Callable[[], Mapping[str, ReaderWatch]],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watches = watches
        self._monotonic_s = monotonic_s
        self._noted_s = monotonic_s()
        self._counts: dict[str, int] = {}
        self._series: dict[str, deque[float]] = {}
        self._all: deque[float] = deque(maxlen=KEPT)

    def note(self) -> None:
        """Add a slice: what came since the last one."""
        now_s = self._monotonic_s()
        took_s = max(now_s - self._noted_s, 0.001)
        self._noted_s = now_s
        counts = {name: watch.reads for name, watch in self._watches().items()}
        total = 0
        for name, count in counts.items():
            # A reader that was started anew counts from 0 again.
            came = (
                count - self._counts.get(name, 0) if count >= self._counts.get(name, 0) else count
            )
            total += came
            self._series.setdefault(name, deque(maxlen=KEPT)).append(_rate(came, took_s))
        self._counts = counts
        self._series = {name: self._series[name] for name in counts}
        self._all.append(_rate(total, took_s))

    def of(self, reader: str) -> list[float]:
        """Those of a reader, or of a device behind it; the newest last."""
        return list(self._series.get(reader, ()))

    def of_all(self) -> list[float]:
        """Those of all readers together; the newest last."""
        return list(self._all)


def _rate(count: int, took_s: float) -> float:
    return round(count / took_s, 1)
