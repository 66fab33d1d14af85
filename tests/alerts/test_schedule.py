"""When a rule holds: by local time, on any night, exactly."""

from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest

from alerts.schedule import Schedule
from alerts.schedule_settings import NamedSchedule, ScheduleSettings
from tags.times import SECOND_NS

MINUTE_NS = 60 * SECOND_NS
NIGHT: dict[str, Any] = {
    "windows": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "18:00", "to": "06:00"}]
}


def schedule(timezone: str = "Europe/Berlin", **settings: object) -> Schedule:
    return Schedule(ScheduleSettings.model_validate(settings), timezone)


def daily(begins: str, ends: str, timezone: str = "Europe/Berlin") -> Schedule:
    return schedule(timezone, windows=[{"from": begins, "to": ends}])


def ns(text: str) -> int:
    """The time of an RFC 3339 text without seconds, such as 2026-11-02T18:00+01:00."""
    return int(datetime.fromisoformat(text).timestamp()) * SECOND_NS


def text(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).strftime("%m-%dT%H:%M")


def changes(hours: Schedule, since: str, until: str) -> list[str]:
    """When it opens and shuts from one time (excluded) to another (included), in UTC."""
    found, at_ns = list[str](), ns(since)
    while (change_ns := hours.next_change_ns(at_ns)) is not None and change_ns <= ns(until):
        assert hours.is_open(change_ns) is not hours.is_open(change_ns - 1)
        found.append(("+" if hours.is_open(change_ns) else "-") + text(change_ns))
        at_ns = change_ns
    return found


def test_14_a_window_past_midnight_opens_and_shuts_exactly_then() -> None:
    night = schedule("UTC", **NIGHT)
    opens_ns, shuts_ns = ns("2026-11-02T18:00+00:00"), ns("2026-11-03T06:00+00:00")
    assert not night.is_open(ns("2026-11-02T17:00+00:00"))
    assert night.next_change_ns(ns("2026-11-02T17:00+00:00")) == opens_ns
    assert [night.is_open(opens_ns + n) for n in (-1, 0, 1)] == [False, True, True]
    assert night.next_change_ns(opens_ns) == shuts_ns
    assert [night.is_open(shuts_ns + n) for n in (-1, 0, 1)] == [True, False, False]
    assert night.next_change_ns(shuts_ns - 1) == shuts_ns


@pytest.mark.parametrize(
    ("night", "opened"),
    [
        ("2026-03-28", ["+03-28T17:00", "-03-29T04:00"]),  # 11 hours: the clock jumps from 2 to 3
        ("2026-10-24", ["+10-24T16:00", "-10-25T05:00"]),  # 13 hours: it goes from 3 back to 2
        ("2026-11-24", ["+11-24T17:00", "-11-25T05:00"]),
    ],
)
def test_14_on_a_night_when_the_clock_changes_it_opens_once_and_shuts_once_by_local_time(
    night: str, opened: list[str]
) -> None:
    since = datetime.fromisoformat(f"{night}T12:00+00:00")
    until = since.replace(day=since.day + 1)
    assert changes(daily("18:00", "06:00"), since.isoformat(), until.isoformat()) == opened


def test_a_window_of_a_day_belongs_to_the_day_on_which_it_begins() -> None:
    found = changes(schedule("UTC", **NIGHT), "2026-11-06T12:00+00:00", "2026-11-10T00:00+00:00")
    assert found == ["+11-06T18:00", "-11-07T06:00", "+11-09T18:00"]


def test_windows_that_touch_are_one() -> None:
    parts = [{"from": "18:00", "to": "24:00"}, {"from": "00:00", "to": "06:00"}]
    found = changes(
        schedule("UTC", windows=parts), "2026-11-02T12:00+00:00", "2026-11-03T12:00+00:00"
    )
    assert found == ["+11-02T18:00", "-11-03T06:00"]


@pytest.mark.parametrize(
    ("begins", "ends", "opened"),
    [
        ("00:00", "00:00", ["+11-03T23:00", "-11-04T23:00"]),
        ("00:00", "24:00", ["+11-03T23:00", "-11-04T23:00"]),
        ("08:00", "08:00", ["+11-04T07:00", "-11-05T07:00"]),
    ],
)
def test_from_and_to_the_same_is_a_whole_day(begins: str, ends: str, opened: list[str]) -> None:
    hours = schedule(windows=[{"days": ["wed"], "from": begins, "to": ends}])
    assert changes(hours, "2026-11-02T00:00Z", "2026-11-08T00:00Z") == opened


def test_what_is_always_open_never_changes() -> None:
    for hours in (daily("00:00", "24:00"), daily("18:00", "18:00")):
        assert hours.is_open(0)
        assert hours.is_open(ns("2026-10-25T00:30Z"))
        assert hours.next_change_ns(ns("2026-10-25T00:30Z")) is None


