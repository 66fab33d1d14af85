"""What one LLRP reader has said and nobody has fetched yet."""

from collections.abc import Mapping

from readers.driver import AntennaState, Batch
from readers.wire.llrp.configuration import Configuration
from readers.wire.llrp.fields import TIME_US_MAX
from readers.wire.llrp.messages import STATES_MAX, Connection, Event, decode_event
from readers.wire.llrp.parameters import ReportError
from readers.wire.llrp.reports import ReportDecoder
from tags.reads import Measurement, Read
from tags.times import SECOND_NS

DOUBT_NS = 2 * SECOND_NS
"""A tag heard so long after its antenna was said to be disconnected says otherwise."""
OLDEST_NS = 30 * 24 * 3600 * SECOND_NS
"""Events that claim to be older happened now."""


class Inbox:
    """Reads, antenna states, inputs and counts, until `take` fetches them.

    The offset of the reader's clock comes from its greeting. Other events state it too,
    but those that a reader kept during an outage come late, so they count only once
    `clock_settled` is set.
    """

    def __init__(self, reader: str) -> None:
        self.clock_settled = False
        self._reader = reader
        self._decoder = ReportDecoder(reader)
        self._greeted_us = 0
        self._offset_ns: int | None = None
        self._known_antennas: set[int] = set()
        self._out_since_ns: dict[int, int] = {}
        self._clear()

    def _clear(self) -> None:
        self._reads: list[Read] = []
        self._measurements: list[Measurement] = []
        self._antennas: dict[int, AntennaState] = {}
        self._bad: dict[str, int] = {}
        self._news_offset_ns: int | None = None

    @property
    def waiting(self) -> int:
        """Reads and measurements that wait."""
        return len(self._reads) + len(self._measurements)

    @property
    def holds_something(self) -> bool:
        """Whether `take` would return more than a sign of life."""
        return bool(self._reads or self._bad or self._antennas or self._measurements)

    @property
    def holds_reads(self) -> bool:
        """Whether reads wait."""
        return bool(self._reads)

    @property
    def antennas(self) -> dict[int, AntennaState]:
        """States of antennas that wait."""
        return self._antennas

    def take(self) -> Batch:
        """Hand over all that waits."""
        if self._out_since_ns and self._reads:
            self._doubt()
        batch = Batch(
            reads=self._reads,
            clock_offset_ns=self._news_offset_ns,
            antennas=self._antennas,
            bad=self._bad,
            measurements=self._measurements,
        )
        self._clear()
        return batch

    def count(self, reason: str) -> None:
        """Count something that had to be thrown away."""
        self._bad[reason] = self._bad.get(reason, 0) + 1

    def add_report(self, body: bytes, arrival_ns: int) -> None:
        """Decode an RO_ACCESS_REPORT."""
        self._reads += self._decoder.decode(body, arrival_ns, self._bad)

    def add_event(self, body: bytes, arrival_ns: int) -> Event | None:
        """Decode a READER_EVENT_NOTIFICATION; None, and counted, where it is none."""
        try:
            event = decode_event(body)
        except ReportError:
            self.count("event")
            return None
        self._note_clock(event, arrival_ns)
        if self.clock_settled or not self.is_kept(event):
            self._note_antennas(dict(event.antennas), arrival_ns)
        if event.gpis:
            self._note_inputs(dict(event.gpis), arrival_ns, self._time_ns(event, arrival_ns))
        if event.overflow:
            self.count("reader_buffer_overflow")
        return event

    def is_kept(self, event: Event) -> bool:
        """Whether it happened before this connection, so that its states are history."""
        return event.utc_us is not None and event.utc_us < self._greeted_us

    def add_configuration(self, configuration: Configuration, arrival_ns: int) -> None:
        """Take the states of antennas and inputs as the reader has them now."""
        self._note_antennas(configuration.antennas, arrival_ns)
        known = {port: high for port, high in configuration.gpis.items() if high is not None}
        self._note_inputs(known, arrival_ns, arrival_ns)

    def _note_clock(self, event: Event, arrival_ns: int) -> None:
        greeting = event.connection == Connection.ACCEPTED
        if event.utc_us and event.utc_us >= TIME_US_MAX:
            self.count("time")
        elif event.utc_us and (greeting or self.clock_settled):
            self._offset_ns = self._news_offset_ns = arrival_ns - event.utc_us * 1000
            self._decoder.clock_offset_ns = self._offset_ns
            self._greeted_us = event.utc_us if greeting else self._greeted_us
        elif event.uptime_us is not None and (greeting or self.clock_settled):
            self._decoder.uptime_offset_ns = arrival_ns - event.uptime_us * 1000

    def _time_ns(self, event: Event, arrival_ns: int) -> int:
        """When an event happened by our clock; now, where the reader's makes no sense."""
        if not event.utc_us or self._offset_ns is None:
            return arrival_ns
        time_ns = event.utc_us * 1000 + self._offset_ns
        return time_ns if arrival_ns - OLDEST_NS < time_ns < arrival_ns else arrival_ns

    def _note_antennas(self, states: Mapping[int, bool], arrival_ns: int) -> None:
        for antenna, connected in states.items():
            if not self._can_be(antenna):
                self.count("antenna_state")
                continue
            self._antennas[antenna] = "connected" if connected else "disconnected"
            if connected:
                self._out_since_ns.pop(antenna, None)
            else:
                self._out_since_ns[antenna] = arrival_ns

    def _can_be(self, antenna: int) -> bool:
        """Numbers begin at 1, and no reader has more antennas than may be remembered."""
        known = self._known_antennas
        if antenna >= 1 and len(known) < STATES_MAX:
            known.add(antenna)
        return antenna in known

    def _doubt(self) -> None:
        """Antennas that hear tags are not disconnected, though some readers measure it so."""
        offset_ns = self._offset_ns or 0
        for read in self._reads:
            since_ns = self._out_since_ns.get(read.antenna)
            if since_ns is not None and read.time_ns + offset_ns > since_ns + DOUBT_NS:
                self._antennas[read.antenna] = "unknown"
                del self._out_since_ns[read.antenna]

    def _note_inputs(self, highs: Mapping[int, bool], arrival_ns: int, time_ns: int) -> None:
        self._measurements += [
            Measurement(self._reader, f"gpi/{port}", float(high), "", time_ns, arrival_ns)
            for port, high in highs.items()
        ]
