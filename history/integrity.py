"""Whether every page of a file is as SQLite wrote it."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from history.day_question import open_day
from history.salvage import is_damage


class FileCheck:
    """Reads a whole file, table by table, so that no long look holds up its log. May be stopped."""

    def __init__(self) -> None:
        self._reader: sqlite3.Connection | None = None
        self._stopped = False

    def __call__(self, path: Path) -> str | None:
        """What is wrong first; None if nothing, or if there is no file.

        Raises sqlite3.Error where it can not be told, as when the check was stopped.
        """
        try:
            with open_day(path) as reader:
                self._reader = reader
                return None if reader is None else self._first_fault(reader)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return str(error)
        finally:
            self._reader = None

    def stop(self) -> None:
        """Break off what is being read, and whatever comes next. For any thread."""
        self._stopped = True
        # It may be closed at this very moment.
        with suppress(sqlite3.ProgrammingError):
            if reader := self._reader:
                reader.interrupt()

    def _first_fault(self, reader: sqlite3.Connection) -> str | None:
        tables = reader.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
        ).fetchall()
        for (table,) in tables:
            if self._stopped:
                raise sqlite3.OperationalError("the check was stopped")
            with closing(reader.execute(f"PRAGMA quick_check('{table}')")) as told:
                (text,) = told.fetchone()
            if text != "ok":
                return f"{table}: {text}"
        return None
