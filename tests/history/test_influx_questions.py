"""Questions to the real server."""

from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from history.influx_history import InfluxHistory
from history.influx_names import part_of
from history.influx_query import literal
from history.influx_rows import name_in
from history.influx_write import PutAside
from history.set_aside import Refused
from history.settings import HistorySettings
from history.store import (
    BatchRefusedError,
    HistoryBatch,
    RaisedAlert,
    Span,
    StoreRefusedError,
    Visit,
)
from simulators.influxd import Influxd
from tags.times import MILLISECOND_NS, SECOND_NS
from tests.history.facility import ANTENNAS, DAY_NS, fix, measured, sighting
from tests.history.made import FEW, T0_NS, alert, at
from tests.history.store_answers import ALL, MANY, asked, folded
from tests.influxd import ADMIN, influxd

EVER = Span(-(2**63), 2**63 - 1)
INJECTED = (
    "' OR 1=1 --",
    "x'; DROP DATABASE tagwarden; --",
    '" OR "tag_id" != "',
    "\\' OR tag_id != '",
    "\\",
    "'",
    "$tag",
    "/.*/",
    "a' OR time > 0 OR 'b' = 'b",
    "two\nlines",
    "carriage\rreturn",
    "a\0zero",
    "",
    " ",
    "\ufeffmark",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Influxd]:
    with influxd(tmp_path_factory.mktemp("influxd")) as server:
        server.ask("CREATE DATABASE tagwarden")
        yield server


_databases = count()


@contextmanager
def history(
    server: Influxd,
    put_aside: PutAside | None = None,
    **changes: Any,  # noqa: ANN401 -- any setting
) -> Generator[InfluxHistory]:
    name = changes.get("database", f"asked {next(_databases)}")
    if "database" not in changes:
        server.ask(f'CREATE DATABASE "{name}"')
    fields: dict[str, Any] = {"store": "influxdb", "url": server.url, "database": name}
    store = InfluxHistory(HistorySettings(**(fields | changes)), put_aside)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture
def store(server: Influxd) -> Generator[InfluxHistory]:
    with history(server) as store:
        yield store


def stay(number: int, tag: str, from_ns: int, to_ns: int | None = None) -> Visit:
    ended = None if to_ns is None else "moved"
    return Visit(
        id=number, tag=tag, asset=None, zone="hall", from_ns=from_ns, to_ns=to_ns, ended=ended
    )


def heard_of(name: str) -> HistoryBatch:
    return HistoryBatch(
        visits=[stay(1, name, at(0)), stay(2, "plain", at(0))],
        sightings=[sighting(name, at(0)), sighting("plain", at(0))],
        fixes=[fix(name, at(0)), fix("plain", at(0))],
        measurements=[measured(1, at(0), name), measured(2, at(0), "plain")],
        zones=ANTENNAS,
    )


@pytest.mark.parametrize("name", INJECTED, ids=range(len(INJECTED)))
def test_a_question_in_a_name_is_only_a_name(server: Influxd, name: str) -> None:
    with history(server) as store:
        store.append([heard_of("plain")])
        assert store.track_of(name, EVER, MANY) == []
        assert store.visits_of(name, EVER, MANY) == []
        assert store.sightings_of(name, EVER, MANY) == []
        assert store.fixes_of(name, EVER, MANY) == []
        assert store.series_of(replace(asked(EVER), sensor=name)) == []
        assert store.series_of(replace(asked(EVER), quantity=name)) == []
        store.append([heard_of(name)])
        assert [visit.id for visit in store.track_of(name, EVER, MANY)] == [1]
        assert store.sightings_of(name, EVER, MANY) == [sighting(name, at(0))]
        assert store.fixes_of(name, EVER, MANY) == [fix(name, at(0))]
        assert [each.mean for each in store.series_of(replace(asked(ALL), sensor=name))] == [1]
    assert ["tagwarden"] in server.ask("SHOW DATABASES")[0]["values"]


@pytest.fixture(scope="module")
def names_store(server: Influxd) -> Generator[InfluxHistory]:
    with history(server) as store:
        yield store


_numbers = count(1)


@FEW
@given(name=st.text(max_size=30), other=st.text(max_size=30))
@example(name="a\r", other="a\n")
@example(name="a\0b", other="a")
def test_any_two_names_are_told_apart(names_store: InfluxHistory, name: str, other: str) -> None:
    begin_ns = at(next(_numbers))
    store, span = names_store, Span(begin_ns, begin_ns + 1)
    visits = [stay(n, tag, begin_ns, begin_ns) for n, tag in enumerate({name, other})]
    store.append([HistoryBatch(visits=visits)])
    for visit in visits:
        assert store.track_of(visit.tag, span, MANY) == [visit]


