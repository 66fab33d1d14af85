"""What the journal still tells of a day whose file was damaged."""

import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from gateway.entries import decode_entries
from gateway.followers import batch_of
from history.day_salvage import Retold
from history.sightings import SightingBatch
from history.state import last_position, open_reader
from tags.times import SECOND_NS
from zones.clock import EventClock

_DAY_NS = 86_400 * SECOND_NS
EVER_NS = -(1 << 62)


class JournalRetelling:
    """Folds the journal's reads of one day once more, as history.day_salvage wants them.

    `make_clock` gives a clock of its own for each time, that knows what is known by now.
    """

    def __init__(self, state: Path, make_clock: Callable[[], EventClock]) -> None:
        self._state = state
        self._make_clock = make_clock

    @contextmanager
    def __call__(self, day: str) -> Generator[Retold]:
        """Tell of a day (`2026-01-31`). Raises sqlite3.Error."""
        begin_ns = (date.fromisoformat(day) - date(1970, 1, 1)).days * _DAY_NS
        with closing(open_reader(self._state)) as reader:
            # All is of one moment, whatever expires meanwhile.
            reader.execute("BEGIN")
            newest = last_position(reader)
            row = reader.execute(
                "SELECT position, now_ns FROM journal ORDER BY position LIMIT 1"
            ).fetchone()
            if row is None:
                # Then nobody knows of any slot whether all of it would come again.
                whole_since_ns = begin_ns + _DAY_NS
            else:
                whole_since_ns = EVER_NS if row["position"] == 1 else int(row["now_ns"])
            yield Retold(self._batches(reader, begin_ns), whole_since_ns, newest)

    def _batches(self, reader: sqlite3.Connection, begin_ns: int) -> Iterator[SightingBatch]:
        """All batches of the journal, each with what is of the day only."""
        clock = self._make_clock()
        # Nothing happens after it was heard, so older groups tell nothing of the day.
        rows = reader.execute(
            "SELECT position, entries FROM journal WHERE now_ns >= ? ORDER BY position",
            (begin_ns,),
        )
        for position, entries in rows:
            yield _of_day(batch_of(position, decode_entries(entries), clock), begin_ns)


def _of_day(batch: SightingBatch, begin_ns: int) -> SightingBatch:
    day = range(begin_ns, begin_ns + _DAY_NS)
    return SightingBatch(
        batch.position,
        [each for each in batch.sightings if each.slot_s * SECOND_NS in day],
        [each for each in batch.fixes if each.time_ns in day],
        [each for each in batch.measurements if each.time_ns in day],
    )