# The hour that is missing and the hour that comes twice: 2026-03-29 and 2026-10-25 in Berlin

JUMP = partial(changes, since="2026-03-28T23:00Z", until="2026-03-29T20:00Z")
TWICE = partial(changes, since="2026-10-24T22:00Z", until="2026-10-25T20:00Z")


@pytest.mark.parametrize(
    ("begins", "ends", "opened"),
    [
        ("01:30", "02:30", ["+03-29T00:30", "-03-29T01:00"]),  # shuts at the jump
        ("02:30", "04:00", ["+03-29T01:00", "-03-29T02:00"]),  # opens at the jump
        ("02:15", "02:45", ["+03-29T01:00", "-03-29T01:30"]),  # jumped over: its length from then
        ("02:30", "03:00", ["+03-29T01:00", "-03-29T01:30"]),
        ("02:00", "03:00", ["+03-29T01:00", "-03-29T02:00"]),
        ("01:00", "02:00", ["+03-29T00:00", "-03-29T01:00"]),
        ("03:00", "04:00", ["+03-29T01:00", "-03-29T02:00"]),
    ],
)
def test_a_time_that_does_not_exist_is_the_first_moment_after_the_gap(
    begins: str, ends: str, opened: list[str]
) -> None:
    assert JUMP(daily(begins, ends)) == opened


@pytest.mark.parametrize(
    ("begins", "ends", "opened"),
    [
        ("01:30", "02:30", ["+10-24T23:30", "-10-25T01:30"]),  # shuts at the second 02:30
        ("02:30", "04:00", ["+10-25T00:30", "-10-25T03:00"]),  # opens at the first 02:30
        ("02:15", "02:45", ["+10-25T00:15", "-10-25T01:45"]),  # open in between
        ("01:00", "02:00", ["+10-24T23:00", "-10-25T00:00"]),  # 01:59 is shown once
        ("02:00", "03:00", ["+10-25T00:00", "-10-25T02:00"]),
        ("03:00", "04:00", ["+10-25T02:00", "-10-25T03:00"]),
    ],
)
def test_what_comes_twice_opens_at_its_first_time_and_shuts_at_its_last(
    begins: str, ends: str, opened: list[str]
) -> None:
    assert TWICE(daily(begins, ends)) == opened


def test_where_the_clock_changes_by_half_an_hour_the_window_follows() -> None:
    found = changes(
        daily("01:45", "02:15", "Australia/Lord_Howe"), "2026-04-04T12:00Z", "2026-04-05T12:00Z"
    )
    # From 02:00 at +11:00 back to 01:30 at +10:30.
    assert found == ["+04-04T14:45", "-04-04T15:45"]


def test_where_midnight_does_not_exist_the_day_begins_later() -> None:
    found = changes(
        daily("00:00", "06:00", "Africa/Cairo"), "2026-04-23T12:00Z", "2026-04-24T12:00Z"
    )
    assert found == ["+04-23T22:00", "-04-24T03:00"]


def test_where_midnight_comes_twice_the_day_begins_at_the_first() -> None:
    havana = "America/Havana"
    found = changes(daily("00:00", "00:30", havana), "2026-10-31T12:00Z", "2026-11-01T12:00Z")
    assert found == ["+11-01T04:00", "-11-01T05:30"]


def test_a_day_that_an_island_leaves_out_takes_its_windows_to_the_next() -> None:
    friday = {"days": ["fri"], "from": "09:00", "to": "10:00"}
    found = changes(
        schedule("Pacific/Apia", windows=[friday]), "2011-12-29T00:00Z", "2012-01-01T00:00Z"
    )
    assert found == ["+12-30T10:00", "-12-30T11:00"]


# One-off windows and holidays


def test_what_comes_once_is_local_to_the_site() -> None:
    christmas = {"from": "2026-12-24T00:00", "to": "2026-12-27T00:00"}
    hours = schedule(once=[christmas])
    assert changes(hours, "2026-01-01T00:00Z", "2030-01-01T00:00Z") == [
        "+12-23T23:00",
        "-12-26T23:00",
    ]
    assert hours.next_change_ns(ns("2026-12-27T00:00Z")) is None
    assert not hours.is_open(ns("2036-12-27T00:00Z"))


def test_what_comes_once_may_state_its_offset() -> None:
    hours = schedule(once=[{"from": "2026-10-25T02:30:10+01:00", "to": "2026-10-25T02:31:00Z"}])
    since_ns = ns("2026-10-25T01:30:10Z")
    assert [hours.is_open(since_ns - 1), hours.is_open(since_ns)] == [False, True]
    assert hours.next_change_ns(since_ns) == ns("2026-10-25T02:31Z")


