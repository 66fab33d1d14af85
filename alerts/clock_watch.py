"""The system alert `clock`: a reader's clock jumped, or is far off.

Reads are put right by the offset that the protocol states, or by their arrival, so nothing
moves for it; but somebody should look, since the next reader may state no offset. Where most
readers agree with each other it is the gateway's own clock that is off, and one alert says so.
"""

from statistics import median_low

from alerts.alert import GATEWAY, subject_of_reader
from alerts.cases import Cases
from alerts.facts import ClockFault
from alerts.lifecycle import reconsider
from alerts.settings import SYSTEM_PREFIX, Patience
from alerts.state import JudgeState, Key
from alerts.watch import Outfit, SystemWatch
from tags.times import SECOND_NS
from zones.clock import ClockJump

CLOCK = SYSTEM_PREFIX + "clock"
CONFIRM_S = 10.0
"""Within this the other readers have said whether they see it the same way."""

_READER_PREFIX = subject_of_reader("")


class ClockWatch(SystemWatch):
    """Says of each reader whether its clock is right and steady."""

    name, kind = CLOCK, "clock"

    def __init__(self, state: JudgeState) -> None:
        super().__init__()
        self._state = state
        self._off_ns = self._jump_ns = 0

    def use(self, outfit: Outfit) -> None:
        """Watch the readers of a floor plan."""
        super().use(outfit)
        self._off_ns = round(self._settings.clock_off_s * SECOND_NS)
        self._jump_ns = round(self._settings.clock_jump_s * SECOND_NS)
        self._plan.drop_strangers(self._state.clocks)

    def note_start(self) -> None:
        """The gateway starts, maybe with another clock: nothing is compared to before."""
        self._state.clocks.clear()

    def take(self, jump: ClockJump, cases: Cases) -> None:
        """The reads of a reader show that its clock jumped."""
        if self._plan.hearers_of(jump.reader):
            self._state.clocks.setdefault(jump.reader, jump.offset_ns - jump.behind_ns)
        self.note(jump.reader, jump.offset_ns, cases)

    def note(self, reader: str, offset_ns: int, cases: Cases) -> None:
        """A reader's protocol stated its time: gateway's clock minus reader's clock."""
        if not self._plan.hearers_of(reader):
            return
        clocks = self._state.clocks
        known_ns = clocks.pop(reader, offset_ns)
        jumped = abs(offset_ns - known_ns) > self._jump_ns
        joined = any(abs(each - offset_ns) <= self._jump_ns for each in clocks.values())
        clocks[reader] = offset_ns
        own_ns = self._own_ns()
        self._judge(None, own_ns, cases, is_off=own_ns != 0)
        if jumped and not joined and not own_ns:
            fact = ClockFault(reader, self._state.now_ns, offset_ns)
            cases.take(_key(reader), Patience(CONFIRM_S), "broken_at_once", fact, reconsider)
        for name in sorted(clocks):
            is_off = abs(clocks[name] - own_ns) > self._off_ns
            self._judge(name, clocks[name], cases, is_off=is_off)

    def _own_ns(self) -> int:
        """By how much the gateway's own clock is ahead of what most readers agree on, if far."""
        offsets_ns = list(self._state.clocks.values())
        middle_ns = median_low(offsets_ns)
        agreeing = sum(abs(each - middle_ns) <= self._jump_ns for each in offsets_ns)
        is_shared = agreeing > 1 and agreeing * 2 > len(offsets_ns)
        return middle_ns if is_shared and abs(middle_ns) > self._off_ns else 0

    def _judge(self, reader: str | None, offset_ns: int, cases: Cases, *, is_off: bool) -> None:
        fact = ClockFault(reader, self._state.now_ns, offset_ns)
        patience = Patience(CONFIRM_S, self._settings.clock_steady_s)
        cases.take(_key(reader), patience, "broken" if is_off else "kept", fact, reconsider)

    def concerns(self, key: Key, tag: str) -> bool:
        """Whether there still is such a reader."""
        del tag
        if key[1] == GATEWAY:
            return bool(self._state.clocks)
        return bool(self._plan.hearers_of(key[1].removeprefix(_READER_PREFIX)))


def _key(reader: str | None) -> Key:
    return CLOCK, GATEWAY if reader is None else subject_of_reader(reader)
