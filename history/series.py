"""Series of sensors: several quantities in one list, the newest first, page by page."""

from collections.abc import Callable, Sequence

import msgspec

from history.paging import Page, PageRequest, checked_limit, decode_cursor, encode_cursor
from history.sightings import SightingStore
from history.store import SeriesPoint, SeriesQuestion, Span
from tags.reads import Measurement
from tags.times import SECOND_NS, format_time

POINTS_MAX = 1_000
"""So many points of a quantity are told where nobody says how many."""

_NICE_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
_DAY_S = 86_400
_CHUNK = 10_000
_NAME = "series"
_SHAPE = (int, str, int, int)

AskSeries = Callable[[SeriesQuestion], list[SeriesPoint]]
"""Gives the points of one quantity, newest first."""


class Several(msgspec.Struct, frozen=True, kw_only=True):
    """Quantities of one sensor over a span, in steps (ns); 0 is each value, None to be settled."""

    sensor: str
    quantities: tuple[str, ...]
    span: Span
    step_ns: int | None


def folded_from(store: SightingStore) -> AskSeries:
    """Make the way to ask a store that knows values only: they are folded as they are read."""

    def ask(question: SeriesQuestion) -> list[SeriesPoint]:
        if question.step_ns == 0:
            return [_value_of(each) for each in _values(store, question, question.limit)]
        return _folded(store, question)

    return ask


def settled(ask: AskSeries, wanted: Several, request: PageRequest) -> Several:
    """Return the question with its step, and on a later page with what the first was made of.

    Without a step it is each value, or where these are more than POINTS_MAX, a step that makes
    no more of them. Raises QuestionError for a cursor that is not from this list.
    """
    if request.cursor is not None:
        _, _, step_ns, since_ns = decode_cursor(_NAME, request, _SHAPE)
        span = Span(since_ns, max(since_ns, wanted.span.until_ns))
        return msgspec.structs.replace(wanted, span=span, step_ns=max(0, step_ns))
    if wanted.step_ns is not None:
        return wanted
    questions = (
        _question(wanted, quantity, None, POINTS_MAX + 1) for quantity in wanted.quantities
    )
    is_long = any(len(ask(question)) > POINTS_MAX for question in questions)
    return msgspec.structs.replace(wanted, step_ns=_nice_ns(wanted.span) if is_long else 0)


def series_page(ask: AskSeries, wanted: Several, request: PageRequest) -> Page:
    """List points: `{sensor, quantity, time, count, mean, min, max, unit}`, and `value` of one.

    They are sorted by time, then quantity, the last first. Raises QuestionError for a cursor
    that is not from this list.
    """
    limit = checked_limit(request)
    after: tuple[int, str] | None = None
    if request.cursor is not None:
        after = decode_cursor(_NAME, request, _SHAPE)[:2]
    found = [
        (point.time_ns, quantity, point)
        for quantity in wanted.quantities
        for point in ask(_question(wanted, quantity, after, limit + 1))
    ]
    found.sort(key=lambda row: row[:2], reverse=True)
    items = [_point_json(wanted, quantity, point) for _, quantity, point in found[:limit]]
    if len(found) <= limit:
        return Page(items, None)
    key = (*found[limit - 1][:2], wanted.step_ns or 0, wanted.span.since_ns)
    return Page(items, encode_cursor(_NAME, request.sort, key))


def _question(
    wanted: Several, quantity: str, after: tuple[int, str] | None, limit: int
) -> SeriesQuestion:
    span = wanted.span
    if after is not None:
        # Of the time of the last row shown, quantities before its own are still to come.
        until_ns = after[0] + (max(wanted.step_ns or 0, 1) if quantity < after[1] else 0)
        span = Span(span.since_ns, min(span.until_ns, until_ns))
    return SeriesQuestion(
        sensor=wanted.sensor,
        quantity=quantity,
        span=span,
        step_ns=wanted.step_ns or 0,
        limit=limit,
    )


def _point_json(wanted: Several, quantity: str, point: SeriesPoint) -> dict[str, object]:
    shown: dict[str, object] = {
        "sensor": wanted.sensor,
        "quantity": quantity,
        "time": format_time(point.time_ns),
        "count": point.count,
        "mean": point.mean,
        "min": point.minimum,
        "max": point.maximum,
        "unit": point.unit,
    }
    return shown if wanted.step_ns else {**shown, "value": point.mean}


def _nice_ns(span: Span) -> int:
    """The shortest usual step that makes at most POINTS_MAX - 1 whole ones of a span."""
    least_s = (span.until_ns - span.since_ns) / SECOND_NS / (POINTS_MAX - 1)
    for step_s in _NICE_S:
        if step_s >= least_s:
            return step_s * SECOND_NS
    return (int(least_s // _DAY_S) + 1) * _DAY_S * SECOND_NS


def _values(store: SightingStore, question: SeriesQuestion, limit: int) -> list[Measurement]:
    span = question.span
    if span.since_ns >= span.until_ns:
        return []
    return store.series_of(question.sensor, question.quantity, span.since_ns, span.until_ns, limit)


def _value_of(each: Measurement) -> SeriesPoint:
    return SeriesPoint(
        time_ns=each.time_ns,
        count=1,
        mean=each.value,
        minimum=each.value,
        maximum=each.value,
        unit=each.unit,
    )


def _folded(store: SightingStore, question: SeriesQuestion) -> list[SeriesPoint]:
    """Fold the values of each step, newest first, until there are steps enough."""
    steps: dict[int, list[Measurement]] = {}
    points: list[SeriesPoint] = []
    left = question
    while True:
        chunk = _values(store, left, _CHUNK)
        for each in chunk:
            begin_ns = each.time_ns // question.step_ns * question.step_ns
            if begin_ns not in steps:
                points += [_step_of(*step) for step in steps.items()]
                steps = {begin_ns: []}
            steps[begin_ns].append(each)
        if len(chunk) < _CHUNK or len(points) >= question.limit:
            break
        span = Span(question.span.since_ns, chunk[-1].time_ns)
        left = msgspec.structs.replace(question, span=span)
    points += [_step_of(*step) for step in steps.items()]
    return points[: question.limit]


def _step_of(begin_ns: int, values: Sequence[Measurement]) -> SeriesPoint:
    numbers = [each.value for each in values]
    return SeriesPoint(
        time_ns=begin_ns,
        count=len(numbers),
        mean=sum(numbers) / len(numbers),
        minimum=min(numbers),
        maximum=max(numbers),
        unit=values[0].unit,
    )
