"""Tags leave the files of a day: their sightings and fixes are deleted, or go by another name."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import msgspec

_BUSY_TIMEOUT_S = 10.0


def erase_in_day(path: Path, names: Mapping[str, str], *, delete: bool) -> bool:
    """Take names out of one file, whose writer has closed it; whether it held any.

    `names` are the new ones by former ones; with `delete` what was heard and where it was goes.
    The table of names is made anew, so that no page that was split keeps one. Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)) as day:
        asked = msgspec.json.encode(list(names)).decode()
        known = day.execute(
            "SELECT id, text FROM names WHERE text IN (SELECT value FROM json_each(?))", (asked,)
        ).fetchall()
        if not known:
            return False
        day.execute("PRAGMA secure_delete = ON")
        day.execute("BEGIN IMMEDIATE")
        try:
            _erase(day, known, names, delete=delete)
            day.execute("COMMIT")
        except BaseException:
            day.rollback()
            raise
        day.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return True


def _erase(
    day: sqlite3.Connection,
    known: list[tuple[int, str]],
    names: Mapping[str, str],
    *,
    delete: bool,
) -> None:
    numbers = [(number,) for number, _ in known]
    if delete:
        day.executemany("DELETE FROM sightings WHERE tag = ?", numbers)
        if day.execute("SELECT 1 FROM sqlite_master WHERE name = 'fixes'").fetchone():
            day.executemany("DELETE FROM fixes WHERE tag = ?", numbers)
    day.execute("CREATE TABLE names_now (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)")
    # It never stands in the new table: that is written after the old one has lost it.
    day.executemany(
        "UPDATE names SET text = ? WHERE id = ?",
        [(names[text], number) for number, text in known],
    )
    day.execute("INSERT INTO names_now SELECT id, text FROM names ORDER BY id")
    day.execute("DROP TABLE names")
    day.execute("ALTER TABLE names_now RENAME TO names")