def test_what_comes_once_and_is_jumped_over_is_open_for_its_length_after_the_jump() -> None:
    hours = schedule(once=[{"from": "2026-03-29T02:10", "to": "2026-03-29T02:20"}])
    assert JUMP(hours) == ["+03-29T01:00", "-03-29T01:10"]


def test_what_comes_once_joins_the_windows_of_the_week() -> None:
    hours = schedule(**NIGHT, once=[{"from": "2026-11-03T05:00", "to": "2026-11-03T19:00"}])
    found = changes(hours, "2026-11-02T12:00Z", "2026-11-04T12:00Z")
    assert found == ["+11-02T17:00", "-11-04T05:00"]


def test_no_window_begins_on_a_holiday_that_is_closed() -> None:
    # A Wednesday; what began the evening before goes on.
    hours = schedule(**NIGHT, holidays=["2026-11-04"], on_holidays="closed")
    found = changes(hours, "2026-11-03T12:00Z", "2026-11-06T00:00Z")
    assert found == ["+11-03T17:00", "-11-04T05:00", "+11-05T17:00"]


def test_a_holiday_that_is_open_is_open_all_day() -> None:
    hours = schedule(**NIGHT, holidays=["2026-11-04"], on_holidays="open")
    found = changes(hours, "2026-11-03T12:00Z", "2026-11-06T00:00Z")
    assert found == ["+11-03T17:00", "-11-05T05:00", "+11-05T17:00"]


def test_holidays_alone_may_be_when_it_is_open() -> None:
    hours = schedule("UTC", holidays=["2026-12-25", "2031-01-01"], on_holidays="open")
    found = changes(hours, "2026-01-01T00:00Z", "2040-01-01T00:00Z")
    assert found == ["+12-25T00:00", "-12-26T00:00", "+01-01T00:00", "-01-02T00:00"]


def test_holidays_that_are_as_other_days_change_nothing() -> None:
    same = schedule(**NIGHT, holidays=["2026-11-04"], on_holidays="same")
    assert changes(same, "2026-11-03T12:00Z", "2026-11-06T00:00Z") == changes(
        schedule(**NIGHT), "2026-11-03T12:00Z", "2026-11-06T00:00Z"
    )


def test_what_is_always_open_shuts_on_the_holidays_that_are_closed() -> None:
    days: dict[str, Any] = {"holidays": ["2026-11-04", "2036-11-04"], "on_holidays": "closed"}
    hours = schedule("UTC", windows=[{"from": "18:00", "to": "18:00"}], **days)
    found = changes(hours, "2026-01-01T00:00Z", "2040-01-01T00:00Z")
    assert found == ["-11-04T18:00", "+11-05T18:00", "-11-04T18:00", "+11-05T18:00"]
    assert hours.next_change_ns(ns("2036-11-06T00:00Z")) is None


def test_a_weekly_window_and_holidays_long_past_still_come_every_week() -> None:
    hours = schedule(**NIGHT, holidays=["2001-01-01"], on_holidays="closed")
    assert hours.next_change_ns(ns("2026-11-07T12:00Z")) == ns("2026-11-09T17:00Z")


def test_asking_back_and_forth_in_time_changes_no_answer() -> None:
    hours = schedule(**NIGHT)
    times = [ns(f"2026-11-0{day}T{hour:02}:00Z") for day in range(1, 8) for hour in (3, 9, 17, 23)]
    forth = [hours.is_open(at_ns) for at_ns in times]
    back = [hours.is_open(at_ns) for at_ns in reversed(times)]
    assert forth == back[::-1]


def test_schedules_are_equal_that_open_and_shut_alike_whatever_their_names() -> None:
    named = Schedule(NamedSchedule.model_validate({"name": "night", **NIGHT}), "Europe/Berlin")
    assert named == schedule(**NIGHT)
    assert hash(named) == hash(schedule(**NIGHT))
    others = [
        schedule("UTC", **NIGHT),
        schedule(**NIGHT, once=[{"from": "2026-01-01T00:00", "to": "2026-01-02T00:00"}]),
        schedule(**NIGHT, holidays=["2026-12-25"], on_holidays="closed"),
        daily("18:00", "06:00"),
        None,
    ]
    assert all(named != other for other in others)


def test_settings_may_be_made_of_dates_and_times_too() -> None:
    hours = schedule(
        "UTC",
        once=[{"from": datetime(2026, 1, 1, tzinfo=UTC), "to": datetime(2026, 1, 2, tzinfo=UTC)}],
        holidays=[date(2026, 2, 1)],
        on_holidays="open",
    )
    found = changes(hours, "2025-01-01T00:00Z", "2027-01-01T00:00Z")
    assert found == ["+01-01T00:00", "-01-02T00:00", "+02-01T00:00", "-02-02T00:00"]
