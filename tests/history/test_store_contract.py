"""What every history store promises, asked of each of them."""

from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from alerts.alert import Acknowledgement, AlertChange
from history.outputs import ZonesChanged
from history.store import (
    HistoryBatch,
    HistoryStore,
    KeepAges,
    Span,
    StoreError,
)
from simulators.influxd import Influxd
from tags.times import SECOND_NS
from tests.history.facility import (
    DAY_NS,
    Day,
    Teller,
    fix,
    invented_day,
    measured,
    sighting,
)
from tests.history.made import T0_NS, alert, at, movement, outside, raised
from tests.history.store_answers import (
    ALL,
    HOSTILE,
    MANY,
    STEPS_S,
    asked,
    folded,
    halves,
    holds,
    same_points,
)
from tests.history.stores import Stand, influx_stand, sqlite_stand
from tests.influxd import influxd


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Influxd]:
    with influxd(tmp_path_factory.mktemp("influxd")) as server:
        yield server


_databases = count()


@pytest.fixture(params=["sqlite", "influxdb"])
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Stand]:
    if request.param == "sqlite":
        with sqlite_stand(tmp_path) as made:
            yield made
        return
    with influx_stand(request.getfixturevalue("server"), f"contract {next(_databases)}") as made:
        yield made


@pytest.fixture
def store(stand: Stand) -> HistoryStore:
    return stand.store


@pytest.fixture
def teller() -> Iterator[Teller]:
    teller = Teller()
    yield teller
    teller.close()


@pytest.fixture(scope="module")
def day() -> Day:
    return invented_day()


def test_everything_of_a_day_is_found_again(store: HistoryStore, day: Day) -> None:
    store.append(day.batches)
    holds(store, day)


def test_the_same_again_changes_nothing(store: HistoryStore, day: Day) -> None:
    store.append(day.batches)
    store.append(day.batches)
    store.append(day.batches[-2:])
    holds(store, day)


def test_batches_may_be_told_one_by_one_and_then_together(store: HistoryStore, day: Day) -> None:
    for batch in day.batches[:9]:
        store.append([batch])
    store.append(day.batches)
    holds(store, day)


def test_the_halves_of_a_batch_and_the_whole_are_the_same(store: HistoryStore, day: Day) -> None:
    for batch in day.batches:
        store.append(halves(batch))
    store.append(day.batches)
    holds(store, day)


def test_what_failed_is_completed_by_the_same_again(stand: Stand, day: Day) -> None:
    stand.store.append(day.batches[:5])
    with stand.failing(), pytest.raises(StoreError):
        stand.store.append(day.batches[5:])
    stand.store.append(day.batches[5:])
    holds(stand.store, day)


def test_nothing_to_append_is_no_error(store: HistoryStore) -> None:
    store.append([])
    store.append([HistoryBatch()])
    assert store.last_positions() == []


def test_an_empty_store_answers_with_nothing(store: HistoryStore) -> None:
    assert store.track_of("aa", ALL, MANY) == []
    assert store.visits_of("hall", ALL, MANY) == []
    assert store.sightings_of("aa", ALL, MANY) == []
    assert store.fixes_of("aa", ALL, MANY) == []
    assert store.alerts_of(ALL, MANY) == []
    for step_ns in (0, SECOND_NS):
        assert store.series_of(asked(ALL, step_ns)) == []
    assert store.statistics().newest_ns is None


def test_a_slot_that_is_told_again_takes_the_place_of_the_former(
    store: HistoryStore, teller: Teller
) -> None:
    heard = sighting("aa", at(0))
    store.append([teller.tell(sightings=[heard])])
    more = replace(heard, count=5, last_ns=heard.last_ns + 7)
    store.append([teller.tell(sightings=[more])])
    assert store.sightings_of("aa", ALL, MANY) == [more]


def test_a_track_is_newest_first_and_as_long_as_asked_for(
    store: HistoryStore, teller: Teller
) -> None:
    zones = [None, *("hall", "gate") * 3]
    moves = [movement("aa", zones[n], zones[n + 1], at(n)) for n in range(6)]
    store.append([teller.tell(*moves)])
    visits = store.track_of("aa", ALL, MANY)
    assert [visit.from_ns for visit in visits] == [at(n) for n in range(5, -1, -1)]
    assert visits == teller.visits()[::-1]
    assert store.track_of("aa", ALL, 2) == visits[:2]
    assert store.track_of("aa", Span(at(2), at(4)), MANY) == visits[2:4]
    assert store.track_of("ab", ALL, MANY) == []


