"""A day file as the one sees it who ships it elsewhere: slots that were touched, each one whole.

A slot that goes on, or is just over, is left until it has settled. One that is touched again
later is shipped again, as a whole.
"""

import sqlite3
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from history.day_file import OLD_SLOTS, TOUCHED
from history.day_question import COLUMNS, sighting_of
from history.shipments import Lane, Mark
from history.sightings import SLOT_S, SightingBatch
from history.state import one_moment
from tags.reads import Fix, Measurement
from tags.times import SECOND_NS

SETTLE_S = 2
"""A slot is shipped so long after its end: the files follow the journal within a second."""

_BUSY_TIMEOUT_S = 10.0
_AHEAD_S = 60
"""A slot further ahead than this waits for nobody: its clock was wrong."""
_SERIES_FORMAT = 2
_TOUCHED_FORMAT = 3
_SLOT_NS = SLOT_S * SECOND_NS

_BEHIND = "(position, slot_s) > (:number, :slot_s) AND position <= :upto"
_COUNT = f"SELECT count(*), min(slot_s) FROM touched WHERE {_BEHIND}"  # noqa: S608 - constants only
_SLOTS = (
    f"SELECT position, slot_s FROM touched WHERE {_BEHIND} ORDER BY position, slot_s LIMIT :rows"  # noqa: S608 - constants only
)
_UNSETTLED = "SELECT min(position) FROM touched WHERE slot_s BETWEEN ? AND ?"
_SIGHTINGS = f"""{COLUMNS} FROM sightings
CROSS JOIN names AS readers ON readers.id = sightings.reader
CROSS JOIN names AS tags ON tags.id = sightings.tag
WHERE sightings.slot_s = ?
"""
_FIXES = """
SELECT tags.text, sources.text, time_ns, arrival_ns, x_m, y_m, lat, lon, accuracy_m
FROM fixes
CROSS JOIN names AS tags ON tags.id = fixes.tag
CROSS JOIN names AS sources ON sources.id = fixes.source
WHERE time_ns >= ? AND time_ns < ? ORDER BY time_ns, tags.text
"""
_MEASUREMENTS = """
SELECT sensors.text, quantities.text, value, units.text, time_ns, arrival_ns
FROM measurements
CROSS JOIN names AS sensors ON sensors.id = sensor
CROSS JOIN names AS quantities ON quantities.id = quantity
CROSS JOIN names AS units ON units.id = unit
WHERE time_ns >= ? AND time_ns < ? ORDER BY time_ns, sensors.text, quantities.text
"""


class Backlog(NamedTuple):
    """Settled slots of a lane that wait: how many, and when the oldest began (0 without any).

    `upto` is how far the settled ones reach, `head` how far the file does.
    """

    slots: int
    oldest_s: int
    upto: int
    head: int


class Slot(NamedTuple):
    """One slot, whole: when it began, and all that is known of it."""

    slot_s: int
    heard: SightingBatch


class Parcel(NamedTuple):
    """Slots to ship together; once they are, everything up to `after` is."""

    slots: list[Slot]
    after: Mark


class ShippedDay:
    """A day file open for reading; by one thread. Every method may raise sqlite3.Error.

    Of a file of an older format, which has no list of touched slots, one is made in memory.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=ro",
            uri=True,
            timeout=_BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self.format = self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> int:
        found = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if 0 < found < _TOUCHED_FORMAT:
            if found < _SERIES_FORMAT:
                self._connection.execute("CREATE TEMP TABLE fixes (time_ns INTEGER)")
                self._connection.execute("CREATE TEMP TABLE measurements (time_ns INTEGER)")
            self._connection.execute(f"CREATE TEMP {TOUCHED}")
            self._connection.execute(f"INSERT INTO touched {OLD_SLOTS}")
            self._connection.execute("CREATE INDEX touched_by_position ON touched (position)")
        return found

    @property
    def is_outdated(self) -> bool:
        """Whether its writer has made it one of a newer format since it was opened."""
        if self.format == _TOUCHED_FORMAT:
            return False
        return bool(self._connection.execute("PRAGMA user_version").fetchone()[0] != self.format)

    def position(self) -> int:
        """The newest journal position in it."""
        return int(self._connection.execute("SELECT position FROM meta").fetchone()[0])

    def backlog(self, lane: Lane, now_s: int) -> Backlog:
        """What of a lane waits."""
        with one_moment(self._connection):
            values = self._bounds(lane, now_s)
            slots, oldest_s = self._connection.execute(_COUNT, values).fetchone()
            return Backlog(slots, oldest_s or 0, values["upto"], self.position())

    def parcel(self, lane: Lane, now_s: int, sightings_max: int) -> Parcel:
        """The next settled slots of a lane with about so many sightings, at least one slot."""
        with one_moment(self._connection):
            values = self._bounds(lane, now_s)
            # One more than can go shows whether something stays.
            values["rows"] = sightings_max + 1
            rows = self._connection.execute(_SLOTS, values).fetchall()
            slots: list[Slot] = []
            room = sightings_max
            for number, slot_s in rows:
                if room <= 0:
                    break
                slots.append(Slot(slot_s, self._heard(slot_s, number)))
                room -= max(1, len(slots[-1].heard.sightings))
            if len(slots) < len(rows):
                return Parcel(slots, Mark(*rows[len(slots) - 1]))
            upto = values["upto"]
            return Parcel(slots, lane.after if upto < lane.after.number else Mark(upto))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _bounds(self, lane: Lane, now_s: int) -> dict[str, int]:
        first_s = now_s - SLOT_S - SETTLE_S + 1
        unsettled = self._connection.execute(_UNSETTLED, (first_s, now_s + _AHEAD_S)).fetchone()[0]
        upto = self.position() if unsettled is None else unsettled - 1
        number, slot_s = lane.after
        upto = upto if lane.until is None else min(upto, lane.until)
        return {"number": number, "slot_s": slot_s, "upto": upto}

    def _heard(self, slot_s: int, position: int) -> SightingBatch:
        sightings = self._connection.execute(_SIGHTINGS, (slot_s,))
        found = SightingBatch(position, [sighting_of(row) for row in sightings])
        if self.format < _SERIES_FORMAT:
            return found
        span = slot_s * SECOND_NS, slot_s * SECOND_NS + _SLOT_NS
        return SightingBatch(
            position,
            found.sightings,
            [Fix(*row) for row in self._connection.execute(_FIXES, span)],
            [Measurement(*row) for row in self._connection.execute(_MEASUREMENTS, span)],
        )
