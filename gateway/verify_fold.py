"""The journal decided once more, into tables of its own that can be compared with the stored ones.

It is folded from its beginning or, where that has expired, from the oldest checkpoint behind
which the journal is kept. What was decided before that stands as it is.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from alerts.alert import AlertChange, Notice
from delivery.outbox import enqueue
from gateway.archive import clock_of
from gateway.blueprints import stored_blueprint
from gateway.entries import Entry, Tick, decode_entries
from gateway.followers import batch_of
from gateway.journal import SqliteJournal
from gateway.pipeline import FORMAT, Pipeline, PipelineState
from gateway.verification import Progress
from history.expiry import whole_checkpoints
from history.outputs import Numbered
from history.record import record_outputs
from history.sightings import SightingBatch
from history.state import open_in_memory

PROGRESS_GROUPS = 200
_OPEN_VISITS = """
SELECT id, seq, tag, asset, coalesce(
    (SELECT zone FROM renamed_visits WHERE visit = visits.id AND seq > :seq ORDER BY seq LIMIT 1),
    zone
), from_ns FROM visits WHERE seq <= :seq AND (to_ns IS NULL OR changed_seq > :seq)
"""


class Fold:
    """The journal of a state.db, decided anew; `scratch` is a state.db of what that gave.

    `after` is the position from behind which it is folded and `seq` the number of the newest
    output until there; it is None where nothing can be folded. `wrong` is what can not be
    folded, `wrong_checkpoints` where one can not be read or says something else than the fold.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._journal = SqliteJournal(connection)
        self.wrong: list[str] = []
        self.wrong_checkpoints: list[str] = []
        self.groups = 0
        self.compared: list[int] = []
        self._known = self._checkpoints()
        self.after, state = self._begin()
        self.seq = 0 if state is None else state.seq
        self.began_ns = 0 if state is None else state.now_ns
        self.pipeline = Pipeline(stored_blueprint, state)
        self._clock = clock_of(self.pipeline.state.located[0])
        self.scratch = open_in_memory()
        if self.after is not None:
            self._seed()

    def run(self, progress: Progress) -> Iterator[SightingBatch]:
        """Fold group by group; what each of them heard."""
        if self.after is None:
            return
        last = self._journal.last_position()
        for position, entries in self._groups(self.after):
            try:
                decided = self.pipeline.advance(entries).outputs
            except Exception as error:  # noqa: BLE001 - whatever an altered entry leads to
                self.wrong.append(f"group {position} can not be decided: {error!r}")
                return
            self._record(position, decided)
            self.groups += 1
            if position in self._known:
                self._compare(position)
            if self.groups % PROGRESS_GROUPS == 0:
                progress(position - self.after, last - self.after, "journal")
            yield batch_of(position, entries, self._clock)
        progress(1, 1, "journal")

    @property
    def is_whole(self) -> bool:
        """Whether all of the journal could be folded."""
        return self.after is not None and not self.wrong

    def _checkpoints(self) -> dict[int, PipelineState]:
        """Those that can be read, by position; the oldest first."""
        found: dict[int, PipelineState] = {}
        for position in reversed(whole_checkpoints(self._connection)):
            rows = self._connection.execute(
                "SELECT format, slice FROM checkpoints WHERE position = ? ORDER BY part",
                (position,),
            ).fetchall()
            if rows[0][0] != FORMAT:
                continue
            try:
                blob = b"".join(row[1] for row in rows)
                found[position] = msgspec.msgpack.decode(blob, type=PipelineState)
            except (msgspec.DecodeError, TypeError) as error:
                self.wrong_checkpoints.append(f"that at group {position} can not be read: {error}")
        return found

    def _begin(self) -> tuple[int | None, PipelineState | None]:
        first = self._journal.first_position()
        if first <= 1:
            return 0, None
        for position, state in self._known.items():
            if position >= first - 1:
                # The fold goes on with this one, and compares others with what it comes to.
                return position, _copy(state)
        return None, None

    def _groups(self, after: int) -> Iterator[tuple[int, list[Entry]]]:
        """The groups in order, up to the first that is missing or can not be read."""
        expected = after + 1
        rows = self._connection.execute(
            "SELECT position, entries FROM journal WHERE position > ? ORDER BY position", (after,)
        )
        for position, blob in rows:
            if position != expected:
                self.wrong.append(f"group {expected} is missing")
                return
            try:
                entries = decode_entries(blob)
            except (msgspec.DecodeError, TypeError) as error:
                self.wrong.append(f"group {position} can not be read: {error}")
                return
            expected += 1
            yield position, entries
        last = self._journal.last_position()
        if expected <= last:
            self.wrong.append(f"group {expected} is missing; the newest should be {last}")

    def _record(self, position: int, decided: list[Numbered]) -> None:
        try:
            record_outputs(self.scratch, decided, self.pipeline.state.now_ns)
        except sqlite3.Error as error:
            self.wrong.append(f"what group {position} decides contradicts what was before: {error}")
        for numbered in decided:
            if isinstance(numbered.output, AlertChange | Notice):
                enqueue(self.scratch, numbered.output, numbered.seq, numbered.output.at_ns)

    def _compare(self, position: int) -> None:
        """Whether the checkpoint at a position is the state that the fold came to."""
        self.compared.append(position)
        known = self._known[position]
        found = _at(self.pipeline.state, known.now_ns)
        if msgspec.msgpack.encode(known) == msgspec.msgpack.encode(found):
            return
        parts = list(differing(_plain(known), _plain(found)))
        if parts:
            self.wrong_checkpoints.append(
                f"that at group {position} has something else than its journal in "
                + ", ".join(parts[:5])
            )

    def _seed(self) -> None:
        """Give the tables what was open when the fold begins: visits and who carries what."""
        assets = self.pipeline.state.judged.register.assets
        self.scratch.executemany(
            "INSERT OR REPLACE INTO bindings (tag, asset, bound_ns) VALUES (?, ?, 0)",
            [(tag, asset.id) for asset in assets.values() for tag in asset.tags],
        )
        with suppress(sqlite3.DatabaseError):
            rows = self._connection.execute(_OPEN_VISITS, {"seq": self.seq}).fetchall()
            self.scratch.executemany(
                "INSERT INTO visits (id, seq, tag, asset, zone, from_ns) VALUES (?, ?, ?, ?, ?, ?)",
                [tuple(row) for row in rows if self.seq],
            )
        self.scratch.execute(
            "UPDATE marks SET value = ? WHERE name = 'last_seq' AND value < ?", (self.seq, self.seq)
        )


def _at(state: PipelineState, now_ns: int) -> PipelineState:
    """The state as it is once time has passed in which nothing came; that is not in the journal."""
    pipeline = Pipeline(stored_blueprint, _copy(state))
    pipeline.advance([Tick(now_ns)])
    return pipeline.state


def _copy(state: PipelineState) -> PipelineState:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=PipelineState)


def _plain(state: PipelineState) -> object:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state))


def differing(one: object, other: object, path: str = "") -> Iterator[str]:
    """The names of the smallest parts, three levels down at most, in which two states differ."""
    if one == other:
        return
    if not (isinstance(one, dict) and isinstance(other, dict)) or path.count(".") >= 2:  # noqa: PLR2004 - see above
        yield path
        return
    for name in dict.fromkeys([*one, *other]):
        below = f"{path}.{name}" if path else str(name)
        yield from differing(one.get(name), other.get(name), below)
