"""Which rules are in force: those without a schedule always, the others in their windows.

A window opens at its very moment, and what is broken by then is told. It shuts once all that
was read up to that moment has been decided, so that what happened in it still counts.
"""

from collections.abc import Mapping
from typing import Protocol

from zones.bins import BIN_NS
from zones.tracks import HOLD_NS

LAG_NS = HOLD_NS + BIN_NS


class Timetable(Protocol):
    """When a rule holds."""

    @property
    def version(self) -> str:
        """Another one for other hours."""
        ...

    def is_open(self, at_ns: int) -> bool:
        """Whether it holds at this time."""
        ...

    def next_change_ns(self, after_ns: int) -> int | None:
        """When that is another, strictly after a time; None if never again."""
        ...


class Forces:
    """Rules with a schedule: whether they are in force, and when that changes."""

    def __init__(self, in_force: dict[str, bool]) -> None:
        self._in_force = in_force
        self._timetables: Mapping[str, Timetable] = {}
        self._changes_ns: dict[str, int] = {}

    def use(self, timetables: Mapping[str, Timetable], now_ns: int) -> None:
        """Go by these; a rule that had none is in force or not as of now."""
        self._timetables = timetables
        self._changes_ns.clear()
        for rule in [name for name in self._in_force if name not in timetables]:
            del self._in_force[rule]
        for rule in timetables:
            self._in_force.setdefault(rule, timetables[rule].is_open(now_ns))
            self._look_ahead(rule, now_ns)

    def differ(self, rule: str, timetables: Mapping[str, Timetable]) -> bool:
        """Whether a rule has another schedule there."""
        return self._timetables.get(rule) != timetables.get(rule)

    def restart(self, rule: str, now_ns: int) -> None:
        """The schedule of a rule was edited: it is in force or not as of now."""
        if rule in self._timetables:
            self._in_force[rule] = self._timetables[rule].is_open(now_ns)
            self._look_ahead(rule, now_ns)

    def is_open(self, rule: str) -> bool:
        """Whether a rule is in force now."""
        return self._in_force.get(rule, True)

    def holds(self, rule: str, time_ns: int) -> bool:
        """Whether a rule is in force now, or was when something happened."""
        return self.is_open(rule) or self.was_open(rule, time_ns)

    def was_open(self, rule: str, time_ns: int) -> bool:
        """Whether something that happened at a time happened in a window of a rule."""
        timetable = self._timetables.get(rule)
        return timetable is None or timetable.is_open(time_ns)

    def next_ns(self) -> int | None:
        """When the next rule comes into force, or goes out of it."""
        return min(self._changes_ns.values(), default=None)

    def take_due(self, now_ns: int) -> list[str]:
        """The rules for which that is now another than before, by name."""
        due = [rule for rule, at_ns in sorted(self._changes_ns.items()) if at_ns <= now_ns]
        for rule in due:
            self._in_force[rule] = not self._in_force[rule]
            self._look_ahead(rule, now_ns)
        return due

    def _look_ahead(self, rule: str, now_ns: int) -> None:
        """When the rule comes into force, or shuts; what shut a moment ago is still in force."""
        timetable = self._timetables[rule]
        self._changes_ns.pop(rule, None)
        if not self._in_force[rule]:
            change_ns = now_ns if timetable.is_open(now_ns) else timetable.next_change_ns(now_ns)
        else:
            shut_ns = timetable.next_change_ns(now_ns - LAG_NS - 1)
            while shut_ns is not None and timetable.is_open(shut_ns):
                shut_ns = timetable.next_change_ns(shut_ns)
            change_ns = None if shut_ns is None else shut_ns + LAG_NS
        if change_ns is not None:
            self._changes_ns[rule] = change_ns
