"""Event time: what a reader's own time means on the gateway's clock.

A reader's protocol may state how far its clock is off. What it does not state shows in
the reads: they lag behind their arrival. A lag within the hold is the way from the reader.
A longer one is either a clock that is wrong or reads that waited somewhere, and these two
look different: what waited catches up, a wrong clock goes on at the pace of arrival. So a
lag that stays the same for long enough is put on the clock, and taken off its times.
"""

from typing import Literal

import msgspec

from tags.reads import Read
from tags.times import MILLISECOND_NS, SECOND_NS

OFFSET_NS_MIN = 500 * MILLISECOND_NS
"""A measured offset below this is ignored: it was measured one way, and clocks are mostly right."""

AHEAD_NS_MAX = SECOND_NS
BEHIND_NS_MAX = 30 * 86_400 * SECOND_NS
"""Times further off than these are implausible; the arrival time stands in, and it is counted."""

PUNCTUAL_NS = 2 * SECOND_NS
"""A lag up to the hold does no harm, whatever it comes from."""

STEADY_NS = SECOND_NS
"""Lags that differ by no more than this are the same: reports are cut and sent unevenly."""

FAR_NS = 30 * SECOND_NS
"""A lag from here on is rather a clock than a slow network."""

LEAP_NS, CREEP_NS, EVER_NS = 1_500 * MILLISECOND_NS, 30 * SECOND_NS, 60 * SECOND_NS
"""For so long a lag stays the same before it is the clock's: one that came from one read to
the next and is far, one that came and is not far, and one of which nobody saw the beginning."""

DOUBT_NS = LEAP_NS + 250 * MILLISECOND_NS
"""For so long it is worth waiting whether a lag that came at once will be the clock's."""

Trust = Literal["sound", "doubted", "jumped"]
"""Of reads that are far behind: they waited, nobody knows yet, or their clock has jumped."""

READS_MIN = 4
CLOCKS_MAX = 10_000
JUMPS_MAX = 1_000


class ReaderClock(msgspec.Struct, gc=False, array_like=True):
    """What the reads of one reader say about its clock.

    `shift_ns` is what they say beyond the stated offset. Since `since_ns` there were
    `reads` that lag, by `least_ns` to `most_ns`; none while they are `punctual`. `sudden`:
    the lag came in one step, on a connection that held. `jumped_ns` is when it last jumped.
    """

    shift_ns: int = 0
    punctual: bool = False
    sudden: bool = False
    since_ns: int = 0
    reads: int = 0
    least_ns: int = 0
    most_ns: int = 0
    jumped_ns: int = -EVER_NS


class ClockJump(msgspec.Struct, frozen=True, gc=False):
    """What a reader's reads said of its clock at `at_ns`, an arrival.

    It is behind by `behind_ns`, ahead if negative, of what was known before; so `offset_ns`
    has to be added to its times now, with what its protocol stated.
    """

    reader: str
    at_ns: int
    behind_ns: int
    offset_ns: int


