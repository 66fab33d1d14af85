"""The history in InfluxDB alone, as every other store keeps it."""

from collections.abc import Sequence

from alerts.alert import Alert
from history.influx_copy import InfluxCopy
from history.influx_query import InfluxQuery
from history.influx_questions import InfluxQuestions
from history.influx_write import PutAside
from history.set_aside import Refused
from history.settings import HistorySettings
from history.sightings import Sighting
from history.store import (
    BatchRefusedError,
    HistoryBatch,
    KeepAges,
    SeriesPoint,
    SeriesQuestion,
    Span,
    StoreStatistics,
    Visit,
)
from tags.reads import Fix


class InfluxHistory:
    """Fulfils HistoryStore. Raises InfluxClientMissingError; it first speaks when it has to.

    Lines that the server refuses for good go to `set_aside`, which is told once all others have
    arrived; without one they are a BatchRefusedError. Points that are older than the server keeps
    any, and numbers that are not finite, are left out.
    """

    def __init__(self, settings: HistorySettings, set_aside: PutAside | None = None) -> None:
        self._copy = InfluxCopy(settings, set_aside or _refuse)
        self._questions = InfluxQuestions(InfluxQuery(settings))

    def append(self, batches: Sequence[HistoryBatch]) -> None:
        """Take batches in; after an error the same again completes them, nothing is doubled."""
        self._copy.append(batches)

    def track_of(self, tag: str, span: Span, limit: int) -> list[Visit]:
        """Return the visits of a tag that touch the span."""
        return self._questions.track_of(tag, span, limit)

    def visits_of(self, zone: str, span: Span, limit: int) -> list[Visit]:
        """Return who was in a zone at any time of the span."""
        return self._questions.visits_of(zone, span, limit)

    def last_positions(self) -> list[Visit]:
        """Return the newest visit of every tag, over or not, by tag."""
        return self._questions.last_positions()

    def sightings_of(self, tag: str, span: Span, limit: int) -> list[Sighting]:
        """Return where a tag was heard."""
        return self._questions.sightings_of(tag, span, limit)

    def fixes_of(self, tag: str, span: Span, limit: int) -> list[Fix]:
        """Return where a tracker was."""
        return self._questions.fixes_of(tag, span, limit)

    def series_of(self, question: SeriesQuestion) -> list[SeriesPoint]:
        """Return what a sensor measured, value by value or step by step."""
        return self._questions.series_of(question)

    def alerts_of(self, span: Span, limit: int) -> list[Alert]:
        """Return the alerts whose event lies in the span, as they stand."""
        return self._questions.alerts_of(span, limit)

    def expire(self, keep: KeepAges, now_ns: int) -> int:
        """Return 0: the retention policy of the database forgets by itself."""
        del keep, now_ns
        return 0

    def statistics(self) -> StoreStatistics:
        """Say from when to when things moved; nothing is counted."""
        return self._questions.statistics()

    def close(self) -> None:
        """Close both connections."""
        self._copy.close()
        self._questions.close()


def _refuse(refused: Sequence[Refused]) -> None:
    line, reason = refused[0]
    more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
    raise BatchRefusedError(f"InfluxDB refuses a line for good ({reason}){more}", line)
