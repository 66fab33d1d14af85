"""Recordings: what readers and trackers said, as CSV text.

Reads: `time_ns, reader, antenna, tag, rssi_dbm[, arrival_ns, phase_rad, doppler_hz,
channel]`; positions: `time_ns, source, tag, x_m, y_m | lat, lon[, accuracy_m, z_m,
floor]`. The header names the columns, in any order; rows stand in order of arrival,
and without `arrival_ns` the arrival is the largest time so far.
"""

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from tags.identity import normalise_tag
from tags.reads import Fix, Read

READ_COLUMNS = (
    "time_ns",
    "reader",
    "antenna",
    "tag",
    "rssi_dbm",
    "arrival_ns",
    "phase_rad",
    "doppler_hz",
    "channel",
)
_READ_REQUIRED = READ_COLUMNS[:5]
_FIX_REQUIRED = ("time_ns", "source", "tag")
_FIX_PLACES = (("x_m", "y_m"), ("lat", "lon"))
_FIX_OPTIONAL = ("arrival_ns", "accuracy_m", "z_m", "floor")
_TIME_NS_END = 1 << 63
_RSSI_DBM_RANGE = (-120.0, 20.0)
_LIMITS = {"x_m": 1e7, "y_m": 1e7, "lat": 90.0, "lon": 180.0, "accuracy_m": 1e7, "z_m": 1e7}

Row = dict[str, str]
_T = TypeVar("_T")


