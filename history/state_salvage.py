"""A damaged state.db made anew out of all that can be read of it."""

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from history.audit import BEGINNING
from history.day_salvage import NEW, REPORT, SIDES, next_aside, set_aside
from history.salvage import (
    Go,
    Salvaged,
    SalvageStoppedError,
    is_damage,
    open_damaged,
    salvage,
    tables_of,
)
from history.state import StateRefusedError, make_state

SUSPECT = ".suspect"
"""A file of this name beside state.db says that a check found it damaged."""

_FIRST = ("marks", "followers", "checkpoints", "alerts", "assets", "bindings", "api_keys")
_LAST = ("events", "answers", "journal")
_NUMBERED = (
    ("events", "seq"),
    ("movements", "seq"),
    ("crossings", "seq"),
    ("visits", "seq"),
    ("visits", "changed_seq"),
    ("alerts", "seq"),
    ("annunciations", "seq"),
    ("audit", "seq"),
    ("assets", "seq"),
    ("checkouts", "seq"),
    ("outings", "seq"),
    ("renamed_visits", "seq"),
)
_PLACED = (("journal", "position"), ("checkpoints", "position"), ("followers", "position"))
_LAST_VISITS = """
INSERT OR REPLACE INTO last_visits SELECT tag, id, asset, zone, from_ns, to_ns, ended FROM (
    SELECT *, row_number() OVER (
        PARTITION BY tag ORDER BY to_ns IS NULL DESC, from_ns DESC, id DESC
    ) AS age FROM visits WHERE ended IS NOT 'late'
) WHERE age = 1
"""
# What a start reads anyway, and what the first commit goes on from.
_PROBES = {
    "marks": "SELECT * FROM marks",
    "followers": "SELECT * FROM followers",
    "checkpoints": "SELECT slice FROM checkpoints",
    "journal": "SELECT entries FROM journal WHERE position >"
    " coalesce((SELECT max(position) FROM checkpoints), 0)",
    "alerts": "SELECT record FROM alerts WHERE open",
    "assets": "SELECT * FROM assets",
    "bindings": "SELECT tag, asset FROM bindings WHERE unbound_ns IS NULL",
    "checkouts": "SELECT terms FROM checkouts WHERE open",
    "visits": "SELECT tag, zone FROM visits WHERE to_ns IS NULL",
    "outbox": "SELECT body FROM outbox WHERE state = 'waiting'",
    "audit": "SELECT * FROM audit ORDER BY number DESC LIMIT 1",
    "api_keys": "SELECT * FROM api_keys",
}

_POSITION_MAX = 1 << 48
"""A thousand groups a second for ten thousand years; more is no position but damage."""

log = logging.getLogger("tagwarden.history")


