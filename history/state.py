"""state.db: how it is opened, brought up to date and numbered."""

import logging
import re
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

_BUSY_TIMEOUT_S = 10.0
_STATEMENTS_CACHED = 256
# The indexes that a movement touches fit in it; with SQLite's 2 MiB it costs a third more.
_CACHE_KIB = 16_384
_MIGRATING = "state.db is brought to format %d of %d; this takes 10 s for a million visits"
_MIGRATION_NAME = re.compile(r"(\d{4})_\w+\.sql")

log = logging.getLogger("tagwarden.history")


class StateRefusedError(Exception):
    """The file can not be used by this version, or by none; nothing was changed in it."""


class StateTooNewError(StateRefusedError):
    """The file was written by a newer Tagwarden."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"{path} has format {found}, this version of Tagwarden knows formats up to {known}: "
            "install the newer version again, or restore a backup that was made before it",
        )


def open_state(
    path: Path,
    before_migration: Callable[[sqlite3.Connection], None] = lambda _old: None,
) -> sqlite3.Connection:
    """Open state.db for the one writer, made or migrated where needed.

    The caller begins and ends every transaction itself (`BEGIN IMMEDIATE`). A
    commit is on the disk when it returns. Raises StateTooNewError, and what
    `before_migration` raises of a file of an older version, which then stays as it is.
    """
    path.touch(mode=0o600)
    path.chmod(0o600)
    connection = sqlite3.connect(
        path,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS_CACHED,
    )
    try:
        # Before anything is written: the journal mode is a change of the file, too.
        _require_known(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        _migrate(connection, before_migration)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open an existing state.db for questions only; rows are sqlite3.Row.

    May be used by any thread, by one at a time. Raises StateTooNewError, and
    sqlite3.OperationalError where there is no such file.
    """
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS_CACHED,
    )
    try:
        _require_known(connection, path)
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    connection.row_factory = sqlite3.Row
    return connection


@contextmanager
def one_moment(connection: sqlite3.Connection) -> Generator[None]:
    """Let every question within see the same moment, whatever is written meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()


def open_in_memory() -> sqlite3.Connection:
    """Make a state.db that nobody keeps: all tables, and nothing in them. For any thread."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _migrate(connection, lambda _old: None)
    return connection


def make_state(path: Path, version: int) -> sqlite3.Connection:
    """Make a new state.db of a former version, for what is copied into it."""
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    # It counts once the caller has moved its log into it, with synchronous = FULL.
    connection.execute("PRAGMA synchronous = OFF")
    _migrate(connection, lambda _old: None, version)
    return connection


def last_seq(connection: sqlite3.Connection) -> int:
    """Return the newest number of the commit sequence; 0 before the first output."""
    return _mark(connection, "last_seq")


def first_seq(connection: sqlite3.Connection) -> int:
    """Return the number from which on the stream can repeat everything; older events expired."""
    return _mark(connection, "events_expired") + 1


def last_position(connection: sqlite3.Connection) -> int:
    """Return the newest journal position ever written, expired or not; 0 before the first."""
    return _mark(connection, "journal_position")


def journal_bytes(connection: sqlite3.Connection) -> int:
    """Return what the entries of all kept journal groups take."""
    return _mark(connection, "journal_bytes")


def follower_position(connection: sqlite3.Connection, name: str) -> int:
    """Return the last journal group that the follower has taken over; 0 for a new one."""
    row = connection.execute("SELECT position FROM followers WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row[0])


def store_follower_position(connection: sqlite3.Connection, name: str, position: int) -> None:
    """Remember that the follower needs nothing up to this group any more.

    Journal groups expire only behind the slowest follower that is known here.
    """
    connection.execute(
        "INSERT INTO followers VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET position = excluded.position",
        (name, position),
    )


def _mark(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
    return int(row[0])


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _require_known(connection: sqlite3.Connection, path: Path) -> None:
    found = _version(connection)
    known = max(number for number, _ in _migrations())
    if found > known:
        raise StateTooNewError(path, found, known)


def _migrations() -> Iterator[tuple[int, str]]:
    """Yield number and SQL of each migration in order."""
    folder = files("history") / "migrations"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if match := _MIGRATION_NAME.fullmatch(file.name):
            yield int(match[1]), file.read_text("utf-8")


def _migrate(
    connection: sqlite3.Connection,
    before: Callable[[sqlite3.Connection], None],
    up_to: int | None = None,
) -> None:
    """Run what is missing, each in one transaction with its number; for a new file all in one."""
    reached = _version(connection)
    missing = [
        (number, script)
        for number, script in _migrations()
        if number > reached and (up_to is None or number <= up_to)
    ]
    if reached and missing:
        before(connection)
    if not reached and missing:
        missing = [(missing[-1][0], "\n".join(script for _, script in missing))]
    for number, script in missing:
        if reached:
            log.info(_MIGRATING, number, missing[-1][0])
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;",
            )
        except BaseException:
            if connection.in_transaction:
                connection.rollback()
            raise