class RecordingError(ValueError):
    """A recording is wrong; the text begins with `FILE:LINE:`."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line


OnBad = Callable[[RecordingError], None]


def parse_reads(lines: Iterable[str], file: str, on_bad: OnBad | None = None) -> Iterator[Read]:
    """Yield the reads of a recording.

    A wrong header raises RecordingError at the first step. A bad row raises it
    too, or goes to `on_bad` where that is given, and the rest is still read.
    """
    table = _Table(lines, file)
    table.check(_READ_REQUIRED, READ_COLUMNS)
    return table.rows(_read, on_bad)


def parse_fixes(lines: Iterable[str], file: str, on_bad: OnBad | None = None) -> Iterator[Fix]:
    """Yield the positions of a recording; errors as in `parse_reads`."""
    table = _Table(lines, file)
    table.check_places()
    return table.rows(_fix, on_bad)


def parse_recording(
    lines: Iterable[str],
    file: str,
    on_bad: OnBad | None = None,
) -> Iterator[Read] | Iterator[Fix]:
    """Read either kind: a header with `source` is one of positions."""
    table = _Table(lines, file)
    if "source" in table.columns:
        table.check_places()
        return table.rows(_fix, on_bad)
    table.check(_READ_REQUIRED, READ_COLUMNS)
    return table.rows(_read, on_bad)


def format_reads(reads: Iterable[Read]) -> Iterator[str]:
    """Yield the lines of a recording, the header first; `parse_reads` gives the reads back.

    All but `count`, for which a recording has no column.
    """
    yield _line(READ_COLUMNS)
    for read in reads:
        yield _line([_cell(getattr(read, column)) for column in READ_COLUMNS])


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


class _Table:
    """A CSV text with its header read. A row is one line: a quote left open ends with it."""

    def __init__(self, lines: Iterable[str], file: str) -> None:
        self._file = file
        self._lines = enumerate(lines, 1)
        self._line = 1
        header = next(self._lines, None)
        if header is None:
            raise self.error("the file is empty")
        try:
            self.columns = _cells(header[1].removeprefix("\ufeff"))
        except ValueError as error:
            raise self.error(str(error)) from error
        self.newest_ns = 0

    def error(self, message: str) -> RecordingError:
        """Return an error at the line that was read last."""
        return RecordingError(self._file, self._line, message)

    def check(self, required: Sequence[str], known: Sequence[str]) -> None:
        """Raise RecordingError for a missing, unknown or repeated column."""
        for column in required:
            if column not in self.columns:
                raise self.error(f"column {column} is missing")
        for at, column in enumerate(self.columns):
            if column not in known:
                raise self.error(f"unknown column {column!r} (known: {', '.join(known)})")
            if column in self.columns[:at]:
                raise self.error(f"column {column} stands twice")

    def check_places(self) -> None:
        """Check the header of a recording of positions."""
        known = (*_FIX_REQUIRED, *_FIX_PLACES[0], *_FIX_PLACES[1], *_FIX_OPTIONAL)
        self.check(_FIX_REQUIRED, known)
        complete = [place for place in _FIX_PLACES if set(place) <= set(self.columns)]
        given = [column for place in _FIX_PLACES for column in place if column in self.columns]
        if not complete or len(given) != 2 * len(complete):
            raise self.error("columns x_m and y_m, or lat and lon, are needed in pairs")

    def rows(self, parse: Callable[["_Table", Row], _T], on_bad: OnBad | None) -> Iterator[_T]:
        """Yield what `parse` makes of each row; a ValueError of it is a bad row."""
        while True:
            try:
                row = self._next()
                if row is None:
                    return
                value = parse(self, row)
            except ValueError as error:
                if on_bad is None:
                    raise self.error(str(error)) from error
                on_bad(self.error(str(error)))
            else:
                yield value

    def _next(self) -> Row | None:
        cells: list[str] = []
        while not cells:
            line = next(self._lines, None)
            if line is None:
                return None
            self._line = line[0]
            cells = _cells(line[1])
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} values for {len(self.columns)} columns")
        return dict(zip(self.columns, cells, strict=True))

    def arrival_ns(self, row: Row, time_ns: int) -> int:
        """Return when the row arrived; where it does not say, the largest time so far."""
        stated = row.get("arrival_ns", "")
        arrival_ns = _time(stated, "arrival_ns") if stated else max(self.newest_ns, time_ns)
        self.newest_ns = max(self.newest_ns, time_ns)
        return arrival_ns


def _cells(line: str) -> list[str]:
    """Split a line; a blank one has no cells. Raises ValueError."""
    line = line.strip()
    if not line:
        return []
    try:
        cells = line.split(",") if '"' not in line else next(csv.reader((line,), strict=True))
    except csv.Error as error:
        is_open = "unexpected end of data" in str(error)
        text = "a quote is opened and not closed" if is_open else str(error)
        raise ValueError(text) from error
    return [cell.strip() for cell in cells]


def _read(table: _Table, row: Row) -> Read:
    time_ns = _time(row["time_ns"], "time_ns")
    tag, reader, antenna = normalise_tag(row["tag"]), _name(row, "reader"), _whole(row, "antenna")
    if antenna is None or antenna < 1:
        raise ValueError("antenna must be 1 or more")
    rssi_dbm, phase_rad = _rssi_dbm(row["rssi_dbm"]), _number(row, "phase_rad")
    doppler_hz, channel = _number(row, "doppler_hz"), _whole(row, "channel")
    arrival_ns = table.arrival_ns(row, time_ns)
    return Read(
        tag,
        reader,
        antenna,
        time_ns,
        arrival_ns,
        rssi_dbm,
        phase_rad=phase_rad,
        doppler_hz=doppler_hz,
        channel=channel,
    )


def _fix(table: _Table, row: Row) -> Fix:
    time_ns = _time(row["time_ns"], "time_ns")
    tag, source = normalise_tag(row["tag"]), _name(row, "source")
    values = {column: _number(row, column) for column in _LIMITS}
    for column, limit in _LIMITS.items():
        if abs(values[column] or 0.0) > limit:
            raise ValueError(f"{column} {row[column]} is out of range")
    if not any(values[x] is not None and values[y] is not None for x, y in _FIX_PLACES):
        raise ValueError("a position needs x_m and y_m, or lat and lon")
    arrival_ns = table.arrival_ns(row, time_ns)
    return Fix(tag, source, time_ns, arrival_ns, **values, floor=row.get("floor") or None)


def _time(text: str, column: str) -> int:
    try:
        time_ns = int(text)
    except ValueError:
        raise ValueError(f"{column} {text!r} is no whole number") from None
    if not 0 < time_ns < _TIME_NS_END:
        raise ValueError(f"{column} {text} is out of range")
    return time_ns


def _name(row: Row, column: str) -> str:
    if not row[column]:
        raise ValueError(f"{column} is empty")
    return row[column]


def _whole(row: Row, column: str) -> int | None:
    text = row.get(column, "")
    try:
        return int(text) if text else None
    except ValueError:
        raise ValueError(f"{column} {text!r} is no whole number") from None


def _number(row: Row, column: str) -> float | None:
    text = row.get(column, "")
    try:
        number = float(text) if text else None
    except ValueError:
        number = math.nan
    if number is not None and not math.isfinite(number):
        raise ValueError(f"{column} {text!r} is no number")
    return number


def _rssi_dbm(text: str) -> float | None:
    try:
        rssi_dbm = float(text) if text else None
    except ValueError:
        raise ValueError(f"rssi_dbm {text!r} is no number") from None
    low, high = _RSSI_DBM_RANGE
    return rssi_dbm if rssi_dbm is not None and low <= rssi_dbm <= high else None