def test_names_that_no_literal_can_say_are_told_apart_within_a_part(store: InfluxHistory) -> None:
    names = [name for name in (f"{n}\r" for n in range(1000)) if part_of(name) == 7][:3]
    for n, name in enumerate(names):
        batch = heard_of(name)
        store.append([replace(batch, visits=[stay(n, name, at(0))])])
    for n, name in enumerate(names):
        assert [visit.id for visit in store.track_of(name, ALL, MANY)] == [n]
        assert store.sightings_of(name, ALL, 1) == [sighting(name, at(0))]
        assert store.fixes_of(name, ALL, 1) == [fix(name, at(0))]


@given(st.text())
def test_a_literal_ends_only_at_its_end(text: str) -> None:
    written = literal(text)
    if written is None:
        assert "\r" in text or "\0" in text
        return
    inside = written[1:-1].replace("\\\\", "").replace("\\'", "")
    assert written[0] == written[-1] == "'"
    assert "'" not in inside
    assert "\n" not in inside
    assert not inside.endswith("\\")


@pytest.mark.parametrize("span", [EVER, Span(0, 2**70), Span(-(2**70), T0_NS + DAY_NS)])
def test_a_span_may_be_longer_than_time(store: InfluxHistory, span: Span) -> None:
    value = measured(2.5, at(0))
    batch = heard_of("aa")
    raised = RaisedAlert(1, 1, replace(alert("al-1"), time_ns=at(0)))
    store.append([replace(batch, measurements=[value], alerts=[raised])])
    assert len(store.track_of("aa", span, 1)) == 1
    assert len(store.visits_of("hall", span, MANY)) == 2
    assert store.sightings_of("aa", span, MANY) == [sighting("aa", at(0))]
    assert store.fixes_of("aa", span, MANY) == [fix("aa", at(0))]
    assert store.alerts_of(span, MANY) == [raised.alert]
    for step_ns in (0, 1, 7 * 3600 * SECOND_NS):
        question = asked(span, step_ns)
        assert store.series_of(question) == folded([value], question)


def test_an_empty_span_or_a_limit_of_none_asks_for_nothing(store: InfluxHistory) -> None:
    store.append([heard_of("aa")])
    for span, limit in ((Span(at(0), at(0)), MANY), (Span(at(1), at(0)), MANY), (ALL, 0)):
        assert store.track_of("aa", span, limit) == []
        assert store.sightings_of("aa", span, limit) == []
        assert store.fixes_of("aa", span, limit) == []
        assert store.alerts_of(span, limit) == []
        for step_ns in (0, SECOND_NS):
            question = replace(asked(span, step_ns), sensor="plain", limit=limit)
            assert store.series_of(question) == []


def test_the_newest_of_a_millisecond_are_those_with_the_latest_nanosecond(
    store: InfluxHistory,
) -> None:
    numbers = [(number * 7919) % 1000 for number in range(1000)]
    visits = [stay(n, f"t{n}", at(0) + number, at(1)) for n, number in enumerate(numbers)]
    store.append([HistoryBatch(visits=visits)])
    newest = sorted(visits, key=lambda visit: visit.from_ns, reverse=True)
    for limit in (1, 7, 999, 1000, 1001):
        assert store.visits_of("hall", ALL, limit) == newest[:limit]


