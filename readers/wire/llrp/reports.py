"""RO_ACCESS_REPORT to reads: by learned layout where it fits, by the walk where it does not."""

from readers.wire.llrp.layout import Layout, learn
from readers.wire.llrp.parameters import TLV_HEADER, Parameter, ReportError
from readers.wire.llrp.walk import Stamp, count, entries, walk, walk_entry
from tags.reads import Read

LAYOUTS_MAX = 64


class ReportDecoder:
    """Decodes the reports of one session with one reader.

    It remembers across messages what LLRP lets a reader leave out: an optional
    field that is absent has the value that was last sent. `clock_offset_ns`
    (gateway minus reader) places reads without a usable time at their arrival;
    `uptime_offset_ns` (gateway minus uptime) places those of a reader without a calendar.
    """

    def __init__(self, reader: str, *, layouts_max: int = LAYOUTS_MAX) -> None:
        self.clock_offset_ns = 0
        self.uptime_offset_ns: int | None = None
        self._reader = reader
        self._layouts: dict[int, Layout] = {}
        self._layouts_max = layouts_max
        self._memory: dict[int, int] = {}

    def decode(self, body: bytes, arrival_ns: int, bad: dict[str, int]) -> list[Read]:
        """Return the reads of a report in its order; adds to `bad` what had to be left out.

        Never raises, whatever the bytes are.
        """
        time_ns = arrival_ns - self.clock_offset_ns
        stamp = Stamp(self._reader, arrival_ns, time_ns, bad, self.uptime_offset_ns)
        if len(body) < TLV_HEADER.size:
            return walk(body, self._memory, stamp)
        size = TLV_HEADER.unpack_from(body)[1]
        layout = self._layouts.get(size)
        if layout is not None and len(body) % size == 0 and not layout.omits(self._memory):
            reads = layout.decode(body, self._memory, stamp)
            if reads is not None:
                return reads
        return self._decode_mixed(body, stamp)

    def _decode_mixed(self, body: bytes, stamp: Stamp) -> list[Read]:
        """Decode entry by entry: runs of equal length by their layout, the rest by the walk."""
        reads: list[Read] = []
        for entry in entries(body, stamp.bad):
            block = body[entry.start - TLV_HEADER.size : entry.end]
            layout = self._layouts.get(len(block))
            fits = layout is not None and not layout.omits(self._memory)
            found = layout.decode(block, self._memory, stamp) if layout and fits else None
            reads += self._walk_and_learn(body, entry, stamp) if found is None else found
        return reads

    def _walk_and_learn(self, body: bytes, entry: Parameter, stamp: Stamp) -> list[Read]:
        try:
            read = walk_entry(body, entry.start, entry.end, self._memory, stamp)
        except ReportError as error:
            count(stamp.bad, f"report_{error}")
            return []
        self._remember(body[entry.start - TLV_HEADER.size : entry.end])
        return [read]

    def _remember(self, entry: bytes) -> None:
        layout = learn(entry)
        if layout is None:
            return
        if len(self._layouts) >= self._layouts_max:
            self._layouts.clear()
        self._layouts[len(entry)] = layout