def test_who_was_in_a_zone_includes_those_who_came_long_before(
    store: HistoryStore, teller: Teller
) -> None:
    stays_s = [7, 63, 64, 65, 500, 513, 4_000, 5_000, 32_000, 40_000, 250_000, 300_000, 3_000_000]
    end_ns = at(4_000_000)
    moves = []
    for n, stay_s in enumerate(stays_s):
        moves.append(movement(f"t{n}", None, "hall", end_ns - stay_s * SECOND_NS))
        moves.append(movement(f"t{n}", "hall", "gate", end_ns))
    moves.append(movement("stays", None, "hall", at(0)))
    store.append([teller.tell(*moves)])
    last = Span(end_ns - SECOND_NS, end_ns)
    inside = [*(f"t{n}" for n in range(len(stays_s))), "stays"]
    assert [visit.tag for visit in store.visits_of("hall", last, MANY)] == inside
    assert [visit.tag for visit in store.visits_of("hall", last, 3)] == inside[:3]
    after = Span(end_ns, end_ns + SECOND_NS)
    assert [visit.tag for visit in store.visits_of("hall", after, MANY)] == ["stays"]
    assert {visit.tag for visit in store.visits_of("gate", after, MANY)} == set(inside[:-1])


@pytest.mark.parametrize(
    ("since_s", "until_s", "touches"),
    [(0, 10, False), (0, 11, True), (19, 20, True), (20, 30, False), (12, 13, True)],
)
def test_a_visit_is_half_open_and_so_is_the_span(
    store: HistoryStore, teller: Teller, since_s: int, until_s: int, *, touches: bool
) -> None:
    moves = [movement("aa", None, "hall", at(10)), movement("aa", "hall", "gate", at(20))]
    store.append([teller.tell(*moves)])
    span = Span(at(since_s), at(until_s))
    assert len(store.visits_of("hall", span, MANY)) == touches
    in_hall = [visit for visit in store.track_of("aa", span, MANY) if visit.zone == "hall"]
    assert len(in_hall) == touches


def test_borders_count_to_the_nanosecond(store: HistoryStore, teller: Teller) -> None:
    begin_ns, end_ns = at(10) + 123_456_789, at(10) + 123_456_792
    moves = [movement("aa", None, "hall", begin_ns), movement("aa", "hall", None, end_ns)]
    store.append([teller.tell(*moves)])
    assert store.visits_of("hall", Span(begin_ns - 5, begin_ns), MANY) == []
    assert store.visits_of("hall", Span(end_ns, end_ns + 5), MANY) == []
    (visit,) = store.visits_of("hall", Span(end_ns - 1, end_ns), MANY)
    assert (visit.from_ns, visit.to_ns) == (begin_ns, end_ns)


def test_a_visit_of_no_length_counts_where_it_begins(store: HistoryStore, teller: Teller) -> None:
    moves = [movement("aa", None, "hall", at(10)), movement("aa", "hall", "gate", at(10))]
    store.append([teller.tell(*moves)])
    (visit,) = store.visits_of("hall", Span(at(10), at(11)), MANY)
    assert visit.from_ns == visit.to_ns == at(10)
    assert store.visits_of("hall", Span(at(9), at(10)), MANY) == []
    assert store.visits_of("hall", Span(at(10) + 1, at(11)), MANY) == []


def test_a_visit_that_went_on_is_told_with_its_end(store: HistoryStore, teller: Teller) -> None:
    store.append([teller.tell(movement("aa", None, "hall", at(0), "drill"))])
    (begun,) = store.track_of("aa", ALL, MANY)
    assert (begun.to_ns, begun.ended, begun.asset) == (None, None, "drill")
    store.append([teller.tell(outside("aa", "hall", at(3), "drill"))])
    ended = replace(begun, to_ns=at(3), ended="outside")
    assert store.track_of("aa", ALL, MANY) == [ended]
    assert store.visits_of("hall", ALL, MANY) == [ended]
    assert store.last_positions() == [ended]


def test_what_was_known_late_is_a_visit_but_not_where_it_is(
    store: HistoryStore, teller: Teller
) -> None:
    moves = [
        movement("aa", None, "hall", at(100)),
        movement("aa", "gate", "yard", at(50), late=True),
    ]
    store.append([teller.tell(*moves)])
    assert [visit.zone for visit in store.last_positions()] == ["hall"]
    (late,) = store.visits_of("yard", ALL, MANY)
    assert late.ended == "late"


def test_last_positions_are_one_of_each_tag_in_their_order(store: HistoryStore, day: Day) -> None:
    store.append(day.batches)
    found = store.last_positions()
    assert [visit.tag for visit in found] == sorted({visit.tag for visit in day.visits})
    newest = {visit.tag: visit for visit in day.visits if visit.ended != "late"}
    assert found == [newest[visit.tag] for visit in found]


