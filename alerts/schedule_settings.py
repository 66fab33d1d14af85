"""What the site file says about when a rule holds."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
OnHolidays = Literal["same", "closed", "open"]

DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of a week, as `date.weekday()` counts them."""

DAY_MINUTES = 24 * 60

_HOUR_MINUTES = 60
_YEARS = range(2000, 2200)
_TIME = re.compile(r"(\d{1,2}):(\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?")

MomentT = TypeVar("MomentT", date, datetime)


def _day(value: object) -> object:
    if value in DAYS:
        return value
    short = str(value).lower()[:3]
    near = f"; did you mean '{short}'?" if short in DAYS else ""
    raise ValueError(f"must be {' or '.join(DAYS)}{near}")


def _time(value: object) -> str:
    """The time of day as HH:MM, up to 24:00."""
    if not isinstance(value, str):
        raise ValueError('must be a time of day in quotes, such as "18:00"' + _unquoted(value))  # noqa: TRY004 - pydantic takes ValueError
    found = _TIME.fullmatch(value)
    if found is None:
        raise ValueError('must be a time of day such as "18:00"')
    hours, minutes = int(found[1]), int(found[2])
    if minutes >= _HOUR_MINUTES or hours * _HOUR_MINUTES + minutes > DAY_MINUTES:
        raise ValueError('is later than any time of day; the last one is "24:00"')
    return f"{hours:02}:{minutes:02}"


def _unquoted(value: object) -> str:
    """What a number may have been before a tool wrote it anew."""
    if not isinstance(value, int) or not _HOUR_MINUTES <= value <= DAY_MINUTES:
        return ""
    hours, minutes = divmod(value, _HOUR_MINUTES)
    return f"; {value} is what YAML 1.1 makes of {hours}:{minutes:02} without quotes"


def _date(value: object) -> object:
    if type(value) is date:
        return _in_our_time(value)
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _in_our_time(_parsed(date.fromisoformat, value))
    raise ValueError("must be a date such as 2026-12-25")


def _moment(value: object) -> object:
    if isinstance(value, datetime):
        return _in_our_time(value)
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return _in_our_time(_parsed(datetime.fromisoformat, value))
    raise ValueError("must be a date and a time such as 2026-12-24T18:00")


def _parsed(parse: Callable[[str], MomentT], value: str) -> MomentT:
    try:
        return parse(value)
    except ValueError as error:
        raise ValueError(f"is no day of the calendar or no time: {error}") from error


def _in_our_time(moment: MomentT) -> MomentT:
    if moment.year not in _YEARS:
        raise ValueError(f"must lie in the years {_YEARS[0]} to {_YEARS[-1]}")
    return moment


WeekDay = Annotated[Day, BeforeValidator(_day)]
TimeOfDay = Annotated[
    str,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "pattern": r"^([01]?\d|2[0-3]):[0-5]\d$|^24:00$"}),
]
Holiday = Annotated[
    date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})
]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": f"^{_MOMENT.pattern}$"}),
]


class WeeklyWindow(BaseModel):
    """A time of the day on some days of the week; one that ends no later ends the next day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: tuple[WeekDay, ...] = Field(
        default=DAYS,
        min_length=1,
        description="Days on which it begins: mon to sun; unset: every day.",
    )
    begins: TimeOfDay = Field(
        alias="from",
        description='Local time at which it opens, such as "18:00".',
    )
    ends: TimeOfDay = Field(
        alias="to",
        description='Local time at which it shuts; not later than from: on the next day; "24:00" '
        "is midnight.",
    )

    @field_validator("begins")
    @classmethod
    def _is_on_that_day(cls, begins: str) -> str:
        if begins == "24:00":
            raise ValueError('must be at most "23:59"; "00:00" is where the next day begins')
        return begins

    @property
    def minutes(self) -> tuple[int, int]:
        """When it opens and shuts in minutes after the midnight before; from = to is 24 hours."""
        opens, shuts = _minutes(self.begins), _minutes(self.ends)
        return opens, shuts if shuts > opens else shuts + DAY_MINUTES


class OnceWindow(BaseModel):
    """A time that comes once: local to the site, or with the offset that it states."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    begins: Moment = Field(
        alias="from", description="When it opens, such as 2026-12-24T18:00, or with +01:00 or Z."
    )
    ends: Moment = Field(alias="to", description="When it shuts.")

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if (self.begins.tzinfo is None) != (self.ends.tzinfo is None):
            raise ValueError("from and to must both have an offset such as +01:00, or neither")
        if self.ends <= self.begins:
            raise ValueError("to must be later than from")
        return self


class ScheduleSettings(BaseModel):
    """When a rule holds: in any of its windows, by the clock on the wall of the site."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    windows: tuple[WeeklyWindow, ...] = Field(
        default=(), max_length=100, description="Times that come every week."
    )
    once: tuple[OnceWindow, ...] = Field(
        default=(), max_length=1000, description="Times that come once; holidays do not matter."
    )
    holidays: tuple[Holiday, ...] = Field(
        default=(), max_length=2000, description="Dates that are treated as on_holidays says."
    )
    on_holidays: OnHolidays = Field(
        default="same",
        description="closed: no weekly window begins on a holiday; open: it is open all day; "
        "same: as on any other day.",
    )

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if self.holidays and "on_holidays" not in self.model_fields_set:
            raise ValueError("has holidays; say what they mean by on_holidays: closed, open, same")
        all_day = self.holidays and self.on_holidays == "open"
        if not (self.windows or self.once or all_day):
            raise ValueError("never opens; it needs windows or once")
        return self


class NamedSchedule(ScheduleSettings):
    """A schedule that rules speak of by its name."""

    name: str = Field(min_length=1, max_length=100)


def _by_shape(value: object) -> object:
    """A name stays one; a mapping is checked here, so that its faults keep their places."""
    if isinstance(value, dict):
        return ScheduleSettings.model_validate(value)
    if isinstance(value, ScheduleSettings) or (isinstance(value, str) and value):
        return value
    raise ValueError("must be the name of a schedule, or a mapping with windows or once")


RuleSchedule = Annotated[str | ScheduleSettings, BeforeValidator(_by_shape)]
"""What a rule says about when it holds: the name of a schedule, or one of its own."""


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * _HOUR_MINUTES + int(minutes)
