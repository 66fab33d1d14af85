"""Drawn schedules in six time zones against an oracle that looks at every minute."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alerts.schedule import Schedule
from alerts.schedule_settings import DAYS, ScheduleSettings
from tags.times import SECOND_NS

MINUTE_NS = 60 * SECOND_NS
DAY_MINUTES = 24 * 60
DAYS_SEEN = 8
"""Of these the first two and the last two are only there for windows that reach into the rest."""

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "UTC",
)


class Days(NamedTuple):
    """Some days in a zone: for each minute what the clock on the wall shows, as minutes too."""

    since_ns: int
    first: date
    wall: list[int]

    def at_ns(self, place: int) -> int:
        return self.since_ns + place * MINUTE_NS


@cache
def days_from(zone: str, first: date) -> Days:
    since = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=1)
    minutes = [since + timedelta(minutes=n) for n in range((DAYS_SEEN + 2) * DAY_MINUTES)]
    wall = [wall_minute(minute.astimezone(ZoneInfo(zone))) for minute in minutes]
    return Days(int(since.timestamp()) * SECOND_NS, first, wall)


def wall_minute(local: datetime) -> int:
    return local.toordinal() * DAY_MINUTES + local.hour * 60 + local.minute


@cache
def nights_of_change(zone: str) -> list[date]:
    """The days of 2026 and 2027 on which the clock is set, or some day where it never is."""
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(730)]
    offsets = [datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(zone)).utcoffset() for d in days]
    found = [day for day, (had, has) in zip(days, pairwise(offsets), strict=False) if had != has]
    return found or [date(2026, 11, 4)]


def window_places(days: Days, begins: int, ends: int) -> range:
    """The minutes from the first to the last at which the clock shows a time of a window."""
    shown = [place for place, minute in enumerate(days.wall) if begins <= minute < ends]
    if shown:
        return range(shown[0], shown[-1] + 1)
    jumped = next((place for place, minute in enumerate(days.wall) if minute >= begins), 0)
    return range(jumped, jumped + ends - begins)


def windows_of(schedule: ScheduleSettings, day: date) -> Iterator[tuple[int, int]]:
    """The windows that begin on a day, in minutes of the clock on the wall."""
    midnight = day.toordinal() * DAY_MINUTES
    holiday = schedule.on_holidays if day in schedule.holidays else "same"
    if holiday == "closed":
        return
    if holiday == "open":
        yield midnight, midnight + DAY_MINUTES
    for window in schedule.windows:
        if DAYS[day.weekday()] in window.days:
            begins, ends = (
                int(text[:2]) * 60 + int(text[3:]) for text in (window.begins, window.ends)
            )
            yield midnight + begins, midnight + (ends if ends > begins else ends + DAY_MINUTES)


def open_places(schedule: ScheduleSettings, days: Days) -> list[bool]:
    """Whether it is open, minute by minute."""
    dates = [days.first + timedelta(days=n) for n in range(DAYS_SEEN)]
    drawn = [window for day in dates for window in windows_of(schedule, day)]
    drawn += [(wall_minute(once.begins), wall_minute(once.ends)) for once in schedule.once]
    is_open = [False] * len(days.wall)
    for begins, ends in drawn:
        for place in window_places(days, begins, ends):
            if place < len(is_open):
                is_open[place] = True
    return is_open


def time_text(hour: int, minute: int) -> str:
    return f"{hour:02}:{minute:02}"


def moment_text(day: date, time: str) -> str:
    return f"{day}T{time}"


times = st.builds(
    time_text,
    # Most of what is odd happens at night.
    st.one_of(st.integers(0, 4), st.integers(0, 23)),
    st.sampled_from([0, 1, 15, 29, 30, 31, 45, 59]),
)
weekly = st.fixed_dictionaries(
    {"from": times, "to": st.one_of(times, st.just("24:00"))},
    optional={"days": st.lists(st.sampled_from(DAYS), min_size=1, unique=True)},
)


@st.composite
def schedules(draw: st.DrawFn, first: date) -> ScheduleSettings:
    """Windows of the week, times that come once and holidays, about the days that are seen."""
    day = st.integers(1, DAYS_SEEN - 2).map(lambda n: first + timedelta(days=n))
    moment = st.builds(moment_text, day, times)
    moments = st.lists(moment, min_size=2, max_size=2, unique=True).map(sorted)
    once = moments.map(lambda both: {"from": both[0], "to": both[1]})
    settings: dict[str, Any] = {
        "windows": draw(st.lists(weekly, min_size=1, max_size=4)),
        "once": draw(st.lists(once, max_size=2)),
        "holidays": [str(each) for each in draw(st.lists(day, max_size=3))],
        "on_holidays": draw(st.sampled_from(["same", "closed", "open"])),
    }
    return ScheduleSettings.model_validate(settings)


@st.composite
def drawn_days(draw: st.DrawFn) -> tuple[str, Days, ScheduleSettings]:
    zone = draw(st.sampled_from(ZONES))
    night = draw(st.sampled_from(nights_of_change(zone)))
    first = night - timedelta(days=draw(st.integers(3, 4)))
    return zone, days_from(zone, first), draw(schedules(first))


def flips(is_open: Sequence[bool]) -> list[int]:
    """The places at which it is other than at the one before."""
    return [place for place in range(1, len(is_open)) if is_open[place] != is_open[place - 1]]


SEEN = range(3 * DAY_MINUTES, DAYS_SEEN * DAY_MINUTES - 2 * DAY_MINUTES)
"""The places for which the oracle knows every window that may be open."""


@given(drawn_days())
def test_it_is_open_at_each_minute_at_which_a_window_is(
    drawn: tuple[str, Days, ScheduleSettings],
) -> None:
    zone, days, asked = drawn
    hours, expected = Schedule(asked, zone), open_places(asked, days)
    for place in SEEN:
        assert hours.is_open(days.at_ns(place)) == expected[place], days.at_ns(place)
        assert hours.is_open(days.at_ns(place + 1) - 1) == expected[place]


@given(drawn_days())
def test_the_next_change_is_where_it_opens_or_shuts_and_nowhere_else(
    drawn: tuple[str, Days, ScheduleSettings],
) -> None:
    zone, days, asked = drawn
    hours, expected = Schedule(asked, zone), open_places(asked, days)
    changes = [days.at_ns(place) for place in flips(expected) if place > SEEN[0]]
    at_ns, end_ns = days.at_ns(SEEN[0]), days.at_ns(SEEN[-1])
    found = list[int]()
    while (change_ns := hours.next_change_ns(at_ns)) is not None and change_ns <= end_ns:
        assert hours.next_change_ns(change_ns - 1) == change_ns
        assert hours.is_open(change_ns) is not hours.is_open(change_ns - 1)
        at_ns = change_ns
        found.append(change_ns)
    assert found == [change for change in changes if change <= end_ns]


@given(drawn_days(), st.lists(st.integers(SEEN[0] * 60, SEEN[-1] * 60), max_size=30))
def test_what_was_asked_before_changes_no_answer(
    drawn: tuple[str, Days, ScheduleSettings], seconds: list[int]
) -> None:
    zone, days, asked = drawn
    hours = Schedule(asked, zone)
    for at_ns in (days.since_ns + second * SECOND_NS for second in seconds):
        fresh = Schedule(asked, zone)
        assert hours.is_open(at_ns) == fresh.is_open(at_ns)
        assert hours.next_change_ns(at_ns) == Schedule(asked, zone).next_change_ns(at_ns)


@given(st.sampled_from(ZONES), times, times, st.data())
def test_a_window_of_every_day_opens_once_and_shuts_once_on_the_night_of_a_change(
    zone: str, begins: str, ends: str, data: st.DataObject
) -> None:
    length = (minutes(ends) - minutes(begins)) % DAY_MINUTES or DAY_MINUTES
    night = data.draw(st.sampled_from(nights_of_change(zone)))
    only = DAYS[night.weekday()]
    window = {"days": [only], "from": begins, "to": ends}
    hours = Schedule(ScheduleSettings.model_validate({"windows": [window]}), zone)
    noon = datetime(night.year, night.month, night.day, 12, tzinfo=ZoneInfo(zone))
    at_ns = int((noon - timedelta(days=3)).timestamp()) * SECOND_NS
    opens_ns = hours.next_change_ns(at_ns)
    assert opens_ns is not None
    shuts_ns = hours.next_change_ns(opens_ns)
    assert shuts_ns is not None
    assert hours.is_open(opens_ns)
    assert not hours.is_open(shuts_ns)
    assert abs((shuts_ns - opens_ns) // MINUTE_NS - length) <= 60
    again_ns = hours.next_change_ns(shuts_ns)
    assert again_ns is not None
    assert again_ns - opens_ns >= 6 * DAY_MINUTES * MINUTE_NS


def minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])
