"""How right the zones of a tag were, against a truth: pure arithmetic over decided movements.

What each figure means, so that two tables can be compared:

- **accuracy**: share of the time, from the first read to the last, in which the tag was shown
  where it truly was. A zone is shown from the `decided_ns` of its movement on. Time is
  integrated, not sampled; before the first decision nothing is right.
- **false moves**: every change of the shown zone after the first one, but for the change that
  first brings the tag into the zone of its stay. So a short visit to a wrong zone counts twice,
  there and back. Told per minute of the time that is scored.
- **latency**: from the beginning of a stay to the first moment in it in which the tag is shown
  there, for the stays in which that happens at all. Quantiles are by nearest rank.
- **missed**: stays in which the tag was never shown where it was.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from math import ceil
from typing import NamedTuple

from msgspec.structs import replace

from readers.health import ReaderHealth
from tags.reads import Read
from tags.times import SECOND_NS
from zones.floorplan import FloorPlan
from zones.locate import Locate
from zones.movements import Movement
from zones.tracks import LocateState, Step

MINUTE_NS = 60 * SECOND_NS
REST_NS = 10 * SECOND_NS
PIECE_NS = 20 * SECOND_NS
PIECES = 40

_TOO_FEW = "a splice needs runs from two zones, each as long as a piece"


class Shown(NamedTuple):
    """From `decided_ns` on the tag is shown in `zone`; None is nowhere."""

    decided_ns: int
    zone: str | None


class Stay(NamedTuple):
    """From `from_ns` on the tag truly is in `zone`; a stay that is not `scored` only leads up."""

    from_ns: int
    zone: str
    scored: bool = True


class Truth(NamedTuple):
    """Stays in order of time, one after the other without a gap; the last one ends at `end_ns`."""

    stays: tuple[Stay, ...]
    end_ns: int


class Run(NamedTuple):
    """Reads of one tag, in order of arrival, that was in one zone all the while."""

    name: str
    zone: str
    reads: Sequence[Read]

    @property
    def truth(self) -> Truth:
        """One stay, from the first read to the last."""
        times_ns = [read.time_ns for read in self.reads]
        return Truth((Stay(min(times_ns), self.zone),), max(times_ns))


class Spliced(NamedTuple):
    """Pieces of several runs, joined end to end as one tag that is carried by teleport."""

    reads: list[Read]
    truth: Truth


class Score(NamedTuple):
    """Counts that can be added up, so that a total weighs each second and each stay alike."""

    scored_ns: int = 0
    right_ns: int = 0
    false_moves: int = 0
    stays: int = 0
    latencies_ns: tuple[int, ...] = ()

    @property
    def accuracy(self) -> float:
        """Share of the time in the right zone, 0 to 1; 0 where there is no time."""
        return self.right_ns / self.scored_ns if self.scored_ns else 0.0

    @property
    def false_per_minute(self) -> float:
        """False moves in a minute; 0 where there is no time."""
        return self.false_moves * MINUTE_NS / self.scored_ns if self.scored_ns else 0.0

    @property
    def missed(self) -> int:
        """Stays in which the right zone was never shown."""
        return self.stays - len(self.latencies_ns)

    @property
    def missed_share(self) -> float:
        """Missed stays of all, 0 to 1."""
        return self.missed / self.stays if self.stays else 0.0

    def latency_s(self, quantile: float) -> float | None:
        """The latency that this share of the stays that were not missed do not exceed."""
        if not self.latencies_ns:
            return None
        rank = max(1, ceil(quantile * len(self.latencies_ns)))
        return sorted(self.latencies_ns)[rank - 1] / SECOND_NS


def total(scores: Iterable[Score]) -> Score:
    """All scores as one."""
    parts = list(scores)
    return Score(
        scored_ns=sum(part.scored_ns for part in parts),
        right_ns=sum(part.right_ns for part in parts),
        false_moves=sum(part.false_moves for part in parts),
        stays=sum(part.stays for part in parts),
        latencies_ns=tuple(latency for part in parts for latency in part.latencies_ns),
    )


def score(shown: Sequence[Shown], truth: Truth) -> Score:
    """Score what was shown of one tag, in order of decision."""
    ends_ns = [*(stay.from_ns for stay in truth.stays[1:]), truth.end_ns]
    begin_ns = truth.stays[0].from_ns
    parts: list[Score] = []
    at = next((at for at, each in enumerate(shown) if each.decided_ns >= begin_ns), len(shown))
    before = shown[at - 1] if at else None
    for stay, end_ns in zip(truth.stays, ends_ns, strict=True):
        last = end_ns == truth.end_ns
        first = at
        while at < len(shown) and (last or shown[at].decided_ns < end_ns):
            at += 1
        part = _score_stay(before, shown[first:at], stay, end_ns)
        if stay.scored:
            parts.append(part)
        before = shown[at - 1] if at else None
    return total(parts)


def _score_stay(before: Shown | None, changes: Sequence[Shown], stay: Stay, end_ns: int) -> Score:
    zone = None if before is None else before.zone
    since_ns = stay.from_ns
    right_ns = false_moves = 0
    reached_ns = since_ns if zone == stay.zone else None
    for change in changes:
        at_ns = min(max(change.decided_ns, since_ns), end_ns)
        right_ns += (at_ns - since_ns) * (zone == stay.zone)
        reaches = change.zone == stay.zone and reached_ns is None
        if reaches:
            reached_ns = at_ns
        elif before is not None and change.zone != zone:
            false_moves += 1
        before, zone, since_ns = change, change.zone, at_ns
    right_ns += (end_ns - since_ns) * (zone == stay.zone)
    latencies_ns = () if reached_ns is None else (reached_ns - stay.from_ns,)
    return Score(end_ns - stay.from_ns, right_ns, false_moves, 1, latencies_ns)


def shown_of(steps: Iterable[Step]) -> dict[str, list[Shown]]:
    """What was shown of each tag; late movements were never shown live."""
    shown: dict[str, list[Shown]] = {}
    for step in steps:
        movement = step.decision
        if isinstance(movement, Movement) and not movement.late:
            shown.setdefault(movement.tag, []).append(Shown(movement.decided_ns, movement.to_zone))
    return shown


def decided(plan: FloorPlan, reads: Sequence[Read]) -> list[Step]:
    """What Locate decides of reads in order of arrival, all their readers being healthy.

    The clock goes on for `REST_NS` after the last read, so that its passage is over, too.
    """
    if not reads:
        return []
    locate = Locate(LocateState())
    locate.adopt_plan(plan)
    locate.advance(reads[0].arrival_ns)
    for reader in sorted({read.reader for read in reads}):
        state = ReaderHealth(reader=reader, state="online", since_ns=reads[0].arrival_ns)
        locate.note_health(state)
    locate.fold(reads)
    locate.advance(max(read.arrival_ns for read in reads) + REST_NS)
    return locate.take_steps()


def located(plan: FloorPlan, reads: Sequence[Read]) -> dict[str, list[Shown]]:
    """What is shown of each tag by `decided`."""
    return shown_of(decided(plan, reads))


def score_run(plan: FloorPlan, run: Run | Spliced) -> Score:
    """Score a floor plan, estimator and all, on reads of one tag."""
    shown = located(plan, run.reads)
    return score(shown.get(run.reads[0].tag, ()), run.truth)


def splice(
    runs: Sequence[Run],
    seed: int,
    *,
    pieces: int = PIECES,
    piece_ns: int = PIECE_NS,
    left_out: str | None = None,
) -> Spliced:
    """Join pieces of different runs end to end, each from another zone than the one before.

    The same seed gives the same splice. Times are shifted so that piece follows piece without
    a gap; a read that arrived after the end of its piece arrives at that end. With `left_out`,
    the name of a run, every second piece is cut from that run and only those are scored: so an
    estimator that was fitted on all other runs is scored on none that it has seen. Raises
    ValueError where no two runs from different zones are as long as a piece.
    """
    long = [run for run in runs if _length_ns(run) >= piece_ns]
    own = [run for run in long if run.name == left_out]
    others = [run for run in long if run.name != left_out]
    if not long:
        raise ValueError(_TOO_FEW)
    begin_ns = min(read.time_ns for run in long for read in run.reads)
    reads: list[Read] = []
    stays: list[Stay] = []
    for number in range(pieces):
        before = stays[-1].zone if stays else None
        choice = _choice(own if number % 2 and left_out else others, before)
        if left_out and not number % 2:
            choice = [run for run in choice if _choice(own, run.zone)]
        if not choice:
            raise ValueError(_TOO_FEW)
        run = choice[_draw(seed, number, "run", len(choice))]
        start_ns = begin_ns + number * piece_ns
        offset_ns = _draw(seed, number, "cut", _length_ns(run) - piece_ns + 1)
        reads += _piece(run, offset_ns, start_ns, piece_ns, reads)
        stays.append(Stay(start_ns, run.zone, left_out in {None, run.name}))
    return Spliced(reads, Truth(tuple(stays), begin_ns + pieces * piece_ns))


def _choice(runs: Sequence[Run], before: str | None) -> list[Run]:
    return [run for run in runs if run.zone != before]


def _piece(
    run: Run,
    offset_ns: int,
    start_ns: int,
    piece_ns: int,
    before: Sequence[Read],
) -> Iterator[Read]:
    """The reads of a run from `offset_ns` after its first, moved so that they begin at `start_ns`.

    They carry the tag of what came `before`, and arrive after it.
    """
    first_ns = run.truth.stays[0].from_ns + offset_ns
    shift_ns = start_ns - first_ns
    tag = before[0].tag if before else run.reads[0].tag
    arrival_ns = before[-1].arrival_ns if before else 0
    for read in run.reads:
        if first_ns <= read.time_ns < first_ns + piece_ns:
            shifted_ns = min(read.arrival_ns + shift_ns, start_ns + piece_ns)
            arrival_ns = max(arrival_ns, shifted_ns)
            time_ns = read.time_ns + shift_ns
            yield replace(read, tag=tag, time_ns=time_ns, arrival_ns=arrival_ns)


def _length_ns(run: Run) -> int:
    if not run.reads:
        return 0
    truth = run.truth
    return truth.end_ns - truth.stays[0].from_ns


def _draw(seed: int, number: int, what: str, end: int) -> int:
    """A whole number below `end` that seems random, and is the same for the same words."""
    digest = blake2b(f"{seed}|{number}|{what}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % end
