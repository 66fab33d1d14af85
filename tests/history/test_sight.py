"""What a scope means on a floor plan, and that the tables are narrowed without being read whole."""

from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from history.callers import Scope
from history.custody_questions import CHECKOUTS, CheckoutFilter, wanted_checkouts
from history.filters import (
    AlertFilter,
    AssetFilter,
    AuditFilter,
    CrossingFilter,
    MovementFilter,
    VisitFilter,
)
from history.listings import (
    ALERTS,
    ASSETS,
    AUDIT,
    CROSSINGS,
    MOVEMENTS,
    VISITS,
    wanted_alerts,
    wanted_assets,
)
from history.paging import PageRequest, page_query
from history.past import PastQuestion, PastType, past_of
from history.presence import Stretch, present_query
from history.questions import StateQuestions
from history.scope import UNLIMITED, Sight, sight_of
from history.sightings import SightingBatch
from history.sqlite_sightings import SqliteSightings
from history.timeline import timeline_query
from readers.push_settings import PushSettings
from readers.settings import AntennaSettings, ReaderSettings
from tags.reads import Fix
from tags.times import format_time
from tests.history.made import Writer, at, movement, plan, stored
from zones.floorplan import FloorPlan
from zones.portal_settings import PortalSettings
from zones.settings import ZoneSettings

PLAN = FloorPlan(
    zones=[
        ZoneSettings(name="hall"),
        ZoneSettings(name="aisle", parent="hall"),
        ZoneSettings(name="bay", parent="aisle"),
        ZoneSettings(name="yard", was="lot"),
        ZoneSettings(name="lot", was="field"),
    ],
    readers=[
        PushSettings(name="in-bay", zone="bay"),
        PushSettings(name="in-yard", zone="yard"),
        ReaderSettings(
            name="door",
            driver="llrp",
            antennas={1: AntennaSettings(zone="hall"), 2: AntennaSettings(zone="yard")},
        ),
        ReaderSettings(name="nowhere", driver="llrp"),
    ],
    portals=[
        PortalSettings(name="gate", inside=("door/1",), outside=("door/2",)),
        PortalSettings(name="back", inside=("in-yard/1",), outside=("in-yard/2",)),
    ],
)
SIGHT = Sight(zones=frozenset({"a", "b"}), groups=frozenset({"g"}), portals=frozenset({"p"}))


def test_a_zone_means_what_is_inside_it_however_deep() -> None:
    assert sight_of(Scope(zones=("hall",)), PLAN).zones == frozenset({"hall", "aisle", "bay"})
    assert sight_of(Scope(zones=("bay",)), PLAN).zones == frozenset({"bay"})


def test_a_former_name_goes_on_unless_another_zone_has_it() -> None:
    assert sight_of(Scope(zones=("yard",)), PLAN).zones == frozenset({"yard"})
    assert sight_of(Scope(zones=("lot",)), PLAN).zones == frozenset({"lot", "field"})
    assert sight_of(Scope(zones=("field",)), PLAN).zones == frozenset({"lot", "field"})
    assert sight_of(Scope(zones=("unheard of",)), PLAN).zones == frozenset({"unheard of"})


def test_readers_and_portals_are_seen_where_they_have_an_antenna() -> None:
    sight = sight_of(Scope(zones=("hall",)), PLAN)
    assert sight.readers == frozenset({"in-bay", "door"})
    assert sight.own_readers == frozenset({"in-bay"})
    assert sight.portals == frozenset({"gate"})
    assert not sight.owns_portal("gate", PLAN)
    assert sight_of(Scope(zones=("yard",)), PLAN).owns_portal("back", PLAN)
    assert not sight_of(Scope(zones=("yard",)), PLAN).owns_portal("none", PLAN)
    assert not sight_of(Scope(zones=()), PLAN).owns_reader("nowhere")


def test_no_limit_sees_everything_and_an_empty_one_nothing() -> None:
    assert sight_of(Scope(), PLAN) == UNLIMITED
    assert UNLIMITED.narrow(MOVEMENTS.seen) == ([], {})
    nothing = sight_of(Scope(zones=(), groups=()), PLAN)
    assert (nothing.sees_zone("hall"), nothing.sees_group("g")) == (False, False)
    assert not nothing.sees_group(None)


