"""Between the clock on a wall and the time that passes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tags.times import SECOND_NS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_MICROSECOND_NS = 1000


class LocalTime:
    """The local time of a site, on nights too when its clock is changed.

    A time that the clock jumps over is the moment of the jump. What begins at a time that it
    shows twice begins at the first; what ends then ends at the second. Times that state an
    offset are what they are.
    """

    def __init__(self, timezone: str) -> None:
        self._zone = UTC if timezone == "UTC" else ZoneInfo(timezone)

    def date_of(self, at_ns: int) -> date:
        """The date on the wall at a time."""
        return (_EPOCH + timedelta(seconds=at_ns // SECOND_NS)).astimezone(self._zone).date()

    def begin_ns(self, local: datetime) -> int:
        """When the clock first shows this, or jumps over it."""
        first, again = self._at(local, 0), self._at(local, 1)
        return _ns(first if first <= again else self._jump_between(again, first))

    def end_ns(self, local: datetime) -> int:
        """When the clock has shown all that is earlier for the last time.

        For 02:00 that is the first of two where the clock is set back to 02:00: nothing
        earlier is shown again.
        """
        first, again = self._at(local, 0), self._at(local, 1)
        if again <= first:
            return self.begin_ns(local)
        is_set_back = self._offset(again - _SECOND) != self._offset(again)
        return _ns(first if is_set_back else again)

    def _at(self, local: datetime, fold: int) -> datetime:
        stated = local if local.tzinfo else local.replace(tzinfo=self._zone, fold=fold)
        return stated.astimezone(UTC)

    def _jump_between(self, early: datetime, late: datetime) -> datetime:
        """The second from which the clock is set as it is at `late`, and not as at `early`."""
        offset = self._offset(late)
        while late - early > _SECOND:
            middle = early + (late - early) // 2 // _SECOND * _SECOND
            if self._offset(middle) == offset:
                late = middle
            else:
                early = middle
        return late

    def _offset(self, at: datetime) -> timedelta | None:
        return at.astimezone(self._zone).utcoffset()


def _ns(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND * _MICROSECOND_NS
