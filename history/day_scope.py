"""One day of sightings, all of them or those of some readers or a tag, as a question sees it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from history.day_question import COLUMNS, INT64_MAX, INT64_MIN, open_day, sighting_of
from history.sightings import Scope, Sighting

_WITHIN = """
WHERE sightings.slot_s BETWEEN :first_s AND :last_s
AND last_ns >= :since_ns AND first_ns < :until_ns
AND (:readers IS NULL OR sightings.reader IN
    (SELECT id FROM names WHERE text IN (SELECT value FROM json_each(:readers))))
"""
_OF_TAG = "AND sightings.tag = (SELECT id FROM names WHERE text = :tag)"
_WALK = f"""{COLUMNS} FROM sightings
CROSS JOIN names AS readers ON readers.id = sightings.reader
CROSS JOIN names AS tags ON tags.id = sightings.tag
{_WITHIN} %s ORDER BY sightings.slot_s"""
_NEWEST = f"SELECT slot_s FROM sightings {_WITHIN} %s ORDER BY slot_s DESC LIMIT 1 OFFSET :room"  # noqa: S608 - constants only
_COUNT = f"SELECT count(*) FROM sightings {_WITHIN} %s"  # noqa: S608 - constants only


def walk_day(path: Path, scope: Scope, slots: range) -> Iterator[Sighting]:
    """Give the sightings of a day, oldest slot first; the file is open meanwhile.

    Raises sqlite3.Error for one that can not be read.
    """
    with open_day(path) as reader:
        if reader is not None:
            yield from map(sighting_of, reader.execute(_of(_WALK, scope), _values(scope, slots)))


def room_left(path: Path, scope: Scope, slots: range, room: int) -> int | None:
    """Return how many sightings more there is room for after this day; None if it is too much."""
    with open_day(path) as reader:
        if reader is None:
            return room
        (count,) = reader.execute(_of(_COUNT, scope), _values(scope, slots)).fetchone()
        return room - count if count <= room else None


def first_without_room(path: Path, scope: Scope, slots: range, room: int) -> int:
    """Return the newest slot, in seconds, at whose sightings the room is used up."""
    with open_day(path) as reader:
        values = {**_values(scope, slots), "room": room}
        row = None if reader is None else reader.execute(_of(_NEWEST, scope), values).fetchone()
        return slots.start if row is None else int(row[0])


def _of(statement: str, scope: Scope) -> str:
    return statement % ("" if scope.tag is None else _OF_TAG)


def _values(scope: Scope, slots: range) -> dict[str, int | str | None]:
    readers = scope.readers
    values: dict[str, int | str | None] = {
        "since_ns": max(scope.since_ns, INT64_MIN),
        "until_ns": min(scope.until_ns, INT64_MAX),
        "first_s": slots.start,
        "last_s": slots[-1],
        "readers": None if readers is None else msgspec.json.encode(readers).decode(),
    }
    return values if scope.tag is None else {**values, "tag": scope.tag}
