"""The whole make-believe facility: every reader's reports in order, and what truly happened."""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from msgspec.structs import replace

from simulators.layout import Layout, Point
from simulators.rounds import SECOND_NS, Report, Rounds
from simulators.scenarios import Scenario, SimulatedAsset
from simulators.walks import Carrier, Itinerary
from tags.reads import Read

BUFFERED_READS_MAX = 20_000
READS_PER_BUFFERED_REPORT = 500


class Visit(NamedTuple):
    """A stay in one zone, None for the open floor and outside; `to_s` may be infinite."""

    zone: str | None
    from_s: float
    to_s: float


class TrueExit(NamedTuple):
    """A tag came to a zone of role exit from inside, at `time_s`, and left it at `left_s`.

    `outside` says that it then went out rather than back in.
    """

    asset: str
    tag: str
    time_s: float
    left_s: float
    gate: str
    outside: bool


@dataclass(frozen=True, slots=True)
class Truth:
    """Where every tag was, and every exit in order of time, up to an instant."""

    visits: dict[str, tuple[Visit, ...]]
    exits: tuple[TrueExit, ...]

    def zone_at(self, tag: str, time_s: float) -> str | None:
        """The zone that held the tag. Raises KeyError for a tag that the facility does not have."""
        visits = self.visits[tag]
        return next((visit.zone for visit in reversed(visits) if visit.from_s <= time_s), None)


class Facility:
    """A scenario with its radio; seed and scenario decide every read, bit for bit."""

    def __init__(self, seed: int, scenario: Scenario) -> None:
        self.seed = seed
        self.scenario = scenario
        self._outages: list[_Outage] = []
        self._clock_offsets_ns: dict[str, int] = {}

    @property
    def readers(self) -> tuple[str, ...]:
        """The names of the readers."""
        return self.scenario.layout.readers

    def outage(self, reader: str, from_s: float, to_s: float, *, buffered: bool = False) -> None:
        """The reader hands over nothing in [from_s, to_s); it loses its reads or sends them after.

        A buffer holds the newest 20,000 reads; they keep their times. What other readers hear,
        and this one at other times, stays the same. Raises KeyError for an unknown reader.
        """
        self._check(reader)
        if not 0 <= from_s < to_s < math.inf:
            raise ValueError(f"{reader}: an outage from {from_s} to {to_s} s is none")
        outage = _Outage(reader, round(from_s * SECOND_NS), round(to_s * SECOND_NS), buffered)
        self._outages.append(outage)

    def clock_offset(self, reader: str, offset_s: float) -> None:
        """The reader's clock is ahead by so much; 0 sets it right. KeyError as above."""
        self._check(reader)
        self._clock_offsets_ns[reader] = round(offset_s * SECOND_NS)

    def run(self, until_s: float = math.inf, *, start_ns: int = 0) -> Iterator[Report]:
        """All reports handed over up to `until_s`, in order of handing over, from the start.

        A read's `time_ns` is `start_ns`, plus when it was heard, plus the reader's clock offset;
        its `arrival_ns` is `start_ns` plus when it was handed over. Each call starts anew.
        """
        streams = [self._reports(reader, until_s, start_ns) for reader in self.readers]
        # Empty reports let the merge go on while a reader hears nothing; nobody is sent them.
        return (report for report in heapq.merge(*streams, key=itemgetter(1)) if report.reads)

    def truth(self, until_s: float) -> Truth:
        """Where every tag is from 0 to `until_s`, computed from the walks alone."""
        visits: dict[str, tuple[Visit, ...]] = {}
        exits: list[TrueExit] = []
        for asset in self.scenario.assets:
            stays = _visits(asset.itinerary, self.scenario.layout, until_s)
            visits.update(dict.fromkeys(asset.tags, stays))
            exits += _exits(asset, stays, self.scenario.layout)
        return Truth(visits, tuple(sorted(exits, key=lambda exit_: (exit_.time_s, exit_.tag))))

    def position(self, asset_id: str, time_s: float) -> Point:
        """Where an asset is. Raises KeyError for one that the facility does not have."""
        for asset in self.scenario.assets:
            if asset.id == asset_id:
                carrier = Carrier(asset.itinerary)
                carrier.at(time_s)
                return (carrier.x_m, carrier.y_m)
        raise KeyError(asset_id)

    def _check(self, reader: str) -> None:
        if reader not in self.readers:
            raise KeyError(reader)

    def _reports(self, reader: str, until_s: float, start_ns: int) -> Iterator[Report]:
        reports = Rounds(self.seed, self.scenario, reader).reports(start_ns)
        for outage in sorted(self._outages):
            if outage.reader == reader:
                reports = outage.applied_to(reports, start_ns)
        offset_ns = self._clock_offsets_ns.get(reader, 0)
        for report in reports:
            if report.offset_ns > until_s * SECOND_NS:
                return
            yield _with_clock(report, offset_ns) if offset_ns else report


