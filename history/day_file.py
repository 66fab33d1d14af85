"""One day of sightings in one SQLite file, as its one writer has it."""

import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from history.sightings import SLOT_S, Sighting, SightingBatch, merge_sightings
from history.state import StateTooNewError
from tags.reads import Fix, Measurement
from tags.times import SECOND_NS

_FORMAT = 3
"""2 added fixes and measurements, 3 which slots were touched by what."""
_SLOT_NS = SLOT_S * SECOND_NS
_BUSY_TIMEOUT_S = 10.0
_NAMES_CACHED_MAX = 65_536

# The key begins with the slot, so that writing stays within the few pages of the newest slots.
_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE meta (position INTEGER NOT NULL);
INSERT INTO meta VALUES (0);
CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE sightings (
    slot_s       INTEGER NOT NULL,
    reader       INTEGER NOT NULL,
    antenna      INTEGER NOT NULL,
    tag          INTEGER NOT NULL,
    first_ns     INTEGER NOT NULL,
    last_ns      INTEGER NOT NULL,
    reads        INTEGER NOT NULL,
    rssi_dbm_max REAL,
    rssi_dbm_sum REAL NOT NULL,
    rssi_reads   INTEGER NOT NULL,
    PRIMARY KEY (slot_s, reader, antenna, tag)
) WITHOUT ROWID;
CREATE INDEX sightings_by_tag ON sightings (tag, slot_s);
PRAGMA user_version = 1;
COMMIT;
"""
_SCHEMA_2 = """
BEGIN IMMEDIATE;
CREATE TABLE fixes (
    tag        INTEGER NOT NULL,
    time_ns    INTEGER NOT NULL,
    source     INTEGER NOT NULL,
    arrival_ns INTEGER NOT NULL,
    x_m        REAL,
    y_m        REAL,
    lat        REAL,
    lon        REAL,
    accuracy_m REAL,
    PRIMARY KEY (tag, time_ns)
) WITHOUT ROWID;
CREATE TABLE measurements (
    sensor     INTEGER NOT NULL,
    quantity   INTEGER NOT NULL,
    time_ns    INTEGER NOT NULL,
    arrival_ns INTEGER NOT NULL,
    value      REAL NOT NULL,
    unit       INTEGER NOT NULL,
    PRIMARY KEY (sensor, quantity, time_ns)
) WITHOUT ROWID;
PRAGMA user_version = 2;
COMMIT;
"""
# What was there before is touched by negative positions, one for each slot in their order, so that
# it can be shipped as well. One seek for each slot: cheaper than to walk over the sightings.
OLD_SLOTS = f"""
WITH RECURSIVE heard (slot_s) AS (
    SELECT min(slot_s) FROM sightings
    UNION ALL
    SELECT (SELECT min(slot_s) FROM sightings WHERE slot_s > heard.slot_s)
    FROM heard WHERE heard.slot_s IS NOT NULL
)
SELECT slot_s, slot_s % 86400 - 86400 FROM (
    SELECT slot_s FROM heard WHERE slot_s IS NOT NULL
    UNION SELECT time_ns / {_SLOT_NS} * {SLOT_S} FROM fixes
    UNION SELECT time_ns / {_SLOT_NS} * {SLOT_S} FROM measurements
)
"""  # noqa: S608 - constants only
TOUCHED = "TABLE touched (slot_s INTEGER PRIMARY KEY, position INTEGER NOT NULL)"
_SCHEMA_3 = f"""
BEGIN IMMEDIATE;
CREATE {TOUCHED};
INSERT INTO touched {OLD_SLOTS};
CREATE INDEX touched_by_position ON touched (position);
CREATE INDEX fixes_by_time ON fixes (time_ns);
CREATE INDEX measurements_by_time ON measurements (time_ns);
PRAGMA user_version = 3;
COMMIT;
"""
_TOUCH = "INSERT OR REPLACE INTO touched VALUES (?, ?)"
_ADD_FIX = "INSERT OR REPLACE INTO fixes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD_MEASUREMENT = "INSERT OR REPLACE INTO measurements VALUES (?, ?, ?, ?, ?, ?)"
_PUT = "INSERT OR REPLACE INTO sightings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADD = """
INSERT INTO sightings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (slot_s, reader, antenna, tag) DO UPDATE SET
    first_ns = min(first_ns, excluded.first_ns),
    last_ns = max(last_ns, excluded.last_ns),
    reads = reads + excluded.reads,
    rssi_dbm_max = max(coalesce(rssi_dbm_max, excluded.rssi_dbm_max),
                       coalesce(excluded.rssi_dbm_max, rssi_dbm_max)),
    rssi_dbm_sum = rssi_dbm_sum + excluded.rssi_dbm_sum,
    rssi_reads = rssi_reads + excluded.rssi_reads
