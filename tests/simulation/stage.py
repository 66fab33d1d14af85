"""A facility day before a real pipeline: plain values become entries, decisions become a story."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from heapq import heappop, heappush
from operator import attrgetter
from time import process_time

import msgspec

from alerts.alert import AlertChange, Event
from gateway.blueprints import stored_blueprint
from gateway.entries import (
    GROUP_READS,
    ClockOffset,
    Entry,
    GatewayStarted,
    ReadGroup,
    SiteChanged,
    Tick,
)
from gateway.pipeline import Pipeline, PipelineState
from history.outputs import Numbered
from inventory.assets import Asset
from inventory.changes import Outcome, StoreAssets
from readers.health import ReaderHealth
from simulators.facility_day import SECOND_NS, FacilityDay, Happening
from tags.reads import Read
from tests.simulation.people import People, Planned
from tests.simulation.site_text import site_text
from zones.movements import Crossing, Movement
from zones.tracks import LocateState

START_NS = 1_790_000_000 * SECOND_NS
SOURCE = "facility"
GROUP_NS = 5 * SECOND_NS

_state_encoder = msgspec.msgpack.Encoder()
_state_decoder = msgspec.msgpack.Decoder(PipelineState)
_output_encoder = msgspec.msgpack.Encoder()


def seconds_of(time_ns: int) -> float:
    return (time_ns - START_NS) / SECOND_NS


def at(seconds: float) -> int:
    return START_NS + round(seconds * SECOND_NS)


@dataclass(slots=True)
class Story:
    """What came out of the pipeline; `digest` is that of every byte of every output."""

    changes: list[AlertChange] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    departures: list[Movement] = field(default_factory=list)
    refusals: list[tuple[Entry, Outcome]] = field(default_factory=list)
    seqs_in_order: bool = True
    reads: int = 0
    movements: int = 0
    crossings: int = 0
    pipeline_s: float = 0.0
    total_s: float = 0.0
    digest: str = ""


class Stage:
    """One run of a facility through one pipeline, which is stopped and started as the plan says."""

    def __init__(self, day: FacilityDay, *, parts: int = 1, group_reads: int = GROUP_READS) -> None:
        self._day = day
        self._group_reads = group_reads
        self._text = site_text(day.site)
        located = [LocateState() for _ in range(parts)]
        self._pipeline = Pipeline(stored_blueprint, PipelineState(located=located))
        self._story = Story()
        self._hash = sha256()
        self._seq = self._group = 0
        self._people = People(day, START_NS)
        restarts = day.troubles.restarts
        self._downs = [(at(each.down_s), at(each.up_s)) for each in restarts]
        self._queue: list[tuple[int, int, Entry | Happening]] = []
        self._serial = 0

    def run(self) -> Iterator[Story]:
        """The story so far, after each minute of the facility; the last one is all of it."""
        began_s = process_time()
        self._open()
        for happening in self._day.happenings():
            self._expect(at(happening.at_s), happening)
        for planned in self._people.plans():
            self._plan(planned)
        for stretch in self._day.stretches(START_NS):
            self._play(stretch.reads, at(stretch.until_s))
            self._story.total_s = process_time() - began_s
            self._story.digest = self._hash.hexdigest()
            yield self._story

    def _open(self) -> None:
        assets = tuple(
            Asset(id=asset.id, category=asset.category, tags=(asset.tag,))
            for asset in self._day.assets
        )
        opening: list[Entry] = [
            SiteChanged(START_NS, "test", "1", self._text),
            StoreAssets(arrival_ns=START_NS, by="test", assets=assets),
            GatewayStarted(START_NS, None),
        ]
        self._advance(opening)

    def _expect(self, at_ns: int, what: Entry | Happening) -> None:
        self._serial += 1
        heappush(self._queue, (at_ns, self._serial, what))

    def _plan(self, planned: Planned) -> None:
        """What people would do while the gateway is down, they do once it is up."""
        at_ns, deed = planned
        for down_ns, up_ns in self._downs:
            if down_ns <= at_ns < up_ns:
                at_ns = up_ns + 1
                deed = msgspec.structs.replace(deed, arrival_ns=at_ns)
        self._expect(at_ns, deed)

    def _play(self, reads: list[Read], until_ns: int) -> None:
        """Reads and all that happens between them, in order of time."""
        arrivals = [read.arrival_ns for read in reads]
        done = 0
        while self._queue and self._queue[0][0] < until_ns:
            at_ns, _, what = heappop(self._queue)
            next_ = bisect_left(arrivals, at_ns, done)
            self._hear(reads[done:next_])
            done = next_
            self._meet(at_ns, what)
        self._hear(reads[done:])
        self._advance([Tick(until_ns)])

    def _hear(self, reads: list[Read]) -> None:
        """Reads in groups, none of which takes so long that people would be kept waiting."""
        first = 0
        while first < len(reads):
            last_ns = reads[first].arrival_ns + GROUP_NS
            group = reads[first : first + self._group_reads]
            group = group[: bisect_left(group, last_ns, key=attrgetter("arrival_ns")) or 1]
            first += len(group)
            self._story.reads += len(group)
            self._group += 1
            entry = ReadGroup(SOURCE, self._group, group)
            # Sent again, a group counts once.
            self._advance([entry, entry] if self._group % 50 == 0 else [entry])

    def _meet(self, at_ns: int, what: Entry | Happening) -> None:
        if not isinstance(what, Happening):
            self._advance([what])
            return
        match what.kind:
            case "restart":
                self._restart(at_ns, at(what.until_s))
            case "clock":
                offset_ns = -round(what.ahead_s * SECOND_NS)
                self._advance([ClockOffset(at_ns, what.reader, offset_ns)])
            case "online":
                self._advance([ReaderHealth(reader=what.reader, state="online", since_ns=at_ns)])
            case "offline":
                self._advance([ReaderHealth(reader=what.reader, state="offline", since_ns=at_ns)])

    def _restart(self, down_ns: int, up_ns: int) -> None:
        """Stop, with nothing left but the state as it is written down, and start again."""
        blob = _state_encoder.encode(self._pipeline.state)
        self._pipeline = Pipeline(stored_blueprint, _state_decoder.decode(blob))
        assert _state_encoder.encode(self._pipeline.state) == blob
        self._expect(up_ns, GatewayStarted(up_ns, down_ns))

    def _advance(self, entries: list[Entry]) -> None:
        began_s = process_time()
        decisions = self._pipeline.advance(entries)
        self._story.pipeline_s += process_time() - began_s
        for index, outcome in sorted(decisions.outcomes.items()):
            if outcome.refused is not None:
                self._story.refusals.append((entries[index], outcome))
        for numbered in decisions.outputs:
            self._note(numbered)

    def _note(self, numbered: Numbered) -> None:
        self._hash.update(_output_encoder.encode(numbered))
        story, output = self._story, numbered.output
        story.seqs_in_order &= numbered.seq == self._seq + 1
        self._seq = numbered.seq
        match output:
            case AlertChange():
                story.changes.append(output)
                for planned in self._people.hear_of(output):
                    self._plan(planned)
            case Event():
                story.events.append(output)
            case Movement():
                story.movements += 1
                if output.kind == "departed":
                    story.departures.append(output)
            case Crossing():
                story.crossings += 1
            case _:
                pass