def test_more_than_a_page_is_told_without_gap_or_doubling(store: InfluxHistory) -> None:
    visits = [stay(n, f"t{n}", at(0) + n // 7 * MILLISECOND_NS, at(99_999)) for n in range(25_003)]
    store.append([HistoryBatch(visits=visits)])
    found = store.visits_of("hall", ALL, 100_000)
    assert [visit.id for visit in found] == list(range(25_002, -1, -1))
    assert len(store.last_positions()) == 25_003
    values = [measured(n % 7, at(n)) for n in range(10_500)]
    store.append([HistoryBatch(measurements=values)])
    for step_s in (0, 1, 2):
        question = replace(asked(ALL, step_s * SECOND_NS), limit=100_000)
        assert store.series_of(question) == folded(values, question)


def test_a_sighting_whose_read_point_lies_in_another_zone_now_is_told_once(
    store: InfluxHistory,
) -> None:
    before = sighting("aa", at(0))
    after = replace(before, count=9)
    store.append([HistoryBatch(sightings=[before], zones=ANTENNAS)])
    store.append([HistoryBatch(sightings=[after], zones={("gate-1", 1): "apron"})])
    assert store.sightings_of("aa", ALL, MANY) == [after]


def test_a_sighting_belongs_to_a_span_that_its_reads_touch(store: InfluxHistory) -> None:
    one = sighting("aa", at(1))
    store.append([HistoryBatch(sightings=[one], zones=ANTENNAS)])
    assert store.sightings_of("aa", Span(at(0), one.first_ns), MANY) == []
    assert store.sightings_of("aa", Span(one.last_ns + 1, at(5)), MANY) == []
    assert store.sightings_of("aa", Span(one.last_ns, one.last_ns + 1), MANY) == [one]


def test_borders_and_order_within_a_millisecond_are_those_of_nanoseconds(
    store: InfluxHistory,
) -> None:
    times = [at(0) + ns for ns in (300, 100, 400, 200)]
    fixes = [fix("aa", time_ns) for time_ns in times]
    alerts = [replace(alert(f"al-{n}"), time_ns=time_ns) for n, time_ns in enumerate(times)]
    raised = [RaisedAlert(n, n, one) for n, one in enumerate(alerts)]
    store.append([HistoryBatch(fixes=fixes, alerts=raised)])
    for since_ns, until_ns, inside in ((0, 1000, [2, 0, 3, 1]), (200, 400, [0, 3]), (201, 300, [])):
        span = Span(at(0) + since_ns, at(0) + until_ns)
        assert store.fixes_of("aa", span, MANY) == [fixes[n] for n in inside]
        assert store.alerts_of(span, MANY) == [alerts[n] for n in inside]


def test_an_alert_that_is_too_long_comes_without_its_reads(store: InfluxHistory) -> None:
    short = alert("al-1")
    reads = short.evidence.reads * 2000
    long = replace(short, id="al-2", evidence=replace(short.evidence, reads=reads))
    store.append([HistoryBatch(alerts=[RaisedAlert(1, 1, short), RaisedAlert(2, 2, long)])])
    bare = replace(long, evidence=replace(long.evidence, reads=()))
    assert store.alerts_of(EVER, MANY) == [bare, short]


def test_alerts_come_in_pages_without_gap_or_doubling(store: InfluxHistory) -> None:
    alerts = [replace(alert(f"al-{n}"), time_ns=at(n // 300)) for n in range(1000)]
    store.append([HistoryBatch(alerts=[RaisedAlert(n, n, one) for n, one in enumerate(alerts)])])
    for limit in (1, 250, 1000, 5000):
        assert store.alerts_of(ALL, limit) == alerts[::-1][:limit]


def test_a_line_that_is_refused_for_good_is_put_aside_or_told(server: Influxd) -> None:
    refused: list[Refused] = []
    poison = HistoryBatch(measurements=[measured(1, at(0), "s" * 70_000)])
    with history(server, put_aside=refused.extend) as store:
        store.append([heard_of("aa"), poison])
        assert len(store.track_of("aa", ALL, MANY)) == 1
        assert [line[:30] for line, _ in refused] == ["measurement,quantity=temperatu"]
    with history(server) as store:
        with pytest.raises(BatchRefusedError, match="refuses a line for good") as told:
            store.append([heard_of("aa"), poison])
        assert told.value.line == refused[0].line
        assert len(store.track_of("aa", ALL, MANY)) == 1


def test_a_name_that_is_shown_by_pictures_is_read_from_them() -> None:
    assert name_in("a\u29f5b\u240ac\u2421") == "a\\b\nc\x7f"


def test_a_login_and_a_retention_policy_hold_for_questions_too(tmp_path: Path) -> None:
    with influxd(tmp_path, admin=ADMIN) as server:
        server.ask("CREATE DATABASE depot")
        server.ask("CREATE RETENTION POLICY long ON depot DURATION INF REPLICATION 1")
        changes: dict[str, Any] = {"database": "depot", "retention_policy": "long"}
        login: dict[str, Any] = {"username": ADMIN.username, "password": ADMIN.password}
        with history(server, **changes, **login) as store:
            store.append([heard_of("aa")])
            assert len(store.track_of("aa", ALL, MANY)) == 1
        with history(server, database="depot", **login) as store:
            assert store.track_of("aa", ALL, MANY) == []
        with history(server, **changes) as store, pytest.raises(StoreRefusedError, match="401"):
            store.track_of("aa", ALL, MANY)
