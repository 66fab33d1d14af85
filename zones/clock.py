"""Event time: what a reader's own time means on the gateway's clock."""

from tags.reads import Read
from tags.times import MILLISECOND_NS, SECOND_NS

OFFSET_NS_MIN = 500 * MILLISECOND_NS
"""A measured offset below this is ignored: it was measured one way, and clocks are mostly right."""

AHEAD_NS_MAX = SECOND_NS
BEHIND_NS_MAX = 30 * 86_400 * SECOND_NS
"""Times further off than these are implausible; the arrival time stands in, and it is counted."""


class EventClock:
    """Event times of reads, with the offset that each reader's protocol stated."""

    def __init__(self, offsets_ns: dict[str, int] | None = None) -> None:
        self.offsets_ns: dict[str, int] = {} if offsets_ns is None else offsets_ns
        self.implausible = 0

    def set_offset(self, reader: str, offset_ns: int) -> None:
        """From now on, `offset_ns` (gateway minus reader) is added to the reader's times."""
        if abs(offset_ns) >= OFFSET_NS_MIN:
            self.offsets_ns[reader] = offset_ns
        else:
            self.offsets_ns.pop(reader, None)

    def event_ns(self, read: Read) -> int:
        """When the read happened: never after its arrival, never absurdly long before."""
        event_ns = read.time_ns
        if self.offsets_ns:
            event_ns += self.offsets_ns.get(read.reader, 0)
        return self.plausible_ns(event_ns, read.arrival_ns)

    def plausible_ns(self, event_ns: int, arrival_ns: int) -> int:
        """A time that a source stated, or that of its arrival where it can not be."""
        if event_ns > arrival_ns:
            self.implausible += event_ns > arrival_ns + AHEAD_NS_MAX
            return arrival_ns
        if event_ns < arrival_ns - BEHIND_NS_MAX:
            self.implausible += 1
            return arrival_ns
        return event_ns
