"""One day of fixes and measurements as questions see it."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

from history.day_question import INT64_MAX, INT64_MIN, open_day
from tags.reads import Fix, Measurement

SERIES_FORMAT = 2
"""Files of an older format have neither fixes nor measurements."""

_FIXES = """
SELECT tags.text, sources.text, time_ns, arrival_ns, x_m, y_m, lat, lon, accuracy_m
FROM names AS tags
CROSS JOIN fixes ON fixes.tag = tags.id
CROSS JOIN names AS sources ON sources.id = fixes.source
WHERE tags.text = ? AND time_ns >= ? AND time_ns < ? ORDER BY time_ns DESC LIMIT ?
"""
_MEASUREMENTS = """
SELECT sensors.text, quantities.text, value, units.text, time_ns, arrival_ns
FROM names AS sensors
CROSS JOIN names AS quantities
CROSS JOIN measurements ON sensor = sensors.id AND quantity = quantities.id
CROSS JOIN names AS units ON units.id = unit
WHERE sensors.text = ? AND quantities.text = ? AND time_ns >= ? AND time_ns < ?
ORDER BY time_ns DESC LIMIT ?
"""


class Series(NamedTuple):
    """Names (tag, or sensor and quantity), event times half-open, and how many points at most."""

    names: tuple[str, ...]
    since_ns: int
    until_ns: int
    limit: int


def fixes_of_day(asked: Series, path: Path) -> list[Fix]:
    """Return the fixes of a tracker in one file, newest first. Raises sqlite3.Error."""
    return [Fix(*row) for row in _rows(path, _FIXES, asked)]


def measurements_of_day(asked: Series, path: Path) -> list[Measurement]:
    """Return the values of a sensor in one file, newest first. Raises sqlite3.Error."""
    return [Measurement(*row) for row in _rows(path, _MEASUREMENTS, asked)]


def _rows(path: Path, statement: str, asked: Series) -> list[sqlite3.Row]:
    since_ns, until_ns = max(asked.since_ns, INT64_MIN), min(asked.until_ns, INT64_MAX)
    with open_day(path) as reader:
        if reader is None or reader.execute("PRAGMA user_version").fetchone()[0] < SERIES_FORMAT:
            return []
        values = (*asked.names, since_ns, until_ns, asked.limit)
        return list(reader.execute(statement, values))
