"""What happened, asked of an InfluxDB in InfluxQL.

It keeps to what 1.x, 2.x and 3 Core all understand: SELECT of fields with bounds on time, and
one fold by GROUP BY time. Stamps carry digits that are no time (see `history.influx_lines`), so
questions are asked a little wider, and the exact fields decide.
"""

from collections.abc import Callable

import msgspec

from alerts.alert import Alert
from history.influx_lines import RENAMED
from history.influx_names import INTEGER_MIN, PARTS, part_of, stored_name
from history.influx_query import (
    PAGE_ROWS,
    InfluxQuery,
    Points,
    R,
    field_equals,
    stamps,
    tag_equals,
)
from history.influx_rows import (
    AlertRow,
    FixRow,
    MovementRow,
    SightingRow,
    StepRow,
    ValueRow,
    VisitRow,
)
from history.sightings import SLOT_S, Sighting, slots_between
from history.store import (
    SeriesPoint,
    SeriesQuestion,
    Span,
    StoreRefusedError,
    StoreStatistics,
    Visit,
)
from tags.reads import Fix
from tags.times import MILLISECOND_NS, SECOND_NS

_SLOT_NS = SLOT_S * SECOND_NS
_ALERTS_A_PAGE = 200
"""Each may have 64 KiB."""
_STEPS = (
    'SELECT count("value") AS "count", mean("value") AS "mean", min("value") AS "minimum",'
    ' max("value") AS "maximum", last("unit") AS "unit" FROM "measurement"'
)

_decode_alert = msgspec.json.Decoder(Alert).decode


class InfluxQuestions:
    """Answers as a HistoryStore does, newest first; any thread may ask. Raises StoreError.

    Names come back as they were told, but where `stored_name` makes two the same: a zone whose
    own name has the picture of a control character or U+29F5 in it comes back with what it shows.
    """

    def __init__(self, query: InfluxQuery) -> None:
        self._query = query

    def track_of(self, tag: str, span: Span, limit: int) -> list[Visit]:
        """Return the visits of a tag that touch the span; reads those of its part before, too."""
        visits = self._visits(_of_tag(tag), span, limit, _stored(tag))
        return [row.told() for row in visits]

    def visits_of(self, zone: str, span: Span, limit: int) -> list[Visit]:
        """Return who was in a zone at any time of the span; reads those who were before, too."""
        visits = self._visits((tag_equals("zone", stored_name(zone)),), span, limit, None)
        return [row.told(zone) for row in visits]

    def last_positions(self) -> list[Visit]:
        """Return the newest visit of every tag, over or not, by tag.

        It reads all visits that are kept, one part of the tags after the other: a server that
        merges all series for each page anew takes twice as long.
        """
        newest: dict[str, VisitRow] = {}
        for part in range(PARTS):
            points = Points(VisitRow, "visit", (tag_equals("h", str(part)),))
            for rows in self._query.newest_first(points, MILLISECOND_NS, PAGE_ROWS):
                for row in rows:
                    known = newest.get(row.tag_id)
                    if _is_position(row) and (known is None or known.visit < row.visit):
                        newest[row.tag_id] = row
        return [newest[tag].told() for tag in sorted(newest)]

    def sightings_of(self, tag: str, span: Span, limit: int) -> list[Sighting]:
        """Return where a tag was heard; what was told under two zones is told once."""
        slots, stored = slots_between(span.since_ns, span.until_ns), _stored(tag)
        between = slots.start * SECOND_NS, slots.stop * SECOND_NS
        points = Points(SightingRow, "sighting", _of_tag(tag), *between)

        def of_slot(rows: list[SightingRow]) -> list[SightingRow]:
            fit = [row for row in rows if row.tag_id == stored and _was_heard(row, span)]
            whole = {(row.reader, row.antenna): row for row in sorted(fit, key=_reads)}
            return [whole[where] for where in sorted(whole)]

        found = self._newest(points, _SLOT_NS, limit, of_slot)
        return [row.told() for row in found]

    def fixes_of(self, tag: str, span: Span, limit: int) -> list[Fix]:
        """Return where a tracker was."""
        points = Points(FixRow, "fix", _of_tag(tag), *_milliseconds(span))
        stored = _stored(tag)

        def of_millisecond(rows: list[FixRow]) -> list[FixRow]:
            fit = [row for row in rows if row.tag_id == stored and _lies_in(span, row.time_ns)]
            last = {row.time_ns: row for row in sorted(fit, key=lambda row: row.arrival_ns)}
            return [last[time_ns] for time_ns in sorted(last, reverse=True)]

        found = self._newest(points, MILLISECOND_NS, limit, of_millisecond)
        return [row.told() for row in found]

    def series_of(self, question: SeriesQuestion) -> list[SeriesPoint]:
        """Return what a sensor measured, value by value or step by step."""
        where = (
            tag_equals("sensor", stored_name(question.sensor)),
            tag_equals("quantity", stored_name(question.quantity)),
        )
        if question.step_ns:
            return [row.told() for row in self._steps(where, question)]
        span = question.span
        points = Points(ValueRow, "measurement", where, span.since_ns, span.until_ns)
        return [row.told() for row in self._newest(points, 1, question.limit, list)]

    def alerts_of(self, span: Span, limit: int) -> list[Alert]:
        """Return the alerts whose event lies in the span, as they stand.

        One that is too long for a field comes without the reads that it rests on; one with a
        name that UTF-8 can not carry does not come at all.
        """
        points = Points(AlertRow, "alert", (), *_milliseconds(span))

        def of_millisecond(rows: list[AlertRow]) -> list[AlertRow]:
            fit = [row for row in rows if row.record and _lies_in(span, row.time_ns)]
            latest = {row.id: row for row in sorted(fit, key=lambda row: row.seq)}.values()
            return sorted(latest, key=lambda row: (row.time_ns, row.raised_seq), reverse=True)

        found = self._newest(points, MILLISECOND_NS, limit, of_millisecond, _ALERTS_A_PAGE)
        return [_alert(row) for row in found]

    def statistics(self) -> StoreStatistics:
        """Say from when to when things moved; to count anything it would read everything."""
        newest = self._newest(Points(MovementRow, "movement"), MILLISECOND_NS, 1, _newest_movement)
        asked = 'SELECT "time_ns" FROM "movement" ORDER BY time ASC LIMIT 1'
        oldest = self._query.rows(asked, MovementRow)
        return StoreStatistics(
            bytes=None,
            sightings=None,
            movements=None,
            visits=None,
            alerts=None,
            oldest_ns=oldest[0].time_ns if oldest else None,
            newest_ns=newest[0].time_ns if newest else None,
        )

    def close(self) -> None:
        """Close the connection."""
        self._query.close()

    def _visits(
        self, where: tuple[str, ...], span: Span, limit: int, tag: str | None
    ) -> list[VisitRow]:
        """Visits that meet the conditions and touch the span; of one tag, unless that is None."""
        since_ns = max(span.since_ns, INTEGER_MIN)
        until = _milliseconds(span)[1]
        points = Points(VisitRow, "visit", (*where, f'"to_ns" >= {since_ns}'), until=until)

        def of_millisecond(rows: list[VisitRow]) -> list[VisitRow]:
            fit = [row for row in rows if tag in {None, row.tag_id} and _touches(span, row)]
            return sorted(fit, key=lambda row: (row.from_ns, row.visit), reverse=True)

        return self._newest(points, MILLISECOND_NS, limit, of_millisecond)

    def _newest(
        self,
        points: Points[R],
        grain_ns: int,
        limit: int,
        ordered: Callable[[list[R]], list[R]],
        rows_max: int = PAGE_ROWS,
    ) -> list[R]:
        """The newest of what `ordered` makes of each grain, at most `limit`."""
        found: list[R] = []
        if limit <= 0:
            return found
        for rows in self._query.newest_first(points, grain_ns, min(limit, rows_max), rows_max):
            found += ordered(rows)
            if len(found) >= limit:
                break
        return found[:limit]

    def _steps(self, where: tuple[str, ...], question: SeriesQuestion) -> list[StepRow]:
        found: list[StepRow] = []
        since_ns, until_ns = question.span.since_ns, question.span.until_ns
        while since_ns < until_ns and len(found) < question.limit:
            page = min(question.limit - len(found), PAGE_ROWS)
            between = " AND ".join([*where, *stamps(since_ns, until_ns)])
            by = f"GROUP BY time({question.step_ns}ns) fill(none) ORDER BY time DESC LIMIT {page}"
            rows = self._query.rows(f"{_STEPS} WHERE {between} {by}", StepRow)
            found += rows
            if len(rows) < page:
                break
            until_ns = rows[-1].time
        return found


