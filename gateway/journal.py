"""The journal: entries with what was decided from them, in one transaction, and back again.

The contract has three verbs: append with outputs, replay from a position, keep
and load a checkpoint. This is the SQLite one.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from alerts.alert import AlertChange, Notice
from delivery.outbox import enqueue
from gateway.entries import Entry, GatewayStarted, SiteChanged, decode_entries, encode_entries
from gateway.second_copy import SecondCopy
from gateway.site_versions import note_site_change
from history.audit import append_audit
from history.expiry import Keep, expire, newest_checkpoint, whole_checkpoints
from history.outages import record_stop
from history.outputs import Numbered
from history.record import record_outputs
from history.state import last_position, last_seq
from history.subscribers import Subscribers

SLICE_BYTES = 1 << 20
"""A checkpoint is written in slices of this size, each in a commit of its own."""

CHECKPOINTS = 2
"""So many whole checkpoints are kept."""

TRUNCATIONS = 3
"""Each waits for readers as long as SQLite is told to wait for a lock."""

T = TypeVar("T")


class Group(msgspec.Struct, frozen=True):
    """Entries under one position of the journal, with what was decided from them."""

    position: int
    now_ns: int
    entries: list[Entry]
    outputs: Sequence[Numbered]
    reads: int


class SqliteJournal:
    """Journal in `state.db`; used by the one thread that writes that file.

    Every method raises sqlite3.Error where the disk does not take it, and then
    nothing of the call is in the file.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.second_copy: SecondCopy | None = None
        self.subscribers: Subscribers | None = None
        self.unshipped = Counter[str]()
        """How many decisions were past keeping before another store had got them, by store."""

    def close(self) -> None:
        """Let go of the files."""
        self.connection.close()
        if self.second_copy is not None:
            self.second_copy.close()

    def newest(self) -> bytes:
        """The entries of the newest group, encoded; empty where there is none."""
        row = self.connection.execute(
            "SELECT entries FROM journal ORDER BY position DESC LIMIT 1"
        ).fetchone()
        return b"" if row is None else bytes(row[0])

    def last_position(self) -> int:
        """Position of the newest group, 0 when there is none."""
        return last_position(self.connection)

    def first_position(self) -> int:
        """Position of the oldest group that is kept, 0 when there is none."""
        row = self.connection.execute("SELECT min(position) FROM journal").fetchone()
        return row[0] or 0

    def last_seq(self) -> int:
        """The newest number of the commit sequence."""
        return last_seq(self.connection)

    def append(self, groups: Sequence[Group], keep: Keep) -> None:
        """Commit groups in order, all or none, and let a little of the oldest go."""
        blobs = [encode_entries(group.entries) for group in groups]
        with self.transaction() as connection:
            if self.subscribers is not None:
                self.subscribers.refresh(connection)
            for group, blob in zip(groups, blobs, strict=True):
                connection.execute(
                    "INSERT INTO journal (position, now_ns, entries) VALUES (?, ?, ?)",
                    (group.position, group.now_ns, blob),
                )
                _keep_site_versions(connection, group.entries)
                _note_stops(connection, group.entries)
                record_outputs(connection, group.outputs, group.now_ns)
                tell_of(connection, group, self.subscribers)
            expired = expire(connection, keep, limit=2 * len(groups))
        self.unshipped.update(expired.unshipped)
        if self.second_copy is not None:
            positions = (group.position for group in groups)
            self.second_copy.add(list(zip(positions, blobs, strict=True)))

    def replay(self, after: int) -> Iterator[tuple[int, list[Entry]]]:
        """Positions with their entries, in order, from behind `after`."""
        rows = self.connection.execute(
            "SELECT position, entries FROM journal WHERE position > ? ORDER BY position",
            (after,),
        )
        for position, blob in rows:
            yield position, decode_entries(blob)

    def keep_checkpoint(self, position: int, format_version: int, blob: bytes) -> None:
        """Write a state down, slice by slice; it counts once the last slice is in.

        A whole one of the same position stays as it is: both lead to the same state. The one
        before it is kept as well, for as long as the journal happens to reach back to it.
        """
        if newest_checkpoint(self.connection) == position:
            return
        with self.transaction() as connection:
            connection.execute("DELETE FROM checkpoints WHERE position >= ?", (position,))
        starts = range(0, len(blob), SLICE_BYTES)
        for part, start in enumerate(starts):
            with self.transaction() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?)",
                    (
                        position,
                        part,
                        len(starts),
                        format_version,
                        blob[start : start + SLICE_BYTES],
                    ),
                )
        oldest = whole_checkpoints(self.connection)[:CHECKPOINTS][-1]
        with self.transaction() as connection:
            connection.execute("DELETE FROM checkpoints WHERE position < ?", (oldest,))

    def load_checkpoint(self, format_version: int) -> tuple[int, bytes] | None:
        """The newest whole checkpoint: its position and the state. None if there is none."""
        return next(self.checkpoints(format_version), None)

    def checkpoints(self, format_version: int) -> Iterator[tuple[int, bytes]]:
        """The whole checkpoints behind which the journal is kept, the newest first."""
        oldest = self.first_position() - 1 if self.first_position() else self.last_position()
        for position in whole_checkpoints(self.connection):
            rows = self.connection.execute(
                "SELECT slice FROM checkpoints WHERE position = ? AND format = ? ORDER BY part",
                (position, format_version),
            ).fetchall()
            if rows and position >= oldest:
                yield position, b"".join(row[0] for row in rows)

    def forget_checkpoints(self) -> None:
        """Remove checkpoints that nobody can read, so that they let no group of the journal go."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM checkpoints")

    def begin_anew(
        self, connection: sqlite3.Connection, position: int, format_version: int, blob: bytes
    ) -> None:
        """Within a transaction: this state is all that is left, nothing before it is replayed."""
        connection.execute("DELETE FROM journal")
        connection.execute("DELETE FROM checkpoints")
        starts = range(0, len(blob), SLICE_BYTES)
        for part, start in enumerate(starts):
            slice_ = blob[start : start + SLICE_BYTES]
            row = (position, part, len(starts), format_version, slice_)
            connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)", row)

    def compact(self) -> None:
        """Leave nothing of what was deleted in free pages, in the log or in the second copy.

        Raises sqlite3.Error or OSError where there is no room for it.
        """
        if self.second_copy is not None and not self.newest():
            self.second_copy.forget()
        self.connection.execute("VACUUM")
        for _ in range(TRUNCATIONS):
            busy, *_ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return
        raise sqlite3.OperationalError("somebody reads state.db for so long that its log stays")

    def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run other work on the same file in a transaction of its own."""
        with self.transaction() as connection:
            return work(connection)

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """All or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise


def tell_of(
    connection: sqlite3.Connection, group: Group, subscribers: Subscribers | None = None
) -> None:
    """Write the messages that a group causes into the outbox, in the caller's transaction."""
    for numbered in group.outputs:
        if isinstance(numbered.output, AlertChange | Notice):
            enqueue(connection, numbered.output, numbered.seq, numbered.output.at_ns)
    if subscribers is not None:
        subscribers.tell(connection, group.outputs, group.now_ns)


def _note_stops(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Note for how long nothing was heard because the gateway did not run."""
    for entry in entries:
        if isinstance(entry, GatewayStarted) and entry.down_since_ns is not None:
            record_stop(connection, entry.down_since_ns, entry.arrival_ns)


def _keep_site_versions(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Keep the text of each accepted site file, since decisions name its version; and who by."""
    for entry in entries:
        if isinstance(entry, SiteChanged):
            connection.execute(
                "INSERT OR IGNORE INTO site_versions (hash, text, accepted_ns, accepted_by)"
                " VALUES (?, ?, ?, ?)",
                (entry.version, entry.text, entry.arrival_ns, entry.by),
            )
            append_audit(connection, note_site_change(connection, entry))
