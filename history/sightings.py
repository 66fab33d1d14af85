"""What was heard: reads folded into sightings (slots of five seconds), fixes, measurements."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec

from tags.reads import Fix, Measurement, Read
from tags.times import SECOND_NS

SLOT_S = 5
_SLOT_NS = SLOT_S * SECOND_NS

SightingKey = tuple[int, str, int, str]


class Sighting(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One tag at one antenna within the slot that begins at `slot_s` (seconds since the epoch).

    `count` is the number of reads, from `first_ns` to `last_ns`. The RSSI figures
    are of those `rssi_reads` of them that had one.
    """

    slot_s: int
    tag: str
    reader: str
    antenna: int
    first_ns: int
    last_ns: int
    count: int
    rssi_dbm_max: float | None = None
    rssi_dbm_sum: float = 0.0
    rssi_reads: int = 0

    @property
    def rssi_dbm_mean(self) -> float | None:
        """The mean over the reads that had an RSSI."""
        return self.rssi_dbm_sum / self.rssi_reads if self.rssi_reads else None


class SightingBatch(msgspec.Struct, frozen=True, gc=False):
    """All sightings of one journal group, and what trackers and sensors said in it."""

    position: int
    sightings: Sequence[Sighting]
    fixes: Sequence[Fix] = ()
    measurements: Sequence[Measurement] = ()


