"""What the history in SQLite does by itself."""

from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from history.store import (
    KeepAges,
    Span,
)
from tags.times import SECOND_NS
from tests.history.facility import (
    DAY_NS,
    ZONES,
    Day,
    invented_day,
)
from tests.history.made import T0_NS, at
from tests.history.store_answers import (
    ALL,
    MANY,
    STEPS_S,
    asked,
    folded,
    same_points,
)
from tests.history.stores import Stand, sqlite_stand


@pytest.fixture(scope="module")
def sqlite_series(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Stand, Day]]:
    day = invented_day(2, hours=60, moves_an_hour=0)
    with sqlite_stand(tmp_path_factory.mktemp("series")) as made:
        made.store.append(day.batches)
        yield made, day


SPANS = st.tuples(st.integers(-3600, 62 * 3600), st.integers(1, 62 * 3600))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(span=SPANS, step_s=st.sampled_from(STEPS_S), limit=st.integers(1, 50))
def test_steps_are_those_of_a_plain_fold(
    sqlite_series: tuple[Stand, Day], span: tuple[int, int], step_s: int, limit: int
) -> None:
    made, day = sqlite_series
    begin, length = span
    question = replace(asked(Span(at(begin), at(begin + length)), step_s * SECOND_NS), limit=limit)
    same_points(made.store.series_of(question), folded(day.measurements, question))


@pytest.fixture(scope="module")
def day() -> Day:
    return invented_day()


def test_the_invented_day_is_worth_asking_about(day: Day) -> None:
    assert len(day.batches) == 25
    assert {visit.zone for visit in day.visits} == {*ZONES, "apron"}
    assert {visit.ended for visit in day.visits} >= {None, "moved", "departed"}
    assert any(batch.renamed for batch in day.batches)
    assert len(day.alerts) > 3
    assert invented_day() == day


def test_what_is_old_is_forgotten_and_what_goes_on_stays(tmp_path: Path, day: Day) -> None:
    keep = KeepAges(sightings_days=5, movements_days=9, alerts_days=20, audit_days=20)
    with sqlite_stand(tmp_path) as made:
        made.store.append(day.batches)
        assert made.store.expire(keep, T0_NS + 12 * DAY_NS) > len(day.batches)
        assert all(visit.to_ns is None for visit in made.store.last_positions())
        assert made.store.track_of("pallet", ALL, MANY)
        assert made.store.sightings_of("aa01", ALL, MANY) == []
        assert len(made.store.alerts_of(ALL, MANY)) == len(day.alerts)
        assert made.store.expire(keep, T0_NS + 12 * DAY_NS) == 0
