"""InfluxQL to an InfluxDB and its answers, row by row; what is no answer is an error."""

import re
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from history.influx_names import STAMP_MAX, STAMP_MIN
from history.influx_transport import (
    Answer,
    InfluxTransport,
    Request,
    check_answer,
    excerpt,
    said_by,
)
from history.settings import HistorySettings
from history.store import StoreError, StoreRefusedError, StoreUnavailableError

PAGE_ROWS = 10_000
"""So many rows an answer: servers that limit them by themselves used to do so from here on."""
ANSWER_BYTES_MAX = 1 << 26

_OK = 200
_NEVER_IN_A_LITERAL = frozenset("\r\0")
_ESCAPED = str.maketrans({"\\": r"\\", "'": r"\'", "\n": r"\n"})
_LATER = re.compile(r"timeout|timed out|max-concurrent-queries|shutdown|closed|killed|interrupted")
_ADVICE = (
    ("max-select", "raise this limit in the server's configuration, or ask for a shorter span"),
    ("not found", "`tagwarden doctor` can create it"),
    ("not authorized", "check `token`, or `username` and `password`"),
    ("", "does it understand InfluxQL? Its log says more"),
)


class Row(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """What is asked for, by name and in this order; `time` is the stamp of the point, in ns."""

    time: int


R = TypeVar("R", bound=Row)


class Points(NamedTuple, Generic[R]):
    """Points of one measurement that meet all conditions; stamps from `since` to before `until`."""

    row: type[R]
    measurement: str
    where: Sequence[str] = ()
    since: int = STAMP_MIN
    until: int = STAMP_MAX + 1


class _Series(msgspec.Struct, Generic[R]):
    columns: list[str]
    values: list[R] = []
    partial: bool = False


class _Result(msgspec.Struct, Generic[R]):
    series: list[_Series[R]] = []
    error: str | None = None
    partial: bool = False


class _Told(msgspec.Struct, Generic[R]):
    results: list[_Result[R]]


class InfluxQuery:
    """Asks one InfluxDB; any thread may, one waits for the other. Raises InfluxClientMissingError.

    An answer that has an error in it, is cut short by the server or is none of InfluxQL raises
    StoreRefusedError where somebody has to see to it, and StoreUnavailableError where the same
    again may work.
    """

    def __init__(self, settings: HistorySettings, transport: InfluxTransport | None = None) -> None:
        self._transport = transport or InfluxTransport(settings)
        self._lock = threading.Lock()
        self._query = {"db": settings.database, "epoch": "ns"}
        if settings.retention_policy:
            self._query["rp"] = settings.retention_policy

    def rows(self, asked: str, row: type[R]) -> list[R]:
        """Return the rows of one SELECT; its columns are the fields of `row`. Raises StoreError."""
        request = Request("GET", "/query", {**self._query, "q": asked}, bytes_max=ANSWER_BYTES_MAX)
        with self._lock:
            answer = self._transport.ask(request)
        if answer.status != _OK:
            raise self._refusal(answer)
        return [each for series in self._series(answer, row) for each in series.values]

    def newest_first(
        self, points: Points[R], grain_ns: int, rows: int, rows_max: int = PAGE_ROWS
    ) -> Iterator[list[R]]:
        """Give points grain by grain, each grain whole: all whose stamps divide to the same.

        `rows` says how many are likely to be wanted. What is asked for at once grows from there
        to `rows_max`, and beyond it only where one grain has more. Raises StoreError.
        """
        until, page = points.until, min(rows + 1, rows_max)
        while points.since < until:
            found = self.rows(_select(points, until, page), points.row)
            grains = [list(each) for _, each in groupby(found, lambda row: row.time // grain_ns)]
            if len(found) < page:
                yield from grains
                return
            yield from grains[:-1]
            page = page * 2 if len(grains) == 1 else min(page * 2, max(page, rows_max))
            until = min(until, (found[-1].time // grain_ns + 1) * grain_ns)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _series(self, answer: Answer, row: type[R]) -> list[_Series[R]]:
        url = self._transport.url
        try:
            told: _Told[R] = _decoder(row).decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _unread(url, answer, error) from None
        for result in told.results:
            if result.error is not None:
                raise _fault(url, result.error)
        found = [series for result in told.results for series in result.series]
        if any(each.partial for each in told.results) or any(each.partial for each in found):
            text = f"{url} gives only a part of its answer: raise `max-row-limit` in its [http]"
            raise StoreRefusedError(text)
        if any(tuple(series.columns) != row.__struct_fields__ for series in found):
            text = f"{url} answers another question than was asked: is this an InfluxDB?"
            raise StoreUnavailableError(text)
        return found

    def _refusal(self, answer: Answer) -> StoreError:
        check_answer(self._transport.url, answer)
        if answer.fault is not None:
            return _fault(self._transport.url, answer.fault)
        text = f"{said_by(self._transport.url, answer)}: is this an InfluxDB?"
        return StoreUnavailableError(text)


@cache
def _decoder(row: type[Row]) -> msgspec.json.Decoder[Any]:
    told: Any = _Told
    return msgspec.json.Decoder(told[row])


def literal(text: str) -> str | None:
    """A text as InfluxQL writes it, quotes included; None for one that it can not write.

    Between quotes it knows an escape for a backslash, a quote and a line feed only. It reads a
    carriage return as a line feed, and a zero as the end of the question. A lone surrogate,
    which is never stored, is the question mark that stands for it.
    """
    if not _NEVER_IN_A_LITERAL.isdisjoint(text):
        return None
    return f"'{text.encode(errors='replace').decode().translate(_ESCAPED)}'"


def tag_equals(tag: str, stored: str) -> str:
    """The condition that a tag has a value, which is one that `stored_name` gave."""
    return f'"{tag}" = {literal(stored)}'


def field_equals(field: str, text: str) -> tuple[str, ...]:
    """The condition that a field has a value; none where InfluxQL can not say it."""
    written = literal(text)
    return () if written is None else (f'"{field}" = {written}',)


def stamps(since: int, until: int) -> tuple[str, str]:
    """The conditions on time; both bounds are always said, the server has its own otherwise."""
    return f"time >= {max(since, STAMP_MIN)}", f"time < {min(until, STAMP_MAX)}"


def _select(points: Points[R], until: int, rows: int) -> str:
    fields = ", ".join(f'"{name}"' for name in points.row.__struct_fields__[1:])
    where = " AND ".join([*points.where, *stamps(points.since, until)])
    order = f"ORDER BY time DESC LIMIT {rows}"
    return f'SELECT {fields} FROM "{points.measurement}" WHERE {where} {order}'  # noqa: S608 - literals


def _fault(url: str, words: str) -> StoreError:
    """The error for what a server says is wrong with a question."""
    said = f"{url} says: {excerpt(words)}"
    if _LATER.search(words):
        return StoreUnavailableError(f"{said}: ask again later, or for a shorter span")
    advice = next(advice for begin, advice in _ADVICE if begin in words)
    return StoreRefusedError(f"{said}: {advice}")


def _unread(url: str, answer: Answer, error: Exception) -> StoreError:
    if answer.fault is not None:
        return _fault(url, answer.fault)
    if isinstance(error, msgspec.ValidationError) and ".values[" in str(error):
        text = f"{url} answers with rows that we did not write ({error}): look at its points"
        return StoreRefusedError(text)
    return StoreUnavailableError(f"{said_by(url, answer)}: is this an InfluxDB?")
