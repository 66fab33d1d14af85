"""What is kept, row by row, for other programs: columns with their units, and rows in order.

Rows are read in blocks, each of one moment, so that an export of any length neither fills the
memory nor holds up the gateway that writes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from alerts.alert import Alert
from alerts.shown import alert_json
from history.day_question import INT64_MAX, INT64_MIN, open_day
from history.day_series import SERIES_FORMAT
from history.state import open_reader

BLOCK = 5_000

ColumnKind = Literal["text", "name", "time", "int", "real", "flag", "json"]
"""`name` is a text of which there are few; `time` counts nanoseconds since the Unix epoch."""

Value = str | int | float | None
Row = tuple[Value, ...]


class Column(NamedTuple):
    """One column: its name, what is in it, and in which unit."""

    name: str
    kind: ColumnKind
    unit: str = ""


class Span(NamedTuple):
    """Times half-open, in nanoseconds; None is open."""

    since_ns: int | None = None
    until_ns: int | None = None

    @property
    def bounds(self) -> tuple[int, int]:
        """Both ends, as SQLite can hold them."""
        since_ns = INT64_MIN if self.since_ns is None else self.since_ns
        until_ns = INT64_MAX if self.until_ns is None else self.until_ns
        return max(since_ns, INT64_MIN), min(until_ns, INT64_MAX)


ALWAYS = Span()


class DayKind(NamedTuple):
    """A kind that lies in the day files: its columns, and its SQL with `?` twice for a span."""

    columns: tuple[Column, ...]
    select: str
    table: str


class StateKind(NamedTuple):
    """A kind that lies in `state.db`. `key` rises by commit; a span bounds `time`."""

    columns: tuple[Column, ...]
    select: str
    table: str
    key: str
    time: str


_SIGHTINGS = DayKind(
    (
        Column("tag", "name"),
        Column("reader", "name"),
        Column("antenna", "int"),
        Column("first", "time"),
        Column("last", "time"),
        Column("reads", "int"),
        Column("rssi_max", "real", "dBm"),
        Column("rssi_sum", "real", "dBm"),
        Column("rssi_reads", "int"),
    ),
    "SELECT tags.text, readers.text, antenna, first_ns, last_ns, reads, rssi_dbm_max,"
    " rssi_dbm_sum, rssi_reads FROM names AS tags CROSS JOIN sightings ON tag = tags.id"
    " CROSS JOIN names AS readers ON readers.id = reader"
    " WHERE last_ns >= ? AND first_ns < ? ORDER BY tags.text, slot_s, first_ns",
    "sightings",
)
_POSITIONS = DayKind(
    (
        Column("tag", "name"),
        Column("source", "name"),
        Column("time", "time"),
        Column("arrival", "time"),
        Column("x", "real", "m"),
        Column("y", "real", "m"),
        Column("lat", "real", "degree"),
        Column("lon", "real", "degree"),
        Column("accuracy", "real", "m"),
    ),
    "SELECT tags.text, sources.text, time_ns, arrival_ns, x_m, y_m, lat, lon, accuracy_m"
    " FROM names AS tags CROSS JOIN fixes ON tag = tags.id"
    " CROSS JOIN names AS sources ON sources.id = source"
    " WHERE time_ns >= ? AND time_ns < ? ORDER BY tags.text, time_ns",
    "fixes",
)
_MEASUREMENTS = DayKind(
    (
        Column("sensor", "name"),
        Column("quantity", "name"),
        Column("time", "time"),
        Column("arrival", "time"),
        Column("value", "real"),
        Column("unit", "name"),
    ),
    "SELECT sensors.text, quantities.text, time_ns, arrival_ns, value, units.text"
    " FROM names AS sensors CROSS JOIN measurements ON sensor = sensors.id"
    " CROSS JOIN names AS quantities ON quantities.id = quantity"
    " CROSS JOIN names AS units ON units.id = unit"
    " WHERE time_ns >= ? AND time_ns < ? ORDER BY sensors.text, quantities.text, time_ns",
    "measurements",
)
DAY_KINDS = {"sightings": _SIGHTINGS, "positions": _POSITIONS, "measurements": _MEASUREMENTS}

_DECIDED = (Column("time", "time"), Column("decided", "time"), Column("tag", "name"))
STATE_KINDS = {
    "movements": StateKind(
        (
            Column("seq", "int"),
            Column("id", "text"),
            *_DECIDED,
            Column("asset", "name"),
            Column("kind", "name"),
            Column("from", "name"),
            Column("to", "name"),
            Column("operation", "name"),
            Column("late", "flag"),
            Column("confidence", "real"),
        ),
        "seq, id, time_ns, decided_ns, tag, asset, kind, from_zone, to_zone, operation, late,"
        " confidence",
        "movements",
        "seq",
        "time_ns",
    ),
    "crossings": StateKind(
        (
            Column("seq", "int"),
            Column("id", "text"),
            *_DECIDED,
            Column("asset", "name"),
            Column("portal", "name"),
            Column("direction", "name"),
            Column("confidence", "real"),
            Column("late", "flag"),
        ),
        "seq, id, time_ns, decided_ns, tag, asset, portal, direction, confidence, late",
        "crossings",
        "seq",
        "time_ns",
    ),
    "visits": StateKind(
        (
            Column("id", "int"),
            Column("tag", "name"),
            Column("asset", "name"),
            Column("zone", "name"),
            Column("from", "time"),
            Column("to", "time"),
            Column("ended", "name"),
        ),
        "id, tag, asset, zone, from_ns, to_ns, ended",
        "visits",
        "id",
        "from_ns",
    ),
    "alerts": StateKind(
        (
            Column("seq", "int"),
            Column("id", "text"),
            Column("rule", "name"),
            Column("severity", "name"),
            Column("state", "name"),
            Column("asset", "name"),
            Column("tag", "name"),
            Column("time", "time"),
            Column("alert", "json"),
        ),
        "raised_seq, id, rule, severity, state, asset, tag, time_ns, record",
        "alerts",
        "raised_seq",
        "time_ns",
    ),
    "audit": StateKind(
        (
            Column("number", "int"),
            Column("seq", "int"),
            Column("time", "time"),
            Column("actor", "name"),
            Column("action", "name"),
            Column("target", "text"),
            Column("why", "text"),
            Column("detail", "json"),
            Column("hash", "text"),
        ),
        "number, seq, at_ns, actor, action, target, why, detail, lower(hex(hash))",
        "audit",
        "number",
        "at_ns",
    ),
}

_decode_alert = msgspec.msgpack.Decoder(Alert).decode


def columns_of(kind: str) -> tuple[Column, ...]:
    """The columns of a kind. Raises KeyError for `assets`, which have a CSV of their own."""
    found: DayKind | StateKind = DAY_KINDS[kind] if kind in DAY_KINDS else STATE_KINDS[kind]
    return found.columns


def rows_of_day(path: Path, kind: str, span: Span = ALWAYS) -> Iterator[Row]:
    """All of one kind in one day file, by tag or sensor and then by time.

    Raises sqlite3.Error for a file that can not be read.
    """
    with open_day(path) as reader:
        if reader is None or not _has(reader, kind):
            return
        yield from reader.execute(DAY_KINDS[kind].select, span.bounds)


def count_of_day(path: Path, kind: str) -> int:
    """How many rows a day file has of a kind. Raises sqlite3.Error."""
    with open_day(path) as reader:
        if reader is None or not _has(reader, kind):
            return 0
        (count,) = reader.execute(f"SELECT count(*) FROM {DAY_KINDS[kind].table}").fetchone()  # noqa: S608 - our own names
        return int(count)


def _has(reader: sqlite3.Connection, kind: str) -> bool:
    (version,) = reader.execute("PRAGMA user_version").fetchone()
    return kind == "sightings" or version >= SERIES_FORMAT


def rows_of_state(state: Path, kind: str, span: Span = ALWAYS) -> Iterator[Row]:
    """All of one kind in `state.db` up to now, in order of commit. Raises sqlite3.Error."""
    asked = STATE_KINDS[kind]
    statement = (
        f"SELECT {asked.select} FROM {asked.table} WHERE {asked.key} > ? AND {asked.key} <= ?"  # noqa: S608 - our own names
        f" AND {asked.time} >= ? AND {asked.time} < ? ORDER BY {asked.key} LIMIT {BLOCK}"
    )
    with closing(open_reader(state)) as reader:
        reader.row_factory = None
        last = _last_key(reader, asked)
        after = 0
        while rows := reader.execute(statement, (after, last, *span.bounds)).fetchall():
            after = rows[-1][0]
            yield from map(_alert_row, rows) if kind == "alerts" else rows


def count_of_state(state: Path, kind: str) -> int:
    """How many rows there are of a kind, whatever their time. Raises sqlite3.Error."""
    with closing(open_reader(state)) as reader:
        table = STATE_KINDS[kind].table
        (count,) = tuple(reader.execute(f"SELECT count(*) FROM {table}").fetchone())  # noqa: S608 - our own names
        return int(count)


def _last_key(reader: sqlite3.Connection, asked: StateKind) -> int:
    (last,) = reader.execute(f"SELECT max({asked.key}) FROM {asked.table}").fetchone()  # noqa: S608 - our own names
    return int(last or 0)


def _alert_row(row: tuple[Any, ...]) -> Row:
    """The row of an alert, its record as JSON like HTTP shows it."""
    *plain, record = row
    shown = msgspec.json.encode(alert_json(_decode_alert(record), seq=row[0]))
    return (*plain, shown.decode())
