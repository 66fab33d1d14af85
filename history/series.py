"""Series of sensors: several quantities in one list, the newest first, page by page."""

from collections.abc import Callable

import msgspec

from history.paging import Page, PageRequest, checked_limit, decode_cursor, encode_cursor
from history.sightings import Series, SightingStore, Step
from history.store import SeriesPoint, SeriesQuestion, Span
from tags.times import SECOND_NS, format_time

POINTS_MAX = 1_000
"""So many points of a quantity are told where nobody says how many."""

_NICE_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
_DAY_S = 86_400
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


def points_of(store: SightingStore, question: SeriesQuestion) -> list[SeriesPoint]:
    """Ask a store for one quantity, value by value or step by step. Raises what it raises."""
    span, names = question.span, (question.sensor, question.quantity)
    if span.since_ns >= span.until_ns:
        return []
    if question.step_ns:
        asked = Series(names, span.since_ns, span.until_ns, question.limit)
        return [_point_of(step) for step in store.steps_of(asked, question.step_ns)]
    values = store.series_of(*names, span.since_ns, span.until_ns, question.limit)
    return [
        _point_of(Step(each.time_ns, 1, each.value, each.value, each.value, each.unit))
        for each in values
    ]


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


def _point_of(step: Step) -> SeriesPoint:
    return SeriesPoint(
        time_ns=step.begin_ns,
        count=step.number,
        mean=step.total / step.number,
        minimum=step.minimum,
        maximum=step.maximum,
        unit=step.unit,
    )