"""


class DayFile:
    """The writer's side: adds batches, each exactly once, in one transaction per call.

    `position` is the newest batch that is in the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: dict[str, int] = {}
        self._dirty = True
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(
            path,
            timeout=_BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self.position = self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def add(self, batches: Sequence[SightingBatch]) -> None:
        """Add the batches that the file has not had; all of them or, with an error, none."""
        fresh = [batch for batch in batches if batch.position > self.position]
        if not fresh:
            return
        sightings = merge_sightings(each for batch in fresh for each in batch.sightings)
        self._write(_ADD, sightings, fresh)

    def put(self, batches: Sequence[SightingBatch]) -> None:
        """Take slots as they are told, whole, in place of what the file has; all or none.

        Nothing is skipped: the same again changes nothing. A file is filled by `add` or by this.
        """
        if batches:
            sightings = [each for batch in batches for each in batch.sightings]
            self._write(_PUT, sightings, batches)

    def _write(
        self, statement: str, sightings: Sequence[Sighting], batches: Sequence[SightingBatch]
    ) -> None:
        fixes = [each for batch in batches for each in batch.fixes]
        measurements = [each for batch in batches for each in batch.measurements]
        position = max(self.position, *(batch.position for batch in batches))
        with self._transaction():
            self._number(_names_in(sightings, fixes, measurements))
            self._connection.executemany(statement, map(self._row, sightings))
            self._connection.executemany(_ADD_FIX, map(self._fix_row, fixes))
            self._connection.executemany(_ADD_MEASUREMENT, map(self._value_row, measurements))
            self._touch(_slots_of(sightings, fixes, measurements), position)
        self.position = position

    def sync(self) -> None:
        """Bring what was committed to the disk; SQLite itself does so at checkpoints only."""
        if not self._dirty:
            return
        for path in (Path(f"{self._path}-wal"), self._path.parent):
            try:
                descriptor = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                continue
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        self._dirty = False

    def close(self) -> None:
        """Sync and close."""
        try:
            self.sync()
        finally:
            self._connection.close()

    def _prepare(self) -> int:
        found = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if found > _FORMAT:
            raise StateTooNewError(self._path, found, _FORMAT)
        self._connection.execute("PRAGMA journal_mode = WAL")
        # What a power cut takes is still in the journal, see `sync`.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        for version, schema in ((0, _SCHEMA), (1, _SCHEMA_2), (2, _SCHEMA_3)):
            if found <= version:
                self._connection.executescript(schema)
        return int(self._connection.execute("SELECT position FROM meta").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._dirty = True
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # Numbers of names that were given in this transaction are void.
            self._names.clear()
            if self._connection.in_transaction:
                self._connection.rollback()
            raise

    def _touch(self, slots: set[int], position: int) -> None:
        """Note which slots changed, and how far the file is."""
        self._connection.executemany(_TOUCH, [(slot_s, position) for slot_s in sorted(slots)])
        self._connection.execute("UPDATE meta SET position = ?", (position,))

    def _number(self, names: set[str]) -> None:
        """Give each name its number in this file; the cache then holds them all."""
        if len(self._names) > _NAMES_CACHED_MAX:
            self._names.clear()
        missing = sorted(names.difference(self._names))
        if not missing:
            return
        self._connection.executemany(
            "INSERT INTO names (text) VALUES (?) ON CONFLICT DO NOTHING",
            [(name,) for name in missing],
        )
        rows = self._connection.execute(
            "SELECT text, id FROM names WHERE text IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(missing).decode(),),
        )
        self._names.update(rows.fetchall())

    def _fix_row(self, fix: Fix) -> tuple[int | float | None, ...]:
        return (
            self._names[fix.tag],
            fix.time_ns,
            self._names[fix.source],
            fix.arrival_ns,
            fix.x_m,
            fix.y_m,
            fix.lat,
            fix.lon,
            fix.accuracy_m,
        )

    def _value_row(self, each: Measurement) -> tuple[int | float, ...]:
        return (
            self._names[each.sensor],
            self._names[each.quantity],
            each.time_ns,
            each.arrival_ns,
            each.value,
            self._names[each.unit],
        )

    def _row(self, sighting: Sighting) -> tuple[int | float | None, ...]:
        return (
            sighting.slot_s,
            self._names[sighting.reader],
            sighting.antenna,
            self._names[sighting.tag],
            sighting.first_ns,
            sighting.last_ns,
            sighting.count,
            sighting.rssi_dbm_max,
            sighting.rssi_dbm_sum,
            sighting.rssi_reads,
        )


def _names_in(
    sightings: Sequence[Sighting],
    fixes: Sequence[Fix],
    measurements: Sequence[Measurement],
) -> set[str]:
    names = {name for each in sightings for name in (each.tag, each.reader)}
    names.update(name for each in fixes for name in (each.tag, each.source))
    names.update(name for each in measurements for name in (each.sensor, each.quantity, each.unit))
    return names


def _slots_of(
    sightings: Sequence[Sighting],
    fixes: Sequence[Fix],
    measurements: Sequence[Measurement],
) -> set[int]:
    """The slots that these lie in, as the seconds at which they begin."""
    slots = {each.slot_s for each in sightings}
    slots.update(each.time_ns // _SLOT_NS * SLOT_S for each in fixes)
    slots.update(each.time_ns // _SLOT_NS * SLOT_S for each in measurements)
    return slots
