"""Another store of the history, as a test has it: it keeps what it is given, or fails."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from history.set_aside import Refused
from history.sightings import Sighting
from history.store import HistoryBatch, StoreError, StoreUnavailableError, Visit

SightingAt = tuple[int, str, str, int]


class Copy:
    """Keeps facts by their identity; `fails` and `fails_after` may raise around each batch."""

    def __init__(self, put_aside: Callable[[Sequence[Refused]], None] | None = None) -> None:
        self.sightings: dict[SightingAt, Sighting] = {}
        self.zones: dict[SightingAt, str | None] = {}
        self.visits: dict[int, Visit] = {}
        self.outputs: dict[int, object] = {}
        self.alerts: dict[str, object] = {}
        self.fixes: dict[tuple[str, int], object] = {}
        self.measurements: dict[tuple[str, str, int], object] = {}
        self.lost = Counter[str]()
        self.appends: list[list[int]] = []
        self.fails: Callable[[int], None] = lambda _number: None
        self.fails_after: Callable[[int], None] = lambda _number: None
        self.refuses: Callable[[Sighting], bool] = lambda _sighting: False
        self.sent: list[str] = []
        self.number = 0
        self.closed = threading.Event()
        self.put_aside = put_aside or _nowhere

    @property
    def reads(self) -> int:
        return sum(each.count for each in self.sightings.values())

    def append(self, batches: Sequence[HistoryBatch]) -> None:
        self.number += 1
        for batch in batches:
            self.fails(self.number)
            self._take(batch)
            self.fails_after(self.number)
        self.appends.append([each.slot_s for batch in batches for each in batch.sightings])

    def send_lines(self, lines: Sequence[str]) -> None:
        self.fails(self.number)
        self.sent += lines

    def close(self) -> None:
        self.closed.set()

    def _take(self, batch: HistoryBatch) -> None:
        for each in batch.sightings:
            if self.refuses(each):
                self.put_aside([Refused(f"sighting {each.tag}", "poison")])
                continue
            key = each.slot_s, each.tag, each.reader, each.antenna
            self.sightings[key] = each
            self.zones[key] = batch.zones.get((each.reader, each.antenna))
        self.visits |= {each.id: each for each in batch.visits}
        self.outputs |= {each.seq: each.output for each in batch.outputs}
        self.alerts |= {each.alert.id: each.alert for each in batch.alerts}
        self.fixes |= {(each.tag, each.time_ns): each for each in batch.fixes}
        self.measurements |= {
            (each.sensor, each.quantity, each.time_ns): each for each in batch.measurements
        }


def _nowhere(_refused: Sequence[Refused]) -> None:
    """Nobody wants to know."""


def away(
    text: str = "influxdb does not answer", error: type[StoreError] = StoreUnavailableError
) -> Callable[[int], None]:
    """Fails every time."""

    def fail(_number: int) -> None:
        raise error(text)

    return fail