def test_who_is_in_a_renamed_zone_was_always_there(store: HistoryStore, teller: Teller) -> None:
    store.append([teller.tell(movement("aa", None, "yard", at(0)))])
    gone = [movement("bb", None, "yard", at(1)), movement("bb", "yard", None, at(2))]
    store.append([teller.tell(*gone)])
    store.append([teller.tell(ZonesChanged({"yard": "apron"}, (), at(5)))])
    (visit,) = store.visits_of("apron", ALL, MANY)
    assert (visit.tag, visit.from_ns, visit.to_ns) == ("aa", at(0), None)
    assert [visit.tag for visit in store.visits_of("yard", ALL, MANY)] == ["bb"]
    assert store.track_of("aa", ALL, MANY) == store.last_positions()[:1] == [visit]


def test_zones_may_swap_their_names(store: HistoryStore, teller: Teller) -> None:
    moves = [movement("aa", None, "east", at(0)), movement("bb", None, "west", at(0))]
    store.append([teller.tell(*moves)])
    swapped = {"east": "west", "west": "east"}
    store.append([teller.tell(ZonesChanged(swapped, (), at(5)))])
    assert [visit.tag for visit in store.visits_of("west", ALL, MANY)] == ["aa"]
    assert [visit.tag for visit in store.visits_of("east", ALL, MANY)] == ["bb"]