class Scope(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A part of what was heard: event times half-open, some readers (None is all), one tag."""

    since_ns: int
    until_ns: int
    readers: tuple[str, ...] | None = None
    tag: str | None = None

    @property
    def slots(self) -> range:
        """The slots that the times touch, as the seconds at which they begin."""
        return slots_between(self.since_ns, self.until_ns)


class Step(NamedTuple):
    """The values of a step that begins at `begin_ns`, as far as one file has them."""

    begin_ns: int
    number: int
    total: float
    minimum: float
    maximum: float
    unit: str

    def with_older(self, older: "Step") -> "Step":
        """The same step together with its values of an earlier day."""
        return Step(
            self.begin_ns,
            self.number + older.number,
            self.total + older.total,
            min(self.minimum, older.minimum),
            max(self.maximum, older.maximum),
            self.unit,
        )


class Series(NamedTuple):
    """Names (tag, or sensor and quantity), event times half-open, and how many points at most."""

    names: tuple[str, ...]
    since_ns: int
    until_ns: int
    limit: int


class SightingStore(Protocol):
    """Keeps what was heard by day, and counts every read exactly once.

    Of two fixes of a tracker, or values of a sensor, at the same time the later stays.

    One thread appends; any thread may ask. `since_ns` and `until_ns` bound event
    time, half-open, to the slot. Answers are newest first.
    """

    def append(self, batches: Sequence[SightingBatch]) -> None:
        """Add batches in rising order of position; what the store has had is skipped.

        So appending again after an error or a crash is always safe, however the
        same journal groups come. Raises what the disk raises; then any part
        may be stored.
        """
        ...

    def sync(self) -> None:
        """Return once everything appended outlives a power cut: only then forget the journal."""
        ...

    def of_tag(self, tag: str, since_ns: int, until_ns: int, limit: int) -> list[Sighting]:
        """Return where a tag was heard."""
        ...

    def at_reader(self, reader: str, since_ns: int, until_ns: int, limit: int) -> list[Sighting]:
        """Return what a reader heard."""
        ...

    def fixes_of(self, tag: str, since_ns: int, until_ns: int, limit: int) -> list[Fix]:
        """Return where a tracker was."""
        ...

    def series_of(
        self, sensor: str, quantity: str, since_ns: int, until_ns: int, limit: int
    ) -> list[Measurement]:
        """Return what a sensor measured."""
        ...

    def steps_of(self, asked: Series, step_ns: int) -> list[Step]:
        """Return what a sensor measured step by step, counted from the epoch."""
        ...

    def walk(self, scope: Scope) -> Iterator[Sighting]:
        """Give what was heard, oldest slot first."""
        ...

    def fitting_since_ns(self, scope: Scope, sightings_max: int) -> int:
        """Return from when on, at the earliest, the scope holds no more sightings than that."""
        ...

    def expire(self, keep_days: int, now_ns: int) -> int:
        """Forget the days that ended more than `keep_days` ago; the number of files removed."""
        ...

    def close(self) -> None:
        """Sync and close; the store may be opened again."""
        ...


def slots_between(since_ns: int, until_ns: int) -> range:
    """Return the slots that touch a half-open span, as the seconds at which they begin."""
    first_s = since_ns // _SLOT_NS * SLOT_S
    last_s = (until_ns - 1) // _SLOT_NS * SLOT_S
    return range(first_s, last_s + SLOT_S, SLOT_S)


def fold_sightings(reads: Iterable[Read], event_ns: Callable[[Read], int]) -> list[Sighting]:
    """Fold reads into sightings by their event time; the counts add up to those of the reads."""
    folds: dict[SightingKey, _Fold] = {}
    for read in reads:
        time_ns = event_ns(read)
        key = (time_ns // _SLOT_NS * SLOT_S, read.reader, read.antenna, read.tag)
        fold = folds.get(key)
        if fold is None:
            fold = folds[key] = _Fold(time_ns)
        fold.widen(time_ns, time_ns, read.count)
        if read.rssi_dbm is not None:
            fold.hear(read.rssi_dbm, read.rssi_dbm * read.count, read.count)
    return [fold.sighting(key) for key, fold in folds.items()]


def merge_sightings(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Add up sightings of the same tag, antenna and slot."""
    folds: dict[SightingKey, _Fold] = {}
    for one in sightings:
        key = (one.slot_s, one.reader, one.antenna, one.tag)
        fold = folds.get(key)
        if fold is None:
            fold = folds[key] = _Fold(one.first_ns)
        fold.widen(one.first_ns, one.last_ns, one.count)
        if one.rssi_dbm_max is not None:
            fold.hear(one.rssi_dbm_max, one.rssi_dbm_sum, one.rssi_reads)
    return [fold.sighting(key) for key, fold in folds.items()]


class _Fold:
    """A sighting while it grows."""

    __slots__ = ("count", "first_ns", "last_ns", "rssi_dbm_max", "rssi_dbm_sum", "rssi_reads")

    def __init__(self, time_ns: int) -> None:
        self.first_ns = self.last_ns = time_ns
        self.count = 0
        self.rssi_dbm_max: float | None = None
        self.rssi_dbm_sum = 0.0
        self.rssi_reads = 0

    def widen(self, first_ns: int, last_ns: int, count: int) -> None:
        # Comparing costs half of what min() and max() do, and this runs for every read.
        if first_ns < self.first_ns:  # noqa: PLR1730 - see above
            self.first_ns = first_ns
        if last_ns > self.last_ns:  # noqa: PLR1730 - see above
            self.last_ns = last_ns
        self.count += count

    def hear(self, rssi_dbm_max: float, rssi_dbm_sum: float, rssi_reads: int) -> None:
        if self.rssi_dbm_max is None or rssi_dbm_max > self.rssi_dbm_max:
            self.rssi_dbm_max = rssi_dbm_max
        self.rssi_dbm_sum += rssi_dbm_sum
        self.rssi_reads += rssi_reads

    def sighting(self, key: SightingKey) -> Sighting:
        slot_s, reader, antenna, tag = key
        return Sighting(
            slot_s=slot_s,
            tag=tag,
            reader=reader,
            antenna=antenna,
            first_ns=self.first_ns,
            last_ns=self.last_ns,
            count=self.count,
            rssi_dbm_max=self.rssi_dbm_max,
            rssi_dbm_sum=self.rssi_dbm_sum,
            rssi_reads=self.rssi_reads,
        )
