"""The history in SQLite: decisions in the tables of state.db, what was heard in day files."""

import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from alerts.alert import Alert
from history.ages import Ages, ages_at, expire_ages
from history.day_question import INT64_MAX, INT64_MIN
from history.outputs import Numbered
from history.record import record_outputs
from history.series import points_of
from history.sightings import Sighting, SightingBatch
from history.sqlite_sightings import SqliteSightings
from history.state import last_seq
from history.store import (
    BatchRefusedError,
    HistoryBatch,
    KeepAges,
    SeriesPoint,
    SeriesQuestion,
    Span,
    StoreStatistics,
    StoreUnavailableError,
    Visit,
)
from history.visit_ranges import OVERLAPS_SINCE, newest_visits_between
from tags.reads import Fix

_EVERY_KIND = 100
TRACK = f"""
SELECT id, tag, asset, zone, from_ns, to_ns, ended FROM visits
WHERE tag = :tag AND from_ns < :until_ns AND {OVERLAPS_SINCE}
ORDER BY from_ns DESC, id DESC LIMIT :rows
"""  # noqa: S608 - a constant
LAST_POSITIONS = """
SELECT visit, tag, asset, zone, from_ns, to_ns, ended FROM last_visits ORDER BY tag
"""
ALERTS_BETWEEN = """
SELECT record FROM alerts WHERE time_ns >= :since_ns AND time_ns < :until_ns
ORDER BY time_ns DESC, raised_seq DESC LIMIT :rows
"""
VISITS_BETWEEN = newest_visits_between()

_decode_alert = msgspec.msgpack.Decoder(Alert).decode


class SqliteHistory:
    """Fulfils HistoryStore. It closes the sightings, and leaves `state` to who opened it.

    `append` writes the decisions of all batches in one transaction, then what was heard, in one
    transaction for each day. An error leaves each of these whole or undone, so after one the
    decisions may stand without what was heard with them, or one day without the next; the same
    again completes it. Outputs up to the newest number that is there are skipped; a slot that is
    told again takes the place of what was known of it. Visits, renamings and alerts follow from
    the outputs, `ZonesChanged` and the register among them.
    """

    def __init__(self, state: sqlite3.Connection, sightings: SqliteSightings) -> None:
        self._state = state
        self._sightings = sightings
        self._lock = threading.Lock()

    def append(self, batches: Sequence[HistoryBatch]) -> None:
        """Take batches in; after an error the same again completes them, nothing is doubled."""
        outputs = [each for batch in batches for each in batch.outputs]
        heard = [
            SightingBatch(batch.position, batch.sightings, batch.fixes, batch.measurements)
            for batch in batches
        ]
        with _told():
            self._record(outputs)
            self._sightings.put(heard)

    def track_of(self, tag: str, span: Span, limit: int) -> list[Visit]:
        """Return the visits of a tag that touch the span."""
        return self._visits(TRACK, {"tag": tag, **_bounds(span), "rows": limit})

    def visits_of(self, zone: str, span: Span, limit: int) -> list[Visit]:
        """Return who was in a zone at any time of the span."""
        return self._visits(VISITS_BETWEEN, {"zone": zone, **_bounds(span), "rows": limit})

    def last_positions(self) -> list[Visit]:
        """Return the newest visit of every tag, over or not, by tag."""
        return self._visits(LAST_POSITIONS, {})

    def sightings_of(self, tag: str, span: Span, limit: int) -> list[Sighting]:
        """Return where a tag was heard."""
        with _told():
            return self._sightings.of_tag(tag, span.since_ns, span.until_ns, limit)

    def fixes_of(self, tag: str, span: Span, limit: int) -> list[Fix]:
        """Return where a tracker was."""
        with _told():
            return self._sightings.fixes_of(tag, span.since_ns, span.until_ns, limit)

    def series_of(self, question: SeriesQuestion) -> list[SeriesPoint]:
        """Return what a sensor measured, value by value or step by step."""
        with _told():
            return points_of(self._sightings, question)

    def alerts_of(self, span: Span, limit: int) -> list[Alert]:
        """Return the alerts whose event lies in the span, as they stand."""
        rows = self._rows(ALERTS_BETWEEN, {**_bounds(span), "rows": limit})
        return [_decode_alert(record) for (record,) in rows]

    def expire(self, keep: KeepAges, now_ns: int) -> int:
        """Forget what is older, all of it; how many rows and files went."""
        ages = ages_at(keep, now_ns)
        with _told():
            gone = self._sightings.expire(keep.sightings_days, now_ns)
            while rows := self._expire_some(ages):
                gone += rows
        return gone

    def statistics(self) -> StoreStatistics:
        """Say how much there is; rows are not counted, that would read them all."""
        with _told():
            files = [path.stat().st_size for path in self._sightings.files()]
        (page,) = self._rows("PRAGMA page_size", {})[0]
        (pages,) = self._rows("PRAGMA page_count", {})[0]
        oldest_ns, newest_ns = self._rows(
            "SELECT (SELECT min(time_ns) FROM movements), (SELECT max(time_ns) FROM movements)", {}
        )[0]
        return StoreStatistics(
            bytes=page * pages + sum(files),
            sightings=None,
            movements=None,
            visits=None,
            alerts=None,
            oldest_ns=oldest_ns,
            newest_ns=newest_ns,
        )

    def close(self) -> None:
        """Let go of the day files."""
        with _told():
            self._sightings.close()

    def _record(self, outputs: Sequence[Numbered]) -> None:
        with self._transaction() as state:
            known = last_seq(state)
            record_outputs(state, [each for each in outputs if each.seq > known])

    def _expire_some(self, ages: Ages) -> int:
        with self._transaction() as state:
            return expire_ages(state, ages, _EVERY_KIND).rows

    def _visits(self, statement: str, values: dict[str, Any]) -> list[Visit]:
        return [
            Visit(
                id=number, tag=tag, asset=asset, zone=zone, from_ns=from_ns, to_ns=to_ns, ended=end
            )
            for number, tag, asset, zone, from_ns, to_ns, end in self._rows(statement, values)
        ]

    def _rows(self, statement: str, values: dict[str, Any]) -> list[Any]:
        with _told(), self._lock:
            return self._state.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            self._state.execute("BEGIN IMMEDIATE")
            try:
                yield self._state
                self._state.execute("COMMIT")
            except BaseException:
                if self._state.in_transaction:
                    self._state.rollback()
                raise


@contextmanager
def _told() -> Generator[None]:
    """Tell an error of SQLite or the disk as one of the store."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise BatchRefusedError(f"contradicts what is stored: {error}") from error
    except (sqlite3.Error, OSError) as error:
        raise StoreUnavailableError(f"the files of the history: {error}") from error


def _bounds(span: Span) -> dict[str, int]:
    return {
        "since_ns": max(span.since_ns, INT64_MIN),
        "until_ns": min(span.until_ns, INT64_MAX),
    }
