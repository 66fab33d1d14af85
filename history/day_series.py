"""One day of fixes and measurements as questions see it."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from history.day_question import INT64_MAX, INT64_MIN, open_day
from history.sightings import Series, Step
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
# The unit is that of the newest value of a step.
_STEPS = """
WITH steps AS (
    SELECT sensor, quantity, time_ns - ((time_ns % :step_ns) + :step_ns) % :step_ns AS begin_ns,
        count(*) AS number, sum(value) AS total, min(value) AS lowest, max(value) AS highest,
        max(time_ns) AS newest_ns
    FROM names AS sensors
    CROSS JOIN names AS quantities
    CROSS JOIN measurements ON sensor = sensors.id AND quantity = quantities.id
    WHERE sensors.text = :sensor AND quantities.text = :quantity
        AND time_ns >= :since_ns AND time_ns < :until_ns
    GROUP BY begin_ns ORDER BY begin_ns DESC LIMIT :rows
)
SELECT begin_ns, number, total, lowest, highest, units.text
FROM steps
CROSS JOIN measurements AS newest ON newest.sensor = steps.sensor
    AND newest.quantity = steps.quantity AND newest.time_ns = newest_ns
CROSS JOIN names AS units ON units.id = newest.unit
ORDER BY begin_ns DESC
"""


def fixes_of_day(asked: Series, path: Path) -> list[Fix]:
    """Return the fixes of a tracker in one file, newest first. Raises sqlite3.Error."""
    return [Fix(*row) for row in _rows(path, _FIXES, asked)]


def measurements_of_day(asked: Series, path: Path) -> list[Measurement]:
    """Return the values of a sensor in one file, newest first. Raises sqlite3.Error."""
    return [Measurement(*row) for row in _rows(path, _MEASUREMENTS, asked)]


def steps_of_day(asked: Series, step_ns: int, path: Path) -> list[Step]:
    """Return the steps of a sensor in one file, newest first. Raises sqlite3.Error."""
    sensor, quantity = asked.names
    values: dict[str, str | int] = {
        "sensor": sensor,
        "quantity": quantity,
        "step_ns": step_ns,
        "since_ns": max(asked.since_ns, INT64_MIN),
        "until_ns": min(asked.until_ns, INT64_MAX),
        "rows": asked.limit,
    }
    return [Step(*row) for row in _fetched(path, _STEPS, values)]


def _rows(path: Path, statement: str, asked: Series) -> list[sqlite3.Row]:
    since_ns, until_ns = max(asked.since_ns, INT64_MIN), min(asked.until_ns, INT64_MAX)
    return _fetched(path, statement, (*asked.names, since_ns, until_ns, asked.limit))


def _fetched(
    path: Path, statement: str, values: Sequence[str | int] | Mapping[str, str | int]
) -> list[sqlite3.Row]:
    with open_day(path) as reader:
        if reader is None or reader.execute("PRAGMA user_version").fetchone()[0] < SERIES_FORMAT:
            return []
        return list(reader.execute(statement, values))
