"""What a history store has to answer, from plain references."""

from collections import defaultdict
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from history.sightings import Sighting
from history.store import (
    HistoryBatch,
    HistoryStore,
    SeriesPoint,
    SeriesQuestion,
    Span,
    Visit,
)
from tags.reads import Measurement
from tests.history.facility import (
    DAY_NS,
    Day,
)
from tests.history.made import T0_NS

MANY = 10_000
ALL = Span(T0_NS - DAY_NS, T0_NS + 3 * DAY_NS)
HOSTILE = (
    "it's",
    'a "quoted" one',
    "comma, equals=space",
    "back\\slash",
    "ends\\",
    "line\nbreak,zone=x value=1",
    "tab\tand\rreturn",
    "drop'; DROP TABLE visits; --",
    "Kühlhaus 冷蔵庫 🧊",
    "x" * 1000,
    "%_*?",
    "$tag /regex/",
)
STEPS_S = (1, 7, 60, 3600, 7 * 3600, 86_400, 5 * 86_400)


def asked(span: Span, step_ns: int = 0) -> SeriesQuestion:
    return SeriesQuestion(
        sensor="cold-1", quantity="temperature", span=span, step_ns=step_ns, limit=MANY
    )


def folded(values: Sequence[Measurement], question: SeriesQuestion) -> list[SeriesPoint]:
    """The plain reference, newest first."""
    steps: dict[int, list[Measurement]] = defaultdict(list)
    for each in sorted(values, key=lambda each: each.time_ns, reverse=True):
        if question.span.since_ns <= each.time_ns < question.span.until_ns:
            steps[each.time_ns - each.time_ns % max(question.step_ns, 1)].append(each)
    points = [
        SeriesPoint(
            time_ns=begin_ns,
            count=len(inside),
            mean=sum(each.value for each in inside) / len(inside),
            minimum=min(each.value for each in inside),
            maximum=max(each.value for each in inside),
            unit=inside[0].unit,
        )
        for begin_ns, inside in steps.items()
    ]
    return points[: question.limit]


def same_points(found: Sequence[SeriesPoint], wanted: Sequence[SeriesPoint]) -> None:
    assert [replace(each, mean=0.0) for each in found] == [
        replace(each, mean=0.0) for each in wanted
    ]
    assert [each.mean for each in found] == pytest.approx([each.mean for each in wanted])


def halves(batch: HistoryBatch) -> list[HistoryBatch]:
    """What was decided and what was heard, told apart."""
    heard = HistoryBatch(
        position=batch.position,
        sightings=batch.sightings,
        fixes=batch.fixes,
        measurements=batch.measurements,
        zones=batch.zones,
    )
    decided = replace(batch, sightings=(), fixes=(), measurements=())
    return [decided, heard]


def holds(store: HistoryStore, day: Day) -> None:
    """All of a day is there, each once, and nothing else."""
    tags = sorted({visit.tag for visit in day.visits})
    tracks = [visit for tag in tags for visit in store.track_of(tag, ALL, MANY)]
    assert sorted(tracks, key=_id_of) == day.visits
    zones = sorted({visit.zone for visit in day.visits})
    inside = [visit for zone in zones for visit in store.visits_of(zone, ALL, MANY)]
    assert sorted(inside, key=_id_of) == day.visits
    heard = [each for tag in tags for each in store.sightings_of(tag, ALL, MANY)]
    assert sorted(heard, key=_slot_of) == sorted(day.sightings, key=_slot_of)
    assert store.fixes_of("tracker", ALL, MANY) == sorted(
        day.fixes, key=lambda each: each.time_ns, reverse=True
    )
    assert store.series_of(asked(ALL)) == folded(day.measurements, asked(ALL))
    alerts = sorted(day.alerts.values(), key=lambda each: each.time_ns, reverse=True)
    assert store.alerts_of(ALL, MANY) == alerts


def _id_of(visit: Visit) -> int:
    return visit.id


def _slot_of(one: Sighting) -> tuple[int, str]:
    return one.slot_s, one.tag
