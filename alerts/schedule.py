"""When a rule holds, by the clock on the wall of the site. Pure.

A window opens when the clock first shows a time that lies in it, and shuts when it has
shown the last one; so it opens once and shuts once on any night. Where the clock jumps
over a whole window, it opens at the jump and is open for as long as it would have been.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from heapq import merge
from typing import NamedTuple

from alerts.local_time import LocalTime
from alerts.schedule_settings import DAY_MINUTES, DAYS, OnceWindow, ScheduleSettings

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_MICROSECOND_NS = 1000
_LONGEST_DAYS = 2
"""No weekly window that began more days ago is still open, whatever was done to the clock."""

_FOREVER_NS = 1 << 80


class Span(NamedTuple):
    """A time in which a schedule is open or shut; `until_ns` is no part of it."""

    since_ns: int
    until_ns: int
    is_open: bool = True


class Schedule:
    """When a rule holds, for a site in an IANA time zone.

    Answers for the span of the last question cost two comparisons. Two are equal that
    open and shut by the same settings; their names do not matter.
    """

    def __init__(self, settings: ScheduleSettings, timezone: str) -> None:
        parts = (settings.windows, settings.once, settings.holidays, settings.on_holidays)
        self._settings = (*parts, timezone)
        self._clock = LocalTime(timezone)
        self._windows = [_windows_on(settings, weekday) for weekday in range(len(DAYS))]
        self._never_shuts = _is_whole_week(self._windows)
        self._on_holidays = settings.on_holidays
        matter = not (self._on_holidays == "open" and self._never_shuts)
        self._holidays = set(settings.holidays) if matter else set[date]()
        self._last_holiday = max(self._holidays, default=date.min)
        self._once = list(_joined(sorted(self._once_span(window) for window in settings.once)))
        self._span = Span(0, 0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and self._settings == other._settings

    def __hash__(self) -> int:
        return hash(self._settings)

    @property
    def version(self) -> str:
        """Another one for other hours."""
        return sha256(repr(self._settings).encode()).hexdigest()[:12]

    def is_open(self, at_ns: int) -> bool:
        """Whether the rule holds at a time."""
        return self._span_at(at_ns).is_open

    def next_change_ns(self, after_ns: int) -> int | None:
        """The first time after this one at which it opens or shuts; None: never again."""
        until_ns = self._span_at(after_ns).until_ns
        return None if until_ns >= _FOREVER_NS else until_ns

    def _span_at(self, at_ns: int) -> Span:
        if not self._span.since_ns <= at_ns < self._span.until_ns:
            self._span = self._found(at_ns)
        return self._span

    def _found(self, at_ns: int) -> Span:
        """The open span that holds a time, or the shut one from then on."""
        day = self._clock.date_of(at_ns) - _LONGEST_DAYS * _DAY
        for span in _joined(merge(self._weekly(day), self._once_after(at_ns))):
            if span.since_ns > at_ns:
                return Span(at_ns, span.since_ns, is_open=False)
            if span.until_ns > at_ns:
                return span
        return Span(at_ns, _FOREVER_NS, is_open=False)

    def _once_after(self, at_ns: int) -> Iterable[Span]:
        """Those that are not over yet, in order."""
        return self._once[bisect_right(self._once, at_ns, key=lambda span: span.until_ns) :]

    def _weekly(self, day: date) -> Iterator[Span]:
        """What begins on a day or later, in order; it ends where nothing changes any more."""
        weekly = any(self._windows)
        # A window of 24 hours that a holiday leaves out is missed on the next day too.
        while day - _DAY <= self._last_holiday or (weekly and not self._never_shuts):
            yield from self._beginning_on(day)
            day += _DAY
        if weekly:
            yield Span(self._clock.begin_ns(_midnight(day)), _FOREVER_NS)

    def _beginning_on(self, day: date) -> Iterable[Span]:
        windows = self._windows[day.weekday()]
        if day in self._holidays:
            if self._on_holidays == "closed":
                return ()
            if self._on_holidays == "open":
                windows = [(0, DAY_MINUTES), *windows]
        return sorted(self._weekly_span(day, *window) for window in windows)

    def _weekly_span(self, day: date, opens: int, shuts: int) -> Span:
        midnight = _midnight(day)
        return self._between(
            midnight + timedelta(minutes=opens),
            midnight + timedelta(minutes=shuts),
        )

    def _once_span(self, window: OnceWindow) -> Span:
        return self._between(window.begins, window.ends)

    def _between(self, begins: datetime, ends: datetime) -> Span:
        since_ns, until_ns = self._clock.begin_ns(begins), self._clock.end_ns(ends)
        if until_ns > since_ns:
            return Span(since_ns, until_ns)
        return Span(since_ns, since_ns + (ends - begins) // _MICROSECOND * _MICROSECOND_NS)


def _windows_on(settings: ScheduleSettings, weekday: int) -> list[tuple[int, int]]:
    """When the windows of a day open and shut, in minutes after its midnight."""
    return [window.minutes for window in settings.windows if DAYS[weekday] in window.days]


def _is_whole_week(windows: list[list[tuple[int, int]]]) -> bool:
    """Whether one is open at every minute of a week."""
    spans = sorted(
        (weekday * DAY_MINUTES + opens, weekday * DAY_MINUTES + shuts)
        for weekday, on_day in enumerate(windows)
        for opens, shuts in on_day
    )
    week = len(windows) * DAY_MINUTES
    # What goes past the end of the week is open at its beginning.
    covered = max((shuts - week for _, shuts in spans), default=0)
    for opens, shuts in spans:
        if opens > covered:
            return False
        covered = max(covered, shuts)
    return covered >= week


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Open spans in order of their beginning, made one where they touch or overlap."""
    joined: Span | None = None
    for span in spans:
        if joined is None:
            joined = span
        elif span.since_ns <= joined.until_ns:
            joined = Span(joined.since_ns, max(joined.until_ns, span.until_ns))
        else:
            yield joined
            joined = span
    if joined is not None:
        yield joined