class StateLostError(StateRefusedError):
    """state.db is damaged so much that nothing of it can be read; it was left as it is."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is damaged, and nothing of it can be read: "
            "put the newest backup in its place with `tagwarden restore`"
        )


def damage_of(path: Path) -> str | None:
    """What keeps a start from reading a state.db, None if nothing; nothing is written.

    A file that is not there is well. Raises sqlite3.Error where the disk is the trouble.
    """
    with suppress(FileNotFoundError):
        return path.with_name(path.name + SUSPECT).read_text("utf-8") or "it is suspect"
    if not path.exists() or not path.stat().st_size:
        return None
    try:
        with closing(open_damaged(path)) as reader:
            reader.execute("PRAGMA writable_schema = OFF")
            had = set(tables_of(reader))
            for table, statement in _PROBES.items():
                if table in had:
                    for _ in reader.execute(statement):
                        pass
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return str(error)
    return None


def salvage_state(path: Path, go: Go) -> Salvaged:
    """Put a file with all that can be read in the place of a damaged state.db.

    The damaged one is never written, and kept as `state.db.damaged-1`, with a report beside it.
    What is not copied when `go` says no is given up. Raises StateLostError, and OSError or
    sqlite3.Error where the disk takes no more.
    """
    new = path.with_name(path.name + NEW)
    for side in SIDES:
        new.with_name(new.name + side).unlink(missing_ok=True)
    with closing(open_damaged(path)) as damaged:
        version, tables = _plan(damaged, path)
        with closing(make_state(new, version)) as into:
            salvaged = _copy(damaged, into, tables, go)
            into.execute("PRAGMA synchronous = FULL")
            into.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = next_aside(path)
    report = f"state.db was damaged; salvaged: {salvaged}; the damaged file is {aside.name}"
    aside.with_name(aside.name + REPORT).write_text(f"{report}\n", encoding="utf-8")
    set_aside(path, aside)
    new.rename(path)
    path.with_name(path.name + SUSPECT).unlink(missing_ok=True)
    log.error("%s", report)
    return salvaged


def _plan(damaged: sqlite3.Connection, path: Path) -> tuple[int, list[str]]:
    """The version of a file, and its tables, those first without which no start goes well."""
    try:
        version = int(damaged.execute("PRAGMA user_version").fetchone()[0])
        tables = tables_of(damaged)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        raise StateLostError(path) from error
    if not version or "marks" not in tables:
        raise StateLostError(path)
    middle = [table for table in tables if table not in {*_FIRST, *_LAST}]
    return version, [table for table in (*_FIRST, *middle, *_LAST) if table in tables]


def _copy(
    damaged: sqlite3.Connection, into: sqlite3.Connection, tables: Sequence[str], go: Go
) -> Salvaged:
    rows: dict[str, int] = {}
    torn: list[str] = []
    into.execute("BEGIN IMMEDIATE")
    begun = into.execute("SELECT name, value FROM marks").fetchall()
    into.execute("DELETE FROM marks")
    for table in tables:
        try:
            copied = salvage(damaged, into, [table], go)
        except SalvageStoppedError:
            torn.append(table)
            continue
        rows |= copied.rows
        torn += copied.torn
        log.warning("state.db: %d rows of %s were salvaged", copied.rows[table], table)
    into.executemany("INSERT OR IGNORE INTO marks VALUES (?, ?)", begun)
    _mark_anew(into, set(rows) | set(torn))
    into.execute("COMMIT")
    return Salvaged(rows, tuple(torn))


def _mark_anew(into: sqlite3.Connection, tables: set[str]) -> None:
    """Let the marks say what the tables say, so that no number is given out twice."""
    if "last_visits" in tables:
        into.execute(_LAST_VISITS)
    _raise_mark(into, "last_seq", _newest(into, _NUMBERED, tables))
    _raise_mark(into, "journal_position", _newest(into, _PLACED, tables))
    into.execute(
        "UPDATE marks SET value = (SELECT coalesce(sum(length(entries)), 0) FROM journal)"
        " WHERE name = 'journal_bytes'"
    )
    if "audit" in tables:
        last = into.execute("SELECT number, hash FROM audit ORDER BY number DESC").fetchone()
        (lines,) = into.execute("SELECT value FROM marks WHERE name = 'audit_lines'").fetchone()
        if not isinstance(lines, int) or lines < (last or (0, BEGINNING))[0]:
            for name, value in zip(("audit_lines", "audit_head"), last, strict=True):
                into.execute("UPDATE marks SET value = ? WHERE name = ?", (value, name))


def _newest(into: sqlite3.Connection, columns: Sequence[tuple[str, str]], tables: set[str]) -> int:
    newest = 0
    for table, column in columns:
        if table in tables and column in _columns(into, table):
            (value,) = into.execute(f"SELECT max({column}) FROM {table}").fetchone()  # noqa: S608 - constants
            newest = max(newest, int(value or 0))
    return newest


def _columns(into: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in into.execute(f"PRAGMA table_info({table})")}


def _raise_mark(into: sqlite3.Connection, name: str, value: int) -> None:
    into.execute("UPDATE marks SET value = ? WHERE name = ? AND value < ?", (value, name, value))


def catch_up_numbers(connection: sqlite3.Connection, positions: dict[str, int]) -> int:
    """Let new groups and outputs be numbered behind what others have had; how many were lost.

    Where state.db lost its newest groups (the end of its log was cut off), day files are ahead
    of it: groups with the same positions would be skipped there as had. `positions` are those
    of the day files. Within the caller's transaction.
    """
    (last,) = connection.execute(
        "SELECT value FROM marks WHERE name = 'journal_position'"
    ).fetchone()
    newest = max((each for each in positions.values() if each < _POSITION_MAX), default=0)
    _raise_mark(connection, "journal_position", newest)
    (shipped,) = connection.execute(
        "SELECT max(after) FROM shipments WHERE part = 'decisions'"
    ).fetchone()
    _raise_mark(connection, "last_seq", int(shipped or 0))
    return max(newest - int(last), 0)