class EventClock:
    """Event times of reads, with the offset that each reader's protocol stated.

    Both dictionaries are the state, by reader. With `readers` it watches for clocks that
    jump; it then has to see every read, in order of arrival. Without, it goes by what is
    stated alone. `jumps` are those that nobody has taken yet; `implausible` counts times
    that were replaced by their arrival.
    """

    def __init__(
        self,
        offsets_ns: dict[str, int] | None = None,
        readers: dict[str, ReaderClock] | None = None,
    ) -> None:
        self.offsets_ns: dict[str, int] = {} if offsets_ns is None else offsets_ns
        self.readers: dict[str, ReaderClock] = {} if readers is None else readers
        self._clocks_max = 0 if readers is None else CLOCKS_MAX
        self.implausible = 0
        self.jumps: list[ClockJump] = []
        self._punctual: dict[str, int] = {}
        self.resume()

    def resume(self) -> None:
        """Go on after the state was changed from outside."""
        self._punctual = {
            name: self.offsets_ns.get(name, 0) + clock.shift_ns
            for name, clock in self.readers.items()
            if clock.punctual
        }

    def set_offset(self, reader: str, offset_ns: int) -> None:
        """From now on, `offset_ns` (gateway minus reader) is added to the reader's times."""
        if abs(offset_ns) >= OFFSET_NS_MIN:
            self.offsets_ns[reader] = offset_ns
        else:
            self.offsets_ns.pop(reader, None)
        self.readers.pop(reader, None)
        self._punctual.pop(reader, None)

    def note_break(self, reader: str) -> None:
        """The connection to a reader broke: what comes next may have waited for it."""
        clock = self.readers.get(reader)
        if clock is not None:
            self.readers[reader] = ReaderClock(clock.shift_ns, jumped_ns=clock.jumped_ns)
            self._punctual.pop(reader, None)

    def take_jumps(self) -> list[ClockJump]:
        """The jumps that were found since the last call."""
        jumps = self.jumps.copy()
        self.jumps.clear()
        return jumps

    def event_ns(self, read: Read) -> int:
        """When the read happened: never after its arrival, never absurdly long before."""
        offset_ns = self._punctual.get(read.reader)
        if offset_ns is not None:
            event_ns = read.time_ns + offset_ns
            if 0 <= read.arrival_ns - event_ns <= PUNCTUAL_NS:
                return event_ns
        return self._look_closer(read)

    def trust(self, reader: str, now_ns: int) -> Trust:
        """What reads that came late, and are far behind, have to do with the reader's clock."""
        clock = self.readers.get(reader)
        if clock is None:
            return "sound"
        if now_ns < clock.jumped_ns + SECOND_NS:
            return "jumped"
        leaping = clock.reads > 0 and clock.sudden and abs(clock.least_ns) >= FAR_NS
        return "doubted" if leaping and now_ns < clock.since_ns + DOUBT_NS else "sound"

    def plausible_ns(self, event_ns: int, arrival_ns: int) -> int:
        """A time that a source stated, or that of its arrival where it can not be."""
        if event_ns > arrival_ns:
            self.implausible += event_ns > arrival_ns + AHEAD_NS_MAX
            return arrival_ns
        if event_ns < arrival_ns - BEHIND_NS_MAX:
            self.implausible += 1
            return arrival_ns
        return event_ns

    def _look_closer(self, read: Read) -> int:
        """The same for a reader that lags, or did when it was last heard."""
        event_ns = read.time_ns + self.offsets_ns.get(read.reader, 0)
        clock = self._clock_of(read.reader)
        if clock is None:
            return self.plausible_ns(event_ns, read.arrival_ns)
        event_ns += clock.shift_ns
        lag_ns = read.arrival_ns - event_ns
        if -AHEAD_NS_MAX <= lag_ns <= PUNCTUAL_NS:
            clock.punctual, clock.reads = True, 0
            self._punctual[read.reader] = event_ns - read.time_ns
        else:
            self._punctual.pop(read.reader, None)
            _prolong(clock, lag_ns, read.arrival_ns)
            if _is_off(clock, read.arrival_ns):
                event_ns += clock.least_ns
                self._note_jump(read, clock)
        return self.plausible_ns(event_ns, read.arrival_ns)

    def _clock_of(self, reader: str) -> ReaderClock | None:
        clock = self.readers.get(reader)
        if clock is None and len(self.readers) < self._clocks_max:
            clock = self.readers[reader] = ReaderClock()
        return clock

    def _note_jump(self, read: Read, clock: ReaderClock) -> None:
        behind_ns = clock.least_ns
        clock.shift_ns += behind_ns
        clock.punctual, clock.reads, clock.jumped_ns = True, 0, read.arrival_ns
        offset_ns = self.offsets_ns.get(read.reader, 0) + clock.shift_ns
        self._punctual[read.reader] = offset_ns
        if len(self.jumps) < JUMPS_MAX:
            self.jumps.append(ClockJump(read.reader, read.arrival_ns, behind_ns, offset_ns))


def _prolong(clock: ReaderClock, lag_ns: int, arrival_ns: int) -> None:
    """Add a read that lags; one that lags otherwise than those before starts anew."""
    least_ns, most_ns = min(clock.least_ns, lag_ns), max(clock.most_ns, lag_ns)
    if clock.reads and most_ns - least_ns <= STEADY_NS:
        clock.reads += 1
        clock.least_ns, clock.most_ns = least_ns, most_ns
        return
    clock.sudden = clock.punctual
    clock.punctual = False
    clock.since_ns, clock.reads = arrival_ns, 1
    clock.least_ns = clock.most_ns = lag_ns


def _is_off(clock: ReaderClock, now_ns: int) -> bool:
    """Whether the reads have lagged by the same for long enough."""
    far = abs(clock.least_ns) >= FAR_NS
    if clock.sudden:
        needed_ns = LEAP_NS if far else CREEP_NS
    elif far:
        needed_ns = EVER_NS
    else:
        return False
    return clock.reads >= READS_MIN and now_ns - clock.since_ns >= needed_ns
