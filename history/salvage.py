"""Copies what can still be read out of a damaged SQLite file into a new one.

A page that is damaged stops a walk through its table. So each table is walked from both ends,
and what lies between the places where the walks stopped is cut in halves, the largest piece
first, and walked again. The damaged file is opened for reading only.
"""

import heapq
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

ROWS_A_WRITE = 2_000
PIECES_MAX = 2_000
"""So many pieces of a table are tried; behind that, what is left of it is given up."""
_TYPES: dict[str, tuple[type, ...]] = {
    "INTEGER": (int,),
    "REAL": (float, int),
    "TEXT": (str,),
    "BLOB": (bytes,),
}
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_KEY_MAX = 1 << 62


class Salvaged(NamedTuple):
    """How many rows of each table were copied, and the tables of which something was not."""

    rows: dict[str, int]
    torn: tuple[str, ...]

    def __str__(self) -> str:
        """For people: all figures, and what is torn."""
        rows = ", ".join(f"{number} {table}" for table, number in self.rows.items() if number)
        torn = f"; parts of {', '.join(self.torn)} are lost" if self.torn else ""
        return f"{rows or 'nothing'}{torn}"


class SalvageStoppedError(Exception):
    """The salvage was asked to stop, or took longer than it may."""


Go = Callable[[], bool]
"""Asked every now and then whether to go on."""


def within(duration_s: float) -> Go:
    """Go on for so long."""
    end_s = time.monotonic() + duration_s
    return lambda: time.monotonic() < end_s


def go_or_stop(go: Go) -> None:
    """Raise SalvageStoppedError where it is time to stop."""
    if not go():
        raise SalvageStoppedError