def test_sightings_and_fixes_of_a_tag_are_newest_first_over_midnight(
    store: HistoryStore, teller: Teller
) -> None:
    times = [T0_NS // DAY_NS * DAY_NS + DAY_NS + n * 5 * SECOND_NS for n in range(-3, 3)]
    sightings = [sighting("aa", time_ns) for time_ns in times]
    fixes = [fix("aa", time_ns) for time_ns in times]
    others = [sighting("bb", time_ns) for time_ns in times]
    store.append([teller.tell(sightings=[*sightings, *others], fixes=fixes)])
    assert store.sightings_of("aa", ALL, MANY) == sightings[::-1]
    assert store.sightings_of("aa", ALL, 4) == sightings[:1:-1]
    assert store.sightings_of("aa", Span(times[1], times[4]), MANY) == sightings[3:0:-1]
    assert store.fixes_of("aa", ALL, MANY) == fixes[::-1]
    assert store.fixes_of("aa", ALL, 4) == fixes[:1:-1]
    assert store.fixes_of("aa", Span(times[1], times[4]), MANY) == fixes[3:0:-1]


def test_antennas_that_hear_a_tag_at_once_are_all_kept(store: HistoryStore, teller: Teller) -> None:
    sightings = [sighting("aa", at(0), "gate-1", antenna) for antenna in range(1, 9)]
    bare = replace(sightings[0], tag="bb", rssi_dbm_max=None, rssi_dbm_sum=0.0, rssi_reads=0)
    store.append([teller.tell(sightings=[*sightings, bare])])
    found = store.sightings_of("aa", ALL, MANY)
    assert sorted(found, key=lambda one: one.antenna) == sightings
    assert store.sightings_of("bb", ALL, MANY) == [bare]


def test_a_thousand_tags_that_move_at_once_are_all_kept(
    store: HistoryStore, teller: Teller
) -> None:
    moves = [movement(f"t{n:04}", None, "hall", at(0)) for n in range(1000)]
    heard = [sighting(f"t{n:04}", at(0)) for n in range(1000)]
    fixes = [fix(f"t{n:04}", at(0)) for n in range(1000)]
    store.append([teller.tell(*moves, sightings=heard, fixes=fixes)])
    assert len(store.visits_of("hall", ALL, MANY)) == 1000
    assert [visit.tag for visit in store.last_positions()] == [move.tag for move in moves]
    for n in range(0, 1000, 111):
        assert store.sightings_of(f"t{n:04}", ALL, MANY) == [heard[n]]
        assert store.fixes_of(f"t{n:04}", ALL, MANY) == [fixes[n]]


def test_a_series_is_newest_first_with_both_borders_half_open(
    store: HistoryStore, teller: Teller
) -> None:
    values = [measured(n / 4, at(n)) for n in range(6)]
    others = [measured(99, at(n), "cold-2") for n in range(6)]
    store.append([teller.tell(measurements=[*values, *others])])
    assert store.series_of(asked(ALL)) == folded(values, asked(ALL))
    part = asked(Span(at(1), at(4)))
    assert [point.time_ns for point in store.series_of(part)] == [at(3), at(2), at(1)]
    assert store.series_of(replace(part, limit=2)) == store.series_of(part)[:2]


def test_a_step_over_midnight_is_one_point(store: HistoryStore, teller: Teller) -> None:
    midnight_ns = T0_NS // DAY_NS * DAY_NS + DAY_NS
    step_ns = 7 * 3600 * SECOND_NS
    assert midnight_ns % step_ns
    values = [measured(n, midnight_ns + n * SECOND_NS) for n in (-2, -1, 0, 1, 6)]
    store.append([teller.tell(measurements=values)])
    (point,) = store.series_of(asked(ALL, step_ns))
    assert (point.time_ns, point.count) == (midnight_ns // step_ns * step_ns, 5)
    assert (point.minimum, point.maximum) == (-2, 6)
    assert point.mean == pytest.approx(0.8)
    assert store.series_of(replace(asked(ALL, step_ns), limit=1)) == [point]


@pytest.mark.parametrize("step_s", STEPS_S)
def test_every_store_folds_a_series_alike(store: HistoryStore, day: Day, step_s: int) -> None:
    store.append([replace(batch, outputs=()) for batch in day.batches])
    for span in (ALL, Span(at(1234), at(50_001))):
        question = replace(asked(span, step_s * SECOND_NS), limit=50)
        same_points(store.series_of(question), folded(day.measurements, question))


def test_a_step_has_the_unit_of_its_newest_value(store: HistoryStore, teller: Teller) -> None:
    values = [measured(1, at(0), unit="°C"), measured(2, at(1), unit="K")]
    store.append([teller.tell(measurements=values)])
    (point,) = store.series_of(asked(ALL, DAY_NS))
    assert (point.unit, point.count) == ("K", 2)


def test_alerts_are_told_as_they_stand_and_newest_first(
    store: HistoryStore, teller: Teller
) -> None:
    first, second = (replace(alert(f"al-{n}", f"a{n}"), time_ns=at(n)) for n in (1, 2))
    store.append([teller.tell(raised(first), raised(second))])
    taken = replace(first, acknowledged=Acknowledgement("guard", at(7), 'said "yes",\nwent'))
    cleared = replace(taken, cleared=True, condition="returned")
    changes = [AlertChange("acknowledged", taken, at(7)), AlertChange("cleared", cleared, at(9))]
    for change in changes:
        store.append([teller.tell(change)])
    assert store.alerts_of(ALL, MANY) == [second, cleared]
    assert store.alerts_of(ALL, 1) == [second]
    assert store.alerts_of(Span(at(1), at(2)), MANY) == [cleared]
    assert store.alerts_of(Span(at(1) + 1, at(2)), MANY) == []


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_any_name_comes_back_as_it_was(store: HistoryStore, teller: Teller, name: str) -> None:
    heard = sighting(name, at(0), reader=name)
    value = measured(1.5, at(0), sensor=name, unit=name)
    shown = replace(alert(name, asset=name, rule=name), detail=name, time_ns=at(0))
    batch = teller.tell(
        movement(name, None, name, at(0), name),
        movement("plain", None, "hall", at(0)),
        raised(shown),
        sightings=[heard, sighting("plain", at(0))],
        fixes=[replace(fix(name, at(0)), source=name)],
        measurements=[value],
    )
    zones = {**batch.zones, (name, 1): name}
    store.append([replace(batch, zones=zones)])
    (visit,) = store.visits_of(name, ALL, MANY)
    assert (visit.tag, visit.zone, visit.asset) == (name, name, name)
    assert store.track_of(name, ALL, MANY) == [visit]
    assert {visit.tag for visit in store.last_positions()} == {name, "plain"}
    assert store.sightings_of(name, ALL, MANY) == [heard]
    assert store.fixes_of(name, ALL, MANY) == list(batch.fixes)
    (point,) = store.series_of(replace(asked(ALL), sensor=name))
    assert (point.mean, point.unit) == (1.5, name)
    assert store.alerts_of(ALL, MANY) == [shown]


def test_what_is_young_enough_is_never_forgotten(store: HistoryStore, day: Day) -> None:
    store.append(day.batches)
    keep = KeepAges(sightings_days=9, movements_days=9, alerts_days=9, audit_days=9)
    assert store.expire(keep, T0_NS + 2 * DAY_NS) == 0
    holds(store, day)


def test_statistics_say_what_they_know_and_nothing_else(store: HistoryStore, day: Day) -> None:
    store.append(day.batches)
    told = store.statistics()
    assert told.bytes is None or told.bytes > 0
    assert told.sightings in {None, len(day.sightings)}
    assert told.visits in {None, len(day.visits)}
    assert told.alerts in {None, len(day.alerts)}
    assert told.oldest_ns is None or told.oldest_ns <= at(1)
    assert told.newest_ns is None or told.newest_ns >= day.visits[-1].from_ns