def test_a_list_that_does_not_say_what_is_seen_of_it_shows_nothing(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(stored("drill", "aa01"))
    statement, values = page_query(AUDIT, AuditFilter(), PageRequest(), SIGHT)
    assert writer.rows(statement.replace(":rows", "10").replace("\n", " ")) == []
    assert "FALSE" in statement
    assert values["sight_groups"] == '["g"]'
    assert questions.within(UNLIMITED) is questions


QUESTIONS = {
    "movements": page_query(MOVEMENTS, MovementFilter(), PageRequest(), SIGHT),
    "movements of an asset": page_query(MOVEMENTS, MovementFilter(asset="a"), PageRequest(), SIGHT),
    "crossings": page_query(CROSSINGS, CrossingFilter(), PageRequest(), SIGHT),
    "crossings of a tag": page_query(CROSSINGS, CrossingFilter(tag="a"), PageRequest(), SIGHT),
    "visits": page_query(VISITS, VisitFilter(), PageRequest(), SIGHT),
    "visits in zones between": page_query(
        VISITS, VisitFilter(zones='["a"]', since_ns=1, until_ns=2), PageRequest(), SIGHT
    ),
    "assets": page_query(ASSETS, wanted_assets(AssetFilter()), PageRequest(), SIGHT),
    "asset of a tag": page_query(ASSETS, wanted_assets(AssetFilter(tag="a")), PageRequest(), SIGHT),
    "checkouts": page_query(CHECKOUTS, wanted_checkouts(CheckoutFilter()), PageRequest(), SIGHT),
    "who is in": present_query("a", Stretch(unbound=False), PageRequest(), SIGHT),
    "who is in, of no asset": present_query("a", Stretch(unbound=True), PageRequest(), SIGHT),
    "history": timeline_query(VisitFilter(asset="a"), PageRequest(), sight=SIGHT),
}
WALKS = {"movements", "crossings", "visits", "assets", "checkouts"}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_limit_adds_look_ups_and_no_sorting_to_a_question(writer: Writer, name: str) -> None:
    statement, values = QUESTIONS[name]
    steps = plan(writer.connection, statement, values)
    scans = [step for step in steps if step.startswith("SCAN") and "json_each" not in step]
    if name in WALKS:
        assert len(scans) == 1
        assert not any("B-TREE FOR ORDER BY" in step for step in steps)
    else:
        assert [step for step in scans if "subquery" not in step.lower()] == []


def test_limited_alerts_are_walked_in_their_order(questions: StateQuestions) -> None:
    statement, values = page_query(ALERTS, wanted_alerts(AlertFilter()), PageRequest(), SIGHT)
    steps = questions.answer(lambda reader: plan(reader, statement, values))
    assert not any("B-TREE FOR ORDER BY" in step for step in steps)


def test_an_asset_is_seen_where_its_newest_open_visit_is(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(
        stored("drill", "aa01", "aa02"),
        movement("aa01", None, "hall", at(1), "drill"),
        movement("aa02", None, "yard", at(2), "drill"),
    )
    hall, yard = (questions.within(Sight(zones=frozenset({name}))) for name in ("hall", "yard"))
    assert (hall.asset("drill"), hall.position("drill")) == (None, None)
    assert yard.asset("drill") is not None
    assert yard.position("drill") == questions.position("drill")
    writer.commit(movement("aa02", "yard", None, at(3), "drill"))
    assert hall.asset("drill") is not None
    assert (yard.asset("drill"), yard.position("drill")) == (None, None)
    writer.commit(movement("aa01", "hall", None, at(4), "drill"))
    assert yard.asset("drill") is not None
    position = yard.position("drill")
    assert position is not None
    assert (position["zone"], position["last_zone"]) == (None, "yard")


def past_of_drill(
    questions: StateQuestions, sightings: SqliteSightings, of: Sight, limit: int = 100
) -> list[tuple[str, str]]:
    """Type and time of every row, page by page."""
    rows: list[tuple[str, str]] = []
    cursor: str | None = None
    wanted = PastQuestion(asset="drill", types=frozenset(get_args(PastType)), sight=of)
    while True:
        request = PageRequest(limit=limit, cursor=cursor, sort="-time")
        page = questions.answer(
            partial(past_of, sightings=sightings, wanted=wanted, request=request)
        )
        rows += [(row["type"], row.get("time") or row["from"]) for row in page.items]
        cursor = page.cursor
        if cursor is None:
            return rows


def test_positions_of_trackers_are_told_while_the_asset_was_in_sight(
    writer: Writer, questions: StateQuestions, tmp_path: Path
) -> None:
    writer.commit(
        stored("drill", "gps:1"),
        movement("gps:1", None, "hall", at(1), "drill"),
        movement("gps:1", "hall", "yard", at(10), "drill"),
        movement("gps:1", "yard", "hall", at(20), "drill"),
        movement("gps:1", "hall", None, at(30), "drill"),
    )
    sightings = SqliteSightings(tmp_path / "sightings")
    fixes = [
        Fix("gps:1", "tracker", time_ns=at(time_s), arrival_ns=at(time_s), x_m=1.0, y_m=1.0)
        for time_s in (5, 15, 25, 35)
    ]
    sightings.append([SightingBatch(1, [], fixes)])
    told = partial(past_of_drill, questions, sightings)
    sight = sight_of(Scope(zones=("hall",)), PLAN)
    seen = told(sight)
    assert [time for kind, time in seen if kind == "position"] == [
        format_time(at(time_s)) for time_s in (25, 5)
    ]
    assert [time for kind, time in seen if kind == "visit"] == [
        format_time(at(time_s)) for time_s in (20, 1)
    ]
    assert len([kind for kind, _ in seen if kind == "movement"]) == 4
    assert set(seen) < set(told(UNLIMITED))
    assert told(sight, limit=1) == seen
    sightings.close()