def is_damage(error: sqlite3.Error) -> bool:
    """Tell a file that can not be read from a disk that is full or busy."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGED


def open_damaged(path: Path) -> sqlite3.Connection:
    """Open a file for reading that may be shorter than it says, and whose texts may be torn.

    As long as it is open, no other connection that closes moves the log into the file.
    """
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = _torn_text
    # Without it SQLite refuses a file of which the end is missing altogether.
    connection.execute("PRAGMA writable_schema = ON")
    return connection


def _torn_text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def salvage(
    damaged: sqlite3.Connection,
    into: sqlite3.Connection,
    tables: Iterable[str],
    go: Go = lambda: True,
) -> Salvaged:
    """Copy the rows of tables that both files have; rows that are there already stay.

    All of it in the caller's transaction of `into`. Raises sqlite3.Error where `into` does not
    take them, and SalvageStoppedError.
    """
    rows: dict[str, int] = {}
    torn: list[str] = []
    for table in tables:
        if not _TableCopy(damaged, into, table, go).run():
            torn.append(table)
        (rows[table],) = into.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of our own tables
    return Salvaged(rows, tuple(torn))


def tables_of(connection: sqlite3.Connection) -> list[str]:
    """The tables of a file, by name. Raises sqlite3.Error."""
    return [
        str(name)
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%'"
            " ESCAPE '\\' ORDER BY rowid",
        )
    ]


class _Column(NamedTuple):
    name: str
    types: tuple[type, ...]
    key: int


class _TableCopy:
    """The copy of one table."""

    def __init__(
        self, damaged: sqlite3.Connection, into: sqlite3.Connection, table: str, go: Go
    ) -> None:
        self._damaged, self._into, self._table, self._go = damaged, into, table, go
        self._columns = _columns_in(into, table)
        self._shapes: dict[tuple[type, ...], bool] = {}
        self._spoiled = False
        keys = sorted((each.key, each.name) for each in self._columns if each.key)
        keyed_by_row = _is_keyed_by_row(into, table)
        self._order = ["rowid"] if keyed_by_row else [name for _, name in keys]
        kinds = {each.name: each.types for each in self._columns}
        self._by_number = keyed_by_row or kinds[self._order[0]] == (int,)

    def run(self) -> bool:
        """Copy; whether the table was whole."""
        try:
            had = {each.name for each in _columns_in(self._damaged, self._table)}
        except sqlite3.DatabaseError as error:
            _require_damage(error)
            return False
        self._columns = [each for each in self._columns if each.name in had]
        if not self._columns:
            # An older file did not have this table yet.
            return True
        whole = self._walk_pieces() if self._by_number else self._walk_both_ways()
        return whole and not self._spoiled

    def _walk_both_ways(self) -> bool:
        whole, _ = self._walk("", (), down=False)
        if not whole:
            self._walk("", (), down=True)
        return whole

    def _walk_pieces(self) -> bool:
        """Walk the whole range of keys, then pieces of what could not be walked."""
        pieces = [(-_KEY_MAX, 0, _KEY_MAX)]
        key, whole = self._order[0], True
        for _ in range(PIECES_MAX):
            if not pieces:
                return whole
            _, low, high = heapq.heappop(pieces)
            where = f"WHERE {key} BETWEEN ? AND ?"
            done, reached = self._walk(where, (low, high), down=False)
            if done:
                continue
            whole = False
            low = low if reached is None else max(low, reached)
            _, reached = self._walk(where, (low, high), down=True)
            high = high if reached is None else min(high, reached)
            for piece in _halves(low, high):
                heapq.heappush(pieces, (piece[0] - piece[1], *piece))
        return False

    def _walk(self, where: str, values: tuple[int, ...], *, down: bool) -> tuple[bool, int | None]:
        """Copy from one end on as far as it goes; whether that was all, and the last key."""
        names = ", ".join((self._order[0], *(each.name for each in self._columns)))
        order = ", ".join(f"{name} {'DESC' if down else 'ASC'}" for name in self._order)
        statement = f"SELECT {names} FROM {self._table} {where} ORDER BY {order}"  # noqa: S608 - names of our own tables
        block: list[tuple[object, ...]] = []
        reached = None
        try:
            for row in self._damaged.execute(statement, values):
                block.append(row)
                if len(block) == ROWS_A_WRITE:
                    reached = self._write(block)
        except sqlite3.DatabaseError as error:
            _require_damage(error)
            return False, self._write(block) if block else reached
        return True, self._write(block) if block else reached

    def _write(self, block: list[tuple[object, ...]]) -> int | None:
        """Write rows and forget them; the key of the last one."""
        go_or_stop(self._go)
        names = ", ".join(each.name for each in self._columns)
        marks = ", ".join("?" * len(self._columns))
        fitting = [row[1:] for row in block if self._fits(row[1:])]
        self._spoiled |= len(fitting) < len(block)
        self._into.executemany(
            f"INSERT OR IGNORE INTO {self._table} ({names}) VALUES ({marks})",  # noqa: S608 - as above
            fitting,
        )
        key = block[-1][0]
        block.clear()
        return key if isinstance(key, int) else None

    def _fits(self, row: Sequence[object]) -> bool:
        """Whether each value is of the kind that its column holds."""
        shape = tuple(map(type, row))
        fits = self._shapes.get(shape)
        if fits is None:
            fits = self._shapes[shape] = all(
                kind is type(None) or kind in column.types or not column.types
                for kind, column in zip(shape, self._columns, strict=True)
            )
        return fits


def _columns_in(connection: sqlite3.Connection, table: str) -> list[_Column]:
    """Name, types and place in the key of each column that is stored."""
    return [
        _Column(name, () if table == "marks" else _TYPES[kind], key)
        for _, name, kind, _, _, key in connection.execute(f"PRAGMA table_info({table})")
    ]


def _is_keyed_by_row(connection: sqlite3.Connection, table: str) -> bool:
    (text,) = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)
    ).fetchone()
    return "WITHOUT ROWID" not in text


def _halves(low: int, high: int) -> list[tuple[int, int]]:
    """What to try after a walk from either end stopped at `low` and `high`.

    Both keys again by themselves, since more rows of theirs may lie behind the damage.
    """
    if low >= high:
        return []
    middle = (low + high) // 2
    pieces = [(low, low), (high, high), (low + 1, middle), (middle + 1, high - 1)]
    return [(first, last) for first, last in pieces if first <= last]


def _require_damage(error: sqlite3.Error) -> None:
    """Raise what is no damage: a disk that is full or busy."""
    if not is_damage(error):
        raise error