class _Outage(NamedTuple):
    reader: str
    from_ns: int
    to_ns: int
    buffered: bool

    def applied_to(self, reports: Iterator[Report], start_ns: int) -> Iterator[Report]:
        kept: list[Read] = []
        for report in reports:
            if self.from_ns <= report.offset_ns < self.to_ns:
                if self.buffered:
                    kept = (kept + report.reads)[-BUFFERED_READS_MAX:]
                continue
            if report.offset_ns >= self.to_ns and kept:
                yield from self._catch_up(kept, start_ns)
                kept = []
            yield report

    def _catch_up(self, kept: list[Read], start_ns: int) -> Iterator[Report]:
        for first in range(0, len(kept), READS_PER_BUFFERED_REPORT):
            part = kept[first : first + READS_PER_BUFFERED_REPORT]
            reads = [replace(read, arrival_ns=start_ns + self.to_ns) for read in part]
            yield Report(self.reader, self.to_ns, reads)


def _with_clock(report: Report, offset_ns: int) -> Report:
    reads = [replace(read, time_ns=read.time_ns + offset_ns) for read in report.reads]
    return report._replace(reads=reads)


def _visits(itinerary: Itinerary, layout: Layout, until_s: float) -> tuple[Visit, ...]:
    visits: list[Visit] = []
    for zone, from_s, to_s in _pieces(itinerary, layout, until_s):
        if visits and visits[-1].zone == zone:
            visits[-1] = visits[-1]._replace(to_s=to_s)
        else:
            visits.append(Visit(zone, from_s, to_s))
    return tuple(visits)


def _pieces(itinerary: Itinerary, layout: Layout, until_s: float) -> Iterator[Visit]:
    """The legs, cut where they cross a border."""
    for from_s, to_s, start, end in itinerary.legs():
        if from_s > until_s:
            return
        if start == end:
            yield Visit(layout.zone_at(start), from_s, to_s)
            continue
        cuts = [0.0, *layout.borders(start, end), 1.0]
        for before, after in pairwise(cuts):
            middle = _between(start, end, (before + after) / 2)
            length_s = to_s - from_s
            yield Visit(
                layout.zone_at(middle), from_s + before * length_s, from_s + after * length_s
            )


def _between(start: Point, end: Point, share: float) -> Point:
    return (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))


def _exits(asset: SimulatedAsset, visits: tuple[Visit, ...], layout: Layout) -> list[TrueExit]:
    gates = {zone.name for zone in layout.zones if zone.role == "exit"}
    return [
        TrueExit(asset.id, tag, stay.from_s, stay.to_s, str(stay.zone), after.zone is None)
        for before, stay, after in _with_neighbours(visits)
        if stay.zone in gates and before.zone is not None
        for tag in asset.tags
    ]


def _with_neighbours(visits: tuple[Visit, ...]) -> Iterator[tuple[Visit, Visit, Visit]]:
    """Each visit but the first, with those before and after; the last one is followed by itself."""
    followers = (*visits[2:], visits[-1])
    yield from zip(visits, visits[1:], followers, strict=False)
