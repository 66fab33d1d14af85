"""One day of sightings as questions see it, whether or not its file is being written."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec

from history.sightings import SLOT_S, Sighting, slots_between

_BUSY_TIMEOUT_S = 10.0
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

COLUMNS = """
SELECT sightings.slot_s, tags.text, readers.text, antenna, first_ns, last_ns, reads,
    rssi_dbm_max, rssi_dbm_sum, rssi_reads
"""
_WITHIN = "last_ns >= :since_ns AND first_ns < :until_ns"

OF_TAG = f"""{COLUMNS} FROM names AS tags
CROSS JOIN sightings ON sightings.tag = tags.id
CROSS JOIN names AS readers ON readers.id = sightings.reader
WHERE tags.text = :name AND sightings.slot_s BETWEEN :first_s AND :last_s AND {_WITHIN}
ORDER BY sightings.slot_s DESC, readers.text, antenna LIMIT :rows
"""
# One seek for each slot: cheaper than to walk over what all other readers heard.
AT_READER = f"""
WITH RECURSIVE slots (slot_s) AS (
    SELECT :last_s UNION ALL SELECT slot_s - {SLOT_S} FROM slots WHERE slot_s > :first_s
)
{COLUMNS} FROM names AS readers CROSS JOIN slots
CROSS JOIN sightings ON sightings.slot_s = slots.slot_s AND sightings.reader = readers.id
CROSS JOIN names AS tags ON tags.id = sightings.tag
WHERE readers.text = :name AND {_WITHIN}
ORDER BY sightings.slot_s DESC, antenna, tags.text LIMIT :rows
"""  # noqa: S608 - constants only


class Asked(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A name (of a tag or a reader), event times half-open, and how many sightings at most."""

    name: str
    since_ns: int
    until_ns: int
    limit: int

    @property
    def slots(self) -> range:
        """The slots that the times touch, as the seconds at which they begin."""
        return slots_between(self.since_ns, self.until_ns)


def ask_day(path: Path, statement: str, asked: Asked, slots: range) -> list[Sighting]:
    """Run OF_TAG or AT_READER on one file for the given slots, newest first.

    A file that is not there, or is only just being made, has no sightings.
    Raises sqlite3.Error for one that can not be read.
    """
    values = {
        "name": asked.name,
        "since_ns": max(asked.since_ns, INT64_MIN),
        "until_ns": min(asked.until_ns, INT64_MAX),
        "first_s": slots.start,
        "last_s": slots.stop - SLOT_S,
        "rows": asked.limit,
    }
    with open_day(path) as reader:
        if reader is None:
            return []
        return [sighting_of(row) for row in reader.execute(statement, values)]


def read_position(path: Path) -> int:
    """Return the newest batch in a file. Raises sqlite3.Error for one that can not be read."""
    with open_day(path) as reader:
        return (
            0 if reader is None else int(reader.execute("SELECT position FROM meta").fetchone()[0])
        )


@contextmanager
def open_day(path: Path) -> Generator[sqlite3.Connection | None]:
    """Open a file for reading; None where there is nothing in it yet, or any more."""
    try:
        reader = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=ro",
            uri=True,
            timeout=_BUSY_TIMEOUT_S,
            isolation_level=None,
        )
    except sqlite3.OperationalError:
        if path.exists():
            raise
        yield None
        return
    try:
        yield reader if reader.execute("PRAGMA user_version").fetchone()[0] else None
    finally:
        reader.close()


def sighting_of(
    row: tuple[int, str, str, int, int, int, int, float | None, float, int],
) -> Sighting:
    """The sighting of a row with COLUMNS."""
    slot_s, tag, reader, antenna, first_ns, last_ns, count, strongest, total, with_rssi = row
    return Sighting(
        slot_s=slot_s,
        tag=tag,
        reader=reader,
        antenna=antenna,
        first_ns=first_ns,
        last_ns=last_ns,
        count=count,
        rssi_dbm_max=strongest,
        rssi_dbm_sum=total,
        rssi_reads=with_rssi,
    )