def _of_tag(tag: str) -> tuple[str, ...]:
    """The conditions for what is about a tag: its part, and where that can be said its name."""
    return (tag_equals("h", str(part_of(tag))), *field_equals("tag_id", tag))


def _stored(tag: str) -> str:
    """A tag as a field holds it."""
    return tag.encode(errors="replace").decode()


def _milliseconds(span: Span) -> tuple[int, int]:
    """The span, widened to whole milliseconds."""
    since_ns = span.since_ns // MILLISECOND_NS * MILLISECOND_NS
    return since_ns, -(-span.until_ns // MILLISECOND_NS) * MILLISECOND_NS


def _lies_in(span: Span, time_ns: int) -> bool:
    return span.since_ns <= time_ns < span.until_ns


def _touches(span: Span, row: VisitRow) -> bool:
    """Whether a visit has time in common with the span; one of no length counts where it begins."""
    if row.ended == RENAMED or row.from_ns >= span.until_ns:
        return False
    return row.to_ns > span.since_ns or row.from_ns >= span.since_ns


def _is_position(row: VisitRow) -> bool:
    """Whether a visit says where a tag is or was last; what was known late never does."""
    return row.ended not in {RENAMED, "late"}


def _was_heard(row: SightingRow, span: Span) -> bool:
    return row.last_ns >= span.since_ns and row.first_ns < span.until_ns


def _reads(row: SightingRow) -> int:
    return row.reads


def _newest_movement(rows: list[MovementRow]) -> list[MovementRow]:
    return [max(rows, key=lambda row: row.time_ns)]


def _alert(row: AlertRow) -> Alert:
    try:
        return _decode_alert(row.record)
    except msgspec.DecodeError as error:
        text = f"InfluxDB has an alert '{row.id}' that can not be read: {error}"
        raise StoreRefusedError(text) from None
